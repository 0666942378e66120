"""What a command line sets: flags of the public interface, and `--set`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from calotype.cli.sweep import Axis, Sweep
from calotype.cli.usage import UsageError
from calotype.cli.values import several
from calotype.node import InputSpec
from calotype.registry import Registry
from calotype.workflow import Document
from calotype.workflow.ports import behind


@dataclass(frozen=True, slots=True)
class Inputs:
    """flags: texts by public name, as often as given; sets: "node.input=value" each."""

    flags: Mapping[str, Sequence[str]]
    sets: Sequence[str] = ()

    @property
    def texts(self) -> list[str]:
        """Every value as it was typed."""
        return [t for _, texts in self._typed() for t in texts]

    def sweep(self, document: Document, registry: Registry) -> Sweep:
        """Their values; one cell if nothing has several. Raises UsageError."""
        axes = []
        for place, texts in self._typed():
            spec = spec_at(document, registry, place)
            values = tuple(v for text in texts for v in several(text, spec))
            axes.append(Axis(place, values, bool(spec and spec.folder)))
        return Sweep.over(axes)

    def _typed(self) -> list[tuple[str, list[str]]]:
        found = {place: list(texts) for place, texts in self.flags.items()}
        for text in self.sets:
            place, equals, value = text.partition("=")
            if not equals:
                raise UsageError(f"--set {text}: write NODE.INPUT=VALUE, like --set sampler.steps=30")
            found.setdefault(place, []).append(value)
        return list(found.items())


def spec_at(document: Document, registry: Registry, place: str) -> InputSpec | None:
    """What is known of an input by its public name or "node.input"; None where it is not known."""
    public = document.inputs.get(place)
    node, input = (public.node, public.input) if public else place.split(".", 1) if "." in place else (place, "")
    return behind(document, registry, document.nodes, node, input)[0]
