import pytest

from calotype.node import spec_of
from calotype_nodes.lists import JoinLists, ListLength, ListOf, PickFromList, RangeList, SpreadList


def test_a_list_holds_its_items_in_order():
    assert ListOf(items=("a", "b")).run() == ["a", "b"]
    assert str(spec_of(ListOf).outputs["values"].socket) == "list[T]"


def test_counting():
    assert RangeList(first=3, count=4, step=-2).run() == ([3, 1, -1, -3],)


def test_spreading():
    assert SpreadList(first=1, last=2, count=5).run() == ([1.0, 1.25, 1.5, 1.75, 2.0],)
    assert SpreadList(first=4, last=9, count=1).run() == ([4.0],)


def test_picking_counts_from_either_end():
    assert [PickFromList(items=["a", "b"], index=i).run() for i in (0, 1, -1)] == ["a", "b", "b"]


@pytest.mark.parametrize("index", [2, -3])
def test_picking_outside_is_said(index):
    with pytest.raises(ValueError, match=f"there is no item {index} in a list of 2"):
        PickFromList(items=["a", "b"], index=index).run()


def test_lists_are_counted_and_joined():
    assert ListLength(items=[1, 2, 3]).run() == (3,)
    assert JoinLists(lists=([1], [], [2, 3])).run() == [1, 2, 3]
