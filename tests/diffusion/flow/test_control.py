"""ControlNets of SD 3 and FLUX.1 against diffusers' pipelines with the same weights."""

from __future__ import annotations

import math

import pytest
import torch
from safetensors.torch import load_file, save_file

from calotype.diffusion.control import with_parts
from calotype.diffusion.families.inspect import inspect
from calotype.diffusion.loading import load
from calotype.diffusion.sampling import sample
from calotype.errors import ModelError
from calotype.types import Conditioning, Control, ControlNet, FileRef, Latent, Model, Patch, Prompt, Vae

CPU = torch.device("cpu")
SIGMAS = [1.0, 0.7, 0.3]
NOISE = torch.randn(1, 16, 4, 6, generator=torch.Generator().manual_seed(5))  # what a seed of 5 begins with
HINT = torch.rand(1, 32, 48, 3, generator=torch.Generator().manual_seed(6))
WIDE_VAE = {"widths": (32, 32, 32, 32), "latent": 16, "layers": 1, "quantised": False}


def error(a, b):
    return float((a - b).norm() / b.norm())


class Silent:
    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def update(self):
        return None


@pytest.fixture(autouse=True)
def plain_pipelines(monkeypatch):
    """diffusers without its bar, and with the mean of a VAE's posterior in place of a draw from it."""
    from diffusers import DiffusionPipeline
    from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution

    monkeypatch.setattr(DiffusionPipeline, "progress_bar", lambda self, *a, total=None: Silent())
    monkeypatch.setattr(DiagonalGaussianDistribution, "sample", lambda self, generator=None: self.mode())


class Bench:
    """A transformer, a VAE and a ControlNet in files; both libraries' versions of them."""

    def __init__(self, tiny, flow, root, family, transformer, net, *patches):
        self.root, self.family = root, family
        tiny.saved(root / "checkpoints" / "model.safetensors", tiny.under("model.diffusion_model", transformer))
        tiny.saved(root / "vae" / "vae.safetensors", tiny.vae_shapes(**WIDE_VAE))
        (root / "controlnet").mkdir()
        save_file(net.state_dict(), root / "controlnet" / "net.safetensors")
        self.recipe = ControlNet(FileRef("controlnet", "net.safetensors"), family, patches)
        self.model = self.load(Model(FileRef("checkpoints", "model.safetensors"), family))
        self.vae = self.load(Vae(FileRef("vae", "vae.safetensors"), family))
        self.net = self.load(self.recipe)
        self.weights = {
            k.removeprefix("model.diffusion_model."): v.float()
            for k, v in load_file(root / "checkpoints" / "model.safetensors").items()
        }

    def load(self, recipe):
        return load(recipe, lambda f: self.root / f.folder / f.name, CPU, torch.float32)

    def raw_vae(self):
        from diffusers import AutoencoderKL

        latent = self.model.latent
        config = {k: v for k, v in self.vae.module.config.items() if not k.startswith("_")}
        made = AutoencoderKL(**config | {"shift_factor": latent.shift, "scaling_factor": latent.scale})
        made.load_state_dict(self.vae.module.state_dict())
        return made.eval()

    def sampled(self, sides, strength, cfg, **options):
        control = Control(self.recipe, HINT, strength)
        prompts = [Conditioning((Prompt(t, p, (control,), options),), self.family) for t, p in sides]
        controls = {self.recipe: with_parts(self.net, self.vae, self.model)}
        latent, sigmas = Latent(torch.zeros(1, 16, 4, 6)), torch.tensor([*SIGMAS, 0.0])
        negative = prompts[-1]
        done = sample(
            self.model, prompts[0], negative, latent, sampler="euler", seed=5, cfg=cfg, sigmas=sigmas, controls=controls
        )
        return self.model.latent.into_model(done.latent.samples)


def drawn(net):
    """A ControlNet whose every weight speaks: those that begin as zeros too."""
    torch.manual_seed(3)
    for weight in net.parameters():
        if weight.ndim > 1 and not weight.abs().sum():
            torch.nn.init.normal_(weight, std=0.05)
    return net.eval()


def test_an_sd3_controlnet_steers_as_in_diffusers(tiny, flow, tmp_path):
    from diffusers import (
        FlowMatchEulerDiscreteScheduler,
        SD3ControlNetModel,
        SD3Transformer2DModel,
        StableDiffusion3ControlNetPipeline,
    )
    from diffusers.loaders.single_file_utils import convert_sd3_transformer_checkpoint_to_diffusers

    shared = {
        "sample_size": 16, "attention_head_dim": 64, "num_attention_heads": 1, "joint_attention_dim": flow.T5,
        "caption_projection_dim": flow.WIDTH, "pooled_projection_dim": flow.CLIP_L + flow.CLIP_G,
        "pos_embed_max_size": 16,
    }  # fmt: skip
    torch.manual_seed(2)
    net = drawn(SD3ControlNetModel(num_layers=1, **shared))
    bench = Bench(tiny, flow, tmp_path, "sd3", flow.sd3_shapes(), net)
    transformer = SD3Transformer2DModel(num_layers=2, **shared)
    transformer.load_state_dict(convert_sd3_transformer_checkpoint_to_diffusers(dict(bench.weights)))
    pipeline = StableDiffusion3ControlNetPipeline(
        transformer.eval(), FlowMatchEulerDiscreteScheduler(), bench.raw_vae(), *[None] * 6, controlnet=net
    )
    sides = [(torch.randn(1, 20, flow.T5), torch.randn(1, flow.CLIP_L + flow.CLIP_G)) for _ in range(2)]
    (tokens, pooled), (other, other_pooled) = sides
    theirs = pipeline(
        prompt_embeds=tokens, pooled_prompt_embeds=pooled, negative_prompt_embeds=other,
        negative_pooled_prompt_embeds=other_pooled, control_image=HINT.movedim(-1, 1) * 2 - 1, height=32, width=48,
        sigmas=SIGMAS, num_inference_steps=3, guidance_scale=3.0, controlnet_conditioning_scale=0.8, latents=NOISE,
        output_type="latent",
    ).images  # fmt: skip
    assert error(bench.sampled(sides, 0.8, 3.0), theirs) < 1e-4
    assert error(bench.sampled(sides, 0.0, 3.0), theirs) > 1e-3


def test_an_sd35_controlnet_sees_the_latent_as_the_transformer_embeds_it(tiny, flow, tmp_path):
    from diffusers import (
        FlowMatchEulerDiscreteScheduler,
        SD3ControlNetModel,
        SD3Transformer2DModel,
        StableDiffusion3ControlNetPipeline,
    )
    from diffusers.loaders.single_file_utils import convert_sd3_transformer_checkpoint_to_diffusers

    shared = {"attention_head_dim": 64, "num_attention_heads": 1, "pooled_projection_dim": flow.CLIP_L + flow.CLIP_G}
    alone = {"joint_attention_dim": None, "use_pos_embed": False, "pos_embed_type": None}
    torch.manual_seed(2)
    net = drawn(SD3ControlNetModel(num_layers=2, force_zeros_for_pooled_projection=False, **shared, **alone))
    bench = Bench(tiny, flow, tmp_path, "sd3", flow.sd3_shapes(), net)
    transformer = SD3Transformer2DModel(
        num_layers=2, sample_size=16, joint_attention_dim=flow.T5, caption_projection_dim=flow.WIDTH,
        pos_embed_max_size=16, **shared,
    )  # fmt: skip
    transformer.load_state_dict(convert_sd3_transformer_checkpoint_to_diffusers(dict(bench.weights)))
    pipeline = StableDiffusion3ControlNetPipeline(
        transformer.eval(), FlowMatchEulerDiscreteScheduler(), bench.raw_vae(), *[None] * 6, controlnet=net
    )
    (tokens, pooled), (other, other_pooled) = sides = [
        (torch.randn(1, 20, flow.T5), torch.randn(1, flow.CLIP_L + flow.CLIP_G)) for _ in range(2)
    ]
    theirs = pipeline(
        prompt_embeds=tokens, pooled_prompt_embeds=pooled, negative_prompt_embeds=other,
        negative_pooled_prompt_embeds=other_pooled, control_image=HINT.movedim(-1, 1) * 2 - 1, height=32, width=48,
        sigmas=SIGMAS, num_inference_steps=3, guidance_scale=3.0, controlnet_conditioning_scale=0.8, latents=NOISE,
        output_type="latent",
    ).images  # fmt: skip
    assert error(bench.sampled(sides, 0.8, 3.0), theirs) < 1e-4
    assert error(bench.sampled(sides, 0.0, 3.0), theirs) > 1e-3


@pytest.mark.filterwarnings("ignore:`FluxPosEmbed` is deprecated:FutureWarning")  # of diffusers' own import
@pytest.mark.parametrize("modes", [None, 5])
def test_a_flux_controlnet_steers_as_in_diffusers(tiny, flow, tmp_path, modes):
    from diffusers import FlowMatchEulerDiscreteScheduler, FluxControlNetModel, FluxControlNetPipeline

    torch.manual_seed(2)
    net = drawn(FluxControlNetModel(
        in_channels=64, num_layers=1, num_single_layers=1, attention_head_dim=flow.HEAD,
        num_attention_heads=flow.WIDTH // flow.HEAD, joint_attention_dim=flow.T5, pooled_projection_dim=flow.CLIP_L,
        guidance_embeds=True, axes_dims_rope=[4, 14, 14], num_mode=modes,
    ))  # fmt: skip
    kind = () if modes is None else (Patch("union", settings=(("kind", "pose"),)),)
    bench = Bench(tiny, flow, tmp_path, "flux", flow.flux_shapes(), net, *kind)
    pipeline = FluxControlNetPipeline(
        FlowMatchEulerDiscreteScheduler(), bench.raw_vae(), None, None, None, None,
        flow.flux_transformer(bench.weights), net,
    )  # fmt: skip
    tokens, pooled = torch.randn(1, 20, flow.T5), torch.randn(1, flow.CLIP_L)
    rows = pipeline._pack_latents(NOISE, 1, 16, 4, 6)
    theirs = pipeline(
        prompt_embeds=tokens, pooled_prompt_embeds=pooled, control_image=HINT.movedim(-1, 1) * 2 - 1,
        height=32, width=48, sigmas=SIGMAS, num_inference_steps=3, guidance_scale=2.5, latents=rows,
        controlnet_conditioning_scale=0.8, control_mode=None if modes is None else 4, output_type="latent",
    ).images  # fmt: skip
    expected = pipeline._unpack_latents(theirs, 32, 48, 8)
    sides = [(tokens, pooled)] * 2
    assert error(bench.sampled(sides, 0.8, 1.0, guidance=2.5), expected) < 1e-4
    assert error(bench.sampled(sides, 0.0, 1.0, guidance=2.5), expected) > 1e-3
    assert math.isfinite(float(theirs.sum()))
    with pytest.raises(ModelError, match=r"a ControlNet for FLUX\.1 reads its picture through a VAE"):
        bench.net.residuals(NOISE, torch.ones(1), tokens, HINT.movedim(-1, 1))
    found = inspect(tmp_path / "controlnet" / "net.safetensors")
    assert (found.family, [p.kind for p in found.parts]) == ("flux", ["controlnet"])
