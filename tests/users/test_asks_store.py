"""Asks of users that the store and the files answer."""

import os

import pytest

from calotype.errors import FileError
from calotype.files import Files
from calotype.store import Store, Stored
from calotype.types import Artifact, Saved

KEY = "ab" * 16


@pytest.fixture
def files(tmp_path):
    (tmp_path / "models" / "checkpoints").mkdir(parents=True)
    (tmp_path / "models" / "loras").mkdir()
    (tmp_path / "models" / "checkpoints" / "sd15.safetensors").write_bytes(b"weights")
    roots = {name: [tmp_path / "models" / name] for name in ("checkpoints", "loras")}
    files = Files(roots, tmp_path / "hashes.sqlite")
    yield files
    files.close()


def test_e4_a_checkpoint_replaced_under_the_same_name_is_noticed(files, tmp_path):
    before = files.resolve("checkpoints", "sd15.safetensors")
    path = files.path(before)
    time = path.stat().st_mtime_ns
    (tmp_path / "new").write_bytes(b"WEIGHTS")
    (tmp_path / "new").replace(path)
    os.utime(path, ns=(time, time))
    assert files.resolve("checkpoints", "sd15.safetensors").hash != before.hash


def test_e4_a_corrupted_result_is_never_returned(tmp_path):
    with Store(tmp_path) as store:
        store.put(
            KEY, Stored({"images": Saved((Artifact("a.png", "image/png", b"picture"),))}, 1.0, "save", "SaveImage")
        )
    (path,) = (tmp_path / "objects").rglob("*.png")
    path.write_bytes(b"pixture")
    said = []
    assert Store(tmp_path, on_warning=said.append).get(KEY) is None
    assert said == [f"stored results: the object {path.name} is not what was written; removed, and computed again"]


def test_e6_models_resolve_by_content_hash_wherever_they_lie(files, tmp_path):
    asked = files.resolve("checkpoints", "sd15.safetensors")
    files.path(asked).replace(tmp_path / "models" / "loras" / "renamed by somebody.safetensors")
    assert files.path(asked).name == "renamed by somebody.safetensors"


def test_e6_nothing_is_substituted_silently(files):
    asked = files.resolve("checkpoints", "sd15.safetensors")
    files.path(asked).write_bytes(b"other weights")
    with pytest.raises(FileError, match="has other content than the workflow asks for"):
        files.path(asked)
