import threading
import time

import pytest

from calotype.errors import MutationError, NodeError, OutOfMemory
from calotype.events import NodeFinished, NodeProgress
from calotype.store import Store


def link(end):
    return {"from": end}


# 1 -> 2 -> 3,  1 -> 4
DIAMOND = {
    "n1": {"type": "Number", "inputs": {"value": 1}},
    "n2": {"type": "Add", "inputs": {"a": link("n1.int"), "b": 2}},
    "n3": {"type": "Add", "inputs": {"a": link("n2.int"), "b": 3}},
    "n4": {"type": "Add", "inputs": {"a": link("n1.int"), "b": 4}},
}


def changed(nodes, node, **inputs):
    return {**nodes, node: {**nodes[node], "inputs": {**nodes[node]["inputs"], **inputs}}}


def test_a_run_computes_every_node_once_in_order(engine):
    outcome = engine.run(DIAMOND, "n3", "n4")
    assert outcome.status == "succeeded"
    assert sorted(outcome.executed) == ["n1", "n2", "n3", "n4"]
    assert (outcome.results["n3"].values(), outcome.results["n4"].values()) == ({"int": 6}, {"int": 5})


def test_a_changed_leaf_reruns_only_itself(engine):
    engine.run(DIAMOND, "n3", "n4")
    second = engine.run(changed(DIAMOND, "n4", b=9), "n3", "n4")
    assert second.executed == ["n4"]
    assert second.results["n4"].value("int") == 10


def test_an_unchanged_run_computes_nothing(engine):
    engine.run(DIAMOND, "n3", "n4")
    again = engine.run(DIAMOND, "n3", "n4")
    assert (again.executed, again.hits) == ([], {"n3", "n4"})


def test_the_store_outlives_the_process(engine, tmp_path):
    engine.run(DIAMOND, "n3", "n4")
    engine.store.close()
    engine.store = Store(tmp_path / "store")
    assert engine.run(DIAMOND, "n3", "n4").hits == {"n3", "n4"}


def test_run_to_here_executes_exactly_the_ancestors_minus_hits(engine):
    engine.run(DIAMOND, "n2")
    outcome = engine.run(DIAMOND, "n3")
    assert (outcome.executed, outcome.hits) == (["n3"], {"n2"})


def test_a_default_and_the_same_value_written_out_have_one_key(engine):
    short = {"a": {"type": "Divide", "inputs": {"value": 7}}}
    long = {"a": {"type": "Divide", "inputs": {"value": 7, "by": 2}}}
    assert engine.plan(short, "a").by_node["a"].key == engine.plan(long, "a").by_node["a"].key


def test_an_int_in_a_float_input_is_that_float(engine):
    nodes = {"a": {"type": "Scale", "inputs": {"value": 2, "by": 3}}}
    other = {"a": {"type": "Scale", "inputs": {"value": 2.0, "by": 3.0}}}
    assert engine.plan(nodes, "a").by_node["a"].key == engine.plan(other, "a").by_node["a"].key
    assert engine.run(nodes, "a").results["a"].values() == {"float": 6.0}


def test_several_outputs_come_by_name(engine):
    nodes = {
        "d": {"type": "Divide", "inputs": {"value": 7}},
        "s": {"type": "Sum", "inputs": {"values": [link("d.quotient"), 10, link("d.remainder")]}},
    }
    assert engine.run(nodes, "s").results["s"].values() == {"int": 14}


def test_a_failure_names_its_node_and_keeps_the_traceback_of_its_author(engine):
    nodes = {"bad": {"type": "Fail", "inputs": {"message": "no film in the camera"}}}
    outcome = engine.run(nodes, "bad")
    assert outcome.status == "failed"
    assert str(outcome.error) == 'node "bad" (Fail): ValueError: no film in the camera'
    assert isinstance(outcome.error, NodeError)
    assert isinstance(outcome.error.__cause__, ValueError)
    assert outcome.error.__cause__.__traceback__ is not None


BRANCHES = {
    **DIAMOND,
    "bad": {"type": "Fail", "inputs": {"value": link("n1.int")}},
    "after": {"type": "Add", "inputs": {"a": link("bad.int")}},
    "later": {"type": "Add", "inputs": {"a": link("after.int")}},
}


def test_a_failure_keeps_to_its_descendants_when_the_rest_is_asked_for(engine):
    outcome = engine.run(BRANCHES, "n3", "n4", "later", keep_going=True)
    statuses = {n: r.status for n, r in outcome.records.items()}
    assert statuses == {
        "n1": "ran", "n2": "ran", "n3": "ran", "n4": "ran", "bad": "failed", "after": "skipped", "later": "skipped",
    }  # fmt: skip
    assert outcome.status == "failed"


def test_without_being_asked_a_run_stops_at_the_first_failure(engine):
    nodes = {
        "bad": {"type": "Fail", "inputs": {}},
        "after": {"type": "Add", "inputs": {"a": link("bad.int")}},
    }
    assert {n: r.status for n, r in engine.run(nodes, "after").records.items()} == {"bad": "failed", "after": "idle"}


def test_cancelling_takes_effect_within_a_step(engine):
    cancel = threading.Event()
    nodes = {"slow": {"type": "Slow", "inputs": {"seconds": 60.0, "steps": 1000}}}
    threading.Timer(0.2, cancel.set).start()
    began = time.monotonic()
    outcome = engine.run(nodes, "slow", cancel=cancel)
    assert outcome.status == "cancelled"
    assert outcome.records["slow"].status == "cancelled"
    assert time.monotonic() - began < 10


def test_events_are_numbered_and_tell_the_steps(engine):
    nodes = {"slow": {"type": "Slow", "inputs": {"seconds": 0.0, "steps": 2}}}
    engine.run(nodes, "slow")
    assert [e.seq for e in engine.events] == list(range(1, len(engine.events) + 1))
    assert engine.kinds() == [
        "RunStarted", "NodeStarted", "NodeProgress", "NodeProgress", "NodeProgress", "NodeFinished", "RunFinished",
    ]  # fmt: skip
    assert [(e.done, e.total) for e in engine.events if isinstance(e, NodeProgress)] == [(0, 2), (1, 2), (2, 2)]


def test_warnings_are_events(engine):
    engine.run({"w": {"type": "Warns", "inputs": {"message": "low light"}}}, "w")
    assert [e.message for e in engine.events if type(e).__name__ == "Warned"] == ["low light"]


@pytest.mark.parametrize("second", [False, True])
def test_the_branch_that_is_not_chosen_never_runs(engine, second):
    nodes = {
        "good": {"type": "Number", "inputs": {"value": 5}},
        "bad": {"type": "Fail", "inputs": {}},
        "pick": {
            "type": "Choose",
            "inputs": {
                "first": link("bad.int" if second else "good.int"),
                "second": link("good.int" if second else "bad.int"),
                "use_second": second,
            },
        },
    }
    outcome = engine.run(nodes, "pick")
    assert outcome.results["pick"].values() == {"value": 5}
    assert outcome.records["bad"].status == "idle"  # known before the run: nothing needs it


def test_a_choice_that_is_computed_runs_only_its_branch(engine):
    nodes = {
        "n": {"type": "Number", "inputs": {"value": 5}},
        "m": {"type": "Number", "inputs": {"value": 5}},
        "same": {"type": "Same", "inputs": {"a": link("n.int"), "b": link("m.int")}},
        "deep": {"type": "Add", "inputs": {"a": link("n.int"), "b": 1}},
        "bad": {"type": "Fail", "inputs": {}},
        "pick": {
            "type": "Choose",
            "inputs": {"first": link("bad.int"), "second": link("deep.int"), "use_second": link("same.bool")},
        },
    }
    outcome = engine.run(nodes, "pick")
    assert outcome.error is None
    assert outcome.results["pick"].values() == {"value": 6}
    assert outcome.records["bad"].status == "idle"


def test_a_volatile_node_runs_every_time_and_so_does_what_depends_on_it(engine):
    nodes = {
        "now": {"type": "Volatile", "inputs": {}},
        "next": {"type": "Add", "inputs": {"a": link("now.int")}},
    }
    assert engine.run(nodes, "next").executed == ["now", "next"]
    assert engine.run(nodes, "next").executed == ["now", "next"]


def test_a_fingerprint_that_changes_is_a_new_key(engine, tmp_path):
    file = tmp_path / "note.txt"
    file.write_text("one")
    nodes = {"read": {"type": "Fingerprinted", "inputs": {"path": str(file)}}}
    assert engine.run(nodes, "read").results["read"].value("str") == "one"
    assert engine.run(nodes, "read").executed == []
    file.write_text("three")
    assert engine.run(nodes, "read").results["read"].value("str") == "three"


def test_an_exception_in_a_fingerprint_is_an_error_of_that_node(engine, tmp_path):
    nodes = {"read": {"type": "Fingerprinted", "inputs": {"path": str(tmp_path / "absent")}}}
    with pytest.raises(NodeError, match=r'node "read" \(Fingerprinted\): fingerprint\(\) raised FileNotFoundError'):
        engine.plan(nodes, "read")


def test_a_node_that_changes_its_input_fails_by_name_and_the_stored_value_is_unharmed(engine):
    nodes = {
        "made": {"type": "MakeImage", "inputs": {"value": 0.5}},
        "bad": {"type": "Mutate", "inputs": {"image": link("made.image")}},
    }
    outcome = engine.run(nodes, "bad")
    assert isinstance(outcome.error, MutationError)
    assert str(outcome.error).startswith('node "bad" (Mutate): it changed one of its inputs in place')
    made = engine.run(nodes, "made").results["made"].value("image")
    assert made.pixels.unique().tolist() == [0.5]


def test_a_secret_reaches_the_node_and_no_record(engine):
    nodes = {"s": {"type": "WithSecret", "inputs": {"token": {"secret": "TOKEN"}}}}
    outcome = engine.run(nodes, "s")
    assert outcome.results["s"].values() == {"int": 4}
    assert "hush" not in repr([e.to_dict() for e in engine.events]) + repr(outcome.records)


def test_a_secret_that_is_not_set_says_how_to_set_it(engine):
    outcome = engine.run({"s": {"type": "WithSecret", "inputs": {"token": {"secret": "OTHER"}}}}, "s")
    assert "set the environment variable CALOTYPE_SECRET_OTHER" in str(outcome.error)


def test_a_value_over_a_link_is_checked_against_the_range(engine):
    nodes = {
        "big": {"type": "Number", "inputs": {"value": 5_000_000}},
        "sum": {"type": "Add", "inputs": {"a": 1, "b": link("big.int")}},
    }
    assert 'node "sum" (Add), input "b": 5000000 is above 1e+06' in str(engine.run(nodes, "sum").error)


def test_the_record_has_time_and_memory_of_a_node_that_took_long(engine):
    nodes = {"slow": {"type": "Slow", "inputs": {"seconds": 0.05, "steps": 5}}}
    record = engine.run(nodes, "slow").records["slow"]
    assert record.seconds >= 0.05
    before, peak, after = record.rss
    assert 0 < before <= peak
    assert 0 < after <= peak


def test_a_chain_of_ten_thousand_nodes_runs(engine):
    engine.store = Store(None)
    nodes = {"n0": {"type": "Number", "inputs": {"value": 0}}}
    for i in range(1, 10_000):
        nodes[f"n{i}"] = {"type": "Add", "inputs": {"a": link(f"n{i - 1}.int"), "b": 1}}
    assert engine.run(nodes, "n9999").results["n9999"].values() == {"int": 9_999}


def test_a_corrupted_result_is_computed_anew(engine, tmp_path):
    nodes = {
        "made": {"type": "MakeImage", "inputs": {"value": 0.25, "size": 32}},
        "next": {"type": "Brighter", "inputs": {"image": link("made.image"), "amount": 0.25}},
    }
    engine.run(nodes, "made")
    engine.store.close()
    for file in (tmp_path / "store" / "objects").rglob("*.safetensors"):
        file.write_bytes(file.read_bytes()[:-7] + b"spoiled")
    engine.store = Store(tmp_path / "store", disk_seconds=0)
    outcome = engine.run(nodes, "next")
    assert outcome.error is None
    assert outcome.results["next"].value("image").pixels.unique().tolist() == [0.5]


def test_a_disabled_node_passes_its_input_through(engine):
    nodes = {**DIAMOND, "n2": {**DIAMOND["n2"], "enabled": False}}
    assert engine.run(nodes, "n3").results["n3"].values() == {"int": 4}


def test_io_overlaps_with_computing(engine):
    from calotype.node import Node

    class Fetch(Node):
        """Waits, as for a disk."""

        lane = "io"
        number: int = 0

        def run(self) -> int:
            """The number, after 0.3 s."""
            time.sleep(0.3)
            return self.number

    engine.registry.add_class(Fetch)
    nodes = {f"f{i}": {"type": "Fetch", "inputs": {"number": i}} for i in range(2)}
    nodes["slow"] = {"type": "Slow", "inputs": {"seconds": 0.3, "steps": 3}}
    nodes["sum"] = {"type": "Sum", "inputs": {"values": [link("f0.int"), link("f1.int"), link("slow.int")]}}
    began = time.monotonic()
    outcome = engine.run(nodes, "sum")
    assert outcome.results["sum"].values() == {"int": 1}
    spans = [e.seconds for e in engine.events if isinstance(e, NodeFinished)]
    assert time.monotonic() - began < sum(spans)  # they took turns, or the run would have taken the sum


def test_torch_without_main_memory_is_out_of_memory(engine):
    words = (
        "[enforce fail at x.cpp:1] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."
    )
    outcome = engine.run({"bad": {"type": "Fail", "inputs": {"message": words}}}, "bad")
    assert isinstance(outcome.error, OutOfMemory)
    assert "not enough memory: you tried to allocate 9 bytes. Use smaller pictures" in str(outcome.error)


def test_a_picture_that_nobody_needs_any_more_is_let_go_of(engine):
    import gc
    import weakref

    from calotype.node import Node
    from calotype.types import Image

    alive = []

    class Watched(Node):
        """A picture that is watched."""

        def run(self) -> Image:
            """4 x 4, grey."""
            import torch

            picture = Image(torch.full((1, 4, 4, 3), 0.5))
            alive.append(weakref.ref(picture.pixels))
            return picture

    class Look(Node):
        """Says how many watched pictures are alive after the collector was there."""

        value: float

        def run(self) -> int:
            """How many."""
            gc.collect()
            return sum(ref() is not None for ref in alive)

    class Mean(Node):
        """The mean of a picture."""

        image: Image

        def run(self) -> float:
            """0 to 1."""
            return float(self.image.pixels.mean())

    for cls in (Watched, Look, Mean):
        engine.registry.add_class(cls)
    engine.store = Store(None, memory_bytes=0)
    nodes = {
        "made": {"type": "Watched", "inputs": {}},
        "mean": {"type": "Mean", "inputs": {"image": link("made.image")}},
        "look": {"type": "Look", "inputs": {"value": link("mean.float")}},
    }
    outcome = engine.run(nodes, "look")
    assert outcome.error is None
    assert outcome.results["look"].values() == {"int": 0}
