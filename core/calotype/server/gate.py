"""Who may ask: Host, Origin, Fetch-Metadata, token and content type, in this order, before anything else looks.

The same for every route and for WebSockets before their upgrade; on by default, also on localhost. Nothing here knows
what a route does, but for the media types that it takes.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import web

from calotype.server.problems import Refused
from calotype.server.routing import JSON, Route

READING = frozenset({"GET", "HEAD"})
OWN_SITES = frozenset({"same-origin", "none"})
WINDOW = 60.0  # seconds in which wrong tokens are counted
ADDRESSES = 4_096  # that are remembered
GATE: web.AppKey[Gate] = web.AppKey("gate")


@dataclass(slots=True, kw_only=True)
class Gate:
    """Responsibilities: decide on a request from its headers alone; count wrong tokens. `check` raises Refused.

    token: what a client must show. hosts: names (with port, where it is not the usual one) that are allowed beside the
    loopback names and the address that the request came in on. scheme: "http" or "https". wrong: tokens a minute.
    """

    token: str
    port: int
    hosts: frozenset[str] = frozenset()
    scheme: str = "http"
    wrong: int = 20
    clock: Callable[[], float] = time.monotonic
    _failed: dict[str, deque[float]] = field(default_factory=dict)

    @property
    def cookie(self) -> str:
        """The cookie's name: cookies do not know ports, servers do."""
        return f"calotype_{self.port}"

    @property
    def session(self) -> str:
        """What the cookie holds: proves that the token was known, and does not tell it."""
        return hmac.new(self.token.encode(), b"calotype session", hashlib.sha256).hexdigest()

    def check(self, request: web.Request) -> None:
        """Raises Refused: 421, 403, 401, 429, 415. What passes may be carried out."""
        host = self._host(request)
        self._origin(request, host)
        self._fetch_metadata(request)
        self._token(request)
        self._content_type(request)

    def _host(self, request: web.Request) -> str:
        given = request.headers.getall("Host", [])
        host = given[0].lower() if len(given) == 1 else ""
        if not self._known(host, request):
            raise Refused(421, "host", f"this server is not called {host[:200]!r}; see calotype serve --allow-host")
        return host

    def _known(self, host: str, request: web.Request) -> bool:
        if host in self.hosts:
            return True
        name = self._without_port(host)
        return name in ("localhost", "127.0.0.1", "[::1]") or (name is not None and name == _arrived_at(request))

    def _without_port(self, host: str) -> str | None:
        """The name, if the port is ours."""
        usual = {"http": 80, "https": 443}[self.scheme]
        if host.endswith(f":{self.port}"):
            return host.removesuffix(f":{self.port}")
        return host if self.port == usual else None

    def _origin(self, request: web.Request, host: str) -> None:
        given = request.headers.getall("Origin", [])
        if not given:
            return
        own = {f"{self.scheme}://{host}"}
        if host in self.hosts:  # a proxy in front may speak TLS for us
            own = {f"http://{host}", f"https://{host}"}
        if len(given) > 1 or given[0] not in own:
            raise Refused(403, "origin", "a page of another origin may not ask this server")

    def _fetch_metadata(self, request: web.Request) -> None:
        site = request.headers.getall("Sec-Fetch-Site", [])
        if all(one in OWN_SITES for one in site):
            return
        navigation = (
            request.method == "GET"
            and request.path == "/"
            and request.headers.get("Sec-Fetch-Mode") == "navigate"
            and request.headers.get("Sec-Fetch-Dest") == "document"
            and "Upgrade" not in request.headers
        )
        if not navigation:
            raise Refused(403, "fetch-site", "a page of another site may not ask this server")

    def _token(self, request: web.Request) -> None:
        shown = _bearer(request)
        if shown is None and request.path == "/" and request.method == "GET":
            shown = request.query.get("token")
        if shown is None:
            cookie = request.cookies.get(self.cookie, "")
            if cookie and _same(cookie, self.session):
                return
            raise _unauthorised("a token is needed: open the link that calotype serve printed, or send it as a bearer")
        self._slow_down(request.remote or "")
        if not _same(shown, self.token):
            self._count(request.remote or "")
            raise _unauthorised("the token is wrong")

    def _slow_down(self, address: str) -> None:
        failed, now = self._failed.get(address), self.clock()
        while failed and failed[0] <= now - WINDOW:
            failed.popleft()
        if failed and len(failed) >= self.wrong:
            left = max(1, round(failed[0] + WINDOW - now))
            raise Refused(
                429, "slow-down", f"too many wrong tokens; try again in {left} s", headers={"Retry-After": str(left)}
            )

    def _count(self, address: str) -> None:
        failed = self._failed.pop(address, None) or deque(maxlen=self.wrong)
        failed.append(self.clock())
        self._failed[address] = failed  # the newest last, so that the oldest is what is forgotten
        while len(self._failed) > ADDRESSES:
            del self._failed[next(iter(self._failed))]

    def _content_type(self, request: web.Request) -> None:
        if request.method in READING:
            return
        route = getattr(request.match_info.handler, "__self__", None)
        taken = route.media if isinstance(route, Route) else frozenset((JSON,))
        given = request.headers.getall("Content-Type", [])
        if len(given) != 1 or request.content_type not in taken:
            wanted = ", ".join(sorted(taken))
            raise Refused(415, "content-type", f"what changes something needs a Content-Type of {wanted}")


def _bearer(request: web.Request) -> str | None:
    """The token in the header; None without one. Another scheme, or two headers, are a wrong token."""
    given = request.headers.getall("Authorization", [])
    if not given:
        return None
    scheme, _, token = given[0].partition(" ")
    return token.strip() if len(given) == 1 and scheme.lower() == "bearer" else ""


def _same(one: str, other: str) -> bool:
    """Equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(one.encode("utf-8", "surrogateescape"), other.encode())


def _unauthorised(what: str) -> Refused:
    return Refused(401, "token", what, headers={"WWW-Authenticate": 'Bearer realm="calotype"'})


def _arrived_at(request: web.Request) -> str | None:
    """The address of this machine that the request came in on, as a Host header has it. No name can rebind it."""
    name = request.transport.get_extra_info("sockname") if request.transport else None
    if not isinstance(name, tuple):
        return None
    try:
        address = ipaddress.ip_address(str(name[0]).partition("%")[0])
    except ValueError:
        return None
    return f"[{address}]" if address.version == 6 else str(address)
