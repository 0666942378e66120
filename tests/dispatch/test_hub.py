"""Who listens to runs hears all of it, in order, once; whoever is slow costs nobody memory."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from calotype.dispatch import Hub, Preview


@pytest.fixture
async def hub(runs):
    return Hub(runs)


async def taken(frames, count):
    found = []
    async with aclosing(frames):
        async for frame in frames:
            found.append(frame)
            if len(found) == count:
                break
    return found


def start(runs, ask, **more):
    (run,) = runs.accept([ask(**more)])
    return runs.claim("w"), run.id


def step(i):
    return {"event": "NodeStarted", "node": str(i), "at": 0.0}


async def test_a_run_is_told_from_its_beginning_to_its_end_and_goes_on_live(hub, runs, ask):
    lease, id = start(runs, ask)
    runs.append(lease, [step(1)])
    heard = []

    async def listen():
        async for frame in hub.subscribe(id):
            heard.append((frame["seq"], frame["event"]))

    listening = asyncio.create_task(listen())
    await asyncio.sleep(0.05)
    runs.append(lease, [step(2), step(3)])
    runs.finish(lease, "succeeded", record={})
    await asyncio.wait_for(listening, 5)
    kinds = ["RunAccepted", "RunClaimed", "NodeStarted", "NodeStarted", "NodeStarted", "RunEnded"]
    assert heard == list(enumerate(kinds, 1))
    assert hub.readers == 0


async def test_a_reader_that_comes_back_hears_only_what_it_has_missed(hub, runs, ask):
    lease, id = start(runs, ask)
    runs.finish(lease, "failed", record={}, error={"code": "x"})
    assert [f["seq"] async for f in hub.subscribe(id, after=1)] == [2, 3]
    assert [f async for f in hub.subscribe(id, after=3)] == []
    assert [f async for f in hub.subscribe("never", after=0)] == []


async def test_all_runs_are_told_in_one_order_with_numbers_of_their_own(hub, runs, ask):
    first = taken(hub.subscribe(), 3)
    runs.accept([ask(), ask(), ask()])
    heard = await first
    assert [f["n"] for f in heard] == [1, 2, 3]
    listening = asyncio.create_task(taken(hub.subscribe(after=-1), 1))
    await asyncio.sleep(0.05)
    runs.accept([ask()])
    assert [f["n"] for f in await asyncio.wait_for(listening, 5)] == [4]


async def test_only_the_runs_of_a_client_are_told_to_it(hub, runs, ask):
    listening = asyncio.create_task(taken(hub.subscribe(client="ann"), 2))
    await asyncio.sleep(0.02)
    runs.accept([ask(client="ann"), ask(client="bob"), ask(client="ann")])
    hub.preview("bob", Preview("x", "it", 1, 2, b"secret"))
    mine = {run.id for run in runs.list().items if run.client == "ann"}
    assert {f["run"] for f in await asyncio.wait_for(listening, 5)} == mine


async def test_a_reader_that_never_reads_holds_little_and_still_hears_everything(runs, ask):
    hub = Hub(runs, buffer=10)
    lease, id = start(runs, ask)
    frames = hub.subscribe(id)
    heard = [await anext(frames) for _ in range(2)]
    waiting = asyncio.ensure_future(anext(frames))
    await asyncio.sleep(0.05)
    for i in range(300):
        runs.append(lease, [step(i)])
        hub.preview("", Preview(id, "it", i, 300, b"x" * 1000))
    await asyncio.sleep(0.05)
    (reader,) = hub._readers
    assert (len(reader._events), len(reader._shown)) == (0, 0)
    runs.finish(lease, "succeeded", record={})
    heard.append(await waiting)
    heard += [frame async for frame in frames]
    assert [f["seq"] for f in heard if isinstance(f, dict)] == list(range(1, 304))


async def test_pictures_come_after_the_events_and_only_the_newest_wait(hub, runs, ask):
    _, id = start(runs, ask)
    frames = hub.subscribe(id)
    assert [(await anext(frames))["seq"] for _ in range(2)] == [1, 2]
    waiting = asyncio.ensure_future(anext(frames))
    await asyncio.sleep(0.05)
    for i in range(9):
        hub.preview("", Preview(id, "it", i, 9, b"jpeg"))
    shown = [await waiting] + [await anext(frames) for _ in range(3)]
    assert [p.done for p in shown] == [5, 6, 7, 8]
    await frames.aclose()


async def test_many_readers_of_a_long_log_all_hear_the_whole_of_it(hub, runs, ask):
    lease, id = start(runs, ask)
    runs.append(lease, [step(i) for i in range(1200)])

    async def whole():
        return [f["seq"] async for f in hub.subscribe(id)]

    readers = [asyncio.create_task(whole()) for _ in range(10)]
    for i in range(20):
        runs.append(lease, [step(i)])
        await asyncio.sleep(0)
    runs.finish(lease, "succeeded", record={})
    assert {tuple(await reader) for reader in readers} == {tuple(range(1, 1224))}
