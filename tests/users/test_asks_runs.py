"""What users ask of the queue and its workers, each by its number in the list of asks: real processes, real kills."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
import pytest

from calotype.backends.local import InProcess
from calotype.backends.supervisor import Supervisor
from calotype.crash import VARIABLE
from calotype.dispatch import Dispatcher, Hub
from calotype.runs import ENDED, Runs, submission_of
from calotype.settings import Settings

WORKFLOWS = Path(__file__).parents[2] / "workflows"
TOYS = """
import os, time
from pathlib import Path
from calotype.node import Context, Node


class Link(Node):
    '''Writes its name into a file when it computes.'''

    value: int
    log: str
    name: str

    def run(self, ctx: Context) -> int:
        '''One more.'''
        with Path(self.log).open("a") as file:
            file.write(self.name + "\\\\n")
        time.sleep(0.05)
        ctx.step(1, 1)
        return self.value + 1


class Kill(Node):
    '''Ends its process.'''

    output = True
    value: int

    def run(self) -> int:
        '''Never.'''
        os._exit(9)


class Steps(Node):
    '''Counts its steps in a file.'''

    output = True
    volatile = True
    log: str

    def run(self, ctx: Context) -> int:
        '''The count.'''
        for i in range(1000):
            with Path(self.log).open("a") as file:
                file.write(f"{i}\\\\n")
            time.sleep(0.05)
            ctx.step(i, 1000)
        return 1000
""".replace("\\\\", "\\")
SERVER = """
import asyncio, sys
from pathlib import Path
from calotype.backends.local import InProcess
from calotype.crash import Crash
from calotype.dispatch import Dispatcher, Hub
from calotype.runs import Runs, submission_of
from calotype.settings import Settings
import orjson

async def main(home):
    crash = Crash.asked()
    runs = Runs(home / "runs.sqlite", crash=crash)
    (run,) = runs.accept([submission_of(orjson.loads(sys.stdin.read()))])
    print(run.id, flush=True)
    dispatcher = Dispatcher(runs, InProcess(Settings.load(home=home, device="cpu", env={}), crash), Hub(runs, crash))
    await dispatcher.start()
    await asyncio.sleep(60)

asyncio.run(main(Path(sys.argv[1])))
"""


@pytest.fixture
def home(tmp_path):
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "toys.py").write_text(TOYS)
    return tmp_path


@asynccontextmanager
async def serving(home, backend):
    with Runs(home / "runs.sqlite") as runs:
        dispatcher = Dispatcher(runs, backend, Hub(runs), grace=0.5)
        await dispatcher.start()
        try:
            yield runs, dispatcher
        finally:
            await dispatcher.stop(0.0)


async def ended(runs, id, seconds=30.0):
    for _ in range(int(seconds / 0.01)):
        if runs.get(id).state in ENDED:
            return runs.get(id).state
        await asyncio.sleep(0.01)
    raise AssertionError(f"the run is {runs.get(id).state}")


def chain(log, *, last="toys.Link", length=10):
    """1 -> 2 -> ... -> length."""
    nodes = {}
    for i in range(1, length + 1):
        value = {"from": f"n{i - 1}.int"} if i > 1 else 0
        nodes[f"n{i}"] = {"type": "toys.Link", "inputs": {"value": value, "log": str(log), "name": str(i)}}
    if last != "toys.Link":
        nodes["last"] = {"type": last, "inputs": {"value": {"from": f"n{length}.int"}}}
    outputs = {} if last != "toys.Link" else {"outputs": {"result": {"from": f"n{length}.int"}}}
    return {"calotype": 1, "name": "chain", "nodes": nodes, **outputs}


async def test_h3_a_server_killed_at_node_7_of_10_goes_on_there(home):
    log = home / "log"
    done = subprocess.run(
        [sys.executable, "-c", SERVER, str(home)],
        input=orjson.dumps(chain(log)).decode(),
        env={**os.environ, VARIABLE: "node.step:7"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert log.read_text().split() == ["1", "2", "3", "4", "5", "6", "7"]
    async with serving(home, InProcess(Settings.load(home=home, device="cpu", env={}))) as (runs, _):
        id = done.stdout.strip()
        assert await ended(runs, id) == "succeeded"
        assert log.read_text().split()[7:] == ["7", "8", "9", "10"]
        assert runs.get(id).attempts == 2
        statuses = {node: said["status"] for node, said in runs.record(id)["nodes"].items()}
        assert statuses["n10"] == "ran"


async def test_h3_a_run_that_killed_its_worker_twice_is_quarantined_and_the_next_one_runs(home):
    log = home / "log"
    async with serving(home, Supervisor(Settings.load(home=home, device="cpu", env={}), workers=1)) as (
        runs,
        dispatcher,
    ):
        bad, good = runs.accept(
            [submission_of(chain(log, last="toys.Kill", length=2)), submission_of(chain(log, length=3))]
        )
        dispatcher.wake()
        assert [await ended(runs, run.id) for run in (bad, good)] == ["quarantined", "succeeded"]
        assert "exit code 9" in runs.get(bad.id).error["message"]
        assert log.read_text().split() == ["1", "2", "3"]


async def test_h6_every_id_answers_with_one_state_and_cancel_takes_one_step(home):
    log = home / "log"
    document = {"calotype": 1, "name": "s", "nodes": {"s": {"type": "toys.Steps", "inputs": {"log": str(log)}}}}
    async with serving(home, Supervisor(Settings.load(home=home, device="cpu", env={}), workers=1)) as (
        runs,
        dispatcher,
    ):
        first, second = runs.accept([submission_of(document), submission_of(document)])
        dispatcher.wake()
        while not log.exists() or len(log.read_text().split()) < 3:
            await asyncio.sleep(0.01)
        assert (await dispatcher.cancel(second.id)).state == "cancelled"
        before = len(log.read_text().split())
        assert (await dispatcher.cancel(first.id)).cancelling
        assert await ended(runs, first.id) == "cancelled"
        assert len(log.read_text().split()) <= before + 2
    with Runs(home / "runs.sqlite") as runs:
        assert [runs.get(run.id).state for run in (first, second)] == ["cancelled", "cancelled"]
        assert runs.get("0" * 32) is None


async def test_h5_preloading_a_workflow_loads_its_models_and_computes_nothing(home):
    document = orjson.loads((WORKFLOWS / "text_to_image.json").read_bytes())
    backend = InProcess(Settings.load(home=home, device="cpu", env={}))
    async with serving(home, backend) as (_, dispatcher):
        await dispatcher.preload(document)
        assert "emoji-ldm.safetensors" in backend.workers()[0].resident
        assert await dispatcher.unload() > 0
        assert backend.workers()[0].resident == ()
    assert not list((home / "store").rglob("*.png"))


async def test_h3_a_thousand_waiting_runs_are_ready_at_once_after_a_crash(home):
    import time

    with Runs(home / "runs.sqlite") as runs:
        runs.accept([submission_of(chain(home / "log", length=3)) for _ in range(1000)])
    began = time.monotonic()
    with Runs(home / "runs.sqlite") as runs:
        runs.recover()
        assert runs.counts()["queued"] == 1000
        assert runs.claim("w") is not None
    assert time.monotonic() - began < 15
