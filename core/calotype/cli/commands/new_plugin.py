"""`calotype new-plugin`: a plugin to begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from calotype.cli.console import complain, say
from calotype.plugins import new_plugin as scaffold


def new_plugin(
    name: str,
    *,
    into: Annotated[Path, Parameter(name=("--into", "-o"), help="Folder to make it in [.].")] = Path(),
    widget: Annotated[bool, Parameter(help="With a widget of its own for the editor.", negative=())] = False,
) -> int:
    """Write a plugin that passes its own tests: one node, its test, a pyproject.toml.

    Parameters
    ----------
    name
        Its name, like film-grain; its nodes are called film_grain.Node.
    """
    made = scaffold(name, into, widget=widget)
    say(str(made))
    complain(f"try it: calotype check-plugin {made}; use it: calotype run FILE --plugins {made.parent}")
    return 0
