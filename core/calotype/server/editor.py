"""The editor's files: built, and shipped with the package. Nothing else is ever served from a folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

BUILT = "CALOTYPE_WEB"  # a folder with another build, for those who work on the editor
PLACES = (Path(__file__).parents[1] / "_web", Path(__file__).parents[3] / "web" / "dist")
TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; connect-src 'self'; worker-src 'none'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'none'"
)


@dataclass(frozen=True, slots=True)
class Asset:
    """One file of the editor."""

    data: bytes
    media_type: str


@lru_cache(maxsize=1)
def assets() -> dict[str, Asset]:
    """Every file of the editor by its path below the page; empty where the editor was not built."""
    own = os.environ.get(BUILT)
    for place in (Path(own),) if own else PLACES:
        if (place / "index.html").is_file():
            files = (f for f in sorted(place.rglob("*")) if f.is_file() and f.suffix in TYPES)
            return {f.relative_to(place).as_posix(): Asset(f.read_bytes(), TYPES[f.suffix]) for f in files}
    return {}
