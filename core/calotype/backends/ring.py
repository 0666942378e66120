"""What a worker printed last, line by line, with the run that it worked on; bounded."""

from __future__ import annotations

from collections import deque

LINES, WIDEST, SHOWN = 2_000, 2_000, 100  # kept; characters of one; lines in a failure


class Ring:
    """The last lines. Appended by one thread, read by others."""

    def __init__(self) -> None:
        self._lines: deque[tuple[str, str]] = deque(maxlen=LINES)

    def add(self, run: str, line: bytes) -> None:
        """Keep a line."""
        self._lines.append((run, line.decode(errors="replace").rstrip("\r\n")[:WIDEST]))

    def of(self, run: str) -> str:
        """The last lines that were printed while a run was worked on."""
        return "\n".join([line for at, line in list(self._lines) if at == run][-SHOWN:])

    def lines(self) -> list[dict[str, str]]:
        """All that is kept."""
        return [{"run": run, "line": line} for run, line in list(self._lines)]
