"""Qwen-Image and Qwen-Image-Edit, against diffusers' own pipelines on the same tiny weights."""

import numpy as np
import pytest
import torch
from PIL import Image as Pictures

from calotype.diffusion.families.inspect import inspect
from calotype.diffusion.text.pictures import encode_pictures
from calotype.types import Conditioning

PROMPT = "a (red:1.3) apple on 3 plates"
SIDE = 224  # a multiple of 28, which the vision tower counts in, and of 32, to which the pipeline rounds


@pytest.fixture(scope="module")
def parts(tools):
    from diffusers import AutoencoderKLQwenImage, FlowMatchEulerDiscreteScheduler, QwenImageTransformer2DModel
    from transformers.models.qwen2_5_vl import configuration_qwen2_5_vl as configs
    from transformers.models.qwen2_5_vl import modeling_qwen2_5_vl as models

    rope = {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [4, 6, 6]}
    text = configs.Qwen2_5_VLTextConfig(
        vocab_size=151936, hidden_size=32, intermediate_size=24, num_hidden_layers=2, num_attention_heads=1,
        num_key_value_heads=1, rms_norm_eps=1e-6, rope_parameters=rope, bos_token_id=None, eos_token_id=None,
    )  # fmt: skip
    vision = configs.Qwen2_5_VLVisionConfig(
        depth=2, hidden_size=32, intermediate_size=24, num_heads=1, out_hidden_size=32, fullatt_block_indexes=[]
    )
    both = configs.Qwen2_5_VLConfig(text_config=text.to_dict(), vision_config=vision.to_dict())
    transformer = QwenImageTransformer2DModel(
        num_layers=2, attention_head_dim=32, num_attention_heads=1, joint_attention_dim=32, axes_dims_rope=(4, 14, 14)
    )
    return {
        "scheduler": FlowMatchEulerDiscreteScheduler(shift=1.15),
        "vae": tools.lively(AutoencoderKLQwenImage(base_dim=8, num_res_blocks=1), 1),
        "text_encoder": tools.lively(models.Qwen2_5_VLForConditionalGeneration(both), 2),
        "transformer": tools.lively(transformer, 3),
    }


@pytest.fixture(scope="module", params=["folder", "files"])
def loaded(request, parts, tools, tmp_path_factory):
    root = tmp_path_factory.mktemp("qwen-image")
    saved = {name: parts[name] for name in ("transformer", "text_encoder", "vae")}
    if request.param == "folder":
        folder = tools.folder_of(root, **saved)
        return tools.Loaded("qwen-image", folder, folder, folder)
    state = {f"model.diffusion_model.{k}": v for k, v in parts["transformer"].state_dict().items()}
    model = tools.file_of(root / "model.safetensors", state)
    clip = tools.file_of(root / "clip.safetensors", parts["text_encoder"].state_dict())
    vae = tools.file_of(root / "vae.safetensors", tools.wan_vae_original(parts["vae"]))
    assert [inspect(p).family for p in (model, clip, vae)] == ["qwen-image", "qwen2.5-vl", "kl-wan"]
    return tools.Loaded("qwen-image", model, clip, vae)


def normed(cfg):
    """Guidance as these pipelines do it: each token's velocity keeps the length that it has without guidance."""
    from calotype.diffusion.patches import packed, unpacked

    def guide(sides, x, sigma):
        positive, negative = (packed((x - side) / sigma) for side in (sides[0], sides[-1]))
        mixed = negative + cfg * (positive - negative)
        rows = mixed * positive.norm(dim=-1, keepdim=True) / mixed.norm(dim=-1, keepdim=True)
        return x - sigma * unpacked(rows, *x.shape[-2:])

    return guide


def packed_noise(tools, high, wide):
    from calotype.diffusion.patches import packed

    return packed(tools.noise(1, 16, high, wide))


def test_the_picture_is_that_of_the_pipeline(loaded, parts, tokenizer, tools):
    from diffusers import QwenImagePipeline

    pipeline = QwenImagePipeline(tokenizer=tokenizer, **parts)
    pipeline.set_progress_bar_config(disable=True)
    expected = pipeline(
        prompt=PROMPT, negative_prompt="blurred", true_cfg_scale=3.0, height=64, width=48, num_inference_steps=3,
        latents=packed_noise(tools, 8, 6), output_type="pt", return_dict=False,
    )[0]  # fmt: skip
    sigmas = pipeline.scheduler.sigmas
    samples = loaded.sampled(torch.zeros(1, 4, 8, 6), sigmas, PROMPT, "blurred", guider=normed(3.0))
    assert tools.distance(loaded.vae.decode(samples), expected.movedim(1, -1)) < 1e-4


@pytest.fixture
def edit_pipeline(parts, tokenizer, monkeypatch):
    """The pipeline on small pictures, with what it was written for: positions of pictures told to the text encoder."""
    import diffusers.pipelines.qwenimage.pipeline_qwenimage_edit as module
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

    image_processor = Qwen2VLImageProcessorPil(min_pixels=3136, max_pixels=12845056)
    encoder = parts["text_encoder"]
    forward = encoder.forward

    def told(input_ids=None, **how):
        return forward(input_ids=input_ids, mm_token_type_ids=(input_ids == 151655).int(), **how)

    def processor(text, images, **how):
        seen = image_processor(images=images, return_tensors="pt")
        count = int(seen["image_grid_thw"].prod()) // 4
        words = tokenizer([t.replace("<|image_pad|>", "<|image_pad|>" * count) for t in text], return_tensors="pt")
        return Moved({**words, **seen})

    class Moved(dict):
        def to(self, device):
            return self

    monkeypatch.setattr(encoder, "forward", told)
    monkeypatch.setattr(module, "calculate_dimensions", lambda area, ratio: (SIDE, SIDE, None))
    made = module.QwenImageEditPipeline(tokenizer=tokenizer, processor=processor, **parts)
    made.set_progress_bar_config(disable=True)
    return made


def test_an_edited_picture_is_that_of_the_pipeline(loaded, edit_pipeline, tools):
    pixels = np.random.default_rng(3).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    expected = edit_pipeline(
        image=Pictures.fromarray(pixels), prompt=PROMPT, negative_prompt=" ", true_cfg_scale=3.0, height=64, width=64,
        num_inference_steps=2, latents=packed_noise(tools, 8, 8), output_type="pt", return_dict=False,
    )[0]  # fmt: skip
    picture = torch.from_numpy(pixels)[None] / 255
    reference = loaded.vae.encode(picture)
    sides = [
        Conditioning((encode_pictures(loaded.clip, text, [picture[0]], references=[reference]),), "qwen-image")
        for text in (PROMPT, " ")
    ]
    sigmas = edit_pipeline.scheduler.sigmas
    samples = loaded.sampled(torch.zeros(1, 4, 8, 8), sigmas, *sides, guider=normed(3.0))
    assert tools.distance(loaded.vae.decode(samples), expected.movedim(1, -1)) < 1e-4


def test_the_2511_edition_tells_pictures_to_edit_time_0_from_a_folder_as_from_a_file(parts, tools, tmp_path):
    from diffusers import QwenImageTransformer2DModel

    from calotype.diffusion.patches import packed

    shape = {k: v for k, v in parts["transformer"].config.items() if not k.startswith("_")}
    raw = QwenImageTransformer2DModel(**shape | {"zero_cond_t": True})
    raw.load_state_dict(parts["transformer"].state_dict())
    (tmp_path / "edit" / "transformer").mkdir(parents=True)
    raw.save_pretrained(tmp_path / "edit" / "transformer")
    sign = {"__index_timestep_zero__": torch.zeros(1)}
    files = [tmp_path / "edit", tmp_path / "edit" / "transformer"]
    files.append(tools.file_of(tmp_path / "edit.safetensors", raw.state_dict() | sign))
    x, words, time = tools.noise(1, 16, 4, 6), torch.randn(1, 5, 32), torch.tensor([0.7])
    picture = torch.randn(1, 16, 4, 4)
    for path in files:
        model = tools.load_model("qwen-image", path)
        rows = torch.cat([packed(x), packed(model.latent.into_model(picture))], dim=1)
        with torch.no_grad():
            shapes = [[(1, 2, 3), (1, 2, 2)]]
            theirs = raw.eval()(rows, words, None, time, img_shapes=shapes, return_dict=False)[0][:, :6]
        mine = packed(model.predict(x, time, words, options={"reference.0": picture}))
        assert (model.module.config.zero_cond_t, tools.distance(mine, theirs) < 1e-5) == (True, True), path
    plain = tools.load_model("qwen-image", tools.file_of(tmp_path / "plain.safetensors", raw.state_dict()))
    other = packed(plain.predict(x, time, words, options={"reference.0": picture}))
    assert tools.distance(other, theirs) > 1e-3


def test_a_text_encoder_without_eyes_says_so(loaded, parts, tools, tmp_path):
    from calotype.errors import ModelError

    blind = {k: v for k, v in parts["text_encoder"].state_dict().items() if "visual." not in k}
    path = tools.file_of(tmp_path / "blind.safetensors", blind)
    clip = tools.load_clip("qwen-image", path)
    assert clip.encode("a").tokens.shape[-1] == 32
    with pytest.raises(ModelError, match="no vision tower"):
        encode_pictures(clip, "a", [torch.zeros(56, 56, 3)])


def test_sixteen_bits_give_nearly_the_same(loaded, tools):
    empty, sigmas = torch.zeros(1, 4, 4, 6), torch.tensor([1.0, 0.6, 0.0])
    half = loaded.in_bfloat16()
    samples = [one.sampled(empty, sigmas, "a red apple", "", cfg=1.0) for one in (half, loaded)]
    assert tools.distance(*samples) < 0.1
    assert tools.distance(*(one.vae.decode(samples[1]) for one in (half, loaded))) < 0.1


def test_weights_in_8_bits_compute_what_their_values_in_float32_do(parts, tools, tmp_path):
    said = tools.in_8_bits(
        "qwen-image",
        parts["transformer"],
        tmp_path,
        tools.noise(1, 16, 4, 6),
        torch.tensor([0.7]),
        torch.ones(1, 5, 32),
    )
    assert tools.distance(*said) < 1e-6
