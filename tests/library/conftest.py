"""A library of its own for each test, with one template."""

import json

import pytest

from calotype.library import Library
from calotype.workflow import read, write


@pytest.fixture
def templates(tmp_path):
    folder = tmp_path / "shipped"
    folder.mkdir()
    (folder / "text_to_image.json").write_text(json.dumps({"calotype": 1, "name": "Text to image", "nodes": {}}))
    return folder


@pytest.fixture
def open_library(tmp_path, templates):
    opened = []

    def open_(**said):
        opened.append(Library(tmp_path / "workflows", [templates], **said))
        return opened[-1]

    yield open_
    for library in opened:
        library.close()


@pytest.fixture
def library(open_library):
    return open_library()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "workflows"


@pytest.fixture
def doc():
    """A document that says `word`."""

    def make(word="apple", **said):
        return read({"calotype": 1, "name": word, "nodes": {"n": {"type": "Text", "inputs": {"text": word}}}, **said})

    return make


@pytest.fixture
def text_of(doc):
    return lambda word: write(doc(word)).encode()
