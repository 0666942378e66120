"""Finding plugins without importing them: entry points of packages, and folders that they are dropped into."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from calotype.errors import PluginError
from calotype.plugins.record import BUILTIN, NAMESPACE, Source, check_name

GROUP = "calotype.plugins"
_OWN_NODES = "calotype_nodes"
_NOT_PLUGINS = (".", "_")  # beginnings of names that are passed over
_INLINE = re.compile(r"(?m)^# /// script\s*$((?:\n#(?: .*)?)*?)\n# ///\s*$")


def packages(path: Sequence[str] | None = None) -> Iterator[Source]:
    """The plugins among the installed packages on `path` (default: `sys.path`), the built-in nodes first.

    Reads the entry point files directly: `importlib.metadata` takes ten times as long to import alone.
    """
    found = [_package(*entry) for entry in _entry_points(sys.path if path is None else path)]
    yield from sorted(found, key=lambda s: (not s.builtin, s.name))


def site_folders(path: Sequence[str] | None = None) -> Iterator[tuple[str, list[os.DirEntry[str]]]]:
    """The folders of `path` that hold installed packages, each with their metadata folders."""
    for folder in dict.fromkeys(sys.path if path is None else path):
        try:
            with os.scandir(folder or ".") as entries:
                installed = [e for e in entries if e.name.endswith((".dist-info", ".egg-info"))]
        except OSError:
            continue  # the import system passes over such entries as well
        if installed:
            yield folder, sorted(installed, key=lambda e: e.name)


def _entry_points(path: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """(name, module, version) of each entry point; of a distribution that is there twice the first counts."""
    seen: set[str] = set()
    for _, installed in site_folders(path):
        for entry in installed:
            name, _, version = entry.name.rpartition(".")[0].partition("-")
            try:
                text = Path(entry.path, "entry_points.txt").read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue
            if name.lower() not in seen:
                yield from ((n, m, version) for n, m in _group(text))
            seen.add(name.lower())


def _group(text: str) -> Iterator[tuple[str, str]]:
    inside = False
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            inside = line == f"[{GROUP}]"
        elif inside and "=" in line and not line.startswith(("#", ";")):
            name, _, value = line.partition("=")
            yield name.strip(), re.split(r"[:\[\s]", value.strip())[0]


def _package(name: str, module: str, version: str) -> Source:
    top = module.partition(".")[0]
    error, place = "", Path(top)
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError, AttributeError):
        spec = None
    if spec is None:
        error = f'the module "{module}" of its entry point cannot be found; install the package again'
    elif spec.submodule_search_locations:
        place = Path(next(iter(spec.submodule_search_locations)))
    elif spec.origin:
        place = Path(spec.origin)
    if (name == BUILTIN) != (module == _OWN_NODES):
        name, error = (module, f'its entry point is called "{name}", which is the name of the built-in nodes')
    elif name != BUILTIN:
        error = error or _name_error(name)
    return Source(name=name, module=module, place=place, origin="package", version=version, error=error)


def folders(where: Iterable[Path]) -> Iterator[Source]:
    """The plugins dropped into folders: each sub-folder with `__init__.py` or `pyproject.toml`, each `.py` file."""
    for folder in where:
        try:
            entries = sorted(folder.iterdir())
        except OSError:
            continue  # a folder of plugins need not be there
        for entry in entries:
            if not entry.name.startswith(_NOT_PLUGINS) and _is_plugin(entry):
                yield at(entry)


def _is_plugin(entry: Path) -> bool:
    if entry.is_dir():
        return (entry / "pyproject.toml").is_file() or any(entry.glob("*.py"))
    return entry.suffix == ".py"


def at(path: Path) -> Source:
    """The plugin in one folder or file. Never raises: what is wrong stands in `error`."""
    path = path.absolute()
    project = path / "pyproject.toml"
    if path.suffix == ".py" and not path.is_dir():
        return _dropped(path.stem, path, _inline(path))
    if not project.is_file():
        error = "" if (path / "__init__.py").is_file() else "it has neither an __init__.py nor a pyproject.toml"
        return _dropped(path.name, path, {}, error)
    try:
        said = _toml(project.read_text(encoding="utf-8"))
        return _project(path, project, _table(said, "project"))
    except (OSError, ValueError) as problem:
        return _dropped(path.name, path, {}, f"{project} cannot be read: {problem}")


def _toml(text: str) -> dict[str, Any]:
    import tomllib  # a start without dropped-in plugins is quicker without it

    return tomllib.loads(text)


def _table(said: dict[str, Any], name: str) -> dict[str, Any]:
    table = said.get(name, {})
    if not isinstance(table, dict):
        raise ValueError(f'"{name}" is not a table')
    return table


def _project(path: Path, project: Path, said: dict[str, Any]) -> Source:
    declared = _table(_table(said, "entry-points"), GROUP)
    name, module = next(iter(declared.items()), (said.get("name", path.name), ""))
    if not isinstance(name, str) or not isinstance(module, str):
        raise ValueError("the name of the plugin is not a text")
    package = re.split(r"[:.]", module)[0] or name.replace("-", "_")
    places = (path / package, path / "src" / package, path)
    place = next((p for p in places if (p / "__init__.py").is_file()), path / f"{package}.py")
    if not place.exists():
        error = f"{project} names the plugin {name!r}, but there is no package {package} beside it or in src/"
        return _dropped(name, path, said, error, project)
    return _dropped(name, place, said, "", project)


def _dropped(name: str, place: Path, said: dict[str, Any], error: str = "", project: Path | None = None) -> Source:
    requires = said.get("dependencies", ())
    if not isinstance(requires, (list, tuple)) or not all(isinstance(r, str) for r in requires):
        raise ValueError(f'"dependencies" is {requires!r}; it is a list of texts')
    return Source(
        name=name,
        module=f"{NAMESPACE}.{name.replace('-', '_')}",
        place=place,
        origin="folder",
        version=str(said.get("version", "")),
        project=project,
        requires=tuple(requires),
        error=_name_error(name) or error,
    )


def _inline(file: Path) -> dict[str, Any]:
    """What a single file declares in a comment block (PEP 723): `dependencies`."""
    try:
        block = _INLINE.search(file.read_text(encoding="utf-8"))
        return _toml(re.sub(r"(?m)^# ?", "", block[1])) if block else {}
    except (OSError, ValueError):
        return {}  # the import says what is wrong with the file


def _name_error(name: str) -> str:
    try:
        check_name(name)
    except PluginError as error:
        return str(error)
    return ""
