"""From a document to what the queue keeps of it for search and for choosing a worker."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from calotype.runs.model import Submission

MAX_TEXT = 20_000  # characters that are searched
PICTURES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff"})


def submission_of(
    workflow: Mapping[str, Any],
    *,
    name: str = "",
    targets: tuple[str, ...] | None = None,
    priority: int = 0,
    client: str = "",
    kind: str = "run",
    group: str = "",
    seeds: Iterable[int] = (),
) -> Submission:
    """A submission of a document (canonical JSON, seeds resolved), with its models, node types, texts and seeds.

    Seeds are found as "seed:7", and as the number alone.
    """
    bodies = [workflow, *(s for s in workflow.get("subgraphs", {}).values() if isinstance(s, Mapping))]
    nodes = [n for body in bodies for n in body.get("nodes", {}).values() if isinstance(n, Mapping)]
    inputs = [given for node in nodes if isinstance(given := node.get("inputs"), Mapping)]
    values = [leaf for given in inputs for one in given.values() for leaf in _leaves(one)]
    models = [m for v in values if isinstance(v, Mapping) for m in _model(v)]
    texts = [v for v in values if isinstance(v, str)] + [f"seed:{seed}" for seed in seeds]
    return Submission(
        workflow=workflow,
        name=name or str(workflow.get("name", "")),
        targets=targets,
        priority=priority,
        client=client,
        kind=kind,
        group=group,
        models=tuple(dict.fromkeys(models)),
        types=tuple(dict.fromkeys(str(n.get("type", "")) for n in nodes)),
        prompt="\n".join(dict.fromkeys(texts))[:MAX_TEXT],
    )


def _leaves(value: Any) -> Iterator[Any]:
    """The literals of an input: texts, numbers, file references; no links, no secrets."""
    if isinstance(value, Mapping):
        if isinstance(value.get("file"), str):
            yield value
        elif "from" not in value and "secret" not in value:
            for one in value.values():
                yield from _leaves(one)
    elif isinstance(value, list):
        for one in value:
            yield from _leaves(one)
    else:
        yield value


def _model(reference: Mapping[str, Any]) -> Iterator[str]:
    """What a file reference is known by, unless it is a picture."""
    name = str(reference["file"])
    if PurePosixPath(name).suffix.lower() not in PICTURES:
        yield from filter(None, (str(reference.get("hash") or ""), name))
