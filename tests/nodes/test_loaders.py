from calotype.types import Clip, FileRef, Model, Patch, Vae
from calotype.types import ControlNet as Net
from calotype_nodes.loaders import (
    CheckpointLoader,
    ClipLoader,
    ClipSkip,
    ControlNetLoader,
    LoraLoader,
    LoraLoaderModelOnly,
    ModelLoader,
    ModelSampling,
    VAELoader,
)

FILE = FileRef("checkpoints", "a.safetensors", "blake3:00")
LORA = FileRef("loras", "l.safetensors", "blake3:11")
MODEL, CLIP = Model(FILE, "sd15"), Clip(FILE, "sd15")


def test_a_checkpoint_gives_recipes_of_its_family_and_loads_nothing(host):
    host.families["a.safetensors"] = "sdxl"
    assert CheckpointLoader(checkpoint=FILE).run(host) == (Model(FILE, "sdxl"), Clip(FILE, "sdxl"), Vae(FILE, "sdxl"))


def test_the_other_loaders_give_one_recipe_each(host):
    assert ModelLoader(model=FILE).run(host) == Model(FILE, "sd15")
    assert VAELoader(vae=FILE).run(host) == Vae(FILE, "sd15")
    assert ControlNetLoader(control_net=FILE).run(host) == Net(FILE, "sd15")


def test_a_lora_is_a_patch_on_each_recipe_with_its_strength():
    got = LoraLoader(model=MODEL, clip=CLIP, lora=LORA, strength_model=0.8, strength_clip=0.6).run()
    assert got.model == Model(FILE, "sd15", (Patch("lora", LORA, (("strength", 0.8),)),))
    assert got.clip == Clip(FILE, "sd15", (Patch("lora", LORA, (("strength", 0.6),)),))


def test_a_lora_of_strength_0_leaves_the_recipe_as_it_is():
    assert LoraLoader(model=MODEL, clip=CLIP, lora=LORA, strength_model=0, strength_clip=0).run() == (MODEL, CLIP)
    assert LoraLoaderModelOnly(model=MODEL, lora=LORA, strength=0).run() == MODEL


def test_loras_stack_in_order():
    once = LoraLoaderModelOnly(model=MODEL, lora=LORA, strength=0.5).run()
    twice = LoraLoaderModelOnly(model=once, lora=LORA, strength=0.25).run()
    assert [p.settings for p in twice.patches] == [(("strength", 0.5),), (("strength", 0.25),)]


def test_clip_skip_is_a_patch():
    assert ClipSkip(clip=CLIP, stop_at_layer=-2).run().patches == (
        Patch("clip_skip", settings=(("stop_at_layer", -2),)),
    )


def test_a_text_encoder_comes_from_a_file_of_its_own(host):
    assert ClipLoader(clip=FILE).run(host) == Clip(FILE, "sd15")


def test_what_a_denoiser_predicts_is_a_patch():
    assert ModelSampling(model=MODEL, prediction="v", zero_snr=True).run().patches == (
        Patch("sampling", settings=(("prediction", "v"), ("zero_snr", True))),
    )
