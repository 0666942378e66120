import io

import pytest
import torch
from PIL import Image as Pictures

from calotype.types import FileRef, Image, Latent, Vae
from calotype_nodes.video import EmptyVideoLatent, SaveVideo, VAEEncodeVideo

VAE = Vae(FileRef("vae", "a.safetensors"), "wan")


def frames(count, height=32, width=48):
    return Image(torch.linspace(0, 1, count)[:, None, None, None].expand(count, height, width, 3))


def test_an_empty_video_has_one_latent_frame_and_one_for_each_further_four():
    for length, times in ((1, 1), (4, 1), (5, 2), (33, 9)):
        got = EmptyVideoLatent(width=64, height=32, length=length, batch_size=2).run()
        assert got.samples.shape == (2, 16, times, 4, 8)
        assert not got.samples.any()


def test_pictures_become_one_video(host):
    class Autoencoder:
        def encode_video(self, pixels):
            return pixels[::4, ::8, ::8].permute(3, 0, 1, 2)[None]

    host.models[VAE] = Autoencoder()
    got = VAEEncodeVideo(images=frames(5), vae=VAE).run(host)
    assert isinstance(got, Latent)
    assert got.samples.shape == (1, 3, 2, 4, 6)


def test_a_vae_for_pictures_is_refused_with_what_to_use(host):
    host.models[VAE] = object()
    with pytest.raises(ValueError, match="this VAE is for pictures; a video needs that of a video model"):
        VAEEncodeVideo(images=frames(5), vae=VAE).run(host)


def test_an_mp4_has_all_frames_at_their_rate(host):
    av = pytest.importorskip("av")
    saved = SaveVideo(images=frames(9, 33, 48), prefix="walk", format="mp4", frames_per_second=12.5).run(host)
    (file,) = saved.files
    assert (file.name, file.media_type, saved.kept) == ("walk.mp4", "video/mp4", True)
    with av.open(io.BytesIO(file.data)) as container:
        stream = container.streams.video[0]
        read = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        assert (float(stream.average_rate), stream.codec_context.name) == (12.5, "h264")
    assert [one.shape for one in read] == [(32, 48, 3)] * 9
    assert [float(one.mean()) / 255 for one in read] == pytest.approx([i / 8 for i in range(9)], abs=0.02)


@pytest.mark.parametrize("kind", ["webp", "png", "gif"])
def test_moving_pictures_need_no_extra(host, kind):
    (file,) = SaveVideo(images=frames(4), format=kind, frames_per_second=8.0).run(host).files
    assert (file.name, file.media_type) == (f"video.{kind}", f"image/{kind}")
    with Pictures.open(io.BytesIO(file.data)) as picture:
        assert picture.n_frames == 4


def test_without_pyav_the_message_says_what_to_install(host, monkeypatch):
    from calotype.errors import ModelError

    monkeypatch.setitem(__import__("sys").modules, "av", None)
    with pytest.raises(ModelError, match=r"pip install 'calotype\[video\]'"):
        SaveVideo(images=frames(2), format="mp4").run(host)
