"""What is done can be undone, exactly."""

import asyncio
import json
import random

from playwright.async_api import expect

PICTURE = {
    "calotype": 1,
    "name": "Painted",
    "nodes": {
        "one": {"type": "toys.Number", "inputs": {"value": 4}},
        "sum": {"type": "toys.Add", "inputs": {"a": {"from": "one.int"}, "b": 3}},
        "paint": {"type": "toys.Paint", "inputs": {"value": {"from": "sum.int"}}},
    },
    "layout": {"one": {"x": 0, "y": 0}, "sum": {"x": 340, "y": 0}, "paint": {"x": 680, "y": 0}},
}


async def test_06_a_marquee_is_deleted_and_undo_brings_all_back_with_its_picture(page, ui):
    await ui.show(page, PICTURE)
    await page.evaluate("window.calotype.view({x: 200, y: 200, zoom: 1})")
    await page.get_by_role("button", name="Run", exact=True).click()
    done = page.locator('[data-node=paint][data-status="ran"], [data-node=paint][data-status="hit"]')
    await expect(done).to_be_visible(timeout=30_000)
    before = await ui.document(page)
    await page.keyboard.down("Shift")
    await ui.drag(page, (220, 130), (1280, 560))
    await page.keyboard.up("Shift")
    await expect(page.locator(".node[data-selected]")).to_have_count(3)
    await page.keyboard.press("Delete")
    assert (await ui.document(page))["nodes"] == {}
    await page.keyboard.press("Control+z")
    assert await ui.document(page) == before
    await expect(done).to_be_visible()


async def press(page, choice, rng):
    """One thing that a user might do, by keys and commands of the page."""
    keys = {
        "nudge": "ArrowRight", "disable": "Control+b", "duplicate": "Control+d", "delete": "Delete",
        "frame": "Control+g",
        "collapse": "Alt+c", "all": "Control+a", "none": "Control+Shift+A", "tidy": "Shift+T", "undo": "Control+z",
        "redo": "Control+Shift+Z", "travel": "Control+ArrowRight", "back": "Control+ArrowLeft", "up": "Control+ArrowUp",
    }  # fmt: skip
    if choice == "add":
        await page.keyboard.press("n")
        await page.keyboard.type(rng.choice(["toys.Add", "toys.Number", "toys.Split"]))
        await page.keyboard.press("Enter")
    elif choice == "connect":
        await page.keyboard.press("Enter")
        await page.keyboard.press("c")
        await page.keyboard.press("Enter")
        await page.keyboard.press("Escape")
        await page.keyboard.press("Escape")
    else:
        await page.keyboard.press(keys[choice])


async def test_07_three_hundred_operations_are_undone_to_the_start_and_redone_to_the_end(page, ui):
    rng = random.Random(11)
    await ui.show(page, PICTURE)
    start = await ui.document(page)
    choices = ["add", "connect", "nudge", "nudge", "disable", "duplicate", "delete", "frame", "collapse", "tidy",
               "travel", "travel", "back", "up", "all", "none", "undo", "undo", "redo"]  # fmt: skip
    steps = 0
    for n in range(300):
        count = len((await ui.document(page))["nodes"])
        choice = "add" if count < 3 else "delete" if count > 16 else rng.choice(choices)
        if choice in ("delete", "duplicate"):  # of one node: everything at once would soon be nothing
            await press(page, "travel", rng)
        await press(page, choice, rng)
        if n % 10 == 0:  # whatever took the focus gives it back
            await page.keyboard.press("Escape")
            await page.evaluate("document.activeElement.blur()")
        steps += 1
    assert steps == 300
    end = await ui.document(page)
    assert json.dumps(end, sort_keys=True) != json.dumps(start, sort_keys=True)
    assert await pressed(page, "Undo") > 60
    assert json.dumps(await ui.document(page), sort_keys=True) == json.dumps(start, sort_keys=True)
    await pressed(page, "Redo")
    assert json.dumps(await ui.document(page), sort_keys=True) == json.dumps(end, sort_keys=True)


async def pressed(page, name):
    """Press a button for as long as it can be pressed; how often that was."""
    return await page.evaluate(
        """async name => {
            let times = 0
            for (; times < 1000; times += 1) {
                const button = document.querySelector(`.top button[aria-label="${name}"]`)
                if (button.disabled) break
                button.click()
                await new Promise(r => setTimeout(r))
            }
            return times
        }""",
        name,
    )


async def test_08_typing_is_one_step_and_a_field_undoes_its_own_letters(page, ui):
    start = await ui.document(page)
    text = ui.node(page, "positive").get_by_role("textbox", name="text")
    await text.click()
    await page.keyboard.press("End")
    await page.keyboard.type(" on a plate")
    await page.keyboard.press("Control+z")  # the field's own
    assert (await text.input_value()) != "a red apple on a plate"
    await page.keyboard.press("Control+Shift+Z")
    await ui.node(page, "positive").locator(".head .title").click()
    await asyncio.sleep(0.1)
    now = await ui.document(page)
    assert now["nodes"]["positive"]["inputs"]["text"] == "a red apple on a plate"
    await page.get_by_role("button", name="Undo", exact=True).click()
    assert await ui.document(page) == start
    await page.get_by_role("button", name="Redo", exact=True).click()
    assert await ui.document(page) == now
