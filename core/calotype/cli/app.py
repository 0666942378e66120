"""The table of commands."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from cyclopts import App, Parameter

COMMANDS = {
    # name -> help; each is the module calotype.cli.commands.NAME (hyphens as underscores) with a function of that name
    "run": "Run a workflow: once, as a sweep, or over many inputs.",
    "validate": "Say everything that is wrong with workflows, without running them.",
    "plan": "Say what a run would compute, what is stored, and why.",
    "fmt": "Write workflow files in their canonical form.",
    "diff": "Say which nodes, values and links of two workflows differ.",
    "serve": "Serve the editor, scripts and other programs over HTTP.",
    "import": "Turn a workflow of another program into one of Calotype.",
    "replay": "Compute a picture again from its record and compare.",
    "nodes": "List node types, or show one.",
    "plugins": "List plugins and what is wrong with them.",
    "models": "List weights files with family, size and hash.",
    "store": "Show, prune, verify or clear stored results.",
    "new-plugin": "Write a plugin that passes its own tests.",
    "check-plugin": "Check that a plugin conforms.",
    "version": "Say which versions and device runs have here.",
}
MODULES = {"import": "import_"}  # a word of Python's own cannot name a module
ELSEWHERE = {"serve": "calotype.server.command:serve"}  # by its name alone: the server is loaded when it is called
FLAGGED = ("run", "plan")  # they take the flags of the workflow that they are given
HELP = "Run node-graph workflows for diffusion models."


def build(tokens: Sequence[str]) -> App:
    """The command line as these tokens need it: `run` and `plan` have the flags of the workflow that they name.

    Raises FileError, WorkflowError when that workflow cannot be read.
    """
    usual = Parameter(negative="", show_default=False, show_choices=False)
    app = App(name="calotype", help=HELP, version=_version, default_parameter=usual)
    for name, help in COMMANDS.items():
        module = MODULES.get(name, name.replace("-", "_"))
        if name in FLAGGED and list(tokens[:1]) == [name]:
            from calotype.cli.flagged import flagged

            own = getattr(import_module(f"calotype.cli.commands.{module}"), module)
            app.command(flagged(own, tokens[1:]), name=name)
        else:
            app.command(ELSEWHERE.get(name, f"calotype.cli.commands.{module}:{module}"), name=name, help=help)
    return app


def _version() -> str:
    from importlib.metadata import version

    return f"calotype {version('calotype')}"
