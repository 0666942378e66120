"""Image encoders and style models: what transformers computes from the same weights, in every layout of files."""

from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import save_file

from calotype.diffusion.families.flux import heeded
from calotype.diffusion.kinds import family_in
from calotype.diffusion.loading import load, size_of
from calotype.diffusion.vision.encoder import prepared
from calotype.diffusion.vision.files import DEPTHS, SIGLIP, named, side, vision_takes
from calotype.errors import FamilyMismatch, ModelError
from calotype.types import ClipVision, FileRef, ImageFeatures, StyleModel

CPU = torch.device("cpu")
WIDTH, PATCH, GRID = 32, 4, 3
PIXELS = torch.rand(2, 10, 15, 4, generator=torch.Generator().manual_seed(1))


def lively(module):
    torch.manual_seed(0)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.normal_(0.0 if parameter.ndim > 1 else 1.0, 0.3)
    return module.eval()


@pytest.fixture(scope="module")
def siglip():
    from transformers.models.siglip.configuration_siglip import SiglipVisionConfig
    from transformers.models.siglip.modeling_siglip import SiglipVisionModel

    said = {"hidden_size": WIDTH, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 16}
    return lively(SiglipVisionModel(SiglipVisionConfig(**said, image_size=PATCH * GRID, patch_size=PATCH)))


@pytest.fixture(scope="module")
def clip():
    from transformers.models.clip.configuration_clip import CLIPVisionConfig
    from transformers.models.clip.modeling_clip import CLIPVisionModelWithProjection

    said = {"hidden_size": WIDTH, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 16}
    config = CLIPVisionConfig(**said, image_size=PATCH * GRID, patch_size=PATCH, projection_dim=8)
    return lively(CLIPVisionModelWithProjection(config))


@pytest.fixture
def shelf(tmp_path):
    """Puts tensors into a file, and loads what a recipe makes of it."""

    def put(tensors, folder="clip_vision", kind=ClipVision):
        (tmp_path / folder).mkdir(exist_ok=True)
        path = tmp_path / folder / "some.safetensors"
        save_file({k: v.contiguous().clone() for k, v in tensors.items()}, path)
        recipe = kind(FileRef(folder, path.name), family_in(folder, path))
        assert size_of(recipe, lambda ref: path, CPU) == sum(4 * v.numel() for v in tensors.values())
        return load(recipe, lambda ref: path, CPU)

    return put


def published(module):
    """The tensors as files of transformers' models have them."""
    found = {}
    for name, tensor in module.state_dict().items():
        bare = name
        while bare.startswith("vision_model."):
            bare = bare.removeprefix("vision_model.")
        found[bare if bare == "visual_projection.weight" else f"vision_model.{bare}"] = tensor
    return found


def openclip(tensors):
    """The same under OpenCLIP's names."""
    found = {}
    ends = {
        "embeddings.class_embedding": "class_embedding", "embeddings.patch_embedding.weight": "conv1.weight",
        "embeddings.position_embedding.weight": "positional_embedding", "pre_layrnorm": "ln_pre",
        "post_layernorm": "ln_post", "layer_norm1": "ln_1", "layer_norm2": "ln_2",
        "self_attn.out_proj": "attn.out_proj", "mlp.fc1": "mlp.c_fc",
        "mlp.fc2": "mlp.c_proj", "encoder.layers": "transformer.resblocks",
    }  # fmt: skip
    for name, tensor in tensors.items():
        new = name.removeprefix("vision_model.")
        for ours, theirs in ends.items():
            new = new.replace(ours, theirs)
        if name == "visual_projection.weight":
            found["visual.proj"] = tensor.T
        elif ".q_proj." in name:
            rows = [tensors[name.replace("q_proj", f"{part}_proj")] for part in "qkv"]
            found[f"visual.{new.replace('self_attn.q_proj.', 'attn.in_proj_')}"] = torch.cat(rows)
        elif "_proj." not in new or "out_proj" in new or "c_proj" in new:
            found[f"visual.{new}"] = tensor
    return found


def test_siglip_sees_what_transformers_sees(siglip, shelf):
    encoder = shelf({k: v for k, v in published(siglip).items() if ".head." not in k})
    assert (encoder.family, encoder.side) == (SIGLIP, 12)
    got = encoder.encode(PIXELS)
    with torch.no_grad():
        want = siglip(pixel_values=prepared(PIXELS, 12, SIGLIP, True), output_hidden_states=True)
    torch.testing.assert_close(got.tokens, want.last_hidden_state)
    torch.testing.assert_close(got.penultimate, want.hidden_states[-2])
    assert got.pooled is got.tokens or torch.equal(got.pooled, got.tokens)


@pytest.mark.parametrize("names", [dict, openclip])
def test_a_clip_sees_what_transformers_sees_whoever_named_its_tensors(clip, shelf, names):
    encoder = shelf(names(published(clip)))
    assert (encoder.family, encoder.side) == ("clip-vision-l", 12)
    got = encoder.encode(PIXELS, cut=False)
    with torch.no_grad():
        want = clip(pixel_values=prepared(PIXELS, 12, encoder.family, False), output_hidden_states=True)
    torch.testing.assert_close(got.tokens, want.last_hidden_state)
    torch.testing.assert_close(got.penultimate, want.hidden_states[-2])
    torch.testing.assert_close(got.pooled, want.image_embeds)


def test_pictures_are_cut_to_their_middle_or_squeezed_and_are_whole_steps_of_grey():
    wide = torch.zeros(1, 4, 8, 3)
    wide[:, :, 2:6] = 0.5 + 1e-4
    middle = prepared(wide, 4, SIGLIP, True)
    assert middle.shape == (1, 3, 4, 4) and torch.allclose(middle, torch.full((), 2 * 128 / 255 - 1), atol=1e-6)
    assert prepared(wide, 4, SIGLIP, False).std() > 0.1
    grey = prepared(torch.full((1, 4, 4, 3), 0.5), 4, "clip-vision-h", True)[0, :, 0, 0]
    assert grey.tolist() == pytest.approx([0.0763, 0.1690, 0.3401], abs=1e-3)


def test_encoders_are_known_by_their_depth_and_by_their_class_token():
    for layers, name in ((24, "clip-vision-l"), (32, "clip-vision-h"), (48, "clip-vision-g")):
        assert named({f"encoder.layers.{layers - 1}.x": None, "embeddings.class_embedding": None}) == name
    assert named({"encoder.layers.26.x": None}) == SIGLIP
    assert [name for _, name in DEPTHS][-1] == "clip-vision-l"
    assert (side(27, 14, SIGLIP), side(32, 16, SIGLIP), side(16, 14, "clip-vision-h")) == (384, 512, 224)


def test_a_style_model_makes_words_of_all_pictures(shelf):
    tensors = {
        "redux_up.weight": torch.randn(12, 8), "redux_up.bias": torch.randn(12),
        "redux_down.weight": torch.randn(4, 12), "redux_down.bias": torch.randn(4),
    }  # fmt: skip
    style = shelf(tensors, "style_models", StyleModel)
    seen = torch.randn(2, 3, 8)
    got = style.words(ImageFeatures(seen, seen, seen, SIGLIP))
    inner = torch.nn.functional.silu(seen @ tensors["redux_up.weight"].T + tensors["redux_up.bias"])
    want = inner @ tensors["redux_down.weight"].T + tensors["redux_down.bias"]
    torch.testing.assert_close(got, want.reshape(1, 6, 4))
    with pytest.raises(FamilyMismatch, match="reads 8 features, the image encoder gives 5"):
        style.words(ImageFeatures(seen[..., :5], seen, seen))


def test_words_are_heeded_by_patches_and_by_the_words_before_them():
    step = SimpleNamespace(
        options={"heeded": [[2, 1, 0.5], [3, 2, 0.0]]}, tokens=torch.zeros(1, 5, 4), device=CPU, dtype=torch.float32
    )
    bias = heeded(step, 1)["attention_mask"][0, 0]
    half, never = float(torch.tensor(0.5).log().half()), float("-inf")
    assert bias.tolist() == [
        [0, 0, half, never, never, 0],
        [0, 0, half, never, never, 0],
        [0, 0, 0, never, never, 0],
        [0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0],
        [0, 0, half, never, never, 0],
    ]
    assert heeded(SimpleNamespace(options={}), 1) is None


def test_other_files_are_named(shelf):
    with pytest.raises(ModelError, match=r"some\.safetensors is of another kind; it is no image encoder"):
        shelf({"a": torch.zeros(1)})
    vae = {"decoder.conv_in.weight": torch.zeros(1, 4, 1, 1)}
    with pytest.raises(ModelError, match=r"some\.safetensors has a 4-channel autoencoder .* weights; it is no style"):
        shelf(vae, "style_models", StyleModel)
    with pytest.raises(ModelError, match=r"some\.safetensors is an incomplete image encoder"):
        shelf({"vision_model.embeddings.patch_embedding.weight": torch.zeros(2, 3, 1, 1)})
    assert vision_takes(SimpleNamespace(tensors={})) == {}
