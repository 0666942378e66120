"""What a test of nodes needs: a fake host, toy nodes, and a check of a whole plugin."""

from calotype.testing.conformance import check_plugin
from calotype.testing.context import FakeContext
from calotype.testing.migrations import check_documents
from calotype.testing.report import Finding, Report
from calotype.testing.toys import registry, stand_in

__all__ = ["FakeContext", "Finding", "Report", "check_documents", "check_plugin", "registry", "stand_in"]
