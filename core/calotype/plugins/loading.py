"""Importing plugin code: privately for what was dropped into a folder, and never to the harm of the host."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

from calotype.errors import CalotypeError, PluginError
from calotype.plugins.record import NAMESPACE, Source


class PrivateFinder:
    """Finds `calotype_plugins.<name>` where the plugin lies, so that no plugin's module can shadow another's.

    Stands in `sys.meta_path`, once per process, as the import system has it. What lies inside a plugin is found by
    Python itself, through the package's search path.
    """

    def __init__(self) -> None:
        self._places: dict[str, Path] = {}

    @classmethod
    def installed(cls) -> PrivateFinder:
        """The finder of this process."""
        for finder in sys.meta_path:
            if isinstance(finder, cls):
                return finder
        finder = cls()
        sys.meta_path.append(finder)
        return finder

    def bind(self, source: Source) -> None:
        """Make the name mean this place; modules of another place with that name are forgotten."""
        if self._places.get(source.module, source.place) != source.place:
            forget(source)
        self._places[source.module] = source.place

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """As `importlib.abc.MetaPathFinder` has it."""
        if name == NAMESPACE:
            spec = ModuleSpec(NAMESPACE, None, is_package=True)
            spec.submodule_search_locations = []
            return spec
        place = self._places.get(name)
        if place is None:
            return None
        if place.suffix == ".py":
            return importlib.util.spec_from_file_location(name, place)
        return importlib.util.spec_from_file_location(
            name, place / "__init__.py", submodule_search_locations=[str(place)]
        )


def load(source: Source, module: str | None = None) -> ModuleType:
    """Import a module of a plugin, by default its root. PluginError says file and line, whatever the code does."""
    if source.private:
        PrivateFinder.installed().bind(source)
    with _search_path_kept():
        try:
            return importlib.import_module(module or source.module)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise PluginError(explain(error, source)) from error


def forget(source: Source) -> None:
    """Drop a plugin's modules, and their byte code (its time stamp is too coarse for quick edits)."""
    for name in [n for n in sys.modules if n == source.module or n.startswith(f"{source.module}.")]:
        file = getattr(sys.modules.pop(name), "__file__", None)
        if file:
            Path(importlib.util.cache_from_source(file)).unlink(missing_ok=True)
    importlib.invalidate_caches()


def explain(error: BaseException, source: Source) -> str:
    """What went wrong in plugin code: file, line, and what to do where that is known."""
    if isinstance(error, CalotypeError):
        return str(error)
    if isinstance(error, SyntaxError):
        return f"{error.filename}:{error.lineno}: {type(error).__name__}: {error.msg}"
    where = _line(error, source)
    if isinstance(error, SystemExit):
        return f"{where}: the module ends the program (SystemExit: {error.code}); raise an exception instead"
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"{where}: {error}. {_missing(error.name, source)}"
    return f"{where}: {type(error).__name__}: {error}"


def _line(error: BaseException, source: Source) -> str:
    import traceback

    frames = [(f.f_code.co_filename, line) for f, line in traceback.walk_tb(error.__traceback__)]
    own = [f for f in frames if Path(f[0]).is_relative_to(source.place)]
    file, line = (own or frames or [(str(source.place), 1)])[-1]
    return f"{file}:{line}"


def _missing(module: str, source: Source) -> str:
    top, _, rest = module.partition(".")
    if source.private and source.place.stem == top:
        return f"Inside a plugin import relatively: from .{rest or 'module'} import ..."
    if source.private and ((source.place / f"{top}.py").is_file() or (source.place / top).is_dir()):
        return f"Inside a plugin import relatively: from . import {top}"
    if top in (NAMESPACE, source.module.partition(".")[0]):
        return "The plugin has no such module"
    return f"Install the package that brings it, often: python -m pip install {top.replace('_', '-')}"


@contextmanager
def _search_path_kept() -> Iterator[None]:
    """Whatever a plugin adds to `sys.path` while it is imported is taken back: it would shadow other modules."""
    before = list(sys.path)
    try:
        yield
    finally:
        sys.path[:] = before
