"""The folders of the host: files by name, and by content wherever they lie."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from calotype.errors import FileError
from calotype.files.answers import Answers
from calotype.files.hashes import PREFIX, Hashes
from calotype.files.names import check_name, inside
from calotype.types import FileRef

# A directory with one of these is one model, in the layout of diffusers; it is listed and named as a whole.
MODEL_INDEXES = ("model_index.json", "config.json")

ENDINGS = {"embeddings": ".safetensors"}  # prompts name these files, mostly without their ending and their subfolder


class Files:
    """Knows the files that workflows may name: in which folder, where they lie, what is in them.

    Responsibilities: names lead nowhere but into the roots; folders may have several directories, the first wins; a
    file that was moved or renamed is found by its content hash; nothing is put in another's place silently. Messages
    name the folder, the name, the directories looked in and the nearest name. Safe for threads.
    """

    def __init__(self, roots: Mapping[str, Sequence[Path]], cache: Path | None = None) -> None:
        self.roots = {folder: tuple(Path(d).absolute() for d in places) for folder, places in roots.items()}
        self.hashes = Hashes(cache)
        self.answers = Answers(self.hashes.cache)

    def list(self, folder: str) -> list[str]:
        """The sorted names in a folder: files, and directories that are one model. Raises FileError: unknown folder."""
        return sorted({name for root in self._roots(folder) for name, _ in _walk(root)})

    def find(self, folder: str, name: str, hash: str = "") -> Path:
        """Where a file lies: by name; with a hash, the file of that content, by this name or any other.

        Raises FileError: unsafe name, no such folder or file, or only a file of other content.
        """
        named = self._named(folder, name)
        if not hash:
            if named is None:
                raise self._missing(folder, name)
            return named
        found = named if named and self.hashes.of(named) == hash else self._by_content(folder, name, hash)
        if found is None:
            raise self._missing(folder, name, hash, named)
        return found

    def resolve(self, folder: str, name: str, hash: str = "") -> FileRef:
        """The reference to a file, with its content hash. Raises FileError as `find` does."""
        path = self.find(folder, name, hash)
        return FileRef(folder, name, hash or self.hashes.of(path))

    def path(self, ref: FileRef) -> Path:
        """The local path of a reference, to be read only. Raises FileError as `find` does."""
        return self.find(ref.folder, ref.name, ref.hash)

    def near(self, folder: str, name: str) -> str | None:
        """The name in a folder that is nearest to one that is not there."""
        if folder not in self.roots:
            return None
        names = self.list(folder)
        wanted = PurePosixPath(name.replace("\\", "/").lower())
        for asked, offered in (
            (wanted.stem, {PurePosixPath(n.lower()).stem: n for n in names}),
            (str(wanted), {n.lower(): n for n in names}),
        ):
            close = difflib.get_close_matches(asked, offered, 1, 0.6)
            if close:
                return offered[close[0]]
        return None

    def close(self) -> None:
        """Let go of the cache of hashes and answers."""
        self.hashes.close()

    def _roots(self, folder: str) -> tuple[Path, ...]:
        if folder not in self.roots:
            close = difflib.get_close_matches(folder, self.roots, 1, 0.5)
            hint = f'Did you mean "{close[0]}"?' if close else f"There are: {', '.join(sorted(self.roots))}."
            raise FileError(f'there is no folder "{folder}". {hint}')
        return self.roots[folder]

    def _named(self, folder: str, name: str) -> Path | None:
        check_name(name)
        ending = ENDINGS.get(folder, "")
        for said in (name, name + ending) if ending else (name,):
            for root in self._roots(folder):
                path = inside(root, said)
                if path.is_file() or _is_model(path):
                    return path
        return self._deeper(folder, name, ending) if ending else None

    def _deeper(self, folder: str, name: str, ending: str) -> Path | None:
        """The first file of this name in a subfolder."""
        wanted = {name, name + ending}
        found = (path for root in self._roots(folder) for n, path in _walk(root) if PurePosixPath(n).name in wanted)
        return next(found, None)

    def _by_content(self, folder: str, name: str, hash: str) -> Path | None:
        """What was hashed before comes first; only then are files read, those of the same folder and kind first."""
        if not hash.startswith(PREFIX):
            return None
        suffix = PurePosixPath(name).suffix.lower()
        folders = [folder, *(f for f in self.roots if f != folder)]
        every = [(n, p) for f in folders for root in self.roots[f] for n, p in _walk(root)]
        alike = [p for n, p in every if PurePosixPath(n).suffix.lower() == suffix]
        unread = []
        for path in alike:
            known = self.hashes.known(path)
            if known == hash:
                return path
            if known is None:
                unread.append(path)
        unread.sort(key=lambda p: p.name != PurePosixPath(name).name)  # moved is likelier than renamed
        return next((p for p in unread if self.hashes.of(p) == hash), None)

    def _missing(self, folder: str, name: str, hash: str = "", named: Path | None = None) -> FileError:
        looked = ", ".join(map(str, self._roots(folder))) or "no directory"
        if named is not None:
            return FileError(
                f'{folder}: the file "{name}" has other content than the workflow asks for ({self.hashes.of(named)} in '
                f"{named}, asked for {hash}), and no other file has it either. Looked in {looked}. Put the right file "
                "there, or take the hash out of the workflow to use this one."
            )
        near = self.near(folder, name)
        asked = f" with the content {hash}" if hash else ""
        hint = f' Did you mean "{near}"?' if near else ""
        return FileError(f'{folder}: there is no file "{name}"{asked}. Looked in {looked}.{hint}')


def _is_model(path: Path) -> bool:
    return path.is_dir() and any((path / index).is_file() for index in MODEL_INDEXES)


def _walk(root: Path) -> Iterator[tuple[str, Path]]:
    """The files and model directories under a root that may be named, hidden ones and links out of it left out."""
    waiting = [(root, "")]
    while waiting:
        here, prefix = waiting.pop()
        try:
            found = sorted(os.scandir(here), key=lambda e: e.name)
        except OSError:
            continue  # not there, or not ours to read: nothing in it can be named
        for entry in found:
            name, path = prefix + entry.name, here / entry.name
            if entry.name.startswith(".") or not _may_be_named(root, name):
                continue
            if entry.is_file() or _is_model(path):
                yield name, path
            elif entry.is_dir():
                waiting.append((path, name + "/"))


def _may_be_named(root: Path, name: str) -> bool:
    try:
        inside(root, name)
    except FileError:
        return False
    return True
