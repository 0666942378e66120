"""What a plan says of a miss: the first part of the key that differs from the last run."""

from __future__ import annotations

import pytest

from calotype.executor import Emitter, Executor
from calotype.files import Files
from calotype.host import LocalHost
from calotype.plan import Planner, explain
from calotype.runtime import Runtime
from calotype.settings import Settings
from calotype.store import Store
from calotype.testing import registry
from calotype.workflow import flatten, read

RUNTIME = Runtime("0.1.0", "2.13.0", "0.42.1", "cpu", "float32")


def graph(nodes):
    return flatten(read({"calotype": 1, "nodes": nodes}))


def link(end):
    return {"from": end}


NODES = {
    "n1": {"type": "Number", "inputs": {"value": 1}},
    "n2": {"type": "Add", "inputs": {"a": link("n1.int"), "b": 2}},
    "n3": {"type": "Add", "inputs": {"a": link("n2.int"), "b": 3}},
}


class Bench:
    def __init__(self, tmp_path):
        self.store, self.known = Store(None), registry()
        self.host = LocalHost(Files({}), Settings(home=tmp_path), RUNTIME)
        self.last = self.record = None

    def run(self, nodes, target="n3"):
        self.last = graph(nodes)
        planner = Planner(self.known, self.store, None, RUNTIME)
        outcome = Executor(planner, self.store, self.host).run(planner.plan(self.last, [target]), Emitter("r", None))
        self.record = {"nodes": {n: r.to_dict() for n, r in outcome.records.items()}, "runtime": RUNTIME.to_dict()}

    def reasons(self, nodes, target="n3", runtime=RUNTIME):
        plan = Planner(self.known, self.store, None, runtime).plan(graph(nodes), [target])
        explain(plan, self.last, self.record, runtime.to_dict())
        return {e.node: e.reason or e.status for e in plan.entries}


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def with_input(node, **inputs):
    return {**NODES, node: {**NODES[node], "inputs": {**NODES[node]["inputs"], **inputs}}}


def test_a_first_run_was_not_computed_before(bench):
    assert bench.reasons(NODES) == dict.fromkeys(("n1", "n2", "n3"), "not computed before")


def test_an_unchanged_workflow_is_a_hit_and_needs_nothing_else(bench):
    bench.run(NODES)
    assert bench.reasons(NODES) == {"n1": "idle", "n2": "idle", "n3": "hit"}


def test_a_changed_value_is_named_with_what_it_was(bench):
    bench.run(NODES)
    assert bench.reasons(with_input("n2", b=9)) == {"n1": "hit", "n2": 'input "b": 2 -> 9', "n3": '"n2" changed'}


def test_a_link_that_leads_elsewhere_is_named(bench):
    bench.run(NODES)
    reasons = bench.reasons(with_input("n3", a=link("n1.int")))
    assert reasons == {"n1": "hit", "n3": 'input "a": linked to n1.int, was n2.int'}


def test_a_new_node_is_new(bench):
    bench.run(NODES)
    nodes = {**NODES, "n4": {"type": "Add", "inputs": {"a": link("n3.int")}}}
    assert bench.reasons(nodes, "n4")["n4"] == "new since the last run"


def test_another_version_of_torch_is_said(bench):
    bench.run(NODES)
    other = Runtime("0.1.0", "2.14.0", "0.42.1", "cpu", "float32")
    assert bench.reasons(NODES, runtime=other)["n1"] == "torch: 2.13.0 -> 2.14.0"


def test_a_result_that_was_pruned_is_said(bench):
    bench.run(NODES)
    bench.store.clear()
    assert bench.reasons(NODES) == dict.fromkeys(("n1", "n2", "n3"), "as before, but not stored")


def test_a_node_that_failed_is_said(bench):
    nodes = {**NODES, "n3": {"type": "Fail", "inputs": {"value": link("n2.int")}}}
    bench.run(nodes)
    assert bench.reasons(nodes) == {"n1": "idle", "n2": "hit", "n3": "failed last time"}


def test_a_volatile_node_runs_every_time(bench):
    nodes = {"n3": {"type": "Volatile", "inputs": {}}}
    bench.run(nodes)
    assert bench.reasons(nodes) == {"n3": "it runs every time"}
