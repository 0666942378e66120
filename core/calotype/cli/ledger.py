"""What became of every item of a batch: one JSON line each, appended at once, so that a batch can be taken up again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson

from calotype.errors import FileError

NAME = "results.jsonl"


@dataclass(frozen=True, slots=True)
class Result:
    """One item. key: of what was asked for, content of files included; status: succeeded, failed."""

    item: int
    label: str
    key: str
    status: str
    values: dict[str, Any] = field(default_factory=dict)
    run: str = ""
    seconds: float = 0.0
    files: tuple[str, ...] = ()
    error: dict[str, Any] | None = None


class Ledger:
    """Responsibilities: remember which keys succeeded, with their files; append results, whole lines only.

    Of an item that succeeded only its key and the names of its files are held in memory.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._done: dict[str, tuple[str, ...]] = {}
        self._torn = False
        self._read()

    def done(self, key: str) -> tuple[str, ...] | None:
        """The files of a key that succeeded and whose files are all still there, or None."""
        files = self._done.get(key)
        return files if files is not None and all(Path(f).is_file() for f in files) else None

    def add(self, result: Result) -> None:
        """Append a result: a kill loses nothing, a power cut at most what is done again then. Raises FileError."""
        line = b"\n" * self._torn + orjson.dumps(asdict(result), str) + b"\n"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab") as file:
                file.write(line)
        except OSError as error:
            raise FileError(f'cannot write "{self.path}": {error.strerror or error}') from error
        self._torn = False
        if result.status == "succeeded":
            self._done[result.key] = result.files

    def _read(self) -> None:
        """Take in what is there; a line that a kill cut off is left where it is and counts for nothing."""
        try:
            with self.path.open("rb") as file:
                for line in file:
                    self._torn = not line.endswith(b"\n")
                    self._take(line)
        except FileNotFoundError:
            return
        except OSError as error:
            raise FileError(f'cannot read "{self.path}": {error.strerror or error}') from error

    def _take(self, line: bytes) -> None:
        try:
            said = json.loads(line)
        except ValueError:
            return
        match said:
            case {"key": str() as key, "status": "succeeded", "files": list() as files}:
                self._done[key] = tuple(map(str, files))
