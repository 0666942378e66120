"""Reference workflows as they are, through the command line: `calotype run CASE.json --save 5.latent=...`."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from calotype.cli.__main__ import main

CASES = Path(__file__).parents[3] / "shared" / "reference" / "comfy" / "parity"
SOME = ("sampler-euler", "schedule-karras", "lora", "img2img", "controlnet")
REST = ("sampler-dpmpp_2m_sde", "clip-skip-2", "batch-2", "prompt-long")
TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """One for all: checkpoints are hashed once, and prompts that cases share are encoded once."""
    return tmp_path_factory.mktemp("home")


@pytest.mark.parametrize("name", [*SOME, *(pytest.param(name, marks=pytest.mark.slow) for name in REST)])
def test_a_file_of_comfyui_runs_as_it_is_and_gives_its_latent(name, models, home, tmp_path, monkeypatch):
    monkeypatch.setenv("CALOTYPE_HOME", str(home))
    out = tmp_path / "out.safetensors"
    said = ["run", str(CASES / f"{name}.json"), "--models", str(models), "--device", "cpu", "--quiet"]
    assert main([*said, "--save", f"5.latent={out}"]) == 0
    got = load_file(out)["samples"].astype(np.float64)
    with np.load(CASES / f"{name}.npz") as stored:
        wanted = stored["latent"].astype(np.float64)
    assert np.linalg.norm(got - wanted) <= TOLERANCE * np.linalg.norm(wanted)
