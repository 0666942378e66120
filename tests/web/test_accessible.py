"""Nothing serious or critical that axe finds, on any view, in both themes."""

import pytest
from axe_playwright_python.async_playwright import Axe

THEMES = ("dark", "light")
GRAVE = ("serious", "critical")


async def complaints(page, view: str) -> list[str]:
    await page.wait_for_timeout(350)  # things that appear have their colours then
    found = (await Axe().run(page)).response["violations"]
    grave = [(v["id"], n) for v in found if v["impact"] in GRAVE for n in v["nodes"]]
    return [f"{view}: {id}: {n['html'][:200]} {n.get('failureSummary', '')[:300]}" for id, n in grave]


async def press(page, name: str, within: str = ".rail") -> None:
    await page.locator(within).get_by_role("button", name=name, exact=True).click()


@pytest.mark.parametrize("theme", THEMES)
async def test_24_panels_have_nothing_serious(open_page, theme):
    async with open_page(theme=theme) as page:
        found = await complaints(page, "graph")
        for name in ("Node types", "Outline", "History", "Form"):
            await press(page, name)
            found += await complaints(page, name)
        await page.get_by_role("button", name="Arrange the form").click()
        found += await complaints(page, "arranging")
        for name in ("Queue", "Gallery"):
            await press(page, name, ".sides")
            found += await complaints(page, name)
        assert "\n".join(found) == ""


@pytest.mark.parametrize("theme", THEMES)
async def test_24_dialogs_and_lists_have_nothing_serious(open_page, theme, ui):
    async with open_page(theme=theme) as page:
        found: list[str] = []
        for name in ("Settings", "Shortcuts"):
            await press(page, name)
            found += await complaints(page, name)
            await page.keyboard.press("Escape")
        await page.locator('[data-field="sampler.sampler"] .combo').click()
        found += await complaints(page, "list with search")
        await page.keyboard.press("Escape")
        await page.locator(".react-flow__pane").dblclick(position={"x": 300, "y": 700})
        found += await complaints(page, "palette")
        await page.keyboard.press("Escape")
        await page.get_by_role("button", name="Open a workflow").first.click()
        found += await complaints(page, "open")
        await page.keyboard.press("Escape")
        await ui.show(
            page, {"calotype": 1, "nodes": {"a": {"type": "LoadImage", "inputs": {"file": {"file": "hole.png"}}}}}
        )
        await page.get_by_role("button", name="Paint a mask").click()
        await page.wait_for_selector(".painter")
        found += await complaints(page, "mask")
        assert "\n".join(found) == ""


@pytest.mark.parametrize("theme", THEMES)
async def test_24_a_phone_has_nothing_serious(open_page, theme):
    async with open_page(theme=theme, size=(390, 844), touch=True) as page:
        found = await complaints(page, "form on a phone")
        await page.locator(".rail").get_by_role("button", name="Graph").tap()
        found += await complaints(page, "graph on a phone")
        assert "\n".join(found) == ""
