"""How a route is declared: a handler with pydantic models for what goes in and out. OpenAPI is made from the same."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict
from pydantic import ValidationError as PydanticError

from calotype.errors import CalotypeError, Problem, shown
from calotype.server.body import parse
from calotype.server.keys import LIMITS
from calotype.server.limits import Limits
from calotype.server.problems import Refused
from calotype.workflow.values import pointer

JSON = "application/json"
INLINE = 32 * 1024  # bytes of a body that are read on the loop; more goes to a thread, so that others do not wait

T = TypeVar("T")
B = TypeVar("B")
Q = TypeVar("Q")


class Said(BaseModel):
    """A body or a query: nothing unknown, no conversion of types."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True, frozen=True)


class Asked(BaseModel):
    """The parameters of a query: nothing unknown; texts become numbers."""

    model_config = ConfigDict(extra="forbid", defer_build=True, frozen=True)


class Answer(BaseModel):
    """What a route answers. Fields that are not declared pass through."""

    model_config = ConfigDict(extra="allow", defer_build=True, frozen=True)


class Nothing(Said):
    """An empty body: nothing, or {}."""


class NoQuery(Asked):
    """No parameters."""


@dataclass(frozen=True, slots=True)
class Call(Generic[B, Q]):
    """One request, read and checked. body: an instance of the route's body model; query: of its query model.

    raw: the bytes of a body that is not JSON, where the route accepts such and did not ask to stream.
    """

    request: web.Request
    body: B
    query: Q
    raw: bytes = b""

    def part(self, key: web.AppKey[T]) -> T:
        """One part of the server, by its key."""
        return self.request.app[key]

    def __getitem__(self, name: str) -> str:
        """A parameter of the path, decoded."""
        return self.request.match_info[name]


Handled = BaseModel | Mapping[str, Any] | web.StreamResponse
Handler = Callable[[Call[Any, Any]], Awaitable[Handled]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One route as declared: reads and checks a request, calls the handler, writes the answer.

    accepts: other media types of the body than JSON; such a body is `call.raw`, or with `streams` is left unread for
    the handler. produces: media types of the answer, if not JSON. errors: statuses beside those of every route.
    raw: the body is `call.raw` whatever its media type. most: the name of the limit on the size of such a body.
    """

    method: str
    path: str
    handler: Handler
    tag: str
    body: type[BaseModel] = Nothing
    query: type[BaseModel] = NoQuery
    answer: type[BaseModel] | None = None
    status: int = 200
    accepts: tuple[str, ...] = ()
    produces: tuple[str, ...] = ()
    errors: tuple[int, ...] = ()
    streams: bool = False
    raw: bool = False
    socket: bool = False
    most: str = "body"

    @property
    def mutates(self) -> bool:
        """Whether it may change anything."""
        return self.method not in ("GET", "HEAD")

    @property
    def media(self) -> frozenset[str]:
        """The media types that a body may have."""
        return frozenset((JSON, *self.accepts))

    @property
    def summary(self) -> str:
        """The first line of the handler's docstring."""
        return (inspect.getdoc(self.handler) or "").partition("\n")[0]

    @property
    def description(self) -> str:
        """The rest of it."""
        return (inspect.getdoc(self.handler) or "").partition("\n")[2].strip()

    async def carry_out(self, request: web.Request) -> web.StreamResponse:
        """Carry out one request: what aiohttp calls. Raises Refused."""
        query = _checked(self.query, _said(request), "the query", "query")
        body, raw = await self._read(request)
        try:
            done = await self.handler(Call(request, body, query, raw))
        except CalotypeError as error:
            raise Refused.of(error) from error
        return done if isinstance(done, web.StreamResponse) else answered(done, self.status)

    async def _read(self, request: web.Request) -> tuple[Any, bytes]:
        if not self.mutates:
            return None, b""
        limits = request.app[LIMITS]
        other = self.raw or request.content_type != JSON
        if other and self.streams:
            return None, b""
        most = getattr(limits, self.most) if other else limits.body
        data = await read_bytes(request, most, limits.reading)
        if other:
            return None, data
        if len(data) <= INLINE:
            return read_body(data, self.body, limits), b""
        return await asyncio.to_thread(read_body, data, self.body, limits), b""


class Routes:
    """Collects the routes of one module, in order.

    routes = Routes("runs")

    @routes.get("/v1/runs/{id}", answer=RunAnswer)
    async def run(call: Call[None, NoQuery]) -> RunAnswer: ...
    """

    def __init__(self, tag: str) -> None:
        self._tag = tag
        self._found: list[Route] = []

    def __iter__(self) -> Iterator[Route]:
        return iter(self._found)

    def get(self, path: str, **said: Any) -> Callable[[Handler], Handler]:
        """A GET route. said: fields of `Route`. It changes nothing."""
        return self._add("GET", path, said)

    def post(self, path: str, **said: Any) -> Callable[[Handler], Handler]:
        """A POST route."""
        return self._add("POST", path, said)

    def put(self, path: str, **said: Any) -> Callable[[Handler], Handler]:
        """A PUT route."""
        return self._add("PUT", path, said)

    def delete(self, path: str, **said: Any) -> Callable[[Handler], Handler]:
        """A DELETE route."""
        return self._add("DELETE", path, said)

    def _add(self, method: str, path: str, said: dict[str, Any]) -> Callable[[Handler], Handler]:
        def keep(handler: Handler) -> Handler:
            self._found.append(Route(method=method, path=path, handler=handler, tag=self._tag, **said))
            return handler

        return keep


async def read_bytes(request: web.Request, most: int, seconds: float) -> bytes:
    """The body. Raises Refused: 413 beyond `most` bytes, also before they have come; 408 when they do not come."""
    if (request.content_length or 0) > most:
        raise Refused(413, "too-large", f"the body is larger than {most} bytes", pointer="", headers=_CLOSE)
    data = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for part in request.content.iter_any():
                data += part
                if len(data) > most:
                    raise Refused(413, "too-large", f"the body is larger than {most} bytes", pointer="", headers=_CLOSE)
    except TimeoutError:
        raise Refused(408, "too-slow", f"the body did not arrive within {seconds:g} s", headers=_CLOSE) from None
    return bytes(data)


_CLOSE = {"Connection": "close"}


def read_body(data: bytes, model: type[T], limits: Limits) -> T:
    """A JSON body as the model has it. Raises Refused with every problem."""
    return _checked(model, parse(data, limits) if data.strip() else {}, "the body", "body")


def answered(done: BaseModel | Mapping[str, Any], status: int = 200, **headers: str) -> web.Response:
    """A JSON answer. headers: with underscores for hyphens."""
    said = done.model_dump(mode="json", by_alias=True) if isinstance(done, BaseModel) else done
    body = orjson.dumps(said, default=str, option=orjson.OPT_NON_STR_KEYS)
    named = {k.replace("_", "-"): v for k, v in headers.items()}
    return web.Response(status=status, body=body, content_type=JSON, headers=named)


def _said(request: web.Request) -> dict[str, Any]:
    """The query by name; a parameter that is there twice keeps its list, which no model takes."""
    return {k: v[0] if len(v := request.query.getall(k)) == 1 else v for k in request.query}


def _checked(model: type[T], said: Any, what: str, code: str) -> T:
    try:
        return model.model_validate(said)  # type: ignore[attr-defined, no-any-return]
    except PydanticError as error:
        problems = [_told(e, said) for e in error.errors(include_url=False, include_context=False)]
        lines = "; ".join(map(str, problems[:5]))
        raise Refused(422, code, f"{what} cannot be used: {lines}", problems=problems) from None


def _told(error: Any, said: Any) -> Problem:
    at = pointer(*error["loc"])
    if error["type"] == "extra_forbidden":
        return Problem(code="unknown-key", message=f'the key "{error["loc"][-1]}" is not known', pointer=at)
    if error["type"] == "missing":
        return Problem(code="missing", message=f'the key "{error["loc"][-1]}" is missing', pointer=at)
    message = f"{shown(error['input'])}: {error['msg'][:1].lower()}{error['msg'][1:]}"
    return Problem(code="type", message=message, pointer=at)
