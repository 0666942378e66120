"""The three networks: Stable Diffusion 1.5's topology, key for key, with narrow layers."""

import gzip
import json
from pathlib import Path

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

MERGES = Path(__file__).resolve().parents[2] / "core/calotype/assets/clip/merges.txt.gz"
START, END, TOKENS = 49406, 49407, 77
SCALE = 0.18215


def autoencoder() -> AutoencoderKL:
    """128 x 128 x 3 <-> 16 x 16 x 4."""
    return AutoencoderKL(
        latent_channels=4, block_out_channels=(32, 64, 96, 96), layers_per_block=2, norm_num_groups=32, sample_size=128,
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4, scaling_factor=SCALE,
    )  # fmt: skip


def unet() -> UNet2DConditionModel:
    """Eight heads at every level, as in SD 1.5, where `attention_head_dim` means their number."""
    return UNet2DConditionModel(
        sample_size=16, block_out_channels=(64, 96, 128, 128), layers_per_block=2, cross_attention_dim=128,
        down_block_types=("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",), attention_head_dim=8,
        up_block_types=("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3,
    )  # fmt: skip


def text_encoder(vocabulary: int = END + 1) -> CLIPTextModel:
    """Heads of 64, as in every CLIP text model: two of them."""
    return CLIPTextModel(CLIPTextConfig(
        vocab_size=vocabulary, hidden_size=128, intermediate_size=512, num_hidden_layers=4, num_attention_heads=2,
        projection_dim=128, max_position_embeddings=TOKENS, hidden_act="quick_gelu",
        bos_token_id=vocabulary - 2, eos_token_id=vocabulary - 1, pad_token_id=vocabulary - 1,
    ))  # fmt: skip


def tokenizer(scratch: Path) -> CLIPTokenizer:
    """CLIP's tokenizer, rebuilt from its merges alone."""
    scratch.mkdir(parents=True, exist_ok=True)
    visible = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = [chr(c) for c in visible] + [chr(256 + n) for n in range(256 - len(visible))]
    merges = gzip.decompress(MERGES.read_bytes()).decode().split("\n")[1 : 49152 - 256 - 2 + 1]
    words = letters + [c + "</w>" for c in letters] + ["".join(m.split()) for m in merges]
    words += ["<|startoftext|>", "<|endoftext|>"]
    (scratch / "vocab.json").write_text(json.dumps({word: i for i, word in enumerate(words)}))
    (scratch / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n")
    return CLIPTokenizer(
        vocab=str(scratch / "vocab.json"), merges=str(scratch / "merges.txt"), model_max_length=TOKENS,
        pad_token="<|endoftext|>",
    )  # fmt: skip


def alphas() -> Tensor:
    """Cumulative alphas of SD's schedule, rescaled to end in pure noise (Lin et al. 2023, algorithm 1)."""
    betas = torch.linspace(0.00085**0.5, 0.012**0.5, 1000, dtype=torch.float64) ** 2
    root = (1 - betas).cumprod(0).sqrt()
    root = (root - root[-1]) * root[0] / (root[0] - root[-1])
    return (root**2).float()
