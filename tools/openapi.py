"""Write the OpenAPI description of the server to standard output, without a server: `npm run types:api` reads it.

The endpoints of the workflows that a server has are not among it: they differ from server to server.
"""

from __future__ import annotations

import hashlib
import json
import sys

from calotype.server.openapi import describe
from calotype.server.routes import every


def text() -> str:
    """The description as JSON, the same for the same routes whatever the version."""
    said = describe(every())
    said["info"]["version"] = ""
    return json.dumps(said, indent=1, sort_keys=True) + "\n"


def digest() -> str:
    """Names what goes in and out: the generated types carry it, so that a test can tell whether they are current."""
    return hashlib.sha256(json.dumps(describe(every())["components"]["schemas"], sort_keys=True).encode()).hexdigest()


if __name__ == "__main__":
    sys.stdout.write(digest() + "\n" if "--digest" in sys.argv else text())
