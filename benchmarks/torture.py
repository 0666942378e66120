"""The long form of the fault suite: kills, crashes, full disks, bad input, load; and the table of what was measured.

Runs `tests/faults` against real servers. The short form is part of the ordinary tests; this one goes on with kills for
`--seconds`, or until there were a thousand, and sends five times the bodies.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from report import record

ROOT = Path(__file__).parents[1]
ROWS = {  # of the table: what was done, what is to be reached
    "accepted": ("1,000 runs accepted durably", "10 s one by one, 1 s as a batch"),
    "kills": ("`kill -9` at every named crash point and at random", "1,000 kills: 0 lost, 0 wrong, 0 partial"),
    "zoo": ("exceptions, exits, crashes and hangs in a node", "next run within 5 s, 12 of 12"),
    "disk": ("a disk that refuses the n-th write, for every n", "one request or run fails and says so"),
    "damage": ("damaged results, files and databases", "found out, named, mended or refused"),
    "bodies": ("10,000 generated bodies", "no 5xx, no death, p99 50 ms"),
    "gate": ("gate: 28 header cases x every route and socket", "all"),
    "paths": ("path corpus x every taker of a path", "0 escapes"),
    "bombs": ("pictures, archives, safetensors, pickles, graphs", "refused within 100 ms, RSS + 50 MB at most"),
    "secrets": ("20 planted secrets", "found nowhere"),
    "listeners": ("100 event clients, 10 of them never reading", "step latency p99 100 ms, RSS + 100 MB at most"),
    "ready": ("server ready after a crash with 1,000 queued", "3 s"),
    "others": ("jumping clock, second server, locked database, sealed folder", "named, nothing lost"),
}
GATE = "tests/server/test_gate.py"


def told(seconds: float, seed: int, only: str) -> tuple[list[dict[str, Any]], int]:
    """Run the suite; what it measured, and its exit code."""
    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder) / "figures"
        said = {"CALOTYPE_TORTURE": str(seconds), "CALOTYPE_SEED": str(seed), "CALOTYPE_FIGURES": str(figures)}
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/faults"]
        done = subprocess.run([*command, *(["-k", only] if only else [])], cwd=ROOT, env=os.environ | said, check=False)
        lines = figures.read_text().splitlines() if figures.exists() else []
    return [json.loads(line) for line in lines], done.returncode


def gate() -> dict[str, Any]:
    """The cases of the gate, which have tests of their own."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", GATE]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return {"row": "gate", "figure": done.stdout.strip().rpartition("\n")[2], "met": done.returncode == 0}


def table(found: list[dict[str, Any]]) -> list[list[str]]:
    """A line for each row of which something was measured."""
    lines = []
    for row, (what, goal) in ROWS.items():
        own = [one for one in found if one["row"] == row]
        if own:
            met = "yes" if all(one["met"] for one in own) else "**no**"
            lines.append([what, goal, "; ".join(dict.fromkeys(one["figure"] for one in own)), met])
    return lines


def main() -> int:
    """Measure and write the row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1800.0, help="for kills; the rest takes about ten minutes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="some of the tests, as pytest's -k; nothing is written then")
    asked = parser.parse_args()
    before = os.getloadavg()[0]
    found, code = told(asked.seconds, asked.seed, asked.only)
    lines = table([*found, gate()])
    for line in lines:
        print(" | ".join(line))
    if not asked.only:
        met = sum(line[3] == "yes" for line in lines)
        record("reliability", "what was promised of faults, bad input and load: the table below", "every row",
               f"{met} of {len(ROWS)} rows", met == len(ROWS) and code == 0,
               {"seed": asked.seed, "seconds of kills": asked.seconds,
                "load of the machine": f"{before:.1f} at the beginning, {os.getloadavg()[0]:.1f} at the end",
                "tests": "all passed" if code == 0 else f"pytest ended with {code}",
                **{f"of {one['row']}": ", ".join(f"{k} {v}" for k, v in more.items())
                   for one in found if (more := {k: v for k, v in one.items() if k not in ("row", "figure", "met")})}},
               table=[["", "goal", "measured", "met"], *lines])  # fmt: skip
    return code


if __name__ == "__main__":
    sys.exit(main())
