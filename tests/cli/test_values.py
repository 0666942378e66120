"""From words to values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calotype import sockets
from calotype.cli.usage import UsageError
from calotype.cli.values import folders_of, several, single
from calotype.node import InputSpec
from calotype.sockets import Choice, ListOf, Named, Union

INT = InputSpec(name="n", socket=sockets.INT)
FLOAT = InputSpec(name="x", socket=sockets.FLOAT)
TEXT = InputSpec(name="t", socket=sockets.STR)
WORD = InputSpec(name="w", socket=Choice(("euler", "heun", 2)))
FLAG = InputSpec(name="f", socket=sockets.BOOL)
FILE = InputSpec(name="c", socket=Named("FileRef"), folder="checkpoints")
PICTURE = InputSpec(name="p", socket=Named("FileRef"), folder="input")
MAYBE = InputSpec(name="m", socket=Union((sockets.INT, sockets.NONE)))
SECRET = InputSpec(name="s", socket=Named("Secret"))
LIST = InputSpec(name="l", socket=ListOf(sockets.INT))
SEED = InputSpec(name="seed", socket=sockets.INT, role="seed")


@pytest.mark.parametrize(
    ("text", "spec", "values"),
    [
        ("7", INT, [7]),
        ("-7", INT, [-7]),
        ("4,7", INT, [4, 7]),
        ("1..4", INT, [1, 2, 3, 4]),
        ("1..9..4", INT, [1, 5, 9]),
        ("-2..0", INT, [-2, -1, 0]),
        ("1..3, 8", INT, [1, 2, 3, 8]),
        ("4.5,7", FLOAT, [4.5, 7]),
        ("0..1..0.25", FLOAT, [0.0, 0.25, 0.5, 0.75, 1.0]),
        ("0.1..0.3..0.1", FLOAT, [0.1, 0.2, 0.3]),
        ("1e-3", FLOAT, [0.001]),
        ("many", INT, ["many"]),
        ('{"file":"a.png","hash":"blake3:00"}', PICTURE, [{"file": "a.png", "hash": "blake3:00"}]),
        ("a red apple, ripe", TEXT, ["a red apple, ripe"]),
        ("1..4", TEXT, ["1..4"]),
        ("none", TEXT, ["none"]),
        ("", TEXT, [""]),
        ("euler,heun", WORD, ["euler", "heun"]),
        ("2", WORD, [2]),
        ("eular", WORD, ["eular"]),
        ("true", FLAG, [True]),
        ("yes,no", FLAG, [True, False]),
        ("a.safetensors,b.safetensors", FILE, ["a.safetensors", "b.safetensors"]),
        ("none", MAYBE, [None]),
        ("HUB_TOKEN", SECRET, [{"secret": "HUB_TOKEN"}]),
        ("[1, 2]", LIST, [[1, 2]]),
        ("random", SEED, ["random"]),
        ('{"from": "a.b"}', None, [{"from": "a.b"}]),
        ("plain", None, ["plain"]),
    ],
)
def test_words_become_values(text, spec, values):
    found = several(text, spec)
    assert found == values
    assert [type(v) for v in found] == [type(v) for v in values]


@pytest.mark.parametrize("text", ["4..1", "1..9..0", "1..9..-1", "1..1000000"])
def test_a_range_that_cannot_be_meant_is_said(text):
    with pytest.raises(UsageError, match="range"):
        several(text, INT)


@given(st.text())
def test_text_always_stands_for_itself(text):
    assert several(text, TEXT) == [text]


@given(st.text(), st.sampled_from([INT, FLOAT, WORD, FLAG, LIST, MAYBE, SEED, None]))
def test_no_text_breaks_the_reading_of_one_value(text, spec):
    single(text, spec)


@given(st.integers(-1000, 1000), st.integers(0, 100), st.integers(1, 9))
def test_a_range_has_both_ends_and_even_steps(first, length, step):
    last = first + length * step
    assert several(f"{first}..{last}..{step}", INT) == list(range(first, last + 1, step))


def test_a_picture_given_by_path_is_named_by_its_file(tmp_path):
    path = tmp_path / "a, b.png"
    path.write_bytes(b"")
    assert several(str(path), PICTURE) == [{"file": "a, b.png"}]
    assert folders_of([str(path), "7", "not/there.png"]) == [tmp_path]


def test_two_pictures_of_one_name_are_refused(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.png").write_bytes(b"")
    with pytest.raises(UsageError, match="the same name"):
        folders_of([f"{tmp_path}/a/x.png,{tmp_path}/b/x.png"])
