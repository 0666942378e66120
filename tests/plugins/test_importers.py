"""Importers of plugins: found on demand, asked only about what is no document, isolated from each other."""

import json
import sys

import pytest

from calotype.errors import FileError, WorkflowError
from calotype.images import with_text
from calotype.plugins import Imported, Note, Report, discover, open_bytes, open_workflow
from calotype.workflow import read

NODES = {"a": {"type": "Text", "inputs": {"value": "hello"}}}
OURS = {"calotype": 1, "nodes": NODES}

PLUGIN = '''
"""Reads poems."""

from calotype.plugins import Imported, Report


class Poems:
    name = "poems"

    def recognises(self, data):
        return "poem" in data

    def convert(self, data):
        nodes = {"a": {"type": "Text", "inputs": {"value": data["poem"]}}}
        return Imported({"calotype": 1, "nodes": nodes}, Report(format="poem", mapped={"a": ("line", "Text")}))


IMPORTERS = (Poems(),)
'''


class Told:
    """Recognises everything, and keeps what it was asked."""

    name = "told"

    def __init__(self):
        self.asked = []

    def recognises(self, data):
        self.asked.append(data)
        return True

    def convert(self, data):
        return Imported(OURS, Report(format="any"))


@pytest.fixture
def told():
    return Told()


@pytest.fixture
def png():
    import numpy as np

    from calotype.images import encode_png

    return encode_png(np.zeros((2, 2, 3), np.uint8))


def never():
    raise AssertionError("no importer was needed")


def test_our_own_document_needs_no_importer():
    assert open_bytes(json.dumps(OURS).encode(), "x.json", never) == (read(OURS), None)


def test_a_faulty_document_of_ours_is_not_taken_for_another_programs(told):
    with pytest.raises(WorkflowError, match=r"is not a workflow|nodes"):
        open_bytes(b'{"calotype": 1, "nodes": 7}', "x.json", lambda: [told])
    assert told.asked == []


def test_what_is_not_ours_goes_to_the_importer_that_recognises_it(told):
    document, report = open_bytes(b'{"poem": "o"}', "folder/ode.json", lambda: [told])
    assert told.asked == [{"poem": "o"}]
    assert (document.name, document.nodes, report.format) == ("ode", NODES, "any")


def test_of_a_picture_importers_see_the_texts(told, png):
    png = with_text(with_text(png, "prompt", '{"a": 1}'), "by", "somebody")
    open_bytes(png, "x.png", lambda: [told])
    assert told.asked == [{"prompt": {"a": 1}, "by": "somebody"}]


def test_a_picture_that_a_run_made_needs_no_importer(png):
    made = with_text(png, "calotype", json.dumps({"workflow": OURS}))
    assert open_bytes(made, "x.png", never) == (read(OURS), None)


def test_a_picture_without_a_workflow_says_so(png):
    with pytest.raises(FileError, match=r'"x\.png" holds no record'):
        open_bytes(png, "x.png", list)


def test_a_picture_with_a_damaged_record_says_so(png):
    with pytest.raises(FileError, match=r'the record in "x\.png" is damaged'):
        open_bytes(with_text(png, "calotype", '{"workflow": '), "x.png", list)


def test_a_missing_file_says_so(tmp_path):
    with pytest.raises(FileError, match="cannot read"):
        open_workflow(tmp_path / "none.json", list)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"7", b"\xff", b'{"nodes": []}'])
def test_what_nobody_recognises_is_refused_as_a_document(data):
    with pytest.raises(WorkflowError):
        open_bytes(data, "x.json", list)


def test_a_plugin_brings_an_importer_and_is_imported_only_when_one_is_needed(tmp_path):
    (tmp_path / "poems.py").write_text(PLUGIN)
    discover([tmp_path], cache=tmp_path / "cache")
    sys.modules.pop("calotype_plugins.poems", None)
    plugins = discover([tmp_path], cache=tmp_path / "cache")
    open_bytes(json.dumps(OURS).encode(), "x.json", plugins.importers)
    assert "calotype_plugins.poems" not in sys.modules
    document, report = open_bytes(b'{"poem": "hello"}', "ode.json", plugins.importers)
    assert document.nodes == NODES
    assert report.to_dict() == {"format": "poem", "mapped": {"a": ["line", "Text"]}, "unknown": {}, "notes": []}


def test_a_disabled_plugin_imports_nothing(tmp_path):
    (tmp_path / "poems.py").write_text(PLUGIN)
    plugins = discover([tmp_path], disabled=["poems"])
    with pytest.raises(WorkflowError):
        open_bytes(b'{"poem": "hello"}', "ode.json", plugins.importers)


def test_a_report_says_what_makes_a_difference():
    notes = (Note(message="a value changed", node="3", type="Line", warning=True), Note(message="by the way"))
    report = Report(format="poem", unknown={"2": "Rhyme"}, notes=notes)
    assert report.warnings() == ['node "2": Rhyme has no counterpart', 'node "3" (Line): a value changed']
    assert not report.complete
    assert Report(format="poem", notes=notes[1:]).complete
