"""Indices and sizes, as users write them: what stands in `x[...]` and in `x.reshape(...)`."""

import operator

import numpy as np


def index_steps(index):
    """An index as NumPy wants it, in one step, or in two if it has both integers and arrays.

    NumPy would take those integers for arrays too, and move axes about. For PyTorch they come first.
    """
    if not isinstance(index, tuple):
        return [_plain(index)]
    parts = tuple(map(_plain, index))
    if not {int, np.ndarray} <= set(map(type, parts)):
        return [parts]
    integers = []
    for part in parts:
        if type(part) is int or part is ...:
            integers.append(part)
        elif part is not None:                            # a mask stands for as many axes as it has itself
            integers += [slice(None)] * (part.ndim if getattr(part, "dtype", None) == np.bool_ else 1)
    return [tuple(integers), tuple(part for part in parts if type(part) is not int)]


def _plain(part):
    """A part of an index: an array for a tensor or a list, Python's number for a single one."""
    if isinstance(part, slice) and part.step is not None and part.step < 0:
        raise ValueError("slices that go backwards are not allowed: use flip()")
    if isinstance(part, list):
        part = np.array(part, None if part else np.int64)
    part = getattr(part, "_data", part)                   # a tensor's numbers
    if not isinstance(part, (np.ndarray, np.generic)):
        return part
    if part.dtype == np.uint8:
        raise IndexError("an index of uint8 was once a mask: use bool() for a mask, long() for positions")
    return np.array(part) if part.ndim > 0 else part.item()     # a copy: users may write to theirs


def flat(sizes):
    """Sizes given one by one, f(2, 3), or as one sequence, f((2, 3)). TypeError for anything else."""
    given = sizes[0] if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)) else sizes
    if len(sizes) == 0 or not all(hasattr(size, "__index__") for size in given):
        raise TypeError(f"wanted whole numbers, one by one or in one sequence, got {sizes}")
    return tuple(map(operator.index, given))
