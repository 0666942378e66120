"""Unsaved work."""

import pytest

from calotype.errors import Conflict, LibraryError, WorkflowError
from calotype.library import ANY
from calotype.library.drafts import MOST_ENTRIES


def test_a_draft_is_there_after_the_server_was_started_again(open_library):
    before = open_library()
    assert before.post_draft("new", "ann", draft={"nodes": {}}) == 1
    assert before.post_draft("new", "ann", operations=[{"add": "n"}, {"move": "n"}]) == 3
    before.close()
    (draft,) = open_library().drafts("new")
    assert (draft.client, draft.base, draft.seq) == ("ann", 0, 3)
    assert (draft.draft, draft.operations) == ({"nodes": {}}, [{"add": "n"}, {"move": "n"}])


def test_a_whole_draft_stands_for_all_before_it(library):
    library.post_draft("new", "ann", operations=[1, 2])
    assert library.post_draft("new", "ann", draft={"whole": True}, base=4) == 3
    (draft,) = library.drafts("new")
    assert (draft.draft, draft.operations, draft.base) == ({"whole": True}, [], 4)


def test_a_saved_document_needs_its_author_s_draft_no_more(library, doc):
    library.post_draft("fruit", "ann", draft={"a": 1})
    library.post_draft("fruit", "bob", draft={"b": 1})
    library.put("fruit", doc(), expected=None, author="ann")
    assert [d.client for d in library.drafts("fruit")] == ["bob"]
    library.post_draft("fruit", "ann", base=1, operations=[1])
    library.put("fruit", doc("pear"), expected=ANY, author="ann")
    assert [d.client for d in library.drafts("fruit")] == ["bob"]


def test_two_windows_do_not_overwrite_each_other(library):
    library.post_draft("new", "ann", draft={"a": 1})
    library.post_draft("new", "bob", draft={"b": 1})
    assert [d.draft for d in library.drafts("new")] == [{"b": 1}, {"a": 1}]
    assert library.discard_draft("new", "ann") == 1
    assert [d.client for d in library.drafts("new")] == ["bob"]
    assert (library.unsaved(), library.discard_draft("new"), library.unsaved()) == (["new"], 1, [])


def test_an_entry_that_came_twice_counts_once(library):
    assert library.post_draft("new", "ann", operations=["a"], after=0) == 1
    assert library.post_draft("new", "ann", operations=["b"], after=1) == 2
    assert library.post_draft("new", "ann", operations=["b"], after=1) == 2
    with pytest.raises(Conflict, match="entry 2, not 1") as caught:
        library.post_draft("new", "ann", operations=["c"], after=1)
    assert caught.value.current == "2"
    assert library.drafts("new")[0].operations == ["a", "b"]


def test_a_gap_is_refused_and_leaves_nothing(library):
    with pytest.raises(Conflict):
        library.post_draft("new", "ann", operations=["c"], after=7)
    assert library.drafts("new") == []


def test_drafts_are_bounded(library):
    library.post_draft("new", "ann", operations=range(MOST_ENTRIES))
    with pytest.raises(LibraryError, match="Post the whole draft"):
        library.post_draft("new", "ann", operations=[1])
    assert library.post_draft("new", "ann", draft={}) == MOST_ENTRIES + 1


@pytest.mark.parametrize("client", ["", "x" * 101, "a\nb"])
def test_a_draft_belongs_to_somebody(library, client):
    with pytest.raises(LibraryError, match="id of its client"):
        library.post_draft("new", client, draft={})


def test_the_draft_of_a_document_in_the_trash_is_not_that_of_a_new_one(library, doc):
    library.put("fruit", doc("apple"), expected=None)
    library.post_draft("fruit", "ann", base=1, draft={"a": 1})
    gone = library.delete("fruit")
    library.put("fruit", doc("pear"), expected=None)
    assert library.drafts("fruit") == []
    library.bring_back(gone.id, "old")
    assert [d.draft for d in library.drafts("old")] == [{"a": 1}]


def test_what_no_file_can_hold_is_refused_before_anything_is_written(library, folder, doc):
    bad = doc().with_nodes({"n": {"type": "Text", "inputs": {"x": float("nan")}}})
    with pytest.raises(WorkflowError):
        library.put("fruit", bad, expected=None)
    assert list(folder.glob("*.json")) == []
