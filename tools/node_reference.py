"""Write docs/node_reference.md: every built-in node type with its inputs and outputs, from the registry.

python tools/node_reference.py            # write it
python tools/node_reference.py --check    # fail if it is not up to date
"""

import argparse
import sys
from collections import defaultdict
from importlib import import_module
from pathlib import Path

import calotype_nodes
from calotype.node import REQUIRED, InputSpec, Node, NodeSpec
from calotype.registry import Registry
from calotype.sockets import NONE, Choice, Union

PAGE = Path(__file__).resolve().parents[1] / "docs" / "node_reference.md"
HEAD = """# Node reference

Every built-in node type. Written by `python tools/node_reference.py`; do not edit.

A type with `...` takes any number of values. A default of "-" means that a value or a link is required.
"""


def registry() -> Registry:
    """All built-in nodes."""
    found = Registry()
    for name in calotype_nodes.NODE_MODULES:
        module = import_module(name)
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, Node) and value.__module__ == name:
                found.add_class(value)
    return found


def page(nodes: Registry) -> str:
    """The whole page, by category."""
    by_category: dict[str, list[NodeSpec]] = defaultdict(list)
    for spec in nodes:
        by_category[spec.category].append(spec)
    parts = [HEAD, f"{len(nodes)} node types.\n"]
    for category in sorted(by_category):
        parts.append(f"\n## {category}\n")
        parts += [entry(spec) for spec in sorted(by_category[category], key=lambda s: s.id)]
    return "\n".join(parts)


def entry(spec: NodeSpec) -> str:
    """One node type."""
    lines = [f"### {spec.id}\n", f"{spec.doc}\n"]
    if spec.inputs:
        lines += ["| input | type | default | |", "|---|---|---|---|", *map(row, spec.inputs.values()), ""]
    outputs = ", ".join(f"`{o.name}` ({o.socket})" for o in spec.outputs.values())
    lines.append(f"Outputs: {outputs}\n" if outputs else "No outputs.\n")
    return "\n".join(lines)


def row(spec: InputSpec) -> str:
    """One input."""
    default = "-" if spec.default is REQUIRED else f"`{spec.default!r}`" if spec.default != () else ""
    return f"| `{spec.name}` | {kind(spec)} | {default} | {note(spec)} |"


def kind(spec: InputSpec) -> str:
    """The type of an input, shortly."""
    socket = spec.socket
    if isinstance(socket, Union):
        socket = Union(tuple(m for m in socket.members if m != NONE))
    if isinstance(socket, Choice):
        words = [str(v) for v in socket.values]
        said = ", ".join(words[:6]) + (f", ... ({len(words)})" if len(words) > 6 else "")
    else:
        said = f"file in `{spec.folder}`" if spec.folder else str(socket).replace("|", "or")
    return said + (" ..." if spec.variadic else "")


def note(spec: InputSpec) -> str:
    """What else is known of an input."""
    limits = f"{spec.ge:g} to {spec.le:g}" if spec.ge is not None and spec.le is not None and not spec.role else ""
    said = [spec.doc.rstrip("."), limits, "Evaluated only if needed" if spec.lazy else ""]
    return ". ".join(s for s in said if s).replace("|", "\\|")


def main() -> int:
    """Write or check the page; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    text = page(registry())
    if not parser.parse_args().check:
        PAGE.write_text(text)
        return 0
    if PAGE.is_file() and PAGE.read_text() == text:
        return 0
    print(f"{PAGE.name} is out of date; run: python tools/node_reference.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
