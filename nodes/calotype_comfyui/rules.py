"""How a type of ComfyUI becomes one of ours, as data, and how its values are said here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Convert = Callable[[Any], Any]
"""A value as ours; raises ValueError where there is no counterpart."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The counterpart of one type.

    links, widgets: input there -> inputs here; an input here that ends in [] takes several, in order; none means that
    it has no meaning here. widgets are in the order of the editor's list. outputs: by index. converts: by input there.
    fallbacks: by input there, what stands here for a value without a counterpart. values: inputs here that are always
    the same. unless: inputs there with the values at which `note` need not be said.
    """

    type: str
    links: Mapping[str, tuple[str, ...]]
    widgets: Mapping[str, tuple[str, ...]]
    outputs: tuple[str, ...]
    converts: Mapping[str, Convert] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    unless: Mapping[str, Any] = field(default_factory=dict)
    fallbacks: Mapping[str, Any] = field(default_factory=dict)

    def targets(self, name: str) -> tuple[str, ...] | None:
        """Our inputs for one of theirs; None if it is not known."""
        found = self.links.get(name)
        return self.widgets.get(name) if found is None else found

    def place(self, name: str) -> int:
        """Where an input stands in the order of the rule, so that several for one list keep theirs."""
        order = [*self.links, *self.widgets]
        return order.index(name) if name in order else len(order)

    def usual(self, inputs: Mapping[str, Any]) -> bool:
        """Whether every value is one at which the note need not be said."""
        return bool(self.unless) and all(inputs.get(name, value) == value for name, value in self.unless.items())


def rule(
    type: str,
    links: str = "",
    widgets: str = "",
    outputs: str = "",
    *,
    converts: Mapping[str, Convert] | None = None,
    values: Mapping[str, Any] | None = None,
    note: str = "",
    unless: Mapping[str, Any] | None = None,
    fallbacks: Mapping[str, Any] | None = None,
) -> Rule:
    """A rule from words: `name` where both sides call it so, `theirs>ours`, `theirs>one,two`, `theirs>` for none."""
    return Rule(
        type,
        dict(map(_pair, links.split())),
        dict(map(_pair, widgets.split())),
        tuple(outputs.split()),
        converts or {},
        values or {},
        note,
        unless or {},
        fallbacks or {},
    )


def _pair(word: str) -> tuple[str, tuple[str, ...]]:
    theirs, arrow, ours = word.partition(">")
    return theirs, tuple(filter(None, ours.split(","))) if arrow else (theirs,)


def file(name: Any) -> Any:
    """A file by its name; folders are separated by / here."""
    if not isinstance(name, str) or not name:
        raise ValueError("it is not the name of a file")
    return {"file": name.replace("\\", "/")}


def picture(name: Any) -> Any:
    """A picture by its name. ComfyUI may say its folder behind it: `mask.png [input]`."""
    if isinstance(name, str):
        for folder in (" [input]", " [output]", " [temp]"):
            name = name.removesuffix(folder)
    return file(name)


def colour(number: Any) -> str:
    """0xRRGGBB as #rrggbb."""
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= 0xFFFFFF:
        raise ValueError("it is not a colour")
    return f"#{number:06x}"


def pure(name: Any) -> Any:
    """A colour by its name; green is as light there as it can be."""
    return "#00ff00" if name == "green" else name


def one_of(said: Mapping[Any, Any]) -> Convert:
    """Each value there as a value here."""

    def convert(value: Any) -> Any:
        if not isinstance(value, (str, bool, int)) or value not in said:
            raise ValueError("it has no counterpart")
        return said[value]

    return convert


def even(pixels: Any) -> Any:
    """A length that is even: an odd one is a pixel longer there."""
    if isinstance(pixels, bool) or not isinstance(pixels, int):
        raise ValueError("it is not a length")
    return pixels + pixels % 2


def cut_to(cell: int) -> Convert:
    """A length in whole cells of a latent: the rest is cut off there."""

    def convert(pixels: Any) -> Any:
        if isinstance(pixels, bool) or not isinstance(pixels, (int, float)):
            raise ValueError("it is not a length")
        return int(pixels) // cell * cell

    return convert


eights = cut_to(8)
