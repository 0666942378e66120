"""A name leads nowhere but into its root."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calotype.errors import FileError
from calotype.files import Files, check_name, inside

HOSTILE = [
    "", ".", "..", "/", "//", "./", "../", "../secret", "../../secret", "a/../../secret", "a/../secret", "./secret",
    "a/./b", "a//b", "a/", "/etc/passwd", "//server/share/x", "\\\\server\\share\\x", "\\\\?\\C:\\x",
    "C:", "C:x", "C:/x", "C:\\x", "c:/windows/win.ini", "file:///etc/passwd", "http://host/x", "..\\secret",
    "a\\..\\..\\secret", "a\\b", "x\0", "x\0.safetensors", "\0", "x\n", "x\r\ny", "\t", "x\x7f", "x\x1b[31m",
    "x\x85y", "x\u2028y", "x\u2029y", "..\u200b/secret", ".\u200d./secret", "\u200b", "\ufeff..", "\uff0e\uff0e/secret",
    "\u2024\u2024/secret", "a\uff0fb", "a\uff3cb", "\uff0fetc\uff0fpasswd", "a\u2025b/\u2025", "gnp\u202egnp.exe",
    "\u2066x\u2069", "x.", "x. ", "x ", "a./b", "a /b", " x", "...", ". .", "con", "CON", "nul.safetensors", "a/aux/b",
    "com1", "COM\u00b9.txt", "lpt9.x", "CONIN$", "x.safetensors::$DATA", "x:stream", "\ud800", "x" * 256,
    "x" * 2000, "\u00e9" * 200, "/".join("a" * 40), "a/" * 600 + "b",
]  # fmt: skip
FINE = [
    "sd15.safetensors", "sub/sd 1.5.safetensors", "ümlaut.png", "模型.safetensors", "cafe\u0301.png", "a..b", "..a",
    ".hidden", "a,b&c'd(1)[2]{3}.png", "console.png", "com10.txt", "nullable", "a" * 255, "%2e%2e", "$HOME", "~", "-rf",
    "x;ls",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_a_hostile_name_is_refused_and_said_on_one_line(name, tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "secret").write_text("s")
    with pytest.raises(FileError) as error:
        inside(tmp_path / "models", name)
    with pytest.raises(FileError):
        Files({"checkpoints": [tmp_path / "models"]}).find("checkpoints", name)
    assert "is not a file name that may be used" in str(error.value) and "\n" not in str(error.value)


def test_there_are_at_least_sixty_hostile_names():
    assert len(set(HOSTILE)) >= 60


@pytest.mark.parametrize("name", FINE, ids=ascii)
def test_an_ordinary_name_is_accepted(name, tmp_path):
    assert inside(tmp_path, name) == tmp_path / name


@pytest.mark.parametrize("name", [None, 3, b"x", ["x"]], ids=repr)
def test_what_is_not_text_is_refused(name):
    with pytest.raises(FileError, match="it is not text"):
        check_name(name)


@given(st.text(st.sampled_from("./\\:ab \0\u200b\uff0e\uff0f\u2024~%\x01"), max_size=12))
def test_whatever_is_accepted_stays_inside(name):
    try:
        parts = check_name(name)
    except FileError:
        return
    assert parts == tuple(name.split("/"))
    assert not {"", ".", ".."} & set(parts) and not set("\\:\0") & set(name)


def test_links_may_stay_in_the_root_and_not_leave_it(tmp_path):
    root, other = tmp_path / "models", tmp_path / "models-elsewhere"
    (root / "sub").mkdir(parents=True)
    other.mkdir()
    (root / "sub" / "real.bin").write_bytes(b"1")
    (other / "secret.bin").write_bytes(b"2")
    (root / "in.bin").symlink_to(root / "sub" / "real.bin")
    (root / "out.bin").symlink_to(other / "secret.bin")
    (root / "dir").symlink_to(other)
    (root / "loop").symlink_to(root / "loop")
    (root / "self").symlink_to(root)
    files = Files({"models": [root]})

    assert files.find("models", "in.bin").read_bytes() == b"1"
    for name in ("out.bin", "dir/secret.bin", "self"):
        with pytest.raises(FileError, match="is a link that leads out of it"):
            files.find("models", name)
    for name in ("loop", "loop/x"):
        with pytest.raises(FileError):
            files.find("models", name)
    assert files.list("models") == ["in.bin", "sub/real.bin"]


def test_a_root_that_is_a_link_itself_is_where_it_leads(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.bin").write_bytes(b"1")
    (tmp_path / "models").symlink_to(tmp_path / "real")
    assert Files({"models": [tmp_path / "models"]}).find("models", "a.bin").read_bytes() == b"1"
