"""Submitting: strict, whole, seeds drawn and told, inputs by their public names."""

import asyncio
import io
import json
import time

from calotype.server.limits import Limits

JSON = {"Content-Type": "application/json"}


async def test_an_accepted_run_is_answered_with_its_seeds_and_its_place(whole, workflow):
    async with whole() as server:
        run = await server.post("/v1/runs", {"workflow": workflow, "inputs": {"text": "bye"}, "client": "me"}, 202)
        drawn = run["seeds"]["seed.value"]
        kept = await server.get(f"/v1/runs/{run['id']}/workflow")
        assert (run["state"], run["place"], run["client"], run["name"]) == ("queued", 1, "me", "hello")
        assert kept["nodes"]["seed"]["inputs"] == {"value": drawn}
        assert kept["nodes"]["text"]["inputs"] == {"value": "bye"}
        assert await server.get(f"/v1/runs/{run['id']}") == {k: v for k, v in run.items() if k != "seeds"}


async def test_every_problem_is_said_at_once_at_its_place_in_the_body(whole, workflow):
    nodes = {**workflow["nodes"], "a": {"type": "Txet"}, "b": {"type": "Integer", "inputs": {"valu": 1}}}
    async with whole() as server:
        body = {"workflow": {**workflow, "nodes": nodes}, "inputs": {"text": 3}}
        said = await server.post("/v1/runs", body, 422)
        assert [(p["code"], p["pointer"]) for p in said["problems"]] == [
            ("type", "/inputs/text"),
            ("unknown-type", "/workflow/nodes/a"),
            ("unknown-input", "/workflow/nodes/b/inputs/valu"),
        ]
        assert said["problems"][1]["suggestion"] == "Text"
        assert (await server.get("/v1/queue"))["counts"]["queued"] == 0


async def test_an_input_that_is_not_there_is_said_with_the_nearest(whole, workflow):
    async with whole() as server:
        said = await server.post("/v1/runs", {"workflow": workflow, "inputs": {"texd": "x"}}, 422)
        assert (said["code"], said["pointer"], said["suggestion"]) == ("workflow", "/inputs/texd", "text")


async def test_a_sweep_and_a_count_make_one_group(whole, workflow):
    async with whole() as server:
        body = {"workflow": workflow, "sweep": {"text": ["a", "b"]}, "inputs": {"again": 7}, "count": 2}
        said = await server.post("/v1/runs", body, 202)
        kept = [await server.get(f"/v1/runs/{r['id']}/workflow") for r in said["runs"]]
        values = [(k["nodes"]["text"]["inputs"]["value"], k["nodes"]["seed"]["inputs"]["value"]) for k in kept]
        assert values == [("a", 7), ("a", 8), ("b", 7), ("b", 8)]
        assert {r["group"] for r in said["runs"]} == {said["group"]}
        listed = await server.get(f"/v1/runs?group={said['group']}")
        assert {r["id"] for r in listed["runs"]} == {r["id"] for r in said["runs"]}


async def test_seeds_left_to_chance_are_drawn_for_every_run_of_a_count(whole, workflow):
    async with whole() as server:
        said = await server.post("/v1/runs", {"workflow": workflow, "count": 3}, 202)
        assert len({r["seeds"]["seed.value"] for r in said["runs"]}) == 3


async def test_of_a_batch_all_or_none_is_accepted(whole, workflow):
    async with whole() as server:
        good, bad = {"workflow": workflow}, {"workflow": workflow, "inputs": {"text": 1}}
        said = await server.post("/v1/runs", {"runs": [good, good, bad]}, 422)
        assert said["pointer"] == "/runs/2/inputs/text"
        assert (await server.get("/v1/queue"))["counts"]["queued"] == 0
        assert len((await server.post("/v1/runs", {"runs": [good, good]}, 202))["runs"]) == 2


async def test_more_than_a_limit_is_refused_with_its_place(whole, workflow):
    async with whole(Limits(batch=10, queue=3, nodes=5)) as server:
        swept = {"workflow": workflow, "sweep": {"text": ["a", "b", "c", "d"], "again": [1, 2, 3]}}
        assert (await server.post("/v1/runs", swept, 413))["pointer"] == "/sweep"
        assert (await server.post("/v1/runs", {"workflow": workflow, "count": 11}, 413))["pointer"] == "/count"
        assert (await server.post("/v1/runs", {"workflow": workflow, "count": 4}, 429))["code"] == "queue-full"
        nodes = {f"n{i}": {"type": "Text"} for i in range(6)}
        said = await server.post("/v1/runs", {"workflow": {**workflow, "nodes": nodes}}, 413)
        assert said["pointer"] == "/workflow/nodes"


async def test_a_name_is_that_of_a_workflow_and_never_a_path(whole):
    async with whole() as server:
        assert (await server.post("/v1/runs", {"workflow": "text_to_image"}, 202))["name"] == "Text to image"
        for name in ("/etc/passwd", "../../etc/passwd", "a/../b", "nothing", "", "a\0b", "C:\\x", "text_to_image/"):
            said = await server.post("/v1/runs", {"workflow": name}, 422)
            assert said["pointer"] == "/workflow"
        near = await server.post("/v1/runs", {"workflow": "text_to_imge"}, 422)
        assert near["suggestion"] == "text_to_image"
        near = await server.post("/v1/workflows/text_to_imge/run", {}, 404)
        assert (near["code"], near["suggestion"]) == ("unknown-workflow", "text_to_image")


def bombs():
    deep = {"type": "subgraph/s0"}
    nested = {f"s{i}": {"nodes": {"a": {"type": f"subgraph/s{i + 1}"}, "b": {"type": f"subgraph/s{i + 1}"}}}
              for i in range(30)} | {"s30": {"nodes": {"t": {"type": "Text"}}}}  # fmt: skip
    chain = {f"n{i}": {"type": "TextCase", "inputs": {"text": {"from": f"n{i - 1}.text"}}} for i in range(1, 3000)}
    return {
        "100,000 nodes": {"nodes": {f"n{i}": {"type": "Text"} for i in range(100_000)}},
        "a node that takes from itself": {"nodes": {"a": {"type": "TextCase", "inputs": {"text": {"from": "a.text"}}}}},
        "a billion nodes by nesting": {"nodes": {"a": deep}, "subgraphs": nested},
        "a billion repeats": {"nodes": {"a": {"type": "subgraph/s", "repeat": {"times": 10**9}}},
                              "subgraphs": {"s": {"nodes": {"t": {"type": "Text"}}}}},
        "a picture of 2**31 pixels a side": {"nodes": {"l": {"type": "EmptyLatent", "inputs": {"width": 2**31}}}},
        "a batch of 2**20": {"nodes": {"l": {"type": "EmptyLatent", "inputs": {"batch_size": 2**20}}}},
        "a chain from nowhere": {"nodes": chain},
    }  # fmt: skip


async def test_a_graph_bomb_is_refused_soon_and_others_do_not_wait(whole):
    async with whole() as server:
        for name, bomb in bombs().items():
            waits: list[float] = []
            body = json.dumps({"workflow": {"calotype": 1, "name": "bomb", **bomb}}).encode()
            watching = asyncio.create_task(_watch(server, waits))
            began = time.perf_counter()
            async with server.client.post("/v1/runs", data=io.BytesIO(body), headers=JSON) as answer:
                said = await answer.json(content_type=None)
            took = time.perf_counter() - began
            watching.cancel()
            assert answer.status in (413, 422) and said["code"] and "pointer" in said, (name, said)
            assert took < 10, (name, took)  # 0.1 s on an idle core
            assert max(waits, default=0) < 5, (name, waits)


async def _watch(server, waits):
    while True:
        began = time.perf_counter()
        await server.get("/healthz")
        waits.append(time.perf_counter() - began)
        await asyncio.sleep(0.005)
