"""The pages on nodes and plugins say what is so: their Python runs, and they list every code that there is."""

import re
import sys
import types
from pathlib import Path

import pytest

from calotype.node import spec_of
from calotype.testing import check_plugin
from calotype.testing.imports import PUBLIC

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"(?ms)^```python\n(.*?)^```$")


@pytest.fixture
def page(monkeypatch):
    """The names that the Python on a page defines."""

    def run(name: str) -> dict[str, object]:
        module = types.ModuleType("page_of_docs")
        monkeypatch.setitem(sys.modules, "page_of_docs", module)
        for block in BLOCK.findall((ROOT / "docs" / name).read_text()):
            exec(compile(block, name, "exec"), vars(module))
        return vars(module)

    return run


def test_the_nodes_on_the_page_about_nodes_are_declared_well_and_run(page):
    import torch

    said = page("writing_nodes.md")
    specs = {n: spec_of(said[n]) for n in ("Invert", "Split", "Slowly", "Either", "Zoom")}
    assert list(specs["Split"].outputs) == ["light", "dark"]
    picture = said["Image"](torch.full((1, 1, 1, 3), 0.25))
    assert said["Invert"](image=picture).run().pixels.unique().tolist() == [0.75]
    assert said["Split"](image=picture).run().light.pixels.unique().tolist() == [0.5]
    assert said["Palette"].from_tensors(*said["Palette"]((1, 2)).to_tensors()) == said["Palette"]((1, 2))


def test_the_python_on_the_page_about_plugins_runs(page, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plugins").symlink_to(ROOT / "plugins")
    page("plugins.md")
    assert "film-grain ok ('film_grain.FilmGrain'" in capsys.readouterr().out


def test_every_public_module_and_every_finding_is_on_a_page():
    nodes, plugins = ((ROOT / "docs" / n).read_text() for n in ("writing_nodes.md", "plugins.md"))
    assert [m for m in sorted(PUBLIC - {"calotype.diffusion.names"}) if f"`{m}`" not in nodes] == []
    source = "".join(Path(sys.modules[check_plugin.__module__].__file__).parent.joinpath(f).read_text() for f in FILES)
    codes = set(re.findall(r'(?:errors|warnings)\(\s*"([a-z-]+)"', source))
    assert [c for c in sorted(codes) if f"`{c}`" not in plugins] == []


FILES = ("conformance.py", "imports.py", "trials.py")
