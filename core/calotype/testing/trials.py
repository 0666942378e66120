"""Trying a node on the inputs that it gives as examples: does it give what it says, twice the same, input unharmed?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from calotype import sockets
from calotype.errors import CalotypeError
from calotype.node import Node, NodeSpec
from calotype.node.declare import type_name
from calotype.sockets import Choice, ListOf, Named, Socket, Union
from calotype.testing.context import FakeContext
from calotype.testing.report import Finding, errors
from calotype.types import Image, Mask, tensors_of


def try_examples(cls: type[Node], spec: NodeSpec) -> list[Finding]:
    """Run every one of `cls.examples()`, a class method that returns mappings of inputs; none if it is not there.

    Findings: `example` (it cannot be run), `output` (not of the declared type or range), `mutation` (an input was
    changed in place), `impure` (the second run gives something else).
    """
    examples = getattr(cls, "examples", None)
    if examples is None:
        return []
    try:
        tried = list(examples())
    except Exception as error:
        return errors("example", [f"{spec.id}.examples() raises {type(error).__name__}: {error}"])
    return [finding for i, inputs in enumerate(tried) for finding in _try(cls, spec, inputs, f"{spec.id}, example {i}")]


def _try(cls: type[Node], spec: NodeSpec, inputs: Mapping[str, Any], name: str) -> list[Finding]:
    before = [t.clone() for t in tensors_of(dict(inputs))]
    try:
        first, second = (_run(cls(**inputs), spec) for _ in range(2))
    except Exception as error:
        return errors("example", [f"{name}: {error if isinstance(error, CalotypeError) else _said(error)}"])
    found = errors("output", (f"{name}: {c}" for c in _complaints(first, spec)))
    if not same(before, tensors_of(dict(inputs))):
        found += errors("mutation", [f"{name}: an input was changed in place; work on a copy"])
    if not spec.volatile and not same(first, second):
        found += errors("impure", [f"{name}: a second run with the same inputs gives something else; is it volatile?"])
    return found


def _run(node: Node, spec: NodeSpec) -> tuple[Any, ...]:
    result = node.run(FakeContext()) if spec.takes_context else node.run()  # type: ignore[attr-defined]
    return tuple(result) if len(spec.outputs) > 1 or hasattr(result, "_fields") else (result,)


def _complaints(outputs: tuple[Any, ...], spec: NodeSpec) -> list[str]:
    said = []
    for value, output in zip(outputs, spec.outputs.values(), strict=False):
        if not is_of(value, output.socket):
            said.append(f'output "{output.name}" is of type {type_name(type(value))}, not {output.socket}')
        elif isinstance(value, (Image, Mask)):
            said += [f'output "{output.name}": {c}' for c in _picture_complaints(value)]
    return said


def _picture_complaints(value: Image | Mask) -> list[str]:
    tensor = value.pixels if isinstance(value, Image) else value.values
    rank = 4 if isinstance(value, Image) else 3
    if tensor.ndim != rank or (rank == 4 and tensor.shape[-1] not in (3, 4)):
        shape = "(B, H, W, 3 or 4)" if rank == 4 else "(B, H, W)"
        return [f"its shape is {tuple(tensor.shape)}, not {shape}"]
    said = [] if str(tensor.dtype) == "torch.float32" else [f"its numbers are {tensor.dtype}, not float32"]
    if tensor.numel() and not (tensor.min() >= 0 and tensor.max() <= 1):
        said.append(f"it goes from {tensor.min():g} to {tensor.max():g}, not 0 to 1")
    return said


def is_of(value: Any, socket: Socket) -> bool:
    """Whether a value that a node returned is of the type that it declared."""
    match socket:
        case Named("Any" | "Json"):
            return True
        case Named("None"):
            return value is None
        case Named("float"):
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        case Named(name):
            return any(type_name(c) == name for c in type(value).__mro__)
        case Choice(values):
            return value in values
        case ListOf(item):
            return isinstance(value, list) and all(is_of(v, item) for v in value)
        case Union(members):
            return any(is_of(value, m) for m in members)
    return is_of(value, socket.bound or sockets.ANY)


def same(a: Any, b: Any) -> bool:
    """Whether two values are equal to the last bit, through dataclasses, lists and tensors."""
    if type(a) is not type(b):
        return False
    if hasattr(a, "untyped_storage"):
        return bool(a.shape == b.shape and a.dtype == b.dtype and (a.isclose(b, rtol=0, atol=0, equal_nan=True)).all())
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, Mapping):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if is_dataclass(a):
        return all(same(getattr(a, f.name), getattr(b, f.name)) for f in fields(a))
    return bool(a == b)


def _said(error: Exception) -> str:
    return f"raises {type(error).__name__}: {error}"
