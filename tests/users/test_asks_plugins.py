"""What authors of plugins ask for, each by its number in the list of asks, over real files and the real services."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from calotype.errors import DefinitionError, NodeError, RegistryError, ValidationError
from calotype.node import Node, spec_of
from calotype.plugins import discover
from calotype.services import Services
from calotype.settings import Settings
from calotype.testing import FakeContext, check_documents, check_plugin, nodes, registry, stand_in
from calotype.types import Secret
from calotype.workflow import read

FILM_GRAIN = Path(__file__).parents[2] / "plugins" / "film-grain"
WORKFLOWS = Path(__file__).parents[2] / "workflows"

TOY = """
from calotype.node import Node

class Toy(Node):
    '''A toy.'''

    value: int = {value}

    def run(self) -> int:
        {body}
"""


@pytest.fixture
def home(tmp_path):
    (tmp_path / "plugins").mkdir()
    return tmp_path / "plugins"


@pytest.fixture
def services(tmp_path, home):
    """Open the services with the dropped-in plugins; extra nodes under their plain names."""

    def opened(*extra, env=None):
        return _Opened(Settings.load(home=tmp_path / "calotype", plugins=[home], env=env or {}), extra)

    return opened


class _Opened:
    def __init__(self, settings, extra):
        self._opened, self._extra = Services.open(settings), extra

    def __enter__(self):
        found = self._opened.__enter__()
        for cls in self._extra:
            stand_in(found.registry, cls)
        return found

    def __exit__(self, *error):
        return self._opened.__exit__(*error)


def write(folder, name, text):
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


def toy(value=1, body="return self.value"):
    return TOY.format(value=value, body=body)


def document(nodes, **parts):
    return read({"calotype": 1, "name": "toy", "nodes": nodes, **parts})


def test_p1_a_broken_plugin_is_one_record_and_never_a_failed_start(services, home):
    for name, code in {
        "exits": "exit()",
        "typo": "def",
        "lacks": "import not_there_at_all",
        "deep": "f = lambda: f()\nf()",
    }.items():
        write(home, f"{name}/__init__.py", code)
    write(home, "good/__init__.py", toy())
    with services(nodes.Show) as opened:
        states = {r.name: r.status for r in opened.plugins if r.origin == "folder"}
        assert states == {"exits": "broken", "typo": "broken", "lacks": "broken", "deep": "broken", "good": "ok"}
        assert all(str(home / r.name) in r.error for r in opened.plugins if r.status == "broken")
        two = {"toy": {"type": "good.Toy"}, "show": {"type": "Show", "inputs": {"value": {"from": "toy.int"}}}}
        assert opened.run(document(two)).record.status == "succeeded"


def test_p1_plugins_cannot_shadow_each_others_modules(home):
    for name, value in (("alpha", 1), ("beta", 2)):
        write(home, f"{name}/__init__.py", "from .utils import VALUE\nNODE_MODULES = ('nodes',)")
        write(home, f"{name}/utils.py", f"VALUE = {value}")
        write(home, f"{name}/nodes.py", "from .utils import VALUE\n" + toy(value="VALUE"))
    found = discover([home]).registry
    assert [found.node_class(f"{n}.Toy")().run() for n in ("alpha", "beta")] == [1, 2]


def test_p2_a_plugin_that_imports_anything_private_fails_the_conformance_test(home):
    write(home, "nosy/__init__.py", "from calotype.executor import guard\n" + toy())
    report = check_plugin(home / "nosy", fresh=False)
    assert [(f.level, f.code) for f in report.findings] == [("error", "private-import")]


def test_p3_pure_by_default_with_volatile_and_fingerprint_only(services, tmp_path):
    (tmp_path / "text").write_text("one")
    graph = document(
        {
            "pure": {"type": "Number", "inputs": {"value": 1}},
            "clock": {"type": "Volatile"},
            "file": {"type": "Fingerprinted", "inputs": {"path": str(tmp_path / "text")}},
        }
    )

    def hits(opened):
        record = opened.run(graph, targets=["pure", "clock", "file"]).record
        return sorted(n for n, said in record.nodes.items() if said["status"] == "hit")

    with services(nodes.Number, nodes.Volatile, nodes.Fingerprinted) as opened:
        assert hits(opened) == []
        assert hits(opened) == ["file", "pure"]
        (tmp_path / "text").write_text("three")
        assert hits(opened) == ["pure"]


def test_p3_an_exception_in_fingerprint_is_an_error(services, tmp_path):
    graph = document({"file": {"type": "Fingerprinted", "inputs": {"path": str(tmp_path / "not-there")}}})
    with services(nodes.Fingerprinted) as opened, pytest.raises(NodeError, match="FileNotFoundError"):
        opened.run(graph, targets=["file"])


def test_p4_a_duplicate_is_an_error_naming_both_files_and_core_ids_cannot_be_replaced(home):
    write(home, "twice/__init__.py", "NODE_MODULES = ('a', 'b')")
    write(home, "twice/a.py", toy())
    write(home, "twice/b.py", toy())
    write(home, "usurper.py", toy().replace("Toy", "KSampler"))
    found = discover([home])
    assert all(str(home / "twice" / file) in found["twice"].error for file in ("a.py", "b.py"))
    assert found["usurper"].nodes == ("usurper.KSampler",)
    assert found.registry["KSampler"].source.startswith(found["builtin"].path)
    with pytest.raises(RegistryError, match="defined twice"):
        found.registry.add_class(type("KSampler", (nodes.Number,), {"run": nodes.Number.run}))


def test_p5_version_and_migrate_are_checked_headlessly_over_a_corpus():
    old = {
        "calotype": 1,
        "name": "written for version 1",
        "nodes": {
            "number": {"type": "Real"},
            "scale": {"type": "Multiply", "inputs": {"value": {"from": "number.float"}, "factor": 2.0}},
            "show": {"type": "Show", "inputs": {"value": {"from": "scale.float"}}},
        },
    }
    assert check_documents([old], registry()) == ()


def test_p5_the_shipped_workflows_are_up_to_date():
    assert check_documents(sorted(WORKFLOWS.glob("*.json")), discover().registry) == ()


def test_p6_python_type_hints_are_the_types_and_one_path_checks_them(services):
    graph = {
        "list": {"type": "MakeList"},
        "text": {"type": "Text"},
        "total": {"type": "Total", "inputs": {"numbers": {"from": "list.ints"}}},
        "union": {"type": "Describe", "inputs": {"value": {"from": "total.int"}, "style": "loud"}},
        "same": {"type": "Same", "inputs": {"a": {"from": "total.int"}, "b": 3}},
        "show": {"type": "Show", "inputs": {"value": {"from": "union.str"}}},
        "also": {"type": "Show", "inputs": {"value": {"from": "same.bool"}}},
    }
    toys = (nodes.MakeList, nodes.Total, nodes.Describe, nodes.Same, nodes.Show)
    with services(*toys) as opened:
        assert opened.run(document(graph)).record.status == "succeeded"
        wrong = graph | {
            "total": {"type": "Total", "inputs": {"numbers": {"from": "text.text"}}},
            "union": {"type": "Describe", "inputs": {"value": {"from": "list.ints"}, "style": "shy"}},
            "same": {"type": "Same", "inputs": {"a": {"from": "list.ints"}, "b": {"from": "text.text"}}},
        }
        with pytest.raises(ValidationError) as caught:
            opened.run(document(wrong))
    said = {(p.node, p.input) for p in caught.value.problems}
    assert {("total", "numbers"), ("union", "value"), ("union", "style")} <= said
    assert any(node == "same" for node, _ in said)


def test_p6_a_type_that_cannot_be_a_socket_is_said_with_file_and_field():
    class Wrong(Node):
        callback: type[int] | frozenset[int]

        def run(self) -> int: ...

    with pytest.raises(DefinitionError, match=rf'{Path(__file__).name}:\d+: node class Wrong, field "callback"'):
        spec_of(Wrong)


def test_p7_a_node_is_tested_in_plain_pytest():
    context = FakeContext()
    assert nodes.Slow(value=3, seconds=0, steps=2).run(context) == 3
    assert context.steps[-1] == (2, 2)
    report = check_plugin(FILM_GRAIN, fresh=False)
    assert report.ok and report.nodes[0] == "film_grain.FilmGrain", str(report)


def test_p9_the_catalogue_needs_no_import_and_code_comes_at_first_use(home, tmp_path):
    write(home, "toys/__init__.py", f"open({str(tmp_path / 'log')!r}, 'a').write('x')\n" + toy())
    code = f"""
import sys; from pathlib import Path; from calotype.plugins import discover
found = discover([Path({str(home)!r})], cache=Path({str(tmp_path)!r}))
print("calotype_nodes" in sys.modules, "torch" in sys.modules, Path({str(tmp_path / "log")!r}).stat().st_size)
found.registry.node_class("toys.Toy")
print("calotype_nodes" in sys.modules, "torch" in sys.modules, Path({str(tmp_path / "log")!r}).stat().st_size)
"""
    env = os.environ | {"PYTHONWARNINGS": "ignore"}  # the toy leaves its file to the collector
    cold, warm = (subprocess.check_output([sys.executable, "-c", code], text=True, env=env).splitlines() for _ in "12")
    assert cold == ["True False 1", "True False 1"]
    assert warm == ["False False 1", "False False 2"]


def test_p9_editing_a_file_reloads_that_plugin_only(services, home):
    write(home, "alpha/__init__.py", toy(1))
    write(home, "beta/__init__.py", toy(1))
    with services() as opened:
        kept = opened.registry.node_class("alpha.Toy")
        write(home, "beta/__init__.py", toy(1, "return self.value * 10"))
        assert opened.plugins.changed() == ("beta",)
        opened.plugins.reload("beta")
        assert opened.registry.node_class("alpha.Toy") is kept
        assert opened.registry.node_class("beta.Toy")().run() == 10


def test_p10_a_secret_never_reaches_a_file_log_event_or_picture(services, tmp_path):
    class Logs(Node):
        """Fails with whatever it was given."""

        token: Secret

        def run(self) -> int:
            raise ValueError(f"cannot log in with {self.token}")

    graph = {
        "length": {"type": "WithSecret", "inputs": {"token": {"secret": "HUB"}}},
        "text": {"type": "Describe", "inputs": {"value": {"from": "length.int"}}},
        "save": {"type": "SaveText", "inputs": {"text": {"from": "text.str"}}},
        "fails": {"type": "Logs", "inputs": {"token": {"secret": "HUB"}}},
    }
    events = []
    toys = (nodes.WithSecret, nodes.Describe, nodes.SaveText, Logs)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CALOTYPE_SECRET_HUB", "hunter2-correct-horse")
        with services(*toys, env={"CALOTYPE_SECRET_HUB": "hunter2-correct-horse"}) as opened:
            finished = opened.run(
                document(graph),
                targets=["save", "fails"],
                keep_going=True,
                out=tmp_path / "out",
                on_event=events.append,
            )
    assert {n: said["status"] for n, said in finished.record.nodes.items()} == {
        "length": "ran",
        "text": "ran",
        "save": "ran",
        "fails": "failed",
    }
    written = [p for p in tmp_path.rglob("*") if p.is_file()]
    assert (tmp_path / "out").is_dir() and written
    leaks = [p for p in written if b"hunter2" in p.read_bytes()]
    said = [*map(repr, events), *(str(e.to_dict()) for e in events), str(finished.record), str(finished.error)]
    assert (leaks, [s for s in said if "hunter2" in s]) == ([], [])


def test_p10_a_document_names_a_secret_and_cannot_hold_one(services):
    graph = document({"length": {"type": "WithSecret", "inputs": {"token": "hunter2"}}})
    with services(nodes.WithSecret) as opened:
        problems = opened.check(graph).problems
    assert ("length", "token") in {(p.node, p.input) for p in problems}
    assert not [p for p in problems if "hunter2" in str(p.to_dict())], problems


def test_the_example_plugin_runs_as_it_is_dropped_in(services, home, tmp_path):
    shutil.copytree(FILM_GRAIN, home / "film-grain")
    graph = {
        "picture": {"type": "MakeImage", "inputs": {"size": 16}},
        "look": {"type": "film_grain.LookPreset", "inputs": {"name": "faded"}},
        "graded": {
            "type": "film_grain.ApplyLook",
            "inputs": {"image": {"from": "picture.image"}, "look": {"from": "look.look"}},
        },
        "grain": {"type": "film_grain.FilmGrain", "inputs": {"image": {"from": "graded.image"}, "seed": 3}},
        "save": {"type": "SaveImage", "inputs": {"images": {"from": "grain.image"}}},
    }
    with services(nodes.MakeImage) as opened:
        first = opened.run(document(graph), out=tmp_path / "out")
        assert first.record.status == "succeeded", first.error
        changed = {**graph, "grain": {**graph["grain"], "inputs": {**graph["grain"]["inputs"], "seed": 4}}}
        second = opened.run(document(changed), out=tmp_path / "out")
        assert sorted(n for n, said in second.record.nodes.items() if said["status"] == "ran") == ["grain", "save"]
    assert len(list((tmp_path / "out").glob("*.png"))) == 2


def test_a_value_of_a_plugin_comes_back_from_the_store_after_a_restart(services, home):
    shutil.copytree(FILM_GRAIN, home / "film-grain")
    graph = document({"look": {"type": "film_grain.LookPreset", "inputs": {"name": "golden"}}})
    with services() as opened:
        opened.store.disk_seconds = 0  # a look is too quick to be worth a file otherwise
        opened.run(graph, targets=["look"])
    for name in [n for n in sys.modules if n.startswith("calotype_plugins")]:
        del sys.modules[name]
    with services() as opened:
        finished = opened.run(graph, targets=["look"])
        assert finished.record.nodes["look"]["status"] == "hit"
        assert type(finished.results["look"].value("look")).__name__ == "Look"
