"""What computing one node needs of the run that it is in."""

from __future__ import annotations

from typing import Protocol

from calotype.context import Host, NodeContext
from calotype.executor.guard import Guard
from calotype.executor.kind import Kind
from calotype.executor.outcome import Outcome
from calotype.node import NodeSpec
from calotype.plan import Plan, Planner


class Running(Protocol):
    """A run, as the computation of its nodes sees it. prefix: of ids in events and errors, inside of a map."""

    plan: Plan
    prefix: str
    guard: Guard
    kinds: dict[str, Kind]

    @property
    def planner(self) -> Planner:
        """Plans what is mapped over."""

    @property
    def host(self) -> Host:
        """Gives nodes what they ask for."""

    def context(self, node: str) -> NodeContext:
        """What a node sees of the host."""

    def kind(self, spec: NodeSpec) -> Kind:
        """What is known of a type; from then on it is among `kinds`."""

    def lose(self, node: str) -> None:
        """Forget a result that is spoilt."""

    def inside(self, plan: Plan, prefix: str) -> Outcome:
        """Run a plan as a part of this run."""
