"""Files by name, and by content wherever they lie."""

import threading

import blake3
import pytest

from calotype.errors import FileError
from calotype.files import Files
from calotype.types import FileRef


def digest(data):
    return "blake3:" + blake3.blake3(data).hexdigest()


@pytest.fixture
def places(tmp_path):
    for name, data in {
        "one/sd15.safetensors": b"one",
        "two/sd15.safetensors": b"two",
        "two/sub/sdxl.safetensors": b"xl",
        "two/.hidden": b"",
        "loras/film.safetensors": b"film",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    return tmp_path


@pytest.fixture
def files(places):
    roots = {"checkpoints": [places / "one", places / "two", places / "nowhere"], "loras": [places / "loras"]}
    with_cache = Files(roots, places / "cache" / "hashes.sqlite")
    yield with_cache
    with_cache.close()


def test_names_are_listed_once_sorted_with_forward_slashes(files):
    assert files.list("checkpoints") == ["sd15.safetensors", "sub/sdxl.safetensors"]


def test_the_first_directory_wins(files, places):
    assert files.find("checkpoints", "sd15.safetensors") == places / "one" / "sd15.safetensors"


def test_a_reference_has_the_content_hash(files):
    assert files.resolve("checkpoints", "sub/sdxl.safetensors") == FileRef(
        "checkpoints", "sub/sdxl.safetensors", digest(b"xl")
    )


def test_a_hash_chooses_the_file_of_that_content_behind_another_of_its_name(files, places):
    assert files.path(FileRef("checkpoints", "sd15.safetensors", digest(b"two"))) == places / "two" / "sd15.safetensors"


def test_a_moved_and_renamed_file_is_found_by_its_content_in_any_folder(files, places):
    ref = files.resolve("checkpoints", "sub/sdxl.safetensors")
    (places / "two/sub/sdxl.safetensors").rename(places / "loras" / "other.safetensors")
    assert files.path(ref) == places / "loras" / "other.safetensors"
    assert files.resolve("checkpoints", ref.name, ref.hash) == ref


def test_other_content_under_the_name_is_never_taken_silently(files):
    with pytest.raises(FileError) as error:
        files.find("checkpoints", "sub/sdxl.safetensors", digest(b"gone"))
    assert "has other content than the workflow asks for" in str(error.value)
    assert digest(b"gone") in str(error.value) and digest(b"xl") in str(error.value)


def test_a_missing_file_is_said_with_folder_name_directories_and_nearest_name(files, places):
    with pytest.raises(FileError) as error:
        files.find("checkpoints", "sdx1.safetensors")
    looked = ", ".join(str(places / d) for d in ("one", "two", "nowhere"))
    assert str(error.value) == (
        f'checkpoints: there is no file "sdx1.safetensors". Looked in {looked}. Did you mean "sub/sdxl.safetensors"?'
    )


def test_an_unknown_folder_is_said_with_the_nearest(files):
    with pytest.raises(FileError, match=r'there is no folder "checkpoint"\. Did you mean "checkpoints"\?'):
        files.list("checkpoint")


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        ("SD15.SAFETENSORS", "sd15.safetensors"),
        ("old/place/sdxl.safetensors", "sub/sdxl.safetensors"),
        ("sub\\sdxl.safetensors", "sub/sdxl.safetensors"),
        ("nothing alike", None),
    ],
)
def test_the_nearest_name(files, asked, near):
    assert files.near("checkpoints", asked) == near


def test_a_directory_in_diffusers_layout_is_one_model(files, places):
    model = places / "one" / "my-model"
    (model / "unet").mkdir(parents=True)
    (model / "model_index.json").write_text("{}")
    (model / "unet" / "weights.safetensors").write_bytes(b"w")
    assert files.list("checkpoints") == ["my-model", "sd15.safetensors", "sub/sdxl.safetensors"]
    ref = files.resolve("checkpoints", "my-model")
    assert files.path(ref) == model
    (model / "unet" / "weights.safetensors").write_bytes(b"v")
    assert files.resolve("checkpoints", "my-model").hash != ref.hash


def test_a_plain_directory_is_no_file(files):
    with pytest.raises(FileError, match='there is no file "sub"'):
        files.find("checkpoints", "sub")


def test_many_threads_may_resolve_at_once(files):
    found, threads = [], []
    for _ in range(8):
        threads.append(threading.Thread(target=lambda: found.append(files.resolve("checkpoints", "sd15.safetensors"))))
        threads[-1].start()
    for thread in threads:
        thread.join()
    assert found == [FileRef("checkpoints", "sd15.safetensors", digest(b"one"))] * 8


def test_a_file_that_was_moved_is_found_without_reading_the_others(files, places, monkeypatch):
    for i in range(5):
        (places / "one" / f"a{i}.safetensors").write_bytes(b"%d" % i)
    (places / "loras" / "wanted.safetensors").write_bytes(b"wanted")
    read, real = [], files.hashes.of
    monkeypatch.setattr(files.hashes, "of", lambda path: read.append(path.name) or real(path))
    assert files.find("checkpoints", "gone/wanted.safetensors", digest(b"wanted")).parent == places / "loras"
    assert read == ["wanted.safetensors"]
