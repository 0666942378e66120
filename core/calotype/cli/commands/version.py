"""`calotype version`: what decides the numbers of a run here."""

from __future__ import annotations

from calotype.cli.console import pairs, say_json
from calotype.cli.options import Host, Json
from calotype.runtime import Runtime

FRESH = Host()


def version(*, json: Json = False, host: Host = FRESH) -> int:
    """Versions, device and number format. Loads no torch."""
    settings = host.settings()
    said = Runtime.here(settings.device, settings.dtype, settings.aside, settings.storage).to_dict()
    if json:
        say_json(said)
    else:
        pairs(said)
    return 0
