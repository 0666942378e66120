"""Results that were computed otherwise for want of memory: marked, with what comes of them, and never stored."""

import json
from contextlib import contextmanager

import pytest
from tests.diffusion.conftest import saved, sd1_shapes

from calotype.events import ModelMoved, Warned
from calotype.services import Services
from calotype.settings import Settings
from calotype.workflow import read

DECODE = {
    "calotype": 1,
    "name": "decode",
    "nodes": {
        "checkpoint": {"type": "CheckpointLoader", "inputs": {"checkpoint": {"file": "sd1.safetensors"}}},
        "latent": {"type": "EmptyLatent", "inputs": {"width": 128, "height": 128}},
        "decode": {
            "type": "VAEDecode",
            "inputs": {"latent": {"from": "latent.latent"}, "vae": {"from": "checkpoint.vae"}},
        },
        "invert": {"type": "ImageInvert", "inputs": {"image": {"from": "decode.image"}}},
        "save": {"type": "SaveImage", "inputs": {"images": {"from": "invert.image"}}},
    },
}
WHY = "the VAE worked in tiles of 64 pixels, because the whole picture did not fit into memory"


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    root = tmp_path_factory.mktemp("degraded")
    saved(root / "checkpoints" / "sd1.safetensors", sd1_shapes())
    return root


@contextmanager
def services(models, home, device):
    with Services.open(Settings.load(home=home, models=[models], device=device, env={})) as made:
        yield made


def ran(finished):
    return {node for node, said in finished.record.nodes.items() if said["status"] == "ran"}


def test_they_are_marked_and_not_stored_and_the_next_device_computes_them_anew(models, tmp_path):
    document, events = read(json.loads(json.dumps(DECODE))), []
    with services(models, tmp_path, "sim:5M") as small:
        first = small.run(document, on_event=events.append)
        again = small.run(document)
    degraded = {node: said["degraded"] for node, said in first.record.nodes.items() if said.get("degraded")}
    assert degraded == dict.fromkeys(("decode", "invert", "save"), (WHY,))
    assert [(e.node, e.message) for e in events if isinstance(e, Warned)] == [
        ("decode", f"{WHY}; this result is not stored")
    ]
    assert {e.what for e in events if isinstance(e, ModelMoved)} == {
        "loaded",
        "placed",
        "moved out",
        "retried",
        "degraded",
    }
    assert {"decode", "invert", "save"} <= ran(again)
    with services(models, tmp_path, "sim:1G") as large:
        whole = large.run(document)
        stored = large.run(document)
    assert {"decode", "invert", "save"} <= ran(whole)
    assert not any(said.get("degraded") for said in whole.record.nodes.values())
    assert ran(stored) == set()
    pictures = [one.saved["save"].files[0].data for one in (first, again, whole, stored)]
    assert pictures[0] == pictures[1] != pictures[2] == pictures[3]
