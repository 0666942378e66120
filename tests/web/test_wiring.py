"""Links are made, refused, moved and cut by hand."""

from playwright.async_api import expect

SHARED_SERVER = True


def toys(**more):
    nodes = {
        "one": {"type": "toys.Number", "inputs": {"value": 1}},
        "sum": {"type": "toys.Add", "inputs": {"a": {"from": "one.int"}}},
        "text": {"type": "TextEncode"},
        "checkpoint": {"type": "CheckpointLoader"},
    }
    places = {"one": (40, 40), "sum": (420, 40), "checkpoint": (40, 300), "text": (420, 300)}
    layout = {n: {"x": x, "y": y} for n, (x, y) in places.items()}
    return {"calotype": 1, "name": "Toys", "nodes": nodes | more, "layout": layout}


async def test_02_a_fitting_socket_links_a_misfit_is_dimmed_and_says_why(page, ui):
    await ui.show(page, toys())
    await ui.drag(
        page,
        await ui.middle(ui.socket_of(page, "checkpoint/out:clip")),
        await ui.middle(ui.socket_of(page, "text/in:clip")),
    )
    assert (await ui.document(page))["nodes"]["text"]["inputs"]["clip"] == {"from": "checkpoint.clip"}
    before = await ui.document(page)
    start, end = ui.socket_of(page, "checkpoint/out:model"), ui.socket_of(page, "text/in:clip")
    await page.mouse.move(*await ui.middle(start))
    await page.mouse.down()
    await page.mouse.move(*await ui.middle(end), steps=6)
    await expect(end).to_have_attribute("data-offer", "misfit")
    await page.mouse.up()
    await expect(page.get_by_role("alert")).to_contain_text("Model does not fit into Clip")
    assert await ui.document(page) == before


async def test_02_a_circle_is_refused(page, ui):
    await ui.show(page, toys(more={"type": "toys.Add", "inputs": {"a": {"from": "sum.int"}}}))
    await page.evaluate("window.calotype.view({x: 80, y: 80, zoom: 1})")
    before = await ui.document(page)
    await ui.drag(
        page, await ui.middle(ui.socket_of(page, "more/out:int")), await ui.middle(ui.socket_of(page, "sum/in:b"))
    )
    assert await ui.document(page) == before


async def test_03_a_link_dropped_on_the_canvas_offers_only_what_fits_and_is_one_step(page, ui):
    await ui.show(page, toys())
    before = await ui.document(page)
    start = await ui.middle(ui.socket_of(page, "checkpoint/out:vae"))
    await ui.drag(page, start, (start[0] + 500, start[1] + 180))
    palette = page.get_by_role("dialog", name="Add a node")
    names = await palette.get_by_role("option").evaluate_all(
        "all => all.map(o => o.querySelector('.name').textContent)"
    )
    assert "VAEDecode" in names
    assert "KSampler" not in names
    await page.keyboard.type("VAEDecode")
    await page.keyboard.press("Enter")
    now = await ui.document(page)
    assert now["nodes"]["vae_decode"]["inputs"]["vae"] == {"from": "checkpoint.vae"}
    await expect(page.locator('[data-wire="vae_decode.vae"] .wire')).to_have_count(1)
    await page.keyboard.press("Control+z")
    assert await ui.document(page) == before


CHAIN = {
    "calotype": 1,
    "name": "Chain",
    "nodes": {
        "one": {"type": "toys.Number", "inputs": {"value": 1}},
        "sum": {"type": "toys.Add", "inputs": {"a": {"from": "one.int"}, "b": 2}},
        "free": {"type": "toys.Add", "inputs": {"b": 5}},
        "two": {"type": "toys.Number", "inputs": {"value": 2}},
        "paint": {"type": "toys.Paint", "inputs": {"value": {"from": "one.int"}}},
    },
    "layout": {"one": {"x": 0, "y": 0}, "sum": {"x": 700, "y": 0}, "free": {"x": 340, "y": 300},
               "two": {"x": 0, "y": 300}, "paint": {"x": 700, "y": 300}},
}  # fmt: skip


async def chained(page, ui):
    await ui.show(page, CHAIN)
    await page.evaluate("window.calotype.view({x: 140, y: 160, zoom: 1})")


def wire(page, end):
    return page.locator(f'[data-wire*="{end}"] path.wire')


async def on_the_wire(page, end, share=0.5):
    """A point of a wire, on the page."""
    return await wire(page, end).evaluate(
        """(path, share) => {
            const at = path.getPointAtLength(path.getTotalLength() * share).matrixTransform(path.getScreenCTM())
            return [at.x, at.y]
        }""",
        share,
    )


async def test_05_a_link_dropped_on_a_node_takes_its_first_free_input_and_dragged_off_is_detached(page, ui):
    await chained(page, ui)
    inputs = {"value": {"from": "one.int"}}

    async def now(node):
        return (await ui.document(page))["nodes"][node]["inputs"]

    body = await ui.middle(ui.node(page, "free").locator(".head .title"))
    await ui.drag(page, await ui.middle(ui.socket_of(page, "two/out:int")), body)
    assert await now("free") == {"a": {"from": "two.int"}, "b": 5}
    start = await ui.middle(ui.socket_of(page, "paint/in:value"))
    assert await now("paint") == inputs
    await ui.drag(page, start, (start[0] - 120, start[1] + 180))  # off, on to nothing
    assert await now("paint") == {}
    await expect(page.get_by_role("dialog", name="Add a node")).to_be_hidden()
    await page.keyboard.press("Control+z")
    assert await now("paint") == inputs
    await ui.drag(page, start, await ui.middle(ui.socket_of(page, "sum/in:b")))  # off, on to another socket
    assert (await now("paint"), await now("sum")) == ({}, {"a": {"from": "one.int"}, "b": {"from": "one.int"}})
    await page.keyboard.press("Control+z")
    await page.keyboard.press("Control+z")
    assert await ui.document(page) == CHAIN


async def dropped(page, ui, id, at):
    """A node dragged until the middle of its head is at a point."""
    start = await ui.middle(ui.node(page, id).locator(".head .title"))
    await page.mouse.move(*start)
    await page.mouse.down()
    await page.mouse.move(start[0] + 6, start[1] - 6, steps=3)
    box = await ui.node(page, id).bounding_box()
    by = at[0] - box["x"] - box["width"] / 2, at[1] - box["y"] - 18
    await page.mouse.move(start[0] + 6 + by[0], start[1] - 6 + by[1], steps=8)
    await page.mouse.up()


async def test_05_a_node_dropped_on_a_wire_goes_between_as_one_step(page, ui):
    await chained(page, ui)
    await dropped(page, ui, "free", await on_the_wire(page, "sum.a", 0.4))
    nodes = (await ui.document(page))["nodes"]
    assert nodes["free"]["inputs"] == {"a": {"from": "one.int"}, "b": 5}
    assert nodes["sum"]["inputs"] == {"a": {"from": "free.int"}, "b": 2}
    await page.keyboard.press("Control+z")
    assert await ui.document(page) == CHAIN
    # one that is linked already is only moved
    await page.keyboard.press("Control+Shift+z")
    before = (await ui.document(page))["nodes"]
    await dropped(page, ui, "free", await on_the_wire(page, "paint.value", 0.6))
    assert (await ui.document(page))["nodes"] == before


async def test_05_wires_are_cut_moved_together_and_shown_by_name(page, ui):
    await chained(page, ui)
    await page.keyboard.down("Alt")
    await page.mouse.click(*await on_the_wire(page, "sum.a"))
    await page.keyboard.up("Alt")
    assert (await ui.document(page))["nodes"]["sum"]["inputs"] == {"b": 2}
    await page.keyboard.press("Control+z")
    await page.keyboard.down("Control")  # every link of an output to another output
    await ui.drag(
        page, await ui.middle(ui.socket_of(page, "one/out:int")), await ui.middle(ui.socket_of(page, "two/out:int"))
    )
    await page.keyboard.up("Control")
    nodes = (await ui.document(page))["nodes"]
    assert [nodes["sum"]["inputs"]["a"], nodes["paint"]["inputs"]["value"]] == [{"from": "two.int"}] * 2
    await page.keyboard.press("Control+z")
    assert await ui.document(page) == CHAIN
    await page.mouse.click(*await on_the_wire(page, "paint.value", 0.7), button="right")
    await page.get_by_role("menuitem", name="Show by name").click()
    await expect(wire(page, "paint.value")).to_have_count(0)
    assert (await ui.document(page))["layout"]["paint"]["named"] == ["value"]
    name = ui.node(page, "paint").get_by_role("button", name="Go to one.int")
    await expect(name).to_have_text("one.int")
    await name.click()
    await expect(ui.node(page, "one")).to_have_attribute("data-selected", "true")
    await ui.socket_of(page, "paint/in:value").click(button="right")
    await page.get_by_role("menuitemcheckbox", name="Show by name").click()
    await expect(wire(page, "paint.value")).to_be_visible()
