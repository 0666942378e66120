"""T2I-Adapters as diffusers computes them, from its files and from those of the original code."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import save_file

from calotype.diffusion.control import ControlResiduals
from calotype.diffusion.control.adapter import Halved
from calotype.diffusion.families.inspect import inspect
from calotype.diffusion.loading import load
from calotype.errors import ModelError
from calotype.types import ControlNet, FileRef, Model

CPU = torch.device("cpu")
FILE = FileRef("controlnet", "adapter.safetensors")


def original(name: str, light: bool) -> str:
    """The name in the original code, which numbers two blocks a level in one row, or has them inside a level."""
    match name.removeprefix("adapter.").split("."):
        case ["body", level, "resnets", block, *rest] if light:
            return ".".join(["body", level, "body", block, *rest])
        case ["body", level, "resnets", block, *rest]:
            return ".".join(["body", str(2 * int(level) + int(block)), *rest])
        case ["body", level, "in_conv", leaf] if not light:
            return f"body.{2 * int(level)}.in_conv.{leaf}"
    return name.removeprefix("adapter.")


@pytest.fixture
def adapter(tmp_path):
    """An adapter of diffusers, and ours from its file."""

    def made(kind: str, channels: int, names: str):
        from diffusers import T2IAdapter

        light = kind == "light_adapter"
        torch.manual_seed(4)
        widths = [32, 32, 64] if light else [32, 32, 64, 64]
        cell = 16 if kind.endswith("xl") else 8
        net = T2IAdapter(channels, widths, 2, cell, kind).eval()
        spelt = (lambda n: original(n, light)) if names == "original" else str
        save_file({spelt(name): t for name, t in net.state_dict().items()}, tmp_path / FILE.name)
        family = "sdxl" if kind.endswith("xl") else "sd1"
        return net, load(ControlNet(FILE, family), lambda f: tmp_path / f.name, CPU)

    return made


@pytest.mark.parametrize("names", ["diffusers", "original"])
@pytest.mark.parametrize(
    ("kind", "channels"), [("full_adapter", 3), ("full_adapter", 1), ("light_adapter", 3), ("full_adapter_xl", 3)]
)
def test_its_features_are_those_of_diffusers(adapter, kind, channels, names, tmp_path):
    net, ours = adapter(kind, channels, names)
    hint = torch.rand(1, 3, 128, 64)
    with torch.no_grad():
        said = [0.7 * f for f in net(hint.mean(1, keepdim=True) if channels == 1 else hint)]
    got = ours.residuals(torch.randn(1, 4, 16, 8), torch.ones(1), torch.randn(1, 5, 64), hint, strength=0.7).inner
    assert len(got) == len(said) == 4
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(got, said, strict=True))
    assert inspect(tmp_path / FILE.name).family == ours.family


def test_odd_sides_are_halved_as_in_comfyui():
    """Zeros at both ends, then pairs: 1, 2, 3 becomes (0 + 1) / 2 and (2 + 3) / 2. diffusers: (1 + 2) / 2 and 3."""
    row = torch.tensor([1.0, 2.0, 3.0]).reshape(1, 1, 1, 3).expand(1, 1, 2, 3)
    assert Halved()(row).tolist() == [[[[0.5, 2.5]]]]


def test_it_steers_a_unet_as_in_diffusers_alone_and_with_a_controlnet(adapter, models, path_of):
    net, ours = adapter("full_adapter", 3, "diffusers")
    unet = load(Model(FileRef("checkpoints", "tiny.safetensors"), "sd1"), path_of, CPU)
    control = load(ControlNet(FileRef("controlnet", "control.safetensors"), "sd1"), path_of, CPU)
    x, t, tokens, hint = (
        torch.randn(1, 4, 8, 8),
        torch.tensor([500.0]),
        torch.randn(1, 77, 64),
        torch.rand(1, 3, 64, 64),
    )
    with torch.no_grad():
        features = list(net(hint))
        alone = unet.module(x, t, tokens, down_intrablock_additional_residuals=list(features)).sample
        down, middle = control.module(x, t, tokens, hint, return_dict=False)
        both = unet.module(
            x, t, tokens, down_intrablock_additional_residuals=list(features),
            down_block_additional_residuals=down, mid_block_additional_residual=middle,
        ).sample  # fmt: skip
    one = ours.residuals(x, t, tokens, hint)
    assert torch.allclose(unet.predict(x, t, tokens, residuals=one), alone, atol=1e-5)
    together = control.residuals(x, t, tokens, hint) + one
    assert torch.allclose(unet.predict(x, t, tokens, residuals=together), both, atol=1e-5)
    assert not torch.allclose(alone, both)


def test_a_hint_is_looked_at_once(adapter):
    _, ours = adapter("full_adapter", 3, "diffusers")
    hint, rest = torch.rand(1, 3, 64, 64), (torch.randn(1, 4, 8, 8), torch.ones(1), torch.randn(1, 5, 64))
    looked = []
    ours.module.register_forward_hook(lambda *said: looked.append(1))
    for _ in range(3):
        ours.residuals(*rest, hint)
    ours.residuals(*rest, hint.clone())
    assert len(looked) == 2


def test_residuals_of_several_add_up_whatever_they_have():
    one, two = torch.ones(1), torch.full((1,), 2.0)
    whole = ControlResiduals((one,), one) + ControlResiduals(inner=(two,)) + ControlResiduals((two,), two)
    assert (whole.down, whole.middle, whole.inner) == ((torch.tensor([3.0]),), torch.tensor([3.0]), (two,))


def test_a_control_lora_is_named(models, path_of, tmp_path):
    save_file({"lora_controlnet": torch.zeros(1), "input_hint_block.0.weight": torch.zeros(16, 3, 3, 3)},
              models / "controlnet" / "small.safetensors")  # fmt: skip
    with pytest.raises(
        ModelError, match=r"small\.safetensors is a control-LoRA for SD 1\.x, which this version cannot"
    ):
        load(ControlNet(FileRef("controlnet", "small.safetensors"), "sd1"), path_of, CPU)
