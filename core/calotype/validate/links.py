"""What is said of links: the end that is not there, the type that does not go in."""

from __future__ import annotations

from collections.abc import Iterable

from calotype import sockets
from calotype.graph import Edge, Graph, Use
from calotype.node import InputSpec, NodeSpec
from calotype.registry import Registry
from calotype.sockets import ANY, Bindings, ListOf, Named, Socket, Var
from calotype.validate.report import Report
from calotype.validate.shapes import Shape


class Fits:
    """Whether types go into types. Remembers pairs without type variables, because graphs repeat them."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], bool] = {}
        self._kept: list[Socket] = []  # so that the ids above stay theirs

    def plain(self, source: Socket, target: Socket) -> bool:
        """Whether a type goes into a type without variables."""
        pair = (id(source), id(target))
        found = self._known.get(pair)
        if found is None:
            found = self._known[pair] = sockets.fit(source, target, {}) is not None
            self._kept += [source, target]
        return found

    def generic(self, source: Socket, target: Socket, bound: Bindings) -> Bindings | None:
        """The type variables after a link, or None where it does not fit. A variable widens from int to float."""
        after = sockets.fit(source, target, bound)
        if after is None and isinstance(target, Var) and target.name in bound:
            wider = sockets.fit(bound[target.name], source, {}) is not None
            after = sockets.fit(source, target, {}) if wider else None
            return {**bound, **after} if after is not None else None
        return after


def whole(socket: Socket, variadic: bool, index: int | None) -> Socket:
    """The type that a link must have: of an item, or of a whole list where it goes into all of a variadic input."""
    return ListOf(socket) if variadic and index is None else socket


class Links:
    """Says what is wrong with a link: nearest names, both ends, both types, and a node type that would convert."""

    def __init__(self, report: Report, registry: Registry) -> None:
        self._report = report
        self._registry = registry
        self._makers: dict[tuple[str, str], str | None] = {}

    def no_node(self, edge: Edge, use: Use, prefix: str, graph: Graph) -> None:
        """The link names a node that is not there."""
        if self._report.is_instance(prefix + edge.source):
            return  # said with the subgraph's ports
        near = self._report.near(edge.source, graph.uses)
        suggestion = f"{near}.{edge.output}" if near else None
        message = f'the link names the node "{edge.source}", which does not exist'
        value = f"{edge.source}.{edge.output}"
        self._report.use("unknown-node", message, use, prefix, edge.input, value=value, suggestion=suggestion)

    def no_output(self, edge: Edge, use: Use, prefix: str, source: Use, outputs: Iterable[str]) -> None:
        """The link names an output that its node does not have."""
        near = self._report.near(edge.output, outputs)
        message = f'node "{prefix}{edge.source}" ({source.type}) has no output "{edge.output}"'
        self._report.use(
            "unknown-output",
            message,
            use,
            prefix,
            edge.input,
            value=f"{edge.source}.{edge.output}",
            expected=", ".join(outputs) or "none",
            suggestion=f"{edge.source}.{near}" if near else None,
        )

    def misfit(self, edge: Edge, use: Use, prefix: str, made: Socket, wanted: Socket, bound: Bindings) -> None:
        """The type at the source does not go into the input."""
        known = bound.get(wanted.name) if isinstance(wanted, Var) else None
        said = f"{known} (as at the inputs before)" if known else str(wanted)
        message = f'{made} from "{prefix}{edge.source}.{edge.output}" does not go into {said}'
        value = f"{edge.source}.{edge.output}"
        hint = self._hint(made, known or wanted)
        self._report.use(
            "socket", message, use, prefix, edge.input, value=value, expected=str(known or wanted), hint=hint
        )

    def missing(self, use: Use, prefix: str, spec: InputSpec) -> None:
        """A required input with nothing in it."""
        kind = f"a list of {spec.socket}" if spec.variadic else str(spec.socket)
        maker = None if spec.literal else self._maker("", str(spec.socket))
        hint = f"Link it to an output of that type; {maker} has one." if maker else None
        message = f"nothing is given; it needs {kind}"
        self._report.use("missing", message, use, prefix, spec.name, expected=kind, hint=hint)

    def _hint(self, made: Socket, wanted: Socket) -> str | None:
        if isinstance(made, ListOf) and sockets.fit(made.item, wanted, {}) is not None:
            return "Map a subgraph over the list, or take one item of it."
        maker = self._maker(str(made), str(wanted))
        return f"{maker} makes {wanted} from {made}." if maker else None

    def _maker(self, made: str, wanted: str) -> str | None:
        """A node type from one type to another that needs as little else as possible; "" is from nothing."""
        if (made, wanted) not in self._makers:
            found = [
                (_links_needed(spec), len(spec.inputs), spec.id)
                for spec in self._registry
                if any(o.socket == Named(wanted) for o in spec.outputs.values())
                and not any(i.socket == Named(wanted) for i in spec.inputs.values())
                and (not made or any(i.socket == Named(made) for i in spec.inputs.values()))
            ]
            self._makers[made, wanted] = min(found)[2] if found else None
        return self._makers[made, wanted]


def _links_needed(spec: NodeSpec) -> int:
    """How many inputs of a node type must be linked."""
    return sum(i.required and not i.literal for i in spec.inputs.values())


def outputs_of(shape: Shape, bound: Bindings | None) -> dict[str, Socket]:
    """The types of a node's outputs, its variables replaced by what is linked to it."""
    if not shape.generic:
        return shape.outputs
    return {name: sockets.substitute(socket, bound or {}) or ANY for name, socket in shape.outputs.items()}
