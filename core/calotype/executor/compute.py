"""One node, from its inputs to its outputs: the one boundary around node code."""

from __future__ import annotations

import signal
import threading
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from calotype import sockets
from calotype.context import without
from calotype.errors import CalotypeError, Cancelled, MutationError, NodeError, OutOfMemory, Problem
from calotype.executor.guard import PLAIN
from calotype.executor.kind import Kind
from calotype.executor.running import Running
from calotype.graph import Edge
from calotype.node import InputSpec
from calotype.plan import Entry
from calotype.store import Stored
from calotype.types import Secret

TRACEBACK = 16_000  # characters of one that are kept
HELPS = (
    "Use smaller pictures or batches, allow more with --vram, compute text encoders or the VAE on the processor with "
    "--aside, or use a smaller model."
)
HOST_FULL = "DefaultCPUAllocator: can't allocate memory"  # a plain RuntimeError of torch, known by its words alone


def gather(entry: Entry, links: Iterable[Edge], results: Mapping[str, Stored]) -> dict[str, Any]:
    """A node's inputs: its literals, with what its links bring."""
    values = dict(entry.values)
    planned = entry.values
    for source, output, _, name, index in links:
        value = results[source].value(output)
        if index is None:
            values[name] = value
        else:
            items = values[name]
            if items is planned[name]:  # the plan's list stays what it is
                values[name] = items = list(items)
            items[index] = value
    for (name, index), outside in entry.externals.items() if entry.externals else ():
        if index is None:
            values[name] = outside.value
        else:
            values[name] = [*values[name][:index], outside.value, *values[name][index + 1 :]]
    return values


def plain(values: Iterable[Any]) -> bool:
    """Whether these are numbers, texts and lists of them: nothing that could be changed in place, and no secrets."""
    for value in values:
        kind = type(value)
        if kind not in PLAIN and not (kind is list and PLAIN.issuperset(map(type, value))):
            return False
    return True


def compute(run: Running, entry: Entry, values: dict[str, Any], simple: bool = False) -> dict[str, Any]:
    """Run a node. simple: its inputs are `plain`.

    Raises NodeError (whatever its code raised, as the cause), MutationError, OutOfMemory, Cancelled.
    """
    spec = entry.spec
    kind = run.kinds.get(spec.id) or run.kind(spec)
    inputs = _checked(run, kind, entry, values)
    secrets = () if simple else _secrets(inputs.values())
    watched = () if simple else run.guard.watch(inputs.values())
    try:
        node: Any = kind.cls(**inputs)
        result = _hosted(run, entry, node, secrets) if spec.takes_context else node.run()
    except Cancelled:
        raise
    except BaseException as error:
        if asked_to_stop(error):
            raise
        raise blotted(_wrapped(run, entry, error), secrets) from error
    if watched and run.guard.changed(watched):
        _forget_spoilt(run, entry)
        raise MutationError(
            run.prefix + entry.node,
            entry.spec.id,
            "it changed one of its inputs in place",
            hint="Compute on a copy: tensor.clone(). The stored value was dropped and is computed anew.",
        )
    return _outputs(run, kind, entry, result)


def _hosted(run: Running, entry: Entry, node: Any, secrets: tuple[str, ...]) -> Any:
    """What the `run` of a node returns that wants to know its host."""
    context = run.context(entry.node)
    context.hide(secrets)
    return node.run(context)


def _checked(run: Running, kind: Kind, entry: Entry, values: dict[str, Any]) -> dict[str, Any]:
    """The inputs as the node's fields want them; what came by links is checked against range and choice."""
    inputs, free = entry.spec.inputs, kind.free
    for _, _, _, name, index in entry.links:
        if index is None and type(values[name]) is not free.get(name):
            values[name] = _linked(entry, inputs[name], values[name])
    for name, index in entry.externals:
        if index is None:
            values[name] = _linked(entry, inputs[name], values[name])
    for name in kind.special:
        if inputs[name].variadic:
            values[name] = tuple(values[name])
        elif isinstance(values.get(name), dict):
            values[name] = run.host.secret(values[name]["secret"])
    if entry.spec.chooses:
        return {**dict.fromkeys(inputs), **values}
    return values


def _linked(entry: Entry, spec: InputSpec, value: Any) -> Any:
    value = sockets.convert(value, spec.socket)
    if isinstance(value, (bool, int, float, str)) and (complaint := spec.complaint(value)):
        code, message, expected = complaint
        problem = Problem(
            code=code,
            node=entry.node,
            type=entry.spec.id,
            input=spec.name,
            value=value,
            message=message,
            expected=expected,
            hint="The value came over a link.",
        )
        error = NodeError(entry.node, entry.spec.id, message)
        error.args, error.problems = (str(problem),), (problem,)
        raise error
    return value


def _outputs(run: Running, kind: Kind, entry: Entry, result: Any) -> dict[str, Any]:
    names = kind.outputs
    if not names:
        return {}
    if hasattr(result, "_fields") and (len(names) != 1 or tuple(result._fields) == names):
        return dict(zip(result._fields, result, strict=True))
    if len(names) != 1:
        said = f"run() returned {type(result).__name__}, not its outputs {', '.join(names)}"
        raise NodeError(run.prefix + entry.node, entry.spec.id, said)
    return {names[0]: result}


def asked_to_stop(error: BaseException) -> bool:
    """Whether this is the user's own ^C, which Python raises in the main thread, and not what a node raised."""
    return (
        isinstance(error, KeyboardInterrupt)
        and threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )


def _wrapped(run: Running, entry: Entry, error: BaseException) -> CalotypeError:
    """The one place where a node's exception becomes ours; its traceback stays with it as the cause."""
    found = _translated(run, entry, error)
    if isinstance(found, NodeError) and not found.traceback:
        found.traceback = _told(error)
    return found


def _secrets(inputs: Iterable[Any]) -> tuple[str, ...]:
    """What a node is given of secrets."""
    return tuple(value.reveal() for value in inputs if isinstance(value, Secret) and value.reveal())


def blotted(error: CalotypeError, secrets: tuple[str, ...]) -> CalotypeError:
    """The error without the secrets that the node was given: it is written down and shown."""
    if secrets:
        error.problems = tuple(replace(p, message=without(secrets, p.message)) for p in error.problems)
        error.args = (without(secrets, str(error)),)
        if isinstance(error, NodeError):
            error.traceback = without(secrets, error.traceback)
    return error


def _told(error: BaseException) -> str:
    """A node's traceback as text: from its own code on, and the end of it where it is long."""
    said = "".join(traceback.format_exception(type(error), error, error.__traceback__ and error.__traceback__.tb_next))
    return said if len(said) <= TRACEBACK else f"...\n{said[-TRACEBACK:]}"


def _translated(run: Running, entry: Entry, error: BaseException) -> CalotypeError:
    name, kind = run.prefix + entry.node, type(error).__name__
    kinds = {cls.__name__ for cls in type(error).__mro__}
    if isinstance(error, NodeError):
        return error
    if isinstance(error, MemoryError) or kinds & {"OutOfMemoryError", "OutOfMemory"} or HOST_FULL in str(error):
        said = str(error).rpartition(HOST_FULL)[2].strip(": ").removesuffix(".")
        return OutOfMemory(name, entry.spec.id, f"not enough memory: {said}", hint=getattr(error, "helps", HELPS))
    if isinstance(error, CalotypeError):
        wrapped = NodeError(name, entry.spec.id, str(error))
        wrapped.problems = (*wrapped.problems, *error.problems)
        return wrapped
    return NodeError(name, entry.spec.id, f"{kind}: {error}" if str(error) else kind)


def _forget_spoilt(run: Running, entry: Entry) -> None:
    """Drop what the node changed; whoever needs it computes it anew."""
    for edge in entry.links:
        run.lose(edge.source)
