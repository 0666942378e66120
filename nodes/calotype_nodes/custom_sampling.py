"""Nodes that sample with a sampler, levels, noise and guidance from nodes of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from calotype.node import Context, Input, Node
from calotype.parts import Guider, Noise, Sampler, Sigmas
from calotype.types import Conditioning, Latent, Model, Seed
from calotype_nodes.sampling import Sampled, loaded, reporter

if TYPE_CHECKING:
    from calotype.diffusion.sampling.hooks import Scheme


class SamplerCustom(Node, category="sampling"):
    """Denoise a latent with a sampler and noise levels from other nodes, guided by two conditionings."""

    model: Model
    positive: Conditioning
    negative: Conditioning
    latent: Latent
    sampler: Sampler
    sigmas: Sigmas
    seed: Seed = 0
    cfg: float = Input(default=8.0, ge=0, le=100, step=0.1, doc="Guidance scale.")
    add_noise: bool = Input(default=True, doc="Off where the latent comes with its noise.")

    def run(self, ctx: Context) -> Sampled:
        """Sample over the levels."""
        guider = Guider("cfg", self.model, (self.positive, self.negative), (("cfg", self.cfg),))
        return developed(ctx, guider, Noise(self.seed, self.add_noise), self.sampler, self.sigmas, self.latent)


class SamplerCustomAdvanced(Node, category="sampling"):
    """Denoise a latent with noise, guidance, a sampler and noise levels of your own."""

    noise: Noise
    guider: Guider
    latent: Latent
    sampler: Sampler
    sigmas: Sigmas

    def run(self, ctx: Context) -> Sampled:
        """Sample over the levels."""
        return developed(ctx, self.guider, self.noise, self.sampler, self.sigmas, self.latent)


class RandomNoise(Node, category="sampling"):
    """Noise that is drawn from a seed."""

    seed: Seed = 0

    def run(self) -> Noise:
        """Say the seed; samplers draw it."""
        return Noise(self.seed)


class DisableNoise(Node, category="sampling"):
    """No noise, for a latent that comes with its own."""

    def run(self) -> Noise:
        """Say so."""
        return Noise(0, adds=False)


class AddNoise(Node, category="sampling"):
    """Bring latents to the noise level at which a sampler begins."""

    model: Model
    latent: Latent
    noise: Noise
    sigmas: Sigmas

    def run(self, ctx: Context) -> Latent:
        """Noise of the first level less the last, if there are several."""
        from calotype.diffusion.sampling.noising import noised_latent

        if len(self.sigmas.levels) == 0:
            return self.latent
        with ctx.load(self.model) as denoiser:
            return noised_latent(denoiser, self.latent, self.sigmas.levels, self.noise.seed, self.noise.adds)


def developed(ctx: Context, guider: Guider, noise: Noise, sampler: Sampler, sigmas: Sigmas, latent: Latent) -> Sampled:
    """What the library samples."""
    from calotype.diffusion.sampling import sample

    first, *others = guider.sides
    how: dict[str, Any] = {"negative": others.pop() if others else None, "scheme": scheme_of(guider)}
    how["cfg"] = dict(guider.settings).get("cfg", 1.0)
    with loaded(ctx, guider.model, *guider.sides) as (denoiser, controls):
        result = sample(
            denoiser,
            first,
            latent=latent,
            sampler=sampler.name,  # type: ignore[arg-type]  # whatever made it says a known one
            options=dict(sampler.settings),
            sigmas=sigmas.levels,
            seed=noise.seed,
            add_noise=noise.adds,
            others=others,
            controls=controls,
            on_step=reporter(ctx, guider.model),
            **how,
        )
    return Sampled(*result)


def scheme_of(guider: Guider) -> Scheme | None:
    """How the sides are combined; None for classifier-free guidance."""
    from calotype.diffusion.sampling.hooks import dual_scheme, perp_neg_scheme

    said = dict(guider.settings)
    match guider.kind:
        case "dual" | "dual_nested":
            return dual_scheme(said["cfg_first"], said["cfg"], nested=guider.kind == "dual_nested")
        case "perp_neg":
            return perp_neg_scheme(said["cfg"], said["scale"])
    return None
