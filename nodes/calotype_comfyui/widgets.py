"""Names for the values of widgets, which the editor's format keeps as a bare list in the order of a node's inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from calotype_comfyui.layers import LAYERS
from calotype_comfyui.table import TABLE

CONTROL = frozenset({"fixed", "increment", "decrement", "randomize"})  # what the editor does to a seed after a run
SEEDS = ("seed", "noise_seed")

NAMES: Mapping[str, str] = {  # of nodes that the table does not have, so that their values keep their names
    **{kind: " ".join(names) for kind, names in LAYERS.items()},
    "HypernetworkLoader": "hypernetwork_name strength",
    "QuadrupleCLIPLoader": "clip_name1 clip_name2 clip_name3 clip_name4",
    "StableCascade_StageC_VAEEncode": "compression",
    "T5TokenizerOptions": "min_padding min_length",
    "unCLIPCheckpointLoader": "ckpt_name",
    "unCLIPConditioning": "strength noise_augmentation",
}


def widget_values(node: Mapping[str, Any], type: str) -> dict[str, Any]:
    """The values of a node's widgets by name; those without a known name as widget_0, widget_1, ..."""
    values = node.get("widgets_values")
    if isinstance(values, dict):
        return {str(name): value for name, value in values.items()}
    if not isinstance(values, list):
        return {}
    kept = list(without_controls(values))
    names = names_of(node, type, len(kept))
    seed = next((i for i, name in enumerate(names) if name in SEEDS), len(names))
    if len(kept) == len(names) + 1 and _flag(kept, seed + 1):
        del kept[seed + 1]  # the oldest form of such a control: whether to draw another seed
    return dict(zip([*names, *(f"widget_{i}" for i in range(len(names), len(kept)))], kept, strict=False))


def _flag(values: Sequence[Any], index: int) -> bool:
    return index < len(values) and isinstance(values[index], bool)


def names_of(node: Mapping[str, Any], type: str, count: int) -> Sequence[str]:
    """The names of a node's widgets, in order, for `count` values.

    What the node itself says goes first if it names all of them: newer versions of a type have other widgets.
    """
    inputs = node.get("inputs")
    said = [i["name"] for i in inputs if is_widget(i)] if isinstance(inputs, list) else []
    rule = TABLE.get(type)
    known = [*rule.widgets] if rule else NAMES.get(type, "").split()
    if len(said) == count or not known:
        return said if len(said) == count else []
    return known[:count]


def without_controls(values: Sequence[Any]) -> Iterator[Any]:
    """The values without what the editor keeps behind a number to change it after each run."""
    before: Any = None
    for value in values:
        if not (isinstance(value, str) and value in CONTROL and isinstance(before, (int, float))):
            yield value
        before = value


def is_widget(said: Any) -> bool:
    """Whether an input of the editor's format is a widget as well."""
    return isinstance(said, dict) and isinstance(said.get("widget"), dict) and isinstance(said.get("name"), str)
