"""MP4 files, by PyAV: the extra `video`. No torch."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.errors import ModelError

if TYPE_CHECKING:
    import numpy as np

    Bytes = np.ndarray[Any, np.dtype[np.uint8]]

WORST = 51  # H.264's constant rate factor for quality 0; 0 loses nothing
FINEST = 1000  # parts of a frame per second that a rate is rounded to


def encode_mp4(frames: Sequence[Bytes], per_second: float, quality: int = 90) -> bytes:
    """Frames (H, W, 3) as an MP4 in H.264, which every browser plays. quality: 1 to 100.

    Odd sides lose their last row or column, for colours are stored at half the size. Raises ModelError without PyAV.
    """
    try:
        import av
    except ImportError as error:
        raise ModelError(
            "saving mp4 needs PyAV, which is not installed: pip install 'calotype[video]'. Or choose webp, png or gif, "
            "which need nothing."
        ) from error
    import numpy as np

    height, width = (side // 2 * 2 for side in frames[0].shape[:2])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "video.mp4"  # a file, for its index is moved to the front at the end
        with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
            stream = container.add_stream("libx264", rate=Fraction(round(per_second * FINEST), FINEST))
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            stream.options = {"crf": str(round(WORST * (1 - quality / 100)))}
            for frame in frames:
                cut = np.ascontiguousarray(frame[:height, :width])
                container.mux(stream.encode(av.VideoFrame.from_ndarray(cut, format="rgb24")))
            container.mux(stream.encode())
        return path.read_bytes()
