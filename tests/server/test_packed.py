"""What is sent often and stays the same is sent packed, to those who take it."""

import gzip

import orjson

from calotype.server import editor

BARE = {"Accept-Encoding": "identity"}


async def test_the_catalogue_of_nodes_is_packed_for_those_who_take_it_and_plain_for_others(whole):
    async with whole() as server:
        async with server.client.get("/v1/nodes", headers=BARE) as plain:
            text = await plain.read()
        assert "Content-Encoding" not in plain.headers
        assert orjson.loads(text)["nodes"]
        for takes in ("gzip", "br, GZIP;q=0.5", "deflate, gzip"):
            async with server.client.get("/v1/nodes", headers={"Accept-Encoding": takes}) as answer:
                assert (answer.headers["Content-Encoding"], answer.headers["Vary"]) == ("gzip", "Accept-Encoding")
                assert int(answer.headers["Content-Length"]) < len(text) / 3
                assert await answer.read() == text
                assert answer.headers["ETag"] == plain.headers["ETag"]
        for takes in ("identity", "gzip;q=0", ""):
            async with server.client.get("/v1/nodes", headers={"Accept-Encoding": takes}) as answer:
                assert ("Content-Encoding" in answer.headers, await answer.read()) == (False, text), takes


async def test_scripts_of_the_editor_are_packed_once_and_kept_for_ever_and_fonts_stay_as_they_are(
    whole, tmp_path, monkeypatch
):
    script, font = b"export const words = 'again and again'\n" * 100, bytes(range(256)) * 8
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html>")
    (tmp_path / "assets" / "page-1.js").write_bytes(script)
    (tmp_path / "assets" / "font-1.woff2").write_bytes(font)
    monkeypatch.setenv(editor.BUILT, str(tmp_path))
    editor.assets.cache_clear()
    try:
        async with whole() as server:
            async with server.client.get("/assets/page-1.js", auto_decompress=False) as answer:
                packed = await answer.read()
                assert answer.headers["Content-Encoding"] == "gzip"
                assert "immutable" in answer.headers["Cache-Control"]
            async with server.client.get("/assets/font-1.woff2") as answer:
                assert ("Content-Encoding" in answer.headers, await answer.read()) == (False, font)
            async with server.client.get("/assets/page-2.js") as answer:
                assert answer.status == 404
    finally:
        editor.assets.cache_clear()
    assert gzip.decompress(packed) == script
