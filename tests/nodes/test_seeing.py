import pytest
import torch

from calotype.types import ClipVision, Conditioning, FileRef, Image, ImageFeatures, Prompt, StyleModel
from calotype_nodes.seeing import ClipVisionEncode, ClipVisionLoader, ConditioningStyle, StyleModelLoader

FILE = FileRef("clip_vision", "v.safetensors", "blake3:00")
STYLE = StyleModel(FileRef("style_models", "s.safetensors", "blake3:01"), "flux")
SEEN = ImageFeatures(torch.ones(1, 2, 3), torch.zeros(1, 2, 3), torch.ones(1, 4), "siglip")
PROMPT = Prompt(torch.zeros(1, 4, 2), options={"guidance": 3.0})


class Seer:
    def encode(self, pixels, cut):
        self.asked = (tuple(pixels.shape), cut)
        return SEEN


class Styler:
    def words(self, features):
        assert features is SEEN
        return torch.full((1, 2, 2), 4.0)


def styled(host, strength, **more):
    host.models[STYLE] = Styler()
    given = more.pop("given", Conditioning((PROMPT,), "flux"))
    node = ConditioningStyle(conditioning=given, style_model=STYLE, image_features=SEEN, strength=strength, **more)
    return node.run(host)


def test_files_become_recipes_of_their_kinds(host):
    host.families |= {"v.safetensors": "siglip", "s.safetensors": "flux"}
    assert ClipVisionLoader(clip_vision=FILE).run(host) == ClipVision(FILE, "siglip")
    assert StyleModelLoader(style_model=STYLE.file).run(host) == STYLE


@pytest.mark.parametrize(("crop", "cut"), [("center", True), ("none", False)])
def test_pictures_are_looked_at(host, crop, cut):
    recipe, seer = ClipVision(FILE, "siglip"), Seer()
    host.models[recipe] = seer
    got = ClipVisionEncode(clip_vision=recipe, image=Image(torch.zeros(1, 5, 6, 3)), crop=crop).run(host)
    assert got is SEEN and seer.asked == ((1, 5, 6, 3), cut)


def test_words_of_a_style_stand_behind_those_of_the_prompt(host):
    (got,) = styled(host, 0.5).prompts
    assert got.tokens.tolist() == [[[0, 0]] * 4 + [[2, 2]] * 2]
    assert got.options == {"guidance": 3.0}


def test_attention_to_a_style_is_an_option_and_adds_up(host):
    once = styled(host, 0.5, strength_of="attention")
    (got,) = styled(host, 2.0, strength_of="attention", given=once).prompts
    assert got.tokens.shape == (1, 8, 2) and float(got.tokens.sum()) == 32.0
    assert got.options == {"guidance": 3.0, "heeded": [[4, 2, 0.5], [6, 2, 2.0]]}
    assert styled(host, 1.0, strength_of="attention").prompts[0].options == {"guidance": 3.0}


def test_features_are_kept_as_they_are():
    tensors, meta = SEEN.to_tensors()
    again = ImageFeatures.from_tensors(tensors, meta)
    assert torch.equal(again.tokens, SEEN.tokens) and again.family == "siglip" and again.pooled.shape == (1, 4)
