"""A server that is killed at every named point, and the one after it: nothing lost, nothing twice, nothing half."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from blake3 import blake3

from calotype.backends.fake import Fake
from calotype.backends.local import InProcess
from calotype.backends.supervisor import Supervisor
from calotype.crash import POINTS, VARIABLE, Crash
from calotype.runs import Runs, submission_of
from calotype.settings import Settings

SERVER = Path(__file__).with_name("server.py")
CORE = Path(__file__).parents[2] / "core"
COUNT = 4
OTHERS = ("document", "draft", "upload")  # of the library of documents, whose own tests kill it
MINE = {p for p in POINTS if p.partition(".")[0] not in OTHERS}
QUEUE = sorted(p for p in MINE if p.partition(".")[0] in ("accept", "claim", "event", "finish", "lost"))
WORKER = {
    "unit.received": "Say",
    "model.loading": "Loads",
    "node.step": "Steps",
    "artefact.written": "Say",
    "artefact.renamed": "Say",
}
TOYS = """
from pathlib import Path
from calotype.node import Context, Node
from calotype.types import Artifact, FileRef, Model, Saved


class Say(Node):
    '''A text as a file.'''

    output = True
    text: str = ""

    def run(self) -> Saved:
        '''One file.'''
        return Saved((Artifact("said.txt", "text/plain", self.text.encode()),))


class Steps(Node):
    '''Counts.'''

    output = True
    steps: int = 3

    def run(self, ctx: Context) -> int:
        '''The count.'''
        for i in range(self.steps):
            ctx.step(i, self.steps)
        return self.steps


class Loads(Node):
    '''Begins to load a model.'''

    output = True

    def run(self, ctx: Context) -> int:
        '''0.'''
        begun = Path(__file__).parents[1] / "begun"
        if not begun.exists():  # the second time would import torch, which is not what is tested
            begun.touch()
            with ctx.load(Model(FileRef("checkpoints", "none.safetensors", "blake3:00"), "sd15")):
                pass
        return 0
"""


@pytest.fixture
def home(tmp_path):
    home = tmp_path / "home"
    (home / "plugins").mkdir(parents=True)
    (home / "plugins" / "toys.py").write_text(TOYS)
    return home


def killed(home, backend, kind, where):
    """Run the server until it is killed; the ids that it had told."""
    done = subprocess.run(
        [sys.executable, str(SERVER), str(home), backend, kind, str(COUNT)],
        env={**os.environ, VARIABLE: where},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    return done.stdout.split()


async def finished(home, backend, dispatch_over):
    """What a second server makes of it: every run, ended."""
    check = sqlite3.connect(home / "runs.sqlite")
    assert check.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    check.close()
    with Runs(home / "runs.sqlite") as runs:
        await dispatch_over(runs, backend)
        found = {run.id: run for run in runs.list().items}
        for run in found.values():
            events = runs.events(run.id)
            assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
            assert [e["event"] for e in events].count("RunEnded") == 1
            assert events[-1]["event"] == "RunEnded"
    return found


@pytest.fixture
def dispatch_over(until):
    from calotype.dispatch import Dispatcher, Hub
    from calotype.runs import ENDED

    async def work(runs, backend):
        dispatcher = Dispatcher(runs, backend, Hub(runs), batch=0.0)
        await dispatcher.start()
        await until(lambda: all(run.state in ENDED for run in runs.list().items), 30)
        await dispatcher.stop(1.0)

    return work


@pytest.mark.parametrize("point", QUEUE)
async def test_a_server_killed_at_any_point_of_the_queue_loses_and_doubles_nothing(home, dispatch_over, point):
    told = killed(home, "fake", "Say", f"{point}:{1 if point.startswith('lost') else 2}")
    found = await finished(home, Fake(), dispatch_over)
    assert set(told) <= set(found)
    assert {run.state for run in found.values()} == {"succeeded"}
    assert len(found) in (len(told), len(told) + 1)  # the one that was accepted and not yet told


@pytest.mark.parametrize("point", WORKER)
async def test_a_server_killed_while_it_computes_leaves_no_half_file(home, dispatch_over, point):
    told = killed(home, "local", WORKER[point], f"{point}:{1 if point == 'model.loading' else 2}")
    found = await finished(home, InProcess(Settings.load(home=home, device="cpu", env={})), dispatch_over)
    assert set(told) == set(found)
    assert [run.state for run in found.values()] == ["succeeded"] * COUNT
    names = [p for p in (home / "files").rglob("*") if p.is_file() and not p.name.startswith(".tmp-")]
    assert [blake3(p.read_bytes()).hexdigest() for p in names] == [p.parent.name + p.name for p in names]
    if WORKER[point] == "Say":
        assert len(names) == COUNT


@pytest.mark.parametrize("point", WORKER)
async def test_a_worker_killed_at_any_point_costs_one_attempt(home, runs, dispatch, over, point):
    settings = Settings.load(home=home, device="cpu", env={})
    workers = Supervisor(settings, workers=1, env={**os.environ, VARIABLE: point})
    dispatcher, _ = await dispatch(backend=workers)
    inputs = {"Say": {"text": "words"}, "Steps": {"steps": 3}, "Loads": {}}[WORKER[point]]
    node = {"type": f"toys.{WORKER[point]}", "inputs": inputs}
    accepted = runs.accept([submission_of({"calotype": 1, "name": "it", "nodes": {"it": node}}) for _ in range(2)])
    dispatcher.wake()
    assert await over(accepted) == ["succeeded", "succeeded"]
    assert [runs.get(run.id).attempts for run in accepted] == [2, 1]
    assert [worker.restarts for worker in workers.workers()] == [1]


def test_every_point_stands_in_the_code_and_in_these_tests():
    said = {point for file in CORE.rglob("*.py") for point in re.findall(r'\.at\("([a-z.]+)"\)', file.read_text())}
    assert said >= MINE
    assert {*QUEUE, *WORKER} == MINE


def test_a_point_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="there is no crash point"):
        Crash("nowhere:1")
    for point in POINTS:
        Crash().at(point)
