import pytest

from calotype.errors import PluginError
from calotype.testing import Finding, check_plugin


def quick(plugin):
    return check_plugin(plugin, fresh=False)


GOOD = """
    class Half(Node):
        '''Half of a number.'''

        value: float = Input(default=1.0, ge=0)

        @classmethod
        def examples(cls):
            return [{}, {"value": 3.0}]

        def run(self) -> float:
            return self.value / 2
"""


def test_a_good_plugin_has_no_findings(plugin):
    report = check_plugin(plugin(GOOD))
    assert (report.plugin, report.nodes, report.findings, report.ok) == ("toys", ("toys.Half",), (), True)
    assert report.seconds is not None and report.seconds > 0
    assert str(report).startswith("plugin toys conforms: 1 node types, imported in ")
    assert report.to_dict()["ok"] is True


def test_an_unknown_plugin_is_said():
    with pytest.raises(PluginError, match='there is no plugin "no-such-plugin"'):
        check_plugin("no-such-plugin")


def test_the_built_in_nodes_are_checked_by_name():
    report = check_plugin("builtin", fresh=False)
    assert "KSampler" in report.nodes
    assert not [f for f in report.findings if f.code in ("load", "doc", "duplicate", "output", "impure")], str(report)


def code_of(report):
    return [f.code for f in report.findings]


@pytest.mark.parametrize(
    "line",
    [
        "from calotype.executor import run",
        "import calotype.registry",
        "from calotype import registry",
        "from calotype.node.spec import REQUIRED",
        "from calotype.node import base",
        "from calotype.types import _hidden",
        "import calotype_nodes",
    ],
)
def test_what_is_private_may_not_be_imported(plugin, line):
    report = quick(plugin(f"def later():\n    {line}\n" + GOOD.replace("\n    ", "\n")))
    assert code_of(report) == ["private-import"]
    assert "__init__.py:5: " in report.findings[0].message


def test_public_modules_may_be_imported(plugin):
    lines = "from calotype import Node, Image, types\nimport calotype.errors\nfrom calotype.types import Mask\n"
    assert quick(plugin(lines + GOOD.replace("\n    ", "\n"))).findings == ()


def test_torch_is_not_imported_with_the_module(plugin):
    report = quick(plugin("if True:\n    import torch\n" + GOOD.replace("\n    ", "\n")))
    assert report.ok
    assert code_of(report)[0] == "heavy-import"


def test_torch_that_comes_through_another_module_is_seen(plugin):
    report = check_plugin(plugin("__import__('torch')\n" + GOOD.replace("\n    ", "\n")))
    assert "its import brings torch through another module" in str(report)


def test_a_plugin_that_cannot_be_imported(plugin):
    report = quick(plugin("1 / 0"))
    assert not report.ok
    assert code_of(report)[0] == "load" and "ZeroDivisionError" in report.findings[0].message


def test_a_plugin_that_kills_its_process(plugin):
    report = check_plugin(plugin("import os\nos._exit(7)"))
    assert report.findings == (Finding("error", "load", "its import ends the process with code 7: "),)


def test_a_plugin_without_nodes(plugin):
    assert quick(plugin("")).findings == (
        Finding("warning", "no-nodes", "it brings no nodes; are their modules listed in NODE_MODULES?"),
    )


def test_a_node_without_a_docstring(plugin):
    assert code_of(quick(plugin(GOOD.replace("'''Half of a number.'''", "")))) == ["doc"]


BAD_EXAMPLES = {
    "example": "raise ValueError('no')",
    "output": "return 'text'",
    "impure": "import time; return time.perf_counter()",
}


@pytest.mark.parametrize("code", BAD_EXAMPLES)
def test_examples_show(plugin, code):
    report = quick(plugin(GOOD.replace("return self.value / 2", BAD_EXAMPLES[code])))
    assert code_of(report) == [code, code]


def test_a_volatile_node_may_differ(plugin):
    text = GOOD.replace("return self.value / 2", "import time; return time.perf_counter()")
    assert quick(plugin(text.replace("value: float", "volatile = True\n        value: float"))).findings == ()


def test_unknown_inputs_in_an_example(plugin):
    (finding, _) = quick(plugin(GOOD.replace("[{},", "[{'valve': 1},"))).findings * 2
    assert finding.code == "example" and "unexpected keyword argument 'valve'" in finding.message


PICTURE = """
    class Change(Node):
        '''Change a picture.'''

        image: Image

        @classmethod
        def examples(cls):
            import torch
            return [{"image": Image(torch.full((1, 2, 2, 3), 0.5))}]

        def run(self) -> Image:
            %s
"""


def test_an_input_that_is_changed_in_place(plugin):
    report = quick(plugin(PICTURE % "self.image.pixels.mul_(0.5); return self.image"))
    assert "mutation" in code_of(report)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("return Image(self.image.pixels * 3)", "it goes from 1.5 to 1.5, not 0 to 1"),
        ("return Image(self.image.pixels[0])", "its shape is (2, 2, 3), not (B, H, W, 3 or 4)"),
        ("return Image(self.image.pixels.double())", "its numbers are torch.float64, not float32"),
    ],
)
def test_pictures_keep_their_form(plugin, code, said):
    (finding,) = quick(plugin(PICTURE % code)).findings
    assert finding == Finding("error", "output", f'toys.Change, example 0: output "image": {said}')


def test_versions_need_a_way_from_the_older_ones(plugin):
    report = quick(plugin(GOOD.replace("value: float", "version = 2\n        value: float")))
    assert code_of(report) == ["migrate"] and report.ok


@pytest.mark.parametrize(
    ("migrate", "said"),
    [
        ("@classmethod\n        def migrate(cls, inputs, from_version): return {'valve': 1}", "unknown inputs: valve"),
        ("@classmethod\n        def migrate(cls, inputs, from_version): return inputs['x']", "raises KeyError"),
        ("def migrate(self, inputs, from_version): return {}", "is not a class method"),
    ],
)
def test_migrations_that_do_not_work(plugin, migrate, said):
    text = GOOD.replace("value: float", "version = 2\n        value: float").replace(
        "@classmethod", migrate + "\n\n        @classmethod", 1
    )
    (finding,) = quick(plugin(text)).findings
    assert (finding.level, finding.code) == ("error", "migrate") and said in finding.message


WIDGET = """
    class Dial(Node):
        '''A number.'''

        value: float = Input(default=1.0, widget="{name}")

        def run(self) -> float:
            return self.value
"""


@pytest.mark.parametrize(
    "name, said", [("toys-dial", "and there is no "), ("other-dial", "begins with that of the plugin: toys-")]
)
def test_a_widget_that_the_plugin_does_not_bring(plugin, name, said):
    (found,) = quick(plugin(WIDGET.format(name=name))).findings
    assert found.code == "widget" and said in found.message


def test_a_widget_has_the_name_of_an_element(plugin):
    (found,) = quick(plugin(WIDGET.format(name="Dial"))).findings
    assert found.code == "load" and "a name like film-grain-curve" in found.message
