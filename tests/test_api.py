"""The Python face, on the shipped model."""

from __future__ import annotations

import asyncio
import io
import threading

import pytest

from calotype import Settings, Workflow
from calotype.errors import Cancelled, NodeError, ValidationError, WorkflowError


def link(end):
    return {"from": end}


@pytest.fixture
def settings(tmp_path):
    return Settings.load(home=tmp_path / "home", env={})


def nodes(**more):
    return {
        "calotype": 1,
        "name": "numbers",
        "inputs": {"start": {"node": "a", "input": "value"}},
        "outputs": {"end": {"from": "b.whole"}},
        "nodes": {
            "a": {"type": "Integer", "inputs": {"value": 20}},
            "b": {"type": "Expression", "inputs": {"expression": "a * 2 + 2", "a": link("a.value")}},
        },
        **more,
    }


def test_a_workflow_runs_with_named_inputs(settings):
    workflow = Workflow.from_dict(nodes(), settings)
    assert workflow.run()["b.whole"] == 42
    assert workflow.run(start=1)["b.whole"] == 4
    assert workflow.inputs == {"start": 20}


def test_with_inputs_leaves_the_first_workflow_alone(settings):
    first = Workflow.from_dict(nodes(), settings)
    second = first.with_inputs(start=5)
    assert (first.inputs, second.inputs) == ({"start": 20}, {"start": 5})


def test_an_unknown_input_is_an_error_with_the_nearest_name(settings):
    with pytest.raises(WorkflowError, match="start"):
        Workflow.from_dict(nodes(), settings).run(strat=1)


def test_a_wrong_value_is_refused_before_anything_runs(settings):
    with pytest.raises(ValidationError) as caught:
        Workflow.from_dict(nodes(), settings).run(start="many")
    assert [(p.node, p.input, p.code) for p in caught.value.problems] == [("a", "value", "type")]


def test_check_says_every_problem(settings):
    said = nodes()
    said["nodes"]["a"]["type"] = "Intger"
    said["nodes"]["b"]["inputs"]["expresion"] = "a"
    with pytest.raises(ValidationError) as caught:
        Workflow.from_dict(said, settings).check()
    assert {p.suggestion for p in caught.value.problems} >= {"Integer", "expression"}


def test_a_failing_node_raises_with_its_name(settings):
    said = nodes()
    said["nodes"]["b"]["inputs"]["expression"] = "a / 0"
    with pytest.raises(NodeError, match='node "b" \\(Expression\\)'):
        Workflow.from_dict(said, settings).run()


def test_a_plan_says_what_is_stored(settings):
    workflow = Workflow.from_dict(nodes(), settings)
    assert workflow.plan().runs == ["a", "b"]


def test_a_result_that_is_not_there_is_a_key_error_with_those_that_are(settings):
    result = Workflow.from_dict(nodes(), settings).run()
    with pytest.raises(KeyError, match=r'there is no result "b.hole"; there are: b.value, b.whole'):
        result["b.hole"]


def test_it_runs_beside_an_event_loop(settings):
    async def both():
        workflow = Workflow.from_dict(nodes(), settings)
        return await asyncio.gather(workflow.arun(start=1), workflow.arun(start=2))

    assert [r["b.whole"] for r in asyncio.run(both())] == [4, 6]


def test_a_run_that_is_cancelled_raises(settings):
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        Workflow.from_dict(nodes(), settings).run(cancel=cancel)


def test_a_workflow_is_saved_and_loaded(settings, tmp_path):
    Workflow.from_dict(nodes(), settings).save(tmp_path / "numbers.json")
    assert Workflow.load(tmp_path / "numbers.json", settings).run()["b.whole"] == 42


def test_a_picture_comes_back_and_shows_itself_in_a_notebook(settings, tmp_path):
    from PIL import Image

    result = Workflow.load("text_to_image", settings).run(prompt="a red apple", steps=2)
    assert [image.size for image in result.images] == [(128, 128)]
    shown = result._repr_png_()
    assert Image.open(io.BytesIO(shown)).size == (128, 128)
    (path,) = result.save(tmp_path / "out")
    with Image.open(path) as picture:
        assert picture.size == (128, 128)
    assert result.save(tmp_path / "out") == [path]  # the same result has the same name
