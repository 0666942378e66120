"""Types of ComfyUI that say how a model is computed and leave what it gives as it is."""

from __future__ import annotations

from calotype_comfyui.boxes import Box, Linked, Scene, Wire

COMPILING, FORMAT = "TorchCompileModel", "ModelComputeDtype"
AS_IT_IS = ("default", "fp32")  # number formats that are those of a run in float32


def pass_by(scene: Scene) -> None:
    """Lead wires past boxes that only say how something is computed, and take the boxes out; changes the scene."""
    past = [box for box in scene.boxes if _passes(box)]
    for box in past:
        model = box.inputs["model"]
        scene.detours[Wire(box.id, 0)] = model.wire
        if box.type == FORMAT and box.inputs.get("dtype") not in AS_IT_IS:
            scene.remarks.append((box.id, f"{FORMAT}: the number format is that of the run; see --dtype"))
    scene.boxes = [box for box in scene.boxes if not _passes(box)]


def _passes(box: Box) -> bool:
    return box.type in (COMPILING, FORMAT) and not box.off and isinstance(box.inputs.get("model"), Linked)
