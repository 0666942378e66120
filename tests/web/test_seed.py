"""The seed that is shown is the seed that made the picture."""

import json
import zlib

from playwright.async_api import expect


def speckle(**inputs):
    node = {"type": "toys.Speckle", "inputs": {"seed": 7, **inputs}}
    return {"calotype": 1, "name": "Speckle", "nodes": {"speckle": node}, "layout": {"speckle": {"x": 340, "y": 80}}}


def record_of(png):
    """The record that a PNG carries."""
    at = 8
    while at < len(png):
        size, kind = int.from_bytes(png[at : at + 4], "big"), png[at + 4 : at + 8]
        data = png[at + 8 : at + 8 + size]
        if kind in (b"iTXt", b"tEXt", b"zTXt") and data.startswith(b"calotype"):
            text = data.split(b"\0")[-1]
            if kind == b"iTXt" and data[len(b"calotype") + 1] == 1:
                text = zlib.decompress(data.split(b"\0", 5)[-1])
            return json.loads(text)
        at += 12 + size
    raise AssertionError("no record")


async def newest(served):
    """The newest run, and its picture with its record inside."""
    [run, *_] = (await served.ask("GET", "/v1/runs?state=succeeded&limit=1"))["runs"]
    [file] = run["files"]
    return run, await served.ask("GET", f"/v1/files/{file['digest']}?run={run['id']}"), file["digest"]


async def ran(page, before):
    """Until another picture is in the tray."""
    await page.wait_for_function(
        """before => {
            const image = document.querySelector('.tray .large img')
            return image && image.getAttribute('src') !== before && image.complete
        }""",
        arg=before,
        timeout=60_000,  # the worker may have to start first
    )
    return await page.locator(".tray .large img").get_attribute("src")


async def test_12_a_seed_that_is_new_each_run_is_in_the_node_and_in_the_picture(page, served, ui):
    await ui.show(page, speckle())
    mode = ui.node(page, "speckle").get_by_role("button", name="Seed for the next run")
    await mode.click()
    await expect(mode).to_have_text("new")
    seen, shown, digests = set(), "", {}
    for _ in range(3):
        await page.get_by_role("button", name="Run", exact=True).click()
        shown = await ran(page, shown)
        seed = (await ui.document(page))["nodes"]["speckle"]["inputs"]["seed"]
        await expect(ui.node(page, "speckle").get_by_role("spinbutton", name="seed")).to_have_value(str(seed))
        _, png, digest = await newest(served)
        assert record_of(png)["workflow"]["nodes"]["speckle"]["inputs"]["seed"] == seed
        seen.add(seed)
        digests[seed] = digest
    assert len(seen) == 3 and len(set(digests.values())) == 3
    await use_the_seed_of_the_second_picture(page, served, ui, digests)


async def use_the_seed_of_the_second_picture(page, served, ui, digests):
    """It is fixed then, and the same bytes come again."""
    wanted = list(digests)[1]
    await page.keyboard.press("g")
    await page.locator(".gallery li button").nth(1).click()
    await page.get_by_role("button", name="Use this seed").click()
    await expect(page.get_by_text(f"Seed {wanted} is in the open workflow.")).to_be_visible()
    await page.keyboard.press("Escape")
    assert (await ui.document(page))["nodes"]["speckle"]["inputs"]["seed"] == wanted
    await expect(ui.node(page, "speckle").get_by_role("button", name="Seed for the next run")).to_have_text("fixed")
    before = (await newest(served))[0]["id"]
    await page.get_by_role("button", name="Run", exact=True).click()
    for _ in range(100):
        run, _png, digest = await newest(served)
        if run["id"] != before:
            break
        await page.wait_for_timeout(50)
    assert run["id"] != before and digest == digests[wanted]


async def test_12_several_runs_with_a_fixed_seed_end_with_the_one_that_is_shown(page, served, ui):
    await ui.show(page, speckle(text="several"))
    await page.get_by_role("spinbutton", name="How many runs").fill("3")
    await page.get_by_role("button", name="Run", exact=True).click()
    for _ in range(100):
        found = (await served.ask("GET", "/v1/runs?search=several&state=succeeded"))["runs"]
        if len(found) == 3:
            break
        await page.wait_for_timeout(50)
    documents = [await served.ask("GET", f"/v1/runs/{r['id']}/workflow") for r in found]  # the newest first
    assert [d["nodes"]["speckle"]["inputs"]["seed"] for d in documents] == [7, 8, 9]
    assert (await ui.document(page))["nodes"]["speckle"]["inputs"]["seed"] == 7


async def test_12_what_becomes_of_a_seed_stays_with_the_document_and_can_be_undone(page, ui):
    await ui.show(page, speckle())
    mode = ui.node(page, "speckle").get_by_role("button", name="Seed for the next run")
    await mode.click()
    assert (await ui.document(page))["layout"]["speckle"]["seeds"] == {"seed": "random"}
    await page.keyboard.press("Control+z")
    await expect(mode).to_have_text("fixed")
    assert await ui.document(page) == speckle()
