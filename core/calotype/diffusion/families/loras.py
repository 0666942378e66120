"""Which family a LoRA was made for, by the names of what it changes, and by widths where names are shared. No torch."""

from __future__ import annotations

import re

from calotype.diffusion.header import Header

MARKS = (
    ".lora_down.weight", ".lora_A.weight", ".lora_A.default.weight", ".lora_A", ".lora.down.weight",
    "_lora.down.weight", ".lora_linear_layer.down.weight", ".hada_w1_a", ".lokr_w1", ".lokr_w1_a", ".diff", ".diff_b",
)  # fmt: skip
DOWN = (".lora_down.weight", ".lora_A.weight", ".lora_A.default.weight", ".lora.down.weight", ".lora_A")
UP = (".lora_up.weight", ".lora_B.weight", ".lora_B.default.weight", ".lora.up.weight", ".lora_B")
SDXL = (
    r"(?:down|up|mid|input|output|middle)_blocks?_(?:\d+_)*(?:attentions_\d+_)?transformer_blocks_[1-9]|lora_te2_|"
    r"text_encoder_2_|text_encoders_clip_g_"
)  # blocks behind the first at one place, which SD 1.x and 2.x have not; a second text encoder
T5 = r"(lora_te[23]|text_encoder_[23]|text_encoders_t5xxl)_.*(?:SelfAttention|DenseReluDense)"
SD2_CONTEXT, SDXL_CONTEXT, REFINER_CONTEXT = 1024, 2048, 1280
FLUX_BLOCKS = 19  # with text and image apart; Qwen-Image has 60 of the same names
SD3_WIDTHS = (1536, 2432)
START = r"(?:base_model_model_)?(?:lora_|lycoris_)?(?:model_)?(?:diffusion_model_|transformer_|unet_)?"
WAN_5B = 3072  # features; the other sizes of Wan have 1536 and 5120
FLUX2_WIDTHS = (4096, 6144)  # features; the smallest has 3072, as FLUX.1 has
FLUX2_RATIO = 8  # rows of a single block's first matrix by its columns: 7 in FLUX.1, 9 in FLUX.2


def is_lora(header: Header) -> bool:
    """Whether a file changes weights rather than having them."""
    return any(name.endswith(MARKS) for name in header.tensors)


def lora_family(header: Header) -> str:
    """The family of a LoRA; SD 1.x where nothing says otherwise."""
    names = [name.replace(".", "_") for name in header.tensors]  # kohya's spelling says as much
    transformer = _transformer(header, names)
    if transformer:
        return transformer
    t5 = next((found.group(1) for name in names if (found := re.match(T5, name))), None)
    if t5:  # that alone: the second of FLUX.1's text encoders, the third of SD 3's
        return "sd3" if t5.endswith("3") else "flux"
    if any(re.search(SDXL, name) for name in names):
        return "sdxl"
    widths = {header.shape(n)[-1:] for n in header.tensors if re.search(r"attn2[._]to_k[._]", n) and n.endswith(DOWN)}
    context = max((w[0] for w in widths if w), default=0)
    by_context = {SD2_CONTEXT: "sd2", SDXL_CONTEXT: "sdxl", REFINER_CONTEXT: "sdxl-refiner"}
    return by_context.get(context, "sd1")


def _transformer(header: Header, names: list[str]) -> str | None:
    """The family of a transformer's LoRA, None for a U-Net's."""
    if _any(names, r"(double_blocks_\d+_(img|txt)|single_blocks_\d+)_"):
        wide = _width(header, r"double_blocks[._]\d+[._](img|txt)_attn[._]qkv") in FLUX2_WIDTHS
        return "flux2" if wide or _ratio(header) > FLUX2_RATIO else "flux"
    if _any(names, r"single_transformer_blocks_\d+_"):
        return "flux2" if any("to_qkv_mlp_proj" in n for n in names) else "flux"
    if _any(names, r"joint_blocks_\d+_"):
        return "sd3"
    if _any(names, r"(layers|noise_refiner|context_refiner)_\d+_(attention|feed_forward|adaLN)"):
        return "z-image"
    if _any(names, r"blocks_\d+_(self_attn|cross_attn|ffn|attn1|attn2)_"):
        return "wan-5b" if _width(header, r"blocks[._]\d+[._](self_attn|attn1)") == WAN_5B else "wan"
    if _any(names, r"transformer_blocks_\d+_"):
        return _of_joint_blocks(header, names)
    return None


def _of_joint_blocks(header: Header, names: list[str]) -> str:
    """SD 3, FLUX.1 and Qwen-Image have blocks of the same name: told apart by what is in them, or their number."""
    if _any(names, r"transformer_blocks_\d+_(img|txt)_(mlp|mod)_"):
        return "qwen-image"
    last = max(int(n) for name in names for n in re.findall(r"transformer_blocks_(\d+)_", name))
    width = _width(header, r"attn[._]to_q[._]")
    if width in SD3_WIDTHS or width < SD3_WIDTHS[0]:
        return "sd3"
    return "flux" if last < FLUX_BLOCKS else "qwen-image"


def _width(header: Header, pattern: str) -> int:
    """The most features that changed modules of such a name read, 0 where there is none."""
    found = (header.shape(n)[-1:] for n in header.tensors if n.endswith(DOWN) and re.search(pattern, n))
    return max((width[0] for width in found if width), default=0)


def _ratio(header: Header) -> float:
    """Rows by columns of what the first matrix of a single block becomes; 0 where it is not changed."""
    for up in header.tensors:
        ending = next((e for e in UP if up.endswith(e)), None)
        if ending and re.search(r"single_blocks[._]\d+[._]linear1", up):
            down = up.removesuffix(ending) + DOWN[UP.index(ending)]
            columns = header.shape(down)[-1:]
            return header.shape(up)[0] / columns[0] if columns else 0.0
    return 0.0


def _any(names: list[str], pattern: str) -> bool:
    """Whether a module of a denoiser is named so."""
    found = re.compile(START + pattern)
    return any(found.match(name) for name in names)
