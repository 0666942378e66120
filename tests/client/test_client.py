"""A server from Python: what it answers, what it refuses, what breaks on the way."""

import asyncio
import io
import json

import pytest
from PIL import Image

from calotype.client import AsyncClient, Client, ServerError, Unreachable
from calotype.errors import Cancelled, Conflict, NodeError, ReadOnly, UnknownRun, UnknownWorkflow, ValidationError
from calotype.images import text_of


def test_a_workflow_is_run_to_its_end_and_what_it_made_is_there(client, workflows):
    seen = []
    made = client.run_workflow(workflows["draw"], {"colour": 9, "seed": 7}, on_event=lambda e: seen.append(e["event"]))
    assert (seen[0], seen[-1]) == ("RunAccepted", "RunEnded")
    assert made.images[0].getpixel((0, 0)) == (9, 7, 0)
    assert [(f.node, f.name, f.media_type) for f in made.files] == [("draw", "drawn.png", "image/png")]
    record = json.loads(text_of(made.pictures[0])["calotype"])
    assert (record["id"], record["node"], record["index"]) == (made.run["id"], "draw", 0)


def test_what_is_refused_is_the_error_of_the_same_mistake_here(client, workflows):
    with pytest.raises(ValidationError, match="300 is above 255") as caught:
        client.submit(workflows["draw"], {"colour": 300})
    assert [(p.code, p.node, p.pointer) for p in caught.value.problems] == [("range", "draw", "/inputs/colour")]
    with pytest.raises(NodeError, match="it stumbled") as failed:
        client.run_workflow(workflows["draw"], {"some_text": "stumble"})
    assert (failed.value.node, failed.value.type) == ("draw", "toys.Draw")
    with pytest.raises(UnknownRun):
        client.cancel("no such run")
    with pytest.raises(UnknownWorkflow):
        client.workflow("no such workflow")
    with pytest.raises(ReadOnly):
        client.delete_workflow("text_to_image")


def test_a_document_is_saved_changed_and_had_back(client, workflows):
    first = client.save_workflow("draw it", workflows["draw"], client="ann")
    opened = client.workflow("draw it")
    assert (opened.etag, opened.template, opened.document["name"]) == (first["etag"], False, "draw")
    changed = client.save_workflow("draw it", opened.document | {"name": "other"}, etag=opened.etag, client="ann")
    with pytest.raises(Conflict) as caught:
        client.save_workflow("draw it", opened.document | {"name": "mine"}, etag=opened.etag, client="bob")
    assert caught.value.current == changed["etag"]
    assert [d["draft"]["name"] for d in client.drafts("draw it")] == ["mine"]
    assert client.discard_draft("draw it", "bob") == 1
    assert [v["number"] for v in client.versions("draw it")] == [2, 1]
    assert client.workflow_at("draw it", 1)["name"] == "draw"
    assert client.restore("draw it", 1)["number"] == 3
    assert client.rename("draw it", "drawn")["name"] == "drawn"
    assert client.duplicate_workflow("drawn", "again")["name"] == "again"
    for name in ("drawn", "again"):
        client.delete_workflow(name)
    ids = [t["id"] for t in client.trash()]
    assert client.bring_back(ids[0], "back")["name"] == "back"
    assert [t["id"] for t in client.destroy(ids[1])] == []
    client.delete_workflow("back")


def test_unsaved_work_is_kept(client):
    assert client.post_draft("never saved", "ann", draft={"a": 1}) == 1
    assert client.post_draft("never saved", "ann", operations=[1, 2], after=1) == 3
    assert "never saved" in client.workflows()["unsaved"]
    assert client.drafts("never saved")[0]["operations"] == [1, 2]
    assert client.discard_draft("never saved") == 1


def test_a_workflow_of_the_server_gives_its_picture_by_its_public_inputs(client, workflows):
    client.save_workflow("drawing", workflows["draw"])
    assert list(client.interface("drawing")["schema"]["properties"]) == ["colour", "seed", "some_text"]
    with Image.open(io.BytesIO(client.picture("drawing", {"colour": 5}))) as picture:
        assert picture.getpixel((0, 0)) == (5, 0, 0)
    assert client.run_named("drawing", {"colour": 6}, wait=30)["state"] == "succeeded"
    client.save_workflow("slowly", workflows["slow"])
    with pytest.raises(ServerError, match="no picture in time"):
        client.picture("slowly", wait=0.05)
    client.delete_workflow("drawing")
    client.delete_workflow("slowly")


def test_a_picture_that_is_sent_can_be_named(client, workflows, place):
    sent = client.upload(place / "photos" / "orange.png")
    assert sent["file"] in [i["file"] for i in client.inputs()]
    assert Image.open(io.BytesIO(client.input(sent["file"]))).getpixel((0, 0)) == (200, 100, 50)
    made = client.run_workflow(workflows["mean"], {"picture": {"file": sent["file"]}})
    assert made.files[0].data.strip() == b"(200, 100, 50)"


def test_the_queue_is_worked_with(client, workflows):
    client.pause()
    first, second, third = (client.submit(workflows["draw"], {"colour": i})["id"] for i in (1, 2, 3))
    assert client.queue()["counts"]["queued"] == 3
    assert client.move(third, first=True)["place"] == 1
    assert client.prioritise(second, 5)["place"] == 1
    assert client.edit(first, workflows["draw"], {"colour": 9})["id"] == first
    assert client.workflow_of(first)["nodes"]["draw"]["inputs"]["colour"] == 9
    assert client.cancel(second)["state"] == "cancelled"
    again = client.duplicate_run(first)["id"]
    client.resume()
    assert [e["event"] for e in client.follow(again)][-1] == "RunEnded"
    assert {client.run(id)["state"] for id in (first, third, again)} <= {"succeeded", "running", "queued"}
    assert client.results(again)["complete"]
    assert client.record(again)["status"] == "succeeded"
    assert client.delete_run(again)["state"] == "succeeded"
    with pytest.raises(Cancelled):
        client.made(second)


def test_several_are_submitted_together(client, workflows):
    group = client.submit(workflows["draw"], sweep={"colour": [1, 2]}, count=2)
    assert {r["id"] for r in client.runs(group=group["group"])["runs"]} == {r["id"] for r in group["runs"]}
    for run in group["runs"]:
        assert [e["event"] for e in client.follow(run["id"])][-1] == "RunEnded"
    found = client.group(group["group"])
    assert (found["axes"], found["columns"]) == (
        [{"place": "colour", "values": [1, 2]}, {"place": "seed", "values": [0, 1]}],
        2,
    )
    assert [c["values"]["colour"] for c in found["cells"]] == [1, 1, 2, 2]
    with Image.open(io.BytesIO(client.sheet(group["group"]))) as sheet:
        assert sheet.format == "PNG"
    both = client.submit_all([{"workflow": workflows["draw"]}, {"workflow": workflows["draw"], "priority": 3}])
    assert [r["priority"] for r in both["runs"]] == [0, 3]


def test_the_rest_answers(client, workflows):
    assert client.healthy() and client.ready()
    assert client.validate(workflows["draw"], {"colour": 1}) == {"ok": True, "problems": []}
    assert client.plan(workflows["draw"])["targets"] == ["draw"]
    assert client.import_workflow(json.dumps(workflows["draw"]).encode())["workflow"]["name"] == "draw"
    assert client.node("toys.Draw")["id"] in {n["id"] for n in client.nodes()}
    assert "toys" in {p["name"] for p in client.plugins()}
    assert {m["file"] for m in client.models("checkpoints")} == {"emoji-ldm.safetensors"}
    assert client.system()["limits"]["frames"] == 64
    assert client.unload() >= 0
    assert "calotype" in client.metrics()


def test_two_documents_are_compared_and_nodes_made_one_and_again_several(client, workflows):
    changed = workflows["draw"] | {"nodes": {"draw": {"type": "toys.Draw", "inputs": {"colour": 7}}}}
    found = client.diff(workflows["draw"], changed)
    assert (found["same"], [(c["node"], c["name"], c["after"]) for c in found["values"]]) == (
        False,
        [("draw", "colour", 7)],
    )
    done = client.make_subgraph(workflows["mean"], ["mean"], "measure")
    assert [done["workflow"]["nodes"][id]["type"] for id in done["nodes"]] == ["subgraph/measure"]
    back = client.expand_subgraph(done["workflow"], done["nodes"][0])
    assert sorted(n["type"] for n in back["workflow"]["nodes"].values()) == ["SaveText", "toys.Mean"]


def test_nobody_there_is_said_with_what_to_do():
    with Client("http://127.0.0.1:9") as client, pytest.raises(Unreachable, match="calotype serve"):
        client.system()
    with pytest.raises(ServerError, match="not the address"):
        Client("ftp://somewhere")


def test_a_wrong_token_is_said(server):
    with Client(server.url, "wrong") as client, pytest.raises(ServerError, match="token is wrong") as caught:
        client.system()
    assert caught.value.status == 401


def test_address_and_token_come_from_the_environment(server, monkeypatch):
    monkeypatch.setenv("CALOTYPE_SERVER", server.url)
    monkeypatch.setenv("CALOTYPE_TOKEN", server.token)
    with Client() as client:
        assert client.healthy() and client.url == server.url


async def test_cancelling_the_caller_cancels_the_run(aclient, workflows):
    ids = []
    work = asyncio.create_task(
        aclient.run_workflow(workflows["slow"], {"seed": 1}, on_event=lambda e: ids.append(e["run"]))
    )
    while not ids:
        await asyncio.sleep(0.02)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    events = [e async for e in aclient.follow(ids[0])]
    assert events[-1]["state"] == "cancelled"


class Cutting:
    """A way to a server that breaks after so many bytes, again and again."""

    def __init__(self, server, most: int) -> None:
        self._host, _, port = server.url.removeprefix("http://").partition(":")
        self._port, self._most, self.cuts = int(port), most, 0
        self._carrying = set()

    async def __aenter__(self):
        self._listening = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = self._listening.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *error):
        self._listening.close()
        for task in self._carrying:
            task.cancel()
        await asyncio.gather(*self._carrying, return_exceptions=True)
        await asyncio.sleep(0.05)  # for what was aborted to be closed

    async def _carry(self, reader, writer):
        self._carrying.add(asyncio.current_task())
        there, back = await asyncio.open_connection(self._host, self._port)
        up, sent = asyncio.create_task(self._up(reader, back)), 0
        try:
            while data := await there.read(300):
                writer.write(data)
                await writer.drain()
                sent += len(data)
                if sent > self._most:
                    self.cuts += 1
                    return
        finally:
            up.cancel()
            for end in (writer, back):
                end.transport.abort()

    async def _up(self, reader, back):
        while data := await reader.read(4096):
            # the server knows itself by another port than this way has
            back.write(data.replace(f":{self.port}".encode(), f":{self._port}".encode()))
            await back.drain()


async def test_following_goes_on_where_the_connection_broke(server, aclient, workflows):
    run = await aclient.submit(workflows["slow"], {"seed": 2, "steps": 40})
    async with Cutting(server, most=1500) as way, AsyncClient(f"http://127.0.0.1:{way.port}", server.token) as cut:
        seen = [e["seq"] async for e in cut.follow(run["id"])]
        assert way.cuts >= 2
    whole = [e["seq"] async for e in aclient.follow(run["id"])]
    assert seen == whole == list(range(1, len(whole) + 1))


async def test_events_of_all_runs_come_by_a_socket(aclient, workflows):
    events = aclient.events()
    first = asyncio.create_task(anext(events))
    await asyncio.sleep(0.3)
    run = await aclient.submit(workflows["draw"], {"colour": 77})
    assert (await first)["run"] == run["id"]
    await events.aclose()
