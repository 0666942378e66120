"""Node classes: how they are declared, what is known of them without their code, what they see of the host."""

from calotype.node.base import Input, Node
from calotype.node.context import Context
from calotype.node.declare import spec_of
from calotype.node.spec import REQUIRED, InputSpec, NodeSpec, OutputSpec

__all__ = ["REQUIRED", "Context", "Input", "InputSpec", "Node", "NodeSpec", "OutputSpec", "spec_of"]
