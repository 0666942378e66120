"""Asks of users about the built-in nodes, on the shipped model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import orjson
import pytest

from calotype.images import decode, text_of
from calotype.services import Services
from calotype.settings import ASSETS, Settings
from calotype.workflow import load, read, set_input

FOLDER = Path(__file__).parents[2] / "workflows"
MODEL = ASSETS / "models" / "checkpoints" / "emoji-ldm.safetensors"

pytestmark = pytest.mark.skipif(not MODEL.is_file(), reason="the default model is not here")


@pytest.fixture
def services(tmp_path):
    with Services.open(Settings.load(home=tmp_path / "home", device="cpu", env={})) as opened:
        yield opened


def example(name: str, **inputs):
    document = load(FOLDER / f"{name}.json")
    for place, value in inputs.items():
        document = set_input(document, place.replace("__", "."), value)
    return document


def test_e8_image_k_of_a_batch_is_made_again_alone_from_its_own_record(services, tmp_path):
    services.run(example("batch", steps=2, count=3), out=tmp_path / "all", targets=["save"])
    third = sorted((tmp_path / "all").glob("*.png"))[2]
    record = orjson.loads(text_of(third.read_bytes())["calotype"])
    again = set_input(read(record["workflow"]), "latent.only", record["index"])
    services.run(again, out=tmp_path / "one", targets=["save"])
    (alone,) = (tmp_path / "one").glob("*.png")
    assert np.abs(decode(third) - decode(alone)).max() <= 1.5 / 255


def test_e12_what_a_switch_does_not_choose_runs_nothing_and_loads_nothing(services):
    finished = services.run(example("switch", sampler__steps=1), targets=["sampler"])
    assert {n for n, r in finished.record.nodes.items() if r["status"] == "idle"} == {"picture", "encoded"}
    assert {one["part"] for one in services.host.pool.resident()} == {"text_encoder", "denoiser"}
