"""The entry point `calotype`: exit codes, and the one place where errors become messages."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext

from calotype.cli.console import complain, complain_of, results, results_apart
from calotype.cli.interrupt import CANCELLED
from calotype.cli.usage import WRONG_USE, UsageError
from calotype.collector import building_up, going_away
from calotype.errors import CalotypeError, exit_code


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line; the exit code. Never raises for what a user did wrong.

    argv: without it, that of this process, which then serves this command and nothing else.
    """
    if argv is None:
        try:
            return _run(sys.argv[1:], building_up)
        finally:
            going_away()
    return _run(list(argv), nullcontext)


def _run(tokens: list[str], building: Callable[[], AbstractContextManager[None]]) -> int:
    json = "--json" in tokens
    # Pillow's word on large pictures; ours, which refuses them, says more.
    warnings.filterwarnings("ignore", r"Image size \(\d+ pixels\) exceeds limit")
    asked_for_help = not tokens or not {"--help", "-h", "--version"}.isdisjoint(tokens)
    with nullcontext() if asked_for_help else results_apart():
        return _carried_out(tokens, building, json=json)


def _carried_out(tokens: list[str], building: Callable[[], AbstractContextManager[None]], *, json: bool) -> int:
    with building():
        from cyclopts import CycloptsError

        from calotype.cli.app import build

    try:
        with building():
            app = build(tokens)
        return app(tokens, exit_on_error=False, print_error=False, result_action="return_value") or 0
    except CycloptsError as error:
        complain_of(UsageError(_plain(error)), json=json)
        return WRONG_USE
    except UsageError as error:
        complain_of(error, json=json)
        return WRONG_USE
    except CalotypeError as error:
        complain_of(error, json=json)
        return exit_code(error)
    except KeyboardInterrupt:
        complain("stopped")
        return CANCELLED
    except BrokenPipeError:  # who read our output has gone; Python must not complain of it at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), results().fileno())
        return 1


def _plain(error: Exception) -> str:
    """What the parser says, with the way to more help; "nothing said" is no choice to be made."""
    said = " ".join(str(error).split()).replace('Choose from: "", ', "Choose from: ")
    return f"{said} See calotype --help."


if __name__ == "__main__":
    sys.exit(main())
