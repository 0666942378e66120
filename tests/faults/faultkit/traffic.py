"""What people do to a server, at random, and what they were told: whatever was answered must be so later."""

from __future__ import annotations

import random
import struct
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from blake3 import blake3
from faultkit.server import Gone, Server

STEPS = 3  # nodes before the last of a run
WAITING = 8  # runs
SIZE = 65536  # bytes of a file that a run makes


@dataclass
class Told:
    """What is known of one run. texts: what it may have been asked to write; cancel: "", "asked" or "told"."""

    texts: list[str]
    cancel: str = ""
    kind: str = "chain"


@dataclass
class Ledger:
    """Everything that was acknowledged. maybe: documents that were sent, and not answered."""

    runs: dict[str, Told] = field(default_factory=dict)
    documents: dict[str, str] = field(default_factory=dict)  # name -> the text that was saved last, "" for deleted
    maybe: dict[str, set[str]] = field(default_factory=dict)
    drafts: dict[str, set[str]] = field(
        default_factory=dict
    )  # name -> texts of drafts, the acknowledged one among them
    uploads: set[str] = field(default_factory=set)


def chain(text: str) -> dict[str, Any]:
    """Nodes that each add a letter, and a file of the result."""
    nodes: dict[str, Any] = {"s0": {"type": "toys.Step", "inputs": {"text": text}}}
    for i in range(1, STEPS):
        nodes[f"s{i}"] = {"type": "toys.Step", "inputs": {"text": {"from": f"s{i - 1}.str"}}}
    nodes["write"] = {"type": "toys.Write", "inputs": {"text": {"from": f"s{STEPS - 1}.str"}}}
    return {"calotype": 1, "name": text, "nodes": nodes}


def made(text: str) -> bytes:
    """The file that `chain` makes."""
    return ((text + "a" * STEPS).encode() * SIZE)[:SIZE]


def digest(text: str) -> str:
    """Its name."""
    return f"blake3:{blake3(made(text)).hexdigest()}"


def loading() -> dict[str, Any]:
    """A run that begins to load a model."""
    return {"calotype": 1, "name": "load", "nodes": {"it": {"type": "toys.Load"}}}


def png(number: int) -> bytes:
    """A picture of one pixel, another one for each number."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    pixel = zlib.compress(b"\0" + number.to_bytes(3, "big"))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", pixel) + chunk(b"IEND", b"")


class Traffic:
    """Responsibilities: do one thing after the other to a server that may die in the middle; keep the ledger."""

    def __init__(self, draw: random.Random, ledger: Ledger) -> None:
        self._draw, self.ledger, self._count = draw, ledger, 0

    def deeds(self, family: str = "") -> list[Callable[[Server], None]]:
        """What may be done; those that pass the crash points of a family come often."""
        all_ = [self.submit, self.submit, self.batch, self.edit, self.cancel, self.move, self.save, self.draft]
        often = {"document": [self.save, self.rename, self.delete], "draft": [self.draft], "upload": [self.upload],
                 "model": [self.load], "finish": [self.cancel], "accept": [self.submit]}  # fmt: skip
        return all_ + often.get(family, []) * 5

    def some(self, server: Server, family: str = "") -> None:
        """One of them. Raises Gone."""
        self._draw.choice(self.deeds(family))(server)

    def submit(self, server: Server) -> None:
        if self._full(server):
            return
        text = self._fresh()
        answer = server.ask("POST", "/v1/runs", {"workflow": chain(text)})
        assert answer.status == 202, answer.data
        self.ledger.runs[answer.json["id"]] = Told([text])

    def batch(self, server: Server) -> None:
        if self._full(server):
            return
        texts = [self._fresh() for _ in range(3)]
        answer = server.ask("POST", "/v1/runs", {"runs": [{"workflow": chain(text)} for text in texts]})
        assert answer.status == 202, answer.data
        for run, text in zip(answer.json["runs"], texts, strict=True):
            self.ledger.runs[run["id"]] = Told([text])

    def load(self, server: Server) -> None:
        answer = server.ask("POST", "/v1/runs", {"workflow": loading(), "priority": 10})
        self.ledger.runs[answer.json["id"]] = Told([], kind="load")

    def edit(self, server: Server) -> None:
        if found := self._some_run():
            id, told = found
            text = self._fresh()
            told.texts.append(text)  # perhaps, as long as nothing is answered
            answer = server.ask("PUT", f"/v1/runs/{id}/edit", {"workflow": chain(text)})
            assert answer.status in (200, 409), answer.data
            told.texts = [text] if answer.status == 200 else told.texts[:-1]

    def cancel(self, server: Server) -> None:
        if (found := self._some_run()) and self._draw.random() < 0.3:
            id, told = found
            told.cancel = told.cancel or "asked"
            answer = server.ask("POST", f"/v1/runs/{id}/cancel", {})
            assert answer.status in (200, 202), answer.data
            told.cancel = "told" if answer.json["state"] == "cancelled" else told.cancel

    def move(self, server: Server) -> None:
        if found := self._some_run():
            answer = server.ask("POST", f"/v1/runs/{found[0]}/move", {"first": True})
            assert answer.status in (200, 409), answer.data

    def save(self, server: Server) -> None:
        name, text = f"doc {self._draw.randrange(6)}", self._fresh()
        self.ledger.maybe.setdefault(name, set()).add(text)
        answer = server.ask("PUT", f"/v1/workflows/{name.replace(' ', '%20')}", chain(text), If_Match="*")
        assert answer.status in (200, 201), answer.data
        self.ledger.documents[name], self.ledger.maybe[name] = text, set()

    def rename(self, server: Server) -> None:
        """One that nothing else touches, so that what is to be there is known."""
        text = self._fresh()
        self.ledger.maybe[text] = {text}
        server.ask("PUT", f"/v1/workflows/{text}", chain(text), If_Match="*")
        self.ledger.documents[text] = text
        self.ledger.maybe[f"{text}-new"], self.ledger.maybe[text] = {text}, {""}
        answer = server.ask("POST", f"/v1/workflows/{text}/rename", {"name": f"{text}-new"}, If_Match="*")
        assert answer.status == 200, answer.data
        self.ledger.documents |= {text: "", f"{text}-new": text}

    def delete(self, server: Server) -> None:
        name = f"doc {self._draw.randrange(6)}"
        self.ledger.maybe.setdefault(name, set()).add("")
        answer = server.ask("DELETE", f"/v1/workflows/{name.replace(' ', '%20')}", {}, If_Match="*")
        assert answer.status in (200, 404), answer.data
        self.ledger.documents[name], self.ledger.maybe[name] = "", set()

    def draft(self, server: Server) -> None:
        name, text = f"draft{self._draw.randrange(3)}", self._fresh()
        self.ledger.drafts.setdefault(name, set()).add(text)
        answer = server.ask("POST", f"/v1/workflows/{name}/journal", {"client": "me", "draft": chain(text)})
        assert answer.status == 200, answer.data
        self.ledger.drafts[name] = {text}

    def upload(self, server: Server) -> None:
        self._count += 1
        answer = server.ask("POST", "/v1/uploads", data=png(self._count), Content_Type="image/png")
        assert answer.status == 201, answer.data
        self.ledger.uploads.add(answer.json["file"])

    def _full(self, server: Server) -> bool:
        """Whether so many wait already that more would only take time."""
        return bool(server.get("/v1/queue")["counts"]["queued"] > WAITING)

    def _fresh(self) -> str:
        self._count += 1
        return f"t{self._count}-"

    def _some_run(self) -> tuple[str, Told] | None:
        young = [(id, told) for id, told in list(self.ledger.runs.items())[-8:] if told.kind == "chain"]
        return self._draw.choice(young) if young else None


def until_gone(server: Server, traffic: Traffic, family: str, seconds: float) -> bool:
    """Go on until the server dies by itself, or for so long; whether it died."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            traffic.some(server, family)
        except Gone:
            server.process.wait(10)
            return True
        time.sleep(0.01)
    return not server.alive
