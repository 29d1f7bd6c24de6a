"""Numbers, axes and factors in words. This file knows the shapes of a case, and no gradient."""

import itertools
from fractions import Fraction

import numpy as np

CONSTANTS = [
    (3.0, "the exponent of a cube"),
    (4.0, "a square, twice"),
    (np.pi, "pi"),
    (np.log(2), "the natural logarithm of 2"),
    (np.log(10), "the natural logarithm of 10"),
    (np.sqrt(2), "the square root of 2"),
    (180 / np.pi, "degrees for radians"),
    (np.sqrt(2 * np.pi), "the square root of 2 pi"),
    (100.0, "a per cent"),
]


def number(value):
    """A factor as people write it: 2, -1/4, 0.7071."""
    fraction = Fraction(value).limit_denominator(1000)
    is_simple = min(abs(fraction.numerator), fraction.denominator) <= 12
    return str(fraction) if is_simple and abs(value - fraction) <= 1e-6 * abs(value) else f"{value:.4g}"


def axes(which):
    """(1,) -> "axis 1", (0, 2, 3) -> "axes 0, 2 and 3"."""
    return ("axes " if len(which) > 1 else "axis ") + listed([str(axis) for axis in sorted(which)])


def listed(words):
    """["a", "b", "c"] -> "a, b and c"."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def polynomial(coefficients, name):
    """[1, 0, -1] in y -> "1 - y^2"; lowest power first."""
    terms = ""
    for power, c in enumerate(coefficients):
        if abs(c) > 1e-4:
            unit = ["", name, f"{name}^{power}"][min(power, 2)]
            size = "" if power and abs(abs(c) - 1) < 1e-4 else number(abs(c))
            sign = (" - " if c < 0 else " + ") if terms else ("-" if c < 0 else "")
            terms += sign + (f"{size} {unit}" if size and unit else size or unit)
    return terms or "0"


def subsets(items, smallest=1):
    """All subsets, the small ones first."""
    items = tuple(items)
    return itertools.chain.from_iterable(
        itertools.combinations(items, n) for n in range(smallest, len(items) + 1)
    )


def origins(case, factor):
    """Where a factor may come from, the likeliest first, three at most: ["4 = the length of ..."]."""
    size = abs(factor)
    found = []
    for value, words in _suspects(case):
        if value > 0 and value != 1 and min(abs(size - value), abs(1 / size - value)) <= 1e-5 * value:
            if words not in found:
                found.append(words)
    return [f"{number(size if size > 1 else 1 / size)} = {words}" for words in found[:3]]


def _suspects(case):
    """(number, what it is), the likeliest first."""
    yield 2.0, "the exponent of a square, or a value used twice and counted once"
    shapes = [(f"input {j}", x.shape) for j, x in enumerate(case.arrays)] + [("the output", case.y.shape)]
    shapes.sort(key=lambda named: named[0] != f"input {case.i}")
    for name, shape in shapes:
        for axis, n in enumerate(shape):
            yield float(n), f"the length of axis {axis} of {name}"
    for name, shape in shapes:
        if len(shape) > 1:
            yield float(np.prod(shape)), f"the number of elements of {name}"
            for some in subsets(range(len(shape)), 2):
                elements = float(np.prod([shape[axis] for axis in some]))
                yield elements, f"the elements along {axes(some)} of {name}"
    if case.y.size:
        yield case.x.size / case.y.size, "the elements of the input for each one of the output"
    for _, J, _ in case.clean_jacobians[:1]:
        yield float(np.count_nonzero(J, axis=1).max()), "the number of elements that go into one output"
        yield float(np.count_nonzero(J, axis=0).max()), "the number of outputs that an element goes into"
    lengths = [(n, name) for name, shape in shapes for n in (*shape, int(np.prod(shape)))]
    for n, name in lengths:
        if n > 1:
            yield n / (n - 1), f"n/(n - 1) for n = {n}, a size of {name}"
            yield n - 1.0, f"n - 1 for n = {n}, a size of {name}"
            yield np.sqrt(n), f"the square root of {n}, a size of {name}"
    for (n, name), (m, other) in itertools.combinations(lengths, 2):
        yield n / max(m, 1), f"{n}/{m}: sizes of {name} and {other} in each other's place"
        yield m / max(n, 1), f"{n}/{m}: sizes of {name} and {other} in each other's place"
    yield from CONSTANTS
