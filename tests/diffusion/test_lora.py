import pytest
import torch
from safetensors.torch import load_file, save_file

from calotype.diffusion.header import read_header
from calotype.diffusion.loading import load
from calotype.diffusion.loading.unknown import unknown_said
from calotype.diffusion.lora import content
from calotype.diffusion.lora.delta import delta
from calotype.errors import FamilyMismatch, ModelError
from calotype.types import Clip, FileRef, Model, Patch

CPU = torch.device("cpu")
TINY = FileRef("checkpoints", "tiny.safetensors")
LORA = FileRef("loras", "lora.safetensors")
TO_Q = "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q"
KOHYA = "lora_unet_" + TO_Q.replace(".", "_")


def patch(strength, file=LORA):
    return Patch("lora", file, (("strength", strength),))


def weight(path_of, *patches, name=TO_Q):
    recipe = Model(TINY, "sd1", patches)
    return load(recipe, path_of, CPU).module.get_parameter(f"{name}.weight")


def test_a_lora_adds_the_scaled_product_of_its_two_matrices(models, path_of):
    said = load_file(models / "loras" / "lora.safetensors")
    up, down, alpha = (said[f"{KOHYA}.{part}"].float() for part in ("lora_up.weight", "lora_down.weight", "alpha"))
    change = weight(path_of, patch(0.5)) - weight(path_of)
    assert torch.allclose(change, 0.5 * alpha / 2 * up @ down, atol=1e-6)


def test_loras_stack_in_order_and_strength_zero_is_nothing(path_of):
    one, two, none = weight(path_of, patch(0.5)), weight(path_of, patch(0.5), patch(0.5)), weight(path_of, patch(0.0))
    base = weight(path_of)
    assert torch.allclose(two - base, 2 * (one - base), atol=1e-6)
    assert torch.equal(none, base)


def test_a_lora_changes_the_text_encoder_by_its_own_strength(path_of):
    plain, changed = (load(Clip(TINY, "sd1", p), path_of, CPU).encode("a cat").tokens for p in ((), (patch(0.7),)))
    assert not torch.allclose(plain, changed)


@pytest.mark.parametrize("start", ["lora_te_", "text_encoder.", "text_encoders.clip_l.transformer."])
def test_a_lora_changes_a_text_encoder_in_a_file_of_its_own_alike(models, path_of, tmp_path, start):
    inside, prefix = "text_model.encoder.layers.0.self_attn.q_proj", "cond_stage_model.transformer."
    said = load_file(models / "loras" / "lora.safetensors")
    module = start + (inside.replace(".", "_") if start.endswith("_") else inside)
    own = {n.replace(f"lora_te_{inside.replace('.', '_')}", module): t for n, t in said.items() if "lora_te" in n}
    save_file(own, tmp_path / "l.safetensors")
    whole = load_file(models / "checkpoints" / "tiny.safetensors")
    save_file({n.removeprefix(prefix): t for n, t in whole.items() if n.startswith(prefix)}, tmp_path / "c.safetensors")
    alone = Clip(FileRef("clip", "c.safetensors"), "clip-l", (patch(0.7, FileRef("loras", "l.safetensors")),))
    tokens = load(alone, lambda f: tmp_path / f.name, CPU).encode("a cat").tokens
    assert torch.equal(tokens, load(Clip(TINY, "sd1", (patch(0.7),)), path_of, CPU).encode("a cat").tokens)


def test_a_lora_for_another_text_encoder_is_refused_by_one_in_a_file_of_its_own(tiny, tmp_path):
    tiny.saved(tmp_path / "c.safetensors", tiny.clip_shapes())
    tiny.saved(tmp_path / "l.safetensors", tiny.lora_shapes({"diffusion_model.blocks.0.self_attn.q": (8, 8)}))
    alone = Clip(FileRef("clip", "c.safetensors"), "clip-l", (patch(1.0, FileRef("loras", "l.safetensors")),))
    with pytest.raises(FamilyMismatch, match=r"is a LoRA for Wan 2\.1; c\.safetensors is the CLIP-L text encoder"):
        load(alone, lambda f: tmp_path / f.name, CPU)


@pytest.mark.parametrize("module", [f"unet.{TO_Q}", "lora_unet_input_blocks_1_1_transformer_blocks_0_attn1_to_q"])
@pytest.mark.parametrize("endings", [("lora_A.weight", "lora_B.weight"), ("lora_down.weight", "lora_up.weight")])
def test_every_naming_means_the_same_weight(models, path_of, module, endings):
    said = load_file(models / "loras" / "lora.safetensors")
    renamed = {
        f"{module}.{endings[0]}": said[f"{KOHYA}.lora_down.weight"],
        f"{module}.{endings[1]}": said[f"{KOHYA}.lora_up.weight"],
    }
    save_file({**renamed, f"{module}.alpha": said[f"{KOHYA}.alpha"]}, models / "loras" / "renamed.safetensors")
    other = weight(path_of, patch(0.5, FileRef("loras", "renamed.safetensors")))
    assert torch.equal(other, weight(path_of, patch(0.5)))


def test_a_lora_of_another_family_is_refused_with_a_remedy(models, tiny, path_of):
    name = "lora_unet_input_blocks_4_1_transformer_blocks_1_attn2_to_k"
    tiny.saved(models / "loras" / "xl.safetensors", tiny.lora_shapes({name: (64, 128)}))
    with pytest.raises(FamilyMismatch) as caught:
        weight(path_of, patch(1.0, FileRef("loras", "xl.safetensors")))
    assert str(caught.value) == (
        "xl.safetensors is a LoRA for SDXL; tiny.safetensors is SD 1.x. Use a LoRA made for SD 1.x, or a checkpoint of "
        "the family SDXL."
    )


def test_a_lora_that_reaches_no_weight_and_one_that_does_not_fit_are_named(models, tiny, path_of):
    tiny.saved(models / "loras" / "far.safetensors", tiny.lora_shapes({"lora_unet_nowhere": (8, 8)}))
    said = r"far\.safetensors changes none of the weights of tiny\.safetensors \(SD 1\.x\)"
    with pytest.raises(ModelError, match=said):
        weight(path_of, patch(1.0, FileRef("loras", "far.safetensors")))
    tiny.saved(models / "loras" / "wide.safetensors", tiny.lora_shapes({KOHYA: (320, 320)}))
    said = r"wide\.safetensors does not fit tiny\.safetensors .* does not fit a weight of shape \(32, 32\)\. Use"
    with pytest.raises(ModelError, match=said):
        weight(path_of, patch(1.0, FileRef("loras", "wide.safetensors")))


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("lora_unet_nowhere", r"changes none of the weights of tiny\.safetensors"),
        (KOHYA, r"does not fit tiny\.safetensors .* as a weight of 320 x 320, the model's is 32 x 32\. Use a LoRA"),
        ("lora_te_text_model_encoder_layers_0_mlp_fc1", r"does not fit tiny\.safetensors .* the model's is 256 x 64"),
    ],
)
def test_a_lora_that_cannot_be_applied_is_named_from_headers_alone(models, tiny, path_of, module, said):
    tiny.saved(models / "loras" / "odd.safetensors", tiny.lora_shapes({module: (320, 320)}))
    with pytest.raises(ModelError, match=rf"^odd\.safetensors {said}"):
        unknown_said(FileRef("loras", "odd.safetensors"), path_of, Model(TINY, "sd1"), Clip(TINY, "sd1"))


def test_a_checkpoint_in_place_of_a_lora_is_named(path_of):
    with pytest.raises(ModelError, match=r"tiny\.safetensors is not a LoRA but SD 1\.x weights"):
        weight(path_of, patch(1.0, TINY))


def test_convolutions_in_tucker_form_are_composed():
    up, mid, down = torch.randn(6, 2, 1, 1), torch.randn(2, 2, 3, 3), torch.randn(2, 5, 1, 1)
    change = delta({"up": up, "mid": mid, "down": down}, torch.Size((6, 5, 3, 3)))
    x = torch.randn(1, 5, 4, 4)
    steps = torch.conv2d(torch.conv2d(torch.conv2d(x, down), mid), up)
    assert torch.allclose(torch.conv2d(x, change), steps, atol=1e-4)


def test_loha_multiplies_and_lokr_takes_the_kronecker_product():
    a, b, c, d = torch.randn(6, 2), torch.randn(2, 4), torch.randn(6, 2), torch.randn(2, 4)
    loha = delta({"w1_a": a, "w1_b": b, "w2_a": c, "w2_b": d, "alpha": torch.tensor(1.0)}, torch.Size((6, 4)))
    assert torch.allclose(loha, (a @ b) * (c @ d) / 2)
    lokr = delta({"k1": a[:3], "k2": b}, torch.Size((6, 8)))
    assert torch.allclose(lokr, torch.kron(a[:3], b))


def test_old_diffusers_names_of_attention_processors_are_read(tmp_path):
    save_file(
        {
            f"unet.{TO_Q.rpartition('.')[0]}.processor.to_q_lora.{way}.weight": torch.ones(2, 2)
            for way in ("down", "up")
        },
        tmp_path / "old.safetensors",
    )
    assert list(content(read_header(tmp_path / "old.safetensors")).adapters) == [f"unet.{TO_Q}"]


def test_the_original_names_of_attentions_follow_from_their_place(tiny):
    from calotype.diffusion.layouts import unet

    table = unet.modules(tiny.unet_shapes())
    attended = {
        new: old for old, new in table.items() if "attentions" in new and f"{old}.norm.weight" in tiny.unet_shapes()
    }
    assert len(attended) == 16
    assert {new: unet.original(new, 2) for new in attended} == attended
