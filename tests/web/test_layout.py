"""Nodes laid out, many nodes drawn."""

import asyncio
import itertools
import json
from pathlib import Path

from playwright.async_api import expect

SHARED_SERVER = True


def heap():
    """A graph whose nodes all lie on each other."""
    nodes = {"n0": {"type": "toys.Number"}}
    for i in range(1, 14):
        nodes[f"n{i}"] = {"type": "toys.Add", "inputs": {"a": {"from": f"n{(i - 1) // 2}.int"}, "b": i}}
    return {
        "calotype": 1,
        "name": "Heap",
        "nodes": nodes,
        "layout": {id: {"x": 10 * i, "y": 0} for i, id in enumerate(nodes)},
    }


async def test_32_tidy_leaves_no_overlap_goes_from_left_to_right_and_is_one_step(page, ui):
    await ui.show(page, heap())
    await asyncio.sleep(0.3)
    before = await ui.document(page)
    await page.keyboard.press("Shift+T")
    await page.keyboard.press(".")
    await asyncio.sleep(0.8)
    now = await ui.document(page)
    boxes = (
        {id: await ui.node(page, id).bounding_box() for id in now["nodes"]}
        if await page.locator("[data-node]").count() == 14
        else {}
    )
    if not boxes:
        await page.evaluate("window.calotype.view({x: 100, y: 100, zoom: 0.36})")
        await asyncio.sleep(0.3)
        boxes = {id: await ui.node(page, id).bounding_box() for id in now["nodes"] if await ui.node(page, id).count()}
    assert len(boxes) > 8
    for (_, a), (_, b) in itertools.combinations(boxes.items(), 2):
        apart = (a["x"] + a["width"] <= b["x"] or b["x"] + b["width"] <= a["x"]
                 or a["y"] + a["height"] <= b["y"] or b["y"] + b["height"] <= a["y"])  # fmt: skip
        assert apart, (a, b)
    for id, node in now["nodes"].items():
        for value in node.get("inputs", {}).values():
            if isinstance(value, dict):
                source = value["from"].split(".")[0]
                assert now["layout"][source]["x"] + 252 <= now["layout"][id]["x"]
    await page.keyboard.press("Control+z")
    assert await ui.document(page) == before


async def test_26_two_thousand_nodes_are_culled_near_and_boxes_from_afar(page, ui):
    nodes, layout = {}, {}
    for i in range(2000):
        inputs = {"b": i} | ({"a": {"from": f"n{i - 45}.int"}} if i >= 45 else {})
        nodes[f"n{i}"] = {"type": "toys.Add", "inputs": inputs}
        layout[f"n{i}"] = {"x": i // 45 * 340, "y": i % 45 * 200}
    cdp = await page.context.new_cdp_session(page)
    await cdp.send("Performance.enable", {"timeDomain": "threadTicks"})

    async def spent():
        return {m["name"]: m["value"] for m in (await cdp.send("Performance.getMetrics"))["metrics"]}

    before = (await spent())["TaskDuration"]
    await ui.show(page, {"calotype": 1, "name": "Many", "nodes": nodes, "layout": layout})
    await expect(page.locator(".node.far").first).to_be_attached()
    assert (await spent())["TaskDuration"] - before < 12
    await expect(page.locator(".far-wires path")).to_have_count(1)
    await page.evaluate("window.calotype.view({x: -3000, y: -2000, zoom: 1})")
    await expect(page.locator(".node.far")).to_have_count(0)
    assert 4 < await page.locator(".react-flow__node").count() < 60
    assert await page.locator(".react-flow__edge").count() > 4
    await expect(page.locator("[data-node]").first.locator(".socket").first).to_be_visible()


async def test_32_no_template_begins_with_a_node_over_another(page, ui):
    """Heights are the editor's business, so that only it can tell."""
    for file in sorted((Path(__file__).parents[2] / "workflows").glob("*.json")):
        workflow = json.loads(file.read_text())
        await ui.show(page, workflow)
        await page.evaluate("window.calotype.view({x: 60, y: 30, zoom: 0.2})")
        await expect(page.locator(".react-flow__node")).to_have_count(len(workflow["nodes"]))
        boxes = await page.evaluate(BOXES)
        assert [(a[0], b[0]) for a, b in itertools.combinations(boxes, 2) if meet(a[1:], b[1:])] == [], file.stem


BOXES = """() => [...document.querySelectorAll('.react-flow__node')].map((e) => {
    const at = new DOMMatrix(getComputedStyle(e).transform)
    return [e.dataset.id, at.e, at.f, e.offsetWidth, e.offsetHeight]
})"""


def meet(a, b):
    """Whether two boxes (x, y, width, height) share a point."""
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]
