"""Upscale models: spandrel's real architectures, with torchvision, without it, and beside a build that does not fit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch.nn.functional import conv2d, interpolate, pixel_shuffle, prelu

from calotype.diffusion.loading import load, size_of
from calotype.diffusion.upscale import Upscaler, load_upscaler
from calotype.diffusion.upscale.library import spandrel
from calotype.errors import ModelError
from calotype.settings import ASSETS
from calotype.types import FileRef, UpscaleModel

CPU = torch.device("cpu")
SHIPPED = FileRef("upscale_models", "realesr-animevideov3-x4.safetensors")
RECIPE = UpscaleModel(SHIPPED, "upscaler")


def path_of(file: FileRef) -> Path:
    return ASSETS / "models" / file.folder / file.name


@pytest.fixture(scope="module")
def shipped() -> Upscaler:
    return load(RECIPE, path_of, CPU)


def plain(w: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """SRVGGNetCompact as Real-ESRGAN describes it: convolutions with PReLU between, on top of the enlarged picture."""
    w = {name: t.float() for name, t in w.items()}
    last = max(int(name.split(".")[1]) for name in w)
    y = x
    for i in range(last):
        bias = w.get(f"body.{i}.bias")
        y = prelu(y, w[f"body.{i}.weight"]) if bias is None else conv2d(y, w[f"body.{i}.weight"], bias, padding=1)
    y = conv2d(y, w[f"body.{last}.weight"], w[f"body.{last}.bias"], padding=1)
    return pixel_shuffle(y, 4) + interpolate(x, scale_factor=4)


def test_the_shipped_model_computes_what_its_description_says(shipped):
    pixels = torch.rand(2, 20, 28, 3)
    said = plain(load_file(path_of(SHIPPED)), pixels.movedim(-1, 1)).clamp(0, 1).movedim(1, -1)
    got = shipped.upscale(pixels)
    assert got.shape == (2, 80, 112, 3) and shipped.scale == 4
    assert float((got - said).norm() / said.norm()) < 1e-6


def test_tiles_blend_into_the_picture_and_say_how_far_they_are(shipped):
    pixels, told = torch.rand(1, 80, 48, 3), []
    tiled = shipped.upscale(pixels, tile=64, overlap=16, progress=lambda done, total: told.append((done, total)))
    whole = shipped.upscale(pixels)
    assert told == [(1, 2), (2, 2)]
    assert torch.allclose(tiled[:, :180], whole[:, :180], atol=1e-6)  # 18 layers see no farther than 18 pixels
    assert float((tiled - whole).abs().mean()) < 0.01


class Cramped:
    """A descriptor on a device that has no room for more than a number of pixels a side."""

    def __init__(self, real, room: int) -> None:
        self.real, self.room, self.asked = real, room, []
        self.model, self.scale, self.tiling, self.input_channels = real.model, 4, real.tiling, 3

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        self.asked.append(max(x.shape))
        if max(x.shape) > self.room:
            raise torch.OutOfMemoryError("no room")
        return self.real(x)


def test_tiles_are_halved_until_they_fit_into_memory(shipped):
    cramped = Cramped(shipped.descriptor, 150)
    pixels = torch.rand(1, 8, 300, 3)
    got = Upscaler(cramped, CPU).upscale(pixels, tile=512, overlap=32)
    assert cramped.asked[:3] == [300, 256, 128] and max(cramped.asked[2:]) == 128
    assert torch.equal(got, shipped.upscale(pixels, tile=128, overlap=32))


def test_where_not_even_small_tiles_fit_the_device_says_so(shipped):
    with pytest.raises(torch.OutOfMemoryError):
        Upscaler(Cramped(shipped.descriptor, 10), CPU).upscale(torch.rand(1, 16, 200, 3))


def test_an_esrgan_of_any_size_loads(tmp_path):
    spandrel()
    from spandrel.architectures.ESRGAN.__arch.RRDB import RRDBNet

    net = RRDBNet(in_nc=3, out_nc=3, num_filters=8, num_blocks=1, scale=2).eval()
    save_file(net.state_dict(), tmp_path / "small.safetensors")
    recipe = UpscaleModel(FileRef("upscale_models", "small.safetensors"), "upscaler")
    x = torch.rand(1, 6, 8, 3)
    with torch.no_grad():
        said = net(x.movedim(-1, 1)).clamp(0, 1).movedim(1, -1)
    assert torch.allclose(load_upscaler(recipe, lambda f: tmp_path / f.name, CPU).upscale(x), said, atol=1e-6)


def test_the_pool_knows_how_many_bytes_it_takes(shipped):
    assert size_of(RECIPE, path_of, CPU) == sum(t.nbytes for t in shipped.tensors())


def test_other_weights_are_named(tmp_path):
    save_file({"body.0.weight": torch.zeros(2)}, tmp_path / "odd.safetensors")
    save_file({"conv_in.weight": torch.zeros(1), "down_blocks.0.resnets.0.conv1.weight": torch.zeros(1)},
              tmp_path / "unet.safetensors")  # fmt: skip
    for name, said in (("odd", "no upscale model that spandrel"), ("unet", "has SD 1.x weights; it is no upscale")):
        recipe = UpscaleModel(FileRef("upscale_models", f"{name}.safetensors"), "upscaler")
        with pytest.raises(ModelError, match=said):
            load_upscaler(recipe, lambda f: tmp_path / f.name, CPU)


LOADS = """
import sys, torch
from calotype.diffusion.upscale import load_upscaler
from calotype.errors import ModelError
from calotype.settings import ASSETS
from calotype.types import FileRef, UpscaleModel
recipe = UpscaleModel(FileRef("upscale_models", "realesr-animevideov3-x4.safetensors"), "upscaler")
try:
    one = load_upscaler(recipe, lambda f: ASSETS / "models" / f.folder / f.name, torch.device("cpu"))
    print(tuple(one.upscale(torch.rand(1, 4, 4, 3)).shape), sorted(m for m in sys.modules if "torchvision" in m))
except ModelError as error:
    print(error)
"""


def said_beside(folder: Path, package: str, text: str) -> str:
    """What loading says where a package of this name and content comes before any other."""
    (folder / package).mkdir()
    (folder / package / "__init__.py").write_text(text)
    env = os.environ | {"PYTHONPATH": str(folder)}
    return subprocess.run([sys.executable, "-c", LOADS], capture_output=True, text=True, check=True, env=env).stdout


def test_a_torchvision_that_does_not_fit_this_torch_is_done_without(tmp_path):
    text = 'raise RuntimeError("operator torchvision::nms does not exist")'
    assert said_beside(tmp_path, "torchvision", text) == "(1, 16, 16, 3) []\n"


def test_without_the_extra_the_message_says_what_to_install(tmp_path):
    text = 'raise ModuleNotFoundError("No module named \'spandrel\'", name="spandrel")'
    assert said_beside(tmp_path, "spandrel", text) == (
        "upscale models need the package spandrel, which is not installed. "
        "Install it beside Calotype: pip install 'calotype[upscale]'\n"
    )
