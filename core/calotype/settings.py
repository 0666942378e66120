"""Where things lie and how much may be used: read once, passed down."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from calotype.errors import FileError

MIB = 1024**2
GIB = 1024**3
MEMORY, DISK = 2 * GIB, 5 * GIB  # of stored results
UNITS = {"": 1, "k": 1024, "m": MIB, "g": GIB, "t": 1024 * GIB}

ASIDE = ("text_encoder", "vae")
PLACEMENTS = {
    "auto": "whole where a model fits, else streamed in blocks",
    "whole": "whole, or not at all",
    "streamed": "in blocks, always",
    "group": "diffusers' group offloading",
    "sequential": "accelerate's hooks, layer by layer",
}
STORAGES = {
    "auto": "in the number format of computation, or of the file where that is smaller",
    "fp8": "8 bits each in denoisers and ControlNets",
}

MODEL_FOLDERS: dict[str, tuple[str, ...]] = {
    # our name -> directory names in a models folder, as the field has them
    "checkpoints": ("checkpoints",),
    "controlnet": ("controlnet",),
    "loras": ("loras",),
    "vae": ("vae",),
    "unet": ("unet", "diffusion_models"),
    "clip": ("clip", "text_encoders"),
    "embeddings": ("embeddings",),
    "upscale_models": ("upscale_models",),
    "clip_vision": ("clip_vision",),
    "style_models": ("style_models",),
}
ASSETS = Path(__file__).parent / "assets"
EXAMPLES = (Path(__file__).parent / "_workflows" / "input", Path(__file__).parents[2] / "workflows" / "input")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Responsibilities: say which folders, budgets and devices a process uses.

    home: the store, the history and the caches. models: folders with `checkpoints/`, `loras/`, ... inside; the shipped
    models come last. inputs: folders of pictures; those of the example workflows come last. plugins: drop-in folders.
    device: "auto", "cpu", "cuda", "cuda:1", "mps", or "sim:6G", a simulated one of so many bytes.
    dtype: "auto", "float32", "float16", "bfloat16". vram, ram, memory,
    disk: bytes; None is by what is free. aside: parts ("text_encoder", "vae") that compute on the processor though the
    device is another. placement: how models get onto the device, see `PLACEMENTS`. storage: how their weights are held,
    see `STORAGES`.
    """

    home: Path
    models: tuple[Path, ...] = ()
    inputs: tuple[Path, ...] = ()
    plugins: tuple[Path, ...] = ()
    disabled: frozenset[str] = frozenset()
    device: str = "auto"
    dtype: str = "auto"
    vram: int | None = None
    ram: int | None = None
    memory: int = MEMORY
    disk: int = DISK
    aside: frozenset[str] = frozenset()
    placement: str = "auto"
    storage: str = "auto"

    @classmethod
    def load(
        cls,
        *,
        home: Path | str | None = None,
        models: Iterable[Path | str] = (),
        inputs: Iterable[Path | str] = (),
        plugins: Iterable[Path | str] = (),
        device: str = "",
        dtype: str = "",
        vram: str | int | None = None,
        ram: str | int | None = None,
        aside: Iterable[str] = (),
        placement: str = "",
        storage: str = "",
        env: Mapping[str, str] | None = None,
    ) -> Settings:
        """Arguments first, then the environment (`CALOTYPE_HOME`, `CALOTYPE_MODELS`, ...), then defaults.

        Raises FileError when a folder that was named does not exist.
        """
        env = os.environ if env is None else env
        where = Path(home or env.get("CALOTYPE_HOME") or _default_home()).expanduser()
        named = [*map(Path, models), *_paths(env.get("CALOTYPE_MODELS", ""))]
        for folder in named:
            if not folder.is_dir():
                raise FileError(f'the models folder "{folder}" does not exist; give a folder with checkpoints/ inside')
        return cls(
            home=where,
            models=(*named, where / "models", ASSETS / "models"),
            inputs=(*map(Path, inputs), *_paths(env.get("CALOTYPE_INPUTS", "")), where / "input", *EXAMPLES),
            plugins=(*map(Path, plugins), *_paths(env.get("CALOTYPE_PLUGINS", "")), where / "plugins"),
            disabled=frozenset(filter(None, env.get("CALOTYPE_DISABLED_PLUGINS", "").split(","))),
            device=device or env.get("CALOTYPE_DEVICE", "") or "auto",
            dtype=dtype or env.get("CALOTYPE_DTYPE", "") or "auto",
            vram=size(vram or env.get("CALOTYPE_VRAM")),
            ram=size(ram or env.get("CALOTYPE_RAM")),
            memory=size(env.get("CALOTYPE_STORE_MEMORY")) or MEMORY,
            disk=size(env.get("CALOTYPE_STORE_DISK")) or DISK,
            aside=_known("aside", [*aside, *filter(None, env.get("CALOTYPE_ASIDE", "").split(","))], ASIDE),
            placement=_one("placement", placement or env.get("CALOTYPE_PLACEMENT", ""), PLACEMENTS),
            storage=_one("storage", storage or env.get("CALOTYPE_STORAGE", ""), STORAGES),
        )

    @property
    def simulated(self) -> int | None:
        """Bytes of a simulated device; None for a real one."""
        return size(self.device.removeprefix("sim:")) if self.device.startswith("sim:") else None

    def roots(self) -> dict[str, tuple[Path, ...]]:
        """The directories of every folder that a document may name."""
        found = {
            name: tuple(models / directory for models in self.models for directory in directories)
            for name, directories in MODEL_FOLDERS.items()
        }
        return found | {"input": self.inputs}


def size(text: str | int | None) -> int | None:
    """Bytes of "6G", "512M", "1.5g", 4096. Raises ValueError."""
    if text is None or isinstance(text, int):
        return text
    said = text.strip().lower().removesuffix("ib").removesuffix("b")
    number, unit = (said[:-1], said[-1]) if said and said[-1].isalpha() else (said, "")
    if unit not in UNITS:
        raise ValueError(f'"{text}" is not a size; write it like 6G or 512M')
    try:
        return int(float(number) * UNITS[unit])
    except ValueError:
        raise ValueError(f'"{text}" is not a size; write it like 6G or 512M') from None


def token_in(path: Path) -> str:
    """The token that somebody wrote into a file. Raises ValueError with a sentence."""
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise ValueError(f"--token-file {path} cannot be read: {error}") from None
    if not text:
        raise ValueError(f"--token-file {path} is empty")
    return text


def _known(what: str, said: Iterable[str], known: Iterable[str]) -> frozenset[str]:
    """Words that are known. Raises ValueError."""
    found, words = frozenset(said), tuple(known)
    for word in found - set(words):
        raise ValueError(f'{what} "{word}" is not known; it is one of {", ".join(words)}')
    return found


def _one(what: str, said: str, known: Iterable[str]) -> str:
    """A word that is known, "auto" for none. Raises ValueError."""
    return next(iter(_known(what, [said or "auto"], known)))


def _paths(joined: str) -> list[Path]:
    return [Path(p).expanduser() for p in joined.split(os.pathsep) if p]


def _default_home() -> Path:
    from platformdirs import user_data_path

    return user_data_path("calotype", appauthor=False)
