"""What a model file says of itself beside its weights."""

from __future__ import annotations

import json
from collections.abc import Sequence

from calotype.diffusion.loading.load import trained_for
from calotype.diffusion.saving.leaving import WEIGHTS, Leaving
from calotype.types import Recipe

ARCHITECTURES = {
    "sd1": "stable-diffusion-v1",
    "sd2": "stable-diffusion-v2-768-v",
    "sdxl": "stable-diffusion-xl-v1-base",
    "sdxl-refiner": "stable-diffusion-xl-v1-refiner",
}
"""Family -> its name in the metadata that Stability AI specifies for model files."""
PREDICTIONS = {"eps": "epsilon", "v": "v"}
MARKERS = {"v": "v_pred", "zero_snr": "ztsnr"}
"""What is said by an empty tensor of this name as well, which is where ComfyUI looks."""


def metadata_of(recipes: Sequence[Recipe], parts: Sequence[Leaving], title: str) -> tuple[dict[str, str], list[str]]:
    """The texts of a file with these parts, and the names of the empty tensors that say something.

    title: of the model. `calotype.recipes` says which files and patches it was made of.
    """
    said = {"format": "pt", "calotype.recipes": json.dumps([{"part": r.part} | r.to_dict() for r in recipes])}
    denoiser = next((part for part in parts if part.job.kind == "denoiser"), None)
    if denoiser is None:
        return said, []
    family = denoiser.job.family.name
    if family in ARCHITECTURES:
        said |= {
            "modelspec.sai_model_spec": "1.0.0",
            "modelspec.architecture": ARCHITECTURES[family],
            "modelspec.implementation": "sgm",
            "modelspec.title": title,
        }
    return (said, []) if denoiser.job.family.network is not None else _prediction(denoiser, said)


def _prediction(part: Leaving, said: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """The same with what the U-Net predicts, as patches say, else its file, else its family."""
    job = part.job
    asked = {name: value for patch in job.recipe.patches if patch.kind == "sampling" for name, value in patch.settings}
    prediction = str(asked.get("prediction") or job.found.prediction or trained_for(job, part.takes))
    markers = [MARKERS["v"]] if prediction == "v" else []
    if prediction in PREDICTIONS:
        said["modelspec.prediction_type"] = said["modelspec.predict_key"] = PREDICTIONS[prediction]
    if bool(asked.get("zero_snr", job.found.zero_terminal_snr)):
        said["calotype.zero_terminal_snr"] = "true"
        markers.append(MARKERS["zero_snr"])
    return said, markers


def unsaved(recipe: Recipe) -> list[str]:
    """The kinds of patches of a recipe that are no matter of weights or of what a file can say; each once."""
    kept = WEIGHTS | {"sampling"}
    asked = {n: v for patch in recipe.patches if patch.kind == "sampling" for n, v in patch.settings}
    odd = ["sampling"] if asked.get("prediction", "eps") not in PREDICTIONS else []
    return [*dict.fromkeys(patch.kind for patch in recipe.patches if patch.kind not in kept), *odd]
