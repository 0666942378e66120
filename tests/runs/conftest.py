from __future__ import annotations

import pytest

from calotype.runs import Runs, submission_of


def asked(name="toy", text="a red apple", model="", type="Text", **more):
    """A submission of a small document."""
    inputs = {"text": text} | ({"file": {"file": model}} if model else {})
    return submission_of({"calotype": 1, "name": name, "nodes": {"it": {"type": type, "inputs": inputs}}}, **more)


@pytest.fixture
def ask():
    return asked


class Clock:
    """Two clocks: one that is shown, one that never jumps."""

    shown = 1_800_000_000.0
    ticks = 100.0


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "home" / "runs.sqlite"


@pytest.fixture
def runs(path, clock):
    with Runs(path, clock=lambda: clock.shown, ticks=lambda: clock.ticks) as opened:
        yield opened


@pytest.fixture
def waiting(runs):
    """The names of the queued runs, in order."""
    from calotype.runs import Query

    return lambda: [run.name for run in runs.list(Query(state=("queued",))).items]
