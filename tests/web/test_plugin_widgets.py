"""Widgets that plugins bring: they work, and what does not work harms nothing."""

import os
from pathlib import Path

import pytest
from playwright.async_api import expect

FILM = Path(__file__).parents[2] / "plugins"


def of(type: str, **inputs) -> dict:
    return {"calotype": 1, "name": "Dials", "nodes": {"dial": {"type": type, "inputs": inputs}}}


async def test_30_a_plugins_widget_shows_the_value_and_sets_it_as_a_step(page, ui):
    await ui.show(page, of("dials.Dial"))
    await page.get_by_role("button", name="value at 0.25 (1)").click()
    await expect(page.get_by_role("button", name="value at 0.75 (1)")).to_be_visible()
    assert (await ui.document(page))["nodes"]["dial"]["inputs"] == {"value": 0.75}
    await page.get_by_role("button", name="Undo", exact=True).click()
    await expect(page.get_by_role("button", name="value at 0.25 (1)")).to_be_visible()


async def test_30_widgets_that_fail_become_tiles_with_the_plain_field_and_the_editor_works(open_page, ui):
    async with open_page(allow=("404",)) as page:
        await ui.show(page, of("dials.Broken"))
        tiles = ui.node(page, "dial").locator(".tile-failed")
        await expect(tiles).to_have_count(2)  # one throws, one has no module
        await expect(tiles.first).to_contain_text("the dial fell off")
        await expect(ui.node(page, "dial")).to_contain_text("all is well")
        field = tiles.first.get_by_role("spinbutton", name="throws")
        await field.fill("8")
        await field.press("Enter")
        assert (await ui.document(page))["nodes"]["dial"]["inputs"] == {"throws": 8}


async def test_30_a_widget_that_fails_later_becomes_a_tile_then(page, ui):
    await page.evaluate("w => window.calotype.open(w)", of("dials.Broken", later=9, throws=1, missing=1))
    page.seen.allowed += ["404"]
    tile = page.locator('[data-field="dial.later"] .tile-failed')
    await expect(tile).to_contain_text("nine is too much")
    await expect(tile.get_by_role("spinbutton", name="later")).to_have_value("9")


@pytest.fixture
def film_server(tmp_path, ui, monkeypatch):
    monkeypatch.setattr(ui, "TOYS", os.pathsep.join([str(ui.TOYS), str(FILM)]))
    one = ui.Served(tmp_path, ui.free_port())
    one.start()
    yield one
    one.stop()


async def test_30_the_strip_of_the_example_plugin_sets_the_grain_by_keys_and_draws_it(open_page, film_server, ui):
    async with open_page(server=film_server) as page:
        await ui.show(page, of("film_grain.FilmGrain", amount=0.1))
        strip = page.locator("film-grain-strip")
        slider = strip.get_by_role("slider", name="amount")
        await expect(slider).to_have_value("0.1")
        before = await strip.locator("canvas").evaluate("c => c.toDataURL()")
        await slider.focus()
        await page.keyboard.press("ArrowRight")
        await expect(slider).to_have_value("0.11")
        assert (await ui.document(page))["nodes"]["dial"]["inputs"]["amount"] == 0.11
        assert await strip.locator("canvas").evaluate("c => c.toDataURL()") != before
