"""Whatever JSON a file of that shape holds, converting it gives a document or problems, never a stack trace."""

from hypothesis import given, settings
from hypothesis import strategies as st

from calotype.errors import WorkflowError
from calotype.workflow import read
from calotype_comfyui import IMPORTERS
from calotype_comfyui.table import TABLE

KINDS = st.sampled_from([*TABLE, "Reroute", "PrimitiveNode", "Note", "sub", "Unknown"])
SCALARS = st.none() | st.booleans() | st.integers(-30, 2**70) | st.floats() | st.sampled_from(["", "1", "fixed", "ä:b"])
ANY = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner))
IDS = st.integers(0, 6) | st.sampled_from(["1", "2", "a"])
WIRES = st.tuples(IDS, st.integers(-2, 4)).map(list)
NAMES = st.sampled_from(sorted({n for r in TABLE.values() for n in (*r.links, *r.widgets)}))


def objects(**fields):
    """Objects in which any field may be absent, or anything."""
    return st.fixed_dictionaries({}, optional={name: field | ANY for name, field in fields.items()})


API_NODES = st.fixed_dictionaries(
    {"class_type": KINDS}, optional={"inputs": st.dictionaries(NAMES, WIRES | ANY, max_size=5) | ANY, "_meta": ANY}
)
API = st.dictionaries(st.sampled_from(["1", "2", "a", "ä", "", "-1"]), API_NODES | ANY, max_size=5)

SOCKETS = objects(name=NAMES, type=st.sampled_from(["LATENT", "MODEL", "*"]), link=IDS, widget=objects(name=NAMES))
NODES = objects(
    id=IDS,
    type=KINDS,
    mode=st.sampled_from([0, 2, 4]),
    inputs=st.lists(SOCKETS, max_size=4),
    outputs=st.lists(SOCKETS, max_size=3),
    widgets_values=st.lists(SCALARS, max_size=8),
    pos=st.lists(st.floats() | st.integers(), max_size=3),
    title=st.text(max_size=3),
)
LINKS = st.lists(
    st.tuples(IDS, IDS | st.just(-10), st.integers(0, 3), IDS | st.just(-20), st.integers(0, 3)).map(list) | ANY,
    max_size=6,
)
SCOPE = {"nodes": st.lists(NODES, max_size=6), "links": LINKS, "groups": st.lists(objects(bounding=ANY), max_size=2)}
SUBGRAPHS = objects(id=st.just("sub"), inputs=st.lists(SOCKETS), outputs=st.lists(SOCKETS), **SCOPE)
EDITOR = st.fixed_dictionaries(
    SCOPE, optional={"definitions": objects(subgraphs=st.lists(SUBGRAPHS, max_size=2)), "version": ANY}
)


def holds(data):
    if not IMPORTERS[0].recognises(data):
        return
    made = IMPORTERS[0].convert(data)
    made.report.warnings(), made.report.to_dict()
    try:
        document = read(made.document)
    except WorkflowError:
        return  # what JSON can say and a document cannot: it is named
    assert set(made.report.mapped) | set(made.report.unknown) <= set(document.nodes)


@settings(max_examples=50, deadline=None)
@given(API)
def test_any_api_file_converts(data):
    holds(data)


@settings(max_examples=50, deadline=None)
@given(EDITOR)
def test_any_editor_file_converts(data):
    holds(data)


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(st.sampled_from(["prompt", "workflow", "extra_data", "nodes", "links"]), API | EDITOR | ANY))
def test_anything_else_converts_or_is_not_recognised(data):
    holds(data)
