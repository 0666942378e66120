"""The editor decides what fits by rules of its own: they are held to the engine's by a file of all pairs."""

import importlib.util
from pathlib import Path

TOOL = Path(__file__).parents[2] / "tools" / "socket_pairs.py"


def test_the_editors_file_of_pairs_is_what_the_engine_says():
    spec = importlib.util.spec_from_file_location("socket_pairs", TOOL)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert tool.PLACE.read_text(encoding="utf-8") == tool.text()
