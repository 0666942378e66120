"""Z-Image from prompt to picture, against diffusers' own pipeline on the same tiny weights."""

import pytest
import torch

from calotype.diffusion.families.inspect import inspect

PROMPT = "a (red:1.3) apple on 3 plates"


@pytest.fixture(scope="module")
def pipeline(tokenizer, qwen3, tools):
    from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler, ZImagePipeline, ZImageTransformer2DModel

    transformer = ZImageTransformer2DModel(
        dim=32, n_layers=2, n_refiner_layers=1, n_heads=2, n_kv_heads=2, cap_feat_dim=16, axes_dims=[4, 6, 6]
    )
    vae = AutoencoderKL(
        latent_channels=16, block_out_channels=(32,) * 4, layers_per_block=1, scaling_factor=0.3611,
        shift_factor=0.1159, use_quant_conv=False, use_post_quant_conv=False,
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
    )  # fmt: skip
    scheduler = FlowMatchEulerDiscreteScheduler(shift=3.0)
    made = ZImagePipeline(scheduler, tools.lively(vae, 2), qwen3(4), tokenizer, tools.lively(transformer, 3))
    made.set_progress_bar_config(disable=True)
    return made


@pytest.fixture(scope="module")
def expected(pipeline, tools):
    def run(**how):
        return pipeline(
            prompt=PROMPT, negative_prompt="blurred", height=64, width=48, num_inference_steps=3, guidance_scale=2.5,
            latents=tools.noise(1, 16, 8, 6), return_dict=False, **how,
        )[0]  # fmt: skip

    return run(output_type="latent"), run(output_type="pt")


def original(transformer):
    """The transformer's tensors under the names of the first release."""
    state = dict(transformer.state_dict())
    found = {}
    for name in list(state):
        if name.endswith("attention.to_q.weight"):
            base = name.removesuffix("to_q.weight")
            found[base + "qkv.weight"] = torch.cat([state.pop(f"{base}to_{p}.weight") for p in "qkv"])
    renames = {
        "all_x_embedder.2-1": "x_embedder", "all_final_layer.2-1": "final_layer", "attention.to_out.0": "attention.out",
        "attention.norm_q": "attention.q_norm", "attention.norm_k": "attention.k_norm",
    }  # fmt: skip
    for name, tensor in state.items():
        new = name
        for theirs, first in renames.items():
            new = new.replace(theirs, first)
        found[new] = tensor
    return found


@pytest.fixture(scope="module", params=["folder", "files"])
def loaded(request, pipeline, tools, tmp_path_factory):
    root = tmp_path_factory.mktemp("z-image")
    parts = {"transformer": pipeline.transformer, "text_encoder": pipeline.text_encoder, "vae": pipeline.vae}
    if request.param == "folder":
        folder = tools.folder_of(root, **parts)
        return tools.Loaded("z-image", folder, folder, folder)
    model = tools.file_of(root / "model.safetensors", original(pipeline.transformer))
    clip = tools.file_of(root / "clip.safetensors", pipeline.text_encoder.state_dict())
    vae = tools.file_of(root / "vae.safetensors", pipeline.vae.state_dict())
    assert [inspect(p).family for p in (model, clip, vae)] == ["z-image", "qwen3-4b", "kl-f8-16"]
    return tools.Loaded("z-image", model, clip, vae)


def test_the_latent_and_the_picture_are_those_of_the_pipeline(loaded, pipeline, expected, tools):
    latent, picture = expected
    samples = loaded.sampled(torch.zeros(1, 4, 8, 6), pipeline.scheduler.sigmas, PROMPT, "blurred", cfg=3.5)
    units = loaded.denoiser.latent.into_model(samples)
    assert tools.distance(units, latent) < 1e-4
    assert tools.distance(loaded.vae.decode(samples), picture.movedim(1, -1)) < 1e-4


def test_odd_sides_are_sampled_too(loaded):
    samples = loaded.sampled(torch.zeros(1, 4, 5, 7), torch.tensor([1.0, 0.5, 0.0]), "a", "", cfg=1.0)
    assert samples.shape == (1, 16, 5, 7)
    assert samples.isfinite().all()


def test_levels_are_shifted_by_three_and_told_as_sigmas(loaded):
    sampling = loaded.denoiser.sampling
    assert (sampling.prediction, sampling.shift, sampling.multiplier) == ("flow", 3.0, 1.0)


def test_a_prompt_of_another_width_is_refused_with_the_encoder_that_fits(loaded):
    from calotype.errors import FamilyMismatch
    from calotype.types import Conditioning, Prompt

    other = Conditioning((Prompt(torch.zeros(1, 4, 24)),), "flux2")
    with pytest.raises(FamilyMismatch, match=r"Z-Image model listens to words of 16 features, these have 24"):
        loaded.sampled(torch.zeros(1, 16, 4, 4), torch.tensor([1.0, 0.0]), other, other, cfg=1.0)


def test_sixteen_bits_give_nearly_the_same(loaded, tools):
    empty, sigmas = torch.zeros(1, 4, 4, 6), torch.tensor([1.0, 0.6, 0.0])
    half = loaded.in_bfloat16()
    samples = [one.sampled(empty, sigmas, "a red apple", "", cfg=1.0) for one in (half, loaded)]
    assert tools.distance(*samples) < 0.1
    assert tools.distance(*(one.vae.decode(samples[1]) for one in (half, loaded))) < 0.1


def test_weights_in_8_bits_compute_what_their_values_in_float32_do(pipeline, tools, tmp_path):
    said = tools.in_8_bits(
        "z-image", pipeline.transformer, tmp_path, tools.noise(1, 16, 4, 6), torch.tensor([0.7]), torch.ones(1, 5, 16)
    )
    assert tools.distance(*said) < 1e-6


def test_one_file_with_all_parts_says_what_files_of_their_own_do(loaded, pipeline, tools, tmp_path):
    parts = {
        "model.diffusion_model.": original(pipeline.transformer),
        "text_encoders.qwen3_4b.transformer.": pipeline.text_encoder.state_dict(),
        "vae.": pipeline.vae.state_dict(),
    }
    path = tools.file_of(tmp_path / "all.safetensors", {p + n: t for p, some in parts.items() for n, t in some.items()})
    whole, empty = tools.Loaded("z-image", path, path, path), torch.zeros(1, 4, 4, 6)
    said = [one.sampled(empty, torch.tensor([1.0, 0.6, 0.0]), PROMPT, "", cfg=1.0) for one in (whole, loaded)]
    assert tools.distance(*said) < 1e-5
    assert tools.distance(*(one.vae.decode(said[1]) for one in (whole, loaded))) < 1e-5
