"""One operating-system process that works, as the supervisor holds it: its pipe, its words, its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, BinaryIO, cast

from calotype.backends.protocol import Preview
from calotype.backends.ring import WIDEST
from calotype.backends.wire import Wire

LAST_WORDS = 0.3  # seconds for which the pipe of a dead process is still read
COMMAND = (sys.executable, "-P", "-m", "calotype.backends.process")  # nothing is imported from where it is started
POSIX = os.name == "posix"

Heard = Callable[[dict[str, Any] | Preview], None]


class Child:
    """Responsibilities: start a worker process; hand on its frames, its lines and, last and once, its end.

    All three are called from threads. Its own process group goes with it, so that what its nodes started ends too.
    """

    def __init__(
        self, env: Mapping[str, str], heard: Heard, printed: Callable[[bytes], None], died: Callable[[int], None]
    ) -> None:
        self._process = subprocess.Popen(
            COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(env),
            start_new_session=POSIX,
        )
        self._reaping, self._reaped = threading.Lock(), False
        self._wire = Wire(cast("BinaryIO", self._process.stdout), cast("BinaryIO", self._process.stdin))
        self._printing = cast("BinaryIO", self._process.stderr)
        self._threads = [
            threading.Thread(target=work, args=args, name=f"calotype-{self.pid}", daemon=True)
            for work, args in ((self._hear, (heard,)), (self._listen, (printed,)))
        ]
        self._waiter = threading.Thread(target=self._wait, args=(died,), name=f"calotype-{self.pid}", daemon=True)
        for thread in (*self._threads, self._waiter):
            thread.start()

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def send(self, said: Mapping[str, Any]) -> bool:
        """Tell it something; False when it does not read any more. A small frame never blocks."""
        try:
            self._wire.send(said)
        except OSError:
            return False
        return True

    def ask_where(self) -> None:
        """Have it print where each of its threads is, even if it hangs."""
        if POSIX:
            self._signal(signal.SIGUSR1)

    def kill(self) -> None:
        """End it at once. `died` is called soon."""
        if POSIX:
            self._signal(signal.SIGKILL)
        else:
            self._process.kill()

    def join(self, timeout: float) -> None:
        """Wait until nothing of it is left."""
        self._waiter.join(timeout)

    def _signal(self, number: int) -> None:
        """Send a signal while the number is surely still this process's. `Popen` itself would take its end from us."""
        with self._reaping, suppress(OSError):
            if not self._reaped:
                os.kill(self.pid, number)

    def _hear(self, heard: Heard) -> None:
        while (frame := self._wire.receive()) is not None:
            heard(frame)
        self.kill()  # a worker that closed its pipe, or wrote nonsense into it, is of no more use

    def _listen(self, printed: Callable[[bytes], None]) -> None:
        with suppress(OSError, ValueError):
            while line := self._printing.readline(WIDEST):
                printed(line)

    def _wait(self, died: Callable[[int], None]) -> None:
        """Until its end; then what it started goes too, its last frames are heard, and the end is told."""
        if POSIX:
            os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
            with suppress(OSError):
                os.killpg(self.pid, signal.SIGKILL)
            with self._reaping:
                self._reaped = True
        code = self._process.wait()
        for thread in self._threads:
            thread.join(LAST_WORDS)
        with suppress(OSError):
            self._process.stdin and self._process.stdin.close()
        died(code)
        if not any(thread.is_alive() for thread in self._threads):
            for stream in (self._process.stdout, self._process.stderr):
                stream and stream.close()


def ended_by(code: int) -> str:
    """How a process ended, in words."""
    if code >= 0:
        return f"it ended with exit code {code}"
    try:
        return f"it was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"it was killed by signal {-code}"
