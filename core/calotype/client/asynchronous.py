"""Every route of a server as a method, for asyncio. `synchronous.py` is made from it by `tools/sync_client.py`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Self

from calotype.client.calls import Said, Workflow
from calotype.client.errors import error_of
from calotype.client.made import Made, MadeFile
from calotype.client.runs import RunCalls
from calotype.client.server import ServerCalls
from calotype.client.transport import Transport
from calotype.client.workflows import WorkflowCalls
from calotype.errors import Cancelled


class AsyncClient(RunCalls, WorkflowCalls, ServerCalls):
    """A server of Calotype. Use it as `async with AsyncClient(...) as client`, or close it.

    url: of the server, also the link that it printed; by default CALOTYPE_SERVER, else this machine's usual one. token:
    by default that of the link, else CALOTYPE_TOKEN. Every method raises CalotypeError, for what is refused the same
    class as without a server; Unreachable when nobody answers. A workflow is a document, or the name of one on the
    server. `id` is that of a run.
    """

    def __init__(self, url: str = "", token: str = "", *, timeout: float | None = 300.0) -> None:
        super().__init__(Transport(url, token, timeout))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    @property
    def url(self) -> str:
        """Where the server is."""
        return self._transport.url

    async def close(self) -> None:
        """Let go of the connection."""
        await self._transport.close()

    async def run_workflow(
        self,
        workflow: Workflow,
        inputs: Mapping[str, Any] | None = None,
        *,
        targets: Sequence[str] | None = None,
        on_event: Callable[[Said], None] | None = None,
        client: str = "",
    ) -> Made:
        """Run a workflow to its end, and fetch what it made. When the caller is cancelled, so is the run.

        Raises what the run ended with: NodeError, OutOfMemory, Cancelled, ...
        """
        run = await self.submit(workflow, inputs, targets=targets, client=client)
        try:
            async with aclosing(self.follow(run["id"])) as events:
                async for event in events:
                    if on_event is not None:
                        on_event(event)
        except asyncio.CancelledError:
            await asyncio.shield(self.cancel(run["id"]))
            raise
        return await self.made(run["id"])

    async def made(self, id: str) -> Made:
        """What a run that succeeded made. Raises what it ended with otherwise."""
        run = await self.run(id)
        if run["state"] == "cancelled":
            raise Cancelled("the run was cancelled")
        if run["state"] != "succeeded":
            raise error_of(run["error"] or {"code": "run", "message": f"the run is {run['state']}"})
        files = [
            MadeFile(f["node"], f["name"], f["media_type"], f["digest"], await self.file(f["digest"], id))
            for f in run["files"]
            if f["kept"]
        ]
        return Made(run, tuple(files))
