"""What two documents have different: nodes, values, links, and, apart from these, layout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from calotype.errors import shown
from calotype.workflow.document import SUBGRAPH, Document
from calotype.workflow.values import is_link


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs. node: its id, empty for what is not a node's; name: input or key; None: not there."""

    node: str
    name: str
    before: Any
    after: Any

    def __str__(self) -> str:
        place = f"{self.node}.{self.name}" if self.node else self.name
        return f"{place}: {_said(self.before)} -> {_said(self.after)}"


@dataclass(frozen=True, slots=True)
class NodeChanges:
    """Nodes that came, went, or changed their type, by id."""

    added: Mapping[str, str] = field(default_factory=dict)
    removed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Difference:
    """From one document to another. Nothing in `nodes`, `values`, `links` and `other` means: the same pictures.

    values: literals and what else a node says of itself (type, version, enabled, map, repeat); links: where inputs come
    from; other: name, description, interface, requires, ports, and keys that are not known; layout: ids of what was
    moved, came or went there.
    """

    nodes: NodeChanges
    values: tuple[Change, ...]
    links: tuple[Change, ...]
    other: tuple[Change, ...]
    layout: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.nodes.added or self.nodes.removed or self.values or self.links or self.other or self.layout)

    def __str__(self) -> str:
        lines = [f"+ {id} ({kind})" for id, kind in self.nodes.added.items()]
        lines += [f"- {id} ({kind})" for id, kind in self.nodes.removed.items()]
        lines += [f"~ {change}" for change in (*self.values, *self.links, *self.other)]
        lines += [f"moved: {', '.join(self.layout)}"] if self.layout else []
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        parts = {"values": self.values, "links": self.links, "other": self.other}
        changes = {
            part: [{"node": c.node, "name": c.name, "before": _json(c.before), "after": _json(c.after)} for c in found]
            for part, found in parts.items()
        }
        nodes = {"added": dict(self.nodes.added), "removed": dict(self.nodes.removed)}
        return {"nodes": nodes, **changes, "layout": list(self.layout)}


class _Missing:
    def __repr__(self) -> str:
        return "not there"


MISSING = _Missing()


def diff(a: Document, b: Document) -> Difference:
    """What has to change in `a` to get `b`, in the order of the ids."""
    before, after = _all_nodes(a), _all_nodes(b)
    values: list[Change] = []
    links: list[Change] = []
    for id in sorted(before.keys() & after.keys()):
        for change in _node_changes(id, before[id], after[id]):
            linked = is_link(change.before) or is_link(change.after) or _has_links(change)
            (links if linked else values).append(change)
    added = {id: after[id]["type"] for id in sorted(after.keys() - before.keys())}
    removed = {id: before[id]["type"] for id in sorted(before.keys() - after.keys())}
    layout = tuple(sorted(k for k, _, _ in _changed(_layout(a), _layout(b))))
    other = tuple(Change("", k, one, two) for k, one, two in _changed(_other(a), _other(b)))
    return Difference(NodeChanges(added, removed), tuple(values), tuple(links), other, layout)


def _all_nodes(document: Document) -> dict[str, dict[str, Any]]:
    """Nodes by id; those of subgraphs as "subgraph/NAME/ID"."""
    found = dict(document.nodes)
    for name, subgraph in document.subgraphs.items():
        found |= {f"{SUBGRAPH}{name}/{id}": node for id, node in subgraph.nodes.items()}
    return found


def _node_changes(id: str, one: Mapping[str, Any], two: Mapping[str, Any]) -> Iterator[Change]:
    if one == two:
        return
    plain = ({k: v for k, v in node.items() if k != "inputs"} for node in (one, two))
    inputs = (node.get("inputs", {}) for node in (one, two))
    for before, after in (plain, inputs):
        for key, old, new in _changed(before, after):
            yield Change(id, key, old, new)


def _changed(one: Mapping[str, Any], two: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for key in sorted(one.keys() | two.keys()):
        old, new = one.get(key, MISSING), two.get(key, MISSING)
        if not _same(old, new):
            yield key, old, new


def _same(one: Any, two: Any) -> bool:
    """Equal as JSON: 1 and true are not, 1 and 1.0 are."""
    if isinstance(one, bool) or isinstance(two, bool):
        return one is two
    if isinstance(one, dict) and isinstance(two, dict):
        return one.keys() == two.keys() and all(_same(one[k], two[k]) for k in one)
    if isinstance(one, list) and isinstance(two, list):
        return len(one) == len(two) and all(map(_same, one, two))
    return bool(one == two)


def _has_links(change: Change) -> bool:
    return any(isinstance(v, list) and any(is_link(item) for item in v) for v in (change.before, change.after))


def _layout(document: Document) -> dict[str, Any]:
    frames = {"frames": document.frames} if document.frames else {}
    return {**document.layout, **frames}


def _other(document: Document) -> dict[str, Any]:
    """Everything else, flat: "inputs.prompt", "subgraphs.upscale.outputs.image"."""
    said = document.to_dict()
    found: dict[str, Any] = {k: v for k, v in said.items() if k not in _ELSEWHERE}
    for part in ("requires", "inputs", "outputs"):
        found |= {f"{part}.{name}": value for name, value in said.get(part, {}).items()}
    for name, subgraph in said.get("subgraphs", {}).items():
        found[f"subgraphs.{name}"] = {k: v for k, v in subgraph.items() if k != "nodes"}
    return found


_ELSEWHERE = ("nodes", "layout", "frames", "subgraphs", "requires", "inputs", "outputs")


def _said(value: Any) -> str:
    if is_link(value):
        return str(value["from"])
    return repr(value) if value is MISSING else shown(value)


def _json(value: Any) -> Any:
    return None if value is MISSING else value
