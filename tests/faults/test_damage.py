"""Bytes that are not what was written: in stored results, in files of runs, in every database; found out, and named."""

import json
import shutil
import sqlite3
import time
from contextlib import closing

import pytest
from faultkit.server import Server
from faultkit.traffic import STEPS, chain, digest, made, png

RUNS = 25  # runs, with four stored things each
VARIANTS, VARIANTS_LONG = 4, 24  # damages of one database


def flipped(path, draw):
    data = bytearray(path.read_bytes())
    data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    path.write_bytes(data)


def test_a_flipped_bit_in_each_of_a_hundred_files_is_found_and_computed_again(start, draw, figure):
    texts = [f"flip{i}-" for i in range(RUNS)]
    with start("--workers", "2") as server:
        server.ready()
        for id in [server.submit(chain(text)) for text in texts]:
            assert server.ended(id)["state"] == "succeeded"
        server.stop()
        home = server.home
    stored = [p for p in (home / "store").rglob("*") if p.is_file() and p.parent.parent.name in ("keys", "objects")]
    files = [home / "files" / digest(t)[7:9] / digest(t)[9:] for t in texts]
    for path in [*stored, *files]:
        flipped(path, draw)
    count = len(stored) + len(files)
    ledger = home.parent / "ledger"
    before = ledger.read_text().count("begun")
    with start("--workers", "2") as server:
        server.ready()
        answers = [server.ask("GET", f"/v1/files/{digest(text)}") for text in texts]
        assert {a.status for a in answers} == {404} and all("damaged" in a.json["detail"] for a in answers)
        for id in [server.submit(chain(text)) for text in texts]:
            assert server.ended(id)["state"] == "succeeded"
        for text in texts:
            assert server.ask("GET", f"/v1/files/{digest(text)}").data == made(text)
    again = ledger.read_text().count("begun") - before
    assert count >= RUNS * STEPS and again == RUNS * STEPS  # what was damaged was found out, every one
    figure("damage", f"{count} of {count} stored files with a flipped bit found out and made again", count >= 100)


def truncated(data, draw):
    return data[: draw.randrange(len(data))]


def bit(data, draw):
    at = draw.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << draw.randrange(8))]) + data[at + 1 :]


def torn(data, draw):
    """Some pages of nothing, as a disk leaves them that lied about writing."""
    at = draw.randrange(len(data) // 4096) * 4096
    return data[:at] + bytes(8192) + data[at + 8192 :]


def noise(data, draw):
    at = draw.randrange(len(data) // 4096) * 4096
    return data[:at] + draw.randbytes(4096) + data[at + 4096 :]


DAMAGES = (truncated, bit, torn, noise)
DATABASES = {
    "queue": "runs.sqlite",
    "library": "workflows/.journal.sqlite",
    "hashes": "cache/hashes.sqlite",
    "history": "history.sqlite",
}


@pytest.fixture(scope="module")
def furnished(seasoned, tmp_path_factory):
    """A home in which there is something in every database; the server is stopped."""
    place = tmp_path_factory.mktemp("furnished")
    shutil.copytree(seasoned / "home" / "cache", place / "home" / "cache")
    options = ("--plugins", str(seasoned / "plugins"), "--workers", "1")
    with Server(place / "home", *options, FAULTS_LEDGER=str(place / "ledger")) as server:
        server.ready()
        for number in range(12):
            server.ended(server.submit(chain(f"used{number}-")))
        for number in range(12):
            server.ask("PUT", "/v1/workflows/mine", chain(f"doc{number}-"), If_Match="*")
        sent = server.ask("POST", "/v1/uploads", data=png(7), Content_Type="image/png").json["file"]
        time.sleep(0.05)  # what changed just now is not remembered
        assert server.ask("GET", f"/v1/inputs/{sent}").status == 200
        server.stop()
    return server.home


@pytest.fixture
def used(furnished, start, tmp_path):
    """A home of this test that is like it."""
    shutil.copytree(furnished, tmp_path / "home", dirs_exist_ok=True)
    return tmp_path / "home"


def works(server):
    """Whether the server does everything that it is for, or says with a code what it cannot."""
    answers = [
        server.ask("GET", "/v1/runs?limit=500"),
        server.ask("GET", "/v1/runs?search=used"),
        server.ask("GET", "/v1/queue"),
        server.ask("GET", "/v1/workflows"),
        server.ask("GET", "/v1/workflows/mine"),
        server.ask("GET", "/v1/workflows/mine/versions"),
        server.ask("PUT", "/v1/workflows/new", chain("new-"), If_Match="*"),
        server.ask("GET", "/v1/inputs"),
        server.ask("POST", "/v1/runs", {"workflow": chain("new-")}),
    ]
    answers += [server.ask("GET", f"/v1/runs/{r['id']}") for r in answers[0].json.get("runs", [])]
    bad = [a.data for a in answers if a.status >= 500 and a.json["code"] in ("internal", "")]
    refused = [a for a in answers if a.status >= 500]
    return bad, refused


@pytest.mark.parametrize("what", DATABASES)
def test_a_damaged_database_is_found_out_mended_or_refused_with_what_to_do(start, used, draw, long, figure, what):
    path = used / DATABASES[what]
    if not path.exists():
        pytest.skip(f"a server keeps no {what}")
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    good, outcomes, wrong = path.read_bytes(), [], []
    for number in range(VARIANTS_LONG if long else VARIANTS):
        damage = DAMAGES[number % len(DAMAGES)]
        for extra in ("-wal", "-shm"):
            path.with_name(path.name + extra).unlink(missing_ok=True)
        path.write_bytes(damage(good, draw))
        try:
            server = start("--workers", "1")
        except AssertionError as error:
            outcomes.append("refused at the start")
            if "Traceback" in str(error) or path.name not in str(error):
                wrong.append((damage.__name__, str(error)[-800:]))
            continue
        bad, refused = works(server)
        outcomes.append("refused a request" if refused else "went on")
        wrong += [(damage.__name__, one) for one in bad]
        server.end()
    said = {outcome: outcomes.count(outcome) for outcome in sorted(set(outcomes))}
    assert wrong == []
    figure("damage", f"{what}: of {len(outcomes)} damaged copies {json.dumps(said)[1:-1]}", True)
