"""Documents on the server, unsaved work, and the endpoint of each workflow."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from calotype.client.calls import Calls, Said, path_of
from calotype.client.errors import ServerError
from calotype.client.made import Opened

PNG = "image/png"


class WorkflowCalls(Calls):
    """The routes of workflows, by their names. etag: of what a change is made to, "*" for whatever is there."""

    async def workflows(self) -> Said:
        """Every workflow of the server: {"workflows", "unsaved"}."""
        return await self._json("GET", "/v1/workflows")

    async def workflow(self, name: str, revision: int | None = None) -> Opened:
        """A workflow of the server, with the ETag that a change to it has to name."""
        path = path_of("/v1/workflows/{name}", name=name)
        raw, headers = await self._transport.bytes("GET", path, query={"revision": revision})
        etag, template = headers.get("ETag", "").strip('"'), headers.get("X-Calotype-Template") == "true"
        return Opened(name, json.loads(raw), etag, template)

    async def save_workflow(self, name: str, document: Mapping[str, Any], *, etag: str = "", client: str = "") -> Said:
        """Save a new workflow, or with the ETag of what it was made from a new revision. Raises Conflict."""
        query, match = {"client": client or None}, _match(etag)
        return await self._json("PUT", "/v1/workflows/{name}", dict(document), query, If_Match=match, name=name)

    async def delete_workflow(self, name: str, *, etag: str = "") -> Said:
        """Move a workflow into the trash."""
        return await self._json("DELETE", "/v1/workflows/{name}", If_Match=_match(etag), name=name)

    async def versions(self, name: str) -> list[Said]:
        """The revisions of a workflow, the newest first."""
        found: list[Said] = (await self._json("GET", "/v1/workflows/{name}/versions", name=name))["versions"]
        return found

    async def workflow_at(self, name: str, number: int) -> Said:
        """A workflow as it was."""
        return await self._json("GET", "/v1/workflows/{name}/versions/{number}", name=name, number=str(number))

    async def restore(self, name: str, revision: int, *, etag: str = "", client: str = "") -> Said:
        """Make an old revision the newest one."""
        query, match = {"client": client or None}, _match(etag)
        body = {"revision": revision}
        return await self._json("POST", "/v1/workflows/{name}/restore", body, query, If_Match=match, name=name)

    async def rename(self, name: str, to: str, *, etag: str = "") -> Said:
        """Give a workflow another name."""
        body, match = {"name": to}, _match(etag)
        return await self._json("POST", "/v1/workflows/{name}/rename", body, If_Match=match, name=name)

    async def duplicate_workflow(self, name: str, to: str, *, client: str = "") -> Said:
        """A new workflow with the content of another one, or of a template."""
        query = {"client": client or None}
        return await self._json("POST", "/v1/workflows/{name}/duplicate", {"name": to}, query, name=name)

    async def drafts(self, name: str) -> list[Said]:
        """Unsaved work on a workflow, the newest first."""
        found: list[Said] = (await self._json("GET", "/v1/workflows/{name}/journal", name=name))["drafts"]
        return found

    async def post_draft(
        self,
        name: str,
        client: str,
        *,
        base: int = 0,
        draft: Mapping[str, Any] | None = None,
        operations: Sequence[Any] | None = None,
        after: int | None = None,
    ) -> int:
        """Keep unsaved work: the whole draft, or operations on the last one; the number of the last entry."""
        body: Said = {"client": client, "base": base}
        body |= {} if draft is None else {"draft": dict(draft)}
        body |= {} if operations is None else {"operations": list(operations)}
        body |= {} if after is None else {"after": after}
        seq: int = (await self._json("POST", "/v1/workflows/{name}/journal", body, name=name))["seq"]
        return seq

    async def discard_draft(self, name: str, client: str = "") -> int:
        """Forget unsaved work, of one client or of all; how many drafts there were."""
        query = {"client": client or None}
        count: int = (await self._json("DELETE", "/v1/workflows/{name}/journal", None, query, name=name))["discarded"]
        return count

    async def interface(self, name: str) -> Said:
        """The public inputs and outputs of a workflow, and the JSON Schema of its endpoint."""
        return await self._json("GET", "/v1/workflows/{name}/interface", name=name)

    async def run_named(self, name: str, inputs: Mapping[str, Any] | None = None, *, wait: float | None = None) -> Said:
        """Run a workflow of the server; with `wait` the run is there, ended, unless the seconds were over first."""
        body, query = dict(inputs or {}), {"wait": wait}
        accept = "application/json"
        return await self._json("POST", "/v1/workflows/{name}/run", body, query, Accept=accept, name=name)

    async def picture(self, name: str, inputs: Mapping[str, Any] | None = None, *, wait: float | None = None) -> bytes:
        """Run a workflow of the server, and its first picture. Raises ServerError when the time is over."""
        data, query = json.dumps(dict(inputs or {})).encode(), {"wait": wait}
        path = path_of("/v1/workflows/{name}/run", name=name)
        said = {"Accept": PNG, "Content_Type": "application/json"}
        raw, headers = await self._transport.bytes("POST", path, data, query, **said)
        if not headers.get("Content-Type", "").startswith("image/"):
            run = json.loads(raw)
            raise ServerError(f"the run {run['id']} made no picture in time: it is {run['state']}", code="no-picture")
        return raw

    async def trash(self) -> list[Said]:
        """The workflows that were deleted."""
        found: list[Said] = (await self._json("GET", "/v1/trash"))["trash"]
        return found

    async def bring_back(self, number: int, name: str = "") -> Said:
        """Take a workflow out of the trash, under its name or another one."""
        return await self._json("POST", "/v1/trash/{number}/restore", {"name": name}, number=str(number))

    async def destroy(self, number: int) -> list[Said]:
        """Destroy a workflow in the trash for good; what still lies there."""
        found: list[Said] = (await self._json("DELETE", "/v1/trash/{number}", number=str(number)))["trash"]
        return found


def _match(etag: str) -> str:
    return etag if etag in ("", "*") else f'"{etag}"'
