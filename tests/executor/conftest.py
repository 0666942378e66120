"""A small engine over the toy nodes: run a document given as nodes, look at what happened."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from calotype.events import Event
from calotype.executor import Emitter, Executor, Outcome
from calotype.files import Files
from calotype.host import LocalHost
from calotype.plan import Plan, Planner
from calotype.registry import Registry
from calotype.runtime import Runtime
from calotype.settings import Settings
from calotype.store import Store
from calotype.testing import registry
from calotype.workflow import flatten, read


@dataclass
class Engine:
    store: Store
    registry: Registry
    settings: Settings
    events: list[Event] = field(default_factory=list)

    @property
    def planner(self) -> Planner:
        return Planner(self.registry, self.store, None, Runtime.here("cpu"))

    def plan(self, nodes: dict[str, Any], *targets: str, **parts: Any) -> Plan:
        graph = flatten(read({"calotype": 1, "nodes": nodes, **parts}))
        return self.planner.plan(graph, targets or None)

    def run(self, nodes: dict[str, Any], *targets: str, keep_going: bool = False, cancel=None, **parts: Any) -> Outcome:
        host = LocalHost(Files({}), self.settings, Runtime.here("cpu"), {"CALOTYPE_SECRET_TOKEN": "hush"})
        executor = Executor(self.planner, self.store, host)
        self.events.clear()
        plan = self.plan(nodes, *targets, **parts)
        return executor.run(
            plan, Emitter("r", self.events.append), keep_going=keep_going, cancel=cancel or threading.Event()
        )

    def kinds(self) -> list[str]:
        return [type(e).__name__ for e in self.events]


@pytest.fixture
def engine(tmp_path: Path):
    store = Store(tmp_path / "store", disk_seconds=0)
    yield Engine(store, registry(), Settings(home=tmp_path))
    store.close()
