"""In the pseudo-locale whatever is not in brackets is data, or was never put into the catalogue."""

import asyncio
import re

from playwright.async_api import expect

VISIBLE = """() => {
  const found = []
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const text = node.textContent.trim(), at = node.parentElement
    if (!text || !at || at.closest('[translate=no], script, style, kbd, option, textarea')) continue
    if (at.checkVisibility({visibilityProperty: true, opacityProperty: true})) found.push(text)
  }
  for (const el of document.querySelectorAll('[aria-label], [title], [placeholder]')) {
    if (el.closest('[translate=no], option') || !el.checkVisibility()) continue
    for (const name of ['aria-label', 'title', 'placeholder']) {
      const text = (el.getAttribute(name) ?? '').trim()
      if (text) found.push(text)
    }
  }
  return [...new Set(found)]
}"""
PLAIN = re.compile(r"^[\W\d_]*$")  # numbers and signs
KEYS = re.compile(r"\s*\((Ctrl|Shift|Alt|[A-Z.?]|F\d|⌘|⇧|⌥).*\)$")
OWN = {"Calotype", "React Flow"}  # names


def strings(value):
    """Every text in some JSON, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from strings(item)


async def data_of(served, page):
    paths = ("nodes", "workflows", "models", "inputs", "plugins", "queue", "system", "runs")
    said = [await served.ask("GET", f"/v1/{path}") for path in paths]
    said.append(await page.evaluate("() => window.calotype.document()"))
    found = {" ".join(text.split()) for one in said for text in strings(one)}
    words = {word for text in found for word in text.replace("_", " ").replace("-", " ").lower().split()}
    return found, words


def untranslated(texts, known, words):
    """What is neither in brackets, nor data, nor made of data alone."""
    wrong = []
    for text in texts:
        bare = KEYS.sub("", re.sub(r"⟦.*⟧", "", " ".join(text.split()))).strip(" ·:,→()“”")
        if PLAIN.match(bare) or bare in known or bare in OWN:
            continue
        if any(bare in one for one in known if len(bare) > 3):
            continue
        if all(PLAIN.match(w) or w.lower().strip(":,.()") in words for w in re.split(r"[\s_/.·-]+", bare)):
            continue
        wrong.append(text)
    return wrong


async def test_34_no_visible_text_stands_outside_the_catalogue(open_page, ui, served):
    wrong = {}
    async with open_page(query="lang=pseudo") as page:

        async def look(view):
            await asyncio.sleep(0.25)
            known, words = await data_of(served, page)
            found = untranslated(await page.evaluate(VISIBLE), known, words)
            if found:
                wrong[view] = found

        await look("canvas")
        for key, view in (("l", "library"), ("o", "outline"), ("i", "form"), ("h", "history")):
            await page.keyboard.press(key)
            await look(view)
        for key, view in (("g", "gallery"), ("q", "queue"), ("p", "problems")):
            await page.keyboard.press(key)
            await look(view)
        for key, view in (
            ("Control+o", "open"),
            ("?", "help"),
            ("Control+,", "settings"),
            ("Control+Shift+s", "save as"),
        ):
            await page.keyboard.press(key)
            await expect(page.get_by_role("dialog").first).to_be_visible()
            await look(view)
            await page.keyboard.press("Escape")
        field = ui.node(page, "sampler").get_by_role("spinbutton", name="steps")
        await field.fill("7")
        await field.press("Enter")
        await look("an unsaved edit")
        await page.get_by_role("tab", selected=True).click(button="right")
        await look("the menu of a document")
        await page.keyboard.press("Escape")
        await ui.node(page, "sampler").locator("header").click(button="right")
        await look("the menu of a node")
        await page.keyboard.press("Escape")
        await page.mouse.dblclick(1000, 700)
        await look("the palette")
    assert wrong == {}
