"""Noise levels that are not those of the file: the patch of the kind "sampling" that came last."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from calotype.diffusion.sampling.continuous import Consistency, Continuous, ContinuousAngle
from calotype.diffusion.sampling.parameterization import ModelSampling, Prediction
from calotype.errors import ModelError
from calotype.types import Patch, Scalar

FLUX_LEVELS = 10_000
PREDICTIONS: Mapping[str, Prediction] = {"v": "v", "edm": "edm", "eps": "eps"}
SMALL, LARGE = 256, 4096  # tokens of the pictures for which FLUX's two shifts are said


def overridden(sampling: ModelSampling, patches: Sequence[Patch]) -> ModelSampling:
    """The parameterisation as the last patch of the kind "sampling" says, if it says other levels."""
    said = next((dict(p.settings) for p in reversed(patches) if p.kind == "sampling"), {})
    match said.get("levels"):
        case None:
            return sampling
        case "lcm":
            return Consistency.of(bool(said["zero_snr"]))
        case "shift":
            return shifted_flow(sampling, float(said["shift"]))
        case "flux":
            return shifted_flow(sampling, math.exp(flux_shift(said)), FLUX_LEVELS)
        case "edm":
            return Continuous.between(*trained_between(said))
        case "angle":
            return ContinuousAngle.between(*trained_between(said))
    raise ModelError(f"noise levels of the kind {said['levels']!r} are not known.")


def shifted_flow(sampling: ModelSampling, shift: float, steps: int = 1000) -> ModelSampling:
    """A flow with another shift, and the time scale that the network knows."""
    if shift <= 0:
        raise ModelError("a shift of noise levels has to be above 0.")
    return ModelSampling.flow(shift, sampling.multiplier if sampling.is_flow else 1000.0, steps)


def flux_shift(said: Mapping[str, Scalar]) -> float:
    """mu of FLUX.1: linear in the number of tokens, from base_shift at 256 to max_shift at 4096.

    Esser et al. 2024, section 5.3.2, as FLUX.1 does it; a token is 16 x 16 pixels.
    """
    base, most = float(said["base_shift"]), float(said["max_shift"])
    slope = (most - base) / (LARGE - SMALL)
    return float(said["width"]) * float(said["height"]) / 256 * slope + base - slope * SMALL


def trained_between(said: Mapping[str, Scalar]) -> tuple[Prediction, float, float, float]:
    """(prediction, lowest level, highest level, deviation of the data); EDM's networks count on 0.5."""
    low, high, prediction = float(said["sigma_min"]), float(said["sigma_max"]), PREDICTIONS[str(said["predicts"])]
    if not 0 < low < high:
        raise ModelError(f"noise levels from {low:g} to {high:g} cannot be: the lowest has to be above 0 and below.")
    return prediction, low, high, 0.5 if prediction == "edm" else 1.0
