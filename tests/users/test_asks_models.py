"""What users ask of model loading and memory. Small models in real layouts; `tests/diffusion` has the details."""

import importlib.util
from pathlib import Path

import pytest
import torch

from calotype.diffusion.loading import load, open_pool, size_of
from calotype.errors import FamilyMismatch, ModelError
from calotype.types import Clip, ControlNet, FileRef, Model, Patch, Vae

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def shapes():
    path = Path(__file__).parents[1] / "diffusion" / "conftest.py"
    spec = importlib.util.spec_from_file_location("shapes", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def root(shapes, tmp_path_factory):
    root = tmp_path_factory.mktemp("models")
    shapes.saved(root / "checkpoints" / "sd1.safetensors", shapes.sd1_shapes())
    shapes.saved(root / "checkpoints" / "sdxl.safetensors", shapes.sdxl_shapes())
    lora = shapes.lora_shapes({"lora_unet_input_blocks_4_1_transformer_blocks_1_attn2_to_k": (64, 128)})
    shapes.saved(root / "loras" / "sdxl.safetensors", lora)
    control = shapes.under("control_model", shapes.control_shapes(shapes.unet_shapes()))
    shapes.saved(root / "controlnet" / "sd1.safetensors", control)
    return root


@pytest.fixture
def path_of(root):
    return lambda file: root / file.folder / file.name


def resident_bytes():
    """Bytes of this process in memory that no file backs."""
    status = Path("/proc/self/status")
    if not status.exists():
        pytest.skip("memory of a process is read from /proc here")
    return next(int(x.split()[1]) * 1024 for x in status.read_text().splitlines() if x.startswith("RssAnon"))


def test_e1_after_unload_all_memory_is_back(path_of):
    pool = open_pool(path_of, device=CPU)
    recipes = [
        kind(FileRef("checkpoints", f"{name}.safetensors"), name)
        for name in ("sd1", "sdxl")
        for kind in (Model, Clip, Vae)
    ]
    before = None
    for _ in range(2):  # the first round also imports libraries
        for recipe in recipes:
            with pool.use(recipe):
                pass
        held, full = pool.bytes, resident_bytes()
        assert pool.unload() == held
        before = before or resident_bytes()
    assert full - resident_bytes() > 0.8 * held
    assert resident_bytes() < before + 0.1 * held


def test_e1_the_budget_holds_and_where_each_model_sits_is_shown(path_of):
    file = FileRef("checkpoints", "sd1.safetensors")
    recipes = (Clip(file, "sd1"), Model(file, "sd1"), Vae(file, "sd1"))
    budget = sum(size_of(recipe, path_of, CPU) for recipe in recipes) - 1
    pool = open_pool(path_of, device=CPU, ram=budget)
    for recipe in recipes:
        with pool.use(recipe):
            assert pool.bytes <= budget
    assert [one["part"] for one in pool.resident()] == ["denoiser", "vae"]


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        (
            Model(FileRef("checkpoints", "sdxl.safetensors"), "sd1"),
            "sdxl.safetensors is of the family SDXL, not SD 1.x",
        ),
        (
            ControlNet(FileRef("controlnet", "sd1.safetensors"), "sdxl"),
            "sd1.safetensors is of the family SD 1.x, not SDXL",
        ),
        (
            Model(
                FileRef("checkpoints", "sd1.safetensors"), "sd1", (Patch("lora", FileRef("loras", "sdxl.safetensors")),)
            ),
            "sdxl.safetensors is a LoRA for SDXL; sd1.safetensors is SD 1.x",
        ),
    ],
)
def test_e3_models_of_different_families_are_refused_by_name_before_weights_are_read(path_of, recipe, said):
    with pytest.raises(FamilyMismatch, match=said.replace(".", r"\.")):
        load(recipe, path_of, CPU)


def test_e3_a_pickled_checkpoint_is_refused_with_what_to_do(tmp_path):
    path = tmp_path / "old.ckpt"
    path.write_bytes(b"PK\x03\x04" + bytes(64))
    with pytest.raises(ModelError, match=r"old\.ckpt is a pickled PyTorch file.*look for the \.safetensors version"):
        load(Model(FileRef("checkpoints", "old.ckpt"), ""), lambda f: path, CPU)
