"""The quick answer on a document's form is never more than pydantic's."""

import subprocess
import sys
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from calotype.workflow import read
from calotype.workflow.document import WRITTEN, Document, PortIn, PublicInput, PublicOutput, Subgraph
from calotype.workflow.form import surely_fine
from calotype.workflow.strict import DocumentForm, PortInForm, PublicInputForm, PublicOutputForm, SubgraphForm

SOUND = {
    "name": "ein Bild – und noch eins",
    "requires": {"film-grain": ">=0.1"},
    "inputs": {"prompt": {"node": "a", "input": "text", "doc": "what is seen", "more": 1}},
    "outputs": {"image": {"from": "b.image"}},
    "nodes": {"a": {"type": "A"}, "b": {"type": "subgraph/s"}},
    "subgraphs": {
        "s": {"inputs": {"x": {"to": ["c.x"], "default": None}}, "nodes": {"c": {"type": "C"}}, "layout": {}}
    },
    "frames": [{"title": "f"}],
    "layout": {"a": {"x": 1, "y": 2}},
    "unknown": [1, {"from": 2}],
}

names = st.sampled_from([*SOUND, "node", "input", "doc", "from", "to", "default", "x", "\ud800"])
odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.just("\udfff") | st.just("a.b"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names | st.integers(), inner, max_size=4),
    max_leaves=12,
)


def accepted(said):
    try:
        DocumentForm.model_validate(said)
    except ValidationError:
        return False
    return True


def test_a_sound_document_is_surely_fine():
    assert surely_fine(SOUND) and accepted(SOUND)


@given(st.dictionaries(names | st.integers(), odd, max_size=6))
def test_what_is_surely_fine_pydantic_accepts(said):
    assert accepted(said) or not surely_fine(said)


@given(st.sampled_from([k for k in SOUND if k != "unknown"]), odd)
def test_one_wrong_part_is_seen(key, value):
    said = SOUND | {key: value}
    assert accepted(said) or not surely_fine(said)


@pytest.mark.parametrize(
    ("part", "form"),
    [
        (Document, DocumentForm),
        (Subgraph, SubgraphForm),
        (PortIn, PortInForm),
        (PublicInput, PublicInputForm),
        (PublicOutput, PublicOutputForm),
    ],
)
def test_every_field_has_its_form(part, form):
    own = {f.name for f in fields(part)} - {"extra", "calotype"}
    assert own == set(form.model_fields)
    assert {f.alias or name for name, f in form.model_fields.items()} == {WRITTEN.get(name, name) for name in own}


def test_a_sound_document_is_read_whole_and_without_pydantic():
    document = read({"calotype": 1, **SOUND})
    assert document.to_dict() == {"calotype": 1, **SOUND}
    said = {"calotype": 1, **SOUND}
    code = f"import sys; from calotype.workflow import read; read({said!r}); print('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
