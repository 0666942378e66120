"""The client for who has no event loop. Made by `tools/sync_client.py`; not to be edited."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from calotype.client.asynchronous import AsyncClient
from calotype.client.calls import Said, Workflow
from calotype.client.following import PATIENCE
from calotype.client.made import Made, Opened
from calotype.client.portal import Portal


class Client:
    """A server of Calotype. Use it as `with Client(...) as client`, or close it. See `AsyncClient`.

    Its requests are carried out by an event loop in a thread of its own. May be used by several threads.
    """

    def __init__(self, url: str = "", token: str = "", *, timeout: float | None = 300.0) -> None:
        self._portal = Portal()
        self._client = AsyncClient(url, token, timeout=timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def url(self) -> str:
        """Where the server is."""
        return self._client.url

    def close(self) -> None:
        """Let go of the connection and the thread."""
        self._portal.run(self._client.close())
        self._portal.close()

    def run_workflow(
        self,
        workflow: Workflow,
        inputs: Mapping[str, Any] | None = None,
        *,
        targets: Sequence[str] | None = None,
        on_event: Callable[[Said], None] | None = None,
        client: str = "",
    ) -> Made:
        """Run a workflow to its end, and fetch what it made. When the caller is cancelled, so is the run."""
        return self._portal.run(
            self._client.run_workflow(workflow, inputs, targets=targets, on_event=on_event, client=client)
        )

    def made(self, id: str) -> Made:
        """What a run that succeeded made. Raises what it ended with otherwise."""
        return self._portal.run(self._client.made(id))

    def submit(
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
        return self._portal.run(
            self._client.submit(
                workflow, inputs, targets=targets, priority=priority, count=count, sweep=sweep, name=name, client=client
            )
        )

    def submit_all(self, submissions: Sequence[Mapping[str, Any]]) -> Said:
        """Submit several, all or none; each as `wish` gives it. {"group", "runs"}."""
        return self._portal.run(self._client.submit_all(submissions))

    def runs(
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
        return self._portal.run(
            self._client.runs(
                state=state,
                search=search,
                model=model,
                type=type,
                since=since,
                until=until,
                group=group,
                client=client,
                limit=limit,
                cursor=cursor,
            )
        )

    def run(self, id: str) -> Said:
        """A run as it stands."""
        return self._portal.run(self._client.run(id))

    def delete_run(self, id: str) -> Said:
        """Forget a run that ended."""
        return self._portal.run(self._client.delete_run(id))

    def cancel(self, id: str) -> Said:
        """Stop a run: at once while it waits, within a step while it runs."""
        return self._portal.run(self._client.cancel(id))

    def edit(
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
        return self._portal.run(
            self._client.edit(id, workflow, inputs, targets=targets, priority=priority, name=name, client=client)
        )

    def duplicate_run(self, id: str) -> Said:
        """Submit the same once more, with the same seeds."""
        return self._portal.run(self._client.duplicate_run(id))

    def move(self, id: str, *, before: str | None = None, first: bool = False, last: bool = False) -> Said:
        """Put a run that waits before another one, first, or last."""
        return self._portal.run(self._client.move(id, before=before, first=first, last=last))

    def prioritise(self, id: str, priority: int) -> Said:
        """Let a run that waits go before those of lower priority."""
        return self._portal.run(self._client.prioritise(id, priority))

    def workflow_of(self, id: str) -> Said:
        """The document of a run, with its inputs and seeds."""
        return self._portal.run(self._client.workflow_of(id))

    def record(self, id: str) -> Said:
        """The record of a run that ended."""
        return self._portal.run(self._client.record(id))

    def results(self, id: str) -> Said:
        """The files that a run made so far."""
        return self._portal.run(self._client.results(id))

    def group(self, id: str) -> Said:
        """Runs that were sent together, and in which inputs they differ: {"group", "axes", "columns", "cells"}."""
        return self._portal.run(self._client.group(id))

    def sheet(self, id: str) -> bytes:
        """One PNG with the first picture of every run of a group, labelled."""
        return self._portal.run(self._client.sheet(id))

    def follow(self, id: str, after: int = 0, *, previews: bool = False, patience: float = PATIENCE) -> Iterator[Said]:
        """The events of a run after a number, to its RunEnded, over connections that break."""
        return self._portal.iterate(self._client.follow(id, after, previews=previews, patience=patience))

    def events(
        self, *, after: int = -1, run: str = "", client: str | None = None, previews: bool = False
    ) -> Iterator[Said]:
        """The events of all runs after a number ("n" in each), or only what is new; until the connection ends."""
        return self._portal.iterate(self._client.events(after=after, run=run, client=client, previews=previews))

    def file(self, digest: str, run: str = "") -> bytes:
        """A file that a run made. run: its record is to be in it, if it is a PNG."""
        return self._portal.run(self._client.file(digest, run))

    def queue(self) -> Said:
        """The queue as a whole."""
        return self._portal.run(self._client.queue())

    def pause(self) -> Said:
        """Begin no more runs; those that run go on."""
        return self._portal.run(self._client.pause())

    def resume(self) -> Said:
        """Begin runs again."""
        return self._portal.run(self._client.resume())

    def workflows(self) -> Said:
        """Every workflow of the server: {"workflows", "unsaved"}."""
        return self._portal.run(self._client.workflows())

    def workflow(self, name: str, revision: int | None = None) -> Opened:
        """A workflow of the server, with the ETag that a change to it has to name."""
        return self._portal.run(self._client.workflow(name, revision))

    def save_workflow(self, name: str, document: Mapping[str, Any], *, etag: str = "", client: str = "") -> Said:
        """Save a new workflow, or with the ETag of what it was made from a new revision. Raises Conflict."""
        return self._portal.run(self._client.save_workflow(name, document, etag=etag, client=client))

    def delete_workflow(self, name: str, *, etag: str = "") -> Said:
        """Move a workflow into the trash."""
        return self._portal.run(self._client.delete_workflow(name, etag=etag))

    def versions(self, name: str) -> list[Said]:
        """The revisions of a workflow, the newest first."""
        return self._portal.run(self._client.versions(name))

    def workflow_at(self, name: str, number: int) -> Said:
        """A workflow as it was."""
        return self._portal.run(self._client.workflow_at(name, number))

    def restore(self, name: str, revision: int, *, etag: str = "", client: str = "") -> Said:
        """Make an old revision the newest one."""
        return self._portal.run(self._client.restore(name, revision, etag=etag, client=client))

    def rename(self, name: str, to: str, *, etag: str = "") -> Said:
        """Give a workflow another name."""
        return self._portal.run(self._client.rename(name, to, etag=etag))

    def duplicate_workflow(self, name: str, to: str, *, client: str = "") -> Said:
        """A new workflow with the content of another one, or of a template."""
        return self._portal.run(self._client.duplicate_workflow(name, to, client=client))

    def drafts(self, name: str) -> list[Said]:
        """Unsaved work on a workflow, the newest first."""
        return self._portal.run(self._client.drafts(name))

    def post_draft(
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
        return self._portal.run(
            self._client.post_draft(name, client, base=base, draft=draft, operations=operations, after=after)
        )

    def discard_draft(self, name: str, client: str = "") -> int:
        """Forget unsaved work, of one client or of all; how many drafts there were."""
        return self._portal.run(self._client.discard_draft(name, client))

    def interface(self, name: str) -> Said:
        """The public inputs and outputs of a workflow, and the JSON Schema of its endpoint."""
        return self._portal.run(self._client.interface(name))

    def run_named(self, name: str, inputs: Mapping[str, Any] | None = None, *, wait: float | None = None) -> Said:
        """Run a workflow of the server; with `wait` the run is there, ended, unless the seconds were over first."""
        return self._portal.run(self._client.run_named(name, inputs, wait=wait))

    def picture(self, name: str, inputs: Mapping[str, Any] | None = None, *, wait: float | None = None) -> bytes:
        """Run a workflow of the server, and its first picture. Raises ServerError when the time is over."""
        return self._portal.run(self._client.picture(name, inputs, wait=wait))

    def trash(self) -> list[Said]:
        """The workflows that were deleted."""
        return self._portal.run(self._client.trash())

    def bring_back(self, number: int, name: str = "") -> Said:
        """Take a workflow out of the trash, under its name or another one."""
        return self._portal.run(self._client.bring_back(number, name))

    def destroy(self, number: int) -> list[Said]:
        """Destroy a workflow in the trash for good; what still lies there."""
        return self._portal.run(self._client.destroy(number))

    def validate(
        self, workflow: Workflow, inputs: Mapping[str, Any] | None = None, targets: Sequence[str] | None = None
    ) -> Said:
        """Everything that is wrong with a workflow: {"ok", "problems"}."""
        return self._portal.run(self._client.validate(workflow, inputs, targets))

    def plan(
        self, workflow: Workflow, inputs: Mapping[str, Any] | None = None, targets: Sequence[str] | None = None
    ) -> Said:
        """What a run would do: {"targets", "entries"}."""
        return self._portal.run(self._client.plan(workflow, inputs, targets))

    def diff(self, before: Workflow, after: Workflow) -> Said:
        """What two workflows have different: {"same", "text", "nodes", "values", "links", "other", "layout"}."""
        return self._portal.run(self._client.diff(before, after))

    def make_subgraph(self, workflow: Workflow, nodes: Sequence[str], name: str, within: str | None = None) -> Said:
        """The workflow with these nodes as one: {"workflow", "nodes": the ids that are new}. Nothing is kept."""
        return self._portal.run(self._client.make_subgraph(workflow, nodes, name, within))

    def expand_subgraph(self, workflow: Workflow, instance: str, within: str | None = None) -> Said:
        """The workflow with the nodes of a subgraph in the place of its instance; the inverse of `make_subgraph`."""
        return self._portal.run(self._client.expand_subgraph(workflow, instance, within))

    def import_workflow(self, file: bytes | str | Path, name: str = "") -> Said:
        """The workflow in a file of another program, or in a picture: {"workflow", "report"}."""
        return self._portal.run(self._client.import_workflow(file, name))

    def upload(self, picture: bytes | str | Path, name: str = "") -> Said:
        """Send a picture; {"file": its "file"} names it in a workflow."""
        return self._portal.run(self._client.upload(picture, name))

    def inputs(self) -> list[Said]:
        """The pictures that workflows can name."""
        return self._portal.run(self._client.inputs())

    def input(self, name: str) -> bytes:
        """One of these pictures."""
        return self._portal.run(self._client.input(name))

    def nodes(self) -> list[Said]:
        """Every node type."""
        return self._portal.run(self._client.nodes())

    def node(self, type: str) -> Said:
        """One node type."""
        return self._portal.run(self._client.node(type))

    def plugins(self) -> list[Said]:
        """What brings node types."""
        return self._portal.run(self._client.plugins())

    def models(self, folder: str = "", *, hashes: bool = False) -> list[Said]:
        """Weights files with family, size and hash, and which workers hold them."""
        return self._portal.run(self._client.models(folder, hashes=hashes))

    def healthy(self) -> bool:
        """Whether the server answers. Raises Unreachable when nobody does."""
        return self._portal.run(self._client.healthy())

    def ready(self) -> bool:
        """Whether runs are carried out by now."""
        return self._portal.run(self._client.ready())

    def metrics(self) -> str:
        """The figures of the server, as Prometheus reads them."""
        return self._portal.run(self._client.metrics())

    def system(self) -> Said:
        """The server: version, workers, memory, limits."""
        return self._portal.run(self._client.system())

    def residents(self) -> list[Said]:
        """The models that workers hold, and where they sit."""
        return self._portal.run(self._client.residents())

    def unload(self) -> int:
        """Let go of every model; the bytes that this freed."""
        return self._portal.run(self._client.unload())

    def openapi(self) -> Said:
        """The description of this API."""
        return self._portal.run(self._client.openapi())
