"""Which models make room on a device for which."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from calotype.pool.placer import Placer
from calotype.pool.simulated import Simulated
from calotype.pool.told import Teller

KIB = 1024


class Toy:
    """Four layers of 16 KiB, without activations worth a word. inner: another that it calls in its middle."""

    def __init__(self, inner=None):
        self.relief, self.inner = None, inner
        self.net = nn.Sequential(*(nn.Linear(64, 64, bias=False) for _ in range(4))).requires_grad_(False)

    def networks(self):
        yield self.net

    def calls(self):
        yield self, "run"

    def run(self, x):
        y = self.net[:2](x)
        return self.net[2:](self.inner.run(y) if self.inner else y)


@pytest.fixture
def stage():
    """A device for two toys and a half, with three of them, which are called by name; and what was moved out."""
    made = SimpleNamespace(device=Simulated(168 * KIB), told=[])
    made.placer = Placer(made.device, tell=Teller())
    made.placer._tell = made.told.append
    made.toys = {name: Toy() for name in "abc"}
    made.held = {name: made.placer.adopt(toy, name, "denoiser") for name, toy in made.toys.items()}
    made.run = lambda *names: [made.toys[name].run(torch.zeros(1, 64)) for name in names]
    made.moved = lambda: [one.model for one in made.told if one.what == "moved out"]
    made.on = lambda: {name for name, held in made.held.items() if held.placement is not None}
    return made


def settle(stage, **seconds):
    """Say how long bringing each one back takes, so that it is not the clock that decides."""
    for name, spent in seconds.items():
        stage.held[name].seconds = spent


def test_the_longest_unused_makes_room_first(stage):
    stage.run("a", "b")
    settle(stage, a=1.0, b=1.0)
    stage.held["a"].used -= 60
    stage.run("c")
    assert (stage.moved(), stage.on()) == (["a"], {"b", "c"})
    settle(stage, b=1.0, c=1.0)
    stage.held["c"].used -= 60
    stage.run("a")
    assert (stage.moved(), stage.on()) == (["a", "c"], {"a", "b"})


def test_of_two_unused_for_as_long_the_one_that_is_quicker_to_bring_back_makes_room(stage):
    stage.run("a", "b")
    settle(stage, a=9.0, b=1.0)
    stage.held["a"].used = stage.held["b"].used = stage.held["a"].used - 60
    stage.run("c")
    assert (stage.moved(), stage.on()) == (["b"], {"a", "c"})


def test_what_nobody_holds_makes_room_before_what_somebody_does(stage):
    stage.run("a", "b")
    settle(stage, a=1.0, b=1.0)
    stage.held["a"].used -= 60
    stage.held["a"].users = 1
    stage.run("c")
    assert stage.moved() == ["b"]


def test_what_computes_never_makes_room(stage):
    stage.toys["a"].inner = stage.toys["b"]
    stage.toys["b"].inner = stage.toys["c"]
    stage.run("a")
    assert stage.moved() == []
    how = [(one.model, one.how) for one in stage.told if one.what == "placed"]
    assert how == [("a", "resident"), ("b", "resident"), ("c", "streamed")]


def test_what_was_moved_out_computes_as_before_when_it_comes_back(stage):
    x = torch.randn(1, 64, generator=torch.Generator().manual_seed(0))
    before = stage.toys["a"].run(x)
    stage.run("b", "c", "b", "c")
    assert "a" in stage.moved()
    assert torch.equal(stage.toys["a"].run(x), before)
    assert stage.placer.unload() > 0
    assert (stage.placer.bytes, stage.on()) == (0, set())


def test_moving_out_copies_nothing(stage):
    homes = {name: [seat.home.data_ptr() for seat in held.every] for name, held in stage.held.items()}
    stage.run("a", "b", "c", "a")
    stage.placer.unload()
    assert homes == {name: [p.data_ptr() for p in toy.net.parameters()] for name, toy in stage.toys.items()}
