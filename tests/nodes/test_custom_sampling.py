"""Sampling in parts: each part, and that together they give what the library samples."""

import pytest
import torch
from torch.testing import assert_close

from calotype.diffusion.latents import LatentFormat
from calotype.diffusion.sampling import ModelSampling, sample, sigmas_for
from calotype.diffusion.sampling.guiders import dual
from calotype.parts import Guider, Noise, Sampler, Sigmas
from calotype.store.codecs import Codecs
from calotype.testing import FakeContext
from calotype.types import Conditioning, FileRef, Latent, Model, Prompt
from calotype_nodes.custom_sampling import AddNoise, DisableNoise, RandomNoise, SamplerCustom, SamplerCustomAdvanced
from calotype_nodes.guiders import BasicGuider, CFGGuider, DualCFGGuider, PerpNegGuider
from calotype_nodes.samplers import (
    KSamplerSelect,
    SamplerDPMAdaptive,
    SamplerDPMPP2MSDE,
    SamplerDPMPP2SAncestral,
    SamplerDPMPP3MSDE,
    SamplerDPMPPSDE,
    SamplerERSDE,
    SamplerEulerAncestral,
    SamplerEulerCFGPP,
    SamplerLCMGrowing,
    SamplerLMS,
    SamplerSASolver,
    SamplerSEEDS2,
)
from calotype_nodes.schedules import BasicScheduler

MODEL = Model(FileRef("checkpoints", "a.safetensors"), "sd1")


class Toy:
    """Predicts noise by a fixed rule of latent and tokens."""

    sampling = ModelSampling.discrete()
    latent = LatentFormat(scale=0.5)
    device = torch.device("cpu")
    dtype = torch.float32

    def predict(self, x, timestep, tokens, **more):
        return 0.7 * torch.tanh(x) + 0.1 * tokens.mean((1, 2)).reshape(-1, 1, 1, 1)


def prompt(value):
    return Conditioning((Prompt(torch.full((1, 3, 2), value)),), "sd1")


def context():
    return FakeContext(models={MODEL: Toy()})


POSITIVE, NEGATIVE, OTHER = prompt(1.0), prompt(-1.0), prompt(0.3)
LATENT = Latent(torch.zeros(2, 4, 3, 5))
LEVELS = Sigmas(sigmas_for(Toy.sampling, "karras", 5))


def wanted(**how):
    given = {"sampler": "dpmpp_2m", "sigmas": LEVELS.levels, "seed": 5, "cfg": 3.0}
    return sample(Toy(), POSITIVE, NEGATIVE, LATENT, **given | how).latent.samples


def test_a_custom_sampler_is_the_one_of_the_library():
    node = SamplerCustom(
        model=MODEL,
        positive=POSITIVE,
        negative=NEGATIVE,
        latent=LATENT,
        sampler=Sampler("dpmpp_2m"),
        sigmas=LEVELS,
        seed=5,
        cfg=3.0,
    )
    ctx = context()
    got = node.run(ctx)
    assert torch.equal(got.latent.samples, wanted())
    assert ctx.steps == [(i, 5) for i in range(1, 6)]


def test_without_noise_the_latent_is_taken_as_it_comes():
    latent = Latent(torch.randn(1, 4, 3, 5, generator=torch.Generator().manual_seed(1)))
    low = Sigmas(torch.tensor([1.0, 0.5, 0.0]))
    node = SamplerCustom(
        model=MODEL,
        positive=POSITIVE,
        negative=NEGATIVE,
        latent=latent,
        sampler=Sampler("euler"),
        sigmas=low,
        cfg=2.0,
        add_noise=False,
    )
    want = sample(Toy(), POSITIVE, NEGATIVE, latent, sigmas=low.levels, cfg=2.0, add_noise=False)
    assert torch.equal(node.run(context()).latent.samples, want.latent.samples)
    apart = SamplerCustomAdvanced(
        noise=DisableNoise().run(),
        guider=CFGGuider(model=MODEL, positive=POSITIVE, negative=NEGATIVE, cfg=2.0).run(),
        latent=latent,
        sampler=Sampler("euler"),
        sigmas=low,
    )
    assert torch.equal(apart.run(context()).latent.samples, want.latent.samples)


def test_parts_from_nodes_of_their_own_are_the_same():
    node = SamplerCustomAdvanced(
        noise=RandomNoise(seed=5).run(),
        guider=CFGGuider(model=MODEL, positive=POSITIVE, negative=NEGATIVE, cfg=3.0).run(),
        latent=LATENT,
        sampler=KSamplerSelect(sampler="dpmpp_2m").run(),
        sigmas=BasicScheduler(model=MODEL, scheduler="karras", steps=5).run(context()),
    )
    assert torch.equal(node.run(context()).latent.samples, wanted())


def test_a_basic_guider_asks_for_one_side_alone():
    node = SamplerCustomAdvanced(
        noise=Noise(5),
        guider=BasicGuider(model=MODEL, conditioning=POSITIVE).run(),
        latent=LATENT,
        sampler=Sampler("dpmpp_2m"),
        sigmas=LEVELS,
    )
    assert torch.equal(node.run(context()).latent.samples, wanted(cfg=1.0))


@pytest.mark.parametrize("style", ["regular", "nested"])
def test_a_dual_guider_combines_three_sides(style):
    guider = DualCFGGuider(
        model=MODEL, positive=POSITIVE, second=OTHER, negative=NEGATIVE, cfg_first=2.0, cfg_second=4.0, style=style
    ).run()
    got = SamplerCustomAdvanced(
        noise=Noise(5), guider=guider, latent=LATENT, sampler=Sampler("euler"), sigmas=LEVELS
    ).run(context())
    want = wanted(sampler="euler", guider=dual(2.0, 4.0, style == "nested"), others=(OTHER,))
    assert_close(got.latent.samples, want)


def test_a_perp_neg_guider_keeps_what_of_the_negative_does_not_contradict_the_positive():
    guider = PerpNegGuider(model=MODEL, positive=POSITIVE, negative=NEGATIVE, empty=OTHER, cfg=2.0, scale=0.5).run()
    # in this world all estimates lie on one line, so that nothing of the negative is perpendicular
    got = SamplerCustomAdvanced(
        noise=Noise(5), guider=guider, latent=LATENT, sampler=Sampler("euler"), sigmas=LEVELS
    ).run(context())
    want = sample(Toy(), POSITIVE, OTHER, LATENT, sampler="euler", sigmas=LEVELS.levels, seed=5, cfg=2.0)
    assert_close(got.latent.samples, want.latent.samples, atol=1e-4, rtol=1e-4)


def test_noise_is_added_for_the_first_level_less_the_last():
    noisy = AddNoise(model=MODEL, latent=LATENT, noise=Noise(5), sigmas=Sigmas(torch.tensor([3.0, 2.0, 1.0]))).run(
        context()
    )
    drawn = torch.randn(2, 4, 3, 5, generator=torch.Generator().manual_seed(5))
    assert_close(noisy.samples, drawn * 2.0 / 0.5)
    assert AddNoise(model=MODEL, latent=LATENT, noise=Noise(5), sigmas=Sigmas(torch.zeros(0))).run(context()) is LATENT
    alone = AddNoise(model=MODEL, latent=LATENT, noise=Noise(5), sigmas=Sigmas(torch.tensor([3.0]))).run(context())
    assert_close(alone.samples, drawn * 3.0 / 0.5)


SDE = {"eta": 0.5, "s_noise": 0.9}
GROWTH = {"scale": 2.0, "steps": 2, "method": "bilinear"}
OPTIONS = [
    (KSamplerSelect(sampler="heun"), "heun", {}),
    (SamplerEulerAncestral(**SDE), "euler_ancestral", SDE),
    (SamplerEulerCFGPP(alternative=True), "euler_cfg_pp", {"alternative": True}),
    (SamplerLCMGrowing(**GROWTH), "lcm", GROWTH),
    (SamplerEulerAncestral(**SDE, cfg_pp=True), "euler_ancestral_cfg_pp", SDE),
    (SamplerDPMPP2SAncestral(**SDE), "dpmpp_2s_ancestral", SDE),
    (SamplerDPMPPSDE(**SDE, r=0.4), "dpmpp_sde", {**SDE, "r": 0.4}),
    (SamplerDPMPP2MSDE(solver="heun", **SDE), "dpmpp_2m_sde", {**SDE, "solver_type": "heun"}),
    (SamplerDPMPP3MSDE(**SDE), "dpmpp_3m_sde", SDE),
    (SamplerLMS(order=2), "lms", {"order": 2}),
    (SamplerDPMAdaptive(order=2, rtol=0.1), "dpm_adaptive", {"order": 2, "rtol": 0.1}),
    (SamplerERSDE(solver="er", max_stage=2, s_noise=0.5), "er_sde", {"max_stage": 2, "s_noise": 0.5}),
    (
        SamplerSASolver(eta=0.5, start=0.1, end=0.9, predictor_order=2, corrector_order=1),
        "sa_solver",
        {"eta": 0.5, "start": 0.1, "end": 0.9, "predictor_order": 2, "corrector_order": 1},
    ),
    (SamplerSEEDS2(**SDE, r=0.6), "seeds_2", {**SDE, "r": 0.6}),
]


@pytest.mark.parametrize(("node", "name", "options"), OPTIONS, ids=lambda o: o if isinstance(o, str) else "")
def test_a_sampler_with_settings_is_that_function_with_these_arguments(node, name, options):
    levels = Sigmas(torch.tensor([8.0, 3.0, 1.0, 0.3]))
    chosen = node.run()
    assert chosen.name == name
    got = SamplerCustom(
        model=MODEL, positive=POSITIVE, negative=NEGATIVE, latent=LATENT, sampler=chosen, sigmas=levels, seed=5, cfg=3.0
    ).run(context())
    assert torch.equal(got.latent.samples, wanted(sampler=name, sigmas=levels.levels, options=options))


def test_the_er_solver_without_noise_is_the_reverse_solver_at_eta_0():
    levels = Sigmas(torch.tensor([8.0, 3.0, 1.0, 0.0]))

    def result(**how):
        chosen = SamplerERSDE(**how).run()
        return (
            SamplerCustom(
                model=MODEL, positive=POSITIVE, negative=NEGATIVE, latent=LATENT, sampler=chosen, sigmas=levels, seed=5
            )
            .run(context())
            .latent.samples
        )

    assert torch.equal(result(solver="ode"), result(solver="reverse", eta=0.0))
    assert not torch.equal(result(solver="reverse"), result(solver="er"))


GUIDER = CFGGuider(model=MODEL, positive=POSITIVE, negative=NEGATIVE, cfg=3.0).run()


@pytest.mark.parametrize("part", [LEVELS, Sampler("lms", (("order", 2),)), Noise(2**64 - 1), Noise(0, False), GUIDER])
def test_a_part_is_kept_by_the_store(part, tmp_path):
    codecs, blobs = Codecs(), {}
    said = codecs.encode(part, blobs)
    for name, blob in blobs.items():
        (tmp_path / name).write_bytes(b"".join(blob.pieces))
    back = codecs.decode(said, lambda name: (tmp_path / name).read_bytes(), lambda name: tmp_path / name)
    assert type(back) is type(part)
    assert back.to_tensors()[1] == part.to_tensors()[1]
    for name, tensor in part.to_tensors()[0].items():
        assert torch.equal(back.to_tensors()[0][name], tensor)


def test_a_guider_of_the_store_guides_as_before():
    back = Guider.from_tensors(*GUIDER.to_tensors())
    node = SamplerCustomAdvanced(noise=Noise(5), guider=back, latent=LATENT, sampler=Sampler("dpmpp_2m"), sigmas=LEVELS)
    assert torch.equal(node.run(context()).latent.samples, wanted())
