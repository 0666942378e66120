"""A real server on a free port, and a client that knows its token."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from calotype.backends import WorkerInfo
from calotype.server.app import create
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


@pytest.fixture(scope="session")
def catalogue(tmp_path_factory) -> bytes:
    """The catalogue of plugins, read once: reading them takes a process."""
    from calotype.server.documents import catalogued

    home = tmp_path_factory.mktemp("catalogue")
    catalogued(Settings.load(home=home, env={}))
    return (home / "cache" / "plugins" / "plugins.json").read_bytes()


@pytest.fixture
def settings(tmp_path, catalogue) -> Settings:
    kept = tmp_path / "home" / "cache" / "plugins"
    kept.mkdir(parents=True)
    (kept / "plugins.json").write_bytes(catalogue)
    return Settings.load(home=tmp_path / "home", env={"CALOTYPE_DEVICE": "cpu"})


@pytest.fixture
def serve(settings):
    """`async with serve(routes, limits=..., parts=...) as server`."""
    return lambda routes, **said: running(settings, routes, **said)


@pytest.fixture
def whole(settings):
    """`async with whole(limits=..., backend=...) as server`: every route and every part; by default nobody computes."""

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
