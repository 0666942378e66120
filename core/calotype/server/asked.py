"""The other end of `calotype.server.aside`: a process that imports the code of plugins and answers, line by line."""

from __future__ import annotations

import base64
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

import orjson

from calotype.errors import CalotypeError, http_status
from calotype.plugins import discover, open_bytes
from calotype.plugins.reading import Found, read
from calotype.plugins.record import Source
from calotype.server.aside import greeted, source_key
from calotype.services import Services
from calotype.settings import GIB, Settings
from calotype.sheet import write_sheet
from calotype.workflow import migrate_nodes
from calotype.workflow import read as read_document

MEMORY = 8 * GIB  # of address space


class Answers:
    """What the process can do. A method for each `do`; its arguments are the other keys of the request.

    The services stay open from one question to the next: opening them costs more than most answers.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._held = ExitStack()

    @cached_property
    def services(self) -> Services:
        """Opened when they are first asked for."""
        return self._held.enter_context(Services.open(self._settings))

    def close(self) -> None:
        """Let go of the services."""
        self._held.close()

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The answer, or `{"error", "status"}` for what the user did wrong."""
        does: dict[str, Callable[..., dict[str, Any]]] = {
            "plugins": self.plugins,
            "plan": self.plan,
            "import": self.import_,
            "migrate": self.migrate,
            "sheet": self.sheet,
        }
        try:
            return does[request["do"]](**{k: v for k, v in request.items() if k != "do"})
        except CalotypeError as error:
            return {"error": error.to_dict(), "status": http_status(error)}

    def plugins(self) -> dict[str, Any]:
        """Read every plugin that the catalogue does not know, and renew it."""
        found: dict[str, Found] = {}

        def noted(source: Source) -> Found:
            found[source_key(source)] = read(source)
            return found[source_key(source)]

        given = self._settings
        discover(given.plugins, cache=given.home / "cache" / "plugins", disabled=given.disabled, reader=noted)
        said = {k: {"nodes": [n.to_dict() for n in f.nodes], "errors": list(f.errors)} for k, f in found.items()}
        return {"found": said}

    def plan(self, workflow: dict[str, Any], targets: list[str] | None) -> dict[str, Any]:
        """What a run would do, and why."""
        return self.services.plan(read_document(workflow), targets).to_dict()

    def import_(self, data: str, name: str) -> dict[str, Any]:
        """A document from a file of another program, or from a picture that carries one. data: base64."""
        document, report = open_bytes(base64.b64decode(data), name, self.services.plugins.importers)
        return {"workflow": document.to_dict(), "report": report.to_dict() if report else None}

    def migrate(self, workflow: dict[str, Any]) -> dict[str, Any]:
        """A document as today's node types have it."""
        document, notes = migrate_nodes(read_document(workflow), self.services.registry)
        return {"workflow": document.to_dict(), "notes": [n.to_dict() for n in notes]}

    def sheet(self, cells: list[tuple[str, str | None]], columns: int) -> dict[str, Any]:
        """A labelled sheet of pictures; cells: label and path. The PNG in base64."""
        with TemporaryDirectory() as folder:
            path = Path(folder, "sheet.png")
            found = [(label, Path(p) if p and Path(p).is_file() else None) for label, p in cells]
            write_sheet(path, found, columns)
            return {"png": base64.b64encode(path.read_bytes()).decode()}


def main() -> None:
    """Answer until nobody asks any more. What plugins print goes to standard error."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's affair: this ends when nobody asks any more
    requests, answers = sys.stdin.buffer, _apart()
    greeting = orjson.loads(requests.readline())
    sys.path[:] = greeting["path"]
    _bound()
    with closing(Answers(greeted(greeting))) as able:
        for request in _lines(requests):
            said = orjson.dumps(able.answer(request), default=str, option=orjson.OPT_NON_STR_KEYS)
            answers.write(said + b"\n")
            answers.flush()


def _lines(requests: BinaryIO) -> Iterator[dict[str, Any]]:
    for line in requests:
        yield orjson.loads(line)


def _apart() -> BinaryIO:
    """Standard output for answers alone."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _bound() -> None:
    """A file that would take all memory takes this process alone, where the system can be told so."""
    if sys.platform == "win32":
        return
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY if hard == resource.RLIM_INFINITY else min(MEMORY, hard), hard))


if __name__ == "__main__":
    main()
