"""Every picture remembers what made it."""

from pathlib import Path

import pytest_asyncio
from playwright.async_api import expect


def speckle(seed, text, side=32):
    node = {"type": "toys.Speckle", "inputs": {"seed": seed, "text": text, "side": side}}
    return {"calotype": 1, "name": "Speckle", "nodes": {"speckle": node}, "layout": {"speckle": {"x": 300, "y": 60}}}


PICTURES = ((11, "a red apple"), (12, "a green pear"), (13, "a blue plum"))


@pytest_asyncio.fixture(loop_scope="session")
async def gallery(page, served, ui):
    """The gallery of three pictures, over an open workflow with another seed and another text."""
    if not (await served.ask("GET", "/v1/runs?search=plum"))["runs"]:
        for seed, text in PICTURES:
            await served.ask("POST", "/v1/runs", {"workflow": speckle(seed, text), "name": text})
        other = {"calotype": 1, "name": "Other", "nodes": {"paint": {"type": "toys.Paint", "inputs": {"value": 4}}}}
        await served.ask("POST", "/v1/runs", {"workflow": other})
    await ui.show(page, speckle(99, "nothing"))
    await page.get_by_role("button", name="Gallery").click()
    await expect(page.locator(".gallery li img")).to_have_count(4)
    return page


def tiles(page):
    return page.locator(".gallery li button")


async def test_20_pictures_are_found_by_prompt_seed_and_type(gallery, ui):
    search = gallery.get_by_role("searchbox", name="Search prompts, seeds, models")
    for words, count in (
        ("pear", 1),
        ("seed:13", 1),
        ("type:toys.Paint", 1),
        ("type:toys.Speckle red", 1),
        ("cherry", 0),
        ("", 4),
    ):
        await search.fill(words)
        await expect(tiles(gallery)).to_have_count(count)


async def test_20_the_lightbox_is_used_with_keys_and_zooms_at_the_pointer(gallery, ui):
    await tiles(gallery).nth(3).click()  # the oldest: newest first
    box = gallery.get_by_role("dialog")
    await expect(box).to_contain_text("a red apple")
    await gallery.keyboard.press("ArrowLeft")
    await expect(box).to_contain_text("a green pear")
    pane = box.locator(".pane")
    await gallery.keyboard.press("+")
    await expect(pane).to_have_attribute("data-scale", "1.40")
    await gallery.keyboard.press("0")
    await expect(pane).to_have_attribute("data-scale", "1.00")
    await pane.hover()
    await gallery.mouse.wheel(0, -400)
    await expect(pane).to_have_attribute("data-scale", "2.72")
    before = await pane.locator("img").bounding_box()
    await ui.drag(gallery, await ui.middle(pane), tuple(v + 60 for v in await ui.middle(pane)))
    after = await pane.locator("img").bounding_box()
    assert (round(after["x"] - before["x"]), round(after["y"] - before["y"])) == (60, 60)
    await gallery.keyboard.press("Escape")
    await expect(box).to_have_count(0)


async def test_20_two_pictures_are_wiped_over_each_other_and_stand_side_by_side(gallery, ui):
    await tiles(gallery).nth(1).click()
    box = gallery.get_by_role("dialog")
    await gallery.keyboard.press("c")
    compared = box.get_by_role("region", name="What is different in B").get_by_role("listitem")
    await expect(compared).to_have_count(2)
    assert [" ".join(t.split()) for t in await compared.all_inner_texts()] == [
        "speckle · seed 13 12",
        "speckle · text a blue plum a green pear",
    ]
    divider = box.get_by_role("slider", name="Divider between the two pictures")
    over = box.locator(".layer.over")
    await expect(divider).to_have_attribute("aria-valuenow", "50")
    x, y = await ui.middle(divider)
    pane = await box.locator(".pane").bounding_box()
    await ui.drag(gallery, (x, y), (pane["x"] + pane["width"] * 0.25, y))
    await expect(divider).to_have_attribute("aria-valuenow", "25")
    assert "25" in await over.evaluate("one => one.style.clipPath")
    await divider.focus()
    await gallery.keyboard.press("ArrowRight")
    await expect(divider).to_have_attribute("aria-valuenow", "27")
    await gallery.keyboard.press("w")
    await expect(box.locator(".pane")).to_have_attribute("data-how", "side")
    first = await box.locator(".layer img").nth(0).get_attribute("src")
    second = await box.locator(".layer img").nth(1).get_attribute("src")
    assert first != second
    await gallery.keyboard.press("c")
    await expect(box.locator(".pane")).to_have_attribute("data-how", "one")


async def test_20_what_is_different_is_listed_and_taken_over_field_by_field(gallery, ui):
    await tiles(gallery).nth(3).click()
    listed = gallery.get_by_role("region", name="Different from the open workflow")
    rows = listed.get_by_role("listitem")
    await expect(rows).to_have_count(2)
    assert [" ".join(t.split()) for t in await rows.all_inner_texts()] == [
        "speckle · seed 99 11 Apply",
        "speckle · text nothing a red apple Apply",
    ]
    await listed.get_by_role("button", name="Apply speckle.text").click()
    await expect(rows).to_have_count(1)
    await gallery.keyboard.press("Escape")
    assert (await ui.document(gallery)) == speckle(99, "a red apple")
    await gallery.keyboard.press("Control+z")
    assert (await ui.document(gallery)) == speckle(99, "nothing")


async def test_20_the_workflow_of_a_picture_opens_in_a_tab_of_its_own(gallery, ui):
    tabs = await gallery.get_by_role("tab").count()
    await tiles(gallery).nth(2).click()
    await gallery.get_by_role("button", name="Open its workflow").click()
    await expect(gallery.get_by_role("tab")).to_have_count(tabs + 1)
    assert (await ui.document(gallery))["nodes"]["speckle"]["inputs"] == {
        "seed": 12,
        "text": "a green pear",
        "side": 32,
    }


async def test_20_a_picture_is_downloaded_with_what_made_it(gallery):
    await tiles(gallery).nth(1).click()
    async with gallery.expect_download() as download:
        await gallery.get_by_role("dialog").get_by_role("link", name="Download").click()
    data = Path(await (await download.value).path()).read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert b"calotype" in data


async def test_20_a_picture_is_deleted_when_it_is_said_twice(page, served, ui):
    run = await served.ask("POST", "/v1/runs", {"workflow": speckle(77, "to be gone"), "name": "gone"})
    await ui.show(page, speckle(1, ""))
    await page.get_by_role("button", name="Gallery").click()
    await page.get_by_role("searchbox", name="Search prompts, seeds, models").fill("gone")
    await expect(tiles(page)).to_have_count(1)
    await tiles(page).first.click()
    await page.get_by_role("button", name="Delete").click()
    await page.get_by_role("button", name="Really delete").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(tiles(page)).to_have_count(0)
    assert run["id"] not in [r["id"] for r in (await served.ask("GET", "/v1/runs"))["runs"]]
