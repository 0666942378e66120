"""By fingers."""

import asyncio

from playwright.async_api import expect

SHARED_SERVER = True

TOYS = {
    "calotype": 1,
    "name": "Fingers",
    "nodes": {"one": {"type": "toys.Number", "inputs": {"value": 1}}, "sum": {"type": "toys.Add"}},
    "layout": {"one": {"x": 0, "y": 0}, "sum": {"x": 40, "y": 180}},
}
VIEW = "document.querySelector('.react-flow__viewport').style.transform"


class Fingers:
    """Real touch events, through the browser's own input."""

    def __init__(self, page, cdp):
        self.page, self.cdp = page, cdp

    async def send(self, type, *points):
        said = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]
        await self.cdp.send("Input.dispatchTouchEvent", {"type": type, "touchPoints": said})

    async def drag(self, start, end, steps=8):
        await self.send("touchStart", start)
        for i in range(1, steps + 1):
            at = tuple(a + (b - a) * i / steps for a, b in zip(start, end, strict=True))
            await self.send("touchMove", at)
            await asyncio.sleep(0.016)
        await self.send("touchEnd")
        await asyncio.sleep(0.15)


async def begun(page, ui):
    await ui.show(page, TOYS)
    await page.evaluate("window.calotype.view({x: 40, y: 200, zoom: 0.8})")
    await asyncio.sleep(0.2)
    return Fingers(page, await page.context.new_cdp_session(page))


async def test_25_fingers_pan_pinch_move_and_wire(open_page, ui):
    async with open_page(size=(390, 844), touch=True) as page:
        fingers = await begun(page, ui)
        before = await page.evaluate(VIEW)
        await fingers.drag((300, 640), (200, 560))
        panned = await page.evaluate(VIEW)
        assert panned != before
        assert "scale(0.8)" in panned
        await fingers.send("touchStart", (160, 640), (220, 640))
        for i in range(1, 9):
            await fingers.send("touchMove", (160 - i * 8, 640), (220 + i * 8, 640))
            await asyncio.sleep(0.016)
        await fingers.send("touchEnd")
        await asyncio.sleep(0.3)
        zoom = await page.evaluate(
            "new DOMMatrix(getComputedStyle(document.querySelector('.react-flow__viewport')).transform).a"
        )
        assert zoom > 1.2
        await page.evaluate("window.calotype.view({x: 40, y: 200, zoom: 0.8})")
        await asyncio.sleep(0.2)
        at = await ui.middle(ui.node(page, "sum").locator(".head .title"))
        await fingers.drag(at, (at[0] + 30, at[1] + 120))
        moved = (await ui.document(page))["layout"]["sum"]
        assert (moved["x"], moved["y"]) != (40, 180)
        start, end = [await ui.middle(ui.socket_of(page, e)) for e in ("one/out:int", "sum/in:a")]
        await fingers.drag(start, end)
        assert (await ui.document(page))["nodes"]["sum"]["inputs"]["a"] == {"from": "one.int"}


async def test_25_a_long_press_opens_the_menu_of_what_is_there(open_page, ui):
    async with open_page(size=(390, 844), touch=True) as page:
        fingers = await begun(page, ui)
        at = await ui.middle(ui.node(page, "one").locator(".head .title"))
        await fingers.send("touchStart", at)
        menu = page.get_by_role("menu", name="Node one")
        await expect(menu).to_be_visible()
        await fingers.send("touchEnd")
        await asyncio.sleep(0.2)
        await menu.get_by_role("menuitem", name="Duplicate").tap()
        assert len((await ui.document(page))["nodes"]) == 3
        await fingers.send("touchStart", (330, 640))
        await expect(page.get_by_role("menu", name="Canvas")).to_be_visible()
        await fingers.send("touchEnd")
        await expect(page.get_by_role("menu", name="Canvas")).to_be_visible()
