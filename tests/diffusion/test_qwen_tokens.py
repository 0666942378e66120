"""Qwen's tokens, against ids that its models' own documentation and pipelines state."""

import json

from calotype.diffusion.text.qwen_tokens import SPECIAL, token_ids


def test_common_words_have_the_ids_of_the_published_tokeniser():
    assert token_ids("Hello world") == [9707, 1879]
    assert token_ids("<|im_start|>user\n你好") == [151644, 872, 198, 108386]


def test_the_special_tokens_follow_the_vocabulary_in_order():
    assert token_ids("".join(SPECIAL)) == list(range(151643, 151643 + len(SPECIAL)))
    assert token_ids("<think>") == [151667]
    assert token_ids("<|image_pad|>") == [151655]


def test_transformers_own_class_gives_the_same_ids_from_the_same_merges():
    from transformers.models.qwen2.tokenization_qwen2 import Qwen2Tokenizer

    from calotype.diffusion.text import qwen_tokens

    model = json.loads(qwen_tokens._tokenizer().to_str())["model"]
    theirs = Qwen2Tokenizer(vocab=model["vocab"], merges=[tuple(m) for m in model["merges"]])
    for text in ("a (red:1.2) apple's  core\n\n on 12 tables", "Ünïcödé Å – ﬁn 😀", " \t x\r\n", "don't DON'T"):
        assert token_ids(text) == theirs(text)["input_ids"]
