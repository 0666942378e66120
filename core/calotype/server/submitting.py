"""From a submission to runs: the document with its inputs, every cell of a sweep, seeds drawn; all or nothing."""

from __future__ import annotations

import asyncio
import itertools
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from aiohttp import web
from pydantic import Field, WithJsonSchema

from calotype.errors import CalotypeError, Problem
from calotype.runs import Run, Submission, submission_of
from calotype.server.documents import Documents, current
from calotype.server.keys import ASIDE, DISPATCHER, DOCUMENTS, LIBRARY, LIMITS, RUNS
from calotype.server.limits import Limits
from calotype.server.problems import Refused
from calotype.server.routing import Said
from calotype.workflow import Document, interface, read
from calotype.workflow.document import SUBGRAPH
from calotype.workflow.values import pointer

SEEDS = 1 << 53  # seeds beyond it are not exact in every JSON reader

Named = Annotated[Any, WithJsonSchema({"anyOf": [{"type": "object"}, {"type": "string"}]})]


class Wish(Said):
    """What is wanted of a workflow, whichever it is."""

    inputs: dict[str, Any] = Field({}, description='Values by public name; "node.input" names any other input.')
    targets: list[str] | None = Field(None, description="Nodes to run to, instead of the output nodes.")
    priority: int = Field(0, ge=-1000, le=1000, description="Higher goes first.")
    count: int = Field(1, ge=1, le=100_000, description="That many runs, one seed further each.")
    sweep: dict[str, list[Any]] = Field({}, description="Several values by public name: a run for each combination.")
    name: str = Field("", max_length=200)
    client: str = Field("", max_length=100, description="Who asks, for lists; a label.")


class Submit(Wish):
    """One submission: a workflow, by itself or by the name under which the server has it."""

    workflow: Named = Field(description="A workflow document, or the name of one on the server.")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A run that may be accepted. seeds: what was drawn or counted, by "node.input"."""

    submission: Submission
    seeds: dict[str, int]


async def submit(
    app: web.Application, document: Document, wish: Wish, at: str = "", *, workflow_at: str | None = None
) -> list[tuple[Run, dict[str, int]]]:
    """Accept the runs that are wished of one document, in one transaction. Raises Refused with every problem."""
    prepared = await prepare(app, document, wish, at, workflow_at=workflow_at)
    return await accept(app, prepared)


async def prepare(
    app: web.Application, document: Document, wish: Wish, at: str = "", *, workflow_at: str | None = None
) -> list[Prepared]:
    """The runs that are wished of one document, checked. at: where the wish stands in the body."""
    documents, limits = app[DOCUMENTS], app[LIMITS]
    whole = await current(documents, app[ASIDE], document)
    where = at + "/workflow" if workflow_at is None else workflow_at
    return await asyncio.to_thread(_Preparing(documents, limits, whole, wish, at, where).prepared)


async def prepare_all(app: web.Application, wishes: Sequence[Submit]) -> list[Prepared]:
    """The runs of several submissions, checked; what stands under "runs" in a body. Raises Refused."""
    most = app[LIMITS].batch
    if not 0 < len(wishes) <= most:
        raise Refused(413 if wishes else 422, "too-large", f"1 to {most} runs at once", pointer="/runs")
    documents, aside = app[DOCUMENTS], app[ASIDE]
    read = await asyncio.to_thread(_read_all, app, wishes)
    whole = [await current(documents, aside, document) for document in read]
    return await asyncio.to_thread(_prepare_all, documents, app[LIMITS], whole, wishes)


def _read_all(app: web.Application, wishes: Sequence[Submit]) -> list[Document]:
    """The documents, one after the other in one thread; one that is named often is read once."""
    found, known = [], dict[str, Document]()
    for index, wish in enumerate(wishes):
        given = wish.workflow
        document = known.get(given) if isinstance(given, str) else None
        found.append(document or _read(app, given, f"/runs/{index}/workflow"))
        if isinstance(given, str):
            known[given] = found[-1]
    return found


def _prepare_all(
    documents: Documents, limits: Limits, read: Sequence[Document], wishes: Sequence[Submit]
) -> list[Prepared]:
    found: list[Prepared] = []
    for index, (document, wish) in enumerate(zip(read, wishes, strict=True)):
        at = f"/runs/{index}"
        found += _Preparing(documents, limits, document, wish, at, f"{at}/workflow").prepared()
        if len(found) > limits.batch:
            raise Refused(413, "too-large", f"more than {limits.batch} runs at once", pointer=at)
    return found


async def accept(app: web.Application, prepared: Sequence[Prepared]) -> list[tuple[Run, dict[str, int]]]:
    """Put them into the queue, all or none. Raises Refused when it is full."""
    runs, most = app[RUNS], app[LIMITS].queue
    waiting = (await asyncio.to_thread(runs.counts)).get("queued", 0)
    if waiting + len(prepared) > most:
        raise Refused(429, "queue-full", f"{waiting} runs wait, and at most {most} may", headers={"Retry-After": "10"})
    accepted = await asyncio.to_thread(runs.accept, [p.submission for p in prepared])
    app[DISPATCHER].wake()
    return [(run, one.seeds) for run, one in zip(accepted, prepared, strict=True)]


class _Preparing:
    """One wish of one document. at, where: pointers of the wish and of the document in the body."""

    def __init__(
        self, documents: Documents, limits: Limits, document: Document, wish: Wish, at: str, where: str
    ) -> None:
        self._documents, self._limits = documents, limits
        self._wish, self._at, self._where = wish, at, where
        self._base = document

    def prepared(self) -> list[Prepared]:
        """Every run. Raises Refused with the problems of the first that cannot run."""
        wish = self._wish
        self._base = self._documents.with_inputs(self._base, wish.inputs, self._at + "/inputs")
        cells = [dict(zip(wish.sweep, values, strict=True)) for values in self._combinations()]
        group = uuid.uuid4().hex if len(cells) * wish.count > 1 else ""
        return [self._one(cell, step, group) for cell in cells for step in range(wish.count)]

    def _combinations(self) -> Iterator[tuple[Any, ...]]:
        number, nodes = self._wish.count, max(1, len(self._base.nodes))
        for name, values in self._wish.sweep.items():
            if not values:
                at = f"{self._at}/sweep{pointer(name)}"
                raise Refused(422, "sweep", f'the sweep of "{name}" has no values', pointer=at)
            number *= len(values)
        most = min(self._limits.batch, max(1, 50 * self._limits.nodes // nodes))
        if number > most:
            message = f"that makes {number} runs of {nodes} nodes, more than {most}"
            raise Refused(413, "too-large", message, pointer=self._at + ("/sweep" if self._wish.sweep else "/count"))
        return itertools.product(*self._wish.sweep.values())

    def _one(self, cell: Mapping[str, Any], step: int, group: str) -> Prepared:
        documents, wish = self._documents, self._wish
        swept = documents.with_inputs(self._base, cell, self._at + "/sweep")
        stepped = _stepped(documents, swept, step) if wish.count > 1 else swept
        try:
            settled = documents.settled(stepped, wish.targets)
        except Refused as refused:
            raise self._placed(refused) from None
        seeds = _seeds(documents, settled)
        said = submission_of(
            settled.to_dict(),
            name=wish.name or settled.name,
            targets=tuple(wish.targets) if wish.targets is not None else None,
            priority=wish.priority,
            client=wish.client,
            group=group,
            seeds=seeds.values(),
        )
        return Prepared(said, seeds)

    def _placed(self, refused: Refused) -> Refused:
        """A problem with a value that came by a public name is one of that name's, not of the node behind it."""
        ends = {pointer("nodes", i.node, "inputs", i.input): name for name, i in self._base.inputs.items()}
        problems = [replace(p, pointer=self._pointer(p, ends)) for p in refused.problems]
        return Refused(refused.status, refused.code, refused.detail, problems=problems)

    def _pointer(self, problem: Problem, ends: Mapping[str, str]) -> str:
        if problem.code in ("unknown-node", "disabled") and not problem.pointer:
            return self._at + "/targets"
        name = ends.get(problem.pointer or "")
        for part in ("sweep", "inputs"):
            if name is not None and name in getattr(self._wish, part):
                return self._at + pointer(part, name)
        return self._where + (problem.pointer or "")


def _stepped(documents: Documents, document: Document, step: int) -> Document:
    """The document with every public seed that is a number so much further; all of them said, so that runs compare."""
    ports = [p for p in interface(document, documents.registry) if p.spec is not None and p.spec.role == "seed"]
    moved = {p.name: (p.default + step) % SEEDS for p in ports if type(p.default) is int}
    return documents.with_inputs(document, moved)


def _seeds(documents: Documents, settled: Document) -> dict[str, int]:
    """Every seed that stands in a document, by "node.input"; those of subgraphs by "subgraph/NAME/node.input"."""
    bodies = [("", settled.nodes), *((f"{SUBGRAPH}{n}/", s.nodes) for n, s in settled.subgraphs.items())]
    found: dict[str, int] = {}
    for prefix, nodes in bodies:
        for id, node in nodes.items():
            spec = documents.registry.get(node["type"])
            for name, value in node.get("inputs", {}).items() if spec else ():
                known = spec.inputs.get(name) if spec else None
                if known is not None and known.role == "seed" and type(value) is int:
                    found[f"{prefix}{id}.{name}"] = value
    return found


async def document_of(app: web.Application, given: Any, at: str) -> Document:
    """The document in a body: the JSON object itself, or one by its name on the server. Raises Refused."""
    return await asyncio.to_thread(_read, app, given, at)


async def named(app: web.Application, name: str, at: str) -> Document:
    """A workflow that the server has, by its name. Raises Refused."""
    return await asyncio.to_thread(_read, app, name, at)


def _read(app: web.Application, given: Any, at: str) -> Document:
    if isinstance(given, dict):
        return app[DOCUMENTS].read(given, at)
    if not isinstance(given, str):
        raise Refused(422, "type", "a workflow is a JSON object, or the name of one on the server", pointer=at)
    try:
        return read(app[LIBRARY].get(given).text, given)
    except CalotypeError as error:
        near = next((p.suggestion for p in error.problems if p.suggestion), None)
        raise Refused(422, error.code, str(error), pointer=at, suggestion=near) from None
