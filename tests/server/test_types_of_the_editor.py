"""The editor's types of the API are those of the server as it is."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_types_that_the_editor_uses_are_current():
    said = subprocess.run(
        [sys.executable, "tools/openapi.py", "--digest"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found = re.search(r"[0-9a-f]{64}", (ROOT / "web" / "src" / "run" / "schema.d.ts").read_text())
    assert found and found[0] == said.stdout.strip(), "the API has changed: run `npm run types:api` in web/"
