"""`calotype models`: the weights files that workflows can name."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from calotype.cli.console import bytes_said, complain, say, say_json, table
from calotype.cli.options import Host, Json, opened
from calotype.errors import CalotypeError
from calotype.services import Services
from calotype.settings import MODEL_FOLDERS

FRESH = Host()
WITHOUT_FAMILY = frozenset({"embeddings"})
SHORT = len("blake3:") + 12


def models(
    folder: Annotated[str, Parameter(name="FOLDER", help="checkpoints, loras, ...; by default all.")] = "",
    /,
    *,
    json: Json = False,
    host: Host = FRESH,
) -> int:
    """List models by folder, with family, size and content hash. Reads headers only; hashes are remembered."""
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
