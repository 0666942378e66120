import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

NODE = """
from calotype.node import Node

class {name}(Node):
    '''A toy.'''

    value: int = {value}

    def run(self) -> int:
        return self.value
"""

Drop = Callable[..., Path]


def node(name: str = "Toy", value: int = 1) -> str:
    """The text of a module with one node."""
    return NODE.format(name=name, value=value)


@pytest.fixture
def toy():
    return node


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder of plugins."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    return folder


@pytest.fixture
def drop(home: Path) -> Drop:
    """Write a plugin: `drop("toys", {"__init__.py": ...})`, or as a single file: `drop("toys.py", text)`."""

    def write(name: str, files: dict[str, str] | str) -> Path:
        for relative, text in (files if isinstance(files, dict) else {"": files}).items():
            file = home / name / relative if relative else home / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(textwrap.dedent(text), encoding="utf-8")
        return home / name

    return write
