"""Nodes into a subgraph and out of it again. The flat graph stays the same, up to ids."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from calotype.errors import Problem, WorkflowError
from calotype.workflow.document import ABSENT, SUBGRAPH, Document, Nodes, PortIn, PublicOutput, Subgraph
from calotype.workflow.reading import refused
from calotype.workflow.values import NAME, is_link, link, place, wire

Move = Callable[[str], str]


def group(document: Document, node_ids: Collection[str], name: str) -> Document:
    """The workflow with some nodes as one instance of the new subgraph `name`.

    Every link that goes in becomes a port (links from one output share it), every output that is used outside another;
    a public input or output of a node inside leads through a port. The instance has the subgraph's name as its id,
    with a number where that is taken. Raises WorkflowError: unknown node, name taken or not an id, no nodes.
    """
    _check(document, node_ids, name)
    wanted = set(node_ids)
    rest = {id: node for id, node in document.nodes.items() if id not in wanted}
    instance = _free(name, rest)
    ports = _Ports(wanted)
    inside = {id: ports.inward(id, node) for id, node in document.nodes.items() if id in wanted}
    outside = {id: _mapped(node, ports.outward(instance)) for id, node in rest.items()}
    update: dict[str, Any] = {
        "inputs": {
            n: replace(i, node=instance, input=ports.public(i.node, i.input)) if i.node in wanted else i
            for n, i in document.inputs.items()
        },
        "outputs": {n: replace(o, source=ports.outward(instance)(o.source)) for n, o in document.outputs.items()},
    }
    kept = {id: spot for id, spot in document.layout.items() if id in wanted}
    subgraph = Subgraph(
        inputs=ports.inputs, outputs=ports.outputs, nodes=inside, extra={"layout": kept} if kept else {}
    )
    outside[instance] = {"type": SUBGRAPH + name} | ({"inputs": ports.values} if ports.values else {})
    update |= {"nodes": outside, "subgraphs": {**document.subgraphs, name: subgraph}}
    update["layout"] = {id: spot for id, spot in document.layout.items() if id not in wanted}
    if kept:
        update["layout"][instance] = next(iter(kept.values()))
    return replace(document, **update)


class _Ports:
    """The ports of a subgraph in the making, each named after the input or output that it was made for."""

    def __init__(self, wanted: Collection[str]) -> None:
        self._wanted = wanted
        self._by_source: dict[str, str] = {}
        self._by_end: dict[str, str] = {}
        self.inputs: dict[str, PortIn] = {}
        self.outputs: dict[str, PublicOutput] = {}
        self.values: dict[str, Any] = {}

    def inward(self, id: str, node: Mapping[str, Any]) -> dict[str, Any]:
        """A node as it stands inside, without its links from outside; ports are made for them."""
        inputs = {}
        for name, value in node.get("inputs", {}).items():
            if type(value) is list:
                spots = [f"{id}.{name}.{i}" if self._comes_in(v) else "" for i, v in enumerate(value)]
                for spot, item in zip(spots, value, strict=True):
                    if spot:
                        self._enter(spot, name, item)
                inputs[name] = [None if spot else item for spot, item in zip(spots, value, strict=True)]
            elif self._comes_in(value):
                self._enter(f"{id}.{name}", name, value)
            else:
                inputs[name] = value
        return {k: v for k, v in node.items() if k != "inputs"} | ({"inputs": inputs} if "inputs" in node else {})

    def _comes_in(self, value: Any) -> bool:
        return is_link(value) and wire(value).source not in self._wanted

    def _enter(self, spot: str, name: str, value: Mapping[str, Any]) -> None:
        port = self._by_source.get(value["from"])
        if port is None:
            port = self._by_source[value["from"]] = _free(name, self.inputs)
            self.values[port] = dict(value)
            self.inputs[port] = PortIn(to=[])
        self.inputs[port].to.append(spot)
        self._by_end.setdefault(spot, port)

    def public(self, id: str, input: str) -> str:
        """The port for a public input of a node inside."""
        spot = f"{id}.{input}"
        port = self._by_end.get(spot)
        if port is not None and len(self.inputs[port].to) > 1:  # a port of its own, or it would set other inputs too
            self.inputs[port].to.remove(spot)
            self.values[own := _free(place(spot).input, self.inputs)] = self.values[port]
            port = self._by_end[spot] = own
            self.inputs[port] = PortIn(to=[spot])
        if port is None:
            port = self._by_end[spot] = _free(place(spot).input, self.inputs)
            self.inputs[port] = PortIn(to=[spot])
        return port

    def outward(self, instance: str) -> Move:
        """From a link's text to the same link as it stands outside; ports are made for ends inside."""

        def moved(text: str) -> str:
            source, _, output = text.partition(".")
            if source not in self._wanted:
                return text
            port = next((name for name, out in self.outputs.items() if out.source == text), None)
            if port is None:
                port = _free(output, self.outputs)
                self.outputs[port] = PublicOutput(source=text)
            return f"{instance}.{port}"

        return moved


def ungroup(document: Document, instance: str) -> Document:
    """The workflow with an instance replaced by the nodes of its subgraph; the inverse of `group`.

    Nodes keep their ids where these are free, else they are called "instance_id". The subgraph goes when no instance is
    left. Raises WorkflowError: no such instance; mapped or repeated; a public input that sets several inputs inside.
    """
    node = document.nodes.get(instance)
    name = node["type"].removeprefix(SUBGRAPH) if node is not None else ""
    subgraph = document.subgraphs.get(name)
    if node is None or subgraph is None or not node["type"].startswith(SUBGRAPH):
        raise _refused(document, "unknown-instance", f'"{instance}" is not an instance of a subgraph')
    if "map" in node or "repeat" in node:
        raise _refused(document, "not-flat", f'"{instance}" is mapped or repeated, so its nodes cannot stand alone')
    rest = {id: other for id, other in document.nodes.items() if id != instance}
    ids = ids_outside(document, instance, subgraph)

    def out(text: str) -> str:
        source, _, port = text.partition(".")
        if source != instance or port not in subgraph.outputs:
            return text
        end = wire({"from": subgraph.outputs[port].source})
        return f"{ids.get(end.source, end.source)}.{end.output}"

    given = {port: _outside(value, out) for port, value in node.get("inputs", {}).items()}
    inside = _unpacked(subgraph, ids, given, node.get("enabled", True))
    nodes = {id: _mapped(other, out) for id, other in rest.items()} | inside
    layout = {id: spot for id, spot in document.layout.items() if id != instance}
    kept = subgraph.extra.get("layout", {})
    layout |= {ids[id]: spot for id, spot in kept.items() if id in ids}
    update: dict[str, Any] = {"nodes": nodes, "layout": layout}
    update["inputs"] = {n: _repointed(document, subgraph, i, instance, ids) for n, i in document.inputs.items()}
    update["outputs"] = {n: replace(o, source=out(o.source)) for n, o in document.outputs.items()}
    levels = [nodes, *(s.nodes for n, s in document.subgraphs.items() if n != name)]
    used = any(one["type"] == SUBGRAPH + name for level in levels for one in level.values())
    update["subgraphs"] = {n: s for n, s in document.subgraphs.items() if used or n != name}
    return replace(document, **update)


def ids_outside(document: Document, instance: str, subgraph: Subgraph) -> dict[str, str]:
    """The ids that the nodes of a subgraph get when they take the place of an instance."""
    rest = document.nodes.keys() - {instance}
    ids: dict[str, str] = {}
    for id in subgraph.nodes:
        ids[id] = id if id not in rest and id not in ids.values() else _free(f"{instance}_{id}", {*rest, *ids.values()})
    return ids


def _unpacked(subgraph: Subgraph, ids: Mapping[str, str], given: Mapping[str, Any], enabled: bool) -> Nodes:
    """The nodes of a subgraph under their new ids, with what comes through its ports."""

    def renamed(text: str) -> str:
        source, _, output = text.partition(".")
        return f"{ids.get(source, source)}.{output}"

    nodes = {ids[id]: _mapped(node, renamed) for id, node in subgraph.nodes.items()}
    for port, said in subgraph.inputs.items():
        value = given.get(port, said.default)
        for text in said.to if value is not ABSENT else ():
            spot = place(text)
            node = nodes[ids[spot.node]] if spot.node in ids else None
            if node is not None:
                inputs = dict(node.get("inputs", {}))
                inputs[spot.input] = (
                    value if spot.item is None else _with_item(inputs.get(spot.input), spot.item, value)
                )
                nodes[ids[spot.node]] = {**node, "inputs": inputs}
    return nodes if enabled else {id: {**node, "enabled": False} for id, node in nodes.items()}


def _with_item(old: Any, index: int, value: Any) -> list[Any]:
    items = list(old) if isinstance(old, list) else []
    items += [None] * (index + 1 - len(items))
    items[index] = value
    return items


def _repointed(document: Document, subgraph: Subgraph, said: Any, instance: str, ids: Mapping[str, str]) -> Any:
    port = subgraph.inputs.get(said.input)
    if said.node != instance or port is None:
        return said
    if len(port.to) != 1:
        message = f'a public input sets the port "{said.input}", which leads to {len(port.to)} inputs inside'
        raise _refused(document, "not-flat", message)
    spot = place(port.to[0])
    return replace(said, node=ids.get(spot.node, spot.node), input=spot.input)


def _mapped(node: Mapping[str, Any], move: Move) -> dict[str, Any]:
    """A node with the text of every link changed."""
    if "inputs" not in node:
        return dict(node)
    return {**node, "inputs": {name: _outside(value, move) for name, value in node["inputs"].items()}}


def _outside(value: Any, move: Move) -> Any:
    if is_link(value):
        return link(*move(value["from"]).split(".", 1))
    return [_outside(item, move) if is_link(item) else item for item in value] if type(value) is list else value


def _free(name: str, taken: Iterable[str]) -> str:
    """The name, or the name with the first number that is free."""
    known = set(taken)
    if name not in known:
        return name
    number = 2
    while f"{name}_{number}" in known:
        number += 1
    return f"{name}_{number}"


def _check(document: Document, node_ids: Collection[str], name: str) -> None:
    missing = sorted(set(node_ids) - document.nodes.keys())
    if missing:
        raise _refused(document, "unknown-node", f'there is no node "{missing[0]}" to group')
    if not node_ids:
        raise _refused(document, "nothing-to-group", "no nodes were named to group")
    if not NAME.match(name) or name in document.subgraphs:
        taken = "is taken" if name in document.subgraphs else "cannot be the name of a subgraph"
        raise _refused(document, "subgraph-name", f'"{name}" {taken}')


def _refused(document: Document, code: str, message: str) -> WorkflowError:
    return refused([Problem(code=code, message=message)], document.name or "the workflow")
