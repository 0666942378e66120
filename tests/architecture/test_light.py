"""What must start at once loads nothing heavy: each in a process of its own."""

import json
import subprocess
import sys

import pytest

HEAVY = ["torch", "diffusers", "transformers", "accelerate"]
REPORT = f"\nimport sys, json; print(json.dumps([m for m in {HEAVY} if m in sys.modules]))"
WORKFLOW = {
    "calotype": 1,
    "name": "light",
    "nodes": {
        "latent": {"type": "EmptyLatent", "inputs": {"width": 64}},
        "decode": {"type": "VAEDecode", "inputs": {"latent": {"from": "latent.latent"}}},
    },
}

DEEDS = {
    "importing calotype": "import calotype",
    "importing the command line": "import calotype.cli.__main__, calotype.cli.commands.run",
    "listing nodes": "from calotype.cli.__main__ import main; main(['nodes', '--json'])",
    "saying the version": "from calotype.cli.__main__ import main; main(['version'])",
    "listing models": "from calotype.cli.__main__ import main; main(['models'])",
    "validating": f"from calotype.services import Services; from calotype.workflow import read\n"
    f"with Services.open() as s: assert s.check(read({WORKFLOW!r})).problems",
    "planning": "from calotype.services import Services; from calotype.workflow import read\n"
    f"w = read({WORKFLOW!r})\n"
    "with Services.open() as s: assert s.plan(w.with_nodes({'latent': w.nodes['latent']}), ['latent']).runs",
}


@pytest.mark.parametrize("deed", DEEDS)
def test_loads_no_torch(deed, tmp_path, monkeypatch):
    monkeypatch.setenv("CALOTYPE_HOME", str(tmp_path))
    code = DEEDS[deed] + REPORT
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == []
