"""Everything that can go wrong, as one tree.

CalotypeError
├── WorkflowError       the document cannot be read or written
│   └── LibraryError    the library cannot keep, find or change a document as asked
│       ├── UnknownWorkflow  there is no such document, revision or draft
│       ├── NameTaken   another document has the name, or one that some systems take for it
│       ├── ReadOnly    a shipped template cannot be changed
│       └── Conflict    the document is not what the change was made to; both sides are kept
├── GraphError          the graph cannot be ordered or built
├── ValidationError     the document reads, but must not run: carries every problem
├── RegistryError       node types: unknown, duplicate
│   └── DefinitionError a node class is declared wrongly
├── PluginError         a plugin cannot be loaded or conforms badly
├── FileError           a file is missing, unsafe to reach, or not what it should be
├── ModelError          weights cannot be used
│   └── FamilyMismatch  two models of different families meet
├── StoreError          stored results cannot be read or written
│   └── Occupied        another process works in the same directory
├── RunError            a run of the queue cannot be worked with so
│   ├── UnknownRun      there never was one of that id
│   ├── WrongState      it is not in a state in which this can be done
│   └── LeaseLost       somebody else works on it by now
├── WorkerError         a worker is gone, or does not answer
└── ExecutionError      a run did not end well
    ├── NodeError       a node raised; the author's traceback is kept
    │   ├── MutationError  a node changed one of its inputs in place
    │   └── OutOfMemory    a device had not enough memory for a node
    └── Cancelled       somebody asked for it
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

SHOWN_VALUE = 80  # characters of a value that a message repeats


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One thing that is wrong, said so that it can be mended: what, where, what to do.

    `code` is stable and meant for programs; `message` is one clause for people. `pointer` is the JSON pointer of the
    offending part of the document. `hint` says what to do; `suggestion` is a value that would be accepted, if one is
    near.
    """

    code: str
    message: str
    node: str | None = None
    type: str | None = None
    input: str | None = None
    value: Any = None
    expected: str | None = None
    hint: str | None = None
    suggestion: str | None = None
    pointer: str | None = None

    def __str__(self) -> str:
        place = self.place
        return f"{place}: {self.message}{self.remedy}" if place else f"{self.message}{self.remedy}"

    @property
    def place(self) -> str:
        """Where it is: `node "sampler" (KSampler), input "steps"`, or the JSON pointer outside of nodes."""
        if self.node is None:
            return self.pointer or ""
        kind = f" ({self.type})" if self.type else ""
        where = f', input "{self.input}"' if self.input else ""
        return f'node "{self.node}"{kind}{where}'

    @property
    def remedy(self) -> str:
        """What to do, as trailing sentences."""
        said = f'. Did you mean "{self.suggestion}"?' if self.suggestion else ""
        return f"{said}{' ' if said else '. '}{self.hint}" if self.hint else said

    def to_dict(self) -> dict[str, Any]:
        """The fields that are set, plus `text`, the whole sentence."""
        said = {f.name: getattr(self, f.name) for f in fields(self)}
        return {k: v for k, v in said.items() if v is not None} | {"text": str(self)}


def shown(value: object) -> str:
    """A value as a message repeats it: short, on one line."""
    text = repr(value)
    return text if len(text) <= SHOWN_VALUE else text[: SHOWN_VALUE - 1] + "…"


class CalotypeError(Exception):
    """The root. `code` names the kind of error for programs; `problems` has the details, at least one."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.problems: tuple[Problem, ...] = tuple(problems)

    @property
    def message(self) -> str:
        """The whole message."""
        return str(self)

    def to_dict(self) -> dict[str, Any]:
        """The same shape on the command line, over HTTP and in events."""
        return {"code": self.code, "message": self.message, "problems": [p.to_dict() for p in self.problems]}


class WorkflowError(CalotypeError):
    """The document cannot be read or written."""

    code = "workflow"


class LibraryError(WorkflowError):
    """The library cannot keep, find or change a document as asked."""

    code = "library"

    @classmethod
    def saying(cls, message: str, **said: Any) -> Self:
        """One error with one problem, of the class's own code. said: fields of `Problem`."""
        problem = Problem(**{"code": cls.code, "message": message, **said})
        return cls(str(problem), [problem])


class UnknownWorkflow(LibraryError):
    """There is no such document, revision or draft."""

    code = "unknown-workflow"


class NameTaken(LibraryError):
    """Another document has this name, or one that some systems take for it."""

    code = "name-taken"


class ReadOnly(LibraryError):
    """A template that ships with the program cannot be changed."""

    code = "read-only"


class Conflict(LibraryError):
    """The document is not what the change was made to.

    current: the ETag of what is there, empty where nothing is; draft: the client under whose name the refused side was
    kept as a draft, None where there was nothing to keep.
    """

    code = "conflict"

    def __init__(
        self, message: str, problems: Sequence[Problem] = (), current: str = "", draft: str | None = None
    ) -> None:
        super().__init__(message, problems)
        self.current = current
        self.draft = draft

    def to_dict(self) -> dict[str, Any]:
        """With both sides, so that a client can offer them."""
        return super().to_dict() | {"current": self.current, "draft": self.draft}


class GraphError(CalotypeError):
    """The graph cannot be built or ordered."""

    code = "graph"


class ValidationError(CalotypeError):
    """The document reads, but must not run. Every problem is in `problems`."""

    code = "validation"

    @classmethod
    def of(cls, problems: Iterable[Problem], name: str = "the workflow") -> ValidationError:
        """One error for all problems; the message lists them one a line."""
        found = tuple(problems)
        count = f"{len(found)} problem{'s' if len(found) != 1 else ''}"
        return cls("\n".join([f"{name} has {count}:", *(f"  {p}" for p in found)]), found)


class RegistryError(CalotypeError):
    """A node type is unknown, or two of them claim one id."""

    code = "registry"


class DefinitionError(RegistryError):
    """A node class is declared wrongly; the message names the file, the class and the field."""

    code = "definition"


class PluginError(CalotypeError):
    """A plugin cannot be loaded, or does not conform."""

    code = "plugin"


class FileError(CalotypeError):
    """A file is missing, may not be reached, or is not what it should be."""

    code = "file"


class ModelError(CalotypeError):
    """Weights cannot be used: damaged, of an unknown family, or not safetensors."""

    code = "model"


class FamilyMismatch(ModelError):
    """Two models of different families meet."""

    code = "family-mismatch"


class StoreError(CalotypeError):
    """Stored results cannot be read or written."""

    code = "store"


class Occupied(StoreError):
    """Another process works in the same directory."""

    code = "occupied"


class RunError(CalotypeError):
    """A run of the queue cannot be worked with so."""

    code = "run"


class UnknownRun(RunError):
    """There never was a run of that id."""

    code = "unknown-run"


class WrongState(RunError):
    """The run is not in a state in which this can be done."""

    code = "wrong-state"


class LeaseLost(RunError):
    """Somebody else works on the run by now, or it has ended."""

    code = "lease-lost"


class WorkerError(CalotypeError):
    """A worker is gone, or does not answer."""

    code = "worker"


class ExecutionError(CalotypeError):
    """A run did not end well."""

    code = "execution"


class NodeError(ExecutionError):
    """A node raised. The original exception, with its author's traceback, is `__cause__`.

    traceback: the same as text, where it crosses to another process or to a file; else empty.
    """

    code = "node"
    traceback: str = ""

    def __init__(self, node: str, type: str, reason: str, *, hint: str | None = None) -> None:
        problem = Problem(code=self.code, node=node, type=type, message=reason, hint=hint)
        super().__init__(str(problem), [problem])
        self.node = node
        self.type = type

    def to_dict(self) -> dict[str, Any]:
        """As every error, with the traceback of the node's author."""
        return super().to_dict() | ({"traceback": self.traceback} if self.traceback else {})


class MutationError(NodeError):
    """A node changed one of its inputs in place."""

    code = "mutation"


class OutOfMemory(NodeError):
    """A device had not enough memory for a node."""

    code = "out-of-memory"


class Cancelled(ExecutionError):
    """Somebody asked for the run to stop."""

    code = "cancelled"


EXIT_CODES: dict[type[CalotypeError], int] = {
    # command line; 0 is success, 2 is a wrong command line (as the field's tools have it)
    CalotypeError: 1,
    ExecutionError: 1,
    WorkflowError: 3,
    GraphError: 3,
    ValidationError: 3,
    RegistryError: 3,
    FileError: 4,
    ModelError: 4,
    PluginError: 5,
    StoreError: 6,
    RunError: 4,
    WorkerError: 1,
    Cancelled: 130,
}
HTTP_STATUSES: dict[type[CalotypeError], int] = {
    CalotypeError: 500,
    WorkflowError: 400,
    LibraryError: 422,
    UnknownWorkflow: 404,
    NameTaken: 409,
    ReadOnly: 403,
    Conflict: 409,
    GraphError: 422,
    ValidationError: 422,
    RegistryError: 422,
    FileError: 422,
    ModelError: 422,
    PluginError: 422,
    StoreError: 500,
    Occupied: 409,
    RunError: 409,
    UnknownRun: 404,
    WorkerError: 503,
    ExecutionError: 500,
    Cancelled: 409,
}


def exit_code(error: CalotypeError) -> int:
    """The exit code of the command line for an error: that of its nearest listed ancestor."""
    return next(EXIT_CODES[c] for c in type(error).__mro__ if c in EXIT_CODES)


def http_status(error: CalotypeError) -> int:
    """The HTTP status for an error: that of its nearest listed ancestor."""
    return next(HTTP_STATUSES[c] for c in type(error).__mro__ if c in HTTP_STATUSES)
