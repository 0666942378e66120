"""A worker process: `python -m calotype.backends.process`, started and heard by the supervisor.

Frames come in on what was standard input and go out on what was standard output; both are taken away from nodes, whose
own words go to standard error. The process ends when the pipe does, so that it never outlives its server.
"""

from __future__ import annotations

import faulthandler
import io
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from calotype.backends.protocol import Ended, Happened, Lost, Message, Preview, Unit
from calotype.backends.wire import Wire, settings_from

BEAT = 0.5  # seconds
LAST_WORDS = 0.02  # seconds in which what a failed node printed reaches the supervisor before its failure does
PR_SET_PDEATHSIG = 1


def main() -> None:
    """Take the pipe, then do what it says until it ends."""
    wire = _take_pipe()
    _die_with_parent()
    said = wire.receive()
    if not isinstance(said, dict):
        return
    work = _Work(wire, said)
    work.serve()


def _take_pipe() -> Wire:
    """The private pipe, with standard input empty and standard output joined to standard error for everybody else."""
    incoming, outgoing = os.dup(0), os.dup(1)
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)
    os.dup2(2, 1)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True, errors="backslashreplace")
    return Wire(os.fdopen(incoming, "rb"), os.fdopen(outgoing, "wb"))


def _die_with_parent() -> None:
    """No worker outlives its server; and ^C in a terminal is the server's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.enable()
    if hasattr(signal, "SIGUSR1"):
        faulthandler.register(signal.SIGUSR1)  # the supervisor asks where a hung node hangs
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


class _Work:
    """Responsibilities: run units in the main thread, one after the other; hear of cancelling and answer questions
    meanwhile; beat.
    """

    def __init__(self, wire: Wire, said: Mapping[str, Any]) -> None:
        self._wire = wire
        self._settings = settings_from(said["settings"])
        self._jobs: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._now = ("", threading.Event())  # the run that is worked on, and what asks it to stop

    def serve(self) -> None:
        """Until told to stop, or until nobody listens."""
        from calotype.backends.running import Runner
        from calotype.crash import Crash
        from calotype.services import Services

        try:
            with Services.open(self._settings) as services:
                self._runner = Runner(services, Crash.asked())
                threading.Thread(target=self._hear, name="calotype-pipe", daemon=True).start()
                threading.Thread(target=self._beat, name="calotype-beat", daemon=True).start()
                self._wire.send({"is": "ready", **self._state()})
                while (job := self._jobs.get())["do"] != "stop":
                    self._do(job)
        except OSError as error:  # mostly a broken pipe: the server is gone
            print(f"this worker ends: {error}", file=sys.stderr)
        sys.stderr.flush()
        os._exit(0)  # whatever threads nodes left behind

    def _do(self, job: Mapping[str, Any]) -> None:
        if job["do"] == "run":
            unit = Unit.from_dict(job["unit"])
            end = self._runner.run(unit, self._send, job["cancel"])
            sys.stdout.flush()
            if end.error is not None:
                time.sleep(LAST_WORDS)
            self._wire.send({"is": "ended", "run": unit.run, **_end(end), **self._state()})
        else:
            self._wire.send({"is": "answer", "id": job["id"], **self._warmed(job["workflow"]), **self._state()})

    def _warmed(self, workflow: Mapping[str, Any]) -> dict[str, Any]:
        from calotype.backends.running import unexpected
        from calotype.errors import CalotypeError

        try:
            return {"models": self._runner.warm(workflow)}
        except CalotypeError as error:
            return {"error": error.to_dict()}
        except BaseException as error:  # no code of a plugin may end a worker from within
            return {"error": unexpected(error)}

    def _send(self, message: Message) -> None:
        if isinstance(message, Happened):
            self._wire.send({"is": "event", "event": message.event})
        elif isinstance(message, Preview):
            self._wire.show(message)

    def _hear(self) -> None:
        """What the supervisor says; at its end, so is ours."""
        while isinstance(said := self._wire.receive(), dict):
            match said["do"]:
                case "cancel":
                    run, cancel = self._now
                    if said["run"] == run:
                        cancel.set()
                case "ask":
                    with suppress(OSError):
                        self._wire.send({"is": "answer", "id": said["id"], **self._answer(said["ask"])})
                case "run":
                    self._now = (said["unit"]["run"], threading.Event())
                    self._jobs.put({**said, "cancel": self._now[1]})
                case _:
                    self._jobs.put(said)
        os._exit(1)

    def _answer(self, asked: str) -> dict[str, Any]:
        match asked:
            case "resident":
                return {"models": self._runner.resident()}
            case "models":
                return {"models": self._runner.models()}
            case "memory":
                return self._runner.memory()
            case "unload":
                return {"freed": self._runner.unload(), **self._state()}
        return {"error": {"code": "worker", "message": f'a worker cannot be asked for "{asked}"', "problems": []}}

    def _beat(self) -> None:
        """Say that this process is alive; a node that never lets go of the interpreter silences it."""
        waiting = threading.Event()
        with suppress(OSError):
            while not waiting.wait(BEAT):
                self._wire.send({"is": "beat", **self._state()})

    def _state(self) -> dict[str, Any]:
        return {"resident": self._runner.resident(), **self._runner.memory()}


def _end(end: Ended | Lost) -> dict[str, Any]:
    assert isinstance(end, Ended)
    return {"status": end.status, "record": end.record, "files": end.files, "error": end.error}


if __name__ == "__main__":
    main()
