"""Whatever happens, in whatever order: what was acknowledged is there, whole, and so is what lay on disk."""

import json
import os
import subprocess
import sys
from contextlib import ExitStack

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule
from tests import scratch

from calotype.crash import VARIABLE, Crash
from calotype.errors import LibraryError, UnknownWorkflow
from calotype.library import ANY, Library
from calotype.workflow import read, write

POINTS = ["document.written", "document.renamed", "document.committed", "document.moved", "document.discarded"]
NAMES = st.sampled_from(["a", "b", "c"])
CLIENTS = st.sampled_from(["ann", "bob"])


class Killed(BaseException):
    """Stands for the end of the process."""


class Trap(Crash):
    """Dies at a point by raising, so that the next library finds what a kill would leave."""

    def __init__(self) -> None:
        super().__init__()
        self.point = ""

    def at(self, point: str) -> None:
        if point == self.point:
            raise Killed


def document(word: int):
    return read({"calotype": 1, "name": "d", "nodes": {"n": {"type": "Text", "inputs": {"text": str(word)}}}})


class Books(RuleBasedStateMachine):
    """A library used and misused; `kept` is every text that must be found somewhere for ever."""

    words = Bundle("words")

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.root = self.stack.enter_context(scratch.folder()) / "workflows"
        self.trap = Trap()
        self.library = Library(self.root, crash=self.trap)
        self.count = 0
        self.kept: set[bytes] = set()
        self.drafts: dict[tuple[str, str], dict] = {}

    def teardown(self) -> None:
        self.library.close()
        self.stack.close()

    def fresh(self):
        self.count += 1
        return document(self.count)

    def again(self) -> None:
        self.library.close()
        self.trap.point = ""
        self.library = Library(self.root, crash=self.trap)

    @rule(name=NAMES, author=CLIENTS)
    def save(self, name, author):
        made = self.fresh()
        saved = self.library.put(name, made, expected=self.etag(name), author=author)
        self.kept.add(saved.text)
        self.drafts.pop((name, author), None)
        assert (self.root / f"{name}.json").read_bytes() == write(made).encode() == self.library.get(name).text

    @rule(name=NAMES, author=CLIENTS, etag=st.sampled_from(["1-000000000000", "99"]))
    def save_over_something_else(self, name, author, etag):
        made = self.fresh()
        with pytest.raises(LibraryError):
            self.library.put(name, made, expected=etag, author=author)
        self.drafts[name, author] = json.loads(write(made))

    @rule(name=NAMES, point=st.sampled_from(POINTS))
    def save_and_die(self, name, point):
        made, self.trap.point = self.fresh(), point
        before = self.on_disk(name)
        try:
            self.library.put(name, made, expected=self.etag(name), author="")
        except Killed:
            self.again()
        self.trap.point = ""
        now = self.on_disk(name)
        assert now in (before, write(made).encode())  # the old or the new, never a part
        if now is not None:
            assert self.library.get(name).text == now
            self.kept.add(now)

    @rule(name=NAMES, to=NAMES, point=st.sampled_from(["", "document.moved"]))
    def rename(self, name, to, point):
        self.trap.point = point
        try:
            self.library.rename(name, to)
        except LibraryError:
            return
        except Killed:
            self.again()
        finally:
            self.trap.point = ""
        if name != to:
            for client in ("ann", "bob"):
                held = self.drafts.pop((name, client), None)
                if held is not None:
                    self.drafts[to, client] = held

    @rule(name=NAMES)
    def change_by_hand(self, name):
        text = write(self.fresh()).encode()
        (self.root / f"{name}.json").write_bytes(text)
        assert self.library.get(name).text == text
        self.kept.add(text)

    @rule(name=NAMES, point=st.sampled_from(["", "document.discarded"]))
    def throw_away(self, name, point):
        self.trap.point = point
        try:
            self.library.delete(name)
        except UnknownWorkflow:
            return
        except Killed:
            self.again()
        finally:
            self.trap.point = ""
        with pytest.raises(UnknownWorkflow):
            self.library.get(name)
        for client in ("ann", "bob"):
            self.drafts.pop((name, client), None)

    @rule(author=CLIENTS, name=NAMES, whole=st.booleans())
    def draft(self, author, name, whole):
        self.count += 1
        if whole or (name, author) not in self.drafts:
            self.drafts[name, author] = {"word": self.count}
            self.library.post_draft(name, author, draft=self.drafts[name, author])
        else:
            self.library.post_draft(name, author, operations=[self.count])

    @rule()
    def start_again(self):
        self.again()

    @rule(name=NAMES)
    def bring_back(self, name):
        for gone in self.library.trash()[:1]:
            try:
                self.library.bring_back(gone.id, name)
            except LibraryError:
                continue
            for draft in self.library.drafts(name):
                self.drafts[name, draft.client] = draft.draft

    def etag(self, name):
        try:
            return self.library.get(name).etag
        except UnknownWorkflow:
            return None

    def on_disk(self, name):
        path = self.root / f"{name}.json"
        return path.read_bytes() if path.exists() else None

    @invariant()
    def nothing_is_lost(self):
        found = set()
        for entry in self.library.entries():
            found |= {self.library.get(entry.name, r.number).text for r in self.library.versions(entry.name)}
        assert self.kept - found - self.trashed() == set()

    @invariant()
    def drafts_are_there(self):
        assert {k: d for k, d in self.drafts.items() if d not in self.held(*k)} == {}

    def held(self, name, client):
        return [d.draft for d in self.library.drafts(name) if d.client == client]

    def trashed(self):
        """The texts of documents in the trash, looked at on the side."""
        import sqlite3
        import zlib
        from contextlib import closing

        with closing(sqlite3.connect(self.root / ".journal.sqlite")) as db:
            query = (
                "SELECT body FROM texts JOIN revisions USING (digest) JOIN documents ON documents.id = document "
                "WHERE trashed IS NOT NULL"
            )
            return {zlib.decompress(body) for (body,) in db.execute(query)}


TestBooks = Books.TestCase
TestBooks.settings = settings(max_examples=40, stateful_step_count=25)

WRITER = """
import sys
from pathlib import Path
from calotype.crash import Crash
from calotype.library import Library
from calotype.workflow import read
library = Library(Path(sys.argv[1]), crash=Crash.asked())
def doc(word): return read({"calotype": 1, "name": "d", "nodes": {"n": {"type": "Text", "inputs": {"text": word}}}})
for i in range(100):
    library.post_draft("fruit", "ann", draft={"word": i})
    print("draft", i, flush=True)
    library.put("fruit", doc(str(i)), expected="*", author="bob")
    print("saved", i, flush=True)
    library.rename("fruit", "food")
    library.rename("food", "fruit")
    print("renamed", i, flush=True)
    library.put("other", doc("x" + str(i)), expected=None)
    library.delete("other")
    print("gone", i, flush=True)
"""


@pytest.mark.parametrize("point", [*POINTS, "draft.committed"])
def test_a_killed_process_loses_nothing_that_it_acknowledged(tmp_path, point):
    env = os.environ | {VARIABLE: f"{point}:4"}
    done = subprocess.run(
        [sys.executable, "-c", WRITER, str(tmp_path / "w")], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == -9, done.stderr
    said = [(what, int(i)) for what, i in (line.split() for line in done.stdout.splitlines())]
    saved = max((i for what, i in said if what == "saved"), default=-1)
    library = Library(tmp_path / "w")
    names = {e.name for e in library.entries()}
    name = "food" if "food" in names else "fruit"
    words = [
        json.loads(library.get(name, r.number).text)["nodes"]["n"]["inputs"]["text"] for r in library.versions(name)
    ]
    assert {str(i) for i in range(saved + 1)} <= set(words)
    drafted = max(i for what, i in said if what == "draft")
    assert next(d.draft["word"] for d in library.drafts(name)) in (drafted, drafted + 1)
    thrown = max((i for what, i in said if what == "gone"), default=-1)
    assert len(library.trash()) >= thrown + 1
    library.put(name, document(1), expected=ANY)
    assert not list((tmp_path / "w").glob("*.json.*"))
    library.close()
