"""The graph of a document."""

from __future__ import annotations

from calotype.collector import at_rest
from calotype.errors import Problem
from calotype.graph import Graph
from calotype.workflow.document import Document
from calotype.workflow.expand import Expander
from calotype.workflow.reading import refused
from calotype.workflow.structure import Structure


def flatten(document: Document) -> Graph:
    """The graph, with subgraphs and repeats expanded and disabled nodes still in it.

    A map stays one node, with the graph of its subgraph as body. Raises WorkflowError with every problem of subgraphs,
    instances and ports; whether node types exist and links fit is for validation.
    """
    with at_rest():
        graph, problems = expand(document)
    if graph is None or problems:
        raise refused(problems, document.name or "the workflow")
    return graph


def expand(document: Document) -> tuple[Graph | None, list[Problem]]:
    """The graph as far as it can be built, and what is wrong with its structure. None where it would be too large."""
    structure = Structure(document)
    problems = structure.problems()
    if any(p.code in ("too-large", "too-deep") for p in problems) or (problems and structure.count() > _ROOM):
        return None, problems
    expander = Expander(document.subgraphs, structure.broken, {})
    for name in structure.mapped():
        expander.bodies[name] = expander.graph(document.subgraphs[name].nodes)
    return expander.graph(document.nodes), problems


_ROOM = 200_000  # nodes that are expanded although there are problems already, to find the other ones
