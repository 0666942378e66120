"""A corpus of saved workflows against what became of the nodes."""

import json
from pathlib import Path

import pytest

from calotype.node import Node
from calotype.testing import Finding, check_documents, registry

NUMBER = {"type": "Real", "inputs": {"value": 2.0}}
SHOW = {"type": "Show", "inputs": {"value": {"from": "scale.float"}}}


def document(**scale):
    inputs = {"value": {"from": "number.float"}} | scale.pop("inputs", {})
    nodes = {"number": NUMBER, "scale": {"type": "Scale", "inputs": inputs} | scale, "show": SHOW}
    return {"calotype": 1, "name": "old", "nodes": nodes}


def test_documents_that_survive_have_no_findings(tmp_path):
    old = document(version=1, inputs={"factor": 3.0})
    (tmp_path / "alias.json").write_text(json.dumps(document(type="Multiply", version=1, inputs={"factor": 3.0})))
    new = document(version=2, inputs={"by": 3.0})
    assert check_documents([old, tmp_path / "alias.json", new], registry()) == ()


def test_what_does_not_survive_is_said():
    findings = check_documents(
        [
            document(version=1, inputs={"factor": 1000.0}),
            document(version=2, inputs={"factor": 3.0}),
            {"calotype": 1, "nodes": {"1 x": {}}},
            Path("not-there.json"),
        ],
        registry(),
    )
    assert [(f.level, f.code) for f in findings] == [
        ("error", "range"),
        ("error", "unknown-input"),
        ("error", "unreadable"),
        ("error", "unreadable"),
    ]
    assert 'node "scale" (Scale), input "by": 1000.0 is above 100' in findings[0].message


@pytest.mark.parametrize(
    ("migrate", "level", "code"),
    [
        (lambda cls, inputs, version: {"kept": 1}, "warning", "removed-input"),
        (lambda cls, inputs, version: {}["x"], "error", "migration-failed"),
        (lambda cls, inputs, version: None, "error", "migration-failed"),
    ],
)
def test_what_a_migration_loses_or_breaks_is_said(migrate, level, code):
    body = {"__annotations__": {"kept": int}, "kept": 0, "version": 2, "output": True, "__module__": __name__}
    body |= {"run": lambda self: 1, "migrate": classmethod(migrate)}
    body["run"].__annotations__["return"] = int
    changed = type("Changed", (Node,), body)
    corpus = [{"calotype": 1, "name": "old", "nodes": {"a": {"type": "Changed", "inputs": {"lost": 3}}}}]
    findings = check_documents(corpus, registry(changed))
    assert (findings[0].level, findings[0].code) == (level, code)
    assert isinstance(findings[0], Finding) and findings[0].message.startswith('old: node "a" (Changed)')
