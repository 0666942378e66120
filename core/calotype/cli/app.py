"""The table of commands."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

from cyclopts import App, Parameter

COMMANDS = (
    # each is the module calotype.cli.commands.NAME, with hyphens as underscores, and in it a function of that name
    "run",
    "validate",
    "plan",
    "fmt",
    "diff",
    "replay",
    "nodes",
    "plugins",
    "models",
    "store",
    "new-plugin",
    "check-plugin",
    "version",
)
HELP = "Run node-graph workflows for diffusion models: what the editor saves is what runs here."


def build(tokens: Sequence[str]) -> App:
    """The command line as these tokens need it: `run` has the flags of the workflow that they name.

    Raises FileError, WorkflowError when that workflow cannot be read.
    """
    app = App(
        name="calotype", help=HELP, version=f"calotype {version('calotype')}", default_parameter=Parameter(negative="")
    )
    for name in COMMANDS:
        module = name.replace("-", "_")
        if name == "run" and list(tokens[:1]) == ["run"]:
            from calotype.cli.commands.run import command

            app.command(command(tokens[1:]), name="run")
        else:
            app.command(f"calotype.cli.commands.{module}:{module}", name=name)
    return app
