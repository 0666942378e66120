"""Runs a plan: computes what is not stored, tells what happens, keeps one node's failure from the others."""

from calotype.executor.mapping import FILES
from calotype.executor.outcome import NodeRecord, Outcome
from calotype.executor.reporting import Emitter
from calotype.executor.run import Executor

__all__ = ["FILES", "Emitter", "Executor", "NodeRecord", "Outcome"]
