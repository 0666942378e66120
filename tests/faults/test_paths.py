"""Strings that look for a way out, against everything that takes a name: none leads out, in or elsewhere."""

import csv
import json
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from faultkit import corpora
from faultkit.server import Gone

from calotype.server.routes import every

WORD = b"the-canary-sings"
SELF = "\0"  # of a corpus: replaced by where the canary is
BODIES = {
    "rename": lambda name: {"name": name},
    "duplicate": lambda name: {"name": name},
    "restore": lambda name: {"name": name, "revision": 1},
    "journal": lambda name: {"client": name or "x", "draft": {"calotype": 1, "name": name, "nodes": {}}},
}
TEXT = {"calotype": 1, "name": "t", "nodes": {"t": {"type": "Text", "inputs": {"value": "x"}},
        "s": {"type": "SaveText", "inputs": {"text": {"from": "t.value"}}}}}  # fmt: skip


@pytest.fixture
def canary(tmp_path):
    path = tmp_path / "canary.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + WORD)
    return path


@pytest.fixture
def corpus(canary):
    """Hostile names, and those that would really lead to the canary or to what the server keeps to itself."""
    real = [str(canary), f"file://{canary}", "link.png", "folder/canary.png", "../../canary.png", "../token",
            "../server/token", "../runs.sqlite", "....//....//canary.png", "..;/canary.png",
            "%2e%2e/%2e%2e/canary.png"]  # fmt: skip
    real += [f"{'../' * n}{canary.relative_to('/')}" for n in (2, 4, 8)]
    return [*dict.fromkeys([*real, *corpora.of("files/test_names.py").HOSTILE])]


@pytest.fixture
def server(start, canary):
    home = canary.parent / "home"
    (home / "input").mkdir(parents=True)
    (home / "input" / "link.png").symlink_to(canary)
    (home / "input" / "folder").symlink_to(canary.parent)
    (home / "workflows").mkdir()
    (home / "workflows" / "linked.json").symlink_to(canary)
    with start("--workers", "1") as server:
        server.ready()
        yield server


def outside(home):
    """Every file beside the home, and those in it that may be there: only flat names in the known folders."""
    beside = {p for p in home.parent.rglob("*") if p.is_file() and home not in p.parents}
    odd = [p for p in (home / "workflows").rglob("*") if p.parent != home / "workflows" and ".trash" not in p.parts]
    return beside, odd


def tries(name, *, every):
    """A name in the path of a request, as it should be written and, with `every`, as an attacker might."""
    plain = name.encode("utf-8", "surrogatepass")
    if not every:
        return {quote(plain, safe="")}
    return {quote(plain, safe=""), quote(plain, safe="/."), quote(plain, safe="").replace("%2F", "%252F")}


def test_no_string_leads_out_of_any_route(server, canary, corpus, figure):
    before, _ = outside(server.home)
    routes = [r for r in every() if "{" in r.path]
    escapes, asked = [], 0
    token = server.token.encode()
    for route in routes:
        for name in corpus:
            for said in tries(name, every=route.method == "GET"):
                path = re.sub(r"\{[^}]+\}", lambda _, s=said: s, route.path)
                kind = path.rpartition("/")[2]
                body = BODIES[kind](name) if kind in BODIES else TEXT if route.method == "PUT" else {}
                if "\r" in path or "\n" in path or " " in path:
                    continue
                try:
                    answer = server.ask(route.method, path, body if route.mutates else None, If_Match="*")
                except Gone:
                    assert server.alive, path
                    continue
                asked += 1
                if WORD in answer.data or token in answer.data or b"SQLite format" in answer.data:
                    escapes.append((route.path, name))
                assert answer.status < 500, (route.method, path, answer.data[:400])
    after, odd = outside(server.home)
    assert (escapes, after - before, odd) == ([], set(), []) and canary.read_bytes().endswith(WORD)
    figure("paths", f"{len(corpus)} strings x {len(routes)} routes with a name ({asked} requests): 0 escapes", True)


def test_no_string_leads_out_of_any_body(server, canary, corpus, long, figure):
    before, _ = outside(server.home)
    sent = [n for n in corpus if "\ud800" not in n]
    takers = {
        "workflow of a run": lambda n: server.ask("POST", "/v1/runs", {"workflow": n}),
        "workflow to check": lambda n: server.ask("POST", "/v1/validate", {"workflow": n}),
        "workflow to group": lambda n: server.ask("POST", "/v1/edit/group", {"workflow": n, "nodes": ["t"], "name": n}),
        "new name": lambda n: server.ask("POST", "/v1/workflows/text_to_image/duplicate", {"name": n}),
        "renamed": lambda n: server.ask("POST", "/v1/workflows/mine/rename", {"name": n}, If_Match="*"),
        "name of an upload": lambda n: server.ask(
            "POST", f"/v1/uploads?name={quote(n)}", data=corpora.of("uploads/conftest.py").png(1, 1, b"\0\1\2\3"),
            Content_Type="image/png",
        ),
        "models of a folder": lambda n: server.ask("GET", f"/v1/models?folder={quote(n)}"),
        "file of a run": lambda n: server.ask("GET", f"/v1/files/{quote(n, safe='')}?run={quote(n)}"),
    }  # fmt: skip
    server.ask("PUT", "/v1/workflows/mine", TEXT, If_Match="*")
    for what, take in takers.items():
        few = sent if long or what != "name of an upload" else sent[:12]  # each is decoded by a process of its own
        for name in few:
            answer = take(name)
            assert answer.status < 500 and WORD not in answer.data, (what, name, answer.data[:400])
    inside = {p.name for p in (server.home / "input").iterdir()}
    after, odd = outside(server.home)
    assert (after - before, odd) == (set(), [])
    assert all(re.fullmatch(r"[\w.-]+", name) for name in inside)
    figure("paths", f"{len(sent)} strings x {len(takers)} kinds of bodies and queries: 0 escapes", True)


def test_no_string_leads_out_of_any_file_input_of_any_node(server, canary, corpus, figure):
    nodes = server.get("/v1/nodes")["nodes"]
    takers = [(n["id"], i["name"]) for n in nodes for i in n["inputs"] if i["socket"] == "FileRef"]
    assert len(takers) >= 16
    for type, input in takers:
        for name in corpus:
            if "\ud800" in name:
                continue
            document = {"calotype": 1, "nodes": {"n": {"type": type, "inputs": {input: {"file": name}}}}}
            answer = server.ask("POST", "/v1/validate", {"workflow": document})
            text = json.dumps(answer.json)
            assert WORD.decode() not in text
            problems = [p for p in answer.json["problems"] if p.get("input") == input]
            assert answer.status in (200, 422) and problems, (type, input, name, text[:500])
    figure("paths", f"{len(corpus)} strings x {len(takers)} inputs of nodes that take a file: 0 escapes", True)


def test_no_string_leads_out_of_what_a_run_names_its_files(server, canary, corpus, figure):
    before, _ = outside(server.home)
    sent, taken = [n for n in corpus if "\ud800" not in n], 0
    for name in sent:
        document = json.loads(json.dumps(TEXT))
        document["nodes"]["s"]["inputs"]["prefix"] = name
        answer = server.ask("POST", "/v1/runs", {"workflow": document})
        if answer.status == 202:
            run = server.ended(answer.json["id"])
            for file in run["files"]:
                taken += 1
                assert not re.search(r"[/\\\0\r\n]", file["name"]), (name, file)
                got = server.ask("GET", file["url"])
                assert got.status == 200 and "\n" not in got.headers["Content-Disposition"]
    after, odd = outside(server.home)
    assert (after - before, odd) == (set(), [])
    figure("paths", f"{len(sent)} strings as the beginning of a file's name ({taken} taken): 0 escapes", True)


def test_no_string_leads_out_of_what_the_command_line_saves(tmp_path, corpus, figure, monkeypatch, capsys):
    from calotype.cli.__main__ import main

    monkeypatch.setenv("CALOTYPE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CALOTYPE_DEVICE", "cpu")
    flow = tmp_path / "flow.json"
    document = json.loads(json.dumps(TEXT)) | {"inputs": {"word": {"node": "t", "input": "value"}}}
    flow.write_text(json.dumps(document))
    values = [n for n in corpus if n.isprintable() and n]
    table = tmp_path / "table.csv"
    with table.open("w", newline="") as file:
        csv.writer(file).writerows([["word"], *([v] for v in values)])
    before = {p for p in tmp_path.rglob("*") if p.is_file()}
    out = tmp_path / "out" / "deep"
    code = main(
        ["run", str(flow), "--each", str(table), "--save", f"t.value={out}/x-{{word}}-{{n}}.txt", "-o", str(out)]
    )
    said = capsys.readouterr()
    new = {p for p in tmp_path.rglob("*") if p.is_file()} - before
    home = tmp_path / "home"
    escaped = [p for p in new if home not in p.parents and p.parent != out]
    assert (escaped, code) == ([], 0), (said.err[-800:], escaped)
    assert len([p for p in new if p.parent == out and Path(p).name.startswith("x-")]) == len(values)
    figure("paths", f"{len(values)} strings in --save and -o: 0 escapes", True)
