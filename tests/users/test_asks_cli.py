"""What users of this kind of software ask for (E: building, H: running headlessly), on the command line."""

import csv
import json
import subprocess
import sys

import pytest

from calotype.cli.__main__ import main

NODES = '''
"""A node that counts how often it ran, and fails at one number."""

import io
from pathlib import Path

from calotype.node import Input, Node
from calotype.types import Artifact, FileRef, Saved, Seed


class Load(Node, category="toy"):
    """Stands for a checkpoint: says when it is read."""

    checkpoint: FileRef = Input(folder="checkpoints")
    log: str = ""

    def run(self) -> str:
        with Path(self.log).open("a") as file:
            file.write(f"load {self.checkpoint.name}\\n")
        return self.checkpoint.name


class Encode(Node, category="toy"):
    """Stands for an encoding."""

    text: str = ""
    log: str = ""

    def run(self) -> str:
        with Path(self.log).open("a") as file:
            file.write(f"encode {self.text}\\n")
        return self.text


class Make(Node, category="toy"):
    """A picture of a number."""

    output = True

    model: str = ""
    text: str = ""
    number: int = 0
    seed: Seed = 0

    def run(self) -> Saved:
        from PIL import Image

        if self.number == 500:
            raise RuntimeError("number 500 fails")
        out = io.BytesIO()
        Image.new("RGB", (8, 8), (self.number % 256, self.number // 256, self.seed % 256)).save(out, "PNG")
        return Saved((Artifact("made.png", "image/png", out.getvalue()),))
'''


def workflow(log: str = "") -> dict:
    return {
        "calotype": 1,
        "name": "asks",
        "inputs": {
            "checkpoint": {"node": "load", "input": "checkpoint"},
            "text": {"node": "encode", "input": "text"},
            "number": {"node": "make", "input": "number"},
            "seed": {"node": "make", "input": "seed"},
        },
        "nodes": {
            "load": {"type": "asks.Load", "inputs": {"checkpoint": "a.safetensors", "log": log}},
            "encode": {"type": "asks.Encode", "inputs": {"log": log}},
            "make": {
                "type": "asks.Make",
                "inputs": {"model": {"from": "load.str"}, "text": {"from": "encode.str"}},
            },
        },
        "layout": {"make": {"x": 1, "y": 2}},
    }


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plugins")
    (folder / "asks.py").write_text(NODES)
    return folder


@pytest.fixture
def place(tmp_path, monkeypatch, nodes):
    monkeypatch.setenv("CALOTYPE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CALOTYPE_PLUGINS", str(nodes))
    monkeypatch.setenv("CALOTYPE_MODELS", str(tmp_path / "models"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models" / "checkpoints").mkdir(parents=True)
    for name in "ab":
        (tmp_path / "models" / "checkpoints" / f"{name}.safetensors").write_bytes(SAFETENSORS + name.encode() * 8)
    (tmp_path / "wf.json").write_text(json.dumps(workflow(str(tmp_path / "log"))))
    return tmp_path


HEADER = b'{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'
SAFETENSORS = len(HEADER).to_bytes(8, "little") + HEADER


def test_h1_the_saved_file_runs_with_flags_of_its_own(place, capsys):
    assert main(["run", "wf.json", "--text", "x", "--seed", "7", "-o", "made"]) == 0
    assert (place / capsys.readouterr().out.strip()).is_file()


def test_h2_an_invalid_node_refuses_the_run_with_all_problems(place, capsys):
    said = workflow()
    said["nodes"]["make"]["inputs"] |= {"number": "x", "seed": -1}
    said["nodes"]["lost"] = {"type": "asks.Lost", "inputs": {}}
    (place / "bad.json").write_text(json.dumps(said))
    assert main(["run", "bad.json", "--json", "-o", "made"]) == 3
    (line,) = capsys.readouterr().out.splitlines()
    found = {(p["node"], p.get("input")) for p in json.loads(line)["error"]["problems"]}
    assert found == {("make", "number"), ("make", "seed"), ("lost", None)}
    assert not (place / "made").exists()


@pytest.mark.slow
def test_h8_of_1000_inputs_999_are_on_disk_one_is_recorded_and_a_rerun_does_only_that_one(place, capsys):
    (place / "rows.csv").write_text("number\n" + "".join(f"{n}\n" for n in range(1, 1001)))
    assert main(["run", "wf.json", "--each", "rows.csv", "-o", "made", "-q"]) == 1
    lines = [json.loads(line) for line in (place / "made" / "results.jsonl").read_text().splitlines()]
    assert len(list((place / "made").glob("*.png"))) == 999
    assert [r["item"] for r in lines if r["status"] != "succeeded"] == [500]
    assert "number 500 fails" in lines[499]["error"]["message"]
    capsys.readouterr()
    assert main(["run", "wf.json", "--each", "rows.csv", "-o", "made"]) == 1
    assert "0 done, 999 done before, 1 failed" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no figures of memory")
def test_h8_memory_does_not_grow_with_the_number_of_inputs(place):
    peaks = []
    for count in (40, 240):
        (place / "rows.csv").write_text("number\n" + "".join(f"{n + 1000 * count}\n" for n in range(count)))
        code = (
            "import resource, sys; from calotype.cli.__main__ import main; "
            "code = main(['run', 'wf.json', '--each', 'rows.csv', '-o', 'made', '-q']); "
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss); sys.exit(code)"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout.split()[-1]))
    assert peaks[1] < peaks[0] * 1.2


def test_e13_a_sweep_loads_each_checkpoint_once_and_gives_a_sheet_and_a_table(place, capsys):
    words = ["run", "wf.json", "--seed", "1..3", "--checkpoint", "a.safetensors,b.safetensors", "-o", "made"]
    assert main([*words, "--text", "x", "--text", "y, z", "--text", "w"]) == 0
    log = (place / "log").read_text().splitlines()
    assert [line for line in log if line.startswith("load")] == ["load a.safetensors", "load b.safetensors"]
    assert sorted(line for line in log if line.startswith("encode")) == ["encode w", "encode x", "encode y, z"]
    (table,) = (place / "made").glob("grid_*.csv")
    assert len(list(csv.DictReader(table.read_text().splitlines()))) == 18
    assert table.with_suffix(".png").is_file()


def test_e9_replay_says_identical_or_what_differs(place, capsys):
    main(["run", "wf.json", "--seed", "7"])
    path = capsys.readouterr().out.strip()
    assert main(["replay", path, "-q"]) == 0
    assert capsys.readouterr().out == "identical\n"
    (place / "models" / "checkpoints" / "a.safetensors").write_bytes(SAFETENSORS + b"replaced")
    main(["replay", path, "-q"])
    assert 'file "a.safetensors" of node "load": blake3:' in capsys.readouterr().out


def test_e4_the_plan_says_hit_or_miss_and_a_replaced_checkpoint_is_noticed(place, capsys):
    main(["run", "wf.json", "-q"])
    main(["plan", "wf.json"])
    assert "0 nodes to compute" in capsys.readouterr().out
    (place / "models" / "checkpoints" / "a.safetensors").write_bytes(SAFETENSORS + b"replaced")
    main(["plan", "wf.json", "--json"])
    entries = {e["node"]: e for e in json.loads(capsys.readouterr().out)["entries"]}
    assert entries["load"]["status"] == "run" and "checkpoint" in entries["load"]["reason"]


def test_e11_running_to_a_node_executes_its_ancestors_minus_hits(place, capsys):
    main(["run", "wf.json", "--to", "load", "--json"])
    record = json.loads(capsys.readouterr().out.splitlines()[-1])["record"]
    assert [n for n, r in record["nodes"].items() if r["status"] == "ran"] == ["load"]


def test_e8_the_seed_shown_is_the_seed_used(place, capsys):
    main(["run", "wf.json", "--seed", "random"])
    first = capsys.readouterr().out.strip()
    main(["run", first, "--json"])
    record = json.loads(capsys.readouterr().out.splitlines()[-1])["record"]
    assert record["nodes"]["make"]["status"] == "hit"


def test_e15_moving_a_node_changes_the_layout_only(place, capsys):
    said = workflow(str(place / "log"))
    said["layout"]["make"] = {"x": 500, "y": 2}
    (place / "moved.json").write_text(json.dumps(said))
    assert main(["diff", "wf.json", "moved.json", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found == {
        "nodes": {"added": {}, "removed": {}},
        "values": [],
        "links": [],
        "other": [],
        "layout": ["make"],
    }


def test_h9_the_interface_is_typed_and_named_on_the_command_line(place, capsys):
    assert main(["run", "wf.json", "--help"]) == 0
    out = capsys.readouterr().out
    assert [n for n in ("--checkpoint", "--text", "--number", "--seed") if n not in out] == []
