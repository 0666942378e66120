"""FLUX.2 klein from prompt to picture, against diffusers' own pipeline on the same tiny weights."""

import numpy as np
import pytest
import torch
from PIL import Image as Pictures

from calotype.diffusion.families.inspect import inspect
from calotype.diffusion.text.pictures import with_references
from calotype.types import Conditioning

PROMPT = "a (red:1.3) apple on 3 plates"


@pytest.fixture(scope="module")
def pipeline(tokenizer, qwen3, tools):
    from diffusers import (
        AutoencoderKLFlux2,
        FlowMatchEulerDiscreteScheduler,
        Flux2KleinPipeline,
        Flux2Transformer2DModel,
    )

    transformer = Flux2Transformer2DModel(
        num_layers=2, num_single_layers=2, attention_head_dim=16, num_attention_heads=2, joint_attention_dim=48,
        axes_dims_rope=(4, 4, 4, 4), guidance_embeds=False, timestep_guidance_channels=32,
    )  # fmt: skip
    vae = AutoencoderKLFlux2(
        block_out_channels=(32,) * 4, layers_per_block=1, down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
    )  # fmt: skip
    vae.bn.running_mean.normal_(0, 0.3)
    vae.bn.running_var.uniform_(0.5, 2.0)
    scheduler = FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True)
    made = Flux2KleinPipeline(
        scheduler, tools.lively(vae, 2), qwen3(28), tokenizer, tools.lively(transformer, 3), is_distilled=False
    )
    made.set_progress_bar_config(disable=True)
    return made


def original(transformer):
    """The transformer's tensors under the names of the first release."""
    state = dict(transformer.state_dict())
    found = {}
    for name in list(state):
        for first, joined, names in (("to_q", "img_attn", "to_{}"), ("add_q_proj", "txt_attn", "add_{}_proj")):
            if name.startswith("transformer_blocks.") and name.endswith(f"attn.{first}.weight"):
                base = name.removesuffix(f"{first}.weight")
                rows = torch.cat([state.pop(base + names.format(p) + ".weight") for p in "qkv"])
                found[base.replace("transformer_blocks", "double_blocks").replace("attn.", f"{joined}.qkv.weight")] = (
                    rows
                )
    scale, shift = state.pop("norm_out.linear.weight").chunk(2)
    found["final_layer.adaLN_modulation.1.weight"] = torch.cat([shift, scale])
    renames = (
        ("single_transformer_blocks", "single_blocks"), ("transformer_blocks", "double_blocks"),
        ("attn.to_qkv_mlp_proj", "linear1"), ("attn.to_out.0", "img_attn.proj"), ("attn.to_out", "linear2"),
        ("attn.norm_added_q.weight", "txt_attn.norm.query_norm.scale"), ("attn.to_add_out", "txt_attn.proj"),
        ("attn.norm_added_k.weight", "txt_attn.norm.key_norm.scale"), ("ff_context.linear_in", "txt_mlp.0"),
        ("ff_context.linear_out", "txt_mlp.2"), ("ff.linear_in", "img_mlp.0"), ("ff.linear_out", "img_mlp.2"),
        ("x_embedder", "img_in"), ("context_embedder", "txt_in"), ("proj_out", "final_layer.linear"),
        ("time_guidance_embed.timestep_embedder.linear_1", "time_in.in_layer"),
        ("time_guidance_embed.timestep_embedder.linear_2", "time_in.out_layer"),
        ("modulation.linear", "modulation.lin"),
        ("modulation_img.linear", "modulation_img.lin"), ("modulation_txt.linear", "modulation_txt.lin"),
    )  # fmt: skip
    for name, tensor in state.items():
        norms = "norm" if name.startswith("single") else "img_attn.norm"
        new = name.replace("attn.norm_q.weight", f"{norms}.query_norm.scale")
        new = new.replace("attn.norm_k.weight", f"{norms}.key_norm.scale")
        for theirs, first in renames:
            new = new.replace(theirs, first)
        found[new] = tensor
    return found


@pytest.fixture(scope="module", params=["folder", "files"])
def loaded(request, pipeline, tools, tmp_path_factory):
    root = tmp_path_factory.mktemp("flux2")
    parts = {"transformer": pipeline.transformer, "text_encoder": pipeline.text_encoder, "vae": pipeline.vae}
    if request.param == "folder":
        folder = tools.folder_of(root, **parts)
        return tools.Loaded("flux2", folder, folder, folder)
    model = tools.file_of(root / "model.safetensors", original(pipeline.transformer))
    clip = tools.file_of(root / "clip.safetensors", pipeline.text_encoder.state_dict())
    inside = {"quant_conv.": "encoder.quant_conv.", "post_quant_conv.": "decoder.post_quant_conv."}
    state = {inside.get(k.split(".")[0] + ".", k.split(".")[0] + ".") + k.partition(".")[2]: v
             for k, v in pipeline.vae.state_dict().items()}  # fmt: skip
    vae = tools.file_of(root / "vae.safetensors", state)
    assert [inspect(p).family for p in (model, clip, vae)] == ["flux2", "qwen3-4b", "kl-flux2"]
    return tools.Loaded("flux2", model, clip, vae)


def run(pipeline, tools, **how):
    return pipeline(
        prompt=PROMPT, height=64, width=96, num_inference_steps=3, guidance_scale=2.5,
        latents=tools.noise(1, 128, 4, 6), output_type="pt", return_dict=False, **how,
    )[0]  # fmt: skip


def test_the_picture_is_that_of_the_pipeline(loaded, pipeline, tools):
    expected = run(pipeline, tools)
    samples = loaded.sampled(torch.zeros(1, 4, 8, 12), pipeline.scheduler.sigmas, PROMPT, "", cfg=2.5)
    assert tools.distance(loaded.vae.decode(samples), expected.movedim(1, -1)) < 1e-4


def test_a_picture_to_edit_takes_part_as_in_the_pipeline(loaded, pipeline, tools):
    pixels = np.random.default_rng(3).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    expected = run(pipeline, tools, image=Pictures.fromarray(pixels))
    reference = loaded.vae.encode(torch.from_numpy(pixels)[None] / 255)
    sides = [Conditioning((with_references(loaded.clip.encode(text), [reference]),), "flux2") for text in (PROMPT, "")]
    samples = loaded.sampled(torch.zeros(1, 4, 8, 12), pipeline.scheduler.sigmas, *sides, cfg=2.5)
    assert tools.distance(loaded.vae.decode(samples), expected.movedim(1, -1)) < 1e-4


def test_pictures_come_back_through_the_autoencoder_as_through_diffusers_own(loaded, pipeline, tools):
    picture = torch.rand(1, 64, 32, 3, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        theirs = pipeline._encode_vae_image(picture.movedim(-1, 1) * 2 - 1, None)
    assert tools.distance(loaded.vae.encode(picture), theirs) < 1e-5


def test_the_levels_of_the_pipeline_are_those_of_our_schedule(pipeline, tools):
    from calotype.diffusion.sampling.published import flux2

    run(pipeline, tools)
    assert torch.allclose(flux2(3, 96, 64), pipeline.scheduler.sigmas, atol=1e-6)


def test_sixteen_bits_give_nearly_the_same(loaded, tools):
    empty, sigmas = torch.zeros(1, 4, 8, 12), torch.tensor([1.0, 0.6, 0.0])
    half = loaded.in_bfloat16()
    samples = [one.sampled(empty, sigmas, "a red apple", "", cfg=1.0) for one in (half, loaded)]
    assert tools.distance(*samples) < 0.1
    assert tools.distance(*(one.vae.decode(samples[1]) for one in (half, loaded))) < 0.1


def test_weights_in_8_bits_compute_what_their_values_in_float32_do(pipeline, tools, tmp_path):
    said = tools.in_8_bits(
        "flux2", pipeline.transformer, tmp_path, tools.noise(1, 128, 4, 2), torch.tensor([0.7]), torch.ones(1, 5, 48)
    )
    assert tools.distance(*said) < 1e-6
