from pathlib import Path

import pytest

from calotype.errors import Cancelled, FileError, ModelError
from calotype.testing import FakeContext, nodes, registry
from calotype.types import FileRef, Image, Model, Secret


def test_the_registry_has_every_toy_node_with_a_docstring():
    filled = registry()
    assert {"Add", "Choose", "Concat", "Fail", "Identity", "MakeImage", "MakeList", "Mutate", "Number"} <= set(
        nodes.names()
    )
    assert [s.id for s in filled] == list(nodes.names())
    assert [s.id for s in filled if not s.doc] == []


def test_toys_run_alone():
    assert nodes.Add(a=2, b=3).run() == 5
    assert nodes.Divide(value=7, by=2).run() == (3, 1)
    assert nodes.Sum(values=(1, 2, 3)).run() == 6
    assert nodes.Choose(first=1, use_second=False).run() == 1
    assert nodes.WithSecret(token=Secret("T", "four")).run() == 4
    assert nodes.SaveText(text="hi").run().files[0].data == b"hi"
    assert nodes.MakeImage(size=2, batch=3).run().pixels.shape == (3, 2, 2, 3)


def test_a_fake_context_records_progress_and_warnings():
    context = FakeContext()
    assert nodes.Slow(value=4, seconds=0, steps=2).run(context) == 4
    assert nodes.Warns(value=5).run(context) == 5
    assert (context.steps, context.warnings) == ([(0, 2), (1, 2), (2, 2)], ["mind the gap"])
    context.step(1, 1, Image(None))
    assert context.previews == [Image(None)]


def test_a_fake_context_cancels_where_it_is_told_to():
    context = FakeContext(cancel_at=3)
    with pytest.raises(Cancelled):
        nodes.Slow(seconds=0, steps=10).run(context)
    assert context.steps[-1] == (3, 10)


def test_a_fake_context_gives_what_the_test_provides_and_says_what_it_lacks():
    model = Model(FileRef("checkpoints", "a.safetensors"), "sd15")
    context = FakeContext(models={Model: "any", model: "this"}, files={"a.png": Path("x")}, families={"a.png": "sd15"})
    with context.load(model) as this, context.load(model.__class__(model.file, "sdxl")) as other:
        assert (this, other) == ("this", "any")
    assert context.path(FileRef("input", "a.png")) == Path("x")
    assert context.resolve("input", "a.png").name == "a.png"
    assert context.family(FileRef("input", "a.png")) == "sd15"
    with pytest.raises(ModelError, match=r"FakeContext\(models="), FakeContext().load(model):
        pass
    with pytest.raises(FileError, match="the test gives no file"):
        context.path(FileRef("input", "b.png"))
    with pytest.raises(ModelError, match="the test gives no family"):
        context.family(FileRef("input", "b.png"))


def test_recording_nodes_remember_what_they_saw():
    seen: list[str] = []
    cls = nodes.recording(seen)
    assert cls(value=3).run() == 3
    assert (seen, cls.__name__) == (["3"], "Recorded")


def test_traced_nodes_write_a_line_per_run(tmp_path):
    for name in ("a", "b"):
        nodes.Traced(value=1, log=str(tmp_path / "log"), name=name).run()
    assert (tmp_path / "log").read_text() == "a\nb\n"
