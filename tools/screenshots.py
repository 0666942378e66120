"""Pictures of every view of the editor, for documentation and for looking at a change.

python tools/screenshots.py out/                       # every view, in both themes, on a desktop and on a phone
python tools/screenshots.py out/ --only form,gallery    # some of them

Starts a server of its own with a home that is kept in the folder, so that the pictures that the shipped model draws for
the gallery are drawn once. CALOTYPE_WEB names another build of the editor, as for `calotype serve`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import product
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

from calotype.client import AsyncClient

TOKEN = "a-token-for-pictures-only"
ROOT = Path(__file__).parents[1]
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
THEMES = ("dark", "light")
PROMPTS = ("a red apple", "a sunflower", "a cat, 3d style, blue background", "a rocket", "an owl", "a strawberry")
View = Callable[[Page], Awaitable[None]]


async def _graph(page: Page) -> None:
    """The first template after a run."""
    if await page.locator(".rail .only-small").is_visible():
        await page.locator(".rail .only-small").click()
    await page.keyboard.press("f")


async def _form(page: Page) -> None:
    await _panel(page, "Form")


async def _library(page: Page) -> None:
    await _panel(page, "Node types")


async def _outline(page: Page) -> None:
    await _panel(page, "Outline")


async def _history(page: Page) -> None:
    await _panel(page, "History")


async def _gallery(page: Page) -> None:
    await _graph(page)
    await page.locator(".sides").get_by_role("button", name="Gallery").click()


async def _queue(page: Page) -> None:
    await _graph(page)
    await page.locator(".sides").get_by_role("button", name="Queue").click()


async def _palette(page: Page) -> None:
    await _graph(page)
    await page.locator(".react-flow__pane").dblclick(position={"x": 170, "y": 90})
    await page.keyboard.type("scale")


async def _opening(page: Page) -> None:
    await page.get_by_role("button", name="Open a workflow").first.click()


async def _settings(page: Page) -> None:
    await page.locator(".rail").get_by_role("button", name="Settings").click()


async def _shortcuts(page: Page) -> None:
    await page.locator(".rail").get_by_role("button", name="Shortcuts").click()


async def _samplers(page: Page) -> None:
    await _graph(page)
    if page.viewport_size == {"width": SIZES["phone"][0], "height": SIZES["phone"][1]}:
        await page.evaluate("window.calotype.view({x: -600, y: 60, zoom: 0.9})")  # where its fields can be touched
    await page.locator('[data-field="sampler.sampler"] .combo').click()


async def _lightbox(page: Page) -> None:
    await _gallery(page)
    await page.locator(".gallery li button").first.click()


async def _mask(page: Page) -> None:
    await _open(page, "image_to_image")
    await page.locator('[data-field="picture.file"]').get_by_role("button", name="Paint a mask").first.click()
    box = await page.locator(".painter .stage").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    await page.mouse.move(x - 90, y - 30)
    await page.mouse.down()
    await page.mouse.move(x + 70, y + 60, steps=10)
    await page.mouse.up()


async def _film(page: Page) -> None:
    """The widget of the plugin that comes as an example."""
    await page.evaluate(
        "w => window.calotype.open(w)", json.loads((ROOT / "plugins/film-grain/workflows/film_look.json").read_text())
    )
    await page.wait_for_timeout(400)
    await _graph(page)
    await page.get_by_role("button", name="Run", exact=True).locator("visible=true").first.click()
    await page.wait_for_selector('[data-node="save"] .picture img', timeout=60_000, state="attached")
    await page.get_by_role("button", name="Make the newest picture small").click()
    await page.mouse.move(700, 840)  # off the field that was under the picture


VIEWS: dict[str, View] = {
    "graph": _graph,
    "form": _form,
    "library": _library,
    "outline": _outline,
    "history": _history,
    "gallery": _gallery,
    "queue": _queue,
    "palette": _palette,
    "open": _opening,
    "settings": _settings,
    "shortcuts": _shortcuts,
    "samplers": _samplers,
    "lightbox": _lightbox,
    "mask": _mask,
    "film": _film,
}


async def _panel(page: Page, name: str) -> None:
    button = page.locator(".rail").get_by_role("button", name=name, exact=True)
    if await button.get_attribute("aria-pressed") != "true":
        await button.click()


async def _open(page: Page, name: str) -> None:
    workflow = json.loads((ROOT / "workflows" / f"{name}.json").read_text())
    await page.evaluate("w => window.calotype.open(w)", workflow)
    await page.wait_for_timeout(400)
    if not await page.locator(".rail .only-small").is_visible():
        await _graph(page)


async def photographed(browser: Browser, url: str, size: str, theme: str, view: str, to: Path) -> None:
    """One view, after a run of the first template."""
    width, height = SIZES[size]
    small = size == "phone"
    context = await browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=theme, has_touch=small, is_mobile=small
    )
    page = await context.new_page()
    await page.goto(f"{url}/?token={TOKEN}")
    await page.wait_for_selector("html[data-ready]", timeout=30_000)
    await page.get_by_role("button", name="Run", exact=True).locator("visible=true").first.click()
    await page.wait_for_selector(".picture img, .form-result img, .tray img", timeout=60_000, state="attached")
    await VIEWS[view](page)
    await page.wait_for_timeout(900)
    await page.evaluate("document.querySelectorAll('.message button:last-child').forEach((b) => b.click())")
    await page.wait_for_timeout(100)
    await page.screenshot(path=to)
    print(to.name, flush=True)
    await context.close()


@asynccontextmanager
async def served(home: Path) -> AsyncIterator[str]:
    """The address of a server whose gallery has pictures."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = os.environ | {"CALOTYPE_HOME": str(home), "CALOTYPE_PLUGINS": str(ROOT / "plugins"), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "calotype.cli", "serve", "--port", str(port), "--token", TOKEN]
    with (home / "server.log").open("ab") as log:
        process = subprocess.Popen(command, env=env, stdout=log, stderr=log)
    url, until = f"http://127.0.0.1:{port}", time.monotonic() + 60
    with socket.socket() as probe:
        while probe.connect_ex(("127.0.0.1", port)) != 0:
            assert process.poll() is None and time.monotonic() < until, (home / "server.log").read_text()
            await asyncio.sleep(0.1)
    try:
        await drawn(url, home / "drawn")
        yield url
    finally:
        process.terminate()
        process.wait()


async def drawn(url: str, done: Path) -> None:
    """Let the shipped model draw for the gallery, once."""
    if done.exists():
        return
    async with AsyncClient(url, TOKEN) as client:
        for i, prompt in enumerate(PROMPTS):
            await client.run_workflow("text_to_image", {"prompt": prompt, "seed": i + 1})
    done.touch()


async def main() -> None:
    """Take the pictures that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", default=",".join(VIEWS), help="names of views, with commas")
    parser.add_argument("--sizes", default=",".join(SIZES))
    parser.add_argument("--themes", default=",".join(THEMES))
    said = parser.parse_args()
    home = said.out / "home"
    home.mkdir(parents=True, exist_ok=True)
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    async with served(home) as url, async_playwright() as play:
        browser = await play.chromium.launch(executable_path=path, args=["--no-sandbox", "--hide-scrollbars"])
        for size, theme, view in product(said.sizes.split(","), said.themes.split(","), said.only.split(",")):
            await photographed(browser, url, size, theme, view, said.out / f"{size}-{theme}-{view}.png")
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
