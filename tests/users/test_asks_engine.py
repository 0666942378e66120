"""What users ask for of the engine, each by its number in the list of asks, over toy nodes and the real services."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from calotype.errors import MutationError, ValidationError
from calotype.node import Input, Node
from calotype.services import Services
from calotype.settings import Settings
from calotype.testing import registry, stand_in
from calotype.types import FileRef
from calotype.workflow import read


@pytest.fixture
def services(tmp_path):
    with Services.open(Settings.load(home=tmp_path / "home", env={})) as opened:
        toys = registry()
        for spec in toys:
            stand_in(opened.registry, toys.node_class(spec.id))
        yield opened


class Hash(Node):
    """The hash of a file."""

    file: FileRef = Input(folder="input")

    def run(self) -> str:
        """Its hash."""
        return self.file.hash


def link(end):
    return {"from": end}


def document(nodes, **parts):
    return read({"calotype": 1, "name": "toy", "nodes": nodes, **parts})


CHAIN = {
    "n1": {"type": "Divide", "inputs": {"value": 8}},
    "n2": {"type": "Add", "inputs": {"a": link("n1.quotient"), "b": 2}},
    "n3": {"type": "Add", "inputs": {"a": link("n2.int"), "b": 3}},
}


def changed(node, **inputs):
    return {**CHAIN, node: {**CHAIN[node], "inputs": {**CHAIN[node]["inputs"], **inputs}}}


def statuses(finished):
    return {node: said["status"] for node, said in finished.record.nodes.items()}


def test_e4_the_plan_says_hit_or_miss_and_the_first_part_of_the_key_that_differs(services):
    services.run(document(CHAIN), targets=["n3"])
    plan = services.plan(document(changed("n2", b=7)), ["n3"])
    assert {e.node: e.reason or e.status for e in plan.entries} == {
        "n1": "hit",
        "n2": 'input "b": 2 -> 7',
        "n3": '"n2" changed',
    }


def test_e4_a_file_replaced_under_the_same_name_is_noticed(services, tmp_path):
    services.registry.add_class(Hash)
    folder = tmp_path / "home" / "input"
    folder.mkdir(parents=True)
    (folder / "a.txt").write_text("one")
    nodes = {"h": {"type": "Hash", "inputs": {"file": "a.txt"}}}
    first = services.run(document(nodes), targets=["h"])
    assert statuses(services.run(document(nodes), targets=["h"])) == {"h": "hit"}
    (folder / "a.txt").write_text("another")
    second = services.run(document(nodes), targets=["h"])
    assert statuses(second) == {"h": "ran"}
    assert first.results["h"].value("str") != second.results["h"].value("str")
    (folder / "a.txt").write_text("a third")
    assert [e.reason for e in services.plan(document(nodes), ["h"]).entries] == [
        'input "file": the file a.txt has other contents'
    ]


def test_e4_a_node_that_mutates_an_input_fails_by_name(services):
    nodes = {
        "made": {"type": "MakeImage", "inputs": {}},
        "bad": {"type": "Mutate", "inputs": {"image": link("made.image")}},
    }
    finished = services.run(document(nodes), targets=["bad"])
    assert isinstance(finished.error, MutationError)
    assert finished.error.node == "bad"


def test_e8_the_engine_resolves_the_seed_before_the_run_and_writes_it_back(services):
    nodes = {"s": {"type": "Seeded", "inputs": {"seed": "random"}}}
    finished = services.run(document(nodes), targets=["s"])
    seed = finished.record.workflow["nodes"]["s"]["inputs"]["seed"]
    assert isinstance(seed, int)
    again = services.run(read(finished.record.workflow), targets=["s"])
    assert statuses(again) == {"s": "hit"}
    other = services.run(document(nodes), targets=["s"])
    assert other.record.workflow["nodes"]["s"]["inputs"]["seed"] != seed


def test_e11_run_to_here_executes_exactly_its_ancestors_minus_hits(services):
    services.run(document(CHAIN), targets=["n1"])
    assert statuses(services.run(document(CHAIN), targets=["n2"])) == {"n1": "hit", "n2": "ran"}


def test_e12_the_branch_that_is_not_selected_executes_nothing(services, tmp_path):
    log = str(tmp_path / "log")
    nodes = {
        "left": {"type": "Traced", "inputs": {"value": 1, "log": log, "name": "left"}},
        "right": {"type": "Traced", "inputs": {"value": 2, "log": log, "name": "right"}},
        "pick": {
            "type": "Choose",
            "inputs": {"first": link("left.value"), "second": link("right.value"), "use_second": True},
        },
    }
    finished = services.run(document(nodes), targets=["pick"])
    assert finished.results["pick"].values() == {"value": 2}
    assert Path(log).read_text().split() == ["right"]


def test_e12_enabled_is_a_part_of_the_file(services):
    nodes = {**CHAIN, "n2": {**CHAIN["n2"], "enabled": False}}
    finished = services.run(document(nodes), targets=["n3"])
    assert finished.results["n3"].values() == {"int": 4 + 3}


def test_h1_the_file_that_is_saved_is_the_file_that_runs(services, tmp_path):
    from calotype.workflow import save

    save(document(CHAIN), tmp_path / "chain.json")
    assert statuses(services.run(services.load(tmp_path / "chain.json"), targets=["n3"]))["n3"] == "ran"


def test_h2_any_invalid_node_refuses_the_whole_run_with_all_problems(services):
    nodes = {
        **CHAIN,
        "x": {"type": "Ad", "inputs": {}},
        "y": {"type": "Add", "inputs": {"a": "one", "b": 2_000_000}},
    }
    with pytest.raises(ValidationError) as caught:
        services.run(document(nodes))
    said = {(p.node, p.input, p.code) for p in caught.value.problems}
    assert {("x", None, "unknown-type"), ("y", "a", "type"), ("y", "b", "range")} <= said
    with pytest.raises(ValidationError):
        services.run(document(nodes), targets=["n3", "y"])
    assert services.history.last("toy") is None


def test_h2_a_part_has_to_be_asked_for_by_naming_its_nodes(services):
    nodes = {**CHAIN, "x": {"type": "Ad", "inputs": {}}}
    assert statuses(services.run(document(nodes), targets=["n3"])).keys() == CHAIN.keys()


H7 = """
from calotype import Workflow
result = Workflow.from_dict({"calotype": 1, "name": "five lines", "nodes": {
    "n": {"type": "Integer", "inputs": {"value": 41}},
    "e": {"type": "Expression", "inputs": {"expression": "a + 1", "a": {"from": "n.value"}}}}}).run(to=["e"])
print(result["e.whole"])
"""


def test_h7_five_lines_of_python_and_no_server(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", H7], capture_output=True, text=True, env={"CALOTYPE_HOME": str(tmp_path)}, check=False
    )
    assert (done.stderr, done.stdout.strip()) == ("", "42")


def test_p11_the_record_has_time_hit_and_memory_for_each_node(services):
    nodes = {"slow": {"type": "Slow", "inputs": {"seconds": 0.02, "steps": 2}}, **CHAIN}
    said = services.run(document(nodes), targets=["slow", "n3"]).record.nodes["slow"]
    assert said["seconds"] >= 0.02
    before, peak, after = said["rss"]
    assert 0 < before <= peak and 0 < after <= peak
    assert json.dumps(said)
