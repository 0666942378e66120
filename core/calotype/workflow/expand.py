"""From a document to a graph: subgraphs and repeats are expanded, a map keeps its body. Iterative, to any depth.

A node `inner` of an instance `outer` becomes `outer/inner`; of round k of a repeat, `outer/k/inner`. What a value is
and where it comes from stays the same, so a node has the same key in a group and out of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from sys import intern  # one string for each id: what refers to it is found by identity, and large graphs are smaller
from typing import Any, NamedTuple

from calotype.graph import Edge, Graph, MapOver, Use
from calotype.workflow.document import ABSENT, SUBGRAPH, Nodes, Subgraph
from calotype.workflow.values import Place, Wire, place, plain, wire

BY_INPUT = attrgetter("input")
NO_ITEMS: list[Any] = []
new = tuple.__new__  # makes an `Edge` or a `Use` as calling the class does, in a third of the time


class Scope(NamedTuple):
    """One level of nodes under expansion.

    given: values that come from outside, by inner node. inner: the instances that are expanded, by id.
    """

    prefix: str
    nodes: Nodes
    given: Mapping[str, list[tuple[Place, Any]]]
    enabled: bool
    inner: Mapping[str, Subgraph]


@dataclass(frozen=True, slots=True)
class Expander:
    """Expands scopes of a document whose subgraphs are sound (see `calotype.workflow.structure`)."""

    subgraphs: Mapping[str, Subgraph]
    broken: frozenset[str]  # subgraphs that are not expanded, because they contain themselves
    bodies: dict[str, Graph]

    def graph(self, nodes: Nodes) -> Graph:
        """The graph of some nodes."""
        uses: dict[str, Use] = {}
        waiting = [Scope("", nodes, {}, True, self._instances(nodes))]
        while waiting:
            scope = waiting.pop()
            for id, node in scope.nodes.items():
                if id in scope.inner:
                    waiting.extend(self._rounds(scope, id, node, scope.inner[id]))
                else:
                    full = intern(scope.prefix + id)
                    uses[full] = self._use(full, scope, id, node)
        return Graph(uses)

    def _instances(self, nodes: Nodes) -> dict[str, Subgraph]:
        if not self.subgraphs:
            return {}
        return {
            id: inner
            for id, node in nodes.items()
            if node["type"].startswith(SUBGRAPH) and (inner := self._expanded(node)) is not None
        }

    def _expanded(self, node: Mapping[str, Any]) -> Subgraph | None:
        """The subgraph whose nodes stand in a node's place, if that is what it is."""
        name = node["type"]
        if not name.startswith(SUBGRAPH) or "map" in node:
            return None
        name = name[len(SUBGRAPH) :]
        return None if name in self.broken else self.subgraphs.get(name)

    def _use(self, full: str, scope: Scope, id: str, node: Mapping[str, Any]) -> Use:
        inputs: dict[str, Any] = {}
        links: list[Edge] = []
        if id in scope.given:
            for name, value in self._inputs(scope, id, node).items():
                _put(full, name, value, inputs, links)
        elif "inputs" in node:
            self._own(full, scope, node["inputs"], inputs, links)
        if len(links) > 1 and links[0].input != links[-1].input:
            links.sort(key=BY_INPUT)  # one order, whatever the file's: keys are made from it. Items are in theirs
        if len(node) == 1 + ("inputs" in node):  # nearly every node: nothing is said of it but its type and inputs
            return new(Use, (full, node["type"], inputs, tuple(links), scope.enabled, None, None))
        over = self._map(node, inputs, links) if "map" in node else None
        enabled = scope.enabled and node.get("enabled", True)
        return new(Use, (full, node["type"], inputs, tuple(links), enabled, node.get("version"), over))

    def _own(
        self, full: str, scope: Scope, values: Mapping[str, Any], inputs: dict[str, Any], links: list[Edge]
    ) -> None:
        """Inputs that nothing from outside sets: straight from the file to edges, since there may be very many."""
        prefix, inner = scope.prefix, scope.inner
        items: Iterable[tuple[int | None, Any]]
        given: list[Any]
        for name, value in values.items():
            kind = type(value)
            if kind is list:
                inputs[name] = given = [None] * len(value)
                items = enumerate(value)
            elif kind is dict and "from" in value:
                given, items = NO_ITEMS, ((None, value),)
            else:
                inputs[name] = plain(value) if kind is dict else value
                continue
            for at, item in items:
                if type(item) is dict and "from" in item:
                    source, _, output = item["from"].partition(".")
                    if source in inner:
                        source, output = self._source(prefix, scope.nodes, Wire(source, output))
                    else:
                        source = prefix + source
                    links.append(new(Edge, (intern(source), intern(output), full, name, at)))
                elif at is not None:
                    given[at] = plain(item)

    def _inputs(self, scope: Scope, id: str, node: Mapping[str, Any]) -> dict[str, Any]:
        """The inputs of a node with links resolved, and with what the instance around it gives, all as it is meant."""
        found = {name: self._resolved(scope, value) for name, value in node.get("inputs", {}).items()}
        for at, value in scope.given.get(id, ()):
            found[at.input] = value if at.item is None else _placed(found.get(at.input), at.item, value)
        return found

    def _resolved(self, scope: Scope, value: Any) -> Any:
        """A value of a document: a link becomes a `Wire` from where the value is made."""
        kind = type(value)
        if kind is dict:
            if "from" in value:
                return self._source(scope.prefix, scope.nodes, wire(value))
            return plain(value)
        return [self._item(scope, item) for item in value] if kind is list else value

    def _item(self, scope: Scope, item: Any) -> Any:
        return (
            self._source(scope.prefix, scope.nodes, wire(item))
            if type(item) is dict and "from" in item
            else plain(item)
        )

    def _source(self, prefix: str, nodes: Nodes, at: Wire) -> Wire:
        """Where an output is made, through instances inwards."""
        node = nodes.get(at.source)
        while node is not None and (inner := self._expanded(node)) is not None and at.output in inner.outputs:
            prefix += f"{at.source}/{node['repeat']['times'] - 1}/" if "repeat" in node else f"{at.source}/"
            at, nodes = wire({"from": inner.outputs[at.output].source}), inner.nodes
            node = nodes.get(at.source)
        return Wire(prefix + at.source, at.output)

    def _rounds(self, scope: Scope, id: str, node: Mapping[str, Any], inner: Subgraph) -> Iterator[Scope]:
        """The scopes that an instance expands to: one, or one for each round of a repeat."""
        values = self._inputs(scope, id, node)
        enabled = scope.enabled and node.get("enabled", True)
        repeat, within = node.get("repeat"), self._instances(inner.nodes)
        if repeat is None:
            yield Scope(f"{scope.prefix}{id}/", inner.nodes, _given(inner, values), enabled, within)
            return
        carried = {port: out for out, port in repeat.get("carry", {}).items() if out in inner.outputs}
        for k in range(repeat["times"]):
            if k:
                before = f"{scope.prefix}{id}/{k - 1}/"
                ends = {port: wire({"from": inner.outputs[out].source}) for port, out in carried.items()}
                values |= {port: self._source(before, inner.nodes, end) for port, end in ends.items()}
            yield Scope(f"{scope.prefix}{id}/{k}/", inner.nodes, _given(inner, values), enabled, within)

    def _map(self, node: Mapping[str, Any], inputs: dict[str, Any], links: list[Edge]) -> MapOver | None:
        """How a mapped instance is run; ports that nothing sets get their defaults in `inputs`."""
        name = node["type"].removeprefix(SUBGRAPH)
        inner, body = self.subgraphs.get(name), self.bodies.get(name)
        if inner is None or body is None:
            return None
        over = tuple(node["map"])
        unset = inner.inputs.keys() - inputs.keys() - {edge.input for edge in links} - set(over)
        inputs |= {n: plain(p.default) for n, p in inner.inputs.items() if n in unset and p.default is not ABSENT}
        places = {port: tuple(self._targets(inner, port)) for port in inner.inputs}
        ends = {port: self._source("", inner.nodes, wire({"from": out.source})) for port, out in inner.outputs.items()}
        return MapOver(over, body, places, {port: (end.source, end.output) for port, end in ends.items()})

    def _targets(self, subgraph: Subgraph, port: str) -> Iterator[str]:
        """The places in the expanded body that a port's value goes to."""
        waiting = [("", subgraph, port)]
        while waiting:
            prefix, at, name = waiting.pop()
            for text in at.inputs[name].to if name in at.inputs else ():
                spot = place(text)
                node = at.nodes.get(spot.node)
                inner = self._expanded(node) if node is not None else None
                if node is None or inner is None:
                    yield prefix + text
                    continue
                repeat = node.get("repeat")
                carried = repeat is not None and spot.input in repeat.get("carry", {}).values()
                rounds = [""] if repeat is None else [f"{k}/" for k in range(1 if carried else repeat["times"])]
                waiting.extend((f"{prefix}{spot.node}/{k}", inner, spot.input) for k in rounds)


def _put(full: str, name: str, value: Any, inputs: dict[str, Any], links: list[Edge]) -> None:
    """Put a resolved value where it belongs: among the links, or the literals, or both."""
    if type(value) is Wire:
        links.append(Edge(value.source, value.output, full, name))
    elif type(value) is list:
        links += [Edge(v.source, v.output, full, name, i) for i, v in enumerate(value) if type(v) is Wire]
        inputs[name] = [None if type(v) is Wire else v for v in value]
    else:
        inputs[name] = value


def _given(inner: Subgraph, values: Mapping[str, Any]) -> dict[str, list[tuple[Place, Any]]]:
    """What an instance's values mean for the nodes inside: the port's value, or the port's default."""
    given: dict[str, list[tuple[Place, Any]]] = {}
    for name, port in inner.inputs.items():
        value = values.get(name, ABSENT)
        if value is ABSENT and port.default is not ABSENT:
            value = plain(port.default)
        if value is not ABSENT:
            for text in port.to:
                spot = place(text)
                given.setdefault(spot.node, []).append((spot, value))
    return given


def _placed(old: Any, index: int, value: Any) -> list[Any]:
    """A list with one item replaced, made longer where it must be."""
    items = list(old) if type(old) is list else []
    items += [None] * (index + 1 - len(items))
    items[index] = value
    return items
