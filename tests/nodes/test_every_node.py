"""What holds for every built-in node."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import calotype_nodes
from calotype.node import Node, spec_of

MODULES = [import_module(name) for name in calotype_nodes.NODE_MODULES]
NODES = [
    value
    for module in MODULES
    for value in vars(module).values()
    if isinstance(value, type) and issubclass(value, Node) and value.__module__ == module.__name__
]
ORDER = ("model", "positive", "negative", "conditioning", "latent", "image", "mask")  # among themselves, in this order
TESTS = "".join(file.read_text() for file in Path(__file__).parent.glob("test_*.py") if file != Path(__file__))


def test_every_module_of_nodes_is_listed():
    found = {
        f"calotype_nodes.{file.stem}"
        for file in Path(calotype_nodes.__file__).parent.glob("*.py")
        if "(Node" in file.read_text()
    }
    assert found == set(calotype_nodes.NODE_MODULES)


def test_importing_them_loads_no_torch_and_no_pillow():
    code = (
        "import sys, importlib\n"
        "for module in sys.argv[1:]: importlib.import_module(module)\n"
        "print({'torch', 'PIL', 'numpy'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", code, *calotype_nodes.NODE_MODULES]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


@pytest.mark.parametrize("node", NODES, ids=lambda n: n.__name__)
def test_a_node_says_what_it_does_in_a_line_and_is_tested(node):
    spec = spec_of(node)
    assert spec.category and "\n" not in spec.doc and spec.doc.endswith(".")
    assert f"{node.__name__}(" in TESTS or f"({node.__name__}, " in TESTS


@pytest.mark.parametrize("node", NODES, ids=lambda n: n.__name__)
def test_a_node_takes_things_in_the_usual_order_before_settings(node):
    names = list(spec_of(node).inputs)
    assert [n for n in names if n in ORDER] == [n for n in ORDER if n in names]


def test_outputs_bear_the_names_of_what_they_are():
    plain = {"Model": "model", "Clip": "clip", "Vae": "vae", "Latent": "latent", "Image": "image", "Mask": "mask"}
    said = {(str(o.socket), o.name) for node in NODES for o in spec_of(node).outputs.values()}
    others = {("Latent", "denoised"), *(("Image", plane) for plane in "yuv")}
    assert {pair for pair in said if pair[0] in plain and pair[1] != plain[pair[0]]} == others
