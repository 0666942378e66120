"""One unit of work in this process: from a document to messages. What a worker does, wherever it is."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from calotype.backends.previews import Previews
from calotype.backends.protocol import Ended, Happened, Message, Unit
from calotype.backends.warming import warm
from calotype.crash import Crash
from calotype.errors import CalotypeError
from calotype.events import Event, NodeFinished, NodeProgress, NodeStarted, Warned
from calotype.executor.memory import resident
from calotype.outputs import Outputs
from calotype.services import Finished, Services
from calotype.types import Saved
from calotype.workflow import read

STEP = 0.05  # seconds between two reports of progress of one node
WARNINGS = 200  # of one run
WORTH = 0.02  # seconds of computing that a crash may cost beside the node that it hits
Send = Callable[[Message], object]


class Runner:
    """Responsibilities: run units with the services of this process, one at a time; say what happens, not more often
    than anybody can read; hand finished files to the outputs. Whatever a node does comes out as `Ended`.
    """

    def __init__(self, services: Services, crash: Crash | None = None) -> None:
        self._services = services
        self._crash = crash or Crash()
        self._outputs = Outputs(services.settings.home / "files", self._crash)
        services.host.on_load = lambda recipe: self._crash.at("model.loading")

    def run(self, unit: Unit, send: Send, cancel: threading.Event) -> Ended:
        """Run a unit. send: gets events and pictures as they happen, from several threads."""
        self._crash.at("unit.received")
        listening = _Listening(send, unit.previews, self._crash, self._services.store.flush)
        try:
            finished = self._services.run(
                read(dict(unit.workflow)),
                targets=unit.targets,
                on_event=listening,
                cancel=cancel,
                run=unit.run,
            )
            return self._ended(finished)
        except CalotypeError as error:
            return Ended("failed", {}, [], error.to_dict())
        except BaseException as error:  # the boundary of a worker: no code of a plugin may end it from within
            return Ended("failed", {}, [], unexpected(error))

    def warm(self, workflow: Mapping[str, Any]) -> int:
        """Import and load what a document needs; how many models. Raises CalotypeError."""
        return warm(self._services, workflow)

    def resident(self) -> list[str]:
        """Hashes and names of the files of the models that are loaded now."""
        found: dict[str, None] = {}
        for entry in self._services.host.resident():
            patches = (patch["file"] for patch in entry["recipe"]["patches"])
            for file in (entry["recipe"]["file"], *patches):
                found.update(dict.fromkeys(filter(None, (file.get("hash"), file["file"])) if file else ()))
        return list(found)

    def models(self) -> list[dict[str, Any]]:
        """The models that are loaded now: what they are, where they sit, and with how many bytes."""
        kept = ("name", "part", "family", "bytes", "device_bytes", "how", "users", "idle", "seconds")
        return [{name: one[name] for name in kept if name in one} for one in self._services.host.resident()]

    def memory(self) -> dict[str, int]:
        """Bytes that this process holds, in memory and on its device."""
        import sys

        torch = sys.modules.get("torch")
        cuda = getattr(torch, "cuda", None)
        vram = cuda.memory_allocated() if cuda is not None and cuda.is_initialized() else 0
        return {"rss": resident(), "vram": vram}

    def unload(self) -> int:
        """Let go of models that are not in use; the bytes."""
        return self._services.host.unload()

    def _ended(self, finished: Finished) -> Ended:
        record = finished.record
        files = [*self._kept(finished.saved), *self._kept(finished.shown)]
        error = finished.error.to_dict() if finished.error is not None else record.error
        status: Any = record.status
        return Ended(status, record.to_dict(), files, error)

    def _kept(self, saved: Mapping[str, Saved]) -> list[dict[str, Any]]:
        return [
            {
                "node": node,
                "index": index,
                "name": file.name,
                "digest": self._outputs.put(file.data),
                "media_type": file.media_type,
                "bytes": len(file.data),
                "kept": one.kept,
            }
            for node, one in saved.items()
            for index, file in enumerate(one.files)
        ]


class _Listening:
    """From the executor's events to messages.

    save: has what is computed written to disk; called before the next node begins, when there is something to lose.
    """

    def __init__(self, send: Send, previews: bool, crash: Crash, save: Callable[[], None]) -> None:
        self._send, self._crash, self._save = send, crash, save
        self._unsaved = 0.0  # seconds of computing
        self._previews = Previews() if previews else None
        self._steps: dict[str, float] = {}
        self._warnings = 0

    def __call__(self, event: Event) -> None:
        if isinstance(event, NodeProgress):
            self._crash.at("node.step")
            self._step(event)
            return
        if isinstance(event, NodeFinished):
            self._unsaved += event.seconds
        elif isinstance(event, NodeStarted) and self._unsaved > WORTH:
            self._save()
            self._unsaved = 0.0
        if not isinstance(event, Warned):
            self._send(Happened(event.to_dict()))
        elif self._warnings <= WARNINGS:
            self._warnings += 1
            more = {"message": "there are more warnings, which are left out"} if self._warnings > WARNINGS else {}
            self._send(Happened(event.to_dict() | more))

    def _step(self, event: NodeProgress) -> None:
        if self._previews is not None and (preview := self._previews.of(event)) is not None:
            self._send(preview)
        now = time.monotonic()
        if event.done >= event.total or now - self._steps.get(event.node, -STEP) >= STEP:
            self._steps[event.node] = now
            self._send(Happened(event.to_dict()))


def unexpected(error: BaseException) -> dict[str, Any]:
    """The error of something that nobody foresaw, in the shape of `CalotypeError.to_dict`."""
    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    told = "".join(traceback.format_exception(error))[-16_000:]
    return {"code": "error", "message": said, "problems": [], "traceback": told}
