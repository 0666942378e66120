"""Calotype from Python: load a workflow, run it, look at what it made.

from calotype import Workflow

result = Workflow.load("text_to_image").run(prompt="a red apple", seed=7)
result.images[0]
"""

from __future__ import annotations

import asyncio
import base64
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calotype.errors import CalotypeError, ValidationError
from calotype.events import Event
from calotype.exports import PNG, write_saved
from calotype.history import RunRecord
from calotype.plan import Plan
from calotype.services import Finished, Services, load_workflow
from calotype.settings import Settings
from calotype.store import Stored
from calotype.types import Artifact, Saved
from calotype.workflow import Document, interface, read, save, set_input

if TYPE_CHECKING:
    from PIL.Image import Image as Picture


class Workflow:
    """A workflow document, with what one does with it. Never changes in place: `with_inputs` gives a new one."""

    def __init__(self, document: Document, settings: Settings | None = None) -> None:
        self.document = document
        self._settings = settings

    @classmethod
    def load(cls, path: str | Path, settings: Settings | None = None) -> Workflow:
        """From a file, a shipped one by its name, a picture that carries one, or one that a plugin can import.

        Raises FileError, WorkflowError with every problem.
        """
        return cls(load_workflow(path, settings)[0], settings)

    @classmethod
    def from_dict(cls, said: Mapping[str, Any], settings: Settings | None = None) -> Workflow:
        """From the JSON object of a file. Raises WorkflowError with every problem."""
        return cls(read(dict(said)), settings)

    @property
    def name(self) -> str:
        """The name in the document."""
        return self.document.name

    def save(self, path: str | Path) -> None:
        """Write the document: stable, sorted, whole or not at all. Raises FileError."""
        save(self.document, Path(path))

    def with_inputs(self, **inputs: Any) -> Workflow:
        """The same workflow with other values, by public name or "node.input". Raises WorkflowError."""
        document = self.document
        for name, value in inputs.items():
            document = set_input(document, name, value)
        return Workflow(document, self._settings)

    @property
    def inputs(self) -> dict[str, Any]:
        """The public interface: names and the values they have now."""
        with Services.open(self._settings) as services:
            return {p.name: p.default for p in interface(self.document, services.registry)}

    def check(self) -> None:
        """Raises ValidationError with every problem there is."""
        with Services.open(self._settings) as services:
            checked = services.check(self.document)
        if checked.problems:
            raise ValidationError.of(checked.problems, f'workflow "{self.name}"')

    def plan(self, targets: Sequence[str] | None = None) -> Plan:
        """What a run would do: hit or miss for each node, and why."""
        with Services.open(self._settings) as services:
            return services.plan(self.document, targets)

    def run(
        self,
        *,
        to: Sequence[str] | None = None,
        on_event: Callable[[Event], None] | None = None,
        cancel: threading.Event | None = None,
        **inputs: Any,
    ) -> Result:
        """Run it here and now, with other values if any are given.

        Raises ValidationError before anything runs; NodeError, OutOfMemory, Cancelled for what happens then.
        """
        with Services.open(self._settings) as services:
            document = self.with_inputs(**inputs).document
            finished = services.run(document, targets=to, on_event=on_event, cancel=cancel)
            result = Result.of(finished)
        if finished.error is not None:
            raise finished.error
        return result

    async def arun(self, **arguments: Any) -> Result:
        """`run` beside an event loop. Cancelling the task stops the run within a step."""
        cancel = arguments.setdefault("cancel", threading.Event())
        try:
            return await asyncio.to_thread(self.run, **arguments)
        except asyncio.CancelledError:
            cancel.set()
            raise

    def __repr__(self) -> str:
        return f"Workflow({self.name!r}, {len(self.document.nodes)} nodes)"


@dataclass(frozen=True)
class Result:
    """What a run gave. record: all about the run; results: of its targets, by node; saved: finished files, by node.

    A result that was stored is read when it is asked for, so that a stored picture costs no import of torch.
    """

    record: RunRecord
    results: Mapping[str, Stored]
    saved: Mapping[str, Saved]

    @classmethod
    def of(cls, finished: Finished) -> Result:
        """From a finished run."""
        return cls(finished.record, finished.results, finished.saved)

    @property
    def files(self) -> list[Artifact]:
        """The finished files, in order."""
        return [file for saved in self.saved.values() for file in saved.files]

    @cached_property
    def images(self) -> list[Picture]:
        """The finished pictures, as PIL images."""
        import io

        from PIL import Image

        return [Image.open(io.BytesIO(f.data)) for f in self.files if f.media_type.startswith("image/")]

    def __getitem__(self, end: str) -> Any:
        """A value by "node.output", or by node where it has one output. Raises KeyError."""
        if end in self.results and len(self.results[end].names) == 1:
            return self.results[end].value(self.results[end].names[0])
        node, _, output = end.rpartition(".")
        if node not in self.results or output not in self.results[node].names:
            there = ", ".join(f"{n}.{name}" for n, stored in self.results.items() for name in stored.names)
            raise KeyError(f'there is no result "{end}"; there are: {there or "none"}')
        return self.results[node].value(output)

    def save(self, folder: str | Path) -> list[Path]:
        """Write the finished files into a folder, pictures with their record inside. Raises FileError."""
        return [
            path
            for node, saved in self.saved.items()
            for path, _ in write_saved(node, self.record.nodes[node]["key"], saved, Path(folder), self.record.within())
        ]

    def _repr_png_(self) -> bytes | None:
        return next((bytes(f.data) for f in self.files if f.media_type == PNG), None)

    def _repr_html_(self) -> str | None:
        pictures = [f for f in self.files if f.media_type.startswith("image/")]
        if len(pictures) < 2:
            return None
        shown = (f'<img src="data:{f.media_type};base64,{base64.b64encode(f.data).decode()}">' for f in pictures)
        return "".join(shown)


__all__ = ["CalotypeError", "Result", "Workflow"]
