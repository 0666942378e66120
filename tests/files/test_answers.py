"""What is said of a file is remembered as long as the file and who says it stay what they are."""

import os

import pytest

from calotype.errors import ModelError
from calotype.files import Files


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.safetensors"
    path.write_bytes(b"x")
    os.utime(path, ns=(10**18, 10**18))
    return path


@pytest.fixture
def ask(tmp_path, file):
    """Asks in a process of its own, as it were; returns the answer and whether the file was looked at."""

    def one(question="family", code="v1", answer="sdxl"):
        files, looked = Files({}, tmp_path / "cache" / "hashes.sqlite"), []
        said = files.answers.of(file, question, code, lambda: looked.append(1) or answer)
        assert files.answers.of(file, question, code, lambda: "asked twice") == said
        files.close()
        return said, bool(looked)

    return one


def test_the_next_process_need_not_look(ask):
    assert [ask(), ask(answer="other")] == [("sdxl", True), ("sdxl", False)]


def test_another_question_is_asked_for_itself_and_an_empty_answer_is_one(ask):
    assert [ask(), ask("lacks", answer=""), ask("lacks"), ask()] == [
        ("sdxl", True), ("", True), ("", False), ("sdxl", False)]  # fmt: skip


def test_other_code_asks_again(ask):
    assert [ask(), ask(code="v2", answer="flux"), ask(code="v2")] == [("sdxl", True), ("flux", True), ("flux", False)]


def test_a_file_that_changed_is_looked_at_again(ask, file):
    ask()
    os.utime(file, ns=(10**18, 10**18 + 1))
    assert ask(answer="flux") == ("flux", True)


def test_without_a_state_of_the_code_nothing_outlives_the_process(ask):
    assert [ask(code=""), ask(code="", answer="flux")] == [("sdxl", True), ("flux", True)]


def test_an_error_is_not_remembered(tmp_path, file, ask):
    def broken():
        raise ModelError("no header")

    files = Files({}, tmp_path / "cache" / "hashes.sqlite")
    with pytest.raises(ModelError):
        files.answers.of(file, "family", "v1", broken)
    files.close()
    assert ask() == ("sdxl", True)


def test_a_cache_of_hashes_from_before_there_were_answers_goes_on(tmp_path, file, ask):
    import sqlite3

    (tmp_path / "cache").mkdir()
    with sqlite3.connect(tmp_path / "cache" / "hashes.sqlite") as old:
        old.execute(
            "CREATE TABLE hashes (path TEXT PRIMARY KEY, size INTEGER, mtime INTEGER, ctime INTEGER, hash TEXT)"
        )
    old.close()
    assert [ask(), ask()] == [("sdxl", True), ("sdxl", False)]
