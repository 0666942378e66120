import os
import shutil
import subprocess
import sys

import pytest

from calotype.errors import PluginError
from calotype.plugins import discover, new_plugin
from calotype.testing import check_plugin


def test_a_new_plugin_conforms_and_is_found_as_it_lies(home):
    folder = new_plugin("sepia-tones", home)
    assert folder == home / "sepia-tones"
    report = check_plugin(folder, fresh=False)
    assert report.ok and not report.findings, str(report)
    assert discover([home], path=[])["sepia-tones"].nodes == ("sepia_tones.Invert",)


@pytest.mark.slow
def test_a_new_plugin_passes_its_own_tests(home):
    folder = new_plugin("sepia-tones", home)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio"]
    done = subprocess.run(
        command, check=False, cwd=folder, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_files_of_a_new_plugin(home):
    folder = new_plugin("sepia", home)
    assert sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()) == [
        "README.md",
        "pyproject.toml",
        "sepia/__init__.py",
        "sepia/nodes.py",
        "tests/conftest.py",
        "tests/test_nodes.py",
        "workflows/example.json",
    ]
    assert not [p for p in folder.rglob("*.*") if p.is_file() and "$" in p.read_text()]


def test_a_new_plugin_with_a_widget_conforms_and_brings_it(home):
    folder = new_plugin("Sepia_tones", home, widget=True)
    assert (folder / "Sepia_tones" / "web" / "sepia-tones-amount.js").is_file()
    report = check_plugin(folder, fresh=False)
    assert report.ok and not report.findings, str(report)
    assert discover([home], path=[])["Sepia_tones"].widgets == ("sepia-tones-amount",)


@pytest.mark.parametrize("name", ["", "..", "../evil", "a/b", "/abs", "1st", "class", "calotype", "x y", "é", "a\0b"])
def test_a_name_that_is_no_name_writes_nothing(home, name):
    with pytest.raises(PluginError, match="cannot be the name of a plugin"):
        new_plugin(name, home)
    assert list(home.parent.rglob("*")) == [home]


def test_a_folder_that_is_there_is_left_alone(home):
    new_plugin("sepia", home)
    shutil.rmtree(home / "sepia" / "tests")
    with pytest.raises(PluginError, match="is there already"):
        new_plugin("sepia", home)
    assert not (home / "sepia" / "tests").exists()


def test_a_place_that_cannot_be_written_is_one_error(home):
    (home / "file").write_text("")
    with pytest.raises(PluginError, match="cannot be written"):
        new_plugin("sepia", home / "file")
