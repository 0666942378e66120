"""Arithmetic from text, by walking the syntax tree over a list of what is allowed. Nothing is ever executed."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

Number = int | float

LONGEST = 500  # characters
LARGEST = 4096  # bits of a whole number

BINARY: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
UNARY: dict[type[ast.AST], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    name: getattr(math, name) for name in ("ceil", "cos", "exp", "floor", "log", "log2", "sin", "sqrt", "tan")
} | {"abs": abs, "max": max, "min": min, "round": round, "int": int}
CONSTANTS: dict[str, Number] = {"pi": math.pi, "e": math.e}


def evaluate(text: str, names: Mapping[str, Number]) -> Number:
    """The value of an expression such as `a * b + 1` or `max(a, b) if c > 0 else 0`.

    Raises ValueError with the offending part for anything but arithmetic, and for a value that is not finite.
    """
    if len(text) > LONGEST:
        raise ValueError(f"the expression has {len(text)} characters; at most {LONGEST} are read")
    try:
        tree = ast.parse(text.strip(), mode="eval")
        value: Number = _value(tree.body, {**CONSTANTS, **names})
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError(f"{text!r} is not an expression: {getattr(error, 'msg', None) or error}") from error
    except (ArithmeticError, TypeError) as error:
        raise ValueError(f"{text!r} cannot be computed: {error}") from error
    if isinstance(value, complex) or not math.isfinite(value):
        raise ValueError(f"{text!r} is {value}, which is not a finite number")
    return value


def _value(node: ast.expr, names: Mapping[str, Number]) -> Any:
    match node:
        case ast.Constant(value=bool() | int() | float()):
            return node.value
        case ast.Name(id=name) if name in names:
            return names[name]
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return _power(_value(left, names), _value(right, names))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in BINARY:
            return BINARY[type(op)](_value(left, names), _value(right, names))
        case ast.UnaryOp(op=op, operand=operand) if type(op) in UNARY:
            return UNARY[type(op)](_value(operand, names))
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in BINARY:
            return BINARY[type(op)](_value(left, names), _value(right, names))
        case ast.BoolOp(op=op, values=values):
            return (all if isinstance(op, ast.And) else any)(_value(v, names) for v in values)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return _value(body if _value(test, names) else orelse, names)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in FUNCTIONS:
            return _call(name, [_value(a, names) for a in args])
    allowed = ", ".join(sorted({*names, *FUNCTIONS}))
    raise ValueError(f"{ast.unparse(node)!r} is not allowed in an expression; names are {allowed}")


def _call(name: str, args: list[Any]) -> Any:
    try:
        return FUNCTIONS[name](*args)
    except ValueError as error:  # outside of the function's domain
        raise ArithmeticError(f"{name}: {error}") from error


def _power(base: Number, exponent: Number) -> Any:
    whole = isinstance(base, int) and isinstance(exponent, int)
    if whole and base.bit_length() * abs(exponent) > LARGEST:  # type: ignore[union-attr]
        return float(base) ** exponent
    return base**exponent
