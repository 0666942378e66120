"""Measure the exported model and draw its sheets.

    python tools/default_model/evaluate.py [--quick]        # about five minutes; quick: one sheet, no figures

Retrieval: is the training picture nearest to a drawing of the concept, of the style, that was asked for?
Backgrounds: is the border's colour the named one? Copying: how near is the nearest training picture?
Writes sheets to `docs/images/` and figures to `.training/figures.json`.
"""

import argparse
import json
import random
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from data import COLOURS, ROOT, STATE, STYLES, compose, concepts
from drawing import Model
from PIL import Image
from torch import Tensor

IMAGES = ROOT / "docs/images"
SHOWN = ("apple", "cat", "dog", "pizza", "rocket", "house", "tree", "frog", "car", "star", "penguin", "strawberry")


def sheet(pictures: np.ndarray, columns: int, name: str) -> None:
    """Save pictures as rows of `columns`, in 256 colours so that the file stays small."""
    blank = np.full((-len(pictures) % columns, *pictures.shape[1:]), 255, np.uint8)
    rows = np.concatenate([pictures, blank]).reshape(-1, columns, *pictures.shape[1:])
    joined = np.concatenate([np.concatenate(list(row), 1) for row in rows])
    IMAGES.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(joined)
    picture.thumbnail((1296, 1296), Image.Resampling.LANCZOS)
    picture.quantize(256).save(IMAGES / f"{name}.png", optimize=True)


def small(pictures: np.ndarray) -> Tensor:
    """Pooled to 32 x 32 and scaled to -1..1: what two pictures are compared by."""
    x = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1
    return F.avg_pool2d(x, 4).flatten(1)


def retrieval(model: Model, things: list[str], how: dict[str, Any]) -> dict[str, Any]:
    """All concepts in all styles on white, each against all training pictures."""
    rows = json.loads((STATE / "pictures.json").read_text())
    pictures = np.load(STATE / "pictures.npy", mmap_mode="r")
    kept = [i for i, row in enumerate(rows) if row["wanted"]]
    known = np.stack([compose(np.asarray(pictures[i]), COLOURS["white"]) for i in kept])
    asked = [(rows[i]["style"], rows[i]["names"][0]) for i in kept]
    drawn = model.draw([f"{style} emoji of a {thing}" for style, thing in asked], range(len(asked)), **how)
    distances = torch.cdist(small(drawn), small(known)) / small(known).shape[1] ** 0.5
    among = torch.cdist(small(known), small(known)) / small(known).shape[1] ** 0.5
    nearest = distances.argmin(1).tolist()
    five = distances.topk(5, largest=False).indices.tolist()
    right = [asked[n][1] == thing for n, (_, thing) in zip(nearest, asked, strict=True)]
    worst = sorted({f"{style} {thing}" for ok, (style, thing) in zip(right, asked, strict=True) if not ok})
    order = [asked.index((style, thing)) for thing in things for style in STYLES]
    sheet(drawn[order], 18, "default_model_concepts")
    return {
        "concept_nearest": float(np.mean(right)),
        "concept_in_nearest_five": float(np.mean([any(asked[k][1] == thing for k in near)
                                                  for near, (_, thing) in zip(five, asked, strict=True)])),
        "style_nearest": float(np.mean([asked[n][0] == style for n, (style, _) in zip(nearest, asked, strict=True)])),
        "distance_to_nearest": float(distances.min(1).values.mean()),
        "distance_between_training_pictures": float((among + 9 * torch.eye(len(among))).min(1).values.mean()),
        "nearer_than_0.1": float((distances.min(1).values < 0.1).float().mean()),
        "missed": worst,
    }  # fmt: skip


def backgrounds(model: Model, things: list[str], how: dict[str, Any]) -> dict[str, Any]:
    """Four concepts on each of the colours: the median of the border against the palette."""
    rng, names = random.Random(0), list(COLOURS)
    wanted = [(thing, rng.choice(STYLES), colour) for thing in rng.sample(things, 4) for colour in names]
    prompts = [f"{style} emoji of a {thing}, {colour} background" for thing, style, colour in wanted]
    drawn = model.draw(prompts, range(len(prompts)), **how)
    edges = [drawn[:, :3], drawn[:, -3:], drawn[:, :, :3], drawn[:, :, -3:]]
    border = np.median(np.concatenate([edge.reshape(len(drawn), -1, 3) for edge in edges], 1), 1)
    palette = np.array([COLOURS[name] for name in names])
    seen = [names[int(((palette - colour) ** 2).sum(1).argmin())] for colour in border]
    pairs = list(zip(seen, wanted, strict=True))
    return {
        "background": float(np.mean([got == colour for got, (_, _, colour) in pairs])),
        "background_mistaken": sorted({f"{colour} for {got}" for got, (_, _, colour) in pairs if got != colour}),
    }


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--cfg", type=float, default=3.0)
    parser.add_argument("--steps", type=int, default=12)
    args = parser.parse_args()
    torch.set_num_threads(1)
    model = Model()
    how = {"cfg": args.cfg, "steps": args.steps}
    prompts = [f"{thing}, {style} style" for style in STYLES for thing in SHOWN]
    prompts += [f"a {thing} on a {colour} background" for thing, colour in zip(SHOWN, COLOURS, strict=True)]
    sheet(model.draw(prompts, [7] * len(prompts), 20, args.cfg), len(SHOWN), "default_model")
    if args.quick:
        return
    things = [names[0] for names in concepts().values()]
    figures = retrieval(model, things, how) | backgrounds(model, things, how)
    (STATE / "figures.json").write_text(json.dumps(figures, indent=1))
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
