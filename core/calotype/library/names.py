"""Names of documents: one part, the same on every system, and no two that any system takes for one."""

from __future__ import annotations

import unicodedata

from calotype.errors import FileError, LibraryError, shown
from calotype.files import check_name

SUFFIX = ".json"
LONGEST = 200  # bytes; leaves room for a suffix and what a temporary file adds


def checked(name: str) -> str:
    """The name as it is kept, in composed form (NFC). Raises LibraryError for what is no file everywhere."""
    reason = _wrong(name)
    if reason:
        raise LibraryError.saying(
            f"{shown(name)} cannot be the name of a workflow: {reason}",
            code="bad-name",
            value=name if isinstance(name, str) else None,
            hint="Use letters, digits, spaces, hyphens and underscores.",
        )
    return unicodedata.normalize("NFC", name)


def key(name: str) -> str:
    """The same for names that differ in case or in the way letters are composed: some systems take them for one."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def usable(name: str) -> bool:
    """Whether a file of this stem is a document that can be named."""
    return _wrong(name) is None


def _wrong(name: object) -> str | None:
    if not isinstance(name, str):
        return "it is not text"
    if "/" in name:
        return "it has a slash, and workflows lie in one folder"
    if name.startswith((".", "~")):
        return "it begins with a dot or a tilde, as hidden files do"
    if name.lower().endswith(SUFFIX):
        return f'leave out the "{SUFFIX}"'
    if any(c in '<>"|?*%#' for c in name):
        return 'it has one of < > " | ? * % #, which files on some systems or addresses cannot have'
    try:
        check_name(name)
        size = len(unicodedata.normalize("NFC", name).encode())
    except (FileError, UnicodeEncodeError) as error:
        return str(error).rpartition("may be used: ")[2] or "it is no text that can be written"
    return f"it is longer than {LONGEST} bytes" if size > LONGEST else None
