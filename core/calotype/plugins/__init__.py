"""Plugins: found through entry points and in folders, isolated, one record each, described without importing them."""

from calotype.plugins.discovery import Plugins, discover
from calotype.plugins.record import PluginRecord
from calotype.plugins.scaffold import new_plugin

__all__ = ["PluginRecord", "Plugins", "discover", "new_plugin"]
