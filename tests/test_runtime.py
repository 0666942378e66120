"""Versions as they enter every key."""

from importlib.metadata import version

import pytest

from calotype.runtime import version_of


@pytest.mark.parametrize("package", ["torch", "diffusers", "calotype", "orjson"])
def test_a_version_is_that_of_the_metadata(package):
    assert version_of(package) == version(package)


def test_a_package_that_is_not_there_has_none(tmp_path, monkeypatch):
    (tmp_path / "broken-1.0.dist-info").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    assert (version_of("nowhere"), version_of("broken")) == ("none", "none")
