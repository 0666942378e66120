"""`calotype run --server`: as a run here looks."""

import json
import os
import signal
import subprocess
import sys

import pytest


@pytest.fixture
def here(calotype, toys):
    return lambda *words: calotype(*words, "--plugins", toys)


@pytest.fixture
def there(calotype, server):
    return lambda *words: calotype(*words, "--server", server.link)


def test_a_run_on_a_server_looks_like_one_here(here, there, place):
    local = here("run", "draw.json", "--colour", 40, "-o", "made")
    bytes_here = (place / local.lines[0]).read_bytes()
    (place / local.lines[0]).unlink()
    remote = there("run", "draw.json", "--colour", 40, "-o", "made")
    assert (remote.code, remote.lines) == (local.code, local.lines) == (0, remote.lines)
    assert remote.err.splitlines()[-1].startswith("1 node computed, 0 stored")
    from calotype.images import without_text

    assert without_text((place / remote.lines[0]).read_bytes(), "calotype") == without_text(bytes_here, "calotype")


def test_the_token_may_lie_in_a_file(calotype, server, place):
    address, _, token = server.link.partition("/?token=")
    (place / "token").write_text(token + "\n")
    words = ("run", "draw.json", "--colour", 44, "--server", address, "--token-file")
    assert calotype(*words, place / "token").code == 0
    missing = calotype(*words, place / "nothing")
    assert (missing.code, "cannot be read" in missing.err) == (2, True)


def test_what_it_wrote_can_be_replayed(there, here):
    (path,) = there("run", "draw.json", "--colour", 41).lines
    assert here("replay", path).code == 0


def test_it_says_the_same_of_the_same_mistakes(here, there):
    for words in (
        ("--colour", 300),
        ("--some-text", "stumble"),
        ("--save", "draw.nothing=x.png"),
        ("--set", "x.y=1"),
    ):
        local, remote = here("run", "draw.json", *words), there("run", "draw.json", *words)
        assert (remote.code, remote.err.splitlines()[-1]) == (local.code, local.err.splitlines()[-1])


def test_a_node_that_is_not_there_is_a_problem_in_both(here, there):
    assert here("run", "draw.json", "--to", "nowhere").code == there("run", "draw.json", "--to", "nowhere").code == 3


def test_json_is_events_and_then_the_record(here, there):
    local = [json.loads(x) for x in here("run", "draw.json", "--colour", 42, "--json").lines]
    remote = [json.loads(x) for x in there("run", "draw.json", "--colour", 42, "--json").lines]
    assert [set(x) for x in remote] == [set(x) for x in local]
    assert [x["event"] for x in remote[:-1]] == [x["event"] for x in local[:-1]]
    assert [x["seq"] for x in remote[:-1]] == list(range(1, len(remote)))
    same = ("name", "status", "workflow", "files", "error")
    assert [remote[-1]["record"][k] for k in same] == [local[-1]["record"][k] for k in same]


def test_a_picture_given_by_its_path_is_sent(there, place):
    done = there("run", "mean.json", "--picture", "photos/orange.png", "--save", "mean.str=mean.txt")
    assert (done.code, done.lines) == (0, ["mean.txt"]), done.err
    assert (place / "mean.txt").read_text().strip() == "(200, 100, 50)"


def test_a_picture_in_the_folder_beside_the_workflow_is_sent(there, place):
    (place / "input").mkdir()
    (place / "photos" / "orange.png").rename(place / "input" / "red.png")
    (path,) = there("run", "mean.json").lines
    assert (place / path).read_text().strip() == "(200, 100, 50)"


def test_a_folder_of_pictures_is_worked_through_and_taken_up_again(there, place):
    from PIL import Image

    Image.new("RGB", (8, 8), (1, 2, 3)).save(place / "photos" / "dark.png")
    words = ("run", "mean.json", "--each", "photos", "--save", "mean.str={stem}.txt")
    assert there(*words).code == 0
    assert [(place / f"{n}.txt").read_text().strip() for n in ("dark", "orange")] == ["(1, 2, 3)", "(200, 100, 50)"]
    assert "2 done before" in there(*words).err


def test_a_sweep_makes_its_table_and_sheet(here, there, place):
    remote = there("run", "draw.json", "--colour", "1,2", "--seed", "3,4", "-o", "there")
    assert remote.code == 0, remote.err
    local = here("run", "draw.json", "--colour", "1,2", "--seed", "3,4", "-o", "here")
    assert [len(remote.lines), len(list((place / "there").glob("grid_*")))] == [len(local.lines), 2]


def test_what_only_this_machine_can_do_is_refused(there):
    for words, said in (
        (("--device", "cpu"), "--device"),
        (("--keep-going",), "--keep-going"),
        (("--save", "draw.saved=x", "--models", "."), "--models"),
    ):
        done = there("run", "draw.json", *words)
        assert (done.code, said in done.err) == (2, True)


def test_nobody_there_is_one_message(calotype):
    done = calotype("run", "draw.json", "--server", "http://127.0.0.1:9")
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert "no server answers at http://127.0.0.1:9" in done.err


def test_an_interrupt_cancels_the_run_on_the_server(server, client, place):
    words = [sys.executable, "-m", "calotype.cli", "run", "slow.json", "--seed", "99", "--server", server.link]
    env = os.environ | {"CALOTYPE_HOME": str(place / "home")}
    process = subprocess.Popen(words, cwd=place, env=env, stderr=subprocess.PIPE, text=True)
    seen = next(e for e in client.events(after=0) if e["event"] == "NodeProgress" and _seed(client, e["run"]) == 99)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, "stopping after this step" in err) == (130, True)
    assert client.run(seen["run"])["state"] == "cancelled"


def _seed(client, run):
    return client.workflow_of(run)["nodes"]["slow"].get("inputs", {}).get("seed")
