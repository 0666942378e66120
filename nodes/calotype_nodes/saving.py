"""Nodes that save models: as their patches leave them, in files that load again here and in ComfyUI."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

from calotype.errors import FileError
from calotype.node import Context, Input, Node
from calotype.types import Artifact, Clip, Model, Recipe, Saved, Vae
from calotype_nodes.output import file_name

if TYPE_CHECKING:
    from calotype.diffusion.saving.leaving import Leaving

Numbers = Literal["stored", "float32", "bfloat16", "float16"]
FORMAT = "Of the file: as each weight is stored where it comes from, or one for all."
MEDIA_TYPE = "application/octet-stream"


class SaveCheckpoint(Node, category="output"):
    """Save a model, its text encoders and its VAE as one checkpoint, with all merges and LoRAs in its weights."""

    output = True

    model: Model
    clip: Clip
    vae: Vae
    prefix: str = "checkpoint"
    numbers: Numbers = Input(default="stored", doc=FORMAT)

    def run(self, ctx: Context) -> Saved:
        """Write it, some blocks at a time."""
        from calotype.diffusion.saving import checkpoint_parts

        parts = checkpoint_parts(self.model, self.clip, self.vae, ctx.path)
        return Saved((written(ctx, (self.model, self.clip, self.vae), parts, self.prefix, self.numbers),))


class SaveModel(Node, category="output"):
    """Save a denoiser by itself, with all merges and LoRAs in its weights."""

    output = True

    model: Model
    prefix: str = "model"
    numbers: Numbers = Input(default="stored", doc=FORMAT)

    def run(self, ctx: Context) -> Saved:
        """Write it, some blocks at a time."""
        from calotype.diffusion.saving import model_parts

        parts = model_parts(self.model, ctx.path)
        return Saved((written(ctx, (self.model,), parts, self.prefix, self.numbers),))


class SaveClip(Node, category="output"):
    """Save text encoders, each in a file of its own, with all merges and LoRAs in their weights."""

    output = True

    clip: Clip
    prefix: str = "clip"
    numbers: Numbers = Input(default="stored", doc=FORMAT)

    def run(self, ctx: Context) -> Saved:
        """Write them; the encoder's name stands behind the prefix where there are several."""
        from calotype.diffusion.saving import text_parts

        each: dict[str, list[Leaving]] = {}
        for part in text_parts(self.clip, ctx.path):
            each.setdefault(part.name, []).append(part)
        names = {name: f"{self.prefix}_{name}" if len(each) > 1 else self.prefix for name in each}
        return Saved(
            tuple(written(ctx, (self.clip,), parts, names[name], self.numbers) for name, parts in each.items())
        )


class SaveVAE(Node, category="output"):
    """Save an autoencoder by itself."""

    output = True

    vae: Vae
    prefix: str = "vae"
    numbers: Numbers = Input(default="stored", doc=FORMAT)

    def run(self, ctx: Context) -> Saved:
        """Write it."""
        from calotype.diffusion.saving import vae_parts

        return Saved((written(ctx, (self.vae,), vae_parts(self.vae, ctx.path), self.prefix, self.numbers),))


class SaveLora(Node, category="output"):
    """Save the difference between models, as ModelMergeSubtract and ClipMergeSubtract give it, as a LoRA."""

    output = True

    model: Model | None = Input(default=None, doc="A difference of denoisers.")
    clip: Clip | None = Input(default=None, doc="A difference of text encoders.")
    prefix: str = "lora"
    rank: int = Input(default=8, ge=1, le=4096, doc="Of its matrices: how closely it comes to the difference.")
    whole: bool = Input(default=False, doc="Keep whole differences, of any rank, in a file as large as the model.")
    biases: bool = Input(default=True, doc="Keep the differences of biases and norms too.")

    def run(self, ctx: Context) -> Saved:
        """Write it, some blocks at a time. Raises ValueError where nothing is linked."""
        from calotype.diffusion.saving import lora_parts, write_lora

        recipes = [recipe for recipe in (self.model, self.clip) if recipe is not None]
        if not recipes:
            raise ValueError('nothing to save: link a difference to "model" or "clip"')
        name = named(ctx, recipes, self.prefix)
        parts = lora_parts(self.model, self.clip, ctx.path)

        def fill(file: BinaryIO) -> None:
            how: Any = {"rank": self.rank, "whole": self.whole, "biases": self.biases}
            write_lora(parts, file, {"format": "pt"}, device=ctx.device, on_step=ctx.step, **how)

        return Saved((on_disk(ctx, name, fill),))


def written(
    ctx: Context, recipes: Sequence[Recipe], parts: Sequence[Leaving], prefix: str, numbers: Numbers
) -> Artifact:
    """Parts of models as one file. Raises FileError when the disk is full."""
    from calotype.diffusion.saving import metadata_of, write

    name = named(ctx, recipes, prefix)
    metadata, markers = metadata_of(recipes, parts, name.removesuffix(".safetensors"))
    return on_disk(ctx, name, lambda file: write(parts, file, metadata, markers, numbers, ctx.step))


def named(ctx: Context, recipes: Sequence[Recipe], prefix: str) -> str:
    """The name of the file; says what will not be in it."""
    from calotype.diffusion.saving import unsaved

    name = file_name(prefix, "safetensors")
    for kind in dict.fromkeys(kind for recipe in recipes for kind in unsaved(recipe)):
        ctx.warn(f'"{kind}" changes how the model computes, not its weights, and is not in {name}')
    return name


def on_disk(ctx: Context, name: str, fill: Callable[[BinaryIO], None]) -> Artifact:
    """A file that is not read into memory. fill: writes it. Raises FileError when the disk is full."""
    import mmap

    with ctx.scratch() as file:
        try:
            fill(file)
            file.flush()
        except OSError as error:
            raise FileError(f'cannot write "{name}": {error.strerror or error}') from error
        whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return Artifact(name, MEDIA_TYPE, memoryview(whole))
