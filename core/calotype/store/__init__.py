"""Results by key: in memory, and on disk for the next process, the next day and the next machine."""

from calotype.store.store import Store
from calotype.store.stored import Stored

__all__ = ["Store", "Stored"]
