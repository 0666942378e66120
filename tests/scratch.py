"""A folder in memory for small files that are synchronised often: for tests of what is kept, not of the disk."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEMORY, ROOM = Path("/dev/shm"), 1 << 30  # where the system has such a folder, and bytes that must be free there


def root() -> Path | None:
    """Where such folders are made; None for where temporary files lie."""
    roomy = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM
    return MEMORY if roomy else None


@contextmanager
def folder() -> Iterator[Path]:
    """One, for the length of a block."""
    made = Path(tempfile.mkdtemp(prefix="calotype-test-", dir=root()))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
