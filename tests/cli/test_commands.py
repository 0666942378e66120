"""The other commands."""

import json
import subprocess
import sys

import pytest

from calotype.cli.app import COMMANDS

LOUD = '''
import os

from calotype import Input, Node

print("import, printed")
os.write(1, b"import, written\\n")
os.system("echo a child")


class Speak(Node):
    """Print."""

    output = True

    value: int = Input(default=1)

    def run(self) -> int:
        print("run, printed")
        return self.value
'''


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(calotype, command):
    done = calotype(command, "--help")
    assert done.code == 0 and f"calotype {command}" in done.out


def test_the_help_lists_every_command(calotype):
    out = calotype("--help").out
    assert [c for c in COMMANDS if c not in out] == []


def test_validate_says_every_problem_and_code_3(calotype, place):
    said = json.loads((place / "draw.json").read_text())
    said["nodes"]["draw"]["inputs"] = {"colour": 900, "shade": "dark"}
    (place / "bad.json").write_text(json.dumps(said))
    done = calotype("validate", "draw.json", "bad.json")
    assert done.code == 3
    assert done.lines[:2] == ["draw.json: ok", "bad.json: 2 problems"]
    assert calotype("validate", "draw.json").code == 0
    found = calotype("validate", "bad.json", "--json").json[0]
    assert found["ok"] is False and {p["input"] for p in found["problems"]} == {"colour", "shade"}


def test_plan_says_hit_or_miss_and_why(calotype):
    assert "compute" in calotype("plan", "draw.json").out
    calotype("run", "draw.json")
    stored = calotype("plan", "draw.json")
    assert "stored" in stored.out and "0 nodes to compute, 1 stored" in stored.out
    changed = calotype("plan", "draw.json", "--set", "draw.colour=9", "--json").json[0]
    assert changed["entries"][0]["status"] == "run"
    assert "colour" in changed["entries"][0]["reason"]


def test_fmt_writes_one_form_and_check_only_looks(calotype, place):
    assert calotype("fmt", "draw.json", "--check").code == 1
    before = (place / "draw.json").read_text()
    assert calotype("fmt", "draw.json").code == 0
    assert (place / "draw.json").read_text() != before
    assert calotype("fmt", "--check", "draw.json").code == 0


def test_diff_says_what_differs_and_code_1(calotype, place):
    said = json.loads((place / "draw.json").read_text())
    said["nodes"]["draw"]["inputs"] = {"colour": 9}
    (place / "other.json").write_text(json.dumps(said))
    assert calotype("diff", "draw.json", "draw.json").code == 0
    done = calotype("diff", "draw.json", "other.json")
    assert done.code == 1 and "colour" in done.out and "9" in done.out
    assert calotype("diff", "draw.json", "other.json", "--json").json[0]


def test_nodes_lists_types_and_shows_one(calotype):
    assert "toys.Draw" in calotype("nodes").out
    shown = calotype("nodes", "toys.Draw").out
    assert "colour: int, 0 to 255; default 0. How light." in shown
    assert "saved: Saved" in shown
    assert json.loads(calotype("nodes", "toys.Draw", "--json").out)["id"] == "toys.Draw"
    wrong = calotype("nodes", "toys.Drew")
    assert wrong.code == 3 and 'Did you mean "toys.Draw"?' in wrong.err


def test_plugins_shows_a_broken_one_and_why(calotype, place):
    folder = place / "more"
    folder.mkdir()
    (folder / "broken.py").write_text("import not_there_at_all\n")
    done = calotype("plugins", "--plugins", folder)
    assert done.code == 0
    assert "toys" in done.out and "broken" in done.out and "not_there_at_all" in done.err
    names = {p["name"]: p["status"] for p in json.loads(calotype("plugins", "--plugins", folder, "--json").out)}
    assert names["toys"] == "ok" and names["broken"] == "broken"


def test_models_are_listed_by_folder(calotype, place):
    (place / "mine" / "checkpoints").mkdir(parents=True)
    (place / "mine" / "checkpoints" / "bad.safetensors").write_bytes(b"\x80\x04not safe")
    done = calotype("models", "--models", "mine")
    assert done.code == 0 and "checkpoints" in done.out and "bad.safetensors" in done.out
    assert "pickle" in done.err
    assert calotype("models", "checkpots").code == 4


def test_store_shows_prunes_verifies_and_clears(calotype):
    calotype("run", "draw.json")
    shown = calotype("store", "--json").json[0]
    assert shown["results"] == 1 and shown["bytes"] > 0
    assert calotype("store", "verify").out == "1 sound result, 0 damaged and removed\n"
    assert calotype("store", "prune").code == 2
    assert calotype("store", "prune", "--to", "6X").code == 2
    assert calotype("store", "prune", "--to", "1G").out.startswith("removed 0 results")
    assert calotype("store", "clear").code == 0
    assert calotype("store", "--json").json[0]["results"] == 0


def test_a_damaged_result_is_found_and_code_6(calotype, place):
    calotype("run", "draw.json")
    largest = max((p for p in (place / "home" / "store").rglob("*") if p.is_file()), key=lambda p: p.stat().st_size)
    largest.write_bytes(b"\0" * largest.stat().st_size)
    done = calotype("store", "verify")
    assert done.code == 6 and "1 damaged" in done.out


def test_a_new_plugin_passes_its_check(calotype, place):
    made = calotype("new-plugin", "my-nodes", "--into", "mine")
    assert made.code == 0 and made.lines == ["mine/my-nodes"]
    assert calotype("new-plugin", "my-nodes", "--into", "mine").code == 5
    assert calotype("new-plugin", "2 bad").code == 5
    done = calotype("check-plugin", "mine/my-nodes")
    assert (done.code, "conforms" in done.out) == (0, True), done.out
    assert calotype("check-plugin", "nowhere").code == 5


def test_version_says_what_decides_numbers(calotype):
    said = calotype("version", "--json").json[0]
    assert set(said) >= {"calotype", "torch", "diffusers", "device", "dtype", "python", "machine"}
    assert calotype("--version").out.startswith("calotype ")


@pytest.mark.parametrize("json_too", [(), ("--json",)])
def test_only_results_reach_stdout_whatever_plugins_print(place, json_too):
    (place / "more").mkdir()
    (place / "more" / "loud.py").write_text(LOUD)
    nodes = {"speak": {"type": "loud.Speak", "inputs": {}}}
    (place / "loud.json").write_text(json.dumps({"calotype": 1, "name": "loud", "nodes": nodes}))
    command = [sys.executable, "-m", "calotype.cli", "run", "loud.json", "--plugins", "more", *json_too]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [f["record"]["status"] for f in found if "record" in f] == ["succeeded"] * len(json_too)
    said = ("import, printed", "import, written", "a child", "run, printed")
    assert [word in done.stderr for word in said] == [True] * 4


def test_a_history_that_cannot_be_used_is_a_warning(calotype, place):
    (place / "home").mkdir(exist_ok=True)
    (place / "home" / "history.sqlite").write_bytes(b"no database" * 100)
    for words in ("run", "plan"):
        done = calotype(words, "draw.json")
        assert done.code == 0
        assert "Move that file away to begin a new one" in done.err


def test_a_file_that_cannot_be_read_or_written_has_its_own_exit_code(calotype, place):
    assert [calotype("fmt", name).code for name in ("none.json", ".")] == [4, 4]
    assert calotype("fmt", "--check", "none.json").code == 4
    assert calotype("import", "draw.json", "-o", "draw.json/x.json").code == 4


def test_a_plan_takes_the_flags_of_the_workflow(calotype):
    assert calotype("run", "draw.json", "--colour", 3).code == 0
    done = calotype("plan", "draw.json", "--colour", 4)
    assert done.code == 0
    assert 'input "colour": 3 -> 4' in done.out
    assert "--colour" in calotype("plan", "draw.json", "--help").out


def test_a_workflow_that_cannot_be_read_does_not_hide_the_others(calotype, place):
    (place / "cut.json").write_text("{")
    done = calotype("validate", "cut.json", "draw.json")
    assert (done.code, done.out) == (3, "draw.json: ok\n")
    assert "calotype: cut.json cannot be read: line 1" in done.err
