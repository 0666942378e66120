"""The importer, the built-in node types, and reference workflows where they lie beside the repository."""

import json
from pathlib import Path

import pytest

from calotype.plugins import discover
from calotype_comfyui import IMPORTERS

REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "comfy"


@pytest.fixture(scope="session")
def registry():
    return discover().registry


@pytest.fixture(scope="session")
def comfy():
    """The folder of reference workflows."""
    if not REFERENCE.is_dir():
        pytest.skip("the reference workflows are not beside the repository (../shared/reference)")
    return REFERENCE


@pytest.fixture(scope="session")
def node_types(comfy):
    return json.loads((comfy / "node_types.json").read_text())


@pytest.fixture
def imported():
    """Converts a workflow; gives the document and the report."""

    def convert(data):
        assert IMPORTERS[0].recognises(data)
        made = IMPORTERS[0].convert(data)
        return made.document, made.report

    return convert
