"""How a run shows on the command line: JSON lines, a progress bar, plain lines, or nothing."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Protocol

from calotype.cli.console import complain, say, say_json
from calotype.events import Event, FileWritten, NodeFailed, NodeFinished, NodeProgress, NodeStarted, RunStarted, Warned
from calotype.history import RunRecord

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Reporter(Protocol):
    """Is told what happens."""

    def __call__(self, event: Event) -> None:
        """An event of a run."""

    def ended(self, record: RunRecord) -> None:
        """A run ended."""

    def item(self, number: int, total: int, label: str) -> None:
        """An item of a batch begins."""

    def summary(self, line: str, said: dict[str, Any]) -> None:
        """The command ends."""

    def close(self) -> None:
        """Leave the terminal as it was."""


class Quiet:
    """Says nothing; errors are not its business."""

    def __call__(self, event: Event) -> None:
        """Nothing."""

    def ended(self, record: RunRecord) -> None:
        """Nothing."""

    def item(self, number: int, total: int, label: str) -> None:
        """Nothing."""

    def summary(self, line: str, said: dict[str, Any]) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


class JsonLines(Quiet):
    """One JSON object a line on stdout: events, after each run its record, at the end of a batch a summary."""

    def __call__(self, event: Event) -> None:
        """Print the event."""
        say_json(event.to_dict())

    def ended(self, record: RunRecord) -> None:
        """Print the record."""
        say_json({"record": record.to_dict()})

    def summary(self, line: str, said: dict[str, Any]) -> None:
        """Print it, if there is one."""
        if said:
            say_json({"batch": said})


class Plain(Quiet):
    """Finished files on stdout; what happens, a line each, on stderr."""

    def __call__(self, event: Event) -> None:
        """Say it, if it is worth a line."""
        match event:
            case FileWritten(path=path):
                say(path)
            case NodeFinished(node=node, hit=False, seconds=seconds):
                complain(f"{node}: {seconds:.1f} s")
            case NodeFailed(node=node):
                complain(f"{node}: failed")
            case Warned(node=node, message=message):
                complain(f"{node}: {message}" if node else message)

    def item(self, number: int, total: int, label: str) -> None:
        """Say which."""
        complain(f"[{number}/{total}] {label}")

    def summary(self, line: str, said: dict[str, Any]) -> None:
        """Say it."""
        complain(line)


class Bar(Plain):
    """A progress bar on a terminal: nodes of the run, steps of the node. Made when a node first computes."""

    def __init__(self) -> None:
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._item, self._total, self._done = "", 0, 0

    def __call__(self, event: Event) -> None:
        """Move the bar."""
        match event:
            case RunStarted(total=total):
                self._total, self._done = total, 0
            case NodeStarted(node=node):
                self._show(node, 0, 1)
            case NodeProgress(node=node, done=done, total=total):
                self._show(node, done, total)
            case NodeFinished(hit=False):
                self._done += 1
            case FileWritten(path=path):
                self._pause()
                say(path)
            case NodeFailed() | Warned():
                self._pause()
                super().__call__(event)

    def item(self, number: int, total: int, label: str) -> None:
        """Name it before the bar."""
        self._item = f"[{number}/{total}] {label}  "

    def summary(self, line: str, said: dict[str, Any]) -> None:
        """Say it in the bar's place."""
        self._pause()
        complain(line)

    def close(self) -> None:
        """Take the bar away."""
        self._pause()

    def _show(self, node: str, done: int, total: int) -> None:
        from rich.markup import escape

        progress, task = self._started()
        what = escape(f"{self._item}{node}")
        progress.update(task, description=what, completed=done, total=total, nodes=f"{self._done}/{self._total}")

    def _started(self) -> tuple[Progress, TaskID]:
        if self._progress is None or self._task is None:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

            nodes = TextColumn("nodes {task.fields[nodes]}")
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), nodes, TimeElapsedColumn())
            self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
            self._task = self._progress.add_task("", nodes="")
            self._progress.start()
        return self._progress, self._task

    def _pause(self) -> None:
        if self._progress is not None:
            self._progress.stop()
        self._progress = self._task = None


def reporter(*, json: bool, quiet: bool) -> Reporter:
    """The one that fits what was asked for and where it goes to."""
    if json:
        return JsonLines()
    if quiet:
        return Quiet()
    return Bar() if sys.stderr.isatty() else Plain()
