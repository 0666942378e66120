"""Documents: saved, versioned, renamed, thrown away and taken back."""

import json
import os

import pytest

from calotype.errors import Conflict, LibraryError, NameTaken, ReadOnly, UnknownWorkflow
from calotype.library import ANY


def test_a_saved_document_is_a_plain_workflow_file(library, folder, doc, text_of):
    saved = library.put("Fruit", doc("apple"), expected=None, author="ann")
    assert (folder / "Fruit.json").read_bytes() == text_of("apple") == saved.text
    assert (saved.revision.number, saved.revision.author, saved.revision.kind) == (1, "ann", "saved")
    assert library.get("Fruit") == saved


def test_every_saved_version_is_kept_and_can_be_had_back(library, doc, text_of):
    first = library.put("fruit", doc("apple"), expected=None)
    second = library.put("fruit", doc("pear"), expected=first.etag)
    back = library.restore("fruit", 1, expected=second.etag, author="ann")
    assert back.text == text_of("apple")
    assert [(r.number, r.kind) for r in library.versions("fruit")] == [(3, "restored"), (2, "saved"), (1, "saved")]
    assert [library.get("fruit", n).text for n in (1, 2, 3)] == [text_of(w) for w in ("apple", "pear", "apple")]
    with pytest.raises(UnknownWorkflow, match="no revision 4"):
        library.get("fruit", 4)


def test_the_same_text_again_is_no_new_revision(library, doc):
    first = library.put("fruit", doc(), expected=None)
    assert library.put("fruit", doc(), expected=first.etag) == first
    assert library.put("fruit", doc(), expected=None) == first  # the answer to the first attempt was lost
    assert library.drafts("fruit") == []


def test_a_change_to_something_else_is_refused_and_both_sides_are_kept(library, doc, text_of):
    first = library.put("fruit", doc("apple"), expected=None, author="ann")
    second = library.put("fruit", doc("pear"), expected=first.etag, author="ann")
    with pytest.raises(Conflict) as caught:
        library.put("fruit", doc("plum"), expected=first.etag, author="bob")
    assert (caught.value.current, caught.value.draft) == (second.etag, "bob")
    assert library.get("fruit").text == text_of("pear")
    (kept,) = library.drafts("fruit")
    assert (kept.client, kept.draft) == ("bob", json.loads(text_of("plum")))


@pytest.mark.parametrize("expected", [None, "0", "1-000000000000", "7", ""])
def test_nothing_is_overwritten_that_the_writer_has_not_seen(library, doc, text_of, expected):
    library.put("fruit", doc("apple"), expected=None)
    with pytest.raises(Conflict):
        library.put("fruit", doc("pear"), expected=expected)
    assert library.get("fruit").text == text_of("apple")
    for change in (
        lambda: library.restore("fruit", 1, expected=expected),
        lambda: library.rename("fruit", "vegetable", expected=expected),
        lambda: library.delete("fruit", expected=expected),
    ):
        with pytest.raises(Conflict):
            change()


def test_a_document_that_is_gone_is_not_made_again_by_who_thinks_it_is_there(library, doc):
    first = library.put("fruit", doc("apple"), expected=None)
    library.delete("fruit")
    with pytest.raises(Conflict, match="is gone"):
        library.put("fruit", doc("pear"), expected=first.etag)


def test_an_etag_of_another_document_of_that_name_does_not_fit(library, doc):
    first = library.put("fruit", doc("apple"), expected=None)
    library.delete("fruit")
    other = library.put("fruit", doc("pear"), expected=None)
    assert other.revision.number == first.revision.number
    with pytest.raises(Conflict):
        library.put("fruit", doc("plum"), expected=first.etag)


def test_a_new_name_takes_history_and_drafts_along(library, folder, doc):
    library.put("fruit", doc("apple"), expected=None)
    library.put("fruit", doc("pear"), expected=ANY)
    library.post_draft("fruit", "ann", base=2, draft={"a": 1})
    library.rename("fruit", "Fruits")
    assert [r.number for r in library.versions("Fruits")] == [2, 1]
    assert [d.draft for d in library.drafts("Fruits")] == [{"a": 1}]
    assert sorted(p.name for p in folder.glob("*.json")) == ["Fruits.json"]
    with pytest.raises(UnknownWorkflow, match='Did you mean "Fruits"'):
        library.get("fruit")


def test_a_name_that_differs_in_case_only_can_be_given(library, doc):
    library.put("fruit", doc(), expected=None)
    assert library.rename("fruit", "Fruit").name == "Fruit"


@pytest.mark.parametrize(("there", "wanted"), [("Fruit", "fruit"), ("straße", "STRASSE"), ("é", "E\u0301")])
def test_names_that_some_system_takes_for_one_clash(library, doc, there, wanted):
    library.put(there, doc("apple"), expected=None)
    library.put("other", doc("pear"), expected=None)
    for attempt in (
        lambda: library.put(wanted, doc("pear"), expected=None),
        lambda: library.rename("other", wanted),
        lambda: library.duplicate("other", wanted),
    ):
        with pytest.raises(NameTaken, match=f'"{there}"'):
            attempt()


def test_a_name_is_the_same_however_its_letters_are_composed(library, doc):
    library.put("e\u0301te\u0301", doc(), expected=None)
    assert library.get("été").name == "été" == library.get("e\u0301te\u0301").name


BAD = ["", ".", "..", "../up", "a/b", "a\\b", "/etc/passwd", "C:x", "con", "NUL.x", "a\0b", "a\nb", "x.json", "x.JSON"]
BAD += [".hidden", "~x", "x.", "x ", " x", "a" * 201, "é" * 101, "\u202eabc", "a:b", "a*b", "a%2e", "a?b", "\ud800"]


@pytest.mark.parametrize("name", BAD)
def test_a_name_that_could_not_be_a_file_everywhere_is_refused(library, folder, doc, name):
    library.put("fruit", doc(), expected=None)
    before = sorted(p.name for p in folder.parent.rglob("*") if not p.name.startswith(".journal"))
    for attempt in (
        lambda: library.put(name, doc(), expected=None),
        lambda: library.get(name),
        lambda: library.rename("fruit", name),
        lambda: library.duplicate("fruit", name),
        lambda: library.delete(name),
        lambda: library.versions(name),
        lambda: library.post_draft(name, "ann", draft={}),
        lambda: library.drafts(name),
    ):
        with pytest.raises(LibraryError, match="cannot be the name"):
            attempt()
    assert sorted(p.name for p in folder.parent.rglob("*") if not p.name.startswith(".journal")) == before


def test_what_is_thrown_away_can_be_had_back_with_its_history(library, folder, doc, text_of):
    library.put("fruit", doc("apple"), expected=None)
    library.put("fruit", doc("pear"), expected=ANY)
    gone = library.delete("fruit")
    assert [p.read_bytes() for p in (folder / ".trash").iterdir()] == [text_of("pear")]
    assert ([e.name for e in library.entries()], library.trash()) == (["text_to_image"], [gone])
    library.put("fruit", doc("plum"), expected=None)
    with pytest.raises(NameTaken):
        library.bring_back(gone.id)
    back = library.bring_back(gone.id, "old fruit")
    assert (back.text, [r.number for r in library.versions("old fruit")]) == (text_of("pear"), [2, 1])
    assert (library.trash(), list((folder / ".trash").iterdir())) == ([], [])


def test_only_what_is_in_the_trash_can_be_destroyed(library, folder, doc):
    library.put("fruit", doc("apple"), expected=None)
    with pytest.raises(UnknownWorkflow):
        library.destroy(1)
    gone = library.delete("fruit")
    library.destroy(gone.id)
    assert (library.trash(), list((folder / ".trash").iterdir())) == ([], [])
    with pytest.raises(UnknownWorkflow):
        library.bring_back(gone.id)


def test_a_template_can_be_looked_at_and_duplicated_and_not_changed(library, doc):
    shipped = library.get("text_to_image")
    assert shipped.template and shipped.revision.kind == "template"
    assert [r.kind for r in library.versions("text_to_image")] == ["template"]
    for attempt in (
        lambda: library.put("text_to_image", doc(), expected=None),
        lambda: library.put("Text_to_Image".lower(), doc(), expected=ANY),
        lambda: library.rename("text_to_image", "mine"),
        lambda: library.delete("text_to_image"),
        lambda: library.restore("text_to_image", 1, expected=ANY),
    ):
        with pytest.raises(ReadOnly, match="Duplicate it"):
            attempt()
    mine = library.duplicate("text_to_image", "mine")
    assert (mine.text, mine.template) == (shipped.text, False)


def test_a_document_of_ones_own_goes_before_a_template_that_came_later(library, folder, doc, text_of):
    (folder / "text_to_image.json").write_bytes(text_of("mine"))
    assert library.get("text_to_image").text == text_of("mine")
    assert [(e.name, e.template) for e in library.entries()] == [("text_to_image", False)]


def test_the_list_says_what_a_document_is(library, doc):
    public = {"words": {"node": "n", "input": "text", "doc": "What to say."}}
    saved = library.put("b", doc("pear", description="A fruit.", inputs=public), expected=None, author="ann")
    library.post_draft("b", "bob", draft={})
    found = {e.name: e for e in library.entries()}
    entry = found["b"].to_dict()
    assert entry.pop("updated") == saved.revision.at
    assert entry == {
        "name": "b",
        "title": "pear",
        "description": "A fruit.",
        "inputs": {"words": "What to say."},
        "nodes": 1,
        "revision": 1,
        "etag": saved.etag,
        "author": "ann",
        "template": False,
        "wrong": "",
        "drafts": 1,
    }
    assert found["text_to_image"].template


def test_a_file_that_is_no_workflow_is_listed_with_what_is_wrong(library, folder):
    (folder / "broken.json").write_text('{"calotype": 1, "nodes": ')
    (entry,) = [e for e in library.entries() if e.name == "broken"]
    assert "line 1" in entry.wrong
    assert library.get("broken").text == b'{"calotype": 1, "nodes": '


def test_a_file_that_cannot_be_written_changes_nothing(library, folder, doc, text_of, monkeypatch):
    from calotype.errors import StoreError

    first = library.put("fruit", doc("apple"), expected=None)

    def full(*args):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(StoreError, match="No space left"):
            library.put("fruit", doc("pear"), expected=first.etag)
    assert library.get("fruit") == first
    assert sorted(p.name for p in folder.iterdir() if p.suffix in (".json", ".tmp")) == ["fruit.json"]
