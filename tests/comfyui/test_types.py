"""Every type that has a counterpart, whole: what ComfyUI says, and what a document says of it."""

import pytest

from calotype_comfyui import IMPORTERS
from calotype_comfyui.changes_table import CHANGES_TABLE
from calotype_comfyui.parts_table import PARTS_TABLE
from calotype_comfyui.table import TABLE

CASES = {
    "CheckpointLoaderSimple": (
        {"ckpt_name": "sd\\base.safetensors"},
        "CheckpointLoader",
        {"checkpoint": {"file": "sd/base.safetensors"}},
    ),
    "CheckpointLoader": (
        {"config_name": "v1.yaml", "ckpt_name": "sd\\base.safetensors"},
        "CheckpointLoader",
        {"checkpoint": {"file": "sd/base.safetensors"}},
    ),
    "UNETLoader": (
        {"unet_name": "unet.safetensors", "weight_dtype": "fp8_e5m2"},
        "ModelLoader",
        {"model": {"file": "unet.safetensors"}},
    ),
    "VAELoader": ({"vae_name": "vae.safetensors"}, "VAELoader", {"vae": {"file": "vae.safetensors"}}),
    "LoraLoader": (
        {
            "model": ["9", 0],
            "clip": ["9", 1],
            "lora_name": "ink.safetensors",
            "strength_model": 1.0,
            "strength_clip": 1.0,
        },
        "LoraLoader",
        {
            "model": {"from": "9.output_0"},
            "clip": {"from": "9.output_1"},
            "lora": {"file": "ink.safetensors"},
            "strength_model": 1,
            "strength_clip": 1,
        },
    ),
    "LoraLoaderModelOnly": (
        {"model": ["9", 0], "lora_name": "ink.safetensors", "strength_model": 1.0},
        "LoraLoaderModelOnly",
        {"model": {"from": "9.output_0"}, "lora": {"file": "ink.safetensors"}, "strength": 1},
    ),
    "ControlNetLoader": (
        {"control_net_name": "canny.safetensors"},
        "ControlNetLoader",
        {"control_net": {"file": "canny.safetensors"}},
    ),
    "ModelSamplingDiscrete": (
        {"model": ["9", 0], "sampling": "v_prediction", "zsnr": True},
        "ModelSampling",
        {"model": {"from": "9.output_0"}, "prediction": "v", "zero_snr": True},
    ),
    "CLIPSetLastLayer": (
        {"clip": ["9", 0], "stop_at_clip_layer": -2},
        "ClipSkip",
        {"clip": {"from": "9.output_0"}, "stop_at_layer": -2},
    ),
    "CLIPTextEncode": (
        {"clip": ["9", 0], "text": "a cat"},
        "TextEncode",
        {"clip": {"from": "9.output_0"}, "text": "a cat"},
    ),
    "ConditioningCombine": (
        {"conditioning_1": ["9", 0], "conditioning_2": ["9", 1]},
        "ConditioningCombine",
        {"conditionings": [{"from": "9.output_0"}, {"from": "9.output_1"}]},
    ),
    "ConditioningConcat": (
        {"conditioning_to": ["9", 0], "conditioning_from": ["9", 1]},
        "ConditioningConcat",
        {"conditioning": {"from": "9.output_0"}, "other": {"from": "9.output_1"}},
    ),
    "ConditioningAverage": (
        {"conditioning_to": ["9", 0], "conditioning_from": ["9", 1], "conditioning_to_strength": 1.0},
        "ConditioningAverage",
        {"conditioning": {"from": "9.output_0"}, "other": {"from": "9.output_1"}, "share": 1},
    ),
    "ConditioningSetArea": (
        {"conditioning": ["9", 0], "width": 64, "height": 64, "x": 16, "y": 16, "strength": 1.0},
        "ConditioningArea",
        {"conditioning": {"from": "9.output_0"}, "width": 64, "height": 64, "x": 16, "y": 16, "strength": 1},
    ),
    "ConditioningSetAreaPercentage": (
        {"conditioning": ["9", 0], "width": 0.75, "height": 0.5, "x": 0.25, "y": 0.125, "strength": 1.0},
        "ConditioningAreaShare",
        {"conditioning": {"from": "9.output_0"}, "width": 0.75, "height": 0.5, "x": 0.25, "y": 0.125, "strength": 1},
    ),
    "ConditioningSetAreaStrength": (
        {"conditioning": ["9", 0], "strength": 1.0},
        "ConditioningStrength",
        {"conditioning": {"from": "9.output_0"}, "strength": 1},
    ),
    "ConditioningSetMask": (
        {"conditioning": ["9", 0], "mask": ["9", 1], "strength": 1.0, "set_cond_area": "mask bounds"},
        "ConditioningMask",
        {"conditioning": {"from": "9.output_0"}, "mask": {"from": "9.output_1"}, "strength": 1, "bounds": True},
    ),
    "ConditioningSetTimestepRange": (
        {"conditioning": ["9", 0], "start": 0.0, "end": 1.0},
        "ConditioningTimeRange",
        {"conditioning": {"from": "9.output_0"}, "start": 0, "end": 1},
    ),
    "ConditioningZeroOut": ({"conditioning": ["9", 0]}, "ConditioningZero", {"conditioning": {"from": "9.output_0"}}),
    "ControlNetApplyAdvanced": (
        {
            "positive": ["9", 0],
            "negative": ["9", 1],
            "control_net": ["9", 2],
            "image": ["9", 3],
            "vae": ["9", 4],
            "strength": 1.0,
            "start_percent": 0.0,
            "end_percent": 1.0,
        },
        "ControlNet",
        {
            "positive": {"from": "9.output_0"},
            "negative": {"from": "9.output_1"},
            "control_net": {"from": "9.output_2"},
            "image": {"from": "9.output_3"},
            "strength": 1,
            "start": 0,
            "end": 1,
            "vae": {"from": "9.output_4"},
        },
    ),
    "ControlNetApplySD3": (
        {
            "positive": ["9", 0],
            "negative": ["9", 1],
            "control_net": ["9", 2],
            "image": ["9", 3],
            "vae": ["9", 4],
            "strength": 1.0,
            "start_percent": 0.0,
            "end_percent": 1.0,
        },
        "ControlNet",
        {
            "positive": {"from": "9.output_0"},
            "negative": {"from": "9.output_1"},
            "control_net": {"from": "9.output_2"},
            "image": {"from": "9.output_3"},
            "strength": 1,
            "start": 0,
            "end": 1,
            "vae": {"from": "9.output_4"},
        },
    ),
    "ControlNetApply": (
        {"conditioning": ["9", 0], "control_net": ["9", 2], "image": ["9", 3], "strength": 1.0},
        "ControlNetSingle",
        {
            "conditioning": {"from": "9.output_0"},
            "control_net": {"from": "9.output_2"},
            "image": {"from": "9.output_3"},
            "strength": 1,
        },
    ),
    "KSampler": (
        {
            "model": ["9", 0],
            "positive": ["9", 1],
            "negative": ["9", 2],
            "latent_image": ["9", 3],
            "seed": 16,
            "steps": 20,
            "cfg": 8.0,
            "sampler_name": "dpmpp_2m",
            "scheduler": "karras",
            "denoise": 1.0,
        },
        "KSampler",
        {
            "model": {"from": "9.output_0"},
            "positive": {"from": "9.output_1"},
            "negative": {"from": "9.output_2"},
            "latent": {"from": "9.output_3"},
            "seed": 16,
            "steps": 20,
            "cfg": 8,
            "sampler": "dpmpp_2m",
            "scheduler": "karras",
            "denoise": 1,
        },
    ),
    "KSamplerAdvanced": (
        {
            "model": ["9", 0],
            "positive": ["9", 1],
            "negative": ["9", 2],
            "latent_image": ["9", 3],
            "add_noise": "disable",
            "noise_seed": 16,
            "steps": 20,
            "cfg": 8.0,
            "sampler_name": "dpmpp_2m",
            "scheduler": "karras",
            "start_at_step": 16,
            "end_at_step": 10000,
            "return_with_leftover_noise": "enable",
        },
        "KSamplerAdvanced",
        {
            "model": {"from": "9.output_0"},
            "positive": {"from": "9.output_1"},
            "negative": {"from": "9.output_2"},
            "latent": {"from": "9.output_3"},
            "add_noise": False,
            "seed": 16,
            "steps": 20,
            "cfg": 8,
            "sampler": "dpmpp_2m",
            "scheduler": "karras",
            "start_step": 16,
            "end_step": 10000,
            "leftover_noise": True,
        },
    ),
    "EmptyLatentImage": (
        {"width": 512, "height": 512, "batch_size": 1},
        "EmptyLatent",
        {"width": 512, "height": 512, "batch_size": 1},
    ),
    "VAEDecode": (
        {"samples": ["9", 0], "vae": ["9", 1]},
        "VAEDecode",
        {"latent": {"from": "9.output_0"}, "vae": {"from": "9.output_1"}},
    ),
    "VAEEncode": (
        {"pixels": ["9", 0], "vae": ["9", 1]},
        "VAEEncode",
        {"image": {"from": "9.output_0"}, "vae": {"from": "9.output_1"}},
    ),
    "VAEEncodeForInpaint": (
        {"pixels": ["9", 0], "vae": ["9", 1], "mask": ["9", 2], "grow_mask_by": 6},
        "VAEEncodeForInpaint",
        {"image": {"from": "9.output_0"}, "vae": {"from": "9.output_1"}, "mask": {"from": "9.output_2"}, "grow": 6},
    ),
    "SetLatentNoiseMask": (
        {"samples": ["9", 0], "mask": ["9", 1]},
        "SetLatentNoiseMask",
        {"latent": {"from": "9.output_0"}, "mask": {"from": "9.output_1"}},
    ),
    "LatentUpscale": (
        {"samples": ["9", 0], "upscale_method": "bicubic", "width": 512, "height": 512, "crop": "center"},
        "LatentScale",
        {"latent": {"from": "9.output_0"}, "method": "bicubic", "width": 512, "height": 512, "crop": "center"}
        | {"least": 64},
    ),
    "LatentUpscaleBy": (
        {"samples": ["9", 0], "upscale_method": "bicubic", "scale_by": 1.5},
        "LatentScaleBy",
        {"latent": {"from": "9.output_0"}, "method": "bicubic", "factor": 1.5},
    ),
    "LatentComposite": (
        {"samples_to": ["9", 0], "samples_from": ["9", 1], "x": 16, "y": 16, "feather": 16},
        "LatentComposite",
        {"under": {"from": "9.output_0"}, "over": {"from": "9.output_1"}, "x": 16, "y": 16, "feather": 16},
    ),
    "LatentCompositeMasked": (
        {"destination": ["9", 0], "source": ["9", 1], "mask": ["9", 2], "x": 16, "y": 16, "resize_source": True},
        "LatentComposite",
        {
            "under": {"from": "9.output_0"},
            "over": {"from": "9.output_1"},
            "mask": {"from": "9.output_2"},
            "x": 16,
            "y": 16,
            "scale": True,
        },
    ),
    "LatentCrop": (
        {"samples": ["9", 0], "width": 512, "height": 512, "x": 16, "y": 16},
        "LatentCrop",
        {"latent": {"from": "9.output_0"}, "width": 512, "height": 512, "x": 16, "y": 16, "least": 64},
    ),
    "LatentFlip": (
        {"samples": ["9", 0], "flip_method": "y-axis: horizontally"},
        "LatentFlip",
        {"latent": {"from": "9.output_0"}, "direction": "horizontal"},
    ),
    "LatentRotate": (
        {"samples": ["9", 0], "rotation": "90 degrees"},
        "LatentRotate",
        {"latent": {"from": "9.output_0"}, "degrees": 90},
    ),
    "LatentBatch": (
        {"samples1": ["9", 0], "samples2": ["9", 1]},
        "LatentBatch",
        {"latents": [{"from": "9.output_0"}, {"from": "9.output_1"}], "masks": "first", "draws": "apart"},
    ),
    "LatentFromBatch": (
        {"samples": ["9", 0], "batch_index": 16, "length": 1},
        "LatentFromBatch",
        {"latent": {"from": "9.output_0"}, "first": 16, "count": 1, "draws": "apart"},
    ),
    "RepeatLatentBatch": (
        {"samples": ["9", 0], "amount": 1},
        "RepeatLatentBatch",
        {"latent": {"from": "9.output_0"}, "times": 1},
    ),
    "LatentAdd": (
        {"samples1": ["9", 0], "samples2": ["9", 1]},
        "LatentAdd",
        {"latent": {"from": "9.output_0"}, "other": {"from": "9.output_1"}},
    ),
    "LatentSubtract": (
        {"samples1": ["9", 0], "samples2": ["9", 1]},
        "LatentSubtract",
        {"latent": {"from": "9.output_0"}, "other": {"from": "9.output_1"}},
    ),
    "LatentMultiply": (
        {"samples": ["9", 0], "multiplier": 1.0},
        "LatentMultiply",
        {"latent": {"from": "9.output_0"}, "factor": 1},
    ),
    "LatentBlend": (
        {"samples1": ["9", 0], "samples2": ["9", 1], "blend_factor": 0.5},
        "LatentBlend",
        {"latent": {"from": "9.output_0"}, "other": {"from": "9.output_1"}, "share": 0.5},
    ),
    "LatentInterpolate": (
        {"samples1": ["9", 0], "samples2": ["9", 1], "ratio": 1.0},
        "LatentInterpolate",
        {"latent": {"from": "9.output_0"}, "other": {"from": "9.output_1"}, "share": 1, "crossed": True},
    ),
    "LatentConcat": (
        {"samples1": ["9", 0], "samples2": ["9", 1], "dim": "-y"},
        "LatentConcat",
        {"latent": {"from": "9.output_0"}, "other": {"from": "9.output_1"}, "side": "above"},
    ),
    "LoadImage": ({"image": "cat.png"}, "LoadImage", {"file": {"file": "cat.png"}}),
    "LoadImageMask": (
        {"image": "cat.png", "channel": "blue"},
        "LoadMask",
        {"file": {"file": "cat.png"}, "channel": "blue"},
    ),
    "SaveAnimatedPNG": (
        {"images": ["9", 0], "filename_prefix": "ComfyUI", "fps": 6.0, "compress_level": 4},
        "SaveAnimation",
        {"images": {"from": "9.output_0"}, "prefix": "ComfyUI", "frames_per_second": 6, "format": "png"},
    ),
    "SaveImage": (
        {"images": ["9", 0], "filename_prefix": "ComfyUI"},
        "SaveImage",
        {"images": {"from": "9.output_0"}, "prefix": "ComfyUI"},
    ),
    "PreviewImage": ({"images": ["9", 0]}, "PreviewImage", {"images": {"from": "9.output_0"}}),
    "EmptyImage": (
        {"width": 512, "height": 512, "batch_size": 1, "color": 3368652},
        "SolidImage",
        {"width": 512, "height": 512, "batch_size": 1, "colour": "#3366cc"},
    ),
    "GetImageSize": ({"image": ["9", 0]}, "GetImageSize", {"image": {"from": "9.output_0"}}),
    "ImageScale": (
        {"image": ["9", 0], "upscale_method": "bicubic", "width": 512, "height": 512, "crop": "center"},
        "ImageScale",
        {"image": {"from": "9.output_0"}, "method": "bicubic", "width": 512, "height": 512, "crop": "center"},
    ),
    "ImageScaleBy": (
        {"image": ["9", 0], "upscale_method": "bicubic", "scale_by": 1.0},
        "ImageScaleBy",
        {"image": {"from": "9.output_0"}, "method": "bicubic", "factor": 1},
    ),
    "ImageScaleToTotalPixels": (
        {"image": ["9", 0], "upscale_method": "bicubic", "megapixels": 1.0, "resolution_steps": 1},
        "ImageScaleToPixels",
        {"image": {"from": "9.output_0"}, "method": "bicubic", "megapixels": 1},
    ),
    "ImageScaleToMaxDimension": (
        {"image": ["9", 0], "upscale_method": "bicubic", "largest_size": 512},
        "ImageScaleToSide",
        {"image": {"from": "9.output_0"}, "method": "bicubic", "longest": 512},
    ),
    "ResizeAndPadImage": (
        {
            "image": ["9", 0],
            "target_width": 512,
            "target_height": 512,
            "padding_color": "black",
            "interpolation": "lanczos",
        },
        "ImageFit",
        {"image": {"from": "9.output_0"}, "width": 512, "height": 512, "colour": "black", "method": "lanczos"},
    ),
    "ImageCompositeMasked": (
        {"destination": ["9", 0], "source": ["9", 1], "mask": ["9", 2], "x": 16, "y": 16, "resize_source": True},
        "ImageComposite",
        {
            "under": {"from": "9.output_0"},
            "over": {"from": "9.output_1"},
            "mask": {"from": "9.output_2"},
            "x": 16,
            "y": 16,
            "scale": True,
        },
    ),
    "ImageStitch": (
        {
            "image1": ["9", 0],
            "image2": ["9", 1],
            "direction": "down",
            "match_image_size": False,
            "spacing_width": 15,
            "spacing_color": "green",  # and what pads is black there
        },
        "ImageStitch",
        {
            "image": {"from": "9.output_0"},
            "other": {"from": "9.output_1"},
            "side": "below",
            "match_size": False,
            "gap": 16,
            "colour": "#00ff00",
            "padding": "black",
        },
    ),
    "ImageBatch": (
        {"image1": ["9", 0], "image2": ["9", 1]},
        "ImageBatch",
        {"images": [{"from": "9.output_0"}, {"from": "9.output_1"}]},
    ),
    "ImageFromBatch": (
        {"image": ["9", 0], "batch_index": 16, "length": 1},
        "ImageFromBatch",
        {"image": {"from": "9.output_0"}, "first": 16, "count": 1},
    ),
    "RepeatImageBatch": (
        {"image": ["9", 0], "amount": 1},
        "RepeatImageBatch",
        {"image": {"from": "9.output_0"}, "times": 1},
    ),
    "ImageCrop": (
        {"image": ["9", 0], "width": 512, "height": 512, "x": 16, "y": 16},
        "ImageCrop",
        {"image": {"from": "9.output_0"}, "width": 512, "height": 512, "x": 16, "y": 16},
    ),
    "ImagePadForOutpaint": (
        {"image": ["9", 0], "left": 16, "top": 16, "right": 16, "bottom": 16, "feathering": 40},
        "ImagePad",
        {"image": {"from": "9.output_0"}, "left": 16, "top": 16, "right": 16, "bottom": 16, "feather": 40},
    ),
    "ImageFlip": (
        {"image": ["9", 0], "flip_method": "y-axis: horizontally"},
        "ImageFlip",
        {"image": {"from": "9.output_0"}, "direction": "horizontal"},
    ),
    "ImageRotate": (
        {"image": ["9", 0], "rotation": "90 degrees"},
        "ImageRotate",
        {"image": {"from": "9.output_0"}, "degrees": 90},
    ),
    "ImageInvert": ({"image": ["9", 0]}, "ImageInvert", {"image": {"from": "9.output_0"}}),
    "ImageBlur": (
        {"image": ["9", 0], "blur_radius": 1, "sigma": 1.0},
        "ImageBlur",
        {"image": {"from": "9.output_0"}, "radius": 1, "sigma": 1},
    ),
    "ImageSharpen": (
        {"image": ["9", 0], "sharpen_radius": 1, "sigma": 1.0, "alpha": 1.0},
        "ImageSharpen",
        {"image": {"from": "9.output_0"}, "radius": 1, "sigma": 1, "amount": 1},
    ),
    "ImageBlend": (
        {"image1": ["9", 0], "image2": ["9", 1], "blend_factor": 0.5, "blend_mode": "soft_light"},
        "ImageBlend",
        {"image": {"from": "9.output_0"}, "other": {"from": "9.output_1"}, "amount": 0.5, "mode": "soft light"},
    ),
    "ImageQuantize": (
        {"image": ["9", 0], "colors": 256, "dither": "floyd-steinberg"},
        "ImageQuantise",
        {"image": {"from": "9.output_0"}, "colours": 256, "dither": True},
    ),
    "ImageAddNoise": (
        {"image": ["9", 0], "seed": 16, "strength": 0.5},
        "ImageNoise",
        {"image": {"from": "9.output_0"}, "seed": 16, "amount": 0.5},
    ),
    "Canny": (
        {"image": ["9", 0], "low_threshold": 0.4, "high_threshold": 0.8},
        "Canny",
        {"image": {"from": "9.output_0"}, "low": 0.4, "high": 0.8},
    ),
    "JoinImageWithAlpha": (
        {"image": ["9", 0], "alpha": ["9", 1]},
        "JoinAlpha",
        {"image": {"from": "9.output_0"}, "mask": {"from": "9.output_1"}, "batch": "fewest"},
    ),
    "SplitImageWithAlpha": ({"image": ["9", 0]}, "SplitAlpha", {"image": {"from": "9.output_0"}}),
    "SolidMask": ({"value": 1.0, "width": 512, "height": 512}, "SolidMask", {"value": 1, "width": 512, "height": 512}),
    "InvertMask": ({"mask": ["9", 0]}, "InvertMask", {"mask": {"from": "9.output_0"}}),
    "CropMask": (
        {"mask": ["9", 0], "x": 16, "y": 16, "width": 512, "height": 512},
        "CropMask",
        {"mask": {"from": "9.output_0"}, "x": 16, "y": 16, "width": 512, "height": 512},
    ),
    "GrowMask": (
        {"mask": ["9", 0], "expand": 16, "tapered_corners": False},
        "GrowMask",
        {"mask": {"from": "9.output_0"}, "pixels": 16, "tapered_corners": False},
    ),
    "FeatherMask": (
        {"mask": ["9", 0], "left": 16, "top": 16, "right": 16, "bottom": 16},
        "FeatherMask",
        {"mask": {"from": "9.output_0"}, "left": 16, "top": 16, "right": 16, "bottom": 16, "turned": True},
    ),
    "ThresholdMask": (
        {"mask": ["9", 0], "value": 0.5},
        "ThresholdMask",
        {"mask": {"from": "9.output_0"}, "value": 0.5},
    ),
    "MaskComposite": (
        {"destination": ["9", 0], "source": ["9", 1], "x": 16, "y": 16, "operation": "xor"},
        "MaskCombine",
        {"mask": {"from": "9.output_0"}, "other": {"from": "9.output_1"}, "x": 16, "y": 16, "operation": "xor"},
    ),
    "MaskToImage": ({"mask": ["9", 0]}, "MaskToImage", {"mask": {"from": "9.output_0"}}),
    "ImageToMask": (
        {"image": ["9", 0], "channel": "alpha"},
        "MaskFromImage",
        {"image": {"from": "9.output_0"}, "channel": "alpha"},
    ),
    "ImageColorToMask": (
        {"image": ["9", 0], "color": 3368652},
        "MaskFromColour",
        {"image": {"from": "9.output_0"}, "colour": "#3366cc"},
    ),
    "PrimitiveInt": ({"value": 16}, "Integer", {"value": 16}),
    "PrimitiveFloat": ({"value": 0.5}, "Float", {"value": 0.5}),
    "PrimitiveBoolean": ({"value": True}, "Boolean", {"value": True}),
    "PrimitiveString": ({"value": "words"}, "Text", {"value": "words"}),
    "PrimitiveStringMultiline": ({"value": "words"}, "Text", {"value": "words"}),
    "StringConcatenate": (
        {"string_a": "one", "string_b": "two", "delimiter": ", "},
        "TextJoin",
        {"texts": ["one", "two"], "separator": ", ", "skip_empty": False},
    ),
    "StringReplace": (
        {"string": "a cat", "find": "cat", "replace": "dog"},
        "TextReplace",
        {"text": "a cat", "find": "cat", "replacement": "dog"},
    ),
    "StringTrim": ({"string": "words", "mode": "Left"}, "TextTrim", {"text": "words", "side": "left"}),
    "CaseConverter": ({"string": "words", "mode": "Title Case"}, "TextCase", {"text": "words", "case": "title"}),
    "StringLength": ({"string": "words"}, "TextLength", {"text": "words"}),
    "StringContains": (
        {"string": "words", "substring": "or", "case_sensitive": False},
        "TextContains",
        {"text": "words", "find": "or", "same_case": False},
    ),
    "ComfySwitchNode": (
        {"on_false": ["9", 0], "on_true": ["9", 1], "switch": True},
        "Switch",
        {"on_false": {"from": "9.output_0"}, "on_true": {"from": "9.output_1"}, "condition": True},
    ),
    "CheckpointSave": (
        {"model": ["9", 0], "clip": ["9", 1], "vae": ["9", 2], "filename_prefix": "checkpoints/mixed"},
        "SaveCheckpoint",
        {
            "model": {"from": "9.output_0"},
            "clip": {"from": "9.output_1"},
            "vae": {"from": "9.output_2"},
            "prefix": "mixed",
        },
    ),
    "ModelSave": (
        {"model": ["9", 0], "filename_prefix": "diffusion_models\\mixed"},
        "SaveModel",
        {"model": {"from": "9.output_0"}, "prefix": "mixed"},
    ),
    "CLIPSave": (
        {"clip": ["9", 0], "filename_prefix": "mixed"},
        "SaveClip",
        {"clip": {"from": "9.output_0"}, "prefix": "mixed"},
    ),
    "VAESave": (
        {"vae": ["9", 0], "filename_prefix": "vae/mixed"},
        "SaveVAE",
        {"vae": {"from": "9.output_0"}, "prefix": "mixed"},
    ),
    "RebatchLatents": (
        {"latents": ["9", 0], "batch_size": 3},
        "RebatchLatents",
        {"latents": [{"from": "9.output_0"}], "batch_size": 3, "draws": "apart"},
    ),
    "RebatchImages": (
        {"images": ["9", 0], "batch_size": 3},
        "RebatchImages",
        {"images": [{"from": "9.output_0"}], "batch_size": 3},
    ),
    "LoraSave": (
        {
            "filename_prefix": "loras/difference",
            "rank": 16,
            "lora_type": "full_diff",
            "bias_diff": False,
            "model_diff": ["9", 0],
            "text_encoder_diff": ["9", 1],
        },
        "SaveLora",
        {
            "model": {"from": "9.output_0"},
            "clip": {"from": "9.output_1"},
            "prefix": "difference",
            "rank": 16,
            "whole": True,
            "biases": False,
        },
    ),
    "CLIPVisionLoader": (
        {"clip_name": "sigclip.safetensors"},
        "ClipVisionLoader",
        {"clip_vision": {"file": "sigclip.safetensors"}},
    ),
    "CLIPVisionEncode": (
        {"clip_vision": ["9", 0], "image": ["9", 1], "crop": "none"},
        "ClipVisionEncode",
        {"clip_vision": {"from": "9.output_0"}, "image": {"from": "9.output_1"}, "crop": "none"},
    ),
    "StyleModelLoader": (
        {"style_model_name": "redux.safetensors"},
        "StyleModelLoader",
        {"style_model": {"file": "redux.safetensors"}},
    ),
    "StyleModelApply": (
        {
            "conditioning": ["9", 0],
            "style_model": ["9", 1],
            "clip_vision_output": ["9", 2],
            "strength": 0.5,
            "strength_type": "attn_bias",
        },
        "ConditioningStyle",
        {
            "conditioning": {"from": "9.output_0"},
            "style_model": {"from": "9.output_1"},
            "image_features": {"from": "9.output_2"},
            "strength": 0.5,
            "strength_of": "attention",
        },
    ),
    "PreviewAny": ({"source": ["9", 0]}, "PreviewText", {"value": {"from": "9.output_0"}}),
    "MaskPreview": ({"mask": ["9", 0]}, "PreviewMask", {"mask": {"from": "9.output_0"}}),
    "FluxKontextImageScale": ({"image": ["9", 0]}, "ImageScaleForKontext", {"image": {"from": "9.output_0"}}),
    "SaveAnimatedWEBP": (
        {
            "images": ["9", 0],
            "filename_prefix": "a",
            "fps": 6.0,
            "lossless": True,
            "quality": 80,
            "method": "default",
        },
        "SaveAnimation",
        {"images": {"from": "9.output_0"}, "prefix": "a", "frames_per_second": 6, "format": "webp", "quality": 100},
    ),
    "ComfyMathExpression": (
        {"values.a": ["9", 0], "values.b": ["9", 1], "values.c": ["9", 2], "values.d": ["9", 3], "expression": "a * 2"},
        "Expression",
        {
            "a": {"from": "9.output_0"},
            "b": {"from": "9.output_1"},
            "c": {"from": "9.output_2"},
            "d": {"from": "9.output_3"},
            "expression": "a * 2",
        },
    ),
}


@pytest.mark.parametrize(
    "kind",
    sorted(set(TABLE) - set(PARTS_TABLE) - set(CHANGES_TABLE) - {"ImageStitch (coloured)", "SaveAnimatedWEBP (lossy)"}),
)
def test_a_type_becomes_its_counterpart_with_every_value(kind):
    inputs, ours, expected = CASES[kind]
    got = IMPORTERS[0].convert({"7": {"class_type": kind, "inputs": inputs}})
    assert got.document == {"calotype": 1, "nodes": {"7": {"type": ours, "inputs": expected}}}
    assert got.report.mapped == {"7": (kind, ours)}


@pytest.mark.parametrize("kind", TABLE)
def test_every_counterpart_has_these_inputs_and_outputs(kind, registry):
    rule, spec = TABLE[kind], registry.get(TABLE[kind].type)
    targets = {t for group in (rule.links, rule.widgets) for ours in group.values() for t in ours}
    targets |= set(rule.values)
    assert {t.removesuffix("[]") for t in targets} <= set(spec.inputs)
    assert all(spec.inputs[t.removesuffix("[]")].variadic for t in targets if t.endswith("[]"))
    assert set(rule.outputs) <= set(spec.outputs)
    assert {name for name, known in spec.inputs.items() if known.required} <= {t.removesuffix("[]") for t in targets}


@pytest.mark.parametrize("kind", TABLE)
def test_a_rule_knows_every_input_and_output_of_its_type(kind, node_types):
    theirs, rule = node_types.get(kind), TABLE[kind]
    if theirs is None:
        pytest.skip(f"{kind} is newer than the reference")
    widgets = {n for n, i in theirs["inputs"].items() if i["type"] in ("INT", "FLOAT", "STRING", "BOOLEAN", "COMBO")}
    assert set(theirs["inputs"]) - set(rule.links) - set(rule.widgets) == set()
    assert widgets <= set(rule.widgets)
    assert len(theirs["outputs"]) <= len(rule.outputs)


def test_a_moving_picture_keeps_its_quality_where_something_may_be_lost():
    said = {"images": ["9", 0], "filename_prefix": "a", "fps": 6.0, "lossless": False, "quality": 70}
    got = IMPORTERS[0].convert({"7": {"class_type": "SaveAnimatedWEBP", "inputs": said}})
    assert got.document["nodes"]["7"]["inputs"]["quality"] == 70
    assert got.report.mapped == {"7": ("SaveAnimatedWEBP", "SaveAnimation")}
