"""Values on links: there and back through tensors and JSON; secrets that go nowhere."""

import copy
import dataclasses
import json
import pickle

import pytest
import torch

from calotype.testing.trials import same
from calotype.types import (
    Clip,
    Conditioning,
    Control,
    ControlNet,
    FileRef,
    Image,
    Latent,
    Mask,
    Model,
    Patch,
    Prompt,
    Secret,
    Storable,
    Vae,
    tensors_of,
)

FILE = FileRef("checkpoints", "a.safetensors", "blake3:00")
LORA = Patch("lora", FileRef("loras", "b.safetensors"), (("strength", 0.5),))
NET = ControlNet(FileRef("controlnet", "c.safetensors"), "sd15", (Patch("x"),))

VALUES = {
    "image": Image(torch.rand(2, 3, 4, 3)),
    "mask": Mask(torch.rand(1, 2, 2)),
    "latent": Latent(torch.rand(1, 4, 2, 2)),
    "part of a batch": Latent(torch.rand(2, 4, 2, 2), torch.rand(1, 2, 2), (3, 1), 5),
    "conditioning": Conditioning(
        (
            Prompt(torch.rand(1, 3, 2)),
            Prompt(
                torch.rand(1, 3, 2),
                torch.rand(1, 2),
                (Control(NET, torch.rand(1, 2, 2, 3), 0.5, 0.1, 0.9),),
                {"strength": 0.5, "area": [0, 0, 8, 8]},
                {"mask": torch.rand(1, 2, 2)},
            ),
        ),
        "sd15",
    ),
}


@pytest.mark.parametrize("name", VALUES)
def test_values_survive_tensors_and_json(name):
    value = VALUES[name]
    assert isinstance(value, Storable)
    tensors, meta = value.to_tensors()
    assert all(isinstance(t, torch.Tensor) for t in tensors.values())
    assert same(type(value).from_tensors(tensors, json.loads(json.dumps(meta))), value)


def test_a_recipe_of_several_files_survives_json_and_differs_from_one_of_the_first_alone():
    more = (FileRef("clip", "t5.safetensors", "blake3:02"), FileRef("clip", "g.safetensors"))
    recipe = Clip(FILE, "sd3", (Patch("x"),), more)
    assert Clip.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe
    assert recipe != Clip(FILE, "sd3", (Patch("x"),))
    assert recipe.files == (FILE, *more)
    assert recipe.patched(Patch("y")).more == more


@pytest.mark.parametrize("kind", [Model, Clip, Vae, ControlNet])
def test_recipes_survive_json_and_pickle_and_compare_by_value(kind):
    recipe = kind(FILE, "sd15").patched(LORA)
    assert kind.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe
    assert pickle.loads(pickle.dumps(recipe)) == recipe
    assert len({recipe, kind(FILE, "sd15", (LORA,)), kind(FILE, "sd15")}) == 2


def test_tensors_are_found_at_any_depth_in_order():
    a, b, c, d = (torch.tensor(float(i)) for i in range(4))
    value = {"x": [a, (b, Image(c))], "y": Prompt(d), "z": "text"}
    assert [t.item() for t in tensors_of(value)] == [0, 1, 2, 3]


def test_a_long_chain_of_lists_is_walked():
    value = [torch.tensor(1.0)]
    for _ in range(100_000):
        value = [value]
    assert len(tensors_of(value)) == 1


@dataclasses.dataclass
class Holder:
    secret: Secret


WAYS_OUT = {
    "pickle": pickle.dumps,
    "old pickle": lambda s: pickle.dumps(s, protocol=0),
    "copy": copy.copy,
    "deep copy": copy.deepcopy,
    "json": json.dumps,
    "json of what holds it": lambda s: json.dumps({"a": [s]}),
    "as a dictionary": lambda s: dataclasses.asdict(Holder(s)),
    "vars": vars,
}


@pytest.mark.parametrize("way", WAYS_OUT)
def test_p10_a_secret_cannot_be_written(way):
    with pytest.raises(TypeError):
        WAYS_OUT[way](Secret("TOKEN", "hunter2"))


def test_p10_a_secret_shows_its_name_only():
    secret = Secret("TOKEN", "hunter2")
    shown = [repr(secret), str(secret), f"{secret}", f"{secret!r:>40}", repr(Holder(secret)), repr([secret])]
    assert not [s for s in shown if "hunter2" in s]
    assert secret.reveal() == "hunter2"
    assert secret != Secret("TOKEN", "hunter2")
