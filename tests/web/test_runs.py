"""A run as somebody sees it who sent it: live, over broken connections, reloads and other clients."""

import asyncio
import time

import pytest_asyncio
from playwright.async_api import expect

KEEP_SOCKETS = """
const Real = window.WebSocket
window.sockets = []
window.WebSocket = class extends Real {
    constructor(...all) { super(...all); window.sockets.push(this) }
}
"""
SEE = """
() => {
    window.seen = []
    const look = () => {
        const text = document.querySelector('[data-node=wait] .head .mark')?.textContent ?? ''
        const at = /^(\\d+)\\/(\\d+)$/.exec(text)
        if (at && window.seen.at(-1) !== Number(at[1])) window.seen.push(Number(at[1]))
        requestAnimationFrame(look)
    }
    look()
}
"""


def waiting(steps=60, seconds=0.05, value=3, name="Waiting"):
    nodes = {
        "wait": {"type": "toys.Wait", "inputs": {"steps": steps, "seconds": seconds, "value": value}},
        "paint": {"type": "toys.Paint", "inputs": {"value": {"from": "wait.int"}}},
    }
    layout = {"wait": {"x": 300, "y": 60}, "paint": {"x": 680, "y": 60}}
    return {"calotype": 1, "name": name, "nodes": nodes, "layout": layout}


async def start(page):
    await page.get_by_role("button", name="Run", exact=True).click()


async def until(page, what, seconds=20):
    """Ask until it is true; what it gave."""
    end = time.monotonic() + seconds
    while not (found := await what()):
        assert time.monotonic() < end
        await page.wait_for_timeout(50)
    return found


@pytest_asyncio.fixture(loop_scope="session")
async def breakable(browser):
    """A browser whose pages remember their sockets, so that a test can cut them."""
    context = await browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="dark")
    await context.add_init_script(KEEP_SOCKETS)
    yield context
    await context.close()


async def test_15_what_is_stored_is_marked_and_a_change_says_what_will_run_and_why(page, ui):
    await page.get_by_role("button", name="Run", exact=True).click()
    await expect(ui.node(page, "save").locator(".picture img")).to_be_visible(timeout=90_000)
    await expect(ui.node(page, "positive").locator("[data-plan=hit]")).to_be_visible()
    cfg = ui.node(page, "sampler").get_by_role("spinbutton", name="cfg")
    await cfg.fill("5")
    await cfg.press("Enter")
    for id in ("sampler", "decode", "save"):
        await expect(ui.node(page, id).locator("[data-plan=run]")).to_be_visible()
    for id in ("positive", "negative"):
        await expect(ui.node(page, id).locator("[data-plan=hit]")).to_be_visible()
    why = await ui.node(page, "sampler").locator("[data-plan=run]").get_attribute("title")
    assert "cfg" in why
    await times_and_memory(page, ui)


async def times_and_memory(page, ui):
    """Of the run that ended: in the nodes, and as a list with the slowest first."""
    took = ui.node(page, "sampler").locator(".took")
    await expect(took).to_be_visible()
    assert "Peak memory" in (await took.get_attribute("title"))
    await page.get_by_role("button", name="Queue").click()
    listed = page.get_by_role("list", name="Nodes, the slowest first")
    await expect(listed.locator(".memory").first).to_contain_text("MB")
    nodes = await listed.locator("strong").all_text_contents()
    assert nodes[0] in ("sampler", "positive", "negative", "checkpoint") and nodes[-1] in (
        "latent",
        "save",
        "checkpoint",
    )


async def test_16_previews_come_while_sampling_and_a_broken_connection_loses_nothing(open_page, breakable, served, ui):
    async with open_page(context=breakable, allow=("WebSocket",)) as page:
        steps = ui.node(page, "sampler").get_by_role("spinbutton", name="steps")
        await steps.fill("40")
        await steps.press("Enter")
        await start(page)
        await expect(ui.node(page, "sampler").locator(".step-preview")).to_be_visible(timeout=60_000)
        first = await ui.node(page, "sampler").locator(".step-preview").get_attribute("src")
        await expect(page.locator(".tray .large img")).to_be_visible()
        before = await page.evaluate("for (const one of window.sockets) one.close(); window.sockets.length")
        await page.wait_for_function("before => window.sockets.length > before", arg=before)
        await page.wait_for_function(
            "before => { const i = document.querySelector('.step-preview'); return i && i.src !== before }", arg=first
        )
        await expect(ui.node(page, "save").locator(".picture img")).to_be_visible(timeout=90_000)
        assert await ui.node(page, "save").locator(".picture img").count() == 1
        runs = (await served.ask("GET", "/v1/runs?type=KSampler"))["runs"]
        assert [r["state"] for r in runs][:1] == ["succeeded"]


async def test_16_progress_goes_on_where_the_connection_broke(open_page, breakable, ui):
    async with open_page(context=breakable, allow=("WebSocket",)) as page:
        await ui.show(page, waiting(steps=50, value=161))
        await page.evaluate(SEE)
        await start(page)
        await page.wait_for_function("() => window.seen.length > 3")
        await page.evaluate("for (const one of window.sockets) one.close()")
        await expect(ui.node(page, "paint").locator(".took")).to_be_visible()
        seen = await page.evaluate("window.seen")
        assert seen == sorted(seen) and len(set(seen)) == len(seen) and seen[-1] > 30
        assert await page.locator(".tray .large img").count() == 1


async def test_16_a_page_that_is_loaded_again_follows_the_run_and_shows_its_result(open_page, breakable, ui):
    async with open_page(context=breakable, allow=("WebSocket",)) as page:
        await ui.show(page, waiting(steps=120, value=162, name="Reloaded"))
        field = ui.node(page, "wait").get_by_role("spinbutton", name="value")
        await field.fill("163")
        await field.press("Enter")
        await page.wait_for_timeout(900)  # the journal has it
        await start(page)
        mark = ui.node(page, "wait").locator(".head .mark.live")
        await expect(mark).to_contain_text("/120")
        await page.reload()
        await page.wait_for_selector("html[data-ready]")
        await expect(mark).to_contain_text("/120")
        await expect(ui.node(page, "paint").locator(".took")).to_be_visible(timeout=20_000)
        picture = await page.locator(".tray .large img").get_attribute("src")
        await page.reload()
        await page.wait_for_selector("html[data-ready]")
        await expect(page.locator(".tray .large img")).to_have_attribute("src", picture)
        await expect(ui.node(page, "wait").locator(".took")).to_be_visible()


async def test_18_a_run_is_cancelled_in_the_middle_and_the_next_begins(page, served, ui):
    steps = ui.node(page, "sampler").get_by_role("spinbutton", name="steps")
    await steps.fill("200")
    await steps.press("Enter")
    await start(page)
    await expect(ui.node(page, "sampler").locator(".step-preview")).to_be_visible(timeout=60_000)
    [running] = (await served.ask("GET", "/v1/queue"))["running"]
    following = await served.ask("POST", "/v1/runs", {"workflow": waiting(steps=1, value=18)})
    began = time.monotonic()
    await page.get_by_role("button", name="Stop the run").click()

    async def stopped():
        return (await served.ask("GET", f"/v1/runs/{running['id']}"))["state"] == "cancelled"

    async def done():
        return (await served.ask("GET", f"/v1/runs/{following['id']}"))["state"] == "succeeded"

    await until(page, stopped, 10)
    assert time.monotonic() - began < 10
    await until(page, done)
    await expect(page.get_by_role("button", name="Stop the run")).to_be_hidden()
    await expect(ui.node(page, "sampler")).to_have_attribute("data-status", "cancelled")


async def test_a_run_of_another_client_is_in_the_queue_and_in_the_gallery(page, served, ui):
    await page.keyboard.press("q")
    sent = await served.ask("POST", "/v1/runs", {"workflow": waiting(steps=30, value=77), "name": "From elsewhere"})
    row = page.locator(f'[data-run="{sent["id"]}"]')
    await expect(row).to_contain_text("From elsewhere")
    await expect(row.get_by_role("progressbar")).to_be_visible()
    await expect(row).to_have_count(0)
    await page.keyboard.press("g")
    [file] = (await served.ask("GET", f"/v1/runs/{sent['id']}"))["files"]
    await expect(page.locator(f".gallery img[src='/v1/files/{file['digest'].replace(':', '%3A')}']")).to_be_visible()


async def test_the_first_result_of_a_template_is_seen_at_once_and_opens_large(page, ui):
    await ui.show(page, waiting(steps=1, value=5))
    await page.evaluate("window.calotype.view({x: -4000, y: -4000, zoom: 1})")
    await start(page)
    tray = page.get_by_role("region", name="Newest picture")
    await expect(tray.locator(".large img")).to_be_visible()
    await asyncio.sleep(0.1)
    await tray.locator(".large").click()
    await expect(page.get_by_role("dialog", name="Picture paint_5.png")).to_be_visible()
    await page.keyboard.press("Escape")
    await tray.get_by_role("button", name="Make the newest picture small").click()
    await expect(tray.locator(".large")).to_have_count(0)


async def test_a_run_that_ended_before_the_page_knew_its_id_is_shown_as_it_ended(page, served, ui):
    await ui.show(page, waiting(steps=1, seconds=0, value=41))

    async def late(route):
        answer = await route.fetch()
        sent = (await answer.json())["id"]

        async def over():
            return (await served.ask("GET", f"/v1/runs/{sent}"))["state"] == "succeeded"

        await until(page, over)
        await asyncio.sleep(0.3)  # its events are here before the answer
        await route.fulfill(response=answer)

    await page.route("**/v1/runs", late)
    await start(page)
    await expect(page.locator("[data-said]")).to_have_text("Run: succeeded.")
    await expect(page.locator('.node[data-node="paint"]')).to_have_attribute("data-status", "ran")
