import pytest
import torch

from calotype.types import FileRef, Image, UpscaleModel
from calotype_nodes.upscaling import ImageUpscaleWithModel, UpscaleModelLoader

FILE = FileRef("upscale_models", "u.safetensors", "blake3:00")


class Twice:
    """Stands for a network: every pixel twice, and a word after each row of tiles."""

    def upscale(self, pixels, tile, overlap, progress):
        self.asked = (tuple(pixels.shape), tile, overlap)
        progress(1, 1)
        return pixels[..., :3].repeat_interleave(2, 1).repeat_interleave(2, 2)


def test_a_loader_gives_a_recipe_and_loads_nothing(host):
    host.families["u.safetensors"] = "upscaler"
    assert UpscaleModelLoader(upscale_model=FILE).run(host) == UpscaleModel(FILE, "upscaler")


@pytest.mark.parametrize("channels", [3, 4])
def test_pictures_are_enlarged_with_their_transparency_and_progress_is_told(host, channels):
    recipe, twice = UpscaleModel(FILE, "upscaler"), Twice()
    host.models[recipe] = twice
    pixels = torch.rand(2, 4, 6, channels)
    got = ImageUpscaleWithModel(upscale_model=recipe, image=Image(pixels), tile=64, overlap=8).run(host)
    assert got.pixels.shape == (2, 8, 12, channels)
    assert twice.asked == ((2, 4, 6, channels), 64, 8)
    assert host.steps == [(1, 1)]
    if channels == 4:
        said = torch.nn.functional.interpolate(pixels[..., 3:].movedim(-1, 1), scale_factor=2, mode="bilinear")
        assert torch.equal(got.pixels[..., 3], said[:, 0])
