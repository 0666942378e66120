"""Kinds of adapters against their equations, and the names that transformers' LoRAs have."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from calotype.diffusion.families.inspect import inspect_header
from calotype.diffusion.header import Header, TensorInfo, read_header
from calotype.diffusion.loading import load
from calotype.diffusion.lora import content, reach
from calotype.diffusion.lora.delta import changed, delta
from calotype.diffusion.lora.originals import filled, spellings, unet_names
from calotype.errors import FamilyMismatch, ModelError
from calotype.types import FileRef, Model, Patch

CPU = torch.device("cpu")
HEAD, WIDTH = 32, 64


def low_rank(rows: int, columns: int) -> dict[str, torch.Tensor]:
    return {"up": torch.randn(rows, 2), "down": torch.randn(2, columns), "alpha": torch.tensor(1.0)}


@pytest.mark.parametrize("shape", [(6, 4), (5, 5)])
def test_dora_keeps_learnt_lengths_and_turns_directions(shape):
    """Liu et al. 2024, equation 5: m (W + dW) / ||W + dW||, the length of each row, or each column in LyCORIS."""
    weight, t = torch.randn(shape), low_rank(*shape)
    adapted = weight + delta(t, weight.shape)
    rows, columns = torch.rand(shape[0]) + 1, torch.rand(1, shape[1]) + 1
    by_row = rows[:, None] * adapted / adapted.norm(dim=1, keepdim=True)
    assert torch.allclose(changed(weight, t | {"magnitude": rows}, 1.0, "m"), by_row, atol=1e-5)
    by_column = columns * adapted / adapted.norm(dim=0, keepdim=True)
    assert torch.allclose(changed(weight, t | {"magnitude": columns}, 1.0, "m"), by_column, atol=1e-5)
    half = changed(weight, t | {"magnitude": rows}, 0.5, "m")
    assert torch.allclose(half, (weight + by_row) / 2, atol=1e-5)
    assert torch.equal(
        changed(weight, t | {"lengths": columns}, 1.0, "m"), changed(weight, t | {"magnitude": columns}, 1.0, "m")
    )
    as_comfyui = rows[:, None] * adapted / weight.norm(dim=1, keepdim=True)
    assert torch.allclose(changed(weight, t | {"lengths": rows[:, None]}, 1.0, "m"), as_comfyui, atol=1e-5)


def test_whole_differences_and_whole_weights_are_taken_as_they_are():
    weight, other = torch.randn(4, 3), torch.randn(4, 3)
    assert torch.allclose(changed(weight, {"diff": other}, 0.5, "m"), weight + 0.5 * other)
    assert torch.equal(changed(weight, {"set": other}, 0.5, "m"), other)


def test_a_change_is_rounded_once_before_it_is_added():
    """In ComfyUI's order; text encoders in half precision turn a last bit here into a bit of theirs."""
    weight, t, strength = torch.randn(6, 4), low_rank(6, 4), 0.7
    assert torch.equal(changed(weight, t, strength, "m"), weight + (strength * (1.0 / 2)) * (t["up"] @ t["down"]))


def test_the_tucker_forms_of_loha_and_lokr_are_those_of_a_convolution():
    a, b, core = torch.randn(2, 6), torch.randn(2, 5), torch.randn(2, 2, 3, 3)
    one = torch.einsum("ijkl,jr,ip->prkl", core, b, a)
    loha = delta({"w1_a": a, "w1_b": b, "t1": core, "w2_a": a, "w2_b": b, "t2": core}, torch.Size((6, 5, 3, 3)))
    assert torch.allclose(loha, one * one, atol=1e-5)
    first = torch.randn(2, 1)
    lokr = delta({"k1": first, "k2_a": a, "k2_b": b, "k2_t": core}, torch.Size((12, 5, 3, 3)))
    assert torch.allclose(lokr, torch.kron(first[..., None, None], one.contiguous()), atol=1e-5)


def test_alpha_means_nothing_where_a_kronecker_product_has_no_rank():
    t = {"k1": torch.randn(2, 2), "k2": torch.randn(3, 2), "alpha": torch.tensor(4.0)}
    assert torch.allclose(delta(t, torch.Size((6, 4))), torch.kron(t["k1"], t["k2"]))


def test_the_original_names_of_a_unets_modules_follow_from_their_places(tiny):
    from calotype.diffusion.layouts import unet

    shapes = tiny.unet_shapes()
    table = unet.modules(shapes)
    real = {new: old for old, new in table.items() if f"{old}.weight" in shapes}
    assert len(real) > 100 and all(old in unet_names(new, 2) for new, old in real.items())


def test_flat_names_are_read_in_every_way_and_filled_with_their_numbers():
    assert set(spellings("a_#_b_c")) == {"a.#.b.c", "a.#.b_c"}
    assert filled("a.#.b_c.#", ["7", "10"]) == "a.7.b_c.10"


@pytest.fixture(scope="module")
def flux(tmp_path_factory) -> Path:
    from diffusers import FluxTransformer2DModel

    torch.manual_seed(1)
    net = FluxTransformer2DModel(
        in_channels=64, num_layers=2, num_single_layers=2, attention_head_dim=HEAD, num_attention_heads=WIDTH // HEAD,
        joint_attention_dim=32, pooled_projection_dim=16, guidance_embeds=True, axes_dims_rope=(4, 14, 14),
    )  # fmt: skip
    root = tmp_path_factory.mktemp("flux")
    (root / "unet").mkdir()
    (root / "loras").mkdir()
    save_file(net.state_dict(), root / "unet" / "flux.safetensors")
    return root


def weights(root: Path, tensors: dict[str, torch.Tensor] | None = None) -> dict[str, torch.Tensor]:
    """The weights of the transformer with a LoRA of these tensors at strength 0.5."""
    patches = ()
    if tensors:
        save_file(tensors, root / "loras" / "l.safetensors")
        patches = (Patch("lora", FileRef("loras", "l.safetensors"), (("strength", 0.5),)),)
    recipe = Model(FileRef("unet", "flux.safetensors"), "flux", patches)
    return load(recipe, lambda f: root / f.folder / f.name, CPU).module.state_dict()


def pair(module: str, rows: int, columns: int, names=("lora_down.weight", "lora_up.weight")):
    up, down = torch.randn(rows, 2), torch.randn(2, columns)
    return {f"{module}.{names[0]}": down, f"{module}.{names[1]}": up}, up @ down


QKV = [f"transformer_blocks.1.attn.to_{part}.weight" for part in "qkv"]
LINEAR1 = [f"single_transformer_blocks.0.{m}.weight" for m in ("attn.to_q", "attn.to_k", "attn.to_v", "proj_mlp")]


@pytest.mark.parametrize("style", ["lora_unet_", "diffusion_model.", ""])
def test_an_original_joined_projection_changes_the_weights_that_it_became(flux, style):
    spelt = (lambda name: name.replace(".", "_")) if style.endswith("_") else str
    endings = ("lora_down.weight", "lora_up.weight") if style == "lora_unet_" else ("lora_A.weight", "lora_B.weight")
    first, qkv = pair(style + spelt("double_blocks.1.img_attn.qkv"), 3 * WIDTH, WIDTH, endings)
    second, linear1 = pair(style + spelt("single_blocks.0.linear1"), 7 * WIDTH, WIDTH, endings)
    before, after = weights(flux), weights(flux, first | second)
    changes = {n: after[n] - before[n] for n in before if not torch.equal(after[n], before[n])}
    assert set(changes) == {*QKV, *LINEAR1}
    for names, change in ((QKV, qkv), (LINEAR1, linear1)):
        joined = torch.cat([changes[name] for name in names])
        assert torch.allclose(joined, 0.5 * change, atol=1e-5)


def test_scale_and_shift_are_exchanged_as_they_are_in_the_weights(flux):
    tensors, change = pair("lora_unet_final_layer_adaLN_modulation_1", 2 * WIDTH, WIDTH)
    known, _ = pair("lora_unet_double_blocks_1_img_attn_qkv", 3 * WIDTH, WIDTH)
    before, after = weights(flux), weights(flux, tensors | known)
    shift, scale = (0.5 * change).chunk(2)
    assert torch.allclose(
        after["norm_out.linear.weight"] - before["norm_out.linear.weight"], torch.cat([scale, shift]), atol=1e-5
    )


@pytest.mark.parametrize("style", ["transformer.", "base_model.model.transformer.", "lora_transformer_"])
def test_diffusers_names_are_the_weights_own(flux, style):
    name = "single_transformer_blocks.1.proj_out"
    tensors, change = pair(style + (name.replace(".", "_") if style.endswith("_") else name), WIDTH, 5 * WIDTH)
    before, after = weights(flux), weights(flux, tensors)
    assert torch.allclose(after[f"{name}.weight"] - before[f"{name}.weight"], 0.5 * change, atol=1e-5)


def test_biases_and_norms_are_changed_too(flux):
    shift, norm = torch.randn(3 * WIDTH), torch.randn(HEAD)
    tensors = {
        "diffusion_model.double_blocks.0.img_attn.qkv.diff_b": shift,
        "transformer.transformer_blocks.0.attn.norm_q.diff": norm,
    }
    before, after = weights(flux), weights(flux, tensors)
    biases = [f"transformer_blocks.0.attn.to_{part}.bias" for part in "qkv"]
    assert torch.allclose(torch.cat([after[n] - before[n] for n in biases]), 0.5 * shift, atol=1e-6)
    name = "transformer_blocks.0.attn.norm_q.weight"
    assert torch.allclose(after[name] - before[name], 0.5 * norm, atol=1e-6)


def test_only_touched_tensors_are_new(flux):
    from calotype.diffusion.loading import Shared

    tensors, _ = pair("lora_unet_double_blocks_1_img_attn_qkv", 3 * WIDTH, WIDTH)
    save_file(tensors, flux / "loras" / "one.safetensors")
    shared, path_of = Shared(), lambda f: flux / f.folder / f.name
    plain = Model(FileRef("unet", "flux.safetensors"), "flux")
    one = load(plain, path_of, CPU, shared=shared)
    two = load(plain.patched(Patch("lora", FileRef("loras", "one.safetensors"))), path_of, CPU, shared=shared)
    apart = {n for n, p in one.module.named_parameters() if p is not two.module.get_parameter(n)}
    assert apart == set(QKV)


def test_what_a_lora_names_and_a_model_has_not_is_counted(flux, tmp_path):
    tensors, _ = pair("lora_unet_double_blocks_1_img_attn_qkv", 3 * WIDTH, WIDTH)
    far, _ = pair("lora_unet_double_blocks_9_img_attn_qkv", 3 * WIDTH, WIDTH)
    save_file(tensors | far | {"odd.thing": torch.ones(1)}, tmp_path / "l.safetensors")
    lora, model = read_header(tmp_path / "l.safetensors"), read_header(flux / "unet" / "flux.safetensors")
    from calotype.diffusion.families import FAMILIES
    from calotype.diffusion.layouts.take import takes_named

    found = reach(lora, "denoiser", takes_named(model.tensors), FAMILIES["flux"])
    assert found.weights == set(QKV)
    assert (found.unknown, content(lora).others) == (("lora_unet_double_blocks_9_img_attn_qkv",), ("odd.thing",))


def test_a_lora_that_reaches_nothing_is_refused_with_both_names(flux):
    far, _ = pair("lora_unet_double_blocks_9_img_attn_qkv", 3 * WIDTH, WIDTH)
    with pytest.raises(ModelError, match=r"changes none of the weights of flux\.safetensors \(FLUX\.1\)"):
        weights(flux, far)
    other, _ = pair("lora_unet_joint_blocks_0_x_block_attn_qkv", 3 * WIDTH, WIDTH)
    with pytest.raises(FamilyMismatch, match=r"is a LoRA for SD 3 / 3\.5; flux\.safetensors is FLUX\.1"):
        weights(flux, other)


def lora_of(*modules: str, up=(8, 4), down=(4, 8)) -> str:
    tensors = {f"{m}.lora_down.weight": down for m in modules} | {f"{m}.lora_up.weight": up for m in modules}
    infos = {name: TensorInfo(Path(), name, shape, "F32", 0) for name, shape in tensors.items()}
    return inspect_header(Header(Path("l.safetensors"), infos)).family


@pytest.mark.parametrize(
    ("module", "family"),
    [
        ("text_encoders.clip_g.transformer.text_model.encoder.layers.0.mlp.fc1", "sdxl"),
        ("diffusion_model.input_blocks.7.1.transformer_blocks.3.attn1.to_q", "sdxl"),
        ("lora_te2_encoder_block_0_layer_0_SelfAttention_q", "flux"),
        ("text_encoder_3.encoder.block.0.layer.1.DenseReluDense.wo", "sd3"),
    ],
)
def test_of_a_lora_for_text_encoders_their_names_and_depths_tell(module, family):
    assert lora_of(module) == family


@pytest.mark.parametrize(
    ("module", "family"),
    [
        ("lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q", "sd1"),
        ("unet.down_blocks.1.attentions.0.transformer_blocks.1.attn1.to_q", "sdxl"),
        ("lora_te2_text_model_encoder_layers_0_mlp_fc1", "sdxl"),
        ("lora_unet_joint_blocks_0_x_block_attn_qkv", "sd3"),
        ("transformer.transformer_blocks.0.attn.to_q", "sd3"),
        ("lora_unet_double_blocks_0_img_attn_qkv", "flux"),
        ("single_blocks.3.linear2", "flux"),
        ("lora_transformer_single_transformer_blocks_0_attn_to_q", "flux"),
        ("transformer.single_transformer_blocks.0.attn.to_qkv_mlp_proj", "flux2"),
        ("transformer_blocks.0.img_mlp.net.0.proj", "qwen-image"),
        ("diffusion_model.layers.0.attention.to_q", "z-image"),
        ("diffusion_model.blocks.0.self_attn.q", "wan"),
        ("lora_unet_blocks_0_cross_attn_k", "wan"),
    ],
)
def test_the_family_of_a_lora_shows_in_its_names(module, family):
    assert lora_of(module) == family


def test_widths_tell_families_that_share_names():
    joint, context = "transformer.transformer_blocks.3.attn.to_q", "lora_unet_mid_block_attentions_0_attn2_to_k"
    assert lora_of(joint, down=(4, 1536)) == "sd3"
    assert lora_of(joint, down=(4, 3072)) == "flux"
    assert lora_of(joint.replace("3", "50"), down=(4, 3072)) == "qwen-image"
    assert [lora_of(context, down=(4, n)) for n in (768, 1024, 2048, 1280)] == ["sd1", "sd2", "sdxl", "sdxl-refiner"]
    one = "lora_unet_single_blocks_0_linear1"
    assert lora_of("double_blocks.0.img_attn.qkv", down=(4, 4096)) == "flux2"
    assert [lora_of(one, up=(n * 3072, 4), down=(4, 3072)) for n in (7, 9)] == ["flux", "flux2"]


BLOCK = "transformer_blocks.0.attn"
ORIGINALS = [
    ("sd3", "joint_blocks.0.x_block.attn.qkv", [f"{BLOCK}.to_{p}" for p in "qkv"]),
    ("sd3", "joint_blocks.0.context_block.attn.qkv", [f"{BLOCK}.add_{p}_proj" for p in "qkv"]),
    ("sd3", "joint_blocks.0.x_block.mlp.fc1", ["transformer_blocks.0.ff.net.0.proj"]),
    ("flux", "double_blocks.0.txt_attn.proj", [f"{BLOCK}.to_add_out"]),
    ("flux2", "double_blocks.0.img_attn.qkv", [f"{BLOCK}.to_{p}" for p in "qkv"]),
    ("z-image", "layers.0.attention.qkv", [f"layers.0.attention.to_{p}" for p in "qkv"]),
    ("z-image", "layers.0.attention.out", ["layers.0.attention.to_out.0"]),
    ("z-image", "layers.0.feed_forward.w1", ["layers.0.feed_forward.w1"]),
    ("qwen-image", "transformer_blocks.0.attn.add_q_proj", [f"{BLOCK}.add_q_proj"]),
    ("qwen-image", "transformer_blocks.0.img_mlp.net.0.proj", ["transformer_blocks.0.img_mlp.net.0.proj"]),
    ("wan", "blocks.0.self_attn.q", ["blocks.0.attn1.to_q"]),
    ("wan", "blocks.0.cross_attn.o", ["blocks.0.attn2.to_out.0"]),
    ("wan", "blocks.0.ffn.2", ["blocks.0.ffn.net.2"]),
    ("wan-5b", "blocks.0.self_attn.v", ["blocks.0.attn1.to_v"]),
]


@pytest.mark.parametrize("style", ["diffusion_model.", "lora_unet_", "base_model.model.transformer."])
@pytest.mark.parametrize(("family", "module", "weights"), ORIGINALS)
def test_original_names_mean_the_weights_that_a_file_of_that_layout_would_give(family, module, weights, style):
    from calotype.diffusion.families import FAMILIES
    from calotype.diffusion.layouts.take import Take
    from calotype.diffusion.lora.originals import stand_in

    takes = {f"{weight}.weight": Take(stand_in(weight)) for weight in weights}
    name = style + (module.replace(".", "_") if style == "lora_unet_" else module)
    infos = {f"{name}.lora_{w}.weight": TensorInfo(Path(), "", (8, 8), "F32", 0) for w in ("down", "up")}
    found = reach(Header(Path("l.safetensors"), infos), "denoiser", takes, FAMILIES[family])
    assert found.unknown == ()
    assert [target.names for _, target in found.changes] == [tuple(f"{weight}.weight" for weight in weights)]
    assert inspect_header(Header(Path("l.safetensors"), infos)).family in {family, family.partition("-5b")[0]} | {
        "flux",
        "sd3",
    }


def test_modulation_of_the_last_block_alone_is_exchanged():
    """SD 3's last block has its text's scale and shift the other way round, as the layout of its files says."""
    from calotype.diffusion.families import FAMILIES
    from calotype.diffusion.layouts.take import Take
    from calotype.diffusion.lora.originals import Originals, stand_in

    takes = {f"transformer_blocks.{i}.norm1_context.linear.weight": Take(stand_in("x")) for i in range(3)}
    originals = Originals(FAMILIES["sd3"].network.layouts, takes)
    swaps = [originals.flat(f"joint_blocks_{i}_context_block_adaLN_modulation_1")[0][1].swap for i in range(3)]
    assert swaps == [False, False, True]
