"""Full-width models with random weights, in the layouts of the originals: SD 1.5 and SDXL.

Only sizes and finite numbers matter: every tensor is filled from one block of small normal values, so that a file takes
as long as its bytes take to be written.
"""

from __future__ import annotations

import importlib.util
import json
import struct
from collections.abc import Callable, Iterable, Mapping
from math import prod
from pathlib import Path
from typing import Any

SHAPES = Path(__file__).parents[1] / "tests" / "diffusion" / "conftest.py"
BLOCK = 1 << 24  # bytes
BYTES = {"F32": 4, "F16": 2, "BF16": 2}
Shapes = Mapping[str, Iterable[int]]


def single_file(path: Path, family: str, kind: str) -> None:
    """A checkpoint ("sd1" or "sdxl") as one file under the original code's names; kind: "F32", "F16", "BF16"."""
    spec = importlib.util.spec_from_file_location("shapes", SHAPES)
    assert spec and spec.loader
    shapes = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(shapes)
    vae = shapes.under("first_stage_model", shapes.vae_shapes((128, 256, 512, 512)))
    write(path, _parts(shapes)[family]() | vae, kind)


def _parts(shapes: Any) -> dict[str, Callable[[], dict[str, tuple[int, ...]]]]:
    def sd1() -> dict[str, tuple[int, ...]]:
        unet = shapes.under("model.diffusion_model", shapes.unet_shapes((320, 640, 1280, 1280), 768))
        return dict(unet | shapes.under("cond_stage_model.transformer", shapes.clip_shapes(768, 12)))

    def sdxl() -> dict[str, tuple[int, ...]]:
        unet = shapes.unet_shapes((320, 640, 1280), 2048, (0, 2, 10), 10, linear=True, sizes=2816)
        return dict(
            shapes.under("model.diffusion_model", unet)
            | shapes.under("conditioner.embedders.0.transformer", shapes.clip_shapes(768, 12))
            | shapes.under("conditioner.embedders.1.model", shapes.openclip_shapes(1280, 32))
        )

    return {"sd1": sd1, "sdxl": sdxl}


def write(path: Path, shapes: Shapes, kind: str) -> None:
    """A safetensors file of these tensors."""
    header, end = {}, 0
    for name, shape in shapes.items():
        begin, end = end, end + BYTES[kind] * prod(shape)
        header[name] = {"dtype": kind, "shape": list(shape), "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    block = _block(kind)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for begin in range(0, end, BLOCK):
            file.write(block[: min(BLOCK, end - begin)])


def _block(kind: str) -> bytes:
    import torch

    number = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}[kind]
    values = torch.randn(BLOCK // BYTES[kind], generator=torch.Generator().manual_seed(0)) * 0.02
    return bytes(values.to(number).view(torch.uint8).numpy().tobytes())


def folder(path: Path, family: str, kind: str) -> None:
    """The same as diffusers and transformers save it, with a scheduler and a `model_index.json`, without tokenizers."""
    from diffusers import EulerDiscreteScheduler

    for name, module in _modules(family).items():
        (path / name).mkdir(parents=True)
        texts = name.startswith("text")
        module.config.save_pretrained(path / name) if texts else module.save_config(path / name)
        file = "model.safetensors" if texts else "diffusion_pytorch_model.safetensors"
        write(path / name / file, {k: tuple(v.shape) for k, v in module.state_dict().items()}, kind)
    beta = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
    EulerDiscreteScheduler(**beta).save_pretrained(path / "scheduler")
    (path / "model_index.json").write_text(json.dumps(_index(family)))


def _modules(family: str) -> dict[str, Any]:
    """Modules without memory (on the device "meta")."""
    import torch
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    narrow = CLIPTextConfig(hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12)
    with torch.device("meta"):
        vae = AutoencoderKL(
            block_out_channels=(128, 256, 512, 512), layers_per_block=2, latent_channels=4, sample_size=512,
            down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
            force_upcast=False, scaling_factor=0.18215 if family == "sd1" else 0.13025,
        )  # fmt: skip
        parts: dict[str, Any] = {"unet": UNet2DConditionModel(**UNETS[family]), "vae": vae}
        parts["text_encoder"] = CLIPTextModel(narrow)
        if family == "sdxl":
            parts["text_encoder_2"] = CLIPTextModelWithProjection(
                CLIPTextConfig(hidden_size=1280, intermediate_size=5120, num_hidden_layers=32, num_attention_heads=20,
                               projection_dim=1280, hidden_act="gelu"))  # fmt: skip
    return parts


DOWN, UP = "CrossAttnDownBlock2D", "CrossAttnUpBlock2D"
UNETS: dict[str, dict[str, Any]] = {
    "sd1": {
        "cross_attention_dim": 768, "attention_head_dim": 8, "sample_size": 64,
        "down_block_types": (DOWN, DOWN, DOWN, "DownBlock2D"),
    },
    "sdxl": {
        "cross_attention_dim": 2048, "attention_head_dim": (5, 10, 20), "sample_size": 128,
        "block_out_channels": (320, 640, 1280), "transformer_layers_per_block": (1, 2, 10),
        "down_block_types": ("DownBlock2D", DOWN, DOWN), "up_block_types": (UP, UP, "UpBlock2D"),
        "use_linear_projection": True, "addition_embed_type": "text_time", "addition_time_embed_dim": 256,
        "projection_class_embeddings_input_dim": 2816,
    },
}  # fmt: skip


def _index(family: str) -> dict[str, Any]:
    parts = {
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "scheduler": ["diffusers", "EulerDiscreteScheduler"],
    }
    none = {part: [None, None] for part in ("tokenizer", "feature_extractor", "image_encoder")}
    if family == "sd1":
        none["safety_checker"] = [None, None]
        return {"_class_name": "StableDiffusionPipeline", "requires_safety_checker": False, **parts, **none}
    parts["text_encoder_2"] = ["transformers", "CLIPTextModelWithProjection"]
    none["tokenizer_2"] = [None, None]
    return {"_class_name": "StableDiffusionXLPipeline", "force_zeros_for_empty_prompt": False, **parts, **none}
