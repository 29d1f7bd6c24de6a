"""What is given: a lesson's exercises, and the learner's file, which is cut out of our solutions.

A `Sheet` is made from the two files in a lesson's folder. The learner's file is `exercises.py` with a
placeholder for the body of each function that `checks.py` has a check for; all else in it is given, and kept.
This file reads and cuts texts. It runs our two files, and nobody else's.
"""

import ast
import functools
import importlib.util
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lessons import HERE, BadInput, Entry, catalogue
from lessons.exercises.diagnosis import Mistake

if TYPE_CHECKING:
    from lessons.exercises.judge import Judge

PLACEHOLDER = "raise NotImplementedError  # your code here"


@dataclass(frozen=True)
class Exercise:
    """One function that the learner writes: how it is checked, what helps, and where minigrad can use it."""

    check: "Callable[[Judge, Any], None]"
    hints: tuple[str, ...]
    mistakes: tuple[Mistake, ...]
    place: Callable[[Any], Any] | None
    lesson: int = 0

    @property
    def name(self) -> str:
        return self.check.__name__

    @property
    def key(self) -> str:
        """As the learner calls it: "1.crop"."""
        return f"{self.lesson}.{self.name}"


def exercise(*, hints: Sequence[str], mistakes: Sequence[Mistake] = (),
             place: Callable[[Any], Any] | None = None) -> Callable[[Any], Exercise]:
    """Make a function `check(judge, rng)` the exercise of its name. See `Judge` for what a check can ask.

    hints: two to four, from a nudge to all that is needed to write the solution.
    mistakes: what people get wrong here and the rules of `diagnosis.py` cannot know.
    place: given the learner's function, where it goes in minigrad: see `places.py`. None: nowhere.
    """
    return lambda check: Exercise(check, tuple(hints), tuple(mistakes), place)


@dataclass(frozen=True)
class Sheet:
    """The exercises of one lesson, by name, in order; and our solutions as a text."""

    entry: Entry
    source: str
    exercises: dict[str, Exercise]

    @property
    def number(self) -> int:
        return self.entry.number

    @property
    def file(self) -> str:
        """What the learner's file is called."""
        return f"{self.entry.name}.py"

    @functools.cached_property
    def solutions(self) -> types.ModuleType:
        return load(self.entry.script.with_name("exercises.py"))

    def template(self) -> str:
        """The learner's file as it is given."""
        text = self.source
        for name in self.exercises:
            text = with_function(text, name, emptied(function_text(text, name)))
        return text

    def given(self, name: str) -> str:
        """One exercise as it is given: signature, docstring and placeholder."""
        return emptied(self.solution(name))

    def solution(self, name: str) -> str:
        """Our solution, as a text."""
        return function_text(self.source, name)

    def task(self, name: str) -> str:
        """What is to be done, in one line: the first of the docstring."""
        return (ast.get_docstring(find_function(self.source, name)) or name).split("\n")[0]


def sheets(root: Path = HERE) -> dict[int, Sheet]:
    """The exercises of all lessons in the folder `root` that have some, by the lesson's number, in order."""
    found = {}
    for number, entry in catalogue(root).items():
        if entry.script.with_name("exercises.py").exists():
            found[number] = _read(entry)
    return found


def _read(entry: Entry) -> Sheet:
    source = entry.script.with_name("exercises.py").read_text(encoding="utf-8")
    checks = vars(load(entry.script.with_name("checks.py"))).values()
    exercises = {check.name: replace(check, lesson=entry.number)
                 for check in checks if isinstance(check, Exercise)}
    functions = [node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    if missing := [name for name in exercises if name not in functions]:
        raise BadInput(f"{entry.name}/checks.py checks {missing[0]}, which is not in exercises.py beside it")
    return Sheet(entry, source, exercises)


def solutions(beside: str) -> types.ModuleType:
    """Our solutions in the folder of a `checks.py`: `ours = solutions(__file__)`."""
    return load(Path(beside).with_name("exercises.py"))


@functools.cache
def load(path: Path) -> types.ModuleType:
    """Run one of our files, once."""
    spec = importlib.util.spec_from_file_location(f"lessons.{path.parent.name}.{path.stem}", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# ---- texts of functions

def find_function(source: str, name: str) -> ast.FunctionDef:
    """The last function of that name at the top level: that one counts. KeyError if there is none."""
    for node in reversed(ast.parse(source).body):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return node
    raise KeyError(name)


def function_text(source: str, name: str) -> str:
    first, last = _lines_of(source, name)
    return "".join(source.splitlines(keepends=True)[first:last])


def with_function(source: str, name: str, text: str) -> str:
    """The source with another text for one function."""
    first, last = _lines_of(source, name)
    lines = source.splitlines(keepends=True)
    return "".join([*lines[:first], text.rstrip("\n") + "\n", *lines[last:]])


def _lines_of(source: str, name: str) -> tuple[int, int]:
    node = find_function(source, name)
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    assert node.end_lineno
    return first - 1, node.end_lineno


def emptied(text: str) -> str:
    """A function's text with a placeholder for all that comes after its docstring."""
    [node] = ast.parse(text).body
    assert isinstance(node, ast.FunctionDef)
    docstring = node.body[0]
    assert ast.get_docstring(node) and docstring.end_lineno, f"{node.name} has no docstring"
    return "".join(text.splitlines(keepends=True)[:docstring.end_lineno]) + f"    {PLACEHOLDER}\n"


def is_placeholder(node: ast.FunctionDef) -> bool:
    """Whether nothing has been written yet: there is a docstring, and `raise NotImplementedError` at most."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return all(isinstance(step, ast.Pass) or ast.unparse(step) in ("...", "raise NotImplementedError")
               for step in body)
