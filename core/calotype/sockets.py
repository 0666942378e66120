"""Typed ends of links: what fits into what, as pure functions over small data.

A socket type is one of `Named` (a type by name), `Choice` (one of some words or numbers), `Union`, `ListOf`, and `Var`
(a type variable, the same within one node). `fit` says whether a source goes into a target; `convert` makes the value.
"""

from __future__ import annotations

import colorsys
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any


@dataclass(frozen=True, slots=True)
class Named:
    """A type by its name: "Image", "int", "film_grain.Grain". "Any" fits everything."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Choice:
    """One of these values."""

    values: tuple[str | int | bool, ...]

    def __str__(self) -> str:
        words = (v if isinstance(v, str) and v.isprintable() else repr(v) for v in self.values)
        return "one of " + ", ".join(words)  # on one line, whatever the words are


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list on one link."""

    item: Socket

    def __str__(self) -> str:
        return f"list[{self.item}]"


@dataclass(frozen=True, slots=True)
class Union:
    """Any of these. A `None` member makes the socket optional."""

    members: tuple[Socket, ...]

    def __str__(self) -> str:
        return " | ".join(map(str, self.members))


@dataclass(frozen=True, slots=True)
class Var:
    """A type variable: everything that is linked to the same variable of one node has one type."""

    name: str
    bound: Socket | None = None

    def __str__(self) -> str:
        return self.name


Socket = Named | Choice | ListOf | Union | Var
Bindings = Mapping[str, Socket]

ANY = Named("Any")
NONE = Named("None")
INT, FLOAT, STR, BOOL = Named("int"), Named("float"), Named("str"), Named("bool")
SCALARS = frozenset({"int", "float", "str", "bool", "None", "Json"})


def fit(source: Socket, target: Socket, bound: Bindings) -> Bindings | None:
    """Whether a value of type `source` goes into `target`: the bindings after it, or None if it does not.

    `bound` are the type variables of the target's node so far. The source is free of variables (see `substitute`).
    """
    if source == target or ANY in (source, target):
        return bound
    match source, target:
        case Union(members), _:
            return _fit_every(members, target, bound)
        case _, Var():
            return _fit_variable(source, target, bound)
        case _, Union(members):
            return next((b for b in (fit(source, m, bound) for m in members) if b is not None), None)
        case ListOf(one), ListOf(other):
            return fit(one, other, bound)
        case Named("int"), Named("float"):
            return bound
        case Choice(values), Choice(accepted):
            return bound if set(values) <= set(accepted) else None
        case Choice(values), Named(name):
            return bound if all(type(v).__name__ == name for v in values) else None
        case Named("str"), Choice():
            return bound  # the value is checked when it is there
    return None


def _fit_every(members: tuple[Socket, ...], target: Socket, bound: Bindings) -> Bindings | None:
    for member in members:
        after = fit(member, target, bound)
        if after is None:
            return None
        bound = after
    return bound


def _fit_variable(source: Socket, target: Var, bound: Bindings) -> Bindings | None:
    known = bound.get(target.name)
    if known is not None:
        return fit(source, known, bound)
    if target.bound is not None and fit(source, target.bound, bound) is None:
        return None
    return {**bound, target.name: source}


def substitute(socket: Socket, bound: Bindings) -> Socket:
    """The type with its variables replaced; an unbound variable becomes its bound, or Any."""
    match socket:
        case Var(name, limit):
            return bound.get(name, limit or ANY)
        case ListOf(item):
            return ListOf(substitute(item, bound))
        case Union(members):
            return Union(tuple(substitute(m, bound) for m in members))
    return socket


def convert(value: Any, target: Socket) -> Any:
    """The value as `target` wants it: an int becomes a float where only a float is meant; else itself."""
    if target == FLOAT and type(value) is int:
        return float(value)
    return value


def optional(socket: Socket) -> bool:
    """Whether None goes in."""
    return socket in (NONE, ANY) or (isinstance(socket, Union) and NONE in socket.members)


@lru_cache(1024)  # validation asks at every link
def names(socket: Socket) -> frozenset[str]:
    """The names of the plain types inside."""
    match socket:
        case Named(name):
            return frozenset({name})
        case ListOf(item):
            return names(item)
        case Union(members):
            return frozenset().union(*(names(m) for m in members))
        case Var(_, limit):
            return names(limit) if limit else frozenset()
    return frozenset(type(v).__name__ for v in socket.values)


def to_json(socket: Socket) -> Any:
    """A socket type as JSON: a name, or an object with one key."""
    match socket:
        case Named(name):
            return name
        case Choice(values):
            return {"choice": list(values)}
        case ListOf(item):
            return {"list": to_json(item)}
        case Union(members):
            return {"union": [to_json(m) for m in members]}
    return {"var": socket.name, "bound": to_json(socket.bound) if socket.bound else None}


def from_json(said: Any) -> Socket:
    """The inverse of `to_json`."""
    if isinstance(said, str):
        return Named(said)
    match said:
        case {"choice": values}:
            return Choice(tuple(values))
        case {"list": item}:
            return ListOf(from_json(item))
        case {"union": members}:
            return Union(tuple(from_json(m) for m in members))
        case {"var": name, "bound": limit}:
            return Var(name, from_json(limit) if limit else None)
    raise ValueError(f"not a socket type: {said!r}")


@lru_cache
def colour(name: str) -> str:
    """A colour for a type name, `#rrggbb`: the same everywhere, spread over the hues."""
    digest = hashlib.blake2b(name.encode(), digest_size=4).digest()
    hue, light = int.from_bytes(digest[:2], "big") / 65536, 0.55 + digest[2] / 255 * 0.15
    return "#" + "".join(f"{round(c * 255):02x}" for c in colorsys.hls_to_rgb(hue, light, 0.55))
