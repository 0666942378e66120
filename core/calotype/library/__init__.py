"""Documents on the server: plain workflow files with revisions, drafts and a trash. SQLite and files, no torch."""

from calotype.library.library import Library
from calotype.library.records import ANY, Draft, Entry, Revision, Trashed, Version

__all__ = ["ANY", "Draft", "Entry", "Library", "Revision", "Trashed", "Version"]
