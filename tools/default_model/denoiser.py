"""Train the U-Net on latents of the frozen autoencoder, told by the text encoder of words.py.

    python tools/default_model/denoiser.py encode --replica 0      # and --replica 1 beside it: half the pictures each
    python tools/default_model/denoiser.py train --minutes 60      # and beside it: nice python ... --replica 1

`encode` writes `.training/latents.0.pt` and `.1.pt`; `train` resumes from `.training/denoiser.pt`.
"""

import argparse
import json
import random
import time
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from data import COLOURS, STATE, TINTS, caption, compose, concepts
from nets import END, START, alphas, autoencoder, text_encoder, tokenizer, unet
from quick import LeanAttention, quicken
from torch import Tensor
from training import train

EMPTY_PROMPTS = 0.1  # so that classifier-free guidance has something to guide away from
WORDS = "noto flat 3d style emoji of a an on background , " + " ".join(COLOURS)


def variants(index: int) -> list[tuple[str, str | None]]:
    """(background, tint) of the versions of one picture: every background, and three tints on white."""
    tints = random.Random(index).sample(TINTS, 3)
    return [(name, None) for name in COLOURS] + [("white", tint) for tint in tints]


@torch.no_grad()
def encode(replica: int) -> None:
    """Encode every version of every other wanted picture."""
    rows, pictures = json.loads((STATE / "pictures.json").read_text()), np.load(STATE / "pictures.npy", mmap_mode="r")
    vae = autoencoder()
    vae.load_state_dict(torch.load(STATE / "vae.pt")["means"]["vae"])
    quicken(vae)
    indices = [i for i, row in enumerate(rows) if row["wanted"]][replica::2]
    latents = []
    for i in indices:
        versions = [compose(pictures[i], COLOURS[b], tint and COLOURS[tint]) for b, tint in variants(i)]
        x = torch.from_numpy(np.stack(versions)).permute(0, 3, 1, 2).float().div_(127.5).sub_(1)
        with torch.autocast("cpu", torch.bfloat16):
            latents.append(vae.encode(x).latent_dist.mean.float())
    torch.save({"pictures": indices, "latents": torch.stack(latents)}, STATE / f"latents.{replica}.pt")


def load_latents() -> tuple[list[int], Tensor, Tensor, Tensor]:
    """Picture numbers, their latents (N, versions, 4, 16, 16) of mean 0 and deviation 1, and what was taken out."""
    halves = [torch.load(STATE / f"latents.{r}.pt") for r in (0, 1)]
    latents = torch.cat([half["latents"] for half in halves])
    mean, std = latents.mean((0, 1, 3, 4)), latents.std((0, 1, 3, 4))
    return (
        [i for half in halves for i in half["pictures"]],
        (latents - mean.view(4, 1, 1)) / std.view(4, 1, 1),
        mean,
        std,
    )


def vocabulary(tokens: Any) -> list[int]:
    """The CLIP ids that occur in captions, in order; the start and the end of text stay last."""
    texts = [WORDS, *(name for names in concepts().values() for name in names)]
    return sorted({START, END} | {i for ids in tokens(texts).input_ids for i in ids})


def fit(minutes: float, replica: int, batch: int, rate: float) -> None:
    """Learn to predict the velocity sqrt(a) noise - sqrt(1 - a) latent."""
    rows = json.loads((STATE / "pictures.json").read_text())
    tokens = tokenizer(STATE / f"tokenizer.{replica}")
    known = vocabulary(tokens)
    compact = {token: i for i, token in enumerate(known)}
    pictures, latents, _, _ = load_latents()
    cumulative = alphas()
    torch.manual_seed(0)  # both replicas start alike
    text, net = text_encoder(len(known)), unet()
    text.load_state_dict(torch.load(STATE / "words.pt"))
    net.set_attn_processor(LeanAttention())
    quicken(net)
    torch.manual_seed(time.time_ns() % 2**32)
    rng = random.Random(time.time_ns() + replica)

    def example() -> tuple[Tensor, str]:
        place = rng.randrange(len(pictures))
        versions = variants(pictures[place])
        kind = rng.random()
        version = 0 if kind < 0.5 else rng.randrange(1, 12) if kind < 0.93 else rng.randrange(12, len(versions))
        row = rows[pictures[place]]
        text = "" if rng.random() < EMPTY_PROMPTS else caption(rng, row["style"], row["names"], *versions[version])
        return latents[place, version], text

    def step(_: float) -> Tensor:
        examples = [example() for _ in range(batch)]
        x = torch.stack([latent for latent, _ in examples])
        ids = tokens([text for _, text in examples], padding="max_length", truncation=True).input_ids
        t = (torch.rand(batch) ** 0.7 * 1000).long()  # a little more of the noisy steps: they decide what is drawn
        a = cumulative[t].view(-1, 1, 1, 1)
        noise = torch.randn_like(x)
        noisy = (a.sqrt() * x + (1 - a).sqrt() * noise).to(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            with torch.no_grad():
                context = text(torch.tensor([[compact[i] for i in row] for row in ids])).last_hidden_state
            velocity = net(noisy, t, context).sample
        return F.mse_loss(velocity.float(), a.sqrt() * noise - (1 - a).sqrt() * x)

    train({"unet": net}, [*net.parameters()], step, STATE / "denoiser.pt",
          minutes=minutes, replica=replica, rate=rate, smoothing=0.995, meet_every=6, matrices=("unet",))  # fmt: skip


def main() -> None:
    """Read the arguments and run the part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("encode", "train"))
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--replica", type=int, choices=(0, 1), default=0)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=1e-3)
    args = parser.parse_args()
    torch.set_num_threads(1)
    if args.part == "encode":
        encode(args.replica)
    else:
        fit(args.minutes, args.replica, args.batch, args.rate)


if __name__ == "__main__":
    main()
