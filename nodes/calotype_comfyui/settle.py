"""From a scene to boxes whose wires lead to boxes: reroutes, primitives, muted and bypassed nodes are resolved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from calotype_comfyui.boxes import BYPASSED, MUTED, NONE, SHELL, Box, Linked, Literal, Scene, Source, Wire
from calotype_comfyui.table import TABLE


def settle(scene: Scene) -> list[Box]:
    """The boxes with their wires as they run.

    A box that is off keeps its wires, so that it can be switched on again. A wire from a muted box brings nothing; one
    from a bypassed box brings what comes in there, unless our own rule for disabled nodes gives the same.
    """
    past = _past(scene)
    gone = {b.id for b in scene.boxes if b.mode == MUTED}
    real = (b for b in scene.boxes if b.type != SHELL)
    return [_settled(box, scene, {} if box.off else past, set() if box.off else gone) for box in real]


def _settled(box: Box, scene: Scene, past: Mapping[Wire, Source], gone: set[str]) -> Box:
    inputs = {}
    for name, value in box.inputs.items():
        if not isinstance(value, Linked):
            inputs[name] = value
            continue
        source = scene.follow(value.wire, past)
        if isinstance(source, Literal):
            inputs[name] = source.value
        elif source is not None and source.box not in gone:
            inputs[name] = Linked(source)
        elif value.fallback is not NONE:
            inputs[name] = value.fallback
        elif source is not None:
            remark = f'nothing comes to "{name}": node "{source.box}", which brought it, was muted'
            scene.remarks.append((box.id, remark))
    return replace(box, inputs=inputs)


def _past(scene: Scene) -> dict[Wire, Source]:
    """The detours past bypassed boxes."""
    found: dict[Wire, Source] = {}
    for box in scene.boxes:
        if box.mode == BYPASSED:
            for index, kind in enumerate(box.gives):
                if not _alike(box, kind):
                    found[Wire(box.id, index)] = _through(box, index, kind)
    return found


def _alike(box: Box, kind: str) -> bool:
    """Whether our rule, the first linked input of a fitting type, finds the same: where only one fits."""
    known = TABLE.get(box.type)
    fitting = [name for name, accepted in box.accepts if accepted == kind]
    return known is not None and len(fitting) == 1 and isinstance(box.inputs.get(fitting[0]), Linked)


def _through(box: Box, index: int, kind: str) -> Source:
    """What a bypassed box passes on: the input at the same place if it has the type, else the first that has it."""
    at_place = [name for name, accepted in box.accepts[index : index + 1] if kind in (accepted, "*") or accepted == "*"]
    candidates = [*at_place, *(n for n, accepted in box.accepts if accepted == kind)]
    name = candidates[0] if candidates else None
    value = box.inputs.get(name) if name is not None else None
    if isinstance(value, Linked):
        return value.wire
    return None if name is None or name not in box.inputs else Literal(value)
