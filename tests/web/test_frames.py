"""Frames hold nodes together, and switch them off together."""

from playwright.async_api import expect

FRAMED = {
    "calotype": 1,
    "name": "Framed",
    "nodes": {
        "one": {"type": "toys.Number", "inputs": {"value": 7}},
        "twice": {"type": "subgraph/twice", "inputs": {"value": {"from": "one.int"}}},
        "after": {"type": "toys.Add", "inputs": {"a": {"from": "twice.sum"}}},
        "paint": {"type": "toys.Paint", "inputs": {"value": {"from": "after.int"}}},
    },
    "subgraphs": {
        "twice": {
            "inputs": {"value": {"to": ["add.a"]}},
            "outputs": {"sum": {"from": "add.int"}},
            "nodes": {"add": {"type": "toys.Add", "inputs": {"a": 0, "b": 100}}},
        }
    },
    "frames": [
        {"id": "outer", "title": "Outer", "x": 300, "y": -60, "w": 700, "h": 420},
        {"id": "inner", "title": "Inner", "x": 320, "y": -10, "w": 300, "h": 340},
    ],
    "layout": {"one": {"x": 0, "y": 40}, "twice": {"x": 340, "y": 40},
               "after": {"x": 700, "y": 40}, "paint": {"x": 1060, "y": 40}},
}  # fmt: skip


async def begun(page, ui):
    await ui.show(page, FRAMED)
    await page.evaluate("window.calotype.view({x: 120, y: 220, zoom: 0.8})")


def frame(page, id):
    return page.locator(f'[data-frame="{id}"]')


async def test_27_moving_a_frame_carries_its_members_and_the_frames_inside_as_one_step(page, ui):
    await begun(page, ui)
    before = await ui.document(page)
    start = await frame(page, "outer").bounding_box()
    at = (start["x"] + 300, start["y"] + 12)
    await ui.drag(page, at, (at[0] + 40, at[1] + 80))
    now = await ui.document(page)
    dx = now["frames"][0]["x"] - before["frames"][0]["x"]
    dy = now["frames"][0]["y"] - before["frames"][0]["y"]
    assert dx > 30 and dy > 70

    def moved(part, id):
        return (now[part][id]["x"] - before[part][id]["x"], now[part][id]["y"] - before[part][id]["y"])

    assert [moved("layout", id) for id in ("one", "twice", "after", "paint")] == [(0, 0), (dx, dy), (dx, dy), (0, 0)]
    assert moved("frames", 1) == (dx, dy)
    await page.keyboard.press("Control+z")
    assert await ui.document(page) == before


async def test_27_a_frame_switched_off_bypasses_the_subgraph_in_it_and_the_run_skips_them(page, ui):
    await begun(page, ui)
    box = await frame(page, "outer").bounding_box()
    await page.mouse.click(box["x"] + 300, box["y"] + 12, button="right")
    menu = page.get_by_role("menu", name="Frame")
    await menu.get_by_role("menuitem", name="Switch off or on").click()
    now = await ui.document(page)
    assert [id for id, n in now["nodes"].items() if n.get("enabled") is False] == ["twice", "after"]
    await expect(ui.node(page, "twice")).to_have_attribute("data-disabled", "true")
    await page.get_by_role("button", name="Run", exact=True).click()
    done = page.locator('[data-node=paint][data-status="ran"], [data-node=paint][data-status="hit"]')
    await expect(done).to_be_visible(timeout=30_000)
    await expect(ui.node(page, "paint").locator(".picture img, .step-preview")).to_have_count(0)
    touched = await page.locator(".node[data-status]").evaluate_all("all => all.map(n => n.dataset.node)")
    assert "twice" not in touched and "after" not in touched


async def test_27_frames_are_tinted_renamed_and_taken_away_from_their_menu(page, ui):
    await begun(page, ui)
    box = await frame(page, "inner").bounding_box()
    at = (box["x"] + 200, box["y"] + 12)
    await page.mouse.click(*at, button="right")
    await page.get_by_role("menuitemcheckbox", name="Teal").click()
    assert (await ui.document(page))["frames"][1]["colour"] == "#3f9a9a"
    await page.mouse.click(*at, button="right")
    await page.get_by_role("menuitem", name="Rename").click()
    await page.get_by_role("textbox", name="Title of the frame").fill("Sums")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("region", name="Frame Sums")).to_be_visible()
    await page.mouse.click(*at, button="right")
    await page.get_by_role("menuitem", name="Take the frame away").click()
    assert [f["id"] for f in (await ui.document(page))["frames"]] == ["outer"]
    await page.locator(".react-flow__pane").click(button="right", position={"x": 500, "y": 700})
    await page.get_by_role("menuitem", name="Write a note").click()
    await page.get_by_role("textbox", name="Note “Note”").fill("Softer at cfg 3")
    assert (await ui.document(page))["frames"][1]["text"] == "Softer at cfg 3"


async def test_a_node_collapses_resizes_and_is_switched_off(page, ui):
    await begun(page, ui)
    await ui.node(page, "one").locator(".head .title").click(button="right")
    await page.get_by_role("menuitem", name="Collapse").click()
    assert (await ui.document(page))["layout"]["one"]["collapsed"] is True
    assert (await ui.node(page, "one").bounding_box())["height"] < 40
    grip = ui.node(page, "paint").locator(".resize")
    at = await ui.middle(grip)
    wide = (await ui.node(page, "paint").bounding_box())["width"]
    await ui.drag(page, at, (at[0] + 80, at[1] + 10))
    assert abs((await ui.node(page, "paint").bounding_box())["width"] - wide - 80) < 3
    assert (await ui.document(page))["layout"]["paint"]["w"] == 352
    await page.keyboard.press("Control+z")
    assert "w" not in (await ui.document(page))["layout"]["paint"]
