"""The flags of a workflow: one for each input of its public interface."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from cyclopts import Group, Parameter

from calotype import sockets
from calotype.cli.sweep import shown
from calotype.node import REQUIRED, InputSpec
from calotype.workflow import Document, Port

INPUTS = Group("Inputs of the workflow", sort_key=1)
LONGEST_DEFAULT = 60

Texts = tuple[str, ...]
Command = Callable[..., int]


def with_flags(command: Command, document: Document | None = None, ports: Sequence[Port] = ()) -> Command:
    """The command with a flag for each public input; what was given comes to it as `flags`, by public name,
    beside the `document`.

    ports: what is known of the inputs, for --help. An input of the name of one of the command's own options gets the
    flag `--input-NAME`.
    """
    own = [
        p for p in inspect.signature(command, eval_str=True).parameters.values() if p.name not in ("flags", "document")
    ]
    taken = _names(own)
    said = {p.name: describe(p) for p in ports}
    names = {f"flag_{i}": name for i, name in enumerate(filter(_typeable, document.inputs if document else ()))}
    flags = [_flag(dest, name, taken, said.get(name, "")) for dest, name in names.items()]

    def run(*args: Any, **given: Any) -> int:
        found = {name: given.pop(dest) for dest, name in names.items() if dest in given}
        texts = {name: several for name, several in found.items() if several}
        return command(*args, **given, flags=texts, document=document)

    signature = inspect.Signature([*own, *flags])
    run.__signature__ = signature  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in signature.parameters.values()}
    run.__name__, run.__doc__ = command.__name__, command.__doc__
    return run


def _flag(dest: str, name: str, taken: set[str], doc: str) -> inspect.Parameter:
    shape = name if name.replace("_", "-") not in taken else f"input-{name}"
    spelled = dict.fromkeys((f"--{shape}", f"--{shape.replace('_', '-')}"))
    said = Parameter(
        name=tuple(spelled), help=doc, group=INPUTS, allow_leading_hyphen=True, negative="", show_default=False
    )
    return inspect.Parameter(dest, inspect.Parameter.KEYWORD_ONLY, default=(), annotation=Annotated[Texts, said])


def _names(parameters: Sequence[inspect.Parameter]) -> set[str]:
    """The words that the command's own options take, those of an option group among them."""
    found = {"help", "version"}
    for parameter in parameters:
        metadata = getattr(parameter.annotation, "__metadata__", ())
        explicit = [n for m in metadata for n in (getattr(m, "name", None) or ())]
        fields = getattr(parameter.annotation, "__dataclass_fields__", ())
        found |= {n.lstrip("-") for n in explicit} or {f.replace("_", "-") for f in fields} or {parameter.name}
    return found


def _typeable(name: str) -> bool:
    return bool(name) and not any(c.isspace() or c == "=" for c in name) and not name.startswith("-")


def describe(port: Port) -> str:
    """An input in the help: what it is for, type, range, default."""
    facts = [kind_said(port.spec)] if port.spec else []
    if port.default is REQUIRED:
        facts.append("required")
    else:
        default = shown(port.default)
        facts.append(f"default {default if len(default) <= LONGEST_DEFAULT else default[: LONGEST_DEFAULT - 1] + '…'}")
    doc = f"{port.doc.rstrip('.')}. " if port.doc else ""
    return f"{doc}[{'; '.join(facts)}]"


def kind_said(spec: InputSpec) -> str:
    """The type of an input with its range: `int, 1 to 10000`."""
    kind = f"file in {spec.folder}" if spec.folder else str(sockets.substitute(spec.socket, {}))
    if spec.role == "seed":
        return 'seed, or "random"'
    match spec.ge, spec.le:
        case None, None:
            return kind
        case low, None:
            return f"{kind}, {low:g} or more"
        case None, high:
            return f"{kind}, {high:g} or less"
        case low, high:
            return f"{kind}, {low:g} to {high:g}"
