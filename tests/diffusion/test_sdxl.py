"""SDXL and SD 2.x: narrow models against diffusers' and transformers' own."""

import pytest
import torch
from safetensors.torch import load_file

from calotype.diffusion.loading import load
from calotype.diffusion.sampling import sample
from calotype.diffusion.sizes import size_ids
from calotype.types import Clip, Conditioning, ControlNet, FileRef, Latent, Model, Patch, Vae

CPU = torch.device("cpu")
XL = FileRef("checkpoints", "xl.safetensors")
TWO = FileRef("checkpoints", "two.safetensors")


def error(a, b):
    return float((a - b).norm() / b.norm())


@pytest.fixture(scope="module")
def root(tiny, tmp_path_factory):
    root = tmp_path_factory.mktemp("wide")
    tiny.saved(root / "checkpoints" / "xl.safetensors", tiny.sdxl_shapes())
    unet = tiny.unet_shapes((64, 64, 128), 128, (0, 1, 2), 2, linear=True, sizes=64 + 6 * 256)
    tiny.saved(root / "controlnet" / "xl.safetensors", tiny.under("control_model", tiny.control_shapes(unet)))
    two = (
        tiny.under("model.diffusion_model", tiny.unet_shapes((64, 64, 128, 128), linear=True))
        | tiny.under("cond_stage_model.model", tiny.openclip_shapes())
        | tiny.under("first_stage_model", tiny.vae_shapes())
    )
    tiny.saved(root / "checkpoints" / "two.safetensors", two)
    return root


@pytest.fixture(scope="module")
def weights(root):
    return load_file(root / "checkpoints" / "xl.safetensors")


@pytest.fixture(scope="module")
def loaded(root):
    return lambda recipe: load(recipe, lambda f: root / f.folder / f.name, CPU)


@pytest.fixture(scope="module")
def raw_unet(weights, loaded):
    """The U-Net as diffusers converts it."""
    from diffusers.loaders.single_file_utils import convert_ldm_unet_checkpoint
    from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel

    config = loaded(Model(XL, "sdxl")).module.config
    unet = UNet2DConditionModel.from_config(config)
    unet.load_state_dict(convert_ldm_unet_checkpoint(weights, dict(config)))
    return unet.float().eval()


def raw_openclip(weights, prefix, layers):
    """OpenCLIP's text encoder written out in torch."""
    w = {k.removeprefix(prefix): v.float() for k, v in weights.items() if k.startswith(prefix)}
    norm = lambda x, n: torch.nn.functional.layer_norm(x, x.shape[-1:], w[n + ".weight"], w[n + ".bias"])  # noqa: E731
    linear = lambda x, n: x @ w[n + ".weight"].T + w[n + ".bias"]  # noqa: E731

    def states(ids):
        x = w["token_embedding.weight"][ids] + w["positional_embedding"]
        found = [x]
        for i in range(layers):
            b = f"transformer.resblocks.{i}."
            q, k, v = (norm(x, b + "ln_1") @ w[b + "attn.in_proj_weight"].T + w[b + "attn.in_proj_bias"]).chunk(3, -1)
            x = x + linear(
                torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True), b + "attn.out_proj"
            )
            x = x + linear(torch.nn.functional.gelu(linear(norm(x, b + "ln_2"), b + "mlp.c_fc")), b + "mlp.c_proj")
            found.append(x)
        last = norm(x, "ln_final")
        return found, norm(found[-2], "ln_final"), last[:, (ids[0] == 49407).int().argmax()] @ w["text_projection"]

    return states


IDS = [49406, 320, 1125, 539, 320, 2368, 49407]


def test_sdxl_encodes_with_both_encoders_and_pools_the_second(weights, loaded):
    prompt = loaded(Clip(XL, "sdxl")).encode("a photo of a cat")
    states, _, pooled = raw_openclip(weights, "conditioner.embedders.1.model.", 4)(torch.tensor([IDS + [0] * 70]))
    assert prompt.tokens.shape == (1, 77, 128)
    assert error(prompt.tokens[..., 64:], states[-2]) < 1e-5
    assert error(prompt.pooled, pooled) < 1e-5


def test_sdxl_takes_a_text_for_each_encoder(loaded):
    encoder = loaded(Clip(XL, "sdxl"))
    both, mixed, other = encoder.encode("a"), encoder.encode(["a", "b"]), encoder.encode("b")
    assert torch.equal(mixed.tokens[..., :64], both.tokens[..., :64])
    assert torch.equal(mixed.tokens[..., 64:], other.tokens[..., 64:])
    assert torch.equal(mixed.pooled, other.pooled)


def test_the_sdxl_unet_is_the_one_of_diffusers(loaded, raw_unet):
    unet = loaded(Model(XL, "sdxl"))
    x, t, tokens, pooled = (
        torch.randn(2, 4, 8, 8),
        torch.tensor([5.0, 900.0]),
        torch.randn(2, 77, 128),
        torch.randn(2, 64),
    )
    sizes = torch.tensor([[96.0, 64, 8, 0, 64, 64]] * 2)
    with torch.no_grad():
        said = raw_unet(x, t, tokens, added_cond_kwargs={"text_embeds": pooled, "time_ids": sizes}).sample
    options = {"height": 96, "width": 64, "crop_h": 8, "target_height": 64, "target_width": 64}
    assert error(unet.predict(x, t, tokens, pooled=pooled, options=options), said) < 1e-5


def test_sizes_are_those_of_the_picture_where_nobody_says_them():
    assert size_ids("sdxl", {}, 1, (512, 768)).tolist() == [[512, 768, 0, 0, 512, 768]]
    assert size_ids("sdxl", {"width": [1, 2], "height": 3}, 2, (8, 8)).tolist() == [
        [3, 1, 0, 0, 3, 1],
        [3, 2, 0, 0, 3, 2],
    ]
    assert size_ids("sdxl-refiner", {}, 1, (512, 768)).tolist() == [[512, 768, 0, 0, 6]]


def euler():
    from diffusers import EulerDiscreteScheduler

    return EulerDiscreteScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", timestep_spacing="linspace"
    )


def drawn(pipe, positive, negative, **more):
    """Four steps of a pipeline of diffusers, from the noise of seed 3 at the levels of `sample`."""
    pipe.set_progress_bar_config(disable=True)
    noise = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(3))
    pipe.scheduler.set_timesteps(4)
    start = pipe.scheduler.init_noise_sigma
    return pipe(
        prompt_embeds=positive.tokens, pooled_prompt_embeds=positive.pooled, negative_prompt_embeds=negative.tokens,
        negative_pooled_prompt_embeds=negative.pooled, num_inference_steps=4, guidance_scale=5.0, height=64, width=64,
        latents=noise * (1 + start**2) ** 0.5 / start, output_type="latent", **more,
    ).images  # fmt: skip


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # diffusers' schedulers
def test_sdxl_text_to_image_is_that_of_the_raw_diffusers_pipeline(loaded, raw_unet):
    from diffusers import StableDiffusionXLPipeline

    encoder, vae = loaded(Clip(XL, "sdxl")), loaded(Vae(XL, "sdxl"))
    positive, negative = encoder.encode("a cat"), encoder.encode("bad")
    pipe = StableDiffusionXLPipeline(vae.module, None, None, None, None, raw_unet, euler(), add_watermarker=False)
    theirs = drawn(pipe, positive, negative)
    ours = sample(
        loaded(Model(XL, "sdxl")), Conditioning((positive,), "sdxl"), Conditioning((negative,), "sdxl"),
        Latent(torch.zeros(1, 4, 8, 8)), seed=3, steps=4, cfg=5.0,
    )  # fmt: skip
    assert error(ours.latent.samples * 0.13025, theirs) < 1e-4


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_an_sdxl_inpainting_model_sees_picture_and_mask_as_in_the_pipeline(tiny, tmp_path, monkeypatch):
    from diffusers import StableDiffusionXLInpaintPipeline
    from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution

    monkeypatch.setattr(DiagonalGaussianDistribution, "sample", lambda self, generator=None: self.mode())
    path = tiny.saved(tmp_path / "it.safetensors", tiny.sdxl_shapes(channels=9, layers=1))
    unet, encoder, vae = (load(kind(XL, "sdxl"), lambda f: path, CPU) for kind in (Model, Clip, Vae))
    vae.module.register_to_config(scaling_factor=0.13025, force_upcast=False)
    positive, negative = encoder.encode("a cat"), encoder.encode("bad")
    pipe = StableDiffusionXLInpaintPipeline(
        vae.module, None, None, None, None, unet.module, euler(), add_watermarker=False
    )
    draw = torch.Generator().manual_seed(2)
    pixels, mask = torch.rand(1, 64, 64, 3, generator=draw), torch.zeros(1, 64, 64)
    mask[:, 16:48, :32] = 1.0
    theirs = drawn(pipe, positive, negative, image=pixels.movedim(-1, 1), mask_image=mask[:, None], strength=1.0)
    shown = {"concat_latent": vae.encode((pixels - 0.5) * (1 - mask[..., None]) + 0.5), "concat_mask": mask}
    sides = (Conditioning((side,), "sdxl").mapped(tensors=shown) for side in (positive, negative))
    ours = sample(unet, *sides, Latent(torch.zeros(1, 4, 8, 8)), seed=3, steps=4, cfg=5.0)
    assert error(ours.latent.samples * 0.13025, theirs) < 1e-4


def test_an_sdxl_controlnet_is_the_one_of_diffusers(root, loaded):
    from diffusers.loaders.single_file_utils import convert_controlnet_checkpoint
    from diffusers.models.controlnets.controlnet import ControlNetModel

    control = loaded(ControlNet(FileRef("controlnet", "xl.safetensors"), "sdxl"))
    theirs = ControlNetModel.from_config(control.module.config)
    weights = load_file(root / "controlnet" / "xl.safetensors")
    embedding = {  # which that conversion leaves out
        f"add_embedding.linear_{i + 1}.{leaf}": weights[f"control_model.label_emb.0.{2 * i}.{leaf}"]
        for i in (0, 1)
        for leaf in ("weight", "bias")
    }
    theirs.load_state_dict(convert_controlnet_checkpoint(weights, dict(control.module.config)) | embedding)
    x, t, tokens, hint = torch.randn(1, 4, 8, 8), torch.tensor([5.0]), torch.randn(1, 77, 128), torch.rand(1, 3, 64, 64)
    pooled = torch.randn(1, 64)
    extra = {"text_embeds": pooled, "time_ids": torch.tensor([[64.0, 64, 0, 0, 64, 64]])}
    with torch.no_grad():
        _, middle = theirs.float().eval()(x, t, tokens, hint, added_cond_kwargs=extra, return_dict=False)
    assert error(control.residuals(x, t, tokens, hint, pooled=pooled).middle, middle) < 1e-5


def test_a_lora_reaches_both_text_encoders_of_sdxl(root, tiny, loaded):
    names = {f"lora_te{i}_text_model_encoder_layers_0_self_attn_q_proj": (64, 64) for i in (1, 2)}
    tiny.saved(root / "loras" / "xl.safetensors", tiny.lora_shapes(names))
    plain = loaded(Clip(XL, "sdxl"))
    patched = loaded(Clip(XL, "sdxl").patched(Patch("lora", FileRef("loras", "xl.safetensors"), (("strength", 1.0),))))
    weight = "encoder.layers.0.self_attn.q_proj.weight"
    changed = [
        not torch.equal(a.get_parameter(a.named(weight)), b.get_parameter(b.named(weight)))
        for a, b in zip(plain.encoders, patched.encoders, strict=True)
    ]
    assert changed == [True, True]


def test_sd2_encodes_with_the_normed_penultimate_layer(root, loaded):
    prompt = loaded(Clip(TWO, "sd2")).encode("a photo of a cat")
    weights = load_file(root / "checkpoints" / "two.safetensors")
    _, normed, _ = raw_openclip(weights, "cond_stage_model.model.", 3)(torch.tensor([IDS + [0] * 70]))
    assert error(prompt.tokens, normed) < 1e-5


def test_the_sd2_unet_is_the_one_of_diffusers(root, loaded):
    from diffusers.loaders.single_file_utils import convert_ldm_unet_checkpoint
    from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel

    unet = loaded(Model(TWO, "sd2"))
    assert unet.module.config.attention_head_dim == (1, 1, 2, 2)
    assert unet.sampling.prediction == "eps"
    theirs = UNet2DConditionModel.from_config(unet.module.config)
    weights = load_file(root / "checkpoints" / "two.safetensors")
    theirs.load_state_dict(convert_ldm_unet_checkpoint(weights, dict(unet.module.config)))
    x, t, tokens = torch.randn(1, 4, 8, 8), torch.tensor([5.0]), torch.randn(1, 77, 64)
    with torch.no_grad():
        assert error(unet.predict(x, t, tokens), theirs.float().eval()(x, t, tokens).sample) < 1e-5


def test_a_patch_decides_what_a_model_predicts(loaded):
    patch = Patch("sampling", settings=(("prediction", "v"), ("zero_snr", True)))
    sampling = loaded(Model(TWO, "sd2", (patch,))).sampling
    assert (sampling.prediction, sampling.sigma_max > 4000) == ("v", True)


def test_an_sdxl_folder_of_diffusers_gives_the_same_models(root, loaded, tiny, tmp_path):
    folder = tmp_path / "xl"
    unet, vae = loaded(Model(XL, "sdxl")), loaded(Vae(XL, "sdxl"))
    unet.module.save_pretrained(folder / "unet")
    vae.module.save_pretrained(folder / "vae")
    tiny.saved(folder / "text_encoder" / "model.safetensors", tiny.clip_shapes(64, 3))
    tiny.saved(folder / "text_encoder_2" / "model.safetensors", tiny.clip_shapes(64, 4, projection=64))
    there = FileRef("checkpoints", "xl")
    again, encoder = (load(kind(there, "sdxl"), lambda f: folder, CPU) for kind in (Model, Clip))
    prompt = encoder.encode("a cat")
    assert (prompt.tokens.shape, prompt.pooled.shape) == ((1, 77, 128), (1, 64))
    x, t = torch.randn(1, 4, 8, 8), torch.tensor([5.0])
    mine, theirs = (u.predict(x, t, prompt.tokens, pooled=prompt.pooled) for u in (unet, again))
    assert error(theirs, mine) < 1e-5


def test_the_refiner_is_conditioned_on_an_aesthetic_score(tiny, tmp_path):
    unet = tiny.unet_shapes((64, 64, 128, 128), 64, (0, 1, 1, 0), 1, linear=True, sizes=64 + 5 * 256)
    shapes = tiny.under("model.diffusion_model", unet) | tiny.under(
        "conditioner.embedders.0.model", tiny.openclip_shapes()
    )
    path = tiny.saved(tmp_path / "refiner.safetensors", shapes)
    refiner = FileRef("checkpoints", "refiner.safetensors")
    denoiser, encoder = (load(kind(refiner, "sdxl-refiner"), lambda f: path, CPU) for kind in (Model, Clip))
    prompt, x, t = encoder.encode("a cat"), torch.randn(1, 4, 8, 8), torch.tensor([5.0])
    low, high = (
        denoiser.predict(x, t, prompt.tokens, pooled=prompt.pooled, options={"aesthetic_score": s}) for s in (2.5, 6.0)
    )
    assert not torch.allclose(low, high)
    assert torch.equal(high, denoiser.predict(x, t, prompt.tokens, pooled=prompt.pooled))
