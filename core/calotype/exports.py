"""From results to files: pictures with their record inside, tensors as safetensors, words as text."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from calotype.errors import CalotypeError, FileError
from calotype.types import Artifact, Image, Saved, Storable

KEYWORD = "calotype"  # of the PNG text chunk that holds the record
PNG = "image/png"
PIECE = 16 << 20  # bytes of a large file that are looked at together


def write_saved(node: str, key: str, saved: Saved, out: Path, record: Mapping[str, Any]) -> Iterator[tuple[Path, bool]]:
    """Write the files of one node into a folder; yields each path, and whether it is new.

    Names carry the beginning of the node's key, so that the same result has the same name: a run that is repeated
    writes nothing, and nothing is overwritten by something else.
    """
    for index, file in enumerate(saved.files):
        path = out / _name(file, key, index, len(saved.files))
        data = with_record(file.data, file.media_type, {**record, "node": node, "index": index})
        if path.exists() and _same(path, file):
            yield path, False
        else:
            write_bytes(path, data)
            yield path, True


def _name(file: Artifact, key: str, index: int, count: int) -> str:
    stem, _, suffix = file.name.rpartition(".")
    number = f"_{index}" if count > 1 else ""
    return f"{stem or file.name}_{key[:8]}{number}.{suffix}" if stem else f"{file.name}_{key[:8]}{number}"


def with_record(data: bytes | memoryview, media_type: str, record: Mapping[str, Any]) -> bytes | memoryview:
    """A picture with the record of its run inside; what is no PNG stays as it is. Raises FileError: it is damaged."""
    if media_type != PNG:
        return data
    from calotype.images import with_text

    return with_text(bytes(data), KEYWORD, orjson.dumps(record).decode())


def _same(path: Path, file: Artifact) -> bool:
    """Whether the file on disk holds these very contents, records apart."""
    if file.media_type != PNG:
        return path.stat().st_size == len(file.data) and _alike(path, memoryview(file.data))
    from calotype.images import without_text

    return without_text(path.read_bytes(), KEYWORD) == without_text(bytes(file.data), KEYWORD)


def _alike(path: Path, data: memoryview) -> bool:
    """Whether a file of this length has these contents; looked at piece by piece, as it may be too large for memory."""
    with path.open("rb") as file:
        return all(file.read(PIECE) == data[begin : begin + PIECE] for begin in range(0, len(data), PIECE))


def check_folder(folder: Path) -> None:
    """Whether files can be written into a folder, which need not exist yet. Raises FileError."""
    there = next((p for p in (folder, *folder.absolute().parents) if p.exists()), folder)
    if not there.is_dir():
        raise FileError(f'cannot write into "{folder}": "{there}" is a file; give another folder')
    if not os.access(there, os.W_OK):
        raise FileError(f'cannot write into "{folder}": "{there}" may not be written; give another folder')


def write_bytes(path: Path, data: bytes | memoryview) -> None:
    """Write a file whole or not at all. Raises FileError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise FileError(f'cannot write "{path}": {error.strerror or error}') from error


def export(value: Any, path: Path) -> None:
    """Write one result as its file name says: .png for a picture, .safetensors for tensors, .json or .txt for the rest.

    Raises FileError where value and name do not go together.
    """
    kind = path.suffix.lower()
    if isinstance(value, Saved):
        _export_saved(value, path)
    elif kind == ".png" and isinstance(value, Image):
        _export_picture(value, path)
    elif kind == ".safetensors" and isinstance(value, Storable):
        _export_tensors(value, path)
    elif kind in (".json", ".txt", ""):
        write_bytes(path, _words(value, kind, path))
    else:
        raise FileError(
            f'a {type(value).__name__} cannot be written as "{path.name}": '
            "use .png for pictures, .safetensors for tensors, .json or .txt for the rest"
        )


def _export_saved(value: Saved, path: Path) -> None:
    for index, file in enumerate(value.files):
        write_bytes(path if index == 0 else path.with_stem(f"{path.stem}_{index}"), file.data)


def _export_picture(value: Image, path: Path) -> None:
    from calotype.images import encode_png

    for index, data in enumerate(_bytes_of(value)):
        write_bytes(path if index == 0 else path.with_stem(f"{path.stem}_{index}"), encode_png(data))


def _bytes_of(value: Image) -> Iterable[Any]:
    return (value.pixels.float().clamp(0, 1) * 255).to("cpu").byte().numpy()


def _export_tensors(value: Storable, path: Path) -> None:
    from safetensors.torch import save

    tensors, meta = value.to_tensors()
    whole = {name: t.detach().cpu().contiguous() for name, t in tensors.items()}
    write_bytes(path, save(whole, {"calotype": orjson.dumps({"type": type(value).__name__, "meta": meta}).decode()}))


def _words(value: Any, kind: str, path: Path) -> bytes:
    if kind == ".txt" and isinstance(value, str):
        return value.encode()
    try:
        return orjson.dumps(value, _plain, orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
    except TypeError as error:
        raise FileError(f'a {type(value).__name__} cannot be written as "{path.name}"; try .safetensors') from error


def _plain(value: Any) -> Any:
    if hasattr(value, "to_dict"):
        return value.to_dict()
    raise TypeError(type(value).__name__)


def read_record(path: Path) -> dict[str, Any]:
    """The record inside a picture that a run made. Raises FileError when there is none."""
    from calotype.images import text_of

    try:
        found = text_of(path.read_bytes()).get(KEYWORD)
    except (OSError, CalotypeError, ValueError) as error:
        raise FileError(f'cannot read "{path}": {getattr(error, "strerror", None) or error}') from error
    if found is None:
        raise FileError(f'"{path}" holds no record: it was not made by calotype, or its text was removed')
    try:
        record: dict[str, Any] = orjson.loads(found)
    except ValueError as error:
        raise FileError(f'the record in "{path}" is damaged: {error}') from error
    return record
