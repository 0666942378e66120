"""A queue that belongs to who waits: paused, put in order, changed, doubled, and there after a restart."""

import asyncio

import pytest_asyncio
from playwright.async_api import expect

ALT = "Alt+ArrowUp"


def speckle(seed=100, text=""):
    node = {"type": "toys.Speckle", "inputs": {"seed": seed, "text": text}}
    return {"calotype": 1, "name": "Speckle", "nodes": {"speckle": node}, "layout": {"speckle": {"x": 300, "y": 60}}}


async def order(server):
    """The texts of the runs that wait, in order."""
    waiting = (await server.ask("GET", "/v1/queue"))["waiting"]
    documents = [await server.ask("GET", f"/v1/runs/{run['id']}/workflow") for run in waiting]
    return [d["nodes"]["speckle"]["inputs"]["text"] for d in documents]


async def becomes(server, texts):
    for _ in range(100):
        if (found := await order(server)) == texts:
            return
        await asyncio.sleep(0.05)
    assert found == texts


@pytest_asyncio.fixture(loop_scope="session")
async def five(server_of_its_own):
    """A paused queue in which five runs wait: a to e, with seeds from 1 on."""
    server = server_of_its_own
    await server.ask("POST", "/v1/queue/pause", {})
    for seed, text in enumerate("abcde", 1):
        await server.ask("POST", "/v1/runs", {"workflow": speckle(seed, text), "name": f"Run {text}"})
    return server


async def test_17_runs_are_paused_ordered_edited_and_doubled_and_survive_a_restart(open_page, five, ui):
    async with open_page(server=five, allow=("WebSocket", "ERR_CONNECTION", "Failed to load")) as page:
        await page.get_by_role("button", name="Queue").click()
        rows = page.get_by_role("list", name="Waiting").get_by_role("listitem")
        await expect(rows).to_have_count(5)
        await expect(page.get_by_text("Paused: what runs is finished")).to_be_visible()
        await rows.nth(4).drag_to(rows.nth(1))
        await becomes(five, list("aebcd"))
        await rows.filter(has_text="Run d").get_by_role("button", name="Run d").first.focus()
        await page.keyboard.press(ALT)
        await becomes(five, list("aebdc"))
        await edit_the_seed_of_the_fourth(page, rows, five)
        await rows.filter(has_text="Run b").get_by_role("button", name="Duplicate Run b").click()
        await becomes(five, list("aebdcb"))
        await rows.filter(has_text="Run a").get_by_role("button", name="Cancel Run a").click()
        await becomes(five, list("ebdcb"))
        await asyncio.to_thread(five.kill)
        await asyncio.to_thread(five.start)
        await becomes(five, list("ebdcb"))
        await expect(rows).to_have_count(5)
        await page.get_by_role("button", name="Resume the queue").click()
        await expect(rows).to_have_count(0, timeout=30_000)
        await page.wait_for_timeout(300)
        await the_results_are_as_edited(five)


async def edit_the_seed_of_the_fourth(page, rows, server):
    fourth = rows.nth(3)
    await fourth.get_by_role("button", name="Run d").first.click()
    await fourth.get_by_label("Speckle · seed").fill("no number")
    await fourth.get_by_role("button", name="Save").click()
    await expect(fourth.get_by_role("alert")).to_have_text("“no number” is no value for Speckle · seed.")
    await fourth.get_by_label("Speckle · seed").fill("4711")
    await fourth.get_by_role("button", name="Save").click()
    await expect(fourth.get_by_label("Speckle · seed")).to_have_count(0)
    [_, _, _, run, _] = (await server.ask("GET", "/v1/queue"))["waiting"]
    workflow = await server.ask("GET", f"/v1/runs/{run['id']}/workflow")
    assert workflow["nodes"]["speckle"]["inputs"] == {"seed": 4711, "text": "d"}


async def the_results_are_as_edited(server):
    ended = (await server.ask("GET", "/v1/runs?state=succeeded"))["runs"]
    ended.sort(key=lambda run: run["ended"])
    documents = [await server.ask("GET", f"/v1/runs/{run['id']}/workflow") for run in ended]
    found = [(d["nodes"]["speckle"]["inputs"]["text"], d["nodes"]["speckle"]["inputs"]["seed"]) for d in documents]
    assert found == [("e", 5), ("b", 2), ("d", 4711), ("c", 3), ("b", 2)]


async def test_17_the_time_left_comes_from_measured_times(page, served, ui):
    slow = {"wait": {"type": "toys.Wait", "inputs": {"steps": 20, "seconds": 0.05, "value": 1}}}
    workflow = {
        "calotype": 1,
        "name": "Slow",
        "nodes": {**slow, "paint": {"type": "toys.Paint", "inputs": {"value": {"from": "wait.int"}}}},
    }
    runs = [{"workflow": workflow, "inputs": {"wait.value": value}} for value in range(4)]
    await served.ask("POST", "/v1/runs", {"runs": runs})
    await page.get_by_role("button", name="Queue").click()
    waiting = page.get_by_role("list", name="Waiting").get_by_role("listitem")
    await expect(waiting).to_have_count(2)
    await expect(waiting.first.locator(".time")).to_contain_text("≈ 1.")
    await expect(page.locator(".queue .left")).to_contain_text("left")
    await expect(waiting).to_have_count(0)
