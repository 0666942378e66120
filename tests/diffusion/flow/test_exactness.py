"""SD 3, SD 3.5 and FLUX.1 from a prompt to a picture, against diffusers' own pipelines with the same weights."""

import math

import pytest
import torch
from diffusers import FluxFillPipeline
from safetensors.torch import load_file

from calotype.diffusion.families.inspect import family_of
from calotype.diffusion.loading import load
from calotype.diffusion.residuals import BlockResiduals
from calotype.diffusion.sampling import sample
from calotype.types import Clip, Conditioning, FileRef, Latent, Model, Prompt, Vae

CPU = torch.device("cpu")
SIGMAS = [1.0, 0.8, 0.45, 0.2]
NOISE = torch.randn(2, 16, 6, 8, generator=torch.Generator().manual_seed(5))  # what a seed of 5 begins with
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


def ours(path, cfg=1.0, **options):
    """Our latents in the model's units, and our pictures."""
    file, family = FileRef("checkpoints", path.name), family_of(path)
    clip, model, vae = (load(kind(file, family), lambda f: path, CPU, torch.float32) for kind in (Clip, Model, Vae))
    sides = [Conditioning((clip.encode(text),), family).mapped(options=options) for text in (PROMPT, NEGATIVE)]
    latent, sigmas = Latent(torch.zeros(2, 4, 6, 8)), torch.tensor([*SIGMAS, 0.0])
    done = sample(model, *sides, latent, sampler="euler", seed=5, cfg=cfg, sigmas=sigmas).latent
    return model.latent.into_model(done.samples), vae.decode(done.samples)


@pytest.mark.parametrize("version", [{}, {"dual": 1, "normed": True}], ids=["3", "3.5"])
def test_sd3_draws_the_pictures_of_diffusers(tiny, flow, quiet, tmp_path, version):
    path = tiny.saved(tmp_path / "sd3.safetensors", flow.sd3_checkpoint(**version))
    pipeline = flow.sd3_pipeline(path, **version)
    pipeline.save_pretrained(tmp_path / "sd3")
    said = {
        "prompt": [PROMPT] * 2, "negative_prompt": [NEGATIVE] * 2, "sigmas": SIGMAS, "num_inference_steps": 4,
        "guidance_scale": 4.0, "max_sequence_length": 77, "height": 12, "width": 16,
    }  # fmt: skip
    expected = pipeline(latents=NOISE, output_type="latent", **said).images
    for there in (path, tmp_path / "sd3"):
        latents, pictures = ours(there, cfg=4.0)
        assert error(latents, expected) < 1e-4
        assert error(pictures, flow.decoded(pipeline, expected)) < 1e-4


@pytest.mark.parametrize("guided", [True, False], ids=["dev", "schnell"])
def test_flux_draws_the_pictures_of_diffusers(tiny, flow, quiet, tmp_path, guided):
    path = tiny.saved(tmp_path / "flux.safetensors", flow.flux_checkpoint(guided=guided))
    pipeline = flow.flux_pipeline(path, guided)
    pipeline.save_pretrained(tmp_path / "flux")
    said = {
        "prompt": [PROMPT] * 2, "sigmas": SIGMAS, "num_inference_steps": 4, "guidance_scale": 2.5,
        "max_sequence_length": 256, "height": 12, "width": 16,
    }  # fmt: skip
    rows = pipeline._pack_latents(NOISE, 2, 16, 6, 8)
    expected = pipeline._unpack_latents(pipeline(latents=rows, output_type="latent", **said).images, 12, 16, 2)
    for there in (path, tmp_path / "flux"):
        latents, pictures = ours(there, guidance=2.5)
        assert error(latents, expected) < 1e-4
        assert error(pictures, flow.decoded(pipeline, expected)) < 1e-4


def test_default_levels_are_those_of_diffusers_schedulers(tiny, tmp_path, flow):
    """SD 3 shifts by 3; FLUX dev by exp(1.15), as diffusers for a picture of a megapixel; schnell by nothing."""
    from diffusers import FlowMatchEulerDiscreteScheduler

    from calotype.diffusion.sampling.schedules import sigmas_for

    for family, shapes, shift in (
        ("sd3", flow.sd3_shapes(), 3.0),
        ("flux", flow.flux_shapes(), math.exp(1.15)),
        ("flux", flow.flux_shapes(guided=False), 1.0),
    ):
        path = tiny.saved(tmp_path / "model.safetensors", shapes)
        model = load(Model(FileRef("unet", "m"), family), lambda f, p=path: p, CPU)
        theirs = FlowMatchEulerDiscreteScheduler(shift=shift)
        theirs.set_timesteps(sigmas=[1.0, 0.75, 0.5, 0.25])
        assert error(sigmas_for(model.sampling, "simple", 4), theirs.sigmas) < 1e-6


def test_latents_of_odd_sides_keep_their_size(sd3, flux):
    for path in (sd3, flux):
        model = load(Model(FileRef("unet", "m"), family_of(path)), lambda f, p=path: p, CPU)
        with torch.no_grad():
            raw = model.predict(torch.randn(1, 16, 5, 7), torch.tensor([0.5]), torch.randn(1, 4, 128))
        assert raw.shape == (1, 16, 5, 7)


def test_fill_reads_a_picture_and_its_mask_beside_the_latent(tiny, flow, tmp_path):
    """As FluxFillPipeline lays them out: 16 channels of the picture, then 64 of the mask, in patches of 2 x 2."""
    path = tiny.saved(tmp_path / "fill.safetensors", flow.flux_shapes(channels=384))
    model = load(Model(FileRef("unet", "m"), "flux"), lambda f: path, CPU)
    theirs = flow.flux_transformer(flow.part(load_file(path), ""), channels=384)
    draw = torch.Generator().manual_seed(2)
    x, tokens, pooled = (torch.randn(*n, generator=draw) for n in ((1, 16, 4, 6), (1, 9, 128), (1, 64)))
    picture, mask = torch.randn(1, 16, 4, 6, generator=draw), torch.rand(1, 32, 48, generator=draw).round()
    pack = FluxFillPipeline._pack_latents
    cells = mask.view(1, 4, 8, 6, 8).permute(0, 2, 4, 1, 3).reshape(1, 64, 4, 6)
    beside = [pack(model.latent.into_model(picture), 1, 16, 4, 6), pack(cells, 1, 64, 4, 6)]
    with torch.no_grad():
        rows = theirs(
            torch.cat([pack(x, 1, 16, 4, 6), *beside], dim=-1), tokens, pooled, torch.tensor([0.4]),
            FluxFillPipeline._prepare_latent_image_ids(1, 2, 3, CPU, torch.float32), torch.zeros(9, 3),
            torch.tensor([30.0]), return_dict=False,
        )[0]  # fmt: skip
        options = {"guidance": 30.0, "concat_latent": picture, "concat_mask": mask}
        raw = model.predict(x, torch.tensor([0.4]), tokens, pooled=pooled, options=options)
    assert error(raw, FluxFillPipeline._unpack_latents(rows, 32, 48, 8)) < 1e-5


def test_fill_is_shown_picture_and_mask_by_a_conditioning_as_in_the_pipeline(tiny, flow, quiet, tmp_path, monkeypatch):
    from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler
    from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution

    monkeypatch.setattr(DiagonalGaussianDistribution, "sample", lambda self, generator=None: self.mode())
    path = tiny.saved(tmp_path / "fill.safetensors", flow.flux_shapes(channels=384))
    shapes = tiny.vae_shapes((32, 32, 32, 32), latent=16, layers=1, quantised=False)
    files = {"unet": path, "vae": tiny.saved(tmp_path / "vae.safetensors", shapes)}
    model, vae = (
        load(k(FileRef(n, n), "flux"), lambda f: files[f.folder], CPU) for k, n in ((Model, "unet"), (Vae, "vae"))
    )
    config = {k: v for k, v in vae.module.config.items() if not k.startswith("_")}
    raw = AutoencoderKL(**config | {"shift_factor": model.latent.shift, "scaling_factor": model.latent.scale})
    raw.load_state_dict(vae.module.state_dict())
    transformer = flow.flux_transformer(flow.part(load_file(path), ""), channels=384)
    theirs = FluxFillPipeline(FlowMatchEulerDiscreteScheduler(), raw.eval(), None, None, None, None, transformer)
    draw = torch.Generator().manual_seed(2)
    tokens, pooled, pixels = (torch.randn(1, 9, 128), torch.randn(1, 64), torch.rand(1, 48, 64, 3, generator=draw))
    mask = torch.rand(1, 48, 64, generator=draw).round()
    rows = theirs(
        prompt_embeds=tokens, pooled_prompt_embeds=pooled, image=pixels.movedim(-1, 1), mask_image=mask[:, None],
        height=48, width=64, sigmas=SIGMAS, num_inference_steps=4, guidance_scale=30.0,
        latents=FluxFillPipeline._pack_latents(NOISE[:1], 1, 16, 6, 8), output_type="latent",
    ).images  # fmt: skip
    tensors = {"concat_latent": vae.encode((pixels - 0.5) * (1 - mask[..., None]) + 0.5), "concat_mask": mask}
    side = Conditioning((Prompt(tokens, pooled, (), {"guidance": 30.0}, tensors),), "flux")
    latent, sigmas = Latent(torch.zeros(2, 16, 6, 8)), torch.tensor([*SIGMAS, 0.0])
    done = sample(model, side, side, latent, sampler="euler", seed=5, cfg=1.0, sigmas=sigmas).latent
    expected = FluxFillPipeline._unpack_latents(rows, 48, 64, 8)
    assert error(model.latent.into_model(done.samples)[:1], expected) < 1e-4


def test_kontext_sees_the_picture_to_edit_behind_its_own(flux, flow):
    """As FluxKontextPipeline lays it out: the picture's patches after the latent's, with 1 in the first place."""
    model = load(Model(FileRef("unet", "m"), "flux"), lambda f: flux, CPU)
    theirs = flow.flux_transformer(flow.part(load_file(flux), "model.diffusion_model."))
    draw = torch.Generator().manual_seed(3)
    sizes = ((1, 16, 4, 6), (1, 16, 8, 4), (1, 9, 128), (1, 64))
    x, picture, tokens, pooled = (torch.randn(*n, generator=draw) for n in sizes)
    ids = [FluxFillPipeline._prepare_latent_image_ids(1, *n, CPU, torch.float32) for n in ((2, 3), (4, 2))]
    ids[1][:, 0] = 1
    rows = [FluxFillPipeline._pack_latents(one, *one.shape) for one in (x, model.latent.into_model(picture))]
    with torch.no_grad():
        raw = theirs(
            torch.cat(rows, dim=1), tokens, pooled, torch.tensor([0.4]), torch.cat(ids), torch.zeros(9, 3),
            torch.tensor([2.5]), return_dict=False,
        )[0][:, :6]  # fmt: skip
        options = {"guidance": 2.5, "reference.0": picture}
        mine = model.predict(x, torch.tensor([0.4]), tokens, pooled=pooled, options=options)
    assert error(mine, FluxFillPipeline._unpack_latents(raw, 32, 48, 8)) < 1e-5


def test_residuals_of_controlnets_are_added_where_diffusers_adds_them(sd3, flux, flow):
    x, tokens = torch.randn(1, 16, 4, 4), torch.randn(1, 3, 128)
    more = torch.randn(1, 4, 64)
    for path, residuals in ((sd3, BlockResiduals((more,))), (flux, BlockResiduals((more,), (more,)))):
        model = load(Model(FileRef("unet", "m"), family_of(path)), lambda f, p=path: p, CPU)
        with torch.no_grad():
            plain = model.predict(x, torch.tensor([0.5]), tokens)
            steered = model.predict(x, torch.tensor([0.5]), tokens, residuals=residuals)
            twice = model.predict(x, torch.tensor([0.5]), tokens, residuals=residuals + BlockResiduals())
        assert error(plain, steered) > 1e-3
        assert torch.equal(steered, twice)


def test_controlnets_of_different_depths_steer_together(sd3, flux):
    one, two, three = (torch.randn(1, 4, 64) for _ in range(3))
    few, many = BlockResiduals((one,), (one,)), BlockResiduals((two, three), (two, three))
    each = BlockResiduals((one + two, one + three), (one + two, one + three))
    x, tokens = torch.randn(1, 16, 4, 4), torch.randn(1, 3, 128)
    for path in (sd3, flux):
        model = load(Model(FileRef("unet", "m"), family_of(path)), lambda f, p=path: p, CPU)
        said = [
            model.predict(x, torch.tensor([0.5]), tokens, residuals=some)
            for some in (few + many, many + few, few + many + few, each, each + few)
        ]
        assert error(said[0], said[3]) < 1e-6 and error(said[1], said[3]) < 1e-6
        assert error(said[2], said[4]) < 1e-6 < error(said[2], said[3])
