"""What every backend keeps to: in this process, in worker processes, and the fake that tests build on."""

from __future__ import annotations

import asyncio

import orjson
import pytest

from calotype.backends import MAX_PREVIEW, Ended, Lost, Preview, Unit
from calotype.backends.fake import Act, Fake
from calotype.backends.local import InProcess
from calotype.backends.supervisor import Supervisor
from calotype.errors import WorkerError
from calotype.outputs import Outputs

FAILED = {"code": "node", "message": 'node "it" (toys.Bad): ValueError: bad deed', "problems": [{"node": "it"}]}
STARTED = {"event": "RunStarted", "at": 0.0, "total": 1, "hits": 0}
JPEG = b"\xff\xd8\xff" + b"x" * 100


def act(unit: Unit) -> Act:
    """What the fake does for each toy."""
    (node,) = unit.workflow["nodes"].values()
    match node["type"]:
        case "toys.Bad":
            return Act(Ended("failed", {"status": "failed"}, [], FAILED))
        case "toys.Steps":
            steps = [{"event": "NodeProgress", "node": "it", "done": i, "total": 9} for i in range(3)]
            return Act(events=[STARTED, *steps], seconds=0.01 * node["inputs"]["steps"])
        case "toys.Shows":
            return Act(previews=[Preview("it", 1, 3, JPEG), Preview("it", 2, 3, JPEG)])
    digest = Outputs(HOMES[0] / "files").put(node["inputs"]["text"].encode())
    kept = node["type"] == "toys.Say"
    name = "said.txt" if kept else "peek.txt"
    file = {
        "node": "it",
        "index": 0,
        "name": name,
        "digest": digest,
        "media_type": "text/plain",
        "bytes": 5,
        "kept": kept,
    }
    return Act(Ended("succeeded", {"status": "succeeded", "id": unit.run}, [file]))


HOMES: list = []


@pytest.fixture(params=["in process", "workers", "fake"])
async def backend(request, settings, idle):
    HOMES[:] = [settings.home]
    made = {
        "in process": lambda: InProcess(settings),
        "workers": lambda: Supervisor(settings, workers=1),
        "fake": lambda: Fake(act),
    }[request.param]()
    await made.start()
    await idle(made)
    yield made
    await made.stop(0.0)


@pytest.fixture
def worker(backend):
    return lambda: backend.workers()[0]


async def test_a_unit_ends_once_with_its_record_and_its_files_by_content(backend, worker, unit, hear, settings):
    changes = []
    backend.watch(lambda: changes.append(worker().state))
    one = unit("Say", text="hello")
    heard = await hear(backend, one)
    assert heard.events[0]["event"] == "RunStarted"
    assert (heard.end.status, heard.end.error) == ("succeeded", None)
    assert heard.end.record["status"] == "succeeded"
    assert heard.end.record["id"] == one.run
    (file,) = heard.end.files
    assert {k: file[k] for k in ("node", "index", "name", "media_type", "bytes", "kept")} == {
        "node": "it", "index": 0, "name": "said.txt", "media_type": "text/plain", "bytes": 5, "kept": True
    }  # fmt: skip
    with Outputs(settings.home / "files").open(file["digest"]) as kept:
        assert kept.read() == b"hello"
    assert (worker().state, worker().run) == ("idle", None)
    assert changes[-1] == "idle"


async def test_files_to_look_at_are_told_from_those_to_keep(backend, unit, hear):
    (file,) = (await hear(backend, unit("Peek", text="hello"))).end.files
    assert (file["name"], file["kept"]) == ("peek.txt", False)


async def test_a_failure_says_the_node_and_the_worker_goes_on(backend, worker, unit, hear):
    end = (await hear(backend, unit("Bad", deed="Exception"))).end
    assert (end.status, end.error["code"], end.error["problems"][0]["node"]) == ("failed", "node", "it")
    assert "ValueError: bad deed" in end.error["message"] or "bad deed" in end.error["message"]
    assert (await hear(backend, unit("Say", text="hello"))).end.status == "succeeded"


async def test_cancelling_ends_a_run_within_a_step(backend, worker, unit, hear, until):
    one = unit("Steps", steps=5_000)
    hearing = asyncio.create_task(hear(backend, one))
    await until(lambda: worker().state == "busy" and worker().run == one.run)
    await asyncio.sleep(0.1)
    await backend.cancel("another", 1.0)
    await backend.cancel(one.run, 2.0)
    heard = await asyncio.wait_for(hearing, 1.0)
    assert heard.end.status == "cancelled"
    assert any(e["event"] == "NodeProgress" for e in heard.events)
    assert worker().state == "idle"


async def test_a_busy_or_unknown_worker_takes_nothing(backend, worker, unit, hear, until):
    one = unit("Steps", steps=60)
    hearing = asyncio.create_task(hear(backend, one))
    await until(lambda: worker().state == "busy")
    for refused in (await hear(backend, unit("Say", text="x")), await hear(backend, unit("Say", text="x"), "nobody")):
        assert (type(refused.end), refused.end.blame, len(refused)) == (Lost, False, 1)
    assert (await hearing).end.status == "succeeded"


async def test_pictures_come_apart_from_events_and_are_small(backend, unit, hear):
    heard = await hear(backend, unit("Shows", side=700))
    assert len(heard.previews) >= 2
    assert all(p.jpeg.startswith(b"\xff\xd8\xff") and len(p.jpeg) <= MAX_PREVIEW for p in heard.previews)
    assert all("preview" not in event for event in heard.events)
    quiet = Unit(**{**unit("Shows", side=700).to_dict(), "previews": False})
    assert (await hear(backend, quiet)).previews == []


async def test_a_worker_can_be_asked(backend, worker):
    id = worker().id
    assert await backend.ask(id, {"ask": "resident"}) == {"models": []}
    assert set(await backend.ask(id, {"ask": "memory"})) >= {"rss", "vram"}
    assert (await backend.ask(id, {"ask": "unload"}))["freed"] == 0
    assert isinstance((await backend.ask(id, {"ask": "log"}))["lines"], list)
    for wrong in ((id, {"ask": "nonsense"}), ("nobody", {"ask": "memory"})):
        with pytest.raises(WorkerError):
            await backend.ask(*wrong)


async def test_a_document_can_be_prepared_for(backend, worker, unit, hear):
    await backend.preload(unit("Say", text="hello").workflow)
    assert worker().state == "idle"
    assert (await hear(backend, unit("Say", text="hello"))).end.status == "succeeded"


async def test_what_runs_when_the_backend_stops_is_lost_without_blame(backend, worker, unit, hear, until):
    hearing = asyncio.create_task(hear(backend, unit("Steps", steps=5_000)))
    await until(lambda: worker().state == "busy")
    await asyncio.sleep(0.1)
    await backend.stop(0.1)
    end = (await hearing).end
    assert (type(end), end.blame) == (Lost, False)


def test_what_crosses_is_json(unit):
    one = unit("Say", text="hello")
    assert Unit.from_dict(orjson.loads(orjson.dumps(one.to_dict()))) == one
    named = Unit("r", 2, {}, ("a", "b"), False)
    assert Unit.from_dict(orjson.loads(orjson.dumps(named.to_dict()))) == named
