import json
import os
import subprocess
import sys
import time

import pytest

from calotype.errors import PluginError
from calotype.plugins import discover

NOTED = "import pathlib\nwith pathlib.Path(__file__).with_name('imports.txt').open('a') as f: f.write('x')\n"


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def found(home, cache):
    return lambda **options: discover([home], path=[], cache=cache, **options)


@pytest.fixture
def imports(home):
    return lambda name: len(note.read_text()) if (note := home / name / "imports.txt").exists() else 0


def test_a_warm_start_imports_no_plugin_code_until_a_node_is_used(drop, found, imports, toy):
    drop("toys", {"__init__.py": NOTED + toy()})
    cold = found()
    warm = found()
    assert imports("toys") == 1
    assert list(warm.registry) == list(cold.registry)
    assert warm.records == cold.records
    sys.modules.pop("calotype_plugins.toys")
    assert warm.registry.node_class("toys.Toy")().run() == 1
    assert imports("toys") == 2


def test_a_changed_file_makes_that_plugin_only_be_read_again(drop, found, imports, toy):
    drop("alpha", {"__init__.py": NOTED + toy()})
    drop("beta", {"__init__.py": NOTED + toy()})
    found()
    drop("beta", {"__init__.py": NOTED + toy(value=22)})
    plugins = found()
    assert (imports("alpha"), imports("beta")) == (1, 2)
    assert plugins.registry["beta.Toy"].inputs["value"].default == 22
    assert plugins.registry.node_class("beta.Toy")().run() == 22


def test_a_plugin_that_was_broken_is_tried_again(drop, found, toy, monkeypatch):
    drop("toys", {"__init__.py": "import os\nos.environ['CALOTYPE_TEST_MADE_WELL']\n" + toy()})
    assert found()["toys"].status == "broken"
    monkeypatch.setenv("CALOTYPE_TEST_MADE_WELL", "1")
    assert found()["toys"].status == "ok"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 99}', '{"format": 1, "plugins": {"toys": 3}}', "null"])
def test_a_damaged_catalogue_counts_as_empty(drop, found, cache, toy, text):
    drop("toys", {"__init__.py": toy()})
    cache.mkdir()
    (cache / "plugins.json").write_text(text)
    assert found()["toys"].status == "ok"
    assert json.loads((cache / "plugins.json").read_text())["format"] == 1


def test_a_damaged_entry_counts_as_none(drop, found, cache, toy):
    drop("toys", {"__init__.py": toy()})
    found()
    said = json.loads((cache / "plugins.json").read_text())
    for entry in said["plugins"].values():
        entry["nodes"] = [{"spec": 3}]
    (cache / "plugins.json").write_text(json.dumps(said))
    assert found()["toys"].nodes == ("toys.Toy",)


def test_a_cache_that_cannot_be_written_is_no_error(drop, home, tmp_path, toy):
    drop("toys", {"__init__.py": toy()})
    (tmp_path / "file").write_text("not a folder")
    assert discover([home], path=[], cache=tmp_path / "file")["toys"].status == "ok"


def test_an_installation_makes_the_catalogue_stale(drop, home, cache, imports, toy, tmp_path):
    drop("toys", {"__init__.py": NOTED + toy()})
    site = tmp_path / "site"
    (site / "something-1.0.dist-info").mkdir(parents=True)
    for _ in range(2):
        discover([home], path=[str(site)], cache=cache)
    assert imports("toys") == 1
    os.utime(site, ns=(1, 1))
    discover([home], path=[str(site)], cache=cache)
    assert imports("toys") == 2


def test_reload_takes_the_new_code_and_leaves_the_others(drop, found, imports, toy):
    drop("alpha", {"__init__.py": NOTED + toy()})
    drop("beta", {"__init__.py": NOTED + "from .inner import Toy\nNODE_MODULES = ('inner',)", "inner.py": toy(value=1)})
    plugins = found()
    old, other = plugins.registry.node_class("beta.Toy"), plugins.registry.node_class("alpha.Toy")
    assert plugins.changed() == ()
    drop("beta", {"inner.py": toy(value=7) + toy("More")})
    assert plugins.changed() == ("beta",)
    assert plugins.reload("beta").nodes == ("beta.Toy", "beta.More")
    assert plugins.changed() == ()
    assert (old().run(), plugins.registry.node_class("beta.Toy")().run()) == (1, 7)
    assert plugins.registry.node_class("alpha.Toy") is other
    assert imports("alpha") == 1


def test_a_quick_edit_of_the_same_length_is_seen(drop, found, toy):
    drop("toys", {"__init__.py": toy(value=1)})
    plugins = found()
    for value in range(2, 6):
        drop("toys", {"__init__.py": toy(value=value)})
        plugins.reload("toys")
        assert plugins.registry.node_class("toys.Toy")().run() == value


def test_reload_breaks_and_mends(drop, found, toy):
    drop("toys", {"__init__.py": toy()})
    plugins = found()
    drop("toys", {"__init__.py": "def"})
    assert plugins.reload("toys").status == "broken"
    assert "toys.Toy" not in plugins.registry
    drop("toys", {"__init__.py": toy()})
    assert plugins.reload("toys").status == "ok"
    assert "toys.Toy" in plugins.registry


def test_the_built_in_nodes_are_not_reloaded():
    with pytest.raises(PluginError, match="start the program again"):
        discover().reload("builtin")


def test_a_plugin_that_was_removed_is_a_record_after_a_reload(drop, found, toy):
    place = drop("toys.py", toy())
    plugins = found()
    place.unlink()
    record = plugins.reload("toys")
    assert record.status == "broken" and str(place) in f"{record.path} {record.error}"
    assert "toys.Toy" not in plugins.registry


def test_two_hundred_plugins_are_catalogued_in_little_time(drop, found, toy):
    for i in range(200):
        drop(f"p{i}.py", toy())
    found()
    began = time.process_time()
    plugins = found()
    assert len(plugins.registry) == 200
    assert time.process_time() - began < 10.0


def test_the_catalogue_of_the_built_in_nodes_needs_no_torch(cache):
    code = (
        "import sys, pathlib; from calotype.plugins import discover\n"
        f"d = discover(cache=pathlib.Path({str(cache)!r}))\n"
        "print(len(d.registry) > 20, d['builtin'].status, 'torch' in sys.modules, 'calotype_nodes' in sys.modules)"
    )
    cold, warm = (subprocess.check_output([sys.executable, "-c", code], text=True).split() for _ in range(2))
    assert cold == ["True", "ok", "False", "True"]
    assert warm == ["True", "ok", "False", "False"]
