"""Runs, their events and files, and the queue."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from calotype.client.calls import Calls, Said, Workflow, path_of
from calotype.client.following import PATIENCE, follow, listen


class RunCalls(Calls):
    """The routes of runs. `id` is that of a run; a workflow is a document, or the name of one on the server."""

    async def submit(
        self,
        workflow: Workflow,
        inputs: Mapping[str, Any] | None = None,
        *,
        targets: Sequence[str] | None = None,
        priority: int = 0,
        count: int = 1,
        sweep: Mapping[str, Sequence[Any]] | None = None,
        name: str = "",
        client: str = "",
    ) -> Said:
        """Submit a run; with `count` or `sweep` several, as {"group", "runs"}. On the server's disk on return."""
        body = wish(workflow, inputs, targets=targets, priority=priority, name=name, client=client)
        body |= ({"count": count} if count != 1 else {}) | ({"sweep": dict(sweep)} if sweep else {})
        return await self._json("POST", "/v1/runs", body)

    async def submit_all(self, submissions: Sequence[Mapping[str, Any]]) -> Said:
        """Submit several, all or none; each as `wish` gives it. {"group", "runs"}."""
        return await self._json("POST", "/v1/runs", {"runs": list(submissions)})

    async def runs(
        self,
        *,
        state: str = "",
        search: str = "",
        model: str = "",
        type: str = "",
        since: str = "",
        until: str = "",
        group: str = "",
        client: str | None = None,
        limit: int = 50,
        cursor: str = "",
    ) -> Said:
        """Some of the runs, newest first: {"runs", "next"}."""
        query = {"state": state, "search": search, "model": model, "type": type, "since": since, "until": until}
        query |= {"group": group, "cursor": cursor}
        said: Said = {k: v for k, v in query.items() if v}
        return await self._json("GET", "/v1/runs", query=said | {"limit": limit, "client": client})

    async def run(self, id: str) -> Said:
        """A run as it stands."""
        return await self._json("GET", "/v1/runs/{id}", id=id)

    async def delete_run(self, id: str) -> Said:
        """Forget a run that ended."""
        return await self._json("DELETE", "/v1/runs/{id}", id=id)

    async def cancel(self, id: str) -> Said:
        """Stop a run: at once while it waits, within a step while it runs."""
        return await self._json("POST", "/v1/runs/{id}/cancel", id=id)

    async def edit(
        self,
        id: str,
        workflow: Workflow,
        inputs: Mapping[str, Any] | None = None,
        *,
        targets: Sequence[str] | None = None,
        priority: int = 0,
        name: str = "",
        client: str = "",
    ) -> Said:
        """Change a run that waits, at its place."""
        body = wish(workflow, inputs, targets=targets, priority=priority, name=name, client=client)
        return await self._json("PUT", "/v1/runs/{id}/edit", body, id=id)

    async def duplicate_run(self, id: str) -> Said:
        """Submit the same once more, with the same seeds."""
        return await self._json("POST", "/v1/runs/{id}/duplicate", id=id)

    async def move(self, id: str, *, before: str | None = None, first: bool = False, last: bool = False) -> Said:
        """Put a run that waits before another one, first, or last."""
        body = {"first": first, "last": last} | ({"before": before} if before is not None else {})
        return await self._json("POST", "/v1/runs/{id}/move", body, id=id)

    async def prioritise(self, id: str, priority: int) -> Said:
        """Let a run that waits go before those of lower priority."""
        return await self._json("POST", "/v1/runs/{id}/priority", {"priority": priority}, id=id)

    async def workflow_of(self, id: str) -> Said:
        """The document of a run, with its inputs and seeds."""
        return await self._json("GET", "/v1/runs/{id}/workflow", id=id)

    async def record(self, id: str) -> Said:
        """The record of a run that ended."""
        return await self._json("GET", "/v1/runs/{id}/record", id=id)

    async def results(self, id: str) -> Said:
        """The files that a run made so far."""
        return await self._json("GET", "/v1/runs/{id}/results", id=id)

    async def group(self, id: str) -> Said:
        """Runs that were sent together, and in which inputs they differ: {"group", "axes", "columns", "cells"}."""
        return await self._json("GET", "/v1/groups/{id}", id=id)

    async def sheet(self, id: str) -> bytes:
        """One PNG with the first picture of every run of a group, labelled."""
        return await self._bytes("GET", "/v1/groups/{id}/sheet", id=id)

    async def follow(
        self, id: str, after: int = 0, *, previews: bool = False, patience: float = PATIENCE
    ) -> AsyncGenerator[Said, None]:
        """The events of a run after a number, to its RunEnded, over connections that break.

        patience: seconds that the server may be away. Previews come as {"event": "preview", ..., "jpeg": bytes}.
        """
        path = path_of("/v1/runs/{id}/events", id=id)
        async with aclosing(follow(self._transport, path, after, previews, patience)) as events:
            async for event in events:
                yield event

    async def events(
        self, *, after: int = -1, run: str = "", client: str | None = None, previews: bool = False
    ) -> AsyncGenerator[Said, None]:
        """The events of all runs after a number ("n" in each), or only what is new; until the connection ends."""
        query = {"after": after, "run": run or None, "client": client, "previews": previews}
        async with aclosing(listen(self._transport, "/v1/events", query)) as events:
            async for event in events:
                yield event

    async def file(self, digest: str, run: str = "") -> bytes:
        """A file that a run made. run: its record is to be in it, if it is a PNG."""
        return await self._bytes("GET", "/v1/files/{digest}", query={"run": run or None}, digest=digest)

    async def queue(self) -> Said:
        """The queue as a whole."""
        return await self._json("GET", "/v1/queue")

    async def pause(self) -> Said:
        """Begin no more runs; those that run go on."""
        return await self._json("POST", "/v1/queue/pause")

    async def resume(self) -> Said:
        """Begin runs again."""
        return await self._json("POST", "/v1/queue/resume")


def wish(
    workflow: Workflow,
    inputs: Mapping[str, Any] | None = None,
    *,
    targets: Sequence[str] | None = None,
    priority: int = 0,
    name: str = "",
    client: str = "",
) -> Said:
    """One submission as JSON, without what is as usual."""
    said: Said = {"workflow": workflow if isinstance(workflow, str) else dict(workflow)}
    given = {"inputs": dict(inputs or {}), "priority": priority, "name": name, "client": client}
    said |= {k: v for k, v in given.items() if v}
    return said | ({} if targets is None else {"targets": list(targets)})
