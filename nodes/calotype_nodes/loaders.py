"""Nodes that name model files. They give recipes and read headers only; weights are loaded where they are used."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeVar

from calotype.node import Context, Input, Node
from calotype.types import Clip, ControlNet, FileRef, Model, Patch, Recipe, Vae

R = TypeVar("R", bound=Recipe)


class Checkpoint(NamedTuple):
    """The three parts of a checkpoint."""

    model: Model
    clip: Clip
    vae: Vae


class CheckpointLoader(Node, category="loaders"):
    """Take the denoiser, the text encoder and the VAE from one checkpoint file."""

    checkpoint: FileRef = Input(folder="checkpoints")

    def run(self, ctx: Context) -> Checkpoint:
        """Give recipes for the parts of the file."""
        family = ctx.family(self.checkpoint)
        file = self.checkpoint
        return Checkpoint(Model(file, family), Clip(file, family), Vae(file, family))


class ModelLoader(Node, category="loaders"):
    """Take a denoiser from a file that holds nothing else."""

    model: FileRef = Input(folder="unet")

    def run(self, ctx: Context) -> Model:
        """Give a recipe for the file."""
        return Model(self.model, ctx.family(self.model))


class ClipLoader(Node, category="loaders"):
    """Take a text encoder from a file that holds nothing else."""

    clip: FileRef = Input(folder="clip")

    def run(self, ctx: Context) -> Clip:
        """Give a recipe for the file."""
        return Clip(self.clip, ctx.family(self.clip))


class VAELoader(Node, category="loaders"):
    """Take a VAE from a file of its own."""

    vae: FileRef = Input(folder="vae")

    def run(self, ctx: Context) -> Vae:
        """Give a recipe for the file."""
        return Vae(self.vae, ctx.family(self.vae))


class ControlNetLoader(Node, category="loaders"):
    """Take a ControlNet from its file."""

    control_net: FileRef = Input(folder="controlnet")

    def run(self, ctx: Context) -> ControlNet:
        """Give a recipe for the file."""
        return ControlNet(self.control_net, ctx.family(self.control_net))


class Adapted(NamedTuple):
    """A denoiser and a text encoder with a LoRA on them."""

    model: Model
    clip: Clip


class LoraLoader(Node, category="loaders"):
    """Put a LoRA on a denoiser and its text encoder, each with a strength of its own."""

    model: Model
    clip: Clip
    lora: FileRef = Input(folder="loras")
    strength_model: float = Input(default=1.0, ge=-100, le=100, step=0.01)
    strength_clip: float = Input(default=1.0, ge=-100, le=100, step=0.01)

    def run(self) -> Adapted:
        """Add the patch to both recipes; a strength of 0 adds none."""
        model = with_lora(self.model, self.lora, self.strength_model)
        return Adapted(model, with_lora(self.clip, self.lora, self.strength_clip))


class LoraLoaderModelOnly(Node, category="loaders"):
    """Put a LoRA on a denoiser and leave the text encoder as it is."""

    model: Model
    lora: FileRef = Input(folder="loras")
    strength: float = Input(default=1.0, ge=-100, le=100, step=0.01)

    def run(self) -> Model:
        """Add the patch to the recipe; a strength of 0 adds none."""
        return with_lora(self.model, self.lora, self.strength)


class ClipSkip(Node, category="loaders"):
    """Stop a text encoder some layers before its last."""

    clip: Clip
    stop_at_layer: int = Input(default=-1, ge=-24, le=-1, doc="-1 is the last layer, -2 the one before it.")

    def run(self) -> Clip:
        """Add the patch to the recipe."""
        return self.clip.patched(Patch("clip_skip", settings=(("stop_at_layer", self.stop_at_layer),)))


class ModelSampling(Node, category="loaders"):
    """Say what a denoiser was trained to predict, where its file does not."""

    model: Model
    prediction: Literal["eps", "v", "x0"] = Input(default="eps", doc="The noise, the velocity, or the clean latent.")
    zero_snr: bool = Input(default=False, doc="Whether its last noise level is pure noise.")

    def run(self) -> Model:
        """Add the patch to the recipe."""
        settings = (("prediction", self.prediction), ("zero_snr", self.zero_snr))
        return self.model.patched(Patch("sampling", settings=settings))


def with_lora(recipe: R, lora: FileRef, strength: float) -> R:
    """The recipe with the LoRA on it, unless the strength is 0."""
    return recipe.patched(Patch("lora", lora, (("strength", strength),))) if strength else recipe
