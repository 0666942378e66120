import pytest
import torch

from calotype.diffusion.text.encoder import TextEncoder
from calotype.errors import ModelError
from calotype.types import Clip, Conditioning, FileRef, Image, Latent, Prompt, Vae
from calotype_nodes.editing import ReferenceLatent, TextEncodeQwenImageEdit, TextEncodeQwenImageEditPlus, to_area

CLIP = Clip(FileRef("clip", "a.safetensors"), "qwen-image")
VAE = Vae(FileRef("vae", "b.safetensors"), "qwen-image")


class Autoencoder:
    """Remembers what it saw; every eighth pixel as latents."""

    def __init__(self):
        self.seen = []

    def encode(self, pixels):
        self.seen.append(tuple(pixels.shape))
        return pixels[:, ::8, ::8].movedim(-1, 1)


@pytest.fixture
def eyes(host, monkeypatch):
    """A text encoder that says how large the pictures are that it saw."""
    from calotype.diffusion.families.base import Encoded
    from calotype.diffusion.text.qwen_vl import QwenVLText

    class Eyes(QwenVLText):
        def __init__(self):
            torch.nn.Module.__init__(self)
            self.said = []

        def seen(self, text, pictures, device, numbered=False):
            self.said.append((text, [tuple(p.shape) for p in pictures], numbered))
            return Encoded(torch.zeros(1, 3, 4))

    found = Eyes()
    host.models[CLIP] = TextEncoder("qwen-image", [found], torch.device("cpu"))
    host.models[VAE] = Autoencoder()
    return found


def test_one_picture_is_seen_and_encoded_at_a_megapixel(host, eyes):
    node = TextEncodeQwenImageEdit(text="make it blue", clip=CLIP, image=Image(torch.rand(2, 60, 90, 4)), vae=VAE)
    got = node.run(host)
    assert eyes.said == [("make it blue", [(836, 1254, 3)], False)]
    assert host.models[VAE].seen == [(1, 836, 1254, 3)]
    assert got.family == "qwen-image"
    assert {k: v.shape[:2] for k, v in got.prompts[0].tensors.items()} == {"reference.0": (1, 3)}


def test_several_pictures_are_numbered_glanced_at_and_encoded_large(host, eyes):
    images = (Image(torch.rand(2, 40, 40, 3)), Image(torch.rand(1, 30, 60, 3)))
    got = TextEncodeQwenImageEditPlus(text="both", clip=CLIP, images=images, vae=VAE).run(host)
    assert eyes.said == [("both", [(384, 384, 3), (384, 384, 3), (272, 543, 3)], True)]
    assert host.models[VAE].seen == [(1, 1024, 1024, 3)] * 2 + [(1, 728, 1448, 3)]
    assert sorted(got.prompts[0].tensors) == ["reference.0", "reference.1", "reference.2"]


def test_a_text_encoder_that_cannot_see_is_refused(host):
    host.models[CLIP] = TextEncoder("sd1", [None], torch.device("cpu"))
    host.models[VAE] = Autoencoder()
    with pytest.raises(ModelError, match=r"of SD 1.x cannot look at pictures; that of Qwen-Image can"):
        TextEncodeQwenImageEdit(text="", clip=CLIP, image=Image(torch.rand(1, 8, 8, 3)), vae=VAE).run(host)


def test_reference_latents_add_up_and_leave_the_prompt_as_it_was():
    before = Conditioning((Prompt(torch.zeros(1, 2, 3), tensors={"reference.0": torch.ones(1, 16, 2, 2)}),), "flux2")
    after = ReferenceLatent(conditioning=before, latent=Latent(torch.full((1, 16, 4, 4), 2.0))).run()
    assert list(after.prompts[0].tensors) == ["reference.0", "reference.1"]
    assert after.prompts[0].tensors["reference.1"].mean() == 2.0
    assert list(before.prompts[0].tensors) == ["reference.0"]


def test_scaling_keeps_proportions_and_multiples():
    assert to_area(torch.rand(1, 30, 60, 3), 1024 * 1024, 32).shape == (1, 736, 1440, 3)
    assert to_area(torch.rand(1, 1000, 1, 3), 100).shape == (1, 316, 1, 3)
