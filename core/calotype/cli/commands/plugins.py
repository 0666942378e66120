"""`calotype plugins`: what brings nodes here, and what is wrong with it."""

from __future__ import annotations

from calotype.cli.console import complain, say_json, table
from calotype.cli.options import Host, Json, opened

FRESH = Host()


def plugins(*, json: Json = False, host: Host = FRESH) -> int:
    """List plugins with their nodes; a broken one says why. Nothing but a first look imports their code."""
    with opened(host) as services:
        records = services.plugins.records
    if json:
        say_json([r.to_dict() for r in records], indented=True)
        return 0
    table(
        ("plugin", "version", "status", "nodes", "from"),
        [(r.name, r.version, r.status, str(len(r.nodes)), r.path) for r in records],
    )
    for record in records:
        if record.error:
            complain(f"{record.name}: {record.error}")
    return 0
