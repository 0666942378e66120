"""A disk that refuses the n-th write, for every n: one request or run fails and says why, the next one works."""

import errno
import shutil
import struct
import sys
import zlib

import pytest
from faultkit.disk import Disk

COMPILER = shutil.which("cc")
ERRORS = {"ENOSPC": errno.ENOSPC, "EIO": errno.EIO, "EACCES": errno.EACCES}
FEW = 6  # of the writes, in the short form
pytestmark = pytest.mark.skipif(sys.platform != "linux" or COMPILER is None, reason="needs Linux and a C compiler")


@pytest.fixture
def disk(tmp_path):
    disk = Disk(tmp_path, tmp_path / "home", COMPILER)
    yield disk
    disk.close()


def png(number):
    """A picture of one pixel, another one for each number."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    pixel = zlib.compress(b"\0" + number.to_bytes(3, "big"))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", pixel) + chunk(b"IEND", b"")


def two(text):
    """A result that is stored, and a file that is handed out."""
    step = {"type": "toys.Step", "inputs": {"text": text}}
    write = {"type": "toys.Write", "inputs": {"text": {"from": "step.str"}}}
    return {"calotype": 1, "name": "two", "nodes": {"step": step, "write": write}}


class Deeds:
    """What is asked of a server whose disk refuses; each returns the answer, and remembers what it is to be now."""

    def __init__(self, server):
        self.server, self.count = server, 0

    def fresh(self):
        self.count += 1
        return f"words {self.count} "

    def accept(self):
        return self.server.ask("POST", "/v1/runs", {"workflow": two(self.fresh())})

    def document(self):
        return self.server.ask("PUT", "/v1/workflows/mine", two(self.fresh()), If_Match="*")

    def draft(self):
        return self.server.ask("POST", "/v1/workflows/mine/journal", {"client": "me", "draft": two(self.fresh())})

    def upload(self):
        self.count += 1
        return self.server.ask("POST", "/v1/uploads", data=png(self.count), Content_Type="image/png")


def fine(answer):
    return answer.status in (200, 201, 202)


def told(answer):
    """Whether a refusal says what is wrong, and is none of the client's fault."""
    said = answer.json
    return answer.status in (500, 503, 507) and said["code"] not in ("internal", "") and len(said["detail"]) > 20


def numbers(draw, used, long):
    """Which writes are refused: each of them, or some."""
    return range(1, used + 1) if long or used <= FEW else sorted(draw.sample(range(1, used + 1), FEW))


@pytest.mark.parametrize("deed", ["accept", "document", "draft", "upload"])
def test_a_request_that_the_disk_refuses_says_so_and_the_next_one_works(start, disk, draw, long, figure, deed):
    with start("--workers", "1", **disk.env) as server:
        server.ready()
        server.post("/v1/queue/pause")
        deeds = Deeds(server)
        do = getattr(deeds, deed)
        assert fine(do())
        used, refused = disk.counted(do), 0
        for name, error in ERRORS.items():
            for n in numbers(draw, used, long):
                for count in (1, 10_000):
                    disk.refuse(n, error, count)
                    answer = do()
                    refused += disk.mend() > 0
                    assert fine(answer) or told(answer), (name, n, count, answer.data)
                    after = do()
                    assert fine(after), (name, n, count, after.data)
        assert server.alive and refused >= len(ERRORS)
        figure("disk", f"{refused} refusals in {used} writes of: {deed}", True)


def test_a_run_during_which_the_disk_refuses_ends_and_so_does_the_next(start, disk, draw, long, figure):
    with start("--workers", "1", **disk.env) as server:
        server.ready()
        deeds, refused, states = Deeds(server), 0, []
        used = disk.counted(lambda: server.ended(deeds.accept().json["id"]))
        for name, error in ERRORS.items():
            for n in numbers(draw, used, long and name == "ENOSPC"):  # the others take the same way
                server.post("/v1/queue/pause")
                id = deeds.accept().json["id"]
                disk.refuse(n, error, 3)
                for _ in range(5):
                    if fine(server.ask("POST", "/v1/queue/resume", {})):
                        break
                run = server.ended(id, 60)
                refused += disk.mend() > 0
                states.append(run["state"])
                assert run["state"] == "succeeded" or run["error"]["message"], (name, n, run)
        after = server.ended(deeds.accept().json["id"])
        assert after["state"] == "succeeded" and refused >= len(ERRORS)
        assert set(states) <= {"succeeded", "failed"}, states
        figure("disk", f"{refused} refusals in {used} writes of: a run ({states.count('failed')} failed)", True)
