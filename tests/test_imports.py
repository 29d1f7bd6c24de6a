"""The table of contents, as a fact: each file imports only files above it, and `import minigrad` is light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "minigrad"

IN_READING_ORDER = [
    "ops", "tensor", "nn.functional", "nn.modules", "nn", "optim", "data", "plot", "serialize",
]
APART = ["memory"]                      # may be imported by the package itself, and imports nothing of it
FILES = {".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path
         for path in PACKAGE.rglob("*.py")}


def imported(path):
    """The full names of all that a file imports, wherever in the file it does so."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports by a relative name"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own(name):
    """The file of the package that holds an imported name, as it is called in the lists above."""
    parts = name.split(".")[1:]
    while parts and ".".join(parts) not in FILES:
        parts.pop()
    return ".".join(parts) or "__init__"


def test_every_file_has_its_place():
    assert sorted(FILES) == sorted([*IN_READING_ORDER, *APART, "__init__"])


@pytest.mark.parametrize("name", IN_READING_ORDER + APART)
def test_a_file_imports_only_files_above_it(name):
    above = IN_READING_ORDER[: IN_READING_ORDER.index(name)] if name in IN_READING_ORDER else []
    used = {own(other) for other in imported(FILES[name]) if other.split(".")[0] == "minigrad"}
    assert used <= set(above)


def test_the_calculus_knows_numpy_and_nothing_else():
    roots = {name.split(".")[0] for name in imported(FILES["ops"])}
    assert roots - sys.stdlib_module_names == {"numpy"}


def test_importing_minigrad_loads_nothing_heavier_than_numpy():
    script = "import sys, minigrad; print(*{name.split('.')[0] for name in sys.modules})"
    command = [sys.executable, "-c", script]
    loaded = set(subprocess.check_output(command, cwd=ROOT, text=True).split())
    assert {"minigrad", "numpy"} <= loaded
    assert not loaded & {"matplotlib", "graphviz", "hypothesis", "rich", "pytest", "scipy", "IPython"}


def test_every_public_name_is_there():
    import minigrad

    assert len(set(minigrad.__all__)) == len(minigrad.__all__)
    assert [name for name in minigrad.__all__ if not hasattr(minigrad, name)] == []
    assert [name for name in minigrad.nn.__all__ if not hasattr(minigrad.nn, name)] == []
