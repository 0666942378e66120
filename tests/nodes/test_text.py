import pytest
import torch
from safetensors.torch import save_file

from calotype.errors import FileError
from calotype.types import Clip, Conditioning, FileRef, Prompt
from calotype_nodes.text import (
    LoadText,
    TextCase,
    TextContains,
    TextEncode,
    TextFormat,
    TextJoin,
    TextLength,
    TextLines,
    TextReplace,
    TextSplit,
    TextTrim,
)

CLIP = Clip(FileRef("checkpoints", "a.safetensors"), "sd15")


class Encoder:
    def encode(self, text: str, embeddings=None) -> Prompt:
        self.embeddings = embeddings
        return Prompt(torch.full((1, 2, 3), float(len(text))))


def test_a_prompt_is_encoded_by_the_clip_and_keeps_its_family(host):
    host.models[CLIP] = Encoder()
    got = TextEncode(text="apple", clip=CLIP).run(host)
    assert isinstance(got, Conditioning) and got.family == "sd15"
    assert got.prompts[0].tokens.tolist() == [[[5.0] * 3] * 2]


def test_the_embeddings_that_a_prompt_names_are_read_from_their_files(host):
    class Here(type(host)):
        def resolve(self, folder, name):
            assert folder == "embeddings"
            return FileRef(folder, f"{name}.safetensors", "blake3:00")

    here = Here(host.folder)
    save_file({"emb_params": torch.ones(2, 3)}, host.folder / "ink.safetensors")
    encoder = here.models[CLIP] = Encoder()
    TextEncode(text="a (embedding:ink, on paper:1.2)", clip=CLIP).run(here)
    assert encoder.embeddings["ink"].vectors("clip_l", 3).tolist() == [[1.0] * 3] * 2


def test_texts_and_lists_of_texts_are_joined_in_order():
    assert TextJoin(texts=("a", ["b", " "], "c")).run() == ("a, b, c",)
    assert TextJoin(texts=("a", ["b", ""]), separator="|", skip_empty=False).run() == ("a|b|",)
    assert TextJoin().run() == ("",)


def test_lines_are_trimmed_and_empty_ones_left_out():
    assert TextLines(text=" an apple\n\n\ta pear \r\nplum").run() == (["an apple", "a pear", "plum"],)


def test_texts_are_split_at_a_separator():
    assert TextSplit(text="a, b,,c ").run() == (["a", "b", "c"],)
    assert TextSplit(text="a, b", trim=False).run() == (["a", " b"],)
    assert TextSplit(text="a b", separator="").run() == (["a b"],)


def test_texts_are_replaced():
    assert TextReplace(text="a cat, a hat", find="a ", replacement="the ").run() == ("the cat, the hat",)
    assert TextReplace(text="a", find="", replacement="b").run() == ("a",)


def test_values_are_put_into_a_text_once():
    got = TextFormat(template="{a} of {b}: {c}{d} {e}", a="{b}", b=3, c=0.5, d=2.0).run()
    assert got == ("{b} of 3: 0.52 {e}",)


@pytest.mark.parametrize(
    ("case", "text"),
    [("lower", "a red apple"), ("upper", "A RED APPLE"), ("sentence", "A red apple"), ("title", "A Red Apple")],
)
def test_letters_change_their_case(case, text):
    assert TextCase(text="a Red apple", case=case).run() == (text,)


@pytest.mark.parametrize(("side", "text"), [("both", "a"), ("left", "a "), ("right", " a")])
def test_white_space_is_taken_off(side, text):
    assert TextTrim(text=" a ", side=side).run() == (text,)


def test_texts_are_searched_and_counted():
    assert [TextContains(text="a Cat", find="cat", same_case=s).run().found for s in (True, False)] == [False, True]
    assert TextLength(text="three").run() == (5,)


def test_a_text_is_read_from_a_file(host):
    (host.folder / "a.txt").write_bytes(b"\xef\xbb\xbfein Schlo\xc3\x9f")
    assert LoadText(file=FileRef("input", "a.txt")).run(host) == ("ein Schloß",)


@pytest.mark.parametrize(
    ("data", "message"), [(b"\xff\xfe", '"a.txt" is not a text in UTF-8'), (b"a" * 10_000_001, "has more than 10 MB")]
)
def test_a_file_that_is_no_text_is_said(host, data, message):
    (host.folder / "a.txt").write_bytes(data)
    with pytest.raises(FileError, match=message):
        LoadText(file=FileRef("input", "a.txt")).run(host)
