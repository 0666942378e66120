import textwrap
from pathlib import Path

import pytest


@pytest.fixture
def plugin(tmp_path: Path):
    """Write a plugin called `toys` with this code and return its folder."""

    def write(code: str) -> Path:
        folder = tmp_path / "toys"
        folder.mkdir(exist_ok=True)
        head = "from __future__ import annotations\nfrom calotype import Image\nfrom calotype.node import Input, Node\n"
        (folder / "__init__.py").write_text(head + textwrap.dedent(code), encoding="utf-8")
        return folder

    return write
