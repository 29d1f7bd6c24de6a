"""A failure in one line of Python, to be pasted: arrays that show it, written out or drawn from a seed.

The line is tried before it is told. This file knows the check only as a function that it is handed.
"""

import numpy as np

FEW = 40                    # numbers that can stand in a line


def line_that_repeats(name, check, line, arrays):
    """`line` with arrays put in at its {} for which `check(arrays)` finds the mistake `name`; "" if none do.

    The arrays that were given stand there if they are small; else random ones of their shapes are tried.
    """
    for source, again in candidates(arrays):
        if check(again).name == name:
            return line.format(source)
    return ""


def candidates(arrays):
    """Arrays to try, and the Python that makes a list of them."""
    if sum(x.size for x in arrays) <= FEW:
        yield f"[{', '.join(map(literal, arrays))}]", arrays
    elif all(x.dtype == np.float64 for x in arrays):
        rng, shapes = np.random.default_rng(0), [x.shape for x in arrays]
        yield (f"[rng.standard_normal(shape) for rng in [np.random.default_rng(0)] for shape in {shapes}]",
               [rng.standard_normal(shape) for shape in shapes])


def literal(x):
    """An array as the Python that makes it again, to the last bit."""
    dtype = "" if x.dtype in (np.float64, np.int64, np.bool_) else f", np.{x.dtype.name}"
    return f"np.array({x.tolist()}{dtype})" if x.size else f"np.zeros({x.shape}{dtype})"


def name_of(function, otherwise):
    """The function's name, if it can be written."""
    name = getattr(function, "__name__", "")
    return name if name.isidentifier() else otherwise


def arguments(options):
    """Keyword arguments as they are written behind others, without those that say nothing."""
    return "".join(f", {name}={value!r}" for name, value in options.items() if value)
