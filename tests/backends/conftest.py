from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from calotype.backends import Ended, Happened, Lost, Preview, Unit
from calotype.settings import Settings

TOYS = """
import ctypes, os, signal, sys, threading, time
from calotype.node import Context, Input, Node
from calotype.types import Artifact, FileRef, Image, Model, Saved, Secret


class Say(Node):
    '''A text as a file.'''

    output = True
    text: str = "hello"

    def run(self) -> Saved:
        '''One file, and one to look at.'''
        print("saying", self.text)
        return Saved((Artifact("said.txt", "text/plain", self.text.encode()),))


class Peek(Node):
    '''A text to look at.'''

    output = True
    text: str = "look"

    def run(self) -> Saved:
        '''A preview.'''
        return Saved((Artifact("peek.txt", "text/plain", self.text.encode()),), kept=False)


class Steps(Node):
    '''Counts, slowly.'''

    output = True
    volatile = True
    steps: int = Input(default=10, ge=1, le=100000)
    seconds: float = Input(default=0.01, ge=0, le=10)

    def run(self, ctx: Context) -> int:
        '''The count.'''
        for i in range(self.steps):
            ctx.step(i + 1, self.steps)
            time.sleep(self.seconds)
        return self.steps


class Picture:
    '''As much of a tensor as a preview needs, without torch.'''

    def __init__(self, side):
        import numpy
        self.data = numpy.random.default_rng(0).random((1, side, side, 3), "float32")

    def __getitem__(self, at):
        self.data = self.data[at]
        return self

    def __getattr__(self, name):
        return lambda *_: self

    def numpy(self):
        return (self.data * 255).astype("uint8")


class Shows(Node):
    '''Shows pictures of its steps.'''

    output = True
    volatile = True
    side: int = 700

    def run(self, ctx: Context) -> int:
        '''0.'''
        for i in range(3):
            ctx.step(i + 1, 3, Image(Picture(self.side)))
            time.sleep(0.12)
        return 0


class Loads(Node):
    '''Asks for a model.'''

    output = True

    def run(self, ctx: Context) -> int:
        '''0. Raises what loading raises.'''
        with ctx.load(Model(FileRef("checkpoints", "none.safetensors", "blake3:00"), "sd15")):
            return 0


class Heavy(Node):
    '''Holds memory.'''

    output = True
    volatile = True
    mib: int = 300

    def run(self, ctx: Context) -> int:
        '''Never.'''
        held = bytearray(self.mib * 1024 * 1024)
        for i in range(0, len(held), 4096):
            held[i] = 1
        for i in range(1000):
            ctx.step(i, 1000)
            time.sleep(0.01)
        return len(held)


class Leaks(Node):
    '''Says its secret everywhere.'''

    output = True
    volatile = True
    token: Secret

    def run(self) -> int:
        '''Never.'''
        print("the token is", self.token.reveal())
        raise ValueError(f"{self.token.reveal()} is wrong")


class Bad(Node):
    '''Does what a node should not.'''

    output = True
    volatile = True
    deed: str = "Exception"

    def run(self) -> int:
        '''Never well.'''
        print("about to do", self.deed)
        if self.deed == "exit":
            os._exit(3)
        if self.deed == "segv":
            os.kill(os.getpid(), signal.SIGSEGV)
            time.sleep(10)
        if self.deed == "abort":
            os.abort()
        if self.deed == "loop":
            while True:
                pass
        if self.deed == "sleep":
            mutex = ctypes.create_string_buffer(64)
            while True:
                ctypes.CDLL(None).pthread_mutex_lock(mutex)
        if self.deed == "hold":
            mutex = ctypes.create_string_buffer(64)
            while True:
                ctypes.PyDLL(None).pthread_mutex_lock(mutex)  # without letting go of the interpreter
        if self.deed == "thread":
            threading.Thread(target=time.sleep, args=(600,)).start()
            return 1
        if self.deed == "child":
            import subprocess
            subprocess.Popen(["sleep", "600"])
            os._exit(4)
        if self.deed == "close":
            os.closerange(3, 256)
            time.sleep(600)
        if self.deed == "recursion":
            return self.run()
        if self.deed == "cancelled":
            import asyncio
            raise asyncio.CancelledError
        import builtins
        raise getattr(builtins, self.deed)("bad deed")
"""


@pytest.fixture(scope="session")
def home(tmp_path_factory) -> Path:
    """A home with the toys as a plugin, which every test of the session shares."""
    home = tmp_path_factory.mktemp("home")
    (home / "plugins").mkdir()
    (home / "plugins" / "toys.py").write_text(textwrap.dedent(TOYS))
    return home


@pytest.fixture
def settings(home) -> Settings:
    return Settings.load(home=home, device="cpu", env={})


def document(type: str, **inputs) -> dict:
    """A workflow of one toy node."""
    return {"calotype": 1, "name": type, "nodes": {"it": {"type": f"toys.{type}", "inputs": inputs}}}


@pytest.fixture
def unit():
    """Make a unit of work: `unit("Say", text="x")`."""
    count = iter(range(10_000))
    return lambda type, **inputs: Unit(f"run{next(count)}", 1, document(type, **inputs))


class Heard(list):
    """All messages of one unit."""

    @property
    def end(self):
        (end,) = [m for m in self if isinstance(m, (Ended, Lost))]
        assert self[-1] is end
        return end

    @property
    def events(self):
        return [m.event for m in self if isinstance(m, Happened)]

    @property
    def previews(self):
        return [m for m in self if isinstance(m, Preview)]


@pytest.fixture
def hear():
    """Everything that a backend says of a unit."""

    async def listen(backend, unit, worker=None) -> Heard:
        return Heard([m async for m in backend.submit(worker or backend.workers()[0].id, unit)])

    return listen


@pytest.fixture
def until():
    """Wait until something is so."""
    import asyncio

    async def wait(true, seconds=10.0):
        for _ in range(int(seconds / 0.005)):
            if true():
                return
            await asyncio.sleep(0.005)
        raise AssertionError("it never became so")

    return wait


@pytest.fixture
def idle(until):
    """Wait until every worker of a backend is idle."""

    async def wait(backend, seconds=15.0):
        await until(lambda: all(w.state == "idle" for w in backend.workers()), seconds)

    return wait
