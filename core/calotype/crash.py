"""Named points at which a test may kill the process, so that every phase of a run is seen to survive it.

Outside of tests nothing is named and `at` does nothing. `CALOTYPE_CRASH_AT="finish.began:3"` kills the process with
SIGKILL when it passes that point for the third time.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Mapping

VARIABLE = "CALOTYPE_CRASH_AT"
POINTS = frozenset(
    {
        "accept.began",  # rows are inserted, nothing is committed
        "accept.committed",  # the run is on disk, nobody was told
        "claim.began",
        "claim.committed",
        "unit.received",  # a worker has the document
        "model.loading",
        "node.step",
        "artefact.written",  # under its temporary name
        "artefact.renamed",
        "event.began",  # events are inserted, nothing is committed
        "event.committed",
        "event.sent",  # a reader has them
        "finish.began",
        "finish.committed",
        "lost.began",
        "lost.committed",
        "document.written",  # of the library, under its temporary name
        "document.renamed",
        "document.moved",
        "document.discarded",
        "document.committed",  # the revision is on disk, nobody was told
        "draft.committed",
        "upload.written",  # an uploaded picture, under its temporary name
        "upload.renamed",
    }
)


class Crash:
    """Responsibilities: count the passes of one named point and die at the one that was asked for.

    Raises ValueError for a point that does not exist, so that no test waits for a kill that never comes.
    """

    def __init__(self, where: str = "") -> None:
        point, _, count = where.partition(":")
        if point and point not in POINTS:
            raise ValueError(f'there is no crash point "{point}"; there are {", ".join(sorted(POINTS))}')
        self._point = point
        self._left = int(count or 1)
        self._lock = threading.Lock()

    @classmethod
    def asked(cls, env: Mapping[str, str] | None = None) -> Crash:
        """As the environment names it; usually none."""
        return cls((os.environ if env is None else env).get(VARIABLE, ""))

    def at(self, point: str) -> None:
        """Pass a point."""
        if point != self._point:
            return
        with self._lock:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
