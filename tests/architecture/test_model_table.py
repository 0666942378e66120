"""The table of families by capabilities is up to date, and every test that it names is there."""

from __future__ import annotations

import runpy
from pathlib import Path

from calotype.diffusion.families import FAMILIES

ROOT = Path(__file__).parents[2]
TOOL = runpy.run_path(str(ROOT / "tools" / "model_table.py"))


def test_every_test_that_the_table_names_exists():
    assert TOOL["missing"]() == []


def test_the_table_is_up_to_date():
    assert TOOL["page"]() == (ROOT / "docs" / "models.md").read_text()


def test_every_family_that_is_computed_has_a_row():
    assert set(TOOL["FAMILIES"]) == {name for name, family in FAMILIES.items() if family.runs}


def test_every_dash_has_a_reason():
    assert TOOL["unexplained"]() == set()


def test_a_test_that_is_not_there_is_found(monkeypatch):
    gone = "tests/validate/test_every_pair.py::test_of_nothing"
    monkeypatch.setitem(TOOL["FAMILIES"]["sd1"][1], "picture", gone)
    assert TOOL["missing"]() == [gone]
