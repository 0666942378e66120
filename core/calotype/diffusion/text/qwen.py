"""Qwen 3 language models as text encoders: the states of some layers for each token of a prompt."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from calotype.diffusion.families.base import Encoded
from calotype.diffusion.families.language import LanguageFacts
from calotype.diffusion.header import Header
from calotype.diffusion.layouts.take import Takes, count
from calotype.diffusion.text.qwen_tokens import PAD, token_ids

THETA = 1_000_000.0  # base of the rotary positions, of every Qwen 2.5 and 3 that encodes prompts
EPSILON = 1e-6


class Qwen3Text(nn.Module):
    """A Qwen 3 whose sizes come from its tensors; layers behind the last that is listened to are not built.

    Responsibilities: the prompt in its template, and the states that the facts name.
    """

    def __init__(self, shapes: Takes, facts: LanguageFacts) -> None:
        super().__init__()
        from transformers.models.qwen3.configuration_qwen3 import Qwen3Config
        from transformers.models.qwen3.modeling_qwen3 import Qwen3Model

        self.facts = facts
        self.heard = heard(facts, count(shapes, "layers"))
        self.text = Qwen3Model(Qwen3Config(**config(shapes, max(self.heard))))
        self.text.norm = nn.Identity()  # states of inner layers are listened to as they are

    @property
    def width(self) -> int:
        """How many features a token has."""
        return int(self.text.config.hidden_size)

    def finish(self, header: Header, prefix: str, device: torch.device) -> None:
        """Fill in the frequencies of the positions; see `TextModel`."""
        from transformers.models.qwen3.modeling_qwen3 import Qwen3RotaryEmbedding

        self.text.rotary_emb = Qwen3RotaryEmbedding(self.text.config).to(device)

    def named(self, name: str) -> str:
        """See `TextModel`."""
        return "text." + name

    @torch.no_grad()
    def encoded(self, text: str, device: torch.device, skip: int | None) -> Encoded:
        """The states of a prompt, layers side by side. Parentheses weigh nothing here; see `TextModel`."""
        ids = token_ids(self.facts.template.format(text))[: self.facts.longest]
        missing = self.facts.longest - len(ids) if self.facts.padded else 0
        tokens = torch.tensor([ids + [PAD] * missing], device=device)
        mask = torch.tensor([[1] * len(ids) + [0] * missing], device=device)
        said = self.text(input_ids=tokens, attention_mask=mask, output_hidden_states=True, use_cache=False)
        states = torch.cat([said.hidden_states[layer] for layer in self.heard], dim=-1)
        return Encoded(states.float().cpu())


def heard(facts: LanguageFacts, layers: int) -> tuple[int, ...]:
    """The layers that are listened to, counted from 0, the embedding. A negative one is counted from behind."""
    return tuple(layer if layer >= 0 else layers + 1 + layer for layer in facts.layers)


def config(shapes: Takes, layers: int) -> dict[str, Any]:
    """The arguments of Qwen3Config for a model with these tensors, cut off behind `layers` layers."""
    vocabulary, width = shapes["embed_tokens.weight"].shape
    head = shapes["layers.0.self_attn.q_norm.weight"].shape[0]
    return {
        "vocab_size": vocabulary,
        "hidden_size": width,
        "intermediate_size": shapes["layers.0.mlp.gate_proj.weight"].shape[0],
        "num_hidden_layers": layers,
        "num_attention_heads": shapes["layers.0.self_attn.q_proj.weight"].shape[0] // head,
        "num_key_value_heads": shapes["layers.0.self_attn.k_proj.weight"].shape[0] // head,
        "head_dim": head,
        "rms_norm_eps": EPSILON,
        "max_position_embeddings": 40960,
        "rope_parameters": {"rope_type": "default", "rope_theta": THETA},
        "attn_implementation": "sdpa",
    }
