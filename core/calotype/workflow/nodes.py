"""Checks of the form of nodes and of literals. By hand and in one pass, because a file may have 100,000 nodes."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite
from typing import Any

from calotype.errors import Problem, shown
from calotype.workflow.near import Nearest
from calotype.workflow.values import ID, LINK, NAME, TARGET, pointer

MAX_NODES = 1_000_000
MAX_DEPTH = 64  # of lists and objects inside a literal
MAX_REPEAT = 1000
WIDEST_INT = 64  # bits

KEYS: dict[str, tuple[type, str]] = {
    "type": (str, "a string"),
    "version": (int, "a whole number"),
    "title": (str, "a string"),
    "enabled": (bool, "true or false"),
    "inputs": (dict, "an object"),
    "map": (list, "a list of ports"),
    "repeat": (dict, 'an object like {"times": 3, "carry": {"OUT": "IN"}}'),
}
FORMS = {"from": "a link", "file": "a file", "secret": "a secret"}


def node_problems(nodes: Any, at: str, prefix: str = "") -> list[Problem]:
    """What is wrong with the form of nodes by id. prefix: what messages put before an id."""
    if not isinstance(nodes, dict):
        return []  # said elsewhere
    if len(nodes) > MAX_NODES:
        message = f"{len(nodes)} nodes are more than the {MAX_NODES} that a workflow may have"
        return [Problem(code="too-large", message=message, pointer=at)]
    found: list[Problem] = []
    near = Nearest()
    for id, node in nodes.items():
        if type(node) is dict and type(node.get("type")) is str and type(inputs := node.get("inputs", {})) is dict:
            if len(node) > 1 + ("inputs" in node):
                _check_keys(found, node, id, at, prefix)
            for name, value in inputs.items():
                if not name or not _surely_fine(value):
                    found += _value_problems(value, (at, id, name, prefix, node["type"]))
        else:
            _check_keys(found, node, id, at, prefix, near)
        if type(id) is not str or not ID.match(id):
            found.append(_bad_id(id, at, prefix))
    return found


def _surely_fine(value: Any) -> bool:
    """The quick answer for what nearly every input is: a link, a short number, a word."""
    kind = type(value)
    if kind is dict:
        return len(value) == 1 and type(text := value.get("from")) is str and LINK.match(text) is not None
    if kind is str:
        return bool(value.isascii())
    return kind is bool or (kind is int and value.bit_length() <= WIDEST_INT)


def _bad_id(id: Any, at: str, prefix: str) -> Problem:
    return Problem(
        code="node-id",
        message=f"{shown(id)} cannot be the id of a node",
        pointer=at + pointer(id),
        value=id if isinstance(id, str) else None,
        expected="a letter or digit, then letters, digits, _ and -",
    )


def _check_keys(found: list[Problem], node: Any, id: Any, at: str, prefix: str, near: Nearest | None = None) -> None:
    """Everything about a node but its inputs' values."""
    where: dict[str, Any] = {"node": f"{prefix}{id}"}
    at = at + pointer(id)
    if type(node) is not dict:
        found.append(
            Problem(code="type", message=f"{shown(node)} is not a node", pointer=at, expected="an object", **where)
        )
        return
    if type(node.get("type")) is str:
        where["type"] = node["type"]
    if "type" not in node:
        meant = near("type", map(str, node)) if near else None
        hint = f'Is "{meant}" meant?' if meant else None
        found.append(Problem(code="missing", message='the key "type" is missing', pointer=at, hint=hint, **where))
    for key, value in node.items():
        known = KEYS.get(key)
        if known is None:
            found += literal_problems(value, at + pointer(key), **where)
        elif type(value) is not known[0]:
            message = f'"{key}": {shown(value)} is not {known[1]}'
            found.append(Problem(code="type", message=message, pointer=f"{at}/{key}", expected=known[1], **where))
        else:
            found += _key_problems(key, value, f"{at}/{key}", where)


def _key_problems(key: str, value: Any, at: str, where: dict[str, Any]) -> Iterable[Problem]:
    def wrong(message: str, expected: str, deeper: str = "") -> Problem:
        return Problem(code="range", message=message, pointer=at + deeper, expected=expected, **where)

    if key == "version" and value < 1:
        yield wrong(f'"version": {value} is below 1', "1 or more")
    if key in ("type", "title"):
        yield from literal_problems(value, at, **where)
    if key == "map" and not (value and all(type(p) is str for p in value) and len(set(value)) == len(value)):
        yield wrong(f'"map": {shown(value)} is not a list of ports', "the names of one or more ports, each once")
    if key == "repeat":
        times, carry = value.get("times"), value.get("carry", {})
        if type(times) is not int or not 1 <= times <= MAX_REPEAT:
            bounds = f"1 to {MAX_REPEAT}"
            yield wrong(f'"repeat": "times" is {shown(times)}, not a number from {bounds}', bounds, "/times")
        if type(carry) is not dict or not all(type(v) is str for v in carry.values()):
            yield wrong(f'"repeat": "carry" is {shown(carry)}', "an object from output ports to input ports", "/carry")


Spot = tuple[str, Any, Any, str, str]  # pointer of the nodes, id, input, prefix, node type


def _value_problems(value: Any, spot: Spot) -> list[Problem]:
    """What is wrong at one input: with a link, a file, a secret, a literal, or items of a list."""
    at, id, name, prefix, kind = spot
    where = {"node": f"{prefix}{id}", "type": kind, "input": str(name)}
    at = at + pointer(id, "inputs", name)
    if type(name) is not str or not name:
        return [Problem(code="input-name", message=f"{shown(name)} cannot name an input", pointer=at, **where)]
    if type(value) is not list:
        return _item_problems(value, at, where)
    return [p for i, item in enumerate(value) for p in _item_problems(item, f"{at}/{i}", where)]


def _item_problems(value: Any, at: str, where: dict[str, Any]) -> list[Problem]:
    form = next((key for key in FORMS if key in value), None) if type(value) is dict else None
    if form is None:
        return literal_problems(value, at, **where)
    text, more = value[form], set(value) - {form, "hash"} if form == "file" else set(value) - {form}
    wrong = None
    if type(text) is not str or not text:
        wrong = f"{shown(text)} is not the name of {FORMS[form]}"
    elif form == "from" and not LINK.match(text):
        wrong = f'{shown(text)} is not a link; it names an output as "node.output"'
    elif form == "file" and type(value.get("hash", "")) is not str:
        wrong = f"{shown(value['hash'])} is not a hash"
    elif form != "file" and more:
        wrong = f"{FORMS[form]} has no {shown(min(map(str, more)))}"
    if wrong is None:
        return literal_problems(value, at, **where)
    hint = 'A literal object with this key is written {"value": {...}}.' if more else None
    return [Problem(code=f"bad-{FORMS[form][2:]}", message=wrong, pointer=at, hint=hint, **where)]


def literal_problems(value: Any, at: str, **where: Any) -> list[Problem]:
    """What JSON cannot say again: numbers that are not finite, too wide, half characters; and too deep nesting."""
    found: list[Problem] = []
    waiting: list[tuple[Any, str, int]] = [(value, at, 0)]
    while waiting:
        value, at, depth = waiting.pop()
        wrong = _scalar_problem(value)
        if wrong is not None:
            found.append(Problem(code=wrong[0], message=wrong[1], pointer=at, **where))
        elif isinstance(value, (dict, list)):
            if depth == MAX_DEPTH:
                found.append(Problem(code="too-deep", message="lists and objects are nested too deeply here", **where))
                break
            items = value.items() if isinstance(value, dict) else enumerate(value)
            inside = [(v, at + pointer(k), depth + 1) for k, v in items]
            waiting.extend(reversed(inside))
            if isinstance(value, dict):
                found += [p for k in value if (p := _key_problem(k, at, where))]
    return found


def _key_problem(key: Any, at: str, where: dict[str, Any]) -> Problem | None:
    wrong = _scalar_problem(key) if type(key) is str else ("not-json", f"{shown(key)} cannot be a key of an object")
    return Problem(code=wrong[0], message=wrong[1], pointer=at, **where) if wrong else None


def _scalar_problem(value: Any) -> tuple[str, str] | None:
    kind = type(value)
    if kind is str:
        if not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value):
            return "half-character", f"{shown(value)} has half a character (a lone surrogate) in it"
    elif kind is float:
        if not isfinite(value):
            return "not-finite", f"{value} is not a finite number"
    elif kind is int:
        if value.bit_length() > WIDEST_INT:
            return "range", f"a number of {value.bit_length()} bits is too large"
    elif value is not None and not isinstance(value, (bool, dict, list)):
        return "not-json", f"a value of the Python type {kind.__name__} cannot stand in a file"
    return None


def port_problems(said: dict[str, Any], at: str, subgraph: str = "") -> list[Problem]:
    """What is wrong with the form of ports: names, `to` and `from`."""
    found = []
    for side, key, form, like in (
        ("inputs", "to", TARGET, "node.input"),
        ("outputs", "from", LINK, "node.output"),
    ):
        ports = said.get(side)
        for name, port in ports.items() if isinstance(ports, dict) else ():
            here = at + pointer(side, name)
            if subgraph and not (type(name) is str and NAME.match(name)):
                found.append(Problem(code="port-name", message=f"{shown(name)} cannot name a port", pointer=here))
            ends = port.get(key, []) if isinstance(port, dict) else []
            for text in ends if isinstance(ends, list) else [ends]:
                if type(text) is str and not form.match(text):
                    message = f'{shown(text)} does not name an {side[:-1]} as "{like}"'
                    found.append(Problem(code="bad-port", message=message, pointer=f"{here}/{key}", value=text))
    return found
