"""Changes to a document from outside: setting inputs by public name or by place, and the public interface itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from calotype.errors import Problem, WorkflowError
from calotype.node import REQUIRED, InputSpec
from calotype.registry import Registry
from calotype.workflow.document import Document
from calotype.workflow.near import nearest
from calotype.workflow.nodes import node_problems
from calotype.workflow.ports import behind
from calotype.workflow.reading import refused
from calotype.workflow.values import is_link, plain, pointer


@dataclass(frozen=True, slots=True)
class Port:
    """One input of the public interface.

    node, input: the place it sets. spec: what the node type says of it, None where the type is not known. default: the
    value in the file, else the node type's own default, else `REQUIRED`.
    """

    name: str
    node: str
    input: str
    spec: InputSpec | None
    default: Any
    doc: str


def interface(document: Document, registry: Registry) -> list[Port]:
    """The public inputs in the order of the file. Those that name no node have no spec; validation says so."""
    found = []
    for name, said in document.inputs.items():
        spec, inner = behind(document, registry, document.nodes, said.node, said.input)
        own = document.nodes.get(said.node, {}).get("inputs", {}).get(said.input, inner)
        default = plain(own) if own is not REQUIRED and not is_link(own) else REQUIRED
        if default is REQUIRED and spec is not None and not spec.required:
            default = list(spec.default) if spec.variadic else spec.default
        found.append(Port(name, said.node, said.input, spec, default, said.doc or (spec.doc if spec else "")))
    return found


def set_input(document: Document, name: str, value: Any) -> Document:
    """The document with one input set: by its public name, or by "node.input".

    value: a literal, or what a document holds ({"from": ...}, {"file": ...}). Raises WorkflowError where there is no
    such public input or node, or where the value cannot stand in a file.
    """
    public = document.inputs.get(name)
    id, input = (public.node, public.input) if public else _place(document, name)
    node = document.nodes.get(id)
    if node is None:
        raise _unknown(document, name, id)
    changed = {**node, "inputs": {**node.get("inputs", {}), input: value}}
    problems = node_problems({id: changed}, "/nodes")
    if problems:
        raise refused(problems, document.name or "the workflow")
    return document.with_nodes({**document.nodes, id: changed})


def _place(document: Document, name: str) -> tuple[str, str]:
    id, dot, input = name.partition(".")
    if not dot or not input:
        near = nearest(name, document.inputs)
        known = ", ".join(document.inputs) or "none"
        problem = Problem(
            code="unknown-public-input",
            message=f'the workflow has no public input "{name}"',
            pointer=pointer("inputs"),
            value=name,
            expected=known,
            suggestion=near,
            hint='An input of a node is named "node.input".',
        )
        raise refused([problem], document.name or "the workflow")
    return id, input


def _unknown(document: Document, name: str, id: str) -> WorkflowError:
    problem = Problem(
        code="unknown-node",
        message=f'"{name}" names the node "{id}", which the workflow does not have',
        pointer="/nodes",
        value=id,
        suggestion=nearest(id, document.nodes),
    )
    return refused([problem], document.name or "the workflow")
