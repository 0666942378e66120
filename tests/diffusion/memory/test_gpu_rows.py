"""The rows that wait for a GPU can be run: on a simulated device, narrow."""

import json
import runpy
from pathlib import Path

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"


def test_the_rows_of_capped_memory_give_figures_on_a_simulated_device(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    out = tmp_path / "gpu.json"
    runpy.run_path(str(BENCHMARKS / "gpu.py"))["main"](["--tiny", "--rows", "G3,G9,G10", "--out", str(out)])
    rows = json.loads(out.read_text())["rows"]
    for network in ("sdxl", "flux"):
        assert rows["G3"][network]["uncapped"]["how"] == "resident"
        assert rows["G3"][network]["capped"]["how"] == "streamed"
        assert all("seconds" in rows["G3"][network][way] for way in ("uncapped", "capped", "group", "sequential"))
    assert all(row["ratio"] >= 1 for row in rows["G9"].values())
    assert rows["G10"] == {"equal": True, "how": "streamed"}
