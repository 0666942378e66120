import sys
from pathlib import Path

import pytest

from calotype.errors import PluginError
from calotype.plugins import PluginRecord, discover


@pytest.fixture
def found(home):
    return lambda **options: discover([home], path=[], **options)


def test_a_folder_with_an_init_is_a_plugin_named_after_it(drop, found, toy):
    place = drop("toys", {"__init__.py": toy()})
    plugins = found()
    record = PluginRecord(
        name="toys", version="", origin="folder", path=str(place), status="ok", nodes=("toys.Toy",), requires=()
    )
    assert plugins.records == (record,)
    assert plugins.registry.node_class("toys.Toy")(value=3).run() == 3


def test_a_single_file_is_a_plugin(drop, found, toy):
    drop("toys.py", toy())
    assert found()["toys"].nodes == ("toys.Toy",)


def test_a_project_gives_name_version_and_requirements(drop, found, toy):
    project = """
        [project]
        name = "calotype-toys"
        version = "1.2"
        dependencies = ["calotype>=0.1"]
        [project.entry-points."calotype.plugins"]
        fine-toys = "toy_box"
    """
    drop("whatever", {"pyproject.toml": project, "src/toy_box/__init__.py": toy()})
    record = found()["fine-toys"]
    assert (record.version, record.nodes, record.requires) == ("1.2", ("fine_toys.Toy",), ("calotype>=0.1",))


def test_the_name_of_a_plugin_is_found_with_hyphens_or_underscores(drop, found, toy):
    drop("fine_toys", {"__init__.py": toy()})
    assert found()["fine-toys"].name == "fine_toys"


def test_an_unknown_plugin_is_said_with_the_known_ones(drop, found, toy):
    drop("toys", {"__init__.py": toy()})
    with pytest.raises(PluginError, match='there is no plugin "tois"; there are toys'):
        found()["tois"]


def test_nodes_come_from_the_listed_modules_that_define_them(drop, found, toy):
    init = 'NODE_MODULES = ("first", "deep.second")\nfrom .first import Toy\n'
    drop("toys", {"__init__.py": init, "first.py": toy(), "deep/second.py": toy("Other"), "unlisted.py": toy("Third")})
    assert found()["toys"].nodes == ("toys.Toy", "toys.Other")


def test_module_names_may_be_absolute(drop, found, toy):
    drop("toys", {"__init__.py": 'NODE_MODULES = ("toys.first", ".second")', "first.py": toy(), "second.py": toy("B")})
    assert found()["toys"].nodes == ("toys.Toy", "toys.B")


def test_a_base_class_with_an_underscore_is_no_node(drop, found, toy):
    drop("toys", {"__init__.py": toy("_Base") + "class Real(_Base):\n    '''One.'''\n"})
    assert found()["toys"].nodes == ("toys.Real",)


def test_what_is_no_plugin_is_passed_over(drop, found, home):
    drop(".hidden", {"__init__.py": "1/0"})
    drop("__pycache__", {"x.py": "1/0"})
    drop("pictures", {"readme.md": "nothing"})
    drop("README.md", "nothing")
    assert discover([home, home / "not-there"], path=[]).records == ()


def test_files_without_an_init_are_said(drop, found):
    drop("toys", {"nodes.py": ""})
    assert found()["toys"].error == "it has neither an __init__.py nor a pyproject.toml"


@pytest.mark.parametrize("name", ["1st", "a b", "ünïcode", "import", "calotype", "builtin", "a--b", "x" * 65, "a.b"])
def test_names_that_cannot_stand_in_a_type_id_are_said_and_nothing_is_imported(drop, found, name):
    drop(name, {"__init__.py": "import sys; sys.was_here = True"})
    (record,) = found()
    assert record.status == "broken"
    assert "cannot be the name of a plugin" in record.error
    assert not hasattr(sys, "was_here")


def test_a_disabled_plugin_is_not_imported_and_its_nodes_are_known(drop, found, toy, tmp_path):
    drop("my-toys", {"__init__.py": toy()})
    found(cache=tmp_path)
    record = found(cache=tmp_path, disabled=["my_toys"])["my-toys"]
    assert (record.status, record.error, record.nodes) == ("disabled", "", ("my_toys.Toy",))
    assert len(found(disabled=["my-toys"]).registry) == 0


def test_two_plugins_of_one_name_are_an_error_that_names_both(drop, found, toy):
    first, second = drop("my-toys", {"__init__.py": toy()}), drop("my_toys.py", toy())
    used, other = found().records
    assert (used.status, other.status) == ("ok", "broken")
    assert str(first) in other.error and str(second) in other.error


def test_missing_requirements_are_said_with_the_command(drop, found, toy):
    project = '[project]\nname = "toys"\ndependencies = ["no-such-thing-calotype>=2", "packaging>=9999"]\n'
    drop("toys", {"pyproject.toml": project, "__init__.py": toy()})
    record = found()["toys"]
    assert record.status == "broken"
    assert 'no-such-thing-calotype, which is not installed: python -m pip install "no-such-thing-calotype>=2"' in (
        record.error
    )
    assert 'is installed: python -m pip install "packaging>=9999"' in record.error


def test_requirements_of_other_platforms_do_not_count(drop, found, toy):
    project = '[project]\nname = "toys"\ndependencies = ["nothing; sys_platform == \'amiga\'"]\n'
    drop("toys", {"pyproject.toml": project, "__init__.py": toy()})
    assert found()["toys"].status == "ok"


def test_a_single_file_may_declare_its_requirements(drop, found, toy):
    drop("toys.py", '# /// script\n# dependencies = ["no-such-thing-calotype"]\n# ///\n' + toy())
    assert "no-such-thing-calotype" in found()["toys"].error


def test_an_unreadable_project_is_a_record(drop, found):
    drop("toys", {"pyproject.toml": "[project", "__init__.py": ""})
    assert "pyproject.toml cannot be read" in found()["toys"].error


@pytest.mark.parametrize("project", ["project = 1", "[project]\nname = 3", "[project]\ndependencies = 4\nname='toys'"])
def test_a_project_of_the_wrong_shape_is_a_record(drop, found, toy, project):
    drop("toys", {"pyproject.toml": project, "__init__.py": toy()})
    assert len(found().records) == 1


def test_installed_packages_are_found_by_their_entry_point(tmp_path, toy, monkeypatch):
    site = install(tmp_path / "site", "fine-toys", "fine_toys_package", toy())
    monkeypatch.syspath_prepend(str(site))
    record = discover(path=[str(site)])["fine-toys"]
    assert (record.origin, record.version, record.nodes) == ("package", "0.3", ("fine_toys.Toy",))
    assert record.path == str(site / "fine_toys_package")


def test_an_entry_point_without_its_module_is_a_record(tmp_path):
    site = install(tmp_path / "site", "lost", "lost_package_of_calotype", None)
    assert discover(path=[str(site)])["lost"].error == (
        'the module "lost_package_of_calotype" of its entry point cannot be found; install the package again'
    )


def test_nobody_else_can_be_the_built_in_nodes(tmp_path, toy, monkeypatch):
    site = install(tmp_path / "site", "builtin", "not_builtin_package", toy())
    monkeypatch.syspath_prepend(str(site))
    (record,) = discover(path=[str(site)])
    assert record.status == "broken" and "is the name of the built-in nodes" in record.error


def test_the_built_in_nodes_come_through_the_same_door_first():
    first, *_ = discover().records
    assert (first.name, first.status, first.origin) == ("builtin", "ok", "package"), first.error
    assert "KSampler" in first.nodes


def test_a_missing_node_is_said_with_its_plugin(drop, found, toy):
    drop("toys", {"__init__.py": toy()})
    drop("bad", {"__init__.py": "1/0"})
    drop("off", {"__init__.py": toy()})
    plugins = found(disabled=["off"])
    assert plugins.whence("Thing") is None
    assert plugins.whence("film_grain.X") == 'It belongs to the plugin "film-grain", which is not installed.'
    assert plugins.whence("toys.X") == 'The plugin "toys" has no such node.'
    assert plugins.whence("off.Toy") == 'It belongs to the plugin "off", which is disabled.'
    assert "ZeroDivisionError" in plugins.whence("bad.Toy")


def test_the_type_of_a_value_is_found_in_plugins_only(drop, found):
    drop("toys", {"__init__.py": "class Thing: pass\nword = 'x'\n"})
    plugins = found()
    assert plugins.value_type("calotype_plugins.toys:Thing").__name__ == "Thing"
    for name in (
        "calotype_plugins.toys:word",
        "calotype_plugins.toys:Lost",
        "subprocess:Popen",
        "calotype_plugins.x:Y",
    ):
        assert plugins.value_type(name) is None


def install(site: Path, name: str, package: str, code: str | None) -> Path:
    """A site folder with one installed package, as pip writes it."""
    info = site / f"{package}-0.3.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 0.3\n")
    (info / "entry_points.txt").write_text(
        f"[console_scripts]\nx = y:z\n\n[calotype.plugins]\n# a comment = 1\n{name} = {package}\n"
    )
    if code is not None:
        (site / package).mkdir()
        (site / package / "__init__.py").write_text(code)
    return site
