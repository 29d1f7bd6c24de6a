"""What an entry is: a function, a gradient of it, arrays to try them on, and what should come of it.

A `Function` comes with its right gradient, which is an entry of its own; `wrong` adds a mistake that people
make with it, `right` one more right gradient, `uncertain` a place where nobody can tell. Nothing here knows a
checker.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Entry(NamedTuple):
    name: str                   # "matmul: b not transposed"
    function: str               # "matmul"
    f: Callable                 # f(*arrays) -> an array, or a tuple of arrays
    make_vjp: Callable          # make_vjp() -> vjp(g, *arrays), new each time, as some remember things
    draw: Callable              # draw(rng) -> the arrays
    kind: str                   # of right gradients: what is special about them; else ""
    expected: tuple = ()        # of mistakes: the stable names that are right; two only where both are honest

    def arrays(self):
        """The same arrays each time, but never the same memory."""
        return list(self.draw(np.random.default_rng(0)))


MISTAKES: list[Entry] = []
RIGHT: list[Entry] = []
UNCERTAIN: list[Entry] = []


class Function:
    """A function of arrays and its right gradient, on arrays where both are smooth."""

    def __init__(self, name, f, vjp, draw, kind="everyday functions"):
        self.name, self.f, self.vjp, self.draw = name, f, vjp, draw
        self.right(kind, "right")

    def wrong(self, expected, label, vjp, draw=None):
        self.wrong_with_memory(expected, label, lambda: vjp, draw)

    def wrong_with_memory(self, expected, label, make_vjp, draw=None):
        expected = expected if isinstance(expected, tuple) else (expected,)
        MISTAKES.append(self._entry(label, make_vjp, draw, "", expected))

    def right(self, kind, label, vjp=None, draw=None):
        RIGHT.append(self._entry(label, lambda: vjp or self.vjp, draw, kind))

    def uncertain(self, label, draw, vjp=None):
        UNCERTAIN.append(self._entry(label, lambda: vjp or self.vjp, draw, ""))

    def _entry(self, label, make_vjp, draw, kind, expected=()):
        return Entry(f"{self.name}: {label}", self.name, self.f, make_vjp, draw or self.draw, kind, expected)


# --- Arrays to try things on --------------------------------------------------------------------------------

def normal(*shapes):
    return lambda rng: [rng.normal(size=shape) for shape in shapes]


def positive(*shapes):
    """Numbers between 0.5 and 2."""
    return lambda rng: [rng.uniform(0.5, 2.0, shape) for shape in shapes]


def distinct(*shapes):
    """Numbers between -2 and 2 in random order, no two close, none close to 0: far from every kink."""
    def draw(rng):
        sizes = [int(np.prod(shape)) for shape in shapes]
        numbers = rng.permutation(np.linspace(-2, 2, 2 * (sum(sizes) // 2 + 1)))
        parts = np.split(numbers, np.cumsum(sizes))
        return [part.reshape(shape) for part, shape in zip(parts, shapes)]
    return draw


def fixed(*arrays):
    """These numbers, in new memory each time."""
    return lambda rng: [np.array(array) for array in arrays]


def beside(draw, *arrays):
    """What `draw` draws, and these arrays after it: labels, indices, masks."""
    return lambda rng: [*draw(rng), *fixed(*arrays)(rng)]
