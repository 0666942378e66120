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


async def test_01_an_empty_workflow_says_how_to_begin_takes_the_only_model_and_is_named_when_saved(page, served, ui):
    await page.get_by_role("button", name="Open a workflow").first.click()
    await page.get_by_role("button", name="Empty workflow").click()
    hint = page.get_by_role("complementary", name="An empty workflow")
    await expect(page.get_by_role("button", name="Run", exact=True)).to_be_disabled()
    await hint.get_by_role("button", name="Add a node").click()
    await page.keyboard.type("CheckpointLoader")
    await page.keyboard.press("Enter")
    await expect(hint).to_be_hidden()
    [loader] = (await ui.document(page))["nodes"].values()
    assert loader["inputs"]["checkpoint"] == {"file": "emoji-ldm.safetensors"}
    await page.keyboard.press("Control+s")
    dialog = page.get_by_role("dialog", name="Save under another name")
    await dialog.get_by_role("textbox").fill("My first")
    await page.keyboard.press("Enter")
    await expect(page.locator(".message").get_by_text("Saved “My first”.")).to_be_visible()
    assert [p.name for p in (served.home / "workflows").glob("*.json")] == ["My first.json"]
