"""Options that several commands share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Group, Parameter

from calotype.cli.usage import UsageError
from calotype.services import Services
from calotype.settings import Settings

DEVICE = re.compile(r"auto|cpu|mps|(cuda|xpu)(:\d+)?")
HOST = Group("Where and how much", sort_key=50)

Json = Annotated[bool, Parameter(name="--json", help="Print JSON for programs.")]


@Parameter(name="*", group=HOST)
@dataclass(frozen=True, kw_only=True)
class Host:
    """Folders, device and budgets; what is not said comes from the environment."""

    models: Annotated[
        tuple[Path, ...],
        Parameter(help="Folder with checkpoints/, loras/, ... inside; may be repeated. Also CALOTYPE_MODELS."),
    ] = ()
    inputs: Annotated[
        tuple[Path, ...], Parameter(help="Folder of pictures to load; may be repeated. Also CALOTYPE_INPUTS.")
    ] = ()
    plugins: Annotated[
        tuple[Path, ...], Parameter(help="Folder of drop-in plugins; may be repeated. Also CALOTYPE_PLUGINS.")
    ] = ()
    device: Annotated[str, Parameter(help="cpu, cuda, cuda:1, mps; by default the best there is.")] = ""
    dtype: Annotated[
        Literal["", "float32", "float16", "bfloat16"],
        Parameter(help="Number format of models: float32, float16, bfloat16."),
    ] = ""
    vram: Annotated[str, Parameter(help="Most memory of the device for models, like 6G.")] = ""
    ram: Annotated[str, Parameter(help="Most main memory for models, like 12G.")] = ""

    def settings(self, inputs: Iterable[Path] = ()) -> Settings:
        """The settings of this command. inputs: more folders of pictures. Raises FileError, UsageError."""
        if self.device and not DEVICE.fullmatch(self.device):
            raise UsageError(f"--device {self.device}: write cpu, cuda, cuda:1, mps, or auto")
        try:
            return Settings.load(
                models=self.models,
                inputs=(*inputs, *self.inputs),
                plugins=self.plugins,
                device=self.device,
                dtype=self.dtype,
                vram=self.vram or None,
                ram=self.ram or None,
            )
        except ValueError as error:
            raise UsageError(str(error)) from None


@contextmanager
def opened(host: Host, inputs: Iterable[Path] = ()) -> Iterator[Services]:
    """The services of one command; warnings go to stderr."""
    from calotype.cli.console import complain

    with Services.open(host.settings(inputs), on_warning=complain) as services:
        yield services
