"""What is wrong is shown while it is edited, at its place, with what mends it."""

from playwright.async_api import expect


def loading(name):
    nodes = {
        "checkpoint": {"type": "CheckpointLoader", "inputs": {"checkpoint": {"file": name}}},
        "text": {"type": "TextEncode", "inputs": {"clip": {"from": "checkpoint.clip"}, "text": "x"}},
        "number": {"type": "toys.Paint", "inputs": {"value": 3}},
    }
    layout = {"checkpoint": {"x": 300, "y": 60}, "text": {"x": 680, "y": 60}, "number": {"x": 300, "y": 320}}
    return {"calotype": 1, "name": "Loading", "nodes": nodes, "layout": layout}


async def test_13_a_model_that_is_missing_is_mended_by_one_click(page, ui):
    await ui.show(page, loading("emoji-ldn.safetensors"))
    node = ui.node(page, "checkpoint")
    await expect(node.locator(".head .mark.bad")).to_be_visible()
    blocked = page.get_by_role("button", name="1 problem")
    await expect(blocked).to_be_visible()
    await expect(ui.node(page, "text").locator("[data-plan=blocked]")).to_have_attribute(
        "title", "Blocked: “checkpoint” does not give what this needs."
    )
    assert await ui.node(page, "number").locator("[data-plan=blocked]").count() == 0
    field = node.locator("[data-field='checkpoint.checkpoint']")
    await field.hover()
    await expect(field.locator(".problem")).to_contain_text("emoji-ldn.safetensors")
    await field.locator(".problem").get_by_role("button", name="Use “emoji-ldm.safetensors”").click()
    assert (await ui.document(page))["nodes"]["checkpoint"]["inputs"]["checkpoint"] == {"file": "emoji-ldm.safetensors"}
    await expect(page.get_by_role("button", name="Run", exact=True)).to_be_enabled()
    await expect(node.locator(".head .mark.bad")).to_have_count(0)


async def test_13_the_list_of_problems_leads_to_the_place_and_mends_it_too(page, ui):
    await ui.show(page, loading("emoji-ldn.safetensors"))
    await page.get_by_role("button", name="1 problem").click()
    panel = page.get_by_role("complementary", name="Problems")
    await panel.locator(".place").click()
    await expect(ui.node(page, "checkpoint")).to_have_attribute("data-selected", "true")
    await panel.get_by_role("button", name="Use “emoji-ldm.safetensors”").click()
    await expect(panel.get_by_text("Nothing is wrong.")).to_be_visible()
    await page.keyboard.press("Control+z")
    await expect(panel.locator(".fix")).to_be_visible()


async def test_14_a_node_that_raises_is_red_and_says_why_and_the_queue_goes_on(page, served, ui):
    nodes = {
        "broken": {"type": "toys.Fails", "inputs": {"value": 1}},
        "after": {"type": "toys.Paint", "inputs": {"value": {"from": "broken.int"}}},
        "beside": {"type": "toys.Paint", "inputs": {"value": 5}},
    }
    layout = {"broken": {"x": 300, "y": 60}, "after": {"x": 680, "y": 60}, "beside": {"x": 300, "y": 320}}
    await ui.show(page, {"calotype": 1, "name": "Broken", "nodes": nodes, "layout": layout})
    await page.get_by_role("button", name="Run", exact=True).click()
    await expect(ui.node(page, "broken")).to_have_attribute("data-status", "failed")
    await expect(ui.node(page, "broken").locator(".node-failure")).to_contain_text("the toy is broken")
    await expect(ui.node(page, "after").locator(".head [data-plan=blocked]").first).to_have_text("blocked")
    await ui.node(page, "broken").get_by_role("button", name="Details").click()
    failed = page.get_by_role("region", name="Failed in the last run")
    await expect(failed).to_contain_text("the toy is broken")
    await expect(failed.locator("pre")).to_be_hidden()
    await failed.get_by_text("Details").click()
    await expect(failed.locator("pre")).to_contain_text("ValueError: the toy is broken")
    sound = {"calotype": 1, "name": "Sound", "nodes": {"paint": {"type": "toys.Paint", "inputs": {"value": 11}}}}
    run = await served.ask("POST", "/v1/runs", {"workflow": sound})
    for _ in range(100):
        if (state := (await served.ask("GET", f"/v1/runs/{run['id']}"))["state"]) == "succeeded":
            break
        await page.wait_for_timeout(50)
    assert state == "succeeded"
