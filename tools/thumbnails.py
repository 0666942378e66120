"""Small pictures of what the templates make, for the editor's list of them.

python tools/thumbnails.py             # all of them
python tools/thumbnails.py inpaint     # some

Each template is run as it ships, by the models that ship with it, on a server of its own. The first picture that it
saves, or four of them, becomes web/src/templates/NAME.webp; then the editor is to be built anew.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageOps

from calotype.client import AsyncClient

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "web" / "src" / "templates"
SIDE = 144  # pixels: twice of what is shown

sys.path.insert(0, str(ROOT / "tools"))

from screenshots import TOKEN, served  # noqa: E402


def small(pictures: list[Image.Image]) -> bytes:
    """The first of the pictures as a square, or four of them, as WebP."""
    shown = pictures[:4] if len(pictures) >= 4 else pictures[:1]
    side = SIDE if len(shown) == 1 else SIDE // 2
    sheet = Image.new("RGB", (SIDE, SIDE))
    for n, one in enumerate(shown):
        square = ImageOps.fit(one.convert("RGB"), (side, side), Image.Resampling.LANCZOS)
        sheet.paste(square, (n % 2 * side, n // 2 * side))
    data = io.BytesIO()
    sheet.save(data, "WEBP", quality=80, method=6)
    return data.getvalue()


async def main() -> None:
    """Make those that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=sorted(p.stem for p in (ROOT / "workflows").glob("*.json")))
    names = parser.parse_args().names
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        (Path(home) / "drawn").touch()
        async with served(Path(home)) as url, AsyncClient(url, TOKEN) as client:
            for name in names:
                pictures = (await client.run_workflow(name)).images
                if pictures:
                    (FOLDER / f"{name}.webp").write_bytes(small(pictures))
                print(name, f"made {len(pictures)}", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
