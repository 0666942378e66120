"""Write the table of docs/models.md: families by capabilities, each cell with the test that shows it.

python tools/model_table.py            # write it
python tools/model_table.py --check    # fail if it is not up to date
"""

import argparse
import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "models.md"
BEGIN = "<!-- written by tools/model_table.py: do not edit below -->\n"
END = "<!-- written by tools/model_table.py: do not edit above -->\n"

LOADING, SDXL, PARITY = (
    "tests/diffusion/test_loading.py",
    "tests/diffusion/test_sdxl.py",
    "tests/parity/test_comfy_parity.py",
)
FLOW, FILES, CONTROL = (f"tests/diffusion/flow/test_{n}.py" for n in ("exactness", "files", "control"))
LORA, KINDS = "tests/diffusion/test_lora.py", "tests/diffusion/test_lora_kinds.py"
PIPES = "tests/diffusion/test_unet_pipelines.py"
WORDS, UNETS = "tests/diffusion/test_embeddings.py", "tests/diffusion/control/test_unets.py"
ADAPTER = "tests/diffusion/control/test_adapters.py"
PAIRS, GGUF, SMALL = (
    "tests/validate/test_every_pair.py",
    "tests/diffusion/transformers/test_gguf.py",
    "tests/diffusion/flow/test_storage.py",
)
FLUX2, ZIMAGE, QWEN, WAN = (
    f"tests/diffusion/transformers/test_{n}.py" for n in ("flux2", "z_image", "qwen_image", "wan")
)

COMFY = f"{PARITY}::test_a_workflow_gives_what_comfyui_gives"
FOLDER = f"{LOADING}::test_a_diffusers_folder_gives_the_same_model_as_the_single_file"
ORIGINAL = f"{KINDS}::test_original_names_mean_the_weights_that_a_file_of_that_layout_would_give"
EMBEDDING = f"{PAIRS}::test_an_embedding"
APART = f"{PAIRS}::test_text_encoders_of_their_own"

DRAWN = f"{PIPES}::test_a_folder_draws_what_its_pipeline_draws"
REFINED = f"{PIPES}::test_the_refiner_draws_what_its_pipeline_draws"
INPAINTED = f"{PIPES}::test_an_inpainting_model_sees_picture_and_mask_as_in_the_pipeline"
INPAINTED_XL = f"{SDXL}::test_an_sdxl_inpainting_model_sees_picture_and_mask_as_in_the_pipeline"
EIGHT_BITS = f"{SMALL}::test_a_text_encoder_and_a_unet_in_8_bits_compute_too"
NARROW = "test_weights_in_8_bits_compute_what_their_values_in_float32_do"
LORA_WORDS = f"{UNETS}::test_a_lora_for_a_wide_text_encoder_changes_its_weights"
WIDE = f"{WAN}::test_the_frames_of_wan_2_2_5b_are_those_of_the_pipeline"

CAPABILITIES = {
    "picture": "the same latent or picture as ComfyUI, or as diffusers' raw pipeline",
    "folder": "loads from a diffusers folder as well as from a single file",
    "text apart": "text encoders in files of their own",
    "LoRA": "kohya's, diffusers', PEFT's and original names",
    "ControlNet": "against ComfyUI or diffusers",
    "T2I-Adapter": "against diffusers",
    "embedding": "`embedding:NAME` in prompts",
    "edit": "inpainting models, models that see a picture to edit, videos that begin with one",
    "small types": "weights in 8 bits, or GGUF, computed from as they are stored",
}
FAMILIES: dict[str, tuple[str, dict[str, str]]] = {
    "sd1": ("SD 1.x", {
        "picture": COMFY, "folder": FOLDER, "text apart": APART, "LoRA": COMFY, "ControlNet": COMFY,
        "T2I-Adapter": f"{ADAPTER}::test_it_steers_a_unet_as_in_diffusers_alone_and_with_a_controlnet",
        "embedding": f"{WORDS}::test_an_embedding_is_as_many_words_as_it_has_vectors",
        "edit": INPAINTED, "small types": EIGHT_BITS,
    }),
    "sd2": ("SD 2.x, epsilon and v", {
        "picture": DRAWN, "folder": DRAWN, "text apart": APART,
        "LoRA": LORA_WORDS, "ControlNet": f"{UNETS}::test_an_sd2_controlnet_is_the_one_of_diffusers",
        "embedding": EMBEDDING, "edit": INPAINTED, "small types": EIGHT_BITS,
    }),
    "sdxl": ("SDXL", {
        "picture": f"{SDXL}::test_sdxl_text_to_image_is_that_of_the_raw_diffusers_pipeline",
        "folder": f"{SDXL}::test_an_sdxl_folder_of_diffusers_gives_the_same_models", "text apart": APART,
        "LoRA": f"{SDXL}::test_a_lora_reaches_both_text_encoders_of_sdxl",
        "ControlNet": f"{SDXL}::test_an_sdxl_controlnet_is_the_one_of_diffusers",
        "T2I-Adapter": f"{ADAPTER}::test_its_features_are_those_of_diffusers",
        "embedding": f"{WORDS}::test_sdxl_reads_vectors_for_each_of_its_encoders", "edit": INPAINTED_XL,
        "small types": EIGHT_BITS,
    }),
    "sdxl-refiner": ("SDXL refiner", {
        "picture": REFINED, "folder": REFINED, "text apart": APART, "LoRA": LORA_WORDS, "embedding": EMBEDDING,
        "small types": EIGHT_BITS,
    }),
    "sd3": ("SD 3, SD 3.5", {
        "picture": f"{FLOW}::test_sd3_draws_the_pictures_of_diffusers",
        "folder": f"{FLOW}::test_sd3_draws_the_pictures_of_diffusers",
        "text apart": f"{FILES}::test_encoders_in_files_of_their_own_say_what_the_checkpoint_does", "LoRA": ORIGINAL,
        "ControlNet": f"{CONTROL}::test_an_sd3_controlnet_steers_as_in_diffusers", "embedding": EMBEDDING,
        "small types": f"{SMALL}::test_small_types_compute_what_their_values_in_float32_do",
    }),
    "flux": ("FLUX.1", {
        "picture": f"{FLOW}::test_flux_draws_the_pictures_of_diffusers",
        "folder": f"{FLOW}::test_flux_draws_the_pictures_of_diffusers",
        "text apart": f"{FILES}::test_encoders_in_files_of_their_own_say_what_the_checkpoint_does",
        "LoRA": f"{KINDS}::test_an_original_joined_projection_changes_the_weights_that_it_became",
        "ControlNet": f"{CONTROL}::test_a_flux_controlnet_steers_as_in_diffusers", "embedding": EMBEDDING,
        "edit": f"{FLOW}::test_fill_is_shown_picture_and_mask_by_a_conditioning_as_in_the_pipeline",
        "small types": f"{SMALL}::test_small_types_compute_what_their_values_in_float32_do",
    }),
    "flux2": ("FLUX.2 klein", {
        "picture": f"{FLUX2}::test_the_picture_is_that_of_the_pipeline",
        "folder": f"{FLUX2}::test_the_picture_is_that_of_the_pipeline", "text apart": APART, "LoRA": ORIGINAL,
        "edit": f"{FLUX2}::test_a_picture_to_edit_takes_part_as_in_the_pipeline", "small types": f"{FLUX2}::{NARROW}",
    }),
    "z-image": ("Z-Image", {
        "picture": f"{ZIMAGE}::test_the_latent_and_the_picture_are_those_of_the_pipeline",
        "folder": f"{ZIMAGE}::test_the_latent_and_the_picture_are_those_of_the_pipeline", "text apart": APART,
        "LoRA": ORIGINAL, "small types": f"{GGUF}::test_what_is_computed_is_what_the_numbers_give",
    }),
    "qwen-image": ("Qwen-Image and -Edit", {
        "picture": f"{QWEN}::test_the_picture_is_that_of_the_pipeline",
        "folder": f"{QWEN}::test_the_picture_is_that_of_the_pipeline", "text apart": APART, "LoRA": ORIGINAL,
        "edit": f"{QWEN}::test_an_edited_picture_is_that_of_the_pipeline", "small types": f"{QWEN}::{NARROW}",
    }),
    "wan": ("Wan 2.1 and 2.2 14B, video", {
        "picture": f"{WAN}::test_the_frames_are_those_of_the_pipeline",
        "folder": f"{WAN}::test_the_frames_are_those_of_the_pipeline", "text apart": APART, "LoRA": ORIGINAL,
        "edit": f"{WAN}::test_a_video_from_pictures_by_two_models_is_that_of_the_pipeline",
        "small types": f"{WAN}::{NARROW}",
    }),
    "wan-5b": ("Wan 2.2 5B, video", {
        "picture": WIDE, "folder": WIDE, "text apart": APART, "LoRA": ORIGINAL,
        "edit": f"{WAN}::test_wan_2_2_5b_keeps_the_first_frame_as_in_the_pipeline",
        "small types": f"{WAN}::{NARROW}",
    }),
}  # fmt: skip


DASHES = {
    "ControlNet": "of the refiner and Wan there are none; those of Qwen-Image and Z-Image are named and refused",
    "T2I-Adapter": "published for SD 1.x and SDXL alone",
    "embedding": "vectors are words of a CLIP, and these families listen to language models",
    "edit": "no such models of the refiner; those of SD 3 are ControlNets; of Z-Image none is computed",
}
"""Capability -> why some families are without it."""


def named() -> Iterator[str]:
    """Every test that the table names."""
    for _, shown in FAMILIES.values():
        yield from shown.values()


def missing() -> list[str]:
    """Named tests that do not exist."""
    return sorted({name for name in named() if name.partition("::")[2] not in _functions(name.partition("::")[0])})


def unexplained() -> set[str]:
    """Capabilities that a family lacks without a reason, and reasons for what no family lacks."""
    return {c for c in CAPABILITIES if any(c not in shown for _, shown in FAMILIES.values())} ^ set(DASHES)


def _functions(file: str) -> set[str]:
    path = ROOT / file
    if not path.is_file():
        return set()
    return {n.name for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.FunctionDef)}


def table() -> str:
    """The table, the meaning of its columns, and the tests by number."""
    numbers = {name: i for i, name in enumerate(dict.fromkeys(named()), 1)}
    lines = [f"| family | {' | '.join(CAPABILITIES)} |", "|---" * (len(CAPABILITIES) + 1) + "|"]
    for family, (title, shown) in FAMILIES.items():
        cells = [f"[{numbers[shown[c]]}]" if c in shown else "-" for c in CAPABILITIES]
        lines.append(f"| {title} (`{family}`) | {' | '.join(cells)} |")
    meanings = [f"* {name}: {meaning}" for name, meaning in CAPABILITIES.items()]
    tests = [f"{i}. `{name}`" for name, i in numbers.items()]
    dashes = [f"* {name}: {why}" for name, why in DASHES.items()]
    return "\n".join([*lines, "", *meanings, "", "Why there are dashes:", "", *dashes, "", *tests, ""])


def page() -> str:
    """The whole page, with the table in its place."""
    text = PAGE.read_text()
    before, after = text.partition(BEGIN)[0], text.partition(END)[2]
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def main() -> int:
    """Write, or check."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    wrong = missing()
    if wrong:
        print("\n".join(f"there is no test {name}" for name in wrong), file=sys.stderr)
        return 1
    if not parser.parse_args().check:
        PAGE.write_text(page())
    elif PAGE.read_text() != page():
        print(f"{PAGE.name} is out of date: run python tools/model_table.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
