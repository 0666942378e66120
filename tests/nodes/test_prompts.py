"""Prompts for families with several text encoders, and pictures for models that read them."""

import pytest
import torch
from torch.testing import assert_close

from calotype.diffusion.families.base import Encoded
from calotype.diffusion.text.encoder import TextEncoder
from calotype.errors import ModelError
from calotype.types import Clip, Conditioning, FileRef, Image, Latent, Mask, Prompt, Vae
from calotype_nodes.editing_models import EditModelConditioning, InpaintModelConditioning, VideoModelConditioning
from calotype_nodes.latent_starts import EmptyFlux2Latent, EmptySD3Latent, LatentBatchSeeds, PictureSize
from calotype_nodes.prompts import (
    ConditioningGuidance,
    TextEncodeFlux,
    TextEncodeSD3,
    TextEncodeSDXL,
    TextEncodeSDXLRefiner,
)
from calotype_nodes.tiling import VAEDecodeTiled, VAEEncodeTiled

CLIP, VAE = Clip(FileRef("clip", "c.safetensors"), "sdxl"), Vae(FileRef("vae", "v.safetensors"), "sdxl")


class Words:
    """Says a number for each word, in chunks of three tokens; 9 is padding."""

    def __init__(self, width, sign=1):
        self.width, self.sign = width, sign

    def encoded(self, text, device, skip):
        numbers = [float(word) for word in text.split()]
        numbers += [9.0] * (-len(numbers) % 3 or 3 * (not numbers))
        tokens = torch.tensor(numbers)[None, :, None].expand(-1, -1, self.width) * self.sign
        return Encoded(tokens, torch.full((1, 2), tokens[0, 0, 0]))


def encoder(*signs):
    return TextEncoder("toy", [Words(1, sign) for sign in signs], torch.device("cpu"))


def said(conditioning):
    (prompt,) = conditioning.prompts
    return prompt.tokens[0].T.tolist(), dict(prompt.options)


def test_sdxl_hears_both_texts_and_the_shorter_is_filled_up(host):
    host.models[CLIP] = encoder(1, -1)
    node = TextEncodeSDXL(text_g="1 2 3 4", text_l="5", clip=CLIP, width=512, crop_w=8, target_height=768)
    tokens, options = said(node.run(host))
    assert tokens == [[5, 9, 9, 9, 9, 9], [-1, -2, -3, -4, -9, -9]]
    assert options == {
        "width": 512, "height": 1024, "crop_w": 8, "crop_h": 0, "target_width": 1024, "target_height": 768,
    }  # fmt: skip


def test_the_refiner_is_told_a_score(host):
    host.models[CLIP] = encoder(1)
    tokens, options = said(TextEncodeSDXLRefiner(text="1 2 3", clip=CLIP, score=2.5, width=640).run(host))
    assert (tokens, options) == ([[1, 2, 3]], {"aesthetic_score": 2.5, "width": 640, "height": 1024})


def test_sd3_hears_three_texts(host):
    host.models[CLIP] = TextEncoder(
        "toy",
        [Words(1), Words(1, -1), Words(1)],
        torch.device("cpu"),
        join=lambda e: Prompt(torch.cat([x.tokens for x in e], 1)),
    )
    tokens, _ = said(TextEncodeSD3(text_l="1", text_g="2", text_t5="3 4 5 6", clip=CLIP).run(host))
    assert tokens == [[1, 9, 9, -2, -9, -9, 3, 4, 5, 6, 9, 9]]


def test_flux_hears_two_texts_and_its_guidance(host):
    host.models[CLIP] = TextEncoder(
        "toy", [Words(1), Words(1)], torch.device("cpu"), join=lambda e: Prompt(e[1].tokens)
    )
    tokens, options = said(TextEncodeFlux(text_l="1", text_t5="2 3 4 5", clip=CLIP, guidance=2.0).run(host))
    assert (tokens, options) == ([[2, 3, 4, 5, 9, 9]], {"guidance": 2.0})


def test_texts_for_another_family_are_refused(host):
    host.models[CLIP] = encoder(1)
    with pytest.raises(ModelError, match="toy has 1 text encoder, not 2"):
        TextEncodeSDXL(clip=CLIP).run(host)


def test_guidance_is_said_to_every_prompt():
    one = Prompt(torch.zeros(1, 1, 1))
    got = ConditioningGuidance(conditioning=Conditioning((one, one)), guidance=4.0).run()
    assert [p.options for p in got.prompts] == [{"guidance": 4.0}] * 2


class Autoencoder:
    """Every eighth pixel, as three channels, also in tiles, whose sizes it remembers."""

    def encode(self, pixels):
        return pixels[:, ::8, ::8].movedim(-1, 1)

    def encode_tiled(self, pixels, tile, overlap):
        self.asked = (tile, overlap)
        return self.encode(pixels)

    def decode_tiled(self, samples, tile, overlap):
        self.asked = (tile, overlap)
        return samples.movedim(1, -1).repeat_interleave(8, 1).repeat_interleave(8, 2)


SIDE = Conditioning((Prompt(torch.zeros(1, 1, 1)),), "sd1")


def test_an_inpainting_model_is_shown_the_picture_without_what_is_inside(host):
    host.models[VAE] = Autoencoder()
    pixels = torch.rand(1, 17, 16, 3)
    mask = torch.zeros(1, 17, 16)
    mask[:, :8] = 1.0
    sides = {"positive": SIDE, "negative": SIDE, "image": Image(pixels), "mask": Mask(mask), "vae": VAE}
    got = InpaintModelConditioning(**sides).run(host)
    for side in (got.positive, got.negative):
        tensors = side.prompts[0].tensors
        assert torch.equal(tensors["concat_mask"], mask[:, :16])
        assert_close(tensors["concat_latent"][0, :, 0], torch.full((3, 2), 0.5))
        assert_close(tensors["concat_latent"][0, :, 1], pixels[0, 8, ::8].T, atol=1e-6, rtol=0)
    assert torch.equal(got.latent.samples, pixels[:, :16:8, ::8].movedim(-1, 1))
    assert torch.equal(got.latent.noise_mask, mask[:, :16])
    assert InpaintModelConditioning(**sides, noise_mask=False).run(host).latent.noise_mask is None


class Videos:
    """A VAE of videos whose latents are the first pixels of cells, of every fourth frame."""

    factor = 8

    def encode_video(self, pixels):
        return pixels[::4, :: self.factor, :: self.factor].permute(3, 0, 1, 2)[None]


def test_a_video_model_is_shown_the_frames_that_are_given_and_which_those_are(host):
    host.models[VAE] = Videos()
    first, last = torch.rand(1, 17, 16, 3), torch.rand(1, 16, 16, 3)
    sides = {"positive": SIDE, "negative": SIDE, "image": Image(first), "vae": VAE, "length": 9, "batch_size": 2}
    got = VideoModelConditioning(**sides, last=Image(last)).run(host)
    for side in (got.positive, got.negative):
        shown, missing = (side.prompts[0].tensors[name] for name in ("concat_latent", "concat_mask"))
        assert shown.shape == (1, 3, 3, 2, 2) and missing.shape == (1, 4, 3, 2, 2)
        assert torch.equal(shown[0, :, 0], first[0, :16:8, ::8].permute(2, 0, 1))
        assert torch.equal(shown[0, :, 1], torch.full((3, 2, 2), 0.5))
        assert torch.equal(shown[0, :, 2], last[0, ::8, ::8].permute(2, 0, 1))
        assert missing[0, :, :, 0, 0].T.tolist() == [[0, 0, 0, 0], [1, 1, 1, 1], [1, 1, 1, 0]]
    assert got.latent.samples.shape == (2, 3, 3, 2, 2) and not got.latent.samples.any()
    with pytest.raises(ValueError, match="the last frame is 8 x 16, the first 16 x 16"):
        VideoModelConditioning(**sides, last=Image(last[:, :, :8])).run(host)


def test_a_vae_for_pictures_begins_no_video(host):
    host.models[VAE] = Autoencoder()
    with pytest.raises(ValueError, match="this VAE is for pictures"):
        VideoModelConditioning(positive=SIDE, negative=SIDE, image=Image(torch.rand(1, 8, 8, 3)), vae=VAE).run(host)


def test_an_editing_model_is_shown_the_picture_and_begins_with_nothing(host):
    host.models[VAE] = Autoencoder()
    pixels = torch.rand(1, 16, 16, 4)
    got = EditModelConditioning(positive=SIDE, negative=SIDE, image=Image(pixels), vae=VAE).run(host)
    shown = pixels[:, ::8, ::8, :3].movedim(-1, 1)
    assert all(torch.equal(s.prompts[0].tensors["concat_latent"], shown) for s in (got.positive, got.negative))
    assert torch.equal(got.latent.samples, torch.zeros(1, 3, 2, 2))


def test_tiles_are_those_that_were_asked_for(host):
    host.models[VAE] = Autoencoder()
    pixels = torch.rand(1, 16, 20, 4)
    latent = VAEEncodeTiled(image=Image(pixels), vae=VAE, tile=128, overlap=32).run(host)
    assert torch.equal(latent.samples, pixels[:, ::8, 2:18:8, :3].movedim(-1, 1))
    assert host.models[VAE].asked == (128, 32)
    image = VAEDecodeTiled(latent=Latent(latent.samples * 2), vae=VAE, tile=256, overlap=64).run(host)
    assert image.pixels.shape == (1, 16, 16, 3)
    assert float(image.pixels.max()) <= 1
    assert host.models[VAE].asked == (256, 64)


def test_nothing_is_made_in_the_channels_of_the_family():
    assert EmptySD3Latent(width=64, height=32, batch_size=2).run().samples.shape == (2, 16, 4, 8)
    one = EmptyFlux2Latent(width=64, height=32, batch_size=3, only=2).run()
    assert (tuple(one.samples.shape), one.indices, one.total) == ((1, 128, 2, 4), (2,), 3)
    with pytest.raises(ValueError, match="only is 2, but a batch of 2 ends at 1"):
        EmptySD3Latent(batch_size=2, only=2).run()


def test_a_size_follows_from_proportions_and_pixels():
    assert PictureSize().run() == (1024, 1024)
    assert PictureSize(proportions="16:9", megapixels=0.5, multiple=16).run() == (960, 544)
    assert PictureSize(proportions="2:3", megapixels=1.5).run() == (1024, 1536)


def test_the_images_of_a_batch_have_one_noise_or_each_its_own():
    latent = Latent(torch.zeros(3, 4, 2, 2), indices=(4, 5, 6), total=8)
    same = LatentBatchSeeds(latent=latent, seeds="same").run()
    assert (same.indices, same.total) == ((4, 4, 4), 8)
    own = LatentBatchSeeds(latent=latent, seeds="own").run()
    assert (own.indices, own.total) == (None, None)
    assert LatentBatchSeeds(latent=Latent(torch.zeros(2, 4, 2, 2))).run().indices == (0, 0)
