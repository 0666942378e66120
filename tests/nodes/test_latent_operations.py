import pytest
import torch
from torch.testing import assert_close

from calotype.diffusion.changes.operations import sharpened, tone_mapped
from calotype.parts import LatentOperation
from calotype.types import FileRef, Latent, Model, Patch
from calotype_nodes.latent_operations import (
    GuidanceApply,
    LatentApply,
    LatentCut,
    LatentOperationSharpen,
    LatentOperationToneMap,
)

X = torch.randn(2, 4, 6, 8, generator=torch.Generator().manual_seed(0))
TONE = LatentOperationToneMap(multiplier=0.5).run()
SHARP = LatentOperationSharpen(radius=2, sigma=0.5, amount=0.2).run()


def test_operations_are_named_and_kept():
    assert LatentOperation("tone_map", (("multiplier", 0.5),)) == TONE
    assert LatentOperation("sharpen", (("amount", 0.2), ("radius", 2.0), ("sigma", 0.5))) == SHARP
    assert LatentOperation.from_tensors(*SHARP.to_tensors()) == SHARP


def test_a_latent_goes_through_an_operation():
    latent = Latent(X, torch.ones(1, 6, 8))
    assert_close(LatentApply(latent=latent, operation=TONE).run().samples, tone_mapped(X, 0.5))
    got = LatentApply(latent=latent, operation=SHARP).run()
    assert_close(got.samples, sharpened(X, 2, 0.5, 0.2))
    assert got.noise_mask is latent.noise_mask


def test_guidance_goes_through_an_operation_by_a_patch():
    model = Model(FileRef("checkpoints", "a"), "sd1")
    settings = (("amount", 0.2), ("operation", "sharpen"), ("radius", 2.0), ("sigma", 0.5))
    patch = Patch("latent_operation", settings=settings)
    assert GuidanceApply(model=model, operation=SHARP).run() == model.patched(patch)


@pytest.mark.parametrize(
    ("side", "index", "count", "expected"),
    [
        ("width", 2, 3, X[..., 2:5]),
        ("width", 100, 3, X[..., 7:]),
        ("height", 1, 100, X[:, :, 1:]),
        ("height", -2, 1, X[:, :, 4:5]),
        ("height", -100, 2, X[:, :, :2]),
    ],
)
def test_a_strip_is_cut_out(side, index, count, expected):
    got = LatentCut(latent=Latent(X), side=side, index=index, count=count).run()
    assert torch.equal(got.samples, expected)


def test_frames_are_cut_out_of_latents_that_have_any():
    video = torch.arange(5.0).view(1, 1, 5, 1, 1)
    assert LatentCut(latent=Latent(video), side="frames", index=3, count=9).run().samples.flatten().tolist() == [3, 4]
    with pytest.raises(ValueError, match="have no frames"):
        LatentCut(latent=Latent(X), side="frames").run()
