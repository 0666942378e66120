import pytest
import torch
from safetensors.torch import load, save, save_file

from calotype.errors import FileError
from calotype.exports import export
from calotype.types import FileRef, Latent
from calotype_nodes.latent_files import LoadLatent, SaveLatent

VALUES = torch.arange(16.0).reshape(1, 4, 2, 2)


@pytest.fixture
def read(host, tmp_path, monkeypatch):
    """Reads bytes as a file of latents; None for what lies there already."""

    def reading(data=None):
        path = tmp_path / "some.latent"
        if data is not None:
            path.write_bytes(data)
        monkeypatch.setattr(host, "path", lambda ref: tmp_path / ref.name)
        return LoadLatent(file=FileRef("input", path.name)).run(host)

    return reading


def test_latents_are_written_as_comfyui_writes_them_and_read_again(read):
    (file,) = SaveLatent(latent=Latent(VALUES, torch.ones(1, 2, 2)), prefix="latents/a").run().files
    assert (file.name, file.media_type) == ("latents_a.latent", "application/octet-stream")
    assert {name: t.shape for name, t in load(file.data).items()} == {
        "latent_tensor": (1, 4, 2, 2),
        "latent_format_version_0": (0,),
    }
    got = read(file.data)
    assert torch.equal(got.samples, VALUES) and got.noise_mask is None


def test_older_files_of_comfyui_are_scaled_back(read):
    assert torch.allclose(read(save({"latent_tensor": VALUES * 0.18215})).samples, VALUES)


def test_a_result_that_was_saved_by_name_is_read_whole(read, tmp_path):
    export(Latent(VALUES, torch.ones(1, 2, 2), (3,), 4), tmp_path / "some.safetensors")
    (tmp_path / "some.safetensors").rename(tmp_path / "some.latent")
    got = read()
    assert torch.equal(got.samples, VALUES) and got.noise_mask.shape == (1, 2, 2)
    assert (got.indices, got.total) == ((3,), 4)


def test_other_files_are_refused(read, tmp_path):
    save_file({"weight": VALUES}, tmp_path / "some.latent")
    with pytest.raises(FileError, match=r'"some\.latent" has no latents; it has weight'):
        read()
    with pytest.raises(FileError, match=r'"some\.latent" is not a file of latents'):
        read(b"words")
