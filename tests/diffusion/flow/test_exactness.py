"""SD 3, SD 3.5 and FLUX.1 from a prompt to a picture, against diffusers' own pipelines with the same weights."""

import pytest
import torch

from calotype.diffusion.families.inspect import family_of
from calotype.diffusion.loading import load
from calotype.diffusion.sampling import sample
from calotype.types import Clip, Conditioning, FileRef, Latent, Model, Vae

CPU = torch.device("cpu")
SIGMAS = [1.0, 0.8, 0.45, 0.2]
PROMPT, NEGATIVE = "a photo of a cat, 8k", "blurry"


def error(a, b):
    return float((a - b).norm() / b.norm())


@pytest.fixture
def quiet(monkeypatch):
    """diffusers without its bar and its warnings about long prompts."""
    from diffusers import DiffusionPipeline

    monkeypatch.setattr(DiffusionPipeline, "progress_bar", lambda self, *a, total=None: Silent())


class Silent:
    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def update(self):
        return None


def ours(path, cfg=1.0, side=6, **options):
    """Our latents in the model's units and pictures, and the noise that they began with."""
    file = FileRef("checkpoints", path.name)
    family = family_of(path)
    clip, model, vae = (load(kind(file, family), lambda f: path, CPU, torch.float32) for kind in (Clip, Model, Vae))
    positive, negative = (
        Conditioning((clip.encode(text),), family).mapped(options=options) for text in (PROMPT, NEGATIVE)
    )
    latent = Latent(torch.zeros(2, 4, side, side + 2))
    sigmas = torch.tensor([*SIGMAS, 0.0])
    done = sample(model, positive, negative, latent, sampler="euler", seed=5, cfg=cfg, sigmas=sigmas).latent
    noise = torch.randn(2, 16, side, side + 2, generator=torch.Generator().manual_seed(5))
    return model.latent.into_model(done.samples), vae.decode(done.samples), noise


@pytest.mark.parametrize("version", [{}, {"dual": 1, "normed": True}], ids=["3", "3.5"])
@pytest.mark.parametrize("layout", ["file", "folder"])
def test_sd3_draws_the_pictures_of_diffusers(tiny, flow, quiet, tmp_path, version, layout):
    path = tiny.saved(tmp_path / "sd3.safetensors", flow.sd3_checkpoint(**version))
    pipeline = flow.sd3_pipeline(path, **version)
    if layout == "folder":
        pipeline.save_pretrained(path := tmp_path / "sd3")
    latents, pictures, noise = ours(path, cfg=4.0)
    said = {
        "prompt": [PROMPT] * 2, "negative_prompt": [NEGATIVE] * 2, "sigmas": SIGMAS, "num_inference_steps": 4,
        "guidance_scale": 4.0, "max_sequence_length": 77, "height": 12, "width": 16,
    }  # fmt: skip
    assert error(latents, pipeline(latents=noise, output_type="latent", **said).images) < 1e-4
    expected = pipeline(latents=noise, output_type="pt", **said).images.movedim(1, -1)
    assert error(pictures, expected) < 1e-4


@pytest.mark.parametrize("guided", [True, False], ids=["dev", "schnell"])
@pytest.mark.parametrize("layout", ["file", "folder"])
def test_flux_draws_the_pictures_of_diffusers(tiny, flow, quiet, tmp_path, guided, layout):
    path = tiny.saved(tmp_path / "flux.safetensors", flow.flux_checkpoint(guided=guided))
    pipeline = flow.flux_pipeline(path, guided)
    if layout == "folder":
        pipeline.save_pretrained(path := tmp_path / "flux")
    latents, pictures, noise = ours(path, guidance=2.5)
    said = {
        "prompt": [PROMPT] * 2, "sigmas": SIGMAS, "num_inference_steps": 4, "guidance_scale": 2.5,
        "max_sequence_length": 256, "height": 12, "width": 16,
    }  # fmt: skip
    rows = pipeline._pack_latents(noise, 2, 16, 6, 8)
    got = pipeline(latents=rows, output_type="latent", **said).images
    assert error(latents, pipeline._unpack_latents(got, 12, 16, 2)) < 1e-4
    expected = pipeline(latents=rows, output_type="pt", **said).images.movedim(1, -1)
    assert error(pictures, expected) < 1e-4
