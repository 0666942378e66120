"""The page that people open, by the printed link or by one that somebody shared."""

import re


async def test_the_printed_link_leads_on_to_the_page_and_the_cookie_opens_it(whole):
    async with whole() as server:
        async with server.bare.get(f"/?token={server.token}&workflow=a%26b%22c&lang=de") as entered:
            text = await entered.text()
            assert entered.status == 200
        assert re.findall(r'url=([^"]*)"', text) == ["/?workflow=a%26b%22c&amp;lang=de"]
        async with server.bare.get("/?workflow=a%26b%22c&lang=de") as front:
            assert (front.status, front.content_type) == (200, "text/html")


async def test_the_page_says_which_scripts_may_run_and_that_nothing_foreign_is_asked(whole):
    async with whole() as server, server.client.get("/") as front:
        policy = dict(part.strip().split(" ", 1) for part in front.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy.get("script-src", "'self'") == "'self'"
    assert policy.get("connect-src", "'self'") == "'self'"
    assert "unsafe" not in str(policy)
    assert policy["frame-ancestors"] == "'none'"
