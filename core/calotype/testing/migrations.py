"""Do saved workflows survive what became of the nodes? Checked headlessly over a corpus of documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from calotype.errors import FileError, Problem, WorkflowError
from calotype.registry import Registry
from calotype.testing.report import Finding
from calotype.validate import validate
from calotype.workflow import Document, load, migrate_nodes, read

_LOST = frozenset({"removed-input"})
_FAILED = frozenset({"migration-failed"})


def check_documents(documents: Iterable[Path | Mapping[str, Any]], registry: Registry) -> tuple[Finding, ...]:
    """Bring each document, a file or its JSON object, to today's node versions and check it. Runs nothing.

    Errors: `unreadable`, `migration-failed` (with the author's exception), `unstable` (a second migration changes
    something again), and every problem of validation by its own code; files are not looked for. Warnings:
    `removed-input` (a value that the new version has no place for).
    """
    return tuple(finding for i, one in enumerate(documents) for finding in _check(one, f"document {i}", registry))


def _check(one: Path | Mapping[str, Any], name: str, registry: Registry) -> list[Finding]:
    try:
        document = load(one) if isinstance(one, Path) else read(dict(one))
    except (WorkflowError, FileError) as error:
        return [Finding("error", "unreadable", str(error))]
    name = str(one) if isinstance(one, Path) else document.name or name
    migrated, notes = migrate_nodes(document, registry)
    return [*_noted(name, notes), *_again(name, migrated, registry), *_validated(name, migrated, registry)]


def _noted(name: str, notes: Iterable[Problem]) -> list[Finding]:
    failed = [Finding("error", n.code, f"{name}: {n}") for n in notes if n.code in _FAILED]
    return failed + [Finding("warning", n.code, f"{name}: {n}") for n in notes if n.code in _LOST]


def _again(name: str, migrated: Document, registry: Registry) -> list[Finding]:
    second, notes = migrate_nodes(migrated, registry)
    if second == migrated or any(n.code in _FAILED for n in notes):
        return []
    return [Finding("error", "unstable", f"{name}: migrating it twice is not the same as migrating it once")]


def _validated(name: str, migrated: Document, registry: Registry) -> list[Finding]:
    return [Finding("error", p.code, f"{name}: {p}") for p in validate(migrated, registry).problems]
