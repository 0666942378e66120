"""The public interface must lead somewhere, and there must be something to run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from calotype.graph import Graph, Use
from calotype.registry import Registry
from calotype.validate.report import Report
from calotype.workflow.document import SUBGRAPH, Document
from calotype.workflow.values import pointer


def interface_problems(report: Report, registry: Registry) -> None:
    """Report public inputs and outputs that name no node, no input or no output."""
    document = report.document
    for name, said in document.inputs.items():
        _end(report, registry, pointer("inputs", name), said.node, said.input, "input")
    for name, out in document.outputs.items():
        node, _, output = out.source.partition(".")
        _end(report, registry, pointer("outputs", name, "from"), node, output, "output")


def _end(report: Report, registry: Registry, at: str, id: str, end: str, side: str) -> None:
    document = report.document
    node = document.nodes.get(id)
    if node is None:
        near = report.near(id, document.nodes)
        message = f'the public {side} leads to the node "{id}", which does not exist'
        report.add("bad-interface", message, pointer=at, value=id, suggestion=near)
        return
    known = _ends(document, registry, node["type"], side)
    if known is not None and end not in known:
        near = report.near(end, known)
        message = f'the public {side} leads to the {side} "{end}" of node "{id}" ({node["type"]}), which has none such'
        expected = ", ".join(known) or "none"
        report.add("bad-interface", message, pointer=at, value=end, expected=expected, suggestion=near)


def _ends(document: Document, registry: Registry, type_id: str, side: str) -> Iterable[str] | None:
    """The inputs or outputs of a node type or subgraph; None where it is not known."""
    if type_id.startswith(SUBGRAPH):
        subgraph = document.subgraphs.get(type_id[len(SUBGRAPH) :])
        return None if subgraph is None else subgraph.inputs if side == "input" else subgraph.outputs
    spec = registry.get(type_id)
    return None if spec is None else spec.inputs if side == "input" else spec.outputs


def nothing_to_run(report: Report, registry: Registry, graph: Graph, targets: Sequence[str] | None) -> None:
    """Report that no node is one that a run is for, or that the nodes asked for are not there."""
    for target in targets or ():
        use = graph.uses.get(target)
        if use is None:
            inside = next((id for id in graph.uses if id.startswith(target + "/")), None)
            near = inside or report.near(target, graph.uses)
            report.add("unknown-node", f'there is no node "{target}" to run to', value=target, suggestion=near)
        elif not use.enabled:
            message = "it is disabled, so there is nothing to run to"
            report.use("disabled", message, use, "", hint="Enable it, or run to another node.")
    if targets is not None or report.document.outputs or any(_ends_a_run(u, registry) for u in graph.uses.values()):
        return
    if graph.uses:
        hint = 'Add a node such as SaveImage, or name a result in "outputs".'
        report.add("nothing-to-run", "no enabled node has results for you, so there is nothing to run", hint=hint)
    else:
        report.add("nothing-to-run", "the workflow has no nodes, so there is nothing to run", pointer="/nodes")


def _ends_a_run(use: Use, registry: Registry) -> bool:
    """Whether a node's results are what a run is for; of an unknown type this may be so."""
    waiting = [use]
    while waiting:
        one = waiting.pop()
        spec = registry.get(one.type)
        if one.map is not None:
            waiting.extend(one.map.body.uses.values())
        elif one.enabled and (spec is None or spec.output):
            return True
    return False
