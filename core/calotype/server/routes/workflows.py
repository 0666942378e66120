"""Documents on the server: listed, read, saved with their revisions, and unsaved work."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from aiohttp import web
from pydantic import Field, RootModel

from calotype.errors import Conflict, WorkflowError
from calotype.library import ANY, Version
from calotype.server.interfaces import outputs, port_schema, schema
from calotype.server.keys import DOCUMENTS, LIBRARY
from calotype.server.precise import as_before
from calotype.server.problems import Refused
from calotype.server.routing import JSON, Answer, Asked, Call, NoQuery, Nothing, Routes, Said, answered
from calotype.server.sending import NEVER
from calotype.workflow import Document, interface

routes = Routes("workflows")
T = TypeVar("T")


class Workflow(RootModel[dict[str, Any]]):
    """A workflow document: the file as it is."""


class ReadQuery(Asked):
    """Which revision, and whether also a text that is no workflow is wanted."""

    revision: int | None = Field(None, ge=1, description="By default the newest.")
    raw: bool = Field(False, description="The file's bytes, also where they cannot be read as a workflow.")


class ClientQuery(Asked):
    """Who changes it."""

    client: str = Field("", max_length=100, description="Id of the client, for the history and for its draft.")


class SaveQuery(ClientQuery):
    """Who saves it, and how its numbers were read."""

    doubles: bool = Field(
        False, description="Numbers that differ from the last revision beyond the precision of doubles stay as there."
    )


class WorkflowEntry(Answer):
    """A workflow in the list. title, description, inputs: as the document says. wrong: why it cannot be read.
    drafts: of how many clients there is unsaved work. template: it ships with the program and cannot be changed.
    """

    name: str
    title: str
    description: str
    inputs: dict[str, str]
    nodes: int
    revision: int
    etag: str
    updated: str
    author: str
    template: bool
    wrong: str
    drafts: int


class WorkflowList(Answer):
    """Every workflow. unsaved: names under which there is work that was never saved."""

    workflows: list[WorkflowEntry]
    unsaved: list[str]


class RevisionAnswer(Answer):
    """A kept version. kind: saved, restored, by hand, template."""

    number: int
    at: str
    author: str
    kind: str
    digest: str
    bytes: int
    etag: str


class SavedAnswer(RevisionAnswer):
    """The newest revision of a workflow."""

    name: str


class Versions(Answer):
    """The revisions, the newest first."""

    versions: list[RevisionAnswer]


class Restore(Said):
    """Which revision becomes the newest one again."""

    revision: int = Field(ge=1)


class NewName(Said):
    """A name."""

    name: str = Field(min_length=1, max_length=200)


class TrashedAnswer(Answer):
    """A workflow in the trash."""

    id: int
    name: str
    at: str
    revision: int


class Trash(Answer):
    """What lies in the trash, the newest first."""

    trash: list[TrashedAnswer]


class BringBack(Said):
    """Under which name; by default its own."""

    name: str = Field("", max_length=200)


class Post(Said):
    """Unsaved work: the whole draft, or operations on what was posted before.

    base: the revision that it began from; after: the `seq` of the last answer, so that nothing is missed or doubled.
    """

    client: str = Field(min_length=1, max_length=100)
    base: int = Field(0, ge=0)
    draft: dict[str, Any] | None = None
    operations: list[Any] | None = None
    after: int | None = Field(None, ge=0)


class Posted(Answer):
    """seq: number of the last entry; everything up to it is on disk."""

    seq: int


class DraftAnswer(Answer):
    """Unsaved work of one client: `operations` are to be applied to `draft`, or where it is null to revision `base`."""

    name: str
    client: str
    base: int
    seq: int
    at: str
    draft: dict[str, Any] | None
    operations: list[Any]


class Drafts(Answer):
    """Unsaved work on a workflow, the newest first."""

    drafts: list[DraftAnswer]


class Discarded(Answer):
    """How many drafts there were."""

    discarded: int


class Interface(Answer):
    """What a workflow takes and gives. schema: of the body of its own endpoint, as JSON Schema."""

    name: str
    inputs: list[dict[str, Any]]
    outputs: list[dict[str, Any]]


@routes.get("/v1/workflows", answer=WorkflowList)
async def workflows(call: Call[None, NoQuery]) -> dict[str, Any]:
    """Every workflow of the server: your own, and the templates that ship with the program."""
    library = call.part(LIBRARY)
    entries = await asyncio.to_thread(library.entries)
    unsaved = await asyncio.to_thread(library.unsaved)
    return {"workflows": [e.to_dict() for e in entries], "unsaved": unsaved}


@routes.get("/v1/workflows/{name}", query=ReadQuery, answer=Workflow, errors=(404,))
async def workflow(call: Call[None, ReadQuery]) -> web.StreamResponse:
    """A workflow: the very file that `calotype run` runs. Its ETag is what a change has to name in `If-Match`."""
    version = await _got(call, call.query.revision)
    if not call.query.raw:
        await _read(version)
    return _document(call, version, raw=call.query.raw)


@routes.put("/v1/workflows/{name}", body=Workflow, query=SaveQuery, answer=SavedAnswer, errors=(403, 404, 409, 412))
async def save(call: Call[Workflow, SaveQuery]) -> web.StreamResponse:
    """Save a workflow: a new one without `If-Match`, a new revision with the ETag of what it was made from.

    Where that is not what is there, it is refused, and what was sent is kept as a draft of the client. `If-Match: *`
    overwrites whatever is there; it stays in the history.
    """
    library, expected, said = call.part(LIBRARY), _expected(call, None), call.body.root
    if call.query.doubles:
        said = await asyncio.to_thread(as_before, library, call["name"], said)
    document = await asyncio.to_thread(call.part(DOCUMENTS).read, said)
    put = lambda: library.put(call["name"], document, expected=expected, author=call.query.client)  # noqa: E731
    return _saved(await _done(call, put))


@routes.delete("/v1/workflows/{name}", answer=TrashedAnswer, errors=(403, 404, 412))
async def delete(call: Call[Nothing, NoQuery]) -> dict[str, Any]:
    """Move a workflow into the trash, with its history."""
    expected = _expected(call, ANY)
    return (await _done(call, lambda: call.part(LIBRARY).delete(call["name"], expected=expected))).to_dict()


@routes.get("/v1/workflows/{name}/versions", answer=Versions, errors=(404,))
async def versions(call: Call[None, NoQuery]) -> dict[str, Any]:
    """Every kept revision, the newest first; files that were changed by hand are among them."""
    found = await _done(call, lambda: call.part(LIBRARY).versions(call["name"]))
    return {"versions": [r.to_dict() for r in found]}


@routes.get("/v1/workflows/{name}/versions/{number}", answer=Workflow, errors=(404,))
async def version(call: Call[None, NoQuery]) -> web.StreamResponse:
    """A workflow as it was."""
    number = call["number"]
    if not number.isdecimal() or len(number) > 9:
        raise Refused.missing("revision", number)
    return _document(call, await _got(call, int(number)))


@routes.post(
    "/v1/workflows/{name}/restore", body=Restore, query=ClientQuery, answer=SavedAnswer, errors=(403, 404, 412)
)
async def restore(call: Call[Restore, ClientQuery]) -> web.StreamResponse:
    """Make an old revision the newest one. Nothing in between is lost."""
    library, expected = call.part(LIBRARY), _expected(call, ANY)
    number, client = call.body.revision, call.query.client
    done = lambda: library.restore(call["name"], number, expected=expected, author=client)  # noqa: E731
    return _saved(await _done(call, done))


@routes.post("/v1/workflows/{name}/rename", body=NewName, answer=SavedAnswer, errors=(403, 404, 409, 412))
async def rename(call: Call[NewName, NoQuery]) -> web.StreamResponse:
    """Give a workflow another name; its history and drafts go with it."""
    library, expected = call.part(LIBRARY), _expected(call, ANY)
    return _saved(await _done(call, lambda: library.rename(call["name"], call.body.name, expected=expected)))


@routes.post(
    "/v1/workflows/{name}/duplicate",
    body=NewName,
    query=ClientQuery,
    answer=SavedAnswer,
    status=201,
    errors=(403, 404, 409),
)
async def duplicate(call: Call[NewName, ClientQuery]) -> web.StreamResponse:
    """A new workflow with the content of another one, or of a template."""
    library, client = call.part(LIBRARY), call.query.client
    return _saved(await _done(call, lambda: library.duplicate(call["name"], call.body.name, author=client)), 201)


@routes.get("/v1/workflows/{name}/journal", answer=Drafts)
async def drafts(call: Call[None, NoQuery]) -> dict[str, Any]:
    """Unsaved work on a workflow, which need not have been saved ever: to be offered again after a crash."""
    found = await _done(call, lambda: call.part(LIBRARY).drafts(call["name"]))
    return {"drafts": [d.to_dict() for d in found]}


@routes.post("/v1/workflows/{name}/journal", body=Post, answer=Posted, errors=(409,))
async def post(call: Call[Post, NoQuery]) -> dict[str, Any]:
    """Keep unsaved work. What is answered is on disk, also after a power cut."""
    body, library = call.body, call.part(LIBRARY)
    if (body.draft is None) == (body.operations is None):
        raise Refused(422, "body", 'give either "draft" or "operations"', pointer="/draft")
    keep = lambda: library.post_draft(  # noqa: E731
        call["name"],
        body.client,
        base=body.base,
        draft=body.draft,
        operations=body.operations or (),
        after=body.after,
    )
    return {"seq": await _done(call, keep)}


@routes.delete("/v1/workflows/{name}/journal", query=ClientQuery, answer=Discarded)
async def discard(call: Call[Nothing, ClientQuery]) -> dict[str, Any]:
    """Forget the unsaved work of one client, or without `client` of all."""
    library, client = call.part(LIBRARY), call.query.client or None
    return {"discarded": await _done(call, lambda: library.discard_draft(call["name"], client))}


@routes.get("/v1/workflows/{name}/interface", answer=Interface, errors=(404,))
async def described(call: Call[None, NoQuery]) -> dict[str, Any]:
    """The public inputs and outputs of a workflow, with types, ranges and defaults, and the schema of its endpoint."""
    version, registry = await _got(call), call.part(DOCUMENTS).registry
    document = await _read(version)
    ports = interface(document, registry)
    return {
        "name": version.name,
        "title": document.name,
        "description": document.description,
        "inputs": [{"name": p.name, "node": p.node, "input": p.input} | port_schema(p) for p in ports],
        "outputs": outputs(document, registry),
        "schema": schema(ports),
    }


@routes.get("/v1/trash", answer=Trash)
async def trash(call: Call[None, NoQuery]) -> dict[str, Any]:
    """What was deleted and can be had back."""
    return {"trash": [t.to_dict() for t in await asyncio.to_thread(call.part(LIBRARY).trash)]}


@routes.post("/v1/trash/{id}/restore", body=BringBack, answer=SavedAnswer, errors=(404, 409))
async def bring_back(call: Call[BringBack, NoQuery]) -> web.StreamResponse:
    """Take a workflow out of the trash, with its history."""
    id, name = _number(call["id"]), call.body.name or None
    return _saved(await _done(call, lambda: call.part(LIBRARY).bring_back(id, name)))


@routes.delete("/v1/trash/{id}", answer=Trash, errors=(404,))
async def destroy(call: Call[Nothing, NoQuery]) -> dict[str, Any]:
    """Destroy a workflow in the trash for good; the answer is what still lies there."""
    id, library = _number(call["id"]), call.part(LIBRARY)
    await _done(call, lambda: library.destroy(id))
    return {"trash": [t.to_dict() for t in await asyncio.to_thread(library.trash)]}


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 15:
        raise Refused.missing("workflow in the trash", text)
    return int(text)


async def _got(call: Call[Any, Any], revision: int | None = None) -> Version:
    return await _done(call, lambda: call.part(LIBRARY).get(call["name"], revision))


async def _read(version: Version) -> Document:
    """The document in a version. Raises Refused where its text is none."""
    try:
        return await asyncio.to_thread(lambda: version.document)
    except WorkflowError as error:
        raise Refused.of(error, 422) from error


async def _done(call: Call[Any, Any], work: Callable[[], T]) -> T:
    """The outcome of blocking work. Raises Refused: with 412 where the request named what it expects."""
    try:
        return await asyncio.to_thread(work)
    except Conflict as error:
        refused = Refused.of(error, 412 if "If-Match" in call.request.headers else 409)
        refused.headers = {"ETag": f'"{error.current}"'} if error.current else {}
        raise refused from error


def _expected(call: Call[Any, Any], otherwise: str | None) -> str | None:
    """What the request says of what is there. Raises Refused for several tags, which no revision can be."""
    given = call.request.headers.get("If-Match")
    if given is None:
        return None if call.request.headers.get("If-None-Match") == "*" else otherwise
    tag = given.strip().removeprefix("W/").strip('"')
    if len(given) > 200 or "," in tag:
        raise Refused(422, "if-match", 'If-Match takes one ETag, like "3-0123456789ab", or *')
    return tag


def _saved(version: Version, status: int = 200) -> web.Response:
    said = version.revision.to_dict() | {"name": version.name}
    return answered(said, status, ETag=f'"{version.etag}"')


def _document(call: Call[Any, Any], version: Version, *, raw: bool = False) -> web.StreamResponse:
    headers = {
        "ETag": f'"{version.etag}"',
        "Cache-Control": NEVER,
        "X-Calotype-Template": "true" if version.template else "false",
    }
    known = call.request.if_none_match
    if known is not None and any(e.value in (version.etag, "*") for e in known):
        return web.Response(status=304, headers=headers)
    kind = "text/plain" if raw else JSON
    return web.Response(body=version.text, content_type=kind, charset="utf-8" if raw else None, headers=headers)
