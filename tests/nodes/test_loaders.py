import pytest
import torch
from safetensors.torch import save_file

from calotype.errors import FamilyMismatch
from calotype.types import Clip, FileRef, Model, Patch, Vae
from calotype.types import ControlNet as Net
from calotype_nodes.loaders import (
    CheckpointLoader,
    ClipLoader,
    ClipSkip,
    ControlNetLoader,
    DualClipLoader,
    LoraLoader,
    LoraLoaderModelOnly,
    ModelLoader,
    ModelSampling,
    TripleClipLoader,
    UnionControlNetKind,
    VAELoader,
)

FILE = FileRef("checkpoints", "a.safetensors", "blake3:00")
LORA = FileRef("loras", "l.safetensors", "blake3:11")
TO_Q = "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q"
MODEL, CLIP = Model(FILE, "sd15"), Clip(FILE, "sd15")


def test_a_checkpoint_gives_recipes_of_its_family_and_loads_nothing(host):
    host.families["a.safetensors"] = "sdxl"
    assert CheckpointLoader(checkpoint=FILE).run(host) == (Model(FILE, "sdxl"), Clip(FILE, "sdxl"), Vae(FILE, "sdxl"))


def test_the_other_loaders_give_one_recipe_each(host):
    assert ModelLoader(model=FILE).run(host) == Model(FILE, "sd15")
    assert VAELoader(vae=FILE).run(host) == Vae(FILE, "sd15")
    assert ControlNetLoader(control_net=FILE).run(host) == Net(FILE, "sd15")


def test_the_kind_of_a_union_controlnets_pictures_is_a_patch():
    got = UnionControlNetKind(control_net=Net(FILE, "sdxl"), kind="depth").run()
    assert got == Net(FILE, "sdxl", (Patch("union", settings=(("kind", "depth"), ("number", -1))),))


@pytest.fixture
def models(host):
    """A U-Net's and a text encoder's first tensors in one file, and a LoRA of which half is for them."""
    zeros = {name: torch.zeros(1) for name in ("conv_in.weight", "down_blocks.0.resnets.0.conv1.weight")}
    zeros |= {f"{TO_Q}.weight": torch.zeros(4, 4), "text_model.embeddings.token_embedding.weight": torch.zeros(4, 768)}
    save_file(zeros, host.folder / "a.safetensors")
    pair = {"up": torch.zeros(4, 2), "down": torch.zeros(2, 4)}
    lora = {f"{m}.lora_{w}.weight": t.clone() for m in (f"unet.{TO_Q}", "lora_te_odd") for w, t in pair.items()}
    save_file(lora, host.folder / "l.safetensors")
    return Model(FILE, "sd1"), Clip(FILE, "sd1")


def test_a_lora_is_a_patch_on_each_recipe_with_its_strength(host, models):
    model, clip = models
    got = LoraLoader(model=model, clip=clip, lora=LORA, strength_model=0.8, strength_clip=0.6).run(host)
    assert got.model == Model(FILE, "sd1", (Patch("lora", LORA, (("strength", 0.8),)),))
    assert got.clip == Clip(FILE, "sd1", (Patch("lora", LORA, (("strength", 0.6),)),))


def test_what_a_lora_changes_and_the_models_have_not_is_a_warning(host, models):
    model, clip = models
    LoraLoader(model=model, clip=clip, lora=LORA).run(host)
    LoraLoaderModelOnly(model=model, lora=LORA).run(host)  # what is for text encoders is not missed there
    assert host.warnings == ["l.safetensors: 1 of its 2 changes are for nothing in the model: 'lora_te_odd'"]


def test_a_lora_of_strength_0_leaves_the_recipe_as_it_is(host):
    nothing = LoraLoader(model=MODEL, clip=CLIP, lora=LORA, strength_model=0, strength_clip=0).run(host)
    assert nothing == (MODEL, CLIP)
    assert LoraLoaderModelOnly(model=MODEL, lora=LORA, strength=0).run(host) == MODEL


def test_loras_stack_in_order(host, models):
    once = LoraLoaderModelOnly(model=models[0], lora=LORA, strength=0.5).run(host)
    twice = LoraLoaderModelOnly(model=once, lora=LORA, strength=0.25).run(host)
    assert [p.settings for p in twice.patches] == [(("strength", 0.5),), (("strength", 0.25),)]


def test_clip_skip_is_a_patch():
    assert ClipSkip(clip=CLIP, stop_at_layer=-2).run().patches == (
        Patch("clip_skip", settings=(("stop_at_layer", -2),)),
    )


def test_a_text_encoder_comes_from_a_file_of_its_own(host):
    assert ClipLoader(clip=FILE).run(host) == Clip(FILE, "sd15")


def test_text_encoders_of_several_files_are_one_recipe_of_the_family_that_listens_to_them(host):
    small, big, t5 = (FileRef("clip", f"{name}.safetensors", f"blake3:{name}") for name in ("l", "g", "t5"))
    host.families |= {small.name: "clip-l", big.name: "clip-g", t5.name: "t5"}
    assert DualClipLoader(clip_1=small, clip_2=big).run(host) == Clip(small, "sdxl", more=(big,))
    assert DualClipLoader(clip_1=t5, clip_2=small).run(host) == Clip(t5, "flux", more=(small,))
    assert DualClipLoader(clip_1=small, clip_2=big, type="sd3").run(host) == Clip(small, "sd3", more=(big,))
    assert TripleClipLoader(clip_1=small, clip_2=big, clip_3=t5).run(host) == Clip(small, "sd3", more=(big, t5))


def test_text_encoders_that_no_family_listens_to_together_are_refused(host):
    g, t5 = FileRef("clip", "g.safetensors"), FileRef("clip", "t5.safetensors")
    host.families |= {g.name: "clip-g", t5.name: "t5"}
    with pytest.raises(FamilyMismatch, match="no family listens to the OpenCLIP ViT-bigG text encoder and the T5-XXL"):
        DualClipLoader(clip_1=g, clip_2=t5).run(host)
    with pytest.raises(FamilyMismatch, match=r"FLUX\.1 listens to CLIP-L, T5-XXL; the files are the OpenCLIP ViT-bigG"):
        DualClipLoader(clip_1=g, clip_2=t5, type="flux").run(host)


def test_what_a_denoiser_predicts_is_a_patch():
    assert ModelSampling(model=MODEL, prediction="v", zero_snr=True).run().patches == (
        Patch("sampling", settings=(("prediction", "v"), ("zero_snr", True))),
    )
