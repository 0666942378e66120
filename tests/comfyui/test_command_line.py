"""Files and pictures of ComfyUI on the command line: run, validate, plan, import."""

import json

import pytest

from calotype.cli.__main__ import main
from calotype.images import encode_png, with_text
from calotype.workflow import load

PROMPT = {
    "4": {"class_type": "EmptyImage", "inputs": {"width": 16, "height": 8, "batch_size": 1, "color": 255}},
    "5": {"class_type": "ImageInvert", "inputs": {"image": ["4", 0]}},
    "6": {"class_type": "SaveImage", "inputs": {"images": ["5", 0], "filename_prefix": "blue"}},
}
STRANGE = {**PROMPT, "5": {"class_type": "Sparkle", "inputs": {"image": ["4", 0], "amount": 2}}}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CALOTYPE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def file(tmp_path):
    def written(said, name="case.json"):
        path = tmp_path / name
        path.write_text(json.dumps(said))
        return str(path)

    return written


@pytest.fixture
def picture(tmp_path):
    import numpy as np

    png = encode_png(np.zeros((4, 4, 3), np.uint8))
    for keyword, said in (("prompt", json.dumps(PROMPT)), ("workflow", '{"nodes": [], "links": []}')):
        png = with_text(png, keyword, said)
    (tmp_path / "made.png").write_bytes(png)
    return str(tmp_path / "made.png")


def test_a_file_of_comfyui_runs_and_results_are_saved_by_our_names(file, capsys):
    assert main(["run", file(PROMPT), "--save", "5.image=out.png", "--quiet"]) == 0
    from PIL import Image

    assert Image.open("out.png").getpixel((0, 0)) == (255, 255, 0)
    assert capsys.readouterr().err == ""


def test_a_node_without_a_counterpart_stops_only_what_needs_it(file, capsys):
    path = file({**PROMPT, "7": {"class_type": "Sparkle", "inputs": {"image": ["5", 0]}}})
    assert main(["run", path, "--save", "5.image=out.png", "--quiet"]) == 0
    assert main(["run", path, "--to", "6", "-o", "made", "--quiet"]) == 0
    assert main(["run", path, "-o", "made", "--quiet"]) != 0
    assert 'there is no node type "comfyui.Sparkle"' in capsys.readouterr().err


def test_a_picture_of_comfyui_validates(picture, capsys):
    assert main(["validate", picture]) == 0
    assert capsys.readouterr().out == f"{picture}: ok\n"


def test_import_writes_our_document_and_says_what_mapped(file, capsys):
    assert main(["import", file(PROMPT), "-o", "ours.json"]) == 0
    document = load("ours.json")
    assert document.name == "case"
    assert document.nodes == {
        "4": {"type": "SolidImage", "inputs": {"width": 16, "height": 8, "batch_size": 1, "colour": "#0000ff"}},
        "5": {"type": "ImageInvert", "inputs": {"image": {"from": "4.image"}}},
        "6": {"type": "SaveImage", "inputs": {"images": {"from": "5.image"}, "prefix": "blue"}},
    }
    assert "API format of ComfyUI; 3 nodes mapped, 0 without a counterpart" in capsys.readouterr().err


def test_import_says_what_has_no_counterpart_and_validation_names_it(file, capsys):
    path = file(STRANGE)
    assert main(["import", path, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["report"]["unknown"] == {"5": "Sparkle"}
    assert said["document"]["nodes"]["5"] == {
        "type": "comfyui.Sparkle",
        "inputs": {"image": {"from": "4.image"}, "amount": 2},
    }
    assert main(["validate", path]) == 3
    heard = capsys.readouterr()
    assert heard.err == f'{path}: node "5": Sparkle has no counterpart\n'
    assert 'node "5" (comfyui.Sparkle): there is no node type "comfyui.Sparkle"' in heard.out


def test_import_of_our_own_document_says_so(file, capsys):
    ours = {"calotype": 1, "nodes": {"a": {"type": "Text", "inputs": {}}}}
    assert main(["import", file(ours)]) == 0
    assert capsys.readouterr().err.endswith("a workflow of Calotype already\n")


@pytest.mark.parametrize("said", [{}, {"nodes": 1}, [], {"a": {"b": 1}}])
def test_what_no_program_wrote_is_refused_as_before(file, said, capsys):
    assert main(["import", file(said)]) == 3
    assert "Traceback" not in capsys.readouterr().err
