"""Somebody opens the page for the first time."""

from playwright.async_api import expect


async def test_01_the_first_template_runs_on_the_spot_and_shows_its_picture(page, ui):
    await expect(ui.node(page, "sampler")).to_be_visible()
    await page.get_by_role("button", name="Run", exact=True).click()
    await expect(ui.node(page, "save").locator(".picture img")).to_be_visible(timeout=90_000)
    loaded = await ui.node(page, "save").locator(".picture img").evaluate("i => [i.complete, i.naturalWidth]")
    assert loaded == [True, 128]


async def test_15_what_is_stored_is_marked_and_a_change_says_what_will_run(page, ui):
    await page.get_by_role("button", name="Run", exact=True).click()
    await expect(ui.node(page, "save").locator(".picture img")).to_be_visible(timeout=90_000)
    await expect(ui.node(page, "positive").locator("[data-plan=hit]")).to_be_visible()
    cfg = ui.node(page, "sampler").get_by_role("spinbutton", name="cfg")
    await cfg.fill("5")
    await cfg.press("Enter")
    for id in ("sampler", "decode", "save"):
        await expect(ui.node(page, id).locator("[data-plan=run]")).to_be_visible()
    for id in ("positive", "negative"):
        await expect(ui.node(page, id).locator("[data-plan=hit]")).to_be_visible()
