"""Results: one JSON file for each row, and the page that shows them all."""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RESULTS = HERE / "results"


def machine() -> str:
    """Processor, cores and versions, in one line."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text().splitlines()
        name = next((x.split(":")[1].strip() for x in lines if x.startswith("model name")), name)
    return f"{name}, {os.cpu_count()} cores, Python {platform.python_version()}, torch {version('torch')}"


def medians(work: Callable[[], Any], runs: int = 5) -> float:
    """The median CPU time of some work, in seconds, after one run that is not counted."""
    work()
    spent = []
    for _ in range(runs):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return statistics.median(spent)


def record(
    row: str,
    what: str,
    goal: str,
    figure: str,
    met: bool,
    details: dict[str, Any],
    table: list[list[str]] | None = None,
) -> None:
    """Write one row and renew the page. table: lines that stand under its details, the first one their heads."""
    RESULTS.mkdir(exist_ok=True)
    known = RESULTS / f"{row}.json"
    if not met and known.exists():  # what is known of a gap is kept until it is closed
        told = json.loads(known.read_text())["details"].get("why not")
        details = details | ({"why not": told} if told else {})
    said = {
        "row": row, "what": what, "goal": goal, "figure": figure, "met": met, "details": details,
        **({"table": table} if table else {}),
        "machine": machine(), "date": date.today().isoformat(),
        "command": "python " + " ".join([Path(sys.argv[0]).relative_to(Path.cwd()).as_posix()
                                         if Path(sys.argv[0]).is_absolute() else sys.argv[0], *sys.argv[1:]]),
    }  # fmt: skip
    (RESULTS / f"{row}.json").write_text(json.dumps(said, indent=2) + "\n")
    print(f"{row}: {figure} (goal {goal}): {'met' if met else 'NOT met'}")
    write_page()


def write_page() -> None:
    """`results.md` from every row."""
    rows = [json.loads(f.read_text()) for f in sorted(RESULTS.glob("*.json"))]
    said = "Made by the commands in `README.md`; the machines are shared: read the ratios."
    lines = ["# Results", "", said, "",
             "| row | what | goal | measured | met | date | command |", "|---|---|---|---|---|---|---|"]  # fmt: skip
    lines += [
        f"| {r['row']} | {r['what']} | {r['goal']} | {r['figure']} | {'yes' if r['met'] else '**no**'} | {r['date']} "
        f"| `{r['command']}` |"
        for r in rows
    ]
    for r in rows:
        lines += ["", f"## {r['row']}", "", f"{r['machine']}.", ""]
        lines += [f"- {name}: {value}" for name, value in r["details"].items()]
        if said := r.get("table"):
            lines += ["", *(f"| {' | '.join(line)} |" for line in (said[0], ["---"] * len(said[0]), *said[1:]))]
    if not (RESULTS / "gpu" / "gpu.json").exists():
        lines += [
            "",
            "## G1 to G11",
            "",
            "Not measured: they wait for a GPU. The command is `python benchmarks/gpu.py`.",
        ]
    (HERE / "results.md").write_text("\n".join(lines) + "\n")
