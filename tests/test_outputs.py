"""The files that runs hand out."""

from __future__ import annotations

import pytest
from blake3 import blake3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calotype.errors import FileError
from calotype.outputs import Outputs


@pytest.fixture
def outputs(tmp_path):
    return Outputs(tmp_path / "files")


def read(outputs, digest):
    with outputs.open(digest) as file:
        return file.read()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(st.binary(max_size=1000))
def test_what_is_put_is_found_by_its_content(outputs, data):
    digest = outputs.put(data)
    assert digest == f"blake3:{blake3(data).hexdigest()}"
    assert outputs.put(data) == digest
    assert read(outputs, digest) == outputs.path(digest).read_bytes() == data


def test_a_flipped_bit_is_found_out_and_the_file_dropped(outputs):
    digest = outputs.put(b"some contents")
    outputs.path(digest).write_bytes(b"some cOntents")
    with pytest.raises(FileError, match="damaged on disk"):
        outputs.open(digest)
    with pytest.raises(FileError, match="no longer kept"):
        outputs.path(digest)
    assert read(outputs, outputs.put(b"some contents")) == b"some contents"


@pytest.mark.parametrize("name", ["", "blake3:", "blake3:../../etc/passwd", "blake3:" + "A" * 64, "sha256:" + "a" * 64])
def test_what_is_no_digest_reaches_no_file(outputs, name):
    with pytest.raises(FileError, match="is no digest"):
        outputs.path(name)


def test_pruning_keeps_what_is_named_and_drops_the_unfinished(outputs):
    kept, dropped = outputs.put(b"kept"), outputs.put(b"dropped")
    unfinished = outputs.path(dropped).parent / ".tmp-xyz"
    unfinished.write_bytes(b"half")
    assert outputs.prune({kept}) == 0  # of a run that may not have ended yet
    assert outputs.prune({kept}, younger=-1) == len(b"dropped") + len(b"half")
    assert read(outputs, kept) == b"kept"
    assert not unfinished.exists()
    with pytest.raises(FileError):
        outputs.path(dropped)


def test_a_folder_that_cannot_be_written_is_one_clear_error(tmp_path):
    (tmp_path / "files").write_text("a file in the way")
    with pytest.raises(FileError, match="cannot write a file of a run"):
        Outputs(tmp_path / "files").put(b"x")


def test_a_file_that_is_made_again_counts_as_new(outputs):
    import os

    digest = outputs.put(b"x")
    os.utime(outputs.path(digest), (0, 0))
    outputs.put(b"x")
    assert outputs.prune(()) == 0
    os.utime(outputs.path(digest), (0, 0))
    assert outputs.prune(()) == 1
