"""Nodes as text on the clipboard."""

import json

SHARED_SERVER = True

CHAIN = {
    "calotype": 1,
    "name": "Copied",
    "nodes": {
        "one": {"type": "toys.Number", "inputs": {"value": 3}},
        "sum": {"type": "toys.Add", "inputs": {"a": {"from": "one.int"}, "b": 10}},
        "more": {"type": "toys.Add", "inputs": {"a": {"from": "sum.int"}, "b": 1}},
    },
    "layout": {"one": {"x": 0, "y": 0}, "sum": {"x": 340, "y": 0}, "more": {"x": 680, "y": 0}},
}
KEEP = """() => {
  window.kept = []
  for (const type of ['copy', 'cut'])
    window.addEventListener(type, e => window.kept.push(e.clipboardData.getData('text/plain')))
}"""


async def test_31_nodes_are_copied_as_text_and_pasted_in_another_tab(page, ui):
    await page.evaluate(KEEP)
    await ui.show(page, CHAIN)
    await page.evaluate("window.calotype.view({x: 140, y: 240, zoom: 0.9})")
    await ui.node(page, "sum").locator(".head .title").click()
    await ui.node(page, "more").locator(".head .title").click(modifiers=["Shift"])
    await page.keyboard.press("Control+c")
    text = (await page.evaluate("window.kept"))[-1]
    assert list(json.loads(text)["nodes"]) == ["sum", "more"]
    await ui.show(page, {"calotype": 1, "name": "Other", "nodes": {"one": {"type": "toys.Number"}}})
    await page.mouse.move(700, 400)
    await page.keyboard.press("Control+v")
    now = await ui.document(page)
    assert now["nodes"]["more"]["inputs"] == {"a": {"from": "sum.int"}, "b": 1}
    assert now["nodes"]["sum"]["inputs"] == {"b": 10}
    await page.keyboard.press("Control+z")
    await page.keyboard.press("Control+Shift+v")  # links from what was not copied are kept
    assert (await ui.document(page))["nodes"]["sum"]["inputs"] == {"a": {"from": "one.int"}, "b": 10}


async def test_31_the_text_is_an_editors_text_and_what_an_editor_holds_can_be_pasted(page, ui):
    await page.evaluate(KEEP)
    await page.locator("[data-node=positive] textarea").click()
    await page.keyboard.press("Control+a")
    await page.keyboard.press("Control+c")  # in a field the field's text, not nodes
    assert (await page.evaluate("window.kept"))[-1] == ""
    await ui.show(page, CHAIN)
    await page.evaluate("window.calotype.view({x: 140, y: 240, zoom: 0.9})")
    await page.keyboard.press("Control+a")
    await page.keyboard.press("Control+x")
    cut = await ui.document(page)
    assert cut["nodes"] == {}
    assert json.loads((await page.evaluate("window.kept"))[-1])["calotype-nodes"] == 1
    await page.mouse.move(500, 300)
    await page.keyboard.press("Control+v")
    assert (await ui.document(page))["nodes"] == CHAIN["nodes"]


async def test_alt_drag_leaves_the_node_and_makes_a_copy_with_its_links(page, ui):
    await ui.show(page, CHAIN)
    await page.evaluate("window.calotype.view({x: 140, y: 240, zoom: 0.9})")
    at = await ui.middle(ui.node(page, "sum").locator(".head .title"))
    await page.keyboard.down("Alt")
    await ui.drag(page, at, (at[0], at[1] + 250))
    await page.keyboard.up("Alt")
    now = await ui.document(page)
    assert now["layout"]["sum"] == CHAIN["layout"]["sum"]
    assert now["nodes"]["sum_2"] == CHAIN["nodes"]["sum"]
    await page.keyboard.press("Control+z")
    assert await ui.document(page) == CHAIN
