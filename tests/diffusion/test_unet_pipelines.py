"""SD 1.x, SD 2.x and the SDXL refiner from folders, against diffusers' own pipelines of the same tiny weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from tests.diffusion.flow.conftest import clip_tokenizer

from calotype.diffusion.loading import load
from calotype.diffusion.sampling import sample
from calotype.diffusion.sampling.guiders import dual
from calotype.types import Clip, Conditioning, FileRef, Latent, Model, Vae

CPU = torch.device("cpu")
PROMPT, NEGATIVE = "a photo of a cat, 8k", "blurry"
LEVELS = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "steps_offset": 1}
NOISE = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(3))

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # diffusers' schedulers


def error(a, b):
    return float((a - b).norm() / b.norm())


def clip(activation: str, layers: int, projected: bool = False) -> Any:
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    config = CLIPTextConfig(
        vocab_size=49408, hidden_size=64, intermediate_size=128, num_hidden_layers=layers, num_attention_heads=1,
        hidden_act=activation, projection_dim=64, eos_token_id=49407,
    )  # fmt: skip
    return (CLIPTextModelWithProjection if projected else CLIPTextModel)(config).eval()


def unet(heads: Any, channels: int = 4, **more: Any) -> Any:
    from diffusers import UNet2DConditionModel

    shape = {
        "block_out_channels": (64, 128), "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
        "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"), "layers_per_block": 1,
    }  # fmt: skip
    made = UNet2DConditionModel(
        in_channels=channels, sample_size=64, cross_attention_dim=64, attention_head_dim=heads, **shape | more
    ).eval()
    with torch.no_grad():
        for weight in made.parameters():
            if weight.ndim > 1:
                weight.normal_(0, weight[0].numel() ** -0.5)
    return made


def vae(scale: float) -> Any:
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        block_out_channels=(32,) * 4, layers_per_block=1, down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4, scaling_factor=scale,
    ).eval()  # fmt: skip


def pipeline(kind: Any, network: Any, encoder: Any, pad: str, prediction: str = "epsilon") -> Any:
    from diffusers import EulerDiscreteScheduler

    scheduler = EulerDiscreteScheduler(prediction_type=prediction, **LEVELS)
    parts = (vae(0.18215), encoder, clip_tokenizer(pad), network, scheduler, None, None)
    made = kind(*parts, requires_safety_checker=False)
    made.set_progress_bar_config(disable=True)
    return made


def two(prediction: str = "epsilon", channels: int = 4) -> Any:
    """SD 2.x: 23 of the 24 layers of its text encoder are in a folder, of which the last is the one that counts."""
    from diffusers import StableDiffusionInpaintPipeline, StableDiffusionPipeline

    kind = StableDiffusionPipeline if channels == 4 else StableDiffusionInpaintPipeline
    network = unet((1, 2), channels, use_linear_projection=True)
    return pipeline(kind, network, clip("gelu", 2), "!", prediction)


def one(channels: int = 4) -> Any:
    from diffusers import StableDiffusionInpaintPipeline, StableDiffusionPipeline

    kind = StableDiffusionPipeline if channels == 4 else StableDiffusionInpaintPipeline
    return pipeline(kind, unet(8, channels), clip("quick_gelu", 2), "<|endoftext|>")


class Ours:
    """The same from its folder."""

    def __init__(self, theirs: Any, root: Path, family: str) -> None:
        theirs.save_pretrained(root / "it")
        file = FileRef("checkpoints", "it")
        self.family = family
        self.model, self.clip, self.vae = (
            load(kind(file, family), lambda f: root / f.name, CPU) for kind in (Model, Clip, Vae)
        )

    def said(self, text: str, **more: Any) -> Conditioning:
        return Conditioning((self.clip.encode(text),), self.family).mapped(**more)

    def drawn(self, **more: Any) -> torch.Tensor:
        sides = (self.said(text, **more) for text in (PROMPT, NEGATIVE))
        done = sample(self.model, *sides, Latent(torch.zeros(1, 4, 8, 8)), seed=3, steps=4, cfg=5.0).latent
        return self.model.latent.into_model(done.samples)


def begun(scheduler: Any) -> torch.Tensor:
    """The noise as our sampler begins with it."""
    scheduler.set_timesteps(4)
    return NOISE * (1 + scheduler.sigmas[0] ** 2) ** 0.5


def drawn(theirs: Any, **more: Any) -> torch.Tensor:
    return theirs(
        prompt=PROMPT, negative_prompt=NEGATIVE, num_inference_steps=4, guidance_scale=5.0, height=64, width=64,
        latents=begun(theirs.scheduler) / theirs.scheduler.init_noise_sigma, output_type="latent", **more,
    ).images  # fmt: skip


@pytest.mark.parametrize(
    ("make", "family"),
    [(one, "sd1"), (lambda: two("epsilon"), "sd2"), (lambda: two("v_prediction"), "sd2")],
    ids=["sd1", "sd2", "sd2-v"],
)
def test_a_folder_draws_what_its_pipeline_draws(make, family, tmp_path):
    torch.manual_seed(1)
    theirs = make()
    ours, expected = Ours(theirs, tmp_path, family), drawn(theirs)
    assert error(ours.drawn(), expected) < 1e-4
    with torch.no_grad():
        pictures = theirs.vae.decode(expected / 0.18215).sample.movedim(1, -1) / 2 + 0.5
    assert error(ours.vae.decode(expected / 0.18215), pictures.clamp(0, 1)) < 1e-4


@pytest.mark.parametrize(("make", "family"), [(one, "sd1"), (two, "sd2")], ids=["sd1", "sd2"])
def test_an_inpainting_model_sees_picture_and_mask_as_in_the_pipeline(make, family, tmp_path, monkeypatch):
    from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution

    monkeypatch.setattr(DiagonalGaussianDistribution, "sample", lambda self, generator=None: self.mode())
    torch.manual_seed(1)
    theirs = make(channels=9)
    draw = torch.Generator().manual_seed(2)
    pixels, mask = torch.rand(1, 64, 64, 3, generator=draw), torch.zeros(1, 64, 64)
    mask[:, 16:48, :32] = 1.0
    expected = drawn(theirs, image=pixels.movedim(-1, 1), mask_image=mask[:, None])
    ours = Ours(theirs, tmp_path, family)
    tensors = {"concat_latent": ours.vae.encode((pixels - 0.5) * (1 - mask[..., None]) + 0.5), "concat_mask": mask}
    assert error(ours.drawn(tensors=tensors), expected) < 1e-4
    assert error(ours.drawn(), expected) > 1e-3


def test_an_editing_model_sees_the_picture_and_is_guided_by_both_as_in_the_pipeline(tmp_path):
    from diffusers import StableDiffusionInstructPix2PixPipeline

    torch.manual_seed(1)
    theirs = pipeline(StableDiffusionInstructPix2PixPipeline, unet(8, 8), clip("quick_gelu", 2), "<|endoftext|>")
    pixels = torch.rand(1, 64, 64, 3, generator=torch.Generator().manual_seed(2))
    expected = theirs(
        prompt=PROMPT, negative_prompt=NEGATIVE, image=pixels.movedim(-1, 1), num_inference_steps=4, guidance_scale=5.0,
        image_guidance_scale=1.5, latents=begun(theirs.scheduler) / theirs.scheduler.init_noise_sigma,
        output_type="latent",
    ).images  # fmt: skip
    ours = Ours(theirs, tmp_path, "sd1")
    shown = {"tensors": {"concat_latent": ours.vae.encode(pixels)}}
    sides = [ours.said(PROMPT, **shown), ours.said(NEGATIVE, **shown), ours.said(NEGATIVE)]
    empty = Latent(torch.zeros(1, 4, 8, 8))
    done = sample(ours.model, *sides[::2], empty, seed=3, steps=4, others=sides[1:2], guider=dual(5.0, 1.5))
    assert error(ours.model.latent.into_model(done.latent.samples), expected) < 1e-4


def test_the_refiner_draws_what_its_pipeline_draws(tmp_path):
    from diffusers import EulerDiscreteScheduler, StableDiffusionXLImg2ImgPipeline

    torch.manual_seed(1)
    more = {
        "block_out_channels": (64, 64, 128, 128), "transformer_layers_per_block": (1, 2, 2, 1), "use_linear_projection":
        True, "addition_embed_type": "text_time", "addition_time_embed_dim": 256,
        "projection_class_embeddings_input_dim": 64 + 5 * 256,
        "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    }  # fmt: skip
    theirs = StableDiffusionXLImg2ImgPipeline(
        vae(0.13025), None, clip("gelu", 3, projected=True), None, clip_tokenizer("!"), unet((1, 1, 2, 2), **more),
        EulerDiscreteScheduler(**LEVELS), requires_aesthetics_score=True, add_watermarker=False,
    )  # fmt: skip
    theirs.set_progress_bar_config(disable=True)
    start = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(6))
    expected = theirs(
        prompt=PROMPT, negative_prompt=NEGATIVE, image=start, strength=1.0, num_inference_steps=4, guidance_scale=5.0,
        latents=begun(theirs.scheduler), output_type="latent", original_size=(64, 64), target_size=(64, 64),
    ).images  # fmt: skip
    ours = Ours(theirs, tmp_path, "sdxl-refiner")
    sides = [
        ours.said(text, options={"aesthetic_score": score, "height": 64, "width": 64})
        for text, score in ((PROMPT, 6.0), (NEGATIVE, 2.5))
    ]
    done = sample(ours.model, *sides, Latent(torch.zeros(1, 4, 8, 8)), seed=3, steps=4, cfg=5.0).latent
    assert error(ours.model.latent.into_model(done.samples), expected) < 1e-4
