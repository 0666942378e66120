"""The base class of all nodes, and the specifier of their inputs."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, dataclass_transform

_MISSING: Any = dataclasses.MISSING


def Input(
    *,
    default: Any = _MISSING,
    doc: str = "",
    ge: float | None = None,
    le: float | None = None,
    step: float | None = None,
    multiple_of: int | None = None,
    multiline: bool = False,
    folder: str | None = None,
    lazy: bool = False,
    least: int = 0,
    when: tuple[str, Any] | None = None,
    widget: str | None = None,
) -> Any:
    """Say more of an input than its type and default.

    ge, le: range of a number, inclusive. multiple_of: of what a whole number must be a multiple. step, multiline: for
    the widget. folder: for a `FileRef`, the folder of the host that it names a file in. lazy: evaluated only if
    `wants()` returns its name. least: for a variadic input (`tuple[T, ...]`), how many at least. when: (other input,
    value): shown and required only then. widget: the plugin's own custom element that edits it, from `web/NAME.js` in
    the plugin's package.
    """
    said: dict[str, Any] = {
        "doc": doc,
        "ge": ge,
        "le": le,
        "step": step,
        "multiline": multiline,
        "folder": folder,
        "lazy": lazy,
    }
    said |= {"multiple_of": multiple_of, "least": least, "when": when, "widget": widget}
    return dataclasses.field(default=default, metadata=said)


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(Input,))
class Node:
    """A node type: annotated fields are its inputs, the return annotation of `run` its outputs.

    class Invert(Node, category="image"):
        \"\"\"Turn a picture into its negative.\"\"\"

        image: Image
        amount: float = Input(default=1.0, ge=0, le=1)

        def run(self) -> Image: ...

    `run(self)` or `run(self, ctx: Context)`. A `NamedTuple` is several outputs. Nodes are pure unless `volatile`.
    A node may define `fingerprint(self) -> str` (what else its result depends on), `wants(self) -> Collection[str]`
    (which lazy inputs it needs, given the others), and `migrate(cls, inputs, from_version) -> dict` (older documents).
    """

    version: ClassVar[int] = 1
    aliases: ClassVar[tuple[str, ...]] = ()
    volatile: ClassVar[bool] = False
    output: ClassVar[bool] = False
    lane: ClassVar[str] = "compute"
    same_family: ClassVar[bool] = True
    deprecated: ClassVar[str] = ""

    category: ClassVar[str] = ""

    def __init_subclass__(cls, *, category: str = "", **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.category = category or cls.category
        said = cls.__doc__
        dataclasses.dataclass(frozen=True, kw_only=True, eq=False)(cls)
        cls.__doc__ = said  # a dataclass without a docstring is given its signature for one

    if not TYPE_CHECKING:  # a subclass's own signature is the one that counts

        def run(self, *args: Any) -> Any:
            """Compute the outputs."""
            raise NotImplementedError(f"{type(self).__name__} has no run()")

    def fingerprint(self) -> str:
        """What the result depends on besides the inputs: a date, a remote file's ETag. An exception is an error."""
        return ""

    def wants(self) -> Collection[str]:
        """The lazy inputs that are needed; every other input is set when this is asked."""
        return ()

    @classmethod
    def migrate(cls, inputs: Mapping[str, Any], from_version: int) -> dict[str, Any]:
        """The inputs of a document written for an older version, as this version has them."""
        return dict(inputs)
