"""Nodes that do what no node should: each costs its own run at most, and the next one ends within five seconds."""

import time

ZOO = {
    "Exception": "failed",
    "SystemExit": "failed",
    "KeyboardInterrupt": "failed",
    "GeneratorExit": "failed",
    "MemoryError": "failed",
    "RecursionError": "failed",
    "CancelledError": "failed",
    "os._exit": "quarantined",
    "SIGSEGV": "quarantined",
    "SIGABRT": "quarantined",
    "hung Python loop": "cancelled",
    "hung C call": "cancelled",
}
MORE = {
    "thread left behind": "succeeded",
    "children left behind": "quarantined",
    "memory hog": "quarantined",
    "stdout flood": "succeeded",
    "event flood": "succeeded",
    "files closed": "quarantined",
}
HUNG = ("hung Python loop", "hung C call")
SOON = 5.0  # seconds


def one(type, **inputs):
    return {"calotype": 1, "name": type, "nodes": {"it": {"type": f"toys.{type}", "inputs": inputs}}}


def done(server, deed):
    """Have a deed done, cancelled where it would never end; the run, and how long the next one took from its end."""
    id = server.submit(one("Bad", deed=deed))
    if deed in HUNG:
        server.until(f"/v1/runs/{id}", lambda run: run["state"] == "running")
        time.sleep(0.2)
        began = time.perf_counter()  # the five seconds hold from the moment on which somebody asks it to stop
        server.post(f"/v1/runs/{id}/cancel")
        run = server.ended(id)
    else:
        run = server.ended(id)
        began = time.perf_counter()
    after = server.run(one("Write", text=f"after {deed}"))
    assert after["state"] == "succeeded", (deed, after)
    return run, time.perf_counter() - began


def said_of(run, deed):
    """Whether the run says what went wrong."""
    error = run["error"]
    if run["state"] in ("succeeded", "cancelled"):
        return True
    return bool(error["message"]) and bool(error["code"]) and (deed in error.get("output", "") or deed == "memory hog")


def test_no_deed_of_a_node_stops_the_server_or_the_next_run(start, figure):
    with start("--workers", "1", "--worker-memory", "400M") as server:
        server.ready()
        took, wrong = {}, []
        for deed, state in (ZOO | MORE).items():
            run, took[deed] = done(server, deed)
            if run["state"] != state or not said_of(run, deed):
                wrong.append((deed, run["state"], run["error"]))
        assert server.alive and wrong == []
    slow = {deed: round(seconds, 1) for deed, seconds in took.items() if seconds > SOON}
    held = sum(took[deed] <= SOON for deed in ZOO)
    figure("zoo", f"{held} of {len(ZOO)}, and {len(MORE)} more; slowest {max(took.values()):.1f} s", not slow)
    assert max(took.values()) < SOON * 4, slow
