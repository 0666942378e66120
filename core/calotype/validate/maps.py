"""Mapped subgraphs: their ports, and what comes through them to the nodes inside."""

from __future__ import annotations

from calotype import sockets
from calotype.errors import shown
from calotype.graph import Edge, Use
from calotype.node import InputSpec, NodeSpec, OutputSpec
from calotype.sockets import ANY, ListOf, Socket
from calotype.validate.level import Given, Level
from calotype.validate.links import Links
from calotype.validate.passing import SpecOf
from calotype.validate.report import Report
from calotype.workflow.values import place


class Maps:
    """Responsibilities: the ports that are mapped over bring lists; what each port brings inside; ports as a spec."""

    def __init__(self, report: Report, links: Links, spec_of: SpecOf) -> None:
        self._report = report
        self._links = links
        self._spec_of = spec_of
        self._specs: dict[int, NodeSpec] = {}

    def given(self, level: Level, use: Use) -> dict[str, dict[tuple[str, int | None], Given]]:
        """What a map brings to the nodes of its body. Reports what is wrong with its own inputs."""
        assert use.map is not None
        found: dict[str, dict[tuple[str, int | None], Given]] = {}
        for port, ends in use.map.inputs.items():
            one = self._port(level, use, port)
            for end in ends if one is not None else ():
                spot = place(end)
                found.setdefault(spot.node, {})[spot.input, spot.item] = one or Given()
        for port in use.map.over:
            self._list(level, use, port)
        return found

    def _list(self, level: Level, use: Use, port: str) -> None:
        """The ports that are mapped over need lists."""
        value = use.inputs.get(port)
        if port in use.inputs and not isinstance(value, list):
            message = f"{shown(value)} is not a list, and the subgraph is mapped over it"
            self._report.use("type", message, use, level.prefix, port, value=value, expected="a list")
        elif port not in use.inputs and not any(edge.input == port for edge in use.links):
            message = "nothing is given; the subgraph is mapped over it"
            self._report.use("missing", message, use, level.prefix, port, expected="a list")

    def _port(self, level: Level, use: Use, port: str) -> Given | None:
        """What a port of a map brings to the places inside; None where it brings nothing."""
        assert use.map is not None
        each = port in use.map.over
        socket = family = None
        links = [edge for edge in use.links if edge.input == port]
        for edge in links:
            if edge.source not in level.graph.uses:
                self._links.no_node(edge, use, level.prefix, level.graph)
                continue
            outputs = level.types.get(edge.source)
            made = outputs.get(edge.output) if outputs else None
            if outputs is not None and made is None:
                self._links.no_output(edge, use, level.prefix, level.graph.uses[edge.source], outputs)
            socket = self._each(level, use, edge, made) if made is not None and each and edge.index is None else made
            family = level.families.get((edge.source, edge.output))
        if port not in use.inputs:
            return Given(socket, (), family) if links else None
        value = use.inputs[port]
        if not each:
            return Given(socket, (value,), family)
        linked = {edge.index for edge in links}
        items = tuple(v for i, v in enumerate(value) if i not in linked) if isinstance(value, list) else ()
        return Given(socket, items, family)

    def _each(self, level: Level, use: Use, edge: Edge, made: Socket) -> Socket:
        """The type of the items of what is mapped over."""
        if isinstance(made, ListOf):
            return made.item
        if made != ANY:
            message = f'{made} from "{level.prefix}{edge.source}.{edge.output}" is not a list'
            self._report.use("socket", message, use, level.prefix, edge.input, expected=f"list[{made}]")
        return ANY

    def spec(self, use: Use) -> NodeSpec:
        """The ports of a map as a spec, for passing by when it is disabled."""
        assert use.map is not None
        known = self._specs.get(id(use.map))
        if known is None:
            ins = {
                port: self._inner(use, place(ends[0]).node, place(ends[0]).input)
                for port, ends in use.map.inputs.items()
                if ends
            }
            inputs = {
                port: InputSpec(name=port, socket=ListOf(s) if port in use.map.over else s) for port, s in ins.items()
            }
            outs = {port: self._made(use, node, output) for port, (node, output) in use.map.outputs.items()}
            outputs = {port: OutputSpec(name=port, socket=ListOf(s)) for port, s in outs.items()}
            known = self._specs[id(use.map)] = NodeSpec(id=use.type, inputs=inputs, outputs=outputs)
        return known

    def _inner(self, use: Use, node: str, input: str) -> Socket:
        inner = use.map.body.uses.get(node) if use.map else None
        spec = self._spec_of(inner) if inner is not None and inner.map is None else None
        return spec.inputs[input].socket if spec is not None and input in spec.inputs else ANY

    def _made(self, use: Use, node: str, output: str) -> Socket:
        inner = use.map.body.uses.get(node) if use.map else None
        spec = self._spec_of(inner) if inner is not None and inner.map is None else None
        return sockets.substitute(spec.outputs[output].socket, {}) if spec and output in spec.outputs else ANY
