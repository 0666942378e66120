"""Everything that the server is made of, opened in order and closed in the other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

from calotype.backends import Backend
from calotype.crash import Crash
from calotype.dispatch import Dispatcher, Hub
from calotype.errors import FileError, StoreError
from calotype.library import Library
from calotype.outputs import Outputs
from calotype.runs import Runs
from calotype.server.aside import Aside
from calotype.server.documents import Documents
from calotype.server.keys import ASIDE, DISPATCHER, DOCUMENTS, HUB, LIBRARY, OUTPUTS, RUNS, SHELF, UPLOADS
from calotype.server.limits import Limits
from calotype.server.shelf import Shelf
from calotype.services import SHIPPED
from calotype.settings import Settings
from calotype.uploads import Bounds, Uploads

Parts = dict[web.AppKey[Any], Any]
RUNS_FILE = "runs.sqlite"
HOUR = 3_600.0  # seconds
_log = logging.getLogger(__name__)


@asynccontextmanager
async def opened(
    settings: Settings, limits: Limits, backend: Backend, *, drain: float = 10.0, crash: Crash | None = None
) -> AsyncIterator[Parts]:
    """The parts of a server with its dispatcher running, for the length of a block.

    drain: seconds that runs get to end. Raises Occupied when another server has the folder, StoreError, FileError.
    """
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f'the folder "{settings.home}" cannot be made: {error.strerror}; give another --home') from None
    crash = crash or Crash.asked()
    async with AsyncExitStack() as stack:
        runs = Runs(settings.home / RUNS_FILE, crash=crash)
        stack.callback(runs.close)
        library = Library(settings.home / "workflows", SHIPPED, crash=crash)
        stack.callback(library.close)
        outputs = Outputs(settings.home / "files", crash)
        documents = await asyncio.to_thread(Documents.open, settings, limits)
        stack.callback(documents.close)
        aside = Aside(settings)
        stack.push_async_callback(aside.close)
        hub = Hub(runs, crash, limits.buffer)
        await asyncio.to_thread(_tidy, runs, outputs, limits)
        dispatcher = Dispatcher(runs, backend, hub)
        await dispatcher.start()
        stack.push_async_callback(dispatcher.stop, drain)
        keeping = asyncio.create_task(_keep_tidy(runs, outputs, limits))
        stack.callback(keeping.cancel)
        yield {
            RUNS: runs,
            LIBRARY: library,
            OUTPUTS: outputs,
            DOCUMENTS: documents,
            ASIDE: aside,
            HUB: hub,
            DISPATCHER: dispatcher,
            UPLOADS: Uploads(settings.home / "input", bounds(limits), crash=crash),
            SHELF: Shelf(documents.files),
        }


def _tidy(runs: Runs, outputs: Outputs, limits: Limits) -> None:
    """Forget the oldest runs beyond the limit, and files that no run refers to; while nothing runs that makes files."""
    runs.prune(keep_runs=limits.history)
    outputs.prune(runs.digests())


async def _keep_tidy(runs: Runs, outputs: Outputs, limits: Limits) -> None:
    """Forget the oldest runs now and then, and their files while nothing runs (a run has its files when it ends)."""
    while True:
        await asyncio.sleep(HOUR)
        try:
            if (await asyncio.to_thread(runs.counts)).get("running", 0):
                await asyncio.to_thread(runs.prune, limits.history)
            else:
                await asyncio.to_thread(_tidy, runs, outputs, limits)
        except (StoreError, OSError) as error:
            _log.warning("the oldest runs cannot be forgotten: %s", error)


def bounds(limits: Limits) -> Bounds:
    """What uploads may be."""
    return Bounds(pixels=limits.pixels, frames=limits.frames, bytes=limits.upload)


def check_disjoint(settings: Settings) -> None:
    """What the server writes lies apart from what it trusts: no upload can become a plugin or a model, and no part
    writes into another's folder. Raises FileError.
    """
    home = settings.home
    written = [home / name for name in ("cache", "files", "input", "server", "store", "workflows")]
    trusted = [*settings.models, *settings.plugins, Path(__file__).parents[1]]
    pairs = [(w, t) for w in written for t in trusted]
    pairs += [(one, other) for i, one in enumerate(written) for other in written[i + 1 :]]
    for one, other in pairs:
        if _meet(one, other):
            raise FileError(f'the server writes into "{one}", which must lie apart from "{other}"; use other folders')
    _check_inputs(settings, written)


def _check_inputs(settings: Settings, written: Sequence[Path]) -> None:
    """Folders of pictures may be read by every workflow: nothing else that the server writes may lie in one."""
    for given in settings.inputs:
        for one in written:
            if one.name != "input" and _meet(one, given):
                raise FileError(f'pictures are read from "{given}", which must lie apart from "{one}"')


def _meet(one: Path, other: Path) -> bool:
    """Whether one folder lies in the other, or is it."""
    a, b = one.expanduser().resolve(), other.expanduser().resolve()
    return a == b or a in b.parents or b in a.parents
