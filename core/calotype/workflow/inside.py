"""Grouping inside of subgraphs: the sheet of one is taken as a document of its own, and put back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from calotype.errors import Problem
from calotype.workflow.document import SUBGRAPH, Document, PortIn, PublicInput, PublicOutput, Subgraph
from calotype.workflow.group import group, ids_outside, ungroup
from calotype.workflow.reading import refused

Ends = Callable[[str], list[str]]


def group_within(document: Document, sheet: str, node_ids: Collection[str], name: str) -> Document:
    """`group` for nodes on the sheet of a subgraph: every port of it leads on to what it led to.

    Raises WorkflowError: no such subgraph, and as `group`.
    """
    subgraph = _sheet(document, sheet)
    alone = _alone(document, subgraph)
    done = group(alone, node_ids, name)
    ends = {f"{was.node}.{was.input}": f"{now.node}.{now.input}" for was, now in _paired(alone, done)}
    return _put_back(document, sheet, done, lambda end: [ends.get(end, end)])


def ungroup_within(document: Document, sheet: str, instance: str) -> Document:
    """`ungroup` for an instance on the sheet of a subgraph; a port that led to it leads to all that its port led to.

    Raises WorkflowError: no such subgraph, and as `ungroup`.
    """
    subgraph = _sheet(document, sheet)
    alone = replace(_alone(document, subgraph), inputs={})
    done = ungroup(alone, instance)
    name = alone.nodes[instance]["type"].removeprefix(SUBGRAPH)
    inner = document.subgraphs[name]
    ids = ids_outside(alone, instance, inner)

    def ends(end: str) -> list[str]:
        node, _, port = end.partition(".")
        if node != instance or port not in inner.inputs:
            return [end]
        spots = [spot.partition(".") for spot in inner.inputs[port].to]
        return [f"{ids.get(id, id)}.{input}" for id, _, input in spots]

    return _without_unused(_put_back(document, sheet, done, ends), name)


def _sheet(document: Document, name: str) -> Subgraph:
    subgraph = document.subgraphs.get(name)
    if subgraph is None:
        problem = Problem(code="unknown-subgraph", message=f'there is no subgraph "{name}"')
        raise refused([problem], document.name or "the workflow")
    return subgraph


def _alone(document: Document, subgraph: Subgraph) -> Document:
    """The sheet as a document whose public inputs are the places that its ports lead to."""
    ends = dict.fromkeys(end for port in subgraph.inputs.values() for end in port.to)
    public = {end: PublicInput(node=end.partition(".")[0], input=end.partition(".")[2]) for end in ends}
    return Document(
        name=document.name,
        inputs=public,
        outputs=subgraph.outputs,
        nodes=subgraph.nodes,
        subgraphs=document.subgraphs,
        layout=subgraph.extra.get("layout", {}),
    )


def _paired(before: Document, after: Document) -> list[tuple[PublicInput, PublicInput]]:
    return [(before.inputs[key], after.inputs[key]) for key in before.inputs]


def _put_back(document: Document, sheet: str, done: Document, ends: Ends) -> Document:
    """The document with a sheet as it stands in `done`. ends: where an end of a port leads now."""
    subgraph = document.subgraphs[sheet]
    more: Mapping[str, Any] = subgraph.extra
    inputs: dict[str, PortIn] = {}
    for name, port in subgraph.inputs.items():
        inputs[name] = replace(port, to=[now for end in port.to for now in ends(end)])
    outputs: dict[str, PublicOutput] = done.outputs
    layout = {"layout": done.layout} if done.layout else {}
    kept = {key: value for key, value in more.items() if key != "layout"}
    changed = Subgraph(inputs=inputs, outputs=outputs, nodes=done.nodes, extra=layout | kept)
    return replace(document, subgraphs={**done.subgraphs, sheet: changed})


def _without_unused(document: Document, name: str) -> Document:
    """Without a subgraph that has no instance any more."""
    sheets = [document.nodes, *(s.nodes for n, s in document.subgraphs.items() if n != name)]
    if any(node["type"] == SUBGRAPH + name for nodes in sheets for node in nodes.values()):
        return document
    return replace(document, subgraphs={n: s for n, s in document.subgraphs.items() if n != name})
