"""A small screen, a finger, large letters."""

import pytest
from playwright.async_api import expect

PHONE = {"size": (390, 844), "touch": True}


async def overflow(page) -> list[str]:
    """What is wider than the page, though nobody can scroll there."""
    return await page.evaluate(
        """() => [...document.querySelectorAll('.top *, .rail *, .panel *, .dialog *, .form-run *')].filter((e) => {
          const box = e.getBoundingClientRect()
          const scrolls = e.closest('.strip, textarea, .combo, .problems pre')
          return !scrolls && getComputedStyle(e).position !== 'absolute' && box.width > 0 && box.right > innerWidth + 1
        }).map((e) => e.outerHTML.slice(0, 160))"""
    )


async def test_25_on_a_phone_the_form_comes_first_and_the_graph_is_one_tap_away(open_page, ui):
    async with open_page(**PHONE) as page:
        form = page.get_by_role("form", name="Form")
        await expect(form.get_by_role("textbox", name="Prompt")).to_be_visible()
        await page.locator(".rail").get_by_role("button", name="Graph").tap()
        await expect(form).to_be_hidden()
        await expect(page.locator(".react-flow__node").first).to_be_visible()


async def test_25_what_the_user_set_goes_before_the_file(open_page):
    async with open_page(**PHONE) as page:
        await page.locator(".rail").get_by_role("button", name="Settings").tap()
        await page.get_by_role("radiogroup", name="On a small screen").get_by_text("Graph").tap()
        await page.reload()
        await page.wait_for_selector("html[data-ready]")
        await expect(page.locator(".react-flow__node").first).to_be_visible()
        await expect(page.get_by_role("form", name="Form")).to_be_hidden()


async def test_25_a_phone_runs_the_form_and_shows_the_picture(open_page):
    async with open_page(**PHONE) as page:
        prompt = page.get_by_role("form", name="Form").get_by_role("textbox", name="Prompt")
        await prompt.fill("a sunflower")
        await page.locator(".form-run").get_by_role("button", name="Run").tap()
        picture = page.get_by_role("region", name="Result").get_by_role("button", name="Open ").locator("img")
        await expect(picture.first).to_be_visible(timeout=90_000)


@pytest.mark.parametrize("width", [320, 390])
async def test_24_nothing_is_cut_off_on_a_narrow_screen(open_page, width):
    async with open_page(size=(width, 640), touch=True) as page:
        assert await overflow(page) == []
        for name in ("Graph", "Node types", "Outline", "History", "Form"):
            await page.locator(".rail").get_by_role("button", name=name, exact=True).tap()
            await page.wait_for_timeout(120)
            assert await overflow(page) == [], name
        assert await page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


async def test_24_at_200_percent_the_page_is_usable(open_page):
    # what a window of 1280 pixels has at 200 %
    async with open_page(size=(640, 400)) as page:
        await page.locator(".rail").get_by_role("button", name="Settings").click()
        await expect(page.get_by_role("dialog", name="Settings")).to_be_visible()
        assert await overflow(page) == []
        await page.get_by_role("switch", name="Snap to the grid").click()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_be_hidden()
        await expect(
            page.locator(".form-run, .run").get_by_role("button", name="Run").locator("visible=true").first
        ).to_be_in_viewport()
