"""A large product, piece by piece: how `ops.contract` is fast in NumPy alone.

The windows of a convolution, written out as a matrix, are far more numbers than the pictures they come from
(im2col). To write them out whole and read them again takes longer than the arithmetic. So they become a
matrix bit by bit: each bit is multiplied while it is still in the processor's cache, and then forgotten.
"""

import math

import numpy as np

CACHED = 2**18          # numbers that are written out at once: 1 MiB of float32, about a core's own cache
SMALL = 1_000_000       # multiplications up to which OpenBLAS works on matrices as they are, on one core;
                        # larger ones it first rearranges, which for long and narrow ones takes twice the time


def contract(x, y, letters, dtype):
    """Products of two arrays, added up over the letters that the result lacks, as in `ops.contract`."""
    a, b, c = letters.replace("->", ",").split(",")
    lengths = dict(zip(a + b, x.shape + y.shape))
    own, inner, outer = ([i for i in part if i in other] for part, other in ((a, c), (b, a), (b, c)))
    rows, depth, columns = (math.prod(lengths[i] for i in part) for part in (own, inner, outer))
    short, long = (outer, inner) if depth > columns else (inner, outer)
    x = np.transpose(x, [a.index(i) for i in own + inner]).reshape(rows, depth)
    y = np.transpose(y, [b.index(i) for i in short + long])
    out = np.zeros((rows, columns), dtype)
    for here, part in pieces(y, len(short), rows):
        if long is outer:
            np.matmul(x, part, out=cut(out[:, here], len(part)))
        else:
            out += np.matmul(part, cut(x[:, here], len(part)).mT).sum(0).T
    return out.reshape([lengths[i] for i in own + outer]).transpose([(own + outer).index(i) for i in c])


def pieces(y, count, rows):
    """`y` as matrices that are to be multiplied by others of so many `rows`, a few at a time.

    Yields groups (k, height, width) of k matrices each. The height stands for the first `count` axes. The
    width is cut from the others, run together: with each group comes the slice of them that it stands for.
    """
    if rows * y.size == 0:
        return
    height, end = math.prod(y.shape[:count]), 0
    y = y.reshape(*y.shape, 1)                                  # so that there is an axis to cut up
    room = SMALL // (rows * height)
    room = room if room >= 256 else CACHED // height            # too narrow would be slow as well
    widths = []
    for n in reversed(y.shape[count:]):                         # the last axes whole, then one of them cut up
        widths.insert(0, fitting(n, room))
        room = room // n if widths[0] == n else 1
    split = [part for n, width in zip(y.shape[count:], widths) for part in (n // width, width)]
    y = y.reshape(y.shape[:count] + tuple(split))
    y = y.transpose(*range(count, y.ndim, 2), *range(count), *range(count + 1, y.ndim, 2))
    step = max(CACHED * len(y) // y.size, 1)
    for i in range(0, len(y), step):
        group = y[i : i + step].reshape(-1, height, math.prod(widths))      # the copy, if there has to be one
        yield slice(end, end := end + len(group) * group.shape[2]), group


def fitting(n, room):
    """The largest divisor of `n` for which there is room; if that is a small one, `n` itself."""
    room = min(n, room)
    best = next((size for size in range(room, 0, -1) if n % size == 0), 1)
    return best if 4 * best >= room else n


def cut(x, k):
    """A matrix (rows, columns) as k pieces (k, rows, columns // k), without a copy."""
    return x.reshape(len(x), k, -1).transpose(1, 0, 2)
