"""The one place that builds everything and passes it down: what a command, a script or a server works with."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from calotype import sockets
from calotype.errors import CalotypeError, FileError, Problem, StoreError, ValidationError
from calotype.events import Event, FileWritten
from calotype.executor import FILES, Emitter, Executor, Outcome
from calotype.exports import check_folder, export, write_saved
from calotype.files import Files
from calotype.graph import Graph, Use
from calotype.history import History, RunRecord
from calotype.host import LocalHost
from calotype.plan import Plan, Planner, explain
from calotype.plugins import Plugins, Report, discover, open_bytes, open_workflow
from calotype.registry import Registry
from calotype.runtime import Runtime
from calotype.seeds import draw_seed
from calotype.settings import Settings
from calotype.store import Store, Stored, trusting
from calotype.types import Saved
from calotype.validate import Checked, validate
from calotype.workflow import Document, flatten, migrate_nodes, read, resolve_seeds

OnEvent = Callable[[Event], None]
OnWarning = Callable[[str], None]
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Finished:
    """A run that ended: its record, the results of its targets, and the files that its nodes made, by node.

    saved: those to be kept; shown: previews.
    """

    record: RunRecord
    results: Mapping[str, Stored]
    saved: Mapping[str, Saved]
    error: CalotypeError | None = None
    shown: Mapping[str, Saved] = field(default_factory=dict)


class Services:
    """Responsibilities: own the registry, files, store, history and host of a process; check, plan and run documents.

    Nothing here imports torch before a node computes.
    """

    def __init__(self, settings: Settings, plugins: Plugins, store: Store, on_warning: OnWarning | None = None) -> None:
        self.settings = settings
        self.plugins = plugins
        self.registry: Registry = plugins.registry
        self.store = store
        self.files = Files(settings.roots(), settings.home / "cache" / "hashes.sqlite")
        self.runtime = Runtime.here(settings.device, settings.dtype, settings.aside, settings.storage)
        self.history = History(settings.home / "history.sqlite")
        self._warn = on_warning or _log.warning
        self.host = LocalHost(self.files, settings, self.runtime, code=plugins.environment)
        self.planner = Planner(self.registry, store, self.files, self.runtime)
        self.executor = Executor(self.planner, store, self.host)

    @classmethod
    @contextmanager
    def open(cls, settings: Settings | None = None, on_warning: OnWarning | None = None) -> Iterator[Services]:
        """Everything, for the length of a `with` block; at its end what waits is written to disk."""
        settings = settings or Settings.load()
        plugins = plugins_of(settings)
        store = Store(
            settings.home / "store",
            memory_bytes=settings.memory,
            disk_bytes=settings.disk,
            types=trusting(plugins.packages),
            on_warning=on_warning,
        )
        services = cls(settings, plugins, store, on_warning)
        try:
            yield services
        finally:
            store.close()
            services.files.close()
            services.history.close()

    def load(self, name: str | Path) -> Document:
        """A document by path, or a shipped one by its name; see `load_workflow`. Raises FileError, WorkflowError."""
        return open_workflow(find_workflow(name, self.settings), self.plugins.importers)[0]

    def check(self, document: Document, targets: Sequence[str] | None = None) -> Checked:
        """Every problem of a document, or of what some nodes need; none is a promise that it can run."""
        lacks = self.host.lacks
        checked = validate(document, self.registry, self.files, self.host.family, lacks=lacks, targets=targets)
        return replace(checked, problems=tuple(map(self._with_whence, checked.problems)))

    def _with_whence(self, problem: Problem) -> Problem:
        """An unknown node type with what is known of the plugin that should bring it."""
        if problem.code != "unknown-type" or problem.suggestion or not problem.type:
            return problem
        whence = self.plugins.whence(problem.type)
        return replace(problem, hint=whence) if whence else problem

    def prepared(
        self, document: Document, chosen: bool = False, targets: Sequence[str] | None = None
    ) -> tuple[Document, Graph]:
        """The document as it will run: versions migrated, seeds drawn. Raises ValidationError with all problems.

        chosen: somebody said which nodes are wanted, so that it may be a workflow without an output node. targets:
        those nodes; then what they do not need may be wrong.
        """
        migrated, _ = migrate_nodes(document, self.registry)
        resolved = resolve_seeds(migrated, self.registry, draw_seed)
        checked = self.check(resolved, targets)
        problems = [p for p in checked.problems if not (chosen and p.code == "nothing-to-run")]
        if problems or checked.graph is None:
            raise ValidationError.of(problems, f'workflow "{document.name}"')
        return resolved, checked.graph

    def plan(self, document: Document, targets: Sequence[str] | None = None) -> Plan:
        """What a run would do and why. Raises ValidationError, GraphError, FileError."""
        resolved, now = self.prepared(document, targets is not None, targets)
        plan = self.planner.plan(now, self._targets(resolved, now, targets))
        last = self._last(document.name)
        graph = flatten(read(last["workflow"])) if last else None
        explain(plan, graph, last, self.runtime.to_dict())
        return plan

    def run(
        self,
        document: Document,
        *,
        targets: Sequence[str] | None = None,
        save: Mapping[str, Path] | None = None,
        out: Path | None = None,
        on_event: OnEvent | None = None,
        keep_going: bool = False,
        cancel: threading.Event | None = None,
        run: str = "",
    ) -> Finished:
        """Run a document. What nodes do never raises: the record says it.

        targets: nodes to run to, instead of the output nodes. save: "node.output" -> file to write it to. out: folder
        for the files that the run makes. run: its id, where somebody else gives it. Raises ValidationError, GraphError,
        FileError before anything runs.
        """
        everything = targets is None and (out is not None or not save)
        wanted = None if everything else [*(targets or ()), *saved_nodes(document, save or {})]
        resolved, graph = self.prepared(document, bool(targets or save), wanted)
        if out is not None:
            check_folder(out)
        named = [self._end(graph.uses, end) for end in save or ()]
        base = self._targets(resolved, graph, targets) if targets or out is not None or not save else []
        plan = self.planner.plan(graph, list(dict.fromkeys([*base, *named])))
        started, emitter = datetime.now(UTC), Emitter(run or uuid.uuid4().hex, on_event)
        outcome = self.executor.run(plan, emitter, cancel=cancel, keep_going=keep_going)
        record = self._record(emitter.run, resolved, outcome, started)
        saved, shown = dict[str, Saved](), dict[str, Saved]()
        try:
            saved, shown = saved_by(plan, outcome)
            self._write(plan, saved, record, emitter, out)
            self._export(outcome, record, emitter, save or {})
        except (FileError, StoreError) as error:
            outcome.error, outcome.status, record.status = error, "failed", "failed"
            record.error = error.to_dict()
        self._remember(record)
        return Finished(record, outcome.results, saved, outcome.error, shown)

    def _last(self, name: str) -> dict[str, Any] | None:
        """The newest record of a workflow; None, with a warning, where the history cannot be read."""
        try:
            return self.history.last(name)
        except StoreError as error:
            self._warn(f"{error}; so it is not known what the last run was")
            return None

    def _remember(self, record: RunRecord) -> None:
        """Keep the record. What the run made is made: a history that cannot be written is a warning."""
        try:
            self.history.add(record)
        except StoreError as error:
            self._warn(f"{error}; this run is not in it")

    def _targets(self, document: Document, graph: Graph, targets: Sequence[str] | None) -> list[str]:
        """The nodes that were asked for; else the output nodes and those of the public outputs."""
        if targets is not None:
            return list(targets)
        public = (o.source.rpartition(".")[0] for o in document.outputs.values())
        return list(dict.fromkeys([*self.planner.targets(graph), *(n for n in public if n in graph.uses)]))

    def _end(self, uses: Mapping[str, Use], end: str) -> str:
        """The node of "node.output"; both must exist."""
        node, _, output = end.rpartition(".")
        if node not in uses:
            raise FileError(f'--save {end}: there is no node "{node or end}"; write NODE.OUTPUT=PATH')
        spec = self.registry.get(uses[node].type)
        over = uses[node].map
        names = [*(over.outputs if over else spec.outputs if spec else ())]
        if output not in names:
            raise FileError(f'--save {end}: "{node}" has no output "{output}"; it has {", ".join(names) or "none"}')
        return node

    def _record(self, run: str, document: Document, outcome: Outcome, started: datetime) -> RunRecord:
        return RunRecord(
            id=run,
            name=document.name,
            status=outcome.status,
            started=started.isoformat(timespec="milliseconds"),
            seconds=round((datetime.now(UTC) - started).total_seconds(), 6),
            workflow=document.to_dict(),
            runtime=self.runtime.to_dict(),
            nodes={n: r.to_dict() for n, r in outcome.records.items()},
            error=outcome.error.to_dict() if outcome.error else None,
        )

    def _write(
        self, plan: Plan, saved: Mapping[str, Saved], record: RunRecord, emitter: Emitter, out: Path | None
    ) -> None:
        """Write the files that the nodes made into a folder, each with the record inside."""
        inside = record.within()
        if out is None:
            return
        for node, files in saved.items():
            for path, new in write_saved(node, plan.by_node[node].key, files, out, inside):
                record.files.append(str(path))
                emitter.emit(FileWritten, node, str(path), new)

    def _export(self, outcome: Outcome, record: RunRecord, emitter: Emitter, save: Mapping[str, Path]) -> None:
        """Write the results that were asked for by name."""
        for end, path in save.items():
            node, _, output = end.rpartition(".")
            if node in outcome.results:
                export(outcome.results[node].value(output), path)
                record.files.append(str(path))
                emitter.emit(FileWritten, node, str(path), True)


def plugins_of(settings: Settings) -> Plugins:
    """The plugins of a host with these settings."""
    return discover(settings.plugins, cache=settings.home / "cache" / "plugins", disabled=settings.disabled)


def load_workflow(name: str | Path, settings: Settings | None = None) -> tuple[Document, Report | None]:
    """A workflow by path, or a shipped one by its name; from a picture that carries one; or of another program, if a
    plugin reads it, then with a report. Raises FileError, WorkflowError.
    """
    return open_workflow(find_workflow(name, settings), lambda: plugins_of(settings or Settings.load()).importers())


def read_workflow(data: bytes, name: str, settings: Settings | None = None) -> tuple[Document, Report | None]:
    """As `load_workflow`, from the contents of a file. Raises FileError, WorkflowError."""
    return open_bytes(data, name, lambda: plugins_of(settings or Settings.load()).importers())


def saved_nodes(document: Document, save: Mapping[str, Path]) -> list[str]:
    """The nodes of "node.output" that a document has, at least on its top level."""
    nodes = (end.rpartition(".")[0] for end in save)
    return [node for node in nodes if node.partition("/")[0] in document.nodes]


def saved_by(plan: Plan, outcome: Outcome) -> tuple[dict[str, Saved], dict[str, Saved]]:
    """The files that the targets made, by node: to be kept, and previews. Nothing else is read back from the store."""
    saved, shown = dict[str, Saved](), dict[str, Saved]()
    for node in plan.targets:
        stored, spec = outcome.results.get(node), plan.by_node[node].spec
        names = [o.name for o in spec.outputs.values() if "Saved" in sockets.names(o.socket)]
        each = [stored.value(name) for name in names] if stored else []
        if stored and FILES in stored.names:
            each = stored.value(FILES)
        for found, kept in ((saved, True), (shown, False)):
            files = tuple(file for one in each if one.kept is kept for file in one.files)
            if files:
                found[node] = Saved(files, kept)
    return saved, shown


def find_workflow(name: str | Path, settings: Settings | None = None) -> Path:
    """A workflow file by path; or by name, with or without `.json`, one that the editor saved in Calotype's home or a
    shipped one. Raises FileError.
    """
    path = Path(name)
    if path.exists():
        return path
    own = (settings or Settings.load()).home / "workflows"
    for folder in (own, *SHIPPED):
        for candidate in (folder / path.name, folder / f"{path.name}.json"):
            if candidate.is_file() and path.parent == Path():
                return candidate
    known = ", ".join(sorted(f.stem for folder in SHIPPED if folder.is_dir() for f in folder.glob("*.json")))
    raise FileError(f'there is no file "{path}", and no workflow of that name in {own} or shipped; shipped: {known}')


SHIPPED = (Path(__file__).parent / "_workflows", Path(__file__).parents[2] / "workflows")
