"""The workflow document: read, written, changed, and turned into a graph. Raises WorkflowError and nothing else.

What few need stands in modules of its own: `compare` (differences of two), `group` and `inside` (subgraphs from nodes).
"""

from calotype.workflow.document import Document, PortIn, PublicInput, PublicOutput, Subgraph
from calotype.workflow.edit import Port, interface, set_input
from calotype.workflow.flatten import flatten
from calotype.workflow.migrate import migrate_nodes
from calotype.workflow.reading import read
from calotype.workflow.saving import load, save
from calotype.workflow.seeds import resolve_seeds
from calotype.workflow.writing import write

__all__ = [
    "Document",
    "Port",
    "PortIn",
    "PublicInput",
    "PublicOutput",
    "Subgraph",
    "flatten",
    "interface",
    "load",
    "migrate_nodes",
    "read",
    "resolve_seeds",
    "save",
    "set_input",
    "write",
]
