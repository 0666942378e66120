"""A plugin for tests of faults: nodes whose results are known, whose executions are counted, and which misbehave.

DEEDS of the node `Bad` are what a node should never do.
"""

import builtins
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from calotype.node import Context, Input, Node
from calotype.types import Artifact, FileRef, Model, Saved, Secret

LEDGER = Path(os.environ.get("FAULTS_LEDGER", os.devnull))
LONG = 0.06  # seconds: a result that took less than 0.05 is not worth a file in the store


def noted(*words: str) -> None:
    """One line in the ledger of executions, whole or not at all."""
    handle = os.open(LEDGER, os.O_WRONLY | os.O_APPEND)
    try:
        os.write(handle, ("\t".join(words) + "\n").encode())
    finally:
        os.close(handle)


class Step(Node):
    """A word with a letter more, computed for a while."""

    text: str
    letter: str = "a"
    seconds: float = Input(default=LONG, ge=0, le=60)

    def run(self, ctx: Context) -> str:
        """The text with the letter behind it."""
        noted("begun", self.text + self.letter)
        for i in range(3):
            ctx.step(i + 1, 3)
            time.sleep(self.seconds / 3)
        noted("done", self.text + self.letter)
        return self.text + self.letter


class Write(Node):
    """A text as a file."""

    output = True
    text: str

    def run(self) -> Saved:
        """One file of 64 KB: the text again and again."""
        return Saved((Artifact("said.txt", "text/plain", (self.text.encode() * 65536)[:65536]),))


class Ticks(Node):
    """Tells the time as its progress: microseconds since a moment that tests know."""

    output = True
    volatile = True
    count: int = 100

    def run(self, ctx: Context) -> int:
        """The count."""
        for _ in range(self.count):
            now = int((time.time() - 1_700_000_000) * 1e6)
            ctx.step(now, now)
            time.sleep(0.06)
        return self.count


class Load(Node):
    """Begins to load a model, once."""

    output = True
    volatile = True

    def run(self, ctx: Context) -> int:
        """0."""
        begun = LEDGER.with_name("loading")
        if not begun.exists():  # loading for real would import torch, which is not what is tested
            begun.touch()
            with ctx.load(Model(FileRef("checkpoints", "none.safetensors", "blake3:00"), "sd15")):
                return 0
        return 0


class Leak(Node):
    """Says its secret everywhere, and then fails with it or not."""

    output = True
    volatile = True
    token: Secret
    text: str = ""
    fails: bool = False

    def run(self, ctx: Context) -> Saved:
        """A file without the secret. Raises ValueError with it."""
        said = self.token.reveal()
        print("the token is", said)
        print("in the log:", said, file=sys.stderr, flush=True)
        ctx.warn(f"the token {said} is old")
        if self.fails:
            raise ValueError(f"{said} is wrong")
        return Saved((Artifact("said.txt", "text/plain", f"{len(said)} {self.text}".encode()),))


class Bad(Node):
    """Does what a node should not."""

    output = True
    volatile = True
    deed: str = "Exception"

    def run(self, ctx: Context) -> int:
        """Never well. Raises anything."""
        print("about to do", self.deed, flush=True)
        match self.deed:
            case "os._exit":
                os._exit(3)
            case "SIGSEGV":
                os.kill(os.getpid(), signal.SIGSEGV)
            case "SIGABRT":
                os.abort()
            case "hung Python loop":
                while True:
                    pass
            case "hung C call":
                mutex = ctypes.create_string_buffer(64)
                while True:
                    ctypes.PyDLL(None).pthread_mutex_lock(mutex)  # without letting go of the interpreter
            case "thread left behind":
                threading.Thread(target=time.sleep, args=(600,)).start()
            case "children left behind":
                for _ in range(20):
                    subprocess.Popen(["sleep", "600"])
                os._exit(4)
            case "memory hog":
                held = []
                while True:
                    held.append(b"x" * 2**20)
                    time.sleep(0.0005)
            case "stdout flood":
                for _ in range(400):
                    sys.stdout.write("y" * 99_999 + "\n")
            case "event flood":
                for i in range(20_000):
                    ctx.step(i, 20_000)
                    ctx.warn(f"warning {i}")
            case "RecursionError":
                return self.run(ctx)
            case "CancelledError":
                import asyncio

                raise asyncio.CancelledError
            case "files closed":
                os.closerange(3, 256)
                time.sleep(600)
            case _:
                raise getattr(builtins, self.deed)("bad deed")
        return 1
