"""E1, E3, E6: what the engine itself costs for each node, over toy nodes that do nothing.

Chain (every node needs the one before), wide (every node needs one source), layered (ten nodes a layer, each needs two
of the layer before); 100 to 10,000 nodes. E1 counts building the graph, planning and running; E3 the same again with
every result stored and every node asked for; E6 validating a file of 1,000 nodes.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from calotype.executor import Emitter, Executor
from calotype.files import Files
from calotype.host import LocalHost
from calotype.plan import Planner
from calotype.runtime import Runtime
from calotype.settings import Settings
from calotype.store import Store
from calotype.testing import registry
from calotype.validate import validate
from calotype.workflow import Document, flatten, read
from report import medians, record

Nodes = dict[str, Any]
MICRO = 1e6


def chain(count: int) -> Nodes:
    """1 -> 2 -> 3 -> ..."""
    return {"n0": _number()} | {f"n{i}": _add(f"n{i - 1}") for i in range(1, count)}


def wide(count: int) -> Nodes:
    """1 -> 2, 1 -> 3, 1 -> 4, ..."""
    return {"n0": _number()} | {f"n{i}": _add("n0", i % 1000) for i in range(1, count)}


def layered(count: int, width: int = 10) -> Nodes:
    """Layers of ten; every node needs two of the layer before."""
    nodes: Nodes = {f"n{i}": _number(i) for i in range(width)}
    for i in range(width, count):
        above = i - i % width - width
        nodes[f"n{i}"] = {
            "type": "Sum",
            "inputs": {"values": [{"from": f"n{above + i % width}.int"}, {"from": f"n{above + (i + 1) % width}.int"}]},
        }
    return nodes


def _number(value: int = 0) -> Nodes:
    return {"type": "Number", "inputs": {"value": value}}


def _add(source: str, b: int = 1) -> Nodes:
    return {"type": "Add", "inputs": {"a": {"from": f"{source}.int"}, "b": b}}


SHAPES: dict[str, Callable[[int], Nodes]] = {"chain": chain, "wide": wide, "layered": layered}


class Engine:
    """A whole engine over the toy nodes, with results in memory."""

    def __init__(self) -> None:
        self.registry = registry()
        self.store = Store(None)
        runtime = Runtime.here("cpu")
        self.planner = Planner(self.registry, self.store, None, runtime)
        self.executor = Executor(self.planner, self.store, LocalHost(Files({}), Settings.load(), runtime))

    def run(self, document: Document, every: bool) -> None:
        """From a document to its results; with every node a target, or the last only."""
        graph = flatten(document)
        targets = list(graph.uses) if every else [next(reversed(graph.uses))]
        outcome = self.executor.run(self.planner.plan(graph, targets), Emitter("bench", lambda event: None))
        if outcome.status != "succeeded":
            raise RuntimeError(outcome.error)


def measure(shape: str, count: int, runs: int) -> tuple[float, float]:
    """Microseconds a node: computing everything, and finding everything stored."""
    engine, document = Engine(), read({"calotype": 1, "nodes": SHAPES[shape](count)})

    def first() -> None:
        engine.store.clear()
        engine.run(document, every=True)

    cold = medians(first, runs) / count * MICRO
    warm = medians(lambda: engine.run(document, every=True), runs) / count * MICRO
    return cold, warm


def main() -> None:
    """Measure and write the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    cold: dict[str, float] = {}
    warm: dict[str, float] = {}
    for shape in SHAPES:
        for count in (100, 1_000, 10_000):
            cold[f"{shape} {count}"], warm[f"{shape} {count}"] = measure(shape, count, runs)
    flat = max(
        max(cold[f"{s} {n}"] for n in (100, 1_000, 10_000)) / min(cold[f"{s} {n}"] for n in (100, 1_000, 10_000))
        for s in SHAPES
    )
    worst, hit = max(cold.values()), max(warm.values())
    said = f"{worst:.1f} us at worst, flat within {flat:.2f}x"
    record("E1", "engine CPU a node", "20 us, flat within 1.3x", said, worst <= 20 and flat <= 1.3,
           {k: f"{v:.1f} us" for k, v in cold.items()})  # fmt: skip
    record("E3", "unchanged re-run, a node", "10 us", f"{hit:.1f} us at worst", hit <= 10,
           {k: f"{v:.1f} us" for k, v in warm.items()})  # fmt: skip
    document, known = read({"calotype": 1, "nodes": layered(1_000)}), registry()
    each = medians(lambda: validate(document, known), runs) / 1_000 * MICRO
    record("E6", "full validation of 1,000 nodes, a node", "10 us", f"{each:.1f} us", each <= 10, {})


if __name__ == "__main__":
    main()
