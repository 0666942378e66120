"""Families along the links: what comes to a node, whether it goes together, what its outputs carry on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from calotype import sockets
from calotype.diffusion.text.mentions import FOLDER, mentioned
from calotype.errors import FamilyMismatch
from calotype.graph import Use
from calotype.node import InputSpec, NodeSpec
from calotype.sockets import Socket, Var
from calotype.types import FileRef
from calotype.validate.families import Compatibility, Known, mismatch
from calotype.validate.literals import Literals, Spot, file_inputs
from calotype.validate.report import Report
from calotype.validate.shapes import BEARING

CHECKPOINTS = "checkpoints"
SINGLE = frozenset({"Clip", "Vae"})  # parts of a checkpoint that may be missing
Arriving = list[tuple[InputSpec, Known]]


class Meeting:
    """Responsibilities: at one node, report two families that do not go together; say what its outputs carry."""

    def __init__(self, report: Report, literals: Literals, compatibility: Compatibility) -> None:
        self._report = report
        self._literals = literals
        self._compatibility = compatibility
        self._told: set[tuple[str, str]] = set()  # (node, part): once is enough

    def at(self, use: Use, prefix: str, spec: NodeSpec, linked: Arriving) -> dict[str, Known]:
        """The families of the outputs. linked: what comes in over links."""
        own = self._own(use, prefix, spec)
        choice = next((i for i in spec.inputs.values() if i.role == "family"), None)
        if choice is not None:
            own = self._heard(use, prefix, spec, choice, own)
        self._lacking(use, prefix, spec, linked)
        if spec.same_family:
            meeting = [(i, k) for i, k in linked if not i.lazy and sockets.names(i.socket) & BEARING]
            places = {name: at for at, name in enumerate(spec.inputs)}
            every = [*meeting, *own, *self._mentioned(use, prefix, spec)]
            if self._clash(use, prefix, sorted(every, key=lambda one: places[one[0].name])):
                return {}  # said once; what follows from it is not
        return {o.name: k for o in spec.outputs.values() if (k := _carried(o.socket, spec, linked, own)) is not None}

    def _own(self, use: Use, prefix: str, spec: NodeSpec) -> Arriving:
        """The families in the files that the node itself names."""
        found: Arriving = []
        for file in file_inputs(spec):
            value = use.inputs.get(file.name)
            if value is None or file.variadic:
                continue
            family = self._literals.family(file, value, Spot(use, prefix, file.name))
            if family:
                name = value if isinstance(value, str) else value["file"]
                found.append(
                    (file, Known(family, file.folder or "", prefix + use.id, spec.id, name, file.folder or ""))
                )
        return found

    def _mentioned(self, use: Use, prefix: str, spec: NodeSpec) -> Arriving:
        """The families of the embeddings that the node's prompts name."""
        found: Arriving = []
        for input in spec.inputs.values():
            text = use.inputs.get(input.name) if input.role == "prompt" else None
            for name in mentioned(text) if isinstance(text, str) else ():
                at = Spot(use, prefix, input.name)
                family = self._literals.family(replace(input, folder=FOLDER), name, at)
                if family:
                    found.append((input, Known(family, FOLDER, prefix + use.id, spec.id, name)))
        return found

    def _lacking(self, use: Use, prefix: str, spec: NodeSpec, linked: Arriving) -> None:
        """Report a part that is used here and that its checkpoint does not have."""
        given = {name for o in spec.outputs.values() for name in sockets.names(o.socket)}
        for input, known in linked:
            if (
                input.lazy
                or known.folder != CHECKPOINTS
                or known.kind not in sockets.names(input.socket) & SINGLE - given
            ):
                continue
            message = self._literals.lacking(FileRef(known.folder, known.file), known.kind)
            if message and (known.origin, known.kind) not in self._told:
                self._told.add((known.origin, known.kind))
                whence = f'from node "{known.origin}" ({known.type}): {message}'
                self._report.use("model-part", whence, use, prefix, input.name, value=known.file)

    def _heard(self, use: Use, prefix: str, spec: NodeSpec, choice: InputSpec, own: Arriving) -> Arriving:
        """The one family of several files with text encoders, as an input chooses it; none where it is not known."""
        files = [file for file in file_inputs(spec) if use.inputs.get(file.name)]
        chosen = use.inputs.get(choice.name, choice.default)
        if not own or len(own) != len(files) or not isinstance(chosen, str):
            return []
        from calotype.diffusion.families.heard import heard_by  # every family: for few nodes

        try:
            family = heard_by([known.family for _, known in own], chosen)
        except FamilyMismatch as error:
            self._report.use("family-mismatch", str(error), use, prefix, own[-1][0].name, value=own[-1][1].file)
            return []
        return [(own[0][0], replace(own[0][1], family=family))]

    def _clash(self, use: Use, prefix: str, meeting: Arriving) -> bool:
        distinct = {(k.family, k.kind): (i, k) for i, k in reversed(meeting)}
        found = list(reversed(distinct.values()))
        for at, (_, one) in enumerate(found):
            for input, other in found[at + 1 :]:
                if not self._compatibility.fits(one, other):
                    message, hint = mismatch(one, other)
                    value = f"{other.family}, {one.family}"
                    self._report.use("family-mismatch", message, use, prefix, input.name, value=value, hint=hint)
                    return True
        return False


def _carried(socket: Socket, spec: NodeSpec, linked: Arriving, own: Arriving) -> Known | None:
    """What an output carries: the family of an input of its type, else of the file, else of what else meets here."""
    if isinstance(socket, Var):
        return _agreed(k for i, k in linked if i.socket == socket)
    kind = min(sockets.names(socket) & BEARING, default=None)
    if kind is None:
        return None
    alike = [k for _, k in linked if k.kind == kind]
    if not spec.same_family:
        return _agreed(alike)
    every = [*alike, *(k for _, k in own), *(k for _, k in linked)]
    whole = [k for k in every if not k.partial]
    best = next(iter(whole or every), None)
    return replace(best, kind=kind) if best is not None else None


def _agreed(found: Iterable[Known]) -> Known | None:
    """The one family, when there is no other among them."""
    known = list(found)
    if not known or len({k.family for k in known}) > 1:
        return None
    return known[0] if len({k.origin for k in known}) == 1 else replace(known[0], folder="")


Families = Mapping[tuple[str, str], Known]
"""By node and output."""
