"""What a server's workers hold of models: told over HTTP and on the command line, and let go of."""

import asyncio
import dataclasses
import json

import pytest
from tests.diffusion.conftest import saved, sd1_shapes

from calotype.backends.local import InProcess
from calotype.cli.__main__ import main

NODES = {
    "checkpoint": {"type": "CheckpointLoader", "inputs": {"checkpoint": {"file": "sd1.safetensors"}}},
    "latent": {"type": "EmptyLatent", "inputs": {"width": 64, "height": 64}},
    "decode": {"type": "VAEDecode", "inputs": {"latent": {"from": "latent.latent"}, "vae": {"from": "checkpoint.vae"}}},
    "save": {"type": "SaveImage", "inputs": {"images": {"from": "decode.image"}}},
}


@pytest.fixture
def settings(settings, tmp_path):
    """A simulated device with room for three quarters of the VAE."""
    saved(tmp_path / "models" / "checkpoints" / "sd1.safetensors", sd1_shapes())
    return dataclasses.replace(settings, device="sim:4M", models=(tmp_path / "models",))


async def until_ended(server, run):
    while (said := await server.get(f"/v1/runs/{run}"))["state"] in ("queued", "running"):
        await asyncio.sleep(0.05)
    return said


async def test_what_workers_hold_is_told_and_let_go_of(whole, settings, capsys):
    async with whole(backend=InProcess(settings)) as server:
        assert await server.get("/v1/system/models") == {"models": []}
        run = (await server.post("/v1/runs", {"workflow": {"calotype": 1, "nodes": NODES}}, 202))["id"]
        assert (await until_ended(server, run))["state"] == "succeeded"
        (held,) = (await server.get("/v1/system/models"))["models"]
        assert {k: held[k] for k in ("name", "part", "family", "how", "users")} == {
            "name": "sd1.safetensors", "part": "vae", "family": "sd1", "how": "streamed", "users": 0,
        }  # fmt: skip
        assert 0 < held["device_bytes"] < held["bytes"]
        assert held["seconds"] > 0 and held["idle"] >= 0

        async def command(*said):
            address = ("--server", server.url, "--token", server.token)
            code = await asyncio.to_thread(main, ["models", *said, *address])
            return code, capsys.readouterr().out

        code, table = await command("--resident")
        assert code == 0
        assert table.split()[:7] == ["worker", "file", "part", "where", "size", "loaded", "in"]
        assert {"sd1.safetensors", "vae", "streamed"} <= set(table.split())
        code, said = await command("--unload", "--json")
        assert (code, json.loads(said)["models"]) == (0, [])
        assert json.loads(said)["freed"] >= held["bytes"]
        assert await server.post("/v1/system/unload") == {"freed": 0}


@pytest.mark.parametrize("option", ["--resident", "--unload"])
def test_they_are_asked_of_a_server(option, capsys, monkeypatch):
    monkeypatch.delenv("CALOTYPE_SERVER", raising=False)
    assert main(["models", option]) == 2
    assert "--resident and --unload ask a server: give it with --server" in capsys.readouterr().err
