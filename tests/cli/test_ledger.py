"""The ledger survives kills."""

from hypothesis import given
from hypothesis import strategies as st

from calotype.cli.ledger import Ledger, Result


def test_what_succeeded_is_known_again(tmp_path):
    file = tmp_path / "a.png"
    file.write_bytes(b"x")
    ledger = Ledger(tmp_path / "results.jsonl")
    ledger.add(Result(1, "one", "k1", "succeeded", files=(str(file),)))
    ledger.add(Result(2, "two", "k2", "failed", error={"message": "no"}))
    again = Ledger(tmp_path / "results.jsonl")
    assert again.done("k1") == (str(file),)
    assert again.done("k2") is None
    assert again.done("k3") is None


def test_what_was_deleted_is_done_again(tmp_path):
    ledger = Ledger(tmp_path / "results.jsonl")
    ledger.add(Result(1, "one", "k1", "succeeded", files=(str(tmp_path / "gone.png"),)))
    assert Ledger(tmp_path / "results.jsonl").done("k1") is None


def test_a_line_cut_off_by_a_kill_loses_only_itself(tmp_path):
    path = tmp_path / "results.jsonl"
    Ledger(path).add(Result(1, "one", "k1", "succeeded"))
    Ledger(path).add(Result(2, "two", "k2", "succeeded"))
    path.write_bytes(path.read_bytes()[:-9])
    Ledger(path).add(Result(3, "three", "k3", "succeeded"))
    again = Ledger(path)
    assert (again.done("k1"), again.done("k2"), again.done("k3")) == ((), None, ())


@given(st.binary(max_size=200))
def test_no_content_of_the_file_stops_a_batch(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("ledger") / "results.jsonl"
    path.write_bytes(data)
    Ledger(path).add(Result(1, "one", "key", "succeeded"))
    assert Ledger(path).done("key") == ()
