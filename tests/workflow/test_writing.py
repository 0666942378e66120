"""Writing: canonical, sorted, and whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calotype.errors import WorkflowError
from calotype.workflow import Document, load, read, save, write

SAID = {
    "layout": {"a": {"y": 2, "x": 1}},
    "nodes": {
        "b": {"inputs": {"z": {"from": "a.out"}, "a": [1, "ü", None]}, "type": "B", "colour": {"b": 1, "a": 2}},
        "a": {"type": "A", "enabled": False},
    },
    "future": [1],
    "inputs": {"second": {"node": "b", "input": "a"}, "first": {"input": "z", "node": "b"}},
    "name": "two",
    "calotype": 1,
}
WRITTEN = """\
{
  "calotype": 1,
  "name": "two",
  "inputs": {
    "second": {"input": "a", "node": "b"},
    "first": {"input": "z", "node": "b"}
  },
  "nodes": {
    "a": {
      "type": "A",
      "enabled": false
    },
    "b": {
      "type": "B",
      "colour": {"a": 2, "b": 1},
      "inputs": {
        "a": [1, "ü", null],
        "z": {"from": "a.out"}
      }
    }
  },
  "future": [1],
  "layout": {
    "a": {"x": 1, "y": 2}
  }
}
"""


def test_the_canonical_form():
    assert write(read(SAID)) == WRITTEN


def test_writing_again_changes_nothing():
    assert write(read(WRITTEN)) == WRITTEN


def test_an_empty_document_keeps_its_version_and_nodes():
    assert write(Document()) == '{\n  "calotype": 1,\n  "nodes": {}\n}\n'


def test_long_values_are_spread_over_lines():
    text = write(read({"calotype": 1, "nodes": {"a": {"type": "A", "inputs": {"x": [["word" * 9] * 2] * 3}}}}))
    assert max(map(len, text.splitlines())) <= 120
    assert read(text).nodes["a"]["inputs"]["x"] == [["word" * 9] * 2] * 3


def test_saving_and_loading_is_the_same_document(tmp_path):
    save(read(SAID), tmp_path / "two.json")
    assert load(tmp_path / "two.json") == read(SAID)
    assert [p.name for p in tmp_path.iterdir()] == ["two.json"]


def test_saving_keeps_permissions_and_symbolic_links(tmp_path):
    real, alias = tmp_path / "real.json", tmp_path / "alias.json"
    save(Document(name="old"), real)
    real.chmod(0o640)
    alias.symlink_to(real)
    save(Document(name="new"), alias)
    assert (load(real).name, real.stat().st_mode & 0o777, alias.is_symlink()) == ("new", 0o640, True)


def test_a_save_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "work.json"
    save(Document(name="old"), path)

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WorkflowError, match=r"work\.json cannot be written: No space left on device"):
        save(Document(name="new"), path)
    assert load(path).name == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["work.json"]


@pytest.mark.parametrize("name", ["missing.json", "a\0b", "."])
def test_a_file_that_cannot_be_read_is_a_workflow_error(tmp_path: Path, name: str):
    with pytest.raises(WorkflowError, match="cannot be read"):
        load(tmp_path / name)


ids = st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,3}", fullmatch=True)
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
literals = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)
values = (
    st.builds(lambda a, b: {"from": f"{a}.{b}"}, ids, ids) | literals.map(lambda v: {"value": v}) | st.integers(0, 9)
)
nodes = st.dictionaries(
    ids,
    st.fixed_dictionaries(
        {"type": st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5)},
        optional={
            "inputs": st.dictionaries(st.text("abc.", min_size=1, max_size=3), values, max_size=3),
            "more": literals,
        },
    ),
    max_size=4,
)
documents = st.fixed_dictionaries({"calotype": st.just(1), "nodes": nodes}, optional={"name": text, "other": literals})


@given(documents)
def test_what_was_written_reads_as_the_same_document(said):
    document = read(said)
    once = write(document)
    assert read(once) == document
    assert write(read(once)) == once
