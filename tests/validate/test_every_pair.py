"""Every family with every part: what does not go together is refused from headers alone, with both names and a remedy.

The files have a header and hardly anything behind it; each is written in the layout that files of its family have. What
goes with what stands here once more, by hand.
"""

from __future__ import annotations

import json
import re
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

import calotype_nodes
from calotype.cli.__main__ import main
from calotype.diffusion.families import FAMILIES
from calotype.diffusion.families.inspect import inspect
from calotype.diffusion.kinds import family_in, lacks
from calotype.errors import ModelError
from calotype.node import Node
from calotype.registry import Registry
from calotype.validate import validate
from calotype.validate.families import TITLES
from calotype.workflow import read

Shapes = dict[str, tuple[int, ...]]

MODELS = ("sd1", "sd2", "sdxl", "sdxl-refiner", "sd3", "flux", "flux2", "z-image", "qwen-image", "wan", "wan-5b")
FOUR = {"sd1", "sd2", "sdxl", "sdxl-refiner"}
LATENTS = [{"sd1", "sd2"}, {"sdxl", "sdxl-refiner"}, {"flux", "z-image"}]
VAES = {
    "kl-f8-4": FOUR, "kl-f8-16": {"sd3", "flux", "z-image"}, "kl-wan": {"wan", "qwen-image"}, "kl-flux2": {"flux2"},
    "kl-wan-5b": {"wan-5b"},
}  # fmt: skip
TEXTS = {
    ("clip-l",): {"sd1"}, ("clip-h",): {"sd2"}, ("clip-g",): {"sdxl-refiner"}, ("t5",): set(),
    ("umt5",): {"wan", "wan-5b"},
    ("qwen3-4b",): {"z-image"}, ("qwen3-8b",): {"flux2"}, ("qwen2.5-vl",): {"qwen-image"},
    ("clip-l", "clip-g"): {"sdxl"}, ("clip-l", "t5"): {"flux"}, ("clip-l", "clip-g", "t5"): {"sd3"},
}  # fmt: skip
EMBEDDINGS = {
    "sd1": {"sd1", "flux"}, "sd2": {"sd2"}, "sdxl": {"sdxl", "sdxl-refiner", "sd3"}, "sdxl-refiner": {"sdxl-refiner"}
}  # fmt: skip
CONTROLS = ("sd1", "sd1-diffusers", "sd1-t2i", "sd2", "sdxl", "sdxl-t2i-diffusers", "sdxl-union", "sd3", "flux")


def unet(family: str) -> Shapes:
    """What tells the U-Nets of the original code apart: projections, an embedding of sizes, levels."""
    sized, deep = family.startswith("sdxl"), family == "sdxl-refiner"
    shapes = {"input_blocks.0.0.weight": (1, 4, 1, 1), "input_blocks.4.1.proj_in.weight": (1, 1)}
    if family == "sd1":
        shapes["input_blocks.4.1.proj_in.weight"] = (1, 1, 1, 1)
    shapes |= {f"input_blocks.{3 * i}.0.op.weight": (1,) for i in range(1, 4 if deep else 3)}
    return shapes | ({"label_emb.0.0.weight": (1,)} if sized else {"input_blocks.1.1.norm.weight": (1,)})


def network(family: str, layout: int = 0) -> Shapes:
    """The marks of one layout of a transformer."""
    net = FAMILIES[family].network
    assert net is not None
    return dict.fromkeys(net.layouts[layout].marks, (1, 48 if family == "wan-5b" else 1))


def denoiser(family: str) -> Shapes:
    return unet(family) if family in FOUR else network(family)


def vae(family: str) -> Shapes:
    return {
        "kl-wan": {"decoder.conv1.weight": (1,), "decoder.middle.0.residual.0.gamma": (1,)},
        "kl-wan-5b": {"decoder.conv1.weight": (1, 48), "decoder.middle.0.residual.0.gamma": (1,)},
        "kl-flux2": {"decoder.conv_in.weight": (1, 32), "bn.running_mean": (1,)},
    }.get(family, {"decoder.conv_in.weight": (1, 4 if family == "kl-f8-4" else 16, 1, 1)})


def text(family: str) -> Shapes:
    if family.startswith("clip"):
        width = {"clip-l": 768, "clip-h": 1024, "clip-g": 1280}[family]
        return {"text_model.embeddings.token_embedding.weight": (1, width)}
    if family.startswith("qwen3"):
        width = 2560 if family == "qwen3-4b" else 4096
        return {"model.layers.0.self_attn.q_norm.weight": (1,), "model.norm.weight": (width,)}
    if family == "qwen2.5-vl":
        return {"model.layers.0.self_attn.q_proj.bias": (1,), "model.norm.weight": (3584,)}
    shapes = {"encoder.block.0.layer.0.SelfAttention.q.weight": (1,), "encoder.final_layer_norm.weight": (4096,)}
    bias = "encoder.block.1.layer.0.SelfAttention.relative_attention_bias.weight"
    return shapes | ({bias: (1,)} if family == "umt5" else {})


LORAS = {
    "sd1": "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q",
    "sd2": "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_k",
    "sdxl": "lora_unet_down_blocks_1_attentions_0_transformer_blocks_1_attn1_to_q",
    "sdxl-refiner": "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_k",
    "sd3": "lora_unet_joint_blocks_0_x_block_attn_qkv",
    "flux": "lora_unet_double_blocks_0_img_attn_qkv",
    "flux2": "transformer.single_transformer_blocks.0.attn.to_qkv_mlp_proj",
    "z-image": "diffusion_model.layers.0.attention.to_q",
    "qwen-image": "transformer_blocks.0.img_mlp.net.0.proj",
    "wan": "diffusion_model.blocks.0.self_attn.q",
    "wan-5b": "diffusion_model.blocks.0.self_attn.q",
}


def lora(family: str) -> Shapes:
    width = {"sd2": 1024, "sdxl-refiner": 1280, "wan-5b": 3072}.get(family, 8)
    return {f"{LORAS[family]}.lora_down.weight": (1, width), f"{LORAS[family]}.lora_up.weight": (8, 1)}


def control(name: str) -> Shapes:
    family, _, kind = name.partition("-")
    match family, kind:
        case _, "t2i":
            return {"conv_in.weight": (1, 192, 1, 1), "body.0.block1.weight": (1,)}
        case _, "t2i-diffusers":
            return {"adapter.conv_in.weight": (1, 768, 1, 1), "adapter.body.0.resnets.0.block1.weight": (1,)}
        case _, "diffusers":
            return {"controlnet_mid_block.weight": (1,), "conv_in.weight": (1, 4, 1, 1),
                    "down_blocks.0.attentions.0.proj_in.weight": (1, 1, 1, 1)}  # fmt: skip
        case _, "union":
            return {"controlnet_mid_block.weight": (1,), "task_embedding": (6, 1)}
        case "sd3", _:
            return {"pos_embed_input.proj.weight": (1,), "controlnet_blocks.0.weight": (1,)}
        case "flux", _:
            return {"controlnet_x_embedder.weight": (1,), "controlnet_blocks.0.weight": (1,)}
    return {"zero_convs.0.0.weight": (1,)} | unet(family)


def embedding(family: str) -> Shapes:
    widths = {"sd1": [768], "sd2": [1024], "sdxl": [768, 1280], "sdxl-refiner": [1280]}[family]
    return {f"vectors{w}": (1, w) for w in widths}


def whole(family: str) -> Shapes:
    return {f"model.diffusion_model.{name}": shape for name, shape in denoiser(family).items()}


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """A models folder with a file of every family and part."""
    root = tmp_path_factory.mktemp("models")
    files: dict[str, Shapes] = {f"checkpoints/{f}": whole(f) for f in MODELS}
    files |= {f"unet/{f}": denoiser(f) for f in MODELS}
    files |= {f"vae/{f}": vae(f) for f in VAES}
    files |= {f"clip/{f}": text(f) for f in {name for names in TEXTS for name in names}}
    files |= {f"loras/{f}": lora(f) for f in MODELS}
    files |= {f"controlnet/{f}": control(f) for f in CONTROLS}
    files |= {f"embeddings/{f}": embedding(f) for f in EMBEDDINGS}
    for name, shapes in files.items():
        path = root / f"{name}.safetensors"
        path.parent.mkdir(exist_ok=True)
        save_file({n: np.zeros(shape, np.float16) for n, shape in shapes.items()}, path)
    return root


@pytest.fixture(scope="module")
def registry() -> Registry:
    made = Registry()
    for name in calotype_nodes.NODE_MODULES:
        for value in vars(import_module(name)).values():
            if isinstance(value, type) and issubclass(value, Node) and value.__module__ == name:
                made.add_class(value)
    return made


def node(type: str, **inputs: Any) -> dict[str, Any]:
    return {"type": type, "inputs": inputs}


def to(end: str) -> dict[str, str]:
    return {"from": end}


@pytest.fixture(scope="module")
def said(registry, root):
    """The problems about families of a workflow: draw with a checkpoint, with some nodes replaced or added."""
    known: dict[Any, str] = {}

    def inspect(ref: Any) -> str:
        if ref not in known:
            name = ref.name if ref.name.endswith(".safetensors") else f"{ref.name}.safetensors"
            known[ref] = family_in(ref.folder, root / ref.folder / name)
        return known[ref]

    def problems(family: str, **changed: Any) -> list[Any]:
        usual = {"clip": "checkpoint.clip", "model": "checkpoint.model", "vae": "checkpoint.vae", "words": "words"}
        usual |= {name: end for name, end in changed.items() if isinstance(end, str)}
        nodes = {
            "checkpoint": node("CheckpointLoader", checkpoint=f"{family}.safetensors"),
            "words": node("TextEncode", clip=to(usual["clip"]), text="a cat"),
            "empty": node("EmptyLatent"),
            "sampler": node(
                "KSampler", model=to(usual["model"]), latent=to("empty.latent"),
                positive=to(f"{usual['words']}.{'positive' if usual['words'] == 'steer' else 'conditioning'}"),
                negative=to("words.conditioning"),
            ),
            "decode": node("VAEDecode", vae=to(usual["vae"]), latent=to("sampler.latent")),
            "save": node("SaveImage", images=to("decode.image")),
        } | {name: one for name, one in changed.items() if isinstance(one, dict)}  # fmt: skip
        found = validate(read({"calotype": 1, "nodes": nodes}), registry, None, inspect).problems
        assert [str(p) for p in found if p.code != "family-mismatch"] == []
        return list(found)

    return problems


def test_every_file_is_of_the_family_that_it_was_written_for(root):
    for path in sorted(root.glob("*/*.safetensors")):
        family = path.stem if path.parent.name != "controlnet" else path.stem.partition("-")[0]
        assert family_in(path.parent.name, path) == family, path


@pytest.mark.parametrize("prefix", ["", "model.diffusion_model.", "diffusion_model."])
@pytest.mark.parametrize(
    ("family", "layout"),
    [(f, i) for f in MODELS if f not in FOUR for i, _ in enumerate(FAMILIES[f].network.layouts)],
)
def test_every_layout_of_a_transformer_is_known(family, layout, prefix, tmp_path):
    shapes = {prefix + name: shape for name, shape in network(family, layout).items()}
    save_file({n: np.zeros(shape, np.float16) for n, shape in shapes.items()}, tmp_path / "x.safetensors")
    assert family_in("unet", tmp_path / "x.safetensors") == family


LANGUAGE = {
    "z-image": ("qwen3-4b", "kl-f8-16"), "flux2": ("qwen3-8b", "kl-flux2"), "qwen-image": ("qwen2.5-vl", "kl-wan"),
    "wan": ("umt5", "kl-wan"), "wan-5b": ("umt5", "kl-wan-5b"),
}  # fmt: skip


@pytest.mark.parametrize("family", LANGUAGE)
def test_one_file_may_hold_all_parts_of_a_family_that_listens_to_a_language_model(family, tmp_path):
    encoder, pictures = LANGUAGE[family]
    shapes = whole(family) | {f"text_encoders.it.transformer.{n}": s for n, s in text(encoder).items()}
    shapes |= {f"vae.{n}": s for n, s in vae(pictures).items()}
    save_file({n: np.zeros(shape, np.float16) for n, shape in shapes.items()}, tmp_path / "x.safetensors")
    assert family_in("checkpoints", tmp_path / "x.safetensors") == family
    assert [part.kind for part in inspect(tmp_path / "x.safetensors").parts] == ["denoiser", "text_encoder", "vae"]
    assert [lacks(tmp_path / "x.safetensors", part) for part in ("text_encoder", "vae")] == ["", ""]


def refused(found: list[Any], part: str, model: str) -> None:
    """One problem that names both files, says both families, and what to do."""
    (problem,) = found
    assert f"{part}.safetensors" in problem.message or f", {part})" in problem.message, problem.message
    assert f"{model}.safetensors" in problem.message, problem.message
    assert problem.hint, problem.message
    assert TITLES[model] in str(problem), problem


CHECKPOINTS = list(product(MODELS, MODELS))


@pytest.mark.parametrize(("model", "other"), CHECKPOINTS)
def test_the_parts_of_two_checkpoints(said, model, other):
    more = {"other": node("CheckpointLoader", checkpoint=f"{other}.safetensors")}
    words, pictures = said(model, clip="other.clip", **more), said(model, vae="other.vae", **more)
    if model == other:
        assert words == pictures == []
        return
    refused(words, other, model)
    if any({model, other} <= group for group in LATENTS):
        assert pictures == []
    else:
        refused(pictures, other, model)


@pytest.mark.parametrize(("model", "other"), CHECKPOINTS)
def test_a_denoiser_of_its_own(said, model, other):
    """A checkpoint's text encoder and VAE with the U-Net or transformer of another file."""
    more = {"other": node("ModelLoader", model=f"{other}.safetensors")}
    found = said(model, model="other.model", **more)
    if model == other:
        assert found == []
    else:
        refused(found[:1], model, other)


@pytest.mark.parametrize(("model", "part"), list(product(MODELS, VAES)))
def test_a_vae_of_its_own(said, model, part):
    found = said(model, vae="other.vae", other=node("VAELoader", vae=f"{part}.safetensors"))
    if model in VAES[part]:
        assert found == []
    else:
        refused(found, part, model)


@pytest.mark.parametrize(
    ("model", "parts"), list(product(MODELS, TEXTS)), ids=lambda x: x if isinstance(x, str) else "+".join(x)
)
def test_text_encoders_of_their_own(said, model, parts):
    loader = {1: "ClipLoader", 2: "DualClipLoader", 3: "TripleClipLoader"}[len(parts)]
    names = [f"{part}.safetensors" for part in parts]
    files = {"clip": names[0]} if len(parts) == 1 else {f"clip_{i}": name for i, name in enumerate(names, 1)}
    found = said(model, clip="other.clip", other=node(loader, **files))
    if model in TEXTS[parts]:
        assert found == []
    else:
        refused(found, parts[0], model)


@pytest.mark.parametrize(("model", "part"), list(product(MODELS, MODELS)))
def test_a_lora(said, model, part):
    loader = node("LoraLoader", model=to("checkpoint.model"), clip=to("checkpoint.clip"), lora=f"{part}.safetensors")
    found = said(model, model="other.model", clip="other.clip", other=loader)
    if model == part:
        assert found == []
    else:
        refused(found, part, model)


@pytest.mark.parametrize(("model", "part"), list(product(MODELS, CONTROLS)))
def test_a_controlnet_or_adapter(said, model, part):
    steer = node(
        "ControlNet", positive=to("words.conditioning"), negative=to("words.conditioning"),
        control_net=to("net.control_net"), image=to("picture.image"),
    )  # fmt: skip
    more = {"net": node("ControlNetLoader", control_net=f"{part}.safetensors"), "steer": steer}
    found = said(model, words="steer", picture=node("SolidImage"), **more)
    if model == part.partition("-")[0]:
        assert found == []
    else:
        refused(found, part, model)


@pytest.mark.parametrize(("model", "part"), list(product(MODELS, EMBEDDINGS)))
def test_an_embedding(said, model, part):
    found = said(model, words=node("TextEncode", clip=to("checkpoint.clip"), text=f"a (cat embedding:{part}:1.1)"))
    if model in EMBEDDINGS[part]:
        assert found == []
    else:
        refused(found, part, model)


def test_every_family_that_is_computed_is_here():
    assert set(MODELS) == {name for name, family in FAMILIES.items() if family.runs}


KINDS = ("checkpoints", "unet", "vae", "clip", "loras", "controlnet")


@pytest.mark.parametrize("kind", KINDS)
def test_no_other_kind_of_file_of_any_family_is_an_upscale_model(root, kind):
    for path in sorted((root / kind).glob("*.safetensors")):
        title = inspect(path).title
        with pytest.raises(ModelError, match=rf"{path.name} has {re.escape(title)} weights; it is no upscale model"):
            family_in("upscale_models", path)


def test_a_model_in_place_of_an_upscale_model_is_found_by_validation(registry):
    def inspect(ref: Any) -> str:
        raise ModelError(f"{ref.name} has SDXL weights; it is no upscale model.")

    nodes = {
        "load": node("UpscaleModelLoader", upscale_model="sdxl.safetensors"),
        "up": node("ImageUpscaleWithModel", upscale_model=to("load.upscale_model"), image=to("picture.image")),
        "picture": node("SolidImage"),
        "save": node("SaveImage", images=to("up.image")),
    }
    (problem,) = validate(read({"calotype": 1, "nodes": nodes}), registry, None, inspect).problems
    assert (problem.code, problem.node, problem.input) == ("model-file", "load", "upscale_model")


@pytest.mark.parametrize(("place", "kind"), [p for p in product(KINDS, KINDS) if set(p) != {"checkpoints", "unet"}])
def test_files_of_every_family_are_refused_in_the_places_of_other_kinds(root, place, kind):
    for path in sorted((root / kind).glob("*.safetensors")) if place != kind else ():
        with pytest.raises(ModelError, match=rf'^{path.name} .*; it has: .*\. Put it in "\w+" and take \w+Loader'):
            family_in(place, path)


def test_calotype_validate_says_so_too(root, tmp_path, capsys):
    checkpoint, lora = (
        node("CheckpointLoader", checkpoint="sdxl.safetensors"),
        node("LoraLoader", model=to("c.model"), clip=to("c.clip"), lora="flux.safetensors"),
    )
    words = node("TextEncode", clip=to("l.clip"), text="a")
    sampler = node(
        "KSampler", model=to("l.model"), positive=to("w.conditioning"), negative=to("w.conditioning"),
        latent=to("e.latent"),
    )  # fmt: skip
    shown = node("SaveImage", images=to("d.image"))
    decode = node("VAEDecode", vae=to("c.vae"), latent=to("s.latent"))
    nodes = {"c": checkpoint, "l": lora, "w": words, "e": node("EmptyLatent"), "s": sampler, "d": decode, "o": shown}
    (tmp_path / "w.json").write_text(json.dumps({"calotype": 1, "nodes": nodes}))
    assert main(["validate", str(tmp_path / "w.json"), "--models", str(root)]) != 0
    said = "".join(capsys.readouterr()).replace("\n", " ")
    assert "the FLUX LoRA from node" in said and "SDXL model from node" in said and "Choose a file for SDXL" in said
