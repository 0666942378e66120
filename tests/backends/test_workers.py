"""Worker processes against nodes that do what they should not: real processes, real signals."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from calotype.backends import Ended, Lost
from calotype.backends.supervisor import Supervisor

RAISED = ["Exception", "SystemExit", "KeyboardInterrupt", "GeneratorExit", "MemoryError", "BaseException", "cancelled"]
DIES = {"exit": "exit code 3", "segv": "SIGSEGV", "abort": "SIGABRT", "child": "exit code 4", "close": "SIGKILL"}


@pytest.fixture
async def workers(settings, idle):
    supervisor = Supervisor(settings, workers=1)
    await supervisor.start()
    await idle(supervisor)
    yield supervisor
    await supervisor.stop(0.0)


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists() and " Z " not in Path(f"/proc/{pid}/stat").read_text()


async def test_a_node_that_raises_anything_fails_alone_with_its_traceback(workers, unit, hear):
    pid = workers.workers()[0].pid
    for deed in [*RAISED, "recursion"]:
        heard = await hear(workers, unit("Bad", deed=deed))
        assert isinstance(heard.end, Ended), deed
        assert heard.end.status == "failed", deed
        assert "toys.py" in heard.end.error["traceback"], deed
        assert f"about to do {deed}" in heard.end.error["output"], deed
        assert heard.end.record["error"]["problems"][0]["node"] == "it"
    assert (await hear(workers, unit("Say", text="after"))).end.status == "succeeded"
    assert workers.workers()[0].pid == pid


async def test_a_node_that_ends_its_process_costs_one_worker_and_the_next_run_goes_on(workers, unit, hear, idle):
    for restarts, (deed, said) in enumerate(DIES.items(), 1):
        end = (await hear(workers, unit("Bad", deed=deed))).end
        assert isinstance(end, Lost) and end.blame, deed
        assert said in end.reason
        assert f"about to do {deed}" in end.output
        began = time.monotonic()
        await idle(workers, 5.0)
        assert (await hear(workers, unit("Say", text=deed))).end.status == "succeeded"
        assert time.monotonic() - began < 20.0
        assert workers.workers()[0].restarts == restarts


@pytest.mark.parametrize("deed", ["loop", "sleep", "hold"])
async def test_a_hung_node_is_killed_after_the_grace_and_the_next_run_begins_within_5_seconds(
    workers, unit, hear, idle, until, deed
):
    one = unit("Bad", deed=deed)
    hearing = asyncio.create_task(hear(workers, one))
    await until(lambda: any(one.run == line["run"] for line in workers._slots["worker-0"].ring.lines()))
    began = time.monotonic()
    await workers.cancel(one.run, 0.3)
    end = (await hearing).end
    assert (type(end), end.blame) == (Lost, False)
    assert "did not stop" in end.reason
    assert "toys.py" in end.output  # where it hung
    await idle(workers)
    assert (await hear(workers, unit("Say", text=deed))).end.status == "succeeded"
    assert time.monotonic() - began < 20.0


async def test_a_thread_that_a_node_leaves_behind_stops_nobody(workers, unit, hear):
    assert (await hear(workers, unit("Bad", deed="thread"))).end.status == "succeeded"
    assert (await hear(workers, unit("Say", text="beside"))).end.status == "succeeded"
    began = time.monotonic()
    await workers.stop(1.0)
    assert time.monotonic() - began < 20.0


async def test_a_kill_is_seen_within_50_milliseconds_and_the_worker_replaced(workers, unit, hear, until, idle):
    took = []
    for _ in range(3):  # the machine may be busy with something else
        hearing = asyncio.create_task(hear(workers, unit("Steps", steps=10_000)))
        await until(lambda: workers.workers()[0].state == "busy")
        await asyncio.sleep(0.1)
        pid, began = workers.workers()[0].pid, time.monotonic()
        os.kill(pid, signal.SIGKILL)
        end = (await hearing).end
        took.append(time.monotonic() - began)
        assert end == Lost("its worker died: it was killed by SIGKILL", True)
        await idle(workers)
        assert (workers.workers()[0].restarts, alive(pid)) == (len(took), False)
        if took[-1] < 0.05:
            break
    assert min(took) < 1.0


async def test_a_worker_that_holds_too_much_is_killed_by_name(settings, unit, hear, idle):
    limited = Supervisor(settings, workers=1, memory=250 * 1024**2)
    await limited.start()
    await idle(limited)
    end = (await hear(limited, unit("Heavy"))).end
    await limited.stop(0.0)
    assert end.blame and end.reason.startswith("memory: it held ")


async def test_a_worker_that_says_nothing_is_given_up(settings, unit, hear, idle):
    impatient = Supervisor(settings, workers=1, silence=1.5)
    await impatient.start()
    await idle(impatient)
    end = (await hear(impatient, unit("Bad", deed="hold"))).end
    await impatient.stop(0.0)
    assert (end.blame, end.reason) == (True, "it was silent for 1.5 seconds")


async def test_stopping_lets_the_running_finish_and_ends_what_does_not(settings, unit, hear, until, idle):
    stopping = Supervisor(settings, workers=2)
    await stopping.start()
    await idle(stopping)
    quick = asyncio.create_task(hear(stopping, unit("Steps", steps=30), "worker-0"))
    endless = asyncio.create_task(hear(stopping, unit("Steps", steps=100_000), "worker-1"))
    await until(lambda: all(w.state == "busy" for w in stopping.workers()))
    pids = [w.pid for w in stopping.workers()]
    await stopping.stop(1.5)
    assert (await quick).end.status == "succeeded"
    assert (await endless).end == Lost("the server ended", False)
    assert [alive(pid) for pid in pids] == [False, False]


async def test_this_process_imports_neither_torch_nor_the_plugin(workers, unit, hear):
    import subprocess
    import sys

    code = (
        "import sys, calotype.backends.supervisor, calotype.dispatch, calotype.runs;"
        "print([m for m in ('torch', 'diffusers', 'transformers', 'PIL') if m in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"


async def test_a_worker_of_toys_imports_no_torch(workers, unit, hear):
    await hear(workers, unit("Say"))
    assert "torch" not in Path(f"/proc/{workers.workers()[0].pid}/maps").read_text()


async def test_what_is_printed_is_kept_with_the_run_it_belongs_to(workers, unit, hear):
    one = unit("Say", text="words of mine")
    await hear(workers, one)
    await asyncio.sleep(0.05)
    assert {"run": one.run, "line": "saying words of mine"} in (await workers.ask("worker-0", {"ask": "log"}))["lines"]


async def test_a_secret_that_a_node_prints_or_raises_with_is_blotted_out(settings, unit, hear, idle):
    hiding = Supervisor(settings, workers=1, env={**os.environ, "CALOTYPE_SECRET_HUB": "s3cr3t-value"})
    await hiding.start()
    await idle(hiding)
    heard = await hear(hiding, unit("Leaks", token={"secret": "HUB"}))
    await hiding.stop(1.0)
    said = repr([heard, heard.end.record, heard.end.error])
    assert "*** is wrong" in said and "the token is ***" in said
    assert "s3cr3t" not in said
    for file in (path for path in settings.home.rglob("*") if path.is_file()):
        assert b"s3cr3t" not in file.read_bytes(), file
