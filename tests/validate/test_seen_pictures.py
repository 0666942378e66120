"""Image encoders and style models meet conditionings: which of them go together."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest

from calotype.node import Node
from calotype.registry import Registry
from calotype.validate import validate
from calotype.workflow import read

MODULES = ("loaders", "text", "latents", "sampling", "vae", "seeing", "output", "images")


@pytest.fixture(scope="module")
def registry() -> Registry:
    made = Registry()
    for name in (f"calotype_nodes.{module}" for module in MODULES):
        for value in vars(import_module(name)).values():
            if isinstance(value, type) and issubclass(value, Node) and value.__module__ == name:
                made.add_class(value)
    return made


def node(type: str, **inputs: Any) -> dict[str, Any]:
    return {"type": type, "inputs": {k: {"from": v} if "." in str(v) else v for k, v in inputs.items()}}


def problems(registry: Registry, checkpoint: str, encoder: str) -> list[Any]:
    """What is said of a styled prompt. Files are named after their families."""
    nodes = {
        "c": node("CheckpointLoader", checkpoint=checkpoint),
        "w": node("TextEncode", clip="c.clip", text="a"),
        "p": node("SolidImage"),
        "v": node("ClipVisionLoader", clip_vision=encoder),
        "f": node("ClipVisionEncode", clip_vision="v.clip_vision", image="p.image"),
        "s": node("StyleModelLoader", style_model="flux"),
        "t": node("ConditioningStyle", conditioning="w.conditioning", style_model="s.style_model",
                  image_features="f.image_features"),
        "e": node("EmptyLatent"),
        "k": node("KSampler", model="c.model", positive="t.conditioning", negative="w.conditioning", latent="e.latent"),
        "d": node("VAEDecode", vae="c.vae", latent="k.latent"),
        "o": node("SaveImage", images="d.image"),
    }  # fmt: skip
    document = read({"calotype": 1, "nodes": nodes})
    return list(validate(document, registry, None, lambda ref: ref.name).problems)


def test_redux_goes_with_flux_and_siglip(registry):
    assert problems(registry, "flux", "siglip") == []


@pytest.mark.parametrize("encoder", ["clip-vision-l", "clip-vision-h", "clip-vision-g"])
def test_redux_does_not_read_what_a_clip_sees(registry, encoder):
    (found,) = problems(registry, "flux", encoder)
    assert (found.code, found.node, found.input) == ("family-mismatch", "t", "image_features")
    assert "image encoder" in str(found) and 'node "v"' in str(found)


@pytest.mark.parametrize("checkpoint", ["sd1", "sdxl", "sd3", "flux2", "z-image", "qwen-image", "wan"])
def test_redux_is_for_flux_alone(registry, checkpoint):
    found = problems(registry, checkpoint, "siglip")
    assert [(one.code, one.node) for one in found] == [("family-mismatch", "t")]
