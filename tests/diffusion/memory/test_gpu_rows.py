"""The rows that wait for a GPU can be run: on a simulated device, narrow."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_every_row_gives_figures_on_a_simulated_device(tmp_path):
    out = tmp_path / "gpu.json"
    command = [sys.executable, "-W", "ignore", str(ROOT / "benchmarks" / "gpu.py"), "--tiny", "--out", str(out)]
    subprocess.run([*command, "--rows", "G3,G9,G10"], check=True, capture_output=True, timeout=120)
    rows = json.loads(out.read_text())["rows"]
    assert rows["G3"]["sdxl"]["capped"]["how"] == "streamed"
    assert all("seconds" in rows["G3"]["sdxl"][way] for way in ("uncapped", "capped", "group", "sequential"))
    assert all(row["ratio"] >= 1 for row in rows["G9"].values())
    assert rows["G10"] == {"equal": True, "how": "streamed"}
