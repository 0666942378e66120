"""Painting masks: what is painted is what the node reads."""

import io

import pytest
from PIL import Image
from playwright.async_api import expect

PICTURE = {
    "calotype": 1,
    "name": "Masked",
    "nodes": {"a": {"type": "LoadImage", "inputs": {"file": {"file": "red_disc.png"}}}},
}


async def paint(page) -> tuple[float, float, float]:
    """Open the painter; the middle of the picture on the page, and its scale."""
    await page.get_by_role("button", name="Paint a mask").first.click()
    canvas = page.locator(".painter canvas.tint")
    await expect(canvas).to_be_visible()
    await page.wait_for_timeout(150)
    box = await canvas.bounding_box()
    return (
        box["x"] + box["width"] / 2,
        box["y"] + box["height"] / 2,
        box["width"] / await canvas.evaluate("c => c.width"),
    )


async def saved(page, ui, served) -> tuple[str, Image.Image]:
    """Use the mask; the new file of the node, and its picture."""
    await page.get_by_role("button", name="Use this mask").click()
    await expect(page.locator(".painter")).to_be_hidden()
    file = (await ui.document(page))["nodes"]["a"]["inputs"]["file"]["file"]
    return file, Image.open(io.BytesIO(await served.ask("GET", f"/v1/inputs/{file}")))


async def original(served) -> Image.Image:
    return Image.open(io.BytesIO(await served.ask("GET", "/v1/inputs/red_disc.png"))).convert("RGBA")


async def test_a_mask_is_the_transparency_of_a_new_picture_and_one_step(page, ui, served):
    await ui.show(page, PICTURE)
    x, y, scale = await paint(page)
    await ui.drag(page, (x - 20 * scale, y), (x + 20 * scale, y))
    file, picture = await saved(page, ui, served)
    before = await original(served)
    assert file != "red_disc.png" and picture.mode == "RGBA" and picture.size == before.size
    middle = (picture.width // 2, picture.height // 2)
    assert picture.getpixel(middle)[3] == 0 and picture.getpixel((1, 1))[3] == 255
    assert picture.convert("RGB").tobytes() == before.convert("RGB").tobytes()  # also under the mask
    await page.get_by_role("button", name="Undo", exact=True).click()
    assert (await ui.document(page))["nodes"]["a"]["inputs"]["file"] == {"file": "red_disc.png"}


async def test_strokes_are_taken_back_inverted_and_filled(page, ui, served):
    await ui.show(page, PICTURE)
    x, y, scale = await paint(page)
    stage = page.locator(".painter .stage")
    await ui.drag(page, (x, y), (x + 10 * scale, y))
    await ui.drag(page, (x, y + 40 * scale), (x + 10 * scale, y + 40 * scale))
    await expect(stage).to_have_attribute("data-acts", "2")
    await page.keyboard.press("Control+z")
    await page.keyboard.press("Control+z")
    await expect(stage).to_have_attribute("data-acts", "0")
    await page.keyboard.press("Control+Shift+z")
    await page.get_by_role("button", name="Invert").click()
    _, picture = await saved(page, ui, served)
    assert picture.getpixel((picture.width // 2, picture.height // 2))[3] == 255
    assert picture.getpixel((1, 1))[3] == 0


async def test_the_eraser_takes_from_a_full_mask_and_opacity_is_half(page, ui, served):
    await ui.show(page, PICTURE)
    x, y, scale = await paint(page)
    await page.get_by_role("button", name="Fill").click()
    await page.get_by_role("button", name="Eraser").click()
    await page.get_by_role("slider", name="Opacity").fill("50")
    await ui.drag(page, (x - 5 * scale, y), (x + 5 * scale, y))
    _, picture = await saved(page, ui, served)
    assert picture.getpixel((1, 1))[3] == 0
    assert abs(picture.getpixel((picture.width // 2, picture.height // 2))[3] - 127) <= 2


async def test_a_mask_that_is_there_is_gone_on_with(page, ui, served):
    await ui.show(page, PICTURE)
    x, y, scale = await paint(page)
    await ui.drag(page, (x, y), (x + 2 * scale, y))
    await saved(page, ui, served)
    x, y, scale = await paint(page)
    await ui.drag(page, (x, y + 45 * scale), (x + 2 * scale, y + 45 * scale))
    _, picture = await saved(page, ui, served)
    w, h = picture.size
    assert picture.getpixel((w // 2, h // 2))[3] == 0 and picture.getpixel((w // 2, h // 2 + 45))[3] == 0


async def test_a_node_that_reads_a_colour_gets_a_grey_picture(page, ui, served):
    nodes = {"a": {"type": "LoadMask", "inputs": {"file": {"file": "red_disc.png"}, "channel": "red"}}}
    await ui.show(page, {"calotype": 1, "nodes": nodes})
    x, y, scale = await paint(page)
    await page.get_by_role("button", name="Clear").click()
    await ui.drag(page, (x, y), (x + 2 * scale, y))
    _, picture = await saved(page, ui, served)
    assert picture.convert("RGB").getpixel((picture.width // 2, picture.height // 2)) == (255, 255, 255)
    assert picture.convert("RGB").getpixel((1, 1)) == (0, 0, 0)


async def touch(client, kind: str, *points: tuple[float, float]) -> None:
    said = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]
    await client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": said})


@pytest.mark.parametrize("theme", ["light"])
async def test_25_a_mask_is_painted_with_a_finger_and_two_move_the_picture(open_page, ui, served, theme):
    async with open_page(size=(390, 844), touch=True, theme=theme) as page:
        await ui.show(page, PICTURE | {"inputs": {"picture": {"node": "a", "input": "file"}}})
        x, y, scale = await paint(page)
        client = await page.context.new_cdp_session(page)
        await touch(client, "touchStart", (x, y))
        for i in range(1, 6):
            await touch(client, "touchMove", (x + 4 * i * scale, y))
        await touch(client, "touchEnd")
        stage = page.locator(".painter .stage")
        await expect(stage).to_have_attribute("data-acts", "1")
        canvas = page.locator(".painter canvas.tint")
        before = await canvas.bounding_box()
        await touch(client, "touchStart", (x - 40, y))
        await touch(client, "touchStart", (x - 40, y), (x + 40, y))
        for i in range(1, 6):
            await touch(client, "touchMove", (x - 40 - 8 * i, y), (x + 40 + 8 * i, y))
        await touch(client, "touchEnd")
        await expect(stage).to_have_attribute("data-acts", "1")  # a pinch is no stroke
        after = await canvas.bounding_box()
        assert after["width"] > before["width"] * 1.5
        _, picture = await saved(page, ui, served)
        assert picture.getpixel((picture.width // 2, picture.height // 2))[3] == 0
