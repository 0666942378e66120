"""The real server in a process of its own, and a real browser before it."""

import asyncio
import inspect
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

TOKEN = "a-token-that-only-the-browser-tests-know"
TOYS = Path(__file__).with_name("toys")
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
WAIT = 10_000  # milliseconds

expect.set_options(timeout=WAIT)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One loop for all tests in browsers, so that one driver and one connection serve them all."""
    for item in items:
        if item.path.parent == TOYS.parent and inspect.iscoroutinefunction(getattr(item, "obj", None)):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


class Served:
    """A `calotype serve` process. Responsibilities: start, be killed, start again on the same port and home."""

    def __init__(self, home: Path, port: int, token: str | None = TOKEN) -> None:
        self.home, self.port, self.token = home, port, token
        self.url = f"http://127.0.0.1:{port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "calotype.cli", "serve", "--port", str(self.port)]
        command += ["--token", self.token] if self.token else []
        env = os.environ | {"CALOTYPE_HOME": str(self.home), "CALOTYPE_PLUGINS": str(TOYS), "OMP_NUM_THREADS": "1"}
        with (self.home / "server.log").open("ab") as log:
            self.process = subprocess.Popen(command, env=env, stdout=log, stderr=log, start_new_session=True)
        until = time.monotonic() + 60
        while not self._answers():
            assert self.process.poll() is None and time.monotonic() < until, (self.home / "server.log").read_text()
            time.sleep(0.05)

    def link(self) -> str:
        """The link to open: with the token that was given, else the one that was printed."""
        if self.token:
            return f"{self.url}/?token={self.token}"
        return next(w for w in (self.home / "server.log").read_text().split() if w.startswith(f"{self.url}/?token="))

    def kill(self) -> None:
        """As a power cut would."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()

    def _answers(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(0.2)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    async def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        """What the server answers, as JSON or as bytes."""
        said = {"Authorization": f"Bearer {TOKEN}"} | (headers or {})
        async with (
            aiohttp.ClientSession(self.url, headers=said) as client,
            client.request(method, path, json=body if body is not None or method == "GET" else {}) as answer,
        ):
            data = await answer.read()
            assert answer.status < 400, (answer.status, data[:800])
            return json.loads(data) if "json" in answer.content_type and data else data


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture(scope="session")
def shared(tmp_path_factory) -> Iterator[Served]:
    """One server for all modules that say `SHARED_SERVER = True`: what they leave on it disturbs nobody."""
    one = Served(tmp_path_factory.mktemp("shared"), free_port())
    one.start()
    yield one
    one.stop()


@pytest.fixture(scope="module")
def served(request, tmp_path_factory) -> Iterator[Served]:
    """One server for the tests of a module, or the shared one."""
    if getattr(request.module, "SHARED_SERVER", False):
        yield request.getfixturevalue("shared")
        return
    one = Served(tmp_path_factory.mktemp("served"), free_port())
    one.start()
    yield one
    one.stop()


@pytest.fixture
def server_of_its_own(tmp_path) -> Iterator[Served]:
    """A server that a test may kill."""
    one = Served(tmp_path, free_port())
    one.start()
    yield one
    one.stop()


@pytest.fixture(scope="session")
def chromium(tmp_path_factory) -> Iterator[str]:
    """The address of a browser that runs for all tests."""
    path = os.environ.get("CALOTYPE_BROWSER") or next(filter(None, map(shutil.which, NAMES)), None)
    assert path, "no Chromium here: install the package chromium, or name one with CALOTYPE_BROWSER"
    port, profile = free_port(), tmp_path_factory.mktemp("profile")
    flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync", "--mute-audio",
             "--force-color-profile=srgb", "--hide-scrollbars"]  # fmt: skip
    command = [path, *flags, f"--remote-debugging-port={port}", f"--user-data-dir={profile}", "about:blank"]
    with (profile / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    until = time.monotonic() + 30
    with socket.socket() as probe:
        while probe.connect_ex(("127.0.0.1", port)) != 0:
            assert process.poll() is None and time.monotonic() < until, (profile / "log").read_text(errors="replace")
            time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium) -> AsyncIterator[Browser]:
    async with async_playwright() as play:
        connected = await play.chromium.connect_over_cdp(chromium)
        yield connected
        await connected.close()


class Seen:
    """What pages asked for and complained of."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.allowed: list[str] = []

    def watch(self, page: Page) -> None:
        page.on("request", lambda r: self.requests.append(r.url))
        page.on("pageerror", lambda e: self.errors.append(str(e)))
        page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)

    def foreign(self) -> list[str]:
        return [
            u for u in self.requests if not u.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "blob:", "data:"))
        ]

    def wrong(self) -> list[str]:
        """Errors that nobody allowed: a refused request of a test that refuses something is allowed by its text."""
        return [e for e in self.errors if not any(a in e for a in self.allowed)]


@pytest.fixture
def open_page(browser, served):
    """`async with open_page(...) as page`: a fresh profile, the editor ready. Foreign requests and errors fail."""
    return lambda **how: opened(browser, how.pop("server", served), **how)


@asynccontextmanager
async def opened(
    browser: Browser,
    server: Served,
    *,
    size: tuple[int, int] = (1440, 900),
    theme: str = "dark",
    touch: bool = False,
    context: Any = None,
    ready: bool = True,
    allow: tuple[str, ...] = (),
    query: str = "",
) -> AsyncIterator[Page]:
    own = context is None
    if own:
        context = await browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=theme, has_touch=touch, is_mobile=touch
        )
    page = await context.new_page()
    page.set_default_timeout(WAIT)
    seen = Seen()
    seen.allowed += allow
    seen.watch(page)
    page.seen = seen
    await page.goto(server.link())
    await page.wait_for_url(lambda url: "token=" not in url)  # the editor puts the name of the workflow there
    if query:
        await page.goto(f"{server.url}/?{query}")
    if ready:
        await page.wait_for_selector("html[data-ready]", timeout=20_000)
        await page.wait_for_selector(".react-flow__node, .nothing")
    try:
        yield page
    finally:
        if own:
            await context.close()
        else:
            await page.close()
    assert seen.foreign() == []
    assert seen.wrong() == []


@pytest_asyncio.fixture(loop_scope="session")
async def page(open_page) -> AsyncIterator[Page]:
    """The editor with the first template."""
    async with open_page() as one:
        yield one


def node(page: Page, id: str) -> Any:
    """A node on the canvas."""
    return page.locator(f'[data-node="{id}"]')


def socket_of(page: Page, end: str) -> Any:
    """A socket: "checkpoint/out:model"."""
    return page.locator(f'[data-socket="{end}"]')


async def middle(one: Any) -> tuple[float, float]:
    box = await one.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


async def drag(page: Page, start: tuple[float, float], end: tuple[float, float], steps: int = 8) -> None:
    """As a hand does: down, some way, up."""
    await page.mouse.move(*start)
    await page.mouse.down()
    await page.mouse.move(*end, steps=steps)
    await page.mouse.up()


async def document(page: Page) -> dict[str, Any]:
    """The open document, as the page has it."""
    return await page.evaluate("() => window.calotype.document()")


async def show(page: Page, workflow: dict[str, Any]) -> None:
    """Open a document in a new tab."""
    await page.evaluate("w => window.calotype.open(w)", workflow)
    await asyncio.sleep(0.1)


@pytest.fixture
def ui() -> Any:
    """The helpers of this module, which tests cannot import."""
    return sys.modules[__name__]
