"""Files that a prompt names count in the key of the node that reads it."""

from __future__ import annotations

import pytest

from calotype.errors import FileError
from calotype.files import Files
from calotype.node import Node
from calotype.plan import Planner, explain
from calotype.registry import Registry
from calotype.runtime import Runtime
from calotype.store import Store
from calotype.types import Words
from calotype.validate import validate
from calotype.workflow import flatten, read

RUNTIME = Runtime("0.1.0", "2.13.0", "0.42.1", "cpu", "float32")


class Encode(Node):
    """Reads a prompt."""

    text: Words = ""

    def run(self) -> str:
        return self.text


class Say(Node):
    """Says a text."""

    text: str = ""

    def run(self) -> str:
        return self.text


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "styles").mkdir()
    (tmp_path / "ink.safetensors").write_bytes(b"ink")
    (tmp_path / "styles" / "chalk.safetensors").write_bytes(b"chalk")
    return tmp_path


@pytest.fixture
def known():
    made = Registry()
    made.add_class(Encode)
    made.add_class(Say)
    return made


@pytest.fixture
def plan(folder, known):
    def planned(text, **more):
        nodes = {"encode": {"type": "Encode", "inputs": {"text": text}}, **more}
        planner = Planner(known, Store(None), Files({"embeddings": [folder]}), RUNTIME)
        return planner.plan(flatten(read({"calotype": 1, "nodes": nodes})), ["encode"])

    return planned


def key(plan):
    return plan.by_node["encode"].key


def test_another_embedding_under_the_same_name_is_another_key(plan, folder):
    before, plain = plan("a (cat, embedding:ink:1.2)"), plan("a cat")
    (folder / "ink.safetensors").write_bytes(b"other ink")
    assert key(plan("a (cat, embedding:ink:1.2)")) != key(before)
    assert key(plan("a cat")) == key(plain)


def test_an_embedding_is_found_without_its_ending_and_in_subfolders(plan):
    said = ["embedding:ink", "embedding:ink.safetensors", "embedding:chalk", "embedding:styles/chalk"]
    found = [plan(text).by_node["encode"].files for text in said]
    assert [[f.name for f in files] for files in found] == [[s.removeprefix("embedding:")] for s in said]
    assert found[0][0].hash == found[1][0].hash != found[2][0].hash == found[3][0].hash


def test_every_embedding_counts_where_the_prompt_comes_over_a_link(plan, folder):
    linked = lambda: plan({"from": "say.str"}, say={"type": "Say", "inputs": {"text": "embedding:ink"}})  # noqa: E731
    before = linked()
    assert [f.name for f in before.by_node["encode"].files] == ["ink.safetensors", "styles/chalk.safetensors"]
    (folder / "styles" / "chalk.safetensors").write_bytes(b"more chalk")
    assert key(linked()) != key(before)


def test_the_plan_says_that_an_embedding_changed(plan, folder):
    first = plan("embedding:ink")
    entry = first.by_node["encode"]
    graph = flatten(read({"calotype": 1, "nodes": {"encode": {"type": "Encode", "inputs": {"text": "embedding:ink"}}}}))
    noted = {"key": entry.key, "version": 1, "files": {f"{f.folder}/{f.name}": f.hash for f in entry.files}}
    (folder / "ink.safetensors").write_bytes(b"other ink")
    second = plan("embedding:ink")
    explain(second, graph, {"nodes": {"encode": noted}, "runtime": RUNTIME.to_dict()}, RUNTIME.to_dict())
    assert second.by_node["encode"].reason == "the embedding ink has other contents"


def test_planning_names_the_node_whose_embedding_is_missing(plan):
    with pytest.raises(FileError, match=r'^node "encode" \(Encode\), input "text": embeddings: there is no file "inc"'):
        plan("embedding:inc")


def test_a_missing_embedding_is_a_problem_that_names_the_nearest(known, folder):
    text = "(a drawing embedding:inky, on paper:1.1) embedding:ink"
    document = read({"calotype": 1, "nodes": {"encode": {"type": "Encode", "inputs": {"text": text}}}})
    files = Files({"embeddings": [folder]})
    said = [str(p) for p in validate(document, known, files).problems if p.code == "file"]
    assert said == [
        f'node "encode" (Encode), input "text": embeddings: there is no file "inky". Looked in {folder}. '
        'Did you mean "embedding:ink"?'
    ]
