import gc
import threading
import weakref
from dataclasses import dataclass, field

import pytest
import torch

from calotype.pool import Pool
from calotype.pool.memory import MIB, MainMemoryFull
from calotype.types import FileRef, Model

CPU = torch.device("cpu")


@dataclass(eq=False)
class Weights:
    """A model of some bytes."""

    held: list[torch.Tensor]

    def tensors(self):
        return self.held


@dataclass
class Shelf:
    """Loads models of 100 bytes each and remembers which."""

    loaded: list[str] = field(default_factory=list)
    alive: dict[str, weakref.ref] = field(default_factory=dict)

    def __call__(self, recipe):
        self.loaded.append(recipe.file.name)
        module = Weights([torch.zeros(100, dtype=torch.uint8)])
        self.alive[recipe.file.name] = weakref.ref(module)
        return module


def recipe(name):
    return Model(FileRef("checkpoints", name), "sd1")


@pytest.fixture
def shelf():
    return Shelf()


def names(pool):
    return [one["name"] for one in pool.resident()]


def touch(pool, *wanted):
    for name in wanted:
        with pool.use(recipe(name)):
            pass


def test_equal_recipes_are_one_module(shelf):
    pool = Pool(shelf, CPU)
    with pool.use(recipe("a")) as first, pool.use(recipe("a")) as second:
        assert first is second
    assert shelf.loaded == ["a"]


def test_what_was_used_longest_ago_goes_first(shelf):
    pool = Pool(shelf, CPU, ram=250)
    touch(pool, "a", "b", "a", "c")
    assert names(pool) == ["a", "c"]
    touch(pool, "b")
    assert names(pool) == ["c", "b"]
    assert shelf.loaded == ["a", "b", "c", "b"]


def test_what_is_in_use_never_goes(shelf):
    pool = Pool(shelf, CPU, ram=250)
    with pool.use(recipe("a")):
        touch(pool, "b", "c")
        assert names(pool) == ["a", "c"]
        assert pool.unload() == 100
    assert names(pool) == ["a"]


def test_models_in_use_may_exceed_a_budget_that_is_a_guess_and_go_when_they_are_let_go(shelf):
    pool = Pool(shelf, CPU)
    pool.budget = 150
    with pool.use(recipe("a")), pool.use(recipe("b")):
        assert pool.bytes == 200
    assert pool.bytes == 100


@pytest.mark.parametrize("size", [None, lambda r: 100])
def test_models_in_use_never_exceed_a_budget_that_was_asked_for(shelf, size):
    pool = Pool(shelf, CPU, ram=150, size=size)
    with pool.use(recipe("a")):
        with pytest.raises(MainMemoryFull, match=r"b needs .* MiB of main memory, beside .* that are in use"):
            touch(pool, "b")
        assert names(pool) == ["a"]
    touch(pool, "b")
    assert names(pool) == ["b"]
    assert shelf.loaded == (["a", "b", "b"] if size is None else ["a", "b"])


def test_a_model_that_does_not_fit_alone_is_refused_before_it_is_read(shelf):
    pool = Pool(shelf, CPU, ram=50 * MIB, size=lambda r: 75 * MIB)
    words = "a needs 75.0 MiB of main memory; 50.0 MiB of the 50.0 MiB that models may take are free"
    with pytest.raises(MainMemoryFull, match=words) as caught:
        touch(pool, "a")
    assert "--ram" in caught.value.helps
    assert shelf.loaded == []


def test_room_is_made_before_a_model_is_loaded(shelf):
    seen = []
    pool = Pool(lambda r: (seen.append(pool.bytes), shelf(r))[1], CPU, ram=250, size=lambda r: 100)
    touch(pool, "a", "b", "c")
    assert seen == [0, 100, 100]


def test_memory_of_what_goes_is_free(shelf):
    pool = Pool(shelf, CPU)
    touch(pool, "a", "b")
    assert pool.unload() == 200
    gc.collect()
    assert pool.resident() == []
    assert [shelf.alive[n]() for n in "ab"] == [None, None]


def test_tensors_that_models_share_count_once():
    tensor = torch.zeros(100, dtype=torch.uint8)
    pool = Pool(lambda r: Weights([tensor, torch.zeros(10, dtype=torch.uint8)]), CPU)
    touch(pool, "a", "b")
    assert pool.bytes == 120


def test_many_threads_that_want_one_model_load_it_once(shelf):
    begin = threading.Barrier(8)
    slow = threading.Event()

    def load(r):
        slow.wait(0.05)
        return shelf(r)

    pool = Pool(load, CPU)
    got = []

    def work():
        begin.wait()
        with pool.use(recipe("a")) as module:
            got.append(module)

    threads = [threading.Thread(target=work) for _ in range(8)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert shelf.loaded == ["a"]
    assert len({id(m) for m in got}) == 1


def test_a_failed_load_is_told_and_may_be_tried_again(shelf):
    faults = [ValueError("no")]

    def load(r):
        if faults:
            raise faults.pop()
        return shelf(r)

    pool = Pool(load, CPU)
    with pytest.raises(ValueError, match="no"), pool.use(recipe("a")):
        pass
    touch(pool, "a")
    assert names(pool) == ["a"]


def test_a_full_device_is_tried_again_with_nothing_unused_on_it(shelf):
    faults = [torch.OutOfMemoryError("full")]

    def load(r):
        if r.file.name == "b" and faults:
            raise faults.pop()
        return shelf(r)

    pool = Pool(load, CPU)
    touch(pool, "a", "b")
    assert names(pool) == ["b"]


def test_residents_are_told_with_what_they_hold(shelf):
    pool = Pool(shelf, CPU)
    with pool.use(recipe("a")):
        (one,) = pool.resident()
    assert one.pop("idle") >= 0
    assert one.pop("seconds") >= 0
    assert one == {
        "recipe": recipe("a").to_dict(), "part": "denoiser", "family": "sd1", "name": "a", "bytes": 100, "users": 1,
        "how": "in main memory", "device_bytes": 0,
    }  # fmt: skip
