"""Types for sampling in parts and for what changes a model, whole: what ComfyUI says, and what a document says of it.

`*` stands for a link, to the next output of node 9.
"""

from itertools import count

import pytest

from calotype_comfyui import IMPORTERS
from calotype_comfyui.layers import LAYERS
from calotype_comfyui.parts_table import PARTS_TABLE

EDM = {"sigma_max": 80.0, "sigma_min": 0.5}
TILES = {"tile_size": 512, "overlap": 64, "temporal_size": 64, "temporal_overlap": 8}
SIZES = {"width": 512, "height": 768, "crop_w": 8, "crop_h": 16, "target_width": 640, "target_height": 1536}
CASES = {
    "KSamplerSelect": ({"sampler_name": "heun"}, "KSamplerSelect", {"sampler": "heun"}),
    "SamplerEulerAncestral": (
        {"eta": 0.5, "s_noise": 0.75},
        "SamplerEulerAncestral",
        {"eta": 0.5, "s_noise": 0.75},
    ),
    "SamplerEulerAncestralCFGPP": (
        {"eta": 0.5, "s_noise": 0.75},
        "SamplerEulerAncestral",
        {"eta": 0.5, "s_noise": 0.75, "cfg_pp": True},
    ),
    "SamplerDPMPP_2S_Ancestral": (
        {"eta": 0.5, "s_noise": 0.75},
        "SamplerDPMPP2SAncestral",
        {"eta": 0.5, "s_noise": 0.75},
    ),
    "SamplerDPMPP_SDE": (
        {"eta": 0.5, "s_noise": 0.75, "r": 0.25, "noise_device": "cpu"},
        "SamplerDPMPPSDE",
        {"eta": 0.5, "s_noise": 0.75, "r": 0.25},
    ),
    "SamplerDPMPP_2M_SDE": (
        {"solver_type": "heun", "eta": 0.5, "s_noise": 0.75, "noise_device": "gpu"},
        "SamplerDPMPP2MSDE",
        {"solver": "heun", "eta": 0.5, "s_noise": 0.75},
    ),
    "SamplerDPMPP_3M_SDE": (
        {"eta": 0.5, "s_noise": 0.75, "noise_device": "gpu"},
        "SamplerDPMPP3MSDE",
        {"eta": 0.5, "s_noise": 0.75},
    ),
    "SamplerLMS": ({"order": 3}, "SamplerLMS", {"order": 3}),
    "SamplerDPMAdaptative": (
        {"order": 2, "rtol": 0.5, "atol": 0.25, "h_init": 0.1, "pcoeff": 0.2, "icoeff": 0.9, "dcoeff": 0.1,
         "accept_safety": 0.8, "eta": 0.5, "s_noise": 0.75},
        "SamplerDPMAdaptive",
        {"order": 2, "rtol": 0.5, "atol": 0.25, "h_init": 0.1, "pcoeff": 0.2, "icoeff": 0.9, "dcoeff": 0.1,
         "accept_safety": 0.8, "eta": 0.5, "s_noise": 0.75},
    ),
    "SamplerER_SDE": (
        {"solver_type": "Reverse-time SDE", "max_stage": 2, "eta": 0.5, "s_noise": 0.75},
        "SamplerERSDE",
        {"solver": "reverse", "max_stage": 2, "eta": 0.5, "s_noise": 0.75},
    ),
    "SamplerSASolver": (
        {"model": "*", "eta": 0.5, "sde_start_percent": 0.1, "sde_end_percent": 0.9, "s_noise": 0.75,
         "predictor_order": 2, "corrector_order": 1, "use_pece": True, "simple_order_2": False},
        "SamplerSASolver",
        {"eta": 0.5, "start": 0.1, "end": 0.9, "s_noise": 0.75, "predictor_order": 2, "corrector_order": 1,
         "evaluates_corrected": True, "simple_order_2": False},
    ),
    "SamplerSEEDS2": (
        {"solver_type": "phi_1", "eta": 0.5, "s_noise": 0.75, "r": 0.25},
        "SamplerSEEDS2",
        {"eta": 0.5, "s_noise": 0.75, "r": 0.25},
    ),
    "BasicScheduler": (
        {"model": "*", "scheduler": "karras", "steps": 9, "denoise": 0.5},
        "BasicScheduler",
        {"model": "*", "scheduler": "karras", "steps": 9, "denoise": 0.5},
    ),
    "BetaSamplingScheduler": (
        {"model": "*", "steps": 9, "alpha": 0.5, "beta": 0.25},
        "BetaSamplingScheduler",
        {"model": "*", "steps": 9, "alpha": 0.5, "beta": 0.25},
    ),
    "SDTurboScheduler": (
        {"model": "*", "steps": 2, "denoise": 0.5},
        "SDTurboScheduler",
        {"model": "*", "steps": 2, "denoise": 0.5},
    ),
    "KarrasScheduler": ({"steps": 9, **EDM, "rho": 5.5}, "KarrasScheduler", {"steps": 9, **EDM, "rho": 5.5}),
    "ExponentialScheduler": ({"steps": 9, **EDM}, "ExponentialScheduler", {"steps": 9, **EDM}),
    "PolyexponentialScheduler": (
        {"steps": 9, **EDM, "rho": 0.5},
        "PolyexponentialScheduler",
        {"steps": 9, **EDM, "rho": 0.5},
    ),
    "LaplaceScheduler": (
        {"steps": 9, **EDM, "mu": 0.5, "beta": 0.25},
        "LaplaceScheduler",
        {"steps": 9, **EDM, "mu": 0.5, "beta": 0.25},
    ),
    "VPScheduler": (
        {"steps": 9, "beta_d": 10.5, "beta_min": 0.5, "eps_s": 0.25},
        "VPScheduler",
        {"steps": 9, "beta_d": 10.5, "beta_min": 0.5, "eps_s": 0.25},
    ),
    "AlignYourStepsScheduler": (
        {"model_type": "SDXL", "steps": 9, "denoise": 0.5},
        "AlignYourStepsScheduler",
        {"model_type": "SDXL", "steps": 9, "denoise": 0.5},
    ),
    "OptimalStepsScheduler": (
        {"model_type": "Wan", "steps": 9, "denoise": 0.5},
        "OptimalStepsScheduler",
        {"model_type": "Wan", "steps": 9, "denoise": 0.5},
    ),
    "Flux2Scheduler": (
        {"steps": 4, "width": 512, "height": 768},
        "Flux2Scheduler",
        {"steps": 4, "width": 512, "height": 768},
    ),
    "ManualSigmas": ({"sigmas": "1, 0"}, "ManualSigmas", {"text": "1, 0"}),
    "SplitSigmas": ({"sigmas": "*", "step": 3}, "SplitSigmas", {"sigmas": "*", "step": 3}),
    "SplitSigmasDenoise": (
        {"sigmas": "*", "denoise": 0.5},
        "SplitSigmasDenoise",
        {"sigmas": "*", "denoise": 0.5},
    ),
    "FlipSigmas": ({"sigmas": "*"}, "FlipSigmas", {"sigmas": "*"}),
    "SetFirstSigma": ({"sigmas": "*", "sigma": 20.5}, "SetFirstSigma", {"sigmas": "*", "sigma": 20.5}),
    "ExtendIntermediateSigmas": (
        {"sigmas": "*", "steps": 3, "start_at_sigma": 8.5, "end_at_sigma": 2.5, "spacing": "sine"},
        "ExtendIntermediateSigmas",
        {"sigmas": "*", "steps": 3, "start": 8.5, "end": 2.5, "spacing": "sine"},
    ),
    "SamplingPercentToSigma": (
        {"model": "*", "sampling_percent": 0.5, "return_actual_sigma": True},
        "SamplingPercentToSigma",
        {"model": "*", "share": 0.5, "actual": True},
    ),
    "SamplerCustom": (
        {"model": "*", "positive": "*", "negative": "*", "sampler": "*", "sigmas": "*", "latent_image": "*",
         "add_noise": False, "noise_seed": 3, "cfg": 6.5},
        "SamplerCustom",
        {"model": "*", "positive": "*", "negative": "*", "sampler": "*", "sigmas": "*", "latent": "*",
         "add_noise": False, "seed": 3, "cfg": 6.5},
    ),
    "SamplerCustomAdvanced": (
        {"noise": "*", "guider": "*", "sampler": "*", "sigmas": "*", "latent_image": "*"},
        "SamplerCustomAdvanced",
        {"noise": "*", "guider": "*", "sampler": "*", "sigmas": "*", "latent": "*"},
    ),
    "RandomNoise": ({"noise_seed": 3}, "RandomNoise", {"seed": 3}),
    "DisableNoise": ({}, "DisableNoise", {}),
    "AddNoise": (
        {"model": "*", "noise": "*", "sigmas": "*", "latent_image": "*"},
        "AddNoise",
        {"model": "*", "noise": "*", "sigmas": "*", "latent": "*"},
    ),
    "BasicGuider": ({"model": "*", "conditioning": "*"}, "BasicGuider", {"model": "*", "conditioning": "*"}),
    "CFGGuider": (
        {"model": "*", "positive": "*", "negative": "*", "cfg": 6.5},
        "CFGGuider",
        {"model": "*", "positive": "*", "negative": "*", "cfg": 6.5},
    ),
    "DualCFGGuider": (
        {"model": "*", "cond1": "*", "cond2": "*", "negative": "*", "cfg_conds": 6.5, "cfg_cond2_negative": 2.5,
         "style": "nested"},
        "DualCFGGuider",
        {"model": "*", "positive": "*", "second": "*", "negative": "*", "cfg_first": 6.5, "cfg_second": 2.5,
         "style": "nested"},
    ),
    "PerpNegGuider": (
        {"model": "*", "positive": "*", "negative": "*", "empty_conditioning": "*", "cfg": 6.5, "neg_scale": 0.5},
        "PerpNegGuider",
        {"model": "*", "positive": "*", "negative": "*", "empty": "*", "cfg": 6.5, "scale": 0.5},
    ),
    "RescaleCFG": ({"model": "*", "multiplier": 0.5}, "RescaleCFG", {"model": "*", "share": 0.5}),
    "RenormCFG": (
        {"model": "*", "cfg_trunc": 0.5, "renorm_cfg": 1.5},
        "RenormCFG",
        {"model": "*", "until": 0.5, "limit": 1.5},
    ),
    "APG": (
        {"model": "*", "eta": 0.5, "norm_threshold": 2.5, "momentum": -0.5},
        "ProjectedGuidance",
        {"model": "*", "eta": 0.5, "limit": 2.5, "momentum": -0.5},
    ),
    "TCFG": ({"model": "*"}, "TangentialDampingCFG", {"model": "*"}),
    "CFGZeroStar": ({"model": "*"}, "CFGZeroStar", {"model": "*"}),
    "CFGNorm": ({"model": "*", "strength": 0.5}, "CFGNorm", {"model": "*", "strength": 0.5}),
    "Mahiro": ({"model": "*"}, "PositiveGuidance", {"model": "*"}),
    "PerturbedAttentionGuidance": (
        {"model": "*", "scale": 2.5},
        "PerturbedAttentionGuidance",
        {"model": "*", "scale": 2.5},
    ),
    "SelfAttentionGuidance": (
        {"model": "*", "scale": 0.25, "blur_sigma": 1.5},
        "SelfAttentionGuidance",
        {"model": "*", "scale": 0.25, "blur": 1.5},
    ),
    "SkipLayerGuidanceDiT": (
        {"model": "*", "double_layers": "7", "single_layers": "8", "scale": 2.5, "start_percent": 0.1,
         "end_percent": 0.5, "rescaling_scale": 0.25},
        "SkipLayerGuidance",
        {"model": "*", "double": "7", "single": "8", "scale": 2.5, "start": 0.1, "end": 0.5, "rescaling": 0.25},
    ),
    "SkipLayerGuidanceSD3": (
        {"model": "*", "layers": "7", "scale": 2.5, "start_percent": 0.1, "end_percent": 0.5},
        "SkipLayerGuidance",
        {"model": "*", "double": "7", "scale": 2.5, "start": 0.1, "end": 0.5, "single": ""},
    ),
    "SkipLayerGuidanceDiTSimple": (
        {"model": "*", "double_layers": "7", "single_layers": "8", "start_percent": 0.1, "end_percent": 0.5},
        "SkipLayersNegative",
        {"model": "*", "double": "7", "single": "8", "start": 0.1, "end": 0.5},
    ),
    "FreeU": (
        {"model": "*", "b1": 1.1, "b2": 1.2, "s1": 0.9, "s2": 0.2},
        "FreeU",
        {"model": "*", "b1": 1.1, "b2": 1.2, "s1": 0.9, "s2": 0.2},
    ),
    "FreeU_V2": (
        {"model": "*", "b1": 1.1, "b2": 1.2, "s1": 0.9, "s2": 0.2},
        "FreeUV2",
        {"model": "*", "b1": 1.1, "b2": 1.2, "s1": 0.9, "s2": 0.2},
    ),
    "DifferentialDiffusion": (
        {"model": "*", "strength": 0.5},
        "DifferentialDiffusion",
        {"model": "*", "strength": 0.5},
    ),
    "CLIPLoader": (
        {"clip_name": "q.safetensors", "type": "qwen_image", "device": "cpu"},
        "ClipLoader",
        {"clip": {"file": "q.safetensors"}, "type": "qwen-image"},
    ),
    "DualCLIPLoader": (
        {"clip_name1": "t5.safetensors", "clip_name2": "l.safetensors", "type": "flux", "device": "default"},
        "DualClipLoader",
        {"clip_1": {"file": "t5.safetensors"}, "clip_2": {"file": "l.safetensors"}, "type": "flux"},
    ),
    "TripleCLIPLoader": (
        {"clip_name1": "l.safetensors", "clip_name2": "g.safetensors", "clip_name3": "t5.safetensors"},
        "TripleClipLoader",
        {"clip_1": {"file": "l.safetensors"}, "clip_2": {"file": "g.safetensors"},
         "clip_3": {"file": "t5.safetensors"}, "type": "sd3"},
    ),
    "DiffControlNetLoader": (
        {"model": "*", "control_net_name": "a.safetensors"},
        "ControlNetLoader",
        {"control_net": {"file": "a.safetensors"}},
    ),
    "SetUnionControlNetType": (
        {"control_net": "*", "type": "hed/pidi/scribble/ted"},
        "UnionControlNetKind",
        {"control_net": "*", "kind": "soft edges"},
    ),
    "UpscaleModelLoader": (
        {"model_name": "4x\\esrgan.pth"},
        "UpscaleModelLoader",
        {"upscale_model": {"file": "4x/esrgan.pth"}},
    ),
    "ImageUpscaleWithModel": (
        {"upscale_model": "*", "image": "*"},
        "ImageUpscaleWithModel",
        {"upscale_model": "*", "image": "*"},
    ),
    "ModelSamplingSD3": ({"model": "*", "shift": 3.5}, "ModelSamplingShift", {"model": "*", "shift": 3.5}),
    "ModelSamplingAuraFlow": ({"model": "*", "shift": 1.75}, "ModelSamplingShift", {"model": "*", "shift": 1.75}),
    "ModelSamplingFlux": (
        {"model": "*", "max_shift": 1.25, "base_shift": 0.5, "width": 512, "height": 768},
        "ModelSamplingFlux",
        {"model": "*", "max_shift": 1.25, "base_shift": 0.5, "width": 512, "height": 768},
    ),
    "ModelSamplingContinuousEDM": (
        {"model": "*", "sampling": "v_prediction", **EDM},
        "ModelSamplingContinuous",
        {"model": "*", "prediction": "v", **EDM, "time": "log"},
    ),
    "ModelSamplingContinuousV": (
        {"model": "*", "sampling": "v_prediction", **EDM},
        "ModelSamplingContinuous",
        {"model": "*", "prediction": "v", **EDM, "time": "angle"},
    ),
    "ModelMergeSimple": (
        {"model1": "*", "model2": "*", "ratio": 0.5},
        "ModelMerge",
        {"model": "*", "other": "*", "share": 0.5},
    ),
    "ModelMergeBlocks": (
        {"model1": "*", "model2": "*", "input": 0.5, "middle": 0.25, "out": 0.75},
        "ModelMergeBlocks",
        {"model": "*", "other": "*", "input": 0.5, "middle": 0.25, "out": 0.75},
    ),
    "ModelMergeAdd": ({"model1": "*", "model2": "*"}, "ModelMergeAdd", {"model": "*", "other": "*"}),
    "ModelMergeSubtract": (
        {"model1": "*", "model2": "*", "multiplier": 0.5},
        "ModelMergeSubtract",
        {"model": "*", "other": "*", "factor": 0.5},
    ),
    "CLIPMergeSimple": (
        {"clip1": "*", "clip2": "*", "ratio": 0.5},
        "ClipMerge",
        {"clip": "*", "other": "*", "share": 0.5},
    ),
    "CLIPMergeAdd": ({"clip1": "*", "clip2": "*"}, "ClipMergeAdd", {"clip": "*", "other": "*"}),
    "CLIPMergeSubtract": (
        {"clip1": "*", "clip2": "*", "multiplier": 0.5},
        "ClipMergeSubtract",
        {"clip": "*", "other": "*", "factor": 0.5},
    ),
    "FluxGuidance": (
        {"conditioning": "*", "guidance": 2.5},
        "ConditioningGuidance",
        {"conditioning": "*", "guidance": 2.5},
    ),
    "CLIPTextEncodeSDXL": (
        {"clip": "*", **SIZES, "text_g": "a cat", "text_l": "ink"},
        "TextEncodeSDXL",
        {"clip": "*", **SIZES, "text_g": "a cat", "text_l": "ink"},
    ),
    "CLIPTextEncodeSDXLRefiner": (
        {"clip": "*", "ascore": 2.5, "width": 512, "height": 768, "text": "a cat"},
        "TextEncodeSDXLRefiner",
        {"clip": "*", "score": 2.5, "width": 512, "height": 768, "text": "a cat"},
    ),
    "CLIPTextEncodeFlux": (
        {"clip": "*", "clip_l": "ink", "t5xxl": "a cat", "guidance": 2.5},
        "TextEncodeFlux",
        {"clip": "*", "text_l": "ink", "text_t5": "a cat", "guidance": 2.5},
    ),
    "CLIPTextEncodeSD3": (
        {"clip": "*", "clip_l": "ink", "clip_g": "cat", "t5xxl": "a cat", "empty_padding": "none"},
        "TextEncodeSD3",
        {"clip": "*", "text_l": "ink", "text_g": "cat", "text_t5": "a cat"},
    ),
    "InpaintModelConditioning": (
        {"positive": "*", "negative": "*", "vae": "*", "pixels": "*", "mask": "*", "noise_mask": False},
        "InpaintModelConditioning",
        {"positive": "*", "negative": "*", "vae": "*", "image": "*", "mask": "*", "noise_mask": False},
    ),
    "InstructPixToPixConditioning": (
        {"positive": "*", "negative": "*", "vae": "*", "pixels": "*"},
        "EditModelConditioning",
        {"positive": "*", "negative": "*", "vae": "*", "image": "*"},
    ),
    "TextEncodeQwenImageEdit": (
        {"clip": "*", "vae": "*", "image": "*", "prompt": "a cat"},
        "TextEncodeQwenImageEdit",
        {"clip": "*", "vae": "*", "image": "*", "text": "a cat"},
    ),
    "ReferenceLatent": (
        {"conditioning": "*", "latent": "*"},
        "ReferenceLatent",
        {"conditioning": "*", "latent": "*"},
    ),
    "EmptyHunyuanLatentVideo": (
        {"width": 850, "height": 480, "length": 25, "batch_size": 1},
        "EmptyVideoLatent",
        {"width": 848, "height": 480, "length": 25, "batch_size": 1},
    ),
    "EmptySD3LatentImage": (
        {"width": 1024, "height": 770, "batch_size": 2},
        "EmptySD3Latent",
        {"width": 1024, "height": 768, "batch_size": 2},
    ),
    "EmptyFlux2LatentImage": (
        {"width": 1024, "height": 776, "batch_size": 2},
        "EmptyFlux2Latent",
        {"width": 1024, "height": 768, "batch_size": 2},
    ),
    "VAEDecodeTiled": (
        {"samples": "*", "vae": "*", **TILES},
        "VAEDecodeTiled",
        {"latent": "*", "vae": "*", "tile": 512, "overlap": 64},
    ),
    "VAEEncodeTiled": (
        {"pixels": "*", "vae": "*", **TILES},
        "VAEEncodeTiled",
        {"image": "*", "vae": "*", "tile": 512, "overlap": 64},
    ),
    "LatentBatchSeedBehavior": (
        {"samples": "*", "seed_behavior": "fixed"},
        "LatentBatchSeeds",
        {"latent": "*", "seeds": "same", "draws": "apart"},
    ),
    "ResolutionSelector": (
        {"aspect_ratio": "9:16 (Portrait Widescreen)", "megapixels": 1.5, "multiple": 16},
        "PictureSize",
        {"proportions": "9:16", "megapixels": 1.5, "multiple": 16},
    ),
    "SaveImageAdvanced": (
        {"images": "*", "filename_prefix": "cat", "format": "png", "bit_depth": "8-bit", "colorspace": "sRGB"},
        "SaveImage",
        {"images": "*", "prefix": "cat"},
    ),
}  # fmt: skip
VARIED = {
    "TextEncodeQwenImageEditPlus": (
        {"clip": "*", "vae": None, "prompt": "a cat"},
        "TextEncode",
        {"clip": "*", "text": "a cat"},
    ),
    "ModelSamplingDiscrete": (
        {"model": "*", "sampling": "lcm", "zsnr": True},
        "ModelSamplingLCM",
        {"model": "*", "zero_snr": True},
    ),
    "ModelMergeFlux1": (
        {"model1": "*", "model2": "*", "img_in.": 1.0, "double_blocks.3.": 0.25},
        "ModelMergeLayers",
        {"model": "*", "other": "*", "shares": "img_in. 1\ndouble_blocks.3. 0.25"},
    ),
    "ModelMergeSDXL": (
        {"model1": "*", "model2": "*", "time_embed.": 1.0, "input_blocks.0": 0.5},
        "ModelMergeLayers",
        {"model": "*", "other": "*", "shares": "time_embed. 1\ninput_blocks.0 0.5"},
    ),
}


def linked(inputs, wire):
    numbers = count()
    return {name: wire(next(numbers)) if value == "*" else value for name, value in inputs.items()}


@pytest.mark.parametrize("kind", [*CASES, *VARIED])
def test_a_type_becomes_its_counterpart_with_every_value(kind):
    inputs, ours, expected = (CASES | VARIED)[kind]
    box = {"class_type": kind, "inputs": linked(inputs, lambda n: ["9", n])}
    got = IMPORTERS[0].convert({"7": box})
    said = linked(expected, lambda n: {"from": f"9.output_{n}"})
    assert got.document == {"calotype": 1, "nodes": {"7": {"type": ours, "inputs": said}}}
    assert got.report.mapped == {"7": (kind, ours)}
    assert [n.message for n in got.report.notes if n.warning] == (
        ["it is loaded where the other models are, not on the device that was named"] if kind == "CLIPLoader" else []
    )


def test_every_type_has_a_case():
    others = {"ModelSamplingDiscrete (lcm)", "ModelMergeLayers", "TextEncodeQwenImageEditPlus"}
    assert set(CASES) | others == set(PARTS_TABLE)


def test_pictures_for_editing_become_a_list_in_their_order(imported):
    inputs = {"clip": ["9", 0], "vae": ["9", 1], "image2": ["9", 3], "image1": ["9", 2], "prompt": "a cat"}
    document, _ = imported({"7": {"class_type": "TextEncodeQwenImageEditPlus", "inputs": inputs}})
    assert document["nodes"]["7"]["inputs"]["images"] == [{"from": "9.output_2"}, {"from": "9.output_3"}]


def test_a_family_that_is_not_known_is_said_and_the_files_tell_it(imported):
    document, report = imported(
        {"7": {"class_type": "CLIPLoader", "inputs": {"clip_name": "x.gguf", "type": "chroma"}}}
    )
    assert document["nodes"]["7"]["inputs"] == {"clip": {"file": "x.gguf"}, "type": "auto"}
    assert "input \"type\": 'chroma': it has no counterpart" in [n.message for n in report.notes]


def test_a_merge_with_a_linked_share_is_not_guessed_at(imported):
    inputs = {"model1": ["9", 0], "model2": ["9", 0], "time_embed.": ["8", 0]}
    _, report = imported({"7": {"class_type": "ModelMergeSDXL", "inputs": inputs}})
    assert report.unknown == {"7": "ModelMergeSDXL"}


def test_numbers_of_layers_have_their_names_in_the_editors_format_too(imported):
    inputs = [{"name": f"model{i}", "type": "MODEL", "link": None} for i in (1, 2)]
    box = {"id": 7, "type": "ModelMergeFlux1", "inputs": inputs, "outputs": [], "widgets_values": [0.5] * 63}
    document, _ = imported({"nodes": [box], "links": []})
    lines = document["nodes"]["7"]["inputs"]["shares"].splitlines()
    assert (lines[0], lines[5], lines[24], lines[-1]) == (
        "img_in. 0.5", "double_blocks.0. 0.5", "single_blocks.0. 0.5", "final_layer. 0.5",
    )  # fmt: skip


def test_layers_are_those_of_their_types(node_types):
    for kind, names in LAYERS.items():
        if kind in node_types:
            assert {*names, "model1", "model2"} == set(node_types[kind]["inputs"]), kind
