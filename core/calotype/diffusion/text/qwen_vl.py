"""Qwen 2.5 VL as a text encoder that also looks at pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from calotype.diffusion.families.base import Encoded
from calotype.diffusion.families.language import LanguageFacts
from calotype.diffusion.header import Header
from calotype.diffusion.layouts.take import Takes, count
from calotype.diffusion.text.qwen import EPSILON, THETA
from calotype.diffusion.text.qwen_tokens import IMAGE_PAD, token_ids
from calotype.errors import ModelError

HEAD = 128  # channels of an attention head of the language model
VISION_HEAD = 80  # channels of an attention head of the vision tower
PATCH, MERGED, FRAMES = 14, 2, 2  # pixels of a patch; patches of a token, along a side; a picture counts as two frames
CELL = PATCH * MERGED
LEAST, MOST = 56 * 56, 28 * 28 * 16384  # pixels that it looks at
MEAN, DEVIATION = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)  # of CLIP's pictures
IMAGE = "<|vision_start|><|image_pad|><|vision_end|>"


class QwenVLText(nn.Module):
    """A Qwen 2.5 VL whose sizes come from its tensors; without a vision tower where its file has none.

    Responsibilities: the prompt in its template, pictures among its tokens, and the last states without those of the
    template's beginning.
    """

    def __init__(self, shapes: Takes, facts: LanguageFacts) -> None:
        super().__init__()
        from transformers.models.qwen2_5_vl import configuration_qwen2_5_vl as configs
        from transformers.models.qwen2_5_vl import modeling_qwen2_5_vl as models

        self.facts = facts
        language = configs.Qwen2_5_VLTextConfig(**config(shapes))
        if "visual.patch_embed.proj.weight" not in shapes:
            self.alone, self.whole = models.Qwen2_5_VLTextModel(language), None
            return
        vision = configs.Qwen2_5_VLVisionConfig(**vision_config(shapes))
        both = configs.Qwen2_5_VLConfig(text_config=language.to_dict(), vision_config=vision.to_dict())
        both._attn_implementation = "sdpa"
        self.alone, self.whole = None, models.Qwen2_5_VLModel(both)

    @property
    def text(self) -> Any:
        """The language model."""
        return self.alone if self.whole is None else self.whole.language_model

    @property
    def width(self) -> int:
        """How many features a token has."""
        return int(self.text.config.hidden_size)

    def finish(self, header: Header, prefix: str, device: torch.device) -> None:
        """Fill in the frequencies of the positions; see `TextModel`."""
        from transformers.models.qwen2_5_vl import modeling_qwen2_5_vl as models

        self.text.rotary_emb = models.Qwen2_5_VLRotaryEmbedding(self.text.config).to(device)
        if self.whole is not None:
            visual = self.whole.visual
            visual.rotary_pos_emb = models.Qwen2_5_VLVisionRotaryEmbedding(visual.config).to(device)

    def named(self, name: str) -> str:
        """See `TextModel`."""
        if self.whole is None:
            return "alone." + name
        return "whole." + name if name.startswith("visual.") else "whole.language_model." + name

    @torch.no_grad()
    def encoded(self, text: str, device: torch.device, skip: int | None) -> Encoded:
        """The last states of a prompt. Parentheses weigh nothing here; see `TextModel`."""
        ids = token_ids(self.facts.template.format(text))[: self.facts.longest + self.facts.dropped]
        states = self.text(input_ids=torch.tensor([ids], device=device), use_cache=False).last_hidden_state
        return Encoded(states[:, self.facts.dropped :].float().cpu())

    @torch.no_grad()
    def seen(self, text: str, pictures: Sequence[Tensor], device: torch.device, numbered: bool = False) -> Encoded:
        """The last states of a prompt about pictures, (H, W, 3) each in 0..1. numbered: whether they are counted.

        Raises ModelError where the file has no vision tower.
        """
        if self.whole is None:
            raise ModelError("this text encoder's file has no vision tower (visual.*), so it cannot look at pictures.")
        fitted = [resized(one) for one in pictures]
        grids = [(1, one.shape[0] // PATCH, one.shape[1] // PATCH) for one in fitted]
        ids = expanded(token_ids(self.facts.picture.format(shown(len(fitted), numbered), text)), grids)
        tokens = torch.tensor([ids], device=device)
        states = self.whole(
            input_ids=tokens,
            attention_mask=torch.ones_like(tokens),
            mm_token_type_ids=(tokens == IMAGE_PAD).int(),
            pixel_values=torch.cat([patches(one) for one in fitted]).to(device),
            image_grid_thw=torch.tensor(grids, device=device),
            use_cache=False,
        ).last_hidden_state
        return Encoded(states[:, self.facts.picture_dropped :].float().cpu())


def shown(pictures: int, numbered: bool) -> str:
    """What stands in a prompt for pictures."""
    return "".join(f"Picture {i + 1}: {IMAGE}" if numbered else IMAGE for i in range(pictures))


def expanded(ids: Sequence[int], grids: Sequence[tuple[int, int, int]]) -> list[int]:
    """Tokens with the one that stands for a picture repeated, once for each of its merged patches."""
    waiting = iter(grids)
    found: list[int] = []
    for token in ids:
        found += [token] * (math.prod(next(waiting)) // MERGED**2 if token == IMAGE_PAD else 1)
    return found


def resized(picture: Tensor) -> Tensor:
    """A picture (H, W, 3) in whole cells of 28 pixels, its proportions kept as nearly as that allows."""
    high, wide = (max(CELL, round(side / CELL) * CELL) for side in picture.shape[:2])
    if high * wide > MOST or high * wide < LEAST:
        share = math.sqrt((MOST if high * wide > MOST else LEAST) / (picture.shape[0] * picture.shape[1]))
        cut = math.floor if high * wide > MOST else math.ceil
        high, wide = (max(CELL, cut(side * share / CELL) * CELL) for side in picture.shape[:2])
    if (high, wide) == tuple(picture.shape[:2]):
        return picture
    planes = picture.movedim(-1, 0)[None].float()
    grown = torch.nn.functional.interpolate(planes, size=(high, wide), mode="bicubic", antialias=True)
    return grown[0].movedim(0, -1).clamp(0, 1)


def patches(picture: Tensor) -> Tensor:
    """A picture (H, W, 3) in whole cells as one row for each patch, cell by cell: (H W / 196, 3 * 2 * 196)."""
    like = picture.float()
    pixels = ((like - like.new_tensor(MEAN)) / like.new_tensor(DEVIATION)).movedim(-1, 0)
    high, wide = (side // CELL for side in pixels.shape[1:])
    cut = pixels.reshape(3, high, MERGED, PATCH, wide, MERGED, PATCH).permute(1, 4, 2, 5, 0, 3, 6)
    return cut[..., None, :, :].expand(*cut.shape[:5], FRAMES, PATCH, PATCH).reshape(-1, 3 * FRAMES * PATCH**2)


def config(shapes: Takes) -> dict[str, Any]:
    """The arguments of Qwen2_5_VLTextConfig for a model with these tensors."""
    vocabulary, width = shapes["embed_tokens.weight"].shape
    heads = max(1, width // HEAD)
    head = width // heads
    return {
        "vocab_size": vocabulary,
        "hidden_size": width,
        "intermediate_size": shapes["layers.0.mlp.gate_proj.weight"].shape[0],
        "num_hidden_layers": count(shapes, "layers"),
        "num_attention_heads": heads,
        "num_key_value_heads": shapes["layers.0.self_attn.k_proj.weight"].shape[0] // head,
        "rms_norm_eps": EPSILON,
        "max_position_embeddings": 128000,
        "pad_token_id": None,
        "bos_token_id": None,
        "eos_token_id": None,
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": THETA,
            "mrope_section": [head // 8, head * 3 // 16, head * 3 // 16],
        },
        "attn_implementation": "sdpa",
    }


def vision_config(shapes: Takes) -> dict[str, Any]:
    """The arguments of Qwen2_5_VLVisionConfig for a vision tower with these tensors."""
    width = shapes["visual.patch_embed.proj.weight"].shape[0]
    depth = count(shapes, "visual.blocks")
    return {
        "depth": depth,
        "hidden_size": width,
        "intermediate_size": shapes["visual.blocks.0.mlp.gate_proj.weight"].shape[0],
        "num_heads": max(1, width // VISION_HEAD),
        "out_hidden_size": shapes["visual.merger.mlp.2.weight"].shape[0],
        "patch_size": PATCH,
        "spatial_merge_size": MERGED,
        "temporal_patch_size": FRAMES,
        "window_size": 112,
        "fullatt_block_indexes": list(range(7, depth, 8)),
        "attn_implementation": "sdpa",
    }
