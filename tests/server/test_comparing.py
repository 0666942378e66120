"""What two documents have different, over HTTP."""

import pytest


@pytest.fixture
def sum_of():
    """one -> sum, with a value of its own."""

    def made(b: int, **more):
        nodes = {
            "one": {"type": "toys.Number", "inputs": {"value": 1}},
            "sum": {"type": "toys.Add", "inputs": {"a": {"from": "one.int"}, "b": b}},
        }
        return {"calotype": 1, "name": "sum", "nodes": nodes | more}

    return made


async def test_two_documents_are_compared_node_by_node(whole, sum_of):
    two = sum_of(3, two={"type": "toys.Number"}) | {"layout": {"two": {"x": 5, "y": 5}}}
    async with whole() as server:
        said = await server.post("/v1/diff", {"before": sum_of(2), "after": two})
    assert said == {
        "same": False,
        "text": "+ two (toys.Number)\n~ sum.b: 2 -> 3\nmoved: two",
        "nodes": {"added": {"two": "toys.Number"}, "removed": {}},
        "values": [{"node": "sum", "name": "b", "before": 2, "after": 3}],
        "links": [],
        "other": [],
        "layout": ["two"],
    }


async def test_a_document_of_the_server_is_compared_by_its_name(whole, sum_of):
    async with whole() as server:
        await server.put("/v1/workflows/sum", sum_of(2))
        assert (await server.post("/v1/diff", {"before": "sum", "after": sum_of(2)}))["same"] is True
        missing = await server.post("/v1/diff", {"before": "sum", "after": "some"}, 422)
        wrong = await server.post("/v1/diff", {"before": {"calotype": 1, "nodes": 4}, "after": "sum"}, 422)
    assert (missing["detail"], missing["pointer"]) == ('there is no workflow "some"', "/after")
    assert wrong["pointer"].startswith("/before")
