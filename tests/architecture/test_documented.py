"""What the program has, its documentation names."""

from pathlib import Path

import pytest

from calotype.cli.app import COMMANDS
from calotype.errors import EXIT_CODES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "command_line.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented(command):
    assert f"`calotype {command}" in PAGE


@pytest.mark.parametrize("code", sorted({0, 2, *EXIT_CODES.values()}))
def test_every_exit_code_is_documented(code):
    assert f"| {code} |" in PAGE


def test_every_option_of_run_is_documented():
    import inspect

    from calotype.cli.commands.run import run
    from calotype.cli.flags import _names

    own = [p for p in inspect.signature(run, eval_str=True).parameters.values() if p.kind is p.KEYWORD_ONLY]
    options = _names([p for p in own if p.name not in ("flags", "document")]) - {"help", "version", "o", "q"}
    assert [o for o in sorted(options) if f"`--{o}" not in PAGE] == []


def test_every_setting_of_the_environment_is_documented():
    import re

    source = (ROOT / "core" / "calotype" / "settings.py").read_text() + (ROOT / "core/calotype/host.py").read_text()
    names = set(re.findall(r"CALOTYPE_[A-Z_]+", source))
    assert [n for n in sorted(names) if n not in PAGE] == []


def test_every_link_between_pages_leads_somewhere():
    import re

    broken = []
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)} -> {target}")
    assert broken == []
