"""Pictures sent over HTTP: taken, refused at once, and listed; the server itself decodes nothing."""

import asyncio
import io
import json
import subprocess
import sys
import time
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import aiohttp
from PIL import Image

from calotype.server.limits import Limits

SOON = 2.0  # seconds of the best of three; 0.1 s on a machine that does nothing else
BYTES = {"Content-Type": "application/octet-stream"}


def corpus():
    spec = spec_from_file_location("corpus", Path(__file__).parents[1] / "uploads" / "conftest.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


made = corpus()


async def test_bytes_and_forms_are_taken_and_found_as_inputs(whole, settings):
    data = made.PICTURES["png with transparency"]()
    async with whole() as server:
        sent = await server.ask("POST", "/v1/uploads?name=My%20photo.png", 201, data=data, headers=BYTES)
        assert (sent["width"], sent["height"], sent["alpha"], sent["new"]) == (40, 24, True, True)
        form = aiohttp.FormData()
        form.add_field("words", "not a file")
        form.add_field("file", data, filename="other.png", content_type="image/png")
        again = await server.ask("POST", "/v1/uploads", 201, data=form)
        assert (again["file"], again["new"]) == (sent["file"], False)
        mine = next(i for i in (await server.get("/v1/inputs"))["inputs"] if i["file"] == sent["file"])
        assert mine["media_type"] == "image/png"
        async with server.client.get(mine["url"]) as answer:
            assert Image.open(io.BytesIO(await answer.read())).size == (40, 24)
            assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; sandbox")
        workflow = {
            "calotype": 1,
            "name": "w",
            "nodes": {
                "load": {"type": "LoadImage", "inputs": {"file": {"file": sent["file"]}}},
                "save": {"type": "SaveImage", "inputs": {"images": {"from": "load.image"}}},
            },
        }
        assert (await server.post("/v1/validate", {"workflow": workflow}))["ok"]
        assert sorted(p.name for p in (settings.home / "input").iterdir()) == [sent["file"]]


async def test_a_workflow_inside_is_said_and_can_be_imported_from_what_was_sent(whole, settings):
    document = {"calotype": 1, "name": "inside", "nodes": {}}
    data = made.with_text("calotype", json.dumps({"workflow": document}))
    async with whole() as server:
        sent = await server.ask("POST", "/v1/uploads", 201, data=data, headers={"Content-Type": "image/png"})
        assert sent["workflow"]
        assert b"calotype" not in (settings.home / "input" / sent["file"]).read_bytes()
        imported = await server.ask("POST", "/v1/import", 200, data=data, headers={"Content-Type": "image/png"})
        assert imported["workflow"]["name"] == "inside"


HARMFUL = {k: (make, None) for k, make in (made.BOMBS | made.ARCHIVES).items()} | made.OTHERS


async def test_everything_harmful_is_refused_at_once_and_leaves_nothing(whole, settings):
    slow = {}
    async with whole() as server:
        for kind, (make, words) in HARMFUL.items():
            data, times = make(), []
            for _ in range(3):
                began, body = time.perf_counter(), io.BytesIO(data)
                said = await server.ask("POST", "/v1/uploads?name=x.png", 422, data=body, headers=BYTES)
                times.append(time.perf_counter() - began)
                if times[-1] < SOON:
                    break
            assert said["code"] in ("empty", "no-picture", "damaged", "two-kinds", "too-many-pixels", "too-many-frames")
            assert words is None or words in said["detail"], kind
            slow |= {kind: min(times)} if min(times) > SOON else {}
    assert slow == {}
    assert list((settings.home / "input").iterdir()) == []


async def test_a_file_that_is_too_large_is_not_even_received(whole, settings):
    async with whole() as server:
        began = time.perf_counter()
        headers = BYTES | {"Content-Length": str(101 * 1024**2), "Expect": "100-continue"}
        reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rpartition(":")[2]))
        head = [f"POST /v1/uploads HTTP/1.1\r\nHost: {server.url[7:]}"]
        head += [f"{k}: {v}" for k, v in (headers | {"Authorization": server.client.headers["Authorization"]}).items()]
        writer.write(("\r\n".join(head) + "\r\n\r\n").encode())
        answer = await reader.readuntil(b"problem+json")
        writer.close()
        await writer.wait_closed()
        assert b"HTTP/1.1 413 " in answer
        assert time.perf_counter() - began < 10


async def test_a_body_that_grows_beyond_the_limit_is_cut(whole, settings):
    async def growing():
        yield made.PICTURES["png"]()
        for _ in range(40):
            yield bytes(100_000)

    async with whole(limits=Limits(upload=1_000_000)) as server:
        said = await server.ask("POST", "/v1/uploads", 413, data=growing(), headers=BYTES)
        assert said["code"] == "too-large"
    assert list((settings.home / "input").iterdir()) == []


async def test_only_pictures_and_forms_are_taken(whole):
    async with whole() as server:
        await server.ask("POST", "/v1/uploads", 415, data=b"<svg/>", headers={"Content-Type": "image/svg+xml"})
        await server.ask("POST", "/v1/uploads", 415, json={})
        form = aiohttp.FormData({"words": "none"})
        form.add_field("x", "y", content_type="text/plain")
        assert (await server.ask("POST", "/v1/uploads", 422, data=_multipart("words", b"none")))["code"] == "form"
        said = await server.ask(
            "POST", "/v1/uploads", 400, data=b"nonsense", headers={"Content-Type": "multipart/form-data; boundary=x"}
        )
        assert said["code"] == "form"


def _multipart(name, data):
    with aiohttp.MultipartWriter("form-data") as form:
        form.append(data).set_content_disposition("form-data", name=name)
    return form


async def test_an_input_s_name_leads_nowhere_else(whole):
    from yarl import URL

    async with whole() as server:
        for name in ("..%2F..%2Fruns.sqlite", "%2Fetc%2Fpasswd", "nothing.png", "%00", "con"):
            async with server.client.get(URL(f"{server.url}/v1/inputs/{name}", encoded=True)) as answer:
                assert answer.status == 404, name


SERVING = """
import asyncio, json, sys
sys.path.insert(0, sys.argv[1])
from calotype.server.routes import every
from calotype.server import parts, app, command
list(every())
print(json.dumps([m for m in ("PIL", "torch", "diffusers", "numpy") if m in sys.modules]))
"""


def test_the_server_has_no_decoder(tmp_path):
    done = subprocess.run([sys.executable, "-c", SERVING, str(tmp_path)], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


async def test_models_and_plugins_are_listed(whole):
    async with whole() as server:
        found = (await server.get("/v1/models?folder=checkpoints"))["models"]
        assert [(m["file"], m["family"], m["error"], m["resident"]) for m in found] == [
            ("emoji-ldm.safetensors", "sd1", "", [])
        ]
        assert (await server.get("/v1/models?folder=checkpoints&hashes=true"))["models"][0]["hash"].startswith(
            "blake3:"
        )
        await server.get("/v1/models?folder=secrets", 404)
        plugins = (await server.get("/v1/plugins"))["plugins"]
        assert {"builtin", "comfyui"} <= {p["name"] for p in plugins}
