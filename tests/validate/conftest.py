"""Toy nodes with the types that model families travel on."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

import pytest

from calotype import types
from calotype.errors import ModelError
from calotype.node import Input, Node
from calotype.registry import Registry
from calotype.types import Clip, Conditioning, FileRef, Image, Latent, Model, Saved, Secret, Seed, Vae

T = TypeVar("T")
N = TypeVar("N", bound=int | float)


class Parts(NamedTuple):
    model: Model
    clip: Clip
    vae: Vae


class CheckpointLoader(Node):
    checkpoint: FileRef = Input(folder="checkpoints")

    def run(self) -> Parts: ...


class VAELoader(Node):
    vae: FileRef = Input(folder="vae")

    def run(self) -> Vae: ...


class ControlNetLoader(Node):
    control_net: FileRef = Input(folder="controlnet")

    def run(self) -> types.ControlNet: ...


class LoraLoader(Node):
    model: Model
    lora: FileRef = Input(folder="loras")

    def run(self) -> Model: ...


class TextEncode(Node):
    clip: Clip
    text: str = ""

    def run(self) -> Conditioning: ...


class ControlNet(Node):
    positive: Conditioning
    control_net: types.ControlNet

    def run(self) -> Conditioning: ...


class EmptyLatent(Node):
    width: int = Input(default=512, ge=16, le=16384)

    def run(self) -> Latent: ...


class KSampler(Node):
    model: Model
    positive: Conditioning
    latent: Latent
    sampler: Literal["euler", "heun"] = "euler"
    seed: Seed = 0
    steps: int = Input(default=20, ge=1, le=10_000)
    cfg: float = Input(default=7.0, ge=0, le=100)

    def run(self) -> Latent: ...


class VAEDecode(Node):
    vae: Vae
    latent: Latent

    def run(self) -> Image: ...


class VAEEncode(Node):
    vae: Vae
    image: Image

    def run(self) -> Latent: ...


class LoadImage(Node):
    image: FileRef = Input(folder="input")

    def run(self) -> Image: ...


class Blur(Node):
    image: Image
    radius: float = Input(default=1.0, ge=0)
    mask: types.Mask | None = None

    def run(self) -> Image: ...


class SaveImage(Node):
    output = True

    images: tuple[Image, ...] = Input(least=1)

    def run(self) -> Saved: ...


class Pick(Node):
    """A switch: lazy, generic, and any families may come to it."""

    same_family = False

    first: bool = True
    a: T = Input(lazy=True)  # type: ignore[valid-type]
    b: T = Input(lazy=True)  # type: ignore[valid-type]

    def wants(self) -> tuple[str, ...]:
        return ("a",) if self.first else ("b",)

    def run(self) -> T: ...  # type: ignore[type-var]


class Bigger(Node):
    a: N  # type: ignore[valid-type]
    b: N  # type: ignore[valid-type]

    def run(self) -> N: ...  # type: ignore[type-var]


class Number(Node):
    value: int = 0

    def run(self) -> int: ...


class Real(Node):
    value: float = 0.0

    def run(self) -> float: ...


class Upload(Node):
    token: Secret
    note: str = ""

    def run(self) -> None: ...


class Resize(Node):
    image: Image
    mode: Literal["size", "factor"] = "size"
    width: int = Input(when=("mode", "size"))
    factor: float = Input(when=("mode", "factor"))

    def run(self) -> Image: ...


NODES = [v for v in list(globals().values()) if isinstance(v, type) and issubclass(v, Node) and v is not Node]
FAMILIES = {
    "sd15.st": "sd1",
    "sd2.st": "sd2",
    "xl.st": "sdxl",
    "canny15.st": "sd1",
    "cannyxl.st": "sdxl",
    "style15.st": "sd1",
    "stylexl.st": "sdxl",
    "vae4.st": "kl-f8-4",
    "vae16.st": "kl-f8-16",
    "vae2.st": "sd2",
}


@pytest.fixture
def registry() -> Registry:
    made = Registry()
    for cls in NODES:
        made.add_class(cls)
    return made


@pytest.fixture
def inspect() -> Any:
    """Families by name, as if read from headers."""

    def family(ref: FileRef) -> str:
        if ref.name not in FAMILIES:
            raise ModelError(f"{ref.name} is cut short: 12 bytes are missing. Download it again.")
        return FAMILIES[ref.name]

    return family


@pytest.fixture
def roots(tmp_path: Path) -> dict[str, list[Path]]:
    """A folder of each kind with one file in it."""
    made = {}
    for folder, name in (("checkpoints", "sd15.st"), ("input", "cat.png"), ("vae", "vae4.st")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_bytes(name.encode())
        made[folder] = [tmp_path / folder]
    return made
