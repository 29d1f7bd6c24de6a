"""Functions that move numbers and change none: indexing, slices, reshapes, flips, joins, windows."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tests.catalogue.entry import Function, beside, distinct, normal

# --- Indexing -----------------------------------------------------------------------------------------------

def gather_vjp(g, x, index):
    result = np.zeros_like(x)
    np.add.at(result, index, g)
    return result, None


def assigned_gather_vjp(g, x, index):
    result = np.zeros_like(x)
    result[index] = g
    return result, None


def incremented_gather_vjp(g, x, index):
    result = np.zeros_like(x)
    result[index] += g                                  # NumPy adds once, however often an index is there
    return result, None


def copied_gather_vjp(g, x, index):
    result = np.zeros_like(x)
    result[index][:] += g                               # result[index] is a copy
    return result, None


gather = Function(
    "gather", lambda x, index: x[index], gather_vjp, beside(normal((5,)), [0, 3, 3, 1, 3, 0]))
gather.wrong("overwritten", "assigned", assigned_gather_vjp)

embedding = Function(
    "embedding", lambda table, words: table[words], gather_vjp,
    beside(normal((6, 3)), [[2, 5], [2, 0], [4, 2]]))
embedding.wrong("overwritten", "+= at repeated words", incremented_gather_vjp)
embedding.wrong("zero", "added to a copy", copied_gather_vjp)


def slice_vjp(g, x, start=1):
    result = np.zeros_like(x)
    result[start : start + 3] = g
    return result


middle = Function("slice", lambda x: x[1:4], slice_vjp, normal((6, 2)))
middle.wrong("wrong-shape", "not put back into its frame",
    lambda g, x: g.copy())
middle.wrong("wrong-order", "put back at the beginning",
    lambda g, x: slice_vjp(g, x, start=0))

# --- The same numbers in other places -----------------------------------------------------------------------

flip = Function(
    "flip", lambda x: x[:, ::-1],
    lambda g, x: g[:, ::-1], normal((3, 4)))
flip.wrong("wrong-order", "not turned back",
    lambda g, x: g.copy())

roll = Function(
    "roll", lambda x: np.roll(x, 2),
    lambda g, x: np.roll(g, -2), normal((7,)))
roll.wrong("wrong-order", "rolled on",
    lambda g, x: np.roll(g, 2))

reshape = Function(
    "reshape", lambda x: x.reshape(6, 2),
    lambda g, x: g.reshape(x.shape), normal((3, 4)))
reshape.wrong("wrong-shape", "not undone",
    lambda g, x: g.copy())
reshape.wrong("wrong-order", "columns first",
    lambda g, x: g.reshape(x.shape, order="F"))

flatten = Function(                                     # (N, C, H, W) -> (N, C·H·W)
    "flatten", lambda x: x.reshape(len(x), -1),
    lambda g, x: g.reshape(x.shape), normal((2, 3, 2, 2)))
flatten.wrong("wrong-order", "channels last",
    lambda g, x: g.reshape(2, 2, 2, 3).transpose(0, 3, 1, 2))

# A permutation of the axes is a transpose, and puts the right numbers in the wrong places.
permute = Function(
    "permute", lambda x: x.transpose(2, 0, 1),
    lambda g, x: g.transpose(1, 2, 0), normal((3, 3, 3)))
permute.wrong(("wrong-order", "not-transposed"), "the same way again",
    lambda g, x: g.transpose(2, 0, 1))

transpose = Function(
    "transpose", lambda x: x.T,
    lambda g, x: g.T, normal((4, 4)))
transpose.wrong("not-transposed", "left as it is",
    lambda g, x: g.copy())


def sort_vjp(g, x):
    result = np.empty_like(x)
    result[np.argsort(x)] = g
    return result


sort = Function("sort", np.sort, sort_vjp, distinct((6,)))
sort.wrong("wrong-order", "order not inverted",
    lambda g, x: g[np.argsort(x)])

# --- Joined and repeated ------------------------------------------------------------------------------------

concatenate = Function(
    "concatenate", lambda x, y: np.concatenate([x, y], axis=1),
    lambda g, x, y: (g[:, :3], g[:, 3:]), normal((3, 3), (3, 3)))
concatenate.wrong("inputs-swapped", "halves exchanged",
    lambda g, x, y: (g[:, 3:], g[:, :3]))

broadcast = Function(
    "broadcast_to", lambda x: np.broadcast_to(x, (3, 4)),
    lambda g, x: g.sum(axis=0), normal((4,)))
broadcast.wrong("missing-broadcast-sum", "not added up",
    lambda g, x: g.copy())

repeat = Function(
    "repeat", lambda x: np.repeat(x, 3),
    lambda g, x: g.reshape(-1, 3).sum(axis=1), normal((4,)))
repeat.wrong("overwritten", "one copy of three",
    lambda g, x: g[::3])

upsample = Function(                                    # (H, W) -> (2H, 2W)
    "upsample", lambda x: x.repeat(2, axis=0).repeat(2, axis=1),
    lambda g, x: g[::2, ::2] + g[1::2, ::2] + g[::2, 1::2] + g[1::2, 1::2], normal((3, 2)))
upsample.wrong("constant-factor", "mean of four for their sum",
    lambda g, x: (g[::2, ::2] + g[1::2, ::2] + g[::2, 1::2] + g[1::2, 1::2]) / 4)

# --- Paddings and windows -----------------------------------------------------------------------------------

pad = Function(
    "pad", lambda x: np.pad(x, 1),
    lambda g, x: g[1:-1, 1:-1], normal((3, 4)))
pad.wrong("wrong-shape", "not cropped",
    lambda g, x: g.copy())
pad.wrong("wrong-order", "cropped in one corner",
    lambda g, x: g[:-2, :-2])


def unfold_vjp(g, x):
    result = np.zeros_like(x)
    for i, window in enumerate(g):
        result[i : i + 3] += window
    return result


def assigned_unfold_vjp(g, x):
    result = np.zeros_like(x)
    for i, window in enumerate(g):
        result[i : i + 3] = window
    return result


unfold = Function("unfold", lambda x: sliding_window_view(x, 3), unfold_vjp, normal((6,)))
unfold.wrong("overwritten", "windows assigned", assigned_unfold_vjp)
