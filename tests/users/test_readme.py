"""What the README shows works as it is shown."""

import json
import re
from pathlib import Path

import pytest

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


@pytest.mark.slow
def test_h7_the_five_lines_of_python_draw_a_picture(tmp_path, monkeypatch):
    monkeypatch.setenv("CALOTYPE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (code,) = blocks("python")
    exec(compile(code, "README.md", "exec"), {})
    assert (tmp_path / "apple.png").read_bytes().startswith(b"\x89PNG")


def test_the_workflow_in_the_readme_is_one(tmp_path, monkeypatch):
    from calotype.services import Services
    from calotype.workflow import read

    monkeypatch.setenv("CALOTYPE_HOME", str(tmp_path))
    (said,) = blocks("json")
    with Services.open() as services:
        assert services.check(read(json.loads(said))).problems == ()


def test_every_command_in_the_readme_is_one_that_there_is():
    from calotype.cli.app import COMMANDS

    shown = re.findall(r"^calotype (\S+)", README, re.MULTILINE)
    assert shown and set(shown) <= set(COMMANDS)
