"""How runs reach workers: a protocol, with workers in this process, in processes of their own, and fakes for tests."""

from calotype.backends.protocol import (
    GRACE,
    MAX_PREVIEW,
    Backend,
    Ended,
    Happened,
    Lost,
    Message,
    Preview,
    Unit,
    WorkerInfo,
)

__all__ = [
    "GRACE",
    "MAX_PREVIEW",
    "Backend",
    "Ended",
    "Happened",
    "Lost",
    "Message",
    "Preview",
    "Unit",
    "WorkerInfo",
]
