"""What users ask for of documents on a server (USERS.md: E2, E15, H9)."""

import pytest

from calotype.errors import Conflict
from calotype.library import Library
from calotype.node import Input, Node
from calotype.registry import Registry
from calotype.server.interfaces import schema
from calotype.workflow import interface, read
from calotype.workflow.compare import diff


class Paint(Node):
    """A picture in words."""

    prompt: str
    steps: int = Input(default=20, ge=1, le=100, doc="How long.")

    def run(self) -> str:
        """Say it."""
        return f"{self.prompt} {self.steps}"


@pytest.fixture
def library(tmp_path):
    library = Library(tmp_path / "workflows")
    yield library
    library.close()


def painted(x=0, **inputs):
    nodes = {"p": {"type": "t.Paint", "inputs": inputs}}
    public = {"prompt": {"node": "p", "input": "prompt"}, "steps": {"node": "p", "input": "steps"}}
    return read({"calotype": 1, "name": "p", "inputs": public, "nodes": nodes, "layout": {"p": {"x": x, "y": 0}}})


def test_e2_an_edit_that_was_acknowledged_is_offered_again_and_nothing_is_overwritten(library, tmp_path):
    saved = library.put("mine", painted(prompt="a"), expected=None, author="ann")
    library.post_draft("mine", "ann", base=1, operations=[{"set": "p.prompt", "to": "b"}])
    library.close()  # as a kill would; kills at every point: tests/library
    after = Library(tmp_path / "workflows")
    assert after.drafts("mine")[0].operations == [{"set": "p.prompt", "to": "b"}]
    with pytest.raises(Conflict):
        after.put("mine", painted(prompt="imported"), expected=None, author="bob")
    assert after.get("mine").text == saved.text
    after.close()


def test_e15_what_changed_between_two_revisions_is_said_and_moving_a_node_is_no_change_of_meaning(library):
    library.put("mine", painted(prompt="a"), expected=None)
    library.put("mine", painted(prompt="a", x=40), expected="*")
    library.put("mine", painted(prompt="b", x=40), expected="*")
    first, moved, changed = (library.get("mine", n).document for n in (1, 2, 3))
    assert (str(diff(first, moved)), diff(first, moved).layout) == ("moved: p", ("p",))
    assert len(diff(moved, changed).values) == 1 and not diff(moved, changed).layout


def test_h9_the_named_interface_of_a_workflow_is_its_schema(library):
    registry = Registry()
    registry.add_class(Paint, "t")
    version = library.put("mine", painted(), expected=None)
    assert schema(interface(version.document, registry)) == {
        "type": "object",
        "properties": {
            "prompt": {"type": "string"},
            "steps": {"type": "integer", "minimum": 1, "maximum": 100, "description": "How long.", "default": 20},
        },
        "additionalProperties": False,
        "required": ["prompt"],
    }
