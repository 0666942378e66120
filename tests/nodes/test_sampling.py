import pytest
import torch
from safetensors.torch import save_file

from calotype.diffusion.latents import LatentFormat
from calotype.diffusion.sampling import ModelSampling, sample
from calotype.errors import Cancelled
from calotype.testing import FakeContext
from calotype.types import Conditioning, Control, FileRef, Latent, Model, Prompt
from calotype.types import ControlNet as Net
from calotype_nodes.sampling import SD1_TABLE, KSampler, KSamplerAdvanced, preview_of, preview_table

MODEL = Model(FileRef("checkpoints", "a.safetensors"), "sd15")
NET = Net(FileRef("controlnet", "c.safetensors"), "sd15")


class Toy:
    """Predicts noise by a fixed rule of latent and tokens, and counts how often it is asked."""

    sampling = ModelSampling.discrete()
    latent = LatentFormat(scale=0.18215)
    device = torch.device("cpu")
    dtype = torch.float32

    def __init__(self) -> None:
        self.calls = 0

    def predict(self, x, timestep, tokens, *, residuals=None, **more):
        self.calls += 1
        added = 0 if residuals is None else residuals
        return 0.7 * x + 0.1 * tokens.mean((1, 2)).reshape(-1, 1, 1, 1) + added


class Steer:
    """Adds a constant."""

    def residuals(self, x, timestep, tokens, hint, *, strength, **more):
        return strength * hint.mean()


def prompt(value: float, *controls: Control) -> Conditioning:
    return Conditioning((Prompt(torch.full((1, 3, 2), value), controls=controls),), "sd15")


def context(**how) -> FakeContext:
    return FakeContext(models={MODEL: Toy(), NET: Steer()}, **how)


def sampler(cls, **inputs):
    given = {
        "model": MODEL,
        "positive": prompt(1.0),
        "negative": prompt(-1.0),
        "latent": Latent(torch.zeros(2, 4, 3, 5)),
    }
    return cls(**given | {"steps": 6, "seed": 5} | inputs)


def test_it_gives_what_the_library_samples_and_reports_every_step():
    ctx, node = context(), sampler(KSampler, sampler="dpmpp_2m", scheduler="karras", cfg=3.0, denoise=0.8)
    got = node.run(ctx)
    want = sample(
        Toy(), node.positive, node.negative, node.latent,
        sampler="dpmpp_2m", scheduler="karras", seed=5, steps=6, cfg=3.0, denoise=0.8,
    )  # fmt: skip
    assert torch.equal(got.latent.samples, want.latent.samples)
    assert torch.equal(got.denoised.samples, want.denoised.samples)
    assert ctx.steps == [(i, 6) for i in range(1, 7)]
    assert [tuple(p.pixels.shape) for p in ctx.previews] == [(1, 3, 5, 3)] * 2


def test_image_k_of_a_batch_is_the_same_alone():
    whole = sampler(KSampler, sampler="euler_ancestral", latent=Latent(torch.zeros(3, 4, 4, 4))).run(context())
    alone = Latent(torch.zeros(1, 4, 4, 4), indices=(2,), total=3)
    one = sampler(KSampler, sampler="euler_ancestral", latent=alone).run(context())
    assert torch.equal(one.latent.samples[0], whole.latent.samples[2])


def test_two_halves_with_leftover_noise_are_the_whole():
    whole = sampler(KSampler).run(context())
    first = sampler(KSamplerAdvanced, end_step=3, leftover_noise=True).run(context())
    second = sampler(KSamplerAdvanced, start_step=3, add_noise=False, latent=first.latent, seed=99).run(context())
    assert torch.allclose(second.latent.samples, whole.latent.samples, rtol=1e-4, atol=1e-4)


def test_without_leftover_noise_the_first_half_ends_clean():
    noisy = sampler(KSamplerAdvanced, end_step=3, leftover_noise=True).run(context())
    clean = sampler(KSamplerAdvanced, end_step=3).run(context())
    assert torch.allclose(clean.latent.samples, noisy.denoised.samples, atol=1e-4)
    assert noisy.latent.samples.std() > clean.latent.samples.std()


def test_controlnets_of_the_conditionings_are_loaded_and_steer():
    control = Control(NET, torch.ones(1, 24, 40, 3), 0.5)
    plain = sampler(KSampler).run(context())
    steered = sampler(KSampler, positive=prompt(1.0, control), negative=prompt(-1.0, control)).run(context())
    assert not torch.allclose(plain.latent.samples, steered.latent.samples)


def test_a_mask_keeps_what_lies_outside():
    known = torch.randn(1, 4, 4, 4, generator=torch.Generator().manual_seed(0))
    mask = torch.zeros(1, 4, 4)
    mask[:, :, 2:] = 1
    got = sampler(KSampler, latent=Latent(known, mask)).run(context()).latent
    assert torch.allclose(got.samples[..., :2], known[..., :2], atol=1e-4)
    assert not torch.allclose(got.samples[..., 2:], known[..., 2:], atol=0.1)
    assert got.noise_mask is mask


def test_cancelling_takes_effect_within_a_step():
    ctx = context(cancel_at=2)
    with pytest.raises(Cancelled):
        sampler(KSampler).run(ctx)
    assert ctx.steps == [(1, 6), (2, 6)]


def test_previews_are_small():
    assert preview_of(torch.zeros(2, 4, 300, 128), SD1_TABLE).pixels.shape == (1, 60, 26, 3)
    assert preview_of(torch.zeros(1, 16, 8, 8), SD1_TABLE).pixels.shape == (1, 8, 8, 3)
    assert preview_of(torch.zeros(1, 4, 2, 8, 8), SD1_TABLE).pixels.shape == (1, 8, 8, 3)


def test_a_preview_is_a_linear_map_and_an_offset():
    got = preview_of(torch.tensor([0.5, -2.0]).reshape(1, 2, 1, 1), ((1.0, 0.0, 0.0), (0.0, 1.0, 0.1), (0.0, 0.5, 0.4)))
    assert got.pixels.flatten().tolist() == pytest.approx([0.75, 0.0, 0.6])


@pytest.mark.parametrize(
    ("metadata", "table"),
    [
        (None, SD1_TABLE),
        ({"format": "pt"}, SD1_TABLE),
        ({"calotype.preview": "[[1, 2, 3], [4, 5, 6]]"}, ((1, 2, 3), (4, 5, 6))),
        ({"calotype.preview": "nonsense"}, SD1_TABLE),
        ({"calotype.preview": "7"}, SD1_TABLE),
        ({"calotype.preview": '[["a", 0, 0]]'}, SD1_TABLE),
        ({"calotype.preview": "[[1, 2]]"}, SD1_TABLE),
    ],
)
def test_a_model_file_may_say_how_its_latents_look(tmp_path, metadata, table):
    file = tmp_path / "a.safetensors"
    save_file({"x": torch.zeros(1)}, file, metadata)
    assert preview_table(context(files={"a.safetensors": file}), MODEL) == table
    assert preview_table(context(), MODEL) == SD1_TABLE
