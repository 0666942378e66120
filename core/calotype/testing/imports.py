"""What a plugin's files import, read from their text: only what is public, and nothing heavy before it is needed."""

from __future__ import annotations

import ast
import importlib
import importlib.util
from collections.abc import Iterator
from pathlib import Path

from calotype.testing.report import Finding, errors, warnings

PUBLIC = frozenset(
    {
        "calotype",
        "calotype.diffusion",
        "calotype.diffusion.names",
        "calotype.errors",
        "calotype.node",
        "calotype.testing",
        "calotype.types",
    }
)
"""The modules that a plugin may build on. They change by deprecation, two minor versions ahead."""

HEAVY = frozenset({"accelerate", "cv2", "diffusers", "matplotlib", "scipy", "torch", "torchvision", "transformers"})
"""Packages that take long to import; a node imports them inside its functions."""

_OWN = ("calotype", "calotype_nodes")


def check_imports(files: list[Path]) -> list[Finding]:
    """Findings `private-import` (error) and `heavy-import` (warning), each with file and line."""
    found: list[Finding] = []
    for file in files:
        try:
            tree = ast.parse(file.read_bytes(), str(file))
        except (SyntaxError, ValueError):
            continue  # the import says so
        found += errors("private-import", (f"{file}:{line}: {said}" for line, said in _private(tree)))
        found += warnings("heavy-import", (f"{file}:{line}: {said}" for line, said in _heavy(tree)))
    return found


def python_files(place: Path) -> list[Path]:
    """The code of a plugin, without its tests."""
    if place.is_file():
        return [place]
    return sorted(p for p in place.rglob("*.py") if not {"tests", "__pycache__"} & set(p.relative_to(place).parts))


def _private(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for statement in ast.walk(tree):
        match statement:
            case ast.Import(names):
                for module in (n.name for n in names):
                    if module.partition(".")[0] in _OWN and module not in PUBLIC:
                        yield statement.lineno, f"{module} is private; public are {', '.join(sorted(PUBLIC))}"
            case ast.ImportFrom(module, names, level=0) if module and module.partition(".")[0] in _OWN:
                for name in (n.name for n in names):
                    if not _public(module, name):
                        yield statement.lineno, f"{module}.{name} is private"


def _public(module: str, name: str) -> bool:
    if f"{module}.{name}" in PUBLIC:
        return True
    if module not in PUBLIC or name.startswith("_"):
        return False
    offered = getattr(importlib.import_module(module), "__all__", None)
    if offered is not None:
        return name in offered or name == "*"
    return importlib.util.find_spec(f"{module}.{name}") is None if _is_package(module) else True


def _is_package(module: str) -> bool:
    return hasattr(importlib.import_module(module), "__path__")


def _heavy(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for statement in _at_import(tree.body):
        modules: list[str] = []
        match statement:
            case ast.Import(names):
                modules = [n.name for n in names]
            case ast.ImportFrom(module, _, level=0) if module:
                modules = [module]
        for module in modules:
            if module.partition(".")[0] in HEAVY:
                yield (
                    statement.lineno,
                    f"{module} is imported with the module; import it inside the functions that use it",
                )


def _at_import(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run when the module is imported."""
    for statement in body:
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                continue
            case ast.If(test=test, orelse=otherwise) if "TYPE_CHECKING" in ast.dump(test):
                yield from _at_import(otherwise)
            case _:
                yield statement
                for inner in ("body", "orelse", "finalbody"):
                    yield from _at_import(getattr(statement, inner, []))
                for handler in getattr(statement, "handlers", []):
                    yield from _at_import(handler.body)
