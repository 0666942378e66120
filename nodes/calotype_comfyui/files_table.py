"""Types of ComfyUI that write models into files, that look at pictures, and that cut batches anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from calotype_comfyui.rules import Rule, file, one_of, rule


def bare(prefix: Any) -> Any:
    """A name without the folder before it, which there says what kind of file it is."""
    return prefix.replace("\\", "/").rpartition("/")[2] if isinstance(prefix, str) else prefix


NAMED = {"filename_prefix": bare}

SAVING: Mapping[str, Rule] = {
    "CheckpointSave": rule("SaveCheckpoint", "model clip vae", "filename_prefix>prefix", "saved", converts=NAMED),
    "ModelSave": rule("SaveModel", "model", "filename_prefix>prefix", "saved", converts=NAMED),
    "CLIPSave": rule("SaveClip", "clip", "filename_prefix>prefix", "saved", converts=NAMED),
    "VAESave": rule("SaveVAE", "vae", "filename_prefix>prefix", "saved", converts=NAMED),
    "LoraSave": rule(
        "SaveLora",
        "model_diff>model text_encoder_diff>clip",
        "filename_prefix>prefix rank lora_type>whole bias_diff>biases",
        "saved",
        converts=NAMED | {"lora_type": one_of({"standard": False, "full_diff": True})},
    ),
}

SEEING: Mapping[str, Rule] = {
    "CLIPVisionLoader": rule(
        "ClipVisionLoader", "", "clip_name>clip_vision", "clip_vision", converts={"clip_name": file}
    ),
    "CLIPVisionEncode": rule("ClipVisionEncode", "clip_vision image", "crop", "image_features"),
    "StyleModelLoader": rule(
        "StyleModelLoader", "", "style_model_name>style_model", "style_model", converts={"style_model_name": file}
    ),
    "StyleModelApply": rule(
        "ConditioningStyle",
        "conditioning style_model clip_vision_output>image_features",
        "strength strength_type>strength_of",
        "conditioning",
        converts={"strength_type": one_of({"multiply": "words", "attn_bias": "attention"})},
    ),
}

BATCHES: Mapping[str, Rule] = {
    "RebatchLatents": rule("RebatchLatents", "latents>latents[]", "batch_size", "latents", values={"draws": "apart"}),
    "RebatchImages": rule("RebatchImages", "images>images[]", "batch_size", "images"),
}

FILES_TABLE: Mapping[str, Rule] = {**SAVING, **SEEING, **BATCHES}
