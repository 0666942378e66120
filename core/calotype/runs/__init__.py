"""The durable queue of runs: what was accepted is on disk, and ends exactly once. No torch, no asyncio."""

from calotype.runs.model import ENDED, STATES, Lease, Page, Query, Run, State, Submission, Waiting
from calotype.runs.runs import Runs
from calotype.runs.submission import submission_of

__all__ = [
    "ENDED",
    "STATES",
    "Lease",
    "Page",
    "Query",
    "Run",
    "Runs",
    "State",
    "Submission",
    "Waiting",
    "submission_of",
]
