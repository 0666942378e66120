"""Pictures that are taken in: the same pixels, and nothing else."""

import io
import os
import re
import signal
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from calotype.errors import FileError
from calotype.files import Files
from calotype.images import decode, text_of
from calotype.uploads import Bounds, Uploads


def corpus():
    spec = spec_from_file_location("corpus", Path(__file__).with_name("conftest.py"))
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


made = corpus()


@pytest.mark.parametrize("kind", made.PICTURES)
def test_a_node_reads_the_stored_picture_as_it_would_have_read_the_file(send, uploads, tmp_path, kind):
    data = made.PICTURES[kind]()
    (tmp_path / "original").write_bytes(data)
    found = send(data)
    wanted, kept = decode(tmp_path / "original"), decode(uploads.root / found.file)
    np.testing.assert_array_equal(wanted, kept)
    assert (found.frames, found.height, found.width) == wanted.shape[:3]
    assert found.alpha == (wanted.shape[-1] == 4)
    assert [p.name for p in uploads.root.iterdir()] == [found.file]


def test_a_picture_is_found_by_its_name_and_hash(send, uploads):
    found = send(made.PICTURES["png"](), "Portrait of Ann.PNG")
    assert re.fullmatch(r"Portrait-of-Ann-[0-9a-f]{16}\.png", found.file)
    files = Files({"input": [uploads.root]})
    assert files.list("input") == [found.file]
    assert files.resolve("input", found.file).hash == found.hash


def test_the_same_picture_is_kept_once_under_its_first_name(send):
    first = send(made.PICTURES["png"](), "one.png")
    second = send(made.PICTURES["png"](), "two.png")
    assert (first.new, second.new, second.file) == (True, False, first.file)


@pytest.mark.parametrize(
    "name", ["../../up.png", "/etc/passwd", "C:\\x.png", "", ".", "a\0b.png", "\u202egnp.exe", "con.png", "x" * 999]
)
def test_a_name_given_by_others_leads_nowhere(send, uploads, tmp_path, name):
    found = send(made.PICTURES["png"](), name)
    assert [p.name for p in uploads.root.iterdir()] == [found.file]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["input"]
    assert re.fullmatch(r"[\w-]*[0-9a-f]{16}\.png", found.file) and len(found.file) < 90


def test_nothing_but_pixels_is_kept(send, uploads):
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    data = made.saved(made.gradient(), "JPEG", exif=exif, comment=b"secret words", icc_profile=b"secret profile")
    assert b"secret" not in (uploads.root / send(data).file).read_bytes()


@pytest.mark.parametrize("keyword", ["calotype", "workflow", "prompt", "parameters"])
def test_a_workflow_inside_is_said_and_not_kept(send, uploads, keyword):
    found = send(made.with_text(keyword, '{"secret": 1}' * 100_000, zip=True))
    assert found.workflow
    assert text_of((uploads.root / found.file).read_bytes()) == {}
    assert not send(made.with_text("Title", "a picture")).workflow


@pytest.mark.parametrize(
    "kind", ["png", "jpeg", "progressive jpeg", "webp", "gif", "moving gif", "bmp", "tiff", "moving png"]
)
def test_a_file_that_is_cut_short_is_refused(send, uploads, kind):
    data = made.PICTURES[kind]()
    for part in (0.2, 0.5, 0.9):
        with pytest.raises(FileError):
            send(data[: int(len(data) * part)])
    assert list(uploads.root.iterdir()) == []


def test_damage_that_the_structure_does_not_show_is_found_by_the_decoder(send, uploads):
    with pytest.raises(FileError, match='"picture" cannot be decoded'):
        send(made.png(64, 64, b"too little"))
    assert list(uploads.root.iterdir()) == []


def test_a_file_that_is_too_large_is_refused_unread(uploads):
    part = uploads.begin()
    with part.open("wb") as file:
        file.truncate(101 * 1024**2)
    with pytest.raises(FileError, match="larger than 100 MiB"):
        uploads.accept(part)
    assert not part.exists()


def test_bounds_can_be_set(tmp_path):
    uploads = Uploads(tmp_path / "input", Bounds(pixels=100))
    part = uploads.begin()
    part.write_bytes(made.PICTURES["png"]())
    with pytest.raises(FileError, match="megapixels"):
        uploads.accept(part)


KILLED = """
import sys
from pathlib import Path
from calotype.crash import Crash
from calotype.uploads import Uploads
uploads = Uploads(Path(sys.argv[1]), crash=Crash.asked())
part = uploads.begin()
part.write_bytes(Path(sys.argv[2]).read_bytes())
uploads.accept(part, "x.png")
"""


@pytest.mark.parametrize("point", ["upload.written", "upload.renamed"])
def test_a_killed_server_leaves_a_whole_picture_or_none(tmp_path, uploads, send, point):
    (tmp_path / "x.png").write_bytes(made.PICTURES["png"]())
    words = [sys.executable, "-c", KILLED, str(uploads.root), str(tmp_path / "x.png")]
    done = subprocess.run(words, env=os.environ | {"CALOTYPE_CRASH_AT": point}, check=False)
    assert done.returncode == -signal.SIGKILL
    listed = Files({"input": [uploads.root]}).list("input")
    assert len(listed) == (point == "upload.renamed")
    for name in listed:
        Image.open(io.BytesIO((uploads.root / name).read_bytes())).load()
    assert send(made.PICTURES["png"](), "x.png").new == (point == "upload.written")
