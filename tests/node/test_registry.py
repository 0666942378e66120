"""Ids are unique, code is loaded at first use, a mistyped id is met with the nearest one."""

import pytest

from calotype.errors import RegistryError
from calotype.node import Node, spec_of
from calotype.registry import Registry
from calotype.testing import registry


class Toy(Node):
    """A toy."""

    aliases = ("OldToy",)

    def run(self) -> int:
        return 1


class Other(Node):
    """Another."""

    aliases = ("Toy",)

    def run(self) -> int:
        return 2


def test_nodes_are_found_by_id_and_by_alias():
    filled = Registry()
    spec = filled.add_class(Toy)
    assert filled["Toy"] is filled["OldToy"] is spec
    assert "OldToy" in filled and "Lost" not in filled
    assert filled.get("Lost") is None
    assert (list(filled), len(filled)) == ([spec], 1)
    assert filled.node_class("OldToy") is Toy


def test_a_duplicate_names_both_places_and_changes_nothing():
    filled = Registry()
    first = filled.add_class(Toy)
    with pytest.raises(RegistryError, match='the node type "Toy" is defined twice') as caught:
        filled.add_class(Toy)
    assert str(caught.value).count(__file__) == 2
    with pytest.raises(RegistryError, match="defined twice"):
        filled.add_class(Other)
    assert list(filled) == [first]


def test_one_class_under_two_prefixes_is_two_types():
    filled = Registry()
    filled.add_class(Toy, "a")
    filled.add_class(Toy, "b")
    assert [s.id for s in filled] == ["a.Toy", "b.Toy"]
    assert filled["b.OldToy"].id == "b.Toy"


def test_code_is_loaded_once_at_first_use():
    calls = []
    filled = Registry()
    filled.add(spec_of(Toy), lambda: calls.append("load") or Toy)
    assert calls == []
    assert filled.node_class("Toy") is filled.node_class("Toy") is Toy
    assert calls == ["load"]


def test_a_removed_type_is_gone_with_its_aliases():
    filled = Registry()
    filled.add_class(Toy)
    filled.remove("Toy")
    assert (len(filled), "OldToy" in filled) == (0, False)
    filled.add_class(Other)
    assert filled["Toy"].id == "Other"


def test_an_unknown_type_is_said_with_the_nearest():
    filled = registry()
    assert filled.suggest("concat") == "Concat"
    with pytest.raises(RegistryError, match=r'there is no node type "Conkat"\. Did you mean "Concat"\?'):
        filled["Conkat"]
    with pytest.raises(RegistryError, match=r'there is no node type "zzzzzz"$'):
        filled["zzzzzz"]
