"""Documents written for older node versions. Only what a node declares is done; what is lost is listed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from calotype.errors import CalotypeError, Problem, shown
from calotype.node import NodeSpec
from calotype.registry import Registry
from calotype.workflow.document import Document, Nodes
from calotype.workflow.values import pointer

Migrate = Callable[[Mapping[str, Any], int], dict[str, Any]]


class _Level(NamedTuple):
    """Nodes after migration; renames: (node, old input) -> new input; notes in order."""

    nodes: Nodes
    renames: dict[tuple[str, str], str]
    notes: list[Problem]


def migrate_nodes(document: Document, registry: Registry) -> tuple[Document, list[Problem]]:
    """The document as today's node types have it, and notes on everything that changed.

    Aliases become ids; a node of an older version (absent means 1) goes through its type's `migrate`; a renamed input
    is followed in the public interface and in ports. Notes: "renamed-type", "renamed-input", "converted-input",
    "removed-input", "migration-failed" (the node stays as it was). Nodes of unknown types stay as they are.
    """
    public = {(i.node, i.input) for i in document.inputs.values()}
    top = _level(document.nodes, registry, "/nodes", public)
    notes = top.notes
    update: dict[str, Any] = {"nodes": top.nodes} if notes or top.nodes != document.nodes else {}
    if top.renames:
        update["inputs"] = {
            name: replace(said, input=top.renames.get((said.node, said.input), said.input))
            for name, said in document.inputs.items()
        }
    subgraphs = {}
    for name, subgraph in document.subgraphs.items():
        wanted = {_node_and_input(text) for port in subgraph.inputs.values() for text in port.to}
        level = _level(subgraph.nodes, registry, pointer("subgraphs", name, "nodes"), wanted)
        ports = {
            port: replace(said, to=[_followed(text, level.renames) for text in said.to])
            for port, said in subgraph.inputs.items()
        }
        subgraphs[name] = replace(subgraph, nodes=level.nodes, inputs=ports)
        notes = notes + level.notes
    return replace(document, **(update | {"subgraphs": subgraphs})), notes


def _node_and_input(text: str) -> tuple[str, str]:
    parts = text.split(".")
    return parts[0], parts[1]


def _followed(text: str, renames: Mapping[tuple[str, str], str]) -> str:
    node, input, *item = text.split(".")
    return ".".join([node, renames.get((node, input), input), *item])


def _level(nodes: Nodes, registry: Registry, at: str, outside: set[tuple[str, str]]) -> _Level:
    level = _Level({}, {}, [])
    wanted: dict[str, list[str]] = {}
    for id, input in outside:
        wanted.setdefault(id, []).append(input)
    for id, node in nodes.items():
        spec = registry.get(node["type"])
        current = spec is not None and node["type"] == spec.id and node.get("version", 1) >= spec.version
        if spec is None or current:
            level.nodes[id] = node
        else:
            level.nodes[id] = _node(id, node, spec, registry, at, wanted.get(id, ()), level)
    return level


def _node(
    id: str, node: dict[str, Any], spec: NodeSpec, registry: Registry, at: str, outside: Any, level: _Level
) -> dict[str, Any]:
    where = {"node": id, "type": spec.id, "pointer": at + pointer(id)}
    if node["type"] != spec.id:
        message = f'the node type "{node["type"]}" is now called "{spec.id}"'
        level.notes.append(Problem(code="renamed-type", message=message, value=node["type"], **where))
        node = {**node, "type": spec.id}
    version = node.get("version", 1)
    if version >= spec.version:
        return node
    if not spec.migrates:
        return {**node, "version": spec.version}
    old = node.get("inputs", {})
    try:
        migrate = registry.node_class(spec.id).migrate
        new = _checked(migrate(dict(old), version))
    except Exception as error:  # the author's code: whatever it raises is a note, never a crash
        reason = str(error) if isinstance(error, CalotypeError) else f"{type(error).__name__}: {error}"
        message = f"it could not be brought from version {version} to {spec.version}: {reason}"
        level.notes.append(Problem(code="migration-failed", message=message, **where))
        return node
    for name in [*old, *(n for n in sorted(outside) if n not in old)]:
        if name not in new:
            step = _Step(migrate, version, spec.version)
            level.notes.extend(_gone(id, name, old, new, step, where, level.renames))
    return {**node, "version": spec.version, "inputs": new}


class _Step(NamedTuple):
    """A migration from one version to another."""

    migrate: Migrate
    before: int
    after: int


def _gone(
    id: str,
    name: str,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    step: _Step,
    where: dict[str, Any],
    renames: dict[tuple[str, str], str],
) -> list[Problem]:
    """What became of an input that is there no more: renamed, turned into others, or gone."""
    now = _renamed(step, old, name)
    if now is not None:
        renames[id, name] = now
        message = f'since version {step.after} it is called "{now}"'
        return [Problem(code="renamed-input", message=message, input=name, **where)]
    if name not in old:
        return []
    turned = _turned(step, old, new, name)
    if turned:
        said = ", ".join(f'"{key}": {shown(value)}' for key, value in turned.items())
        message = f"in version {step.after} it is given as {said}; it was {shown(old[name])}"
        return [Problem(code="converted-input", message=message, input=name, value=old[name], **where)]
    message = f"version {step.after} has it no more; its value was {shown(old[name])}"
    return [Problem(code="removed-input", message=message, input=name, value=old[name], **where)]


def _turned(step: _Step, old: Mapping[str, Any], new: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The new inputs that are there, or are what they are, because of an old one."""
    try:
        without = _checked(step.migrate({k: v for k, v in old.items() if k != name}, step.before))
    except Exception:  # it needs the input: then nothing can be said of it alone
        return {}
    return {key: value for key, value in new.items() if key not in without or without[key] != value}


def _renamed(step: _Step, old: Mapping[str, Any], name: str) -> str | None:
    """The new name of an input: where `migrate` puts a link that came in under the old one. Not guessed from values."""
    probe = {"from": "_.probe"}
    try:
        new = _checked(step.migrate({**old, name: probe}, step.before))
    except Exception:  # it wants a value of some kind: then it is no plain renaming
        return None
    return next((key for key, value in new.items() if value is probe and key != name), None)


def _checked(said: Any) -> dict[str, Any]:
    if not isinstance(said, dict) or not all(isinstance(key, str) for key in said):
        raise TypeError(f"migrate() returned {shown(said)}, not the inputs by name")
    return said
