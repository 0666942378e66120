"""One check for a whole plugin: does it load, keep to the public interface, and do its nodes what they say?"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from calotype.errors import PluginError
from calotype.node import Node, NodeSpec
from calotype.plugins.loading import forget
from calotype.plugins.reading import Found, node_class, read
from calotype.plugins.record import Source
from calotype.plugins.sources import at, packages
from calotype.plugins.widgets import FOLDER, widget_files
from calotype.testing.imports import HEAVY, check_imports, python_files
from calotype.testing.report import Finding, Report, errors, warnings
from calotype.testing.trials import try_examples

_LONGEST_IMPORT = 120.0  # seconds
_SLOW_IMPORT = 1.0

_PROBE = """
import json, sys, time
from pathlib import Path
sys.path[:] = json.loads(sys.argv[2])
from calotype.plugins.reading import read
from calotype.testing.conformance import find
source = find(sys.argv[1])
began = time.perf_counter()
read(source)
print("\\n" + json.dumps({"seconds": time.perf_counter() - began, "loaded": sorted(sys.modules)}))
"""


def check_plugin(plugin: str | Path, *, fresh: bool = True) -> Report:
    """Check a plugin: a folder or file, or the name of an installed one. Raises PluginError if there is none.

    fresh: import it in a process of its own first, which shows how long that takes, what else it brings along, and
    whether the process survives it.

    Errors: `load` (it cannot be imported, or a node is declared wrongly), `private-import`, `duplicate` (two nodes of
    one id), `doc` (a node without a docstring), `widget` (an input names one that the plugin does not bring, or whose
    name is not its own), `migrate`, and those of the nodes' own examples (see `try_examples`).
    Warnings: `heavy-import`, `slow-import`, `no-nodes`, `migrate` (a version above 1 without it).
    """
    source = find(plugin)
    seconds, loaded, died = (None, (), "") if source.error or not fresh else _probe(str(plugin))
    if source.error or died:
        return Report(source.name, (), tuple(errors("load", [source.error or died])), None)
    if source.private:
        forget(source)
    found = read(source)
    findings = errors("load", found.errors) + check_imports(python_files(source.place)) + _nodes(source, found)
    slow = seconds is not None and seconds > _SLOW_IMPORT
    findings += warnings("slow-import", [f"the import takes {seconds:.1f} s"] if slow else [])
    if loaded and not any(f.code == "heavy-import" for f in findings):
        findings += warnings("heavy-import", [f"its import brings {', '.join(loaded)} through another module"])
    return Report(source.name, tuple(n.spec.id for n in found.nodes), tuple(findings), seconds)


def find(plugin: str | Path) -> Source:
    """The source of a plugin by path or by name. Raises PluginError."""
    path = Path(plugin)
    if path.exists():
        return at(path.resolve())
    installed = {s.name: s for s in packages()}
    if str(plugin) not in installed:
        raise PluginError(f'there is no plugin "{plugin}": neither such a file or folder nor such an installed package')
    return installed[str(plugin)]


def _probe(plugin: str) -> tuple[float | None, tuple[str, ...], str]:
    """Import it in a fresh process: seconds, the heavy packages that came along, how the process died, if so."""
    command = [sys.executable, "-c", _PROBE, plugin, json.dumps(sys.path)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST_IMPORT, check=False)
    except subprocess.TimeoutExpired:
        return None, (), f"its import takes longer than {_LONGEST_IMPORT:g} s"
    if done.returncode:
        return None, (), f"its import ends the process with code {done.returncode}: {done.stderr[-400:].strip()}"
    said = json.loads(done.stdout.splitlines()[-1])
    return said["seconds"], tuple(sorted(HEAVY.intersection(said["loaded"]))), ""


def _nodes(source: Source, found: Found) -> list[Finding]:
    findings: list[Finding] = []
    if not found.nodes and not found.errors:
        findings += warnings("no-nodes", ["it brings no nodes; are their modules listed in NODE_MODULES?"])
    seen: dict[str, str] = {}
    for node in found.nodes:
        spec = node.spec
        for name in (spec.id, *spec.aliases):
            other = seen.get(name)
            findings += errors("duplicate", [f'"{name}" is defined in {other} and in {spec.source}'] if other else [])
            seen[name] = spec.source
        findings += errors("doc", [] if spec.doc else [f"{spec.source}: {spec.id} has no docstring"])
        findings += _widgets(source, node.spec)
        cls = node_class(source, node)
        findings += _migration(cls, spec.id, spec.source, spec.migrates) + try_examples(cls, spec)
    return findings


def _widgets(source: Source, spec: NodeSpec) -> list[Finding]:
    """Whether the plugin brings the widgets that the inputs name, under names that no other plugin has."""
    brought, own = widget_files(source), f"{source.name.lower().replace('_', '-')}-"
    findings: list[Finding] = []
    for name, widget in ((i.name, i.widget) for i in spec.inputs.values() if i.widget):
        where = f'{spec.source}: input "{name}" of {spec.id} has the widget {widget}'
        if not widget.startswith(own):
            findings += errors("widget", [f"{where}; its name begins with that of the plugin: {own}"])
        elif widget not in brought:
            findings += errors("widget", [f"{where}, and there is no {source.place / FOLDER / widget}.js"])
    return findings


def _migration(cls: type[Node], type_id: str, place: str, migrates: bool) -> list[Finding]:
    if not migrates:
        lost = cls.version > 1
        said = (
            f"{place}: {type_id} is at version {cls.version} without migrate(): older workflows keep their old inputs"
        )
        return warnings("migrate", [said] if lost else [])
    if getattr(cls.migrate, "__self__", None) is not cls:
        return errors("migrate", [f"{place}: {type_id}.migrate is not a class method"])
    try:
        moved = [cls.migrate({}, version) for version in range(1, cls.version)]
    except Exception as error:
        return errors("migrate", [f"{place}: {type_id}.migrate of no inputs raises {type(error).__name__}: {error}"])
    unknown = sorted({n for inputs in moved for n in inputs} - set(cls.__dataclass_fields__))
    return errors(
        "migrate", [f"{place}: {type_id}.migrate gives unknown inputs: {', '.join(unknown)}"] if unknown else []
    )
