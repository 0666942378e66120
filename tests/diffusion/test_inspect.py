import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import save_file

from calotype.diffusion.families import FAMILIES
from calotype.diffusion.families.inspect import Found, Part, family_of, inspect, parts_of
from calotype.errors import ModelError


@pytest.fixture
def written(tmp_path):
    """A safetensors file of zeros with these shapes; most of a header needs no weights."""

    def write(shapes, **metadata):
        path = tmp_path / "model.safetensors"
        save_file({k: np.zeros(v, np.float16) for k, v in shapes.items()}, path, metadata or None)
        return path

    return write


def test_an_sd1_checkpoint_is_recognised_with_its_parts(models):
    assert inspect(models / "checkpoints" / "tiny.safetensors") == Found(
        "sd1",
        (
            Part("denoiser", "ldm", "model.diffusion_model."),
            Part("text_encoder", "transformers", "cond_stage_model.transformer."),
            Part("vae", "ldm", "first_stage_model."),
        ),
    )


def test_families_of_unets_are_told_apart_by_topology(tiny, written):
    assert family_of(written(tiny.unet_shapes())) == "sd1"
    assert family_of(written(tiny.unet_shapes(linear=True))) == "sd2"
    sdxl = {"widths": (64, 64, 128), "depths": (0, 1, 2), "linear": True, "sizes": 96}
    assert family_of(written(tiny.unet_shapes(**sdxl))) == "sdxl"
    refiner = {"widths": (64, 64, 128, 128), "depths": (0, 1, 1, 0), "linear": True, "sizes": 96}
    assert family_of(written(tiny.unet_shapes(**refiner))) == "sdxl-refiner"
    assert family_of(written(tiny.unet_shapes(linear=True, sizes=96))) == "sd2-unclip"
    assert family_of(written(tiny.unet_shapes(channels=7))) == "sd-upscaler"
    assert family_of(written(tiny.unet_shapes(channels=9))) == "sd1"


def test_an_sdxl_checkpoint_has_two_text_encoders(tiny, written):
    assert parts_of(written(tiny.sdxl_shapes()))[1:3] == (
        Part("text_encoder", "transformers", "conditioner.embedders.0.transformer."),
        Part("text_encoder", "openclip", "conditioner.embedders.1.model."),
    )


def test_controlnets_and_loras_have_the_family_of_their_model(models, tiny, written):
    assert inspect(models / "controlnet" / "control.safetensors") == Found(
        "sd1", (Part("controlnet", "ldm", "control_model."),)
    )
    assert inspect(models / "loras" / "lora.safetensors") == Found("sd1", (Part("lora", "kohya", ""),))
    name = "lora_unet_input_blocks_4_1_transformer_blocks_1_attn2_to_k"
    assert family_of(written(tiny.lora_shapes({name: (64, 128)}))) == "sdxl"


def test_parts_in_files_of_their_own_are_named_by_what_fits(tiny, written):
    assert family_of(written(tiny.vae_shapes())) == "kl-f8-4"
    assert family_of(written(tiny.vae_shapes(latent=16, quantised=False))) == "kl-f8-16"
    assert family_of(written(tiny.clip_shapes(768, 1))) == "clip-l"
    assert family_of(written(tiny.openclip_shapes(1280, 1))) == "clip-g"


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("distilled_guidance_layer.norms.0.scale", "chroma"),
        ("model.diffusion_model.double_layers.0.attn.w1q.weight", "auraflow"),
        ("t5_yproj.weight", "mochi"),
        ("encoder.block.0.layer.0.SelfAttention.q.weight", "t5"),
    ],
)
def test_a_family_that_cannot_run_yet_is_still_named(written, name, family):
    assert family_of(written({name: (2, 2)})) == family
    assert not FAMILIES[family].runs


def test_v_prediction_and_zero_terminal_snr_are_read_from_metadata_or_marker_tensors(tiny, written):
    shapes = tiny.unet_shapes()
    plain, said = inspect(written(shapes)), inspect(written(shapes, **{"modelspec.prediction_type": "v"}))
    assert (plain.prediction, plain.zero_terminal_snr) == (None, False)
    assert (said.prediction, said.zero_terminal_snr) == ("v", False)
    marked = inspect(written({**shapes, "v_pred": (1,), "ztsnr": (1,)}))
    assert (marked.prediction, marked.zero_terminal_snr) == ("v", True)
    assert inspect(written(shapes, **{"calotype.zero_terminal_snr": "true"})).zero_terminal_snr


def test_an_unknown_file_is_refused_with_some_of_its_names(written):
    with pytest.raises(
        ModelError, match=r"model.safetensors is of no model family that is known here \(1 tensors, such as a\)"
    ):
        family_of(written({"a": (1,)}))


UNRUN = ", which this version cannot run."


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("ip_adapter.1.to_k_ip.weight", f"an IP-Adapter{UNRUN} Use a T2I-Adapter or"),
        ("image_proj.proj.weight", f"an IP-Adapter{UNRUN} Use a T2I-Adapter or"),
        (
            "vision_model.embeddings.class_embedding",
            'a CLIP that sees pictures. Put it in "clip_vision" and take ClipVisionLoader.',
        ),
        ("redux_up.weight", 'a FLUX.1 Redux adapter. Put it in "style_models" and take StyleModelLoader.'),
        (
            "down_blocks.0.motion_modules.0.temporal_transformer.norm.weight",
            f"a motion module of AnimateDiff{UNRUN} Use Wan for videos.",
        ),
    ],
)
def test_what_stands_beside_models_elsewhere_is_named_with_what_to_use_instead(written, name, what):
    with pytest.raises(ModelError, match=rf"^model.safetensors is {what}"):
        family_of(written({name: (1,)}))


def test_inspection_imports_no_torch(models):
    code = (
        "import sys, pathlib; from calotype.diffusion.families.inspect import family_of; "
        "print(family_of(pathlib.Path(sys.argv[1])), 'torch' in sys.modules, 'diffusers' in sys.modules)"
    )
    path = models / "checkpoints" / "tiny.safetensors"
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    assert done.stdout == "sd1 False False\n"
