"""Nodes that nothing here brings: seen with all that the file says of them, and saved as they were."""

from playwright.async_api import expect

STRANGE = {
    "type": "sparkle-pack.Glitter",
    "version": 3,
    "title": "Glitter of old",
    "inputs": {
        "image": {"from": "a_number.int"},
        "amount": 0.30000000000000004,
        "big": 9007199254740993,
        "zeta": {"nested": [1, 2.0, None, "é", {"b": 1, "a": 2}]},
        "alpha": "<b>text</b>",
    },
    "extra": {"kept": [True]},
}
WORKFLOW = {
    "calotype": 1,
    "name": "Strange",
    "requires": {"sparkle-pack": ">=2"},
    "nodes": {
        "a_number": {"type": "toys.Number", "inputs": {"value": 1}},
        "b_strange": STRANGE,
        "c_sum": {"type": "toys.Add", "inputs": {"a": {"from": "b_strange.glow"}, "b": {"from": "b_strange.dust"}}},
    },
    "layout": {"a_number": {"x": 0, "y": 0}, "b_strange": {"x": 300, "y": 0}, "c_sum": {"x": 640, "y": 0}},
}


def text_of_the_node(file):
    text = file.read_text()
    return text[text.index('"b_strange"') : text.index('"c_sum"')]


async def test_22_an_unknown_node_shows_everything_and_is_saved_byte_for_byte(open_page, ui, served):
    await served.ask("PUT", "/v1/workflows/Strange", WORKFLOW)
    file = served.home / "workflows" / "Strange.json"
    before = text_of_the_node(file)
    assert "9007199254740993" in before
    async with open_page(query="workflow=Strange") as page:
        strange = ui.node(page, "b_strange")
        await expect(strange).to_contain_text("Glitter of old")
        for input in STRANGE["inputs"]:
            await expect(ui.socket_of(page, f"b_strange/in:{input}")).to_be_visible()
        for output in ("glow", "dust"):
            await expect(ui.socket_of(page, f"b_strange/out:{output}")).to_be_visible()
        shown = await strange.inner_text()
        values = await strange.locator("input, textarea").evaluate_all("all => all.map(f => f.value)")
        said = " ".join([shown, *values])
        assert "<b>text</b>" in said
        assert "0.3" in said
        await page.keyboard.press("p")
        await expect(page.get_by_role("complementary", name="Problems")).to_contain_text("sparkle-pack")
        field = ui.node(page, "a_number").get_by_role("spinbutton", name="value")
        await field.fill("5")
        await field.press("Enter")
        await page.keyboard.press("Control+s")
        await expect(page.locator(".message", has_text="Saved “Strange”.")).to_be_visible()
    assert '"value": 5' in file.read_text()
    assert text_of_the_node(file) == before
