"""A real server on a free port, and a client that knows its token."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from calotype.server.app import create
from calotype.server.gate import Gate
from calotype.server.limits import Limits
from calotype.settings import Settings

TOKEN = "a-token-that-only-tests-know"


class Server:
    """A running server. client: sends the token and JSON; bare: sends nothing of itself."""

    def __init__(self, app: web.Application, url: str, client: aiohttp.ClientSession, bare: aiohttp.ClientSession):
        self.app, self.url, self.client, self.bare = app, url, client, bare

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
    gate = Gate(token=TOKEN, port=0)
    app = create(settings, gate, routes, limits=limits, parts=parts)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        gate.port = runner.addresses[0][1]
        url = f"http://127.0.0.1:{gate.port}"
        async with (
            aiohttp.ClientSession(url, headers={"Authorization": f"Bearer {TOKEN}"}) as client,
            aiohttp.ClientSession(url) as bare,
        ):
            yield Server(app, url, client, bare)
    finally:
        await runner.cleanup()


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings.load(home=tmp_path / "home", env={"CALOTYPE_DEVICE": "cpu"})


@pytest.fixture
def serve(settings):
    """`async with serve(routes, limits=..., parts=...) as server`."""
    return lambda routes, **said: running(settings, routes, **said)
