"""`calotype serve`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from calotype.errors import CalotypeError, FileError, exit_code
from calotype.server.options import Door, Place, WrongUse
from calotype.server.serving import Serving

WRONG_USE = 2  # exit code, as the field's tools have it
DOOR, PLACE = Door(), Place()


def serve(
    *,
    preload: Annotated[
        tuple[Path, ...], Parameter(help="A workflow whose models are loaded before /readyz says so; may be repeated.")
    ] = (),
    drain: Annotated[float, Parameter(help="Seconds that runs get to end when the server is stopped.")] = 10.0,
    door: Door = DOOR,
    place: Place = PLACE,
) -> int:
    """Serve the editor, scripts and other programs over HTTP; prints the link to open.

    Ctrl-C waits for what runs, then stops; what waits is taken up at the next start. A second Ctrl-C stops at once.
    """
    try:
        serving = Serving.of(door, place, preload, drain)
    except (WrongUse, FileError) as error:
        print(error, file=sys.stderr, flush=True)
        return WRONG_USE
    try:
        asyncio.run(serving.run())
    except CalotypeError as error:
        print(error, file=sys.stderr, flush=True)
        return exit_code(error)
    return 0
