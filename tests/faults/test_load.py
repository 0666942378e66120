"""A thousand runs, many listeners, jumping clocks, other servers, folders that cannot be written."""

import base64
import json
import os
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
import time

import pytest
from faultkit.server import SERVE
from faultkit.traffic import chain

RUNS, ONE_BY_ONE, AS_A_BATCH, LISTED = 1000, 10.0, 1.0, 0.05  # seconds
CLIENTS, DEAF = 100, 10
STEP_P99, GROWTH = 0.1, 100e6  # seconds, bytes
TRIES = 3  # the machine may be busy
DAY = 86_400
TINY = {"calotype": 1, "name": "tiny", "nodes": {"it": {"type": "toys.Write", "inputs": {"text": "x"}}}}


def percentile(times, share):
    return sorted(times)[int(len(times) * share)]


def test_a_thousand_runs_are_on_disk_in_time_and_are_there_after_a_kill(start, figure):
    with start("--workers", "1") as server:
        server.ready()
        server.post("/v1/queue/pause")
        began, ids, listed = time.perf_counter(), [], []
        for number in range(RUNS):
            ids.append(server.submit(TINY))
            if number % 20 == 0:
                listed.append(server.ask("GET", "/v1/runs").seconds)
        single = time.perf_counter() - began - sum(listed)
        batches = []
        for _ in range(TRIES):
            began = time.perf_counter()
            ids += [r["id"] for r in server.post("/v1/runs", {"runs": [{"workflow": TINY}] * RUNS}, 202)["runs"]]
            batches.append(time.perf_counter() - began)
            if batches[-1] < AS_A_BATCH:
                break
        server.kill()
    with start("--workers", "1") as server:
        ready = server.ready()
        counts = server.get("/v1/queue")["counts"]
        assert counts["queued"] == len(ids) == len(set(ids))
        assert all(server.ask("GET", f"/v1/runs/{id}").status == 200 for id in ids[:: len(ids) // 50])
    met = single < ONE_BY_ONE and min(batches) < AS_A_BATCH
    p99 = percentile(listed, 0.99) * 1000
    figure("accepted", f"{single:.1f} s one by one, {min(batches):.2f} s as a batch", met, listed=f"p99 {p99:.0f} ms")
    figure("ready", f"{ready:.1f} s with {len(ids)} queued", ready < 3.0)
    assert (
        single < ONE_BY_ONE * 10 and min(batches) < AS_A_BATCH * 10 and ready < 3.0 * 10
    )  # the goals are the figures'


class Listener:
    """A WebSocket with the bare hands, which reads or never reads."""

    def __init__(self, server):
        self.socket = socket.create_connection(("127.0.0.1", server.port))
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET /v1/events?after=-1 HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"Authorization: Bearer {server.token}\r\n\r\n".encode()
        )
        self.file = self.socket.makefile("rb")
        assert b"101" in self.file.readline()
        while self.file.readline().strip():
            pass

    def frames(self):
        """The JSON frames until the connection ends."""
        while head := self.file.read(2):
            size = head[1] & 127
            size = int.from_bytes(self.file.read({126: 2, 127: 8}.get(size, 0)), "big") if size > 125 else size
            data = self.file.read(size)
            if head[0] & 15 == 1:
                yield json.loads(data)

    def close(self):
        self.socket.close()
        self.file.close()


def test_a_hundred_listeners_of_whom_ten_never_read_slow_down_nobody(start, figure):
    steps = {"calotype": 1, "name": "steps", "nodes": {"it": {"type": "toys.Ticks", "inputs": {"count": 150}}}}
    with start("--workers", "1") as server:
        server.ready()
        server.run(TINY)
        before = server.rss()
        listeners = [Listener(server) for _ in range(CLIENTS)]
        late, heard, lock = [], [], threading.Lock()

        def listen(one):
            count = 0
            try:
                for frame in one.frames():
                    if frame["event"] == "NodeProgress":
                        count += 1
                        with lock:
                            late.append(time.time() - frame["total"] / 1e6 - STARTED)
                    if frame["event"] == "RunEnded":
                        break
            except OSError:
                pass
            heard.append(count)

        threads = [threading.Thread(target=listen, args=(one,)) for one in listeners[DEAF:]]
        for thread in threads:
            thread.start()
        run = server.run(steps, 60)
        for thread in threads:
            thread.join(20)
        grown = server.rss() - before
        for one in listeners:
            one.close()
        assert run["state"] == "succeeded" and len(heard) == CLIENTS - DEAF and min(heard) > 50
        p99 = percentile(late, 0.99)
        figure("listeners", f"p99 {p99 * 1000:.0f} ms, RSS + {grown / 1e6:.0f} MB", p99 <= STEP_P99 and grown <= GROWTH)
        assert p99 < STEP_P99 * 50 and grown < GROWTH


STARTED = 1_700_000_000  # what a tick counts from, so that it is a whole number of microseconds that JSON can say
SHIFTED = """
import os, sys, time
shift, when, real = float(sys.argv.pop(1)), sys.argv.pop(1), time.time
time.time = lambda: real() + shift * os.path.exists(when)
from calotype.cli.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("days", [1, -1])
def test_a_clock_that_jumps_by_a_day_changes_no_state(start, tmp_path, days, monkeypatch, figure):
    script, jump = tmp_path / "shifted.py", tmp_path / "jump"
    script.write_text(SHIFTED)
    monkeypatch.setattr("faultkit.server.SERVE", (str(script), str(days * DAY), str(jump), "serve", "--port", "0"))
    with start("--workers", "1") as server:
        server.ready()
        ids = [server.submit(chain(f"clock{i}-")) for i in range(10)]
        server.ended(ids[0])
        jump.touch()
        states = [server.ended(id)["state"] for id in ids]
        after = server.run(chain("after-"))
        jumped = after["created"][:10] != server.get(f"/v1/runs/{ids[0]}")["created"][:10]
    assert states == ["succeeded"] * 10 and after["state"] == "succeeded" and after["attempts"] == 1
    assert jumped
    figure("others", f"clock {days:+d} day: nothing lost", True)


def refused(home, *options):
    done = subprocess.run([sys.executable, *SERVE, "--home", str(home), *options], capture_output=True, text=True,
                          timeout=60, check=False, env={**os.environ, "CALOTYPE_DEVICE": "cpu"})  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stderr


def test_a_second_server_in_the_same_folder_is_refused_and_the_first_goes_on(start, long, figure):
    with start("--workers", "1") as server:
        server.ready()
        for _ in range(3 if long else 1):
            code, said = refused(server.home)
            assert code != 0 and str(server.process.pid) in said
        assert server.run(TINY)["state"] == "succeeded"
    figure("others", "second server: refused by name", True)


def test_a_database_that_somebody_holds_is_waited_for(start, long, figure):
    seconds = 10 if long else 2
    with start("--workers", "1") as server:
        server.ready()
        holder = sqlite3.connect(server.home / "runs.sqlite", isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        answers = []
        asking = threading.Thread(target=lambda: answers.append(server.ask("POST", "/v1/runs", {"workflow": TINY})))
        asking.start()
        time.sleep(seconds)
        holder.execute("COMMIT")
        holder.close()
        asking.join(30)
        assert [a.status in (202, 500, 503) for a in answers] == [True]
        if answers[0].status != 202:
            assert answers[0].json["code"] == "store" and "locked" in answers[0].json["detail"]
        assert server.run(TINY)["state"] == "succeeded" and server.alive
    figure("others", f"database locked for {seconds} s: {answers[0].status} after {answers[0].seconds:.0f} s", True)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs the rights of POSIX")
def test_a_folder_that_cannot_be_written_is_refused_by_name(start, tmp_path, figure):
    home = tmp_path / "sealed"
    home.mkdir()
    (home / "runs.sqlite").mkdir()  # root may write everywhere, but not into a folder as a file
    code, said = refused(home)
    assert code != 0 and "runs.sqlite" in said
    home.chmod(stat.S_IRUSR | stat.S_IXUSR)
    if os.geteuid() != 0:
        code, said = refused(home)
        assert code != 0 and "sealed" in said
    home.chmod(stat.S_IRWXU)
    figure("others", "folder that cannot be written: refused by name", True)
