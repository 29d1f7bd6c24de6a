"""Jacobians of functions that work on rows: which elements know of each other, and through how many numbers.

A row holds the elements along the axes that the function runs over, one axis or several.
"""

from math import prod

import numpy as np


def coupled_axes(case, J):
    """The axes along which an output depends on elements beside the one in its own place."""
    outputs, elements = np.nonzero(J)
    there, here = (np.array(np.unravel_index(k, (*case.x.shape, 1)))[:-1] for k in (outputs, elements))
    return {axis for axis in range(case.x.ndim) if np.any(there[axis] != here[axis])}


def blocks(case, J, coupled):
    """The Jacobian of each row with itself: (rows, n, n)."""
    rest = [axis for axis in range(case.x.ndim) if axis not in coupled]
    order = [*rest, *sorted(coupled)]
    rows = prod(case.x.shape[axis] for axis in rest)
    J = J.reshape(case.x.shape * 2).transpose(*order, *(case.x.ndim + axis for axis in order))
    J = J.reshape(rows, case.x.size // rows, rows, -1)
    return J[np.arange(rows), :, np.arange(rows), :]


def numbers_shared(case, J, coupled):
    """Through how many numbers the elements of a row know of each other: the rank beside the diagonal.

    Infinity, if some do not know of each other, or the rows are too short to tell.
    """
    most = 0
    for block in blocks(case, J, coupled):
        beside = block[0::2, 1::2]                      # every other row and column: never the diagonal
        found = rank(beside, case.fuzz) if len(block) >= 4 and np.all(block != 0) else np.inf
        most = max(most, found if found < min(beside.shape) or found == 1 else np.inf)
    return most


def rank(matrix, fuzz):
    """How many singular values are more than noise."""
    values = np.linalg.svd(matrix, compute_uv=False)
    return int(np.sum(values > fuzz * max(values.max(initial=0.0), 1e-300)))


def is_rank_one_beside_diagonal(J, fuzz):
    """Whether beside the diagonal are products u[k] v[i]: both ways round any three places are equal."""
    n = len(J)
    if n < 3:
        return False
    b, c = np.array([(b, c) for b in range(1, n) for c in range(b + 1, n)]).T
    return np.allclose(J[0, b] * J[b, c] * J[c, 0], J[0, c] * J[c, b] * J[b, 0], rtol=10 * fuzz, atol=0)


def parallel(a, b, fuzz=1e-6):
    """Whether each row of a is a multiple of the row of b."""
    if b.dtype == bool and len(set(b.argmax(axis=1))) < 2:
        return False                                    # always the same element: perhaps no maximum
    b = b / np.linalg.norm(b, axis=1, keepdims=True)
    gap = a - np.sum(a * b, axis=1, keepdims=True) * b
    return bool(np.all(np.abs(gap) <= 10 * fuzz * np.abs(a).max()))


def in_plane(a, x):
    """Whether each row of a is p + q times the row of x."""
    x = x - x.mean(axis=1, keepdims=True)
    return a.shape[1] >= 5 and parallel(a - a.mean(axis=1, keepdims=True), x)
