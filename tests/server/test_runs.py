"""What is done with runs over the wire; what they are is tested with `calotype.runs`."""

import asyncio
import json

import pytest

from calotype.backends.local import InProcess
from calotype.server.keys import RUNS
from calotype.server.limits import Limits


@pytest.fixture
def waiting(whole, workflow):
    """A server on which three runs wait, "a", "b" and "c"."""
    from contextlib import asynccontextmanager

    @asynccontextmanager
    async def start():
        async with whole() as server:
            body = {"runs": [{"workflow": workflow, "name": name, "inputs": {"text": f"of {name}"}} for name in "abc"]}
            said = await server.post("/v1/runs", body, 202)
            yield server, {r["name"]: r["id"] for r in said["runs"]}

    return start


async def order(server):
    return [r["name"] for r in (await server.get("/v1/queue"))["waiting"]]


async def test_runs_that_wait_can_be_put_in_another_order(waiting):
    async with waiting() as (server, ids):
        await server.post(f"/v1/runs/{ids['c']}/move", {"first": True})
        assert await order(server) == ["c", "a", "b"]
        await server.post(f"/v1/runs/{ids['c']}/move", {"before": ids["b"]})
        assert await order(server) == ["a", "c", "b"]
        await server.post(f"/v1/runs/{ids['a']}/move", {"last": True})
        assert await order(server) == ["c", "b", "a"]
        await server.post(f"/v1/runs/{ids['a']}/priority", {"priority": 5})
        assert await order(server) == ["a", "c", "b"]
        for body in ({}, {"first": True, "last": True}, {"before": "nothing"}, {"first": 1}):
            async with server.client.post(f"/v1/runs/{ids['a']}/move", json=body) as answer:
                assert answer.status in (404, 409, 422), body


async def test_a_run_that_waits_can_be_edited_and_duplicated(waiting, workflow):
    async with waiting() as (server, ids):
        body = {"workflow": workflow, "inputs": {"text": "changed", "again": 5}, "name": "a"}
        edited = await server.put(f"/v1/runs/{ids['a']}/edit", body)
        assert (edited["id"], edited["place"], edited["seeds"]) == (ids["a"], 1, {"seed.value": 5})
        kept = await server.get(f"/v1/runs/{ids['a']}/workflow")
        assert kept["nodes"]["text"]["inputs"]["value"] == "changed"
        again = await server.post(f"/v1/runs/{ids['a']}/duplicate", {}, 202)
        assert await server.get(f"/v1/runs/{again['id']}/workflow") == kept and again["place"] == 4
        wrong = await server.put(f"/v1/runs/{ids['a']}/edit", {**body, "inputs": {"text": 1}}, 422)
        assert wrong["pointer"] == "/inputs/text"
        assert (await server.put(f"/v1/runs/{ids['a']}/edit", {**body, "count": 2}, 422))["pointer"] == "/count"


async def test_an_edit_keeps_the_targets_that_it_does_not_name(whole, workflow):
    async with whole() as server:
        id = (await server.post("/v1/runs", {"workflow": workflow, "targets": ["text"]}, 202))["id"]
        await server.put(f"/v1/runs/{id}/edit", {"workflow": workflow, "inputs": {"text": "other"}})
        assert server.app[RUNS].targets(id) == ["text"]
        await server.put(f"/v1/runs/{id}/edit", {"workflow": workflow, "targets": None})
        assert server.app[RUNS].targets(id) is None


async def test_runs_are_found_by_their_seed(whole, workflow):
    async with whole() as server:
        for seed in (41, 42, 4711):
            await server.post("/v1/runs", {"workflow": workflow, "inputs": {"again": seed}, "name": str(seed)}, 202)
        found = await server.get("/v1/runs?search=seed:42")
        assert [r["name"] for r in found["runs"]] == ["42"]


async def test_runs_that_were_sent_together_are_a_grid_of_what_they_have_different(whole, workflow):
    async with whole() as server:
        sweep = {"text": ["a", "b"], "again": [1, 2, 3]}
        sent = await server.post("/v1/runs", {"workflow": workflow, "sweep": sweep}, 202)
        found = await server.get(f"/v1/groups/{sent['group']}")
        assert found["axes"] == [{"place": k, "values": v} for k, v in sweep.items()]
        assert [c["values"] for c in found["cells"]] == [{"text": t, "again": n} for t in "ab" for n in (1, 2, 3)]
        assert [c["run"]["id"] for c in found["cells"]] == [r["id"] for r in sent["runs"]] and found["columns"] == 3
        png = await server.get(f"/v1/groups/{sent['group']}/sheet")
        assert png[:8] == b"\x89PNG\r\n\x1a\n"
        await server.get("/v1/groups/nothing", 404)


async def test_a_run_that_is_cancelled_ends_and_can_be_forgotten(waiting, workflow):
    async with waiting() as (server, ids):
        path = f"/v1/runs/{ids['b']}"
        await server.delete(path, 409)
        assert (await server.post(f"{path}/cancel"))["state"] == "cancelled"
        await server.put(f"{path}/edit", {"workflow": workflow}, 409)
        await server.post(f"{path}/move", {"first": True}, 409)
        await server.get(f"{path}/record", 404)
        await server.delete(path)
        assert (await server.get(path))["state"] == "cancelled"  # every id answers for ever
        assert ids["b"] not in [r["id"] for r in (await server.get("/v1/runs"))["runs"]]


async def test_what_is_not_there_is_said_everywhere(waiting):
    async with waiting() as (server, _):
        for end in ("", "/workflow", "/record", "/results", "/events"):
            said = await server.get(f"/v1/runs/nothing{end}", 404)
            assert (said["code"], "nothing" in said["detail"]) == ("not-found", True)
        for end, body in (("cancel", {}), ("duplicate", {}), ("move", {"first": True}), ("priority", {"priority": 1})):
            await server.post(f"/v1/runs/nothing/{end}", body, 404)
        await server.delete("/v1/runs/nothing", 404)


async def test_runs_are_found_by_state_and_words_and_page_by_page(waiting):
    async with waiting() as (server, ids):
        await server.post(f"/v1/runs/{ids['b']}/cancel")

        async def names(query):
            return [r["name"] for r in (await server.get(f"/v1/runs?{query}"))["runs"]]

        assert await names("state=cancelled") == ["b"]
        assert sorted(await names("state=cancelled,queued")) == ["a", "b", "c"]
        assert await names("search=of+c") == ["c"]
        assert await names("type=SaveText&state=queued") == ["a", "c"]
        assert await names("type=KSampler") == []
        first = await server.get("/v1/runs?limit=2")
        second = await server.get(f"/v1/runs?limit=2&cursor={first['next']}")
        assert [r["name"] for r in first["runs"] + second["runs"]] == ["c", "b", "a"] and second["next"] == ""
        assert (await server.get("/v1/runs?state=done", 422))["pointer"] == "/state"
        for cursor in ("x", "9" * 50, "1:2", "1:nan:" + "9" * 30):
            assert (await server.get(f"/v1/runs?cursor={cursor}", 422))["pointer"] == "/cursor"


async def test_a_paused_queue_begins_nothing_until_it_is_resumed(whole, settings, workflow):
    async with whole(backend=InProcess(settings)) as server:
        assert (await server.post("/v1/queue/pause"))["paused"] is True
        run = (await server.post("/v1/runs", {"workflow": workflow, "inputs": {"text": "hi"}}, 202))["id"]
        await asyncio.sleep(0.3)
        assert (await server.get(f"/v1/runs/{run}"))["state"] == "queued"
        assert (await server.post("/v1/queue/resume"))["paused"] is False
        async with asyncio.timeout(30):
            while not (found := await server.get(f"/v1/runs/{run}/results"))["complete"]:
                await asyncio.sleep(0.01)
        [file] = found["files"]
        assert (found["state"], file["media_type"]) == ("succeeded", "text/plain")
        assert await server.get(file["url"]) == b"hi"
        record = await server.get(f"/v1/runs/{run}/record")
        assert (record["status"], record["workflow"]["nodes"]["text"]["inputs"]["value"]) == ("succeeded", "hi")


async def test_the_oldest_runs_are_forgotten_but_for_their_states(whole, settings, workflow):
    async with whole(backend=InProcess(settings)) as server:
        said = await server.post("/v1/runs", {"workflow": workflow, "count": 3}, 202)
        async with asyncio.timeout(30):
            while (await server.get("/v1/queue"))["counts"]["succeeded"] < 3:
                await asyncio.sleep(0.01)
    async with whole(Limits(history=1)) as server:
        assert len((await server.get("/v1/runs"))["runs"]) == 1
        states = [(await server.get(f"/v1/runs/{r['id']}"))["state"] for r in said["runs"]]
        assert states == ["succeeded"] * 3


async def test_node_types_are_sent_once_until_they_change(whole):
    async with whole() as server:
        async with server.client.get("/v1/nodes") as answer:
            tag, nodes = answer.headers["ETag"], (await answer.json())["nodes"]
        assert {"KSampler", "Text"} <= {n["id"] for n in nodes}
        await server.get("/v1/nodes", 304, headers={"If-None-Match": tag})
        await server.get("/v1/nodes", 200, headers={"If-None-Match": '"other"'})
        assert (await server.get("/v1/nodes/Text"))["id"] == "Text"
        assert (await server.get("/v1/nodes/KSamplr", 404))["suggestion"] == "KSampler"


async def test_a_workflow_with_problems_is_an_answer_of_validate_and_an_error_of_plan(whole, workflow):
    async with whole() as server:
        assert await server.post("/v1/validate", {"workflow": workflow}) == {"ok": True, "problems": []}
        said = await server.post("/v1/validate", {"workflow": {**workflow, "nodes": {}}})
        assert said["ok"] is False
        assert all(p["pointer"].startswith("/workflow") for p in said["problems"])
        plan = await server.post("/v1/plan", {"workflow": workflow, "targets": ["text"]})
        assert [(e["node"], e["status"]) for e in plan["entries"]] == [("text", "run")]
        assert (await server.post("/v1/plan", {"workflow": workflow, "targets": ["texd"]}, 422))[
            "pointer"
        ] == "/targets"


async def test_a_file_of_another_program_becomes_a_document(whole):
    foreign = {"1": {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 64, "batch_size": 1}}}
    async with whole() as server:
        said = await server.post("/v1/import?name=theirs.json", foreign)
        assert (said["workflow"]["nodes"]["1"]["type"], said["workflow"]["name"]) == ("EmptyLatent", "theirs")
        assert said["report"]["format"]
        head = {"Content-Type": "application/octet-stream"}
        refused = await server.ask("POST", "/v1/import", 400, data=b"\x00\x01", headers=head)
        assert refused["problems"]
        picture = await server.ask(
            "POST", "/v1/import", 422, data=b"\x89PNG\r\n\x1a\nxx", headers={"Content-Type": "image/png"}
        )
        assert json.dumps(picture)
