"""Graphs: order, reach and cycles."""

from __future__ import annotations

import networkx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calotype.errors import GraphError
from calotype.graph import Edge, Graph, Use


def graph(**sources: str) -> Graph:
    """`graph(a="", b="a")`: an edge from a to b. One letter a node."""
    return Graph(Use(id, "T", {}, tuple(Edge(s, "out", id, f"in{s}") for s in came)) for id, came in sources.items())


def test_order_puts_sources_before_targets():
    # d <- b, c;  b, c <- a
    assert graph(d="bc", c="a", b="a", a="").order() == ["a", "c", "b", "d"]


def test_order_ends_a_branch_before_it_begins_another():
    # a -> b -> c,  d -> e -> f
    assert graph(a="", d="", b="a", e="d", c="b", f="e").order() == ["a", "b", "c", "d", "e", "f"]


def test_ancestors_are_all_that_a_node_needs():
    assert graph(a="", b="a", c="b", x="", y="x").ancestors(["c"]) == {"a", "b"}


def test_descendants_are_all_that_need_a_node():
    assert graph(a="", b="a", c="b", x="a", y="").descendants(["a"]) == {"b", "c", "x"}


def test_a_cycle_is_named_with_its_path_in_the_way_of_the_values():
    circle = graph(z="c", c="b", b="a", a="c")
    assert circle.cycle() == ["a", "b", "c"]
    with pytest.raises(GraphError, match='node "a": the nodes go in a circle: a -> b -> c -> a'):
        circle.order()


def test_a_node_that_takes_its_own_output_is_a_cycle():
    assert graph(a="a").cycle() == ["a"]


def test_edges_from_nowhere_do_not_count_for_order():
    lonely = graph(a="?", b="a")
    assert (lonely.order(), lonely.cycle(), lonely.ancestors(["b"])) == (["a", "b"], None, {"a"})


def test_edges_stand_in_the_order_of_their_targets():
    assert [(e.source, e.target) for e in graph(a="", b="a", c="ab").edges] == [("a", "b"), ("a", "c"), ("b", "c")]


def test_a_chain_of_a_hundred_thousand_nodes_is_ordinary():
    count = 100_000
    chain = Graph(
        Use(str(i), "T", {}, (Edge(str(i - 1), "out", str(i), "x"),) if i else ()) for i in reversed(range(count))
    )
    assert chain.order() == [str(i) for i in range(count)]
    assert len(chain.ancestors([str(count - 1)])) == count - 1


def test_a_long_cycle_is_found_and_its_message_is_short():
    count = 50_000
    ring = Graph(Use(str(i), "T", {}, (Edge(str((i - 1) % count), "out", str(i), "x"),)) for i in range(count))
    assert len(ring.cycle() or []) == count
    with pytest.raises(GraphError) as error:
        ring.order()
    assert len(error.value.message) < 300


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=40))
def test_order_is_topological_and_cycles_are_cycles(pairs):
    links: dict[str, list[Edge]] = {str(i): [] for i in range(13)}
    for source, target in pairs:
        links[str(target)].append(Edge(str(source), "out", str(target), "x"))
    made = Graph({id: Use(id, "T", {}, tuple(edges)) for id, edges in links.items()})
    reference = networkx.DiGraph([(str(a), str(b)) for a, b in pairs])
    cycle = made.cycle()
    assert (cycle is None) == networkx.is_directed_acyclic_graph(reference)
    if cycle is None:
        place = {id: at for at, id in enumerate(made.order())}
        assert len(place) == 13
        assert all(place[str(a)] < place[str(b)] for a, b in pairs)
    else:
        assert all(reference.has_edge(a, b) for a, b in zip(cycle, [*cycle[1:], cycle[0]], strict=True))
