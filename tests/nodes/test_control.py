import torch

from calotype.types import Conditioning, Control, FileRef, Image, Prompt
from calotype.types import ControlNet as Net
from calotype_nodes.control import ControlNet, ControlNetSingle

NET = Net(FileRef("controlnet", "c.safetensors"), "sd15")
PIXELS = torch.rand(1, 8, 8, 4)


def conditioning(prompts: int = 1) -> Conditioning:
    return Conditioning(tuple(Prompt(torch.zeros(1, 2, 3)) for _ in range(prompts)), "sd15")


def steer(positive, negative, **inputs):
    return ControlNet(positive=positive, negative=negative, control_net=NET, image=Image(PIXELS), **inputs).run()


def test_every_prompt_of_both_sides_is_steered():
    got = steer(conditioning(2), conditioning(), strength=0.9, start=0.1, end=0.8)
    controls = [p.controls for side in got for p in side.prompts]
    assert [len(c) for c in controls] == [1, 1, 1]
    one: Control = controls[0][0]
    assert (one.net, one.strength, one.start, one.end) == (NET, 0.9, 0.1, 0.8)
    assert torch.equal(one.hint, PIXELS[..., :3])


def test_controls_chain():
    once = steer(conditioning(), conditioning(), strength=0.5)
    twice = steer(*once, strength=0.25)
    assert [c.strength for c in twice.positive.prompts[0].controls] == [0.5, 0.25]


def test_a_strength_of_0_changes_nothing():
    positive, negative = conditioning(), conditioning()
    assert steer(positive, negative, strength=0) == (positive, negative)


def test_one_side_is_steered_and_brings_the_other_along():
    one = ControlNetSingle(conditioning=conditioning(2), control_net=NET, image=Image(PIXELS), strength=0.5).run()
    lent = [([c.strength for c in p.controls], p.options) for p in one.prompts]
    assert lent == [([0.5], {"controls_for_negative": True})] * 2
    both = steer(one, conditioning()).positive.prompts[0]
    assert ([c.strength for c in both.controls], both.options) == ([0.5, 1.0], {"controls_for_negative": False})
    untouched = conditioning()
    assert ControlNetSingle(conditioning=untouched, control_net=NET, image=Image(PIXELS), strength=0).run() is untouched
