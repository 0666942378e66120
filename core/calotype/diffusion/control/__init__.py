"""Networks that steer a denoiser by a picture: ControlNets of U-Nets and transformers, and T2I-Adapters."""

from calotype.diffusion.control.adapter import AdapterModel
from calotype.diffusion.control.base import ControlResiduals, SteeringModel, with_parts
from calotype.diffusion.control.fitting import refuse_other_size
from calotype.diffusion.control.transformers import FluxControlModel, Sd3ControlModel
from calotype.diffusion.control.unet import ControlModel, UnionControlModel

__all__ = [
    "AdapterModel",
    "ControlModel",
    "ControlResiduals",
    "FluxControlModel",
    "Sd3ControlModel",
    "SteeringModel",
    "UnionControlModel",
    "refuse_other_size",
    "with_parts",
]
