"""Changes of documents that the engine makes for an editor."""

import pytest


@pytest.fixture
def chain():
    """one -> two -> three, with places."""
    nodes = {
        "one": {"type": "toys.Number", "inputs": {"value": 1}},
        "two": {"type": "toys.Add", "inputs": {"a": {"from": "one.int"}, "b": 2}},
        "three": {"type": "toys.Add", "inputs": {"a": {"from": "two.int"}, "b": {"from": "one.int"}}},
    }
    layout = {id: {"x": 300 * i, "y": 40} for i, id in enumerate(nodes)}
    return {"calotype": 1, "name": "chain", "nodes": nodes, "layout": layout}


async def test_grouping_and_ungrouping_give_the_document_back(whole, chain):
    async with whole() as server:
        asked = {"workflow": chain, "nodes": ["two", "three"], "name": "sums"}
        grouped = await server.post("/v1/edit/group", asked)
        assert grouped["nodes"] == ["sums"]
        assert grouped["workflow"]["nodes"]["sums"] == {"type": "subgraph/sums", "inputs": {"a": {"from": "one.int"}}}
        assert grouped["workflow"]["subgraphs"]["sums"]["inputs"] == {"a": {"to": ["two.a", "three.b"]}}
        back = await server.post("/v1/edit/ungroup", {"workflow": grouped["workflow"], "instance": "sums"})
    assert back["workflow"] == chain
    assert sorted(back["nodes"]) == ["three", "two"]


async def test_nodes_of_a_subgraph_are_grouped_on_its_sheet(whole, chain):
    async with whole() as server:
        outer = await server.post("/v1/edit/group", {"workflow": chain, "nodes": ["two", "three"], "name": "sums"})
        asked = {"workflow": outer["workflow"], "nodes": ["three"], "name": "last", "within": "sums"}
        inner = await server.post("/v1/edit/group", asked)
        assert inner["nodes"] == ["last"]
        sheet = inner["workflow"]["subgraphs"]["sums"]
        assert sheet["nodes"]["last"] == {"type": "subgraph/last", "inputs": {"a": {"from": "two.int"}}}
        assert sheet["inputs"] == {"a": {"to": ["two.a", "last.b"]}}
        asked = {"workflow": inner["workflow"], "instance": "last", "within": "sums"}
        back = await server.post("/v1/edit/ungroup", asked)
    assert back == {"workflow": outer["workflow"], "nodes": ["three"]}


@pytest.mark.parametrize(
    ("path", "change", "pointer", "says"),
    [
        ("group", {"nodes": ["two"], "name": "no name"}, "/name", "cannot be the name of a subgraph"),
        ("group", {"nodes": ["four"], "name": "sums"}, "/nodes", 'there is no node "four"'),
        ("group", {"nodes": ["two"], "name": "sums", "within": "x"}, "/within", 'there is no subgraph "x"'),
        ("ungroup", {"instance": "two"}, "/instance", '"two" is not an instance of a subgraph'),
    ],
)
async def test_what_cannot_be_done_is_said_with_its_place(whole, chain, path, change, pointer, says):
    async with whole() as server:
        said = await server.post(f"/v1/edit/{path}", {"workflow": chain, **change}, 422)
    assert said["pointer"] == pointer
    assert says in said["detail"]
