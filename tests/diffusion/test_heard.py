import typing

import pytest

from calotype.diffusion.families import FAMILIES
from calotype.diffusion.families.heard import heard_by
from calotype.diffusion.names import FamilyName
from calotype.errors import FamilyMismatch


@pytest.mark.parametrize(
    ("found", "choice", "family"),
    [
        (["clip-l"], "auto", "clip-l"),
        (["clip-l"], "sd1", "sd1"),
        (["sdxl"], "auto", "sdxl"),
        (["clip-l", "clip-g"], "auto", "sdxl"),
        (["clip-g", "clip-l"], "sd3", "sd3"),
        (["clip-l", "clip-l"], "auto", "sdxl"),
        (["clip-l", "t5"], "auto", "flux"),
        (["t5", "clip-g", "clip-l"], "auto", "sd3"),
        (["sd3", "t5"], "auto", "sd3"),
        (["qwen3-4b"], "flux2", "flux2"),
        (["t5"], "auto", "t5"),
    ],
)
def test_the_family_follows_from_the_files_and_the_choice(found, choice, family):
    assert heard_by(found, choice) == family


@pytest.mark.parametrize(
    ("found", "choice", "said"),
    [
        (["clip-l", "kl-f8-4"], "auto", "a 4-channel autoencoder .* is no text encoder"),
        (["clip-h", "t5"], "auto", "no family listens to the OpenCLIP ViT-H text encoder and the T5-XXL text encoder"),
        (["clip-l"], "flux", "FLUX.1 listens to CLIP-L, T5-XXL; the files are the CLIP-L text encoder"),
        (["clip-l", "t5"], "sd3", r"SD 3 / 3.5 listens to CLIP-L, OpenCLIP ViT-bigG, T5-XXL \(optional\)"),
        (["sd3", "flux"], "auto", "these text encoders are of different families: SD 3 / 3.5 and FLUX.1"),
        (["sd3"], "flux", "these text encoders are of different families: SD 3 / 3.5 and FLUX.1"),
    ],
)
def test_encoders_that_do_not_belong_together_are_named(found, choice, said):
    with pytest.raises(FamilyMismatch, match=said):
        heard_by(found, choice)


def test_every_family_that_is_computed_can_be_chosen():
    assert set(typing.get_args(FamilyName)) == {"auto"} | {name for name, family in FAMILIES.items() if family.runs}
