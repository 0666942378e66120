"""Sweeps and `--each`."""

import csv
import json
import os
import signal
import subprocess
import sys

from PIL import Image


def results(folder):
    return [json.loads(line) for line in (folder / "results.jsonl").read_text().splitlines()]


def test_a_sweep_is_every_combination_with_a_table_and_a_sheet(calotype, place):
    done = calotype("run", "draw.json", "--colour", "10,20", "--seed", "1..3", "-o", "made")
    assert done.code == 0, done.err
    assert len(done.lines) == 6
    (table,) = (place / "made").glob("grid_*.csv")
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert [(r["colour"], r["seed"], r["status"]) for r in rows] == [
        (c, s, "succeeded") for c in ("10", "20") for s in ("1", "2", "3")
    ]
    with Image.open(table.with_suffix(".png")) as sheet:
        assert sheet.width == 8 + 3 * (24 + 8)


def test_texts_are_swept_by_repeating_the_flag(calotype, place):
    done = calotype("run", "draw.json", "--some-text", "a, b", "--some-text", "c", "-o", "made")
    assert done.code == 0, done.err
    assert [r["values"]["some_text"] for r in results(place / "made")] == ["a, b", "c"]


def test_a_sweep_that_is_repeated_runs_nothing(calotype, place):
    calotype("run", "draw.json", "--seed", "1..3", "-o", "made")
    again = calotype("run", "draw.json", "--seed", "1..4", "-o", "made")
    assert "1 done, 3 done before" in again.err
    (place / "made" / "results.jsonl").unlink()
    assert "4 done" in calotype("run", "draw.json", "--seed", "1..4", "-o", "made").err


def test_a_failing_cell_fails_alone(calotype, place):
    done = calotype("run", "draw.json", "--some-text", "a", "--some-text", "stumble", "--some-text", "b", "-o", "made")
    assert done.code == 1
    assert [r["status"] for r in results(place / "made")] == ["succeeded", "failed", "succeeded"]
    assert "it stumbled" in done.err and "2 done, 1 failed" in done.err


def test_a_mistake_in_every_cell_is_said_once_and_nothing_runs(calotype, place):
    done = calotype("run", "draw.json", "--seed", "1..3", "--set", "draw.batch=many", "-o", "made")
    assert done.code == 3 and done.err.count("many") == 1
    assert not (place / "made" / "results.jsonl").exists()


def test_saving_in_a_sweep_needs_a_name_for_each(calotype, place):
    refused = calotype("run", "draw.json", "--seed", "1..3", "--save", "draw.saved=x.png")
    assert refused.code == 2 and "{n}" in refused.err
    done = calotype("run", "draw.json", "--seed", "1..3", "--save", "draw.saved=made/{seed}-{n}.png")
    assert done.code == 0
    assert sorted(p.name for p in (place / "made").iterdir()) == ["1-0001.png", "2-0002.png", "3-0003.png"]
    unknown = calotype("run", "draw.json", "--seed", "1..3", "--save", "draw.saved=made/{seat}.png")
    assert unknown.code == 1 and "{seat} is not known" in unknown.err


def test_each_row_of_a_table_is_a_run(calotype, place):
    (place / "rows.csv").write_text(
        "colour,some_text,draw.batch\n1,x,\n2,stumble,\n\n3,,2\n900,,\n", encoding="utf-8-sig"
    )
    done = calotype("run", "draw.json", "--each", "rows.csv", "--seed", 5, "-o", "made")
    assert done.code == 1
    found = results(place / "made")
    assert [(r["item"], r["status"], len(r["files"])) for r in found] == [
        (1, "succeeded", 1),
        (2, "failed", 0),
        (3, "succeeded", 2),
        (4, "failed", 0),
    ]
    assert "900 is above 255" in found[3]["error"]["message"]
    again = calotype("run", "draw.json", "--each", "rows.csv", "--seed", 5, "-o", "made")
    assert "0 done, 2 done before, 2 failed" in again.err


def test_each_picture_of_a_folder_is_a_run_named_after_it(calotype, place):
    pictures = place / "pictures" / "inner"
    pictures.mkdir(parents=True)
    for name in ("a.png", "b.JPG", ".hidden.png", "notes.txt"):
        (pictures / name).write_bytes(name.encode())
    done = calotype("run", "copy.json", "--each", "pictures", "--save", "copy.saved=made/{stem}.bin", "--times", 2)
    assert done.code == 0, done.err
    assert {p.name: p.read_bytes() for p in (place / "made").iterdir()} == {
        "a.bin": b"a.pnga.png",
        "b.bin": b"b.JPGb.JPG",
    }


def test_a_picture_that_changed_is_done_again(calotype, place):
    (place / "pictures").mkdir()
    for name in ("a.png", "b.png"):
        (place / "pictures" / name).write_bytes(name.encode())
    calotype("run", "copy.json", "--each", "pictures", "-o", "made")
    (place / "pictures" / "b.png").write_bytes(b"another")
    assert "1 done, 1 done before" in calotype("run", "copy.json", "--each", "pictures", "-o", "made").err


def test_what_each_cannot_mean_is_said(calotype, place):
    (place / "empty").mkdir()
    (place / "bad.csv").write_text("colour,color\n1,2\n")
    (place / "twice.csv").write_text("colour,colour\n1,2\n")
    (place / "none.csv").write_text("")
    (place / "binary.csv").write_bytes(b"\xff\xfe\x00")
    (place / "unclosed.csv").write_text('colour,some_text\n1,"a\n2,b\n')
    said = {
        words: (done.code, done.err)
        for words in ("nowhere", "empty", "bad.csv", "twice.csv", "none.csv", "binary.csv", "unclosed.csv")
        for done in [calotype("run", "draw.json", "--each", words)]
    }
    assert {w: code for w, (code, _) in said.items()} == {
        "nowhere": 4, "empty": 2, "bad.csv": 2, "twice.csv": 2, "none.csv": 2, "binary.csv": 4, "unclosed.csv": 4,
    }  # fmt: skip
    assert "say which input takes the pictures" in said["empty"][1]
    assert 'no input "color". Did you mean "colour"?' in said["bad.csv"][1]
    assert calotype("run", "draw.json", "--each", "bad.csv", "--seed", "1,2").code == 2


def test_a_sweep_that_was_killed_goes_on_where_it_stood(place):
    command = [sys.executable, "-m", "calotype.cli", "run", "slow.json", "--set", "slow.steps=30..39", "-o", "made"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for _ in range(2):
        process.stdout.readline()
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=20)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    before = int(done.stderr.split(" done before")[0].rsplit(" ", 1)[1])
    assert before in (1, 2, 3)
    assert len({r["key"] for r in results(place / "made") if r["status"] == "succeeded"}) == 10


def test_an_interrupt_ends_a_sweep_and_keeps_what_is_done(place):
    command = [sys.executable, "-m", "calotype.cli", "run", "slow.json", "--set", "slow.steps=50..59", "-o", "made"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    done = [r["status"] for r in results(place / "made")]
    assert 1 <= len(done) < 10 and set(done) == {"succeeded"}
    (table,) = (place / "made").glob("grid_*.csv")
    assert len(table.read_text().splitlines()) == 1 + len(done)
