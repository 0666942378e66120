"""Whether subgraphs, their instances and their ports hold together; what needs no node types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from calotype.errors import Problem
from calotype.graph import Edge, Graph, Use, cycle_text
from calotype.workflow.document import SUBGRAPH, Document, Nodes, Subgraph
from calotype.workflow.near import Nearest
from calotype.workflow.nodes import MAX_NODES
from calotype.workflow.values import is_link, place, pointer, wire

MAX_MAPS = 32  # inside of each other


class Level:
    """The nodes of a document or of one of its subgraphs.

    instances: those of subgraphs, with the subgraph's name. strange: others that are mapped or repeated.
    """

    def __init__(self, nodes: Nodes) -> None:
        self.nodes = nodes
        self.instances: dict[str, str] = {}
        self.strange: list[str] = []
        for id, node in nodes.items():
            name = node["type"]
            if name.startswith(SUBGRAPH):
                self.instances[id] = name[len(SUBGRAPH) :]
            elif "map" in node or "repeat" in node:
                self.strange.append(id)

    def size(self, sizes: Mapping[str, int]) -> int:
        """How many nodes it is expanded to. sizes: of subgraphs."""
        inner, nodes = self.instances, self.nodes
        repeats = {id: nodes[id]["repeat"]["times"] if "repeat" in nodes[id] else 1 for id in inner}
        maps = sum("map" in nodes[id] for id in inner)
        return len(nodes) - len(inner) + maps + sum(sizes.get(name, 1) * repeats[id] for id, name in inner.items())


class Structure:
    """What is known of a document's subgraphs before they are expanded.

    Responsibilities: every problem with instances and ports; which subgraphs contain themselves (`broken`); the order
    from inner to outer; how many nodes there will be.
    """

    def __init__(self, document: Document) -> None:
        self.subgraphs = document.subgraphs
        self.nodes = document.nodes
        self._near = Nearest()
        self._top = Level(self.nodes)
        self._levels = {name: Level(subgraph.nodes) for name, subgraph in document.subgraphs.items()}
        uses = [
            Use(name, "", links=tuple(Edge(inner, "", name, "") for inner in level.instances.values()))
            for name, level in self._levels.items()
        ]
        self._graph = Graph(uses)
        self.order: list[str] = self._graph.sorted() if uses else []
        self.broken = frozenset(document.subgraphs.keys() - set(self.order))

    def problems(self) -> list[Problem]:
        """Everything that is wrong with subgraphs, instances and ports."""
        found = list(self._level(self._top, "/nodes", ""))
        for name, subgraph in self.subgraphs.items():
            at = pointer("subgraphs", name)
            found += self._level(self._levels[name], f"{at}/nodes", f"{SUBGRAPH}{name}/")
            found += self._ports(subgraph, at, name)
        if self.broken:
            found.append(self._recursion())
        elif self._map_depth() > MAX_MAPS:
            found.append(Problem(code="too-deep", message=f"maps stand inside of maps, more than {MAX_MAPS} deep"))
        elif not found and (count := self.count()) > MAX_NODES:
            message = f"with every subgraph and repeat expanded it has {count} nodes, more than {MAX_NODES}"
            found.append(Problem(code="too-large", message=message))
        return found

    def _map_depth(self) -> int:
        """How many maps stand inside of each other at the deepest place."""
        depths: dict[str, int] = {}

        def deepest(level: Level) -> int:
            inner = level.instances.items()
            return max((depths.get(name, 0) + ("map" in level.nodes[id]) for id, name in inner), default=0)

        for name in self.order:
            depths[name] = deepest(self._levels[name])
        return deepest(self._top)

    def count(self) -> int:
        """How many nodes there are when everything is expanded; the body of a map counts once for each place."""
        sizes: dict[str, int] = {}
        for name in self.order:
            sizes[name] = self._levels[name].size(sizes)
        return self._top.size(sizes)

    def mapped(self) -> list[str]:
        """The subgraphs that are mapped somewhere, inner ones first."""
        levels = [self._top, *self._levels.values()] if self.order else []
        used = {n["type"][len(SUBGRAPH) :] for level in levels for n in level.nodes.values() if "map" in n}
        return [name for name in self.order if name in used]

    def _recursion(self) -> Problem:
        path = self._graph.cycle() or []
        return Problem(
            code="recursion",
            message=f"subgraphs contain each other in a circle: {cycle_text(path[::-1])}",
            pointer=pointer("subgraphs", path[0]),
            value=path[::-1],
            hint="A subgraph cannot contain itself. Use a bounded repeat.",
        )

    def _level(self, level: Level, at: str, prefix: str) -> Iterator[Problem]:
        """The instances of one level, and the links from them."""
        nodes, inner = level.nodes, level.instances
        for id in inner:
            yield from self._instance(nodes[id], id, at + pointer(id), prefix)
        for id in level.strange:
            where = {"node": prefix + id, "type": nodes[id]["type"], "pointer": at + pointer(id)}
            message = "only an instance of a subgraph can be mapped or repeated"
            yield Problem(code="not-a-subgraph", message=message, **where)
        if inner:
            yield from self._links(nodes, inner, at, prefix)

    def _instance(self, node: Mapping[str, Any], id: str, at: str, prefix: str) -> Iterator[Problem]:
        name = node["type"][len(SUBGRAPH) :]
        where: dict[str, Any] = {"node": prefix + id, "type": node["type"]}
        subgraph = self.subgraphs.get(name)
        if subgraph is None:
            near = self._near(name, self.subgraphs)
            message = f'the workflow has no subgraph "{name}"'
            yield Problem(
                code="unknown-subgraph", message=message, pointer=f"{at}/type", value=name, suggestion=near, **where
            )
            return
        for port in node.get("inputs", {}):
            if port not in subgraph.inputs:
                where_port = where | {"input": port, "pointer": at + pointer("inputs", port)}
                yield self._no_port(port, "input", subgraph.inputs, where_port)
        for port in node.get("map", ()):
            if port not in subgraph.inputs:
                yield self._no_port(port, "input", subgraph.inputs, where | {"pointer": f"{at}/map"})
        repeat = node.get("repeat", {})
        if repeat and "map" in node:
            hint = "Put the repeat into a subgraph and map that."
            yield Problem(code="map-and-repeat", message="it is mapped and repeated", hint=hint, pointer=at, **where)
        for out, port in repeat.get("carry", {}).items():
            if out not in subgraph.outputs:
                yield self._no_port(out, "output", subgraph.outputs, where | {"pointer": f"{at}/repeat/carry"})
            if port not in subgraph.inputs:
                yield self._no_port(port, "input", subgraph.inputs, where | {"pointer": f"{at}/repeat/carry"})

    def _no_port(self, port: str, side: str, ports: Iterable[str], where: dict[str, Any]) -> Problem:
        near = self._near(port, ports)
        known = ", ".join(ports) or "none"
        message = f'the subgraph has no {side} "{port}"'
        return Problem(code=f"unknown-{side}", message=message, value=port, expected=known, suggestion=near, **where)

    def _links(self, nodes: Nodes, inner: Mapping[str, str], at: str, prefix: str) -> Iterator[Problem]:
        for id, node in nodes.items():
            for name, value in node.get("inputs", {}).items():
                for item in value if type(value) is list else (value,):
                    if not is_link(item):
                        continue
                    end = wire(item)
                    subgraph = self.subgraphs.get(inner.get(end.source, ""))
                    if subgraph is not None and end.output not in subgraph.outputs:
                        where = {"node": prefix + id, "type": node["type"], "input": name}
                        where["pointer"] = at + pointer(id, "inputs", name)
                        yield self._no_output(end.source, end.output, subgraph, where)

    def _no_output(self, source: str, output: str, subgraph: Subgraph, where: dict[str, Any]) -> Problem:
        near = self._near(output, subgraph.outputs)
        return Problem(
            code="unknown-output",
            message=f'node "{source}" has no output "{output}"',
            value=f"{source}.{output}",
            expected=", ".join(subgraph.outputs) or "none",
            suggestion=f"{source}.{near}" if near else None,
            **where,
        )

    def _ports(self, subgraph: Subgraph, at: str, name: str) -> Iterator[Problem]:
        taken: dict[str, str] = {}
        for port, said in subgraph.inputs.items():
            for text in said.to:
                here = at + pointer("inputs", port, "to")
                yield from self._end(subgraph, text, place(text).node, place(text).input, here, "inputs")
                if text in taken:
                    message = f'the ports "{taken[text]}" and "{port}" both set "{text}"'
                    yield Problem(code="bad-port", message=message, pointer=here, value=text)
                taken[text] = port
        for port, out in subgraph.outputs.items():
            end = wire({"from": out.source})
            here = at + pointer("outputs", port, "from")
            yield from self._end(subgraph, out.source, end.source, end.output, here, "outputs")

    def _end(self, subgraph: Subgraph, text: str, id: str, end: str, at: str, side: str) -> Iterator[Problem]:
        node = subgraph.nodes.get(id)
        if node is None:
            near = self._near(id, subgraph.nodes)
            suggestion = f"{near}.{end}" if near else None
            message = f'"{text}" names the node "{id}", which is not in the subgraph'
            yield Problem(code="bad-port", message=message, pointer=at, value=text, suggestion=suggestion)
            return
        inner = self.subgraphs.get(node["type"][len(SUBGRAPH) :]) if node["type"].startswith(SUBGRAPH) else None
        ports: Iterable[str] = () if inner is None else inner.inputs if side == "inputs" else inner.outputs
        if inner is not None and end not in ports:
            near = self._near(end, ports)
            suggestion = f"{id}.{near}" if near else None
            message = f'"{text}" names the {side[:-1]} "{end}", which {node["type"]} does not have'
            yield Problem(code="bad-port", message=message, pointer=at, value=text, suggestion=suggestion)
