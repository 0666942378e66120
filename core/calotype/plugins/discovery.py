"""All plugins of a host, and the registry that they fill."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from pathlib import Path

from calotype.errors import PluginError, RegistryError
from calotype.plugins.catalogue import Catalogue
from calotype.plugins.importers import Importer
from calotype.plugins.loading import PrivateFinder, forget, load
from calotype.plugins.reading import Found, node_class, read
from calotype.plugins.record import PluginRecord, Source, Status
from calotype.plugins.sources import at, packages
from calotype.plugins.sources import folders as in_folders
from calotype.plugins.widgets import widget_files
from calotype.registry import Registry

Reader = Callable[[Source], Found]
"""From a plugin to its nodes: by importing its code, or by asking a process that does."""


def discover(
    folders: Sequence[Path] = (),
    *,
    cache: Path | None = None,
    disabled: Collection[str] = (),
    path: Sequence[str] | None = None,
    reader: Reader = read,
) -> Plugins:
    """Find every plugin and fill a registry with their nodes; a broken plugin is a record, never an exception.

    folders: where plugins are dropped in. cache: a folder for the catalogue; with a warm one no plugin code is
    imported. disabled: names of plugins to leave alone. path: where packages are installed, by default `sys.path`.
    reader: what describes a plugin that the catalogue does not know; by default its code is imported here.
    """
    plugins = Plugins(Catalogue(cache, path), disabled, reader)
    for source in (*packages(path), *in_folders(folders)):
        plugins.add(source)
    plugins.save()
    return plugins


class Plugins:
    """The plugins of a host.

    Responsibilities: one record per plugin, by name, the first with a name wins; the registry has the nodes of every
    plugin that works; a changed plugin can be read again without touching the others.
    """

    def __init__(self, catalogue: Catalogue, disabled: Collection[str] = (), reader: Reader = read) -> None:
        self.registry = Registry()
        self._catalogue = catalogue
        self._read = reader
        self._disabled = frozenset(map(_plain, disabled))
        self._sources: dict[str, Source] = {}
        self._stamps: dict[str, str] = {}
        self._records: dict[str, PluginRecord] = {}
        self._rejected: list[PluginRecord] = []

    @property
    def records(self) -> tuple[PluginRecord, ...]:
        """One per plugin found: the built-in nodes, packages, folders."""
        return (*self._records.values(), *self._rejected)

    @property
    def environment(self) -> str:
        """Differs when Python, the engine's code or what is installed has changed."""
        return self._catalogue.environment

    def packages(self) -> frozenset[str]:
        """The import names of the plugins that work: what their value types may come from."""
        return frozenset(self._sources[name].module for name, r in self._records.items() if r.status == "ok")

    def __iter__(self) -> Iterator[PluginRecord]:
        return iter(self.records)

    def __getitem__(self, name: str) -> PluginRecord:
        """The record of a plugin. Raises PluginError for an unknown name."""
        record = self._records.get(_plain(name))
        if record is None:
            raise PluginError(f'there is no plugin "{name}"; there are {", ".join(r.name for r in self.records)}')
        return record

    def add(self, source: Source) -> PluginRecord:
        """Take in one plugin."""
        key = _plain(source.name)
        other = self._sources.get(key)
        if other is not None:
            error = f'there are two plugins "{source.name}": {other.place} is used, {source.place} is not; remove one'
            self._rejected.append(_record(source, "broken", error))
            return self._rejected[-1]
        self._sources[key] = source
        self._records[key] = self._take(source)
        return self._records[key]

    def reload(self, name: str) -> PluginRecord:
        """Read a plugin's code again, in this process; what runs keeps the classes that it has.

        Raises PluginError for an unknown name and for the built-in nodes, which need a new process.
        """
        record, source = self[name], self._sources[_plain(name)]
        if source.builtin:
            raise PluginError("the built-in nodes cannot be reloaded; start the program again")
        for type_id in record.nodes if record.status != "disabled" else ():
            self.registry.remove(type_id)
        forget(source)
        if source.private:
            source = at(source.project.parent if source.project else source.place)
        self._sources[_plain(name)] = source
        self._records[_plain(name)] = self._take(source)
        self.save()
        return self._records[_plain(name)]

    def changed(self) -> tuple[str, ...]:
        """The plugins whose files are no longer as they were read; they can be reloaded."""
        return tuple(
            source.name
            for key, source in self._sources.items()
            if not source.builtin and self._catalogue.stamp(source) != self._stamps[key]
        )

    def whence(self, type_id: str) -> str | None:
        """Where an unknown node type would come from, as a sentence with a remedy, or None for a plain id."""
        prefix, dot, _ = type_id.partition(".")
        if not dot:
            return None
        record = self._records.get(_plain(prefix))
        if record is None:
            return f'It belongs to the plugin "{prefix.replace("_", "-")}", which is not installed.'
        if record.status == "disabled":
            return f'It belongs to the plugin "{record.name}", which is disabled.'
        if record.status == "broken":
            return f'It belongs to the plugin "{record.name}", which is broken: {record.error}'
        return f'The plugin "{record.name}"{f" {record.version}" if record.version else ""} has no such node.'

    def value_type(self, name: str) -> type | None:
        """The class of a value by "module:QualName", if a plugin brings it; for the store, which trusts no other.

        A disabled plugin, and a module that fails to be imported, bring nothing.
        """
        module, _, path = name.partition(":")
        for key, source in self._sources.items():
            own = module == source.module or module.startswith(f"{source.module}.")
            if own and not source.error and self._records[key].status != "disabled":
                return _inside(source, module, path)
        return None

    def importers(self) -> Iterator[Importer]:
        """What reads the files of other programs. Imports the root of each plugin, one after the other as asked."""
        for key, source in self._sources.items():
            if self._records[key].status == "ok":
                yield from getattr(load(source), "IMPORTERS", ())

    def widget(self, name: str) -> Path | None:
        """The module of a widget of the editor, of the first working plugin that brings one of that name."""
        brings = (key for key, r in self._records.items() if r.status != "disabled" and name in r.widgets)
        key = next(brings, None)
        return widget_files(self._sources[key]).get(name) if key is not None else None

    def save(self) -> None:
        """Write the catalogue."""
        self._catalogue.save()

    def _take(self, source: Source) -> PluginRecord:
        stamp = self._stamps[_plain(source.name)] = self._catalogue.stamp(source)
        if _plain(source.name) in self._disabled:
            known = self._catalogue.get(source, None) or Found()
            return _record(source, "disabled", "", [n.spec.id for n in known.nodes])
        if source.error:
            return _record(source, "broken", source.error)
        if source.private:
            PrivateFinder.installed().bind(source)
        found = self._catalogue.get(source, stamp)
        if found is None:
            if source.private:
                forget(source)  # another host of this process may have imported an older state
            found = self._read(source)
            self._catalogue.put(source, stamp, found)
        return self._register(source, found)

    def _register(self, source: Source, found: Found) -> PluginRecord:
        taken, errors = [], list(found.errors)
        for node in found.nodes:
            try:
                self.registry.add(node.spec, partial(node_class, source, node))
                taken.append(node.spec.id)
            except RegistryError as error:
                errors.append(str(error))
        return _record(source, "broken" if errors else "ok", "; ".join(errors), taken)


def _inside(source: Source, module: str, path: str) -> type | None:
    try:
        found: object = load(source, module)
    except PluginError:
        return None
    for part in path.split("."):
        found = getattr(found, part, None)
    return found if isinstance(found, type) else None


def _plain(name: str) -> str:
    """Names that differ in hyphens or case only are one."""
    return name.replace("-", "_").lower()


def _record(source: Source, status: Status, error: str = "", nodes: Sequence[str] = ()) -> PluginRecord:
    return PluginRecord(
        name=source.name,
        version=source.version,
        origin=source.origin,
        path=str(source.place),
        status=status,
        error=error,
        nodes=tuple(nodes),
        requires=source.requires,
        widgets=() if source.error else tuple(widget_files(source)),
    )
