"""Types of ComfyUI for what changes a model or latents, for properties of conditionings, and for planes of pictures."""

from __future__ import annotations

from collections.abc import Mapping

from calotype_comfyui.rules import Rule, one_of, picture, rule

BOUNDS = one_of({"default": False, "mask bounds": True})
HOOKS = "hooks have no counterpart: what they change stays as it is"
UNHOOKED = {"hooks": None}
MODES = one_of(
    {
        "ADD": "add", "CLEAR": "clear", "DARKEN": "darken", "DST": "under", "DST_ATOP": "under_atop",
        "DST_IN": "under_in", "DST_OUT": "under_out", "DST_OVER": "under_over", "LIGHTEN": "lighten",
        "MULTIPLY": "multiply", "OVERLAY": "overlay", "SCREEN": "screen", "SRC": "over", "SRC_ATOP": "over_atop",
        "SRC_IN": "over_in", "SRC_OUT": "over_out", "SRC_OVER": "over_over", "XOR": "xor",
    }
)  # fmt: skip

PROPERTIES: Mapping[str, Rule] = {
    "ConditioningTimestepsRange": rule("TimeRanges", "", "start_percent>start end_percent>end", "times before after"),
    "ConditioningSetProperties": rule(
        "ConditioningProperties",
        "cond_NEW>conditioning mask hooks> timesteps>times",
        "strength set_cond_area>bounds",
        "conditioning",
        converts={"set_cond_area": BOUNDS},
        note=HOOKS,
        unless=UNHOOKED,
    ),
    "ConditioningSetPropertiesAndCombine": rule(
        "ConditioningPropertiesCombine",
        "cond>conditioning cond_NEW>other mask hooks> timesteps>times",
        "strength set_cond_area>bounds",
        "conditioning",
        converts={"set_cond_area": BOUNDS},
        note=HOOKS,
        unless=UNHOOKED,
    ),
    "PairConditioningSetProperties": rule(
        "ConditioningPairProperties",
        "positive_NEW>positive negative_NEW>negative mask hooks> timesteps>times",
        "strength set_cond_area>bounds",
        "positive negative",
        converts={"set_cond_area": BOUNDS},
        note=HOOKS,
        unless=UNHOOKED,
    ),
    "PairConditioningSetPropertiesAndCombine": rule(
        "ConditioningPairPropertiesCombine",
        "positive negative positive_NEW>other_positive negative_NEW>other_negative mask hooks> timesteps>times",
        "strength set_cond_area>bounds",
        "positive negative",
        converts={"set_cond_area": BOUNDS},
        note=HOOKS,
        unless=UNHOOKED,
    ),
    "PairConditioningCombine": rule(
        "ConditioningPairCombine",
        "positive_A>positive negative_A>negative positive_B>other_positive negative_B>other_negative",
        "",
        "positive negative",
    ),
    "ConditioningSetDefaultCombine": rule(
        "ConditioningElsewhere",
        "cond>conditioning cond_DEFAULT>other hooks>",
        "",
        "conditioning",
        note=HOOKS,
        unless=UNHOOKED,
    ),
    "PairConditioningSetDefaultCombine": rule(
        "ConditioningPairElsewhere",
        "positive negative positive_DEFAULT>other_positive negative_DEFAULT>other_negative hooks>",
        "",
        "positive negative",
        note=HOOKS,
        unless=UNHOOKED,
    ),
}

MODELS: Mapping[str, Rule] = {
    "EasyCache": rule(
        "EasyCache", "model", "reuse_threshold>threshold start_percent>start end_percent>end verbose>", "model"
    ),
    "LazyCache": rule(
        "LazyCache", "model", "reuse_threshold>threshold start_percent>start end_percent>end verbose>", "model"
    ),
    "Epsilon Scaling": rule("NoiseScaling", "model", "scaling_factor>factor", "model"),
    "FreSca": rule("FrequencyScaling", "model", "scale_low>low scale_high>high freq_cutoff>cutoff", "model"),
    "VideoLinearCFGGuidance": rule("BatchLinearCFG", "model", "min_cfg>least", "model"),
    "VideoTriangleCFGGuidance": rule("BatchTriangleCFG", "model", "min_cfg>least", "model"),
    "UNetSelfAttentionMultiply": rule("SelfAttentionScale", "model", "q k v out", "model"),
    "UNetCrossAttentionMultiply": rule("CrossAttentionScale", "model", "q k v out", "model"),
    "UNetTemporalAttentionMultiply": rule(
        "AttentionOutputScale",
        "model",
        "self_structural>self_attention self_temporal> cross_structural>cross_attention cross_temporal>",
        "model",
        note="attention over time is not changed; U-Nets for pictures have none",
        unless={"self_temporal": 1.0, "cross_temporal": 1.0},
    ),
    "CLIPAttentionMultiply": rule("ClipAttentionScale", "clip", "q k v out", "clip"),
    "HyperTile": rule(
        "HyperTile", "model", "tile_size>size swap_size>choices max_depth>depth scale_depth>larger", "model"
    ),
    "TomePatchModel": rule("TokenMerging", "model", "ratio", "model"),
    "PatchModelAddDownscale": rule(
        "DeepShrink",
        "model",
        "block_number>block downscale_factor>factor start_percent>start end_percent>end "
        "downscale_after_skip>after_skip downscale_method>down upscale_method>up",
        "model",
    ),
    "LatentApplyOperationCFG": rule("GuidanceApply", "model operation", "", "model"),
}

LATENTS: Mapping[str, Rule] = {
    "LatentApplyOperation": rule("LatentApply", "samples>latent operation", "", "latent"),
    "SaveLatent": rule("SaveLatent", "samples>latent", "filename_prefix>prefix", "saved"),
    "LoadLatent": rule("LoadLatent", "", "latent>file upload>", "latent", converts={"latent": picture}),
    "LatentOperationTonemapReinhard": rule("LatentOperationToneMap", "", "multiplier", "latent_operation"),
    "LatentOperationSharpen": rule(
        "LatentOperationSharpen", "", "sharpen_radius>radius sigma alpha>amount", "latent_operation"
    ),
    "LatentCut": rule(
        "LatentCut",
        "samples>latent",
        "dim>side index amount>count",
        "latent",
        converts={"dim": one_of({"x": "width", "y": "height", "t": "frames"})},
    ),
    "SamplerLCMUpscale": rule(
        "SamplerLCMGrowing", "", "scale_ratio>scale scale_steps>steps upscale_method>method", "sampler"
    ),
    "SamplerEulerCFGpp": rule(
        "SamplerEulerCFGPP",
        "",
        "version>alternative",
        "sampler",
        converts={"version": one_of({"regular": False, "alternative": True})},
    ),
    "LTXVScheduler": rule("LTXVScheduler", "latent", "steps max_shift base_shift stretch terminal", "sigmas"),
}

PICTURES: Mapping[str, Rule] = {
    "Morphology": rule("ImageMorphology", "image", "operation kernel_size>size", "image"),
    "ImageRGBToYUV": rule("ImageToYUV", "image", "", "y u v"),
    "ImageYUVToRGB": rule("ImageFromYUV", "Y>y U>u V>v", "", "image"),
    "ImageQuantize (bayer)": rule(
        "ImageQuantise", "image", "colors>colours dither>pattern", "image", values={"dither": True}
    ),
    "PorterDuffImageComposite": rule(
        "ImagePorterDuff",
        "source>over source_alpha>over_mask destination>under destination_alpha>under_mask",
        "mode",
        "image mask",
        converts={"mode": MODES},
    ),
}

CHANGES_TABLE: Mapping[str, Rule] = {**PROPERTIES, **MODELS, **LATENTS, **PICTURES}
