"""What people asked of a server: real processes, asked as a script asks them."""

import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

from calotype.cli.__main__ import main
from calotype.server.routes import every

HELLO = {
    "calotype": 1,
    "nodes": {
        "text": {"type": "Text", "inputs": {"value": "hello"}},
        "save": {"type": "SaveText", "inputs": {"text": {"from": "text.value"}}},
    },
}


class Served:
    """A server that runs; `ask` sends the token, `bare` does not."""

    def __init__(self, line):
        self.url, self.token = re.search(r"(http://\S+)/\?token=(\S+)", line).groups()

    def ask(self, path, body=None, method=None):
        return self._sent(path, body, method, {"Authorization": f"Bearer {self.token}"})

    def bare(self, path, body=None, method=None):
        return self._sent(path, body, method, {})

    def _sent(self, path, body, method, said):
        data = None if body is None else json.dumps(body).encode()
        said = {**said, "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data=data, headers=said, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read() or b"{}")

    def until(self, path, good):
        for _ in range(1200):
            status, found = self.ask(path)
            if status == 200 and good(found):
                return found
            time.sleep(0.05)
        raise AssertionError(found)


@contextmanager
def served(home, *options, **said):
    env = {k: v for k, v in os.environ.items() if not k.startswith("CALOTYPE_")}
    env |= {"CALOTYPE_HOME": str(home), "CALOTYPE_DEVICE": "cpu", **said}
    command = [sys.executable, "-m", "calotype.cli", "serve", "--port", "0", *options]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Served(process.stdout.readline())
        finally:
            process.terminate()
            process.wait(30)


def test_h2_one_wrong_node_refuses_the_whole_submission_with_every_problem(tmp_path):
    nodes = {**HELLO["nodes"], "a": {"type": "Txet"}, "b": {"type": "Integer", "inputs": {"value": "x"}}}
    with served(tmp_path) as server:
        status, said = server.ask("/v1/runs", {"workflow": {**HELLO, "nodes": nodes}})
        assert (status, [p["node"] for p in said["problems"]]) == (422, ["a", "b"])
        assert server.ask("/v1/runs")[1]["runs"] == []


def test_h4_nobody_gets_in_without_a_token(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CALOTYPE_HOME", str(tmp_path / "other"))
    monkeypatch.delenv("CALOTYPE_TOKEN", raising=False)
    assert main(["serve", "--listen", "0.0.0.0"]) == 2
    assert "a token is needed" in capsys.readouterr().err
    with served(tmp_path) as server:
        for route in every():
            path = re.sub(r"\{[^}]+\}", "x", route.path)
            body = {} if route.mutates else None
            assert server.bare(path, body, route.method)[0] == 401, path


def test_h5_it_is_ready_when_the_models_are_loaded_and_imports_only_the_plugins_that_are_needed(tmp_path):
    folder, canary = tmp_path / "plugins", tmp_path / "canary"
    folder.mkdir()
    canary.write_text("")
    said = "import os\nwith open(os.environ['CANARY'], 'a') as file:\n    file.write(__name__ + '\\n')\n"
    for number in range(200):
        (folder / f"plug{number}.py").write_text(said)
    (tmp_path / "hello.json").write_text(json.dumps({**HELLO, "name": "hello"}))
    with served(tmp_path / "home", "--plugins", str(folder), CANARY=str(canary)) as server:
        assert len(server.ask("/v1/plugins")[1]["plugins"]) >= 200
    assert len(set(canary.read_text().split())) == 200  # each was read once, by another process
    canary.write_text("")
    options = ("--plugins", str(folder), "--preload", str(tmp_path / "hello.json"))
    with served(tmp_path / "home", *options, CANARY=str(canary)) as server:
        server.until("/readyz", lambda found: found["status"] == "ok")
        run = server.ask("/v1/runs", {"workflow": HELLO})[1]["id"]
        assert server.until(f"/v1/runs/{run}", lambda found: found["ended"])["state"] == "succeeded"
    assert canary.read_text() == ""


def test_h6_an_id_that_was_never_answered_is_not_there(tmp_path):
    with served(tmp_path) as server:
        assert [server.ask(f"/v1/runs/{id}")[0] for id in ("nothing", "0" * 32)] == [404, 404]
