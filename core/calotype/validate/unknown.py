"""What is said of names that the registry does not know."""

from __future__ import annotations

import re

from calotype.graph import Use
from calotype.node import NodeSpec
from calotype.registry import Registry
from calotype.validate.report import Report


def unknown_type(report: Report, registry: Registry, use: Use, prefix: str) -> None:
    """A node type that is not there: the nearest one, and the plugin that should bring it."""
    near = report.near(use.type, registry.names)
    hint = _plugin(report, use.type, near)
    message = f'there is no node type "{use.type}"'
    report.use("unknown-type", message, use, prefix, value=use.type, suggestion=near, hint=hint)


def _plugin(report: Report, type_id: str, near: str | None) -> str | None:
    """Which plugin has a type: its id begins with the plugin's name, and the document requires it."""
    plugin, dot, _ = type_id.partition(".")
    required = {_plain(name): (name, version) for name, version in report.document.requires.items()}
    if dot:
        name, version = required.get(_plain(plugin), (plugin, ""))
        wanted = f'"{name}" {version}'.rstrip()
        return f"The plugin {wanted} is not loaded, or has no such type; `calotype plugins` shows what is."
    if near is None and required:
        return f"This workflow requires {', '.join(sorted(name for name, _ in required.values()))}."
    return None if near else "`calotype nodes` lists those that there are."


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "_", name).lower()


def unknown_input(report: Report, use: Use, prefix: str, name: str, spec: NodeSpec) -> None:
    """An input that the node type does not have."""
    near = report.near(name, spec.inputs)
    known = ", ".join(spec.inputs) or "none"
    message = "there is no such input"
    report.use("unknown-input", message, use, prefix, name, expected=known, suggestion=near)


def requirement_problems(report: Report) -> None:
    """Version ranges in `requires` that cannot be read."""
    if not report.document.requires:
        return
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # ten milliseconds that most workflows do not need

    for name, text in report.document.requires.items():
        try:
            SpecifierSet(text)
        except InvalidSpecifier:
            report.add(
                "requires",
                f'"{text}" is not a range of versions',
                pointer=f"/requires/{name}",
                value=text,
                expected="such as >=0.1, or nothing for any version",
            )
