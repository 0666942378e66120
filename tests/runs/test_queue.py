"""What the queue promises: accepted is kept, ends once, answers for ever."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time

import pytest

from calotype.errors import LeaseLost, Occupied, RunError, StoreError, UnknownRun, WrongState
from calotype.runs import Query, Run, Runs

FILE = {"node": "it", "name": "a.txt", "digest": "blake3:aa", "media_type": "text/plain", "bytes": 1, "kept": True}


def test_a_run_goes_from_the_queue_to_its_end(runs, ask, clock):
    (run,) = runs.accept([ask(priority=3, client="ann", group="g")])
    assert run == Run(
        id=run.id,
        name="toy",
        state="queued",
        priority=3,
        place=1,
        created="2027-01-15T08:00:00.000+00:00",
        group="g",
        client="ann",
        last_seq=1,
    )
    lease = runs.claim("w0")
    assert (lease.run, lease.attempt, lease.worker, lease.client) == (run.id, 1, "w0", "ann")
    assert lease.workflow == runs.workflow(run.id)
    assert runs.append(lease, [{"event": "RunStarted", "run": "x", "seq": 1, "at": 0.25, "total": 1}]) == 3
    clock.shown += 2
    clock.ticks += 2
    ended = runs.finish(lease, "succeeded", record={"status": "succeeded"}, files=[FILE])
    assert ended == runs.get(run.id)
    assert (ended.state, ended.place, ended.attempts, ended.seconds, ended.files) == ("succeeded", None, 1, 2.0, [FILE])
    assert (ended.started, ended.ended) == ("2027-01-15T08:00:00.000+00:00", "2027-01-15T08:00:02.000+00:00")
    assert runs.record(run.id) == {"status": "succeeded"}
    assert runs.events(run.id)[2] == {
        "n": 3, "run": run.id, "seq": 3, "attempt": 1, "event": "RunStarted", "at": 0.25, "total": 1
    }  # fmt: skip
    assert runs.holders("blake3:aa") == [(run.id, "ann", FILE)]
    assert runs.digests() == {"blake3:aa"}


def test_only_who_holds_the_lease_may_write_and_only_once(runs, ask):
    runs.accept([ask()])
    old = runs.claim("w0")
    assert runs.lost(old, "it went", blame=False) == "queued"
    new = runs.claim("w1")
    assert (new.run, new.token > old.token, new.attempt) == (old.run, True, 2)
    for late in (
        lambda: runs.append(old, [{"event": "X"}]),
        lambda: runs.beat(old),
        lambda: runs.lost(old, "", blame=True),
    ):
        with pytest.raises(LeaseLost, match="no longer worker w0's"):
            late()
    with pytest.raises(LeaseLost):
        runs.finish(old, "failed", record={})
    runs.finish(new, "succeeded", record={})
    with pytest.raises(LeaseLost):
        runs.finish(new, "failed", record={})
    assert runs.get(new.run).state == "succeeded"
    assert [e["event"] for e in runs.events(new.run)].count("RunEnded") == 1


def test_a_run_that_lost_its_worker_goes_back_to_its_old_place(runs, ask, waiting):
    runs.accept([ask("1"), ask("2"), ask("3")])
    lease = runs.claim("w")
    assert waiting() == ["2", "3"]
    runs.lost(lease, "it went", blame=True)
    assert waiting() == ["1", "2", "3"]


def test_a_run_that_took_its_worker_down_twice_is_not_tried_again(runs, ask):
    (run,) = runs.accept([ask()])
    assert runs.lost(runs.claim("w"), "killed", blame=True) == "queued"
    assert runs.lost(runs.claim("w"), "the server ended", blame=False) == "queued"
    assert runs.lost(runs.claim("w"), "killed", blame=True, output="line") == "quarantined"
    assert runs.claim("w") is None
    error = runs.get(run.id).error
    assert (error["code"], error["output"]) == ("quarantined", "line")


def test_cancel_ends_the_waiting_marks_the_running_and_leaves_the_ended(runs, ask):
    first, second = runs.accept([ask(), ask()])
    assert runs.cancel(second.id).state == "cancelled"
    lease = runs.claim("w")
    assert runs.beat(lease) is False
    assert (runs.cancel(first.id).state, runs.get(first.id).cancelling) == ("running", True)
    assert runs.beat(lease) is True
    assert runs.finish(lease, "failed", record={}).state == "cancelled"
    assert runs.cancel(first.id).state == "cancelled"
    with pytest.raises(UnknownRun, match='never was a run "x"'):
        runs.cancel("x")


def test_a_cancelled_run_that_loses_its_worker_is_cancelled(runs, ask):
    runs.accept([ask()])
    lease = runs.claim("w")
    runs.cancel(lease.run)
    assert runs.lost(lease, "killed", blame=True) == "cancelled"


def test_the_order_is_by_priority_then_by_place_and_can_be_changed(runs, ask, waiting):
    by_name = {run.name: run.id for run in runs.accept([ask(name) for name in "abcd"])}
    runs.move(by_name["d"], first=True)
    assert waiting() == ["d", "a", "b", "c"]
    runs.move(by_name["a"], before=by_name["c"])
    assert waiting() == ["d", "b", "a", "c"]
    runs.move(by_name["d"], last=True)
    assert waiting() == ["b", "a", "c", "d"]
    assert runs.prioritise(by_name["c"], 5).place == 1
    assert waiting() == ["c", "b", "a", "d"]
    runs.move(by_name["d"], before=by_name["c"])
    assert (waiting(), runs.get(by_name["d"]).priority) == (["d", "c", "b", "a"], 5)
    runs.accept([ask("e")])
    assert waiting() == ["d", "c", "b", "a", "e"]
    assert [runs.get(by_name[n]).place for n in "dcba"] == [1, 2, 3, 4]
    with pytest.raises(RunError, match="say one of"):
        runs.move(by_name["a"])


def test_a_place_between_two_can_be_halved_any_number_of_times(runs, ask, waiting):
    first, *others = runs.accept([ask(str(i)) for i in range(3)])
    for _ in range(100):
        for other in others:
            runs.move(other.id, before=first.id)
    assert waiting() == ["1", "2", "0"]


def test_a_waiting_run_can_be_edited_and_keeps_its_id_and_place(runs, ask, waiting):
    first, _ = runs.accept([ask("old", text="apple", client="ann"), ask("other")])
    edited = runs.edit(first.id, ask("new", text="pear"))
    assert (edited.id, edited.name, edited.place, edited.client) == (first.id, "new", 1, "ann")
    assert runs.workflow(first.id)["nodes"]["it"]["inputs"]["text"] == "pear"
    assert [r.id for r in runs.list(Query(search="pear")).items] == [first.id]
    assert runs.list(Query(search="apple", client="ann")).items == []
    lease = runs.claim("w")
    with pytest.raises(WrongState, match="is running: only a queued run can be edited"):
        runs.edit(lease.run, ask())


def test_any_run_can_be_asked_for_again(runs, ask):
    (run,) = runs.accept([ask("toy", text="x", targets=("it",), client="ann", priority=9)])
    runs.finish(runs.claim("w"), "failed", record={})
    again = runs.duplicate(run.id, client="bob")
    assert again.id != run.id
    assert (again.state, again.client, again.priority) == ("queued", "bob", 0)
    lease = runs.claim("w")
    assert (lease.workflow, lease.targets) == (runs.workflow(run.id), ("it",))


def test_a_paused_queue_stays_paused_over_a_restart(runs, ask, path):
    runs.accept([ask()])
    runs.pause()
    assert (runs.paused, runs.claim("w")) == (True, None)
    runs.close()
    with Runs(path) as again:
        assert again.claim("w") is None
        again.resume()
        assert again.claim("w") is not None


def test_every_id_answers_with_its_state_for_ever(runs, ask, clock, path):
    accepted = runs.accept([ask(str(i), text=f"secret{i}") for i in range(6)])
    for state in ("succeeded", "failed", "cancelled"):
        runs.finish(runs.claim("w"), state, record={"x": 1}, files=[FILE])
    assert runs.delete(accepted[0].id).pruned
    assert runs.prune(keep_runs=1) == 1
    clock.shown += 3 * 86_400
    assert runs.prune(keep_days=2) == 1
    states = ["succeeded", "failed", "cancelled", "queued", "queued", "queued"]
    assert [runs.get(run.id).state for run in accepted] == states
    assert [run.name for run in runs.list().items] == ["5", "4", "3"]
    assert (runs.workflow(accepted[0].id), runs.record(accepted[0].id), runs.events(accepted[0].id)) == (None, None, [])
    assert runs.digests() == set()
    assert runs.list(Query(search="secret0")).items == []
    with pytest.raises(WrongState, match="cancel it first"):
        runs.delete(accepted[5].id)
    with pytest.raises(WrongState, match="no longer kept"):
        runs.duplicate(accepted[0].id)
    assert runs.counts() == {
        "queued": 3, "running": 0, "succeeded": 1, "failed": 1, "cancelled": 1, "quarantined": 0
    }  # fmt: skip
    runs.close()
    with Runs(path) as again:
        assert [again.get(run.id).state for run in accepted] == states
        assert again.get("never") is None


def test_what_a_dead_server_was_working_on_goes_back_without_blame(runs, ask, path, waiting):
    runs.accept([ask("1"), ask("2"), ask("3")])
    runs.claim("w"), runs.cancel(runs.claim("v").run)
    runs.close()
    with Runs(path) as again:
        (back,) = again.recover()
        page = again.list(Query(state=("queued",))).items
        assert [(r.name, r.attempts) for r in page] == [("1", 1), ("3", 0)]
        assert again.counts()["cancelled"] == 1
        lease = again.claim("w")
        assert (lease.run, lease.attempt) == (back, 2)


def test_a_lease_that_nobody_keeps_up_expires_whatever_the_wall_clock_does(runs, ask, clock):
    runs.accept([ask(), ask()])
    kept, left = runs.claim("w"), runs.claim("v")
    clock.shown -= 86_400
    clock.ticks += 14
    runs.beat(kept)
    assert runs.expired() == []
    clock.shown += 2 * 86_400
    clock.ticks += 2
    assert runs.expired() == [left]
    runs.lost(left, "nobody worked on it", blame=False)
    assert runs.expired() == []


def test_a_second_server_is_refused_by_the_name_of_the_first(runs, path):
    import os

    with pytest.raises(Occupied, match=f"process {os.getpid()}"):
        Runs(path)
    runs.close()
    Runs(path).close()


def test_a_lock_is_given_back_by_a_process_that_dies(path):
    code = (
        f"import os; from calotype.runs import Runs; from pathlib import Path; Runs(Path({str(path)!r})); os._exit(1)"
    )
    subprocess.run([sys.executable, "-c", code], check=False)
    Runs(path).close()


def test_a_file_that_is_no_database_is_said_in_one_sentence(path):
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no database at all " * 100)
    with pytest.raises(StoreError, match="Move the file away"):
        Runs(path)
    path.unlink()
    Runs(path).close()


def test_a_batch_is_accepted_whole_or_not_at_all(runs, ask):
    with pytest.raises(AttributeError):
        runs.accept([ask(), None])
    assert runs.counts()["queued"] == 0
    assert runs.accept([]) == []


def test_the_end_of_a_run_is_on_disk_at_once_and_its_acceptance_too(runs, ask):
    said = []
    runs._database._writer.set_trace_callback(said.append)
    runs.accept([ask()])
    lease = runs.claim("w")
    runs.finish(lease, "succeeded", record={})
    levels = [line.rpartition(" ")[2] for line in said if line.startswith("PRAGMA synchronous")]
    assert levels == ["FULL", "NORMAL", "FULL"]


def test_a_thousand_runs_are_accepted_in_time_and_lists_stay_quick(runs, ask):
    began = time.perf_counter()
    runs.accept([ask(text=f"prompt {i}") for i in range(1000)])
    assert time.perf_counter() - began < 10.0
    began = time.perf_counter()
    for _ in range(100):
        runs.accept([ask()])
    assert time.perf_counter() - began < 10.0
    began = time.perf_counter()
    for _ in range(20):
        runs.list(Query(state=("queued",)))
    assert (time.perf_counter() - began) / 20 < 0.5


def test_threads_may_share_the_queue_and_no_run_is_given_out_twice(runs, ask):
    runs.accept([ask() for _ in range(60)])
    taken, lock = [], threading.Lock()

    def work(name):
        while (lease := runs.claim(name)) is not None:
            runs.append(lease, [{"event": "X"}])
            runs.finish(lease, "succeeded", record={})
            with lock:
                taken.append(lease.run)

    threads = [threading.Thread(target=work, args=(f"w{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(taken), len(set(taken))) == (60, 60)


def test_listeners_hear_every_event_in_the_order_of_the_log(runs, ask):
    heard = []
    runs.listen(lambda told: heard.extend(event for _, event in told))
    runs.accept([ask(), ask()])
    lease = runs.claim("w")
    runs.append(lease, [{"event": "A"}, {"event": "B"}])
    runs.finish(lease, "succeeded", record={})
    assert heard == runs.feed()
    assert [e["n"] for e in heard] == list(range(1, len(heard) + 1))
    assert runs.feed(after=3, limit=1) == heard[3:4]
    assert runs.newest() == heard[-1]["n"]


def test_a_newer_database_is_not_touched(runs, path):
    runs.close()
    with sqlite3.connect(path) as database:
        database.execute("UPDATE facts SET value = '99' WHERE name = 'version'")
    database.close()
    with pytest.raises(StoreError, match="newer version"):
        Runs(path)
