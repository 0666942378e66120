"""A step's picture as a small JPEG, not more often than somebody can look."""

from __future__ import annotations

import time

from calotype.backends.protocol import MAX_PREVIEW, Preview
from calotype.events import NodeProgress
from calotype.types import Image

EVERY = 0.1  # seconds
SIDES = (512, 384, 256, 128)  # tried in turn, until the bytes suffice


class Previews:
    """Makes previews of one run; at most one each `EVERY` seconds."""

    def __init__(self) -> None:
        self._last = -EVERY

    def of(self, event: NodeProgress) -> Preview | None:
        """The preview of a step, if it has a picture and it is time for one."""
        now = time.monotonic()
        if event.preview is None or now - self._last < EVERY:
            return None
        jpeg = jpeg_of(event.preview)
        self._last = time.monotonic()
        return Preview(event.node, event.done, event.total, jpeg) if jpeg else None


def jpeg_of(image: Image) -> bytes:
    """The first picture of a batch, small enough to be sent; empty when no size is."""
    from calotype.images import encode_jpeg

    pixels = image.pixels[0, ..., :3].detach().float().clamp(0, 1).mul(255).to("cpu").byte().numpy()
    for side in SIDES:
        jpeg = encode_jpeg(pixels, 75, side)
        if len(jpeg) <= MAX_PREVIEW:
            return jpeg
    return b""
