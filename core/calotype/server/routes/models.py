"""The models that workflows can name."""

from __future__ import annotations

import asyncio
from typing import Any

from pydantic import Field

from calotype.server.keys import DISPATCHER, SHELF
from calotype.server.problems import Refused
from calotype.server.routing import Answer, Asked, Call, Routes
from calotype.settings import MODEL_FOLDERS

routes = Routes("models")


class ModelsQuery(Asked):
    """Which, and how much is wanted to be known."""

    folder: str = Field("", max_length=100, description=f"One of {', '.join(MODEL_FOLDERS)}; by default all.")
    hashes: bool = Field(False, description="Compute hashes that are not known; large files take their time.")


class ModelAnswer(Answer):
    """A weights file. family: from its header; hash: of its content, empty as long as nobody asked; error: why it
    cannot be used; resident: the workers that hold it.
    """

    folder: str
    file: str
    family: str
    bytes: int
    hash: str
    error: str
    resident: list[str]


class Models(Answer):
    """The weights files."""

    models: list[ModelAnswer]


@routes.get("/v1/models", query=ModelsQuery, answer=Models, errors=(404,))
async def models(call: Call[None, ModelsQuery]) -> dict[str, Any]:
    """Weights files with family, size and hash, and which workers hold them."""
    query = call.query
    if query.folder and query.folder not in MODEL_FOLDERS:
        raise Refused.missing("folder of models", query.folder)
    found = await asyncio.to_thread(call.part(SHELF).models, query.folder, hashes=query.hashes)
    workers = call.part(DISPATCHER).workers()
    return {"models": [m | {"resident": [w.id for w in workers if _holds(w.resident, m)]} for m in found]}


def _holds(resident: tuple[str, ...], model: dict[str, Any]) -> bool:
    return (bool(model["hash"]) and model["hash"] in resident) or model["file"] in resident
