"""Errors as problem details (RFC 9457): one shape for every 4xx and 5xx."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from calotype.errors import CalotypeError, Problem, http_status

MEDIA_TYPE = "application/problem+json"
BLANK = "about:blank"
OF_A_BODY = frozenset({400, 413, 422})  # statuses that are about what was sent: they always say where


class ProblemItem(BaseModel):
    """One thing that is wrong: what, where, what to do."""

    model_config = ConfigDict(extra="allow", defer_build=True)

    code: str
    message: str
    text: str = Field(description="The whole sentence, with the place and what to do.")
    pointer: str | None = Field(None, description="JSON pointer of the offending part of the body.")
    node: str | None = None
    input: str | None = None
    value: Any = None
    expected: str | None = None
    hint: str | None = None
    suggestion: str | None = Field(None, description="A value that would be accepted.")


class ProblemDetails(BaseModel):
    """An error, as problem details (RFC 9457)."""

    model_config = ConfigDict(extra="allow", defer_build=True)

    type: str = BLANK
    title: str
    status: int
    detail: str
    code: str
    pointer: str | None = None
    suggestion: str | None = None
    problems: list[ProblemItem] = []


class Refused(Exception):
    """A request that is not carried out. Raise it anywhere in a handler; it becomes the answer."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        pointer: str | None = None,
        suggestion: str | None = None,
        problems: Iterable[Problem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail
        self.pointer, self.suggestion = pointer, suggestion
        self.problems = tuple(problems)
        self.headers = dict(headers or {})

    @classmethod
    def of(cls, error: CalotypeError, status: int | None = None, at: str = "") -> Refused:
        """An error of ours. at: JSON pointer of the document in the body, before which problems' pointers stand."""
        problems = [moved(p, at) for p in error.problems]
        return cls(status or http_status(error), error.code, str(error), problems=problems)

    @classmethod
    def missing(cls, what: str, name: str, suggestion: str | None = None) -> Refused:
        """404: there is no such thing."""
        near = f' Did you mean "{suggestion}"?' if suggestion else ""
        return cls(404, "not-found", f'there is no {what} "{name[:200]}"{near}', suggestion=suggestion)

    def to_dict(self) -> dict[str, Any]:
        """The body of the answer."""
        first = self.problems[0] if self.problems else None
        said: dict[str, Any] = {
            "type": BLANK,
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "problems": [p.to_dict() for p in self.problems],
        }
        pointer = self.pointer if self.pointer is not None else first.pointer if first else None
        if pointer is None and self.status in OF_A_BODY:
            pointer = ""  # the body as a whole
        suggestion = self.suggestion or (first.suggestion if first else None)
        return (
            said
            | ({} if pointer is None else {"pointer": pointer})
            | ({"suggestion": suggestion} if suggestion else {})
        )

    def response(self) -> web.Response:
        """The answer."""
        body = orjson.dumps(self.to_dict(), default=str, option=orjson.OPT_NON_STR_KEYS)
        return web.Response(status=self.status, body=body, content_type=MEDIA_TYPE, headers=self.headers)


def moved(problem: Problem, at: str) -> Problem:
    """A problem whose pointer is meant inside a part of the body. Without one, it is about that part as a whole."""
    from dataclasses import replace

    return replace(problem, pointer=at + (problem.pointer or ""))
