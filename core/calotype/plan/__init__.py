"""What a run has to do: which nodes, in which order, with which keys, hit or miss and why. Pure; computes nothing."""

from calotype.plan.entry import Entry, External, Plan, Status
from calotype.plan.explain import explain
from calotype.plan.planner import Planner, place

__all__ = ["Entry", "External", "Plan", "Planner", "Status", "explain", "place"]
