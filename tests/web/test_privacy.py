"""Nothing is asked of other hosts, and nothing that a workflow says is ever run."""

import asyncio

from playwright.async_api import expect

SHARED_SERVER = True

EVIL = '<img src=x onerror="window.broken=1"><script>window.broken=1</script>'
WORKFLOW = {
    "calotype": 1,
    "name": EVIL,
    "description": EVIL,
    "inputs": {"value": {"node": "n", "input": "value", "doc": EVIL}},
    "nodes": {
        "n": {"type": "toys.Number", "title": EVIL, "inputs": {"value": 3}},
        "u": {"type": EVIL, "title": "javascript:window.broken=1", "inputs": {EVIL: EVIL, "n": {"from": "n.int"}}},
        "load": {"type": "LoadImage", "inputs": {"image": {"file": f"{EVIL}.png"}}},
    },
    "layout": {"n": {"x": 0, "y": 60}, "u": {"x": 320, "y": 60}, "load": {"x": 640, "y": 60}},
    "frames": [{"id": "f", "title": EVIL, "x": -20, "y": 0, "w": 260, "h": 220}],
}


async def test_33_what_a_workflow_says_is_shown_and_never_run(open_page, ui):
    async with open_page(allow=("404", "422", "400")) as page:
        await ui.show(page, WORKFLOW)
        await expect(ui.node(page, "n")).to_contain_text("onerror")
        for key in ("o", "i", "p", "h", "g", "q"):
            await page.keyboard.press(key)
            await asyncio.sleep(0.1)
        await page.get_by_role("tab", selected=True).click(button="right")
        await page.keyboard.press("Escape")
        await page.get_by_role("tab", selected=True).dblclick()
        await expect(page.get_by_role("dialog", name="Rename")).to_be_visible()
        await page.keyboard.press("Escape")
        await page.keyboard.press("Control+o")
        await expect(page.get_by_role("dialog", name="Open a workflow")).to_be_visible()
        assert await page.evaluate("window.broken") is None
        assert await page.locator("img[src=x], script:not([src])").count() == 0
        assert EVIL in await page.title()


async def test_33_a_script_that_got_into_the_page_would_not_run(open_page):
    async with open_page(allow=("Content Security Policy", "violates")) as page:
        await page.evaluate("""() => {
          const script = document.createElement('script')
          script.textContent = 'window.broken = 1'
          document.body.append(script)
          document.body.insertAdjacentHTML('beforeend', '<button id="evil" onclick="window.broken = 2">evil</button>')
          document.getElementById('evil').click()
        }""")
        assert await page.evaluate("window.broken") is None
        refused = await page.evaluate("fetch('http://example.com/').then(() => 'went', () => 'refused')")
        assert refused == "refused"
        page.seen.requests[:] = [
            u for u in page.seen.requests if "example.com" not in u
        ]  # it did not leave the browser


async def test_33_the_whole_page_comes_from_this_server_with_a_strict_policy(page, served):
    answer = await page.request.get(f"{served.url}/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "*" not in policy
    hosts = {url.split("/")[2] for url in page.seen.requests if url.startswith(("http", "ws"))}
    assert hosts == {served.url.removeprefix("http://")}
