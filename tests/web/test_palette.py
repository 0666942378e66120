"""The palette finds node types by words, and adds them where it was opened."""

import asyncio

import pytest
from playwright.async_api import expect

SHARED_SERVER = True

RANKING = {
    "ksampler": "KSampler", "text": "Text", "vaed": "VAEDecode", "vae decode": "VAEDecode", "save im": "SaveImage",
    "load image": "LoadImage", "checkpoint": "CheckpointLoader", "empty": "EmptyLatent", "ks": "KSampler",
    "saveimage": "SaveImage", "SAVEIMAGE": "SaveImage", "vaeenc": "VAEEncode", "loadim": "LoadImage",
    "number": "toys.Number", "toys.add": "toys.Add", "add cat:toy": "toys.Add", "split": "toys.Split",
    "wait": "toys.Wait", "paint": "toys.Paint", "fails": "toys.Fails", "numb": "toys.Number", "sampler k": "KSampler",
    "latent empty": "EmptyLatent", "encode text": "TextEncode", "decode vae": "VAEDecode", "ksampl": "KSampler",
    "emptylat": "EmptyLatent", "out:saved paint": "toys.Paint", "in:clip text": "TextEncode",
    "checkpointloader": "CheckpointLoader",
}  # fmt: skip


async def typed(page, text):
    box = page.get_by_role("combobox", name="Search node types")
    await box.fill(text)
    return await page.get_by_role("option").locator(".name").all_text_contents()


async def opened(page, ui):
    await ui.show(page, {"calotype": 1, "name": "Empty", "nodes": {}})
    await page.evaluate("window.calotype.view({x: 0, y: 0, zoom: 1})")
    await page.mouse.dblclick(700, 400)
    await expect(page.get_by_role("dialog", name="Add a node")).to_be_visible()


async def test_04_a_double_click_opens_the_palette_and_enter_adds_where_it_was(page, ui):
    await opened(page, ui)
    await page.keyboard.type("paint")
    await page.keyboard.press("Enter")
    now = await ui.document(page)
    assert list(now["nodes"]) == ["paint"]
    assert now["nodes"]["paint"]["type"] == "toys.Paint"
    box = await ui.node(page, "paint").bounding_box()
    assert abs(box["x"] - 700) < 4 and abs(box["y"] - 400) < 4
    await expect(page.locator(".react-flow__node[data-id=paint]")).to_be_focused()


async def test_04_thirty_queries_find_first_what_is_meant(page, ui):
    await opened(page, ui)
    assert len(RANKING) == 30
    found = {query: (await typed(page, query))[:1] for query in RANKING}
    assert found == {query: [wanted] for query, wanted in RANKING.items()}


async def test_04_filters_by_sockets_and_category(page, ui):
    await opened(page, ui)
    catalogue = (await page.evaluate("fetch('/v1/nodes').then(r => r.json())"))["nodes"]

    def takes(type, name):
        return any(name in str(i["socket"]) for i in type["inputs"])

    shown = await typed(page, "in:vae out:image")
    assert "VAEDecode" in shown
    by_id = {t["id"]: t for t in catalogue}
    assert all(takes(by_id[name], "Vae") for name in shown)
    toys = await typed(page, "cat:toy")
    assert set(toys) == {t["id"] for t in catalogue if t["category"] == "toy"}
    assert await typed(page, "zzzzqqq") == []
    await expect(page.get_by_text("Nothing found.")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog", name="Add a node")).to_have_count(0)


@pytest.mark.parametrize("key", ["Space", "Shift+A", "n"])
async def test_04_keys_open_it_too(page, ui, key):
    await ui.show(page, {"calotype": 1, "name": "Empty", "nodes": {}})
    await page.keyboard.press(key)
    await expect(page.get_by_role("dialog", name="Add a node")).to_be_visible()


async def test_a_node_is_dragged_from_the_library(page, ui):
    await ui.show(page, {"calotype": 1, "name": "Empty", "nodes": {}})
    await page.keyboard.press("l")
    await page.get_by_role("complementary", name="Node types").get_by_role("searchbox").fill("paint")
    entry = page.get_by_role("complementary", name="Node types").get_by_role("button", name="toys.Paint")
    await entry.drag_to(page.locator(".react-flow__pane"), target_position={"x": 420, "y": 300})
    await asyncio.sleep(0.2)
    assert list((await ui.document(page))["nodes"]) == ["paint"]
