"""Whatever lies in a folder of plugins, looking at it raises nothing and imports nothing."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calotype.errors import PluginError
from calotype.plugins.record import Source, check_name
from calotype.plugins.sources import at, packages

words = st.text(st.characters(codec="utf-8", exclude_characters='"\\', exclude_categories=("C", "Z")), max_size=12)
values = (
    words.map('"{}"'.format) | st.integers().map(str) | st.sampled_from(["[]", "{}", "true", "[1]", '["a"]', "1.5"])
)
keys = st.sampled_from(["name", "version", "dependencies", "entry-points", "[project.entry-points]", "[other]"])
lines = st.lists(st.tuples(keys, values).map(lambda kv: kv[0] if kv[0].startswith("[") else " = ".join(kv)))
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@unhurried
@given(lines.map(lambda found: "\n".join(["[project]", *found])) | st.text(max_size=40))
def test_any_project_file_gives_a_source(tmp_path, text):
    (tmp_path / "pyproject.toml").write_bytes(text.encode("utf-8", "surrogatepass"))
    assert isinstance(at(tmp_path), Source)


@unhurried
@given(st.text(max_size=60) | st.lists(words).map(lambda found: "[calotype.plugins]\n" + "\n".join(found)))
def test_any_entry_point_file_gives_sources(tmp_path, text):
    info = tmp_path / "thing-1.0.dist-info"
    info.mkdir(exist_ok=True)
    (info / "entry_points.txt").write_bytes(text.encode("utf-8", "surrogatepass"))
    assert all(isinstance(s, Source) for s in packages([str(tmp_path)]))


@given(st.text(max_size=70) | st.from_regex(r"[A-Za-z0-9_-]{1,70}", fullmatch=True))
def test_an_accepted_name_is_safe_as_a_folder_and_as_a_package(name):
    try:
        check_name(name)
    except PluginError as error:
        assert len(str(error)) < 400
    else:
        assert name.replace("-", "_").isidentifier() and name.isascii() and Path(name).name == name


def test_the_first_of_two_installed_versions_counts(tmp_path):
    for site, module in (("one", "first_module"), ("two", "second_module")):
        info = tmp_path / site / "thing-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "entry_points.txt").write_text(f"[calotype.plugins]\nthing = {module}\n")
    (found,) = packages([str(tmp_path / "one"), str(tmp_path / "two"), str(tmp_path / "not-there")])
    assert (found.name, found.module, found.version) == ("thing", "first_module", "1.0")


def test_the_built_in_nodes_stand_first():
    assert next(packages()).builtin


@pytest.mark.parametrize("layout", ["box", "src/box"])
def test_packages_beside_the_project_file_and_in_src_are_found(tmp_path, layout):
    (tmp_path / layout).mkdir(parents=True)
    (tmp_path / layout / "__init__.py").write_text("")
    (tmp_path / "pyproject.toml").write_text('[project.entry-points."calotype.plugins"]\ntoys = "box:thing"\n')
    found = at(tmp_path)
    assert (found.name, found.place, found.error) == ("toys", tmp_path / layout, "")
