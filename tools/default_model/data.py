"""The pictures: fetch the emoji sets, rasterise them to 128 px RGBA, write captions.

    python tools/default_model/data.py          # needs npm, pillow, resvg_py; about a minute

Writes `.training/pictures.npy` (N, 128, 128, 4) and `.training/pictures.json`: one {style, names, wanted} a picture.
Pictures with `wanted` are what the denoiser learns; the others only widen what the autoencoder has seen.
"""

import argparse
import io
import json
import random
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
STATE = ROOT / ".training"
SIZE = 128

PACKS = {
    "noto": "@iconify-json/noto@1.2.9",
    "flat": "@iconify-json/fluent-emoji-flat@1.2.6",
    "3d": "@lobehub/fluent-emoji-3d@1.1.0",
    "names": "emojibase-data@17.0.0",
}
STYLES = ("noto", "flat", "3d")
COLOURS = {
    "white": (255, 255, 255), "black": (16, 16, 18), "red": (214, 48, 49), "green": (60, 160, 75),
    "blue": (52, 110, 220), "yellow": (250, 210, 70), "orange": (240, 140, 40), "purple": (130, 80, 190),
    "pink": (245, 160, 195), "gray": (150, 150, 155), "brown": (130, 85, 50), "cyan": (90, 210, 220),
}  # fmt: skip
TINTS = ("red", "green", "blue", "yellow", "orange", "purple", "pink", "cyan")

Renderer = Callable[[str], Image.Image | None]


def concepts() -> dict[str, list[str]]:
    """Code point -> the names of the thing, as listed in concepts.txt."""
    lines = (Path(__file__).parent / "concepts.txt").read_text().splitlines()
    pairs = (line.split(" | ") for line in lines if line and not line.startswith("#"))
    return {code: names.split(", ") for code, names in pairs}


def plain(code: str) -> str:
    """A code point sequence without variation selectors, the form all sets agree on."""
    return "-".join(part for part in code.lower().split("-") if part != "fe0f")


def fetch(style: str) -> Path:
    """The unpacked npm package of a set, downloaded once."""
    folder = STATE / "packs" / style
    if not folder.exists():
        folder.mkdir(parents=True)
        subprocess.run(["npm", "pack", PACKS[style], "--silent"], cwd=folder, check=True, capture_output=True)
        with tarfile.open(next(folder.glob("*.tgz"))) as archive:
            archive.extractall(folder, filter="data")
    return folder / "package"


def vector_set(folder: Path) -> Renderer:
    """Draw the icons of an Iconify package."""
    import resvg_py

    book: dict[str, Any] = json.loads((folder / "icons.json").read_text())
    by_code = {plain(code): name for code, name in json.loads((folder / "chars.json").read_text()).items()}

    def draw(code: str) -> Image.Image | None:
        icon = book["icons"].get(by_code.get(code, ""))
        if icon is None:
            return None
        box = [icon.get(k, book.get(k, d)) for k, d in (("left", 0), ("top", 0), ("width", 16), ("height", 16))]
        space = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        svg = (
            f'<svg {space} viewBox="{" ".join(map(str, box))}" width="{box[2]}" height="{box[3]}">{icon["body"]}</svg>'
        )
        png = resvg_py.svg_to_bytes(svg_string=svg, width=SIZE, skip_system_fonts=True)
        return Image.open(io.BytesIO(bytes(png))).convert("RGBA")

    return draw


def bitmap_set(folder: Path) -> Renderer:
    """Read the pictures of a package of WebP files."""
    files = {plain(file.stem): file for file in (folder / "assets").glob("*.webp")}
    return lambda code: Image.open(files[code]).convert("RGBA") if code in files else None


def squared(picture: Image.Image) -> np.ndarray:
    """The picture in the middle of a transparent square."""
    picture.thumbnail((SIZE, SIZE), Image.Resampling.LANCZOS)
    canvas = Image.new("RGBA", (SIZE, SIZE))
    canvas.paste(picture, ((SIZE - picture.width) // 2, (SIZE - picture.height) // 2))
    return np.asarray(canvas)


def compose(rgba: np.ndarray, background: tuple[int, int, int], tint: tuple[int, int, int] | None = None) -> np.ndarray:
    """Lay the picture on a plain colour; a tint repaints it in one hue and keeps its lights and darks."""
    colour, alpha = rgba[..., :3].astype(np.float32), rgba[..., 3:].astype(np.float32) / 255
    if tint is not None:
        light = (colour @ np.array([0.299, 0.587, 0.114], np.float32) / 255)[..., None]
        hue = np.array(tint, np.float32)
        colour = np.where(light < 0.55, hue * light / 0.55, hue + (255 - hue) * (light - 0.55) / 0.45)
    return np.asarray((colour * alpha + np.array(background, np.float32) * (1 - alpha)).astype(np.uint8))


def caption(rng: random.Random, style: str, names: list[str], background: str, tint: str | None) -> str:
    """One of the many ways a person might ask for this picture."""
    name = names[0] if rng.random() < 0.6 else rng.choice(names)
    thing = f"{tint} {name}" if tint else name
    article = "an" if thing[0] in "aeiou" else "a"
    if rng.random() < 0.12:  # no style asked for
        text = rng.choice([thing, f"{article} {thing}"])
    else:
        text = rng.choice([
            f"{style} emoji of {article} {thing}", f"{style} style {thing}", f"{thing}, {style} style",
            f"{article} {thing}, {style} style", f"{style} {thing}", f"{style} emoji of {thing}",
        ])  # fmt: skip
    if background != "white" or rng.random() < 0.25:
        text += rng.choice([f", {background} background", f" on a {background} background"])
    return text


def main() -> None:
    """Fetch, draw and write the pictures."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    STATE.mkdir(exist_ok=True)
    chosen = concepts()
    entries = json.loads((fetch("names") / "en/data.json").read_text())
    extra = [
        plain(e["hexcode"]) for e in sorted(entries, key=lambda e: e["hexcode"]) if e.get("group") in (0, 3, 4, 5, 6, 7)
    ]
    extra = random.Random(0).sample([code for code in extra if code not in chosen], 300)
    pictures, rows = [], []
    for style in STYLES:
        draw = (bitmap_set if style == "3d" else vector_set)(fetch(style))
        for code in [*chosen, *extra]:
            picture = draw(code)
            if picture is None:
                print(f"{style} has no {chosen.get(code, code)}")
                continue
            pictures.append(squared(picture))
            rows.append({"style": style, "names": chosen.get(code, []), "wanted": code in chosen})
    np.save(STATE / "pictures.npy", np.stack(pictures))
    (STATE / "pictures.json").write_text(json.dumps(rows))
    print(f"{len(rows)} pictures, {sum(row['wanted'] for row in rows)} of them of the {len(chosen)} concepts")


if __name__ == "__main__":
    main()
