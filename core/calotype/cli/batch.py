"""Many runs of one workflow: item by item, saved at once, a failure only its own, taken up again where it stood."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calotype.cli.console import complain, say_json
from calotype.cli.ledger import Ledger, Result
from calotype.cli.order import Order, applied
from calotype.cli.reporting import JsonLines, Reporter
from calotype.cli.runner import Runner
from calotype.cli.sweep import shown
from calotype.cli.usage import UsageError
from calotype.errors import CalotypeError, Problem, ValidationError, WorkflowError
from calotype.validate import Checked
from calotype.workflow import Document, resolve_seeds

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Task:
    """One item of a batch. values: by place; wrong: why it cannot be tried; stem: of its picture."""

    number: int
    label: str
    values: Mapping[str, Any]
    stem: str = ""
    wrong: str = ""


@dataclass(slots=True)
class Tally:
    """How a batch went."""

    ran: int = 0
    kept: int = 0
    failed: int = 0

    def __str__(self) -> str:
        kept = f", {self.kept} done before" if self.kept else ""
        failed = f", {self.failed} failed" if self.failed else ""
        return f"{self.ran} done{kept}{failed}"


class Batch:
    """Responsibilities: run tasks one after the other, skip those that succeeded before, record each in the ledger.

    Holds one task at a time.
    """

    def __init__(
        self,
        services: Runner,
        document: Document,
        order: Order,
        ledger: Ledger,
        reporter: Reporter,
        cancel: threading.Event,
    ) -> None:
        self._services, self._document, self._order = services, document, order
        self._ledger, self._reporter, self._cancel = ledger, reporter, cancel
        self.tally = Tally()

    def results(self, tasks: Iterable[Task], total: int) -> Iterator[tuple[Task, Result]]:
        """Run them; ends early when asked to stop."""
        for task in tasks:
            if self._cancel.is_set():
                return
            result = self._result(task, total)
            if result is not None:
                yield task, result

    def _result(self, task: Task, total: int) -> Result | None:
        """What became of a task; None if it was cancelled."""
        key = ""
        try:
            if task.wrong:
                raise WorkflowError(task.wrong)
            document = applied(self._document, task.values)
            key = self._key(document, self._saves(task))
            files = self._ledger.done(key)
            if files is not None:
                self.tally.kept += 1
                return Result(task.number, task.label, key, "succeeded", dict(task.values), files=files)
            self._reporter.item(task.number, total, task.label)
            result = self._run(task, document, key)
        except CalotypeError as error:
            result = self._failed(task, key, error)
        if result is not None:
            self._ledger.add(result)
        return result

    def _run(self, task: Task, document: Document, key: str) -> Result | None:
        saves = {end: Path(path) for end, path in self._saves(task).items()}
        order = self._order
        finished = self._services.run(
            document,
            targets=order.targets,
            save=saves,
            out=order.out,
            on_event=self._reporter,
            keep_going=order.keep_going,
            cancel=self._cancel,
        )
        record = finished.record
        self._reporter.ended(record)
        if record.status == "cancelled":
            return None
        if finished.error is not None or record.status != "succeeded":
            self.tally.failed += 1
            complain(f"[{task.number}] {task.label}: {finished.error}")
        else:
            self.tally.ran += 1
        return Result(
            task.number,
            task.label,
            key,
            record.status,
            dict(task.values),
            record.id,
            record.seconds,
            tuple(record.files),
            record.error,
        )

    def _failed(self, task: Task, key: str, error: CalotypeError) -> Result:
        self.tally.failed += 1
        complain(f"[{task.number}] {task.label}: {error}")
        if isinstance(self._reporter, JsonLines):
            say_json({"item": task.number, "error": error.to_dict()})
        return Result(task.number, task.label, key, "failed", dict(task.values), error=error.to_dict())

    def _saves(self, task: Task) -> dict[str, str]:
        return {end: filled(template, task) for end, template in self._order.save.items()}

    def _key(self, document: Document, saves: Mapping[str, str]) -> str:
        """Of everything that decides the result: the keys of the targets, with seeds that are drawn as they stand."""
        settled = resolve_seeds(document, self._services.registry, lambda: 0)
        plan = self._services.plan(settled, self._order.targets)
        digest = hashlib.blake2b(digest_size=20)
        for part in (*(f"{n}={plan.by_node[n].key}" for n in plan.targets), *(f"{e}>{p}" for e, p in saves.items())):
            digest.update(part.encode() + b"\0")
        return digest.hexdigest()


def filled(template: str, task: Task) -> str:
    """A path with its placeholders: {n}, {stem}, and the inputs by name. Raises UsageError for an unknown one."""
    known = {"n": f"{task.number:04d}", "stem": task.stem} | {p: _plain(shown(v)) for p, v in task.values.items()}

    def put(found: re.Match[str]) -> str:
        if found[1] not in known:
            raise UsageError(f"--save: {{{found[1]}}} is not known; there are {', '.join(f'{{{k}}}' for k in known)}")
        return known[found[1]]

    return PLACEHOLDER.sub(put, template)


def check_apart(save: Mapping[str, str]) -> None:
    """A batch writes many files: a path without a placeholder would be overwritten. Raises UsageError."""
    for end, template in save.items():
        if not PLACEHOLDER.search(template):
            raise UsageError(
                f"--save {end}={template}: every item would overwrite it; put {{n}}, {{stem}} or an input's name in it"
            )


def check_common(
    check: Callable[[Document], Checked], document: Document, values: Mapping[str, Any], own: Iterable[str]
) -> None:
    """What is wrong with every item alike is said once, before any runs. Raises ValidationError.

    values: those of one item; own: the places that items set for themselves.
    """
    public = {name: f"{said.node}.{said.input}" for name, said in document.inputs.items()}
    ends = [public.get(place, place) for place in own]
    problems = [p for p in check(applied(document, values)).problems if not any(_at(p, end) for end in ends)]
    if problems:
        raise ValidationError.of(problems, f'workflow "{document.name}"')


def _at(problem: Problem, end: str) -> bool:
    """Whether a problem is that of an input, or of something inside the subgraph that the input leads into."""
    node = end.partition(".")[0]
    return f"{problem.node}.{problem.input}" == end or (problem.node or "").startswith(f"{node}/")


def _plain(text: str) -> str:
    """A value as a part of a file name."""
    return re.sub(r"[^\w.=+-]+", "_", text)[:60].strip("_.") or "_"
