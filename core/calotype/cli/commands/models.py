"""`calotype models`: the weights files that workflows can name."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from calotype.cli.console import bytes_said, complain, say, say_json, table
from calotype.cli.options import Host, Json, Server, opened
from calotype.cli.usage import UsageError
from calotype.errors import CalotypeError
from calotype.services import Services
from calotype.settings import MODEL_FOLDERS

FRESH, NO_SERVER = Host(), Server()
WITHOUT_FAMILY = frozenset({"embeddings"})
SHORT = len("blake3:") + 12


def models(
    folder: Annotated[str, Parameter(name="FOLDER", help="checkpoints, loras, ...; by default all.")] = "",
    /,
    *,
    resident: Annotated[bool, Parameter(help="What a server holds in memory, and where.")] = False,
    unload: Annotated[bool, Parameter(help="Have a server let go of every model.")] = False,
    json: Json = False,
    host: Host = FRESH,
    server: Server = NO_SERVER,
) -> int:
    """List models by folder, with family, size and content hash. Reads headers only; hashes are remembered.

    With --server and --resident: what the server's workers hold in memory.
    """
    if resident or unload:
        return _held(server, unload, json)
    with opened(host) as services:
        folders = [folder] if folder else MODEL_FOLDERS
        found = [_model(services, f, name) for f in folders for name in services.files.list(f)]
    if json:
        say_json(found, indented=True)
        return 0
    rows = [(m["folder"], m["file"], m["family"], bytes_said(m["bytes"]), m["hash"][:SHORT]) for m in found]
    table(("folder", "file", "family", "size", "hash"), rows)
    for model in found:
        if model.get("error") and model["folder"] not in WITHOUT_FAMILY:
            complain(f"{model['folder']}/{model['file']}: {model['error']}")
    if not found:
        say("no models; give a folder with --models or CALOTYPE_MODELS")
    return 0


def _held(server: Server, unload: bool, json: bool) -> int:
    """What a server holds, after letting go of it if so asked. Raises UsageError, ServerError."""
    if not server.url:
        raise UsageError("--resident and --unload ask a server: give it with --server, or in CALOTYPE_SERVER")
    from calotype.client import Client

    with Client(server.url, server.secret) as client:
        freed = client.unload() if unload else 0
        found = client.residents()
    if json:
        say_json({"freed": freed, "models": found}, indented=True)
        return 0
    if unload:
        say(f"freed {bytes_said(freed)}")
    rows = [
        (
            m["worker"],
            m["name"],
            m["part"],
            m["how"],
            bytes_said(m["device_bytes"] or m["bytes"]),
            f"{m['seconds']:.1f} s",
        )
        for m in found
    ]
    table(("worker", "file", "part", "where", "size", "loaded in"), rows)
    return 0


def _model(services: Services, folder: str, name: str) -> dict[str, Any]:
    """What is known of one file; a file that cannot be used says why."""
    said: dict[str, Any] = {"folder": folder, "file": name, "family": "", "bytes": 0, "hash": ""}
    try:
        path = services.files.find(folder, name)
        said |= {"path": str(path), "bytes": _bytes(path)}
        reference = services.files.resolve(folder, name)
        said["hash"] = reference.hash
        said["family"] = services.host.family(reference)
    except CalotypeError as error:
        said["error"] = str(error)
    return said


def _bytes(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(f.stat().st_size for f in files if f.is_file())
