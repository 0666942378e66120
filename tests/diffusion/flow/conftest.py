"""Small SD 3 and FLUX.1 models with random weights under the original names, and diffusers' pipelines of them."""

import gzip
import inspect
import sys
from functools import cache

import pytest
import torch
from safetensors.torch import load_file
from tests.diffusion.conftest import Shapes, clip_shapes, linear_layer, saved, under, vae_shapes

WIDTH, CLIP_L, CLIP_G, T5, HEAD = 64, 64, 64, 128, 32


def t5_shapes(width=T5, layers=2, heads=2, inner=64) -> Shapes:
    """A T5 1.1 text encoder under transformers' names."""
    shapes = {"shared.weight": (32128, width), "encoder.final_layer_norm.weight": (width,)}
    for i in range(layers):
        attention = {f"SelfAttention.{n}.weight": (heads * 16, width) for n in "qkv"}
        attention |= {"SelfAttention.o.weight": (width, heads * 16), "layer_norm.weight": (width,)}
        forward = {f"DenseReluDense.{n}.weight": (inner, width) for n in ("wi_0", "wi_1")}
        forward |= {"DenseReluDense.wo.weight": (width, inner), "layer_norm.weight": (width,)}
        shapes |= under(f"encoder.block.{i}.layer.0", attention) | under(f"encoder.block.{i}.layer.1", forward)
    return shapes | {"encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight": (32, heads)}


def sd3_shapes(width=WIDTH, layers=2, dual=0, normed=False, places=16) -> Shapes:
    """SD 3's transformer; dual: blocks with a second attention, normed: q and k normalised (SD 3.5)."""
    shapes = {"pos_embed": (1, places**2, width), "x_embedder.proj.weight": (width, 16, 2, 2)}
    shapes |= {"x_embedder.proj.bias": (width,)} | under("context_embedder", linear_layer(width, T5))
    for name, size in (("t_embedder", 256), ("y_embedder", CLIP_L + CLIP_G)):
        shapes |= under(f"{name}.mlp.0", linear_layer(width, size)) | under(f"{name}.mlp.2", linear_layer(width, width))
    for i in range(layers):
        last = i == layers - 1
        x = sd3_side(width, 9 if i < dual else 6, True, normed, "attn") | (
            sd3_attention(width, normed, "attn2", True) if i < dual else {}
        )
        c = sd3_side(width, 2 if last else 6, not last, normed, "attn")
        shapes |= under(f"joint_blocks.{i}.x_block", x) | under(f"joint_blocks.{i}.context_block", c)
    shapes |= under("final_layer.linear", linear_layer(4 * 16, width))
    return shapes | under("final_layer.adaLN_modulation.1", linear_layer(2 * width, width))


def sd3_side(width: int, modulations: int, whole: bool, normed: bool, name: str) -> Shapes:
    shapes = under("adaLN_modulation.1", linear_layer(modulations * width, width))
    shapes |= sd3_attention(width, normed, name, whole)
    if whole:
        shapes |= under("mlp.fc1", linear_layer(4 * width, width)) | under("mlp.fc2", linear_layer(width, 4 * width))
    return shapes


def sd3_attention(width: int, normed: bool, name: str, whole: bool) -> Shapes:
    shapes = under(f"{name}.qkv", linear_layer(3 * width, width))
    if normed:
        shapes |= {f"{name}.ln_q.weight": (HEAD,), f"{name}.ln_k.weight": (HEAD,)}
    return shapes | (under(f"{name}.proj", linear_layer(width, width)) if whole else {})


def flux_shapes(width=WIDTH, double=2, single=2, guided=True, channels=64) -> Shapes:
    """FLUX.1's transformer."""
    shapes = under("img_in", linear_layer(width, channels)) | under("txt_in", linear_layer(width, T5))
    for name, size in (("time_in", 256), ("vector_in", CLIP_L), *((("guidance_in", 256),) if guided else ())):
        shapes |= under(f"{name}.in_layer", linear_layer(width, size))
        shapes |= under(f"{name}.out_layer", linear_layer(width, width))
    norms = {f"norm.{n}_norm.scale": (HEAD,) for n in ("query", "key")}
    for i in range(double):
        for side in ("img", "txt"):
            block = under(f"{side}_mod.lin", linear_layer(6 * width, width)) | under(f"{side}_attn", norms)
            block |= under(f"{side}_attn.qkv", linear_layer(3 * width, width))
            block |= under(f"{side}_attn.proj", linear_layer(width, width))
            block |= under(f"{side}_mlp.0", linear_layer(4 * width, width))
            shapes |= under(f"double_blocks.{i}", block | under(f"{side}_mlp.2", linear_layer(width, 4 * width)))
    for i in range(single):
        block = under("modulation.lin", linear_layer(3 * width, width)) | norms
        block |= under("linear1", linear_layer(7 * width, width)) | under("linear2", linear_layer(width, 5 * width))
        shapes |= under(f"single_blocks.{i}", block)
    shapes |= under("final_layer.linear", linear_layer(64, width))
    return shapes | under("final_layer.adaLN_modulation.1", linear_layer(2 * width, width))


def sd3_checkpoint(**transformer) -> Shapes:
    """An SD 3 checkpoint with all three text encoders."""
    return (
        under("model.diffusion_model", sd3_shapes(**transformer))
        | under("text_encoders.clip_l.transformer", clip_shapes(CLIP_L, 3))
        | under("text_encoders.clip_g.transformer", clip_shapes(CLIP_G, 3, projection=CLIP_G))
        | under("text_encoders.t5xxl.transformer", t5_shapes())
        | under("first_stage_model", vae_shapes((32, 32), latent=16, layers=1, quantised=False))
    )


def flux_checkpoint(**transformer) -> Shapes:
    """A FLUX.1 checkpoint with both text encoders."""
    return (
        under("model.diffusion_model", flux_shapes(**transformer))
        | under("text_encoders.clip_l.transformer", clip_shapes(CLIP_L, 3))
        | under("text_encoders.t5xxl.transformer", t5_shapes())
        | under("vae", vae_shapes((32, 32), latent=16, layers=1, quantised=False))
    )


def part(weights, prefix):
    return {k.removeprefix(prefix): v.float() for k, v in weights.items() if k.startswith(prefix)}


def clip_model(weights, activation, projected):
    """transformers' own CLIP with these weights; an identity where the file has no projection."""
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    width = weights["text_model.embeddings.token_embedding.weight"].shape[1]
    config = CLIPTextConfig(
        vocab_size=49408, hidden_size=width, intermediate_size=4 * width, num_hidden_layers=3,
        num_attention_heads=width // 64, hidden_act=activation, projection_dim=width, eos_token_id=49407,
    )  # fmt: skip
    made = (CLIPTextModelWithProjection if projected else CLIPTextModel)(config)
    if projected:
        weights = {"text_projection.weight": torch.eye(width)} | weights
    names = set(made.state_dict())
    made.load_state_dict({k if k in names else k.removeprefix("text_model."): v for k, v in weights.items()})
    return made.eval()


def t5_model(weights):
    from transformers import T5Config, T5EncoderModel

    made = T5EncoderModel(
        T5Config(d_model=T5, d_kv=16, d_ff=64, num_layers=2, num_heads=2, feed_forward_proj="gated-gelu")
    )
    made.load_state_dict({"encoder.embed_tokens.weight": weights["shared.weight"]} | weights)
    return made.eval()


@cache
def clip_tokenizer(pad):
    from tokenizers import Tokenizer, processors
    from transformers import PreTrainedTokenizerFast

    from calotype.diffusion.text.tokens import _tokenizer

    inner = Tokenizer.from_str(_tokenizer().to_str())
    ends = [("<|startoftext|>", 49406), ("<|endoftext|>", 49407)]
    inner.post_processor = processors.TemplateProcessing(single="<|startoftext|> $A <|endoftext|>", special_tokens=ends)
    return PreTrainedTokenizerFast(tokenizer_object=inner, pad_token=pad, model_max_length=77)


@cache
def t5_tokenizer():
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

    from calotype.diffusion.text.vocabulary import SHIPPED

    inner = Tokenizer.from_str(gzip.decompress(SHIPPED.read_bytes()).decode())
    return PreTrainedTokenizerFast(tokenizer_object=inner, pad_token="<pad>", eos_token="</s>", model_max_length=512)


def vae_model(weights, shift, scale):
    from diffusers import AutoencoderKL
    from diffusers.loaders.single_file_utils import convert_ldm_vae_checkpoint

    made = AutoencoderKL(
        block_out_channels=(32, 32), layers_per_block=1, latent_channels=16, use_quant_conv=False,
        down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2,
        use_post_quant_conv=False, shift_factor=shift, scaling_factor=scale,
    )  # fmt: skip
    made.load_state_dict(convert_ldm_vae_checkpoint(weights, dict(made.config)))
    return made.eval()


def sd3_pipeline(path, layers=2, dual=0, normed=False):
    """StableDiffusion3Pipeline with the weights of a checkpoint."""
    from diffusers import FlowMatchEulerDiscreteScheduler, SD3Transformer2DModel, StableDiffusion3Pipeline
    from diffusers.loaders.single_file_utils import convert_sd3_transformer_checkpoint_to_diffusers

    weights = load_file(path)
    head = HEAD if normed else 64
    transformer = SD3Transformer2DModel(
        sample_size=16, num_layers=layers, attention_head_dim=head, num_attention_heads=WIDTH // head,
        joint_attention_dim=T5, caption_projection_dim=WIDTH, pooled_projection_dim=CLIP_L + CLIP_G,
        pos_embed_max_size=16, dual_attention_layers=tuple(range(dual)), qk_norm="rms_norm" if normed else None,
    )  # fmt: skip
    own = part(weights, "model.diffusion_model.")
    transformer.load_state_dict(convert_sd3_transformer_checkpoint_to_diffusers(own))
    return StableDiffusion3Pipeline(
        transformer.eval(),
        FlowMatchEulerDiscreteScheduler(),
        vae_model(part(weights, "first_stage_model."), 0.0609, 1.5305),
        clip_model(part(weights, "text_encoders.clip_l.transformer."), "quick_gelu", True),
        clip_tokenizer("<|endoftext|>"),
        clip_model(part(weights, "text_encoders.clip_g.transformer."), "gelu", True),
        clip_tokenizer("!"),
        t5_model(part(weights, "text_encoders.t5xxl.transformer.")),
        t5_tokenizer(),
    )


def convert_flux(weights):
    """diffusers' conversion, which has FLUX's full width as a number in it, for a narrow one."""
    from diffusers.loaders import single_file_utils

    source = inspect.getsource(single_file_utils.convert_flux_transformer_checkpoint_to_diffusers)
    space = vars(single_file_utils).copy()
    exec(source.replace("inner_dim = 3072", f"inner_dim = {WIDTH}"), space)
    return space["convert_flux_transformer_checkpoint_to_diffusers"](weights)


def flux_transformer(weights, guided=True, channels=64):
    from diffusers import FluxTransformer2DModel

    made = FluxTransformer2DModel(
        in_channels=channels, out_channels=64, num_layers=2, num_single_layers=2, attention_head_dim=HEAD,
        num_attention_heads=WIDTH // HEAD, joint_attention_dim=T5, pooled_projection_dim=CLIP_L,
        guidance_embeds=guided, axes_dims_rope=(4, 14, 14),
    )  # fmt: skip
    made.load_state_dict(convert_flux(weights))
    return made.eval()


def flux_pipeline(path, guided=True):
    """FluxPipeline with the weights of a checkpoint."""
    from diffusers import FlowMatchEulerDiscreteScheduler, FluxPipeline

    weights = load_file(path)
    return FluxPipeline(
        FlowMatchEulerDiscreteScheduler(),
        vae_model(part(weights, "vae."), 0.1159, 0.3611),
        clip_model(part(weights, "text_encoders.clip_l.transformer."), "quick_gelu", False),
        clip_tokenizer("<|endoftext|>"),
        t5_model(part(weights, "text_encoders.t5xxl.transformer.")),
        t5_tokenizer(),
        flux_transformer(part(weights, "model.diffusion_model."), guided),
    )


def decoded(pipeline, latents):
    """The pictures of latents in the model's units, as its pipelines decode them."""
    config = pipeline.vae.config
    with torch.no_grad():
        pixels = pipeline.vae.decode(latents / config.scaling_factor + config.shift_factor, return_dict=False)[0]
    return pipeline.image_processor.postprocess(pixels, output_type="pt").movedim(1, -1)


@pytest.fixture(scope="session")
def flow():
    """The helpers of this file."""
    return sys.modules[__name__]


@pytest.fixture(scope="session")
def sd3(tmp_path_factory):
    """An SD 3 checkpoint in a file."""
    return saved(tmp_path_factory.mktemp("sd3") / "sd3.safetensors", sd3_checkpoint())


@pytest.fixture(scope="session")
def flux(tmp_path_factory):
    """A FLUX.1 dev checkpoint in a file."""
    return saved(tmp_path_factory.mktemp("flux") / "flux.safetensors", flux_checkpoint())
