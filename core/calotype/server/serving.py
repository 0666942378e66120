"""A server from its start to its stop."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import ssl
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from aiohttp import web

from calotype.backends import Backend
from calotype.errors import CalotypeError
from calotype.plugins import open_workflow
from calotype.server.app import create
from calotype.server.gate import Gate
from calotype.server.keys import DISPATCHER, DOCUMENTS, STATE
from calotype.server.limits import Limits
from calotype.server.options import Door, Place, outward
from calotype.server.parts import opened
from calotype.server.routes import every
from calotype.services import find_workflow
from calotype.settings import Settings
from calotype.workflow import Document

BACKLOG = 512
CLOSING = 2.0  # seconds for answers that are under way when everything else has ended


@dataclass(kw_only=True)
class Serving:
    """Responsibilities: open the parts, answer requests, say the link, warm up, stop in order.

    preload: documents whose models are loaded before the server is ready.
    """

    settings: Settings
    limits: Limits
    door: Door
    token: str
    tls: ssl.SSLContext | None
    listening: socket.socket
    backend: Backend
    preload: Sequence[Document] = ()
    drain: float = 10.0

    @classmethod
    def of(cls, door: Door, place: Place, preload: Sequence[Path] = (), drain: float = 10.0) -> Self:
        """From a command line; everything that can be refused is refused here. Raises WrongUse, FileError."""
        from calotype.backends.supervisor import Supervisor

        settings, limits, memory = place.settings(), place.limits(), place.memory()
        door.hosts()
        documents = [open_workflow(find_workflow(path), tuple)[0] for path in preload]
        tls, token = door.tls(), door.secret(settings.home)
        return cls(
            settings=settings,
            limits=limits,
            door=door,
            token=token,
            tls=tls,
            listening=door.bound(),
            backend=Supervisor(settings, workers=place.workers, memory=memory),
            preload=documents,
            drain=drain,
        )

    @property
    def url(self) -> str:
        """Where a browser on this machine finds it."""
        host = self.listening.getsockname()[0]
        return self._at({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host))

    @property
    def url_beyond(self) -> str:
        """Where other machines find it, if it listens at every address; empty where there is no network."""
        host = self.listening.getsockname()[0]
        return self._at(outward(self.listening.family)) if host in ("0.0.0.0", "::") else ""

    def _at(self, host: str) -> str:
        name = f"[{host}]" if ":" in host else host
        return f"{self.door.scheme}://{name}:{self.listening.getsockname()[1]}" if host else ""

    async def run(self) -> None:
        """Serve until a signal. Raises Occupied, StoreError, FileError when it cannot start."""
        stop = _on_signals()
        async with opened(self.settings, self.limits, self.backend, drain=self.drain) as parts:
            gate = Gate(
                token=self.token,
                port=self.listening.getsockname()[1],
                hosts=self.door.hosts(),
                scheme=self.door.scheme,
                wrong=self.limits.tokens,
            )
            app = create(self.settings, gate, every(), limits=self.limits, parts=parts)
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=CLOSING)
            await runner.setup()
            try:
                await web.SockSite(runner, self.listening, ssl_context=self.tls, backlog=BACKLOG).start()
                self._greet()
                warming = asyncio.create_task(self._warm(app))
                await stop.wait()
                _tell("Stopping: what runs may end; Ctrl-C again stops at once.")
                app[STATE].waiting = "it is stopping"
                warming.cancel()
                with suppress(asyncio.CancelledError):
                    await warming
                await app[DISPATCHER].stop(self.drain)
                for stream in tuple(app[STATE].streams):  # they would go on for ever
                    stream.cancel()
            finally:
                await runner.cleanup()

    def _greet(self) -> None:
        said = getattr(
            sys.stdout, "results", sys.stdout
        )  # the command line keeps results apart from what plugins print
        print(f"Calotype is ready: {self.url}/?token={self.token}", file=said, flush=True)
        if self.url_beyond:
            print(f"From other machines: {self.url_beyond}/?token={self.token}", file=said, flush=True)
        if self.door.beyond and self.tls is None:
            _tell("The token travels unencrypted: use --tls-cert and --tls-key, or a proxy that speaks TLS.")

    async def _warm(self, app: web.Application) -> None:
        """Load what was asked for; then the server is ready."""
        state = app[STATE]
        try:
            for document in self.preload:
                state.waiting = f'it loads the models of "{document.name}"'
                settled = await asyncio.to_thread(app[DOCUMENTS].settled, document)
                await app[DISPATCHER].preload(settled.to_dict())
        except Exception as error:
            state.waiting = f'"{document.name}" could not be preloaded: {error}'
            _tell(state.waiting)
            if not isinstance(error, CalotypeError):
                raise
            return
        state.waiting = ""


def _on_signals() -> asyncio.Event:
    """Set at the first SIGINT or SIGTERM; the second SIGINT ends the process at once, and its workers with it."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def stopped(number: int) -> None:
        if stop.is_set() and number == signal.SIGINT:
            os._exit(130)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stopped, number)
        except NotImplementedError:  # where event loops do not know signals
            signal.signal(number, lambda number, _: loop.call_soon_threadsafe(stopped, number))
    return stop


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
