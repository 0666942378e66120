"""What `calotype serve` is told, and what of it is refused before anything starts."""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Group, Parameter

from calotype.errors import CalotypeError
from calotype.server.limits import Limits
from calotype.server.parts import check_disjoint
from calotype.settings import Settings, size, token_in

HOST = Group("Where and how much", sort_key=50)
DOOR = Group("Who may come in", sort_key=40)
DEVICE = re.compile(r"auto|cpu|mps|(cuda|xpu)(:\d+)?|sim:\d+(\.\d+)?[kKmMgG]?")
NAME = re.compile(r"[a-z0-9.-]+(:\d{1,5})?|\[[0-9a-f:]+\](:\d{1,5})?")
TOKEN = "CALOTYPE_TOKEN"
SHORTEST = 16  # characters of a token that somebody chose


class WrongUse(CalotypeError):
    """What was typed cannot be meant, or would leave a door open."""

    code = "usage"


@Parameter(name="*", group=DOOR)
@dataclass(frozen=True, kw_only=True)
class Door:
    """Where the server listens, and for whom."""

    listen: Annotated[str, Parameter(help="Address, by default 127.0.0.1. Beyond this machine it needs a token.")] = (
        "127.0.0.1"
    )
    port: Annotated[int, Parameter(help="By default 8188; 0 takes a free one.")] = 8188
    token: Annotated[str, Parameter(help="Also CALOTYPE_TOKEN, or --token-file; by default one is made and kept.")] = ""
    token_file: Annotated[Path | None, Parameter(help="A file with the token.")] = None
    allow_host: Annotated[
        tuple[str, ...], Parameter(help="NAME[:PORT] under which this server is reached; may be repeated.")
    ] = ()
    tls_cert: Annotated[Path | None, Parameter(help="Certificate chain, PEM. With --tls-key.")] = None
    tls_key: Annotated[Path | None, Parameter(help="Its key, PEM.")] = None

    @property
    def scheme(self) -> str:
        """http, or https with a certificate."""
        return "https" if self.tls_cert else "http"

    @property
    def beyond(self) -> bool:
        """Whether other machines can reach the address."""
        if self.listen == "localhost":
            return False
        try:
            return not ipaddress.ip_address(self.listen).is_loopback
        except ValueError:
            return True

    def hosts(self) -> frozenset[str]:
        """The names that are allowed. Raises WrongUse."""
        names = [name.lower() for name in self.allow_host]
        for name in names:
            if not NAME.fullmatch(name):
                raise WrongUse(f"--allow-host {name}: write NAME or NAME:PORT, as in the address line of a browser")
        return frozenset(names)

    def secret(self, home: Path, env: Mapping[str, str] | None = None) -> str:
        """The token: as given, or the one that was made for this folder. Raises WrongUse."""
        given = self.token or self._filed() or (os.environ if env is None else env).get(TOKEN, "")
        if given:
            if len(given) < SHORTEST or not given.isascii() or not given.isprintable() or " " in given:
                raise WrongUse(f"the token is not one: at least {SHORTEST} letters, digits or signs without spaces")
            return given
        if self.beyond:
            raise WrongUse(
                f"--listen {self.listen} lets other machines in, so a token is needed: write one into a file "
                f"(python -c 'import secrets; print(secrets.token_urlsafe(32))' > token) and give --token-file token"
            )
        return kept_token(home / "server" / "token")

    def tls(self) -> ssl.SSLContext | None:
        """What encrypts, if a certificate was given. Raises WrongUse."""
        if self.tls_cert is None and self.tls_key is None:
            return None
        if self.tls_cert is None or self.tls_key is None:
            raise WrongUse("--tls-cert and --tls-key belong together")
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.load_cert_chain(self.tls_cert, self.tls_key, password=_no_password)
        except (OSError, ValueError) as error:
            raise WrongUse(f"the certificate {self.tls_cert} with {self.tls_key} cannot be used: {error}") from None
        return context

    def bound(self) -> socket.socket:
        """The open socket. Raises WrongUse where that cannot be."""
        if not 0 <= self.port < 1 << 16:
            raise WrongUse(f"--port {self.port}: a port is 1 to 65535, or 0 for a free one")
        try:
            [(family, kind, protocol, _, address), *_] = socket.getaddrinfo(
                self.listen, self.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )
            opened = socket.socket(family, kind, protocol)
        except (OSError, OverflowError) as error:
            raise WrongUse(f"--listen {self.listen} --port {self.port}: {error}") from None
        try:
            if os.name == "posix":
                opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            opened.bind(address)
        except OSError as error:
            opened.close()
            raise WrongUse(
                f"port {self.port} on {self.listen} cannot be had: {error.strerror}; --port 0 takes a free one"
            ) from None
        return opened

    def _filed(self) -> str:
        try:
            return token_in(self.token_file) if self.token_file else ""
        except ValueError as error:
            raise WrongUse(str(error)) from None


def outward(family: int) -> str:
    """The address of this machine towards the network; empty without one. Nothing is sent to find it."""
    there = "2001:db8::1" if family == socket.AF_INET6 else "192.0.2.1"  # set aside for examples: nobody's
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((there, 9))
        except OSError:
            return ""
        return str(probe.getsockname()[0])


@Parameter(name="*", group=HOST)
@dataclass(frozen=True, kw_only=True)
class Place:
    """Folders, devices and bounds; what is not said comes from the environment."""

    home: Annotated[Path | None, Parameter(help="Where everything is kept. Also CALOTYPE_HOME.")] = None
    models: Annotated[tuple[Path, ...], Parameter(help="Folder with checkpoints/, loras/, ...; may be repeated.")] = ()
    inputs: Annotated[tuple[Path, ...], Parameter(help="Folder of pictures to load; may be repeated.")] = ()
    plugins: Annotated[tuple[Path, ...], Parameter(help="Folder of drop-in plugins; may be repeated.")] = ()
    device: Annotated[str, Parameter(help="cpu, cuda, cuda:1, mps, sim:6G; by default the best there is.")] = ""
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
    workers: Annotated[int | None, Parameter(help="Processes that compute; by default one for each device.")] = None
    worker_memory: Annotated[str, Parameter(help="Most main memory of one of them, like 16G.")] = ""
    limit: Annotated[tuple[str, ...], Parameter(help="NAME=NUMBER; names stand in /v1/system; may be repeated.")] = ()

    def settings(self) -> Settings:
        """The settings. Raises FileError, WrongUse."""
        if self.device and not DEVICE.fullmatch(self.device):
            raise WrongUse(f"--device {self.device}: write cpu, cuda, cuda:1, mps, sim:6G, or auto")
        try:
            settings = Settings.load(
                home=self.home, models=self.models, inputs=self.inputs, plugins=self.plugins, device=self.device,
                dtype=self.dtype, vram=self.vram or None, ram=self.ram or None, aside=self.aside,
                placement=self.placement, storage=self.storage,
            )  # fmt: skip
        except ValueError as error:
            raise WrongUse(str(error)) from None
        check_disjoint(settings)
        return settings

    def limits(self) -> Limits:
        """The limits. Raises FileError."""
        return Limits.of(self.limit)

    def memory(self) -> int | None:
        """Bytes for one worker. Raises WrongUse."""
        if self.workers is not None and self.workers < 1:
            raise WrongUse(f"--workers {self.workers}: at least one process must compute")
        try:
            return size(self.worker_memory or None)
        except ValueError as error:
            raise WrongUse(str(error)) from None


def kept_token(path: Path) -> str:
    """The token of this folder, made at the first time; only its owner can read it. Raises WrongUse."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            known = path.read_text(encoding="ascii").strip()
            if len(known) >= SHORTEST:
                return known
            handle = os.open(path, os.O_WRONLY | os.O_TRUNC)  # a crash while it was written
        made = secrets.token_urlsafe(32)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(made + "\n")
            file.flush()
            os.fsync(file.fileno())
    except (OSError, ValueError) as error:
        raise WrongUse(f"the token cannot be kept in {path}: {error}") from None
    return made


def _no_password() -> str:
    raise ValueError("the key is protected by a password")
