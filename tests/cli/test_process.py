"""What a command does with the process that it has for itself."""

import gc

import pytest

from calotype.cli.__main__ import main


@pytest.fixture(autouse=True)
def thawed():
    yield
    gc.unfreeze()


def test_what_a_command_is_built_from_is_not_looked_at_again(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["calotype", "--version"])
    assert main() == 0
    assert capsys.readouterr().out.startswith("calotype ")
    assert gc.get_freeze_count() > 0 and gc.isenabled()


def test_a_process_that_is_somebody_elses_is_left_as_it_is(capsys):
    assert main(["--version"]) == 0
    assert gc.get_freeze_count() == 0 and gc.isenabled()
