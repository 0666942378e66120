import torch

from calotype.types import Clip, Conditioning, FileRef, Prompt
from calotype_nodes.text import TextEncode, TextJoin, TextLines

CLIP = Clip(FileRef("checkpoints", "a.safetensors"), "sd15")


class Encoder:
    def encode(self, text: str) -> Prompt:
        return Prompt(torch.full((1, 2, 3), float(len(text))))


def test_a_prompt_is_encoded_by_the_clip_and_keeps_its_family(host):
    host.models[CLIP] = Encoder()
    got = TextEncode(text="apple", clip=CLIP).run(host)
    assert isinstance(got, Conditioning) and got.family == "sd15"
    assert got.prompts[0].tokens.tolist() == [[[5.0] * 3] * 2]


def test_texts_and_lists_of_texts_are_joined_in_order():
    assert TextJoin(texts=("a", ["b", " "], "c")).run() == ("a, b, c",)
    assert TextJoin(texts=("a", ["b", ""]), separator="|", skip_empty=False).run() == ("a|b|",)
    assert TextJoin().run() == ("",)


def test_lines_are_trimmed_and_empty_ones_left_out():
    assert TextLines(text=" an apple\n\n\ta pear \r\nplum").run() == (["an apple", "a pear", "plum"],)
