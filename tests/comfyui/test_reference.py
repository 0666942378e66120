"""The reference workflows: all convert, both formats alike, and those on the reference models validate."""

import json
import re
from pathlib import Path

import pytest

from calotype.plugins import open_workflow
from calotype.validate import validate
from calotype_comfyui import IMPORTERS

REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "comfy"
WORKFLOWS = sorted(p.name for p in REFERENCE.glob("workflows/*.json")) or ["none"]
PAIRS = sorted(p.name.removesuffix(".api.json") for p in REFERENCE.glob("workflows/*.api.json")) or ["none"]
CASES = sorted(p.name for p in REFERENCE.glob("parity/*.json")) or ["none"]
COMPLETE = {
    "2_pass_txt2img__hiresfix_esrgan_workflow": set(),
    "area_composition__night_evening_day_morning": set(),
    "area_composition__square_area_for_subject": set(),
    "controlnet__2_pass_pose_worship": set(),
    "controlnet__mixing_controlnets": set(),
    "hunyuan_dit__hunyuan_dit_1.2_example": set(),
    "inpaint__inpain_model_cat": set(),
    "inpaint__inpaint_example": set(),
    "lora__lora_multiple": set(),
    "noisy_latent_composition__noisy_latents_3_subjects_": set(),
    "sdxl__sdxl_simple_example": set(),
}


def opened(path):
    return open_workflow(path, lambda: IMPORTERS)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_converts_with_a_report(name, comfy, registry):
    document, report = opened(comfy / "workflows" / name)
    running = {id for id, n in document.nodes.items() if n.get("enabled", True)}
    assert set(report.unknown) == {id for id in running if document.nodes[id]["type"].startswith("comfyui.")}
    problems = validate(document, registry).problems
    assert {p.node for p in problems if p.code == "unknown-type"} == set(report.unknown)
    assert [str(p) for p in problems if p.code != "unknown-type"] == []


@pytest.mark.parametrize("name", PAIRS)
def test_both_formats_give_the_same_workflow(name, comfy):
    drawn, _ = opened(comfy / "workflows" / f"{name}.ui.json")
    ran, _ = opened(comfy / "workflows" / f"{name}.api.json")
    assert meaning(drawn) == meaning(ran)


def meaning(document):
    """What runs, without titles; values that stand for nothing apart. Links lead past nodes that are disabled."""
    nodes = {id: n for id, n in document.nodes.items() if n.get("enabled", True)}
    return {
        id: (n["type"], {k: past(document, v) for k, v in n["inputs"].items() if k not in IDLE})
        for id, n in nodes.items()
    }


def past(document, value):
    """A value; of a link to a disabled node, what its first link brings."""
    while isinstance(value, dict) and "from" in value:
        node = document.nodes.get(value["from"].split(".")[0], {})
        if node.get("enabled", True):
            break
        value = next(v for v in node["inputs"].values() if isinstance(v, dict) and "from" in v)
    return value


IDLE = {"device", "widget_0", "widget_1", "choose file to upload"}


@pytest.mark.parametrize("name", COMPLETE)
def test_workflows_of_supported_models_have_a_counterpart_for_every_node(name, comfy):
    _, report = opened(comfy / "workflows" / f"{name}.api.json")
    assert set(report.unknown.values()) <= COMPLETE[name]
    assert [str(n) for n in report.notes if n.warning] == []


def test_as_many_workflows_have_a_counterpart_for_every_node_as_the_page_says(comfy):
    page = (Path(__file__).parents[2] / "docs" / "comfyui.md").read_text(encoding="utf-8")
    complete, every = map(int, re.search(r"(\d+) of (\d+) (?:example|reference) workflows", page).groups())
    reports = [opened(comfy / "workflows" / name)[1] for name in WORKFLOWS]
    assert len(reports) == every
    assert sum(not report.unknown for report in reports) >= complete


@pytest.mark.parametrize("name", CASES)
def test_a_parity_case_converts_completely_and_validates(name, comfy, registry):
    document, report = opened(comfy / "parity" / name)
    assert report.complete
    assert list(document.nodes) == list(json.loads((comfy / "parity" / name).read_text())["workflow"])
    assert [str(p) for p in validate(document, registry).problems] == []
