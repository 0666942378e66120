"""Options that several commands share."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Group, Parameter

from calotype.cli.runner import Runner
from calotype.cli.usage import UsageError
from calotype.services import Services
from calotype.settings import Settings, token_in

DEVICE = re.compile(r"auto|cpu|mps|(cuda|xpu)(:\d+)?|sim:\d+(\.\d+)?[kKmMgG]?")
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
    device: Annotated[
        str, Parameter(help="cpu, cuda, cuda:1, mps; sim:6G simulates one with 6 GB. By default the best there is.")
    ] = ""
    dtype: Annotated[
        Literal["", "float32", "float16", "bfloat16"],
        Parameter(help="Number format of models: float32, float16, bfloat16."),
    ] = ""
    vram: Annotated[str, Parameter(help="Most memory of the device for models, like 6G.")] = ""
    ram: Annotated[str, Parameter(help="Most main memory for models, like 12G.")] = ""
    aside: Annotated[
        tuple[Literal["text_encoder", "vae"], ...],
        Parameter(help="Compute this part on the processor: text_encoder, vae; may be repeated. Also CALOTYPE_ASIDE."),
    ] = ()
    placement: Annotated[
        Literal["", "auto", "whole", "streamed", "group", "sequential"],
        Parameter(help="How models get onto the device: auto, whole, streamed, group, sequential."),
    ] = ""
    storage: Annotated[
        Literal["", "auto", "fp8"],
        Parameter(
            help="fp8 holds weights of denoisers in 8 bits, which changes pictures a little. Also CALOTYPE_STORAGE."
        ),
    ] = ""

    def settings(self, inputs: Iterable[Path] = ()) -> Settings:
        """The settings of this command. inputs: more folders of pictures. Raises FileError, UsageError."""
        if self.device and not DEVICE.fullmatch(self.device):
            raise UsageError(f"--device {self.device}: write cpu, cuda, cuda:1, mps, sim:6G, or auto")
        try:
            return Settings.load(
                models=self.models,
                inputs=(*inputs, *self.inputs),
                plugins=self.plugins,
                device=self.device,
                dtype=self.dtype,
                vram=self.vram or None,
                ram=self.ram or None,
                aside=self.aside,
                placement=self.placement,
                storage=self.storage,
            )
        except ValueError as error:
            raise UsageError(str(error)) from None


@Parameter(name="*", group=Group("On a server", sort_key=60))
@dataclass(frozen=True, kw_only=True)
class Server:
    """The server that carries the runs out, if one does."""

    server: Annotated[
        str, Parameter(help="Run on the server at this URL, as calotype serve prints it. Also CALOTYPE_SERVER.")
    ] = ""
    token: Annotated[
        str, Parameter(help="Its token, if it is not in the URL. Also CALOTYPE_TOKEN, or --token-file.")
    ] = ""
    token_file: Annotated[Path | None, Parameter(help="A file with the token.")] = None

    @property
    def url(self) -> str:
        """Its address; empty where runs are carried out here."""
        return self.server or os.environ.get("CALOTYPE_SERVER", "")

    @property
    def secret(self) -> str:
        """Its token as it was given; empty where the address or the environment says it. Raises UsageError."""
        try:
            return self.token or (token_in(self.token_file) if self.token_file else "")
        except ValueError as error:
            raise UsageError(str(error)) from None


@contextmanager
def running(host: Host, server: Server, inputs: Iterable[Path] = ()) -> Iterator[Runner]:
    """What carries the runs of a command out: this process, or a server. Raises UsageError, CalotypeError."""
    if not server.url:
        with opened(host, inputs) as services:
            yield services
        return
    if replace(host, inputs=()) != Host():
        raise UsageError(
            "--models, --plugins, --device, --dtype, --vram, --ram, --aside, --placement and --storage are the "
            "server's; leave them out"
        )
    from calotype.cli.remote.runner import Remote
    from calotype.client import Client

    with Client(server.url, server.secret) as client:
        yield Remote(client, host.settings(inputs).inputs)


@contextmanager
def opened(host: Host, inputs: Iterable[Path] = ()) -> Iterator[Services]:
    """The services of one command; warnings go to stderr."""
    from calotype.cli.console import complain

    with Services.open(host.settings(inputs), on_warning=complain) as services:
        yield services
