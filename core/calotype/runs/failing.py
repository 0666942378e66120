"""What is said of a run that takes its workers down."""

from __future__ import annotations

from typing import Any

from calotype.errors import Problem


def quarantined(crashes: int, reason: str, output: str) -> dict[str, Any]:
    """The error of a quarantined run, in the shape of `CalotypeError.to_dict`."""
    times = "once" if crashes == 1 else f"{crashes} times"
    problem = Problem(
        code="quarantined",
        message=f"this run took its worker down {times}, and is not tried again; the last time {reason}",
        hint="Read what the worker printed, mend the node, then duplicate the run.",
    )
    said = {"code": "quarantined", "message": str(problem), "problems": [problem.to_dict()]}
    return said | ({"output": output} if output else {})
