"""From the queue to workers and back, over a backend that fails as it is told."""

from __future__ import annotations

import asyncio
import time

from calotype.backends import Ended, Lost
from calotype.backends.fake import Act
from calotype.errors import StoreError

FILE = {"node": "it", "index": 0, "name": "a.png", "digest": "blake3:aa", "media_type": "image/png", "bytes": 3}


def done(**record):
    return Ended("succeeded", {"seconds": 0.5, **record}, [FILE | {"kept": True}])


async def test_a_run_goes_to_a_worker_and_its_end_is_kept(dispatch, runs, ask, over):
    dispatcher, backend = await dispatch([Act(done(nodes={"it": {"status": "ran"}}))])
    accepted = runs.accept([ask()])
    dispatcher.wake()
    assert await over(accepted) == ["succeeded"]
    run = runs.get(accepted[0].id)
    assert (run.attempts, run.seconds, run.files, run.worker) == (1, 0.5, [FILE | {"kept": True}], "fake-0")
    assert runs.record(run.id) == {"seconds": 0.5, "nodes": {"it": {"status": "ran"}}}
    kinds = [(e["seq"], e["attempt"], e["event"]) for e in runs.events(run.id)]
    assert kinds == [(1, 0, "RunAccepted"), (2, 1, "RunClaimed"), (3, 1, "RunStarted"), (4, 1, "RunEnded")]
    assert [unit.workflow for _, unit in backend.units] == [runs.workflow(run.id)]


async def test_a_run_that_lost_its_worker_is_tried_again_and_its_events_go_on(dispatch, runs, ask, over):
    dispatcher, _ = await dispatch([Act(Lost("it was killed by SIGKILL", True)), Act(done())])
    accepted = runs.accept([ask(), ask()])
    dispatcher.wake()
    assert await over(accepted) == ["succeeded", "succeeded"]
    assert [run.attempts for run in map(runs.get, [a.id for a in accepted])] == [2, 1]
    events = runs.events(accepted[0].id)
    assert [e["seq"] for e in events] == list(range(1, 8))
    assert [(e["attempt"], e["event"]) for e in events[3:6]] == [
        (1, "RunRequeued"),
        (2, "RunClaimed"),
        (2, "RunStarted"),
    ]


async def test_a_run_that_took_two_workers_down_is_quarantined_and_the_next_one_runs(dispatch, runs, ask, over):
    death = Act(Lost("it was killed by SIGSEGV", True, "Fatal Python error"))
    dispatcher, _ = await dispatch([death, death])
    accepted = runs.accept([ask("bad"), ask("good")])
    dispatcher.wake()
    assert await over(accepted) == ["quarantined", "succeeded"]
    error = runs.get(accepted[0].id).error
    assert (error["code"], error["output"]) == ("quarantined", "Fatal Python error")
    assert "2 times" in error["message"] and "SIGSEGV" in error["message"]


async def test_cancelling_reaches_the_waiting_the_running_and_the_hung(dispatch, runs, ask, over, until):
    dispatcher, _ = await dispatch([Act(seconds=60), Act(seconds=60, hang=True)], workers=2, grace=0.1)
    accepted = runs.accept([ask(), ask(), ask()])
    dispatcher.wake()
    await until(lambda: len(dispatcher.running) == 2)
    began = time.monotonic()
    for run in reversed(accepted):
        await dispatcher.cancel(run.id)
    assert await over(accepted) == ["cancelled", "cancelled", "cancelled"]
    assert time.monotonic() - began < 10.0


async def test_a_cancel_that_only_the_queue_heard_of_reaches_the_worker(dispatch, runs, ask, over, until):
    dispatcher, _ = await dispatch([Act(seconds=60)])
    accepted = runs.accept([ask()])
    dispatcher.wake()
    await until(lambda: dispatcher.running)
    runs.cancel(accepted[0].id)
    assert await over(accepted) == ["cancelled"]


async def test_stopping_waits_for_the_quick_and_puts_the_others_back(dispatch, runs, ask, until):
    dispatcher, _ = await dispatch([Act(seconds=0.1), Act(seconds=60)], workers=2)
    accepted = runs.accept([ask(), ask(), ask()])
    dispatcher.wake()
    await until(lambda: len(dispatcher.running) == 2)
    await dispatcher.stop(0.4)
    assert [runs.get(run.id).state for run in accepted] == ["succeeded", "queued", "queued"]
    assert [runs.get(run.id).place for run in accepted] == [None, 1, 2]


async def test_a_paused_queue_gives_nothing_out_until_it_is_resumed(dispatch, runs, ask, over):
    runs.pause()
    dispatcher, backend = await dispatch()
    accepted = runs.accept([ask()])
    dispatcher.wake()
    await asyncio.sleep(0.1)
    assert backend.units == []
    runs.resume()
    dispatcher.wake()
    assert await over(accepted) == ["succeeded"]


async def test_a_new_server_takes_up_what_the_last_one_was_working_on(dispatch, runs, ask, over):
    accepted = runs.accept([ask(), ask()])
    assert runs.claim("somebody").run == accepted[0].id
    await dispatch()
    assert await over(accepted) == ["succeeded", "succeeded"]
    requeued = [e for e in runs.events(accepted[0].id) if e["event"] == "RunRequeued"]
    assert [(e["reason"], e["blame"]) for e in requeued] == [("the server ended", False)]


async def test_an_end_that_the_disk_refuses_is_written_later(dispatch, runs, ask, over, monkeypatch):
    refused, finish = [], runs.finish

    def full(*args, **more):
        if len(refused) < 2:
            refused.append(args)
            raise StoreError("database or disk is full")
        return finish(*args, **more)

    monkeypatch.setattr(runs, "finish", full)
    dispatcher, _ = await dispatch()
    accepted = runs.accept([ask(), ask()])
    dispatcher.wake()
    assert await over(accepted) == ["succeeded", "succeeded"]
    assert len(refused) == 2


async def test_a_backend_that_breaks_costs_nobody_his_run(dispatch, runs, ask, over):
    def broken(unit):
        if unit.attempt == 1:
            raise RuntimeError("the cluster is gone")
        return Act()

    dispatcher, _ = await dispatch(broken)
    accepted = runs.accept([ask()])
    dispatcher.wake()
    assert await over(accepted) == ["succeeded"]
    assert runs.get(accepted[0].id).attempts == 2


async def test_progress_is_written_in_batches_and_nothing_else_is_left_out(dispatch, runs, ask, over):
    steps = [{"event": "NodeProgress", "node": "it", "done": i, "total": 500, "at": i / 500} for i in range(501)]
    events = [{"event": "NodeStarted", "node": "it"}, *steps, {"event": "NodeFinished", "node": "it"}]
    dispatcher, _ = await dispatch([Act(events=events)])
    accepted = runs.accept([ask()])
    dispatcher.wake()
    await over(accepted)
    said = [e for e in runs.events(accepted[0].id) if e["attempt"] == 1]
    assert [e["event"] for e in said if e["event"] != "NodeProgress"] == [
        "RunClaimed",
        "NodeStarted",
        "NodeFinished",
        "RunEnded",
    ]
    progress = [e["done"] for e in said if e["event"] == "NodeProgress"]
    assert len(progress) < 20
    assert progress[-1] == 500


async def test_sixty_runs_of_three_models_on_two_workers_load_at_most_six_times(dispatch, runs, ask, over):
    def act(unit):
        model = unit.workflow["nodes"]["it"]["inputs"]["file"]["file"]
        return Act(models=(model,), seconds=0.01, load=0.05)

    dispatcher, backend = await dispatch(act, workers=2, hold=0.05)
    accepted = runs.accept([ask(model=f"{'abc'[i * 7 % 3]}.safetensors") for i in range(60)])
    dispatcher.wake()
    assert await over(accepted) == ["succeeded"] * 60
    assert len(backend.loads) <= 6


async def test_a_thousand_short_runs_cost_little_each(dispatch, runs, ask, over):
    dispatcher, _ = await dispatch(workers=2)
    accepted = runs.accept([ask() for _ in range(100)])
    began = time.process_time()
    dispatcher.wake()
    assert set(await over(accepted)) == {"succeeded"}
    assert (time.process_time() - began) / 100 < 0.2
