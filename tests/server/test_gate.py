"""The gate: every header case against every route and socket there is, found by enumeration."""

import re

import aiohttp
import pytest

from calotype.server.gate import Gate
from calotype.server.keys import ROUTES
from calotype.server.limits import Limits
from calotype.server.routes import every

JSON = "application/json"
GATED = {401, 403, 415, 421, 429}
NAVIGATION = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}

# name -> (headers; None leaves one out), what a refused one is answered
GOOD = {"Host": "{host}", "Authorization": "Bearer {token}", "Content-Type": JSON}
CASES = {
    "a script with the token": ({}, None),
    "our own page": ({"Origin": "{url}", "Sec-Fetch-Site": "same-origin"}, None),
    "an address that was typed": ({"Sec-Fetch-Site": "none"}, None),
    "localhost by name": ({"Host": "localhost:{port}"}, None),
    "localhost in capitals": ({"Host": "LOCALHOST:{port}"}, None),
    "IPv6 loopback": ({"Host": "[::1]:{port}"}, None),
    "JSON with a charset": ({"Content-Type": "application/json; charset=utf-8"}, None),
    "another host": ({"Host": "evil.example"}, 421),
    "another host with our port": ({"Host": "evil.example:{port}"}, 421),
    "a host that begins like ours": ({"Host": "127.0.0.1.evil.example:{port}"}, 421),
    "a trailing dot": ({"Host": "localhost.:{port}"}, 421),
    "another port": ({"Host": "127.0.0.1:1"}, 421),
    "an empty host": ({"Host": ""}, 421),
    "another origin": ({"Origin": "http://evil.example"}, 403),
    "the null origin": ({"Origin": "null"}, 403),
    "our host at another port": ({"Origin": "http://127.0.0.1:1"}, 403),
    "our host with another scheme": ({"Origin": "https://{host}"}, 403),
    "an origin that begins like ours": ({"Origin": "{url}.evil.example"}, 403),
    "a rebound name": ({"Host": "evil.example:{port}", "Origin": "http://evil.example:{port}"}, 421),
    "another site": ({"Sec-Fetch-Site": "cross-site"}, 403),
    "a sibling site": ({"Sec-Fetch-Site": "same-site"}, 403),
    "another site's link": (NAVIGATION, 403),  # but for the front page
    "no token": ({"Authorization": None}, 401),
    "a wrong token": ({"Authorization": "Bearer wrong"}, 401),
    "another scheme": ({"Authorization": "Basic {token}"}, 401),
    "a form": ({"Content-Type": "application/x-www-form-urlencoded"}, 415),  # what changes something
    "plain text": ({"Content-Type": "text/plain"}, 415),
    "no content type": ({"Content-Type": None}, 415),
}
SOCKETS = {
    "a script": ({}, 101),
    "our own page": ({"Origin": "{url}"}, 101),
    "another origin": ({"Origin": "http://evil.example"}, 403),
    "the null origin": ({"Origin": "null"}, 403),
    "another host": ({"Host": "evil.example:{port}"}, 421),
    "another site": ({"Sec-Fetch-Site": "cross-site"}, 403),
    "another site's link": (NAVIGATION, 403),
    "no token": ({"Authorization": None}, 401),
}


def headers(case, server):
    port = server.url.rpartition(":")[2]
    said = GOOD | case

    known = {"url": server.url, "host": f"127.0.0.1:{port}", "port": port, "token": server.token}
    return {name: text.format(**known) for name, text in said.items() if text is not None}


def asked(route):
    return re.sub(r"\{[^}]+\}", "nothing", route.path)


async def answered(session, method, url, said):
    body = None if method == "GET" else b"{}"
    async with session.request(method, url, headers=said, data=body, timeout=TIMEOUT) as answer:
        return answer.status, answer.content_type, await answer.read()


TIMEOUT = aiohttp.ClientTimeout(total=5)


async def every_route(server, session, name):
    """What each route answers in a case: (found, wanted), by route."""
    case, refused = CASES[name]
    found, wanted = {}, {}
    for route in server.app[ROUTES]:
        url, said = server.url + asked(route), headers(case, server)
        status, kind, body = await answered(session, route.method, url, said)
        at = f"{route.method} {route.path}"
        taken = not route.mutates or said.get("Content-Type") in route.media
        passes = refused is None or (refused == 415 and taken)
        passes = passes or (case is NAVIGATION and at == "GET /")
        by_itself = route.streams and passes and status == 415  # it looks into the file
        found[at] = status if status in GATED and not by_itself else "passed"
        wanted[at] = "passed" if passes else refused
        assert status < 500 or status == 503, (name, at, body)
        assert status < 400 or kind == "application/problem+json", (name, at)
    return found, wanted


async def test_every_route_answers_every_header_case_as_it_must(whole):
    left_out = {"Content-Type", "Accept", "User-Agent"}  # a header that is left out is left out
    async with (
        whole(Limits(tokens=10_000)) as server,
        aiohttp.ClientSession(skip_auto_headers=left_out) as session,
    ):
        for name in CASES:
            found, wanted = await every_route(server, session, name)
            assert found == wanted and len(found) >= 30, name


async def test_the_gate_stands_before_the_upgrade_of_every_socket(whole):
    async with whole(Limits(tokens=10_000)) as server, aiohttp.ClientSession() as session:
        for name, (case, wanted) in SOCKETS.items():
            for path in (asked(r) for r in server.app[ROUTES] if r.socket):
                said = {k: v for k, v in headers(case, server).items() if k != "Content-Type"}
                try:
                    async with session.ws_connect(server.url + path, headers=said):
                        status = 101
                except aiohttp.WSServerHandshakeError as error:
                    status = error.status
                assert status == wanted, name


async def test_two_hosts_origins_or_tokens_in_one_request_are_refused(whole):
    import asyncio

    async def raw(server, *lines):
        port = int(server.url.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        own = [f"Host: 127.0.0.1:{port}", f"Authorization: Bearer {server.token}"]
        writer.write("\r\n".join(["GET /healthz HTTP/1.1", *own, *lines, "Connection: close", "", ""]).encode())
        status = int((await reader.read()).split()[1])
        writer.close()
        return status

    async with whole() as server:
        own = server.url.removeprefix("http://")
        assert await raw(server) == 200
        assert await raw(server, f"Host: {own}") in (400, 421)
        assert await raw(server, f"Origin: {server.url}", "Origin: null") in (400, 403)
        assert await raw(server, f"Authorization: Bearer {server.token}") in (400, 401)
        assert await raw(server, "Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: cross-site") in (400, 403)


async def test_the_printed_link_sets_a_cookie_that_no_script_and_no_other_site_can_use(whole):
    async with whole() as server:
        async with server.bare.get("/", params={"token": server.token}) as answer:
            assert answer.status == 200
            [cookie] = answer.cookies.values()
        assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/")
        assert server.token not in cookie.value
        async with server.bare.get("/v1/system") as answer:  # the session keeps its cookies
            assert answer.status == 200
        async with server.bare.post("/v1/queue/pause", json={}, headers={"Origin": "http://evil.example"}) as answer:
            assert answer.status == 403


async def test_a_token_in_the_address_opens_the_front_page_alone(whole):
    async with whole() as server:
        paths = [asked(r) for r in every() if r.method == "GET" and r.path != "/"]
        for path in paths:
            async with server.bare.get(path, params={"token": server.token}) as answer:
                assert answer.status == 401, path
        async with server.bare.get("/", params={"token": "wrong"}) as answer:
            assert answer.status == 401 and not answer.cookies


async def test_wrong_tokens_are_slowed_down_also_when_one_is_right_at_last(whole):
    async with whole(Limits(tokens=3)) as server:
        for _ in range(3):
            async with server.bare.get("/healthz", headers={"Authorization": "Bearer wrong"}) as answer:
                assert answer.status == 401
        refused = await server.get("/healthz", 429)
        assert refused["code"] == "slow-down"


def test_old_wrong_tokens_are_forgotten():
    now = [0.0]
    gate = Gate(token="right", port=1, wrong=2, clock=lambda: now[0])
    for _ in range(2):
        gate._count("1.2.3.4")
    with pytest.raises(Exception, match="too many wrong tokens"):
        gate._slow_down("1.2.3.4")
    now[0] = 61.0
    gate._slow_down("1.2.3.4")


async def test_every_answer_carries_the_headers_that_keep_it_harmless(whole):
    async with whole() as server:
        for route in server.app[ROUTES]:
            if route.method == "GET" and not route.socket:
                async with server.client.get(asked(route)) as answer:
                    said = answer.headers
                    assert said["X-Content-Type-Options"] == "nosniff"
                    assert "frame-ancestors 'none'" in said["Content-Security-Policy"]
                    assert "default-src 'none'" in said["Content-Security-Policy"]
                    assert said["Cross-Origin-Resource-Policy"] == "same-origin"


async def test_reading_changes_nothing(whole, workflow, settings):
    def everything():
        passing = ("-wal", "-shm", "-journal", ".tmp", "hashes.sqlite")  # the last is a cache of what files hold
        found = (p for p in settings.home.rglob("*") if p.is_file() and not p.name.endswith(passing))
        return {p.relative_to(settings.home): hash(p.read_bytes()) for p in found}

    async with whole() as server:
        run = await server.post("/v1/runs", {"workflow": workflow}, 202)
        paths = [re.sub(r"\{[^}]+\}", run["id"], r.path) for r in every() if r.method == "GET" and not r.socket]
        before, queue = everything(), await server.get("/v1/queue")
        for path in paths:
            if not path.endswith("/events"):
                async with server.client.get(path) as answer:
                    await answer.read()
        assert (everything(), await server.get("/v1/queue")) == (before, queue)


def test_no_route_installs_imports_or_takes_a_path():
    words = re.compile(r"install|reload|eval|exec|path|enable|disable|shell")
    assert [r.path for r in every() if words.search(r.path)] == []
    named = [r.path for r in every() if re.search(r"\{[^}]*:", r.path)]
    assert named == ["/v1/inputs/{name:.+}"]  # a picture in a folder of pictures, by the one safe join
