"""From settled boxes to the nodes of a document, with a report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from calotype.plugins import Note
from calotype_comfyui.boxes import BYPASSED, MUTED, Box, Linked, Wire
from calotype_comfyui.names import ids_of, literal
from calotype_comfyui.rules import Rule
from calotype_comfyui.table import TABLE

PLUGIN = "comfyui"
IGNORED = frozenset({"choose file to upload", "upload", "image_upload", "control_after_generate"})


class Conversion:
    """Responsibilities: give each box its node, each wire its link, and say what has no counterpart."""

    def __init__(self, boxes: Sequence[Box]) -> None:
        self._boxes = boxes
        self._ids = ids_of(b.id for b in boxes)
        self._types = {b.id: b.type for b in boxes}
        self._notes: list[Note] = []
        self.nodes: dict[str, dict[str, Any]] = {}
        self.mapped: dict[str, tuple[str, str]] = {}
        self.unknown: dict[str, str] = {}
        for box in boxes:
            self.nodes[self._ids[box.id]] = self._node(box)

    @property
    def notes(self) -> tuple[Note, ...]:
        """What there is to say, in the order of the nodes."""
        return tuple(self._notes)

    @property
    def layout(self) -> dict[str, dict[str, Any]]:
        """Positions by node id."""
        return {self._ids[b.id]: {"x": b.place[0], "y": b.place[1]} for b in self._boxes if b.place is not None}

    def note(self, box: str, text: str, *, warning: bool) -> None:
        """Say something of a box. warning: what runs is not the same."""
        node = self._ids.get(box, box)
        self._notes.append(Note(message=text, node=node, type=self._types.get(box, ""), warning=warning))

    def _node(self, box: Box) -> dict[str, Any]:
        rule = TABLE.get(box.type)
        if rule is None:
            if not box.off:
                self.unknown[self._ids[box.id]] = box.type
            kind, inputs = f"{PLUGIN}.{box.type}", {n: self._value(v) for n, v in box.inputs.items() if n}
        else:
            self.mapped[self._ids[box.id]] = (box.said or box.type, rule.type)
            kind, inputs = rule.type, self._inputs(box, rule)
        node: dict[str, Any] = {"type": kind, "inputs": inputs}
        if box.title and box.title not in (box.type, kind):
            node["title"] = box.title
        if box.off:
            node["enabled"] = False
            known = "" if rule else "; it has no counterpart"
            self.note(box.id, f"it was {MODES[box.mode]}, and is disabled here{known}", warning=False)
        return node

    def _inputs(self, box: Box, rule: Rule) -> dict[str, Any]:
        inputs: dict[str, Any] = {}
        for name in sorted(box.inputs, key=rule.place):
            targets, value = rule.targets(name), box.inputs[name]
            if targets is None:
                if name not in IGNORED:
                    self.note(box.id, f'the input "{name}" has no counterpart and is left out', warning=True)
                continue
            said = self._converted(box, rule, name, value)
            for target in targets:
                if target.endswith("[]"):
                    inputs.setdefault(target[:-2], []).append(said)
                else:
                    inputs[target] = said
        if rule.note and not rule.usual(box.inputs):
            self.note(box.id, rule.note, warning=True)
        return inputs | dict(rule.values)

    def _converted(self, box: Box, rule: Rule, name: str, value: Any) -> Any:
        convert = rule.converts.get(name)
        if convert is None or isinstance(value, Linked):
            return self._value(value)
        try:
            return convert(value)
        except ValueError as error:
            self.note(box.id, f'input "{name}": {value!r}: {error}', warning=True)
            return rule.fallbacks[name] if name in rule.fallbacks else self._value(value)

    def _value(self, value: Any) -> Any:
        return {"from": self._end(value.wire)} if isinstance(value, Linked) else literal(value)

    def _end(self, wire: Wire) -> str:
        """The output that a wire comes from, as links name it; what is not known is numbered."""
        rule = TABLE.get(self._types.get(wire.box, ""))
        known = rule.outputs if rule else ()
        name = known[wire.slot] if wire.slot < len(known) else f"output_{wire.slot}"
        return f"{self._ids.get(wire.box) or next(iter(ids_of([wire.box]).values()))}.{name}"


MODES = {MUTED: "muted", BYPASSED: "bypassed"}
