"""What must be so after everything that happened: the ledger against the server, the disk and the executions."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from pathlib import Path
from urllib.parse import quote

from blake3 import blake3
from faultkit.server import ENDED, Server
from faultkit.traffic import Ledger, Told, digest, made

from calotype.workflow import read

TEMPORARY = ".tmp-"


class Verdict:
    """Responsibilities: count what was lost, what is wrong, what is half, and what was computed once more.

    complaints: one line for each, for people.
    """

    def __init__(self, server: Server, ledger: Ledger) -> None:
        self._server, self._ledger = server, ledger
        self.lost = self.wrong = self.partial = self.repeated = self.needless = 0
        self.states: Counter[str] = Counter()
        self.complaints: list[str] = []

    @property
    def good(self) -> bool:
        return not self.complaints

    def look(self, executions: Path) -> Verdict:
        """At everything."""
        for id, told in self._ledger.runs.items():
            self._run(id, told)
        self._documents()
        self._files()
        self._executions(executions.read_text().splitlines())
        return self

    def _say(self, kind: str, words: str) -> None:
        setattr(self, kind, getattr(self, kind) + 1)
        self.complaints.append(f"{kind}: {words}")

    def _run(self, id: str, told: Told) -> None:
        answer = self._server.ask("GET", f"/v1/runs/{id}")
        if answer.status != 200:
            self._say("lost", f"run {id}: {answer.status}")
            return
        run = answer.json
        self.states[run["state"]] += 1
        events = self._events(id)
        kinds = [e["event"] for e in events]
        if run["state"] not in ENDED or kinds.count("RunEnded") != 1 or kinds[-1] != "RunEnded":
            self._say("wrong", f"run {id} is {run['state']}: {kinds}")
        if [e["seq"] for e in events] != list(range(1, len(events) + 1)):
            self._say("wrong", f"events of run {id}: {[e['seq'] for e in events]}")
        if run["state"] == "succeeded" and told.kind == "chain":
            self._made(run, told)
        if run["state"] == "quarantined" and sum(e.get("blame", False) for e in events) < 1:
            self._say("wrong", f"run {id} is quarantined for nothing")
        if run["state"] == "failed" and told.kind == "chain":
            self._say("wrong", f"run {id} failed: {run['error']}")
        cancelled = run["state"] == "cancelled"
        if (told.cancel == "told" and not cancelled) or (cancelled and not told.cancel):
            self._say("wrong", f"run {id} is {run['state']}, and cancelling it was {told.cancel!r}")

    def _made(self, run: dict, told: Told) -> None:
        wanted = {digest(text): made(text) for text in told.texts}
        (file,) = run["files"]
        if file["digest"] not in wanted:
            self._say("wrong", f"run {run['id']} made something else than {told.texts}")
            return
        content = self._server.ask("GET", f"/v1/files/{file['digest']}")
        if content.data != wanted[file["digest"]]:
            self._say("partial", f"file of run {run['id']}: {content.status}")

    def _events(self, id: str) -> list[dict]:
        answer = self._server.ask("GET", f"/v1/runs/{id}/events")
        lines = answer.data.decode().splitlines()
        return [json.loads(x[5:]) for x in lines if x.startswith("data:") and '"seq"' in x]

    def _documents(self) -> None:
        ledger = self._ledger
        for name in ledger.documents.keys() | ledger.maybe.keys():
            may = ledger.maybe.get(name, set()) | {ledger.documents.get(name, "")}
            answer = self._server.ask("GET", f"/v1/workflows/{quote(name)}")
            there = "" if answer.status == 404 else _name(answer.json)
            if there not in may:
                self._say("lost" if not there else "wrong", f'document "{name}" is {there!r}, not one of {may}')
        for name, may in ledger.drafts.items():
            drafts = self._server.get(f"/v1/workflows/{quote(name)}/journal")["drafts"]
            if not drafts or drafts[0]["draft"]["name"] not in may:
                self._say("lost", f'draft "{name}"')
        have = {one["file"] for one in self._server.get("/v1/inputs")["inputs"]}
        for name in ledger.uploads - have:
            self._say("lost", f"picture {name}")

    def _files(self) -> None:
        home = self._server.home
        for path in (home / "files").glob("??/*"):
            named = path.parent.name + path.name
            if not path.name.startswith(TEMPORARY) and blake3(path.read_bytes()).hexdigest() != named:
                self._say("partial", str(path))
        for path in (home / "workflows").glob("[!.]*.json"):
            try:
                read(json.loads(path.read_bytes()))
            except ValueError as error:
                self._say("partial", f"{path}: {error}")
        for path in (home / "input").glob("[!.]*.png"):
            short = path.stem.rpartition("-")[2]
            if not blake3(path.read_bytes()).hexdigest().startswith(short):
                self._say("partial", str(path))
        for path in (home / "runs.sqlite", home / "workflows" / ".journal.sqlite"):
            with sqlite3.connect(path) as database:
                if database.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                    self._say("partial", str(path))
            database.close()

    def _executions(self, lines: list[str]) -> None:
        """A node that was finished before the next began is never computed again."""
        furthest: Counter[str] = Counter()
        begun: Counter[str] = Counter()
        for line in lines:
            kind, _, text = line.partition("\t")
            base, length = text.rstrip("a"), len(text)
            if kind == "begun":
                begun[text] += 1
                if length < furthest[base]:
                    self.needless += 1
                    self.complaints.append(f"needless: {text} was computed again after what follows it")
                furthest[base] = max(furthest[base], length)
        self.repeated = sum(begun.values()) - len(begun)


def _name(document: dict) -> str:
    return str(document.get("workflow", document).get("name"))
