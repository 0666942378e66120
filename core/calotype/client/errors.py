"""What a server refuses becomes the error that the same mistake raises without a server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from calotype.errors import CalotypeError, NodeError, Problem

KNOWN = frozenset(f.name for f in fields(Problem))


class ServerError(CalotypeError):
    """A server refused a request. status: of HTTP; code: what it is, for programs."""

    code = "server"

    def __init__(self, message: str, problems: tuple[Problem, ...] = (), *, status: int = 0, code: str = "") -> None:
        super().__init__(message, problems)
        self.status = status
        self.kind = code or self.code

    def to_dict(self) -> dict[str, Any]:
        """With what the server called it."""
        return super().to_dict() | {"code": self.kind, "status": self.status}


class Unreachable(ServerError):
    """No server answers there."""

    code = "unreachable"


def error_of(said: Mapping[str, Any], status: int = 0) -> CalotypeError:
    """The error in problem details, or in what a run ended with: of the class that its code names."""
    code = str(said.get("code", ""))
    message = str(said.get("detail") or said.get("message") or f"the server answered {status}")
    problems = tuple(map(_problem, said.get("problems") or ()))
    kind = _by_code().get(code)
    if kind is None:
        return ServerError(message, problems, status=status, code=code)
    error = kind.__new__(kind)
    CalotypeError.__init__(error, message, problems)
    if isinstance(error, NodeError):
        first = problems[0] if problems else Problem(code=code, message=message)
        error.node, error.type = first.node or "", first.type or ""
    vars(error).setdefault("current", "")
    vars(error).setdefault("draft", None)
    return error


def _by_code() -> dict[str, type[CalotypeError]]:
    found: dict[str, type[CalotypeError]] = {}
    for kind in _below(CalotypeError):
        if kind.__module__ == CalotypeError.__module__:
            found.setdefault(kind.code, kind)
    return found


def _below(kind: type[CalotypeError]) -> Iterator[type[CalotypeError]]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)


def _problem(said: Mapping[str, Any]) -> Problem:
    given: dict[str, Any] = {k: v for k, v in said.items() if k in KNOWN}
    return Problem(**{"code": "", "message": str(said.get("text", ""))} | given)
