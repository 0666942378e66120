"""As much of a server as the queue needs, in a process that may be killed: `python server.py HOME BACKEND KIND COUNT`.

Prints the id of every run as soon as it is accepted, and ends when all of them have ended.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing
from pathlib import Path

from calotype.backends import Lost
from calotype.backends.fake import Act, Fake
from calotype.backends.local import InProcess
from calotype.crash import Crash
from calotype.dispatch import Dispatcher, Hub
from calotype.runs import ENDED, Query, Runs, submission_of
from calotype.settings import Settings


def document(kind: str, number: int) -> dict:
    inputs = {"Say": {"text": f"words {number}"}, "Steps": {"steps": 3}, "Loads": {}}[kind]
    return {"calotype": 1, "name": f"run {number}", "nodes": {"it": {"type": f"toys.{kind}", "inputs": inputs}}}


async def listen(hub: Hub, heard: asyncio.Event) -> None:
    async with aclosing(hub.subscribe()) as frames:
        async for _ in frames:
            heard.set()


async def main(home: Path, backend: str, kind: str, count: int) -> None:
    crash = Crash.asked()
    with Runs(home / "runs.sqlite", crash=crash) as runs:
        hub = Hub(runs, crash)
        listening = asyncio.create_task(listen(hub, asyncio.Event()))
        settings = Settings.load(home=home, device="cpu", env={})
        made = InProcess(settings, crash) if backend == "local" else Fake([Act(), Act(Lost("killed", True))])
        dispatcher = Dispatcher(runs, made, hub, batch=0.0)
        await dispatcher.start()
        for number in range(count):
            (run,) = runs.accept([submission_of(document(kind, number))])
            print(run.id, flush=True)
        dispatcher.wake()
        while any(run.state not in ENDED for run in runs.list(Query(limit=500)).items):
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        listening.cancel()
        await dispatcher.stop(0.0)


if __name__ == "__main__":
    home, backend, kind, count = sys.argv[1:]
    asyncio.run(main(Path(home), backend, kind, int(count)))
