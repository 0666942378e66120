"""Files that runs made, by content."""

from __future__ import annotations

import asyncio
import mmap
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from pydantic import Field

from calotype.errors import FileError
from calotype.exports import with_record
from calotype.outputs import DIGEST
from calotype.server.keys import OUTPUTS, RUNS
from calotype.server.problems import Refused
from calotype.server.routing import Asked, Call, Routes
from calotype.server.sending import INLINE, PLAIN, send

routes = Routes("results")
LARGE = 256 << 20  # bytes; no picture is as large
WITHIN = ("id", "name", "started", "workflow", "runtime", "nodes")  # of a record, what a picture carries


class FileQuery(Asked):
    """Whether the record of a run goes with it."""

    run: str = Field("", max_length=64, description="A run that made it: a PNG then carries that run's record.")


@routes.get("/v1/files/{digest}", query=FileQuery, produces=(*sorted(INLINE), PLAIN), errors=(404, 416))
async def file(call: Call[None, FileQuery]) -> web.StreamResponse:
    """A file that a run made, by its digest, as runs name it.

    Known kinds of pictures are shown, everything else is a download. Ranges, ETag and `If-None-Match` work; a file
    never changes. With `run` a PNG carries the record that `calotype replay` reads.
    """
    digest, run = call["digest"], call.query.run
    if not DIGEST.fullmatch(digest):
        raise Refused.missing("file", digest)
    known = await asyncio.to_thread(call.part(RUNS).holders, digest)
    made = next((f for id, _, f in known if not run or id == run), None)
    if made is None:
        raise Refused.missing(f"file of the run {run}" if run else "file", digest)
    data = await asyncio.to_thread(content, call.request.app, made, run)
    tag = f"{digest}-{run}" if run else digest
    return send(call.request, data, made["media_type"], made["name"], tag, lasting=True)


def content(app: web.Application, file: Mapping[str, Any], run: str = "") -> bytes | memoryview:
    """The bytes of a file of a run, checked; `run`: that one's record inside. Those of a large file are mapped.

    Raises Refused: 404 when it is gone.
    """
    try:
        with app[OUTPUTS].open(file["digest"]) as opened:
            if file["bytes"] > LARGE:
                return memoryview(mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ))
            data = opened.read()
    except FileError as error:
        raise Refused(404, "not-found", str(error)) from error
    record, made = (app[RUNS].record(run), app[RUNS].get(run)) if run else (None, None)
    if record is None or made is None:
        return data
    digests = [f["digest"] for f in made.files if f["node"] == file["node"]]
    index = digests.index(file["digest"]) if file["digest"] in digests else 0
    within = {name: record[name] for name in WITHIN if name in record}
    return with_record(data, file["media_type"], within | {"node": file["node"], "index": index})
