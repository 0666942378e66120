"""What a weights file is: its family and its parts, from the header alone. No torch."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from calotype.diffusion.families import FAMILIES, autoencoders, controls, loras, others, texts
from calotype.diffusion.families.base import Prediction
from calotype.diffusion.header import Header, read_header
from calotype.diffusion.quantised import refuse_quantised
from calotype.errors import ModelError

Kind = Literal["denoiser", "text_encoder", "vae", "controlnet", "lora"]

NETWORKS = ("model.diffusion_model.", "diffusion_model.", "transformer/", "unet/", "net.", "model.", "")
UNETS = ("model.diffusion_model.", "diffusion_model.", "unet/", "model.", "")
VAES = ("first_stage_model.", "vae/", "vae.", "")
TEXTS = (
    "cond_stage_model.transformer.",
    "cond_stage_model.model.",
    "conditioner.embedders.0.transformer.",
    "conditioner.embedders.0.model.",
    "conditioner.embedders.1.model.",
    "text_encoder/",
    "text_encoder_2/",
    "text_encoder_3/",
    "",
)
SECOND = "transformer_2/"  # of folders with a denoiser for much noise and one for little
UNET_MARKS = ("input_blocks.0.0.weight", "down_blocks.0.resnets.0.conv1.weight")
REPACKED = re.compile(r"text_encoders\.[^.]+\.(?:transformer|model)\.")  # of repackaged checkpoints


@dataclass(frozen=True, slots=True)
class Part:
    """One model inside a file. prefix: of its tensors' names there; layout: whose names they are."""

    kind: Kind
    layout: str
    prefix: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a file is. prediction: what its denoiser says it predicts, None where the file is silent."""

    family: str
    parts: tuple[Part, ...]
    prediction: Prediction | None = None
    zero_terminal_snr: bool = False

    def of(self, kind: Kind) -> tuple[Part, ...]:
        """The parts of one kind, in order."""
        return tuple(p for p in self.parts if p.kind == kind)

    @property
    def title(self) -> str:
        """The family's name for people."""
        return FAMILIES[self.family].title


def family_of(path: Path) -> str:
    """The family of a weights file or diffusers folder. Raises ModelError: unreadable, or of no known family."""
    return inspect(path).family


def parts_of(path: Path) -> tuple[Part, ...]:
    """The models inside a weights file or diffusers folder. Raises ModelError."""
    return inspect(path).parts


def inspect(path: Path) -> Found:
    """What a weights file or diffusers folder is. Raises ModelError."""
    return inspect_header(read_header(path))


def inspect_header(header: Header) -> Found:
    """What a file with this header is. Raises ModelError when no family is recognised, or no weights that are read."""
    refuse_quantised(header)
    for kind in (_lora, _control, _other, _transformer, _checkpoint, _single):
        found = kind(header)
        if found:
            _refuse_second(header, found)
            return found
    raise ModelError(others.stranger(header) or _unknown(header))


def _unknown(header: Header) -> str:
    """A sentence about a file of which nothing is recognised."""
    some = f"({len(header.tensors)} tensors, such as {', '.join(sorted(header.tensors)[:3])})"
    return f"{header.path.name} is of no model family that is known here {some}.{_behind_a_prefix(header)}"


def _refuse_second(header: Header, found: Found) -> None:
    """Raise ModelError when a U-Net stands beside another denoiser."""
    network = FAMILIES[found.family].network
    second = _checkpoint(header) if network is not None and found.of("denoiser") else None
    if second is not None:
        raise ModelError(
            f"{header.path.name} is mixed: it has two denoisers, {found.title} and {second.title}. Keep one of them, "
            "or download the file again."
        )


def _behind_a_prefix(header: Header) -> str:
    """A sentence about a denoiser whose every name begins with something that is not known; "" where there is none."""
    networks = [(f, one) for f in FAMILIES.values() if f.network for one in f.network.layouts]
    for family, layout in networks:
        for name in header.tensors:
            prefix = name.removesuffix(layout.marks[0])
            if prefix != name and layout.stands(header, prefix):
                return _renamed(family.title, prefix)
    for mark, names in ((UNET_MARKS[0], "ldm"), (UNET_MARKS[1], "diffusers")):
        before = next((n.removesuffix(mark) for n in header.tensors if n.endswith(mark)), None)
        if before is not None and _unet_layout(header, before) == names:
            return _renamed(FAMILIES[_unet_family(header, before, names)].title, before)
    return ""


def _renamed(title: str, prefix: str) -> str:
    known = ", ".join(repr(one) for one in NETWORKS if one and "/" not in one)
    return f" They are named as those of {title} behind {prefix!r}; what may stand there is {known}, or nothing."


def _lora(header: Header) -> Found | None:
    return Found(loras.lora_family(header), (Part("lora", "kohya", ""),)) if loras.is_lora(header) else None


def _other(header: Header) -> Found | None:
    """A transformer that is known by name alone."""
    family = others.recognise(header)
    return Found(family, (Part("denoiser", "ldm", ""), *_texts(header), *_vaes(header))) if family else None


def _transformer(header: Header) -> Found | None:
    """A transformer that can be computed."""
    for family in FAMILIES.values():
        for layout in family.network.layouts if family.network else ():
            prefix = next((p for p in NETWORKS if layout.stands(header, p)), None)
            if prefix is not None:
                both = (prefix, SECOND) if layout.stands(header, SECOND) else (prefix,)
                nets = [Part("denoiser", layout.name, one) for one in both]
                return Found(family.name, (*nets, *_texts(header), *_vaes(header)))
    return None


def _control(header: Header) -> Found | None:
    """A file that steers a denoiser."""
    found = controls.found_in(header)
    if found is None:
        return None
    kind, layout, prefix = found
    names = "diffusers" if layout == "diffusers" else "ldm"
    family = kind.family(header, prefix) if kind.family else _unet_family(header, prefix, names)
    return Found(family, (Part("controlnet", layout, prefix),))


def _checkpoint(header: Header) -> Found | None:
    for prefix in UNETS:
        layout = _unet_layout(header, prefix)
        if layout:
            parts = (Part("denoiser", layout, prefix), *_texts(header), *_vaes(header))
            family = _unet_family(header, prefix, layout)
            return Found(family, parts, _prediction(header), _zero_terminal_snr(header))
    return None


def _unet_layout(header: Header, prefix: str) -> str | None:
    if prefix + UNET_MARKS[0] in header.tensors:
        return "ldm"
    both = (prefix + "conv_in.weight", prefix + UNET_MARKS[1])
    return "diffusers" if all(n in header.tensors for n in both) else None


def _single(header: Header) -> Found | None:
    """A file with only an autoencoder or only text encoders."""
    vaes, encoders = _vaes(header), _texts(header)
    if vaes:
        return Found(autoencoders.kind_of(vaes[0].layout).alone(header, vaes[0].prefix), vaes)
    if encoders:
        return Found(_text_family(header, encoders[0]), encoders)
    return None


def _vaes(header: Header) -> tuple[Part, ...]:
    for prefix in VAES:
        for kind in autoencoders.KINDS.values():
            layout = next((one for one in kind.layouts if one.stands(header, prefix)), None)
            if layout is not None:
                return (Part("vae", layout.name, prefix),)
    return ()


def _texts(header: Header) -> tuple[Part, ...]:
    repacked = dict.fromkeys(found.group() for found in map(REPACKED.match, header.tensors) if found)
    found = []
    for prefix in (*TEXTS[:-1], *repacked, TEXTS[-1]):
        layouts = (one for kind in texts.KINDS.values() for one in kind.layouts)
        layout = next((one for one in layouts if one.stands(header, prefix)), None)
        if layout is not None:
            found.append(Part("text_encoder", layout.name, prefix))
    return tuple(found)


def _text_family(header: Header, part: Part) -> str:
    kind = texts.kind_of(part.layout)
    return kind.family(kind.width_of(header, part.prefix), kind.layers_of(header, part.prefix))


def _unet_family(header: Header, prefix: str, layout: str) -> str:
    """SD 1.x projects by convolutions, SD 2.x by matrices; SDXL adds an embedding, and has no attention at the top."""
    inner = header.under(prefix)
    if any(".time_stack." in n or ".time_mixer." in n or ".temporal_" in n for n in inner):
        return "svd"
    sized, levels, top = _unet_facts(inner, layout)
    if header.shape(prefix + ("input_blocks.0.0.weight" if layout == "ldm" else "conv_in.weight"))[1:2] == (7,):
        return "sd-upscaler"
    if sized:
        return ("sd2-unclip" if top else "sdxl") if levels <= 3 or top else "sdxl-refiner"
    projections = [info.shape for n, info in inner.items() if n.endswith(".proj_in.weight")]
    return "sd2" if projections and len(projections[0]) == 2 else "sd1"


def _unet_facts(names: Collection[str], layout: str) -> tuple[bool, int, bool]:
    """Whether sizes are embedded; how many levels; whether the top level has attention."""
    if layout == "ldm":
        levels = 1 + sum(n.startswith("input_blocks.") and n.endswith(".0.op.weight") for n in names)
        return any(n.startswith("label_emb.") for n in names), levels, "input_blocks.1.1.norm.weight" in names
    levels = len({n.split(".")[1] for n in names if n.startswith("down_blocks.")})
    sized = "add_embedding.linear_1.weight" in names
    return sized, levels, "down_blocks.0.attentions.0.norm.weight" in names


def _prediction(header: Header) -> Prediction | None:
    said = header.metadata.get("modelspec.prediction_type") or _scheduler(header, "prediction_type")
    if said:
        return "v" if str(said).startswith("v") else "eps"
    return "v" if "v_pred" in header.tensors else None


def _zero_terminal_snr(header: Header) -> bool:
    said = header.metadata.get("calotype.zero_terminal_snr") == "true" or "ztsnr" in header.tensors
    return said or bool(_scheduler(header, "rescale_betas_zero_snr"))


def _scheduler(header: Header, name: str) -> object:
    return header.configs.get("scheduler/scheduler_config.json", {}).get(name)
