"""The editor's widgets that a plugin brings: ES modules in the folder `web` of its package, one custom element each."""

from __future__ import annotations

import os
from pathlib import Path

from calotype.node.declare import ELEMENT
from calotype.plugins.record import Source

FOLDER = "web"
_ENDING = ".js"


def widget_files(source: Source) -> dict[str, Path]:
    """The module of each custom element that a plugin brings, by the element's name; a single file brings none."""
    try:
        with os.scandir(source.place / FOLDER) as entries:
            found = sorted(e.name for e in entries if e.is_file() and e.name.endswith(_ENDING))
    except OSError:
        return {}  # most plugins have no such folder
    names = [name.removesuffix(_ENDING) for name in found]
    return {name: source.place / FOLDER / f"{name}{_ENDING}" for name in names if ELEMENT.match(name)}
