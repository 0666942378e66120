"""Reads the code of plugins in a process of its own, so that the one that asks finds all of it in the catalogue.

`python -m calotype.backends.catalogue` takes settings as JSON on standard input.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping

import orjson

from calotype.backends.wire import settings_from, settings_to_dict
from calotype.errors import PluginError
from calotype.settings import Settings

PATIENCE = 120.0  # seconds that all plugins together may take to be imported
COMMAND = (sys.executable, "-m", "calotype.backends.catalogue")


def refresh(settings: Settings, *, patience: float = PATIENCE, env: Mapping[str, str] | None = None) -> None:
    """Bring the catalogue of plugins up to date; `discover` then imports nothing. Blocks.

    Raises PluginError when a plugin hangs or takes the process down; what else is wrong stands in the plugins' records.
    """
    said = orjson.dumps(settings_to_dict(settings))
    try:
        done = subprocess.run(
            COMMAND, input=said, capture_output=True, timeout=patience, env=dict(env or os.environ), check=False
        )
    except subprocess.TimeoutExpired:
        raise PluginError(
            f"the plugins were not imported within {patience:g} seconds; disable the one that hangs"
        ) from None
    if done.returncode:
        words = done.stderr.decode(errors="replace").strip()[-2_000:]
        raise PluginError(f"reading the plugins took its process down (exit code {done.returncode}): {words}")


def main() -> None:
    """Read every plugin whose code has changed."""
    from calotype.services import plugins_of

    plugins_of(settings_from(orjson.loads(sys.stdin.buffer.read())))
    sys.stdout.flush()
    os._exit(0)  # whatever threads plugins left behind


if __name__ == "__main__":
    main()
