"""Twenty secrets, planted where people put them: found nowhere where they could be read again."""

import http.client
import io
import zlib

from faultkit.traffic import chain

COUNT = 20


def secret(number):
    """A word that nothing else has."""
    return f"s3cr3t-canary-{number:02d}-{zlib.crc32(bytes([number])):08x}"


def leaking(number, **more):
    node = {"type": "toys.Leak", "inputs": {"token": {"secret": f"NAME{number}"}, "text": str(number), **more}}
    return {"calotype": 1, "name": f"leak {number}", "nodes": {"it": node}}


def streamed(server, id):
    return server.ask("GET", f"/v1/runs/{id}/events").data


def test_no_secret_is_found_in_anything_that_is_kept_or_told(start, figure):
    words = {n: secret(n) for n in range(COUNT)}
    env = {f"CALOTYPE_SECRET_NAME{n}": word for n, word in words.items() if n < COUNT - 2}
    token, wrong = words[COUNT - 2], words[COUNT - 1]
    told = io.BytesIO()
    with start("--workers", "1", CALOTYPE_TOKEN=token, **env) as server:
        server.ready()
        for n in range(COUNT - 2):  # in inputs of nodes, half of which fail with it
            id = server.submit(leaking(n, fails=bool(n % 2)))
            run = server.ended(id)
            assert run["state"] == ("failed" if n % 2 else "succeeded")
            told.write(streamed(server, id))
            for what in ("", "/workflow", "/record", "/results"):
                told.write(server.ask("GET", f"/v1/runs/{id}{what}").data)
            for file in run["files"]:
                told.write(server.ask("GET", f"/v1/files/{file['digest']}?run={id}").data)
            server.ask("PUT", f"/v1/workflows/leak-{n}", leaking(n), If_Match="*")
            told.write(server.ask("POST", "/v1/plan", {"workflow": leaking(n)}).data)
        for path in (
            "/v1/runs?limit=500",
            "/v1/queue",
            "/v1/system",
            "/metrics",
            "/v1/plugins",
            "/openapi.json",
            "/docs",
        ):
            told.write(server.ask("GET", path).data)
        told.write(server.ask("GET", "/v1/runs?search=canary").data)
        assert server.ask("GET", "/healthz", Authorization=f"Bearer {wrong}").status == 401  # a wrong token, tried
        said = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        said.request("GET", f"/?token={wrong}")
        told.write(said.getresponse().read())
        said.close()
        server.run(chain("after-"))
        server.stop()
    kept = [p for p in server.home.rglob("*") if p.is_file()]
    found = {n: [] for n in words}
    for path in [*kept, server.said]:
        data = path.read_bytes()
        for n, word in words.items():
            if word.encode() in data:
                found[n].append(path.name)
    for n, word in words.items():
        if word.encode() in told.getvalue():
            found[n].append("an answer")
    hits = {words[n]: where for n, where in found.items() if where}
    figure("secrets", f"{COUNT} planted, {len(hits)} found", not hits, looked_at=f"{len(kept)} files")
    assert hits == {} and len(kept) > 10
