"""The editor's format: lists of nodes and links, with values of widgets by position, and subgraphs by id.

Subgraphs are taken apart: what stands inside instance 76 as node 67 becomes the box "76:67", as in the API format. A
wire over the edge of a subgraph becomes a detour, from the port to where the value really comes from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from calotype_comfyui.boxes import BYPASSED, MOST, NONE, SHELL, Box, Linked, Literal, Scene, Wire
from calotype_comfyui.links import EDGE_IN, EDGE_OUT, Link, links_of
from calotype_comfyui.places import Shift, frame_of_group, frame_of_note, place_of
from calotype_comfyui.widgets import is_widget, widget_values, without_controls

NOTES = frozenset({"Note", "MarkdownNote"})
REROUTES = frozenset({"Reroute", "Reroute (rgthree)"})
PRIMITIVE = "PrimitiveNode"
SETTERS, GETTERS = frozenset({"SetNode", "easy setNode"}), frozenset({"GetNode", "easy getNode"})


def read_editor(said: Mapping[str, Any]) -> Scene:
    """The boxes of a workflow."""
    scene = Scene()
    definitions = said.get("definitions")
    listed = definitions.get("subgraphs") if isinstance(definitions, dict) else None
    subgraphs = {s["id"]: s for s in items(listed) if isinstance(s.get("id"), str)}
    waiting = [Level(scene, said, subgraphs)]
    while waiting:
        waiting += waiting.pop().read()
    return scene


class Level:
    """The workflow, or the inside of one instance of a subgraph.

    Responsibilities: add its boxes, detours and frames to the scene; name the levels inside of it.
    """

    def __init__(
        self,
        scene: Scene,
        said: Mapping[str, Any],
        subgraphs: Mapping[str, Mapping[str, Any]],
        prefix: str = "",
        mode: int = 0,
        path: frozenset[str] = frozenset(),
        shift: Shift = (0, 0),
    ) -> None:
        self._scene, self._said, self._subgraphs = scene, said, subgraphs
        self._prefix, self._mode, self._path, self._shift = prefix, mode, path, shift
        self._links = links_of(said.get("links"))

    def read(self) -> list[Level]:
        """Read this level; the levels inside of it are still to be read."""
        self._scene.frames += [
            f for g in items(self._said.get("groups")) if (f := frame_of_group(g, self._shift)) is not None
        ]
        return [inner for node in items(self._said.get("nodes")) for inner in self._node(node)]

    def _node(self, node: Mapping[str, Any]) -> Iterator[Level]:
        id, type, scene = f"{self._prefix}{node.get('id')}", node.get("type"), self._scene
        if not isinstance(type, str) or len(scene.boxes) >= MOST:
            return
        if type in NOTES:
            scene.frames.append(frame_of_note(node, self._shift))
        elif type in REROUTES:
            scene.detours[Wire(id, 0)] = next((self._source(link) for _, link in self._wired(node)), None)
        elif type == PRIMITIVE:
            values = node.get("widgets_values")
            scene.detours[Wire(id, 0)] = Literal(values[0]) if isinstance(values, list) and values else None
        elif type in SETTERS:
            source = next((self._source(link) for _, link in self._wired(node)), None)
            scene.detours[Wire(id, 0)] = scene.detours[self._named(node)] = source
        elif type in GETTERS:
            scene.detours[Wire(id, 0)] = self._named(node)
            scene.detours.setdefault(self._named(node), None)
        elif type in self._subgraphs:
            yield from self._instance(node, id, self._subgraphs[type])
        else:
            scene.boxes.append(self._box(node, id, type))

    def _box(self, node: Mapping[str, Any], id: str, type: str) -> Box:
        values = widget_values(node, type)
        inputs = dict(values)
        for name, link in self._wired(node):
            source = self._source(link)
            if source is not None:
                inputs[name] = Linked(source, values.get(name, NONE))
        title, place = node.get("title"), place_of(node, self._shift)
        return Box(
            id,
            type,
            inputs,
            title if isinstance(title, str) else "",
            self._mode_of(node),
            place,
            tuple((str(i.get("name")), str(i.get("type"))) for i in items(node.get("inputs"))),
            tuple(str(o.get("type")) for o in items(node.get("outputs"))),
        )

    def _named(self, node: Mapping[str, Any]) -> Wire:
        """The end that a name stands for, which one node sets and others get."""
        values = node.get("widgets_values")
        return Wire(f"{self._prefix}={values[0] if isinstance(values, list) and values else node.get('title')}", 0)

    def _mode_of(self, node: Mapping[str, Any]) -> int:
        own = node.get("mode")
        return self._mode or (own if isinstance(own, int) else 0)

    def _wired(self, node: Mapping[str, Any]) -> Iterator[tuple[str, Link]]:
        """The inputs of a node that a link comes to."""
        for said in items(node.get("inputs")):
            key = said.get("link")
            link = self._links.get(key) if isinstance(key, (int, str)) else None
            if link is not None:
                yield str(said.get("name")), link

    def _source(self, link: Link) -> Wire | None:
        """The end that a link begins at; at the edge of a subgraph, its port."""
        if link.origin == EDGE_IN:
            return Wire(f"{self._prefix}<", link.origin_slot) if self._prefix else None
        return Wire(f"{self._prefix}{link.origin}", link.origin_slot)

    def _instance(self, node: Mapping[str, Any], id: str, subgraph: Mapping[str, Any]) -> Iterator[Level]:
        """Detours through the ports of an instance, and what is inside."""
        type, mode = subgraph["id"], self._mode_of(node)
        if type in self._path:
            self._scene.remarks.append((id, "the subgraph contains itself; it is left out"))
            return
        inner, within = links_of(subgraph.get("links")), f"{id}:"
        self._ports(node, subgraph, within, inner)
        for link in inner.values():
            if link.target == EDGE_OUT:
                source = Wire(f"{within}<" if link.origin == EDGE_IN else f"{within}{link.origin}", link.origin_slot)
                self._scene.detours[Wire(id, link.target_slot)] = source
        if mode == BYPASSED:
            self._scene.boxes.append(self._box(node, id, SHELL))
        corner = place_of(node, self._shift) or (0, 0)
        places = [p for n in items(subgraph.get("nodes")) if (p := place_of(n, (0, 0))) is not None]
        left, top = min((p[0] for p in places), default=0), min((p[1] for p in places), default=0)
        shift = (corner[0] - left, corner[1] - top)
        yield Level(self._scene, subgraph, self._subgraphs, within, mode, self._path | {type}, shift)

    def _ports(
        self, node: Mapping[str, Any], subgraph: Mapping[str, Any], within: str, inner: Mapping[Any, Link]
    ) -> None:
        """What comes in at each port: the link at the instance, or the value of its widget there."""
        names = [str(p.get("name")) for p in items(subgraph.get("inputs"))]
        linked = {name: self._source(link) for name, link in self._wired(node)}
        values = _port_values(node, subgraph, inner, names)
        for index, name in enumerate(names):
            value = Literal(values[name]) if name in values else None
            self._scene.detours[Wire(f"{within}<", index)] = linked.get(name) or value


def _port_values(
    node: Mapping[str, Any], subgraph: Mapping[str, Any], inner: Mapping[Any, Link], names: list[str]
) -> dict[str, Any]:
    """The values of an instance's own widgets by port. Older versions keep them inside, and none here."""
    listed = node.get("widgets_values")
    values = list(without_controls(listed)) if isinstance(listed, list) else []
    if not values:
        return {}
    boxes = {n.get("id"): items(n.get("inputs")) for n in items(subgraph.get("nodes")) if _hashable(n.get("id"))}
    shown = {
        link.origin_slot
        for link in inner.values()
        if link.origin == EDGE_IN
        and link.target_slot < len(slots := boxes.get(link.target, []))
        and is_widget(slots[link.target_slot])
    }
    ports = [name for index, name in enumerate(names) if index in shown]
    return dict(zip(ports, values, strict=True)) if len(ports) == len(values) else {}


def _hashable(id: Any) -> bool:
    return isinstance(id, (int, str))


def items(said: Any) -> list[dict[str, Any]]:
    """The objects in a list; nothing else."""
    return [s for s in said if isinstance(s, dict)] if isinstance(said, list) else []
