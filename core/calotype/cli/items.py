"""The items of `--each`: rows of a CSV file, or pictures of a folder, one at a time."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from calotype.cli.usage import UsageError
from calotype.errors import FileError

PICTURES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"})


@dataclass(frozen=True, slots=True)
class Item:
    """One item. number: from 1; texts: what its inputs are set to, by place; stem: of its
    picture, if it is one; wrong: why it cannot even be read."""

    number: int
    label: str
    texts: dict[str, str]
    stem: str = ""
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """Where items come from. root: the folder that pictures are named in; place: the input that pictures go to."""

    path: Path
    place: str = ""

    @property
    def root(self) -> Path:
        """The folder itself, or that of the CSV file."""
        return (self.path if self.path.is_dir() else self.path.parent).absolute()

    @property
    def places(self) -> list[str]:
        """The inputs that every item sets. Raises FileError, UsageError."""
        return [self.place] if self.path.is_dir() else _heads(self.path)

    def count(self) -> int:
        """How many items there are."""
        return sum(1 for _ in self)

    def __iter__(self) -> Iterator[Item]:
        return self._pictures() if self.path.is_dir() else self._rows()

    def _pictures(self) -> Iterator[Item]:
        names = sorted(p.relative_to(self.path).as_posix() for p in self.path.rglob("*") if _is_picture(p))
        for number, name in enumerate(names, 1):
            yield Item(number, name, {self.place: name}, Path(name).stem)

    def _rows(self) -> Iterator[Item]:
        rows = _rows(self.path)
        heads = next(rows, [])
        for number, row in enumerate((r for r in rows if any(r)), 1):
            texts = {head: text for head, text in zip(heads, row, strict=False) if text}
            wrong = f"it has {len(row)} cells, the head has {len(heads)}" if len(row) > len(heads) else ""
            yield Item(number, f"row {number}", texts, wrong=wrong)


def source_of(text: str, pictures: Sequence[str]) -> Source:
    """The source that `--each` names: FILE.csv, FOLDER, or INPUT=FOLDER where several inputs take a picture.

    pictures: the inputs that take one. Raises FileError, UsageError.
    """
    place, equals, rest = text.partition("=")
    path = Path(rest if equals and not Path(text).exists() else text)
    if not path.exists():
        raise FileError(f'--each: there is no file or folder "{path}"')
    if not path.is_dir():
        return Source(path)
    if path != Path(text):
        return Source(path, place)
    if len(pictures) != 1:
        known = ", ".join(pictures) or "none"
        raise UsageError(f"--each {text}: say which input takes the pictures, INPUT={text}; inputs for one: {known}")
    return Source(path, pictures[0])


def _heads(path: Path) -> list[str]:
    heads = next(_rows(path), [])
    twice = next((h for h in heads if heads.count(h) > 1), None)
    if not any(heads) or twice is not None:
        what = f'has two columns "{twice}"' if any(heads) else "is empty"
        raise UsageError(f'--each: "{path}" {what}; its first line names the inputs that the columns set')
    return heads


def _rows(path: Path) -> Iterator[list[str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from csv.reader(file, strict=True)
    except OSError as error:
        raise FileError(f'cannot read "{path}": {error.strerror or error}') from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise FileError(f'"{path}" is not a CSV file in UTF-8: {error}') from error


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in PICTURES and path.is_file() and not path.name.startswith(".")
