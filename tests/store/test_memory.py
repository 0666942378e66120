"""The memory tier holds real bytes, and gives up the cheap and the old first."""

import threading
import time

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from calotype.store import Store, Stored
from calotype.store.memory import Memory
from calotype.store.survey import SMALL, survey
from calotype.types import Artifact, FileRef, Image, Latent, Model, Saved

KB = 1024


def stored(value, seconds=1.0):
    return Stored({"out": value}, seconds, "n", "T")


def weight(values):
    seen = survey(values)
    return sum(seen.storages.values())


def kept(memory, **values):
    for key, (value, seconds) in values.items():
        one = stored(value, seconds)
        memory.put(key, one, survey(one.decoded))
    return {key for key in values if key in memory}


def test_views_of_one_storage_count_once_and_whole():
    base = torch.zeros(1, 8, 8, 3)
    assert weight({"a": Image(base), "b": Image(base[:, 2:4]), "c": [Latent(base.permute(0, 3, 1, 2))]}) == 768
    assert weight({"a": Image(base[:, :1])}) == 768
    assert weight({"a": Image(torch.zeros(1, 1, 1, 3).expand(1, 100, 100, 3))}) == 12


def test_a_storage_that_two_results_share_counts_once_until_both_are_gone():
    memory, base = Memory(100 * KB), torch.zeros(1, 32, 32, 3)
    kept(memory, a=(Image(base), 1.0))
    alone = memory.bytes
    kept(memory, b=(Image(base[:, :2]), 1.0))
    assert memory.bytes - alone == 2 * SMALL
    memory.discard("a")
    assert memory.bytes == alone
    memory.discard("b")
    assert (memory.bytes, len(memory)) == (0, 0)


def test_files_and_texts_count_with_their_bytes():
    assert survey({"a": Saved((Artifact("x", "y", b"x" * 5000),))}).bytes > 5000
    assert survey({"a": ["x" * 5000]}).bytes > 5000


def test_files_and_recipes_are_lasting_and_others_are_not():
    file = FileRef("input", "x")
    for value in (file, Model(file, "f"), [file], Saved((Artifact("x", "y", b""),)), {"deep": (file,)}):
        assert survey({"a": value}).lasting
    for value in (1, "x", [1], Image(torch.ones(1)), Saved(()), object()):
        assert not survey({"a": value}).lasting


def test_the_cheap_goes_before_the_dear_and_the_large_before_the_small():
    big, small = torch.zeros(40 * KB, dtype=torch.uint8), torch.zeros(KB, dtype=torch.uint8)
    cases = {
        "latent": (small, 30.0),
        "picture": (big, 0.1),
        "dear picture": (big.clone(), 60.0),
        "cheap": (small.clone(), 0.0),
    }
    assert kept(Memory(50 * KB), **cases) == {"latent", "dear picture", "cheap"}


def test_of_equals_the_one_unused_longest_goes():
    memory = Memory(50 * KB)
    for i in range(20):
        kept(memory, **{f"k{i}": (torch.zeros(10 * KB, dtype=torch.uint8), 1.0)})
        memory.get("k0")
    assert "k0" in memory and "k19" in memory and "k5" not in memory


def test_what_is_larger_than_everything_is_not_held_and_pushes_nothing_out():
    memory = Memory(50 * KB)
    assert kept(memory, a=(1, 1.0), b=(torch.zeros(60 * KB, dtype=torch.uint8), 99.0)) == {"a"}


def test_the_same_key_again_replaces():
    memory = Memory(50 * KB)
    kept(memory, a=(torch.zeros(40 * KB, dtype=torch.uint8), 1.0))
    kept(memory, a=(torch.zeros(20 * KB, dtype=torch.uint8), 1.0))
    assert 20 * KB < memory.bytes < 21 * KB and len(memory) == 1


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 20_000), st.floats(0, 10), st.booleans()), max_size=60))
def test_the_limit_holds_and_the_count_is_right_after_any_history(history):
    memory, shared = Memory(50 * KB), torch.zeros(8 * KB, dtype=torch.uint8)
    for key, size, seconds, share in history:
        if size % 7 == 0:
            memory.discard(str(key))
        value = [torch.zeros(size, dtype=torch.uint8), shared if share else None]
        kept(memory, **{str(key): (value, seconds)})
        memory.get(str(size % 10))
        assert memory.bytes <= memory.limit
        held = [h.stored.decoded for h in memory._held.values()]
        storages = {s: n for v in held for s, n in survey(v).storages.items()}
        assert memory.bytes == sum(survey(v).bytes for v in held) + sum(storages.values())


def test_two_hundred_results_of_any_size_stay_within_the_bytes():
    store = Store(None, memory_bytes=1 << 20)
    for i in range(200):
        store.put(f"{i:032x}", stored(torch.zeros((i * 7919) % 50_000, dtype=torch.uint8), (i * 31) % 17))
    assert 1 << 19 < store.stats().memory_bytes <= 1 << 20


def test_many_threads_may_put_and_get_at_once():
    store = Store(None, memory_bytes=200 * KB)
    wrong = []

    def work(seed):
        for i in range(300):
            key = f"{(i * seed) % 50:032x}"
            store.put(key, stored(torch.full((1000,), (i * seed) % 50)))
            found = store.get(key)
            if found is not None and int(found.value("out")[0]) != (i * seed) % 50:
                wrong.append(key)

    threads = [threading.Thread(target=work, args=(n,)) for n in (3, 7, 11, 13)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == [] and store.stats().memory_bytes <= 200 * KB


@pytest.mark.slow
def test_a_result_without_tensors_is_kept_and_found_at_once_among_many():
    store, keys = Store(None), [f"{i:032x}" for i in range(20_000)]
    began = time.process_time()
    for key in keys:
        store.put(key, Stored({"out": 1}, 0.0, "n", "T"))
    put = (time.process_time() - began) / len(keys)
    began = time.process_time()
    for key in keys:
        store.get(key)
    get = (time.process_time() - began) / len(keys)
    assert put < 1e-3 and get < 1e-3  # what grows with their number takes longer; the figures are C1's
