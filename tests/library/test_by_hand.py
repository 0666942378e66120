"""Files that somebody changes, adds, renames or removes beside the library."""

import os


def test_a_changed_file_becomes_a_revision(library, folder, doc, text_of):
    first = library.put("fruit", doc("apple"), expected=None)
    (folder / "fruit.json").write_bytes(text_of("pear"))
    now = library.get("fruit")
    assert (now.text, now.revision.number, now.revision.kind) == (text_of("pear"), 2, "by hand")
    assert now.etag != first.etag
    assert library.get("fruit", 1).text == text_of("apple")


def test_a_changed_file_is_not_overwritten_by_who_saw_the_old_one(library, folder, doc, text_of):
    import pytest

    from calotype.errors import Conflict

    first = library.put("fruit", doc("apple"), expected=None, author="ann")
    (folder / "fruit.json").write_bytes(text_of("pear"))
    with pytest.raises(Conflict):
        library.put("fruit", doc("plum"), expected=first.etag, author="ann")
    assert library.get("fruit").text == text_of("pear")


def test_a_change_that_leaves_size_and_time_is_noticed_when_the_document_is_read(library, folder, doc, text_of):
    library.put("fruit", doc("apple"), expected=None)
    path = folder / "fruit.json"
    said = path.stat()
    path.write_bytes(text_of("melon"))  # as many letters
    os.utime(path, ns=(said.st_atime_ns, said.st_mtime_ns))
    assert library.get("fruit").text == text_of("melon")


def test_a_new_file_is_a_document(library, folder, text_of):
    (folder / "added.json").write_bytes(text_of("pear"))
    assert library.get("added").revision.number == 1
    assert "added" in [e.name for e in library.entries()]


def test_a_renamed_file_keeps_its_history(library, folder, doc):
    library.put("fruit", doc("apple"), expected=None)
    library.put("fruit", doc("pear"), expected="*")
    (folder / "fruit.json").rename(folder / "food.json")
    assert "food" in [e.name for e in library.entries()]
    assert [r.number for r in library.versions("food")] == [2, 1]
    assert library.trash() == []


def test_a_copied_file_is_a_document_of_its_own(library, folder, doc, text_of):
    library.put("fruit", doc("apple"), expected=None)
    (folder / "copy.json").write_bytes(text_of("apple"))
    assert {e.name: e.revision for e in library.entries() if not e.template} == {"fruit": 1, "copy": 1}


def test_a_removed_file_is_in_the_trash(library, folder, doc, text_of):
    library.put("fruit", doc("apple"), expected=None)
    (folder / "fruit.json").unlink()
    assert [e.name for e in library.entries() if not e.template] == []
    (gone,) = library.trash()
    assert library.bring_back(gone.id).text == text_of("apple")
    assert (folder / "fruit.json").read_bytes() == text_of("apple")


def test_files_that_are_no_documents_are_left_alone(library, folder):
    for name in ("notes.txt", ".hidden.json", "con.json", "x.json.json"):
        (folder / name).write_text("{}")
    (folder / "input").mkdir()
    assert [e.name for e in library.entries()] == ["text_to_image"]
    assert sorted(p.name for p in folder.iterdir() if not p.name.startswith(".journal")) == [
        ".hidden.json",
        ".trash",
        "con.json",
        "input",
        "notes.txt",
        "x.json.json",
    ]


def test_a_damaged_journal_is_put_aside_and_the_documents_stay(open_library, folder, doc, text_of, caplog):
    library = open_library()
    library.put("fruit", doc("apple"), expected=None)
    library.close()
    (folder / ".journal.sqlite").write_bytes(b"not a database, and longer than its header" * 100)
    again = open_library()
    assert "damaged" in caplog.text
    assert again.get("fruit").text == text_of("apple")
    assert len(list(folder.glob(".journal.sqlite.damaged-*"))) == 1
