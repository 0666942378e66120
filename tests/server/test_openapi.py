"""The description, and that the server is as it describes itself: generated bodies against every route."""

import asyncio
import http.client
import json
import re
import threading
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from calotype.server.openapi import describe, path_of
from calotype.server.routes import every

ROUTES = list(every())
PLAIN = [r for r in ROUTES if not r.socket and not r.streams and not r.produces]
DESCRIBED = describe(ROUTES)
KNOWN = {"calotype": 1, "nodes": {"t": {"type": "Text", "inputs": {"value": "x"}}}}


def test_every_route_is_described_with_its_parameters_and_errors():
    said = describe(ROUTES)
    found = {(m.upper(), p) for p, methods in said["paths"].items() for m in methods}
    assert found == {(r.method, path_of(r)) for r in ROUTES}
    assert said["openapi"] == "3.1.0"
    for path, methods in said["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"].endswith("."), (method, path)
            named = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
            assert named == set(re.findall(r"\{(\w+)\}", path))
            assert {"401", "403", "421"} <= operation["responses"].keys()
            for status, answer in operation["responses"].items():
                if status[0] in "45":
                    assert list(answer["content"]) == ["application/problem+json"], (path, status)


def test_every_reference_leads_somewhere():
    said = describe(ROUTES)
    names = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(said)))
    assert names <= said["components"]["schemas"].keys()
    ids = [o["operationId"] for methods in said["paths"].values() for o in methods.values()]
    assert len(ids) == len(set(ids))


async def test_the_pages_ask_nobody_else_and_run_no_script(whole):
    async with whole() as server:
        for path in ("/docs", f"/?token={server.token}"):
            text = (await server.get(path)).decode()
            assert not re.search(r"<script|\son\w+=|src=|https?://(?!127\.0\.0\.1)", text), path
        page = (await server.get("/docs")).decode()
        assert all(path_of(r) in page for r in ROUTES)
        assert (await server.get("/openapi.json"))["info"]["title"] == "Calotype"


# ---- generated requests

TEXTS = st.sampled_from(["", "t", "text_to_image", "../../etc/passwd", "a\0b", "random", "t.value", "\u202e", "9" * 50])
LEAVES = st.none() | st.booleans() | st.integers(-3, 2**40) | st.floats(allow_nan=False) | TEXTS | st.text(max_size=8)
ANYTHING = st.recursive(
    LEAVES | st.just(KNOWN),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["nodes", "type", "inputs", "from", "calotype", "value", "file", "x"]), inner)
    ),
    max_leaves=8,
)


def bodies(model: type[BaseModel]):
    """What nearly fits a model: known keys with values of any kind, the right kind among them."""
    keys = {name: FITTING.get(name, ANYTHING) | ANYTHING for name in model.model_fields}
    return st.fixed_dictionaries({}, optional=keys) | ANYTHING


FITTING = {
    "workflow": st.just(KNOWN) | st.just("text_to_image"),
    "inputs": st.dictionaries(st.sampled_from(["t.value", "prompt", "x"]), ANYTHING, max_size=2),
    "sweep": st.dictionaries(st.sampled_from(["t.value", "x"]), st.lists(ANYTHING, max_size=3), max_size=2),
    "targets": st.lists(TEXTS, max_size=2),
    "count": st.integers(-1, 3),
    "priority": st.integers(-2000, 2000),
    "runs": st.lists(st.fixed_dictionaries({"workflow": st.just(KNOWN)}), max_size=3),
}
REQUESTS = st.sampled_from(PLAIN).flatmap(
    lambda route: st.tuples(
        st.just(route),
        st.sampled_from(["nothing", "t", "%2e%2e", "..%2f..%2fetc%2fpasswd", "%00", "RUN", "RUN", "text_to_image"]),
        st.dictionaries(st.sampled_from([*route.query.model_fields, "x"]), TEXTS, max_size=2),
        bodies(route.body),
    )
)


@pytest.fixture
def live(whole):
    """A server in a thread of its own: requests are sent from outside of any event loop."""
    started, stop, found = threading.Event(), [], []

    async def run():
        stopping = asyncio.Event()
        async with whole() as server:
            run = await server.post("/v1/runs", {"workflow": KNOWN, "targets": ["t"]}, 202)
            found.append((server, run["id"]))
            stop.append((asyncio.get_running_loop(), stopping))
            started.set()
            await stopping.wait()

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    assert started.wait(30)
    yield found[0]
    loop, stopping = stop[0]
    loop.call_soon_threadsafe(stopping.set)
    thread.join(30)


def test_whatever_is_sent_the_answer_is_as_described(live):
    server, run = live
    port = int(server.url.rpartition(":")[2])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    times: list[float] = []

    @settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
    @given(REQUESTS)
    def ask(request):
        route, name, query, body = request
        path = re.sub(r"\{[^}]+\}", name.replace("RUN", run), route.path)
        path += "?" + "&".join(f"{k}={quote(v)}" for k, v in query.items())
        headers = {"Authorization": f"Bearer {server.token}", "Content-Type": "application/json"}
        began = time.perf_counter()
        connection.request(route.method, path, json.dumps(body) if route.mutates else None, headers)
        answer = connection.getresponse()
        said = answer.read()
        times.append(time.perf_counter() - began)
        check(route, answer, said)

    try:
        ask()
    finally:
        connection.close()
    times.sort()
    print(f"p50 {times[len(times) // 2] * 1000:.1f} ms, p99 {times[len(times) * 99 // 100] * 1000:.1f} ms")


def check(route, answer, said):
    status, kind = answer.status, answer.headers.get_content_type()
    assert status < 500 or (route.path == "/readyz" and status == 503), (route.path, said)
    if status >= 400:
        problem = json.loads(said)
        assert kind == "application/problem+json" and problem["code"] and problem["status"] == status, said
        assert status not in (400, 413, 422) or problem.get("pointer") is not None, (route.path, said)
        described = DESCRIBED["paths"][path_of(route)][route.method.lower()]["responses"]
        assert str(status) in described, (route.method, route.path, status)
    elif route.answer is not None and status == 200:
        route.answer.model_validate(json.loads(said))


def test_every_route_is_in_the_documentation():
    page = (Path(__file__).parents[2] / "docs" / "http_api.md").read_text(encoding="utf-8")
    ends = {path_of(r): path_of(r).removeprefix("/v1/runs/{id}").removeprefix("/v1/workflows/{name}") for r in ROUTES}
    assert [path for path, end in ends.items() if f"{path}`" not in page and not (end and f"`{end}`" in page)] == []
