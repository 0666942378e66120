"""Writing the beginning of a plugin."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import calotype
from calotype.errors import PluginError
from calotype.plugins.record import check_name


def new_plugin(name: str, where: Path, *, widget: bool = False) -> Path:
    """Write a plugin that passes its own tests into the new folder `where / name`, and return the folder.

    It can be installed (`pip install -e`), or used as it lies in a folder of plugins. widget: with a widget of its own
    for the editor. Raises PluginError if the name
    cannot be that of a plugin, if the folder is there already, or if it cannot be written.
    """
    from string import Template  # a start is quicker without it

    folder = where / check_name(name)
    package = name.replace("-", "_")
    element = f"{package.lower().replace('_', '-')}-amount"
    said = {"name": name, "package": package, "prefix": package, "version": _engine_version(), "element": element}
    said["widget"] = f', widget="{element}"' if widget else ""
    try:
        folder.mkdir(parents=True)
        for relative, text in _template(Path(__file__).with_name("template")):
            if not widget and relative.endswith(".js.txt"):
                continue
            named = relative.replace("package/", f"{package}/").replace("element.js", f"{element}.js")
            file = folder / named.removesuffix(".txt")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(Template(text).substitute(said), encoding="utf-8")
    except FileExistsError:
        raise PluginError(f"{folder} is there already; give another name, or remove it first") from None
    except OSError as error:
        raise PluginError(f"{folder} cannot be written: {error.strerror or error}") from error
    return folder


def _template(folder: Path, under: str = "") -> Iterator[tuple[str, str]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _template(entry, f"{under}{entry.name}/")
        elif entry.suffix == ".txt":
            yield f"{under}{entry.name}", entry.read_text(encoding="utf-8")


def _engine_version() -> str:
    return ".".join(getattr(calotype, "__version__", "0.1.0").split(".")[:2])
