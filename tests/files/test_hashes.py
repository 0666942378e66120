"""Content hashes are remembered as long as a file stays what it was."""

import os
import subprocess
import sys

import blake3
import pytest

from calotype.errors import FileError
from calotype.files import Hashes, hashes


@pytest.fixture
def read(monkeypatch):
    """The files that were really read."""
    seen = []
    real = hashes.file_hash
    monkeypatch.setattr(hashes, "file_hash", lambda path: seen.append(path.name) or real(path))
    return seen


def settled(path, data):
    path.write_bytes(data)
    os.utime(path, ns=(10**18, 10**18))
    return path


def digest(data):
    return "blake3:" + blake3.blake3(data).hexdigest()


def test_a_file_is_read_once_even_by_the_next_process(tmp_path, read):
    path = settled(tmp_path / "a", b"x")
    for _ in range(2):
        known = Hashes(tmp_path / "cache.sqlite")
        assert [known.of(path), known.of(path), known.known(path)] == [digest(b"x")] * 3
        known.close()
    assert read == ["a"]


@pytest.mark.parametrize("size", [0, 1, 1000, 3 << 20])
def test_the_hash_is_that_of_blake3(tmp_path, size):
    data = os.urandom(size)
    assert Hashes(None).of(settled(tmp_path / "a", data)) == digest(data)


def test_a_file_replaced_under_its_name_is_noticed_even_with_the_old_size_and_time(tmp_path):
    known = Hashes(tmp_path / "cache.sqlite")
    path = settled(tmp_path / "a", b"old")
    assert known.of(path) == digest(b"old")
    settled(tmp_path / "b", b"new").replace(path)
    assert known.of(path) == digest(b"new")
    known.close()


def test_a_file_that_has_just_changed_is_not_remembered(tmp_path, read, monkeypatch):
    path, known = tmp_path / "a", Hashes(None)
    path.write_bytes(b"x")
    monkeypatch.setattr(hashes.time, "time_ns", lambda: path.stat().st_mtime_ns + 1_000_000)
    assert known.of(path) == known.of(path)
    assert read == ["a", "a"]


def test_a_file_from_the_future_is_remembered(tmp_path, read):
    path, known = tmp_path / "a", Hashes(None)
    path.write_bytes(b"x")
    os.utime(path, ns=(2**62, 2**62))
    assert known.of(path) == known.of(path)
    assert read == ["a"]


def test_a_cache_that_is_not_a_database_is_made_anew(tmp_path, read):
    cache, path = tmp_path / "cache.sqlite", settled(tmp_path / "a", b"x")
    cache.write_bytes(b"this is not a database at all" * 100)
    for _ in range(2):
        known = Hashes(cache)
        assert known.of(path) == digest(b"x")
        known.close()
    assert read == ["a"]


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path, caplog):
    (tmp_path / "file").write_bytes(b"")
    known = Hashes(tmp_path / "file" / "cache.sqlite")
    assert known.of(settled(tmp_path / "a", b"x")) == digest(b"x")
    assert "is not used" in caplog.text


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(FileError, match="cannot be read: No such file"):
        Hashes(None).of(tmp_path / "a")


def test_processes_share_the_cache(tmp_path):
    paths = [settled(tmp_path / f"f{i}", b"%d" % i) for i in range(40)]
    code = (
        "import sys; from pathlib import Path; from calotype.files import Hashes\n"
        "known = Hashes(Path(sys.argv[1]))\n"
        "print([known.of(Path(p)) for p in sys.argv[2:]])"
    )
    asked = [sys.executable, "-c", code, str(tmp_path / "cache.sqlite"), *map(str, paths)]
    running = [subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(3)]
    said = [p.communicate() for p in running]
    assert said == [(str([digest(b"%d" % i) for i in range(40)]).encode() + b"\n", b"")] * 3
    known = Hashes(tmp_path / "cache.sqlite")
    assert all(known.known(p) for p in paths)
    known.close()
