"""W1 to W6: the editor at 1,000 nodes in headless Chromium: CPU time of the page's main thread for each step of input.

The graph is generated: samplers with six values each, nearly two links a node. Every row checks that what it measures
really happened: the view moved, the nodes moved. Needs a built page (`web/dist`, or CALOTYPE_WEB) and Playwright.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession, Page, sync_playwright

from report import record
from serving import COMMAND, TOKEN, _stop

STEPS = 30
SIZE = {"width": 1600, "height": 900}
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
PLACE = """() => { const a = [...document.querySelectorAll('.react-flow__node.selected .grip'),
    ...document.querySelectorAll('.react-flow__node .grip')]
  const seen = a.map(e => e.getBoundingClientRect()).filter(b => b.x > 500 && b.x < 900 && b.y > 300 && b.y < 600)
  const b = seen[0]; return b && { x: b.x + b.width / 2, y: b.y + Math.min(12, b.height / 2) } }"""


def graph(count: int) -> dict[str, Any]:
    """A document of many samplers on a grid, each linked to the two before it."""
    nodes: dict[str, Any] = {}
    layout: dict[str, Any] = {}
    rows = int(count**0.5)
    for i in range(count):
        inputs: dict[str, Any] = {"steps": i % 50 + 1, "cfg": 4.0, "sampler": "euler", "seed": i, "denoise": 1.0}
        if i >= rows:
            inputs["latent"] = {"from": f"n{i - rows}.latent"}
        if i > rows:
            inputs["model"] = {"from": f"n{i - rows - 1}.denoised"}
        nodes[f"n{i}"] = {"type": "KSampler", "inputs": inputs}
        layout[f"n{i}"] = {"x": i // rows * 360, "y": i % rows * 400}
    return {"calotype": 1, "name": f"{count} nodes", "nodes": nodes, "layout": layout}


@contextmanager
def served(home: Path) -> Iterator[str]:
    """The address of a server."""
    env = {**os.environ, "CALOTYPE_HOME": str(home), "CALOTYPE_TOKEN": TOKEN, "CALOTYPE_DEVICE": "cpu"}
    with (home / "said").open("w") as said:
        process = subprocess.Popen([sys.executable, *COMMAND], env=env, stdout=subprocess.PIPE, stderr=said, text=True)
    try:
        line = process.stdout.readline() if process.stdout else ""
        yield next(word for word in line.split() if word.startswith("http")).split("?")[0].rstrip("/.,")
    finally:
        _stop(process)


class Meter:
    """Responsibilities: the CPU time, heap and objects of a page, from the browser itself."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._cdp: CDPSession = page.context.new_cdp_session(page)
        self._cdp.send("Performance.enable", {"timeDomain": "threadTicks"})

    def now(self) -> dict[str, float]:
        """The browser's metrics, by name."""
        return {m["name"]: m["value"] for m in self._cdp.send("Performance.getMetrics")["metrics"]}

    def spent(self, work: Callable[[], None], rest: int = 300) -> float:
        """Seconds of CPU that some work took on the main thread."""
        self.page.wait_for_timeout(500)
        before = self.now()["TaskDuration"]
        work()
        self.page.wait_for_timeout(rest)
        return self.now()["TaskDuration"] - before

    def heap(self) -> tuple[float, float]:
        """MB of the heap and number of DOM objects, after a collection."""
        self._cdp.send("HeapProfiler.collectGarbage")
        now = self.now()
        return now["JSHeapUsedSize"] / 1e6, now["Nodes"]


class Editor:
    """The page with the graph. Responsibilities: the gestures that are measured; each says whether it happened."""

    def __init__(self, page: Page, url: str, count: int) -> None:
        self.page, self.count = page, count
        self.bytes = self.requests = 0
        page.on("response", self._seen)
        page.goto(f"{url}/?token={TOKEN}")
        page.wait_for_selector("html[data-ready]", timeout=30_000)
        page.wait_for_timeout(1500)
        self.meter = Meter(page)

    def _seen(self, response: Any) -> None:
        sizes = response.request.sizes() if response.url.startswith("http") else {}
        self.bytes += sizes.get("responseBodySize", 0) + sizes.get("responseHeadersSize", 0)
        self.requests += 1

    def open(self) -> float:
        """Open the graph, until it is drawn; seconds."""

        def work() -> None:
            self.page.evaluate("d => window.calotype.open(d)", graph(self.count))
            self.page.evaluate("() => new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))")

        spent = self.meter.spent(work, 800)
        if len(self.document()["nodes"]) != self.count:
            raise RuntimeError("the graph was not opened")
        self.page.wait_for_timeout(6000)  # what the server says of it is not what is measured
        return spent

    def document(self) -> Any:
        """The open document."""
        return self.page.evaluate("window.calotype.document()")

    def near(self) -> None:
        """To the zoom at which people work."""
        self.page.evaluate("window.calotype.view({x: -2400, y: -2400, zoom: 0.6})")
        self.page.wait_for_timeout(900)

    def fit(self) -> None:
        """The whole graph in view."""
        self.page.keyboard.press(".")
        self.page.wait_for_timeout(1200)

    def pan(self) -> float:
        """Drag the canvas; seconds a step."""
        at = "() => document.querySelector('.react-flow__viewport').style.transform"
        before = self.page.evaluate(at)

        def work() -> None:
            self.page.mouse.move(700, 400)
            self.page.mouse.down(button="middle")
            for i in range(STEPS):
                self.page.mouse.move(700 + i * 12, 400 + i * 8)
            self.page.mouse.up(button="middle")

        spent = self.meter.spent(work)
        if self.page.evaluate(at) == before:
            raise RuntimeError("the view did not move")
        return spent / STEPS

    def drag(self, least: int = 1) -> float:
        """Drag the node in the middle, with all that are selected; seconds a step."""
        before = self.document()["layout"]
        place = self.page.evaluate(PLACE)

        def work() -> None:
            self.page.mouse.move(place["x"], place["y"])
            self.page.mouse.down()
            for i in range(STEPS):
                self.page.mouse.move(place["x"] + i * 5, place["y"] + i * 4)
            self.page.mouse.up()

        spent = self.meter.spent(work)
        moved = sum(1 for id, spot in self.document()["layout"].items() if spot != before[id])
        if moved < least:
            raise RuntimeError(f"{moved} nodes moved instead of {least}")
        return spent / STEPS

    def choose(self) -> int:
        """Select some fifty nodes in the middle with a marquee; how many."""
        self.page.keyboard.down("Shift")
        self.page.mouse.move(560, 330)
        self.page.mouse.down()
        self.page.mouse.move(745, 560, steps=6)
        self.page.mouse.up()
        self.page.keyboard.up("Shift")
        self.page.wait_for_timeout(400)
        return self.page.locator(".react-flow__node.selected").count()


def measured(url: str, browser: Any, count: int) -> dict[str, float]:
    """One pass over everything, on a fresh page."""
    context = browser.new_context(viewport=SIZE)
    page = context.new_page()
    editor = Editor(page, url, count)
    found: dict[str, float] = {"bytes": editor.bytes, "requests": editor.requests, "open": editor.open()}
    editor.near()
    found["pan"], found["drag"] = editor.pan(), editor.drag()
    editor.fit()
    found["pan fit"] = editor.pan()
    editor.fit()
    found["chosen"] = editor.choose()
    found["drag 50"] = editor.drag(20)
    found["heap"], found["objects"] = editor.meter.heap()
    context.close()
    return found


def main() -> None:
    """Measure and write the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--nodes", type=int, default=1000)
    said = parser.parse_args()
    path = os.environ.get("CALOTYPE_BROWSER") or next(filter(None, map(shutil.which, NAMES)), None)
    passes: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as home, served(Path(home)) as url, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for _ in range(said.runs):
            passes.append(measured(url, browser, said.nodes))
            time.sleep(1)
        browser.close()
    write({key: [one[key] for one in passes] for key in passes[0]}, said.nodes)


def write(all: dict[str, list[float]], nodes: int) -> None:
    """The rows."""
    found = {key: statistics.median(values) for key, values in all.items()}
    rows = [("W1", "open", 1.0, "s", 1), ("W2", "pan", 16, "ms", 1e3), ("W3", "drag", 16, "ms", 1e3),
            ("W4", "pan fit", 16, "ms", 1e3), ("W5", "drag 50", 30, "ms", 1e3)]  # fmt: skip
    names = {"open": "open", "pan": "pan at working zoom, a step", "drag": "drag one node, a step",
             "pan fit": "pan at fit, a step", "drag 50": f"drag {found['chosen']:.0f} at fit, a step"}  # fmt: skip
    for row, key, goal, unit, scale in rows:
        figure = found[key] * scale
        details = {"all": ", ".join(f"{v * scale:.2f}" if unit == "s" else f"{v * scale:.1f}" for v in all[key])}
        record(row, f"the editor with {nodes:,} nodes: {names[key]}", f"{goal:g} {unit} CPU",
               f"{figure:.2f} {unit}" if unit == "s" else f"{figure:.1f} {unit}", figure <= goal, details)  # fmt: skip
    heap, objects, kb = found["heap"], found["objects"], found["bytes"] / 1000
    record("W6", f"the editor with {nodes:,} nodes: heap, DOM objects; transferred at start", "60 MB, 15 k; 1 MB",
           f"{heap:.0f} MB, {objects / 1000:.1f} k; {kb:.0f} KB in {found['requests']:.0f} requests",
           heap <= 60 and objects <= 15_000 and kb <= 1000, {})  # fmt: skip


if __name__ == "__main__":
    main()
