"""The workflows that ship with the program: to be looked at, run and duplicated, not changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import orjson

from calotype.library import history
from calotype.library.names import SUFFIX
from calotype.library.records import Entry, Revision, Version


class Templates:
    """Responsibilities: read-only documents by name; the first folder that has one wins."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)
        self._entries: dict[Path, tuple[int, Entry]] = {}

    def names(self) -> list[str]:
        """Sorted."""
        return sorted(self._files())

    def get(self, name: str) -> Version | None:
        """The template of a name."""
        path = self._files().get(name)
        if path is None:
            return None
        text = path.read_bytes()
        at = datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="milliseconds")
        digest = history.digest_of(text)
        said = Revision(number=0, at=at, author="", kind="template", digest=digest, bytes=len(text))
        return Version(name=name, revision=said, text=text, template=True)

    def entries(self) -> list[Entry]:
        """For the listing; a file is read again when it has changed."""
        return [self._entry(name, path) for name, path in sorted(self._files().items())]

    def _entry(self, name: str, path: Path) -> Entry:
        time = path.stat().st_mtime_ns
        known = self._entries.get(path)
        if known is None or known[0] != time:
            version = self.get(name)
            assert version is not None
            about = orjson.loads(history.about(version.text, name))
            known = (time, Entry(name=name, template=True, updated=version.revision.at, etag=version.etag, **about))
            self._entries[path] = known
        return known[1]

    def _files(self) -> dict[str, Path]:
        found = [p for folder in reversed(self._folders) if folder.is_dir() for p in folder.glob(f"*{SUFFIX}")]
        return {path.stem: path for path in found}
