"""A learner's file, run one statement after the other, so that one that fails does not take the rest with it.

What is wrong with the file as a whole is a `Trouble`; functions that a trouble leaves out are broken, and all
others can still be checked. This file runs the learner's code in its own process. See `runner.py` for
another.
"""

import ast
import contextlib
import dis
import functools
import re
import types
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from lessons.exercises.judge import BROKEN, NOT_ATTEMPTED, message, own_steps, told_steps
from lessons.exercises.sheets import is_placeholder

ATTEMPTED = "attempted"
FOREIGN = ("minigrad", "lessons")


class Trouble(NamedTuple):
    """Something wrong with a file, outside of its functions or with its syntax."""

    line: int
    sentence: str           # "NameError: name 'nump' is not defined"
    details: str = ""


@dataclass
class LearnersFile:
    """What is left of a learner's file after it has run."""

    path: Path
    module: types.ModuleType
    functions: dict[str, ast.FunctionDef]       # as they are written, the last one of each name
    troubles: list[Trouble] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)       # the functions whose text is no Python

    def state(self, name: str) -> str:
        """Whether a function is not attempted, broken, or attempted, that is, can be checked."""
        if name in self.broken:
            return BROKEN
        found, node = getattr(self.module, name, None), self.functions.get(name)
        if found is None:
            return BROKEN
        written = isinstance(found, types.FunctionType) and found.__name__ == name
        return NOT_ATTEMPTED if written and node and is_placeholder(node) else ATTEMPTED

    def function(self, name: str) -> Callable[..., Any]:
        return getattr(self.module, name)

    def refusal(self, name: str) -> str:
        """Why what stands under a name cannot be taken for the learner's own function; "" if it can."""
        found = self.function(name)
        if not isinstance(found, types.FunctionType) or found.__code__.co_filename != str(self.path):
            return f"`{name}` is not a function written in this file, but {_described(found)}"
        if others := sorted(set(borrowed(found, str(self.path)))):
            return f"`{name}` leaves the work to {others[0]}. Write it yourself, with NumPy"
        return ""

    def called(self, name: str) -> set[str]:
        """The names that a function mentions."""
        node = self.functions.get(name)
        return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)} if node else set()

    def where(self, name: str) -> str:
        return f"{self.path.name}:{self.function(name).__code__.co_firstlineno}"


def run_file(path: Path, skip: Collection[int] = (), begun: Callable[[int], None] = lambda line: None
             ) -> LearnersFile:
    """Run a learner's file, but for the statements in the lines `skip`. `begun` is told of each line first.

    OSError if there is no such file.
    """
    module = types.ModuleType(path.stem)
    module.__file__ = str(path)
    file = LearnersFile(path, module, {})
    try:
        source, file.troubles, file.broken = without_broken_functions(path.read_text(encoding="utf-8-sig"))
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as error:      # UnicodeDecodeError is a ValueError
        file.troubles.append(_of_syntax(error))
        return file
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            file.functions[node.name] = node
        if node.lineno not in skip:
            begun(node.lineno)
            _run(node, file)
    return file


def _run(node: ast.stmt, file: LearnersFile) -> None:
    try:
        exec(compile(ast.Module([node], []), str(file.path), "exec"), vars(file.module))
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        steps = own_steps(error, str(file.path))
        sentence = "it calls exit()" if isinstance(error, SystemExit) else message(error)
        file.troubles.append(Trouble(node.lineno, sentence, "\n".join(told_steps(steps))))


def _of_syntax(error: Exception, before: int = 0) -> Trouble:
    line = getattr(error, "lineno", None) or 1
    return Trouble(before + line, message(error), (getattr(error, "text", None) or "").strip())


# ---- syntax errors

def without_broken_functions(source: str) -> tuple[str, list[Trouble], set[str]]:
    """The source with blank lines for each function that is no Python, the troubles, and those functions."""
    try:
        ast.parse(source)
        return source, [], set()
    except (SyntaxError, ValueError):
        pass
    lines, troubles, broken = source.splitlines(keepends=True), [], set()
    for start, end, name in function_blocks(lines):
        try:
            ast.parse("".join(lines[start:end]))
        except (SyntaxError, ValueError) as error:
            troubles.append(_of_syntax(error, before=start))
            broken.add(name)
            lines[start:end] = ["\n"] * (end - start)
    return "".join(lines), troubles, broken


def function_blocks(lines: list[str]) -> Iterator[tuple[int, int, str]]:
    """First line, end and name of each stretch that begins with `def`, up to where something else begins."""
    starts = [i for i, line in enumerate(lines) if re.match(r"(def|class|import|from|if)\b|@", line)]
    for start, end in zip(starts, [*starts[1:], len(lines)]):
        if found := re.match(r"def\s+(\w+)", lines[start]):
            yield start, end, found[1]


# ---- whose function is it?

def borrowed(function: types.FunctionType, file: str, seen: set[Any] | None = None) -> Iterator[str]:
    """What a learner's function uses of minigrad and the lessons, itself or by way of others in its file."""
    seen = set() if seen is None else seen
    if function in seen:
        return
    seen.add(function)
    for value in _used(function):
        if _is_foreign(value):
            yield _described(value)
        elif isinstance(value, types.FunctionType) and value.__code__.co_filename == file:
            yield from borrowed(value, file, seen)


def _used(function: types.FunctionType) -> Iterator[Any]:
    """The values of all names from outside that a function mentions."""
    for cell in function.__closure__ or ():
        with contextlib.suppress(ValueError):       # an empty one
            yield cell.cell_contents
    waiting = [function.__code__]
    while waiting:
        code = waiting.pop()
        waiting += [inner for inner in code.co_consts if isinstance(inner, types.CodeType)]
        for step in dis.get_instructions(code):
            if step.opname in ("LOAD_GLOBAL", "LOAD_NAME") and step.argval in function.__globals__:
                yield function.__globals__[step.argval]
            elif step.opname == "IMPORT_NAME":
                yield types.ModuleType(step.argval)


def _is_foreign(value: Any) -> bool:
    """Whether something is minigrad's or the lessons' own, or wraps what is."""
    value = value.func if isinstance(value, functools.partial) else value
    home = value.__name__ if isinstance(value, types.ModuleType) else getattr(value, "__module__", None)
    home = home if isinstance(home, str) else type(value).__module__
    return home.split(".")[0] in FOREIGN or type(value).__module__.split(".")[0] in FOREIGN


def _described(value: Any) -> str:
    if isinstance(value, functools.partial):
        return f"functools.partial of {_described(value.func)}"
    if isinstance(value, types.ModuleType):
        return value.__name__
    home, name = getattr(value, "__module__", None), getattr(value, "__name__", None)
    if isinstance(home, str) and isinstance(name, str):
        return f"{home}.{name}"
    return f"a {type(value).__module__}.{type(value).__name__}"
