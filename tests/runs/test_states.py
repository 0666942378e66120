"""The queue against a model of it: whatever is done in whatever order, nothing is lost and nothing ends twice."""

from __future__ import annotations

from contextlib import ExitStack

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule
from tests import scratch

from calotype.errors import LeaseLost, WrongState
from calotype.runs import ENDED, Query, Runs, submission_of

DOCUMENT = {"calotype": 1, "name": "toy", "nodes": {}}


class Queue(RuleBasedStateMachine):
    """Clients and workers at once, with restarts of the server in between."""

    ids = Bundle("ids")
    leases = Bundle("leases")

    def __init__(self):
        super().__init__()
        self.stack = ExitStack()
        self.folder = self.stack.enter_context(scratch.folder())
        self.runs = Runs(self.folder / "runs.sqlite")
        self.order: list[str] = []  # of the queued, all of one priority
        self.states: dict[str, str] = {}
        self.crashes: dict[str, int] = {}
        self.asked: set[str] = set()  # running, and asked to stop
        self.held: dict[str, object] = {}
        self.ranks: dict[str, float] = {}

    def teardown(self):
        self.runs.close()
        self.stack.close()

    def back(self, id):
        """At its old place."""
        self.states[id] = "queued"
        self.order.append(id)
        self.order.sort(key=self.ranks.__getitem__)

    @rule(target=ids)
    def accept(self):
        (run,) = self.runs.accept([submission_of(DOCUMENT)])
        self.states[run.id], self.crashes[run.id] = "queued", 0
        self.ranks[run.id] = max(self.ranks.values(), default=0.0) + 1
        self.order.append(run.id)
        return run.id

    @rule(target=leases)
    def claim(self):
        lease = self.runs.claim("w")
        if lease is None:
            assert self.order == []
            return None
        assert lease.run == self.order.pop(0)
        self.states[lease.run], self.held[lease.run] = "running", lease
        return lease

    @rule(lease=leases, state=st.sampled_from(["succeeded", "failed", "cancelled"]))
    def finish(self, lease, state):
        self.settle(lease, lambda: self.runs.finish(lease, state, record={}), state)

    @rule(lease=leases, blame=st.booleans())
    def lost(self, lease, blame):
        held = lease is not None and self.held.get(lease.run) is lease
        crashes = self.crashes[lease.run] + blame if held else 0
        self.settle(lease, lambda: self.runs.lost(lease, "gone", blame=blame), "quarantined" if crashes >= 2 else None)
        if held and self.states[lease.run] == "queued":
            self.crashes[lease.run] = crashes

    def settle(self, lease, deed, state):
        if lease is None:
            return
        if self.held.get(lease.run) is not lease:
            try:
                deed()
            except LeaseLost:
                return
            raise AssertionError("a stale lease was good for something")
        deed()
        del self.held[lease.run]
        cancelled = lease.run in self.asked and state in (None, "failed", "quarantined")
        self.asked.discard(lease.run)
        if cancelled:
            self.states[lease.run] = "cancelled"
        elif state is None:
            self.back(lease.run)
        else:
            self.states[lease.run] = state

    @rule(id=ids)
    def cancel(self, id):
        self.runs.cancel(id)
        if self.states[id] == "queued":
            self.states[id] = "cancelled"
            self.order.remove(id)
        elif self.states[id] == "running":
            self.asked.add(id)

    @rule(id=ids)
    def first(self, id):
        try:
            self.runs.move(id, first=True)
        except WrongState:
            assert self.states[id] != "queued"
            return
        if len(self.order) > 1:
            others = [other for other in (*self.order, *self.held) if other != id]
            self.ranks[id] = min(self.ranks[other] for other in others) - 1
            self.order.sort(key=self.ranks.__getitem__)

    @rule(id=consumes(ids))
    def delete(self, id):
        try:
            self.runs.delete(id)
        except WrongState:
            assert self.states[id] not in ENDED

    @rule()
    @precondition(lambda self: self.states)
    def restart(self):
        self.runs.close()
        self.runs = Runs(self.folder / "runs.sqlite")
        self.runs.recover()
        for id in list(self.held):
            del self.held[id]
            if id in self.asked:
                self.states[id] = "cancelled"
            else:
                self.back(id)
        self.asked.clear()

    @invariant()
    def every_id_answers_with_its_one_state(self):
        assert {id: self.runs.get(id).state for id in self.states} == self.states

    @invariant()
    def nothing_ends_twice(self):
        for id, state in self.states.items():
            ends = [e for e in self.runs.events(id) if e["event"] == "RunEnded"]
            run = self.runs.get(id)
            assert len(ends) == (state in ENDED and not run.pruned)
            assert run.pruned or [e["seq"] for e in self.runs.events(id)] == list(range(1, run.last_seq + 1))

    @invariant()
    def the_order_is_kept(self):
        page = self.runs.list(Query(state=("queued",), limit=500)).items
        assert [run.id for run in page] == self.order
        assert [run.place for run in page] == list(range(1, len(page) + 1))


Queue.TestCase.settings = settings(max_examples=50, stateful_step_count=30, deadline=None)
TestQueue = Queue.TestCase
