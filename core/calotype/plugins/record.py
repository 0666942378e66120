"""What is known of a plugin, whatever became of it."""

from __future__ import annotations

import keyword
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from calotype.errors import PluginError

BUILTIN = "builtin"
NAMESPACE = "calotype_plugins"

Status = Literal["ok", "broken", "disabled"]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*([-_][A-Za-z0-9]+)*\Z")
_TAKEN = frozenset({BUILTIN, "calotype", "calotype_nodes", NAMESPACE, "subgraph", "value"})
_LONGEST_NAME = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a plugin's code lies, found without importing it.

    module: its import name; a folder's plugin is imported as `calotype_plugins.<name>`. place: the package's folder, or
    the single file. project: its pyproject.toml. requires: requirement strings to be checked before the import.
    error: why it cannot even be tried.
    """

    name: str
    module: str
    place: Path
    origin: Literal["package", "folder"]
    version: str = ""
    project: Path | None = None
    requires: tuple[str, ...] = ()
    error: str = ""

    @property
    def prefix(self) -> str:
        """What its type ids begin with: empty for the built-in nodes."""
        return "" if self.builtin else self.name.replace("-", "_")

    @property
    def builtin(self) -> bool:
        """Whether these are Calotype's own nodes."""
        return self.name == BUILTIN

    @property
    def private(self) -> bool:
        """Whether it lives in the private namespace rather than on the import path."""
        return self.module.startswith(f"{NAMESPACE}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginRecord:
    """One plugin. status: "ok"; "broken", with the reason in `error` and the nodes that work all the same in `nodes`;
    "disabled" by the configuration, with the nodes that it would bring where they are known. widgets: the
    custom elements of the editor that it brings.
    """

    name: str
    version: str
    origin: Literal["package", "folder"]
    path: str
    status: Status
    error: str = ""
    nodes: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    widgets: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self) | {
            "nodes": list(self.nodes),
            "requires": list(self.requires),
            "widgets": list(self.widgets),
        }


def check_name(name: str) -> str:
    """The name, if a plugin may have it: letters and digits, single hyphens or underscores between them.

    Raises PluginError. What passes is safe as a folder, a package and the beginning of a type id.
    """
    if len(name) > _LONGEST_NAME or not _NAME.match(name):
        raise PluginError(
            f"{name[:_LONGEST_NAME]!r} cannot be the name of a plugin: letters and digits, beginning with a letter, "
            f"hyphens or underscores between them, at most {_LONGEST_NAME} characters; like film-grain"
        )
    module = name.replace("-", "_").lower()
    if module in _TAKEN or keyword.iskeyword(module):
        raise PluginError(f"{name!r} cannot be the name of a plugin: the word is taken")
    return name
