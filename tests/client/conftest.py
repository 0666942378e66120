"""A server as a process of its own, on toy nodes that need no torch, and clients of it."""

import os
import queue
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from calotype.cli.__main__ import main
from calotype.client import AsyncClient, Client

TOYS = '''
"""Toy nodes for tests of clients."""

import io
import time

from calotype.node import Context, Input, Node
from calotype.types import Artifact, FileRef, Saved, Seed


class Draw(Node, category="toy"):
    """A one-coloured picture."""

    output = True

    colour: int = Input(default=0, ge=0, le=255, doc="How light.")
    seed: Seed = 0
    text: str = ""

    def run(self) -> Saved:
        from PIL import Image

        if self.text == "stumble":
            raise RuntimeError("it stumbled")
        out = io.BytesIO()
        Image.new("RGB", (24, 16), (self.colour, self.seed % 256, 0)).save(out, "PNG")
        return Saved((Artifact("drawn.png", "image/png", out.getvalue()),))


class Mean(Node, category="toy"):
    """The mean colour of a picture file, in words."""

    picture: FileRef = Input(folder="input")

    def run(self, ctx: Context) -> str:
        from PIL import Image

        with Image.open(ctx.path(self.picture)) as picture:
            return str(picture.convert("RGB").resize((1, 1)).getpixel((0, 0)))


class Slow(Node, category="toy"):
    """Takes its time."""

    output = True

    steps: int = 100
    seed: Seed = 0

    def run(self, ctx: Context) -> Saved:
        for step in range(self.steps):
            ctx.step(step, self.steps)
            time.sleep(0.02)
        return Saved((Artifact("slow.txt", "text/plain", b"done"),))
'''
DRAW = {
    "calotype": 1,
    "name": "draw",
    "inputs": {
        "colour": {"node": "draw", "input": "colour"},
        "seed": {"node": "draw", "input": "seed"},
        "some_text": {"node": "draw", "input": "text", "doc": "What it says."},
    },
    "nodes": {"draw": {"type": "toys.Draw"}},
}
MEAN = {
    "calotype": 1,
    "name": "mean",
    "inputs": {"picture": {"node": "mean", "input": "picture"}},
    "nodes": {
        "mean": {"type": "toys.Mean", "inputs": {"picture": "red.png"}},
        "save": {"type": "SaveText", "inputs": {"text": {"from": "mean.str"}}},
    },
}
SLOW = {
    "calotype": 1,
    "name": "slow",
    "inputs": {"seed": {"node": "slow", "input": "seed"}, "steps": {"node": "slow", "input": "steps"}},
    "nodes": {"slow": {"type": "toys.Slow"}},
}


class Process:
    """A running `calotype serve`. link: as it printed it."""

    def __init__(self, home: Path, toys: Path, port: int = 0) -> None:
        words = [sys.executable, "-m", "calotype.cli", "serve", "--home", home, "--plugins", toys, "--port", port]
        env = os.environ | {"OMP_NUM_THREADS": "1", "CALOTYPE_DEVICE": "cpu"}
        self._process = subprocess.Popen([*map(str, words), "--drain", "0"], stdout=subprocess.PIPE, text=True, env=env)
        lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=lambda: [lines.put(x) for x in self._process.stdout], daemon=True).start()
        self.link = lines.get(timeout=60).partition("ready: ")[2].strip()
        self.url, _, self.token = self.link.partition("/?token=")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(30)
        self._process.stdout.close()


@pytest.fixture(scope="session")
def toys(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("plugins")
    (folder / "toys.py").write_text(TOYS)
    return folder


@pytest.fixture(scope="session")
def server(tmp_path_factory, toys):
    process = Process(tmp_path_factory.mktemp("home"), toys)
    with Client(process.link) as client:
        while not client.ready():
            pass
    yield process
    process.stop()


@pytest.fixture
def client(server):
    with Client(server.link) as client:
        yield client


@pytest.fixture
async def aclient(server):
    async with AsyncClient(server.link) as client:
        yield client


@pytest.fixture
def workflows():
    return {"draw": DRAW, "mean": MEAN, "slow": SLOW}


@dataclass(frozen=True)
class Told:
    """What a command gave back."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


@pytest.fixture
def place(tmp_path, monkeypatch, toys, workflows) -> Path:
    """The folder that commands are run in, with the workflows, and a picture."""
    import json

    from PIL import Image

    monkeypatch.setenv("CALOTYPE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("CALOTYPE_SERVER", raising=False)
    monkeypatch.chdir(tmp_path)
    for name, workflow in workflows.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(workflow))
    (tmp_path / "photos").mkdir()
    Image.new("RGB", (8, 8), (200, 100, 50)).save(tmp_path / "photos" / "orange.png")
    return tmp_path


@pytest.fixture
def calotype(place, capsys):
    """Run a command line in this process."""

    def run(*words: object) -> Told:
        capsys.readouterr()
        code = main([str(w) for w in words])
        out, err = capsys.readouterr()
        return Told(code, out, err)

    return run
