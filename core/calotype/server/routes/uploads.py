"""Pictures that workflows read: sent here, listed, looked at."""

from __future__ import annotations

import asyncio
import mimetypes
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from aiohttp import BodyPartReader, web
from pydantic import Field

from calotype.errors import FileError
from calotype.server.keys import DOCUMENTS, LIMITS, UPLOADS
from calotype.server.problems import Refused
from calotype.server.routing import Answer, Asked, Call, NoQuery, Routes
from calotype.server.sending import INLINE, PLAIN, send
from calotype.uploads import not_kept
from calotype.uploads.header import KINDS, START, described, refused, too_large

routes = Routes("pictures")
MULTIPART = "multipart/form-data"
KINDS_TAKEN = tuple(f"image/{kind}" for kind, *_ in KINDS)
PIECE = 1 << 20  # bytes that are written at once
FORM = 1 << 16  # bytes of a form around its file
INPUT = "input"

T = TypeVar("T")


class UploadQuery(Asked):
    """What the sender calls it; a name of a part in a form goes before."""

    name: str = Field("", max_length=500)


class UploadAnswer(Answer):
    """A picture that was taken in: `{"file": FILE}` names it in a workflow.

    folder: "input". workflow: the file that was sent carries text that may be a workflow; it is not kept, send the file
    to `/v1/import` for it. new: it was not there before.
    """

    file: str
    folder: str
    hash: str
    bytes: int
    width: int
    height: int
    frames: int
    alpha: bool
    workflow: bool
    new: bool


class Input(Answer):
    """A file that workflows can name as a picture."""

    file: str
    bytes: int
    media_type: str
    url: str


class Inputs(Answer):
    """The pictures that workflows can name."""

    inputs: list[Input]


@routes.post(
    "/v1/uploads",
    query=UploadQuery,
    answer=UploadAnswer,
    status=201,
    accepts=(MULTIPART, PLAIN, *KINDS_TAKEN),
    streams=True,
    most="upload",
)
async def upload(call: Call[Any, UploadQuery]) -> dict[str, Any]:
    """Send a picture: its bytes, or a form with one file.

    It is looked at before it is decoded, decoded apart from the server, and written anew: the same pixels and
    transparency, and nothing else. The same picture is kept once. Refused are pictures beyond the limits, and what is
    no picture or not only one.
    """
    uploads, request = call.part(UPLOADS), call.request
    if request.content_type not in (MULTIPART, PLAIN, *KINDS_TAKEN):
        raise Refused(415, "content-type", f"send the bytes of a picture, or a form: {', '.join(KINDS_TAKEN)}")
    if (request.content_length or 0) > uploads.bounds.bytes + FORM * (request.content_type == MULTIPART):
        raise Refused(413, "too-large", str(too_large("the file", uploads.bounds.bytes)))
    part = await asyncio.to_thread(uploads.begin)
    try:
        name = await _received(call, part)
        found = await asyncio.to_thread(uploads.accept, part, name)
    except FileError as error:
        code = error.problems[0].code if error.problems else error.code
        raise Refused(413 if code == "too-large" else 422, code, str(error), problems=error.problems) from error
    except ConnectionError:
        raise Refused(400, "incomplete", "the connection ended before the file did") from None
    finally:
        await asyncio.to_thread(uploads.drop, part)
    return found.to_dict()


@routes.get("/v1/inputs", answer=Inputs)
async def inputs(call: Call[None, NoQuery]) -> dict[str, Any]:
    """The pictures that workflows can name, those of the folders of this machine among them."""
    return {"inputs": await asyncio.to_thread(_listed, call)}


@routes.get("/v1/inputs/{name:.+}", produces=(*sorted(INLINE), PLAIN), errors=(404, 416))
async def picture(call: Call[None, NoQuery]) -> web.StreamResponse:
    """One of these pictures."""
    files = call.part(DOCUMENTS).files
    try:
        path = await asyncio.to_thread(files.find, INPUT, call["name"])
        if not path.is_file():
            raise FileError("it is a folder")
        data = await asyncio.to_thread(path.read_bytes)
    except FileError:
        raise Refused.missing("picture", call["name"], files.near(INPUT, call["name"])) from None
    tag = await asyncio.to_thread(files.hashes.of, path)
    return send(call.request, data, _media_type(path.name), path.name, tag)


def _listed(call: Call[Any, Any]) -> list[dict[str, Any]]:
    files, found = call.part(DOCUMENTS).files, []
    for name in files.list(INPUT):
        path = files.find(INPUT, name)
        if path.is_file():
            said = {"file": name, "bytes": path.stat().st_size, "media_type": _media_type(name)}
            found.append(said | {"url": f"/v1/inputs/{quote(name)}"})
    return found


def _media_type(name: str) -> str:
    return mimetypes.guess_type(name)[0] or PLAIN


async def _received(call: Call[Any, UploadQuery], part: Path) -> str:
    """Write what is sent into a file; what the sender calls it. Raises Refused, FileError as soon as it is clear."""
    if call.request.content_type != MULTIPART:
        await _written(call, call.request.content.iter_chunked(PIECE), part)
        return call.query.name
    try:
        form = await call.request.multipart()
        async for field in form:
            if isinstance(field, BodyPartReader) and field.filename:
                await _written(call, _chunks(field), part)
                return field.filename
    except (ValueError, AssertionError) as error:
        raise Refused(400, "form", f"the form cannot be read: {error}") from None
    raise Refused(422, "form", "the form holds no file")


async def _chunks(field: BodyPartReader) -> AsyncIterator[bytes]:
    while chunk := await field.read_chunk(PIECE):
        yield chunk


async def _written(call: Call[Any, Any], chunks: AsyncIterator[bytes], part: Path) -> None:
    bounds, waiting, size = call.part(UPLOADS).bounds, call.part(LIMITS).reading, 0
    file = await asyncio.to_thread(_disk, part.open, "wb")
    try:
        while True:
            async with asyncio.timeout(waiting):
                chunk = await anext(chunks, b"")
            if not chunk:
                return
            if not size:
                _check_start(chunk)
            size += len(chunk)
            if size > bounds.bytes:
                raise too_large("the file", bounds.bytes)
            await asyncio.to_thread(_disk, file.write, chunk)
    except TimeoutError:
        raise Refused(408, "too-slow", f"nothing came for {waiting} s") from None
    finally:
        await asyncio.to_thread(_disk, file.close)


def _disk(work: Callable[..., T], *args: Any) -> T:
    """Do something with the disk. Raises StoreError where that refuses."""
    try:
        return work(*args)
    except OSError as error:
        raise not_kept("the file", error) from error


def _check_start(chunk: bytes) -> None:
    """What is clearly no picture is not even received."""
    if len(chunk) >= START and not any(matches(chunk) for _, matches, _ in KINDS):
        raise refused("no-picture", f"the file is {described(chunk[:START])}")
