"""What inputs hold beside links: plain values, what they mean to the engine, and values that are never written."""

from dataclasses import dataclass
from typing import Annotated, Any

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
Scalar = bool | int | float | str

MAX_SEED = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Role:
    """What an input means to the engine, beyond its type: `seed`, `batch_only`, `prompt`, `family`."""

    name: str


Seed = Annotated[int, Role("seed")]
"""A seed: 0 to 2**64 - 1. In a document it may be "random"; the engine resolves it before the run."""

BatchOnly = Annotated[int, Role("batch_only")]
"""Which image of a batch to make alone, from 0, with the noise that it has in the whole batch; -1 for all of them."""

Words = Annotated[str, Role("prompt")]
"""A prompt. `embedding:NAME` in it names a file in the folder `embeddings`, whose content counts as the text does."""


class Secret:
    """A value, named by a document (`{"secret": "HUB_TOKEN"}`), that reaches no file, log, event, key or picture."""

    __slots__ = ("_value", "name")

    def __init__(self, name: str, value: str) -> None:
        self.name = name
        self._value = value

    def reveal(self) -> str:
        """The value itself, for the one call that needs it."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({self.name!r})"

    def __reduce__(self) -> Any:
        raise TypeError(f"the secret {self.name!r} cannot be written anywhere")
