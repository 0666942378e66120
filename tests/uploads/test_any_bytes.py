"""Whatever bytes a file has: looking at it ends soon, and refuses or says a size within the bounds."""

import time
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from calotype.errors import FileError
from calotype.uploads import Bounds, look


def corpus():
    spec = spec_from_file_location("corpus", Path(__file__).with_name("conftest.py"))
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


made = corpus()
SEEDS = [make() for make in (*made.PICTURES.values(), *made.BOMBS.values()) if len(make()) < 100_000]


@st.composite
def damaged(draw):
    """A picture with some bytes changed, cut, doubled or added."""
    data = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(data)))
        with_ = draw(st.binary(max_size=8) | st.sampled_from([b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff"]))
        data[at : at + draw(st.sampled_from([0, len(with_), 200]))] = with_
    return bytes(data)


@settings(max_examples=400)
@given(data=damaged() | st.binary(max_size=200))
def test_any_bytes_are_refused_or_within_the_bounds(data, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(data)
    bounds, began = Bounds(), time.process_time()
    try:
        found = look(path, bounds)
    except FileError as error:
        assert str(error)
    else:
        assert 0 < found.width * found.height * found.frames <= bounds.pixels
        assert found.frames <= bounds.frames
    assert time.process_time() - began < 5
