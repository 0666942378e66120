"""Canonical writing: the same workflow is the same text, a change is a few lines, and the layout stands apart."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from calotype.workflow.document import Document

FIRST = ("calotype", "name", "description", "requires", "inputs", "outputs", "nodes", "subgraphs", "frames")
LAST = ("layout",)
NODE_FIRST = ("type", "version", "title", "enabled", "map", "repeat")
NODE_LAST = ("inputs",)
WIDTH = 120  # of a line that holds a whole list or object

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True).encode


def write(document: Document) -> str:
    """The text of the file. Nodes, their inputs and layout are sorted; the public interface keeps its order."""
    said = document.to_dict()
    return "".join(_object(_ordered(said), "", _TOP)) + "\n"


def _ordered(said: Mapping[str, Any], first: tuple[str, ...] = FIRST, last: tuple[str, ...] = LAST) -> dict[str, Any]:
    rest = sorted(said.keys() - set(first) - set(last))
    return {k: said[k] for k in (*first, *rest, *last) if k in said}


def _node(node: Mapping[str, Any], indent: str) -> Iterator[str]:
    return _object(_ordered(node, NODE_FIRST, NODE_LAST), indent, {"inputs": _sorted})


def _nodes(nodes: Mapping[str, Any], indent: str) -> Iterator[str]:
    return _object(dict(sorted(nodes.items())), indent, dict.fromkeys(nodes, _node))


def _subgraph(subgraph: Mapping[str, Any], indent: str) -> Iterator[str]:
    return _object(_ordered(subgraph), indent, {"inputs": _in_order, "outputs": _in_order, "nodes": _nodes})


def _subgraphs(subgraphs: Mapping[str, Any], indent: str) -> Iterator[str]:
    return _object(dict(sorted(subgraphs.items())), indent, dict.fromkeys(subgraphs, _subgraph))


def _in_order(said: Mapping[str, Any], indent: str) -> Iterator[str]:
    return _object(said, indent, {})


def _sorted(said: Mapping[str, Any], indent: str) -> Iterator[str]:
    return _object(dict(sorted(said.items())), indent, {})


_TOP = {
    "inputs": _in_order,
    "outputs": _in_order,
    "nodes": _nodes,
    "subgraphs": _subgraphs,
    "layout": _sorted,
    "requires": _sorted,
}


def _object(said: Mapping[str, Any], indent: str, special: Mapping[str, Any]) -> Iterator[str]:
    """An object, one key a line; keys in `special` are written their own way."""
    if not said:
        yield "{}"
        return
    deeper = indent + "  "
    start = "{\n"
    for key, value in said.items():
        yield f"{start}{deeper}{_encode(key)}: "
        how = special.get(key)
        yield from how(value, deeper) if how else _value(value, deeper)
        start = ",\n"
    yield f"\n{indent}}}"


def _value(value: Any, indent: str) -> Iterator[str]:
    """A value on one line where that is short, else spread; sorted throughout."""
    text = _encode(value)
    if len(text) + len(indent) <= WIDTH or not isinstance(value, (dict, list)) or not value:
        yield text
    elif isinstance(value, dict):
        yield from _object(dict(sorted(value.items())), indent, {})
    else:
        yield from _list(value, indent)


def _list(value: list[Any], indent: str) -> Iterator[str]:
    deeper = indent + "  "
    start = "[\n"
    for item in value:
        yield start + deeper
        yield from _value(item, deeper)
        start = ",\n"
    yield f"\n{indent}]"
