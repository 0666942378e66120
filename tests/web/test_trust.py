"""Work cannot get lost: whoever is killed, whenever, everything that was edited is there again."""

import asyncio
import base64
import json
import struct
import zlib

from playwright.async_api import expect

SECOND = 1.0


async def set_steps(page, ui, value):
    field = ui.node(page, "sampler").get_by_role("spinbutton", name="steps")
    await field.fill(str(value))
    await field.press("Enter")


async def steps(page, ui):
    return (await ui.document(page))["nodes"]["sampler"]["inputs"]["steps"]


async def kept(page):
    await expect(page.locator("[data-keeping=kept]")).to_be_visible()


async def test_09_an_edit_is_there_after_the_server_was_killed_one_second_later(browser, ui, server_of_its_own):
    async with ui.opened(browser, server_of_its_own, allow=("ERR_CONNECTION", "WebSocket")) as page:
        await set_steps(page, ui, 17)
        await asyncio.sleep(SECOND)
        server_of_its_own.kill()
        server_of_its_own.start()
        await page.reload()
        await page.wait_for_selector("html[data-ready]")
        assert await steps(page, ui) == 17


async def test_09_what_is_edited_while_the_server_is_away_is_sent_when_it_is_back(browser, ui, server_of_its_own):
    async with ui.opened(browser, server_of_its_own, allow=("ERR_CONNECTION", "WebSocket")) as page:
        await set_steps(page, ui, 11)
        await kept(page)
        server_of_its_own.kill()
        await set_steps(page, ui, 12)
        await expect(page.locator("[data-keeping=away]")).to_be_visible()
        server_of_its_own.start()
        await kept(page)
        (draft,) = (await server_of_its_own.ask("GET", "/v1/workflows/Text%20to%20image/journal"))["drafts"]
        assert len(draft["operations"]) == 1


async def test_09_a_page_that_died_while_the_server_was_away_loses_nothing(browser, ui, server_of_its_own):
    context = await browser.new_context()
    async with ui.opened(browser, server_of_its_own, context=context, allow=("ERR_CONNECTION", "WebSocket")) as page:
        await set_steps(page, ui, 11)
        await kept(page)
        server_of_its_own.kill()
        await set_steps(page, ui, 13)
        await expect(page.locator("[data-keeping=away]")).to_be_visible()
    server_of_its_own.start()
    async with ui.opened(browser, server_of_its_own, context=context) as page:
        assert await steps(page, ui) == 13
        await kept(page)
    await context.close()


async def test_09_a_page_that_was_killed_is_taken_up_by_the_next_one_with_its_history(browser, ui, served):
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(f"{served.url}/?token={ui.TOKEN}")
    await page.wait_for_selector("html[data-ready]")
    await set_steps(page, ui, 21)
    await set_steps(page, ui, 22)
    await asyncio.sleep(SECOND)
    session = await context.new_cdp_session(page)
    crash = asyncio.ensure_future(session.send("Page.crash"))  # no answer comes, and no event of leaving
    await asyncio.sleep(0.3)
    crash.cancel()
    await page.close()
    async with ui.opened(browser, served, context=context) as page:
        assert await steps(page, ui) == 22
        await page.keyboard.press("Control+z")
        assert await steps(page, ui) == 21
        await page.keyboard.press("Control+z")
        await page.keyboard.press("Control+Shift+z")
        assert await steps(page, ui) == 21
    await context.close()


def png_with(workflow):
    """A picture as a run makes it: with the workflow in its text."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    text = b"calotype\0\0\0\0\0" + json.dumps({"workflow": workflow}).encode()
    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", header), (b"iTXt", text), (b"IDAT", zlib.compress(b"\0\xff\0\0")), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*p) for p in parts)


DROP = """([name, type, data]) => {
  const bytes = Uint8Array.from(atob(data), c => c.charCodeAt(0))
  const transfer = new DataTransfer()
  transfer.items.add(new File([bytes], name, {type}))
  const how = {dataTransfer: transfer, bubbles: true, cancelable: true, clientX: 700, clientY: 400}
  const target = document.querySelector('.react-flow__pane')
  target.dispatchEvent(new DragEvent('dragover', how))
  target.dispatchEvent(new DragEvent('drop', how))
}"""


async def drop(page, name, data):
    await page.evaluate(DROP, [name, "image/png", base64.b64encode(data).decode()])


async def test_10_tabs_edits_and_an_import_survive_a_reload(page, ui):
    await set_steps(page, ui, 9)
    await page.get_by_role("button", name="Open a workflow").click()
    await page.get_by_role("button", name="Empty workflow").click()
    await ui.show(page, {"calotype": 1, "name": "Second", "nodes": {}})
    await page.get_by_role("tab", name="Text to image").click()
    await drop(
        page,
        "made.png",
        png_with(
            {"calotype": 1, "name": "From a picture", "nodes": {"n": {"type": "toys.Number", "inputs": {"value": 5}}}}
        ),
    )
    await expect(page.get_by_role("tab", name="From a picture")).to_have_attribute("aria-selected", "true")
    assert (await ui.document(page))["nodes"]["n"]["inputs"] == {"value": 5}
    await kept(page)
    await page.reload()
    await page.wait_for_selector("html[data-ready]")
    assert (await ui.document(page))["nodes"]["n"]["inputs"] == {"value": 5}
    await page.get_by_role("tab", name="Text to image").click()
    assert await steps(page, ui) == 9
