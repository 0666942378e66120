"""`calotype store`: the results that are kept."""

from __future__ import annotations

from typing import Annotated, Literal

from cyclopts import Parameter

from calotype.cli.console import bytes_said, pairs, plural, say, say_json
from calotype.cli.options import Host, Json, opened
from calotype.cli.usage import UsageError
from calotype.settings import size
from calotype.store import Store

FRESH = Host()
DAMAGED = 6  # exit code, that of StoreError

What = Annotated[
    Literal["show", "prune", "verify", "clear"],
    Parameter(help="show how full it is; prune to a size; verify every entry; clear everything."),
]


def store(
    what: What = "show",
    /,
    *,
    to: Annotated[str, Parameter(name="--to", help="With prune: the size to get to, like 2G.")] = "",
    json: Json = False,
    host: Host = FRESH,
) -> int:
    """Look after stored results. They can always be computed again; removing them costs time, never work."""
    target = _size(to) if what == "prune" else None
    with opened(host) as services:
        kept = services.store
        match what:
            case "show":
                return _show(kept, json=json)
            case "prune":
                return _prune(kept, target or 0, json=json)
            case "verify":
                return _verify(kept, json=json)
        kept.clear()
    return 0


def _size(text: str) -> int:
    try:
        found = size(text) if text else None
    except ValueError as error:
        raise UsageError(f"--to: {error}") from None
    if found is None:
        raise UsageError("say to which size, like: calotype store prune --to 2G")
    return found


def _show(store: Store, *, json: bool) -> int:
    stats = store.stats()
    said = {
        "place": str(store.root),
        "results": stats.disk_entries,
        "bytes": stats.disk_bytes,
        "limit": stats.disk_limit,
    }
    if json:
        say_json(said)
    else:
        pairs(said | {"bytes": bytes_said(stats.disk_bytes), "limit": bytes_said(stats.disk_limit)})
    return 0


def _prune(store: Store, target: int, *, json: bool) -> int:
    pruned = store.prune(target)
    if json:
        say_json({"results": pruned.entries, "bytes": pruned.bytes})
    else:
        say(f"removed {plural(pruned.entries, 'result')}, {bytes_said(pruned.bytes)}")
    return 0


def _verify(store: Store, *, json: bool) -> int:
    found = store.verify()
    if json:
        say_json({"sound": found.sound, "damaged": list(found.damaged)})
    else:
        say(f"{plural(found.sound, 'sound result')}, {len(found.damaged)} damaged and removed")
    return DAMAGED if found.damaged else 0
