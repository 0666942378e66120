"""Every route has a method, with an event loop and without."""

import inspect
import re
import subprocess
import sys
from pathlib import Path

from calotype.client import AsyncClient, Client

ROOT = Path(__file__).parents[2]
SOURCES = [p.read_text() for p in (ROOT / "core/calotype/client").glob("*.py") if p.name != "synchronous.py"]
CALL = re.compile(r'"(GET|POST|PUT|DELETE)",\s*"(/[^"]*)"')
PATHS = re.compile(r'(?:path_of\(|_transport, )"(/[^"]*)"')
PAGES = re.compile(r"/(docs|icon\.svg|assets/.*|v1/plugins/widgets/.*)?\Z")  # for browsers


def shape(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def test_every_route_of_the_description_has_a_method(client):
    said = {
        (verb.upper(), shape(path))
        for path, operations in client.openapi()["paths"].items()
        for verb, operation in operations.items()
        if not PAGES.match(path) and operation["tags"] != ["your workflows"]
    }
    asked = {(verb, shape(path)) for text in SOURCES for verb, path in CALL.findall(text)}
    paths = {shape(path) for text in SOURCES for path in PATHS.findall(text)}
    assert {(verb, path) for verb, path in said - asked if path not in paths} == set()
    assert {path for _, path in asked} | paths <= {path for _, path in said}


def public(kind: type) -> dict[str, list[str]]:
    methods = inspect.getmembers(kind, inspect.isfunction)
    return {n: list(inspect.signature(m).parameters) for n, m in methods if not n.startswith("_")}


def test_both_clients_have_the_same_methods():
    assert public(Client) == public(AsyncClient)


def test_the_client_without_a_loop_is_as_it_is_made():
    words = [sys.executable, str(ROOT / "tools" / "sync_client.py"), "--check"]
    assert subprocess.run(words, check=False).returncode == 0


def test_a_client_imports_nothing_heavy():
    code = "import sys, calotype.client; print([m for m in ('torch', 'PIL', 'numpy', 'pydantic') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
