"""Validation of nodes, their inputs and links: every problem, each with its place."""

from __future__ import annotations

from typing import Any

import pytest

from calotype.errors import Problem
from calotype.files import Files
from calotype.node import Input, Node
from calotype.validate import validate
from calotype.workflow import read


def node(type: str, **inputs: Any) -> dict[str, Any]:
    return {"type": type, "inputs": inputs}


def to(end: str) -> dict[str, str]:
    return {"from": end}


@pytest.fixture
def check(registry):
    """The problems of some nodes, without those of having nothing to run."""

    def problems(nodes: dict[str, Any], files: Files | None = None, **more: Any) -> list[Problem]:
        checked = validate(read({"calotype": 1, "nodes": nodes, **more}), registry, files)
        return [p for p in checked.problems if p.code != "nothing-to-run"]

    return problems


@pytest.fixture
def said(check):
    return lambda nodes, *files, **more: [str(p) for p in check(nodes, *files, **more)]


def test_a_sound_workflow_has_no_problems(check):
    nodes = {
        "ck": node("CheckpointLoader", checkpoint="sd15.st"),
        "words": node("TextEncode", clip=to("ck.clip"), text="a red apple"),
        "empty": node("EmptyLatent"),
        "sampler": node(
            "KSampler",
            model=to("ck.model"),
            positive=to("words.conditioning"),
            latent=to("empty.latent"),
            seed="random",
            cfg=7,
        ),
        "decode": node("VAEDecode", vae=to("ck.vae"), latent=to("sampler.latent")),
        "save": node("SaveImage", images=[to("decode.image")]),
    }
    assert check(nodes, outputs={"picture": to("decode.image")}) == []


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({"width": 8}, 'input "width": 8 is below 16'),
        ({"width": 20000}, 'input "width": 20000 is above 16384'),
        ({"width": 1.5}, 'input "width": 1.5 is not an int'),
        ({"width": True}, 'input "width": True is not an int'),
        ({"width": "512"}, "input \"width\": '512' is not an int"),
        ({"width": None}, 'input "width": None is not an int'),
        ({"wdth": 512}, 'input "wdth": there is no such input. Did you mean "width"?'),
    ],
)
def test_a_literal_that_is_not_accepted_says_why(said, inputs, expected):
    assert said({"e": node("EmptyLatent", **inputs)}) == [f'node "e" (EmptyLatent), {expected}']


def test_a_problem_carries_its_parts_for_programs(check):
    (one,) = check({"e": node("EmptyLatent", width=8)})
    assert one.to_dict() == {
        "code": "range",
        "message": "8 is below 16",
        "node": "e",
        "type": "EmptyLatent",
        "input": "width",
        "value": 8,
        "expected": "16 to 16384",
        "pointer": "/nodes/e/inputs/width",
        "text": 'node "e" (EmptyLatent), input "width": 8 is below 16',
    }


def test_choices_suggest_the_nearest(check, registry):
    found = check({"s": node("KSampler", sampler="eular", seed=-1)})
    assert [(p.code, p.input, p.suggestion) for p in found] == [
        ("choice", "sampler", "euler"),
        ("range", "seed", None),
        ("missing", "model", None),
        ("missing", "positive", None),
        ("missing", "latent", None),
    ]


def test_a_missing_input_says_what_it_needs_and_who_makes_it(said):
    assert said({"t": node("TextEncode")}) == [
        'node "t" (TextEncode), input "clip": nothing is given; it needs Clip. '
        "Link it to an output of that type; CheckpointLoader has one."
    ]


def test_links_to_nowhere_suggest_the_nearest(said):
    nodes = {
        "loader": node("LoadImage", image="cat.png"),
        "one": node("Blur", image=to("laoder.image")),
        "two": node("Blur", image=to("loader.imag")),
    }
    assert said(nodes) == [
        'node "one" (Blur), input "image": the link names the node "laoder", which does not exist. '
        'Did you mean "loader.image"?',
        'node "two" (Blur), input "image": node "loader" (LoadImage) has no output "imag". '
        'Did you mean "loader.image"?',
    ]


def test_types_that_do_not_fit_are_said_with_both_ends(said):
    nodes = {
        "pic": node("LoadImage", image="cat.png"),
        "s": node("VAEDecode", vae=to("ck.vae"), latent=to("pic.image")),
        "ck": node("CheckpointLoader", checkpoint="sd15.st"),
    }
    assert said(nodes) == [
        'node "s" (VAEDecode), input "latent": Image from "pic.image" does not go into Latent. '
        "VAEEncode makes Latent from Image."
    ]


def test_an_int_goes_into_a_float_and_not_the_other_way(check):
    nodes = {
        "n": node("Number"),
        "r": node("Real", value=to("n.int")),
        "m": node("Number", value=to("r.float")),
    }
    assert [(p.code, p.node) for p in check(nodes)] == [("socket", "m")]


def test_type_variables_are_one_type_within_a_node(check):
    nodes = {
        "pic": node("LoadImage", image="cat.png"),
        "e": node("EmptyLatent"),
        "bad": node("Pick", a=to("pic.image"), b=to("e.latent")),
        "good": node("Pick", a=to("pic.image"), b=to("pic.image")),
        "after": node("Blur", image=to("good.value")),
        "wrong": node("VAEDecode", vae=to("ck.vae"), latent=to("good.value")),
        "ck": node("CheckpointLoader", checkpoint="sd15.st"),
        "number": node("Number"),
        "real": node("Real"),
        "bigger": node("Bigger", a=to("number.int"), b=to("real.float")),
        "strange": node("Bigger", a=to("number.int"), b=to("pic.image")),
    }
    assert [(p.code, p.node, p.input) for p in check(nodes)] == [
        ("socket", "bad", "b"),
        ("socket", "wrong", "latent"),
        ("socket", "strange", "b"),
    ]


def test_variadic_inputs_take_links_and_lists_and_count_them(check):
    nodes = {
        "pic": node("LoadImage", image="cat.png"),
        "good": node("SaveImage", images=[to("pic.image"), to("pic.image")]),
        "few": node("SaveImage", images=[]),
        "mixed": node("SaveImage", images=[to("pic.image"), 3]),
        "single": node("SaveImage", images=to("pic.image")),
        "text": node("SaveImage", images="cat.png"),
        "twice": node("Blur", image=[to("pic.image")]),
    }
    assert [(p.code, p.node) for p in check(nodes)] == [
        ("too-few", "few"),
        ("type", "mixed"),
        ("socket", "single"),
        ("type", "text"),
        ("type", "twice"),
    ]


def test_an_input_that_is_there_only_when_is_required_only_then(check):
    nodes = {
        "pic": node("LoadImage", image="cat.png"),
        "size": node("Resize", image=to("pic.image")),
        "factor": node("Resize", image=to("pic.image"), mode="factor"),
        "done": node("Resize", image=to("pic.image"), mode="factor", factor=2),
    }
    assert [(p.code, p.node, p.input) for p in check(nodes)] == [
        ("missing", "size", "width"),
        ("missing", "factor", "factor"),
    ]


def test_a_text_has_a_longest_length(check):
    assert [p.code for p in check({"t": node("Upload", token={"secret": "A"}, note="x" * 2_000_000)})] == ["too-long"]


def test_an_unknown_type_names_the_plugin_that_should_bring_it(said):
    nodes = {"g": node("film_grain.Grain"), "h": node("KSamplr", x=1), "i": node("LoadImage", image="a.png")}
    assert said(nodes, requires={"film-grain": ">=0.1"}) == [
        'node "g" (film_grain.Grain): there is no node type "film_grain.Grain". '
        'The plugin "film-grain" >=0.1 is not loaded, or has no such type; `calotype plugins` shows what is.',
        'node "h" (KSamplr): there is no node type "KSamplr". Did you mean "KSampler"?',
    ]


def test_what_hangs_on_an_unknown_type_is_not_blamed(check):
    nodes = {"u": node("who.Knows"), "b": node("Blur", image=to("u.anything"))}
    assert [p.node for p in check(nodes)] == ["u"]


def test_a_node_newer_than_its_type_is_said(check):
    assert [p.code for p in check({"n": node("Number") | {"version": 2}})] == ["newer-node"]


def test_every_cycle_is_said_with_its_path(said):
    nodes = {
        "a": node("Blur", image=to("b.image")),
        "b": node("Blur", image=to("a.image")),
        "c": node("Blur", image=to("c.image")),
        "d": node("Blur", image=to("a.image")),
    }
    assert said(nodes) == [
        'node "a" (Blur): the nodes go in a circle: a -> b -> a. Take one of these links away.',
        'node "c" (Blur): the nodes go in a circle: c -> c. Take one of these links away.',
    ]


def test_files_are_looked_for_by_name_and_the_nearest_is_suggested(check, roots):
    nodes = {"ck": node("CheckpointLoader", checkpoint={"file": "sd51.st"}), "ok": node("LoadImage", image="cat.png")}
    (one,) = check(nodes, Files(roots))
    assert (one.code, one.node, one.input, one.suggestion) == ("file", "ck", "checkpoint", "sd15.st")
    assert str(one).count("Did you mean") == 1


@pytest.mark.parametrize("name", ["../cat.png", "/etc/passwd", "a\0b", ""])
def test_names_that_lead_elsewhere_are_refused(check, roots, name):
    assert [p.code for p in check({"i": node("LoadImage", image=name)}, Files(roots))] in (["file"], ["type"])


def test_a_file_with_other_content_is_said(check, roots):
    nodes = {"i": node("LoadImage", image={"file": "cat.png", "hash": "blake3:" + "0" * 64})}
    (one,) = check(nodes, Files(roots))
    assert "other content" in one.message


def test_a_disabled_node_passes_on_what_it_can(check):
    off = {"enabled": False}
    nodes = {
        "pic": node("LoadImage", image="cat.png"),
        "blur": node("Blur", image=to("pic.image"), radius="much") | off,
        "again": node("Blur", image=to("blur.image")) | off,
        "save": node("SaveImage", images=[to("again.image")]),
        "decode": node("VAEDecode") | off,
        "after": node("Blur", image=to("decode.image")),
        "list": node("SaveImage", images=[to("decode.image")]),
        "unknown": node("who.Knows") | off,
    }
    assert [str(p) for p in check(nodes)] == [
        f'node "{id}" ({kind}), input "{name}": node "decode" is disabled and has no linked input of type Image to '
        "pass on. Enable it, or link something else here."
        for id, kind, name in (("after", "Blur", "image"), ("list", "SaveImage", "images"))
    ]


def test_an_optional_input_does_without_a_disabled_node(check):
    nodes = {
        "pic": node("LoadImage", image="cat.png"),
        "gone": node("who.Knows") | {"enabled": False},
        "blur": node("Blur", image=to("pic.image"), mask=to("gone.mask")),
    }
    assert check(nodes) == []


def test_the_public_interface_must_lead_somewhere(check):
    found = check(
        {"n": node("Number")},
        inputs={"a": {"node": "m", "input": "value"}, "b": {"node": "n", "input": "valu"}},
        outputs={"c": to("n.value"), "d": to("x.int")},
    )
    assert [(p.code, p.pointer, p.suggestion) for p in found] == [
        ("bad-interface", "/inputs/a", None),
        ("bad-interface", "/inputs/b", "value"),
        ("bad-interface", "/outputs/c/from", None),
        ("bad-interface", "/outputs/d/from", None),
    ]


def test_requirements_are_ranges_of_versions(check):
    assert [p.pointer for p in check({}, requires={"a": ">=0.1", "b": "", "c": "newest"})] == ["/requires/c"]


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        ({}, ["the workflow has no nodes, so there is nothing to run"]),
        ({"n": node("Number")}, ["no enabled node has results for you, so there is nothing to run"]),
    ],
)
def test_a_workflow_with_nothing_to_run_is_said(registry, nodes, expected):
    problems = validate(read({"calotype": 1, "nodes": nodes}), registry).problems
    assert [(p.code, p.message) for p in problems] == [("nothing-to-run", text) for text in expected]


def test_running_to_a_node_checks_it_and_what_it_needs(registry):
    nodes = {"n": node("Number"), "m": node("Number", value=to("n.int")), "bad": node("EmptyLatent", width=1)}
    document = read({"calotype": 1, "nodes": nodes})
    assert validate(document, registry, targets=["m"]).ok
    assert [p.suggestion for p in validate(document, registry, targets=["mm"]).problems] == ["m"]


class Child(Node):
    x: int = Input(ge=1)

    def run(self) -> int:
        return self.x


SUB = {
    "inputs": {"x": {"to": ["c.x"]}, "image": {"to": ["blur.image"]}},
    "outputs": {"out": {"from": "c.int"}, "image": {"from": "blur.image"}},
    "nodes": {"c": node("Child"), "blur": node("Blur", radius=-1)},
}


def test_problems_inside_of_subgraphs_have_the_path_of_the_node_and_the_place_in_the_file(registry):
    registry.add_class(Child)
    nodes = {
        "pic": node("LoadImage", image="cat.png"),
        "s": node("subgraph/sub", x=0, image=to("pic.image")),
        "m": node("subgraph/sub", x=[1, 0, "a"], image=to("pic.image")) | {"map": ["x"]},
        "end": node("SaveImage", images=to("m.image")),
        "bad": node("Blur", image=to("m.image")),
    }
    problems = validate(read({"calotype": 1, "nodes": nodes, "subgraphs": {"sub": SUB}}), registry).problems
    assert sorted((p.node or "", p.code, p.input, p.pointer) for p in problems) == [
        ("bad", "socket", "image", "/nodes/bad/inputs/image"),
        ("m/blur", "range", "radius", "/subgraphs/sub/nodes/blur/inputs/radius"),
        ("m/c", "range", "x", "/subgraphs/sub/nodes/c"),
        ("m/c", "type", "x", "/subgraphs/sub/nodes/c"),
        ("s/blur", "range", "radius", "/subgraphs/sub/nodes/blur/inputs/radius"),
        ("s/c", "range", "x", "/subgraphs/sub/nodes/c"),
    ]


def test_a_map_needs_lists(registry):
    registry.add_class(Child)
    sub = {"inputs": {"x": {"to": ["c.x"]}}, "outputs": {"out": {"from": "c.int"}}, "nodes": {"c": node("Child")}}
    mapped = {"map": ["x"]}
    nodes = {
        "n": node("Number"),
        "one": node("subgraph/sub", x=3) | mapped,
        "two": node("subgraph/sub") | mapped,
        "three": node("subgraph/sub", x=to("n.int")) | mapped,
        "four": node("subgraph/sub", x=[to("n.int"), 2]) | mapped,
        "five": node("subgraph/sub", x=to("four.out")) | mapped,
        "off": node("subgraph/sub", x=to("four.out")) | mapped | {"enabled": False},
        "six": node("subgraph/sub", x=to("off.out")) | mapped,
    }
    document = read({"calotype": 1, "nodes": nodes, "subgraphs": {"sub": sub}, "outputs": {"o": to("six.out")}})
    assert [(p.code, p.node) for p in validate(document, registry).problems] == [
        ("type", "one"),
        ("missing", "two"),
        ("missing", "two/c"),
        ("socket", "three"),
    ]
