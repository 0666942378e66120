"""Live mode: an edit is run as it is made, and what was begun before is stopped."""

import asyncio
import time

from playwright.async_api import expect

# Generous: the suite shares its machine. `benchmarks` and docs name what a free one does.
FIRST_PREVIEW, PICTURE = 30.0, 90.0


def chain(value=1, steps=200):
    nodes = {
        "wait": {"type": "toys.Wait", "inputs": {"steps": steps, "seconds": 0.05, "value": value}},
        "paint": {"type": "toys.Paint", "inputs": {"value": {"from": "wait.int"}}},
    }
    return {
        "calotype": 1,
        "name": "Chain",
        "nodes": nodes,
        "layout": {"wait": {"x": 300, "y": 60}, "paint": {"x": 680, "y": 60}},
    }


async def write(page, ui, node, field, value):
    one = ui.node(page, node).get_by_role("spinbutton", name=field)
    await one.fill(str(value))
    await one.press("Enter")


async def test_an_edit_is_run_and_the_run_before_is_stopped_within_a_step(page, served, ui):
    await ui.show(page, chain(1))
    await page.get_by_role("button", name="Live").click()
    await expect(ui.node(page, "wait").locator(".mark.live")).to_contain_text("/200")
    [first] = (await served.ask("GET", "/v1/queue"))["running"]
    await write(page, ui, "wait", "value", 2)
    for _ in range(60):
        if (state := (await served.ask("GET", f"/v1/runs/{first['id']}"))["state"]) == "cancelled":
            break
        await asyncio.sleep(0.05)
    assert state == "cancelled"
    await write(page, ui, "wait", "steps", 1)
    await expect(page.get_by_role("region", name="Newest picture").locator("img")).to_have_attribute(
        "alt", "paint_2.png"
    )
    before = len((await served.ask("GET", "/v1/runs"))["runs"])
    await page.get_by_role("button", name="Live").click()
    await write(page, ui, "wait", "value", 3)
    await page.wait_for_timeout(500)
    assert len((await served.ask("GET", "/v1/runs"))["runs"]) == before


async def test_moving_a_node_runs_nothing_and_a_wrong_value_waits_for_the_next(open_page, served, ui):
    async with open_page(allow=("422",)) as page:
        await ui.show(page, chain(5, steps=1))
        await page.get_by_role("button", name="Live").click()
        await expect(page.get_by_role("region", name="Newest picture").locator("img")).to_have_attribute(
            "alt", "paint_5.png"
        )
        before = len((await served.ask("GET", "/v1/runs"))["runs"])
        x, y = await ui.middle(ui.node(page, "wait").locator(".title"))
        await ui.drag(page, (x, y), (x + 40, y + 40))
        await write(page, ui, "wait", "steps", 0)
        await expect(page.get_by_role("button", name="1 problem")).to_be_visible()
        assert len((await served.ask("GET", "/v1/runs"))["runs"]) == before
        await write(page, ui, "wait", "steps", 2)
        await write(page, ui, "wait", "value", 6)
        await expect(page.get_by_role("region", name="Newest picture").locator("img")).to_have_attribute(
            "alt", "paint_6.png"
        )


async def test_the_shipped_model_answers_an_edit_at_once(page, ui):
    live = page.get_by_role("button", name="Live")
    await live.click()
    picture = ui.node(page, "save").locator(".picture img")
    await expect(picture).to_be_visible(timeout=90_000)
    began = time.monotonic()
    before = await picture.get_attribute("src")
    await write(page, ui, "sampler", "cfg", 6)
    await expect(ui.node(page, "sampler").locator(".step-preview")).to_be_visible()
    to_preview = time.monotonic() - began
    await expect(picture).not_to_have_attribute("src", before, timeout=60_000)
    to_picture = time.monotonic() - began
    print(f"edit to first preview {to_preview:.2f} s, to picture {to_picture:.2f} s")
    assert to_preview < FIRST_PREVIEW
    assert to_picture < PICTURE
