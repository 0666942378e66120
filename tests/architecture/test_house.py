"""Rules of the house that no tool checks for us."""

import ast
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = [*ROOT.glob("core/**/*.py"), *ROOT.glob("nodes/**/*.py"), *ROOT.glob("plugins/**/*.py")]
LONGEST_FILE, LONGEST_FUNCTION, MOST_NAMES = 400, 50, 30
MACHINE_PATH = re.compile(r"(?<![\w.~{}])/(?:work|farm|root|tmp)/[A-Za-z.]")
TEXT = {".py", ".md", ".toml", ".txt", ".json", ".yml", ".yaml", ".cfg", ".ini", ".sh", ""}


def said(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tracked() -> list[Path]:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / n for n in names.decode().split("\0") if n and (ROOT / n).is_file()]


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [n for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]


def test_no_file_is_longer_than_400_lines():
    lengths = {said(p): len(p.read_text(encoding="utf-8").splitlines()) for p in SOURCES}
    assert {p: n for p, n in lengths.items() if n > LONGEST_FILE} == {}


def test_no_function_is_longer_than_50_lines():
    long = {
        f"{said(p)}:{f.lineno} {f.name}": f.end_lineno - f.lineno + 1
        for p in SOURCES
        for f in functions(p)
        if f.end_lineno - f.lineno + 1 > LONGEST_FUNCTION
    }
    assert long == {}


def test_everything_public_has_a_docstring():
    missing = []
    for path in ROOT.glob("core/**/*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if ast.get_docstring(tree) is None and path.read_text().strip():
            missing.append(said(path))
        for part in ast.iter_child_nodes(tree):
            if isinstance(part, (ast.FunctionDef, ast.ClassDef)) and not part.name.startswith("_"):
                missing += [] if ast.get_docstring(part) else [f"{said(path)}:{part.lineno} {part.name}"]
    assert missing == []


def test_the_public_names_are_sorted_few_and_there():
    import calotype

    assert list(calotype.__all__) == sorted(calotype.__all__)
    assert len(calotype.__all__) <= MOST_NAMES
    assert [n for n in calotype.__all__ if not hasattr(calotype, n)] == []


def test_no_path_of_somebodys_machine_stands_in_the_tree():
    found = []
    for path in tracked():
        if path.suffix not in TEXT or path.stat().st_size > 2_000_000:
            continue
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        found += [f"{said(path)}:{i}" for i, line in enumerate(lines, 1) if MACHINE_PATH.search(line)]
    assert found == []


def test_no_file_of_the_tree_is_needlessly_large():
    large = {said(p): p.stat().st_size for p in tracked() if p.stat().st_size > 5_000_000}
    assert {p: n for p, n in large.items() if not p.endswith(".safetensors") or n > 45_000_000} == {}


def test_every_direct_dependency_has_a_version_that_was_tested():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    pinned = re.findall(r"^([\w-]+)==", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert {re.split(r"[\[<>=!~ ]", w)[0] for w in wanted} - set(pinned) == set()
