"""Two pages on one document: the second one that saves is asked, and neither side is lost."""

from contextlib import asynccontextmanager

import pytest
from playwright.async_api import expect


def number(value):
    node = {"type": "toys.Number", "inputs": {"value": value}}
    return {"calotype": 1, "name": "Shared", "nodes": {"n": node}, "layout": {"n": {"x": 40, "y": 40}}}


async def set_value(page, ui, value):
    field = ui.node(page, "n").get_by_role("spinbutton", name="value")
    await field.fill(str(value))
    await field.press("Enter")


async def value(page, ui):
    return (await ui.document(page))["nodes"]["n"]["inputs"]["value"]


async def stored(served, path):
    return (await served.ask("GET", path))["nodes"]["n"]["inputs"]["value"]


@pytest.fixture
def two_pages(browser, ui, served):
    """Two pages on one saved document, in which the first one saved a 2 and the second one wants a 3."""

    @asynccontextmanager
    async def opened(name, context=None):
        await served.ask("PUT", f"/v1/workflows/{name}", number(1))
        how = {"context": context, "allow": ("412", "409"), "query": f"workflow={name}"}
        async with ui.opened(browser, served, **how) as one, ui.opened(browser, served, **how) as two:
            await set_value(one, ui, 2)
            await one.keyboard.press("Control+s")
            await expect(one.locator(".message", has_text=f"Saved “{name}”.")).to_be_visible()
            await set_value(two, ui, 3)
            await two.keyboard.press("Control+s")
            await expect(two.get_by_role("dialog", name="Saved by somebody else meanwhile")).to_be_visible()
            yield one, two

    return opened


async def test_11_the_difference_is_said_in_words_and_mine_becomes_a_new_version(two_pages, ui, served):
    async with two_pages("keep") as (_, two):
        dialog = two.get_by_role("dialog")
        await expect(dialog.get_by_role("listitem").filter(has_text="n · value: 2 → 3")).to_be_visible()
        await dialog.get_by_role("button", name="Keep mine").click()
        await expect(two.locator(".message", has_text="Saved “keep”.")).to_be_visible()
        assert await stored(served, "/v1/workflows/keep") == 3
        assert await stored(served, "/v1/workflows/keep/versions/2") == 2


async def test_11_theirs_is_taken_and_mine_stays_in_a_tab_of_its_own_and_in_the_journal(two_pages, ui, served):
    async with two_pages("take") as (_, two):
        await two.get_by_role("dialog").get_by_role("button", name="Take theirs").click()
        await expect(two.get_by_role("tab", selected=True)).to_have_text("take")
        assert await value(two, ui) == 2
        await two.keyboard.press("Control+z")
        assert await value(two, ui) == 3
        await two.keyboard.press("Control+Shift+z")
        await expect(two.get_by_role("tab", name="take – copy")).to_be_visible()
        await two.get_by_role("tab", name="take – copy").click()
        assert await value(two, ui) == 3
        await expect(two.locator("[data-keeping=kept]")).to_be_visible()
        await two.reload()
        await two.wait_for_selector("html[data-ready]")
        assert await value(two, ui) == 3


async def test_11_mine_is_saved_under_another_name(two_pages, ui, served):
    async with two_pages("other") as (_, two):
        dialog = two.get_by_role("dialog")
        await expect(dialog.get_by_role("textbox", name="Name of the file")).to_have_value("other – mine")
        await dialog.get_by_role("button", name="Save mine as").click()
        await expect(two.get_by_role("tab", selected=True)).to_have_text("other – mine")
        assert await stored(served, "/v1/workflows/other") == 2
        assert await stored(served, "/v1/workflows/other%20%E2%80%93%20mine") == 3


async def test_11_a_conflict_that_is_not_decided_loses_nothing(two_pages, ui, served):
    async with two_pages("later") as (_, two):
        await two.keyboard.press("Escape")
        await expect(two.locator("[data-keeping=kept]")).to_be_visible()
        await two.reload()
        await two.wait_for_selector("html[data-ready]")
        assert await value(two, ui) == 3
        await two.keyboard.press("Control+z")
        assert await value(two, ui) == 1
        await two.keyboard.press("Control+Shift+z")
        await two.keyboard.press("Control+s")  # what it was made from is remembered: it asks again
        await expect(two.get_by_role("dialog", name="Saved by somebody else meanwhile")).to_be_visible()


async def test_11_two_pages_of_one_browser_keep_their_edits_apart(browser, ui, served):
    await served.ask("PUT", "/v1/workflows/pair", number(1))
    context = await browser.new_context()
    async with (
        ui.opened(browser, served, context=context, query="workflow=pair") as one,
        ui.opened(browser, served, context=context, query="workflow=pair") as two,
    ):
        await set_value(one, ui, 5)
        await set_value(two, ui, 6)
        for page in (one, two):
            await expect(page.locator("[data-keeping=kept]")).to_be_visible()
        drafts = (await served.ask("GET", "/v1/workflows/pair/journal"))["drafts"]
        assert len({d["client"] for d in drafts}) == 2
        for page, theirs in ((one, 5), (two, 6)):
            await page.reload()
            await page.wait_for_selector("html[data-ready]")
            assert await value(page, ui) == theirs
    await context.close()
