"""One who follows the events of runs over every death of the server, as a client would."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable

from faultkit.server import Server


class Follower:
    """Responsibilities: read the stream of one run to its end, going on after the last number that was read; then of
    the next. heard: the numbers and kinds of every run that was followed, in the order in which they came.
    """

    def __init__(self) -> None:
        self.heard: dict[str, list[tuple[int, str]]] = {}
        self.broken = 0  # connections that broke
        self._server: Server | None = None
        self._newest: Callable[[], str | None] = lambda: None
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def start(self, newest: Callable[[], str | None]) -> None:
        """Follow what `newest` names, again and again."""
        self._newest = newest
        self._thread.start()

    def at(self, server: Server | None) -> None:
        """Where the server is now."""
        self._server = server

    def end(self) -> None:
        """Stop between two runs, or where a run does not end."""
        self._ending.set()
        self._thread.join(20)

    def complete(self) -> bool:
        """Whether every run that was followed to its end was heard once, whole, in order."""
        for heard in self.heard.values():
            numbers = [n for n, _ in heard]
            if numbers != list(range(1, len(numbers) + 1)) or [k for _, k in heard].count("RunEnded") > 1:
                return False
        return any(heard and heard[-1][1] == "RunEnded" for heard in self.heard.values())

    def _follow(self) -> None:
        while not self._ending.is_set():
            run = self._newest()
            if run is None or run in self.heard:
                time.sleep(0.02)
                continue
            heard = self.heard.setdefault(run, [])
            while not self._ending.is_set() and not (heard and heard[-1][1] == "RunEnded"):
                self._read(run, heard)

    def _read(self, run: str, heard: list[tuple[int, str]]) -> None:
        server = self._server
        if server is None or not server.alive:
            time.sleep(0.02)
            return
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        said = {"Authorization": f"Bearer {server.token}", "Last-Event-ID": str(heard[-1][0] if heard else 0)}
        try:
            connection.request("GET", f"/v1/runs/{run}/events", headers=said)
            answer = connection.getresponse()
            while line := answer.readline():
                if line.startswith(b"data:") and b'"seq"' in line and line.endswith(b"\n"):
                    event = json.loads(line[5:])
                    heard.append((event["seq"], event["event"]))
        except (OSError, http.client.HTTPException, ValueError):
            self.broken += 1
        finally:
            connection.close()
