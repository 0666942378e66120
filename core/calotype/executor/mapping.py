"""A subgraph that is mapped over a list: planned and run item by item, each item with keys of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from calotype.errors import ExecutionError, NodeError
from calotype.executor.running import Running
from calotype.plan import Entry, External, place
from calotype.plan.keys import digest_of
from calotype.types import Saved

MAX_ITEMS = 100_000
FILES = "*"  # the output that no port can have: what the output nodes inside of the subgraph saved, in order


def compute_map(run: Running, entry: Entry, values: Mapping[str, Any]) -> dict[str, Any]:
    """The outputs of a mapped subgraph: lists, one item for each item of its lists. Raises ExecutionError."""
    over = entry.over
    assert over is not None
    count = _count(run, entry, values)
    savers = run.planner.targets(over.body)
    lists: dict[str, list[Any]] = {port: [] for port in over.outputs} | ({FILES: []} if savers else {})
    for i in range(count):
        results = _item(run, entry, values, i, savers)
        for port, (node, output) in over.outputs.items():
            lists[port].append(results[node].value(output))
        for node in savers:
            lists[FILES].extend(v for v in results[node].values().values() if isinstance(v, Saved))
    return lists


def _count(run: Running, entry: Entry, values: Mapping[str, Any]) -> int:
    over = entry.over
    assert over is not None
    lengths = {}
    for port in over.over:
        if not isinstance(values.get(port), (list, tuple)):
            reason = f'the port "{port}" is mapped over, but {type(values.get(port)).__name__} is not a list'
            raise NodeError(run.prefix + entry.node, entry.spec.id, reason)
        lengths[port] = len(values[port])
    if len(set(lengths.values())) != 1:
        said = ", ".join(f'"{p}" has {n}' for p, n in lengths.items())
        raise NodeError(run.prefix + entry.node, entry.spec.id, f"lists of different lengths: {said}")
    count = next(iter(lengths.values()))
    if count > MAX_ITEMS:
        raise NodeError(run.prefix + entry.node, entry.spec.id, f"{count} items are more than {MAX_ITEMS}")
    return count


def _item(run: Running, entry: Entry, values: Mapping[str, Any], i: int, savers: tuple[str, ...]) -> Mapping[str, Any]:
    over = entry.over
    assert over is not None
    ports = {p: _port(run, entry, values, p, i if p in over.over else None) for p in over.inputs if p in values}
    ends = {place(end): ports[p] for p, to in over.inputs.items() if p in ports for end in to}
    targets = dict.fromkeys([*(n for n, _ in over.outputs.values()), *savers])
    plan = run.planner.plan(over.body, list(targets), ends)
    outcome = run.inside(plan, f"{run.prefix}{entry.node}[{i}]/")
    if outcome.status != "succeeded":
        raise outcome.error or ExecutionError("the run was cancelled")
    return outcome.results


def _port(run: Running, entry: Entry, values: Mapping[str, Any], port: str, i: int | None) -> External:
    """A port's value and key: of its contents where JSON can say them, else of where it comes from."""
    value = values[port] if i is None else values[port][i]
    try:
        return External(digest_of("item", orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()), value)
    except TypeError:
        edges = [e for e in entry.links if e.input == port and (e.index is None or e.index == i)]
        sources = [f"{run.plan.by_node[e.source].key}.{e.output}" for e in edges]
        outside = [one.key for (name, _), one in entry.externals.items() if name == port]
        return External(digest_of("item", *sources, *outside, "" if i is None else str(i)), value)
