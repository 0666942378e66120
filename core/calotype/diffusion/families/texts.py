"""The kinds of text encoders: what their files look like and which module computes them. No torch."""

from __future__ import annotations

import re
from dataclasses import dataclass

from calotype.diffusion.families.base import Layout
from calotype.diffusion.header import Header
from calotype.diffusion.layouts import clip, language, t5

LAYER = re.compile(r"(?:layers|resblocks|block)\.(\d+)\.")


@dataclass(frozen=True, slots=True)
class TextKind:
    """One kind of text encoder.

    module: its class, "package.module:Class", see `text.model.TextModel`; layouts: that its files have; width: the
    tensors of which one has the features of a token as its last axis; alone: the family of a file that holds nothing
    else, by that width; deep: the same by layers at least, for other widths; overflows: whether it is never computed in
    float16, whose range is too small for it.
    """

    name: str
    title: str
    module: str
    layouts: tuple[Layout, ...]
    width: tuple[str, ...]
    alone: tuple[tuple[int, str], ...]
    overflows: bool = True
    deep: tuple[tuple[int, str], ...] = ()

    def family(self, width: int, layers: int = 0) -> str:
        """The family of a file with such an encoder alone: that of its width, else of its depth, else the first."""
        deep = next((family for least, family in self.deep if layers >= least), self.alone[0][1])
        return dict(self.alone).get(width, deep)

    def width_of(self, header: Header, prefix: str) -> int:
        """How many features a token has, 0 when the header does not say."""
        return max((header.shape(prefix + name)[-1:] or (0,) for name in self.width), default=(0,))[0]

    def layers_of(self, header: Header, prefix: str) -> int:
        """How many layers it has."""
        numbers = (found.group(1) for name in header.under(prefix) if (found := LAYER.search(name)))
        return 1 + max(map(int, numbers), default=-1)


CLIP = TextKind(
    "clip",
    "CLIP",
    "calotype.diffusion.text.clip:ClipText",
    (
        Layout("transformers", ("text_model.embeddings.token_embedding.weight",), clip.takes_transformers),
        Layout("transformers", ("embeddings.token_embedding.weight",), clip.takes_transformers),
        Layout("openclip", ("transformer.resblocks.0.ln_1.weight",), clip.takes_openclip),
    ),
    (
        "token_embedding.weight",
        "embeddings.token_embedding.weight",
        "text_model.embeddings.token_embedding.weight",
    ),
    ((768, "clip-l"), (1024, "clip-h"), (1280, "clip-g")),
    overflows=False,
    deep=((31, "clip-g"), (23, "clip-h")),
)
T5 = TextKind(
    "t5",
    "T5",
    "calotype.diffusion.text.t5:T5Text",
    (Layout("t5", ("encoder.block.0.layer.0.SelfAttention.q.weight",), t5.takes),),
    ("encoder.final_layer_norm.weight",),
    ((4096, "t5"),),
)

UMT5 = TextKind(
    "umt5",
    "UMT5",
    "calotype.diffusion.text.umt5:UMT5Text",
    (Layout("umt5", ("encoder.block.1.layer.0.SelfAttention.relative_attention_bias.weight",), t5.takes),),
    ("encoder.final_layer_norm.weight",),
    ((4096, "umt5"),),
)
QWEN3 = TextKind(
    "qwen3",
    "Qwen 3",
    "calotype.diffusion.text.qwen:Qwen3Text",
    tuple(Layout("qwen3", (f"{p}layers.0.self_attn.q_norm.weight",), language.takes_language) for p in ("model.", "")),
    ("model.norm.weight", "norm.weight"),
    ((2560, "qwen3-4b"), (4096, "qwen3-8b")),
)
QWEN_VL = TextKind(
    "qwen2.5-vl",
    "Qwen 2.5 VL",
    "calotype.diffusion.text.qwen_vl:QwenVLText",
    tuple(
        Layout("qwen2.5-vl", (f"{p}layers.0.self_attn.q_proj.bias",), language.takes_language)
        for p in ("model.", "model.language_model.", "language_model.", "")
    ),
    ("model.norm.weight", "model.language_model.norm.weight", "language_model.norm.weight", "norm.weight"),
    ((3584, "qwen2.5-vl"),),
)

KINDS: dict[str, TextKind] = {kind.name: kind for kind in (CLIP, UMT5, T5, QWEN3, QWEN_VL)}
"""Every kind of text encoder, by name."""


def kind_of(layout: str) -> TextKind:
    """The kind of text encoder whose files have a layout of this name."""
    return next(kind for kind in KINDS.values() if any(one.name == layout for one in kind.layouts))
