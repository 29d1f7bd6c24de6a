"""Windows that slide over pictures: the calculus of convolution and pooling.

A convolution lays every filter on every window of a picture, pooling takes the largest number of each. The
operations are declared as in `ops.py`, and their gradients are written in the operations of that file, so
they too can be differentiated again. Axes are named as in `nn/functional.py`: N pictures, C channels, H × W
pixels, F filters of KH × KW, OH × OW positions.
"""

import functools
import itertools

import numpy as np

from minigrad import ops, products
from minigrad.memory import empty, parts
from minigrad.ops import Op, defvjp, op

# --- Windows, and their transpose: what the one repeats, the other adds up ----------------------------------

@op
def windows(x, dims, sizes, steps, gaps):
    """All windows along some axes: (..., L, ...) -> (..., windows, ..., *sizes).

    They begin `steps` apart, and what a window holds is `gaps` apart. Nothing is copied. The windows overlap
    in memory, so the result must only be read.
    """
    shape, strides = list(x.shape), list(x.strides)
    for dim, size, step, gap in zip(dims, sizes, steps, gaps):
        shape[dim], strides[dim] = count(x.shape[dim], size, step, gap, dim), x.strides[dim] * step
        strides.append(x.strides[dim] * gap)
    if not x.flags.c_contiguous:
        return np.lib.stride_tricks.as_strided(x, (*shape, *sizes), strides, writeable=False)
    found = np.ndarray((*shape, *sizes), x.dtype, x, 0, strides)        # the same in a sixth of the time
    found.flags.writeable = False
    return found
defvjp(windows, lambda g, out, x, dims, sizes, steps, gaps: fold(g, dims, steps, gaps, x.shape))

def count(length, size, step, gap, dim):
    """How many windows fit an axis of this length."""
    span = gap * (size - 1) + 1
    if not (1 <= span <= length and step >= 1):
        raise ValueError(f"windows of {span}, {step} apart, do not fit axis {dim} of {length}")
    return (length - span) // step + 1

@op
def fold(x, dims, steps, gaps, shape):
    """Windows put back into `shape`, and added up where they overlap: the transpose of `windows`."""
    sizes = x.shape[len(shape):]
    if steps == sizes and [x.shape[dim] * n for dim, n in zip(dims, sizes)] == [shape[dim] for dim in dims]:
        # Side by side, nothing overlaps: there is nothing to add up, and not even anything to copy.
        order = sorted(range(x.ndim), key=lambda i: i if i < len(shape) else dims[i - len(shape)] + 0.5)
        return x.transpose(order).reshape(shape)
    out = np.zeros_like(x[(..., *[0] * len(dims))], shape=shape)
    here = [slice(None)] * len(shape)
    for place in places(sizes):
        for dim, i, step, gap in zip(dims, place, steps, gaps):
            here[dim] = slice(i * gap, i * gap + step * (x.shape[dim] - 1) + 1, step)
        out[(*here,)] += x[(..., *place)]
    return out
defvjp(fold, lambda g, out, x, dims, steps, gaps, shape: windows(g, dims, x.shape[len(shape):], steps, gaps))

def places(sizes):
    """The places in a window, in reading order."""
    return itertools.product(*map(range, sizes))

def unfold(x, dimension, size, step):
    """All windows of `size` along `dimension`, `step` apart: (..., L, ...) -> (..., windows, ..., size)."""
    fits = 1 <= size <= ops.length(x, dimension, "unfold") and step >= 1
    ops.wanted(fits, "unfold", "windows that fit the axis, and a step above 0", x, dimension, size, step)
    return windows(x, (ops.axis(x, dimension, "unfold"),), (size,), (step,), (1,))


# --- The largest of a window --------------------------------------------------------------------------------

@op
def largest(x):
    """The largest in each window, as in max pooling: (..., KH, KW) -> (...). The first of equals counts."""
    if 0 in x.shape[-2:]:
        raise IndexError(f"windows of {x.shape[-2:]} are empty, so there is no largest number")
    tops = functools.reduce(np.maximum, (x[..., row, :] for row in range(x.shape[-2])))    # of each column
    return functools.reduce(np.maximum, (tops[..., column] for column in range(x.shape[-1])))
defvjp(largest, lambda g, out, x: to_largest(g, x, out))

@op
def to_largest(g, x, top):
    """`g` put where each window of `x` first reaches its `top`, in reading order: (...) -> (..., KH, KW)."""
    g, top = np.asarray(g), np.asarray(top)                   # single numbers come as Python's own
    out = np.empty_like(x, g.dtype)
    *others, last = places(x.shape[-2:])
    for part in parts(out[..., 0, 0]):
        numbers, tops, found, left = x[part], top[part], out[part], g[part]
        for place in others:
            won = left * (numbers[(..., *place)] == tops)
            found[(..., *place)] = won
            left = left - won                                 # once it is placed, nothing is left
        found[(..., *last)] = left                            # where none before has reached it, the last has
    return out
defvjp(to_largest, lambda g, out, z, x, top:
       ops.sum(g * to_largest(np.ones(z.shape, z.dtype), x, top), (-2, -1)))


# --- Filters ------------------------------------------------------------------------------------------------

@op
def rows(x, size, step, gap, borders):
    """Windows across, written out, and a border of zeros: (N, C, H, W) -> (top + H + bottom, size·C, OW, N).

    The batch goes last, in memory too: rows of pictures are then long runs of it, which is what processors
    are good at. Elementwise operations keep the order, so the layers that follow find it as well. An
    operation of its own, and so kept in the graph: on the way back the filters meet the same rows again.
    """
    (N, C, H, W), ((top, bottom), (left, right)) = x.shape, borders
    OW = count(left + W + right, size, step, gap, 3)
    out, pictures = empty((top + H + bottom, size, C, OW, N), x.dtype), x.transpose(2, 1, 3, 0)
    out[:top] = out[top + H :] = 0
    for k in range(size):
        first, last, columns = hit(k * gap - left, step, OW, W)
        here = out[top : top + H, k]
        here[:, :, :first] = here[:, :, last:] = 0
        here[:, :, first:last] = pictures[:, :, columns]
    return out.reshape(top + H + bottom, size * C, OW, N)
defvjp(rows, lambda g, out, x, size, step, gap, borders: rows_back(g, x.shape, size, step, gap, borders))

def hit(start, step, count, length):
    """Which of the places start, start + step, ... lie in range(length): the first, the end, and a slice."""
    first = min(max(-(start // step), 0), count)
    last = max(min((length - 1 - start) // step + 1, count), first)
    return first, last, slice(start + first * step, max(start + last * step, 0), step)

def rows_back(g, shape, size, step, gap, borders):
    """The transpose of `rows`: windows are put back, and added up where they overlap."""
    (N, C, H, W), ((top, _), (left, right)) = shape, borders
    wide = left + W + right
    found = ops.reshape(ops.getitem(g, slice(top, top + H)), (H, size, C, g.shape[2], N))
    found = fold(ops.permute(found, (0, 2, 3, 4, 1)), (2,), (step,), (gap,), (H, C, wide, N))
    return ops.permute(ops.getitem(found, (slice(None), slice(None), slice(left, left + W))), (3, 1, 0, 2))

@op
def correlate(x, y, start=None, step=1, gap=1):
    """Filters slide down over `rows`: x (H, KW·C, OW, N) and filters y (F, C, KH, KW) -> (N, F, OH, OW).

    Positions are `step` apart, and the rows that a filter meets `gap` apart. `start` (F,) is what the
    products of each filter are added to.
    """
    (F, _, KH, _), (_, _, OW, N) = y.shape, x.shape
    met = stacked(x, KH, step, gap)                                         # (OH, KH·KW·C, OW·N)
    out = empty((F, len(met), OW * N), np.result_type(x, y, x if start is None else start))
    products.matmul(y.transpose(0, 2, 3, 1).reshape(F, met.shape[1]), met, out.transpose(1, 0, 2))
    if start is not None:
        out += start.reshape(F, 1, 1)
    return out.reshape(F, len(met), OW, N).transpose(3, 0, 1, 2)
defvjp(correlate, lambda g, out, x, y, start, *how: correlate_back(g, x, y, *how),
                  lambda g, out, x, y, start, *how: filters_from(g, x, y, *how),
                  lambda g, out, x, y, start, *how: total(g))

def stacked(x, size, step, gap):
    """Windows down, each as one matrix: (H, K, OW, N) -> (OH, size·K, OW·N).

    They are not written out: those of the next row are the same numbers again, shifted by one row. That is
    memory which is read a second time, not a copy.
    """
    H, K, OW, N = x.shape
    met = windows(ops.reshape(x, (H, K, OW * N)), (0,), (size,), (step,), (gap,))
    return ops.reshape(ops.permute(met, (0, 3, 1, 2)), (met.shape[0], size * K, OW * N))

def correlate_back(g, x, y, step, gap):
    """A row has its gradient from all that met it: again a correlation, with the filters turned round."""
    (F, _, KH, _), (H, K, OW, N), OH = y.shape, x.shape, g.shape[2]
    reach = gap * (KH - 1)
    positions = slice(reach, reach + step * (OH - 1) + 1, step)
    spread = ops.scatter(ops.permute(g, (2, 1, 3, 0)), positions, (H + reach, F, OW, N))
    turned = ops.reshape(ops.permute(ops.flip(y, (2,)), (3, 1, 2, 0)), (K, KH * F))
    return ops.reshape(ops.product(turned, stacked(spread, KH, 1, gap)), x.shape)

def filters_from(g, x, y, step, gap):
    """A filter has its gradient from all positions: (KH·KW·C, OW·N) @ (OW·N, F), added up over the rows."""
    (F, C, KH, KW), (N, _, OH, OW) = y.shape, g.shape
    slopes = ops.reshape(ops.permute(g, (2, 3, 0, 1)), (OH, OW * N, F))
    whole = ops.sum(ops.product(stacked(x, KH, step, gap), slopes), 0)
    return ops.permute(ops.reshape(whole, (KH, KW, C, F)), (3, 2, 0, 1))

def total(g):
    """The sum of each channel, (N, C, H, W) -> (C,). As a product with ones it takes a third of the time."""
    N, C, H, W = g.shape
    numbers = ops.reshape(ops.permute(g, (1, 2, 3, 0)), (C, H * W * N))
    return ops.reshape(ops.product(numbers, np.ones((H * W * N, 1), g.dtype)), (C,))


ops.OPS.update((name, value) for name, value in globals().items() if isinstance(value, Op))
