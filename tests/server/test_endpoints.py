"""Each workflow's own endpoint, and the files that it hands out."""

import asyncio
import json
import re

import pytest
from PIL import Image

from calotype.backends.fake import Act, Fake
from calotype.backends.local import InProcess
from calotype.backends.protocol import Ended
from calotype.images import encode_png, text_of
from calotype.outputs import Outputs
from calotype.server import sending
from calotype.server.routes import files


@pytest.fixture
def picture():
    import numpy as np

    return encode_png(np.full((4, 6, 3), 200, np.uint8))


@pytest.fixture
def drawing(settings, picture, workflow):
    """A backend whose runs all make one picture and one text."""
    outputs = Outputs(settings.home / "files")

    def act(unit):
        files = [
            {
                "node": "save",
                "index": i,
                "name": name,
                "digest": outputs.put(data),
                "media_type": kind,
                "bytes": len(data),
            }
            | {"kept": True}
            for i, (name, data, kind) in enumerate(
                [("a.png", picture, "image/png"), ("b.html", b"<script>alert(1)</script>", "text/html")]
            )
        ]
        names = ("id", "name", "started", "runtime", "nodes")
        record = {n: n for n in names} | {"workflow": dict(unit.workflow), "status": "succeeded", "seconds": 0.0}
        return Act(end=Ended("succeeded", record, files), seconds=0.05)

    return Fake(act)


async def test_named_inputs_make_a_run(whole, workflow):
    async with whole() as server:
        await server.put("/v1/workflows/hello", workflow)
        run = await server.post("/v1/workflows/hello/run", {"text": "bye", "again": 7}, 202)
        kept = await server.get(f"/v1/runs/{run['id']}/workflow")
        assert kept["nodes"]["text"]["inputs"] == {"value": "bye"}
        assert (run["state"], run["seeds"]) == ("queued", {"seed.value": 7})


async def test_what_is_wrong_is_said_at_its_place_in_the_body(whole, workflow):
    async with whole() as server:
        await server.put("/v1/workflows/hello", workflow)
        said = await server.post("/v1/workflows/hello/run", {"texd": "bye"}, 422)
        assert (said["pointer"], said["suggestion"]) == ("/texd", "text")
        assert (await server.post("/v1/workflows/hello/run", {"text": 3}, 422))["pointer"] == "/text"
        await server.post("/v1/workflows/hallo/run", {}, 404)
        for wait in ("nan", "-1", "inf", "x"):
            await server.post(f"/v1/workflows/hello/run?wait={wait}", {}, 422)


async def test_who_waits_gets_the_picture_with_its_record(whole, workflow, drawing, picture):
    async with whole(backend=drawing) as server:
        await server.put("/v1/workflows/hello", workflow)
        for path, accept in (("?wait=20", "*/*"), ("", "image/png")):
            async with server.client.post(
                f"/v1/workflows/hello/run{path}", json={}, headers={"Accept": accept}
            ) as answer:
                data = await answer.read()
                assert (answer.status, answer.content_type) == (200, "image/png")
                assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Calotype-Run"])
            assert '"workflow"' in text_of(data)["calotype"]


async def test_who_waits_and_wants_json_gets_the_run(whole, workflow, drawing):
    async with whole(backend=drawing) as server:
        await server.put("/v1/workflows/hello", workflow)
        headers = {"Accept": "application/json"}
        run = await server.post("/v1/workflows/hello/run?wait=20", {}, 200, headers=headers)
        assert (run["state"], len(run["files"])) == ("succeeded", 2)


async def test_when_the_time_is_over_the_run_goes_on(whole, workflow):
    async with whole() as server:
        await server.put("/v1/workflows/hello", workflow)
        run = await server.post("/v1/workflows/hello/run?wait=0.1", {}, 202)
        assert run["state"] == "queued"


async def test_a_run_that_made_no_picture_is_the_run(whole, settings, workflow):
    async with whole(backend=InProcess(settings)) as server:
        await server.put("/v1/workflows/hello", workflow)
        run = await server.post("/v1/workflows/hello/run?wait=20", {"text": "hi"})
        assert [f["media_type"] for f in run["files"]] == ["text/plain"]
        (file,) = run["files"]
        async with server.client.get(file["url"]) as answer:
            assert (await answer.read()).strip() == b"hi"
            assert answer.headers["Content-Disposition"].startswith("attachment")


async def test_a_run_that_failed_is_refused_with_its_error(whole, workflow):
    error = {
        "code": "node",
        "message": "it broke",
        "problems": [{"code": "node", "node": "text", "message": "it broke"}],
    }
    async with whole(backend=Fake([Act(end=Ended("failed", {}, [], error))])) as server:
        await server.put("/v1/workflows/hello", workflow)
        said = await server.post("/v1/workflows/hello/run?wait=20", {}, 422)
        assert (said["code"], said["problems"][0]["node"]) == ("node", "text")


async def made(server, workflow):
    await server.put("/v1/workflows/hello", workflow)
    headers = {"Accept": "application/json"}
    return await server.post("/v1/workflows/hello/run?wait=20", {}, 200, headers=headers)


async def test_a_file_is_served_as_what_it_is_and_never_runs(whole, workflow, drawing, picture):
    async with whole(backend=drawing) as server:
        shown, page = (await made(server, workflow))["files"]
        async with server.client.get(shown["url"]) as answer:  # with the record of its run inside
            record = json.loads(text_of(await answer.read())["calotype"])
        assert record["workflow"]["nodes"]["text"] == workflow["nodes"]["text"]
        async with server.client.get(f"/v1/files/{shown['digest']}") as answer:
            assert await answer.read() == picture
            said = answer.headers
        assert (said["Content-Type"], said["X-Content-Type-Options"]) == ("image/png", "nosniff")
        assert said["Content-Disposition"].startswith("inline") and "sandbox" in said["Content-Security-Policy"]
        assert said["ETag"] == f'"{shown["digest"]}"' and "immutable" in said["Cache-Control"]
        async with server.client.get(page["url"]) as answer:
            assert answer.content_type == "application/octet-stream"
            assert answer.headers["Content-Disposition"].startswith('attachment; filename="b.html"')


async def test_parts_of_a_file_can_be_had(whole, workflow, drawing, picture, monkeypatch):
    async with whole(backend=drawing) as server:
        url = f"/v1/files/{(await made(server, workflow))['files'][0]['digest']}"
        tag, size = f'"{url.rpartition("/")[2]}"', len(picture)
        for asked, part in (("bytes=0-9", picture[:10]), ("bytes=-4", picture[-4:]), ("bytes=8-", picture[8:])):
            async with server.client.get(url, headers={"Range": asked}) as answer:
                assert (answer.status, await answer.read()) == (206, part)
                assert answer.headers["Content-Range"].endswith(f"/{size}")
        for asked in (f"bytes={size}-", "bytes=9-2", "bytes=x-y", "lines=1-2"):
            async with server.client.get(url, headers={"Range": asked}) as answer:
                assert (answer.status, answer.headers["Content-Range"]) == (416, f"bytes */{size}")
        async with server.client.get(url, headers={"Range": "bytes=0-9", "If-Range": '"other"'}) as answer:
            assert (answer.status, await answer.read()) == (200, picture)
        assert await server.get(url, 304, headers={"If-None-Match": tag}) == b""
        monkeypatch.setattr(files, "LARGE", 4)
        monkeypatch.setattr(sending, "PIECE", 3)
        for how, part in ({}, picture), ({"Range": "bytes=1-9"}, picture[1:10]):
            async with server.client.get(url, headers=how) as answer:
                assert await answer.read() == part and answer.content_length == len(part)


async def test_only_what_a_run_made_is_handed_out(whole, workflow, drawing, settings):
    async with whole(backend=drawing) as server:
        run = await made(server, workflow)
        digest = run["files"][0]["digest"]
        assert Image.open  # the picture with a record is read by whoever asks for it
        assert b"calotype" in await server.get(f"/v1/files/{digest}?run={run['id']}")
        await server.get(f"/v1/files/{digest}?run=other", 404)
        secret = await asyncio.to_thread(Outputs(settings.home / "files").put, b"nobody's")
        for wrong in (secret, "blake3:" + "0" * 64, "..%2F..%2Fruns.sqlite", "x", "blake3:" + "A" * 64):
            await server.get(f"/v1/files/{wrong}", 404)


async def test_a_file_that_was_damaged_is_gone_and_said(whole, workflow, drawing, settings):
    async with whole(backend=drawing) as server:
        digest = (await made(server, workflow))["files"][0]["digest"]
        Outputs(settings.home / "files").path(digest).write_bytes(b"other")
        assert "damaged" in (await server.get(f"/v1/files/{digest}", 404))["detail"]
