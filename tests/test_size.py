"""Small enough to read in an evening: lines of code and primitives, counted, printed, and bounded."""

import ast
import io
import tokenize
from pathlib import Path

import minigrad
from minigrad import sliding
from minigrad.ops import OPS

PACKAGE = Path(minigrad.__file__).parent
CORE = [PACKAGE / "ops.py", PACKAGE / "tensor.py", *sorted((PACKAGE / "nn").glob("*.py"))]
BESIDE = [PACKAGE / "memory.py", PACKAGE / "products.py", PACKAGE / "sliding.py"]
SILENT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
          tokenize.ENCODING, tokenize.ENDMARKER}


def lines_of_code(text):
    """The numbers of all lines with code on them: not blank, not a comment, not part of a docstring."""
    lines = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in SILENT:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(getattr(node.value, "value", None), str):
            lines -= set(range(node.lineno, node.end_lineno + 1))
    return lines


TEXT = '''"""A file.

Of many words."""

# why
x = """one

three"""    # a string that is used

def f():
    "Says f."
    return (x,
            ...)
'''


def test_only_code_is_counted():
    assert lines_of_code(TEXT) == {6, 7, 8, 10, 12, 13}


def test_the_core_is_read_in_an_evening(capsys):
    counts = {path.relative_to(PACKAGE).as_posix(): len(lines_of_code(path.read_text(encoding="utf-8")))
              for path in CORE}
    beside = {path: len(lines_of_code(path.read_text(encoding="utf-8"))) for path in BESIDE}
    with capsys.disabled():
        print("\nlines of code:", ", ".join(f"{name} {count}" for name, count in counts.items()),
              f"- together {sum(counts.values()):,} of 1,200; beside them",
              ", ".join(f"{path.name} {count}" for path, count in beside.items()))
    assert sum(counts.values()) < 1_200 and sum(beside.values()) < 220


def test_primitives_are_few(capsys):
    primitives = {name for name, operation in OPS.items() if any(operation.vjps)}
    slide = {name for name in primitives if hasattr(sliding, name)}
    with capsys.disabled():
        print(f"\nprimitives with a gradient: {len(primitives)} of 38, {len(slide)} of them for windows that "
              f"slide; without, as they are flat: {len(OPS) - len(primitives)}")
    assert len(primitives) <= 38 and len(slide) <= 6, sorted(primitives)


def test_no_line_is_longer_than_110_columns():
    for path in sorted(PACKAGE.rglob("*.py")):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert [f"{path}:{number}" for number, line in enumerate(lines, 1) if len(line) > 110] == []
