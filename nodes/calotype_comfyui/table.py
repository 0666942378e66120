"""Every type of ComfyUI that has a counterpart among the built-in nodes."""

from __future__ import annotations

from collections.abc import Mapping

from calotype_comfyui.changes_table import CHANGES_TABLE
from calotype_comfyui.files_table import FILES_TABLE
from calotype_comfyui.parts_table import PARTS_TABLE
from calotype_comfyui.pictures import PICTURES
from calotype_comfyui.rules import Rule, eights, file, one_of, rule

SWITCH = one_of({"enable": True, "disable": False, True: True, False: False})
CROP = one_of({"disabled": "none", "center": "center"})

LOADERS: Mapping[str, Rule] = {
    "CheckpointLoaderSimple": rule(
        "CheckpointLoader", "", "ckpt_name>checkpoint", "model clip vae", converts={"ckpt_name": file}
    ),
    "CheckpointLoader": rule(
        "CheckpointLoader",
        "",
        "config_name> ckpt_name>checkpoint",
        "model clip vae",
        converts={"ckpt_name": file},
        note="the configuration is read from the weights, not from the file that was named",
    ),
    "UNETLoader": rule(
        "ModelLoader",
        "",
        "unet_name>model weight_dtype>",
        "model",
        converts={"unet_name": file},
        note="the number format of the weights is that of the run, not the one that was named",
        unless={"weight_dtype": "default"},
    ),
    "VAELoader": rule("VAELoader", "", "vae_name>vae", "vae", converts={"vae_name": file}),
    "LoraLoader": rule(
        "LoraLoader",
        "model clip",
        "lora_name>lora strength_model strength_clip",
        "model clip",
        converts={"lora_name": file},
    ),
    "LoraLoaderModelOnly": rule(
        "LoraLoaderModelOnly",
        "model",
        "lora_name>lora strength_model>strength",
        "model",
        converts={"lora_name": file},
    ),
    "ControlNetLoader": rule(
        "ControlNetLoader",
        "",
        "control_net_name>control_net",
        "control_net",
        converts={"control_net_name": file},
    ),
    "ModelSamplingDiscrete": rule(
        "ModelSampling",
        "model",
        "sampling>prediction zsnr>zero_snr",
        "model",
        converts={"sampling": one_of({"eps": "eps", "v_prediction": "v", "x0": "x0"})},
    ),
    "CLIPSetLastLayer": rule("ClipSkip", "clip", "stop_at_clip_layer>stop_at_layer", "clip"),
}

CONDITIONING: Mapping[str, Rule] = {
    "CLIPTextEncode": rule("TextEncode", "clip", "text", "conditioning"),
    "ConditioningCombine": rule(
        "ConditioningCombine",
        "conditioning_1>conditionings[] conditioning_2>conditionings[]",
        "",
        "conditioning",
    ),
    "ConditioningConcat": rule(
        "ConditioningConcat", "conditioning_to>conditioning conditioning_from>other", "", "conditioning"
    ),
    "ConditioningAverage": rule(
        "ConditioningAverage",
        "conditioning_to>conditioning conditioning_from>other",
        "conditioning_to_strength>share",
        "conditioning",
    ),
    "ConditioningSetArea": rule(
        "ConditioningArea",
        "conditioning",
        "width height x y strength",
        "conditioning",
        converts={"width": eights, "height": eights, "x": eights, "y": eights},
    ),
    "ConditioningSetAreaPercentage": rule(
        "ConditioningAreaShare", "conditioning", "width height x y strength", "conditioning"
    ),
    "ConditioningSetAreaStrength": rule("ConditioningStrength", "conditioning", "strength", "conditioning"),
    "ConditioningSetMask": rule(
        "ConditioningMask",
        "conditioning mask",
        "strength set_cond_area>bounds",
        "conditioning",
        converts={"set_cond_area": one_of({"default": False, "mask bounds": True})},
    ),
    "ConditioningSetTimestepRange": rule("ConditioningTimeRange", "conditioning", "start end", "conditioning"),
    "ConditioningZeroOut": rule("ConditioningZero", "conditioning", "", "conditioning"),
    "ControlNetApplyAdvanced": rule(
        "ControlNet",
        "positive negative control_net image vae",
        "strength start_percent>start end_percent>end",
        "positive negative",
    ),
    "ControlNetApplySD3": rule(
        "ControlNet",
        "positive negative control_net image vae",
        "strength start_percent>start end_percent>end",
        "positive negative",
    ),
    "ControlNetApply": rule("ControlNetSingle", "conditioning control_net image", "strength", "conditioning"),
}

SAMPLING: Mapping[str, Rule] = {
    "KSampler": rule(
        "KSampler",
        "model positive negative latent_image>latent",
        "seed steps cfg sampler_name>sampler scheduler denoise",
        "latent denoised",
    ),
    "KSamplerAdvanced": rule(
        "KSamplerAdvanced",
        "model positive negative latent_image>latent",
        "add_noise noise_seed>seed steps cfg sampler_name>sampler scheduler start_at_step>start_step "
        "end_at_step>end_step return_with_leftover_noise>leftover_noise",
        "latent",
        converts={"add_noise": SWITCH, "return_with_leftover_noise": SWITCH},
    ),
}

LATENTS: Mapping[str, Rule] = {
    "EmptyLatentImage": rule(
        "EmptyLatent", "", "width height batch_size", "latent", converts={"width": eights, "height": eights}
    ),
    "VAEDecode": rule("VAEDecode", "samples>latent vae", "", "image"),
    "VAEEncode": rule("VAEEncode", "pixels>image vae", "", "latent"),
    "VAEEncodeForInpaint": rule("VAEEncodeForInpaint", "pixels>image vae mask", "grow_mask_by>grow", "latent"),
    "SetLatentNoiseMask": rule("SetLatentNoiseMask", "samples>latent mask", "", "latent"),
    "LatentUpscale": rule(
        "LatentScale",
        "samples>latent",
        "upscale_method>method width height crop",
        "latent",
        converts={"width": eights, "height": eights, "crop": CROP},
        values={"least": 64},
    ),
    "LatentUpscaleBy": rule("LatentScaleBy", "samples>latent", "upscale_method>method scale_by>factor", "latent"),
    "LatentComposite": rule("LatentComposite", "samples_to>under samples_from>over", "x y feather", "latent"),
    "LatentCompositeMasked": rule(
        "LatentComposite", "destination>under source>over mask", "x y resize_source>scale", "latent"
    ),
    "LatentCrop": rule(
        "LatentCrop",
        "samples>latent",
        "width height x y",
        "latent",
        converts={"width": eights, "height": eights, "x": eights, "y": eights},
        values={"least": 64},
    ),
    "LatentFlip": rule(
        "LatentFlip",
        "samples>latent",
        "flip_method>direction",
        "latent",
        converts={"flip_method": one_of({"x-axis: vertically": "vertical", "y-axis: horizontally": "horizontal"})},
    ),
    "LatentRotate": rule(
        "LatentRotate",
        "samples>latent",
        "rotation>degrees",
        "latent",
        converts={"rotation": one_of({"none": 0, "90 degrees": 90, "180 degrees": 180, "270 degrees": 270})},
    ),
    "LatentBatch": rule(
        "LatentBatch",
        "samples1>latents[] samples2>latents[]",
        "",
        "latent",
        values={"masks": "first", "draws": "apart"},
    ),
    "LatentFromBatch": rule(
        "LatentFromBatch", "samples>latent", "batch_index>first length>count", "latent", values={"draws": "apart"}
    ),
    "RepeatLatentBatch": rule("RepeatLatentBatch", "samples>latent", "amount>times", "latent"),
    "LatentAdd": rule("LatentAdd", "samples1>latent samples2>other", "", "latent"),
    "LatentSubtract": rule("LatentSubtract", "samples1>latent samples2>other", "", "latent"),
    "LatentMultiply": rule("LatentMultiply", "samples>latent", "multiplier>factor", "latent"),
    "LatentBlend": rule("LatentBlend", "samples1>latent samples2>other", "blend_factor>share blend_mode>", "latent"),
    "LatentInterpolate": rule(
        "LatentInterpolate", "samples1>latent samples2>other", "ratio>share", "latent", values={"crossed": True}
    ),
    "LatentConcat": rule(
        "LatentConcat",
        "samples1>latent samples2>other",
        "dim>side",
        "latent",
        converts={"dim": one_of({"x": "right", "-x": "left", "y": "below", "-y": "above"})},
    ),
}

VALUES: Mapping[str, Rule] = {
    "PrimitiveInt": rule("Integer", "", "value", "value"),
    "PrimitiveFloat": rule("Float", "", "value", "value"),
    "PrimitiveBoolean": rule("Boolean", "", "value", "value"),
    "PrimitiveString": rule("Text", "", "value", "value"),
    "PrimitiveStringMultiline": rule("Text", "", "value", "value"),
    "StringConcatenate": rule(
        "TextJoin",
        "",
        "string_a>texts[] string_b>texts[] delimiter>separator",
        "text",
        values={"skip_empty": False},
    ),
    "StringReplace": rule("TextReplace", "", "string>text find replace>replacement", "text"),
    "StringTrim": rule(
        "TextTrim",
        "",
        "string>text mode>side",
        "text",
        converts={"mode": one_of({"Both": "both", "Left": "left", "Right": "right"})},
    ),
    "CaseConverter": rule(
        "TextCase",
        "",
        "string>text mode>case",
        "text",
        converts={
            "mode": one_of(
                {"UPPERCASE": "upper", "lowercase": "lower", "Capitalize": "sentence", "Title Case": "title"}
            )
        },
    ),
    "StringLength": rule("TextLength", "", "string>text", "length"),
    "StringContains": rule("TextContains", "", "string>text substring>find case_sensitive>same_case", "found"),
    "PreviewAny": rule("PreviewText", "source>value", "", "text"),
    "ComfySwitchNode": rule("Switch", "on_false on_true", "switch>condition", "value"),
    "ComfyMathExpression": rule(
        "Expression", "values.a>a values.b>b values.c>c values.d>d", "expression", "value whole"
    ),
}

TABLE: Mapping[str, Rule] = {
    **LOADERS,
    **CONDITIONING,
    **SAMPLING,
    **LATENTS,
    **PICTURES,
    **VALUES,
    **PARTS_TABLE,
    **CHANGES_TABLE,
    **FILES_TABLE,
}
