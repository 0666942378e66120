"""Nodes that name model files. They give recipes and read headers only; weights are loaded where they are used."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple, TypeVar

from calotype.diffusion.families.heard import heard_by
from calotype.diffusion.families.unions import PATCH, PictureKind
from calotype.diffusion.names import FamilyName
from calotype.node import Context, Input, Node
from calotype.types import Clip, ControlNet, FileRef, Model, Patch, Recipe, Role, Vae

Heard = Annotated[FamilyName, Role("family")]
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
    type: Heard = Input(default="auto", doc="The family to encode for, where one file serves several.")

    def run(self, ctx: Context) -> Clip:
        """Give a recipe for the file."""
        return clip_of(ctx, self.type, self.clip)


class DualClipLoader(Node, category="loaders"):
    """Take the text encoders of a family that listens to two, from two files in any order."""

    clip_1: FileRef = Input(folder="clip")
    clip_2: FileRef = Input(folder="clip")
    type: Heard = Input(default="auto", doc="The family to encode for; auto takes the one that the files fit best.")

    def run(self, ctx: Context) -> Clip:
        """Give a recipe for the files."""
        return clip_of(ctx, self.type, self.clip_1, self.clip_2)


class TripleClipLoader(Node, category="loaders"):
    """Take the text encoders of a family that listens to three, from three files in any order."""

    clip_1: FileRef = Input(folder="clip")
    clip_2: FileRef = Input(folder="clip")
    clip_3: FileRef = Input(folder="clip")
    type: Heard = Input(default="auto", doc="The family to encode for; auto takes the one that the files fit best.")

    def run(self, ctx: Context) -> Clip:
        """Give a recipe for the files."""
        return clip_of(ctx, self.type, self.clip_1, self.clip_2, self.clip_3)


def clip_of(ctx: Context, choice: str, *files: FileRef) -> Clip:
    """A recipe for text encoders in some files. Raises FamilyMismatch when they do not belong together."""
    family = heard_by([ctx.family(file) for file in files], choice)
    return Clip(files[0], family, more=files[1:])


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


class UnionControlNetKind(Node, category="loaders"):
    """Tell a ControlNet that was made for several kinds of pictures which kind it gets."""

    control_net: ControlNet
    kind: PictureKind = Input(default="any", doc="What the picture shows; any: nothing is told.")
    number: int = Input(default=-1, ge=-1, le=63, doc="The kind as the network itself counts them; -1: as named.")

    def run(self) -> ControlNet:
        """Add the patch to the recipe."""
        return self.control_net.patched(Patch(PATCH, settings=(("kind", self.kind), ("number", self.number))))


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

    def run(self, ctx: Context) -> Adapted:
        """Add the patch to both recipes; a strength of 0 adds none. Warns of what the models do not have."""
        clip = self.clip if self.strength_clip else None
        warn_of_unknown(ctx, self.lora, self.model if self.strength_model else None, clip)
        model = with_lora(self.model, self.lora, self.strength_model)
        return Adapted(model, with_lora(self.clip, self.lora, self.strength_clip))


class LoraLoaderModelOnly(Node, category="loaders"):
    """Put a LoRA on a denoiser and leave the text encoder as it is."""

    model: Model
    lora: FileRef = Input(folder="loras")
    strength: float = Input(default=1.0, ge=-100, le=100, step=0.01)

    def run(self, ctx: Context) -> Model:
        """Add the patch to the recipe; a strength of 0 adds none. Warns of what the model does not have."""
        warn_of_unknown(ctx, self.lora, self.model if self.strength else None, None)
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


def warn_of_unknown(ctx: Context, lora: FileRef, model: Model | None, clip: Clip | None) -> None:
    """Say what a LoRA changes that is not in the models; None for one that it does not change."""
    from calotype.diffusion.loading.unknown import unknown_said

    said = unknown_said(lora, ctx.path, model, clip) if model or clip else ""
    if said:
        ctx.warn(said)
