"""Every sampler on data whose flow is known exactly."""

import math
from pathlib import Path
from typing import get_args

import pytest
import torch

from calotype.diffusion.names import SamplerName, ScheduleName
from calotype.diffusion.sampling import FLOW_SAMPLERS, SAMPLERS, Draws, ModelSampling
from calotype.diffusion.sampling.schedules import exponential_levels, karras_levels

NAMES = get_args(SamplerName)
TABLES = {"discrete": SAMPLERS, "flow": FLOW_SAMPLERS}
START, END = 10.0, 0.1
DETERMINISTIC = {
    # order of the error in the step; multistep methods begin with an Euler step, which costs some of them the highest
    "euler": 1,
    "ddim": 1,
    "euler_cfg_pp": 1,
    "gradient_estimation": 1,
    "gradient_estimation_cfg_pp": 1,
    "heun": 2,
    "dpm_2": 2,
    "lms": 3,
    "ipndm_v": 2,
    "deis": 3,
    "dpmpp_2m": 2,
    "dpmpp_2m_cfg_pp": 2,
    "res_multistep": 2,
    "res_multistep_cfg_pp": 2,
}
QUIET = {
    # samplers with noise, without it
    "euler_ancestral": (1, {"eta": 0.0}),
    "euler_ancestral_cfg_pp": (1, {"eta": 0.0}),
    "dpm_2_ancestral": (2, {"eta": 0.0}),
    "dpmpp_2s_ancestral": (2, {"eta": 0.0}),
    "dpmpp_sde": (2, {"eta": 0.0}),
    "dpmpp_2m_sde": (2, {"eta": 0.0}),
    "dpmpp_2m_sde_heun": (2, {"eta": 0.0}),
    "dpmpp_3m_sde": (2, {"eta": 0.0}),
    "res_multistep_ancestral": (2, {"eta": 0.0}),
    "res_multistep_ancestral_cfg_pp": (2, {"eta": 0.0}),
    "er_sde": (2, {"solver": "ode"}),
    "seeds_2": (2, {"eta": 0.0}),
    "seeds_3": (3, {"eta": 0.0}),
    "sa_solver": (3, {"eta": 0.0, "ends_corrected": False}),
    "sa_solver_pece": (4, {"eta": 0.0, "ends_corrected": False}),
}
# dpmpp_2s_ancestral_cfg_pp is in neither list: as ComfyUI has it, the guidance that moves x is the difference of two
# evaluations, so that it is consistent for a constant estimate only (the test on one point)
STOCHASTIC = [
    "euler_ancestral",
    "euler_ancestral_cfg_pp",
    "dpm_2_ancestral",
    "dpmpp_2s_ancestral",
    "ddpm",
    "dpmpp_sde",
    "dpmpp_2m_sde",
    "dpmpp_2m_sde_heun",
    "dpmpp_3m_sde",
    "res_multistep_ancestral",
    "res_multistep_ancestral_cfg_pp",
    "er_sde",
    "seeds_2",
    "seeds_3",
    "sa_solver",
    "sa_solver_pece",
]


def noise(shape, seed=3):
    return Draws(seed, tuple(shape), shape[0], None, torch.device("cpu"))


def run(name, denoise, x, sigmas, table=SAMPLERS, seed=3, **options):
    return table[name](denoise, x, sigmas, noise(x.shape, seed), lambda *_: None, **options)


def errors(name, world, options, counts=(16, 32, 64)):
    """The distance from the exact solution for several numbers of steps."""
    x = START * torch.randn(1, 1, 4, 8, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    found = []
    for count in counts:
        sigmas = exponential_levels(count + 1, END, START)[:-1]
        ended = run(name, world, x, sigmas, **options)
        found.append(float((ended - world.solution(x, START, END)).abs().max()))
    return found


def test_every_name_is_in_both_tables():
    assert len(NAMES) == 42
    assert set(SAMPLERS) == set(FLOW_SAMPLERS) == set(NAMES)


def test_every_sampler_is_held_to_more_than_one_point():
    by_a_test_of_its_own = {
        "uni_pc", "uni_pc_bh2", "dpm_fast", "ipndm", "heunpp2", "dpm_adaptive", "lcm", "dpmpp_2s_ancestral_cfg_pp",
    }  # fmt: skip
    held = {*DETERMINISTIC, *QUIET, *STOCHASTIC, *by_a_test_of_its_own}
    assert {name for name in NAMES if name.removesuffix("_gpu") not in held} == set()


@pytest.mark.parametrize("name", [*DETERMINISTIC, *QUIET])
def test_a_sampler_converges_to_the_exact_solution_with_its_order(name, world):
    order, options = (DETERMINISTIC[name], {}) if name in DETERMINISTIC else QUIET[name]
    _, middle, fine = errors(name, world(), options)
    assert fine < 0.05
    assert math.log2(middle / fine) > order - 0.35


@pytest.mark.parametrize("name", ["uni_pc", "uni_pc_bh2", "dpm_fast"])
def test_a_sampler_of_changing_order_converges(name, world):
    coarse, fine = errors(name, world(), {}, counts=(24, 96))
    assert fine < 0.001
    assert math.log2(coarse / fine) / 2 > 2 - 0.35


@pytest.mark.parametrize("name", ["uni_pc", "uni_pc_bh2"])
def test_unipc_is_of_order_3_where_its_first_and_last_steps_of_lower_order_are_small(name, world):
    exact, found = world(), []
    x = START * torch.randn(1, 1, 4, 8, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    small = [2.0**-k for k in range(14, -1, -1)]
    for count in (20, 40):
        steps = [0.0, *small, *range(2, count), *(count - part for part in reversed(small[:-1])), count]
        levels = [START * (END / START) ** (step / count) for step in steps]
        ended = run(name, exact, x, torch.tensor(levels, dtype=torch.float64))
        found.append(float((ended - exact.solution(x, START, END)).abs().max()))
    assert math.log2(found[0] / found[1]) > 3 - 0.35


@pytest.mark.parametrize(("name", "order"), [("ipndm", 3), ("heunpp2", 1)])
def test_samplers_that_assume_even_steps_converge_on_even_steps_with_their_order(name, order, world):
    """heunpp2 weighs its slopes by noise levels that lie ahead, as ComfyUI has it: better than Euler, of its order."""
    exact, found = world(), []
    x = 4.0 * torch.randn(1, 1, 4, 8, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    for count in (40, 80):
        ended = run(name, exact, x, torch.linspace(4, 0.5, count + 1, dtype=torch.float64))
        found.append(float((ended - exact.solution(x, 4.0, 0.5)).abs().max()))
    assert found[1] < 0.015
    assert math.log2(found[0] / found[1]) > order - 0.35


def test_the_adaptive_solver_errs_as_little_as_it_is_allowed_to(world):
    x = START * torch.randn(1, 1, 4, 8, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    sigmas, exact = torch.tensor([START, 1.0, END]), world().solution(x, START, END)
    for allowed in (1e-3, 1e-4, 1e-5):
        ended = run("dpm_adaptive", world(), x, sigmas, rtol=allowed, atol=allowed / 10)
        assert float((ended - exact).abs().max()) < 50 * allowed


@pytest.mark.parametrize("kind", TABLES)
@pytest.mark.parametrize("name", NAMES)
def test_data_that_is_one_point_is_found_exactly(name, kind, world):
    sampling = ModelSampling.discrete() if kind == "discrete" else ModelSampling.flow()
    exact = world(sampling=sampling, deviation=0.0)
    sigmas = karras_levels(12, 0.03, 14.6) if kind == "discrete" else torch.linspace(1, 0, 13)
    first = float(sigmas[0])
    x = sampling.noised(torch.full((2, 1, 4, 4), exact.mu), noise((2, 1, 4, 4)).initial(), first)
    ended = run(name, exact, x, sigmas, TABLES[kind])
    # the two old DPM-Solvers end at the lowest level above 0, UniPC at 0.001
    end = {"dpm_fast": float(sigmas[-2]), "dpm_adaptive": float(sigmas[-2])}.get(name, 1e-3)
    near = 4 * end if name in ("dpm_fast", "dpm_adaptive", "uni_pc", "uni_pc_bh2") else 1e-5
    torch.testing.assert_close(ended, torch.full_like(ended, exact.mu), atol=near, rtol=0)


# their noise is that of x = latent + sigma * noise even on a flow; kept so, as ComfyUI has them
NOT_FOR_FLOWS = {"ddpm", "res_multistep_ancestral", "res_multistep_ancestral_cfg_pp"}
PAIRS = [(name, kind) for name in STOCHASTIC for kind in TABLES if kind == "discrete" or name not in NOT_FOR_FLOWS]


@pytest.mark.parametrize(("name", "kind"), PAIRS)
def test_samples_are_distributed_like_the_data(name, kind, world):
    sampling = ModelSampling.discrete() if kind == "discrete" else ModelSampling.flow()
    exact = world(sampling=sampling)
    sigmas = karras_levels(60, 0.02, 14.6) if kind == "discrete" else torch.linspace(1, 0, 61)
    shape = (1, 1, 64, 64)
    x = sampling.noised(torch.zeros(shape), noise(shape, 4).initial(), float(sigmas[0]))
    ended = run(name, exact, x, sigmas, TABLES[kind])
    assert ended.mean().item() == pytest.approx(exact.mu, abs=0.05)
    assert ended.std().item() == pytest.approx(exact.deviation, rel=0.12)


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"dpm_adaptive"}))
def test_a_step_is_told_with_its_index_and_estimate(name, world):
    told = []
    sigmas = karras_levels(6, 0.03, 14.6)
    x = 14.6 * noise((1, 1, 4, 4)).initial()
    SAMPLERS[name](world(), x, sigmas, noise(x.shape), lambda i, x, denoised: told.append((i, denoised.shape)))
    steps = 3 if name == "dpm_fast" else 6
    assert told == [(i, x.shape) for i in range(steps)]


@pytest.mark.parametrize("name", NAMES)
def test_x_is_not_changed_in_place(name, world):
    x = 14.6 * noise((1, 1, 4, 4)).initial()
    before = x.clone()
    run(name, world(), x, karras_levels(6, 0.03, 14.6))
    assert torch.equal(x, before)


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith("_gpu")])
def test_the_names_with_a_device_are_the_samplers_without(name, world):
    x = START * noise((1, 1, 4, 4)).initial()
    sigmas = karras_levels(6, 0.03, START)
    for table in TABLES.values():
        levels = sigmas if table is SAMPLERS else torch.linspace(1, 0, 7)
        exact = world(sampling=ModelSampling.discrete() if table is SAMPLERS else ModelSampling.flow())
        named, plain = (run(n, exact, x, levels, table) for n in (name, name.removesuffix("_gpu")))
        assert torch.equal(named, plain)


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith("_cfg_pp")])
@pytest.mark.parametrize("kind", TABLES)
def test_cfg_pp_ends_at_the_guided_estimate_whatever_the_negative_one_is(name, kind):
    class Two:
        sampling = ModelSampling.discrete() if kind == "discrete" else ModelSampling.flow()

        def both(self, x, sigma):
            return torch.full_like(x, 2.0), torch.full_like(x, -1.0)

    sigmas = karras_levels(8, 0.03, 14.6) if kind == "discrete" else torch.linspace(1, 0, 9)
    ended = run(name, Two(), torch.full((1, 1, 4, 4), 5.0), sigmas, TABLES[kind])
    torch.testing.assert_close(ended, torch.full_like(ended, 2.0))


def test_consistency_sampling_denoises_and_noises_again(world):
    exact, sigmas = world(), torch.tensor([8.0, 2.0, 0.0])
    x = exact.mu + math.sqrt(64 + exact.deviation**2) * noise((1, 1, 128, 128), 4).initial()
    gain = {s: exact.deviation**2 / (exact.deviation**2 + s**2) for s in (8.0, 2.0)}
    first = gain[8.0] * math.sqrt(64 + exact.deviation**2)
    ended = run("lcm", exact, x, sigmas)
    assert ended.mean().item() == pytest.approx(exact.mu, abs=0.01)
    assert ended.std().item() == pytest.approx(gain[2.0] * math.sqrt(first**2 + 4), rel=0.03)


def test_cfg_pp_renoises_along_the_negative_estimate():
    class Two:
        sampling = ModelSampling.discrete()

        def both(self, x, sigma):
            return torch.full_like(x, 2.0), torch.full_like(x, 1.0)

    ended = run("euler_cfg_pp", Two(), torch.full((1, 1, 1, 1), 5.0), torch.tensor([4.0, 2.0]))
    assert ended.item() == 2.0 + 2.0 * (5.0 - 1.0) / 4.0


def test_the_other_form_of_cfg_pp_moves_by_the_difference_of_both_estimates():
    class Two:
        sampling = ModelSampling.discrete()

        def both(self, x, sigma):
            return torch.full_like(x, 2.0), torch.full_like(x, 1.0)

    ended = run("euler_cfg_pp", Two(), torch.full((1, 1, 1, 1), 5.0), torch.tensor([4.0, 2.0]), alternative=True)
    assert ended.item() == 5.0 + (5.0 - 2.0 + 1.0 - 2.0) / 4.0 * (2.0 - 4.0)


@pytest.mark.parametrize(
    ("steps", "sizes"), [(-1, [(6, 9), (8, 12), (8, 12)]), (3, [(5, 8), (7, 10), (8, 12)]), (0, [(4, 6)] * 3)]
)
def test_latents_grow_as_they_become_clean(steps, sizes):
    seen = []

    class Half:
        sampling = ModelSampling.discrete()

        def __call__(self, x, sigma):
            seen.append(tuple(x.shape[-2:]))
            return x / 2

    levels = torch.tensor([4.0, 3.0, 2.0, 0.0])
    ended = run("lcm", Half(), torch.ones(1, 4, 4, 6), levels, scale=2.0, steps=steps, method="bilinear")
    assert [*seen[1:], tuple(ended.shape[-2:])] == sizes


def test_the_two_stage_cfg_pp_sampler_moves_x_by_the_guidance_of_the_evaluation_before():
    class Two:
        sampling = ModelSampling.discrete()

        def both(self, x, sigma):
            return torch.full_like(x, sigma), torch.full_like(x, 1.0)

    ended = run("dpmpp_2s_ancestral_cfg_pp", Two(), torch.full((1, 1, 1, 1), 5.0), torch.tensor([4.0, 1.0]), eta=0.0)
    middle = 2.0
    assert ended.item() == pytest.approx(middle + (5.0 + (4.0 - 1.0) - middle) * 1.0 / 4.0)


def test_every_sampler_and_schedule_is_documented():
    page = (Path(__file__).parents[3] / "docs" / "samplers.md").read_text(encoding="utf-8")
    names = {*NAMES, *get_args(ScheduleName)}
    assert {name for name in names if f"`{name.removesuffix('_gpu')}`" not in page} == set()
