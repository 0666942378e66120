"""Frames: whatever is sent arrives, whatever is no frame is the end."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from calotype.backends import Preview
from calotype.backends.wire import Wire, settings_from, settings_to_dict
from calotype.settings import Settings

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(), lambda inner: st.lists(inner, max_size=4)
)
FRAMES = st.dictionaries(st.text(), JSON, max_size=4) | st.builds(
    Preview, st.text(max_size=50), st.integers(0, 9), st.integers(0, 9), st.binary(max_size=200)
)


@given(st.lists(FRAMES, max_size=5))
def test_frames_arrive_as_they_were_sent(frames):
    sent = io.BytesIO()
    wire = Wire(io.BytesIO(), sent)
    for frame in frames:
        wire.show(frame) if isinstance(frame, Preview) else wire.send(frame)
    reading = Wire(io.BytesIO(sent.getvalue()), io.BytesIO())
    assert [reading.receive() for _ in range(len(frames) + 1)] == [*frames, None]


@given(st.binary(max_size=100))
def test_noise_is_the_end_and_never_an_exception(noise):
    wire = Wire(io.BytesIO(noise), io.BytesIO())
    while wire.receive() is not None:
        pass


def test_settings_cross_as_they_are(tmp_path):
    settings = Settings.load(home=tmp_path, env={"CALOTYPE_DISABLED_PLUGINS": "a,b"}, device="cpu", ram="2G")
    assert settings_from(settings_to_dict(settings)) == settings
