"""Nothing serious or critical that axe finds, on any view, in both themes."""

import json

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

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


COMFY = {"1": {"class_type": "EmptyLatentImage", "inputs": {"width": 64}}, "2": {"class_type": "Unheard", "inputs": {}}}
DROP = """text => {
  const file = new File([text], 'old.json', { type: 'application/json' }), data = new DataTransfer()
  data.items.add(file)
  const how = { dataTransfer: data, bubbles: true, cancelable: true }
  document.querySelector('.app').dispatchEvent(new DragEvent('drop', how))
}"""


def speckle(seed):
    return {"calotype": 1, "name": "Over", "nodes": {"dots": {"type": "toys.Speckle", "inputs": {"seed": seed}}}}


async def from_the_menu(page, name):
    """A command of the open document, by keys alone."""
    await page.locator(".tab[data-active]").get_by_role("button", name="Menu of").focus()
    await page.keyboard.press("Enter")
    for _ in range(20):
        await page.keyboard.press("ArrowDown")
        if await page.locator("[data-chosen]", has_text=name).count():
            break
    await page.keyboard.press("Enter")


async def test_24_what_stands_over_the_page_is_reached_and_left_by_keys(open_page, served):
    for theme in THEMES:
        name = f"Over {theme}"
        await served.ask("PUT", f"/v1/workflows/{name}", speckle(1))
        for seed in (1, 2):
            await served.ask("POST", "/v1/runs", {"workflow": speckle(seed)})
        async with open_page(theme=theme, query=f"workflow={name}", allow=("412",)) as page:
            found: list[str] = []
            await page.keyboard.press("g")
            pictures = page.locator(".gallery li button")
            await pictures.nth(1).wait_for(timeout=30_000)
            await pictures.first.focus()
            await page.keyboard.press("Enter")
            await page.get_by_role("dialog").wait_for()
            found += await complaints(page, "lightbox")
            await page.keyboard.press("c")
            await page.get_by_role("button", name="Side by side").wait_for()
            found += await complaints(page, "compare")
            await page.keyboard.press("Escape")
            await page.keyboard.press("Escape")
            await expect(page.get_by_role("dialog")).to_have_count(0)
            for item, title in (
                ("Save as", "Save under another name"),
                ("Rename", "Rename"),
                ("Sweep", "Sweep over values"),
            ):
                await from_the_menu(page, item)
                dialog = page.get_by_role("dialog", name=title)
                await expect(dialog).to_be_visible()
                held = await dialog.evaluate(
                    "d => d.contains(document.activeElement) && document.activeElement.tagName"
                )
                assert held in ("INPUT", "SELECT", "TEXTAREA"), (title, held)
                found += await complaints(page, title)
                await page.keyboard.press("Escape")
                await expect(dialog).to_be_hidden()
            field = page.locator('.canvas [data-field="dots.seed"] [role=spinbutton]')
            await served.ask("PUT", f"/v1/workflows/{name}", speckle(8), {"If-Match": "*"})
            await field.fill("5")
            await field.press("Enter")
            await page.keyboard.press("Control+s")
            conflict = page.get_by_role("dialog", name="Saved by somebody else meanwhile")
            await expect(conflict.get_by_role("button", name="Keep mine")).to_be_visible()
            found += await complaints(page, "conflict")
            await conflict.get_by_role("button", name="Keep mine").press("Enter")
            await from_the_menu(page, "Versions")
            await expect(page.locator(".versions li")).to_have_count(3)
            found += await complaints(page, "versions")
            await page.evaluate(DROP, json.dumps(COMFY))
            report = page.get_by_role("dialog", name="What was imported")
            await expect(report.get_by_role("button", name="To the workflow")).to_be_focused()
            found += await complaints(page, "report")
            await page.keyboard.press("Enter")
            await expect(report).to_be_hidden()
            assert "\n".join(found) == ""
