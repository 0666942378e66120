"""Who imports whom. The layers stand in .importlinter, which `make check` holds too; here they are read from it."""

import ast
import configparser
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
CORE = ROOT / "core"
HEAVY = {"torch", "diffusers", "transformers", "accelerate", "torchsde", "safetensors.torch"}


@cache
def layers() -> dict[str, int]:
    """Module of calotype -> its layer, 0 the lowest."""
    config = configparser.ConfigParser()
    config.read(ROOT / ".importlinter")
    lines = config["importlinter:contract:layers"]["layers"].split("\n")
    rows = [line.replace("(", "").replace(")", "") for line in lines if line.strip()]
    return {name.strip(): depth for depth, row in enumerate(reversed(rows)) for name in row.split("|")}


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(CORE).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path, *, deep: bool = True) -> Iterator[str]:
    """The modules that a file imports, those for type checkers only left out; `deep`: inside functions too."""
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        part = waiting.pop()
        if isinstance(part, ast.If) and "TYPE_CHECKING" in ast.unparse(part.test):
            waiting.extend(part.orelse)
        elif isinstance(part, ast.Import):
            yield from (a.name for a in part.names)
        elif isinstance(part, ast.ImportFrom):
            yield part.module or ""
            yield from (f"{part.module}.{a.name}" for a in part.names)
        elif deep or not isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef)):
            waiting.extend(ast.iter_child_nodes(part))


def top(module: str) -> str:
    return ".".join(module.split(".")[:2])


def sources(*below: str) -> list[Path]:
    return [p for folder in below for p in sorted((CORE / "calotype").glob(folder))]


def test_every_module_of_the_engine_has_its_layer():
    found = {top(module_of(p)) for p in sources("*.py", "*/__init__.py", "*/*.py")} - {"calotype"}
    assert found - set(layers()) == set()


def test_every_module_imports_only_what_stands_below_it():
    known = layers()
    wrong = {
        f"{module_of(path)} -> {name}"
        for path in sources("**/*.py")
        for name in imports(path)
        if top(name) in known
        and top(module_of(path)) in known
        and top(name) != top(module_of(path))
        and known[top(name)] >= known[top(module_of(path))]
    }
    assert wrong == set()


def test_the_engine_knows_no_nodes():
    plugins = ("calotype_nodes", "calotype_comfyui")
    wrong = {f"{module_of(p)} -> {n}" for p in sources("**/*.py") for n in imports(p) if n.startswith(plugins)}
    assert wrong == set()


def test_diffusion_knows_nothing_of_nodes_and_graphs():
    allowed = {"calotype.errors", "calotype.types", "calotype.pool", "calotype.diffusion", "calotype.files"}
    wrong = {
        f"{module_of(p)} -> {n}"
        for p in sources("diffusion/**/*.py")
        for n in imports(p)
        if n.startswith("calotype.") and top(n) not in allowed
    }
    assert wrong == set()


def test_torch_is_imported_at_the_top_in_pool_and_diffusion_only():
    wrong = {
        f"{module_of(p)} -> {n}"
        for p in [*sources("**/*.py")]
        if not module_of(p).startswith(("calotype.pool", "calotype.diffusion"))
        for n in imports(p, deep=False)
        if n in HEAVY or n.split(".")[0] in HEAVY
    }
    assert wrong == set()


def test_built_in_nodes_use_the_engine_as_any_plugin_may():
    private = {
        f"{p.name} -> {n}"
        for p in sorted((ROOT / "nodes").glob("**/*.py"))
        for n in imports(p)
        if n.startswith("calotype.") and any(part.startswith("_") for part in n.split("."))
    }
    assert private == set()


def test_no_modules_import_each_other_in_a_circle():
    modules = {module_of(p): p for p in sources("**/*.py")}
    graph = {m: {n for n in imports(p, deep=False) if n in modules and n != m} for m, p in modules.items()}
    # `from package import module` needs the module, not what the package's own __init__ brings
    graph = {m: {n for n in targets if not m.startswith(f"{n}.")} for m, targets in graph.items()}
    while leaves := {m for m, targets in graph.items() if not targets}:
        graph = {m: targets - leaves for m, targets in graph.items() if m not in leaves}
    assert graph == {}
