"""Whether the parts of one file belong together. From headers alone; no torch."""

from __future__ import annotations

from calotype.diffusion.families import FAMILIES, autoencoders, texts
from calotype.diffusion.families.inspect import Found, Part
from calotype.diffusion.header import Header

CONTEXT = ".attn2.to_k.weight"  # of a U-Net's block; its last axis is as long as a word is wide


def strange_vae(header: Header, found: Found) -> str:
    """What is wrong with a checkpoint's autoencoder beside its denoiser, for people; "" where they go together."""
    family, part = FAMILIES[found.family], found.of("vae")[0]
    kind = autoencoders.kind_of(part.layout)
    alone = FAMILIES[kind.alone(header, part.prefix)]
    if not family.runs or (kind.name == family.vae and alone.latent.channels == family.latent.channels):
        return ""
    return (
        f"{header.path.name} is mixed: its denoiser is {family.title}, its VAE is {alone.title}. Take a VAE of "
        f'{family.title}: put it in "vae" and take VAELoader.'
    )


def strange_texts(header: Header, found: Found) -> str:
    """What is wrong with a checkpoint's text encoders beside its denoiser, for people; "" where they go together."""
    family, waiting = FAMILIES[found.family], list(found.of("text_encoder"))
    if not family.runs:
        return ""
    for slot in family.text:
        seated = next((part for part in waiting if texts.kind_of(part.layout).name == slot.kind), None)
        if seated is not None:
            waiting.remove(seated)
    heard = ", ".join(slot.title for slot in family.text)
    if waiting:
        more = texts.kind_of(waiting[0].layout).title
        return _mixed(header, f"its denoiser is {family.title}, which listens to {heard}, and it has one {more} more")
    said, wanted = _width(header, found.of("text_encoder")), _context(header, found.of("denoiser")[0])
    if family.network is None and wanted and said != wanted:
        return _mixed(header, f"its {family.title} U-Net listens to {wanted} features, its text encoders give {said}")
    return ""


def _mixed(header: Header, what: str) -> str:
    return (
        f"{header.path.name} is mixed: {what}. Take the text encoders from files of their own, or the checkpoint as "
        "its makers published it."
    )


def _width(header: Header, parts: tuple[Part, ...]) -> int:
    """Features of a word, of all encoders side by side."""
    return sum(texts.kind_of(part.layout).width_of(header, part.prefix) for part in parts)


def _context(header: Header, part: Part) -> int:
    """Features that a U-Net wants a word to have; 0 for other denoisers."""
    shapes = (i.shape for n, i in header.tensors.items() if n.startswith(part.prefix) and n.endswith(CONTEXT))
    return next((shape[-1] for shape in shapes if shape), 0)
