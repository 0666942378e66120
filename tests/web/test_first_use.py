"""Somebody opens the page for the first time."""

import pytest
from playwright.async_api import expect


@pytest.fixture
def plain(ui, tmp_path):
    """`calotype serve`, with nothing said but the port."""
    one = ui.Served(tmp_path, ui.free_port(), token=None)
    one.start()
    yield one
    one.stop()


async def test_01_the_printed_link_opens_the_first_template_which_runs_on_the_spot(open_page, plain, ui):
    async with open_page(server=plain) as page:
        await expect(ui.node(page, "sampler")).to_be_visible()
        await page.get_by_role("button", name="Run", exact=True).click()
        await expect(ui.node(page, "save").locator(".picture img")).to_be_visible(timeout=90_000)
        loaded = await ui.node(page, "save").locator(".picture img").evaluate("i => [i.complete, i.naturalWidth]")
        assert loaded == [True, 128]
