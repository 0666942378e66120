"""Draw with the exported file: what evaluate.py looks at."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from data import STATE
from export import CHECKPOINT, unet_key, vae_key
from nets import SCALE, alphas, autoencoder, text_encoder, tokenizer, unet
from quick import LeanAttention
from safetensors.torch import load_file
from torch import Tensor


class Model:
    """The three nets of a checkpoint file and DDIM over them."""

    def __init__(self, file: Path = CHECKPOINT) -> None:
        tensors = {key: value.float() for key, value in load_file(file).items()}
        self.tokens = tokenizer(STATE / "tokenizer.drawing")
        self.vae, self.unet, self.text = autoencoder().eval(), unet().eval(), text_encoder().eval()
        self.unet.load_state_dict({k: tensors["model.diffusion_model." + unet_key(k)] for k in self.unet.state_dict()})
        own = self.vae.state_dict()
        self.vae.load_state_dict({k: tensors["first_stage_model." + vae_key(k)].view(v.shape) for k, v in own.items()})
        prefix = "cond_stage_model.transformer.text_model."
        self.unet.set_attn_processor(LeanAttention())
        self.text.load_state_dict({k: tensors[prefix + k.removeprefix("text_model.")] for k in self.text.state_dict()})

    def read(self, prompts: Sequence[str]) -> Tensor:
        """The text encoder's last hidden state, 77 tokens each."""
        ids = self.tokens(list(prompts), padding="max_length", truncation=True, return_tensors="pt").input_ids
        return torch.as_tensor(self.text(ids).last_hidden_state)

    @torch.no_grad()
    def draw(self, prompts: Sequence[str], seeds: Sequence[int], steps: int = 20, cfg: float = 4.0) -> np.ndarray:
        """Pictures (N, 128, 128, 3), uint8; each depends on its own prompt and seed alone."""
        parts = [slice(n, n + 28) for n in range(0, len(prompts), 28)]
        return np.concatenate([self._batch(prompts[part], seeds[part], steps, cfg) for part in parts])

    def _batch(self, prompts: Sequence[str], seeds: Sequence[int], steps: int, cfg: float) -> np.ndarray:
        context = torch.cat([self.read([""] * len(prompts)), self.read(prompts)])
        x = torch.stack([torch.randn(4, 16, 16, generator=torch.Generator().manual_seed(seed)) for seed in seeds])
        cumulative = torch.cat([alphas(), torch.ones(1)])  # the last entry, reached by index -1, is the clean picture
        times = torch.linspace(999, -1, steps + 1).round().long().tolist()
        for now, following in pairwise(times):
            a, b = cumulative[now], cumulative[following]
            with torch.autocast("cpu", torch.bfloat16):
                both = self.unet(torch.cat([x, x]), now, context).sample.float()
            plain, asked = both.chunk(2)
            velocity = plain + cfg * (asked - plain)
            clean = a.sqrt() * x - (1 - a).sqrt() * velocity
            noise = a.sqrt() * velocity + (1 - a).sqrt() * x
            x = b.sqrt() * clean + (1 - b).sqrt() * noise
        pixels = self.vae.decode(x / SCALE).sample.clamp(-1, 1)
        return ((pixels + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy()
