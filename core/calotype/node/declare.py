"""From a node class to its `NodeSpec`. A wrong declaration is a `DefinitionError` that names file, class and field."""

from __future__ import annotations

import dataclasses
import inspect
import linecache
import re
import sys
import types
import typing
from typing import Any, Literal, TypeVar, get_args, get_origin

from calotype import sockets
from calotype.errors import DefinitionError
from calotype.node.base import Node
from calotype.node.spec import REQUIRED, InputSpec, NodeSpec, OutputSpec
from calotype.sockets import Choice, ListOf, Named, Socket, Union, Var
from calotype.types import MAX_SEED, Role

LANES = ("compute", "io")
NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
ELEMENT = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+\Z")  # of the names that HTML allows for custom elements


def spec_of(cls: type[Node], prefix: str = "") -> NodeSpec:
    """The spec of a node class; `prefix` is the plugin's name, empty for built-ins. Raises DefinitionError."""
    run = cls.__dict__.get("run") or getattr(cls, "run", None)
    if run is None or run is Node.__dict__.get("run"):
        raise _wrong(cls, "has no run()")
    _check_flags(cls)
    hints = _hints(cls, cls)
    inputs = {f.name: _input(cls, f, hints[f.name]) for f in dataclasses.fields(cls)}  # type: ignore[arg-type]
    lazy = [i.name for i in inputs.values() if i.lazy]
    if lazy and cls.wants is Node.wants:
        raise _wrong(cls, "has a lazy input but no wants()", lazy[0])
    return NodeSpec(
        id=f"{prefix}.{cls.__name__}" if prefix else cls.__name__,
        inputs=inputs,
        outputs=_outputs(cls, run),
        category=cls.category,
        doc=inspect.cleandoc(cls.__doc__ or ""),
        version=cls.version,
        aliases=tuple(f"{prefix}.{a}" if prefix and "." not in a else a for a in cls.aliases),
        volatile=cls.volatile,
        output=cls.output,
        fingerprinted=cls.fingerprint is not Node.fingerprint,
        chooses=cls.wants is not Node.wants,
        migrates="migrate" in {k for c in cls.__mro__ if c is not Node for k in vars(c)},
        takes_context=len(inspect.signature(run).parameters) > 1,
        lane=cls.lane,
        same_family=cls.same_family,
        deprecated=cls.deprecated,
        source=_place(cls),
    )


def _check_flags(cls: type[Node]) -> None:
    if cls.lane not in LANES:
        raise _wrong(cls, f"lane is {cls.lane!r}; it is one of {', '.join(LANES)}")
    if not isinstance(cls.version, int) or cls.version < 1:
        raise _wrong(cls, f"version is {cls.version!r}; it is a whole number from 1")
    if isinstance(cls.aliases, str):
        raise _wrong(cls, f"aliases is the string {cls.aliases!r}; it is a tuple of names")


def _hints(cls: type[Node], of: Any) -> dict[str, Any]:
    try:
        return typing.get_type_hints(of, include_extras=True)
    except (NameError, TypeError, AttributeError) as error:
        raise _wrong(
            cls,
            f"has an annotation that cannot be read: {error}; import what it names at run time, not only "
            "under TYPE_CHECKING",
        ) from error


def _input(cls: type[Node], field: dataclasses.Field[Any], hint: Any) -> InputSpec:
    if not NAME.match(field.name):
        raise _wrong(cls, "is not a name in lower_case", field.name)
    said = dict(field.metadata)
    role = None
    if get_origin(hint) is typing.Annotated:
        role = next((m.name for m in hint.__metadata__ if isinstance(m, Role)), None)
        hint = get_args(hint)[0]
    variadic = get_origin(hint) is tuple
    if variadic:
        hint = _item(cls, field.name, hint)
    if role == "seed":
        said |= {"ge": 0, "le": MAX_SEED}
    default = REQUIRED if field.default is dataclasses.MISSING else field.default
    if variadic and default is REQUIRED and not said.get("least"):
        default = ()
    spec = InputSpec(
        name=field.name, socket=_socket(cls, field.name, hint), default=default, role=role, variadic=variadic, **said
    )
    _check_input(cls, spec)
    return spec


def _item(cls: type[Node], name: str, hint: Any) -> Any:
    args = get_args(hint)
    if len(args) != 2 or args[1] is not ...:
        raise _wrong(cls, f"is {hint}; a variadic input is tuple[T, ...]", name)
    return args[0]


def _check_input(cls: type[Node], spec: InputSpec) -> None:
    if "FileRef" in sockets.names(spec.socket) and not spec.folder:
        raise _wrong(cls, 'is a file without a folder: give Input(folder="checkpoints")', spec.name)
    if spec.widget is not None and not ELEMENT.match(spec.widget):
        raise _wrong(cls, f"has the widget {spec.widget!r}; it is a name like film-grain-curve", spec.name)
    if spec.required or spec.variadic or spec.default is None or spec.folder:
        return
    complaint = spec.complaint(spec.default)
    if complaint:
        raise _wrong(cls, f"has a default that it does not accept: {complaint[1]}", spec.name)


def _outputs(cls: type[Node], run: Any) -> dict[str, OutputSpec]:
    hints = _hints(cls, run)
    if "return" not in hints:
        raise _wrong(cls, "run() has no return annotation; it names the outputs")
    result = hints["return"]
    if result is type(None):
        return {}
    if isinstance(result, type) and issubclass(result, tuple) and hasattr(result, "_fields"):
        each = _hints(cls, result)
        return {n: OutputSpec(name=n, socket=_socket(cls, n, each[n])) for n in result._fields}
    socket = _socket(cls, "return", result)
    name = _output_name(socket)
    return {name: OutputSpec(name=name, socket=socket)}


def _output_name(socket: Socket) -> str:
    match socket:
        case Named(name):
            return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.rpartition(".")[2]).lower()
        case ListOf(item):
            return _output_name(item) + "s"
        case Choice():
            return "choice"
    return "value"


def _socket(cls: type[Node], name: str, hint: Any) -> Socket:
    origin, args = get_origin(hint), get_args(hint)
    if origin is typing.Annotated:
        return _socket(cls, name, args[0])
    if origin is Literal:
        return Choice(args)
    if origin in (typing.Union, types.UnionType):
        return Union(tuple(_socket(cls, name, a) for a in args))
    if origin is list:
        return ListOf(_socket(cls, name, args[0]))
    if isinstance(hint, TypeVar):
        return Var(hint.__name__, _socket(cls, name, hint.__bound__) if hint.__bound__ else None)
    if hint is Any:
        return sockets.ANY
    if hint is None or hint is type(None):
        return sockets.NONE
    if hint in (dict, list) or origin is dict:
        return Named("Json")
    if isinstance(hint, type):
        return Named(type_name(hint))
    raise _wrong(cls, f"has the type {hint}, which no socket can have", name)


def type_name(cls: type) -> str:
    """The name of a value type on sockets: plain for Calotype's and Python's own, `package.Name` for a plugin's."""
    package = cls.__module__.split(".", 1)[0]
    if package == "calotype_plugins":
        package = cls.__module__.split(".")[1]
    return cls.__name__ if package in ("calotype", "calotype_nodes", "builtins") else f"{package}.{cls.__name__}"


def _place(cls: type[Node]) -> str:
    """File and line; `inspect` would parse the whole file for every class in it."""
    file = getattr(sys.modules.get(cls.__module__), "__file__", None)
    if file is None:
        return cls.__module__
    linecache.checkcache(file)
    opening = re.compile(rf"\s*class {re.escape(cls.__name__)}\b")
    line = next((i for i, text in enumerate(linecache.getlines(file), 1) if opening.match(text)), None)
    return f"{file}:{line}" if line else str(file)


def _wrong(cls: type[Node], what: str, field: str | None = None) -> DefinitionError:
    where = f"{_place(cls)}: node class {cls.__name__}" + (f', field "{field}"' if field else "")
    return DefinitionError(f"{where} {what}" if not field else f"{where}: {what}")
