"""Tiny models of the families that listen to language models, and how their files are written."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from calotype.diffusion.loading import load
from calotype.diffusion.sampling import sample
from calotype.diffusion.text import qwen_tokens
from calotype.types import Clip, Conditioning, FileRef, Latent, Model, Vae

CHAT = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}<|im_start|>assistant\n"
    "{% if not enable_thinking %}<think>\n\n</think>\n\n{% endif %}"
)


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def tokenizer():
    """transformers' own tokeniser with Qwen's vocabulary and the chat template of Qwen 3."""
    from transformers.models.qwen2.tokenization_qwen2 import Qwen2Tokenizer

    said = json.loads(qwen_tokens._tokenizer().to_str())
    made = Qwen2Tokenizer(vocab=said["model"]["vocab"], merges=[tuple(m) for m in said["model"]["merges"]])
    made.add_tokens(list(qwen_tokens.SPECIAL), special_tokens=True)
    made.chat_template = CHAT
    return made


def lively(module: torch.nn.Module, seed: int) -> torch.nn.Module:
    """The module with weights that all matter: norms and gates near one, everything else small noise."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            if parameter.ndim > 1:
                parameter.normal_(0, parameter[0].numel() ** -0.5)
            else:
                parameter.add_(torch.randn_like(parameter) * 0.05)
    return module.eval()


@pytest.fixture(scope="session")
def qwen3() -> Callable[[int], Any]:
    """A Qwen 3 of so many layers, 16 features wide."""
    from transformers.models.qwen3.configuration_qwen3 import Qwen3Config
    from transformers.models.qwen3.modeling_qwen3 import Qwen3ForCausalLM

    def make(layers: int) -> Any:
        rope = {"rope_type": "default", "rope_theta": 1e6}
        config = Qwen3Config(
            vocab_size=151936, hidden_size=16, intermediate_size=24, num_hidden_layers=layers, num_attention_heads=2,
            num_key_value_heads=1, head_dim=8, rope_parameters=rope, tie_word_embeddings=True,
        )  # fmt: skip
        return lively(Qwen3ForCausalLM(config), 1)

    return make


def folder_of(root: Path, **components: Any) -> Path:
    """A diffusers folder with these components."""
    for name, module in components.items():
        module.save_pretrained(root / name)
    return root


def file_of(path: Path, tensors: Mapping[str, torch.Tensor]) -> Path:
    """A safetensors file."""
    save_file({name: tensor.contiguous().clone() for name, tensor in tensors.items()}, path)
    return path


def wan_vae_original(vae: torch.nn.Module) -> dict[str, torch.Tensor]:
    """A video autoencoder's tensors under the names of Wan's first release."""
    state = vae.state_dict()
    layers = 1 + max(int(n.split(".")[4]) for n in state if n.startswith("decoder.up_blocks.0.resnets"))
    inner = {"norm1": "residual.0", "conv1": "residual.2", "norm2": "residual.3", "conv2": "residual.6",
             "conv_shortcut": "shortcut"}  # fmt: skip
    found = {}
    for name, tensor in state.items():
        match name.split("."):
            case ["quant_conv" | "post_quant_conv" as conv, leaf]:
                new = f"{'conv1' if conv == 'quant_conv' else 'conv2'}.{leaf}"
            case [side, "conv_in", leaf]:
                new = f"{side}.conv1.{leaf}"
            case [side, "norm_out" | "conv_out" as part, leaf]:
                new = f"{side}.head.{0 if part == 'norm_out' else 2}.{leaf}"
            case [side, "mid_block", "resnets", n, part, leaf]:
                new = f"{side}.middle.{2 * int(n)}.{inner[part]}.{leaf}"
            case [side, "mid_block", "attentions", "0", *rest]:
                new = ".".join([side, "middle", "1", *rest])
            case ["encoder", "down_blocks", n, part, *rest]:
                new = ".".join(["encoder", "downsamples", n, inner.get(part, part), *rest])
            case ["decoder", "up_blocks", level, "resnets", n, part, leaf]:
                new = f"decoder.upsamples.{int(level) * (layers + 1) + int(n)}.{inner[part]}.{leaf}"
            case ["decoder", "up_blocks", level, "upsamplers", "0", *rest]:
                new = ".".join(["decoder", "upsamples", str(int(level) * (layers + 1) + layers), *rest])
        found[new] = tensor
    return found


def in_8_bits(family: str, module: torch.nn.Module, root: Path, *said: Any, **how: Any) -> list[torch.Tensor]:
    """What a denoiser says from a file with its matrices in 8 bits, and from one with the same values in float32."""
    state, numbers = module.state_dict(), torch.float8_e4m3fn
    small = {name: tensor.to(numbers) if tensor.ndim > 1 else tensor for name, tensor in state.items()}
    wide = {name: tensor.float() for name, tensor in small.items()}
    files = file_of(root / "small.safetensors", small), file_of(root / "wide.safetensors", wide)
    models = [
        load(Model(FileRef("any", path.name), family), lambda file, path=path: path, torch.device("cpu"))
        for path in files
    ]
    assert [any(t.dtype == numbers for t in model.tensors()) for model in models] == [True, False]
    return [model.predict(*said, **how) for model in models]


class Loaded:
    """The three parts of a model, loaded from files by our own loaders."""

    def __init__(self, family: str, model: Path, clip: Path, vae: Path, dtype: torch.dtype | None = None) -> None:
        paths = {"model": model, "clip": clip, "vae": vae}

        def loaded(kind: Any, name: str) -> Any:
            return load(kind(FileRef("any", name), family), lambda file: paths[file.name], torch.device("cpu"), dtype)

        self.files = (model, clip, vae)

        self.family = family
        self.denoiser, self.clip, self.vae = loaded(Model, "model"), loaded(Clip, "clip"), loaded(Vae, "vae")

    def in_bfloat16(self) -> Loaded:
        return Loaded(self.family, *self.files, torch.bfloat16)

    def conditioning(self, text: str) -> Conditioning:
        return Conditioning((self.clip.encode(text),), self.family)

    def sampled(self, latent: torch.Tensor, sigmas: torch.Tensor, positive: Any, negative: Any, **how: Any) -> Any:
        positive, negative = (self.conditioning(c) if isinstance(c, str) else c for c in (positive, negative))
        return sample(
            self.denoiser, positive, negative, Latent(latent), sampler="euler", sigmas=sigmas, seed=7, **how
        ).latent.samples


@pytest.fixture(scope="session")
def tools() -> Any:
    """What these tests share, as one object: tests import from nowhere."""

    class Tools:
        Loaded = Loaded
        lively = staticmethod(lively)
        folder_of = staticmethod(folder_of)
        file_of = staticmethod(file_of)
        in_8_bits = staticmethod(in_8_bits)

        @staticmethod
        def load_clip(family: str, path: Path) -> Any:
            return load(Clip(FileRef("any", "clip"), family), lambda file: path, torch.device("cpu"))

        @staticmethod
        def load_model(family: str, path: Path) -> Any:
            return load(Model(FileRef("any", "model"), family), lambda file: path, torch.device("cpu"))

        @staticmethod
        def wan_vae_original(vae: Any) -> dict[str, torch.Tensor]:
            return wan_vae_original(vae)

        @staticmethod
        def noise(*shape: int) -> torch.Tensor:
            return torch.randn(*shape, generator=torch.Generator().manual_seed(7))

        @staticmethod
        def distance(a: torch.Tensor, b: torch.Tensor) -> float:
            assert a.shape == b.shape
            return float((a - b).norm() / b.norm())

    return Tools
