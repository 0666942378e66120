"""What a test of nodes needs: a fake host, toy nodes, and a check of a whole plugin."""

from calotype.testing.context import FakeContext
from calotype.testing.toys import registry

__all__ = ["FakeContext", "registry"]
