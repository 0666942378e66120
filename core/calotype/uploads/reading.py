"""Reading here and there in a file, a little at a time, so that a large one does not fill the memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

WINDOW = 1 << 16  # bytes that are read at once


class Source:
    """The bytes of a file by place. Responsibilities: reading beyond the end gives less, never an error."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self.size = size
        self._start, self._held = 0, b""

    def at(self, place: int, count: int) -> bytes:
        """`count` bytes from a place on; fewer at the end of the file."""
        if place < 0 or place >= self.size:
            return b""
        inside = self._start <= place and place + count <= self._start + len(self._held)
        if not inside:
            self._file.seek(place)
            self._start, self._held = place, self._file.read(max(count, WINDOW))
        return self._held[place - self._start : place - self._start + count]

    def number(self, place: int, count: int, order: str = "big") -> int:
        """An unsigned number of `count` bytes; what is missing counts as zero."""
        data = self.at(place, count).ljust(count, b"\0")
        return int.from_bytes(data, "little" if order == "little" else "big")

    def windows(self, place: int, overlap: int) -> Iterator[tuple[int, bytes]]:
        """The rest of the file from a place on, in pieces that overlap."""
        while place < self.size:
            piece = self.at(place, WINDOW)
            yield place, piece
            place += max(1, len(piece) - overlap) if len(piece) == WINDOW else WINDOW

    def last(self, sought: bytes, after: int) -> int:
        """The last place of some bytes beyond `after`; -1 if there is none."""
        place = self.size
        while place > after:
            first = max(after, place - WINDOW)
            found = self.at(first, place - first + len(sought) - 1).rfind(sought)
            if found >= 0:
                return first + found
            place = first
        return -1
