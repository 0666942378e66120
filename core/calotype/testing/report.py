"""What a check of a plugin found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

Level = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong (error), or that users would thank you for mending (warning)."""

    level: Level
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.level} {self.code}: {self.message}"


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was found. seconds: how long the import of the plugin takes in a fresh process."""

    plugin: str
    nodes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    seconds: float | None = None

    @property
    def ok(self) -> bool:
        """Whether there is no error; warnings may be there."""
        return all(f.level != "error" for f in self.findings)

    def __str__(self) -> str:
        took = "" if self.seconds is None else f", imported in {self.seconds * 1000:.0f} ms"
        verdict = "conforms" if self.ok else "does not conform"
        head = f"plugin {self.plugin} {verdict}: {len(self.nodes)} node types{took}"
        return "\n".join([head, *(f"  {f}" for f in self.findings)])

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self) | {"ok": self.ok, "nodes": list(self.nodes), "findings": [asdict(f) for f in self.findings]}


def errors(code: str, messages: Iterable[str]) -> list[Finding]:
    """Findings that are errors."""
    return [Finding("error", code, m) for m in messages]


def warnings(code: str, messages: Iterable[str]) -> list[Finding]:
    """Findings that are warnings."""
    return [Finding("warning", code, m) for m in messages]
