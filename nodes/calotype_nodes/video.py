"""Nodes for moving pictures: latents with an axis of time, and files of frames."""

from __future__ import annotations

from typing import Literal

from calotype.images import encode_animation
from calotype.node import Context, Input, Node
from calotype.types import Artifact, Image, Latent, Saved, Vae
from calotype_nodes.latents import cells
from calotype_nodes.output import file_name, to_bytes

FRAMES = 4  # that a latent frame stands for, but for the first, which stands for one
VideoFormat = Literal["mp4", "webp", "png", "gif"]


class EmptyVideoLatent(Node, category="latent"):
    """Start from nothing: latents for videos of a size and length, to be filled with noise by a sampler."""

    width: int = Input(default=832, ge=16, le=16384, step=16, multiple_of=16, doc="Of the frames, in pixels.")
    height: int = Input(default=480, ge=16, le=16384, step=16, multiple_of=16, doc="Of the frames, in pixels.")
    length: int = Input(default=33, ge=1, le=16384, step=4, doc="In frames: 1, 5, 9, and so on by fours.")
    batch_size: int = Input(default=1, ge=1, le=4096)

    def run(self) -> Latent:
        """Zeros: 8 times smaller than the frames, and one for each four of them after the first."""
        import torch

        times = 1 + (self.length - 1) // FRAMES
        return Latent(torch.zeros(self.batch_size, 16, times, cells(self.height, "height"), cells(self.width, "width")))


class VAEEncodeVideo(Node, category="latent"):
    """Encode pictures, in order, as the frames of one video. What does not fill a group of four is left out."""

    images: Image
    vae: Vae

    def run(self, ctx: Context) -> Latent:
        """Encode the colours; transparency is left out."""
        with ctx.load(self.vae) as autoencoder:
            if not hasattr(autoencoder, "encode_video"):
                raise ValueError("this VAE is for pictures; a video needs that of a video model, such as Wan's")
            return Latent(autoencoder.encode_video(self.images.pixels[..., :3]).cpu())


class SaveVideo(Node, category="output"):
    """Save pictures, in order, as a video. mp4 needs the extra `video`; the other formats need nothing."""

    output = True
    lane = "io"

    images: Image
    prefix: str = "video"
    format: VideoFormat = "mp4"
    frames_per_second: float = Input(default=16.0, ge=0.1, le=120)
    quality: int = Input(default=90, ge=1, le=100, doc="Of mp4 and webp; 100 loses nothing that can be seen.")

    def run(self, ctx: Context) -> Saved:
        """Encode it."""
        frames = to_bytes(self.images.pixels[..., :3], ctx)
        if self.format == "mp4":
            from calotype_nodes.mp4 import encode_mp4

            data = encode_mp4(frames, self.frames_per_second, self.quality)
            return Saved((Artifact(file_name(self.prefix, "mp4"), "video/mp4", data),))
        data = encode_animation(frames, self.format, self.frames_per_second, self.quality)
        return Saved((Artifact(file_name(self.prefix, self.format), f"image/{self.format}", data),))
