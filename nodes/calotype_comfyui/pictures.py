"""Types of ComfyUI for pictures and masks that have a counterpart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from calotype_comfyui.rules import Rule, colour, even, one_of, picture, pure, rule

CROP = one_of({"disabled": "none", "center": "center"})
SIDES = one_of({"right": "right", "down": "below", "left": "left", "up": "above"})
DITHER = one_of({"none": False, "floyd-steinberg": True})
BLEND = one_of(
    {mode: mode.replace("_", " ") for mode in ("normal", "multiply", "screen", "overlay", "soft_light", "difference")}
)

STITCH = rule(
    "ImageStitch",
    "image1>image image2>other",
    "direction>side match_image_size>match_size spacing_width>gap spacing_color>colour",
    "image",
    converts={"direction": SIDES, "spacing_width": even, "spacing_color": pure},
)

PICTURES: Mapping[str, Rule] = {
    "LoadImage": rule("LoadImage", "", "image>file upload>", "image mask", converts={"image": picture}),
    "LoadImageMask": rule("LoadMask", "", "image>file channel upload>", "mask", converts={"image": picture}),
    "SaveAnimatedPNG": rule(
        "SaveAnimation",
        "images",
        "filename_prefix>prefix fps>frames_per_second compress_level>",
        "saved",
        values={"format": "png"},
    ),
    "SaveAnimatedWEBP": rule(
        "SaveAnimation",
        "images",
        "filename_prefix>prefix fps>frames_per_second lossless> quality> method>",
        "saved",
        values={"format": "webp", "quality": 100},
    ),
    "SaveAnimatedWEBP (lossy)": rule(
        "SaveAnimation",
        "images",
        "filename_prefix>prefix fps>frames_per_second lossless> quality method>",
        "saved",
        values={"format": "webp"},
    ),
    "MaskPreview": rule("PreviewMask", "mask", "", "saved"),
    "FluxKontextImageScale": rule("ImageScaleForKontext", "image", "", "image"),
    "SaveImage": rule("SaveImage", "images", "filename_prefix>prefix", "saved"),
    "PreviewImage": rule("PreviewImage", "images", "", "saved"),
    "EmptyImage": rule("SolidImage", "", "width height batch_size color>colour", "image", converts={"color": colour}),
    "GetImageSize": rule("GetImageSize", "image", "", "width height batch_size"),
    "ImageScale": rule(
        "ImageScale", "image", "upscale_method>method width height crop", "image", converts={"crop": CROP}
    ),
    "ImageScaleBy": rule("ImageScaleBy", "image", "upscale_method>method scale_by>factor", "image"),
    "ImageScaleToTotalPixels": rule(
        "ImageScaleToPixels",
        "image",
        "upscale_method>method megapixels resolution_steps>",
        "image",
        note="the sides are not rounded to whole steps",
        unless={"resolution_steps": 1},
    ),
    "ImageScaleToMaxDimension": rule(
        "ImageScaleToSide", "image", "upscale_method>method largest_size>longest", "image"
    ),
    "ResizeAndPadImage": rule(
        "ImageFit",
        "image",
        "target_width>width target_height>height padding_color>colour interpolation>method",
        "image",
    ),
    "ImageCompositeMasked": rule(
        "ImageComposite", "destination>under source>over mask", "x y resize_source>scale", "image"
    ),
    "ImageStitch": STITCH,
    "ImageStitch (coloured)": replace(STITCH, values={"padding": "black"}),
    "ImageBatch": rule("ImageBatch", "image1>images[] image2>images[]", "", "image"),
    "ImageFromBatch": rule("ImageFromBatch", "image", "batch_index>first length>count", "image"),
    "RepeatImageBatch": rule("RepeatImageBatch", "image", "amount>times", "image"),
    "ImageCrop": rule("ImageCrop", "image", "width height x y", "image"),
    "ImagePadForOutpaint": rule("ImagePad", "image", "left top right bottom feathering>feather", "image mask"),
    "ImageFlip": rule(
        "ImageFlip",
        "image",
        "flip_method>direction",
        "image",
        converts={"flip_method": one_of({"x-axis: vertically": "vertical", "y-axis: horizontally": "horizontal"})},
    ),
    "ImageRotate": rule(
        "ImageRotate",
        "image",
        "rotation>degrees",
        "image",
        converts={"rotation": one_of({"none": 0, "90 degrees": 90, "180 degrees": 180, "270 degrees": 270})},
    ),
    "ImageInvert": rule("ImageInvert", "image", "", "image"),
    "ImageBlur": rule("ImageBlur", "image", "blur_radius>radius sigma", "image"),
    "ImageSharpen": rule("ImageSharpen", "image", "sharpen_radius>radius sigma alpha>amount", "image"),
    "ImageBlend": rule(
        "ImageBlend",
        "image1>image image2>other",
        "blend_factor>amount blend_mode>mode",
        "image",
        converts={"blend_mode": BLEND},
    ),
    "ImageQuantize": rule("ImageQuantise", "image", "colors>colours dither", "image", converts={"dither": DITHER}),
    "ImageAddNoise": rule("ImageNoise", "image", "seed strength>amount", "image"),
    "Canny": rule("Canny", "image", "low_threshold>low high_threshold>high", "image"),
    "JoinImageWithAlpha": rule("JoinAlpha", "image alpha>mask", "", "image", values={"batch": "fewest"}),
    "SplitImageWithAlpha": rule("SplitAlpha", "image", "", "image mask"),
    "SolidMask": rule("SolidMask", "", "value width height", "mask"),
    "InvertMask": rule("InvertMask", "mask", "", "mask"),
    "CropMask": rule("CropMask", "mask", "x y width height", "mask"),
    "GrowMask": rule("GrowMask", "mask", "expand>pixels tapered_corners", "mask"),
    "FeatherMask": rule("FeatherMask", "mask", "left top right bottom", "mask", values={"turned": True}),
    "ThresholdMask": rule("ThresholdMask", "mask", "value", "mask"),
    "MaskComposite": rule("MaskCombine", "destination>mask source>other", "x y operation", "mask"),
    "MaskToImage": rule("MaskToImage", "mask", "", "image"),
    "ImageToMask": rule("MaskFromImage", "image", "channel", "mask"),
    "ImageColorToMask": rule("MaskFromColour", "image", "color>colour", "mask", converts={"color": colour}),
}
