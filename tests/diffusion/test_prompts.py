import pytest
from hypothesis import given
from hypothesis import strategies as st

from calotype.diffusion.text.tokens import END, START, Group, chunked, empty, grouped, token_ids
from calotype.diffusion.text.weights import Piece, pieces


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("plain", [Piece("plain")]),
        ("", []),
        ("a (b) c", [Piece("a "), Piece("b", 1.1), Piece(" c")]),
        ("((a))", [Piece("a", pytest.approx(1.21))]),
        ("(a:1.3)", [Piece("a", 1.3)]),
        ("((a:1.2) b:0.5)", [Piece("a", 1.2), Piece(" b", 0.5)]),
        ("(a:b)", [Piece("a:b", 1.1)]),
        ("(a:nan)", [Piece("a:nan", 1.1)]),
        ("(:1.2)", [Piece(":1.2", 1.1)]),
        (r"\(a\)", [Piece("(a)")]),
        (r"(a\):1.4)", [Piece("a)", 1.4)]),
        ("[a]", [Piece("[a]")]),
        ("a)b", [Piece("a)b")]),
        ("(a", [Piece("(a")]),
    ],
)
def test_weights_have_the_meaning_that_comfyui_gives_them(prompt, expected):
    assert pieces(prompt) == expected


@given(st.text(alphabet="ab():1.2\\ "))
def test_no_letter_of_a_prompt_is_lost(prompt):
    text = "".join(piece.text for piece in pieces(prompt))
    assert [c for c in text if c in "ab"] == [c for c in prompt if c in "ab"]


def test_ten_thousand_parentheses_are_no_recursion():
    assert len(pieces("(" * 3000 + "a" + ")" * 3000)) == 1


def test_token_ids_are_those_of_clip():
    assert token_ids("a photo of a cat") == [320, 1125, 539, 320, 2368]


@pytest.fixture(scope="module")
def theirs():
    """CLIP's tokeniser as transformers makes it, from the same merges."""
    import gzip

    from transformers.models.clip.tokenization_clip import CLIPTokenizer

    from calotype.diffusion.text.tokens import MERGES, _tokenizer

    merges = [tuple(line.split()) for line in gzip.decompress(MERGES.read_bytes()).decode().splitlines()[1:]]
    try:
        return CLIPTokenizer(vocab=_tokenizer().get_vocab(), merges=merges)
    except TypeError:
        pytest.skip("this version of transformers takes files only")


@pytest.mark.parametrize(
    "text",
    [
        "a photo of a cat", "", "  double  spaces\nand\tlines ", "It's 12 o'clock, they'll go",
        "naïve café, Ærø", "日本語 と emoji 🍎🙂",
        "UPPER lower ß", "<|endoftext|> inside <|startoftext|>", "a_b-c/d\\e", "e\u0301", "123456", "!!!???", "don't",
    ],
)  # fmt: skip
def test_token_ids_are_those_of_transformers(theirs, text):
    assert [START, *token_ids(text), END] == theirs(text)["input_ids"]


@given(st.text(max_size=40))
def test_token_ids_are_those_of_transformers_for_any_text(theirs, text):
    assert [START, *token_ids(text), END] == theirs(text)["input_ids"]


def test_a_short_prompt_is_one_padded_chunk():
    assert chunked([Group((5, 6), 1.2)], pad=0) == [((START, 1.0), (5, 1.2), (6, 1.2), (END, 1.0), *[(0, 1.0)] * 73)]
    assert chunked([]) == [empty()]


def test_a_long_piece_is_broken_and_a_short_one_begins_a_new_chunk():
    long = chunked([Group((5,) * 80)])
    assert [[t for t, _ in chunk].count(5) for chunk in long] == [75, 5]
    short = chunked([Group((5,) * 73), Group((6,) * 4)])
    assert [t for t, _ in short[0]] == [START, *[5] * 73, END, END, END]
    assert [t for t, _ in short[1]][:6] == [START, 6, 6, 6, 6, END]


@given(st.lists(st.builds(Group, st.lists(st.integers(1, 9), min_size=1, max_size=200).map(tuple))))
def test_chunks_are_whole_and_keep_every_token_in_order(groups):
    chunks = chunked(groups)
    assert {len(chunk) for chunk in chunks} == {77}
    assert [t for chunk in chunks for t, _ in chunk if t < 10] == [t for g in groups for t in g.tokens]


def test_groups_are_pieces_in_tokens():
    assert grouped(pieces("a (cat:1.5)")) == [Group((320,)), Group((2368,), 1.5)]
