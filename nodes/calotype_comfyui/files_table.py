"""Types of ComfyUI that write models into files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from calotype_comfyui.rules import Rule, rule


def bare(prefix: Any) -> Any:
    """A name without the folder before it, which there says what kind of file it is."""
    return prefix.replace("\\", "/").rpartition("/")[2] if isinstance(prefix, str) else prefix


NAMED = {"filename_prefix": bare}

FILES_TABLE: Mapping[str, Rule] = {
    "CheckpointSave": rule("SaveCheckpoint", "model clip vae", "filename_prefix>prefix", "saved", converts=NAMED),
    "ModelSave": rule("SaveModel", "model", "filename_prefix>prefix", "saved", converts=NAMED),
    "CLIPSave": rule("SaveClip", "clip", "filename_prefix>prefix", "saved", converts=NAMED),
    "VAESave": rule("SaveVAE", "vae", "filename_prefix>prefix", "saved", converts=NAMED),
}
