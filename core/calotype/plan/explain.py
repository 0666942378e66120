"""Why a node is not a hit: the first part of its key that differs from the last run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from calotype.graph import Graph, Use
from calotype.plan.entry import Entry, Plan

AS_BEFORE = {  # the key is that of the last run, and yet there is no result: what became of it then
    "failed": "failed last time",
    "cancelled": "cancelled last time",
    "skipped": "left out last time: something it needs failed",
    "idle": "not computed last time either",
}


def explain(plan: Plan, last: Graph | None, record: Mapping[str, Any] | None, runtime: Mapping[str, Any]) -> None:
    """Write the reason into every entry that will run. last, record: graph and record of the last run, if any."""
    changed = {e.node for e in plan.entries if e.status == "run"}
    for entry in plan.entries:
        if entry.status == "run":
            entry.reason = _reason(entry, last, record, runtime, changed)


def _reason(
    entry: Entry, last: Graph | None, record: Mapping[str, Any] | None, runtime: Mapping[str, Any], changed: set[str]
) -> str:
    if entry.spec.volatile:
        return "it runs every time"
    if last is None or record is None:
        return "not computed before"
    before = last.uses.get(entry.node)
    if before is None:
        return "new since the last run"
    if before.type != entry.spec.id:
        return f"type: {before.type} -> {entry.spec.id}"
    noted = record["nodes"].get(entry.node, {})
    if noted.get("key") == entry.key:
        return AS_BEFORE.get(noted.get("status", ""), "as before, but not stored")
    return _difference(entry, before, noted, changed) or _machine(record["runtime"], runtime) or "its key differs"


def _difference(entry: Entry, before: Use, noted: Mapping[str, Any], changed: set[str]) -> str:
    if noted.get("version", entry.spec.version) != entry.spec.version:
        return f"version of {entry.spec.id}: {noted['version']} -> {entry.spec.version}"
    links = {(e.input, e.index): (e.source, e.output) for e in before.links}
    for name, value in entry.values.items():
        difference = _value(entry, name, value, before, noted)
        if difference:
            return difference
    for file in entry.files:
        was = noted.get("files", {}).get(f"{file.folder}/{file.name}")
        if was is not None and was != file.hash:
            return f"the embedding {file.name} has other contents"
    for edge in entry.links:
        was = links.get((edge.input, edge.index))
        if was != (edge.source, edge.output):
            return f'input "{edge.input}": linked to {edge.source}.{edge.output}, was {".".join(was) if was else "not"}'
    return next((f'"{e.source}" changed' for e in entry.links if e.source in changed), "") or next(
        (f'"{e.source}" changed' for e in entry.links), ""
    )


def _value(entry: Entry, name: str, value: Any, before: Use, noted: Mapping[str, Any]) -> str:
    spec = entry.spec.inputs.get(name)
    if spec is None:
        return ""
    if spec.folder is not None:
        was = noted.get("files", {}).get(name)
        now = getattr(value, "hash", None)
        return "" if was in (None, now) else f'input "{name}": the file {value.name} has other contents'
    old = before.inputs.get(name, None if spec.required else spec.default)
    return f'input "{name}": {_short(old)} -> {_short(value)}' if old != value and list_of(old) != value else ""


def list_of(value: Any) -> Any:
    """A tuple as a list, since documents have lists."""
    return list(value) if isinstance(value, tuple) else value


def _machine(was: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    parts = ("device", "dtype", "torch", "diffusers")
    return next((f"{p}: {was.get(p)} -> {now[p]}" for p in parts if was.get(p) != now[p]), "")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:39] + "…"
