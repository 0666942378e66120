"""A host for nodes in plain tests: its files lie in the test's folder, its models are those that the test puts in."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from calotype.testing import FakeContext
from calotype.types import FileRef


class Host(FakeContext):
    """`models` by recipe, `families` by file name ("sd15" unless said), files by name in `folder`."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.models = self._models
        self.families = self._families = defaultdict(lambda: "sd15")

    def path(self, file: FileRef) -> Path:
        return self.folder / file.name

    def family(self, file: FileRef) -> str:
        return self.families[file.name]


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)
