"""Textual inversion: vectors in the places of words, as if the vocabulary had them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from calotype.diffusion.header import Header, TensorInfo
from calotype.diffusion.kinds import embedding_family, family_in
from calotype.diffusion.loading import load
from calotype.diffusion.text.embeddings import Embedding, read_embedding
from calotype.diffusion.text.tokens import END, START, token_ids
from calotype.errors import ModelError
from calotype.types import Clip, FileRef

CPU = torch.device("cpu")
WORDS = 49408  # of the vocabulary
INK = Embedding("ink.safetensors", {"emb_params": torch.randn(2, 64, generator=torch.Generator().manual_seed(1))})


@pytest.fixture(scope="module")
def encoder(models):
    return load(Clip(FileRef("checkpoints", "tiny.safetensors"), "sd1"), lambda f: models / f.folder / f.name, CPU)


def states(encoder, *words: str | int) -> torch.Tensor:
    """transformers' own model with two more words in its vocabulary, which are `INK`."""
    ours = encoder.encoders[0].text
    text = type(ours)(ours.config).eval()
    text.load_state_dict(ours.state_dict())
    inner = getattr(text, "text_model", text)
    table = torch.nn.Embedding(WORDS + 2, 64)
    table.weight.data = torch.cat([inner.embeddings.token_embedding.weight.data, INK.tensors["emb_params"]])
    inner.embeddings.token_embedding = table
    ids = [START, *(i for w in words for i in ([w] if isinstance(w, int) else token_ids(w))), END]
    with torch.no_grad():
        return text(input_ids=torch.tensor([ids + [END] * (77 - len(ids))])).last_hidden_state


def test_an_embedding_is_as_many_words_as_it_has_vectors(encoder):
    got = encoder.encode("a drawing, embedding:ink, on paper", {"ink": INK})
    said = states(encoder, "a drawing,", WORDS, WORDS + 1, ", on paper")
    assert torch.allclose(got.tokens, said, atol=1e-5)
    again = encoder.encode("a drawing", {})
    assert torch.allclose(again.tokens, states(encoder, "a drawing"), atol=1e-5)


def test_its_weight_is_that_of_the_parentheses_around_it(encoder):
    got = encoder.encode("a (embedding:ink:1.5)", {"ink": INK}).tokens
    plain, nothing = states(encoder, "a", WORDS, WORDS + 1), states(encoder)
    weights = torch.ones(77)
    weights[2:4] = 1.5
    assert torch.allclose(got, (plain - nothing) * weights[:, None] + nothing, atol=1e-5)


def test_one_longer_than_the_rest_of_a_chunk_begins_the_next(encoder):
    long = "a " * 74
    got = encoder.encode(f"{long} embedding:ink", {"ink": INK})
    assert got.tokens.shape == (1, 154, 64)
    assert torch.allclose(got.tokens[:, 77:], states(encoder, WORDS, WORDS + 1), atol=1e-5)


def test_sdxl_reads_vectors_for_each_of_its_encoders(tiny, tmp_path):
    path = tiny.saved(tmp_path / "xl.safetensors", tiny.sdxl_shapes())
    encoder = load(Clip(FileRef("checkpoints", "xl.safetensors"), "sdxl"), lambda f: path, CPU)
    left, right = torch.randn(1, 64), torch.randn(3, 64)
    both = Embedding("both.safetensors", {"clip_g": right, "clip_l": left})
    said = encoder.encode(["embedding:it", "embedding:it"], {"it": both}).tokens
    for vectors, place in ((left, slice(0, 64)), (right, slice(64, 128))):
        alone = encoder.encode("embedding:it", {"it": Embedding("one.safetensors", {"emb_params": vectors})}).tokens
        assert torch.equal(said[..., place], alone[..., place])


def test_vectors_of_another_width_are_named(encoder):
    other = Embedding("xl.safetensors", {"clip_l": torch.zeros(1, 768), "clip_g": torch.zeros(1, 1280)})
    with pytest.raises(ModelError, match=r"xl\.safetensors has vectors of 1280 and 768 features; .* clip_l takes 64"):
        encoder.encode("embedding:xl", {"xl": other})


@pytest.mark.parametrize(
    "layout", [{"emb_params": (2, 64)}, {"<ink>": (2, 64)}, {"<ink>": (64,)}, {"clip_l": (2, 64), "clip_g": (2, 128)}]
)
def test_every_layout_of_files_is_read(tmp_path, layout):
    tensors = {name: torch.randn(shape) for name, shape in layout.items()}
    save_file(tensors, tmp_path / "ink.safetensors")
    found = read_embedding(tmp_path / "ink.safetensors").vectors("clip_l", 64)
    assert torch.equal(found, next(iter(tensors.values())).reshape(-1, 64))


@pytest.mark.parametrize(
    ("widths", "family"),
    [((768,), "sd1"), ((1024,), "sd2"), ((768, 1280), "sdxl"), ((1280,), "sdxl-refiner"), ((9,), "")],
)
def test_the_family_of_an_embedding_shows_in_the_widths_of_its_vectors(widths, family):
    infos = {str(w): TensorInfo(Path(), str(w), (2, w), "F32", 0) for w in widths}
    assert embedding_family(Header(Path("e.safetensors"), infos)) == family


def test_other_weights_are_no_embedding(tmp_path):
    save_file({"conv.weight": torch.zeros(1, 1, 1, 1)}, tmp_path / "net.safetensors")
    with pytest.raises(ModelError, match=r"net\.safetensors is no embedding"):
        family_in("embeddings", tmp_path / "net.safetensors")
    with pytest.raises(ModelError, match=r"net\.safetensors is no embedding"):
        read_embedding(tmp_path / "net.safetensors")
