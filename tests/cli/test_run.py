"""`calotype run`, once."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest


def test_the_interface_becomes_flags(calotype, place):
    done = calotype("run", "draw.json", "--colour", 9, "--seed=7", "--some-text", "-4, 7", "-o", "made")
    assert done.code == 0
    (path,) = done.lines
    assert path.startswith("made/drawn_") and (place / path).is_file()
    assert "1 node computed, 0 stored" in done.err


def test_a_run_that_is_repeated_computes_nothing(calotype):
    first = calotype("run", "draw.json", "--colour", 9)
    second = calotype("run", "draw.json", "--colour", 9)
    assert first.lines == second.lines
    assert "0 nodes computed, 1 stored" in second.err


def test_a_workflow_that_the_editor_saved_runs_by_its_name_with_its_flags(calotype, place):
    saved = place / "home" / "workflows"
    saved.mkdir(parents=True)
    (place / "draw.json").rename(saved / "My drawing.json")
    by_name = calotype("run", "My drawing", "--colour", 9)
    assert (by_name.code, len(by_name.lines)) == (0, 1)
    missing = calotype("run", "My painting")
    assert missing.code == 4 and f"no workflow of that name in {saved} or shipped; shipped: " in missing.err


def test_an_input_named_like_an_option_has_a_flag_of_its_own(calotype):
    done = calotype("run", "draw.json", "--input-out", "true", "--json")
    assert done.json[-1]["record"]["workflow"]["nodes"]["draw"]["inputs"] == {"flip": True}


def test_help_of_a_file_shows_its_flags_with_types_ranges_and_defaults(calotype):
    out = " ".join(calotype("run", "draw.json", "--help").out.replace("│", " ").split())
    assert "--colour" in out and "How light. [int, 0 to 255; default 0]" in out
    assert "--some-text" in out and "What it says. [str; default ]" in out
    assert '[seed, or "random"; default 0]' in out


def test_help_without_a_file_shows_the_options(calotype):
    done = calotype("run", "--help")
    assert done.code == 0 and "--save" in done.out and "--vram" in done.out


def test_json_is_events_and_then_the_record_and_nothing_else(calotype):
    done = calotype("run", "draw.json", "--json", "--seed", "random")
    *events, last = done.json
    assert events[0]["event"] == "RunStarted"
    assert {"NodeStarted", "NodeFinished", "RunFinished"} <= {e["event"] for e in events}
    assert all(set(e) >= {"run", "seq", "at"} for e in events)
    record = last["record"]
    assert record["status"] == "succeeded"
    assert isinstance(record["workflow"]["nodes"]["draw"]["inputs"]["seed"], int)
    assert record["nodes"]["draw"]["status"] == "ran"


def test_quiet_says_nothing_but_errors(calotype):
    assert calotype("run", "draw.json", "-q").out == ""
    failed = calotype("run", "draw.json", "-q", "--some_text", "stumble")
    assert failed.code == 1
    assert failed.out == ""
    assert failed.err.strip() == 'calotype: node "draw" (toys.Draw): RuntimeError: it stumbled'


def test_set_reaches_any_input_with_text_or_json(calotype):
    done = calotype("run", "draw.json", "--set", "draw.text=a=b", "--set", "draw.batch=2", "--json")
    inputs = done.json[-1]["record"]["workflow"]["nodes"]["draw"]["inputs"]
    assert inputs == {"text": "a=b", "batch": 2}


def test_save_writes_a_named_result_and_no_other(calotype, place):
    done = calotype("run", "draw.json", "--save", "draw.saved=here/one.png")
    assert done.code == 0, done.err
    assert done.lines == ["here/one.png"]
    assert not (place / "out").exists()


def test_a_picture_runs_again_as_the_workflow_it_carries(calotype):
    (path,) = calotype("run", "draw.json", "--colour", 3).lines
    done = calotype("run", path, "--colour", 4, "--json")
    assert done.json[-1]["record"]["workflow"]["nodes"]["draw"]["inputs"]["colour"] == 4


def test_a_workflow_comes_from_stdin(place):
    done = subprocess.run(
        [sys.executable, "-m", "calotype.cli", "run", "-", "--set", "draw.colour=5"],
        input=(place / "draw.json").read_bytes(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(b"out/drawn_")


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["run", "nope.json", "--colour", "1"], 4, 'there is no file "nope.json"'),
        (["run"], 2, "requires an argument"),
        (["run", "draw.json", "--color", "1"], 2, "Unknown option: --color. Did you mean --colour?"),
        (["run", "draw.json", "--colour", "900"], 3, 'input "colour": 900 is above 255'),
        (["run", "draw.json", "--colour", "many"], 3, "'many' is not an int"),
        (["run", "draw.json", "--colour", "4..1"], 2, 'the range "4..1" is empty'),
        (["run", "draw.json", "--set", "draw.colour"], 2, "write NODE.INPUT=VALUE"),
        (["run", "draw.json", "--set", "drew.colour=1"], 3, 'names the node "drew"'),
        (["run", "draw.json", "--save", "draw=x.png"], 2, "write NODE.OUTPUT=PATH"),
        (["run", "draw.json", "-o", "copy.json"], 4, '"copy.json" is a file; give another folder'),
        (["run", "draw.json", "--save", "draw.sawed=x.png"], 4, 'has no output "sawed"; it has saved'),
        (["run", "draw.json", "--to", "drew"], 3, "drew"),
        (["run", "draw.json", "--vram", "6X"], 2, '"6X" is not a size'),
        (["run", "draw.json", "--device", "gpu"], 2, "write cpu, cuda, cuda:1"),
        (["run", "draw.json", "--models", "nowhere"], 4, 'the models folder "nowhere" does not exist'),
        (["run", "draw.json", "--dtype", "int3"], 2, "int3"),
        (["run", "draw.json", "--some-text", "stumble"], 1, "it stumbled"),
        (["rnu", "draw.json"], 2, 'Did you mean "run"?'),
        (["run", "copy.json"], 3, 'there is no file "none.png"'),
    ],
)
def test_what_is_wrong_is_one_clear_message_and_its_exit_code(calotype, words, code, message):
    done = calotype(*words)
    assert (done.code, done.out) == (code, "")
    assert message in done.err
    assert "Traceback" not in done.err


def test_with_json_the_error_is_an_object_on_stdout(calotype):
    done = calotype("run", "draw.json", "--colour", 900, "--json")
    (said,) = done.json
    assert said["error"]["code"] == "validation"
    assert said["error"]["problems"][0]["input"] == "colour"


def test_json_that_cannot_be_read_is_one_message(calotype, place):
    (place / "bad.json").write_text('{"calotype": 1, "nodes": {')
    done = calotype("run", "bad.json")
    assert done.code == 3 and "bad.json" in done.err and "Traceback" not in done.err


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_cancels_within_a_step(place, number):
    process = subprocess.Popen(
        [sys.executable, "-m", "calotype.cli", "run", "slow.json", "--set", "slow.steps=3000", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert any('"NodeProgress"' in line for line in iter(process.stdout.readline, ""))
    began = time.monotonic()
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert time.monotonic() - began < 15
    assert json.loads(out.splitlines()[-1])["record"]["status"] == "cancelled"
    assert "stopping" in err and "Traceback" not in err


@pytest.mark.skipif(os.name == "nt", reason="pipes")
def test_a_reader_that_goes_away_is_no_error(place):
    command = f"{sys.executable} -m calotype.cli nodes --json | head -c 10"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.stderr == ""
