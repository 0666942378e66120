"""What a worker printed last, line by line, with the run that it worked on; bounded."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

BLOT = "***"
LINES, WIDEST, SHOWN = 2_000, 2_000, 100  # kept; characters of one; lines in a failure


class Ring:
    """The last lines. Appended by one thread, read by others. secrets: what is blotted out in them."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = [secret for secret in secrets if secret]
        self._lines: deque[tuple[str, str]] = deque(maxlen=LINES)

    def add(self, run: str, line: bytes) -> None:
        """Keep a line."""
        said = line.decode(errors="replace").rstrip("\r\n")
        for secret in self._secrets:
            said = said.replace(secret, BLOT)
        self._lines.append((run, said[:WIDEST]))

    def of(self, run: str) -> str:
        """The last lines that were printed while a run was worked on."""
        return "\n".join([line for at, line in list(self._lines) if at == run][-SHOWN:])

    def lines(self) -> list[dict[str, str]]:
        """All that is kept."""
        return [{"run": run, "line": line} for run, line in list(self._lines)]
