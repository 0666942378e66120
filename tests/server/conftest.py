"""A real server on a free port, and a client that knows its token."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from tests import scratch

from calotype.backends import WorkerInfo
from calotype.plugins import Plugins
from calotype.server import documents
from calotype.server.app import create
from calotype.server.documents import catalogued
from calotype.server.gate import Gate
from calotype.server.limits import Limits
from calotype.server.parts import opened
from calotype.server.routes import every
from calotype.settings import Settings

TOKEN = "a-token-that-only-tests-know"


class NoWorkers:
    """A backend with nobody who computes, so that runs wait."""

    async def start(self) -> None: ...

    async def stop(self, drain: float) -> None: ...

    def workers(self) -> list[WorkerInfo]:
        return []

    def watch(self, changed: Callable[[], None]) -> None: ...

    async def cancel(self, run: str, grace: float = 0) -> None: ...

    async def preload(self, document: Mapping[str, Any]) -> None: ...


class Server:
    """A running server. client: sends the token and JSON; bare: sends nothing of itself."""

    def __init__(self, app: web.Application, url: str, client: aiohttp.ClientSession, bare: aiohttp.ClientSession):
        self.app, self.url, self.client, self.bare, self.token = app, url, client, bare, TOKEN

    async def get(self, path: str, status: int = 200, **said: Any) -> Any:
        return await self.ask("GET", path, status, **said)

    async def post(self, path: str, body: Any = None, status: int = 200, **said: Any) -> Any:
        return await self.ask("POST", path, status, json={} if body is None else body, **said)

    async def put(self, path: str, body: Any = None, status: int = 200, **said: Any) -> Any:
        return await self.ask("PUT", path, status, json={} if body is None else body, **said)

    async def delete(self, path: str, status: int = 200, **said: Any) -> Any:
        return await self.ask("DELETE", path, status, json={}, **said)

    async def ask(self, method: str, path: str, status: int = 200, **said: Any) -> Any:
        async with self.client.request(method, path, **said) as answer:
            body = await answer.read()
            assert answer.status == status, body.decode(errors="replace")
            is_json = answer.content_type in ("application/json", "application/problem+json")
            return await answer.json(content_type=None) if is_json and body else body


@asynccontextmanager
async def running(
    settings: Settings, routes: Any, *, limits: Limits | None = None, parts: Mapping[web.AppKey[Any], Any] | None = None
) -> AsyncIterator[Server]:
    """Serve some routes for the length of a block."""
    gate = Gate(token=TOKEN, port=0, wrong=(limits or Limits()).tokens)
    app = create(settings, gate, routes, limits=limits, parts=parts)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        gate.port = runner.addresses[0][1]
        url = f"http://127.0.0.1:{gate.port}"
        async with (
            aiohttp.ClientSession(url, headers={"Authorization": f"Bearer {TOKEN}"}) as client,
            aiohttp.ClientSession(url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as bare,  # cookies of an address too
        ):
            yield Server(app, url, client, bare)
    finally:
        await runner.cleanup()


@dataclass(frozen=True)
class Known:
    """The plugins of a home without any of its own, read once: reading them takes a process. file: the catalogue."""

    plugins: Plugins
    file: bytes

    def of(self, settings: Settings) -> Plugins:
        """As the server asks for them; those of a home that has some of its own are read as ever."""
        own = any(folder.is_dir() for folder in settings.plugins)
        return catalogued(settings) if own else self.plugins


@pytest.fixture(scope="session")
def known(tmp_path_factory) -> Known:
    settings = Settings.load(home=tmp_path_factory.mktemp("catalogue"), env={})
    plugins = catalogued(settings)
    return Known(plugins, (settings.home / "cache" / "plugins" / "plugins.json").read_bytes())


@pytest.fixture(scope="session")
def catalogue(known) -> bytes:
    return known.file


@pytest.fixture
def settings(catalogue) -> Iterator[Settings]:
    with scratch.folder() as folder:
        kept = folder / "home" / "cache" / "plugins"
        kept.mkdir(parents=True)
        (kept / "plugins.json").write_bytes(catalogue)
        yield Settings.load(home=folder / "home", env={"CALOTYPE_DEVICE": "cpu"})


@pytest.fixture
def serve(settings):
    """`async with serve(routes, limits=..., parts=...) as server`."""
    return lambda routes, **said: running(settings, routes, **said)


@pytest.fixture
def whole(settings, known, monkeypatch):
    """`async with whole(limits=..., backend=...) as server`: every route and every part; by default nobody computes."""
    monkeypatch.setattr(documents, "catalogued", known.of)

    @asynccontextmanager
    async def start(limits: Limits | None = None, backend: Any = None) -> AsyncIterator[Server]:
        limits = limits or Limits()
        async with (
            opened(settings, limits, backend or NoWorkers(), drain=0.5) as parts,
            running(settings, every(), limits=limits, parts=parts) as server,
        ):
            yield server

    return start


WORKFLOW = {
    "calotype": 1,
    "name": "hello",
    "inputs": {"text": {"node": "text", "input": "value"}, "again": {"node": "seed", "input": "value"}},
    "nodes": {
        "text": {"type": "Text", "inputs": {"value": "hello"}},
        "seed": {"type": "Seed", "inputs": {"value": "random"}},
        "save": {"type": "SaveText", "inputs": {"text": {"from": "text.value"}}},
    },
}


@pytest.fixture
def workflow() -> dict[str, Any]:
    """A workflow that needs no torch, with a text and a seed."""
    return {**WORKFLOW}
