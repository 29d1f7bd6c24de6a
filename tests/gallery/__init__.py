"""The gallery of wrong answers: mistakes that people really make, each with the name it should be given."""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple


class Wrong(NamedTuple):
    """A wrong answer to an exercise, and the names of the mistake, any of which is right."""

    lesson: int
    exercise: str
    names: tuple[str, ...]
    function: Callable

    def __str__(self):
        return f"{self.lesson}.{self.exercise}-{self.function.__name__}"


def wrong(exercise, *names):
    """Hang a function in the gallery: a wrong answer to `exercise`, a mistake called by one of `names`."""
    def hang(function):
        function.wrong = (exercise, names)
        return function
    return hang


def hung(number):
    """The wrong answers to the exercises of a lesson."""
    module = importlib.import_module(f"tests.gallery.lesson_{number:02}")
    return [Wrong(number, *function.wrong, function)
            for function in vars(module).values() if hasattr(function, "wrong")]


ROOMS = sorted(int(path.stem[-2:]) for path in Path(__file__).parent.glob("lesson_*.py"))
GALLERY = [each for number in ROOMS for each in hung(number)]
