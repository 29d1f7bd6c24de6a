"""The table of contents, as a fact: each file imports only files above it, and `import minigrad` is light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "minigrad"

IN_READING_ORDER = [
    "memory", "products", "ops", "sliding", "printing", "indexing", "dtypes", "grad_mode", "anomaly",
    "tensor", "creation", "nn.functional", "nn.modules", "nn",
    "optim.optimizers", "optim.lr_scheduler", "optim", "data",
    *(f"gradcheck.{name}" for name in (
        "numeric", "kinks", "measure", "calls", "report", "conduct", "compare",
        *(f"diagnosis.{part}" for part in ("words", "evidence", "rule", "rows", "values", "places", "parts",
                                           "formulas", "pattern")),
        "diagnosis", "repeat", "check", "tensors")),
    "gradcheck", "autograd", "testing", "plot", "serialize",
]
APART = ["pytorch", "subset", "edge"]   # may be imported by the package itself, and import nothing else of it
HEAVIER = {"testing": ["hypothesis"]}   # what needs more than NumPy throughout, and is loaded by nothing else
FILES = {".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path
         for path in PACKAGE.rglob("*.py")}


def parsed(name):
    return ast.parse(FILES[name].read_text(encoding="utf-8"))


def imported(tree):
    """The full names of all that is imported in a file, or in a part of it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports by relative names are not understood here"
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
    order = IN_READING_ORDER if name in IN_READING_ORDER else APART
    above = order[: order.index(name)]
    used = {own(other) for other in imported(parsed(name)) if other.split(".")[0] == "minigrad"}
    assert used <= set(above)


def test_the_calculus_knows_numpy_and_nothing_else():
    roots = {name.split(".")[0] for name in imported(parsed("ops"))}
    assert roots - sys.stdlib_module_names == {"numpy", "minigrad"}
    assert {own(name) for name in imported(parsed("ops")) if name.startswith("minigrad")} == {"products"}
    assert {own(name) for name in imported(parsed("products")) if name.startswith("minigrad")} == {"memory"}
    for file in ("products", "memory"):
        roots = {name.split(".")[0] for name in imported(parsed(file))}
        assert roots - sys.stdlib_module_names <= {"numpy", "minigrad"}


def test_the_calculus_of_windows_is_written_in_the_calculus():
    assert {own(name) for name in imported(parsed("sliding")) if name.startswith("minigrad")} == {
        "memory", "products", "ops"}


@pytest.mark.parametrize("name", FILES)
def test_what_is_heavier_than_numpy_is_imported_where_it_is_used(name):
    tree = parsed(name)
    tree.body = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    roots = {other.split(".")[0] for other in imported(tree)}
    assert roots - sys.stdlib_module_names <= {"numpy", "minigrad", *HEAVIER.get(name, ())}


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
