"""A context for nodes in plain tests: models are what the test gives, files lie in its folder."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from calotype.types import FileRef


class Host:
    """Answers what nodes ask of their host, and remembers what they reported."""

    node = "node"
    device = torch.device("cpu")

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.models: dict = {}
        self.families: dict = {}
        self.steps: list = []
        self.warnings: list = []
        self.held: list = []

    @contextmanager
    def load(self, recipe):
        self.held.append(recipe)
        yield self.models[recipe]
        self.held.remove(recipe)

    def path(self, file: FileRef) -> Path:
        return self.folder / file.name

    def resolve(self, folder: str, name: str) -> FileRef:
        return FileRef(folder, name)

    def family(self, file: FileRef) -> str:
        return self.families.get(file.name, "sd15")

    def step(self, done, total, preview=None) -> None:
        self.steps.append((done, total, preview))

    def check_cancelled(self) -> None:
        pass

    def warn(self, message: str) -> None:
        self.warnings.append(message)


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)
