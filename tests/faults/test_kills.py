"""kill -9 of the server and of its workers, at every named point and at random, while work goes on."""

import os
import signal
import time
from contextlib import suppress

from faultkit.follower import Follower
from faultkit.server import Gone
from faultkit.traffic import Ledger, Traffic, until_gone
from faultkit.verdict import Verdict

from calotype.crash import POINTS, VARIABLE

WORKERS = 2
OF_WORKERS = ("unit.received", "model.loading", "node.step", "artefact.written", "artefact.renamed")
PATIENCE = 30.0  # seconds until a point must have been passed
RANDOM, RANDOM_LONG = 12, 1000  # kills without a point, in the short and in the long form


class Trial:
    """A server that is killed again and again. kills: of the server, of workers; passed: points at which one died."""

    def __init__(self, start, draw):
        self.start, self.draw = start, draw
        self.ledger = Ledger()
        self.traffic = Traffic(draw, self.ledger)
        self.follower = Follower()
        self.server_kills = self.worker_kills = 0
        self.passed = set()

    def life(self, **env):
        server = self.start("--workers", str(WORKERS), **env)
        self.follower.at(server)
        return server

    def at(self, point):
        """One life that ends at a point."""
        count = 1 if point.partition(".")[0] in ("lost", "model") else self.draw.randint(1, 3)
        server = self.life(**{VARIABLE: f"{point}:{count}"})
        (server.home.parent / "loading").unlink(missing_ok=True)
        if point in OF_WORKERS:
            self._until_replaced(server, point)
        elif point.startswith("lost"):
            self._worker_dies(server)
            self._died(server, point, until_gone(server, self.traffic, "", PATIENCE))
        else:
            self._died(server, point, until_gone(server, self.traffic, point.partition(".")[0], PATIENCE))

    def at_random(self, count):
        """So many deaths, of the server and of workers."""
        server = self.life()
        for _ in range(count):
            with suppress(Gone):
                end = time.monotonic() + self.draw.expovariate(4.0)
                while time.monotonic() < end:
                    self.traffic.some(server)
            if self.draw.random() < 0.6:
                self._kill_worker(server)
            else:
                server.kill()
                server.end()
                self.server_kills += 1
                server = self.life()
        self._kill(server)

    def verdict(self):
        """After a start without any death, when everything has come to its end."""
        server = self.life()
        server.ready()
        try:
            server.until("/v1/queue", lambda q: not q["counts"]["queued"] and not q["counts"]["running"], 120)
        finally:
            self.follower.end()
        return Verdict(server, self.ledger).look(server.home.parent / "ledger")

    def _until_replaced(self, server, point):
        server.ready()
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and not any(w["restarts"] for w in server.workers()):
            self.traffic.some(server, point.partition(".")[0])
        dead = sum(w["restarts"] for w in server.workers())
        assert dead, f"no worker died at {point}"
        self.passed.add(point)
        self.worker_kills += dead
        self._kill(server)

    def _worker_dies(self, server):
        server.ready()
        with suppress(Gone):
            for _ in range(20):
                self.traffic.submit(server)
            self._kill_worker(server)

    def _kill_worker(self, server):
        """One that has a run, if there is any."""
        with suppress(Gone, AssertionError, ProcessLookupError):
            for _ in range(50):
                if busy := [w["pid"] for w in server.workers() if w["state"] == "busy"]:
                    os.kill(self.draw.choice(busy), signal.SIGKILL)
                    self.worker_kills += 1
                    return
                time.sleep(0.02)

    def _died(self, server, point, died):
        assert died and server.died_of == signal.SIGKILL, f"nothing died at {point}: {server.log()[-2000:]}"
        self.passed.add(point)
        self.server_kills += 1
        server.end()

    def _kill(self, server):
        server.kill()
        server.end()
        self.server_kills += 1


def test_nothing_is_lost_wrong_or_half_whenever_the_server_or_a_worker_is_killed(start, draw, long, figure):
    trial, rounds = Trial(start, draw), 0
    trial.follower.start(lambda: next(reversed(trial.ledger.runs), None))
    points, began = sorted(POINTS), time.monotonic()
    while rounds == 0 or (time.monotonic() - began < long and trial.server_kills + trial.worker_kills < RANDOM_LONG):
        draw.shuffle(points)
        for point in points:
            trial.at(point)
        trial.at_random(RANDOM * (4 if long else 1))
        rounds += 1
    found = trial.verdict()
    kills = trial.server_kills + trial.worker_kills
    figure(
        "kills",
        f"{found.lost} lost, {found.wrong} wrong, {found.partial} partial of {len(trial.ledger.runs)} runs in {kills}"
        f" kills ({trial.server_kills} of the server, {trial.worker_kills} of workers), at each of {len(trial.passed)}"
        f" points and at random; {found.repeated} nodes repeated, {found.needless} of them needlessly",
        found.good and trial.follower.complete(),
        kills=kills,
        states=dict(found.states),
        followed=f"{len(trial.follower.heard)} runs over {trial.follower.broken} broken connections",
    )
    assert found.complaints == []
    assert trial.passed == POINTS and trial.follower.complete()
    assert found.repeated <= trial.server_kills * WORKERS + trial.worker_kills
    assert found.states["succeeded"] > 20
