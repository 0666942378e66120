"""The API format: an object of nodes by id, each with `class_type` and `inputs`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from calotype_comfyui.boxes import NONE, Box, Linked, Scene, Wire


def read_api(prompt: Mapping[str, Any]) -> Scene:
    """The boxes of a workflow; what is no node is passed over."""
    nodes = {str(id): node for id, node in prompt.items() if is_node(node)}
    return Scene([_box(id, node, nodes) for id, node in nodes.items()])


def is_node(node: Any) -> bool:
    """Whether a value of the top level is a node."""
    return isinstance(node, dict) and isinstance(node.get("class_type"), str)


def _box(id: str, node: Mapping[str, Any], nodes: Mapping[str, Any]) -> Box:
    inputs, meta = node.get("inputs"), node.get("_meta")
    values = inputs if isinstance(inputs, dict) else {}
    title = meta.get("title") if isinstance(meta, dict) else None
    return Box(
        id,
        node["class_type"],
        {str(name): _value(value, nodes) for name, value in values.items()},
        title if isinstance(title, str) else "",
    )


def _value(value: Any, nodes: Mapping[str, Any]) -> Any:
    """A list of a node's id and a number is a wire; `{"__value__": [...]}` is a list that is none."""
    if isinstance(value, list) and len(value) == 2 and _is_wire(value[0], value[1], nodes):
        return Linked(Wire(str(value[0]), int(value[1])), NONE)
    if isinstance(value, dict) and set(value) == {"__value__"}:
        return value["__value__"]
    return value


def _is_wire(box: Any, index: Any, nodes: Mapping[str, Any]) -> bool:
    if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < 1000:
        return False
    return isinstance(box, str) or (isinstance(box, int) and str(box) in nodes)
