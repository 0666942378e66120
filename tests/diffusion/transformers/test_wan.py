"""Wan from prompt to video, against diffusers' own pipeline on the same tiny weights."""

import struct

import pytest
import torch

from calotype.diffusion.families.inspect import inspect
from calotype.diffusion.kinds import family_in
from calotype.errors import ModelError
from calotype.types import Conditioning, Latent

PROMPT = "a red   apple &amp; a pear"
PIECES = ["<pad>", "</s>", "<unk>", "▁", *"abcdefghijklmnopqrstuvwxyz&", "▁a", "▁re", "pp", "le"]


def spiece() -> bytes:
    """A SentencePiece model of these pieces, as a protocol buffer."""
    found = b""
    for i, piece in enumerate(PIECES):
        text = piece.encode()
        kind = b"\x18" + bytes([2 if piece == "<unk>" else 3 if i < 2 else 1])
        body = b"\x0a" + bytes([len(text)]) + text + b"\x15" + struct.pack("<f", -float(i)) + kind
        found += b"\x0a" + bytes([len(body)]) + body
    return found


@pytest.fixture(scope="module")
def pipeline(tools):
    from diffusers import AutoencoderKLWan, FlowMatchEulerDiscreteScheduler, WanPipeline, WanTransformer3DModel
    from transformers import T5Tokenizer, UMT5Config, UMT5EncoderModel

    transformer = WanTransformer3DModel(
        num_attention_heads=1, attention_head_dim=24, text_dim=16, freq_dim=32, ffn_dim=48, num_layers=2
    )
    encoder = UMT5EncoderModel(
        UMT5Config(vocab_size=len(PIECES), d_model=16, d_kv=8, d_ff=24, num_layers=2, num_heads=2)
    )
    vocabulary = [(piece, -float(i)) for i, piece in enumerate(PIECES)]
    made = WanPipeline(
        T5Tokenizer(vocab=vocabulary, extra_ids=0, additional_special_tokens=[]),
        tools.lively(encoder, 2),
        tools.lively(AutoencoderKLWan(base_dim=8, num_res_blocks=1), 1),
        FlowMatchEulerDiscreteScheduler(shift=8.0),
        tools.lively(transformer, 3),
    )
    made.set_progress_bar_config(disable=True)
    return made


def original(transformer):
    """The transformer's tensors under the names of the first release."""
    inside = "condition_embedder."
    renames = (
        (inside + "time_embedder.linear_1", "time_embedding.0"),
        (inside + "time_embedder.linear_2", "time_embedding.2"),
        (inside + "text_embedder.linear_1", "text_embedding.0"),
        (inside + "text_embedder.linear_2", "text_embedding.2"),
        (inside + "time_proj", "time_projection.1"), ("proj_out", "head.head"), ("attn1", "self_attn"),
        ("attn2", "cross_attn"), ("to_out.0", "o"), ("to_q", "q"), ("to_k", "k"), ("to_v", "v"),
        ("ffn.net.0.proj", "ffn.0"), ("ffn.net.2", "ffn.2"), (".norm2.", ".norm3."),
    )  # fmt: skip
    found = {}
    for name, tensor in transformer.state_dict().items():
        new = name.replace("scale_shift_table", "modulation" if name.startswith("blocks") else "head.modulation")
        for theirs, first in renames:
            new = new.replace(theirs, first)
        found[new] = tensor
    return found


@pytest.fixture(scope="module", params=["folder", "files"])
def loaded(request, pipeline, tools, tmp_path_factory):
    root = tmp_path_factory.mktemp("wan")
    parts = {"transformer": pipeline.transformer, "text_encoder": pipeline.text_encoder, "vae": pipeline.vae}
    if request.param == "folder":
        folder = tools.folder_of(root, **parts)
        (root / "tokenizer").mkdir()
        (root / "tokenizer" / "spiece.model").write_bytes(spiece())
        return tools.Loaded("wan", folder, folder, folder)
    model = tools.file_of(root / "model.safetensors", original(pipeline.transformer))
    words = {"spiece_model": torch.frombuffer(bytearray(spiece()), dtype=torch.uint8)}
    clip = tools.file_of(root / "clip.safetensors", pipeline.text_encoder.state_dict() | words)
    vae = tools.file_of(root / "vae.safetensors", tools.wan_vae_original(pipeline.vae))
    assert [inspect(p).family for p in (model, clip, vae)] == ["wan", "umt5", "kl-wan"]
    return tools.Loaded("wan", model, clip, vae)


def test_the_frames_are_those_of_the_pipeline(loaded, pipeline, tools):
    expected = pipeline(
        prompt=PROMPT, negative_prompt="blurred", height=32, width=48, num_frames=5, num_inference_steps=3,
        guidance_scale=2.5, latents=tools.noise(1, 16, 2, 4, 6), output_type="pt", return_dict=False,
    )[0]  # fmt: skip
    samples = loaded.sampled(torch.zeros(1, 16, 2, 4, 6), pipeline.scheduler.sigmas, PROMPT, "blurred", cfg=2.5)
    assert samples.shape == (1, 16, 2, 4, 6)
    assert tools.distance(loaded.vae.decode(samples), expected[0].movedim(1, -1)) < 1e-4


def test_a_video_comes_back_through_the_autoencoder_as_through_diffusers_own(loaded, pipeline, tools):
    video = torch.rand(6, 16, 24, 3, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        theirs = pipeline.vae.encode((video[:5] * 2 - 1).permute(3, 0, 1, 2)[None]).latent_dist.mode()
        frames = pipeline.vae.decode(theirs).sample[0].permute(1, 2, 3, 0) / 2 + 0.5
    assert tools.distance(loaded.vae.encode_video(video), theirs) < 1e-5
    assert tools.distance(loaded.vae.decode(theirs), frames.clamp(0, 1)) < 1e-5
    assert tools.distance(loaded.vae.decode_tiled(theirs), frames.clamp(0, 1)) < 1e-5


def test_a_picture_latent_is_a_video_of_one_frame(loaded):
    samples = loaded.sampled(torch.zeros(1, 4, 4, 6), torch.tensor([1.0, 0.5, 0.0]), "a", "", cfg=1.0)
    assert samples.shape == (1, 16, 1, 4, 6)
    assert loaded.vae.decode(samples).shape == (1, 32, 48, 3)


def test_every_sampler_for_flows_takes_videos(loaded):
    from calotype.diffusion.sampling import FLOW_SAMPLERS, sample

    side = Conditioning((loaded.clip.encode("a"),), "wan")
    for sampler in FLOW_SAMPLERS:
        latent = sample(
            loaded.denoiser, side, side, Latent(torch.zeros(1, 16, 2, 2, 2)), sampler=sampler, scheduler="simple",
            steps=3, cfg=1.0, seed=1,
        ).latent  # fmt: skip
        assert latent.samples.shape == (1, 16, 2, 2, 2), sampler
        assert latent.samples.isfinite().all(), sampler


def test_weights_in_a_prompt_move_its_tokens(loaded):
    plain, heavy = (loaded.clip.encode(text).tokens for text in ("a (pear)", "a (pear:1.5)"))
    assert plain.shape == heavy.shape == (1, 512, 16)
    assert not torch.equal(plain[:, :6], heavy[:, :6])
    assert not heavy[:, 12:].any()


def test_a_text_encoder_without_its_vocabulary_says_what_to_put_where(pipeline, tools, tmp_path):
    path = tools.file_of(tmp_path / "umt5.safetensors", pipeline.text_encoder.state_dict())
    with pytest.raises(ModelError, match=r"umt5.safetensors has no vocabulary for its UMT5 .* spiece.model"):
        tools.load_clip("wan", path)


def wan_5b(pipeline, tools):
    """The pipeline with the networks of Wan 2.2 5B: latents of 48 channels, 16 pixels wide, pictures in patches."""
    from diffusers import AutoencoderKLWan, WanPipeline, WanTransformer3DModel

    from calotype.diffusion.normalised import WAN_5B_DEVIATION, WAN_5B_MEAN

    transformer = WanTransformer3DModel(
        num_attention_heads=1, attention_head_dim=24, in_channels=48, out_channels=48, text_dim=16, freq_dim=32,
        ffn_dim=48, num_layers=2,
    )  # fmt: skip
    vae = AutoencoderKLWan(
        base_dim=8, decoder_base_dim=12, z_dim=48, num_res_blocks=1, is_residual=True, patch_size=2, in_channels=12,
        out_channels=12, latents_mean=list(WAN_5B_MEAN), latents_std=list(WAN_5B_DEVIATION), scale_factor_spatial=16,
    )  # fmt: skip
    made = WanPipeline(
        pipeline.tokenizer, pipeline.text_encoder, tools.lively(vae, 1), pipeline.scheduler,
        tools.lively(transformer, 3), expand_timesteps=True,
    )  # fmt: skip
    made.set_progress_bar_config(disable=True)
    return made


def levelled(vae):
    """The autoencoder's tensors under the names of Wan 2.2's first release."""
    inner = {"norm1": "residual.0", "conv1": "residual.2", "norm2": "residual.3", "conv2": "residual.6"}
    ends = {"quant_conv": "conv1", "post_quant_conv": "conv2", "conv_in": "conv1"}
    ends |= {"norm_out": "head.0", "conv_out": "head.2"}
    last = {"down": 1, "up": 2}
    found = {}
    for name, tensor in vae.state_dict().items():
        match name.split("."):
            case [conv, leaf]:
                new = f"{ends[conv]}.{leaf}"
            case [side, part, leaf]:
                new = f"{side}.{ends[part]}.{leaf}"
            case [side, "mid_block", "resnets", n, part, leaf]:
                new = f"{side}.middle.{2 * int(n)}.{inner[part]}.{leaf}"
            case [side, "mid_block", "attentions", "0", *rest]:
                new = ".".join([side, "middle", "1", *rest])
            case [side, blocks, level, "resnets", n, part, leaf]:
                way = blocks.removesuffix("_blocks")
                new = f"{side}.{way}samples.{level}.{way}samples.{n}.{inner.get(part, 'shortcut')}.{leaf}"
            case [side, blocks, level, _, *rest]:
                way = blocks.removesuffix("_blocks")
                new = ".".join([f"{side}.{way}samples.{level}.{way}samples.{last[way]}", *rest])
        found[new] = tensor
    return found


@pytest.mark.parametrize("kind", ["folder", "files"])
def test_the_frames_of_wan_2_2_5b_are_those_of_the_pipeline(pipeline, tools, tmp_path, kind):
    larger = wan_5b(pipeline, tools)
    expected = larger(
        prompt=PROMPT, height=64, width=32, num_frames=5, num_inference_steps=2, guidance_scale=1.0,
        latents=tools.noise(1, 48, 2, 4, 2), output_type="pt", return_dict=False,
    )[0]  # fmt: skip
    words = {"spiece_model": torch.frombuffer(bytearray(spiece()), dtype=torch.uint8)}
    clip = tools.file_of(tmp_path / "clip.safetensors", pipeline.text_encoder.state_dict() | words)
    if kind == "folder":
        model = vae = tools.folder_of(tmp_path / "all", transformer=larger.transformer, vae=larger.vae)
    else:
        model = tools.file_of(tmp_path / "model.safetensors", original(larger.transformer))
        vae = tools.file_of(tmp_path / "vae.safetensors", levelled(larger.vae))
        assert [inspect(p).family for p in (model, vae)] == ["wan-5b", "kl-wan-5b"]
    loaded = tools.Loaded("wan-5b", model, clip, vae)
    empty = torch.zeros(1, 16, 2, 8, 4)  # as `EmptyVideoLatent` makes it, in cells of 8 pixels
    samples = loaded.sampled(empty, larger.scheduler.sigmas, PROMPT, "", cfg=1.0)
    assert samples.shape == (1, 48, 2, 4, 2)
    assert tools.distance(loaded.vae.decode(samples), expected[0].movedim(1, -1)) < 1e-4


@pytest.mark.parametrize("names", ["diffusers", "original"])
def test_a_wan_that_asks_for_more_than_is_computed_is_refused(pipeline, tools, tmp_path, names):
    state = dict(pipeline.transformer.state_dict()) if names == "diffusers" else original(pipeline.transformer)
    wide = state | {"patch_embedding.weight": torch.zeros(24, 52, 1, 2, 2)}
    path = tools.file_of(tmp_path / "control.safetensors", wide)
    for read in (lambda: family_in("unet", path), lambda: tools.load_model("wan", path)):
        with pytest.raises(ModelError, match=r"control.safetensors is a Wan model that reads 52 channels and makes 16"):
            read()
    path = tools.file_of(tmp_path / "vace.safetensors", state | {"vace_patch_embedding.weight": torch.zeros(8)})
    with pytest.raises(ModelError, match="is a Wan VACE model"):
        tools.load_model("wan", path)
    seen = "img_emb.proj.0.weight" if names == "original" else "condition_embedder.image_embedder.norm1.weight"
    path = tools.file_of(tmp_path / "i2v.safetensors", state | {seen: torch.zeros(8)})
    with pytest.raises(ModelError, match=r"told how a CLIP sees the picture .* Use a model of Wan 2\.2"):
        tools.load_model("wan", path)


def from_picture(pipeline, tools, transformer, second=None, **how):
    """The pipeline that begins with a picture, of a transformer, or of one for much and one for little noise."""
    from diffusers import WanImageToVideoPipeline

    made = WanImageToVideoPipeline(
        pipeline.tokenizer, pipeline.text_encoder, how.pop("vae", pipeline.vae), pipeline.scheduler,
        transformer=transformer, transformer_2=second, **how,
    )  # fmt: skip
    made.set_progress_bar_config(disable=True)
    return made


@pytest.fixture(scope="module")
def wide(tools):
    from diffusers import WanTransformer3DModel

    return [
        tools.lively(
            WanTransformer3DModel(
                num_attention_heads=1, attention_head_dim=24, in_channels=36, text_dim=16, freq_dim=32, ffn_dim=48,
                num_layers=1,
            ),
            seed,
        )
        for seed in (5, 6)
    ]  # fmt: skip


FIRST, LAST = (torch.rand(1, 32, 48, 3, generator=torch.Generator().manual_seed(n)) for n in (8, 9))


@pytest.mark.parametrize("kind", ["folder", "files"])
@pytest.mark.parametrize("last", [None, LAST])
def test_a_video_from_pictures_by_two_models_is_that_of_the_pipeline(pipeline, tools, wide, tmp_path, kind, last):
    from calotype.diffusion.loading import load, size_of
    from calotype.types import FileRef, Model
    from calotype_nodes.editing_models import begun, showing
    from calotype_nodes.merging import ModelBelowNoise

    theirs = from_picture(pipeline, tools, *wide, boundary_ratio=0.9)
    words, others = pipeline.encode_prompt(PROMPT, "blurred", max_sequence_length=512)
    expected = theirs(
        image=FIRST.movedim(-1, 1), last_image=None if last is None else last.movedim(-1, 1), prompt_embeds=words,
        negative_prompt_embeds=others, height=32, width=48, num_frames=9, num_inference_steps=3, guidance_scale=2.5,
        latents=tools.noise(1, 16, 3, 4, 6), output_type="latent", return_dict=False, guidance_scale_2=2.5,
    )[0]  # fmt: skip
    words = {"spiece_model": torch.frombuffer(bytearray(spiece()), dtype=torch.uint8)}
    tools.file_of(tmp_path / "clip.safetensors", pipeline.text_encoder.state_dict() | words)
    if kind == "folder":
        tools.folder_of(tmp_path / "all", transformer=wide[0], transformer_2=wide[1], vae=pipeline.vae)
        (tmp_path / "all" / "model_index.json").write_text('{"boundary_ratio": 0.9}')
        recipe, vae = Model(FileRef("checkpoints", "all"), "wan"), "all"
    else:
        for name, net in zip(("high", "low"), wide, strict=True):
            tools.file_of(tmp_path / name, original(net))
        vae = "vae.safetensors"
        tools.file_of(tmp_path / vae, tools.wan_vae_original(pipeline.vae))
        high, low = (Model(FileRef("unet", name), "wan") for name in ("high", "low"))
        recipe = ModelBelowNoise(model=high, other=low, boundary=0.9).run()
    loaded = tools.Loaded("wan", tmp_path / ("all" if kind == "folder" else "high"), tmp_path / "clip.safetensors",
                          tmp_path / vae)  # fmt: skip
    loaded.denoiser = load(recipe, lambda f: tmp_path / f.name, torch.device("cpu"))
    held = sum(p.nbytes for net in loaded.denoiser.networks() for p in net.parameters())
    assert size_of(recipe, lambda f: tmp_path / f.name, torch.device("cpu")) == held
    tensors = begun(loaded.vae, FIRST, last, 3)
    sides = [showing(loaded.conditioning(text), **tensors) for text in (PROMPT, "blurred")]
    samples = loaded.sampled(torch.zeros(1, 16, 3, 4, 6), pipeline.scheduler.sigmas, *sides, cfg=2.5)
    assert tools.distance(loaded.denoiser.latent.into_model(samples), expected) < 1e-4


def test_wan_2_2_5b_keeps_the_first_frame_as_in_the_pipeline(pipeline, tools, tmp_path):
    from calotype_nodes.editing_models import begun, showing

    larger = wan_5b(pipeline, tools)
    theirs = from_picture(pipeline, tools, larger.transformer, vae=larger.vae, expand_timesteps=True)
    picture = torch.rand(1, 64, 32, 3, generator=torch.Generator().manual_seed(8))
    words, _ = pipeline.encode_prompt(PROMPT, do_classifier_free_guidance=False, max_sequence_length=512)
    expected = theirs(
        image=picture.movedim(-1, 1), prompt_embeds=words, height=64, width=32, num_frames=9, num_inference_steps=3,
        guidance_scale=1.0, latents=tools.noise(1, 48, 3, 4, 2), output_type="latent", return_dict=False,
    )[0]  # fmt: skip
    words = {"spiece_model": torch.frombuffer(bytearray(spiece()), dtype=torch.uint8)}
    clip = tools.file_of(tmp_path / "clip.safetensors", pipeline.text_encoder.state_dict() | words)
    both = tools.folder_of(tmp_path / "all", transformer=larger.transformer, vae=larger.vae)
    loaded = tools.Loaded("wan-5b", both, clip, both)
    tensors = begun(loaded.vae, picture, None, 3)
    side = showing(loaded.conditioning(PROMPT), **tensors)
    samples = loaded.sampled(torch.zeros(1, 48, 3, 4, 2), pipeline.scheduler.sigmas, side, side, cfg=1.0)
    assert tools.distance(loaded.denoiser.latent.into_model(samples), expected) < 1e-4
    assert tools.distance(samples[:, :, :1], tensors["concat_latent"]) < 1e-5
    with pytest.raises(ValueError, match="does not end with one; unlink last"):
        begun(loaded.vae, picture, picture, 3)


def test_sixteen_bits_give_nearly_the_same(loaded, tools):
    empty, sigmas = torch.zeros(1, 16, 2, 4, 6), torch.tensor([1.0, 0.6, 0.0])
    half = loaded.in_bfloat16()
    samples = [one.sampled(empty, sigmas, "a red apple", "", cfg=1.0) for one in (half, loaded)]
    assert tools.distance(*samples) < 0.1
    assert tools.distance(*(one.vae.decode(samples[1]) for one in (half, loaded))) < 0.1


def test_weights_in_8_bits_compute_what_their_values_in_float32_do(pipeline, tools, tmp_path):
    from diffusers import WanTransformer3DModel

    larger = WanTransformer3DModel(
        num_attention_heads=1, attention_head_dim=24, in_channels=48, out_channels=48, text_dim=16, freq_dim=32,
        ffn_dim=48, num_layers=1,
    )  # fmt: skip
    for family, channels, network in (("wan", 16, pipeline.transformer), ("wan-5b", 48, tools.lively(larger, 4))):
        x, words = tools.noise(1, channels, 2, 4, 6), torch.ones(1, 5, 16)
        said = tools.in_8_bits(family, network, tmp_path, x, torch.tensor([700.0]), words)
        assert tools.distance(*said) < 1e-6
