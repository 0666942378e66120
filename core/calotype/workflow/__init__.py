"""The workflow document: read, written, changed, and turned into a graph. Raises WorkflowError and nothing else."""

from calotype.workflow.compare import Difference, diff
from calotype.workflow.document import Document, PortIn, PublicInput, PublicOutput, Subgraph
from calotype.workflow.edit import Port, interface, set_input
from calotype.workflow.flatten import flatten
from calotype.workflow.group import group, ungroup
from calotype.workflow.inside import group_within, ungroup_within
from calotype.workflow.migrate import migrate_nodes
from calotype.workflow.reading import read
from calotype.workflow.saving import load, save
from calotype.workflow.seeds import resolve_seeds
from calotype.workflow.writing import write

__all__ = [
    "Difference",
    "Document",
    "Port",
    "PortIn",
    "PublicInput",
    "PublicOutput",
    "Subgraph",
    "diff",
    "flatten",
    "group",
    "group_within",
    "interface",
    "load",
    "migrate_nodes",
    "read",
    "resolve_seeds",
    "save",
    "set_input",
    "ungroup",
    "ungroup_within",
    "write",
]
