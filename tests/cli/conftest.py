"""The command line as a user has it, on toy nodes that need no torch."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from calotype.cli.__main__ import main

TOYS = '''
"""Toy nodes for tests of the command line."""

import io
import time

from calotype.node import Context, Input, Node
from calotype.types import Artifact, BatchOnly, FileRef, Saved, Seed


class Draw(Node, category="toy"):
    """A batch of one-coloured pictures."""

    output = True

    colour: int = Input(default=0, ge=0, le=255, doc="How light.")
    shade: float = 0.0
    seed: Seed = 0
    text: str = ""
    batch: int = 1
    only: BatchOnly = -1
    flip: bool = False

    def run(self) -> Saved:
        from PIL import Image

        if self.text == "stumble":
            raise RuntimeError("it stumbled")
        files = []
        for index in range(self.batch) if self.only < 0 else [self.only]:
            out = io.BytesIO()
            Image.new("RGB", (24, 16), (self.colour, self.seed % 256, index)).save(out, "PNG")
            files.append(Artifact("drawn.png", "image/png", out.getvalue()))
        return Saved(tuple(files))


class Copy(Node, category="toy"):
    """The bytes of a picture file."""

    output = True

    picture: FileRef = Input(folder="input")
    times: int = 1

    def run(self, ctx: Context) -> Saved:
        data = ctx.path(self.picture).read_bytes()
        if data == b"stumble":
            raise RuntimeError("it stumbled")
        return Saved((Artifact("copy.bin", "application/octet-stream", data * self.times),))


class Slow(Node, category="toy"):
    """Takes its time."""

    output = True

    steps: int = 100

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
        "shade": {"node": "draw", "input": "shade"},
        "seed": {"node": "draw", "input": "seed"},
        "some_text": {"node": "draw", "input": "text", "doc": "What it says."},
        "out": {"node": "draw", "input": "flip"},
    },
    "nodes": {"draw": {"type": "toys.Draw", "inputs": {}}},
}
COPY = {
    "calotype": 1,
    "name": "copy",
    "inputs": {"picture": {"node": "copy", "input": "picture"}, "times": {"node": "copy", "input": "times"}},
    "nodes": {"copy": {"type": "toys.Copy", "inputs": {"picture": "none.png"}}},
}
SLOW = {"calotype": 1, "name": "slow", "nodes": {"slow": {"type": "toys.Slow", "inputs": {}}}}


@dataclass(frozen=True)
class Said:
    """What a command gave back."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def json(self):
        return [json.loads(line) for line in self.lines]


@pytest.fixture(scope="session")
def toys(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("plugins")
    (folder / "toys.py").write_text(TOYS)
    return folder


@pytest.fixture
def place(tmp_path, monkeypatch, toys) -> Path:
    """The folder that the commands are run in, with three workflows."""
    monkeypatch.setenv("CALOTYPE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CALOTYPE_PLUGINS", str(toys))
    monkeypatch.chdir(tmp_path)
    for name, workflow in (("draw", DRAW), ("copy", COPY), ("slow", SLOW)):
        (tmp_path / f"{name}.json").write_text(json.dumps(workflow))
    return tmp_path


@pytest.fixture
def calotype(place, capsys):
    """Run a command line in this process."""

    def run(*words: object) -> Said:
        capsys.readouterr()
        code = main([str(w) for w in words])
        out, err = capsys.readouterr()
        return Said(code, out, err)

    return run
