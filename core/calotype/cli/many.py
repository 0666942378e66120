"""`run` over many values: sweeps with their sheet and table, and `--each`."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from calotype.cli.batch import Batch, Task, check_apart, check_common
from calotype.cli.inputs import spec_at
from calotype.cli.interrupt import CANCELLED, cancelling
from calotype.cli.items import Item, source_of
from calotype.cli.ledger import NAME, Ledger, Result
from calotype.cli.order import Order, applied
from calotype.cli.reporting import Reporter
from calotype.cli.runner import Runner
from calotype.cli.sweep import Sweep, shown
from calotype.cli.usage import UsageError, near
from calotype.cli.values import single
from calotype.errors import FileError
from calotype.exports import write_bytes
from calotype.registry import Registry
from calotype.sheet import write_sheet
from calotype.workflow import Document, write

OUT = Path("out")


def run_sweep(services: Runner, document: Document, order: Order, sweep: Sweep, report: Reporter) -> int:
    """Run every cell; write the table and the sheet. The exit code."""
    check_apart(order.save)
    out = order.out or OUT
    tasks = (Task(i, sweep.label(cell), cell) for i, cell in enumerate(sweep, 1))
    check_common(services.check, document, next(iter(sweep)), [a.place for a in sweep.moving])
    results: list[Result] = []
    with cancelling() as cancel:
        batch = Batch(services, document, order, Ledger(out / NAME), report, cancel)
        results.extend(result for _, result in batch.results(tasks, len(sweep)))
        stopped = cancel.is_set()
    name = f"grid_{_name(document, sweep)}"
    write_bytes(out / f"{name}.csv", _table(sweep, results))
    files = [str(out / f"{name}.csv")]
    pictures = [(sweep.label(r.values, "\n"), _picture(r)) for r in results]
    if any(p for _, p in pictures):
        _sheet(out / f"{name}.png", pictures, sweep.columns)
        files.append(str(out / f"{name}.png"))
    return _ended(batch, stopped, files, report)


def run_each(
    services: Runner, document: Document, order: Order, common: Mapping[str, Any], each: str, report: Reporter
) -> int:
    """Run every item. The exit code."""
    check_apart(order.save)
    source = source_of(each, picture_inputs(document, services.registry))
    _check_places(document, source.places)
    base, total = applied(document, common), source.count()
    tasks = (task_of(item, base, services.registry) for item in source)
    first = next(iter(source), None)
    if first is not None:
        check_common(services.check, base, task_of(first, base, services.registry).values, source.places)
    out = order.out or OUT
    with cancelling() as cancel:
        batch = Batch(services, base, order, Ledger(out / NAME), report, cancel)
        for _ in batch.results(tasks, total):
            pass
        stopped = cancel.is_set()
    return _ended(batch, stopped, [str(out / NAME)], report)


def task_of(item: Item, document: Document, registry: Registry) -> Task:
    """An item with its texts read as values."""
    values = {place: single(text, spec_at(document, registry, place)) for place, text in item.texts.items()}
    return Task(item.number, item.label, values, item.stem, item.wrong)


def picture_inputs(document: Document, registry: Registry) -> list[str]:
    """The places that take a picture file: of the public interface, else of the nodes."""
    public = [n for n in document.inputs if _takes_picture(document, registry, n)]
    if public:
        return public
    places = (f"{id}.{name}" for id, node in document.nodes.items() for name in _inputs(registry, node))
    return [place for place in places if _takes_picture(document, registry, place)]


def _inputs(registry: Registry, node: Mapping[str, Any]) -> Sequence[str]:
    spec = registry.get(node["type"])
    return tuple(spec.inputs) if spec else tuple(node.get("inputs", {}))


def _takes_picture(document: Document, registry: Registry, place: str) -> bool:
    spec = spec_at(document, registry, place)
    return spec is not None and spec.folder == "input"


def _check_places(document: Document, places: Sequence[str]) -> None:
    for place in places:
        node = place.partition(".")[0]
        if place not in document.inputs and ("." not in place or node not in document.nodes):
            known = ", ".join(document.inputs) or "none"
            hint = near(place, [*document.inputs, *document.nodes])
            raise UsageError(f'--each: the workflow has no input "{place}".{hint} It has {known}, and any NODE.INPUT')


def _name(document: Document, sweep: Sweep) -> str:
    """The same for the same sweep of the same workflow, so that it is taken up again under its name."""
    said = [write(document), *(f"{a.place}={[shown(v) for v in a.values]}" for a in sweep.axes)]
    return hashlib.blake2b("\0".join(said).encode(), digest_size=4).hexdigest()


def _table(sweep: Sweep, results: Sequence[Result]) -> bytes:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    places = [a.place for a in sweep.axes]
    rows.writerow(["cell", *places, "status", "seconds", "files", "error"])
    for result in results:
        values = [shown(result.values[p]) for p in places]
        error = result.error["message"] if result.error else ""
        rows.writerow([result.item, *values, result.status, result.seconds, " ".join(result.files), error])
    return text.getvalue().encode()


def _picture(result: Result) -> Path | None:
    return next((Path(f) for f in result.files if f.endswith(".png")), None)


def _sheet(path: Path, pictures: Sequence[tuple[str, Path | None]], columns: int) -> None:
    try:
        write_sheet(path, pictures, columns)
    except OSError as error:
        raise FileError(f'cannot write "{path}": {error}') from error


def _ended(batch: Batch, stopped: bool, files: Sequence[str], report: Reporter) -> int:
    tally = batch.tally
    report.close()
    report.summary(
        f"{tally}; {', '.join(files)}",
        {"ran": tally.ran, "kept": tally.kept, "failed": tally.failed, "files": list(files)},
    )
    return CANCELLED if stopped else 1 if tally.failed else 0
