"""What people ask of the workflow file and of validation (E2, E3, E5, E6, E7, E8, E15, H1, H2, H9, P4, P6, P10)."""

from __future__ import annotations

import difflib
import multiprocessing
import os
import signal
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import pytest

from calotype import types
from calotype.errors import ValidationError
from calotype.node import Input, Node
from calotype.registry import Registry
from calotype.types import Conditioning, FileRef, Model, Secret, Seed
from calotype.validate import validate
from calotype.workflow import flatten, interface, load, migrate_nodes, read, resolve_seeds, save, set_input, write
from calotype.workflow.compare import diff
from calotype.workflow.group import group


class Parts(NamedTuple):
    model: Model
    positive: Conditioning


class Checkpoint(Node):
    file: FileRef = Input(folder="checkpoints")

    def run(self) -> Parts: ...


class Net(Node):
    file: FileRef = Input(folder="controlnet")

    def run(self) -> types.ControlNet: ...


class Sampler(Node):
    output = True

    model: Model
    positive: Conditioning
    control: types.ControlNet | None = None
    seed: Seed = 0
    steps: int = Input(default=20, ge=1)

    def run(self) -> types.Image: ...


class Upload(Node):
    output = True

    token: Secret

    def run(self) -> None: ...


class Blur(Node):
    """Version 2 calls "amount" "radius", and has no "quality" any more."""

    output = True
    version: ClassVar[int] = 2

    radius: float = 1.0
    opacity: float = 1.0

    def run(self) -> float:
        return self.radius

    @classmethod
    def migrate(cls, inputs: Mapping[str, Any], from_version: int) -> dict[str, Any]:
        return {"radius" if k == "amount" else k: v for k, v in inputs.items() if k != "quality"}


@pytest.fixture
def registry() -> Registry:
    made = Registry()
    for cls in (Checkpoint, Net, Sampler, Upload, Blur):
        made.add_class(cls)
    return made


def link(end: str) -> dict[str, str]:
    return {"from": end}


def picture(**more: Any) -> dict[str, Any]:
    nodes = {
        "checkpoint": {"type": "Checkpoint", "inputs": {"file": "sd15.safetensors"}},
        "sampler": {
            "type": "Sampler",
            "inputs": {"model": link("checkpoint.model"), "positive": link("checkpoint.positive"), "seed": "random"},
        },
    }
    said = {"calotype": 1, "nodes": nodes, "layout": {"checkpoint": {"x": 0, "y": 0}, "sampler": {"x": 300, "y": 0}}}
    return said | more


def _save_for_ever(path: str) -> None:
    documents = [read(picture(name="x" * size)) for size in (1, 100_000)]
    while True:
        for document in documents:
            save(document, path)


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_e2_killing_the_process_while_it_saves_leaves_a_readable_file(tmp_path: Path):
    path = tmp_path / "work.json"
    for _ in range(3):
        process = multiprocessing.get_context("fork").Process(target=_save_for_ever, args=(str(path),))
        process.start()
        while not path.exists():
            time.sleep(0.005)
        time.sleep(0.05)
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        assert load(path).nodes == picture()["nodes"]


FAMILIES = {"sd15": "sd1", "sd21": "sd2", "xl": "sdxl", "turbo": "flux"}


@pytest.mark.parametrize("checkpoint", FAMILIES)
@pytest.mark.parametrize("net", FAMILIES)
def test_e3_every_incompatible_pair_of_families_is_refused_before_any_weight_is_loaded(registry, checkpoint, net):
    said = picture()
    said["nodes"]["checkpoint"]["inputs"]["file"] = checkpoint
    said["nodes"]["net"] = {"type": "Net", "inputs": {"file": net}}
    said["nodes"]["sampler"]["inputs"]["control"] = link("net.control_net")
    problems = validate(read(said), registry, None, lambda ref: FAMILIES[ref.name]).problems
    if checkpoint == net:
        assert problems == ()
        return
    (problem,) = problems
    text = str(problem)
    assert (problem.code, problem.node, problem.input) == ("family-mismatch", "sampler", "control")
    assert text.count('node "net"') == text.count('node "checkpoint"') == 2  # what is wrong, and one remedy
    assert all(name in text for name in (checkpoint, net))


def test_e5_a_group_has_the_same_graph_the_same_interface_and_stable_ports(registry):
    document = read(picture(inputs={"seed": {"node": "sampler", "input": "seed"}}))
    grouped = group(document, ["sampler"], "draw")
    (before,) = flatten(document).descendants(["checkpoint"])
    (after,) = flatten(grouped).descendants(["checkpoint"])
    one, two = flatten(document).uses[before], flatten(grouped).uses[after]
    assert (one.inputs, [(e.source, e.output, e.input) for e in one.links]) == (
        two.inputs,
        [(e.source, e.output, e.input) for e in two.links],
    )
    assert [(p.name, p.spec, p.default) for p in interface(grouped, registry)] == [
        (p.name, p.spec, p.default) for p in interface(document, registry)
    ]
    assert list(read(write(grouped)).subgraphs["draw"].inputs) == ["model", "positive", "seed"]


def test_e6_unknown_nodes_come_through_load_and_save_as_they_were(registry):
    strange = {"type": "their.Node", "version": 9, "colour": [1, {"a": None}], "inputs": {"x": {"deep": [0.1]}}}
    said = picture(requires={"their": ">=2"}, their_key={"kept": True})
    said["nodes"]["strange"] = strange
    document = read(write(read(said)))
    assert (document.nodes["strange"], document.to_dict()["their_key"]) == (strange, {"kept": True})
    (problem,) = validate(document, registry).problems
    assert (problem.code, problem.node) == ("unknown-type", "strange")
    assert '"their" >=2' in str(problem)


def test_e7_values_are_stored_by_name_renames_follow_the_declared_map_and_lost_ones_are_listed(registry):
    old = read({"calotype": 1, "nodes": {"b": {"type": "Blur", "inputs": {"amount": 3, "quality": 9, "opacity": 0.5}}}})
    new, notes = migrate_nodes(old, registry)
    assert new.nodes["b"]["inputs"] == {"radius": 3, "opacity": 0.5}
    assert [(n.code, n.input, n.value) for n in notes] == [
        ("renamed-input", "amount", None),
        ("removed-input", "quality", 9),
    ]


def test_e8_a_random_seed_is_a_number_in_the_document_before_the_run(registry):
    resolved = resolve_seeds(read(picture()), registry, lambda: 1234)
    assert resolved.nodes["sampler"]["inputs"]["seed"] == 1234
    assert resolve_seeds(resolved, registry, lambda: 99) == resolved


def test_e15_moving_a_node_changes_the_layout_section_only():
    before = read(picture())
    after = replace(before, layout={**before.layout, "sampler": {"x": 7, "y": 7}})
    changed = [line for line in difflib.ndiff(write(before).splitlines(), write(after).splitlines()) if line[0] in "+-"]
    assert changed == ['-     "sampler": {"x": 300, "y": 0}', '+     "sampler": {"x": 7, "y": 7}']
    assert str(diff(before, after)) == "moved: sampler"


def test_e15_a_difference_lists_nodes_links_and_values():
    said = picture()
    said["nodes"]["sampler"]["inputs"] |= {"steps": 30, "model": link("other.model")}
    said["nodes"]["other"] = said["nodes"]["checkpoint"]
    assert str(diff(read(picture()), read(said))) == (
        "+ other (Checkpoint)\n~ sampler.steps: not there -> 30\n~ sampler.model: checkpoint.model -> other.model"
    )


def test_h2_one_wrong_node_refuses_the_whole_with_all_problems(registry):
    said = picture()
    said["nodes"]["sampler"]["inputs"] |= {"steps": 0, "cfgg": 1}
    said["nodes"]["blur"] = {"type": "Blur", "inputs": {"radius": "much"}}
    checked = validate(read(said), registry)
    assert [(p.node, p.input) for p in checked.problems] == [
        ("sampler", "steps"),
        ("sampler", "cfgg"),
        ("blur", "radius"),
    ]
    message = ValidationError.of(checked.problems).message
    assert 'node "sampler" (Sampler), input "steps": 0 is below 1' in message


def test_h9_a_workflow_has_a_named_and_typed_interface(registry):
    document = read(picture(inputs={"how_long": {"node": "sampler", "input": "steps", "doc": "More is slower."}}))
    (port,) = interface(document, registry)
    assert (port.name, str(port.spec.socket), port.spec.ge, port.default, port.doc) == (
        "how_long",
        "int",
        1,
        20,
        "More is slower.",
    )
    assert set_input(document, "how_long", 5).nodes["sampler"]["inputs"]["steps"] == 5


def test_p10_a_secret_in_a_file_is_refused_and_not_repeated(registry):
    document = read({"calotype": 1, "nodes": {"u": {"type": "Upload", "inputs": {"token": "hf_abcdef"}}}})
    (problem,) = validate(document, registry).problems
    assert problem.code == "secret-in-file"
    assert "hf_abcdef" not in repr(problem.to_dict())
    assert validate(set_input(document, "u.token", {"secret": "HUB"}), registry).ok
