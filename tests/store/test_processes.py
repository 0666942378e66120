"""Several processes share a store, and one that is killed leaves nothing unreadable."""

import subprocess
import sys
import time

import pytest

from calotype.errors import Cancelled
from calotype.store import Store, Verified
from calotype.store.locks import Locks

BUSY = """
import sys, random
from pathlib import Path
from calotype.store import Store, Stored
from calotype.types import Artifact, Saved
root, seed, rounds = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
draw = random.Random(seed)
wrong, said = 0, []
store = Store(root, memory_bytes=1, disk_bytes=400_000, on_warning=said.append)
print("ready", flush=True)
for n in range(rounds):
    i = draw.randrange(40)
    value = Saved((Artifact(str(i), "y", bytes([i]) * 8_000), Artifact("z", "image/png", bytes([i, 7]) * 900)))
    found = store.get(f"{i:02x}" * 16)
    try:
        wrong += found is not None and found.value("out") != value
    except Exception as error:
        if "cannot be read" not in str(error): raise  # pruned meanwhile by the other
    if found is None:
        store.put(f"{i:02x}" * 16, Stored({"out": value}, 1.0, "n", "T"))
    if n % 97 == 0:
        store.prune(100_000)
store.close()
print(wrong, [s for s in said if "not what was written" in s])
"""
ONCE = """
import sys, time
from pathlib import Path
from calotype.store import Store, Stored
store, key, log = Store(Path(sys.argv[1]), disk_seconds=0), "ab" * 16, Path(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
with store.lock(key):
    if store.get(key) is None:
        with log.open("a") as file: file.write("computed ")
        time.sleep(0.3)
        store.put(key, Stored({"out": 1}, 1.0, "n", "T"))
        store.flush()
"""
HOLD = """
import sys, time
from pathlib import Path
from calotype.store import Store
with Store(Path(sys.argv[1])).lock("ab" * 16):
    print("held", flush=True)
    time.sleep(60)
"""


def started(code, *args):
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, args)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_processes_that_put_get_and_prune_the_same_keys_never_see_a_wrong_value(tmp_path):
    running = [started(BUSY, tmp_path, seed, 600) for seed in (1, 2)]
    said = [p.communicate(timeout=120) for p in running]
    assert said == [("ready\n0 []\n", "")] * 2
    assert Store(tmp_path).verify().damaged == ()


def test_a_process_killed_while_it_writes_leaves_no_unreadable_entry(tmp_path):
    for seed in range(6):
        process = started(BUSY, tmp_path, seed, 100_000)
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.03 + 0.04 * seed)
        process.kill()
        process.communicate()
    warnings = []
    store = Store(tmp_path, on_warning=warnings.append)
    for entry in list(store.entries()):
        found = store.get(entry.key)
        assert found is not None and len(found.value("out").files) == 2
    assert store.verify() == Verified(store.stats().disk_entries, ()) and warnings == []


def test_of_many_processes_one_computes_and_the_others_wait(tmp_path):
    running = [started(ONCE, tmp_path / "store", tmp_path / "log") for _ in range(3)]
    for process in running:
        assert process.stdout.readline() == "ready\n"
    for process in running:
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [p.communicate(timeout=60)[1] for p in running] == [""] * 3
    assert (tmp_path / "log").read_text() == "computed "


@pytest.mark.parametrize("ranges", [True, False])
def test_a_process_that_dies_gives_its_lock_back(tmp_path, ranges, monkeypatch):
    from calotype.store import locks

    code = HOLD if ranges else f"from calotype.store import locks; locks.RANGES = False\n{HOLD}"
    monkeypatch.setattr(locks, "RANGES", ranges and locks.RANGES)
    holder = started(code, tmp_path)
    assert holder.stdout.readline() == "held\n"
    store = Store(tmp_path)

    def give_up():
        raise Cancelled("the run was cancelled")

    with pytest.raises(Cancelled), store.lock("ab" * 16, give_up):
        raise AssertionError("the lock was held twice")
    with store.lock("cd" * 16):
        holder.kill()
        holder.communicate()
    with store.lock("ab" * 16):
        store.close()  # which leaves what is held
    store.close()


@pytest.mark.parametrize("ranges", [True, False])
def test_two_stores_of_one_process_exclude_each_other(tmp_path, ranges, monkeypatch):
    from calotype.store import locks

    monkeypatch.setattr(locks, "RANGES", ranges and locks.RANGES)
    one, other = Locks(tmp_path), Locks(tmp_path)
    asked = []

    def stop():
        asked.append(1)
        if len(asked) == 3:
            raise Cancelled("enough")

    with one.hold("ab"):
        with pytest.raises(Cancelled), other.hold("ab", stop):
            pass
        with other.hold("cd", stop):
            pass
    with other.hold("ab", stop):
        pass
    assert len(asked) == 3
    one.close()
    other.close()
