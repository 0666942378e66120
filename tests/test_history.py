"""The history of runs, over real SQLite files."""

from __future__ import annotations

import threading

import pytest

from calotype.errors import StoreError
from calotype.history import History, RunRecord


def record(number: int, name: str = "toy") -> RunRecord:
    started = f"2026-01-01T00:00:{number:02}.000+00:00"
    return RunRecord(f"run{number}", name, "succeeded", started, 0.5, {"calotype": 1}, {"torch": "2.13.0"}, {})


@pytest.fixture
def history(tmp_path):
    opened = History(tmp_path / "deep" / "history.sqlite")
    yield opened
    opened.close()


def test_nothing_is_written_before_the_first_record(history, tmp_path):
    assert history.last("toy") is None
    assert not (tmp_path / "deep").exists()


def test_a_record_comes_back_whole_and_the_newest_is_the_last(history):
    for number in (1, 3, 2):
        history.add(record(number))
    history.add(record(9, "another"))
    assert history.last("toy") == record(3).to_dict()
    assert history.get("run2") == record(2).to_dict()
    assert history.get("run7") is None


def test_records_outlive_the_process(history, tmp_path):
    history.add(record(1))
    history.close()
    other = History(tmp_path / "deep" / "history.sqlite")
    assert other.get("run1") == record(1).to_dict()
    other.close()


def test_two_histories_and_many_threads_share_one_file(history, tmp_path):
    other = History(tmp_path / "deep" / "history.sqlite")
    threads = [
        threading.Thread(target=(history if n % 2 else other).add, args=(record(n),), daemon=True) for n in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert all(history.get(f"run{n}") for n in range(20))
    other.close()


def test_a_damaged_file_is_said_with_what_to_do(tmp_path):
    (tmp_path / "history.sqlite").write_bytes(b"not a database" * 100)
    damaged = History(tmp_path / "history.sqlite")
    with pytest.raises(StoreError, match="Move that file away to begin a new one"):
        damaged.add(record(1))


def test_it_can_be_kept_in_memory():
    history = History(None)
    history.add(record(1))
    history.close()
