"""`calotype serve` as a process: what it refuses, what it says, how it stops, what it takes up again."""

import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from calotype.cli.__main__ import main
from calotype.runs import Runs, submission_of
from calotype.server.options import outward

HEAVY = ("torch", "diffusers", "transformers", "PIL", "numpy", "calotype_nodes", "calotype_comfyui")
SERVE = ("-m", "calotype.cli", "serve")


@pytest.fixture
def home(tmp_path, catalogue):
    kept = tmp_path / "home" / "cache" / "plugins"
    kept.mkdir(parents=True)
    (kept / "plugins.json").write_bytes(catalogue)
    return tmp_path / "home"


def environment(home, **said):
    own = {k: v for k, v in os.environ.items() if not k.startswith("CALOTYPE_")}
    return {**own, "CALOTYPE_HOME": str(home), "CALOTYPE_DEVICE": "cpu", **said}


class Process:
    """A server that was started; use as a context."""

    def __init__(self, home, *options, python=(), **said):
        self.said = home.parent / "said"
        command = [sys.executable, *python, *SERVE, "--port", "0", *options]
        with self.said.open("w") as errors:
            self.process = subprocess.Popen(
                command, env=environment(home, **said), stdout=subprocess.PIPE, stderr=errors, text=True
            )
        self.line = self.process.stdout.readline()
        if not self.line:
            self.__exit__()
            raise AssertionError(self.said.read_text())
        self.url, self.token = re.search(r"(https?://\S+)/\?token=(\S+)", self.line).groups()

    def ask(self, path, body=None):
        said = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, headers=said)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def until(self, path, good, seconds=60):
        for _ in range(seconds * 20):
            try:
                found = self.ask(path)
                if good(found):
                    return found
            except urllib.error.HTTPError as error:
                assert error.code == 503
                error.close()
            time.sleep(0.05)
        raise AssertionError(f"{path} did not become so: {self.said.read_text()}")

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(30)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        self.process.stdout.close()


def refused(home, *options):
    done = subprocess.run(
        [sys.executable, *SERVE, *options], env=environment(home), capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip
    assert "Traceback" not in done.stderr and done.stdout == ""
    return done.returncode, done.stderr.strip()


def test_what_would_leave_a_door_open_or_cannot_be_is_refused_at_the_start(home, tmp_path, monkeypatch, capsys):
    for name, value in environment(home).items():
        monkeypatch.setenv(name, value)
    inside = home / "input"
    inside.mkdir()
    cases = {
        ("--listen", "0.0.0.0"): "a token is needed",
        ("--listen", "::"): "a token is needed",
        ("--listen", "0.0.0.0", "--token", "short"): "at least 16",
        ("--token-file", str(tmp_path / "nothing")): "cannot be read",
        ("--tls-cert", "x"): "belong together",
        ("--tls-cert", "x", "--tls-key", "y"): "cannot be used",
        ("--allow-host", "http://x/"): "--allow-host",
        ("--limit", "nodez=3"): "names are",
        ("--plugins", str(inside)): "must lie apart",
        ("--models", str(inside)): "must lie apart",
        ("--device", "gpu"): "--device gpu",
        ("--workers", "0"): "--workers 0",
        ("--port", "99999"): "--port 99999",
        ("--preload", "nothing.json"): "nothing.json",
        ("--no-such-option",): "--no-such-option",
    }
    for options, said in cases.items():
        code, text = main(["serve", *options]), capsys.readouterr().err
        assert (code, said in text) == (2, True), (options, code, text)


def test_a_server_says_one_link_takes_runs_and_stops_when_told(home, workflow):
    with Process(home) as server:
        assert server.line.startswith("Calotype is ready: http://127.0.0.1:")
        token = home / "server" / "token"
        assert server.token == token.read_text().strip() and stat.S_IMODE(token.stat().st_mode) == 0o600
        server.until("/readyz", lambda found: found["status"] == "ok")
        run = server.ask("/v1/runs", {"workflow": workflow})["id"]
        found = server.until(f"/v1/runs/{run}", lambda found: found["ended"])
        assert found["state"] == "succeeded"
        assert server.stop() == 0
    with Process(home) as server:  # the token is kept, so that scripts and cookies go on
        assert server.token == token.read_text().strip()
        assert server.ask(f"/v1/runs/{run}")["state"] == "succeeded"
        assert server.stop(signal.SIGINT) == 0


def test_a_folder_and_a_port_that_another_server_has_are_refused_and_say_so(home, tmp_path):
    with Process(home) as server:
        code, text = refused(home, "--port", "0")
        assert code != 0 and str(server.process.pid) in text
        code, text = refused(tmp_path / "other", "--port", server.url.rpartition(":")[2])
        assert code == 2 and "--port 0" in text


def test_a_server_that_was_killed_takes_up_a_thousand_runs_within_three_seconds(home, workflow):
    with Runs(home / "runs.sqlite") as runs:
        runs.accept([submission_of(workflow) for _ in range(1000)])
        runs.pause()
    with Process(home) as server:
        server.process.kill()
        server.process.wait()
    began = time.perf_counter()
    with Process(home) as server:
        server.until("/readyz", lambda found: found["status"] == "ok")
        took = time.perf_counter() - began
        queue = server.ask("/v1/queue")
        assert (queue["paused"], queue["counts"]["queued"]) == (True, 1000)
        assert took < 30, took  # 3 s on a machine that does nothing else


def test_the_process_imports_nothing_heavy_and_no_code_of_plugins(home, workflow):
    (home / "plugins" / "noisy").mkdir(parents=True)
    (home / "plugins" / "noisy" / "__init__.py").write_text(
        "import os, pathlib\npathlib.Path(os.environ['CANARY']).open('a').write(f'{os.getpid()}\\n')\n"
    )
    canary = home.parent / "canary"
    with Process(home, python=("-X", "importtime"), CANARY=str(canary)) as server:
        server.until("/readyz", lambda found: found["status"] == "ok")
        assert {"noisy", "builtin"} <= {p["name"] for p in server.ask("/v1/plugins")["plugins"]}
        server.ask("/v1/validate", {"workflow": "text_to_image"})
        server.ask("/v1/plan", {"workflow": "text_to_image"})
        pid = server.process.pid
        server.stop()
    lines = [x for x in server.said.read_text().splitlines() if x.startswith("import time:")]
    names = {line.rpartition("|")[2].strip() for line in lines}
    assert str(pid) not in canary.read_text().split()
    assert [name for name in HEAVY if name in names] == []


def test_models_are_loaded_before_the_server_says_that_it_is_ready(home, workflow, tmp_path):
    file = tmp_path / "hello.json"
    file.write_text(json.dumps(workflow))
    with Process(home, "--preload", str(file)) as server:
        server.until("/readyz", lambda found: found["status"] == "ok")
        server.stop()


def test_what_listens_everywhere_prints_the_link_for_other_machines_too(home):
    token = "0123456789abcdefghij"
    with Process(home, "--listen", "0.0.0.0", "--token", token) as server:
        assert server.line.startswith("Calotype is ready: http://127.0.0.1:")
        if address := outward(socket.AF_INET):
            beyond = server.url.replace("127.0.0.1", address)
            assert server.process.stdout.readline() == f"From other machines: {beyond}/?token={token}\n"
            with urllib.request.urlopen(f"{beyond}/?token={token}", timeout=30) as answer:
                assert answer.status == 200
        server.stop()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
def test_with_a_certificate_it_speaks_tls(home, tmp_path):
    import ssl

    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
        check=True, capture_output=True,
    )  # fmt: skip
    with Process(home, "--tls-cert", str(cert), "--tls-key", str(key), "--listen", "127.0.0.1") as server:
        assert server.url.startswith("https://127.0.0.1:")
        context = ssl.create_default_context(cafile=str(cert))
        request = urllib.request.Request(f"{server.url}/?token={server.token}")
        with urllib.request.urlopen(request, timeout=10, context=context) as answer:
            assert "Secure" in answer.headers["Set-Cookie"]
        server.stop()
