"""Names of modules in the original code of a family, for LoRAs that were made with it. No torch.

A U-Net's follow from diffusers' names and its levels. A transformer's follow from the family's layouts: a name is tried
as that of a tensor in a file, and what the layout makes of it is what it means. Kohya's names have "_" in place of ".";
which is which is found by trying, too, once for each pattern of name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

from calotype.diffusion.families.base import Layout
from calotype.diffusion.header import TensorInfo
from calotype.diffusion.layouts import unet
from calotype.diffusion.layouts.take import Take, Takes, count

LONGEST = 6  # words between two numbers of a name; with more, nothing is tried
STAND_IN = (12, 12)  # the shape of a tensor that stands for one of that name: rows are shared out by real weights
RESNET = {new: old for old, new in unet.RESNET.items()}
EDGES = {new: old for old, new in unet.EDGES.items()}


def unet_names(module: str, layers: int) -> list[str]:
    """The original names of a U-Net's module by diffusers' name. layers: residual blocks of a level on the way down."""
    if module in EDGES:
        return [EDGES[module]]
    match module.split("."):
        case ["down_blocks", level, "resnets", layer, inner]:
            return [f"input_blocks.{1 + int(level) * (layers + 1) + int(layer)}.0.{RESNET.get(inner, inner)}"]
        case ["down_blocks", level, "downsamplers", "0", "conv"]:
            return [f"input_blocks.{(int(level) + 1) * (layers + 1)}.0.op"]
        case ["mid_block", "resnets", layer, inner]:
            return [f"middle_block.{2 * int(layer)}.{RESNET.get(inner, inner)}"]
        case ["up_blocks", level, "resnets", layer, inner]:
            return [f"output_blocks.{int(level) * (layers + 1) + int(layer)}.0.{RESNET.get(inner, inner)}"]
        case ["up_blocks", level, "upsamplers", "0", "conv"]:  # the last of its entry, after attention if there is one
            return [f"output_blocks.{int(level) * (layers + 1) + layers}.{i}.conv" for i in (1, 2)]
    attention = unet.original(module, layers)
    return [attention] if attention else []


class Originals:
    """Finds what original names of a transformer's modules mean.

    Responsibilities: dotted and flat names to the weights of the model, in the order of their rows.
    """

    def __init__(self, layouts: Sequence[Layout], takes: Takes) -> None:
        self._layouts = layouts
        self._takes = takes
        self._patterns: dict[str, str | None] = {}

    def dotted(self, module: str) -> list[tuple[str, Take]]:
        """The weights that a module's name means and how each is taken from it; empty when it means none."""
        for layout in self._layouts:
            found = self._taken(layout, module)
            if found and all(name in self._takes for name, _ in found):
                return found
        return []

    def flat(self, module: str) -> list[tuple[str, Take]]:
        """The same for a name with "_" in place of "."."""
        words = module.split("_")
        pattern = "_".join("#" if w.isdigit() else w for w in words)
        numbers = [w for w in words if w.isdigit()]
        if pattern not in self._patterns:
            tries = (way for way in spellings(pattern) if self.dotted(filled(way, numbers)))
            self._patterns[pattern] = next(tries, None)
        way = self._patterns[pattern]
        return self.dotted(filled(way, numbers)) if way is not None else []

    def _taken(self, layout: Layout, module: str) -> list[tuple[str, Take]]:
        """Beside the tensor stands its twin in the last block, since layouts count their blocks."""
        name = f"{module}.weight"
        taken = layout.takes({name: stand_in(name)})
        parts = module.split(".")
        if taken and len(parts) > 2 and parts[1].isdigit():
            last = count(self._takes, next(iter(taken)).split(".")[0]) - 1
            twin = ".".join([parts[0], str(max(last, int(parts[1]))), *parts[2:], "weight"])
            taken = layout.takes({name: stand_in(name), twin: stand_in(twin)})
        return [(new, take) for new, take in taken.items() if take.source.name == name]


def stand_in(name: str) -> TensorInfo:
    """A tensor of this name that is in no file."""
    return TensorInfo(Path(), name, STAND_IN, "F32", 0)


def spellings(pattern: str) -> Iterator[str]:
    """The ways to read a flat pattern, "#" for numbers: "_" between words may be "." or itself."""
    parts = [part.strip("_").split("_") for part in pattern.split("#")]
    if any(len(words) > LONGEST for words in parts):
        return
    ways = [["".join(_joined(words, dots)) for dots in product("._", repeat=len(words) - 1)] for words in parts]
    for chosen in product(*ways):
        yield ".".join(c for pair in zip(chosen, [*["#"] * (len(chosen) - 1), ""], strict=True) for c in pair if c)


def _joined(words: Sequence[str], marks: Sequence[str]) -> Iterator[str]:
    for word, mark in zip(words, [*marks, ""], strict=True):
        yield word + mark


def filled(pattern: str, numbers: Sequence[str]) -> str:
    """A pattern with its numbers."""
    rest = iter(numbers)
    return "".join(next(rest) if c == "#" else c for c in pattern)
