"""Model families that meet: from file headers, over the whole graph, before any weight is loaded."""

from __future__ import annotations

from typing import Any

import pytest

from calotype.validate import validate
from calotype.workflow import read


def node(type: str, **inputs: Any) -> dict[str, Any]:
    return {"type": type, "inputs": inputs}


def to(end: str) -> dict[str, str]:
    return {"from": end}


def text_to_image(checkpoint: str = "sd15.st", **changed: Any) -> dict[str, Any]:
    """checkpoint -> words -> sampler -> decode -> save, with some nodes replaced or added."""
    return {
        "checkpoint": node("CheckpointLoader", checkpoint=checkpoint),
        "words": node("TextEncode", clip=to("checkpoint.clip")),
        "empty": node("EmptyLatent"),
        "sampler": node(
            "KSampler", model=to("checkpoint.model"), positive=to("words.conditioning"), latent=to("empty.latent")
        ),
        "decode": node("VAEDecode", vae=to("checkpoint.vae"), latent=to("sampler.latent")),
        "save": node("SaveImage", images=[to("decode.image")]),
    } | changed


@pytest.fixture
def check(registry, inspect):
    def problems(nodes: dict[str, Any], **more: Any) -> list[tuple[str, str | None, str | None]]:
        found = validate(read({"calotype": 1, "nodes": nodes, **more}), registry, None, inspect).problems
        return [(p.code, p.node, p.input) for p in found]

    return problems


def sampled(**inputs: Any) -> dict[str, Any]:
    usual = {"model": to("checkpoint.model"), "positive": to("words.conditioning"), "latent": to("empty.latent")}
    return node("KSampler", **usual | inputs)


@pytest.mark.parametrize("checkpoint", ["sd15.st", "sd2.st", "xl.st"])
def test_one_family_goes_together(check, checkpoint):
    assert check(text_to_image(checkpoint)) == []


def steered(net: str) -> dict[str, Any]:
    return {
        "net": node("ControlNetLoader", control_net=net),
        "control": node("ControlNet", positive=to("words.conditioning"), control_net=to("net.control_net")),
        "sampler": sampled(positive=to("control.conditioning")),
    }


def test_a_controlnet_of_another_family_is_refused_with_both_nodes_both_families_and_a_remedy(registry, inspect):
    document = read({"calotype": 1, "nodes": text_to_image(**steered("cannyxl.st"))})
    assert [str(p) for p in validate(document, registry, None, inspect).problems] == [
        'node "control" (ControlNet), input "control_net": the SDXL ControlNet from node "net" (ControlNetLoader, '
        'cannyxl.st) does not go with the SD 1.5 conditioning from node "checkpoint" (CheckpointLoader, sd15.st). '
        'Choose a file for SD 1.5 in node "net", or one for SDXL in node "checkpoint".'
    ]


def test_a_controlnet_of_the_same_family_goes(check):
    assert check(text_to_image(**steered("canny15.st"))) == []


def test_a_lora_is_checked_where_it_meets_the_model(check):
    with_lora = {"lora": node("LoraLoader", model=to("checkpoint.model"), lora="stylexl.st")}
    sampler = {"sampler": sampled(model=to("lora.model"))}
    assert check(text_to_image(**with_lora, **sampler)) == [("family-mismatch", "lora", "lora")]
    assert check(text_to_image("xl.st", **with_lora, **sampler)) == []


def test_a_text_encoder_of_another_checkpoint_is_found_at_the_sampler(check):
    other = {"xl": node("CheckpointLoader", checkpoint="xl.st"), "words": node("TextEncode", clip=to("xl.clip"))}
    assert check(text_to_image(**other)) == [("family-mismatch", "sampler", "positive")]


@pytest.mark.parametrize(
    ("vae", "found"),
    [
        ("vae4.st", []),  # one for all families with four channels
        ("vae2.st", []),  # SD 1.5 and SD 2 share their latents
        ("vae16.st", [("family-mismatch", "decode", "latent")]),
    ],
)
def test_vaes_are_shared_by_the_families_with_the_same_latents(check, vae, found):
    other = {
        "vae": node("VAELoader", vae=vae),
        "decode": node("VAEDecode", vae=to("vae.vae"), latent=to("sampler.latent")),
    }
    assert check(text_to_image(**other)) == found


def test_of_a_checkpoint_and_a_part_the_part_is_the_one_to_change(registry, inspect):
    other = {
        "vae": node("VAELoader", vae="vae16.st"),
        "decode": node("VAEDecode", vae=to("vae.vae"), latent=to("sampler.latent")),
    }
    (problem,) = validate(read({"calotype": 1, "nodes": text_to_image(**other)}), registry, None, inspect).problems
    assert (problem.message, problem.hint) == (
        'the SD 1.5 latent from node "checkpoint" (CheckpointLoader, sd15.st) does not go with the 16-channel VAE from '
        'node "vae" (VAELoader, vae16.st)',
        'Choose a file for SD 1.5 in node "vae".',
    )


def test_latents_carry_their_family_through_the_sampler(check):
    other = {
        "xl": node("CheckpointLoader", checkpoint="xl.st"),
        "decode": node("VAEDecode", vae=to("xl.vae"), latent=to("sampler.latent")),
    }
    assert check(text_to_image(**other)) == [("family-mismatch", "decode", "latent")]


def test_a_picture_carries_no_family(check):
    """Decode with one family and encode with another: that is how one goes from family to family."""
    other = {
        "xl": node("CheckpointLoader", checkpoint="xl.st"),
        "again": node("VAEEncode", vae=to("xl.vae"), image=to("decode.image")),
        "wordsxl": node("TextEncode", clip=to("xl.clip")),
        "refine": node(
            "KSampler", model=to("xl.model"), positive=to("wordsxl.conditioning"), latent=to("again.latent")
        ),
    }
    assert check(text_to_image(**other)) == []


def test_a_switch_may_choose_between_families(check):
    other = {
        "xl": node("CheckpointLoader", checkpoint="xl.st"),
        "pick": node("Pick", a=to("checkpoint.model"), b=to("xl.model")),
        "sampler": sampled(model=to("pick.value")),
    }
    assert check(text_to_image(**other)) == []


def test_a_switch_with_one_family_passes_it_on(check):
    other = {
        "xl": node("CheckpointLoader", checkpoint="xl.st"),
        "pick": node("Pick", a=to("xl.model"), b=to("xl.model")),
        "sampler": sampled(model=to("pick.value")),
    }
    assert check(text_to_image(**other)) == [("family-mismatch", "sampler", "positive")]


def test_a_disabled_lora_does_not_count(check):
    off = {
        "lora": node("LoraLoader", model=to("checkpoint.model"), lora="stylexl.st") | {"enabled": False},
        "sampler": sampled(model=to("lora.model")),
    }
    assert check(text_to_image(**off)) == []


def test_families_go_into_subgraphs_and_maps_and_out_again(check):
    sub = {
        "inputs": {"model": {"to": ["lora.model"]}, "file": {"to": ["lora.lora"]}},
        "outputs": {"model": {"from": "lora.model"}},
        "nodes": {"lora": node("LoraLoader", lora="style15.st")},
    }
    inside = {
        "styled": node("subgraph/sub", model=to("checkpoint.model")),
        "sampler": sampled(model=to("styled.model")),
    }
    assert check(text_to_image(**inside), subgraphs={"sub": sub}) == []
    assert check(text_to_image("xl.st", **inside), subgraphs={"sub": sub}) == [
        ("family-mismatch", "styled/lora", "lora")
    ]
    mapped = {"styled": node("subgraph/sub", model=to("checkpoint.model"), file=["style15.st"]) | {"map": ["file"]}}
    assert check(text_to_image("xl.st", **mapped), subgraphs={"sub": sub}) == [
        ("family-mismatch", "styled/lora", "lora")
    ]


def test_a_damaged_file_is_one_problem_at_its_loader(registry, inspect):
    document = read({"calotype": 1, "nodes": text_to_image("cut.st")})
    assert [str(p) for p in validate(document, registry, None, inspect).problems] == [
        'node "checkpoint" (CheckpointLoader), input "checkpoint": cut.st is cut short: 12 bytes are missing. '
        "Download it again."
    ]


def test_without_a_reader_of_headers_families_are_not_checked(registry):
    document = read({"calotype": 1, "nodes": text_to_image(**steered("cannyxl.st"))})
    assert validate(document, registry).problems == ()
