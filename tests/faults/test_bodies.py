"""Thousands of bodies, generated from good ones and from the server's own description: never a 5xx, never a death."""

import json
import re

import pytest
import schemathesis
from faultkit.bodies import Damage
from faultkit.traffic import chain, digest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calotype.server.routes import every

COUNT, COUNT_LONG = 1700, 8000  # damaged; the others are made from the description
DESCRIBED, DESCRIBED_LONG = 300, 2000
P99 = 0.05  # seconds
GROUPED = {"calotype": 1, "nodes": {n: {"type": "Text", "inputs": {"value": n}} for n in "abc"}}
ENDLESS = ("/v1/runs/{id}/events", "/v1/events")  # streams
SLOW = ("/v1/uploads",)  # bytes of pictures are no JSON: they have tests of their own


def good(run):
    """A body that every route that takes one would take."""
    document = chain("words")
    submit = {"workflow": document, "inputs": {}, "targets": ["write"], "priority": 1, "count": 2, "name": "n"}
    sweep = {"workflow": "text_to_image", "inputs": {"prompt": "x", "seed": "random"}, "sweep": {"steps": [1, 2]}}
    return {
        "POST /v1/runs": [submit, sweep, {"runs": [submit, sweep]}],
        "PUT /v1/runs/{id}/edit": [submit],
        "POST /v1/runs/{id}/move": [{"before": run}, {"first": True}],
        "POST /v1/runs/{id}/priority": [{"priority": 5}],
        "POST /v1/validate": [{"workflow": document, "inputs": {}}, {"workflow": "text_to_image"}],
        "POST /v1/plan": [{"workflow": document}],
        "POST /v1/import": [document, {"1": {"class_type": "KSampler", "inputs": {"seed": 1, "model": ["4", 0]}}}],
        "PUT /v1/workflows/{name}": [document, GROUPED],
        "POST /v1/workflows/{name}/run": [{"inputs": {"prompt": "x"}}, {"prompt": "x"}],
        "POST /v1/workflows/{name}/rename": [{"name": "other"}],
        "POST /v1/workflows/{name}/duplicate": [{"name": "other"}],
        "POST /v1/workflows/{name}/restore": [{"revision": 1}],
        "POST /v1/workflows/{name}/journal": [{"client": "me", "draft": document}, {"client": "me", "operations": []}],
        "POST /v1/trash/{id}/restore": [{"name": "back"}],
        "POST /v1/edit/group": [{"workflow": GROUPED, "nodes": ["a", "b"], "name": "both"}],
        "POST /v1/edit/ungroup": [{"workflow": GROUPED, "instance": "a"}],
    }


@pytest.fixture
def server(start):
    with start("--workers", "1") as server:
        server.ready()
        server.post("/v1/queue/pause")
        server.ask("PUT", "/v1/workflows/mine", GROUPED, If_Match="*")
        server.post("/v1/plan", {"workflow": chain("x")})  # the process beside the server is up
        yield server


class Judge:
    """What an answer must be. Keeps the times."""

    def __init__(self, server):
        self.server, self.times, self.refused, self.wrong = server, [], 0, []

    def look(self, asked, answer):
        self.times.append(answer.seconds)
        if answer.status >= 500:
            self.wrong.append((asked, answer.status, answer.data[:500]))
        elif answer.status >= 400:
            self.refused += 1
            said = answer.json
            placed = answer.status not in (400, 413, 422) or said.get("pointer") is not None
            if not said.get("code") or said["status"] != answer.status or not placed:
                self.wrong.append((asked, answer.status, answer.data[:500]))

    def p99(self):
        return sorted(self.times)[len(self.times) * 99 // 100]


def names(run):
    return [
        "nothing",
        "mine",
        "%2e%2e",
        "..%2f..%2fetc%2fpasswd",
        "%00",
        run,
        run,
        "text_to_image",
        digest("x"),
        "%f0%28",
    ]


def filled(path, draw, run):
    return re.sub(r"\{[^}]+\}", lambda _: draw.choice(names(run)), path)


def query(route, draw):
    known = [*route.query.model_fields, "x"]
    said = [f"{draw.choice(known)}={draw.choice(('', 'x', '-1', '%00', '1e9', 'true', '9' * 40))}" for _ in range(2)]
    return "?" + "&".join(said) if draw.random() < 0.2 else ""


def test_bodies_that_are_nearly_right_are_refused_with_their_place(server, draw, long, figure):
    run = server.submit(chain("it"))
    judge, damage, bodies = Judge(server), Damage(draw), good(run)
    routes = [r for r in every() if not r.socket and r.path not in ENDLESS + SLOW]
    weighed = [r for r in routes for _ in range(6 if f"{r.method} {r.path}" in bodies else 1)]
    slowest = (0.0, "")
    for number in range(COUNT_LONG if long else COUNT):
        route = draw.choice(weighed)
        data = damage.of(draw.choice(bodies.get(f"{route.method} {route.path}", [{}])))
        path = filled(route.path, draw, run) + query(route, draw)
        answer = server.ask(route.method, path, data=data if route.mutates else None)
        if path != "/readyz":  # which is to say 503 when it is not ready
            judge.look((number, route.method, path, data[:300]), answer)
        slowest = max(slowest, (answer.seconds, f"{route.method} {path}"))
    assert server.alive and judge.wrong == []
    assert judge.refused > len(judge.times) / 4
    figure("bodies", f"{len(judge.times)} damaged: no 5xx, p99 {judge.p99() * 1000:.0f} ms", judge.p99() <= P99,
           slowest=f"{slowest[0] * 1000:.0f} ms: {slowest[1]}")  # fmt: skip
    assert judge.p99() < 1.0  # nothing hangs; how fast it was on this machine is in the figure


def test_requests_made_from_the_description_are_answered_as_described(server, long, figure):
    described = server.get("/openapi.json")
    for path in (*ENDLESS, *SLOW):
        described["paths"].pop(path)
    schema = schemathesis.openapi.from_dict(described)
    operations = [found.ok() for found in schema.get_all_operations()]
    modes = list(schemathesis.GenerationMode)
    cases = st.sampled_from(operations).flatmap(
        lambda o: st.sampled_from(modes).flatmap(lambda m: o.as_strategy(generation_mode=m))
    )
    judge, many = Judge(server), DESCRIBED_LONG if long else DESCRIBED

    @settings(max_examples=many, deadline=None, database=None, derandomize=True,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(cases)
    def ask(case):
        said = case.as_transport_kwargs(base_url="http://x")
        path = re.sub(r"^http://x(:\d+)?", "", said["url"])
        body = said.get("json")
        data = b"" if body is None else json.dumps(body, default=str).encode()
        answer = server.ask(case.method.upper(), path or "/", data=data if case.method.upper() != "GET" else None)
        if case.path != "/readyz":
            judge.look((case.method, path, data[:300]), answer)

    ask()
    assert server.alive and judge.wrong == []
    figure(
        "bodies",
        f"{len(judge.times)} from the description: no 5xx, p99 {judge.p99() * 1000:.0f} ms",
        judge.p99() <= P99,
    )
