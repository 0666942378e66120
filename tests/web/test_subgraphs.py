"""Subgraphs: made, entered, given ports, used, expanded again."""

import asyncio

from playwright.async_api import expect

CHAIN = {
    "calotype": 1,
    "name": "Chain",
    "nodes": {
        "one": {"type": "toys.Number", "inputs": {"value": 3}},
        "sum": {"type": "toys.Add", "inputs": {"a": {"from": "one.int"}, "b": 10}},
        "more": {"type": "toys.Add", "inputs": {"a": {"from": "sum.int"}, "b": 1}},
        "paint": {"type": "toys.Paint", "inputs": {"value": {"from": "more.int"}}},
    },
    "layout": {"one": {"x": 0, "y": 0}, "sum": {"x": 340, "y": 0},
               "more": {"x": 680, "y": 0}, "paint": {"x": 1020, "y": 0}},
}  # fmt: skip


async def made(page, ui, *ids):
    """A subgraph of some nodes, by their menu; the id of its instance."""
    before = set((await ui.document(page))["nodes"])
    await page.keyboard.press("Control+Shift+A")
    for id in ids:
        await ui.node(page, id).locator(".head .title").click(modifiers=["Shift"])
    await ui.node(page, ids[-1]).locator(".head .title").click(button="right")
    await page.get_by_role("menuitem", name="Make a subgraph").click()
    for _ in range(100):
        fresh = set((await ui.document(page))["nodes"]) - before
        if fresh:
            return fresh.pop()
        await asyncio.sleep(0.05)
    raise AssertionError("no subgraph was made")


async def promoted(page, ui, id, input):
    """An input of a node inside made a port."""
    await page.locator(f'[data-field="{id}.{input}"] .name').click(button="right", force=True)
    await page.get_by_role("menuitem", name="Make it a port").click()


async def view(page):
    await page.evaluate("window.calotype.view({x: 140, y: 240, zoom: 0.9})")
    await asyncio.sleep(0.1)


async def test_28_a_widget_is_promoted_through_two_levels_edited_outside_run_and_all_is_expanded_again(page, ui):
    await ui.show(page, CHAIN)
    await view(page)
    start = await ui.document(page)
    inner = await made(page, ui, "sum")
    outer = await made(page, ui, inner, "more")
    grouped = await ui.document(page)
    assert sorted(grouped["nodes"]) == sorted(["one", outer, "paint"])
    assert grouped["subgraphs"][outer]["nodes"][inner]["type"] == f"subgraph/{inner}"
    # into both levels: the value of the node inside becomes a port of each
    await ui.node(page, outer).locator(".head .title").dblclick()
    await expect(page.get_by_role("navigation", name="Where you are")).to_be_visible()
    await view(page)
    await ui.node(page, inner).locator(".head .title").dblclick()
    await view(page)
    await promoted(page, ui, "sum", "b")
    await page.keyboard.press("Alt+ArrowUp")
    await view(page)
    await promoted(page, ui, inner, "b")
    await page.keyboard.press("Alt+ArrowUp")
    await view(page)
    subgraphs = (await ui.document(page))["subgraphs"]
    assert subgraphs[inner]["inputs"]["b"] == {"to": ["sum.b"]}
    assert subgraphs[outer]["inputs"]["b"] == {"to": [f"{inner}.b"]}
    field = ui.node(page, outer).get_by_role("spinbutton", name="b")
    assert await field.input_value() == "10"  # the value inside is what the port shows
    await field.fill("25")
    await field.press("Enter")
    assert (await ui.document(page))["nodes"][outer]["inputs"]["b"] == 25
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Run", exact=True).click()
    done = page.locator('[data-node=paint][data-status="ran"], [data-node=paint][data-status="hit"]')
    await expect(done).to_be_visible(timeout=30_000)
    runs = await page.evaluate("fetch('/v1/runs').then(r => r.json())")
    assert runs["runs"][0]["files"][0]["name"].endswith("paint_29.png")  # 3 + 25 + 1
    # and back: the edit is taken back, then both levels are expanded
    field = ui.node(page, outer).get_by_role("spinbutton", name="b")
    await field.fill("10")
    await field.press("Enter")
    for id, back in ((outer, inner), (inner, "sum")):
        await ui.node(page, id).locator(".head .title").click(button="right")
        await page.get_by_role("menuitem", name="Expand the subgraph").click()
        await expect(ui.node(page, back)).to_be_visible()
    now = await ui.document(page)
    assert "subgraphs" not in now
    assert now["nodes"] == start["nodes"]


async def test_28_expanding_gives_the_original_document_and_both_are_one_step(page, ui):
    await ui.show(page, CHAIN)
    await view(page)
    start = await ui.document(page)
    made_of = await made(page, ui, "sum", "more")
    await ui.node(page, made_of).locator(".head .title").click(button="right")
    await page.get_by_role("menuitem", name="Expand the subgraph").click()
    await expect(ui.node(page, "more")).to_be_visible()
    assert await ui.document(page) == start
    await page.keyboard.press("Control+z")
    assert list((await ui.document(page))["subgraphs"]) == [made_of]
    await page.keyboard.press("Control+z")
    assert await ui.document(page) == start


async def test_28_ports_are_renamed_ordered_and_given_defaults(page, ui):
    await ui.show(page, CHAIN)
    await view(page)
    made_of = await made(page, ui, "sum", "more")
    await ui.node(page, made_of).locator(".head .title").dblclick()
    await view(page)
    await promoted(page, ui, "more", "b")
    await page.get_by_role("button", name="Ports of the subgraph").click()
    panel = page.get_by_role("region", name=f"Ports of {made_of}")
    assert await panel.locator("li").evaluate_all("all => all.map(p => p.dataset.port)") == ["a", "b", "int"]
    await panel.get_by_role("button", name="Move b up").click()
    name = panel.locator('[data-port="a"]').get_by_role("textbox", name="Name of the port")
    await name.fill("first")
    await name.press("Enter")
    await panel.locator('[data-port="b"]').get_by_role("button", name="Default…").click()
    default = panel.locator('[data-port="b"] input[inputmode], [data-port="b"] .bar input').first
    await default.fill("4")
    await default.press("Enter")
    graph = (await ui.document(page))["subgraphs"][made_of]
    assert list(graph["inputs"].items()) == [("b", {"to": ["more.b"], "default": 4}), ("first", {"to": ["sum.a"]})]
    await page.get_by_role("navigation", name="Where you are").get_by_role("button").first.click()
    assert (await ui.document(page))["nodes"][made_of]["inputs"] == {"first": {"from": "one.int"}}


async def test_28_inside_of_a_subgraph_nodes_are_grouped_and_what_is_wrong_there_is_shown_outside(page, ui):
    nodes = CHAIN["nodes"] | {"last": {"type": "toys.Add", "inputs": {"a": {"from": "more.int"}, "b": 2}}}
    nodes |= {"paint": {"type": "toys.Paint", "inputs": {"value": {"from": "last.int"}}}}
    places = CHAIN["layout"] | {"last": {"x": 1020, "y": 0}, "paint": {"x": 1360, "y": 0}}
    await ui.show(page, CHAIN | {"nodes": nodes, "layout": places})
    await page.evaluate("window.calotype.view({x: 90, y: 240, zoom: 0.7})")
    outer = await made(page, ui, "sum", "more", "last")
    await ui.node(page, outer).locator(".head .title").dblclick()
    await view(page)
    before = await ui.document(page)
    await ui.node(page, "sum").locator(".head .title").click()
    await ui.node(page, "more").locator(".head .title").click(modifiers=["Shift"])
    await page.keyboard.press("Control+Shift+G")
    inner = ui.node(page, "subgraph_2")
    await expect(inner).to_be_visible()
    assert (await ui.document(page))["subgraphs"][outer]["inputs"] == {"a": {"to": ["subgraph_2.a"]}}
    await page.keyboard.press("Control+Shift+U")
    await expect(inner).to_be_hidden()
    assert (await ui.document(page))["subgraphs"] == before["subgraphs"]
    # what is wrong inside is marked there, after it, and on the instance outside, from where it can be reached
    await page.evaluate(
        """id => { const now = structuredClone(window.calotype.document()); const inside = now.subgraphs[id].nodes.sum
                   inside.inputs.b = 'no number'; window.calotype.open({ ...now, name: 'Wrong' }) }""",
        outer,
    )
    await page.evaluate("window.calotype.view({x: 90, y: 240, zoom: 0.7})")
    await expect(ui.node(page, outer).locator(".head .mark.bad")).to_be_visible()
    await expect(ui.node(page, "paint").locator("[data-plan=blocked]")).to_be_visible()
    await page.get_by_role("button", name="1 problem").click()
    await page.get_by_role("complementary", name="Problems").locator(".place").click()
    await expect(ui.node(page, "sum")).to_have_attribute("data-selected", "true")
    await expect(ui.node(page, "sum").locator(".head .mark.bad")).to_be_visible()
    await expect(ui.node(page, "last").locator("[data-plan=blocked]")).to_be_visible()
