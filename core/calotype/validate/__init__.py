"""A workflow against the node types: every problem at once, before anything runs. Nothing is loaded for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from calotype.errors import Problem
from calotype.files import Files
from calotype.graph import Graph
from calotype.registry import Registry
from calotype.validate.check import Checker
from calotype.validate.families import Compatibility
from calotype.validate.literals import Inspect, Lacks
from calotype.validate.passing import bypass
from calotype.validate.public import interface_problems, nothing_to_run
from calotype.validate.report import Report
from calotype.validate.unknown import requirement_problems
from calotype.workflow import Document
from calotype.workflow.flatten import expand

__all__ = ["Checked", "Compatibility", "Inspect", "bypass", "validate"]


@dataclass(frozen=True, slots=True)
class Checked:
    """What validation found. graph: the flat graph, where it could be built; run it only if there are no problems."""

    problems: tuple[Problem, ...]
    graph: Graph | None

    @property
    def ok(self) -> bool:
        """Whether there is no problem."""
        return not self.problems


def validate(
    document: Document,
    registry: Registry,
    files: Files | None = None,
    inspect: Inspect | None = None,
    *,
    lacks: Lacks | None = None,
    targets: Sequence[str] | None = None,
    compatibility: Compatibility | None = None,
) -> Checked:
    """Every problem of a workflow. Never raises on what a user can write; linear in the size of the flat graph.

    files: where file inputs are looked for; None leaves them unchecked. inspect: reads the model family from a file's
    header; None leaves families unchecked. lacks: says what a checkpoint lacks of a part that is used. targets: the
    nodes to run to, then only they and what they need are checked.
    """
    report = Report(document)
    graph, structural = expand(document)
    report.problems += structural
    requirement_problems(report)
    interface_problems(report, registry)
    if graph is not None:
        only = None if targets is None else graph.ancestors(t for t in targets if t in graph.uses) | set(targets)
        rules = compatibility or Compatibility()
        Checker(report, registry, files, inspect, rules, lacks).graph(graph, only)
        nothing_to_run(report, registry, graph, targets)
    return Checked(tuple(report.in_order()), graph)
