"""Text encoders in files of their own, missing ones, and files that do not belong together."""

import gzip
import json
import struct

import pytest
import torch
from safetensors.torch import load_file, save_file

from calotype.diffusion.families.inspect import Part, family_of, inspect
from calotype.diffusion.loading import load, size_of
from calotype.diffusion.text.unigram import from_json, from_sentencepiece
from calotype.diffusion.text.vocabulary import SHIPPED
from calotype.errors import FamilyMismatch, ModelError
from calotype.types import Clip, FileRef, Model, Patch, Vae

CPU = torch.device("cpu")
PREFIXES = {"l": "text_encoders.clip_l.transformer.", "g": "text_encoders.clip_g.transformer.",
            "t5": "text_encoders.t5xxl.transformer."}  # fmt: skip


def ref(name):
    return FileRef("clip", f"{name}.safetensors")


@pytest.fixture(scope="module")
def apart(sd3, tmp_path_factory):
    """The parts of the SD 3 checkpoint in files of their own: l, g, t5."""
    folder, weights = tmp_path_factory.mktemp("apart"), load_file(sd3)
    for name, prefix in PREFIXES.items():
        own = {k.removeprefix(prefix): v.contiguous() for k, v in weights.items() if k.startswith(prefix)}
        save_file(own, folder / f"{name}.safetensors")
    return lambda file: folder / file.name


def without(path, target, *names):
    """A checkpoint without some of its text encoders."""
    gone = tuple(PREFIXES[name] for name in names)
    save_file({k: v for k, v in load_file(path).items() if not k.startswith(gone)}, target)
    return target


def clip(path, family):
    return load(Clip(FileRef("checkpoints", path.name), family), lambda f: path, CPU)


def test_a_checkpoint_has_its_parts(sd3, flux):
    assert inspect(sd3).parts == (
        Part("denoiser", "original", "model.diffusion_model."),
        Part("text_encoder", "transformers", PREFIXES["g"]),
        Part("text_encoder", "transformers", PREFIXES["l"]),
        Part("text_encoder", "t5", PREFIXES["t5"]),
        Part("vae", "ldm", "first_stage_model."),
    )
    assert (family_of(flux), family_of(sd3)) == ("flux", "sd3")


@pytest.mark.parametrize("order", [("l", "g", "t5"), ("t5", "l", "g")])
def test_encoders_in_files_of_their_own_say_what_the_checkpoint_does(sd3, apart, order):
    first, *more = (ref(name) for name in order)
    recipe = Clip(first, "sd3", more=tuple(more))
    mine, whole = load(recipe, apart, CPU).encode("a (red:1.2) cat"), clip(sd3, "sd3").encode("a (red:1.2) cat")
    assert torch.equal(mine.tokens, whole.tokens)
    assert torch.equal(mine.pooled, whole.pooled)


def test_the_size_of_several_files_is_known_before_loading(apart):
    recipe = Clip(ref("l"), "sd3", more=(ref("g"), ref("t5")))
    held = sum(t.nbytes for t in load(recipe, apart, CPU).tensors() if t.is_floating_point())
    assert size_of(recipe, apart, CPU) == held


def test_sd3_does_without_its_t5_as_diffusers_does(sd3, flow, tmp_path):
    path = without(sd3, tmp_path / "small.safetensors", "t5")
    pipeline = flow.sd3_pipeline(sd3)
    pipeline.text_encoder_3 = None
    expected = pipeline.encode_prompt("a cat", None, None, do_classifier_free_guidance=False, max_sequence_length=77)
    prompt = clip(path, "sd3").encode("a cat")
    width = prompt.tokens.shape[-1]
    assert torch.allclose(prompt.tokens, expected[0][..., :width], atol=1e-4)
    assert expected[0][..., width:].count_nonzero() == 0
    assert torch.allclose(prompt.pooled, expected[2], atol=1e-4)


def test_features_that_a_t5_would_fill_may_be_missing(sd3):
    model = load(Model(FileRef("checkpoints", "m"), "sd3"), lambda f: sd3, CPU)
    x, tokens = torch.randn(1, 16, 4, 4), torch.randn(1, 3, 100)
    wide = torch.nn.functional.pad(tokens, (0, 28))
    raws = [model.predict(x, torch.tensor([500.0]), t) for t in (tokens, wide)]
    assert torch.equal(*raws)


def test_a_missing_encoder_is_named(sd3, flux, apart, tmp_path):
    path = without(sd3, tmp_path / "l.safetensors", "g", "t5")
    said = r"^l\.safetensors has 1 of the 3 text encoders that SD 3 / 3\.5 needs; missing: OpenCLIP ViT-bigG\."
    with pytest.raises(ModelError, match=said):
        clip(path, "sd3")
    path = without(flux, tmp_path / "no-t5.safetensors", "t5")
    with pytest.raises(ModelError, match=r"^no-t5\.safetensors has 1 of the 2 .* missing: T5-XXL\. Name a file"):
        clip(path, "flux")
    with pytest.raises(
        ModelError, match=r"^none\.safetensors \(FLUX\.1\) has no text encoder; it has: denoiser, VAE\.$"
    ):
        clip(without(flux, tmp_path / "none.safetensors", "l", "t5"), "flux")


def test_an_encoder_without_a_place_is_named(apart):
    with pytest.raises(
        ModelError, match=r"^a T5 in t5\.safetensors has no place in SDXL, which listens to: CLIP-L, Open"
    ):
        load(Clip(ref("l"), "sdxl", more=(ref("g"), ref("t5"))), apart, CPU)


def test_a_checkpoint_of_another_family_is_named(sd3, flux):
    with pytest.raises(FamilyMismatch, match=r"^sd3\.safetensors is of the family SD 3 / 3\.5, not FLUX\.1"):
        clip(sd3, "flux")
    with pytest.raises(FamilyMismatch, match=r"^flux\.safetensors is of the family FLUX\.1, not SD 3"):
        load(Model(FileRef("checkpoints", "f"), "sd3"), lambda f: flux, CPU)


def test_words_of_another_width_are_named(flux):
    model = load(Model(FileRef("checkpoints", "f"), "flux"), lambda f: flux, CPU)
    with pytest.raises(FamilyMismatch, match=r"the FLUX\.1 model listens to words of 128 features, these have 64"):
        model.predict(torch.randn(1, 16, 4, 4), torch.tensor([0.5]), torch.randn(1, 3, 64))


@pytest.mark.parametrize("name", ["joint_blocks.0.x_block.mlp.fc1.weight", "pos_embed", "x_embedder.proj.weight"])
def test_whatever_tensor_lacks_the_message_is_one_sentence(tiny, flow, tmp_path, name):
    shapes = flow.sd3_shapes()
    del shapes[name]
    path = tiny.saved(tmp_path / "part.safetensors", shapes)
    with pytest.raises(ModelError, match=r"^part\.safetensors is incomplete"):
        load(Model(FileRef("unet", "p"), "sd3"), lambda f: path, CPU)


def test_a_vae_of_16_channels_alone_serves_both(tiny, tmp_path):
    path = tiny.saved(tmp_path / "ae.safetensors", tiny.vae_shapes((32, 32), latent=16, layers=1, quantised=False))
    assert family_of(path) == "kl-f8-16"
    for family in ("sd3", "flux"):
        vae = load(Vae(FileRef("vae", "ae"), family), lambda f: path, CPU)
        assert vae.decode(torch.ones(1, 16, 4, 4)).shape == (1, 8, 8, 3)


@pytest.mark.parametrize("name", ["l", "g", "t5"])
def test_merged_text_encoders_meet_their_like_in_whatever_order_they_lie(sd3, apart, name):
    """A merge that keeps nothing of the first is the second, encoder by encoder."""
    whole = Clip(FileRef("checkpoints", "sd3.safetensors"), "sd3")
    second = Clip(ref("t5"), "sd3", more=(ref("l"), ref("g")))
    patch = Patch("merge", settings=(("add", 1.0), ("keep", 0.0)), other=second)
    path_of = lambda file: sd3 if file.folder == "checkpoints" else apart(file)  # noqa: E731
    merged = load(whole.patched(patch), path_of, CPU).encoders
    plain = load(whole, path_of, CPU).encoders
    index = ["l", "g", "t5"].index(name)
    pairs = zip(merged[index].parameters(), plain[index].parameters(), strict=True)
    assert all(torch.equal(a.float(), b.float()) for a, b in pairs)


VOCABULARY = gzip.decompress(SHIPPED.read_bytes())


def test_t5s_tokens_are_those_that_the_model_knows():
    words = from_json(VOCABULARY, "shipped")
    assert words.ids("translate English to German: That is good.") == [13959, 1566, 12, 2968, 10, 466, 19, 207, 5]
    assert (words.end, words.pad) == (1, 0)


def field(number, wire, data):
    return varint(number << 3 | wire) + (varint(len(data)) if wire == 2 else b"") + data


def varint(value):
    return bytes([value & 127 | 128, *varint(value >> 7)]) if value > 127 else bytes([value])


def sentencepiece(vocabulary):
    """A tokenizer.json's words as a SentencePiece model."""
    import base64

    said = json.loads(vocabulary)
    kinds = {0: 3, 1: 3, 2: 2}
    pieces = [
        field(1, 2, word.encode()) + field(2, 5, struct.pack("<f", score)) + field(3, 0, varint(kinds.get(i, 1)))
        for i, (word, score) in enumerate(said["model"]["vocab"][:32000])
    ]
    charsmap = base64.b64decode(said["normalizer"]["normalizers"][0]["precompiled_charsmap"])
    return b"".join(field(1, 2, piece) for piece in pieces) + field(3, 2, field(2, 2, charsmap))


@pytest.fixture(scope="module")
def spiece():
    return sentencepiece(VOCABULARY)


def test_a_sentencepiece_model_gives_the_same_tokens_as_its_tokenizer_json(spiece):
    texts = ("a photo of a cat, 8k", "Zürich  naïve\nＡ ½ 北京 🙂", " leading and trailing ", "", "(x) [y] <z>")
    one, other = from_json(VOCABULARY, "json"), from_sentencepiece(spiece, "spiece.model")
    assert [other.ids(t) for t in texts] == [one.ids(t) for t in texts]
    assert (other.end, other.pad) == (one.end, one.pad)


@pytest.mark.parametrize("data", [b"", b"\x00\x01", b"{}", b"\x0a\xff\xff\xff\x7f"])
def test_a_vocabulary_that_cannot_be_read_is_named(data):
    read = from_json if data.startswith(b"{") else from_sentencepiece
    with pytest.raises(ModelError, match=r"^words is not a"):
        read(data, "words")


def test_the_nearest_vocabulary_is_taken(apart, spiece, tmp_path):
    weights = load_file(apart(ref("t5")))
    backwards = VOCABULARY.replace('▁cat"'.encode(), '▁dog#"'.encode(), 1)  # a cat is no word of it
    expected, other = [3, 9, 1712], from_json(backwards, "b").ids("a cat")
    assert other != expected
    path = tmp_path / "t5.safetensors"
    save_file(weights, path)
    said = lambda: load(Clip(ref("t5"), "t5"), lambda f: path, CPU).encoders[0].words.ids("a cat")  # noqa: E731
    assert said() == expected
    (tmp_path / "tokenizer.json").write_bytes(backwards)
    assert said() == other  # beside the file
    (tmp_path / "t5.spiece.model").write_bytes(spiece)
    assert said() == expected  # of the file's own name
    inside = torch.frombuffer(bytearray(backwards), dtype=torch.uint8)
    save_file(weights | {"tokenizer_json": inside}, path)
    assert said() == other  # inside it
