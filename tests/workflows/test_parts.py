"""Sampling in parts, with patches, on the shipped model: the whole way from a document to latents."""

import pytest
import torch

from calotype.services import Services
from calotype.settings import ASSETS, Settings
from calotype.workflow import read

MODEL = ASSETS / "models" / "checkpoints" / "emoji-ldm.safetensors"
pytestmark = pytest.mark.skipif(not MODEL.is_file(), reason="the default model is not here")


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    with Services.open(Settings.load(home=tmp_path_factory.mktemp("home"), device="cpu", env={})) as opened:
        yield opened


def to(end):
    return {"from": end}


def node(type, **inputs):
    return {"type": type, "inputs": inputs}


def document(**more):
    """One KSampler, and beside it the same from parts, guided by `guided` or the plain model."""
    model = to("guided.model") if "guided" in more else to("c.model")
    sides = {"positive": to("p.conditioning"), "negative": to("n.conditioning")}
    nodes = {
        "c": node("CheckpointLoader", checkpoint={"file": MODEL.name}),
        "p": node("TextEncode", text="a red apple", clip=to("c.clip")),
        "n": node("TextEncode", text="", clip=to("c.clip")),
        "l": node("EmptyLatent", width=64, height=64),
        "whole": node(
            "KSampler", model=to("c.model"), **sides, latent=to("l.latent"), seed=3, steps=3, cfg=4.0,
            sampler="dpmpp_2m", scheduler="karras",
        ),
        "guider": node("CFGGuider", model=model, **sides, cfg=4.0),
        "noise": node("RandomNoise", seed=3),
        "how": node("KSamplerSelect", sampler="dpmpp_2m"),
        "levels": node("BasicScheduler", model=to("c.model"), scheduler="karras", steps=3),
        "parts": node(
            "SamplerCustomAdvanced", noise=to("noise.noise"), guider=to("guider.guider"), latent=to("l.latent"),
            sampler=to("how.sampler"), sigmas=to("levels.sigmas"),
        ),
    }  # fmt: skip
    return read({"calotype": 1, "nodes": nodes | more})


def samples(services, said):
    finished = services.run(said, targets=["whole", "parts"])
    assert finished.record.status == "succeeded", finished.record.error
    return [finished.results[id].value("latent").samples for id in ("whole", "parts")], finished


def test_parts_give_what_one_sampler_gives(services):
    (whole, parts), _ = samples(services, document())
    assert torch.equal(whole, parts)


def test_patches_change_the_picture_and_a_difference_of_nothing_does_not(services):
    nothing = {
        "difference": node("ModelMergeSubtract", model=to("c.model"), other=to("c.model")),
        "guided": node("ModelMergeAdd", model=to("c.model"), other=to("difference.model")),
    }
    (whole, merged), _ = samples(services, document(**nothing))
    assert torch.equal(whole, merged)
    changed = {
        "attended": node("PerturbedAttentionGuidance", model=to("c.model"), scale=2.0),
        "guided": node("FreeUV2", model=to("attended.model")),
    }
    (again, guided), _ = samples(services, document(**changed))
    assert torch.equal(again, whole)
    assert not torch.allclose(guided, whole, atol=1e-2)
    assert bool(guided.isfinite().all())
