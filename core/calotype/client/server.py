"""Checking, pictures, node types, models, and the server itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from calotype.client.calls import BYTES, Calls, Said, Workflow
from calotype.client.errors import ServerError
from calotype.client.runs import wish
from calotype.errors import FileError


class ServerCalls(Calls):
    """The other routes. A workflow is a document, or the name of one on the server."""

    async def validate(
        self, workflow: Workflow, inputs: Mapping[str, Any] | None = None, targets: Sequence[str] | None = None
    ) -> Said:
        """Everything that is wrong with a workflow: {"ok", "problems"}."""
        return await self._json("POST", "/v1/validate", wish(workflow, inputs, targets=targets))

    async def plan(
        self, workflow: Workflow, inputs: Mapping[str, Any] | None = None, targets: Sequence[str] | None = None
    ) -> Said:
        """What a run would do: {"targets", "entries"}."""
        return await self._json("POST", "/v1/plan", wish(workflow, inputs, targets=targets))

    async def diff(self, before: Workflow, after: Workflow) -> Said:
        """What two workflows have different: {"same", "text", "nodes", "values", "links", "other", "layout"}."""
        return await self._json("POST", "/v1/diff", {"before": before, "after": after})

    async def make_subgraph(
        self, workflow: Workflow, nodes: Sequence[str], name: str, within: str | None = None
    ) -> Said:
        """The workflow with these nodes as one: {"workflow", "nodes": the ids that are new}. Nothing is kept.

        within: the subgraph whose nodes are meant; without it those of the workflow itself.
        """
        body = {"workflow": workflow, "nodes": list(nodes), "name": name, "within": within}
        return await self._json("POST", "/v1/edit/group", body)

    async def expand_subgraph(self, workflow: Workflow, instance: str, within: str | None = None) -> Said:
        """The workflow with the nodes of a subgraph in the place of its instance; the inverse of `make_subgraph`."""
        body = {"workflow": workflow, "instance": instance, "within": within}
        return await self._json("POST", "/v1/edit/ungroup", body)

    async def import_workflow(self, file: bytes | str | Path, name: str = "") -> Said:
        """The workflow in a file of another program, or in a picture: {"workflow", "report"}."""
        data, called = await asyncio.to_thread(_contents, file)
        query = {"name": name or called or None}
        raw = await self._bytes("POST", "/v1/import", data, query, Content_Type=BYTES)
        said: Said = json.loads(raw)
        return said

    async def upload(self, picture: bytes | str | Path, name: str = "") -> Said:
        """Send a picture; {"file": its "file"} names it in a workflow."""
        data, called = await asyncio.to_thread(_contents, picture)
        query = {"name": name or called or None}
        said: Said = json.loads(await self._bytes("POST", "/v1/uploads", data, query, Content_Type=BYTES))
        return said

    async def inputs(self) -> list[Said]:
        """The pictures that workflows can name."""
        found: list[Said] = (await self._json("GET", "/v1/inputs"))["inputs"]
        return found

    async def input(self, name: str) -> bytes:
        """One of these pictures."""
        return await self._bytes("GET", "/v1/inputs/{name}", name=name)

    async def nodes(self) -> list[Said]:
        """Every node type."""
        found: list[Said] = (await self._json("GET", "/v1/nodes"))["nodes"]
        return found

    async def node(self, type: str) -> Said:
        """One node type."""
        return await self._json("GET", "/v1/nodes/{type}", type=type)

    async def plugins(self) -> list[Said]:
        """What brings node types."""
        found: list[Said] = (await self._json("GET", "/v1/plugins"))["plugins"]
        return found

    async def models(self, folder: str = "", *, hashes: bool = False) -> list[Said]:
        """Weights files with family, size and hash, and which workers hold them."""
        query = {"folder": folder or None, "hashes": hashes}
        found: list[Said] = (await self._json("GET", "/v1/models", query=query))["models"]
        return found

    async def healthy(self) -> bool:
        """Whether the server answers. Raises Unreachable when nobody does."""
        return bool((await self._json("GET", "/healthz"))["status"] == "ok")

    async def ready(self) -> bool:
        """Whether runs are carried out by now."""
        try:
            return bool((await self._json("GET", "/readyz"))["status"] == "ok")
        except ServerError as error:
            if error.status != 503:
                raise
            return False

    async def metrics(self) -> str:
        """The figures of the server, as Prometheus reads them."""
        return (await self._bytes("GET", "/metrics")).decode()

    async def system(self) -> Said:
        """The server: version, workers, memory, limits."""
        return await self._json("GET", "/v1/system")

    async def residents(self) -> list[Said]:
        """The models that workers hold, and where they sit."""
        found: list[Said] = (await self._json("GET", "/v1/system/models"))["models"]
        return found

    async def unload(self) -> int:
        """Let go of every model; the bytes that this freed."""
        freed: int = (await self._json("POST", "/v1/system/unload"))["freed"]
        return freed

    async def openapi(self) -> Said:
        """The description of this API."""
        return await self._json("GET", "/openapi.json")


def _contents(file: bytes | str | Path) -> tuple[bytes, str]:
    """The bytes of a file, and its name. Raises FileError."""
    if isinstance(file, bytes):
        return file, ""
    try:
        return Path(file).read_bytes(), Path(file).name
    except OSError as error:
        raise FileError(f'cannot read "{file}": {error.strerror or error}') from error
