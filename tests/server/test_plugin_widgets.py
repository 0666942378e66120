from dataclasses import replace

import pytest

MODULE = "customElements.define('toys-dial', class extends HTMLElement {})\n"


@pytest.fixture
def settings(settings, tmp_path):
    web = tmp_path / "plugins" / "toys" / "web"
    web.mkdir(parents=True)
    (web.parent / "__init__.py").write_text("")
    (web / "toys-dial.js").write_text(MODULE)
    (web / "notes.txt").write_text("mine")
    (web / "Dial.js").write_text("no element's name")
    (tmp_path / "plugins" / "secret.js").write_text("outside")
    return replace(settings, plugins=(tmp_path / "plugins",))


async def test_a_widget_is_listed_and_served_as_a_script_with_its_tag(whole):
    async with whole() as server:
        records = (await server.get("/v1/plugins"))["plugins"]
        assert {r["name"]: r["widgets"] for r in records if r["widgets"]} == {"toys": ["toys-dial"]}
        async with server.client.get("/v1/plugins/widgets/toys-dial.js") as answer:
            assert (answer.status, answer.content_type, await answer.text()) == (200, "text/javascript", MODULE)
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
            tag = answer.headers["ETag"]
        async with server.client.get("/v1/plugins/widgets/toys-dial.js", headers={"If-None-Match": tag}) as answer:
            assert answer.status == 304
        async with server.bare.get("/v1/plugins/widgets/toys-dial.js") as answer:
            assert answer.status == 401


async def test_only_what_was_found_is_served(whole):
    paths = ["notes.txt", "Dial.js", "toys-dial", "..%2F..%2Fsecret.js", "%2e%2e/secret.js", "x.js"]
    async with whole() as server:
        for path in paths:
            async with server.client.get(f"/v1/plugins/widgets/{path}") as answer:
                assert answer.status == 404, path
