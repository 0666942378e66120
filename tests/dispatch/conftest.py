from __future__ import annotations

import asyncio

import pytest

from calotype.backends.fake import Fake
from calotype.dispatch import Dispatcher, Hub
from calotype.runs import ENDED, Runs, submission_of


def asked(name="toy", model="", text="a red apple", **more):
    """A submission of a small document."""
    inputs = {"text": text} | ({"file": {"file": model}} if model else {})
    return submission_of({"calotype": 1, "name": name, "nodes": {"it": {"type": "Text", "inputs": inputs}}}, **more)


@pytest.fixture
def ask():
    return asked


@pytest.fixture
def runs(tmp_path):
    with Runs(tmp_path / "runs.sqlite") as opened:
        yield opened


@pytest.fixture
def until():
    """Wait until something is so."""

    async def wait(true, seconds=10.0):
        for _ in range(int(seconds / 0.005)):
            if true():
                return
            await asyncio.sleep(0.005)
        raise AssertionError("it never became so")

    return wait


@pytest.fixture
def over(runs, until):
    """Wait until runs have ended; their states."""

    async def wait(accepted, seconds=20.0):
        ids = [run.id for run in accepted]
        await until(lambda: all(runs.get(id).state in ENDED for id in ids), seconds)
        return [runs.get(id).state for id in ids]

    return wait


@pytest.fixture
async def dispatch(runs):
    """Start a dispatcher over a fake backend, or over a given one."""
    started = []

    async def start(script=(), *, backend=None, **options):
        backend = backend or Fake(script, workers=options.pop("workers", 1), slots=options.pop("slots", 1))
        dispatcher = Dispatcher(runs, backend, Hub(runs), **{"batch": 0.01, **options})
        await dispatcher.start()
        started.append(dispatcher)
        return dispatcher, backend

    yield start
    for dispatcher in started:
        await dispatcher.stop(0.0)
