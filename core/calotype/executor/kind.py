"""What computing needs to know of a node type, worked out once for all nodes of that type in a run."""

from __future__ import annotations

from calotype.node import InputSpec, Node, NodeSpec
from calotype.sockets import Named

FREE: dict[str, type] = {"int": int, "str": str, "bool": bool}


class Kind:
    """A node type in a run.

    special: the inputs that a node sees otherwise than they are written: variadic ones and secrets. outputs: their
    names, in order. free: the inputs that accept over a link whatever is of a plain type, with that type.
    """

    __slots__ = ("cls", "free", "outputs", "special")

    def __init__(self, spec: NodeSpec, cls: type[Node]) -> None:
        self.cls = cls
        self.special = tuple(i.name for i in spec.inputs.values() if i.variadic or i.secret)
        self.outputs = tuple(spec.outputs)
        self.free = {i.name: kind for i in spec.inputs.values() if (kind := _free(i)) is not None}


def _free(spec: InputSpec) -> type | None:
    """The type of which an input accepts every value: it has no range, and nothing is converted for it."""
    if not isinstance(spec.socket, Named) or (spec.ge, spec.le, spec.multiple_of) != (None, None, None):
        return None
    return FREE.get(spec.socket.name)
