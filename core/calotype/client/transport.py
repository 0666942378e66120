"""Requests to one server: token, JSON, errors. Nothing here knows what a route means."""

from __future__ import annotations

import asyncio
import io
import json
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from yarl import URL as Address

from calotype.client.errors import ServerError, Unreachable, error_of
from calotype.errors import CalotypeError

URL, TOKEN = "CALOTYPE_SERVER", "CALOTYPE_TOKEN"
USUAL = "http://127.0.0.1:8188"
CONNECTING = 10.0  # seconds until a server must have answered the connection
JSON = "application/json"
Query = Mapping[str, Any]


class Transport:
    """Responsibilities: one session with one server; what is refused is raised as an error of ours.

    url, token: by default those of the environment. The printed link, `http://HOST:PORT/?token=...`, is a URL with its
    token. timeout: seconds without a sign of life of an answer; None waits.
    """

    def __init__(self, url: str = "", token: str = "", timeout: float | None = 300.0) -> None:
        given = urlsplit(url or os.environ.get(URL, "") or USUAL)
        if given.scheme not in ("http", "https") or not given.hostname:
            raise ServerError(f'"{url}" is not the address of a server; write it like {USUAL}', code="address")
        inside = next((v for k, _, v in (p.partition("=") for p in given.query.split("&")) if k == "token"), "")
        self.url = f"{given.scheme}://{given.netloc}{given.path.rstrip('/')}"
        self._token = token or inside or os.environ.get(TOKEN, "")
        self._timeout = timeout
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """End the session."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def json(self, verb: str, path: str, body: Any = None, query: Query | None = None, **headers: str) -> Any:
        """The JSON of an answer. headers: with underscores for hyphens. Raises CalotypeError."""
        data = None if verb == "GET" else json.dumps({} if body is None else body, allow_nan=False).encode()
        said = {"Content_Type": JSON, **headers} if data is not None else headers
        raw, _ = await self.bytes(verb, path, data, query, **said)
        return json.loads(raw) if raw else None

    async def bytes(
        self, verb: str, path: str, data: Any = None, query: Query | None = None, **headers: str
    ) -> tuple[bytes, Mapping[str, str]]:
        """The bytes of an answer, and its headers. Raises CalotypeError."""
        async with self.open(verb, path, data, query, **headers) as answer:
            return await answer.read(), answer.headers

    @asynccontextmanager
    async def open(
        self, verb: str, path: str, data: Any = None, query: Query | None = None, **headers: str
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """An answer, to be read piece by piece. Raises CalotypeError."""
        params = {k: _text(v) for k, v in (query or {}).items() if v is not None}
        named = {k.replace("_", "-"): v for k, v in headers.items() if v}
        try:
            address = Address(self.url + path, encoded=True)
            data = io.BytesIO(data) if isinstance(data, bytes) else data  # sent piece by piece
            request = self._opened().request(verb, address, data=data, params=params, headers=named)
            async with request as answer:
                if answer.status >= 400:
                    raise await _refused(answer)
                yield answer
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self.unreachable(error) from error

    @asynccontextmanager
    async def socket(self, path: str, query: Query) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """A WebSocket. Raises CalotypeError."""
        params = {k: _text(v) for k, v in query.items() if v is not None}
        try:
            async with self._opened().ws_connect(self.url + path, params=params, max_msg_size=1 << 24) as socket:
                yield socket
        except aiohttp.WSServerHandshakeError as error:
            raise ServerError(f"the server refused its events: {error.status}", status=error.status) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self.unreachable(error) from error

    def unreachable(self, error: BaseException) -> Unreachable:
        """The error for a server that does not answer."""
        why = str(error) or ("it took too long" if isinstance(error, TimeoutError) else type(error).__name__)
        return Unreachable(
            f"no server answers at {self.url}: {why}. Start one with calotype serve, or name its address"
        )

    def _opened(self) -> aiohttp.ClientSession:
        """The session; made when a loop runs."""
        if self._session is None:
            asyncio.get_running_loop()
            headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
            timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECTING, sock_read=self._timeout)
            self._session = aiohttp.ClientSession(headers=headers, timeout=timeout, read_bufsize=1 << 20)
        return self._session


async def _refused(answer: aiohttp.ClientResponse) -> CalotypeError:
    """The error in an answer."""
    try:
        said = json.loads(await answer.read())
    except ValueError:
        said = None
    if not isinstance(said, dict):
        return ServerError(f"the server answered {answer.status} {answer.reason or ''}".strip(), status=answer.status)
    error = error_of(said, answer.status)
    etag = answer.headers.get("ETag", "").strip('"')
    if etag and hasattr(error, "current"):
        error.current = etag
    return error


def _text(value: Any) -> str:
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)
