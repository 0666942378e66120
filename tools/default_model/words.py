"""Teach the text encoder what the words mean before it meets the U-Net; a minute that saves many.

    python tools/default_model/words.py

From every position after the caption, where the cross-attention looks, a linear map must tell thing, style,
background and tint. Writes `.training/words.pt`.
"""

import argparse
import random

import torch
import torch.nn.functional as F
from data import COLOURS, STATE, STYLES, TINTS, caption, concepts
from denoiser import vocabulary
from nets import END, TOKENS, text_encoder, tokenizer
from torch import nn


def main() -> None:
    """Read the arguments and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--batch", type=int, default=64)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rng = random.Random(0)
    tokens = tokenizer(STATE / "tokenizer.words")
    compact = {token: i for i, token in enumerate(vocabulary(tokens))}
    things = list(concepts().values())
    answers = (range(len(things)), STYLES, list(COLOURS), (None, *TINTS))
    text = text_encoder(len(compact))
    heads = nn.ModuleList(nn.Linear(text.config.hidden_size, len(kinds)) for kinds in answers)
    parameters = [*text.parameters(), *heads.parameters()]
    optimiser = torch.optim.AdamW(parameters, lr=1e-3, betas=(0.9, 0.99), weight_decay=1e-3)
    for done in range(1, args.steps + 1):
        chosen = [[rng.choice(range(len(kinds))) for kinds in answers] for _ in range(args.batch)]
        for row in chosen:
            row[3] = row[3] if rng.random() < 0.2 else 0
        wanted = [[kinds[i] for kinds, i in zip(answers, row, strict=True)] for row in chosen]
        captions = [caption(rng, style, things[thing], back, tint) for thing, style, back, tint in wanted]
        for row, written, (_, style, *_) in zip(chosen, captions, wanted, strict=True):
            row[1] = row[1] if style in written else -100  # not asked for, nothing to tell
        ids = tokens(captions, padding="max_length", truncation=True).input_ids
        states = text(torch.tensor([[compact[i] for i in row] for row in ids])).last_hidden_state
        after = torch.tensor([rng.randrange(row.index(END), TOKENS) for row in ids])
        seen = torch.cat([states[torch.arange(len(ids)), after], states[:, -1], states.mean(1)])
        targets = torch.tensor(chosen).repeat(3, 1)
        guesses = [head(seen) for head in heads]
        loss = sum((F.cross_entropy(g, targets[:, k]) for k, g in enumerate(guesses)), torch.zeros(()))
        for group in optimiser.param_groups:
            group["lr"] = 1e-3 * min(1, done / 30, (args.steps - done + 1) / (args.steps / 2))
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        if done % 25 == 0:
            hits = [(g.argmax(1) == targets[:, k])[targets[:, k] >= 0] for k, g in enumerate(guesses)]
            right = [round(hit.float().mean().item(), 2) for hit in hits]
            print(f"{done} loss {loss.item():.3f} thing, style, background, tint told: {right}", flush=True)
    torch.save(text.state_dict(), STATE / "words.pt")


if __name__ == "__main__":
    main()
