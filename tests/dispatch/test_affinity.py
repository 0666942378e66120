"""Which run an idle worker takes."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from calotype.backends import WorkerInfo
from calotype.dispatch.affinity import Affinity
from calotype.runs import Waiting


def run(id, *models, client=""):
    return Waiting(id, 0, client, frozenset(models))


def worker(id, *resident, state="idle"):
    return WorkerInfo(id, "cpu", state, resident=resident)


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_the_first_is_next_where_nothing_speaks_against_it():
    only = worker("w", "a")
    assert Affinity().choose([run("1"), run("2", "a")], only, [only]) == "1"
    assert Affinity().choose([], only, [only]) is None


def test_a_run_whose_model_is_there_goes_before_one_whose_is_not_until_patience_ends():
    clock = Clock()
    affinity, only = Affinity(patience=30, ticks=clock), worker("w", "a")
    waiting = [run("1", "b"), *(run(str(i), "a") for i in range(2, 50))]
    assert affinity.choose(waiting, only, [only]) == "2"
    clock.now = 29.0
    assert affinity.choose(waiting, only, [only]) == "2"
    clock.now = 30.0
    assert affinity.choose(waiting, only, [only]) == "1"


def test_a_model_that_no_other_worker_holds_is_loaded_rather_than_one_a_second_time():
    idle, busy = worker("w"), worker("v", "a", state="busy")
    assert Affinity().choose([run("1", "a"), run("2", "b"), run("3", "c"), run("4", "c")], idle, [idle, busy]) == "3"


def test_a_model_is_loaded_a_second_time_after_a_short_wait_only():
    clock = Clock()
    affinity, idle, busy = Affinity(hold=1.5, ticks=clock), worker("w"), worker("v", "a", state="busy")
    assert affinity.choose([run("1", "a")], idle, [idle, busy]) is None
    clock.now = 1.5
    assert affinity.choose([run("1", "a")], idle, [idle, busy]) == "1"


def test_what_a_worker_was_given_counts_before_it_says_that_it_holds_it():
    one, two = worker("w"), worker("v")
    affinity = Affinity()
    assert affinity.choose([run("1", "a"), run("2", "b")], one, [one, two]) == "1"
    assert affinity.choose([run("3", "a"), run("2", "b")], two, [worker("w", state="busy"), two]) == "2"


def test_clients_take_turns_however_much_one_of_them_asks_for():
    only, affinity = worker("w"), Affinity()
    waiting = [run(f"a{i}", client="a") for i in range(100)] + [run("b0", client="b"), run("b1", client="b")]
    order = []
    for _ in range(5):
        order.append(affinity.choose(waiting, only, [only]))
        waiting = [one for one in waiting if one.id != order[-1]]
    assert order == ["a0", "b0", "a1", "b1", "a2"]


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("xyz")), max_size=40), st.integers(1, 3))
def test_every_run_is_taken_once_and_none_waits_for_ever(asked, workers):
    clock = Clock()
    affinity = Affinity(patience=5, hold=1, ticks=clock)
    waiting = [run(str(i), model, client=client) for i, (model, client) in enumerate(asked)]
    held, taken = {f"w{i}": () for i in range(workers)}, []
    while waiting:
        for id in [*held]:
            all = [worker(i, *models) for i, models in held.items()]
            picked = affinity.choose(waiting, worker(id, *held[id]), all)
            if picked is not None:
                (one,) = [w for w in waiting if w.id == picked]
                waiting.remove(one)
                held[id] = tuple(one.models)
                taken.append(picked)
        clock.now += 1
    assert Counter(taken) == Counter(str(i) for i in range(len(asked)))
    assert clock.now <= 5 + len(asked) * 6
