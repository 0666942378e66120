"""Documents as the server takes them: read, checked and prepared without the code of any plugin."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from calotype.errors import CalotypeError, PluginError, Problem, ValidationError, WorkflowError
from calotype.files import Files
from calotype.host import LocalHost
from calotype.plugins import Plugins, discover
from calotype.plugins.reading import Found
from calotype.plugins.record import Source
from calotype.registry import Registry
from calotype.runtime import Runtime
from calotype.seeds import draw_seed
from calotype.server.aside import Aside, read_plugins, source_key
from calotype.server.limits import Limits
from calotype.server.problems import Refused
from calotype.settings import Settings
from calotype.types import FileRef
from calotype.validate import Checked, validate
from calotype.workflow import Document, read, resolve_seeds, set_input
from calotype.workflow.structure import Structure
from calotype.workflow.values import pointer

MOST_FAMILIES = 10_000  # files whose family is remembered


class Documents:
    """Responsibilities: the catalogue of node types as data; reading, checking and settling of documents.

    Thread-safe: nothing changes after it is built.
    """

    def __init__(self, settings: Settings, plugins: Plugins, limits: Limits) -> None:
        self.plugins = plugins
        self.registry = without_code(plugins.registry)
        self.files = Files(settings.roots(), settings.home / "cache" / "hashes.sqlite")
        self.runtime = Runtime.here(settings.device, settings.dtype, settings.aside, settings.storage)
        self._limits = limits
        self._host = LocalHost(self.files, settings, self.runtime, code=plugins.environment)
        self._families = Families(self.files, self._host.family)

    @classmethod
    def open(cls, settings: Settings, limits: Limits) -> Documents:
        """With the plugins as the catalogue has them; what it does not know is read by another process."""
        return cls(settings, catalogued(settings), limits)

    def read(self, said: Mapping[str, Any], at: str = "") -> Document:
        """The document in a JSON object. at: where it stands in the body. Raises Refused: 413, 422."""
        count = _count(said)
        if count > self._limits.nodes:
            raise self._too_many(count, at)
        try:
            document = read(dict(said))
        except WorkflowError as error:
            raise Refused.of(error, 422, at) from None
        if document.subgraphs and not (structure := Structure(document)).broken:
            count = structure.count() if not structure.problems() else 0
            if count > self._limits.nodes:
                raise self._too_many(count, at)
        return document

    def check(self, document: Document, targets: Sequence[str] | None = None) -> Checked:
        """Every problem of a document."""
        checked = validate(
            document, self.registry, self.files, self._families.of, lacks=self._host.lacks, targets=targets
        )
        return replace(checked, problems=tuple(map(self._with_whence, checked.problems)))

    def outdated(self, document: Document) -> bool:
        """Whether some node is of an older version, or has an older name, so that code of plugins has to look at it."""
        bodies = [document.nodes, *(s.nodes for s in document.subgraphs.values())]
        return any(self._old(node) for nodes in bodies for node in nodes.values())

    def settled(self, document: Document, targets: Sequence[str] | None = None, at: str = "") -> Document:
        """The document as it will run: seeds drawn, nothing wrong with it. Raises Refused with every problem.

        at: where it stands in the body.
        """
        settled = resolve_seeds(document, self.registry, draw_seed)
        problems = self.check(settled, targets).problems
        if problems:
            raise Refused.of(ValidationError.of(problems, f'workflow "{document.name}"'), 422, at)
        return settled

    def with_inputs(self, document: Document, inputs: Mapping[str, Any], at: str = "") -> Document:
        """The document with values set by public name. at: where they stand in the body. Raises Refused."""
        problems: list[Problem] = []
        for name, value in inputs.items():
            try:
                document = set_input(document, name, value)
            except WorkflowError as error:
                problems += [replace(p, pointer=at + pointer(name)) for p in error.problems]
        if problems:
            raise Refused.of(WorkflowError("\n".join(map(str, problems)), problems), 422)
        return document

    def close(self) -> None:
        """Let go of the cache of hashes."""
        self.files.close()

    def _too_many(self, count: int, at: str) -> Refused:
        most = self._limits.nodes
        return Refused(413, "too-large", f"the workflow has {count} nodes, more than {most}", pointer=f"{at}/nodes")

    def _old(self, node: Mapping[str, Any]) -> bool:
        spec = self.registry.get(node["type"])
        return spec is not None and (node["type"] != spec.id or node.get("version", 1) < spec.version)

    def _with_whence(self, problem: Problem) -> Problem:
        """An unknown node type with what is known of the plugin that should bring it."""
        if problem.code != "unknown-type" or problem.suggestion or not problem.type:
            return problem
        whence = self.plugins.whence(problem.type)
        return replace(problem, hint=whence) if whence else problem


class Families:
    """Model families by file, read from the header once for each state of the file: a batch names one file often.

    Thread-safe. A file that is damaged is read again, and a folder of files as well.
    """

    def __init__(self, files: Files, read: Callable[[FileRef], str]) -> None:
        self._files, self._read = files, read
        self._known: dict[tuple[Path, int, int], str] = {}

    def of(self, ref: FileRef) -> str:
        """The family in a file. Raises ModelError, FileError."""
        path = self._files.path(ref)
        state = path.stat()
        if not path.is_file():
            return self._read(ref)
        key = (path, state.st_size, state.st_mtime_ns)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= MOST_FAMILIES:
                self._known.clear()
            found = self._known[key] = self._read(ref)
        return found


async def current(documents: Documents, aside: Aside, document: Document) -> Document:
    """The document with its nodes brought to today's versions. Raises Refused, WorkerError."""
    if not documents.outdated(document):
        return document
    said = await aside.ask({"do": "migrate", "workflow": document.to_dict()})
    return read(said["workflow"])


def catalogued(settings: Settings) -> Plugins:
    """The plugins, none of their code imported here. One whose code cannot be read is a record with the reason."""
    unknown: list[Source] = []

    def noted(source: Source) -> Found:
        unknown.append(source)
        return Found(errors=("it was not read yet",))

    plugins = _discovered(settings, noted)
    if not unknown:
        return plugins
    try:
        found, error = read_plugins(settings), ""
    except CalotypeError as failed:
        found, error = {}, str(failed)
    return _discovered(settings, lambda s: found.get(source_key(s), Found(errors=(error or "it changed meanwhile",))))


def _discovered(settings: Settings, reader: Any) -> Plugins:
    cache = settings.home / "cache" / "plugins"
    return discover(settings.plugins, cache=cache, disabled=settings.disabled, reader=reader)


def without_code(registry: Registry) -> Registry:
    """The node types as data: asking for their code is an error."""
    known = Registry()
    for spec in registry:
        known.add(spec, _no_code)
    return known


def _no_code() -> NoReturn:
    raise PluginError("the code of nodes runs in workers only")


def _count(said: Mapping[str, Any]) -> int:
    """The nodes that stand in a document, subgraphs among them."""
    bodies = [said]
    if isinstance(said.get("subgraphs"), Mapping):
        bodies += [s for s in said["subgraphs"].values() if isinstance(s, Mapping)]
    return sum(len(body["nodes"]) for body in bodies if isinstance(body.get("nodes"), Mapping))
