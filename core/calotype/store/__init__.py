"""Results by key: in memory, and on disk for the next process and the next day. No pickle anywhere."""

from calotype.store.codecs import Resolver, trusting
from calotype.store.store import Stats, Store
from calotype.store.stored import Stored
from calotype.store.upkeep import Entry, Pruned, Verified

__all__ = ["Entry", "Pruned", "Resolver", "Stats", "Store", "Stored", "Verified", "trusting"]
