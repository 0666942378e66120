"""Somebody opens the page for the first time."""

from playwright.async_api import expect


async def test_01_the_first_template_runs_on_the_spot_and_shows_its_picture(page, ui):
    await expect(ui.node(page, "sampler")).to_be_visible()
    await page.get_by_role("button", name="Run", exact=True).click()
    await expect(ui.node(page, "save").locator(".picture img")).to_be_visible(timeout=90_000)
    loaded = await ui.node(page, "save").locator(".picture img").evaluate("i => [i.complete, i.naturalWidth]")
    assert loaded == [True, 128]
