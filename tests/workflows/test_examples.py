"""Every example workflow is well-formed, and runs on the shipped model."""

from __future__ import annotations

from pathlib import Path

import pytest

from calotype.services import Services
from calotype.settings import ASSETS, Settings
from calotype.types import Image
from calotype.workflow import interface, load, set_input, write

FOLDER = Path(__file__).parents[2] / "workflows"
EXAMPLES = sorted(file.stem for file in FOLDER.glob("*.json"))
MODEL = ASSETS / "models" / "checkpoints" / "emoji-ldm.safetensors"

shipped = pytest.mark.skipif(not MODEL.is_file(), reason="the default model is not here")


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    with Services.open(Settings.load(home=tmp_path_factory.mktemp("home"), device="cpu", env={})) as opened:
        yield opened


def example(name: str, **inputs):
    document = load(FOLDER / f"{name}.json")
    for place, value in inputs.items():
        document = set_input(document, place.replace("__", "."), value)
    return document


def picture(services, finished, place: str) -> Image:
    assert finished.record.status == "succeeded", finished.record.error
    node, _, output = place.rpartition(".")
    return finished.results[node].value(output)


def run(services, document, *targets: str):
    return services.run(document, targets=list(targets) or None)


def ran(finished) -> set[str]:
    return {node for node, record in finished.record.nodes.items() if record["status"] == "ran"}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_written_as_the_program_writes(name):
    text = (FOLDER / f"{name}.json").read_text()
    assert write(load(FOLDER / f"{name}.json")) == text


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_explains_its_public_inputs_and_places_its_nodes(name, services):
    document = example(name)
    ports = interface(document, services.registry)
    assert document.description and ports
    assert [p.name for p in ports if not p.doc] == []
    assert document.layout.keys() == document.nodes.keys()


@shipped
@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_has_no_problems(name, services):
    assert [str(p) for p in services.check(example(name)).problems] == []


@shipped
def test_text_to_image_draws_a_picture(services):
    finished = run(services, example("text_to_image", steps=2), "decode")
    assert picture(services, finished, "decode.image").pixels.shape == (1, 128, 128, 3)


@shipped
def test_image_k_of_a_batch_is_the_same_alone(services):
    whole = picture(services, run(services, example("batch", steps=2, count=3), "decode"), "decode.image")
    alone = picture(services, run(services, example("batch", steps=2, count=3, only=2), "decode"), "decode.image")
    assert (whole.pixels[2:] - alone.pixels).abs().max() < 0.01


@shipped
def test_image_to_image_keeps_more_where_it_changes_less(services):
    before = picture(services, run(services, example("image_to_image", steps=4), "scale"), "scale.image")
    far, near = (
        picture(services, run(services, example("image_to_image", steps=4, denoise=d), "decode"), "decode.image")
        for d in (1.0, 0.2)
    )
    assert (near.pixels - before.pixels).abs().mean() < (far.pixels - before.pixels).abs().mean()


@shipped
def test_two_passes_make_a_larger_picture(services):
    document = example("two_pass", sampler__steps=2, second__steps=2)
    got = picture(services, run(services, document, "decode"), "decode.image")
    assert got.pixels.shape == (1, 192, 192, 3)


@shipped
def test_a_switch_runs_and_loads_only_what_it_chooses(services):
    assert "encoded" not in ran(run(services, example("switch", sampler__steps=1), "decode"))
    finished = run(services, example("switch", sampler__steps=1, from_picture=True), "decode")
    assert "encoded" in ran(finished) and "empty" not in ran(finished)


@shipped
def test_a_prompt_a_line_makes_a_labelled_sheet(services):
    document = example("grid_of_prompts", steps=1, prompts="a red apple\na banana")
    got = picture(services, run(services, document, "sheet"), "sheet.image")
    height, width = got.pixels.shape[1:3]
    assert width == 2 * 128 + 3 * 4 and height > 128 + 2 * 4


@shipped
def test_a_loop_goes_on_from_its_own_result(services):
    document = example("refine_loop", sampler__steps=2)
    once = document.with_nodes(document.nodes | {"refine": rounds(document.nodes["refine"], 1)})
    got, less = (picture(services, run(services, d, "decode"), "decode.image") for d in (document, once))
    assert got.pixels.shape == (1, 128, 128, 3)
    assert (got.pixels - less.pixels).abs().mean() > 0.001


def rounds(node, times: int):
    return node | {"repeat": node["repeat"] | {"times": times}}


@shipped
def test_inpainting_leaves_the_rest_as_it_was(services):
    finished = run(services, example("inpaint", steps=2), "composite", "picture")
    got = picture(services, finished, "composite.image").pixels
    before = finished.results["picture"].value("image").pixels
    assert (got[:, :12] - before[:, :12]).abs().max() == 0
    assert (got[:, 40:88, 40:88] - before[:, 40:88, 40:88]).abs().mean() > 0.01


@shipped
def test_a_network_enlarges_a_picture_four_times(services):
    finished = run(services, example("upscale_model", tile=64), "larger", "picture")
    got = picture(services, finished, "larger.image").pixels
    before = finished.results["picture"].value("image").pixels
    assert got.shape == (1, 512, 512, 3)
    back = got.view(1, 128, 4, 128, 4, 3).mean((2, 4))
    assert (back - before).abs().mean() < 0.01


@shipped
def test_two_samplers_share_one_schedule(services):
    got = picture(services, run(services, example("custom_sampling", steps=3, step=1), "decode"), "decode.image")
    assert got.pixels.shape == (1, 128, 128, 3) and got.pixels.std() > 0.05


@shipped
def test_a_picture_is_enlarged_and_redrawn_in_tiles(services):
    small = {"width": 192, "height": 192, "steps": 2, "denoise": 0.2}
    finished = run(services, example("redraw_larger", **small), "decode", "scale")
    got, before = (picture(services, finished, place).pixels for place in ("decode.image", "scale.image"))
    assert got.shape == before.shape == (1, 192, 192, 3)
    assert 0.001 < (got - before).abs().mean() < 0.2


@shipped
def test_each_half_has_a_prompt_of_its_own(services):
    whole = picture(services, run(services, example("two_places", steps=2), "decode"), "decode.image").pixels
    other = example("two_places", steps=2, right="a blue car")
    changed = picture(services, run(services, other, "decode"), "decode.image").pixels
    difference = (whole - changed).abs()
    assert whole.shape == (1, 128, 256, 3)
    assert difference[:, :, 160:].mean() > 2 * difference[:, :, :96].mean()


@shipped
def test_kinds_of_guidance_lie_beside_each_other(services):
    kinds = [f"decode_{kind}" for kind in ("plain", "a", "b", "c")]
    finished = run(services, example("compare_guidance", steps=2), "sheet", *kinds)
    got = picture(services, finished, "sheet.image").pixels
    each = [finished.results[kind].value("image").pixels for kind in kinds]
    assert got.shape[2] == 4 * 128 + 5 * 4
    assert all((one - each[0]).abs().max() > 0 for one in each[1:])


@shipped
def test_what_was_there_stays_beside_what_is_new(services):
    finished = run(services, example("outpaint", steps=2), "composite", "picture")
    got = picture(services, finished, "composite.image").pixels
    before = finished.results["picture"].value("image").pixels
    assert got.shape == (1, 128, 192, 3)
    assert (got[:, :, :96] - before[:, :, :96]).abs().max() == 0
    assert (got[:, :, 128:] - 0.5).abs().mean() > 0.05
