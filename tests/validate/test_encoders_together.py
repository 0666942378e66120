"""Text encoders in several files: the family is what they make together, or what their node is told."""

from typing import Annotated, Literal

import pytest

from calotype.node import Input, Node
from calotype.registry import Registry
from calotype.types import Clip, Conditioning, FileRef, Model, Role
from calotype.validate import validate
from calotype.workflow import read

FAMILIES = {"l.st": "clip-l", "g.st": "clip-g", "t5.st": "t5", "flux.st": "flux", "sd3.st": "sd3", "xl.st": "sdxl"}


class Both(Node):
    first: FileRef = Input(folder="clip")
    second: FileRef = Input(folder="clip")
    type: Annotated[Literal["auto", "sd3", "flux"], Role("family")] = "auto"

    def run(self) -> Clip: ...


class Denoiser(Node):
    file: FileRef = Input(folder="unet")

    def run(self) -> Model: ...


class Encode(Node):
    clip: Clip

    def run(self) -> Conditioning: ...


class Sample(Node):
    output = True

    model: Model
    words: Conditioning

    def run(self) -> float: ...


@pytest.fixture
def problems():
    registry = Registry()
    for cls in (Both, Denoiser, Encode, Sample):
        registry.add_class(cls)

    def check(model, **encoders):
        nodes = {
            "clip": {"type": "Both", "inputs": encoders},
            "net": {"type": "Denoiser", "inputs": {"file": model}},
            "words": {"type": "Encode", "inputs": {"clip": {"from": "clip.clip"}}},
            "sample": {
                "type": "Sample",
                "inputs": {"model": {"from": "net.model"}, "words": {"from": "words.conditioning"}},
            },
        }
        found = validate(read({"calotype": 1, "nodes": nodes}), registry, None, lambda ref: FAMILIES[ref.name]).problems
        return [(p.code, p.node, p.input, p.message) for p in found]

    return check


@pytest.mark.parametrize(
    ("model", "encoders"),
    [
        ("flux.st", {"first": "l.st", "second": "t5.st"}),
        ("flux.st", {"first": "t5.st", "second": "l.st"}),
        ("sd3.st", {"first": "l.st", "second": "g.st", "type": "sd3"}),
        ("xl.st", {"first": "l.st", "second": "g.st"}),
    ],
)
def test_encoders_that_make_the_models_family_together_go_with_it(problems, model, encoders):
    assert problems(model, **encoders) == []


def test_encoders_that_make_another_family_are_refused_where_they_meet_the_model(problems):
    found = problems("sd3.st", first="l.st", second="g.st")
    assert [f[:3] for f in found] == [("family-mismatch", "sample", "words")]
    assert "the SDXL conditioning" in found[0][3]


def test_encoders_that_belong_together_nowhere_are_refused_at_their_node(problems):
    assert problems("flux.st", first="g.st", second="t5.st") == [
        (
            "family-mismatch",
            "clip",
            "second",
            "no family listens to the OpenCLIP ViT-bigG text encoder and the T5-XXL text encoder together.",
        )
    ]
