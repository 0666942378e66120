"""Small models with random weights in real layouts: the names and the topology of the originals, narrow."""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

Shapes = dict[str, tuple[int, ...]]


def resnet(cin: int, cout: int, time: int) -> Shapes:
    shapes = {
        "in_layers.0.weight": (cin,), "in_layers.0.bias": (cin,),
        "in_layers.2.weight": (cout, cin, 3, 3), "in_layers.2.bias": (cout,),
        "emb_layers.1.weight": (cout, time), "emb_layers.1.bias": (cout,),
        "out_layers.0.weight": (cout,), "out_layers.0.bias": (cout,),
        "out_layers.3.weight": (cout, cout, 3, 3), "out_layers.3.bias": (cout,),
    }  # fmt: skip
    if cin != cout:
        shapes |= {"skip_connection.weight": (cout, cin, 1, 1), "skip_connection.bias": (cout,)}
    return shapes


def attention(width: int, context: int, depth: int, linear: bool) -> Shapes:
    one = () if linear else (1, 1)
    shapes = {"norm.weight": (width,), "norm.bias": (width,)}
    shapes |= {f"proj_{w}.weight": (width, width, *one) for w in ("in", "out")}
    shapes |= {f"proj_{w}.bias": (width,) for w in ("in", "out")}
    for i in range(depth):
        block = {
            "ff.net.0.proj.weight": (width * 8, width), "ff.net.0.proj.bias": (width * 8,),
            "ff.net.2.weight": (width, width * 4), "ff.net.2.bias": (width,),
        }  # fmt: skip
        for name, source in (("attn1", width), ("attn2", context)):
            block |= {f"{name}.to_q.weight": (width, width), f"{name}.to_k.weight": (width, source)}
            block |= {f"{name}.to_v.weight": (width, source), f"{name}.to_out.0.weight": (width, width)}
            block |= {f"{name}.to_out.0.bias": (width,)}
        block |= {f"norm{n}.{leaf}": (width,) for n in (1, 2, 3) for leaf in ("weight", "bias")}
        shapes |= under(f"transformer_blocks.{i}", block)
    return shapes


def under(prefix: str, shapes: Shapes) -> Shapes:
    return {f"{prefix}.{name}": shape for name, shape in shapes.items()}


def convolution(cout: int, cin: int, side: int = 3) -> Shapes:
    return {"weight": (cout, cin, side, side), "bias": (cout,)}


def linear_layer(cout: int, cin: int) -> Shapes:
    return {"weight": (cout, cin), "bias": (cout,)}


def unet_shapes(
    widths=(32, 32, 64, 64), context=64, depths=(1, 1, 1, 0), middle=1, layers=2, channels=4, linear=False, sizes=0
) -> Shapes:
    """A U-Net under the original code's names. sizes: the width of what is embedded beside the timestep, if any."""
    time = widths[0] * 4
    shapes = under("time_embed.0", linear_layer(time, widths[0])) | under("time_embed.2", linear_layer(time, time))
    if sizes:
        shapes |= under("label_emb.0.0", linear_layer(time, sizes)) | under("label_emb.0.2", linear_layer(time, time))
    shapes |= under("input_blocks.0.0", convolution(widths[0], channels))
    skips, current, i = [widths[0]], widths[0], 1
    for level, width in enumerate(widths):
        for _ in range(layers):
            shapes |= under(f"input_blocks.{i}.0", resnet(current, width, time))
            if depths[level]:
                shapes |= under(f"input_blocks.{i}.1", attention(width, context, depths[level], linear))
            current = width
            skips.append(current)
            i += 1
        if level < len(widths) - 1:
            shapes |= under(f"input_blocks.{i}.0.op", convolution(width, width))
            skips.append(current)
            i += 1
    shapes |= under("middle_block.0", resnet(current, current, time))
    shapes |= under("middle_block.1", attention(current, context, middle, linear))
    shapes |= under("middle_block.2", resnet(current, current, time))
    i = 0
    for level, width in reversed(list(enumerate(widths))):
        for layer in range(layers + 1):
            shapes |= under(f"output_blocks.{i}.0", resnet(current + skips.pop(), width, time))
            if depths[level]:
                shapes |= under(f"output_blocks.{i}.1", attention(width, context, depths[level], linear))
            if layer == layers and level:
                shapes |= under(f"output_blocks.{i}.{2 if depths[level] else 1}.conv", convolution(width, width))
            current = width
            i += 1
    shapes |= {"out.0.weight": (widths[0],), "out.0.bias": (widths[0],)}
    return shapes | under("out.2", convolution(4, widths[0]))


def clip_shapes(width=64, layers=2, projection=0) -> Shapes:
    """A CLIP text encoder under transformers' names."""
    shapes = {"embeddings.token_embedding.weight": (49408, width), "embeddings.position_embedding.weight": (77, width)}
    for i in range(layers):
        block = {f"layer_norm{n}.{leaf}": (width,) for n in (1, 2) for leaf in ("weight", "bias")}
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            block |= under(f"self_attn.{name}", linear_layer(width, width))
        block |= under("mlp.fc1", linear_layer(width * 4, width)) | under("mlp.fc2", linear_layer(width, width * 4))
        shapes |= under(f"encoder.layers.{i}", block)
    shapes |= {"final_layer_norm.weight": (width,), "final_layer_norm.bias": (width,)}
    shapes = under("text_model", shapes)
    return shapes | ({"text_projection.weight": (projection, width)} if projection else {})


def openclip_shapes(width=64, layers=3) -> Shapes:
    """A CLIP text encoder under OpenCLIP's names."""
    shapes = {"positional_embedding": (77, width), "token_embedding.weight": (49408, width)}
    for i in range(layers):
        block = {f"ln_{n}.{leaf}": (width,) for n in (1, 2) for leaf in ("weight", "bias")}
        block |= {"attn.in_proj_weight": (width * 3, width), "attn.in_proj_bias": (width * 3,)}
        block |= under("attn.out_proj", linear_layer(width, width))
        block |= under("mlp.c_fc", linear_layer(width * 4, width)) | under("mlp.c_proj", linear_layer(width, width * 4))
        shapes |= under(f"transformer.resblocks.{i}", block)
    return shapes | {"ln_final.weight": (width,), "ln_final.bias": (width,), "text_projection": (width, width)}


def vae_resnet(cin: int, cout: int) -> Shapes:
    shapes = {f"norm1.{leaf}": (cin,) for leaf in ("weight", "bias")}
    shapes |= {f"norm2.{leaf}": (cout,) for leaf in ("weight", "bias")}
    shapes |= under("conv1", convolution(cout, cin)) | under("conv2", convolution(cout, cout))
    return shapes | (under("nin_shortcut", convolution(cout, cin, 1)) if cin != cout else {})


def vae_middle(width: int) -> Shapes:
    attended = {"norm.weight": (width,), "norm.bias": (width,)}
    for name in ("q", "k", "v", "proj_out"):
        attended |= under(name, convolution(width, width, 1))
    blocks = {k: v for n in (1, 2) for k, v in under(f"mid.block_{n}", vae_resnet(width, width)).items()}
    return blocks | under("mid.attn_1", attended)


def vae_shapes(widths=(32, 32, 64, 64), latent=4, layers=2, quantised=True) -> Shapes:
    """An autoencoder under the original code's names."""
    top, inner = len(widths) - 1, widths[-1]
    encoder = under("conv_in", convolution(widths[0], 3))
    decoder = under("conv_in", convolution(inner, latent))
    current = widths[0]
    for level, width in enumerate(widths):
        for layer in range(layers):
            encoder |= under(f"down.{level}.block.{layer}", vae_resnet(current, width))
            current = width
        if level < top:
            encoder |= under(f"down.{level}.downsample.conv", convolution(width, width))
    for level, width in reversed(list(enumerate(widths))):
        for layer in range(layers + 1):
            decoder |= under(f"up.{level}.block.{layer}", vae_resnet(current, width))
            current = width
        if level:
            decoder |= under(f"up.{level}.upsample.conv", convolution(width, width))
    for half, width, out in ((encoder, inner, latent * 2), (decoder, widths[0], 3)):
        half.update(vae_middle(inner) | {f"norm_out.{leaf}": (width,) for leaf in ("weight", "bias")})
        half.update(under("conv_out", convolution(out, width)))
    shapes = under("encoder", encoder) | under("decoder", decoder)
    if quantised:
        shapes |= under("quant_conv", convolution(latent * 2, latent * 2, 1))
        shapes |= under("post_quant_conv", convolution(latent, latent, 1))
    return shapes


def control_shapes(unet: Shapes) -> Shapes:
    """The ControlNet of a U-Net under the original code's names."""
    width = unet["input_blocks.0.0.weight"][0]
    shapes = {
        k: v for k, v in unet.items() if k.split(".")[0] in ("time_embed", "label_emb", "input_blocks", "middle_block")
    }
    hint = [(3, 16), (16, 16), (16, 32), (32, 32), (32, 96), (96, 96), (96, 256), (256, width)]
    for i, (cin, cout) in enumerate(hint):
        shapes |= under(f"input_hint_block.{2 * i}", convolution(cout, cin))
    outs = {int(k.split(".")[1]): v[0] for k, v in shapes.items() if k.startswith("input_blocks") and k.endswith(
        ("0.0.weight", ".op.weight", "out_layers.3.weight"))}  # fmt: skip
    for i, cout in sorted(outs.items()):
        shapes |= under(f"zero_convs.{i}.0", convolution(cout, cout, 1))
    return shapes | under("middle_block_out.0", convolution(cout, cout, 1))


def sd1_shapes(**unet) -> Shapes:
    """An SD 1.x single-file checkpoint."""
    return (
        under("model.diffusion_model", unet_shapes(**unet))
        | under("cond_stage_model.transformer", clip_shapes())
        | under("first_stage_model", vae_shapes())
    )


def drawn(shapes: Shapes, dtype=np.float16) -> dict[str, np.ndarray]:
    """Random weights that keep activations of order one, the same for the same names."""
    return {name: np.asarray(one_drawn(name, shape), dtype) for name, shape in shapes.items()}


def one_drawn(name: str, shape: tuple[int, ...]) -> np.ndarray:
    seed = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big")
    values = np.random.Generator(np.random.PCG64(seed)).standard_normal(shape, dtype=np.float32)
    if "embedding" in name:
        return values * 0.05
    if len(shape) >= 2:
        return values * 0.9 / np.sqrt(np.prod(shape[1:]))
    return np.asarray(1 + 0.1 * values if name.endswith("weight") else values * 0.02)


def saved(path: Path, shapes: Shapes, dtype=np.float16, **metadata: str) -> Path:
    """A safetensors file of random weights."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(drawn(shapes, dtype), path, metadata or None)
    return path


def lora_shapes(weights: Shapes, rank: int = 2) -> Shapes:
    """A LoRA under kohya's names for these weights (kohya module name -> shape)."""
    shapes: Shapes = {}
    for name, (rows, columns, *_) in weights.items():
        shapes |= {
            f"{name}.lora_down.weight": (rank, columns),
            f"{name}.lora_up.weight": (rows, rank),
            f"{name}.alpha": (),
        }
    return shapes


def sdxl_shapes(**unet) -> Shapes:
    """An SDXL single-file checkpoint: two levels with attention, two text encoders."""
    unet = {"widths": (64, 64, 128), "depths": (0, 1, 2), "middle": 2, "context": 128, "linear": True} | unet
    return (
        under("model.diffusion_model", unet_shapes(sizes=64 + 6 * 256, **unet))
        | under("conditioner.embedders.0.transformer", clip_shapes(64, 3))
        | under("conditioner.embedders.1.model", openclip_shapes(64, 4))
        | under("first_stage_model", vae_shapes())
    )


@pytest.fixture(scope="session")
def tiny():
    """The helpers of this file."""
    return sys.modules[__name__]


@pytest.fixture(scope="session")
def models(tmp_path_factory) -> Path:
    """A models folder: an SD 1.x checkpoint, a ControlNet and a LoRA for it."""
    root = tmp_path_factory.mktemp("models")
    saved(root / "checkpoints" / "tiny.safetensors", sd1_shapes())
    saved(root / "controlnet" / "control.safetensors", under("control_model", control_shapes(unet_shapes())))
    touched = {
        "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q": (32, 32),
        "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_k": (64, 64),
        "lora_te_text_model_encoder_layers_0_self_attn_q_proj": (64, 64),
    }
    saved(root / "loras" / "lora.safetensors", lora_shapes(touched))
    return root


@pytest.fixture
def path_of(models):
    return lambda file: models / file.folder / file.name


@pytest.fixture(scope="session")
def reference() -> Path:
    """The folder of facts about real models that may lie beside the repository."""
    folder = Path(__file__).parents[3] / "shared" / "reference"
    if not (folder / "sd15-narrow.shapes.json").is_file():
        pytest.skip("the shared reference does not lie beside the repository")
    return folder


@pytest.fixture(scope="session")
def sd15_names(reference) -> Shapes:
    """Every tensor of an SD 1.5 checkpoint, narrow."""
    said = json.loads((reference / "sd15-narrow.shapes.json").read_text())
    return {name: tuple(shape) for name, shape in said.items()}
