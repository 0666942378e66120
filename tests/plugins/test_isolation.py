import json
import random
import sys

import pytest

from calotype.errors import PluginError
from calotype.plugins import discover


@pytest.fixture
def found(home):
    return lambda **options: discover([home], path=[], **options)


CALAMITIES = {
    "a syntax error": ("x = = 1", "__init__.py:1: SyntaxError: invalid syntax"),
    "wrong indentation": ("if 1:\nx = 1", "__init__.py:2: IndentationError"),
    "an exception": ("\n\n1 / 0", "__init__.py:3: ZeroDivisionError: division by zero"),
    "an exit": ("import sys\nsys.exit(3)", "__init__.py:2: the module ends the program (SystemExit: 3)"),
    "endless recursion": ("def f():\n    f()\nf()", "__init__.py:2: RecursionError"),
    "a missing module": ("import no_such_thing", "__init__.py:1: No module named 'no_such_thing'. Install the package"),
    "a missing name": ("from json import nothing", "__init__.py:1: ImportError: cannot import name 'nothing'"),
    "a class that is no exception tree": (
        "class Odd(BaseException): pass\nraise Odd('hm')",
        "__init__.py:2: Odd: hm",
    ),
    "a NUL byte": ("x = 1\0", "null bytes"),
    "a wrong list of modules": ("NODE_MODULES = 'nodes'", "NODE_MODULES is 'nodes'; it is a tuple of module names"),
}


@pytest.mark.parametrize("kind", CALAMITIES)
def test_a_plugin_that_breaks_at_import_is_a_record_and_the_others_work(drop, found, toy, kind):
    code, said = CALAMITIES[kind]
    drop("bad", {"__init__.py": code})
    drop("good", {"__init__.py": toy()})
    plugins = found()
    bad = plugins["bad"]
    assert (bad.status, bad.nodes, plugins["good"].status) == ("broken", (), "ok")
    assert said in bad.error
    assert "\n" not in bad.error
    assert kind == "a wrong list of modules" or "calotype_plugins.bad" not in sys.modules


def test_text_that_is_no_utf_8_is_a_record(drop, found):
    (drop("bad", {"__init__.py": ""}) / "__init__.py").write_bytes(b"x = '\xff'")
    assert found()["bad"].status == "broken"


def test_an_interrupt_by_the_user_is_not_swallowed(drop, found):
    drop("bad", {"__init__.py": "raise KeyboardInterrupt"})
    with pytest.raises(KeyboardInterrupt):
        found()


def test_the_working_nodes_of_a_broken_plugin_work(drop, found, toy):
    wrong = toy("Wrong").replace("value: int = 1", "x: int = 'a'")
    drop(
        "half",
        {"__init__.py": 'NODE_MODULES = ("a", "b", "c")', "a.py": toy(), "b.py": "1/0", "c.py": wrong + toy("Last")},
    )
    record = found()["half"]
    assert (record.status, record.nodes) == ("broken", ("half.Toy", "half.Last"))
    assert "b.py:1: ZeroDivisionError" in record.error
    assert 'node class Wrong, field "x"' in record.error


def test_two_nodes_of_one_id_are_an_error_that_names_both_files(drop, found, toy):
    drop("toys", {"__init__.py": 'NODE_MODULES = ("a", "b")', "a.py": toy(value=1), "b.py": toy(value=2)})
    plugins = found()
    assert plugins["toys"].status == "broken"
    assert "a.py:" in plugins["toys"].error and "b.py:" in plugins["toys"].error
    assert plugins.registry.node_class("toys.Toy")().run() == 1


def test_an_alias_does_not_take_an_id_of_another_plugin(drop, found, toy):
    drop("alpha", {"__init__.py": toy()})
    drop("beta", {"__init__.py": toy().replace("value:", "aliases = ('alpha.Toy',)\n    value:")})
    plugins = found()
    assert [r.status for r in plugins] == ["ok", "broken"]
    assert '"alpha.Toy" is defined twice' in plugins["beta"].error


def test_modules_of_one_name_in_two_plugins_do_not_meet(drop, found, toy):
    for name in ("alpha", "beta"):
        init = f"from .utils import NAME\nassert NAME == '{name}'\nNODE_MODULES = ('nodes',)\n"
        nodes = toy(value="len(NAME)") + "\n"
        drop(
            name, {"__init__.py": init, "utils.py": f"NAME = '{name}'", "nodes.py": "from .utils import NAME\n" + nodes}
        )
    plugins = found()
    assert [r.status for r in plugins] == ["ok", "ok"], [r.error for r in plugins]
    assert plugins.registry.node_class("alpha.Toy")().run() == 5
    assert plugins.registry.node_class("beta.Toy")().run() == 4


def test_plugins_named_like_known_modules_shadow_nothing(drop, found, toy):
    before_json, before_random = json, random
    drop("random", {"__init__.py": toy(), "json.py": "raise RuntimeError"})
    drop("orjson.py", toy())
    assert [r.status for r in found()] == ["ok", "ok"]
    assert sys.modules["json"] is before_json and sys.modules["random"] is before_random
    assert "calotype_plugins.random" in sys.modules


def test_what_a_plugin_adds_to_the_search_path_is_taken_back(drop, found):
    before = list(sys.path)
    drop("pushy", {"__init__.py": "import sys, pathlib\nsys.path.insert(0, str(pathlib.Path(__file__).parent))"})
    assert found()["pushy"].status == "ok"
    assert sys.path == before


def test_an_absolute_import_of_itself_is_said_with_the_remedy(drop, found):
    drop("toys", {"__init__.py": "from toys.inner import x", "inner.py": "x = 1"})
    drop("boxes", {"__init__.py": "import inner", "inner.py": "x = 1"})
    plugins = found()
    assert "Inside a plugin import relatively: from .module import ..." in plugins["toys"].error
    assert "Inside a plugin import relatively: from . import inner" in plugins["boxes"].error


def test_code_that_fails_at_first_use_is_one_error(drop, found, toy, tmp_path):
    drop("toys", {"__init__.py": "import os\nif 'CALOTYPE_TEST_BREAK' in os.environ: 1/0\n" + toy()})
    found(cache=tmp_path)
    for name in [n for n in sys.modules if n.startswith("calotype_plugins.toys")]:
        del sys.modules[name]
    warm = found(cache=tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CALOTYPE_TEST_BREAK", "1")
        with pytest.raises(PluginError, match=r"__init__.py:2: ZeroDivisionError"):
            warm.registry.node_class("toys.Toy")
    assert warm.registry.node_class("toys.Toy")().run() == 1


def test_value_types_of_two_plugins_are_two_types(drop, found):
    code = """
        from dataclasses import dataclass
        from calotype.node import Node

        @dataclass(frozen=True)
        class Thing:
            size: int

        class Make(Node):
            '''A thing.'''

            def run(self) -> Thing:
                return Thing(1)
    """
    drop("alpha", {"__init__.py": code})
    drop("beta", {"__init__.py": code})
    registry = found().registry
    sockets = [str(o.socket) for s in registry for o in s.outputs.values()]
    assert sockets == ["alpha.Thing", "beta.Thing"]
