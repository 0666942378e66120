"""From a graph to a plan."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from calotype.collector import at_rest
from calotype.errors import GraphError, NodeError, Problem
from calotype.files import Files
from calotype.graph import Edge, Graph, Use
from calotype.node import InputSpec, NodeSpec, OutputSpec
from calotype.plan.entry import NOTHING, Entry, External, Plan
from calotype.plan.keys import Keys, digest_of, fingerprint_of
from calotype.registry import Registry
from calotype.runtime import Runtime
from calotype.sockets import ANY
from calotype.validate import bypass

MAPPED = NodeSpec(id="subgraph", same_family=False)
Place = tuple[str, int | None]  # an input, and which item of it where it is variadic
Externals = Mapping[tuple[str, Place], External]


class Stored(Protocol):
    """What planning asks of the store."""

    def has(self, key: str) -> bool:
        """Whether the results under `key` are stored."""


class Planner:
    """Says what a run has to do.

    Responsibilities: which nodes count (targets, their ancestors, lazy branches), their keys, which are hits. Linear in
    the graph and without recursion. Code of nodes is touched only where a type defines `fingerprint` or `wants`.
    """

    def __init__(self, registry: Registry, store: Stored, files: Files | None, runtime: Runtime) -> None:
        self.registry = registry
        self._store = store
        self._files = files
        self._runtime = runtime

    def plan(self, graph: Graph, targets: Sequence[str] | None = None, externals: Externals | None = None) -> Plan:
        """The plan for some nodes, or for every output node.

        Raises GraphError (a cycle, an unknown target), FileError, NodeError (a fingerprint that raises).
        """
        with at_rest():
            return self._planned(graph, targets, externals or {})

    def _planned(self, graph: Graph, targets: Sequence[str] | None, externals: Externals) -> Plan:
        graph, _ = bypass(graph, self._spec)
        wanted = self.targets(graph) if targets is None else tuple(targets)
        needed = set(wanted)
        if unknown := needed - graph.uses.keys():
            name = next(name for name in wanted if name in unknown)
            problem = Problem(code="unknown-node", node=name, message="there is no such node, or it is disabled")
            raise GraphError(str(problem), [problem])
        entries = self._entries(graph, needed, externals)
        plan = Plan(tuple(entries.values()), wanted, entries)
        self._mark(plan, needed)
        return plan

    def _spec(self, use: Use) -> NodeSpec | None:
        """The spec of a use; of a map, its ports, whose types only validation traces."""
        if use.map is None:
            return self.registry.get(use.type)
        inputs = {p: InputSpec(name=p, socket=ANY) for p in use.map.inputs}
        return NodeSpec(
            id=use.type, inputs=inputs, outputs={p: OutputSpec(name=p, socket=ANY) for p in use.map.outputs}
        )

    def targets(self, graph: Graph) -> tuple[str, ...]:
        """The output nodes, and instances of subgraphs with an output node inside."""
        return tuple(i for i, use in graph.uses.items() if use.enabled and self._is_output(use))

    def _is_output(self, use: Use) -> bool:
        if use.map is not None:
            return any(self._is_output(inner) for inner in use.map.body.uses.values())
        spec = self.registry.get(use.type)
        return spec is not None and spec.output

    def _entries(self, graph: Graph, targets: set[str], externals: Externals) -> dict[str, Entry]:
        """The entries of what some nodes need, in the order of work."""
        keys = Keys(self._files, self._runtime, uuid.uuid4().hex)
        uses, order = graph.uses, graph.order()
        if len(targets) < len(uses):
            needed = targets | graph.ancestors(targets)
            order = [node for node in order if node in needed]
        outside: dict[str, dict[Place, External]] = {}
        for (node, place), one in externals.items():
            outside.setdefault(node, {})[place] = one
        entries: dict[str, Entry] = {}
        for node in order:
            entries[node] = self._entry(uses[node], keys, entries, outside.get(node, NOTHING) if outside else NOTHING)
        return entries

    def _entry(self, use: Use, keys: Keys, known: Mapping[str, Entry], outside: Mapping[Place, External]) -> Entry:
        """The entry of a node. known: those of the nodes that it is linked to."""
        if use.map is not None:
            return self._mapped(use, keys, known, outside)
        shape = keys.shapes.get(use.type) or keys.shape(use.type, self.registry[use.type])
        spec, links, undecided = shape.spec, use.links, False
        values = keys.values(shape, use)
        if shape.literal and not outside:
            return Entry(use.id, spec, keys.key(shape, values, links, known), values, links, "idle", "", None, NOTHING)
        if spec.chooses:
            links, undecided = self._choice(spec, use, values)
        extra = fingerprint_of(self._node(spec, values), use, spec) if spec.fingerprinted else ""
        if outside:
            values = {name: value for name, value in values.items() if (name, None) not in outside}
        files = keys.embeddings(shape, use, values)
        key = keys.key(shape, values, links, known, outside, extra, files)
        return Entry(use.id, spec, key, values, links, "idle", "", None, outside, files, undecided)

    def _choice(self, spec: NodeSpec, use: Use, values: Mapping[str, Any]) -> tuple[tuple[Edge, ...], bool]:
        """The links that count at a node with lazy inputs; whether that is decided only while running."""
        lazy = {i.name for i in spec.inputs.values() if i.lazy}
        if any(e.input not in lazy for e in use.links):
            return use.links, True
        try:
            wants = set(self._node(spec, values).wants())
        except Exception as error:
            raise NodeError(use.id, spec.id, f"wants() raised {type(error).__name__}: {error}") from error
        return tuple(e for e in use.links if e.input in wants), False

    def _node(self, spec: NodeSpec, values: Mapping[str, Any]) -> Any:
        blank = dict.fromkeys(spec.inputs)
        return self.registry.node_class(spec.id)(**{**blank, **values})

    def _mapped(self, use: Use, keys: Keys, known: Mapping[str, Entry], outside: Mapping[Place, External]) -> Entry:
        over = use.map
        assert over is not None
        ports = {port: External(f"port:{port}") for port in over.inputs}
        inner = {place(end): ports[port] for port, ends in over.inputs.items() for end in ends}
        body = self._entries(over.body, {n for n, _ in over.outputs.values()}, inner)
        outputs = {p: OutputSpec(name=p, socket=ANY) for p in over.outputs}
        ends = [f"{p}={body[n].key}.{o}" for p, (n, o) in over.outputs.items()]
        spec = NodeSpec(id=use.type, outputs=outputs, same_family=False)
        values = dict(use.inputs)
        key = digest_of(
            keys.key(keys.shape(MAPPED.id, MAPPED), values, use.links, known, outside), ",".join(over.over), *ends
        )
        return Entry(use.id, spec, key, values, use.links, over=over, externals=outside)

    def _mark(self, plan: Plan, needed: set[str]) -> None:
        """Say hit, run, later or idle of every entry, from the targets backwards. needed: these, to begin with."""
        later, stored = set[str](), self._store.has
        for entry in reversed(plan.entries):
            sure = entry.node in needed
            if not sure and entry.node not in later:
                continue
            if not entry.spec.volatile and stored(entry.key):
                entry.status = "hit"
                continue
            entry.status = "run" if sure else "later"
            lazy = {i.name for i in entry.spec.inputs.values() if i.lazy} if entry.undecided else ()
            for edge in entry.links:
                (later if edge.input in lazy or not sure else needed).add(edge.source)


def place(end: str) -> tuple[str, Place]:
    """Where "node.input" or "node.input.index" leads."""
    node, name, *index = end.split(".")
    return node, (name, int(index[0]) if index else None)
