"""Train the autoencoder: first whole, then its decoder alone against the frozen encoder.

    nice python tools/default_model/vae.py whole --minutes 12               # and beside it: --replica 1
    nice python tools/default_model/vae.py decoder --minutes 12             # may run beside denoiser.py

Resumes where it stopped. Writes `.training/vae.pt`, then `.training/decoder.pt`.
"""

import argparse
import json
import random

import numpy as np
import torch
import torch.nn.functional as F
from data import COLOURS, SIZE, STATE, TINTS, compose
from nets import autoencoder
from quick import quicken
from torch import Tensor
from training import train


class Scenes:
    """Endless pictures on plain colours, cut to squares of a given edge."""

    def __init__(self, seed: int) -> None:
        rows = json.loads((STATE / "pictures.json").read_text())
        self.pictures = np.load(STATE / "pictures.npy", mmap_mode="r")
        self.wanted = [i for i, row in enumerate(rows) if row["wanted"]]
        self.rng = random.Random(seed)

    def one(self, edge: int) -> np.ndarray:
        """One picture on a plain colour, or a square of it."""
        rng = self.rng
        index = rng.choice(self.wanted) if rng.random() < 0.8 else rng.randrange(len(self.pictures))
        y, x = (rng.randrange((SIZE - edge) // 8 + 1) * 8 for _ in range(2))
        named = rng.random() < 0.8
        back = (
            rng.choice([(255, 255, 255), *COLOURS.values()]) if named else tuple(rng.randrange(256) for _ in range(3))
        )
        tint = COLOURS[rng.choice(TINTS)] if rng.random() < 0.1 else None
        return compose(np.asarray(self.pictures[index][y : y + edge, x : x + edge]), back, tint)

    def batch(self, count: int, edge: int) -> Tensor:
        """Several, as values in -1..1."""
        scenes = np.stack([self.one(edge) for _ in range(count)])
        return torch.from_numpy(scenes).permute(0, 3, 1, 2).float().div_(127.5).sub_(1)  # channels last in memory


def greenness(x: Tensor) -> Tensor:
    """Green against magenta: the axis of colour that varies least, so the one an autoencoder drops first."""
    return x[:, 1:2] - (x[:, 0:1] + x[:, 2:3]) / 2


def difference(got: Tensor, wanted: Tensor) -> Tensor:
    """Pixels, edges and the coarse picture; squared where whole areas must have the right colour."""
    edges = sum(F.l1_loss(got.diff(dim=d), wanted.diff(dim=d)) for d in (2, 3))
    coarse = F.mse_loss(F.avg_pool2d(got, 8), F.avg_pool2d(wanted, 8))
    green = greenness(F.avg_pool2d(got - wanted, 4))
    coarse = 3 * coarse + 3 * green.square().mean() + green.abs().mean()
    return F.l1_loss(got, wanted) + 0.5 * F.mse_loss(got, wanted) + 0.4 * edges + coarse


def main() -> None:
    """Read the arguments and train the part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("whole", "decoder"))
    parser.add_argument("--minutes", type=float, default=12)
    parser.add_argument("--replica", type=int, choices=(0, 1), default=0)
    parser.add_argument("--batch", type=int, default=8, help="crops of 64 px a step")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    vae, preview = autoencoder(), torch.nn.Conv2d(4, 3, 1)  # without the preview, one of the three colours gets lost
    whole = args.part == "whole"
    if not whole and not (STATE / "decoder.pt").exists():
        vae.load_state_dict(torch.load(STATE / "vae.pt")["means"]["vae"])
    frozen = () if whole else ("encoder.", "quant_conv.")
    parameters = [*preview.parameters()] if whole else []
    parameters += [p for name, p in vae.named_parameters() if not name.startswith(frozen or "none")]
    quicken(vae)
    torch.manual_seed(args.replica)
    scenes = Scenes(seed=args.replica + (0 if whole else 10))

    def step(progress: float) -> Tensor:
        edge = 64 if whole and progress < 0.8 else 128
        x = scenes.batch(args.batch * 64 * 64 // edge**2, edge)
        with torch.autocast("cpu", torch.bfloat16):
            with torch.set_grad_enabled(whole):
                latents = vae.encode(x).latent_dist
                z = latents.sample()
            if not whole:  # a denoiser's latents are never exact
                z = z + 0.12 * torch.rand(len(z), 1, 1, 1) * z.std((0, 2, 3), keepdim=True) * torch.randn_like(z)
            y = vae.decode(z).sample.float()
        if not whole:
            return difference(y, x)
        off = preview(latents.mean.float()) - F.avg_pool2d(x, 8)
        told = off.square().mean() + 8 * greenness(off).square().mean()
        return difference(y, x) + told + 6e-7 * latents.kl().float().mean() * (128 / edge) ** 2

    nets = {"vae": vae, "preview": preview} if whole else {"vae": vae}
    rate, smoothing = (1.5e-3, 0.99) if whole else (1e-3, 0.995)
    state = STATE / ("vae.pt" if whole else "decoder.pt")
    train(nets, parameters, step, state, minutes=args.minutes, replica=args.replica, rate=rate, smoothing=smoothing)


if __name__ == "__main__":
    main()
