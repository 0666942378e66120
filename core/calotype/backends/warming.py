"""What running a document needs, fetched before somebody waits for it: plugins imported, weights loaded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from calotype import sockets
from calotype.graph import Graph
from calotype.registry import Registry
from calotype.services import Services
from calotype.types import Clip, ControlNet, Model, Recipe, Vae
from calotype.workflow import read

RECIPES = frozenset(cls.__name__ for cls in (Recipe, Model, Clip, Vae, ControlNet))
PLAIN = frozenset({"int", "float", "str", "bool", "FileRef"})


def warm(services: Services, workflow: Mapping[str, Any]) -> int:
    """Import the plugins of a document and load its models, computing nothing; how many. Raises CalotypeError."""
    document, graph = services.prepared(read(dict(workflow)), chosen=True)
    for type_id in {use.type for use in graph.uses.values()}:
        if services.registry.get(type_id) is not None:
            services.registry.node_class(type_id)
    makers = sorted({source for source, _ in _used(graph, services.registry)})
    if not makers:
        return 0
    finished = services.run(document, targets=makers)
    if finished.error is not None:
        raise finished.error
    recipes = {finished.results[node].value(output) for node, output in _used(graph, services.registry)}
    for recipe in sorted((r for r in recipes if isinstance(r, Recipe)), key=repr):
        with services.host.use(recipe):
            pass
    return len(recipes)


def _used(graph: Graph, registry: Registry) -> Iterator[tuple[str, str]]:
    """The outputs with recipes that go to a node which computes with them, where making them computes nothing."""
    light = _light(graph, registry)
    for edge in graph.edges:
        kind = _outputs(graph, registry, edge.source).get(edge.output, frozenset())
        passed_on = any(other & RECIPES for other in _outputs(graph, registry, edge.target).values())
        if edge.source in light and kind & RECIPES and not passed_on:
            yield edge.source, edge.output


def _light(graph: Graph, registry: Registry) -> set[str]:
    """The nodes that are cheap: they and all that they need give recipes and plain values only."""
    light: set[str] = set()
    for node in graph.sorted():
        outputs = _outputs(graph, registry, node).values()
        if outputs and all(kind <= RECIPES | PLAIN for kind in outputs) and light.issuperset(graph.sources(node)):
            light.add(node)
    return light


def _outputs(graph: Graph, registry: Registry, node: str) -> dict[str, frozenset[str]]:
    """The names of the types of a node's outputs."""
    spec = registry.get(graph.uses[node].type)
    if spec is None or graph.uses[node].map is not None:
        return {}
    return {output.name: frozenset(sockets.names(output.socket)) for output in spec.outputs.values()}
