"""What the library says of documents, as plain data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from calotype.workflow import Document, read

Kind = Literal["saved", "restored", "by hand", "template"]
ANY = "*"  # expected: whatever is there


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One kept version. number: from 1; at: ISO 8601 UTC; author: a client's id, empty where nobody said."""

    number: int
    at: str
    author: str
    kind: Kind
    digest: str
    bytes: int

    @property
    def etag(self) -> str:
        """Names the revision and its content, so that a document of the same name is not taken for it."""
        return f"{self.number}-{self.digest[:12]}"

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self) | {"etag": self.etag}


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A document at one revision, as the bytes of its file."""

    name: str
    revision: Revision
    text: bytes
    template: bool = False

    @property
    def document(self) -> Document:
        """It, read. Raises WorkflowError."""
        return read(self.text, self.name)

    @property
    def etag(self) -> str:
        """That of its revision."""
        return self.revision.etag


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A document in the listing.

    title, description, inputs: as the document says; inputs by public name with their words. wrong: why the file cannot
    be read as a workflow. drafts: of how many clients there is unsaved work.
    """

    name: str
    title: str = ""
    description: str = ""
    inputs: dict[str, str] = field(default_factory=dict)
    nodes: int = 0
    revision: int = 0
    etag: str = ""
    updated: str = ""
    author: str = ""
    template: bool = False
    wrong: str = ""
    drafts: int = 0

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Unsaved work of one client on a document.

    base: the revision it began from, 0 for a document that was never saved; seq: number of the last entry. draft: the
    last whole draft that was posted, None if there was none; operations: those posted after it, in order.
    """

    name: str
    client: str
    base: int
    seq: int
    at: str
    draft: dict[str, Any] | None
    operations: list[Any]

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trashed:
    """A document in the trash."""

    id: int
    name: str
    at: str
    revision: int

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)
