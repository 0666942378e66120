"""Types of ComfyUI for sampling in parts, and for what changes a model, that have a counterpart."""

from __future__ import annotations

from collections.abc import Mapping

from calotype_comfyui.rules import Rule, cut_to, eights, file, one_of, rule

SOLVER = one_of({"ER-SDE": "er", "Reverse-time SDE": "reverse", "ODE": "ode"})
PREDICTS = one_of({"v_prediction": "v", "edm": "edm", "eps": "eps"})
ELSEWHERE = "it is loaded where the other models are, not on the device that was named"
HEARD = one_of(
    {
        "stable_diffusion": "auto",
        "sdxl": "sdxl",
        "sd3": "sd3",
        "flux": "flux",
        "flux2": "flux2",
        "lumina2": "z-image",
        "qwen_image": "qwen-image",
        "wan": "wan",
    }
)

SHOWN = one_of(
    {
        "auto": "any",
        "openpose": "pose",
        "depth": "depth",
        "hed/pidi/scribble/ted": "soft edges",
        "canny/lineart/anime_lineart/mlsd": "edges",
        "normal": "normals",
        "segment": "segments",
        "tile": "tile",
        "repaint": "repaint",
    }
)

SAMPLERS: Mapping[str, Rule] = {
    "KSamplerSelect": rule("KSamplerSelect", "", "sampler_name>sampler", "sampler"),
    "SamplerEulerAncestral": rule("SamplerEulerAncestral", "", "eta s_noise", "sampler"),
    "SamplerEulerAncestralCFGPP": rule("SamplerEulerAncestral", "", "eta s_noise", "sampler", values={"cfg_pp": True}),
    "SamplerDPMPP_2S_Ancestral": rule("SamplerDPMPP2SAncestral", "", "eta s_noise", "sampler"),
    "SamplerDPMPP_SDE": rule("SamplerDPMPPSDE", "", "eta s_noise r noise_device>", "sampler"),
    "SamplerDPMPP_2M_SDE": rule("SamplerDPMPP2MSDE", "", "solver_type>solver eta s_noise noise_device>", "sampler"),
    "SamplerDPMPP_3M_SDE": rule("SamplerDPMPP3MSDE", "", "eta s_noise noise_device>", "sampler"),
    "SamplerLMS": rule("SamplerLMS", "", "order", "sampler"),
    "SamplerDPMAdaptative": rule(
        "SamplerDPMAdaptive",
        "",
        "order rtol atol h_init pcoeff icoeff dcoeff accept_safety eta s_noise",
        "sampler",
    ),
    "SamplerER_SDE": rule(
        "SamplerERSDE",
        "",
        "solver_type>solver max_stage eta s_noise",
        "sampler",
        converts={"solver_type": SOLVER},
    ),
    "SamplerSASolver": rule(
        "SamplerSASolver",
        "model>",
        "eta sde_start_percent>start sde_end_percent>end s_noise predictor_order corrector_order "
        "use_pece>evaluates_corrected simple_order_2",
        "sampler",
    ),
    "SamplerSEEDS2": rule(
        "SamplerSEEDS2",
        "",
        "solver_type> eta s_noise r",
        "sampler",
        converts={"solver_type": one_of({"phi_1": None})},
    ),
}

SIGMAS: Mapping[str, Rule] = {
    "BasicScheduler": rule("BasicScheduler", "model", "scheduler steps denoise", "sigmas"),
    "BetaSamplingScheduler": rule("BetaSamplingScheduler", "model", "steps alpha beta", "sigmas"),
    "SDTurboScheduler": rule("SDTurboScheduler", "model", "steps denoise", "sigmas"),
    "KarrasScheduler": rule("KarrasScheduler", "", "steps sigma_max sigma_min rho", "sigmas"),
    "ExponentialScheduler": rule("ExponentialScheduler", "", "steps sigma_max sigma_min", "sigmas"),
    "PolyexponentialScheduler": rule("PolyexponentialScheduler", "", "steps sigma_max sigma_min rho", "sigmas"),
    "LaplaceScheduler": rule("LaplaceScheduler", "", "steps sigma_max sigma_min mu beta", "sigmas"),
    "VPScheduler": rule("VPScheduler", "", "steps beta_d beta_min eps_s", "sigmas"),
    "AlignYourStepsScheduler": rule("AlignYourStepsScheduler", "", "model_type steps denoise", "sigmas"),
    "OptimalStepsScheduler": rule("OptimalStepsScheduler", "", "model_type steps denoise", "sigmas"),
    "Flux2Scheduler": rule("Flux2Scheduler", "", "steps width height", "sigmas"),
    "ManualSigmas": rule("ManualSigmas", "", "sigmas>text", "sigmas"),
    "SplitSigmas": rule("SplitSigmas", "sigmas", "step", "high low"),
    "SplitSigmasDenoise": rule("SplitSigmasDenoise", "sigmas", "denoise", "high low"),
    "FlipSigmas": rule("FlipSigmas", "sigmas", "", "sigmas"),
    "SetFirstSigma": rule("SetFirstSigma", "sigmas", "sigma", "sigmas"),
    "ExtendIntermediateSigmas": rule(
        "ExtendIntermediateSigmas", "sigmas", "steps start_at_sigma>start end_at_sigma>end spacing", "sigmas"
    ),
    "SamplingPercentToSigma": rule(
        "SamplingPercentToSigma", "model", "sampling_percent>share return_actual_sigma>actual", "sigma"
    ),
}

PARTS: Mapping[str, Rule] = {
    "SamplerCustom": rule(
        "SamplerCustom",
        "model positive negative sampler sigmas latent_image>latent",
        "add_noise noise_seed>seed cfg",
        "latent denoised",
    ),
    "SamplerCustomAdvanced": rule(
        "SamplerCustomAdvanced", "noise guider sampler sigmas latent_image>latent", "", "latent denoised"
    ),
    "RandomNoise": rule("RandomNoise", "", "noise_seed>seed", "noise"),
    "DisableNoise": rule("DisableNoise", "", "", "noise"),
    "AddNoise": rule("AddNoise", "model noise sigmas latent_image>latent", "", "latent"),
    "BasicGuider": rule("BasicGuider", "model conditioning", "", "guider"),
    "CFGGuider": rule("CFGGuider", "model positive negative", "cfg", "guider"),
    "DualCFGGuider": rule(
        "DualCFGGuider",
        "model cond1>positive cond2>second negative",
        "cfg_conds>cfg_first cfg_cond2_negative>cfg_second style",
        "guider",
    ),
    "PerpNegGuider": rule(
        "PerpNegGuider", "model positive negative empty_conditioning>empty", "cfg neg_scale>scale", "guider"
    ),
}

GUIDANCE: Mapping[str, Rule] = {
    "RescaleCFG": rule("RescaleCFG", "model", "multiplier>share", "model"),
    "RenormCFG": rule("RenormCFG", "model", "cfg_trunc>until renorm_cfg>limit", "model"),
    "APG": rule("ProjectedGuidance", "model", "eta norm_threshold>limit momentum", "model"),
    "TCFG": rule("TangentialDampingCFG", "model", "", "model"),
    "CFGZeroStar": rule("CFGZeroStar", "model", "", "model"),
    "CFGNorm": rule("CFGNorm", "model", "strength", "model"),
    "Mahiro": rule("PositiveGuidance", "model", "", "model"),
    "PerturbedAttentionGuidance": rule("PerturbedAttentionGuidance", "model", "scale", "model"),
    "SelfAttentionGuidance": rule("SelfAttentionGuidance", "model", "scale blur_sigma>blur", "model"),
    "SkipLayerGuidanceDiT": rule(
        "SkipLayerGuidance",
        "model",
        "double_layers>double single_layers>single scale start_percent>start end_percent>end rescaling_scale>rescaling",
        "model",
    ),
    "SkipLayerGuidanceSD3": rule(
        "SkipLayerGuidance",
        "model",
        "layers>double scale start_percent>start end_percent>end",
        "model",
        values={"single": ""},
    ),
    "SkipLayerGuidanceDiTSimple": rule(
        "SkipLayersNegative",
        "model",
        "double_layers>double single_layers>single start_percent>start end_percent>end",
        "model",
    ),
    "FreeU": rule("FreeU", "model", "b1 b2 s1 s2", "model"),
    "FreeU_V2": rule("FreeUV2", "model", "b1 b2 s1 s2", "model"),
    "DifferentialDiffusion": rule("DifferentialDiffusion", "model", "strength", "model"),
}

MODELS: Mapping[str, Rule] = {
    "CLIPLoader": rule(
        "ClipLoader",
        "",
        "clip_name>clip type device>",
        "clip",
        converts={"clip_name": file, "type": HEARD},
        fallbacks={"type": "auto"},
        note=ELSEWHERE,
        unless={"device": "default"},
    ),
    "DualCLIPLoader": rule(
        "DualClipLoader",
        "",
        "clip_name1>clip_1 clip_name2>clip_2 type device>",
        "clip",
        converts={"clip_name1": file, "clip_name2": file, "type": HEARD},
        fallbacks={"type": "auto"},
        note=ELSEWHERE,
        unless={"device": "default"},
    ),
    "TripleCLIPLoader": rule(
        "TripleClipLoader",
        "",
        "clip_name1>clip_1 clip_name2>clip_2 clip_name3>clip_3",
        "clip",
        converts={"clip_name1": file, "clip_name2": file, "clip_name3": file},
        values={"type": "sd3"},
    ),
    "DiffControlNetLoader": rule(
        "ControlNetLoader",
        "model>",
        "control_net_name>control_net",
        "control_net",
        converts={"control_net_name": file},
    ),
    "SetUnionControlNetType": rule(
        "UnionControlNetKind", "control_net", "type>kind", "control_net", converts={"type": SHOWN}
    ),
    "UpscaleModelLoader": rule(
        "UpscaleModelLoader", "", "model_name>upscale_model", "upscale_model", converts={"model_name": file}
    ),
    "ImageUpscaleWithModel": rule("ImageUpscaleWithModel", "upscale_model image", "", "image"),
    "ModelSamplingDiscrete (lcm)": rule("ModelSamplingLCM", "model", "sampling> zsnr>zero_snr", "model"),
    "ModelSamplingSD3": rule("ModelSamplingShift", "model", "shift", "model"),
    "ModelSamplingAuraFlow": rule("ModelSamplingShift", "model", "shift", "model"),
    "ModelSamplingFlux": rule("ModelSamplingFlux", "model", "max_shift base_shift width height", "model"),
    "ModelSamplingContinuousEDM": rule(
        "ModelSamplingContinuous",
        "model",
        "sampling>prediction sigma_max sigma_min",
        "model",
        converts={"sampling": PREDICTS},
        fallbacks={"sampling": "edm"},
        values={"time": "log"},
    ),
    "ModelSamplingContinuousV": rule(
        "ModelSamplingContinuous",
        "model",
        "sampling>prediction sigma_max sigma_min",
        "model",
        converts={"sampling": PREDICTS},
        values={"time": "angle"},
    ),
    "ModelMergeSimple": rule("ModelMerge", "model1>model model2>other", "ratio>share", "model"),
    "ModelMergeBlocks": rule("ModelMergeBlocks", "model1>model model2>other", "input middle out", "model"),
    "ModelMergeLayers": rule("ModelMergeLayers", "model1>model model2>other", "shares", "model"),
    "ModelMergeAdd": rule("ModelMergeAdd", "model1>model model2>other", "", "model"),
    "ModelMergeSubtract": rule("ModelMergeSubtract", "model1>model model2>other", "multiplier>factor", "model"),
    "CLIPMergeSimple": rule("ClipMerge", "clip1>clip clip2>other", "ratio>share", "clip"),
    "CLIPMergeAdd": rule("ClipMergeAdd", "clip1>clip clip2>other", "", "clip"),
    "CLIPMergeSubtract": rule("ClipMergeSubtract", "clip1>clip clip2>other", "multiplier>factor", "clip"),
}

PROMPTS: Mapping[str, Rule] = {
    "FluxGuidance": rule("ConditioningGuidance", "conditioning", "guidance", "conditioning"),
    "CLIPTextEncodeSDXL": rule(
        "TextEncodeSDXL",
        "clip",
        "width height crop_w crop_h target_width target_height text_g text_l",
        "conditioning",
    ),
    "CLIPTextEncodeSDXLRefiner": rule(
        "TextEncodeSDXLRefiner", "clip", "ascore>score width height text", "conditioning"
    ),
    "CLIPTextEncodeFlux": rule("TextEncodeFlux", "clip", "clip_l>text_l t5xxl>text_t5 guidance", "conditioning"),
    "CLIPTextEncodeSD3": rule(
        "TextEncodeSD3", "clip", "clip_l>text_l clip_g>text_g t5xxl>text_t5 empty_padding>", "conditioning"
    ),
    "InpaintModelConditioning": rule(
        "InpaintModelConditioning",
        "positive negative vae pixels>image mask",
        "noise_mask",
        "positive negative latent",
    ),
    "InstructPixToPixConditioning": rule(
        "EditModelConditioning", "positive negative vae pixels>image", "", "positive negative latent"
    ),
}

EDITING: Mapping[str, Rule] = {
    "TextEncodeQwenImageEdit": rule("TextEncodeQwenImageEdit", "clip vae image", "prompt>text", "conditioning"),
    "TextEncodeQwenImageEditPlus": rule(
        "TextEncodeQwenImageEditPlus",
        "clip vae image1>images[] image2>images[] image3>images[]",
        "prompt>text",
        "conditioning",
    ),
    "ReferenceLatent": rule("ReferenceLatent", "conditioning latent", "", "conditioning"),
}

STARTS: Mapping[str, Rule] = {
    "EmptyHunyuanLatentVideo": rule(
        "EmptyVideoLatent",
        "",
        "width height length batch_size",
        "latent",
        converts={"width": cut_to(16), "height": cut_to(16)},
    ),
    "EmptySD3LatentImage": rule(
        "EmptySD3Latent", "", "width height batch_size", "latent", converts={"width": eights, "height": eights}
    ),
    "EmptyFlux2LatentImage": rule(
        "EmptyFlux2Latent",
        "",
        "width height batch_size",
        "latent",
        converts={"width": cut_to(16), "height": cut_to(16)},
    ),
    "VAEDecodeTiled": rule(
        "VAEDecodeTiled", "samples>latent vae", "tile_size>tile overlap temporal_size> temporal_overlap>", "image"
    ),
    "VAEEncodeTiled": rule(
        "VAEEncodeTiled", "pixels>image vae", "tile_size>tile overlap temporal_size> temporal_overlap>", "latent"
    ),
    "LatentBatchSeedBehavior": rule(
        "LatentBatchSeeds",
        "samples>latent",
        "seed_behavior>seeds",
        "latent",
        converts={"seed_behavior": one_of({"random": "own", "fixed": "same"})},
        values={"draws": "apart"},
    ),
    "ResolutionSelector": rule(
        "PictureSize",
        "",
        "aspect_ratio>proportions megapixels multiple",
        "width height",
        converts={"aspect_ratio": lambda said: str(said).partition(" ")[0]},
    ),
    "SaveImageAdvanced": rule(
        "SaveImage",
        "images",
        "filename_prefix>prefix format> bit_depth> colorspace>",
        "saved",
        note="it is saved as PNG with 8 bits a channel, sRGB",
        unless={"format": "png", "bit_depth": "8-bit", "colorspace": "sRGB"},
    ),
}

PARTS_TABLE: Mapping[str, Rule] = {**SAMPLERS, **SIGMAS, **PARTS, **GUIDANCE, **MODELS, **PROMPTS, **EDITING, **STARTS}
