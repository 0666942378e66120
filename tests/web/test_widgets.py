"""The fields of nodes."""

import re

from playwright.async_api import expect

SHARED_SERVER = True

TEXT = {"calotype": 1, "nodes": {"text": {"type": "TextEncode", "inputs": {"text": "a red apple"}}}}


async def value(page, ui, node: str, input: str):
    return (await ui.document(page))["nodes"][node].get("inputs", {}).get(input)


async def test_a_sampler_is_found_by_typing_and_taken_by_keys(page, ui):
    combo = ui.node(page, "sampler").get_by_role("combobox", name="sampler", exact=True)
    await combo.focus()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.type("euler cfg")
    options = page.get_by_role("listbox", name="sampler").get_by_role("option")
    await expect(options).to_have_text(["euler_cfg_pp", "euler_ancestral_cfg_pp"])
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(combo).to_have_text("euler_ancestral_cfg_pp")
    await expect(combo).to_be_focused()
    assert await value(page, ui, "sampler", "sampler") == "euler_ancestral_cfg_pp"


async def test_escape_leaves_the_choice_as_it_was(page, ui):
    combo = ui.node(page, "sampler").get_by_role("combobox", name="sampler", exact=True)
    await combo.click()
    await page.keyboard.type("heun")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("listbox")).to_be_hidden()
    assert await value(page, ui, "sampler", "sampler") == "dpmpp_2m"


async def test_checkpoints_say_their_family_and_size(page, ui):
    await ui.node(page, "checkpoint").get_by_role("combobox", name="checkpoint").click()
    option = page.get_by_role("option", name="emoji-ldm.safetensors")
    await expect(option.locator(".detail")).to_have_text(re.compile(r"^sd1 · \d+ MB$"))


async def test_a_missing_file_is_shown_as_missing_and_another_can_be_chosen(page, ui):
    page.seen.allowed += ["404"]  # its picture
    nodes = {"a": {"type": "LoadImage", "inputs": {"file": {"file": "gone.png"}}}}
    await ui.show(page, {"calotype": 1, "nodes": nodes})
    combo = ui.node(page, "a").get_by_role("combobox", name="file")
    await expect(combo).to_have_text("gone.png (missing)")
    await expect(combo).to_have_attribute("aria-invalid", "true")
    await combo.click()
    await expect(page.get_by_role("option").first).to_contain_text("not on the server")
    await page.get_by_role("option", name="hole.png").click()
    await expect(combo).to_have_text("hole.png")


async def test_ctrl_up_and_down_change_the_weight_of_words_and_ctrl_z_takes_it_back(page, ui):
    await ui.show(page, TEXT)
    area = ui.node(page, "text").get_by_role("textbox", name="text")
    await area.focus()
    await area.evaluate("a => a.setSelectionRange(4, 4)")
    await page.keyboard.press("Control+ArrowUp")
    await expect(area).to_have_value("a (red:1.05) apple")
    await page.keyboard.press("Control+ArrowUp")
    await expect(area).to_have_value("a (red:1.1) apple")
    for _ in range(2):
        await page.keyboard.press("Control+ArrowDown")
    await expect(area).to_have_value("a red apple")
    await page.keyboard.press("Control+ArrowDown")
    assert await value(page, ui, "text", "text") == "a (red:0.95) apple"
    await page.keyboard.press("Control+z")
    await expect(area).to_have_value("a red apple")


async def test_numbers_are_computed_and_an_empty_one_is_the_default(page, ui):
    width = ui.node(page, "latent").get_by_role("spinbutton", name="width")
    await width.fill("(64+32)*2")
    await width.press("Enter")
    await expect(width).to_have_value("192")
    await width.fill("")
    await width.press("Enter")
    assert await value(page, ui, "latent", "width") is None
    await expect(width).to_have_value("512")


async def test_a_field_says_what_it_is_after_a_rest_and_goes_back_to_its_default(page, ui):
    field = page.locator('.canvas [data-field="sampler.cfg"]')
    await field.hover()
    await expect(page.locator(".tip")).to_contain_text("cfg · 0 to 100")
    await field.get_by_role("button", name="cfg: back to the default").click()
    assert await value(page, ui, "sampler", "cfg") is None
    await expect(field).to_have_attribute("data-default", "true")


async def test_a_long_press_says_what_a_field_is(open_page):
    async with open_page(size=(390, 844), touch=True) as page:
        box = await page.locator('.form [data-field="sampler.cfg"]').bounding_box()
        client = await page.context.new_cdp_session(page)
        point = {"x": box["x"] + 30, "y": box["y"] + 15}
        await client.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
        await expect(page.locator(".tip")).to_be_visible()
        await client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


async def test_a_list_of_texts_is_edited_beside_the_links_into_it(page, ui):
    nodes = {
        "n": {"type": "toys.Number"},
        "join": {"type": "TextJoin", "inputs": {"texts": ["one", "two"]}},
    }
    await ui.show(page, {"calotype": 1, "nodes": nodes})
    await ui.node(page, "join").get_by_role("button", name="texts: 2 items").click()
    box = page.get_by_role("dialog", name="texts")
    await box.get_by_role("button", name="Add").click()
    await box.get_by_role("textbox", name="texts 3").fill("three")
    await box.get_by_role("button", name="Move item 2 up").click()
    assert await value(page, ui, "join", "texts") == ["two", "one", "three"]
    await box.get_by_role("button", name="Take item 1 out").click()
    assert await value(page, ui, "join", "texts") == ["one", "three"]


async def test_settings_are_kept_by_the_browser(page, ui):
    await page.locator(".rail").get_by_role("button", name="Settings").click()
    await page.get_by_role("switch", name="Pictures while sampling").click()
    await page.get_by_role("radiogroup", name="Mouse wheel").get_by_text("Moves").click()
    await page.reload()
    await page.wait_for_selector("html[data-ready]")
    before = await ui.node(page, "sampler").bounding_box()
    await page.mouse.move(900, 700)
    await page.mouse.wheel(0, 60)
    await page.wait_for_timeout(250)
    after = await ui.node(page, "sampler").bounding_box()
    assert after["y"] < before["y"] and abs(after["width"] - before["width"]) < 0.5
