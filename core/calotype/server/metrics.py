"""Figures for Prometheus, made when they are asked for from what the server counts anyway."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from calotype.backends import WorkerInfo
from calotype.runs import Runs
from calotype.server.memory import resident
from calotype.server.state import State


def exposition(state: State, runs: Runs, workers: Sequence[WorkerInfo]) -> bytes:
    """The figures as text."""
    registry = CollectorRegistry()
    registry.register(_Figures(state, runs, workers))
    return generate_latest(registry)


class _Figures(Collector):
    def __init__(self, state: State, runs: Runs, workers: Sequence[WorkerInfo]) -> None:
        self._state, self._runs, self._workers = state, runs, workers

    def collect(self) -> Iterator[Metric]:
        yield _gauge("calotype_ready", "Whether runs are carried out.", float(self._state.ready))
        yield _gauge("calotype_queue_paused", "Whether the queue is paused.", float(self._runs.paused))
        yield _gauge("calotype_memory_bytes", "Main memory of the server process.", resident())
        yield _gauge("calotype_event_readers", "Event streams that are open.", self._state.readers)
        counts = GaugeMetricFamily("calotype_runs", "Runs by state.", labels=["state"])
        for name, count in self._runs.counts().items():
            counts.add_metric([name], count)
        yield counts
        yield from self._of_workers()
        answered = CounterMetricFamily("calotype_http_requests", "Answers by status.", labels=["status"])
        for status, count in sorted(self._state.answered.items()):
            answered.add_metric([str(status)], count)
        yield answered
        spent = CounterMetricFamily("calotype_http_request_seconds", "Time until answers began.")
        spent.add_metric([], self._state.seconds)
        yield spent

    def _of_workers(self) -> Iterator[Metric]:
        states = GaugeMetricFamily("calotype_workers", "Workers by state and device.", labels=["state", "device"])
        kinds = [(w.state, w.device) for w in self._workers]
        for kind in sorted(set(kinds)):
            states.add_metric(list(kind), kinds.count(kind))
        yield states
        memory = GaugeMetricFamily("calotype_worker_memory_bytes", "Main memory of a worker.", labels=["worker"])
        restarts = CounterMetricFamily(
            "calotype_worker_restarts", "How often a worker was replaced.", labels=["worker"]
        )
        for worker in self._workers:
            memory.add_metric([worker.id], worker.rss)
            restarts.add_metric([worker.id], worker.restarts)
        yield memory
        yield restarts


def _gauge(name: str, doc: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, doc, value=value)
