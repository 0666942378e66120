"""Links are made, refused, moved and cut by hand."""

from playwright.async_api import expect


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
    await page.keyboard.press("Control+z")
    assert await ui.document(page) == before
