"""Of all threads that need one result, one computes it."""

import threading
import time

import pytest

from calotype.errors import Cancelled
from calotype.store import Store, Stored

KEY, OTHER = "ab" * 16, "cd" * 16


@pytest.mark.parametrize("on_disk", [True, False])
def test_of_many_threads_one_computes_and_the_others_wait(tmp_path, on_disk):
    store, computed = Store(tmp_path if on_disk else None), []

    def ask():
        with store.lock(KEY):
            if store.get(KEY) is None:
                computed.append(1)
                time.sleep(0.05)
                store.put(KEY, Stored({"out": 1}, 1.0, "n", "T"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert computed == [1] and store._locks._threads == {}
    store.close()


def test_locks_of_other_keys_do_not_wait(tmp_path):
    with Store(tmp_path) as store, store.lock(KEY), store.lock(OTHER):
        pass


def test_an_error_inside_gives_the_lock_back(tmp_path):
    with Store(tmp_path) as store:
        with pytest.raises(ZeroDivisionError), store.lock(KEY):
            raise ZeroDivisionError
        with store.lock(KEY):
            pass


def test_waiting_can_be_cancelled(tmp_path):
    store, entered, release = Store(tmp_path), threading.Event(), threading.Event()

    def hold():
        with store.lock(KEY):
            entered.set()
            release.wait(10)

    def cancelled():
        raise Cancelled("the run was cancelled")

    thread = threading.Thread(target=hold)
    thread.start()
    entered.wait(10)
    with pytest.raises(Cancelled), store.lock(KEY, cancelled):
        raise AssertionError("the lock was held twice")
    release.set()
    thread.join()
    with store.lock(KEY, cancelled):
        pass
    store.close()
