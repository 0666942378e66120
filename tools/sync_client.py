"""Write `calotype/client/synchronous.py`: every method of the asynchronous client, for who has no event loop.

`python tools/sync_client.py` writes it, `--check` says whether it is as it should be.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

CLIENT = Path(__file__).parents[1] / "core" / "calotype" / "client"
TARGET = CLIENT / "synchronous.py"
MODULES = ("asynchronous", "runs", "workflows", "server")
HEAD = '''"""The client for who has no event loop. Made by `tools/sync_client.py`; not to be edited."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from calotype.client.asynchronous import AsyncClient
from calotype.client.calls import Said, Workflow
from calotype.client.following import PATIENCE
from calotype.client.made import Made, Opened
from calotype.client.portal import Portal


class Client:
    """A server of Calotype. Use it as `with Client(...) as client`, or close it. See `AsyncClient`.

    Its requests are carried out by an event loop in a thread of its own. May be used by several threads.
    """

    def __init__(self, url: str = "", token: str = "", *, timeout: float | None = 300.0) -> None:
        self._portal = Portal()
        self._client = AsyncClient(url, token, timeout=timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def url(self) -> str:
        """Where the server is."""
        return self._client.url

    def close(self) -> None:
        """Let go of the connection and the thread."""
        self._portal.run(self._client.close())
        self._portal.close()
'''
LEFT_OUT = {"close"}


def written() -> str:
    """The module as it should be."""
    parts = [HEAD]
    for module in MODULES:
        tree = ast.parse((CLIENT / f"{module}.py").read_text(encoding="utf-8"))
        for part in (c for c in tree.body if isinstance(c, ast.ClassDef)):
            parts += [
                _method(m)
                for m in part.body
                if isinstance(m, ast.AsyncFunctionDef) and not m.name.startswith("_") and m.name not in LEFT_OUT
            ]
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(TARGET), "-"],
        input="\n".join(parts), capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


def _method(method: ast.AsyncFunctionDef) -> str:
    arguments, returns = ast.unparse(method.args), ast.unparse(method.returns) if method.returns else "None"
    streams = returns.startswith("AsyncGenerator")
    given = ", ".join([*(a.arg for a in method.args.args[1:]), *(f"{a.arg}={a.arg}" for a in method.args.kwonlyargs)])
    call = f"self._client.{method.name}({given})"
    body = f"self._portal.iterate({call})" if streams else f"self._portal.run({call})"
    doc = (ast.get_docstring(method) or "").partition("\n")[0]
    kind = returns.replace("AsyncGenerator[Said, None]", "Iterator[Said]")
    return f'    def {method.name}({arguments}) -> {kind}:\n        """{doc}"""\n        return {body}\n'


def main() -> int:
    """Write it, or with --check compare."""
    if "--check" in sys.argv[1:]:
        return int(TARGET.read_text(encoding="utf-8") != written())
    TARGET.write_text(written(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
