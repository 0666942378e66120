"""A server as what carries runs out: submits, follows, fetches, and writes what a local run would have written."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NoReturn

from calotype import events
from calotype.cli.remote.pictures import Pictures
from calotype.cli.remote.results import Wanted, wanting
from calotype.cli.usage import UsageError
from calotype.client import Client
from calotype.client.errors import error_of
from calotype.errors import CalotypeError, Cancelled, FileError, RegistryError
from calotype.exports import check_folder, export, write_saved
from calotype.history import RunRecord
from calotype.node import NodeSpec
from calotype.registry import Registry
from calotype.services import Finished, OnEvent
from calotype.types import Artifact, Saved
from calotype.validate import Checked
from calotype.workflow import Document

LOOK = 0.05  # seconds between two looks whether to stop
KINDS = {k.__name__: k for k in events.Event.__subclasses__()}
SHOWN = frozenset(KINDS) - {"FileWritten"}


@dataclass(frozen=True, slots=True)
class Key:
    """The key of a node, as the server says."""

    key: str


@dataclass(frozen=True, slots=True)
class Keys:
    """A plan of the server, as far as keys."""

    targets: tuple[str, ...]
    by_node: Mapping[str, Key]


class Seen:
    """Responsibilities: tell a reporter of a server's run what it would be told of a local one."""

    def __init__(self, tell: OnEvent) -> None:
        self._tell = tell
        self.run = ""
        self._seq, self._at = 0, 0.0

    def take(self, said: Mapping[str, Any]) -> None:
        """An event of the server; those of its queue are not told."""
        kind = KINDS.get(said["event"])
        if kind is None or said["event"] not in SHOWN:
            return
        self._seq, self._at = self._seq + 1, float(said.get("at", 0.0))
        known = {f.name for f in fields(kind)} - {"run", "seq", "at", "preview"}
        self._tell(kind(self.run, self._seq, self._at, **{k: said[k] for k in known if k in said}))

    def written(self, record: RunRecord, node: str, path: str, new: bool) -> None:
        """A file was written here."""
        record.files.append(path)
        self._seq += 1
        self._tell(events.FileWritten(self.run, self._seq, self._at, node, path, new))


class Remote:
    """Responsibilities: be for a command what `Services` is, on a server; pictures are sent, files are fetched.

    inputs: folders of this machine in which pictures are looked for. Every method raises CalotypeError.
    """

    def __init__(self, client: Client, inputs: Sequence[Path]) -> None:
        self._client = client
        self._pictures = Pictures(inputs, lambda path: str(client.upload(path)["file"]))
        self.registry = registry_of(client.nodes())

    def check(self, document: Document) -> Checked:
        """Every problem that the server finds."""
        said = self._client.validate(self._sent(document))
        found = error_of({"message": "", "problems": said["problems"]}).problems
        return Checked(found, None)

    def plan(self, document: Document, targets: Sequence[str] | None = None) -> Keys:
        """The keys of what the server would do."""
        said = self._client.plan(self._sent(document), targets=targets)
        return Keys(tuple(said["targets"]), {e["node"]: Key(e["key"]) for e in said["entries"]})

    def run(
        self,
        document: Document,
        *,
        targets: Sequence[str] | None = None,
        save: Mapping[str, Path] | None = None,
        out: Path | None = None,
        on_event: OnEvent | None = None,
        keep_going: bool = False,
        cancel: threading.Event | None = None,
    ) -> Finished:
        """Run a document on the server, and write what it makes here."""
        if keep_going:
            raise UsageError("--keep-going is not possible with --server")
        if out is not None:
            check_folder(out)
        asked, wanted = wanting(document, self.registry, save or {})
        wished = [*(targets or ()), *(w.node for w in wanted)]
        chosen = wished if targets is not None or (wanted and out is None) else None
        sent = self._sent(asked)
        seen = Seen(on_event or (lambda _: None))
        ended = self._carried_out(sent, chosen, seen, cancel)
        record = _record(ended, document)
        error = _error(ended)
        saved = {} if error else self._fetched(ended, record, wanted, out, seen)
        return Finished(record, {}, saved, error)

    def _sent(self, document: Document) -> dict[str, Any]:
        return self._pictures.sent(document, self.registry).to_dict()

    def _carried_out(
        self, document: dict[str, Any], targets: Sequence[str] | None, seen: Seen, cancel: threading.Event | None
    ) -> dict[str, Any]:
        """The run, ended, with its record."""
        run = self._client.submit(document, targets=targets)
        seen.run = run["id"]
        with self._stopping(run["id"], cancel):
            for event in self._client.follow(run["id"]):
                seen.take(event)
        ended, record = self._client.run(run["id"]), None
        with suppress(CalotypeError):  # one that was cancelled while it waited, or that was lost, has none
            record = self._client.record(run["id"])
        return ended | {"record": record}

    @contextmanager
    def _stopping(self, run: str, cancel: threading.Event | None) -> Iterator[None]:
        """Meanwhile the run is cancelled when that is asked for here."""
        over = threading.Event()

        def watch() -> None:
            while not over.wait(LOOK):
                if cancel is not None and cancel.is_set():
                    with suppress(CalotypeError):  # it may just have ended
                        self._client.cancel(run)
                    return

        watching = threading.Thread(target=watch, daemon=True)
        watching.start()
        try:
            yield
        finally:
            over.set()
            watching.join()

    def _fetched(
        self, run: dict[str, Any], record: RunRecord, wanted: Sequence[Wanted], out: Path | None, seen: Seen
    ) -> dict[str, Saved]:
        """The files of a run, by node; written as those of a local run are."""
        added = {w.node for w in wanted if w.added}
        asked = {w.node for w in wanted}
        by_node: dict[str, list[Artifact]] = {}
        for file in run["files"]:
            if file["kept"] and (out is not None or file["node"] in asked):
                data = self._client.file(file["digest"])
                by_node.setdefault(file["node"], []).append(Artifact(file["name"], file["media_type"], data))
        saved = {node: Saved(tuple(files)) for node, files in by_node.items()}
        for node, files in saved.items() if out is not None else ():
            if out is not None and node not in added:
                for path, new in write_saved(node, record.nodes[node]["key"], files, out, record.within()):
                    seen.written(record, node, str(path), new)
        for one in wanted:
            if one.node not in saved:
                raise FileError(f"the server handed out no file for {one.path}")
            export(saved[one.node], one.path)
            seen.written(record, one.node, str(one.path), True)
        return {node: files for node, files in saved.items() if node not in added}


def registry_of(nodes: Sequence[Mapping[str, Any]]) -> Registry:
    """The node types of a server, as data."""
    found = Registry()
    for said in nodes:
        found.add(NodeSpec.from_dict(said), _no_code)
    return found


def _no_code() -> NoReturn:
    raise RegistryError("the code of this node is on the server")


def _error(run: Mapping[str, Any]) -> CalotypeError | None:
    match run["state"]:
        case "succeeded":
            return None
        case "cancelled":
            return Cancelled("stopped")
        case state:
            return error_of(run["error"] or {"code": "execution", "message": f"the run is {state}"})


def _record(run: Mapping[str, Any], document: Document) -> RunRecord:
    """The record of the server; where there is none, what is known of the run."""
    said = dict(run["record"] or {})
    state = str(run["state"])
    usual: dict[str, Any] = {
        "id": run["id"], "name": document.name, "started": run["started"] or run["created"], "seconds": 0.0,
        "workflow": document.to_dict(), "runtime": {}, "nodes": {}, "error": run["error"],
    }  # fmt: skip
    known = {k: v for k, v in said.items() if k in usual}
    status = state if state in ("succeeded", "cancelled") else "failed"
    return RunRecord(**usual | known | {"status": status, "files": []})
