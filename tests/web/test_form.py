"""The form: inputs that are pinned, filled in, arranged; pictures that bring their inputs back."""

import pytest_asyncio
from playwright.async_api import expect

PAINT = {
    "calotype": 1,
    "name": "Painted",
    "nodes": {
        "number": {"type": "toys.Number", "inputs": {"value": 3}},
        "add": {"type": "toys.Add", "inputs": {"a": {"from": "number.int"}, "b": 4}},
        "paint": {"type": "toys.Paint", "inputs": {"value": {"from": "add.int"}, "side": 32}},
    },
    "layout": {"number": {"x": 0, "y": 0}, "add": {"x": 320, "y": 0}, "paint": {"x": 640, "y": 0}},
}


async def pin(page, ui, field: str) -> None:
    place = page.locator(f'.canvas [data-field="{field}"]')
    await place.hover()
    await place.get_by_role("button", name="into the form").click()


async def forms(page):
    await page.locator(".rail").get_by_role("button", name="Form").click()
    return page.get_by_role("form", name="Form")


@pytest_asyncio.fixture(loop_scope="session")
async def pinned(page, ui):
    await ui.show(page, PAINT)
    for field in ("number.value", "add.b", "paint.side"):
        await pin(page, ui, field)
    return page


async def test_29_three_pinned_fields_are_the_form_and_both_sides_are_one(pinned, ui):
    form = await forms(pinned)
    assert list((await ui.document(pinned))["inputs"]) == ["value", "b", "side"]
    value = form.get_by_role("spinbutton", name="Value")
    await value.fill("11")
    await value.press("Enter")
    await expect(ui.node(pinned, "number").get_by_role("spinbutton", name="value")).to_have_value("11")
    there = ui.node(pinned, "add").get_by_role("spinbutton", name="b")
    await there.fill("2*8")
    await there.press("Enter")
    await expect(form.get_by_role("spinbutton", name="B", exact=True)).to_have_value("16")
    await pinned.get_by_role("button", name="Undo", exact=True).click()
    await expect(form.get_by_role("spinbutton", name="B", exact=True)).to_have_value("4")


async def test_29_an_older_picture_brings_its_inputs_back_as_one_step(page, ui):
    said = {"value": {"node": "number", "input": "value"}, "side": {"node": "paint", "input": "side"}}
    await ui.show(page, PAINT | {"name": "Remembered", "inputs": said})
    form = await forms(page)
    value, earlier = form.get_by_role("spinbutton", name="Value"), form.get_by_role("region", name="Earlier pictures")
    for n, number in enumerate((51, 52), start=1):
        await value.fill(str(number))
        await value.press("Enter")
        await page.get_by_role("button", name="Run", exact=True).first.click()
        await expect(earlier.locator("li img")).to_have_count(n, timeout=30_000)
    before = await ui.document(page)
    await earlier.get_by_role("button", name="paint_55.png").click()  # 51 + 4
    await expect(value).to_have_value("51")
    await expect(ui.node(page, "number").get_by_role("spinbutton", name="value")).to_have_value("51")
    await page.get_by_role("button", name="Undo", exact=True).click()
    assert await ui.document(page) == before


async def test_29_a_form_is_renamed_described_headed_and_ordered(pinned, ui):
    form = await forms(pinned)
    await form.get_by_role("button", name="Arrange the form").click()
    name = form.get_by_role("textbox", name="Name of side")
    await name.fill("Size of the picture")
    await name.press("Enter")
    await form.get_by_role("textbox", name="Description of size_of_the_picture").fill("In pixels.")
    await form.get_by_role("button", name="A heading above b").click()
    await form.get_by_role("textbox", name="Heading above b").fill("More")
    await form.get_by_role("button", name="Move value").press("ArrowDown")
    inputs = (await ui.document(pinned))["inputs"]
    assert inputs == {
        "b": {"node": "add", "input": "b", "section": "More"},
        "value": {"node": "number", "input": "value"},
        "size_of_the_picture": {"node": "paint", "input": "side", "doc": "In pixels."},
    }
    assert list(inputs) == ["b", "value", "size_of_the_picture"]
    handle = form.get_by_role("button", name="Move size_of_the_picture")
    start, end = await ui.middle(handle), await ui.middle(form.get_by_role("button", name="Move b", exact=True))
    await ui.drag(pinned, start, (end[0], end[1] - 30))
    assert list((await ui.document(pinned))["inputs"]) == ["size_of_the_picture", "b", "value"]
    await form.get_by_role("button", name="Done").click()
    await expect(form.get_by_role("heading", name="More")).to_be_visible()
    await expect(form).to_contain_text("In pixels.")


async def test_29_a_field_is_pinned_and_reset_by_keys(page, ui):
    await ui.show(page, PAINT)
    side = ui.node(page, "paint").get_by_role("spinbutton", name="side")
    await side.focus()
    await page.keyboard.press("Alt+p")
    assert (await ui.document(page))["inputs"] == {"side": {"node": "paint", "input": "side"}}
    await page.keyboard.press("Alt+r")
    assert "inputs" not in (await ui.document(page))["nodes"]["paint"]["inputs"]
    await expect(side).to_have_value("64")
    await page.keyboard.press("Alt+p")
    assert (await ui.document(page))["inputs"] == {}
