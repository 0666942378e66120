"""Quantised weights that are not read are called by their name."""

import json

import pytest
import torch
from safetensors.torch import save_file

from calotype.diffusion.families.inspect import inspect
from calotype.errors import ModelError


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("to_q.weight.quant_state.bitsandbytes__nf4", r"bitsandbytes \(NF4, 4 bits\)"),
        ("to_q.SCB", r"bitsandbytes \(LLM.int8, 8 bits\)"),
        ("to_q.wscales", r"Nunchaku"),
        ("to_q.qzeros", r"GPTQ or AWQ"),
        ("to_q.weight_scale_2", r"NVFP4"),
    ],
)
def test_a_file_is_named_by_how_it_is_quantised(tmp_path, name, said):
    path = tmp_path / "model.safetensors"
    weight = "transformer_blocks.0.attn.to_q.weight"
    save_file({weight: torch.zeros(2, dtype=torch.uint8), f"transformer_blocks.0.attn.{name}": torch.zeros(2)}, path)
    with pytest.raises(ModelError, match=rf"model.safetensors is quantised by {said}.*Get the same model in 16 bits"):
        inspect(path)


@pytest.mark.parametrize(
    ("method", "said"), [("bitsandbytes", "bitsandbytes"), ("torchao", "torchao"), ("newer", "newer")]
)
def test_a_folder_is_named_by_what_its_configuration_says(tmp_path, method, said):
    folder = tmp_path / "model" / "transformer"
    folder.mkdir(parents=True)
    save_file({"proj_out.weight": torch.zeros(2)}, folder / "diffusion_pytorch_model.safetensors")
    (folder / "config.json").write_text(json.dumps({"quantization_config": {"quant_method": method}}))
    with pytest.raises(ModelError, match=rf"model is quantised by {said}, which is not read"):
        inspect(tmp_path / "model")
