"""SD 3's transformer: from the names of Stability's code to those of diffusers. No torch."""

from __future__ import annotations

from calotype.diffusion.header import TensorInfo
from calotype.diffusion.layouts.take import Take, Tensors, count, renamed, split

EDGES = {
    "pos_embed": "pos_embed.pos_embed",
    "x_embedder.proj": "pos_embed.proj",
    "t_embedder.mlp.0": "time_text_embed.timestep_embedder.linear_1",
    "t_embedder.mlp.2": "time_text_embed.timestep_embedder.linear_2",
    "y_embedder.mlp.0": "time_text_embed.text_embedder.linear_1",
    "y_embedder.mlp.2": "time_text_embed.text_embedder.linear_2",
    "context_embedder": "context_embedder",
    "final_layer.linear": "proj_out",
    "final_layer.adaLN_modulation.1": "norm_out.linear",
}
IMAGE = {
    "adaLN_modulation.1": "norm1.linear",
    "attn.proj": "attn.to_out.0",
    "attn.ln_q": "attn.norm_q",
    "attn.ln_k": "attn.norm_k",
    "attn2.proj": "attn2.to_out.0",
    "attn2.ln_q": "attn2.norm_q",
    "attn2.ln_k": "attn2.norm_k",
    "mlp.fc1": "ff.net.0.proj",
    "mlp.fc2": "ff.net.2",
}
TEXT = {
    "adaLN_modulation.1": "norm1_context.linear",
    "attn.proj": "attn.to_add_out",
    "attn.ln_q": "attn.norm_added_q",
    "attn.ln_k": "attn.norm_added_k",
    "mlp.fc1": "ff_context.net.0.proj",
    "mlp.fc2": "ff_context.net.2",
}
JOINED = {
    ("x_block", "attn"): ("attn.to_q", "attn.to_k", "attn.to_v"),
    ("x_block", "attn2"): ("attn2.to_q", "attn2.to_k", "attn2.to_v"),
    ("context_block", "attn"): ("attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj"),
}


def takes(tensors: Tensors) -> dict[str, Take]:
    """The transformer's tensors under diffusers' names."""
    last = count(tensors, "joint_blocks") - 1
    table = EDGES | blocks(last + 1)
    taken: dict[str, Take] = {}
    for name, info in tensors.items():
        match name.split("."):
            case ["joint_blocks", i, side, attention, "qkv", leaf]:
                taken |= _joined(f"transformer_blocks.{i}", (side, attention), leaf, info)
            case _:
                new = renamed(name, table)
                if new is not None:
                    taken[new] = Take(info, swap=_swapped(new, last))
    return taken


def blocks(number: int) -> dict[str, str]:
    """Module of the original code -> module of diffusers, for so many blocks; without joined projections."""
    found: dict[str, str] = {}
    for i in range(number):
        found |= {f"joint_blocks.{i}.x_block.{old}": f"transformer_blocks.{i}.{new}" for old, new in IMAGE.items()}
        found |= {f"joint_blocks.{i}.context_block.{old}": f"transformer_blocks.{i}.{new}" for old, new in TEXT.items()}
    return found


def _joined(block: str, where: tuple[str, str], leaf: str, info: TensorInfo) -> dict[str, Take]:
    return split(info, (f"{block}.{module}.{leaf}" for module in JOINED[where])) if where in JOINED else {}


def _swapped(name: str, last: int) -> bool:
    """The original code modulates by (shift, scale), diffusers at these two places by (scale, shift)."""
    return name.startswith(("norm_out.linear.", f"transformer_blocks.{last}.norm1_context.linear."))
