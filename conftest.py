"""What all tests share."""

import gc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A machine that is busy with something else is no finding of a test.
settings.register_profile("calotype", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("calotype")

# Those that wait for processes and browsers begin first, so that no worker ends with them, alone.
FIRST = ("faults", "web", "client", "server", "cli", "pool", "parity")
TESTS = Path(__file__).parent / "tests"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort by folder; files and their tests stay together."""

    def rank(item: pytest.Item) -> int:
        folder = item.path.relative_to(TESTS).parts[0] if item.path.is_relative_to(TESTS) else ""
        return FIRST.index(folder) if folder in FIRST else len(FIRST)

    items.sort(key=rank)


def pytest_collection_finish() -> None:
    """What is imported now stays: collecting garbage, which happens all the time, need not look at it again."""
    gc.collect()
    gc.freeze()
