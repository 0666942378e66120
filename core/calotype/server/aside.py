"""The process beside the server: what needs the code of plugins, so that none of it is ever imported here.

It plans, imports files of other programs, brings old documents up to date, and reads plugins that no catalogue knows.
It is started when it is first needed, answers one question after the other, and is replaced when it dies or is late.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import orjson

from calotype.errors import Problem, WorkerError
from calotype.plugins.reading import Found, FoundNode
from calotype.plugins.record import Source
from calotype.server.problems import Refused
from calotype.settings import Settings

SECONDS = 60.0  # for one answer
LONGEST = 512 * 1024 * 1024  # bytes of one answer
KNOWN = frozenset(f.name for f in fields(Problem))


class Aside:
    """Responsibilities: own the process; one question at a time; no answer in time, or a death, is a WorkerError and
    the next question gets a new process.
    """

    def __init__(self, settings: Settings, seconds: float = SECONDS) -> None:
        self._settings = settings
        self._seconds = seconds
        self._lock = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None

    async def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to `{"do": ...}`, see `calotype.server.asked`. Raises Refused for what the user did wrong,
        WorkerError.
        """
        async with self._lock:
            try:
                async with asyncio.timeout(self._seconds):
                    said = await self._exchange(request)
            except (TimeoutError, EOFError, ConnectionError, ValueError) as error:
                await self._end()
                reason = "took too long" if isinstance(error, TimeoutError) else "died"
                raise WorkerError(f'the process that does "{request["do"]}" {reason}; it is replaced') from error
            except asyncio.CancelledError:
                await self._end()  # its answer would be taken for that of the next question
                raise
        if "error" in said:
            raise refused(said["error"], said["status"])
        return said

    async def close(self) -> None:
        """End the process."""
        async with self._lock:
            await self._end()

    async def _exchange(self, request: Mapping[str, Any]) -> dict[str, Any]:
        process = self._process
        if process is None or process.returncode is not None:
            process = self._process = await self._started()
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(orjson.dumps(request) + b"\n")
        await process.stdin.drain()
        line = await process.stdout.readline()
        if not line.endswith(b"\n"):
            raise EOFError
        said: dict[str, Any] = orjson.loads(line)
        return said

    async def _started(self) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            *COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, limit=LONGEST
        )
        assert process.stdin is not None
        process.stdin.write(orjson.dumps(greeting(self._settings)) + b"\n")
        return process

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            if process.returncode is None:
                process.kill()
            await process.wait()


COMMAND = (sys.executable, "-P", "-m", "calotype.server.asked")


def read_plugins(settings: Settings) -> dict[str, Found]:
    """What the plugins are whose code the catalogue does not know, by `source_key`; read in a process of its own,
    which also renews the catalogue. Raises WorkerError.
    """
    asked = orjson.dumps(greeting(settings)) + b"\n" + orjson.dumps({"do": "plugins"}) + b"\n"
    try:
        done = subprocess.run(COMMAND, input=asked, stdout=subprocess.PIPE, timeout=300, check=True)
        said = orjson.loads(done.stdout)["found"]
    except (subprocess.SubprocessError, OSError, ValueError, KeyError) as error:
        raise WorkerError(f"the process that reads the plugins failed: {error}") from error
    return {
        key: Found(tuple(FoundNode.from_dict(n) for n in one["nodes"]), tuple(one["errors"]))
        for key, one in said.items()
    }


def source_key(source: Source) -> str:
    """A plugin, so that both processes mean the same."""
    return f"{source.name}@{source.place}"


def greeting(settings: Settings) -> dict[str, Any]:
    """The first line that the process gets: where everything lies, and from where to import."""
    said = {f.name: _plain(getattr(settings, f.name)) for f in fields(settings)}
    return {"settings": said, "path": sys.path}


def greeted(said: Mapping[str, Any]) -> Settings:
    """The settings in a greeting."""
    given = dict(said["settings"])
    for name in ("models", "inputs", "plugins"):
        given[name] = tuple(map(Path, given[name]))
    return Settings(**given | {"home": Path(given["home"]), "disabled": frozenset(given["disabled"])})


def refused(error: Mapping[str, Any], status: int) -> Refused:
    """An error that came as JSON."""
    problems = [Problem(**{k: v for k, v in p.items() if k in KNOWN}) for p in error.get("problems", ())]
    return Refused(status, error["code"], error["message"], problems=problems)


def _plain(value: Any) -> Any:
    if isinstance(value, (tuple, frozenset)):
        return [_plain(v) for v in sorted(value)] if isinstance(value, frozenset) else [_plain(v) for v in value]
    return str(value) if isinstance(value, Path) else value
