"""Finding runs again."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from calotype.errors import RunError
from calotype.runs import Query, submission_of


@pytest.fixture
def names(runs):
    return lambda **query: [run.name for run in runs.list(Query(**query)).items]


@pytest.fixture(params=["fts5", "plain"])
def words(request, runs):
    """With SQLite's search of words, and without."""
    if request.param == "plain":
        with runs._database.write() as connection:
            connection.execute("DROP TABLE words")
            connection.execute("CREATE TABLE words (text TEXT NOT NULL)")
        runs._database.fts = False


def test_runs_are_found_by_prompt_model_type_state_group_and_date(runs, ask, names, clock, words):
    runs.accept([ask("1", text="A red apple, on wood", model="sd/emoji-ldm.safetensors", type="KSampler", group="g")])
    clock.shown += 3600
    runs.accept([ask("2", text="a green pear", model="other.safetensors"), ask("3", text="100% wool_hat")])
    runs.cancel(runs.list().items[0].id)
    assert names() == ["3", "2", "1"]
    assert names(search="apple RED") == ["1"]
    assert names(search="app") == ["1"]
    assert names(search="apple pear") == []
    assert names(search="100%") == ["3"]
    assert names(model="emoji") == ["1"]
    assert names(model="%") == []
    assert names(type="KSampler") == ["1"]
    assert names(group="g") == ["1"]
    assert names(state=("cancelled",)) == ["3"]
    assert names(state=("queued", "cancelled")) == ["3", "2", "1"]
    assert names(since="2027-01-15T08:30") == ["3", "2"]
    assert names(until="2027-01-15T08:30") == ["1"]
    assert names(search="pear", model="other", since="2027") == ["2"]


@pytest.mark.parametrize("state", [(), ("queued",)])
def test_pages_follow_each_other_without_a_gap(runs, ask, state):
    runs.accept([ask(str(i), priority=i % 3) for i in range(23)])
    seen, cursor = [], ""
    while True:
        page = runs.list(Query(state=state, limit=5, cursor=cursor))
        seen += [run.name for run in page.items]
        if not (cursor := page.next):
            break
    assert sorted(seen, key=int) == [str(i) for i in range(23)]
    assert seen == [run.name for run in runs.list(Query(state=state, limit=100)).items]
    with pytest.raises(RunError, match="is no cursor"):
        runs.list(Query(state=state, cursor="x"))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text())
@example("\0")
@example('"')
def test_no_words_break_the_search(runs, text):
    assert isinstance(runs.list(Query(search=text, model=text, type=text, group=text)).items, list)


def test_what_is_found_by_is_taken_from_the_document():
    document = {
        "calotype": 1,
        "name": "mine",
        "nodes": {
            "a": {"type": "Load", "inputs": {"checkpoint": {"file": "m.safetensors", "hash": "blake3:1"}}},
            "b": {"type": "Text", "inputs": {"text": "a cat", "list": ["x", {"from": "a.b"}], "n": 3}},
            "c": {"type": "LoadImage", "inputs": {"image": {"file": "cat.png"}, "token": {"secret": "NAME"}}},
        },
        "subgraphs": {"s": {"nodes": {"d": {"type": "Inner", "inputs": {"text": "deep"}}}}},
    }
    said = submission_of(document, client="ann", targets=("b",))
    assert (said.name, said.client, said.targets) == ("mine", "ann", ("b",))
    assert said.models == ("blake3:1", "m.safetensors")
    assert said.types == ("Load", "Text", "LoadImage", "Inner")
    assert said.prompt == "a cat\nx\ndeep"
