"""Write the trained nets as one file in the layout of a Stable Diffusion 1.5 checkpoint, in half precision.

    python tools/default_model/export.py [--out FILE]

The latents' mean and deviation are folded into the convolutions on both sides of the latent, so SD's own
scaling factor 0.18215 is the right one. Rows of words that no caption has are zero.
"""

import argparse
import re
from pathlib import Path

import torch
from data import ROOT, STATE
from denoiser import load_latents, vocabulary
from nets import END, SCALE, tokenizer
from safetensors.torch import save_file
from torch import Tensor

CHECKPOINT = ROOT / "core/calotype/assets/models/checkpoints/emoji-ldm.safetensors"
METADATA = {
    "modelspec.sai_model_spec": "1.0.0",
    "modelspec.architecture": "stable-diffusion-v1",
    "modelspec.title": "Calotype emoji",
    "modelspec.author": "The Calotype authors",
    "modelspec.license": "Apache-2.0; trained on Noto Emoji (Apache-2.0) and Fluent Emoji (MIT), see NOTICE",
    "modelspec.description": "A small latent diffusion model of 84 things in three emoji styles",
    "modelspec.resolution": "128x128",
    "modelspec.prediction_type": "v",
    "calotype.zero_terminal_snr": "true",
    "calotype.scaling_factor": str(SCALE),
    # red, green, blue (-1 to 1) by latent channel, and an offset: a least squares fit of 96 pictures to their latents
    "calotype.preview": "[[0.426, -0.1, -0.848], [0.175, 0.186, -0.242], [-0.007, 0.325, -0.372], "
    "[-0.759, -0.298, 0.235], [0.412, 0.223, 0.093]]",
    "format": "pt",
}

RESNET = {
    "norm1": "in_layers.0", "conv1": "in_layers.2", "norm2": "out_layers.0", "conv2": "out_layers.3",
    "time_emb_proj": "emb_layers.1", "conv_shortcut": "skip_connection",
}  # fmt: skip
UNET_ENDS = {
    "time_embedding.linear_1": "time_embed.0", "time_embedding.linear_2": "time_embed.2",
    "conv_in": "input_blocks.0.0", "conv_norm_out": "out.0", "conv_out": "out.2",
}  # fmt: skip
ATTENTION = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}


def unet_key(key: str) -> str:
    """`down_blocks.1.resnets.0.conv1.weight` -> `input_blocks.4.0.in_layers.2.weight`."""
    for ours, theirs in UNET_ENDS.items():
        if key.startswith(ours + "."):
            return key.replace(ours, theirs)
    side, *numbers, rest = re.fullmatch(r"(down|mid|up)_blocks?\.(?:(\d)\.)?(\w+)\.(\d)\.(.*)", key).groups()  # type: ignore[union-attr]
    block, kind, index = int(numbers[0] or 0), numbers[1], int(numbers[2])
    if kind == "resnets":
        part = rest.rsplit(".", 1)
        rest = f"{RESNET[part[0]]}.{part[1]}"
    if side == "mid":
        return f"middle_block.{1 if kind == 'attentions' else 2 * index}.{rest}"
    if kind == "downsamplers":
        return f"input_blocks.{3 * block + 3}.0.{rest.replace('conv', 'op')}"
    if kind == "upsamplers":
        return f"output_blocks.{3 * block + 2}.{2 if block else 1}.{rest}"
    place = f"input_blocks.{3 * block + index + 1}" if side == "down" else f"output_blocks.{3 * block + index}"
    return f"{place}.{0 if kind == 'resnets' else 1}.{rest}"


def vae_key(key: str) -> str:
    """`decoder.up_blocks.0.resnets.1.conv1.weight` -> `decoder.up.3.block.1.conv1.weight`."""
    key = re.sub(r"up_blocks\.(\d)", lambda m: f"up.{3 - int(m[1])}", key).replace("down_blocks", "down")
    key = key.replace("resnets", "block").replace("downsamplers.0", "downsample").replace("upsamplers.0", "upsample")
    key = re.sub(r"mid_block\.block\.(\d)", lambda m: f"mid.block_{int(m[1]) + 1}", key)
    key = key.replace("conv_shortcut", "nin_shortcut").replace("conv_norm_out", "norm_out")
    if "mid_block.attentions.0." in key:
        head, tail = key.split("mid_block.attentions.0.")
        name, kind = tail.rsplit(".", 1)
        key = f"{head}mid.attn_1.{ATTENTION[name]}.{kind}"
    return key


def folded(vae: dict[str, Tensor], mean: Tensor, std: Tensor) -> dict[str, Tensor]:
    """The same autoencoder, whose latents times 0.18215 have mean 0 and deviation 1."""
    unit = std * SCALE
    w, b = vae["quant_conv.weight"].clone(), vae["quant_conv.bias"].clone()
    w[:4], b[:4] = w[:4] / unit.view(4, 1, 1, 1), (b[:4] - mean) / unit
    b[4:] -= 2 * unit.log()
    back = vae["post_quant_conv.weight"]
    return vae | {
        "quant_conv.weight": w, "quant_conv.bias": b, "post_quant_conv.weight": back * unit.view(1, 4, 1, 1),
        "post_quant_conv.bias": vae["post_quant_conv.bias"] + back[:, :, 0, 0] @ mean,
    }  # fmt: skip


def checkpoint() -> dict[str, Tensor]:
    """All tensors under the names of an SD 1.5 file."""
    unet = torch.load(STATE / "denoiser.pt", map_location="cpu")["means"]["unet"]
    decoder = STATE / "decoder.pt"
    vae = torch.load(decoder if decoder.exists() else STATE / "vae.pt", map_location="cpu")["means"]["vae"]
    _, _, mean, std = load_latents()
    known = vocabulary(tokenizer(STATE / "tokenizer.export"))
    tensors = {f"model.diffusion_model.{unet_key(k)}": v for k, v in unet.items()}
    for key, value in folded(vae, mean, std).items():
        name = f"first_stage_model.{vae_key(key)}"
        tensors[name] = value[:, :, None, None] if "attn_1" in name and value.dim() == 2 else value
    for key, value in torch.load(STATE / "words.pt").items():
        tensors["cond_stage_model.transformer.text_model." + key.removeprefix("text_model.")] = value
    words = "cond_stage_model.transformer.text_model.embeddings.token_embedding.weight"
    table = torch.zeros(END + 1, tensors[words].shape[1])
    table[known] = tensors[words]
    tensors[words] = table
    tensors = {k: v.half().contiguous() if v.is_floating_point() else v for k, v in tensors.items()}
    return tensors | {"v_pred": torch.empty(0), "ztsnr": torch.empty(0)}


def main() -> None:
    """Read the arguments and write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=CHECKPOINT)
    out = parser.parse_args().out
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_suffix(".part")
    save_file(checkpoint(), part, METADATA)
    part.replace(out)
    print(f"{out.name}: {out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
