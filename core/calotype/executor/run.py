"""The executor: one pass over a plan in topological order."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from itertools import chain
from operator import attrgetter
from time import perf_counter
from typing import Any

from calotype.collector import seldom
from calotype.context import Host, NodeContext
from calotype.errors import CalotypeError, Cancelled, ExecutionError, StoreError
from calotype.events import NodeFailed, NodeFinished, NodeSkipped, NodeStarted, RunFinished, RunStarted
from calotype.executor.compute import asked_to_stop, compute, gather, plain
from calotype.executor.guard import Guard
from calotype.executor.kind import Kind
from calotype.executor.mapping import compute_map
from calotype.executor.memory import Meter
from calotype.executor.outcome import NodeRecord, Outcome, RunStatus
from calotype.executor.reporting import Emitter
from calotype.node import NodeSpec
from calotype.plan import Entry, Plan, Planner
from calotype.store import Store, Stored
from calotype.types import FileRef

IO_THREADS = 2
STATUS, LINKS, SOURCE = attrgetter("status"), attrgetter("links"), attrgetter("source")
WORTH_MEASURING = 0.001  # seconds: a shorter node is not asked what memory it took


class Executor:
    """Runs plans.

    Responsibilities: compute what is not stored, in order, one computing node at a time while I/O nodes overlap; store
    results; emit events; stop within a step when cancelled; keep a failure to the node's descendants.
    """

    def __init__(self, planner: Planner, store: Store, host: Host) -> None:
        self.planner = planner
        self.store = store
        self.host = host

    def run(
        self, plan: Plan, emitter: Emitter, *, cancel: threading.Event | None = None, keep_going: bool = False
    ) -> Outcome:
        """Run a plan to its end. Never raises for what a node does: the outcome says it."""
        count = Counter(map(STATUS, plan.entries))
        emitter.emit(RunStarted, count["run"], count["hit"])
        with seldom():
            outcome = Run(self, plan, emitter, cancel or threading.Event(), keep_going).whole()
        emitter.emit(RunFinished, outcome.status, perf_counter() - emitter.started)
        return outcome


class Run:
    """One run of a plan: what is done, what failed, what is still held.

    Responsibilities: the order of work, lazy branches, letting go of results after their last use.
    """

    def __init__(
        self,
        executor: Executor,
        plan: Plan,
        emitter: Emitter,
        cancel: threading.Event,
        keep_going: bool,
        prefix: str = "",
        inherited: tuple[str, ...] = (),
    ) -> None:
        """inherited: what was done for want of memory to what comes from outside; see `NodeRecord.degraded`."""
        self.executor = executor
        self.plan = plan
        self.emitter = emitter
        self.cancel = cancel
        self.keep_going = keep_going
        self.prefix = prefix
        self.inherited = inherited
        self._contexts: dict[str, NodeContext] = {}
        self._inner: dict[str, tuple[str, ...]] = {}  # of nodes that are mapped: what was done inside
        self.guard = Guard()
        self.meter = Meter()
        self.results: dict[str, Stored] = {}
        self.records = _records(plan)
        self.error: CalotypeError | None = None
        self._pending: dict[str, Future[None]] = {}
        self.kinds: dict[str, Kind] = {}
        self._pool: ThreadPoolExecutor | None = None
        self._failed: dict[str, str] = {}  # node -> the node whose failure it is
        self._degrading = bool(inherited)  # whether anything was done for want of memory so far

    @cached_property
    def _uses(self) -> dict[str, int]:
        """How often each result is still to be read; asked first when a node has computed."""
        return _uses(self.plan)

    def whole(self) -> Outcome:
        """Every entry that is to run, then the end."""
        try:
            cancelled = self.cancel.is_set
            for entry in self.plan.entries:
                if cancelled() or (self.error is not None and self.stopped):
                    break
                if (entry.status == "hit" and self._take(entry)) or entry.status not in ("run", "hit"):
                    continue
                self._advance(entry)
            self._settle(list(self._pending))
        finally:
            if self._pool is not None:
                self._pool.shutdown(wait=True, cancel_futures=True)
        if self.cancel.is_set() and self.error is None and self._unreached():
            self.error = Cancelled("the run was cancelled")
        return Outcome(self._status(), self.records, self.results, self.error)

    @property
    def stopped(self) -> bool:
        """Whether nothing more is to be started."""
        return self.cancel.is_set() or (self.error is not None and not self.keep_going)

    def _unreached(self) -> bool:
        return any(e.status == "run" and self.records[e.node].status == "idle" for e in self.plan.entries)

    def _status(self) -> RunStatus:
        if isinstance(self.error, Cancelled):
            return "cancelled"
        return "failed" if self.error is not None else "succeeded"

    def _advance(self, entry: Entry) -> None:
        """Compute one entry now, or beside the others."""
        if entry.status == "hit":  # gone since it was planned
            self._branch({e.source for e in entry.links})
        if self._pending:
            self._settle({e.source for e in entry.links} & self._pending.keys())
        if entry.undecided and not self._decide(entry):
            return
        blocked = [e.source for e in entry.links if e.source in self._failed] if self._failed else ()
        if blocked:
            self._skip(entry, self._failed[blocked[0]])
        elif entry.spec.lane == "io" and entry.over is None:
            self._pending[entry.node] = self._threads().submit(self._compute, entry)
        else:
            self._compute(entry)

    def _take(self, entry: Entry) -> bool:
        stored = self.executor.store.get(entry.key)
        if stored is None:
            return False
        node = entry.node
        self.results[node] = stored
        self.records[node].status = "hit"
        self.emitter.emit(NodeFinished, self.prefix + node, True, 0.0)
        return True

    def _decide(self, entry: Entry) -> bool:
        """Ask a node with lazy inputs which it needs, and do those branches first. False if the node failed."""
        lazy = {i.name for i in entry.spec.inputs.values() if i.lazy}
        eager = tuple(e for e in entry.links if e.input not in lazy)
        if any(e.source in self._failed for e in eager):
            return True
        values = {**dict.fromkeys(entry.spec.inputs), **gather(entry, eager, self.results)}
        try:
            wants = set(self.kind(entry.spec).cls(**values).wants())
        except BaseException as error:
            if asked_to_stop(error):
                raise
            self._fail(entry, ExecutionError(f'node "{entry.node}": wants() raised {type(error).__name__}: {error}'))
            return False
        entry.links = tuple(e for e in entry.links if e.input not in lazy or e.input in wants)
        self._branch({e.source for e in entry.links if e.input in wants})
        return True

    def _branch(self, sources: Iterable[str]) -> None:
        """Do what some nodes need, in order, as far as it is not done."""
        waiting, needed = list(sources), set[str]()
        while waiting:
            node = waiting.pop()
            if node in needed or node in self.results or node in self._failed or node in self._pending:
                continue
            needed.add(node)
            entry = self.plan.by_node[node]
            if not self.executor.store.has(entry.key) or entry.spec.volatile:
                lazy = {i.name for i in entry.spec.inputs.values() if i.lazy} if entry.undecided else ()
                waiting.extend(e.source for e in entry.links if e.input not in lazy)
        for entry in self.plan.entries:
            if entry.node in needed and not self.stopped:
                hit = not entry.spec.volatile and self.executor.store.has(entry.key)
                entry.status = "hit" if hit else "run"
                if not (hit and self._take(entry)):
                    self._advance(entry)

    def _compute(self, entry: Entry) -> None:
        """Compute one node, store its results, write its record. Failures end here."""
        record, name = self.records[entry.node], self.prefix + entry.node
        self.emitter.emit(NodeStarted, name, entry.spec.id)
        began = perf_counter()
        try:
            stored = self._computed(entry)
        except CalotypeError as error:
            self._fail(entry, error)
            return
        finally:
            record.seconds = perf_counter() - began
            if record.seconds > WORTH_MEASURING:
                record.rss, record.vram = self.meter.rss(), self.meter.vram()
        self.results[entry.node] = stored
        record.status = "ran"
        self._release(entry)
        self.emitter.emit(NodeFinished, name, False, record.seconds)

    def _computed(self, entry: Entry) -> Stored:
        values = self._gathered(entry)
        store = self.executor.store
        if plain(values.values()):
            return self._put(entry, values, True)
        with store.lock(entry.key, self._check):  # whoever else computes the same waits, and finds it stored
            found = None if entry.spec.volatile else store.get(entry.key)
            return found if found is not None else self._put(entry, values)

    def _gathered(self, entry: Entry) -> dict[str, Any]:
        """A node's inputs. A result that cannot be read back from disk any more is computed anew."""
        results = self.results
        for edge in entry.links:
            if edge.source not in results:
                self._branch({edge.source})
        try:
            return gather(entry, entry.links, results)
        except StoreError as error:
            self.emitter.warned(self.prefix + entry.node, f"{error}; it is computed anew")
            for edge in entry.links:
                self.lose(edge.source)
            self._branch({e.source for e in entry.links})
            return gather(entry, entry.links, results)

    def lose(self, node: str) -> None:
        """Forget a result that is spoilt."""
        self.executor.store.discard(self.plan.by_node[node].key)
        self.results.pop(node, None)

    def _put(self, entry: Entry, values: dict[str, Any], simple: bool = False) -> Stored:
        began = perf_counter()
        outputs = compute(self, entry, values, simple) if entry.over is None else compute_map(self, entry, values)
        stored = Stored(outputs, perf_counter() - began, entry.node, entry.spec.id)
        degraded: tuple[str, ...] = ()
        if self._contexts or self._inner or self._degrading:
            self.records[entry.node].degraded = degraded = self._degraded(entry)
        if not entry.spec.volatile and not degraded:
            self.executor.store.put(entry.key, stored)
        return stored

    def _degraded(self, entry: Entry) -> tuple[str, ...]:
        """What was done for want of memory to a node's results: by itself, inside of it, or to what it comes from."""
        context = self._contexts.pop(entry.node, None)
        if context is not None or self._inner:
            own = (*self._inner.pop(entry.node, ()), *(context.degraded if context is not None else ()))
        else:
            own = ()
        if not own and not self._degrading:
            return ()
        self._degrading = True
        return tuple(dict.fromkeys((*self._inherits(entry), *own)))

    def _inherits(self, entry: Entry) -> tuple[str, ...]:
        return (*self.inherited, *(why for edge in entry.links for why in self.records[edge.source].degraded))

    def _check(self) -> None:
        if self.cancel.is_set():
            raise Cancelled("the run was cancelled")

    @property
    def planner(self) -> Planner:
        """Plans what is mapped over."""
        return self.executor.planner

    @property
    def host(self) -> Host:
        """Gives nodes what they ask for."""
        return self.executor.host

    def context(self, node: str) -> NodeContext:
        """What a node sees of the host."""
        made = self._contexts[node] = NodeContext(self.prefix + node, self.host, self.emitter, self.cancel)
        return made

    def inside(self, plan: Plan, prefix: str) -> Outcome:
        """Run a plan as a part of this run: a mapped subgraph, for one item."""
        node = prefix.removeprefix(self.prefix).rpartition("[")[0]
        inherited = self._inherits(self.plan.by_node[node])
        outcome = Run(self.executor, plan, self.emitter, self.cancel, False, prefix, inherited).whole()
        done = (why for record in outcome.records.values() for why in record.degraded)
        self._inner[node] = (*self._inner.get(node, ()), *done)
        return outcome

    def kind(self, spec: NodeSpec) -> Kind:
        """What is known of a type, looked up once a run and from then on among `kinds`."""
        found = self.kinds.get(spec.id)
        if found is None:
            found = self.kinds[spec.id] = Kind(spec, self.planner.registry.node_class(spec.id))
        return found

    def _settle(self, nodes: Iterable[str]) -> None:
        """Wait for nodes that compute beside the others."""
        for node in nodes:
            self._pending.pop(node).result()

    def _fail(self, entry: Entry, error: CalotypeError) -> None:
        record = self.records[entry.node]
        record.status = "cancelled" if isinstance(error, Cancelled) else "failed"
        record.error = error.to_dict()
        self.error = self.error or error
        self._failed[entry.node] = entry.node
        self.emitter.emit(NodeFailed, self.prefix + entry.node, error.to_dict())

    def _skip(self, entry: Entry, because: str) -> None:
        self.records[entry.node].status = "skipped"
        self._failed[entry.node] = because
        self.emitter.emit(NodeSkipped, self.prefix + entry.node, self.prefix + because)

    def _release(self, entry: Entry) -> None:
        """Let go of results whose last consumer this was; the store may still have them."""
        uses = self._uses
        for edge in entry.links:
            source = edge.source
            uses[source] = left = uses[source] - 1
            if left == 0 and source in self.results:
                self.guard.forget(self.results.pop(source).decoded.values())

    def _threads(self) -> ThreadPoolExecutor:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(IO_THREADS, thread_name_prefix="calotype-io")
        return self._pool


def _records(plan: Plan) -> dict[str, NodeRecord]:
    """A record of each node, with the files that it names."""
    records: dict[str, NodeRecord] = {}
    naming: dict[str, bool] = {}  # by type: whether it has inputs for files
    for entry in plan.entries:
        spec, node = entry.spec, entry.node
        records[node] = record = NodeRecord(node, spec.id, spec.version, entry.key)
        if (names := naming.get(spec.id)) is None:
            names = naming[spec.id] = any(i.folder for i in spec.inputs.values())
        if names or entry.files:
            files = {n: v.hash for n, v in entry.values.items() if isinstance(v, FileRef)}
            record.files = (files | {f"{file.folder}/{file.name}": file.hash for file in entry.files}) or None
    return records


def _uses(plan: Plan) -> dict[str, int]:
    """How often each result is read; results of targets are kept to the end."""
    count = Counter(map(SOURCE, chain.from_iterable(map(LINKS, plan.entries))))
    count.update(plan.targets)
    return count
