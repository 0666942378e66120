"""The same numbers as ComfyUI, for every reference workflow: text, latents and pictures."""

from pathlib import Path

import pytest
from torch import Tensor

CASES = Path(__file__).parents[3] / "shared" / "reference" / "comfy" / "parity"
SLOW = {"sampler-dpm_adaptive"}
TOLERANCE = 1e-4


def parameters():
    names = sorted(path.stem for path in CASES.glob("*.json")) or ["no-reference"]
    return [pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name for name in names]


def tensors(label, value):
    """The arrays that a captured value was stored as."""
    if isinstance(value, Tensor):
        return {label: value}
    if hasattr(value, "samples"):
        return {label: value.samples}
    prompts = {f"{label}.{i}": prompt.tokens for i, prompt in enumerate(value.prompts)}
    return prompts | {f"{label}.{i}.pooled": prompt.pooled for i, prompt in enumerate(value.prompts)}


def error(got, wanted):
    return float((got.double() - wanted.double()).norm() / wanted.double().norm())


@pytest.mark.parametrize("name", parameters())
def test_a_workflow_gives_what_comfyui_gives(name, reference):
    wanted, ours = reference.case(name)
    got = {key: tensor for label, value in ours.items() for key, tensor in tensors(label, value).items()}
    assert got.keys() == wanted.keys()
    errors = {key: error(got[key], wanted[key]) for key in wanted}
    assert {key: value for key, value in errors.items() if not value <= TOLERANCE} == {}
