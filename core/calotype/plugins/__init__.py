"""Plugins: found through entry points and in folders, isolated, one record each, described without importing them."""

from calotype.plugins.discovery import Plugins, discover
from calotype.plugins.importers import Imported, Importer, Note, Report, open_bytes, open_workflow
from calotype.plugins.record import PluginRecord
from calotype.plugins.scaffold import new_plugin

__all__ = [
    "Imported",
    "Importer",
    "Note",
    "PluginRecord",
    "Plugins",
    "Report",
    "discover",
    "new_plugin",
    "open_bytes",
    "open_workflow",
]
