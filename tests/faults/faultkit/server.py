"""A real server in a process of its own, that is asked over HTTP and may be killed at any time."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

SERVE = ("-m", "calotype.cli", "serve", "--port", "0")
START, PATIENCE = 60.0, 30.0  # seconds until it must have said its link, and until it must have answered
JSON = "application/json"
ENDED = ("succeeded", "failed", "cancelled", "quarantined")


@dataclass(frozen=True)
class Answer:
    """What came back. seconds: until the last byte."""

    status: int
    headers: Mapping[str, str]
    data: bytes
    seconds: float

    @property
    def json(self) -> Any:
        return json.loads(self.data)


class Gone(Exception):
    """The server did not answer: it is dead, or died meanwhile."""


class Server:
    """Responsibilities: start `calotype serve`, know its address and its workers, ask it, end it; never leave one.

    asked: how many requests were answered. A start that fails raises AssertionError with what was said.
    """

    def __init__(self, home: Path, *options: str, python: tuple[str, ...] = (), **env: str) -> None:
        self.home, self.said = home, home.parent / "said"
        own = {k: v for k, v in os.environ.items() if not k.startswith("CALOTYPE_")}
        self.began = time.perf_counter()
        self._connection: http.client.HTTPConnection | None = None
        with self.said.open("a") as errors:
            self.process = subprocess.Popen(
                [sys.executable, *python, *SERVE, "--home", str(home), *options],
                env={**own, "CALOTYPE_DEVICE": "cpu", "OMP_NUM_THREADS": "1", **env},
                stdout=subprocess.PIPE, stderr=errors, text=True,
            )  # fmt: skip
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)/\?token=(\S+)", line)
        if found is None:
            self.end()
            raise AssertionError(f"no server: {line} {self.log()}")
        self.port, self.token = int(found[1]), found[2]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    @property
    def died_of(self) -> int | None:
        """The signal that ended it; None while it lives."""
        return None if self.process.returncode is None else -self.process.returncode

    def log(self) -> str:
        """What it said on standard error, of all its lives."""
        return self.said.read_text(errors="replace")

    def ask(self, method: str, path: str, body: Any = None, *, data: bytes | None = None, **headers: str) -> Answer:
        """One request. data: a body as it stands; headers: with underscores for hyphens. Raises Gone."""
        sent = data if data is not None else None if body is None else json.dumps(body).encode()
        said = {"Authorization": f"Bearer {self.token}", "Content-Type": JSON}
        said |= {k.replace("_", "-"): v for k, v in headers.items()}
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        began = time.perf_counter()
        try:
            self._connection.request(method, path, sent, said)
            answer = self._connection.getresponse()
            found = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            self._connection = None
            raise Gone(f"{method} {path}: {error!r}") from error
        return Answer(answer.status, dict(answer.getheaders()), found, time.perf_counter() - began)

    def get(self, path: str) -> Any:
        """The JSON of a route that must answer with 200."""
        answer = self.ask("GET", path)
        assert answer.status == 200, (path, answer.status, answer.data[:500])
        return answer.json

    def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        """The same, changing something."""
        answer = self.ask("POST", path, {} if body is None else body)
        assert answer.status == status, (path, answer.status, answer.data[:2000])
        return answer.json

    def submit(self, document: Mapping[str, Any]) -> str:
        """Submit one run; its id."""
        return str(self.post("/v1/runs", {"workflow": document}, 202)["id"])

    def run(self, document: Mapping[str, Any], seconds: float = PATIENCE) -> dict[str, Any]:
        """Submit one run and wait for its end."""
        return self.ended(self.submit(document), seconds)

    def ended(self, id: str, seconds: float = PATIENCE) -> dict[str, Any]:
        """A run when it has ended."""
        return self.until(f"/v1/runs/{id}", lambda run: run["state"] in ENDED, seconds)

    def until(self, path: str, good: Callable[[Any], bool], seconds: float = PATIENCE) -> Any:
        """What a route says as soon as it is good."""
        found, end = None, time.monotonic() + seconds
        while time.monotonic() < end:
            answer = self.ask("GET", path)
            found = answer.json
            if answer.status == 200 and good(found):
                return found
            time.sleep(0.02)
        raise AssertionError(f"{path} did not become so in {seconds} s: {found}\n{self.log()[-3000:]}")

    def ready(self, seconds: float = START) -> float:
        """Wait until it takes and carries out runs; seconds since it was started."""
        self.until("/readyz", lambda said: said["status"] == "ok", seconds)
        return time.perf_counter() - self.began

    def workers(self) -> list[dict[str, Any]]:
        return list(self.get("/v1/system")["workers"])

    def rss(self) -> int:
        """Bytes that the server process has resident."""
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self.process.kill()
        self.process.wait(10)

    def stop(self, seconds: float = PATIENCE) -> int:
        """End it as a user would."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def end(self) -> None:
        """Let nothing be left of it."""
        if self.alive:
            self.kill()
        if self._connection is not None:
            self._connection.close()
        if self.process.stdout is not None:
            self.process.stdout.close()
