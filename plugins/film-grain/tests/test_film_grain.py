from pathlib import Path

import pytest
import torch
from film_grain.grading import ApplyLook, ColourGrade, LookPreset
from film_grain.grain import FilmGrain
from film_grain.look import PRESETS, Look

from calotype.node import spec_of
from calotype.plugins import discover
from calotype.testing import check_documents, check_plugin
from calotype.types import Image

GREY = Image(torch.full((1, 64, 64, 3), 0.5))


def test_the_plugin_conforms():
    report = check_plugin(Path(__file__).parents[1])
    assert report.ok and not report.findings, str(report)


def test_the_amount_is_edited_by_a_widget_that_the_plugin_brings():
    record = discover([Path(__file__).parents[2]])["film-grain"]
    assert record.widgets == ("film-grain-strip",)
    assert spec_of(FilmGrain).inputs["amount"].widget == "film-grain-strip"


@pytest.mark.parametrize("size", [0.0, 0.4, 1.0, 3.0])
def test_grain_has_the_asked_strength_in_middle_grey_whatever_its_size(size):
    grain = FilmGrain(image=GREY, amount=0.1, size=size, seed=3).run().pixels - GREY.pixels
    assert grain.std().item() == pytest.approx(0.1, rel=0.25)
    assert abs(grain.mean().item()) < 0.03


def test_coarser_grain_makes_neighbours_more_alike():
    fine, coarse = (FilmGrain(image=GREY, size=s).run().pixels for s in (0.5, 4.0))
    assert (coarse[:, 1:] - coarse[:, :-1]).abs().mean() < (fine[:, 1:] - fine[:, :-1]).abs().mean() / 2


def test_black_and_white_have_no_grain():
    ends = Image(torch.stack([torch.zeros(8, 8, 3), torch.ones(8, 8, 3)]))
    assert torch.equal(FilmGrain(image=ends, amount=1.0).run().pixels, ends.pixels)


def test_one_grain_for_all_colours_if_monochrome_and_three_if_not():
    one, three = (FilmGrain(image=GREY, monochrome=m).run().pixels[0] for m in (True, False))
    assert torch.equal(one[..., 0], one[..., 2])
    assert not torch.equal(three[..., 0], three[..., 2])


def test_picture_k_of_a_batch_has_the_grain_of_seed_plus_k():
    batch = FilmGrain(image=Image(GREY.pixels.repeat(3, 1, 1, 1)), seed=5).run().pixels
    alone = FilmGrain(image=GREY, seed=7).run().pixels
    assert torch.equal(batch[2:], alone)


def test_alpha_is_left_alone():
    clear = Image(torch.full((1, 4, 4, 4), 0.25))
    for node in (FilmGrain(image=clear, amount=1.0), ColourGrade(image=clear, gain=3.0)):
        assert torch.equal(node.run().pixels[..., 3], clear.pixels[..., 3])


def test_a_neutral_grade_changes_nothing():
    picture = Image(torch.rand((1, 4, 4, 3), generator=torch.Generator().manual_seed(1)))
    torch.testing.assert_close(ColourGrade(image=picture).run().pixels, picture.pixels)


def test_each_slider_does_what_it_says():
    red = Image(torch.tensor([0.6, 0.3, 0.2]).view(1, 1, 1, 3))

    def graded(**sliders: float) -> torch.Tensor:
        return ColourGrade(image=red, **sliders).run().pixels[0, 0, 0]

    plain = graded()
    assert (graded(lift=0.2) > plain).all()
    assert (graded(gamma=2.0) > plain).all()
    torch.testing.assert_close(graded(gain=0.5), plain / 2)
    assert graded(saturation=0.0).unique().numel() == 1
    warm = graded(temperature=1.0) / plain
    assert warm[0] > warm[1] > warm[2]


def test_a_look_by_name_grades_as_its_sliders_do():
    look = LookPreset(name="faded", strength=0.5).run()
    by_look = ApplyLook(image=GREY, look=look).run()
    sliders = {name: getattr(look, name) for name in ("lift", "gamma", "gain", "saturation", "temperature")}
    assert torch.equal(by_look.pixels, ColourGrade(image=GREY, **sliders).run().pixels)
    assert look == Look().mixed(PRESETS["faded"], 0.5)


def test_a_look_survives_the_store():
    look = PRESETS["moonlight"]
    assert Look.from_tensors(*look.to_tensors()) == look


def test_the_example_workflow_has_no_problems():
    folder = Path(__file__).parents[1]
    found = check_documents([folder / "workflows" / "film_look.json"], discover([folder.parent]).registry)
    assert found == ()
