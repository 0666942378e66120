"""Everything without a pointer, and said."""

from playwright.async_api import expect


def said(page):
    return page.locator("[data-said]")


async def no_pointer(page):
    """From here on a pointer event is an error."""
    await page.evaluate("""() => { for (const type of ['pointerdown', 'mousedown', 'touchstart'])
        window.addEventListener(type, () => console.error('a pointer was used'), { capture: true }) }""")


async def add(page, name):
    await page.keyboard.press("n")
    await expect(page.get_by_role("dialog", name="Add a node")).to_be_visible()
    await page.keyboard.type(name)
    await page.keyboard.press("Enter")


async def test_23_a_workflow_is_built_linked_and_run_by_keys_alone(page, ui):
    await no_pointer(page)
    await page.keyboard.press("Alt+n")
    await add(page, "toys.Number")
    await expect(said(page)).to_have_text("Added toys.Number as number.")
    await add(page, "toys.Add")
    await add(page, "toys.Paint")
    await expect(page.locator(".react-flow__node[data-id=paint]")).to_be_focused()
    await page.keyboard.press("Enter")  # to the sockets of the node
    await expect(ui.socket_of(page, "paint/in:value")).to_be_focused()
    await page.keyboard.press("c")
    await expect(page.get_by_role("option", name="add · int")).to_be_visible()
    await page.keyboard.type("add")
    await page.keyboard.press("Enter")
    await expect(said(page)).to_have_text("Linked add.int to paint.value.")
    await expect(ui.socket_of(page, "paint/in:value")).to_be_focused()
    await page.keyboard.press("ArrowLeft")  # along the link
    await expect(ui.socket_of(page, "add/out:int")).to_be_focused()
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("c")
    await page.keyboard.type("number")
    await page.keyboard.press("Enter")
    await expect(said(page)).to_have_text("Linked number.int to add.a.")
    now = await ui.document(page)
    assert now["nodes"]["add"]["inputs"]["a"] == {"from": "number.int"}
    assert now["nodes"]["paint"]["inputs"]["value"] == {"from": "add.int"}
    await page.keyboard.press("Control+Enter")
    await expect(said(page)).to_have_text("Run: succeeded.", timeout=30_000)


async def test_23_the_template_is_read_changed_and_run_by_keys_alone(page, ui):
    await no_pointer(page)
    await page.keyboard.press("Control+ArrowRight")
    await expect(said(page)).to_contain_text("CheckpointLoader, node checkpoint; linked to ")
    await page.keyboard.press("Control+ArrowRight")
    await expect(said(page)).to_contain_text("; linked from ")
    await page.keyboard.press("F2")
    await page.keyboard.type("Words")
    await page.keyboard.press("Enter")
    titled = [id for id, n in (await ui.document(page))["nodes"].items() if n.get("title") == "Words"]
    assert len(titled) == 1
    place = (await ui.document(page))["layout"][titled[0]]
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Shift+ArrowDown")
    moved = (await ui.document(page))["layout"][titled[0]]
    assert (moved["x"], moved["y"]) == (place["x"] + 10, place["y"] + 1)
    await page.keyboard.press("Shift+F10")
    menu = page.get_by_role("menu", name="Node Words")
    await expect(menu).to_be_visible()
    items = await menu.get_by_role("menuitem").all_text_contents()
    for wanted in ("Run to the selected nodes", "Rename…", "Duplicate", "Make a subgraph", "Delete"):
        assert any(i.startswith(wanted) for i in items), (wanted, items)
    await page.keyboard.press("Escape")
    await page.keyboard.press("Control+z")
    await expect(said(page)).to_have_text("Undone: Move 1 item.")
    await page.keyboard.press("Control+Enter")
    await expect(said(page)).to_have_text("Run: succeeded.", timeout=90_000)


async def test_23_tab_reaches_nodes_and_what_has_the_focus_is_chosen(page, ui):
    await no_pointer(page)
    for _ in range(60):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.classList.contains('react-flow__node')"):
            break
    id = await page.evaluate("document.activeElement.dataset.id")
    await expect(ui.node(page, id)).to_have_attribute("data-selected", "true")
    await expect(said(page)).to_contain_text(f"node {id}")


async def test_19_run_to_here_from_the_menu_runs_only_what_the_node_needs(page, ui):
    nodes = {
        "one": {"type": "toys.Number", "inputs": {"value": 81}},
        "sum": {"type": "toys.Add", "inputs": {"a": {"from": "one.int"}}},
        "paint": {"type": "toys.Paint", "inputs": {"value": {"from": "sum.int"}}},
        "other": {"type": "toys.Paint", "inputs": {"value": 5}},
    }
    layout = {
        "one": {"x": 0, "y": 0},
        "sum": {"x": 340, "y": 0},
        "paint": {"x": 680, "y": 0},
        "other": {"x": 680, "y": 340},
    }
    await ui.show(page, {"calotype": 1, "name": "To here", "nodes": nodes, "layout": layout})
    await page.evaluate("window.calotype.view({x: 160, y: 160, zoom: 1})")
    await ui.node(page, "sum").locator(".head .title").click(button="right")
    await page.get_by_role("menuitem", name="Run to the selected nodes").click()
    await expect(said(page)).to_have_text("Run: succeeded.", timeout=30_000)
    ran = await page.locator(".node[data-status]").evaluate_all(
        "all => all.filter(n => ['ran', 'hit'].includes(n.dataset.status)).map(n => n.dataset.node)"
    )
    assert sorted(ran) == ["one", "sum"]


async def test_23_nodes_added_by_keys_stand_apart_and_their_missing_links_are_made_by_one_button(page, ui):
    await page.keyboard.press("Alt+n")
    for name in ("CheckpointLoader", "TextEncode", "TextEncode", "EmptyLatent", "KSampler", "VAEDecode", "SaveImage"):
        await page.keyboard.press("n")
        await page.keyboard.type(name)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("dialog", name="Add a node")).to_be_hidden()
    spots = {(place["x"], place["y"]) for place in (await ui.document(page))["layout"].values()}
    assert len(spots) == 7
    await page.keyboard.press("p")
    await page.get_by_role("button", name="Mend all 9").click()
    await expect(page.get_by_text("Nothing is wrong.")).to_be_visible()
    nodes = (await ui.document(page))["nodes"]
    assert nodes["k_sampler"]["inputs"]["negative"] == {"from": "text_encode_2.conditioning"}
    assert nodes["vae_decode"]["inputs"]["latent"] == {"from": "k_sampler.latent"}
    await page.keyboard.press("Control+z")
    await expect(page.get_by_role("button", name="9 problems")).to_be_visible()
