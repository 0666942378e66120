"""Every node of a graph against its type: inputs, links, families. Each node is visited once, sources first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from calotype.files import Files
from calotype.graph import Edge, Graph, Use, cycle_text
from calotype.node import InputSpec, NodeSpec
from calotype.registry import Registry
from calotype.sockets import ANY, Bindings, ListOf, Named, Socket, Var
from calotype.validate.families import Compatibility
from calotype.validate.level import Level
from calotype.validate.links import Fits, Links, outputs_of, whole
from calotype.validate.literals import Inspect, Lacks, Literals, Spot
from calotype.validate.maps import Maps
from calotype.validate.meeting import Meeting
from calotype.validate.passing import bypass
from calotype.validate.report import Report
from calotype.validate.shapes import Shape
from calotype.validate.unknown import unknown_input, unknown_type
from calotype.workflow.document import SUBGRAPH

MOST_CYCLES = 10  # that are reported


class Checker:
    """Responsibilities: visit every node once; know the type and the family of every output so far."""

    def __init__(
        self,
        report: Report,
        registry: Registry,
        files: Files | None,
        inspect: Inspect | None,
        rules: Compatibility,
        lacks: Lacks | None = None,
    ) -> None:
        self._report = report
        self._registry = registry
        self._shapes: dict[str, Shape | None] = {}
        self._fits = Fits()
        self._links = Links(report, registry)
        self._maps = Maps(report, self._links, self.spec)
        self._literals = Literals(report, files, inspect, lacks)
        self._meeting = Meeting(report, self._literals, rules)
        self._traces_families = inspect is not None

    def graph(self, graph: Graph, only: set[str] | None = None) -> None:
        """Report everything that is wrong in a graph; in the nodes `only`, where given."""
        self._level(Level(graph), only)

    def spec(self, use: Use) -> NodeSpec | None:
        """The spec of a use: of its type, or for a map, of its ports."""
        if use.map is not None:
            return self._maps.spec(use)
        shape = self._shape(use.type)
        return shape.spec if shape else None

    def _level(self, level: Level, only: set[str] | None = None) -> None:
        order = level.graph.sorted()
        if len(order) < len(level.graph.uses):
            self._cycles(level, set(order))
            order += [id for id in level.graph.uses if id not in set(order)]
        else:
            level.graph, lost = bypass(level.graph, self.spec)
            for edge, off in lost.items():
                level.lost.setdefault(edge.target, []).append((edge, off))
        uses = level.graph.uses
        for id in order:
            use = uses.get(id)
            if use is not None and use.enabled and (only is None or id in only):
                self._use(level, use)

    def _cycles(self, level: Level, clear: set[str]) -> None:
        """Report the cycles, each with its path; after a number of them the others wait until these are gone."""
        left = Graph({id: use for id, use in level.graph.uses.items() if id not in clear})
        for _ in range(MOST_CYCLES):
            path = left.cycle()
            if path is None:
                return
            path = [level.prefix + id for id in path]
            first = level.graph.uses[path[0][len(level.prefix) :]]
            message = f"the nodes go in a circle: {cycle_text(path)}"
            hint = "Take one of these links away."
            self._report.use("cycle", message, first, level.prefix, value=path, hint=hint)
            gone = {id[len(level.prefix) :] for id in path}
            left = Graph({id: use for id, use in left.uses.items() if id not in gone})

    def _use(self, level: Level, use: Use) -> None:
        if use.map is not None:
            self._map(level, use)
            return
        shape = self._shape(use.type)
        if shape is None:
            if not use.type.startswith(SUBGRAPH):  # else said with the document's structure
                unknown_type(self._report, self._registry, use, level.prefix)
            level.types[use.id] = None
            return
        if use.version is not None and use.version > shape.spec.version:
            self._newer(use, shape.spec, level.prefix)
        for name, value in use.inputs.items():
            quick = shape.quick.get(name)
            if quick is None or not quick(value):
                self._literal(level, use, shape.spec, name, value)
        bound: Bindings = {}
        for edge in use.links:
            bound = self._link(level, use, shape, edge, bound)
        if level.given and use.id in level.given:
            bound = self._from_outside(level, use, shape, bound)
        if shape.required:
            self._required(level, use, shape.spec, shape.required)
        level.types[use.id] = self._outputs(use, shape, bound)
        if shape.families and self._traces_families:
            self._families(level, use, shape.spec)

    def _literal(self, level: Level, use: Use, spec: NodeSpec, name: str, value: Any) -> None:
        known = spec.inputs.get(name)
        if known is None:
            unknown_input(self._report, use, level.prefix, name, spec)
            return
        at = Spot(use, level.prefix, name)
        if isinstance(value, list) and not known.variadic and any(edge.index is not None for edge in use.links):
            items = known.socket.item if isinstance(known.socket, ListOf) else ANY  # else said with the links
            known = replace(known, socket=items, variadic=True)
        self._literals.check(known, value, at)
        if known.variadic and isinstance(value, (list, tuple)):
            self._items(level, use, known, value, at)

    def _items(self, level: Level, use: Use, known: InputSpec, value: Sequence[Any], at: Spot) -> None:
        """The items of a variadic input that are literals, and how many items there are."""
        name = known.name
        linked = {edge.index for edge in use.links if edge.input == name}
        linked |= {index for (n, index) in level.given.get(use.id, ()) if n == name}
        linked |= {edge.index for edge, _ in level.lost.get(use.id, ()) if edge.input == name}
        for index, item in enumerate(value):
            if index not in linked:
                self._literals.check_item(known, item, at)
        for edge, off in level.lost.get(use.id, ()):
            if edge.input == name:
                self._disabled(level, use, known, off)
        if len(value) < known.least:
            count = f"{len(value)} item{'' if len(value) == 1 else 's'}"
            message = f"{count} given; it needs {known.least} or more"
            self._report.use("too-few", message, use, level.prefix, name, expected=f"{known.least} or more")

    def _link(self, level: Level, use: Use, shape: Shape, edge: Edge, bound: Bindings) -> Bindings:
        """Check one link; the type variables after it."""
        target = shape.linked.get(edge.input)
        if target is None:
            unknown_input(self._report, use, level.prefix, edge.input, shape.spec)
            return bound
        outputs = level.types.get(edge.source)
        if outputs is None:
            if edge.source not in level.graph.uses:
                self._links.no_node(edge, use, level.prefix, level.graph)
            return bound  # of an unknown type, or on a cycle: said already
        made = outputs.get(edge.output)
        if made is None:
            self._links.no_output(edge, use, level.prefix, level.graph.uses[edge.source], outputs)
            return bound
        return self._fit(level, use, shape, edge, made, target, bound)

    def _fit(
        self,
        level: Level,
        use: Use,
        shape: Shape,
        edge: Edge,
        made: Socket,
        target: tuple[Socket, bool],
        bound: Bindings,
    ) -> Bindings:
        socket, variadic = target
        if edge.index is not None and not variadic and not isinstance(socket, ListOf):
            message = f"a list is given; it needs {socket}"
            self._report.use("type", message, use, level.prefix, edge.input, expected=str(socket))
            return bound
        if variadic:
            socket = whole(socket, variadic, edge.index)
        elif edge.index is not None and isinstance(socket, ListOf):
            socket = socket.item
        if not shape.generic:
            if made is not socket and not self._fits.plain(made, socket):
                self._links.misfit(edge, use, level.prefix, made, socket, {})
            return bound
        after = self._fits.generic(made, socket, bound)
        if after is None:
            self._links.misfit(edge, use, level.prefix, made, socket, bound)
        return bound if after is None else after

    def _from_outside(self, level: Level, use: Use, shape: Shape, bound: Bindings) -> Bindings:
        """Check what comes to a node in the body of a map from the map's inputs."""
        for (name, index), given in level.given[use.id].items():
            spec = shape.spec.inputs.get(name)
            if spec is None:
                unknown_input(self._report, use, level.prefix, name, shape.spec)
                continue
            at = Spot(use, level.prefix, name)
            for value in given.values:
                check = self._literals.check if index is None else self._literals.check_item
                check(spec, value, at)
            if given.socket is not None:
                edge = Edge(use.id, name, use.id, name, index)
                bound = self._fit(level, use, shape, edge, given.socket, (spec.socket, spec.variadic), bound)
        return bound

    def _required(self, level: Level, use: Use, spec: NodeSpec, names: tuple[str, ...]) -> None:
        linked = {edge.input for edge in use.links}
        for name in names:
            if name in use.inputs or name in linked or (use.id in level.given and self._is_given(level, use, name)):
                continue
            off = next((off for edge, off in level.lost.get(use.id, ()) if edge.input == name), None)
            if off is not None:
                self._disabled(level, use, spec.inputs[name], off)
            elif self._applies(use, spec, spec.inputs[name]):
                self._links.missing(use, level.prefix, spec.inputs[name])

    def _disabled(self, level: Level, use: Use, input: InputSpec, off: str) -> None:
        kind = input.socket
        message = f'node "{level.prefix}{off}" is disabled and has no linked input of type {kind} to pass on'
        hint = "Enable it, or link something else here."
        self._report.use("disabled", message, use, level.prefix, input.name, value=off, hint=hint)

    def _is_given(self, level: Level, use: Use, name: str) -> bool:
        return any(n == name for n, _ in level.given[use.id])

    def _applies(self, use: Use, spec: NodeSpec, input: InputSpec) -> bool:
        """Whether an input that is there only `when` another has some value is there now, as far as is known."""
        if input.when is None:
            return True
        other, wanted = input.when
        known = spec.inputs.get(other)
        if known is None or any(edge.input == other for edge in use.links):
            return False
        return bool(use.inputs.get(other, known.default) == wanted)

    def _newer(self, use: Use, spec: NodeSpec, prefix: str) -> None:
        message = f"the file has version {use.version} of it, and version {spec.version} is here"
        hint = "Update what brings this node type."
        expected = f"1 to {spec.version}"
        self._report.use("newer-node", message, use, prefix, value=use.version, expected=expected, hint=hint)

    def _outputs(self, use: Use, shape: Shape, bound: Bindings) -> Mapping[str, Socket]:
        if not shape.generic:
            return shape.outputs
        for name, value in use.inputs.items():
            spec = shape.spec.inputs.get(name)
            if spec is not None and isinstance(spec.socket, Var) and isinstance(value, (bool, int, float, str)):
                bound = {spec.socket.name: Named(type(value).__name__), **bound}
        return outputs_of(shape, bound)

    def _families(self, level: Level, use: Use, spec: NodeSpec) -> None:
        arriving = []
        for edge in use.links:
            known, input = level.families.get((edge.source, edge.output)), spec.inputs.get(edge.input)
            if known is not None and input is not None:
                arriving.append((input, known))
        for (name, _), given in level.given.get(use.id, {}).items():
            if given.family is not None and name in spec.inputs:
                arriving.append((spec.inputs[name], given.family))
        for output, carried in self._meeting.at(use, level.prefix, spec, arriving).items():
            level.families[use.id, output] = carried

    def _map(self, level: Level, use: Use) -> None:
        """Check a map: its lists, and its body with what comes from outside."""
        over = use.map
        assert over is not None
        body = Level(over.body, f"{level.prefix}{use.id}/", self._maps.given(level, use))
        self._level(body)
        types: dict[str, Socket] = {}
        for port, (node, output) in over.outputs.items():
            known = body.types.get(node)
            types[port] = ListOf(known.get(output, ANY) if known else ANY)
            if (node, output) in body.families:
                level.families[use.id, port] = body.families[node, output]
        level.types[use.id] = types

    def _shape(self, type_id: str) -> Shape | None:
        if type_id not in self._shapes:
            spec = self._registry.get(type_id)
            self._shapes[type_id] = Shape(spec) if spec is not None else None
        return self._shapes[type_id]
