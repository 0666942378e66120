"""What checking needs to know of a node type, worked out once a type."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from calotype import sockets
from calotype.diffusion.text.mentions import MARK
from calotype.node import InputSpec, NodeSpec
from calotype.sockets import Choice, ListOf, Named, Socket, Union, Var
from calotype.types import MAX_SEED
from calotype.workflow.seeds import RANDOM

LONGEST = 2**20  # characters of a text
BEARING = frozenset(
    {
        "Model",
        "Clip",
        "Vae",
        "Conditioning",
        "Latent",
        "ControlNet",
        "Guider",
        "ClipVision",
        "ImageFeatures",
        "StyleModel",
    }
)
READ = frozenset({"UpscaleModel"})  # recipes that meet nothing, whose files are looked into all the same
MODEL_FOLDERS = frozenset(
    {
        "checkpoints",
        "controlnet",
        "loras",
        "vae",
        "unet",
        "diffusion_models",
        "clip",
        "text_encoders",
        "upscale_models",
        "clip_vision",
        "style_models",
        "embeddings",
    }
)

Quick = Callable[[object], bool]


class Shape:
    """A node type as checking needs it.

    quick: for inputs of plain types, whether a literal is surely fine. required: inputs without a default. outputs:
    types by name. generic: whether it has type variables. families: whether model families meet or pass
    here, or are read from files. A plugin's node that gives none of our recipes may read models that we do not know.
    """

    __slots__ = ("families", "generic", "linked", "outputs", "quick", "required", "spec")

    def __init__(self, spec: NodeSpec) -> None:
        self.spec = spec
        self.quick: dict[str, Quick] = {i.name: q for i in spec.inputs.values() if (q := _quick(i)) is not None}
        self.required = tuple(i.name for i in spec.inputs.values() if i.required)
        self.outputs: dict[str, Socket] = {o.name: o.socket for o in spec.outputs.values()}
        ends = [i.socket for i in spec.inputs.values()] + list(self.outputs.values())
        self.generic = any(variable(s) for s in ends)
        self.linked = {i.name: (i.socket, i.variadic) for i in spec.inputs.values()}
        self.families = self.generic or any(sockets.names(s) & (BEARING | READ) for s in ends)


def variable(socket: Socket) -> bool:
    """Whether a type has a type variable in it."""
    match socket:
        case Var():
            return True
        case ListOf(item):
            return variable(item)
        case Union(members):
            return any(variable(m) for m in members)
    return False


def _quick(spec: InputSpec) -> Quick | None:
    """A test that is cheap and never says yes wrongly; None where there is none."""
    if spec.variadic or spec.folder or spec.secret:
        return None
    low = -inf if spec.ge is None else spec.ge
    high = inf if spec.le is None else spec.le
    match spec.socket:
        case Named("int") if spec.role == "seed":
            return lambda v: (type(v) is int and 0 <= v <= MAX_SEED) or v == RANDOM
        case Named("int") if spec.multiple_of:
            unit = spec.multiple_of
            return lambda v: type(v) is int and low <= v <= high and v % unit == 0
        case Named("int"):
            return lambda v: type(v) is int and low <= v <= high
        case Named("float"):
            return lambda v: (type(v) is float or type(v) is int) and low <= v <= high and -inf < v < inf
        case Named("str") if spec.role == "prompt":
            return lambda v: type(v) is str and len(v) <= LONGEST and MARK not in v
        case Named("str"):
            return lambda v: type(v) is str and len(v) <= LONGEST
        case Named("bool"):
            return lambda v: type(v) is bool
        case Choice(values):
            known = {(type(v), v) for v in values}
            return lambda v: type(v) in (str, int, bool) and (type(v), v) in known
    return None
