"""What a server forgets while it runs."""

import asyncio
import os
from contextlib import suppress

from calotype.outputs import Outputs
from calotype.runs import Runs, Submission
from calotype.server import parts
from calotype.server.limits import Limits

WORKFLOW = {"calotype": 1, "name": "one", "nodes": {"t": {"type": "Text"}}}


async def test_files_that_no_run_refers_to_are_deleted_while_nothing_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "HOUR", 0.01)
    outputs = Outputs(tmp_path / "files")
    stale = outputs.path(outputs.put(b"of a run that is forgotten"))
    os.utime(stale, (0, 0))
    with Runs(tmp_path / "runs.sqlite") as runs:
        runs.accept([Submission(workflow=WORKFLOW, name="one")])
        lease = runs.claim("worker")
        tidying = asyncio.create_task(parts._keep_tidy(runs, outputs, Limits()))
        await asyncio.sleep(0.2)
        assert stale.exists()  # it may be one that the run has made
        runs.finish(lease, "succeeded", record={}, files=[])
        for _ in range(200):
            await asyncio.sleep(0.02)
            if not stale.exists():
                break
        assert not stale.exists()
        tidying.cancel()
        with suppress(asyncio.CancelledError):
            await tidying
