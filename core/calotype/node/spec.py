"""What is known of a node type without its code: plain data, as JSON in the catalogue."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from calotype import sockets
from calotype.sockets import Choice, ListOf, Named, Socket, Union, Var


class _Required:
    """The default of an input that has none."""

    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED = _Required()

RECIPES = frozenset({"Model", "Clip", "Vae", "ControlNet", "UpscaleModel", "ClipVision", "StyleModel"})


@dataclass(frozen=True, slots=True, kw_only=True)
class InputSpec:
    """One input of a node type.

    socket: the type, of each item where `variadic`. default: `REQUIRED` if there is none. folder: for a file input, the
    folder it comes from. role: its meaning to the engine ("seed", "batch_only", "prompt"). lazy: evaluated only if
    the node asks. when: (other input, value): shown and required only then. ge, le: range, inclusive. multiple_of: of
    what a whole number must be a multiple. step, multiline: for widgets. widget: the custom element of a plugin that
    edits it; it means nothing to the engine.
    """

    name: str
    socket: Socket
    default: Any = REQUIRED
    doc: str = ""
    ge: float | None = None
    le: float | None = None
    step: float | None = None
    multiple_of: int | None = None
    multiline: bool = False
    folder: str | None = None
    role: str | None = None
    lazy: bool = False
    variadic: bool = False
    least: int = 0
    when: tuple[str, Any] | None = None
    widget: str | None = None

    @property
    def required(self) -> bool:
        """Whether a value or a link must be given."""
        return self.default is REQUIRED

    @property
    def literal(self) -> bool:
        """Whether a document may give a value, rather than a link only."""
        return _literal(self.socket)

    @property
    def secret(self) -> bool:
        """Whether the value is a `Secret`."""
        return "Secret" in sockets.names(self.socket)

    def complaint(self, value: Any) -> tuple[str, str, str] | None:
        """Why a single value is not accepted: (code, message, expected), or None if it is."""
        return complain(value, self.socket) or self._out_of_range(value)

    def _out_of_range(self, value: Any) -> tuple[str, str, str] | None:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return None
        if isinstance(value, float) and not math.isfinite(value):
            return "not-finite", f"{value} is not a finite number", self._range
        if self.ge is not None and value < self.ge:
            return "range", f"{_said(value)} is below {self.ge:g}", self._range
        if self.le is not None and value > self.le:
            return "range", f"{_said(value)} is above {self.le:g}", self._range
        if self.multiple_of and value % self.multiple_of:
            unit = f"a multiple of {self.multiple_of}"
            return "range", f"{_said(value)} is not {unit}; {self._nearest(value)} is the nearest", unit
        return None

    def _nearest(self, value: float) -> int:
        """The nearest multiple in the range; the larger of two."""
        unit = self.multiple_of or 1
        least = -math.inf if self.ge is None else math.ceil(self.ge / unit)
        most = math.inf if self.le is None else math.floor(self.le / unit)
        return int(min(max(math.floor(value / unit + 0.5), least), most)) * unit

    @property
    def _range(self) -> str:
        return f"{_limit(self.ge, '-∞')} to {_limit(self.le, '∞')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputSpec:
    """One output of a node type."""

    name: str
    socket: Socket
    doc: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSpec:
    """A node type as data.

    id: "KSampler" for built-ins, "plugin.Node" for plugins. version: of its behaviour; part of every key. volatile: it
    runs at every run. output: its results are what a run is for. fingerprinted: it defines `fingerprint()`. chooses: it
    defines `wants()`. migrates: it defines `migrate()`. lane: "compute" (one at a time) or "io" (may overlap).
    same_family: model families that meet at this node must agree. source: where it is defined, for messages.
    """

    id: str
    inputs: Mapping[str, InputSpec] = field(default_factory=dict)
    outputs: Mapping[str, OutputSpec] = field(default_factory=dict)
    category: str = ""
    doc: str = ""
    version: int = 1
    aliases: tuple[str, ...] = ()
    volatile: bool = False
    output: bool = False
    fingerprinted: bool = False
    chooses: bool = False
    migrates: bool = False
    takes_context: bool = False
    lane: str = "compute"
    same_family: bool = True
    deprecated: str = ""
    source: str = ""

    def to_dict(self) -> dict[str, Any]:
        """JSON form, without what is as usual."""
        plain = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("inputs", "outputs")}
        said = {k: list(v) if isinstance(v, tuple) else v for k, v in plain.items()}
        said["inputs"] = [_input_dict(i) for i in self.inputs.values()]
        said["outputs"] = [
            {"name": o.name, "socket": sockets.to_json(o.socket), "doc": o.doc} for o in self.outputs.values()
        ]
        return said

    @classmethod
    def from_dict(cls, said: Mapping[str, Any]) -> NodeSpec:
        """The inverse of `to_dict`."""
        plain: dict[str, Any] = {k: v for k, v in said.items() if k not in ("inputs", "outputs", "aliases")}
        inputs = {i["name"]: _input_from(i) for i in said["inputs"]}
        outputs = {
            o["name"]: OutputSpec(name=o["name"], socket=sockets.from_json(o["socket"]), doc=o["doc"])
            for o in said["outputs"]
        }
        return cls(inputs=inputs, outputs=outputs, aliases=tuple(said["aliases"]), **plain)


def complain(value: Any, socket: Socket) -> tuple[str, str, str] | None:
    """Why a literal is not of a type: (code, message, expected), or None if it is."""
    match socket:
        case Named(name):
            ok = _is(value, name)
        case Choice(values):
            if any(value == v and type(value) is type(v) for v in values):
                return None
            return "choice", f"{_said(value)} is not {socket}", str(socket)
        case ListOf(item):
            if not isinstance(value, list):
                return "type", f"{_said(value)} is not a list", str(socket)
            return next((c for c in (complain(v, item) for v in value) if c), None)
        case Union(members):
            complaints = [complain(value, m) for m in members]
            if None in complaints:
                return None
            ok = False
        case Var(_, limit):
            return complain(value, limit) if limit else None
    return None if ok else ("type", f"{_said(value)} is not {_article(str(socket))}", str(socket))


def _is(value: Any, name: str) -> bool:
    match name:
        case "Any":
            return True
        case "Json":
            return isinstance(value, (dict, list, str, int, float, bool, type(None)))
        case "None":
            return value is None
        case "int":
            return isinstance(value, int) and not isinstance(value, bool)
        case "float":
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            return number and (isinstance(value, float) or abs(value) < 2**1023)  # what a float can hold
        case "str" | "bool":
            return type(value).__name__ == name
    return False


def _literal(socket: Socket) -> bool:
    match socket:
        case Named(name):
            return name in sockets.SCALARS or name in ("Any", "FileRef", "Secret")
        case Choice():
            return True
        case ListOf(item):
            return _literal(item)
        case Union(members):
            return any(_literal(m) for m in members if m != sockets.NONE)
    return socket.bound is None or _literal(socket.bound)


def _limit(value: float | None, otherwise: str) -> str:
    return otherwise if value is None else f"{value:g}"


def _said(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"


def _article(name: str) -> str:
    return f"an {name}" if name[:1].lower() in "aeiou" else f"a {name}"


def _input_dict(spec: InputSpec) -> dict[str, Any]:
    said = {f.name: getattr(spec, f.name) for f in fields(spec)}
    said["socket"] = sockets.to_json(spec.socket)
    said["when"] = list(spec.when) if spec.when else None
    if spec.required:
        del said["default"]
    return said


def _input_from(said: Mapping[str, Any]) -> InputSpec:
    changed: dict[str, Any] = {
        "socket": sockets.from_json(said["socket"]),
        "when": tuple(said["when"]) if said["when"] else None,
    }
    if said["variadic"] and "default" in said:
        changed["default"] = tuple(said["default"])
    return InputSpec(**{**said, **changed})
