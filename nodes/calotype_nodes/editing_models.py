"""Nodes for models that read a picture beside the latent: inpainting and editing models."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from calotype.node import Context, Input, Node
from calotype.types import Conditioning, Image, Latent, Mask, Vae
from calotype_nodes.inpainting import greyed
from calotype_nodes.vae import cropped

if TYPE_CHECKING:
    from torch import Tensor

FRAMES = 4  # that a latent frame stands for, but for the first, which stands for one
CELL = 8  # pixels, of most video autoencoders


class Conditioned(NamedTuple):
    """Both sides with a picture, and the latents to begin with."""

    positive: Conditioning
    negative: Conditioning
    latent: Latent


class InpaintModelConditioning(Node, category="conditioning"):
    """Show a picture and a mask to an inpainting model, which makes anew what is inside."""

    positive: Conditioning
    negative: Conditioning
    image: Image
    mask: Mask
    vae: Vae
    noise_mask: bool = Input(default=True, doc="Denoise inside of the mask only.")

    def run(self, ctx: Context) -> Conditioned:
        """Encode the picture, whole and with grey inside the mask."""
        pixels = self.image.pixels[..., :3]
        hidden, _ = greyed(pixels, self.mask.values, 0)
        mask = fitted_mask(self.mask.values, pixels)
        with ctx.load(self.vae) as autoencoder:
            shown, whole = autoencoder.encode(hidden).cpu(), autoencoder.encode(cropped(pixels)).cpu()
        tensors = {"concat_latent": shown, "concat_mask": mask}
        latent = Latent(whole, mask if self.noise_mask else None)
        return Conditioned(showing(self.positive, **tensors), showing(self.negative, **tensors), latent)


class EditModelConditioning(Node, category="conditioning"):
    """Show a picture to a model that edits pictures as the prompt says (InstructPix2Pix, CosXL Edit, FLUX.1 Canny)."""

    positive: Conditioning
    negative: Conditioning
    image: Image
    vae: Vae

    def run(self, ctx: Context) -> Conditioned:
        """Encode the picture; the latents to begin with are empty."""
        import torch

        with ctx.load(self.vae) as autoencoder:
            shown = autoencoder.encode(cropped(self.image.pixels[..., :3])).cpu()
        positive, negative = (showing(side, concat_latent=shown) for side in (self.positive, self.negative))
        return Conditioned(positive, negative, Latent(torch.zeros_like(shown)))


class VideoModelConditioning(Node, category="conditioning"):
    """Begin a video with a picture, and end it with one, for models that were made for it (Wan 2.2)."""

    positive: Conditioning
    negative: Conditioning
    image: Image = Input(doc="The first frame, which says the size; of a batch, the first frames.")
    vae: Vae
    last: Image | None = Input(default=None, doc="The last frame, of the same size.")
    length: int = Input(default=81, ge=1, le=16384, step=4, doc="In frames: 1, 5, 9, and so on by fours.")
    batch_size: int = Input(default=1, ge=1, le=4096)

    def run(self, ctx: Context) -> Conditioned:
        """Encode the frames that are given; the latents to begin with are empty."""
        import torch

        first = cropped(self.image.pixels[: self.length, ..., :3])
        last = None if self.last is None else cropped(self.last.pixels[-1:, ..., :3])
        times = 1 + (self.length - 1) // FRAMES
        with ctx.load(self.vae) as autoencoder:
            tensors = begun(autoencoder, first, last, times)
        shown = tensors["concat_latent"]
        latent = Latent(torch.zeros(self.batch_size, shown.shape[1], times, *shown.shape[-2:]))
        return Conditioned(showing(self.positive, **tensors), showing(self.negative, **tensors), latent)


def begun(autoencoder: Any, first: Tensor, last: Tensor | None, times: int) -> dict[str, Tensor]:
    """What a video model is told of given frames, (T, H, W, 3), for a video of so many latent frames.

    Of models whose cells are 16 pixels wide (Wan 2.2 5B) the latents of the first frames; of others those of a video
    that is grey elsewhere, and which frames those are. Raises ValueError for what no such model can do.
    """
    import torch

    if not hasattr(autoencoder, "encode_video"):
        raise ValueError("this VAE is for pictures; a video needs that of a video model, such as Wan's")
    groups = 1 + (len(first) - 1) // FRAMES
    if autoencoder.factor > CELL:
        if last is not None:
            raise ValueError("a model of this VAE begins with a picture, but does not end with one; unlink last")
        return {"concat_latent": autoencoder.encode_video(first).cpu()}
    video = torch.full((1 + (times - 1) * FRAMES, *first.shape[1:]), 0.5)
    video[: len(first)] = first[: len(video)]
    missing = torch.ones(times * FRAMES)
    missing[: groups * FRAMES] = 0
    if last is not None:
        if last.shape[1:] != first.shape[1:]:
            raise ValueError(f"the last frame is {last.shape[2]} x {last.shape[1]}, the first {first.shape[2]} x "
                             f"{first.shape[1]}; give both the same size")  # fmt: skip
        video[-1], missing[-1] = last[0], 0
    shown = autoencoder.encode_video(video).cpu()
    signs = missing.view(times, FRAMES).T[None, :, :, None, None].expand(1, FRAMES, times, *shown.shape[-2:])
    return {"concat_latent": shown, "concat_mask": signs.contiguous()}


def showing(conditioning: Conditioning, **tensors: Tensor) -> Conditioning:
    """The conditioning with further tensors in every prompt."""
    prompts = tuple(replace(p, tensors=dict(p.tensors) | tensors) for p in conditioning.prompts)
    return replace(conditioning, prompts=prompts)


def fitted_mask(mask: Tensor, pixels: Tensor) -> Tensor:
    """A mask (B or 1, H, W) smoothly scaled to pictures (B, h, w, C), and cropped as they are."""
    from torch.nn.functional import interpolate

    scaled = interpolate(mask[:, None], size=pixels.shape[1:3], mode="bilinear")
    return cropped(scaled.movedim(1, -1))[..., 0]
