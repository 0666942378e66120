"""Plugin code is read elsewhere."""

from __future__ import annotations

import subprocess
import sys

import pytest

from calotype.backends.catalogue import refresh
from calotype.errors import PluginError
from calotype.settings import Settings

NODE = """
import sys
print("imported", file=sys.stderr)
from calotype.node import Node

class Toy(Node):
    '''A toy.'''

    def run(self) -> int:
        '''1.'''
        return 1
"""
LOOK = """
import sys
from pathlib import Path
from calotype.services import plugins_of
from calotype.settings import Settings
found = plugins_of(Settings.load(home=Path(sys.argv[1]), env={}))
print("toy.Toy" in {spec.id for spec in found.registry}, "calotype_plugins.toy" in sys.modules)
"""


def plugin(tmp_path, text):
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "toy.py").write_text(text)
    return Settings.load(home=tmp_path, env={})


def test_after_a_refresh_the_nodes_are_known_and_no_plugin_is_imported(tmp_path):
    refresh(plugin(tmp_path, NODE))
    done = subprocess.run([sys.executable, "-c", LOOK, str(tmp_path)], capture_output=True, text=True, check=True)
    assert (done.stdout.split(), done.stderr) == (["True", "False"], "")


def test_a_plugin_that_ends_or_hangs_the_process_is_an_error_with_its_words(tmp_path):
    settings = plugin(tmp_path, "import os, sys\nprint('my last words', file=sys.stderr, flush=True)\nos._exit(7)")
    with pytest.raises(PluginError, match=r"(?s)exit code 7.*my last words"):
        refresh(settings)
    (tmp_path / "plugins" / "toy.py").write_text("while True: pass")
    with pytest.raises(PluginError, match="within 2 seconds"):
        refresh(settings, patience=2)
