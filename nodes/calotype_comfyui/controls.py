"""The simple ControlNet node there steers the negative side as well, at the sampler; ours says so in the graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from calotype_comfyui.boxes import Box, Linked, Wire

SIMPLE = "ControlNetApply"
SAMPLERS = frozenset({"KSampler", "KSamplerAdvanced"})
UNCLEAR = (
    "ComfyUI steers the negative side by this ControlNet too; here it steers the positive one only, because what "
    "becomes of it on the way to the sampler is not plain"
)


def spread_controls(boxes: Iterable[Box]) -> list[tuple[str, str]]:
    """Lead the negative side of each sampler through the ControlNets of its positive side; changes the boxes.

    Where one leads to several samplers with different negative sides, or elsewhere, it is said: (box, text).
    """
    known = {b.id: b for b in boxes}
    simple = [b for b in known.values() if b.type == SIMPLE]
    ends = _ends(known)
    plain = {b.id for b in simple if _negatives(b.id, known, ends)}
    changed = True
    while changed:  # a chain is as plain as its parts
        parts = {i for i in plain if _others(i, known, ends) <= plain}
        changed, plain = parts != plain, parts
    negatives = {i: next(iter(_negatives(i, known, ends))) for i in plain}
    remarks = []
    for box in simple:
        inner = box.inputs.get("conditioning")
        if box.id in plain:
            before = inner.wire.box if isinstance(inner, Linked) else ""
            box.inputs["negative"] = Linked(Wire(before, 1) if before in plain else negatives[box.id])
        else:
            box.inputs["negative"] = inner
            remarks.append((box.id, UNCLEAR))
    for id in plain:
        for user, name in ends.get(id, ()):
            if user.type in SAMPLERS and name == "positive":
                user.inputs["negative"] = Linked(Wire(id, 1))
    return remarks


Ends = Mapping[str, list[tuple[Box, str]]]


def _ends(known: Mapping[str, Box]) -> dict[str, list[tuple[Box, str]]]:
    """Where the first output of each simple ControlNet node leads."""
    found: dict[str, list[tuple[Box, str]]] = {}
    for box in known.values():
        for name, value in box.inputs.items():
            if isinstance(value, Linked) and value.wire.box in known and known[value.wire.box].type == SIMPLE:
                found.setdefault(value.wire.box, []).append((box, name))
    return found


def _negatives(id: str, known: Mapping[str, Box], ends: Ends) -> set[Wire]:
    """The one wire that comes to the negative side of all samplers that a node leads to; empty if it is not one."""
    found: set[Any] = set()
    waiting, seen = [id], set()
    while waiting:
        at = waiting.pop()
        if at in seen:
            continue
        seen.add(at)
        for user, name in ends.get(at, ()):
            if user.type == SIMPLE and name == "conditioning":
                waiting.append(user.id)
            elif user.type in SAMPLERS and name == "positive" and isinstance(user.inputs.get("negative"), Linked):
                found.add(user.inputs["negative"].wire)
            else:
                found.add(None)
    if len(found) != 1 or None in found:
        return set()
    negative = known.get(next(iter(found)).box)  # one with a ControlNet of its own is left as it is there too
    return set() if negative is None or negative.type.startswith("ControlNet") else found


def _others(id: str, known: Mapping[str, Box], ends: Ends) -> set[str]:
    """The simple ControlNet nodes beside a node in its chains."""
    before = known[id].inputs.get("conditioning")
    found = {user.id for user, name in ends.get(id, ()) if user.type == SIMPLE}
    if isinstance(before, Linked) and before.wire.box in known and known[before.wire.box].type == SIMPLE:
        found.add(before.wire.box)
    return found
