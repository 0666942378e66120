"""Workflows where programs come apart: ComfyUI 0.3.64's results, as their shape, norm and 24 of their numbers.

`more_workflows.json`: name -> `workflow` in ComfyUI's API format, `capture`: label -> [node id, output index],
`expected`: label -> what ComfyUI computed for it, in float32 on the CPU, from the reference models.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from calotype.services import Services, read_workflow
from calotype.settings import Settings
from calotype.types import Conditioning, Image, Latent, Mask
from calotype_comfyui.table import TABLE

CASES = json.loads(Path(__file__).with_name("more_workflows.json").read_text())
TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def services(models, tmp_path_factory):
    """One for all: what workflows share is computed once."""
    settings = Settings.load(home=tmp_path_factory.mktemp("home"), models=[models], device="cpu")
    with Services.open(settings) as made:
        yield made


def array(value):
    match value:
        case Latent():
            found = value.samples
        case Image():
            found = value.pixels
        case Mask():
            found = value.values
        case Conditioning():
            found = value.prompts[0].tokens
    return found.double().numpy()


def computed(services, case):
    """What the importer's document gives for every label."""
    data = json.dumps(case["workflow"]).encode()
    document, report = read_workflow(data, "case.json", services.settings)
    assert [note.message for note in report.notes if note.warning] == []
    nodes = {label: (node, index) for label, (node, index) in case["capture"].items()}
    finished = services.run(document, targets=sorted({node for node, _ in nodes.values()}))
    assert finished.error is None, finished.error
    outputs = {node: TABLE[case["workflow"][node]["class_type"]].outputs for node, _ in nodes.values()}
    return {label: array(finished.results[n].value(outputs[n][i])) for label, (n, i) in nodes.items()}


@pytest.mark.parametrize("name", CASES)
def test_a_workflow_gives_what_comfyui_gives(name, services):
    found, expected = computed(services, CASES[name]), CASES[name]["expected"]
    assert {label: list(a.shape) for label, a in found.items()} == {label: e["shape"] for label, e in expected.items()}
    for label, wanted in expected.items():
        flat = found[label].ravel()
        some, norm = flat[:: max(1, flat.size // 24)][:24], np.linalg.norm(flat)
        scale = max(np.linalg.norm(wanted["values"]), wanted["norm"] * (24 / flat.size) ** 0.5)
        assert np.linalg.norm(some - wanted["values"]) <= TOLERANCE * scale, label
        assert abs(norm - wanted["norm"]) <= TOLERANCE * wanted["norm"], label
