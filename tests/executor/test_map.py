def link(end):
    return {"from": end}


SUBGRAPHS = {
    "plus": {
        "inputs": {"x": {"to": ["one.a"]}, "y": {"to": ["one.b"], "default": 1}},
        "outputs": {"total": {"from": "two.int"}},
        "nodes": {
            "one": {"type": "Add", "inputs": {}},
            "two": {"type": "Add", "inputs": {"a": link("one.int"), "b": 100}},
        },
    }
}


def mapped(items):
    return {
        "each": {"type": "subgraph/plus", "map": ["x"], "inputs": {"x": items, "y": 10}},
        "all": {"type": "Total", "inputs": {"numbers": link("each.total")}},
    }


def test_a_subgraph_runs_once_for_each_item_of_a_list(engine):
    outcome = engine.run(mapped([1, 2, 3]), "all", subgraphs=SUBGRAPHS)
    assert outcome.error is None
    assert outcome.results["all"].values() == {"int": 336}


def test_a_longer_list_computes_only_what_is_new(engine):
    engine.run(mapped([1, 2, 3]), "each", subgraphs=SUBGRAPHS)
    outcome = engine.run(mapped([1, 2, 3, 4]), "each", subgraphs=SUBGRAPHS)
    assert outcome.results["each"].values() == {"total": [111, 112, 113, 114]}
    assert [e.node for e in engine.events if type(e).__name__ == "NodeStarted"] == [
        "each",
        "each[3]/one",
        "each[3]/two",
    ]


def test_a_list_that_is_computed_is_mapped_over(engine):
    nodes = {
        "list": {"type": "MakeList", "inputs": {"count": 4}},
        "each": {"type": "subgraph/plus", "map": ["x"], "inputs": {"x": link("list.ints")}},
    }
    assert engine.run(nodes, "each", subgraphs=SUBGRAPHS).results["each"].values() == {"total": [101, 102, 103, 104]}


def test_a_failure_inside_names_the_item(engine):
    subgraphs = {
        "bad": {
            "inputs": {"x": {"to": ["fail.value"]}},
            "outputs": {"y": {"from": "fail.int"}},
            "nodes": {"fail": {"type": "Fail", "inputs": {}}},
        }
    }
    nodes = {"each": {"type": "subgraph/bad", "map": ["x"], "inputs": {"x": [1]}}}
    assert (
        str(engine.run(nodes, "each", subgraphs=subgraphs).error) == 'node "each[0]/fail" (Fail): ValueError: it failed'
    )


def test_a_bounded_repeat_carries_its_value(engine):
    nodes = {
        "again": {"type": "subgraph/plus", "repeat": {"times": 3, "carry": {"total": "x"}}, "inputs": {"x": 0}},
        "end": {"type": "Identity", "inputs": {"value": link("again.total")}},
    }
    assert engine.run(nodes, "end", subgraphs=SUBGRAPHS).results["end"].values() == {"value": 303}
