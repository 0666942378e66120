"""Sweeps from the editor: several values of several inputs, and one labelled grid of what comes of them."""

from pathlib import Path

from playwright.async_api import expect

SPECKLE = {
    "calotype": 1,
    "name": "Swept",
    "inputs": {"text": {"node": "speckle", "input": "text"}},
    "nodes": {"speckle": {"type": "toys.Speckle", "inputs": {"seed": 1, "text": "x"}}},
    "layout": {"speckle": {"x": 300, "y": 60}},
}


async def axis(dialog, at, place, values):
    row = dialog.locator("ol > li").nth(at)
    await row.get_by_role("combobox", name="Input").select_option(place)
    await row.get_by_role("textbox").fill(values)


async def test_values_of_two_inputs_become_a_labelled_grid_and_a_sheet(page, served, ui):
    await ui.show(page, SPECKLE)
    await page.get_by_role("button", name="Sweep over values").click()
    dialog = page.get_by_role("dialog", name="Sweep over values")
    await axis(dialog, 0, "speckle.seed", "1..5 step 2, 9")
    await dialog.get_by_role("button", name="Add an input").click()
    await axis(dialog, 1, "text", "red\ngreen")
    await expect(dialog.get_by_role("status")).to_contain_text("8 runs")
    await dialog.get_by_role("button", name="Move text outwards").click()
    await dialog.get_by_role("button", name="Run 8").click()
    grid = page.get_by_role("dialog", name="Sweep")
    await expect(grid.get_by_role("status")).to_have_text("8 of 8 runs ended", timeout=30_000)
    assert await grid.locator("thead th").all_inner_texts() == ["", *(f"speckle.seed {n}" for n in (1, 3, 5, 9))]
    assert await grid.locator("tbody th").all_inner_texts() == ["text red", "text green"]
    await expect(grid.locator("td img")).to_have_count(8)
    async with page.expect_download() as download:
        await grid.get_by_role("link", name="Download as one sheet").click()
    assert Path(await (await download.value).path()).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    await the_gallery_has_one_tile(page, grid)


async def the_gallery_has_one_tile(page, grid):
    await grid.locator("td button").nth(5).click()
    await expect(page.get_by_role("dialog", name="Picture speckle.png")).to_contain_text("green")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Gallery").click()
    await page.get_by_role("button", name="Open a sweep of 8 pictures").click()
    await expect(page.get_by_role("dialog", name="Sweep").locator("td img")).to_have_count(8)


async def test_values_that_cannot_be_read_and_too_many_runs_are_not_sent(page, ui):
    await ui.show(page, SPECKLE)
    await page.get_by_role("button", name="Sweep over values").click()
    dialog = page.get_by_role("dialog", name="Sweep over values")
    await axis(dialog, 0, "speckle.seed", "one, two")
    await expect(dialog.get_by_text("These values cannot be read.")).to_be_visible()
    await expect(dialog.get_by_role("button", name="Run 0")).to_be_disabled()
    await axis(dialog, 0, "speckle.seed", "1..900")
    await dialog.get_by_role("button", name="Add an input").click()
    await axis(dialog, 1, "text", "a\nb")
    await expect(dialog.get_by_role("status")).to_contain_text("1800 runs are too many")
    await expect(dialog.get_by_role("button", name="Run 1800")).to_be_disabled()
