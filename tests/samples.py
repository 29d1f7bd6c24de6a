"""The table: for every operation of `minigrad.ops`, what to feed it, what must come out, what it must refuse.

The property tests walk this table: a new operation is tested, to the last element, by adding one row. Numbers
are float64 and keep clear of kinks and ties, where a finite difference would mean nothing; what happens right
there is written out by hand, as PyTorch has it.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minigrad import ops, sliding
from minigrad.testing import (  # noqa: F401 - other tests find LAYOUTS and distinct here
    LAYOUTS,
    array_groups,
    arrays,
    broadcastable_arrays,
    broadcastable_shapes,
    distinct,
    matmul_arrays,
    reduction_cases,
    shapes,
)


class Kink(NamedTuple):
    """Where a derivative is a matter of choice: the arguments' gradients, if the output's is `weight`."""

    arguments: tuple
    weight: object
    gradients: tuple


class Error(NamedTuple):
    """Arguments that must be refused, how, and words of the message, besides the operation's name."""

    arguments: tuple
    kind: type
    words: tuple = ()


class Sample(NamedTuple):
    """A row of the table."""

    arguments: st.SearchStrategy            # draws a tuple of all arguments
    forward: Callable                       # the same operation, written down a second time
    wants: tuple = (0,)                     # the positions of arguments that can have a gradient
    kinks: tuple = ()                       # of Kink
    errors: tuple = ()                      # of Error
    adjoint: Callable | None = None         # of a linear operation A: Aᵀy, from y and the arguments
    call: Callable | None = None            # how to call it, where it takes a list or gives several results


# --- Numbers ------------------------------------------------------------------------------------------------

seeds = st.integers(0, 2**32 - 1)


def rounded(x):
    """To whole numbers, so that many are equal."""
    return np.asarray(np.round(x))


# --- Arguments ----------------------------------------------------------------------------------------------

def singles(**numbers):
    """(x,)"""
    return arrays(**numbers).map(lambda x: (x,))


@st.composite
def pairs(draw, **numbers):
    """(x, y) that broadcast, in either direction; or one of them a Python number."""
    x, y, number = draw(array_groups((*draw(broadcastable_shapes(2)), ()), **numbers))
    return draw(st.sampled_from([(x, y), (x, number.item()), (number.item(), y)]))


@st.composite
def powers(draw):
    """(x, y): any exponent on positive numbers, small whole ones on negative numbers too."""
    if draw(st.booleans()):
        return draw(pairs(low=0.3, high=3.0))
    return draw(arrays()), draw(st.integers(-2, 3))


@st.composite
def choices(draw):
    """(condition, x, y) that broadcast; x or y may be a Python number."""
    number, x, y = draw(broadcastable_arrays(3))
    condition = np.asarray(number > 0)
    return draw(st.sampled_from([(condition, x, y), (condition, x, 0.5), (condition, 0.5, y)]))


@st.composite
def stretches(draw):
    """(x, shape), where an array of x's shape broadcasts to `shape`."""
    shape = draw(shapes())
    long = draw(hnp.broadcastable_shapes(shape, max_dims=3, max_side=3))
    return draw(arrays(shape)), np.broadcast_shapes(shape, long)


@st.composite
def shrinkings(draw):
    """(x, shape), the other way round: an array of `shape` broadcasts to x's shape."""
    x, long = draw(stretches())
    return draw(arrays(long)), x.shape


@st.composite
def reshapings(draw):
    """(x, shape): the same numbers in another shape, at times with one length left open as -1."""
    shape = draw(shapes())
    new = tuple(draw(st.permutations(shape)))
    new = draw(st.sampled_from([new, (math.prod(new),), (1, *new), (*new[:-2], math.prod(new[-2:]))]))
    if new and math.prod(new) > 0 and draw(st.booleans()):
        new = (*new[:-1], -1)
    return draw(arrays(shape)), new


@st.composite
def permutations(draw):
    """(x, dims): axes counted from the front or from the back."""
    shape = draw(shapes())
    dims = draw(st.permutations(range(len(shape))))
    return draw(arrays(shape)), tuple(dim - len(shape) * draw(st.booleans()) for dim in dims)


@st.composite
def indexings(draw):
    """(x, index): integers, slices, None, ellipsis; integer arrays with duplicates; masks; mixtures."""
    shape = draw(shapes())
    kinds = [hnp.basic_indices(shape, allow_newaxis=True)]
    if shape:
        kinds.append(hnp.arrays(bool, shape[: draw(st.integers(1, len(shape)))]))
    if shape and 0 not in shape:
        lists = [hnp.arrays(np.int64, 4, elements=st.integers(-n, n - 1)) for n in shape]
        kinds += [lists[0], st.tuples(*lists)]
        kinds += [st.tuples(st.just(...), lists[-1]), st.tuples(lists[0], st.just(None))]
    return draw(arrays(shape)), draw(st.one_of(kinds))


@st.composite
def scatterings(draw):
    """(x, index, shape): the numbers that such an index would name, to be put back."""
    x, index = draw(indexings())
    return draw(arrays(x[index].shape)), index, x.shape


@st.composite
def joinings(draw, count, new_axis=False):
    """(x, y, ..., dim): arrays that agree in all axes but one, or, to be put along a new axis, in all."""
    shape = list(draw(shapes(min_dims=1)))
    dim = draw(st.integers(-len(shape) - new_axis, len(shape) - 1 + new_axis))
    parts = []
    for _ in range(count):
        if not new_axis:
            shape[dim] = draw(st.integers(0, 3))
        parts.append(tuple(shape))
    return (*draw(array_groups(parts)), dim)


@st.composite
def with_axes(draw, count=1, new=False):
    """(x, dim, ...): an array of at least one axis, and as many axes of it."""
    shape = draw(shapes(min_dims=1))
    span = st.integers(-len(shape) - new, len(shape) - 1 + new)
    return (draw(arrays(shape)), *(draw(span) for _ in range(count)))


def along_one(**numbers):
    """(x, dim, keepdim), where x has elements along `dim`."""
    return reduction_cases(none=False, several=False, **numbers)


@st.composite
def vectors(draw, same):
    """(x, y): two vectors, of one length or of any."""
    n, m = draw(st.integers(0, 4)), draw(st.integers(0, 4))
    return draw(array_groups([(n,), (n if same else m,)]))


@st.composite
def matrices(draw, batched):
    """(x, y): (n, k) and (k, m), or (b, n, k) and (b, k, m)."""
    n, k, m, b = (draw(st.integers(0, 3)) for _ in "nkmb")
    ahead = (b,) if batched else ()
    return draw(array_groups([(*ahead, n, k), (*ahead, k, m)]))


@st.composite
def layers(draw):
    """(x, weight, bias): (n, k), (m, k) and (m,)."""
    n, k, m = (draw(st.integers(0, 3)) for _ in "nkm")
    return draw(array_groups([(n, k), (m, k), (m,)]))


@st.composite
def gatherings(draw):
    """(x, dim, index): indices within the axis, with duplicates, and fewer along the others."""
    shape = draw(shapes(min_dims=1, min_side=1))
    dim = draw(st.integers(-len(shape), len(shape) - 1))
    size = [draw(st.integers(0, n)) for n in shape]
    size[dim] = draw(st.integers(0, 4))
    index = np.random.default_rng(draw(seeds)).integers(0, shape[dim], size)
    return draw(arrays(shape)), dim, index


@st.composite
def splittings(draw):
    """(x, size, dim)"""
    x, dim = draw(with_axes())
    return x, draw(st.integers(1, 4)), dim


@st.composite
def clampings(draw):
    """(x, low, high): Python numbers or None for one of them; or arrays that broadcast."""
    x, low, high = draw(broadcastable_arrays(3, away_from=(-1.01, 0.3, 0.5, 1.02)))
    return draw(st.sampled_from([(x, -1.01, 1.02), (x, None, 0.5), (x, 0.3, None), (x, low, high)]))


@st.composite
def paddings(draw):
    """(x, widths, value, order)"""
    shape = draw(shapes(min_dims=1))
    widths = tuple(draw(st.tuples(st.integers(0, 2), st.integers(0, 2))) for _ in shape)
    return draw(arrays(shape)), widths, draw(st.sampled_from([0.0, -1.5]))


@st.composite
def unfoldings(draw):
    """(x, dim, size, step): windows that overlap, touch, or leave gaps."""
    shape = list(draw(shapes(min_dims=1)))
    dim = draw(st.integers(-len(shape), len(shape) - 1))
    shape[dim] = draw(st.integers(1, 7))
    return draw(arrays(tuple(shape))), dim, draw(st.integers(1, shape[dim])), draw(st.integers(1, 4))


@st.composite
def slidings(draw):
    """(x, dims, sizes, steps, gaps): windows along none, one or several axes, named in any order.

    They overlap, touch, or leave something out between them; and often they lie side by side, to the end.
    """
    shape = list(draw(shapes()))
    dims = draw(st.permutations(range(len(shape))))[: draw(st.integers(0, 2))]
    plan = []
    for dim in dims:
        size, step, gap, count = (draw(st.integers(1, most)) for most in (3, 3, 2, 3))
        if draw(st.booleans()):
            step, gap, rest = size, 1, 0
        else:
            rest = draw(st.integers(0, step - 1))
        shape[dim] = gap * (size - 1) + 1 + step * (count - 1) + rest
        plan.append((size, step, gap))
    sizes, steps, gaps = zip(*plan) if plan else ((), (), ())
    return draw(arrays(tuple(shape))), tuple(dims), sizes, steps, gaps


@st.composite
def foldings(draw):
    """(x, dims, steps, gaps, shape): windows to be put back."""
    whole, dims, sizes, steps, gaps = draw(slidings())
    found = slid(whole, dims, sizes, steps, gaps)
    return draw(arrays(found.shape)), dims, steps, gaps, whole.shape


@st.composite
def frames(draw, **numbers):
    """(x,): windows, along the last two axes, that hold something."""
    height, width = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    return draw(arrays((*draw(shapes(max_dims=2)), height, width), **numbers)),


@st.composite
def winnings(draw):
    """(g, x, top): what to put at the largest number of each window; windows with many ties; the largest."""
    x, = draw(frames(ties=True))
    return draw(arrays(x.shape[:-2])), x, np.max(x, (-2, -1))


@st.composite
def slots(draw, most=3):
    """(length, size, step, gap, (before, after)): windows that fit an axis, when it has this border."""
    size, step, gap, count = (draw(st.integers(1, most)) for most in (3, 3, 2, most))
    before, after = draw(st.integers(0, 3)), draw(st.integers(0, 3))
    length = gap * (size - 1) + 1 + step * (count - 1) + draw(st.integers(0, step - 1)) - before - after
    return max(length, 1), size, step, gap, (before, after + max(1 - length, 0))


@st.composite
def correlations(draw):
    """(x, y, start, step, gap): rows that windows overlap, touch, or leave out; now and then no pictures,
    channels or filters at all."""
    H, KH, step, gap, border = draw(slots())
    N, C, F = (draw(st.integers(draw(st.sampled_from([1, 1, 1, 0])), 2)) for _ in range(3))
    KW, OW = draw(st.integers(1, 2)), draw(st.integers(1, 2))
    x, y, start = draw(array_groups([(H + sum(border), KW * C, OW, N), (F, C, KH, KW), (F,)]))
    return x, y, draw(st.sampled_from([None, start])), step, gap


@st.composite
def rowings(draw):
    """(x, size, step, gap, borders): windows across, and a border also at the top and the bottom."""
    W, size, step, gap, wide = draw(slots())
    N, C, H = (draw(st.integers(draw(st.sampled_from([1, 1, 1, 0])), 2)) for _ in range(3))
    high = draw(st.tuples(st.integers(0, 2), st.integers(0, 2)))
    return draw(arrays((N, C, H, W))), size, step, gap, (high, wide)


# --- Forward, a second time ---------------------------------------------------------------------------------

def summed_to(x, shape):
    out = np.zeros(shape)
    for place, number in np.ndenumerate(x):
        place = place[x.ndim - len(shape) :]
        out[tuple(0 if n == 1 else i for i, n in zip(place, shape))] += number
    return out


def scattered(x, index, shape):
    out = np.zeros(shape)
    places = np.arange(out.size).reshape(shape)[index]
    for place, number in zip(np.ravel(places), np.ravel(x)):
        out.flat[place] += number
    return out


def slid_along(x, dim, size, step, gap=1):
    starts = range(0, x.shape[dim] - gap * (size - 1), step)
    out = [np.take(x, [start + gap * i for i in range(size)], dim) for start in starts]
    return np.moveaxis(np.stack(out, dim % x.ndim), dim % x.ndim + 1, -1)


def slid(x, dims, sizes, steps, gaps):
    """One axis after the other."""
    for dim, size, step, gap in zip(dims, sizes, steps, gaps):
        x = slid_along(x, dim, size, step, gap)
    return x


def folded(x, dims, steps, gaps, shape):
    """One number after the other, each to the place that it was taken from."""
    places = slid(np.arange(math.prod(shape)).reshape(shape), dims, x.shape[len(shape):], steps, gaps)
    out = np.zeros(shape)
    for place, number in zip(places.flat, x.flat):
        out.flat[place] += number
    return out


def correlated(x, y, start=None, step=1, gap=1):
    """Place by place, and pixel by pixel of the filters."""
    (H, _, OW, N), (F, C, KH, KW) = x.shape, y.shape
    OH = (H - gap * (KH - 1) - 1) // step + 1
    out = np.zeros((N, F, OH, OW)) + (0 if start is None else start[:, None, None])
    for i, row, column, channel in np.ndindex(OH, KH, KW, C):
        numbers = x[i * step + row * gap, column * C + channel]                   # (OW, N)
        out[:, :, i] += numbers.T[:, None] * y[:, channel, row, column, None]
    return out


def in_rows(x, size, step, gap, borders):
    """Each number from the place where it is looked for."""
    x = np.pad(x, ((0, 0), (0, 0), *borders))
    N, C, H, W = x.shape
    count = (W - gap * (size - 1) - 1) // step + 1
    out = np.zeros((H, size, C, count, N))
    for row, k, channel, place, picture in np.ndindex(out.shape):
        out[row, k, channel, place, picture] = x[picture, channel, row, place * step + k * gap]
    return out.reshape(H, size * C, count, N)


def at_the_first(g, x, top):
    """For each window, one after the other, where its largest number comes first."""
    out = np.zeros(x.shape)
    for place in np.ndindex(g.shape):
        out[place].flat[x[place].ravel().tolist().index(top[place])] = g[place]
    return out


def joined(x, y, dim):
    shape = [n + m if axis == dim % x.ndim else n for axis, (n, m) in enumerate(zip(x.shape, y.shape))]
    out = np.zeros(shape)
    turned = np.moveaxis(out, dim, 0)
    turned[: x.shape[dim]] = np.moveaxis(x, dim, 0)
    turned[x.shape[dim] :] = np.moveaxis(y, dim, 0)
    return out


def inverse(permutation):
    return tuple(permutation.index(i) for i in range(len(permutation)))


def averaged(x, dim, keepdim):
    total = np.sum(x, dim, keepdims=keepdim)
    return total * total.size / x.size


# --- The table ----------------------------------------------------------------------------------------------

zeros = np.zeros
misfits = (Error((zeros((2, 3)), zeros(4)), RuntimeError, ("(2, 3)", "(4,)")),
           Error((zeros((3, 1)), zeros((2, 3))), RuntimeError, ("(3, 1)", "(2, 3)")))
outside = Error((zeros((2, 3)), 2, False), IndexError, ("(2, 3)",))
twice = Error((zeros((2, 3)), (0, -2), False), RuntimeError, ("(2, 3)", "duplicate"))
nothing = Error((zeros((2, 0)), 1, False), (RuntimeError, IndexError), ("(2, 0)",))
untouched = Sample(pairs(ties=True), None, wants=(), errors=misfits)


def column(*numbers):
    return np.array(numbers, float)


SAMPLES = {
    # Elementwise, two arguments
    "add": Sample(pairs(), lambda x, y: x + y, (0, 1), errors=misfits),
    "sub": Sample(pairs(), lambda x, y: x + -y, (0, 1), errors=misfits),
    "mul": Sample(pairs(), lambda x, y: x * y, (0, 1), errors=misfits),
    "div": Sample(pairs(low=0.5), lambda x, y: x * (1 / y), (0, 1), errors=misfits),
    "pow": Sample(
        powers(), lambda x, y: np.sign(x) ** (y % 2) * np.exp(y * np.log(np.abs(x))) if isinstance(y, int)
        else np.exp(y * np.log(x)), (0, 1), errors=misfits,
        kinks=(Kink((column(0, 0, 0), column(0, 1, 2)), column(5, 6, 7),
                    (column(0, 6, 0), column(0, 0, 0))),)),
    "maximum": Sample(
        pairs(), lambda x, y: np.where(x > y, x, y), (0, 1), errors=misfits,
        kinks=(Kink((column(1, 2, 3), column(2, 2, 2)), column(5, 6, 7),
                    (column(0, 3, 7), column(5, 3, 0))),)),
    "minimum": Sample(
        pairs(), lambda x, y: np.where(x < y, x, y), (0, 1), errors=misfits,
        kinks=(Kink((column(1, 2, 3), column(2, 2, 2)), column(5, 6, 7),
                    (column(5, 3, 0), column(0, 3, 7))),)),
    "where": Sample(
        choices(), lambda condition, x, y: condition * x + ~condition * y, (1, 2),
        errors=(Error((np.ones(2, bool), zeros(3), zeros(3)), RuntimeError, ("(2,)", "(3,)")),)),

    # Elementwise, one argument
    "neg": Sample(singles(), lambda x: 0 - x, adjoint=lambda y, x: ops.neg(y)),
    "exp": Sample(singles(), lambda x: math.e**x),
    "log": Sample(singles(low=0.3), lambda x: np.log2(x) / np.log2(math.e)),
    "sin": Sample(singles(), lambda x: np.imag(np.exp(1j * x))),
    "cos": Sample(singles(), lambda x: np.real(np.exp(1j * x))),
    "tanh": Sample(
        singles(), lambda x: np.sinh(x) / np.cosh(x),
        kinks=(Kink((column(-1e4, 0, 1e4),), column(5, 6, 7), (column(0, 6, 0),)),)),
    "sigmoid": Sample(
        singles(), lambda x: 1 / (1 + np.exp(-x)),
        kinks=(Kink((column(-1e4, 0, 1e4),), column(5, 6, 7), (column(0, 1.5, 0),)),)),
    "relu": Sample(
        singles(), lambda x: x * (x > 0),
        kinks=(Kink((column(-1, -0.0, 0, 2),), column(5, 6, 7, 8), (column(0, 0, 0, 8),)),)),
    "abs": Sample(
        singles(), lambda x: np.sqrt(x * x),
        kinks=(Kink((column(-2, -0.0, 0, 3),), column(5, 6, 7, 8), (column(-5, 0, 0, 8),)),)),
    "sign": Sample(
        singles(), lambda x: (x > 0) * 1.0 - (x < 0),
        kinks=(Kink((column(-2, -0.0, 0, 3),), column(5, math.inf, 7, 8), (column(0, 0, 0, 0),)),)),
    "to": Sample(
        st.tuples(singles(), st.just(np.float64)).map(lambda drawn: (*drawn[0], drawn[1])),
        lambda x, dtype: x.astype(dtype), adjoint=lambda y, x, dtype: ops.to(y, x.dtype)),

    # Steps: flat, so without a gradient
    "detach": Sample(singles(), lambda x: +x, wants=()),
    "eq": untouched._replace(forward=lambda x, y: np.equal(x, y)),
    "ne": untouched._replace(forward=lambda x, y: ~np.equal(x, y)),
    "gt": untouched._replace(forward=lambda x, y: x - y > 0),
    "ge": untouched._replace(forward=lambda x, y: x - y >= 0),
    "lt": untouched._replace(forward=lambda x, y: y - x > 0),
    "le": untouched._replace(forward=lambda x, y: y - x >= 0),
    "bitwise_not": Sample(
        singles(ties=True), lambda x: -1 - x.astype(np.int64), wants=(),
        call=lambda x: ops.bitwise_not(ops.to(x, np.int64))),
    "any": Sample(
        reduction_cases(empty=True, ties=True),
        lambda x, dim, keepdim: np.sum(x != 0, dim, keepdims=keepdim) > 0, wants=(), errors=(outside, twice)),
    "all": Sample(
        reduction_cases(empty=True, ties=True),
        lambda x, dim, keepdim: np.sum(x == 0, dim, keepdims=keepdim) == 0, wants=(),
        errors=(outside, twice)),
    "argmin": Sample(
        reduction_cases(several=False, ties=True),
        lambda x, dim, keepdim: np.argmax(-x, dim, keepdims=keepdim), wants=(), errors=(outside, nothing)),
    "argmax": Sample(
        reduction_cases(several=False, ties=True),
        lambda x, dim, keepdim: np.argmin(-x, dim, keepdims=keepdim), wants=(), errors=(outside, nothing)),

    # Sums and their transposes
    "sum": Sample(
        reduction_cases(empty=True), lambda x, dim, keepdim: np.sum(x, dim, keepdims=keepdim),
        errors=(outside, twice),
        adjoint=lambda y, x, dim, keepdim: ops.broadcast_to(
            y if keepdim or dim is None else np.expand_dims(y, dim), x.shape)),
    "broadcast_to": Sample(
        stretches(), lambda x, shape: np.zeros(shape) + x, adjoint=lambda y, x, shape: ops.sum_to(y, x.shape),
        errors=(Error((zeros((2, 3)), (3, 2)), RuntimeError, ("(2, 3)", "(3,2)")),
                Error((zeros((2, 3)), (3,)), RuntimeError, ("(2, 3)",)))),

    # The largest, and its smooth cousin
    "amax": Sample(
        reduction_cases(), lambda x, dim, keepdim: -np.min(-x, dim, keepdims=keepdim),
        errors=(outside, twice, nothing),
        kinks=(Kink((np.array([[1.0, 3, 3], [2, 2, 2]]), 1, False), column(6, 9),
                    (np.array([[0.0, 3, 3], [3, 3, 3]]),)),
               Kink((np.array([[3.0, 1], [3, 3]]), None, False), np.array(6.0),
                    (np.array([[2.0, 0], [2, 2]]),)))),
    "amin": Sample(
        reduction_cases(), lambda x, dim, keepdim: -np.max(-x, dim, keepdims=keepdim),
        errors=(outside, twice, nothing),
        kinks=(Kink((np.array([[4.0, 3, 3], [2, 2, 2]]), 1, False), column(6, 9),
                    (np.array([[0.0, 3, 3], [3, 3, 3]]),)),)),
    "largest": Sample(
        frames(), lambda x: -np.min(-x, (-2, -1)),
        errors=(Error((zeros((4, 0, 3)),), IndexError, ("(4, 0, 3)", "empty")),
                Error((zeros((4, 2, 0)),), IndexError, ("(4, 2, 0)", "empty"))),
        kinks=(Kink((np.array([[[1.0, 3], [3, 2]], [[2, 2], [2, 2]], [[0, 1], [2, 2]]]),), column(6, 9, 5),
                    (np.array([[[0.0, 6], [0, 0]], [[9, 0], [0, 0]], [[0, 0], [5, 0]]]),)),)),
    "to_largest": Sample(
        winnings(), at_the_first,
        adjoint=lambda y, g, x, top: np.sum(y * at_the_first(np.ones_like(g), x, top), (-2, -1)),
        errors=(Error((zeros(3), zeros((2, 2, 2)), zeros(2)), RuntimeError, ("(3,)", "(2, 2, 2)")),)),
    "shift": Sample(
        reduction_cases(none=False).map(lambda drawn: drawn[:2]),
        lambda x, dim: -np.min(-x, dim, keepdims=True), wants=()),
    "log_softmax": Sample(
        along_one().map(lambda drawn: drawn[:2]),
        lambda x, dim: np.log(np.exp(x) / np.sum(np.exp(x), dim, keepdims=True)),
        errors=(Error((zeros((2, 3)), 2), IndexError, ("(2, 3)", "axis 2")),),
        kinks=(Kink((np.array([[1e4, -1e4], [1e4, 1e4]]), 1), np.array([[3.0, 5], [3, 5]]),
                    (np.array([[-5.0, 5], [-1, 1]]),)),)),

    # Products
    "product": Sample(
        matmul_arrays(vectors=False), lambda x, y: np.einsum("...nk,...km->...nm", x, y), (0, 1),
        errors=(Error((zeros((2, 3)), zeros((4, 2))), RuntimeError, ("(2, 3)", "(4, 2)")),
                Error((zeros((2, 1, 3)), zeros((3, 3, 1))), RuntimeError, ("(2, 1, 3)", "(3, 3, 1)")))),
    "linear": Sample(
        layers(), lambda x, weight, bias: np.einsum("nk,mk->nm", x, weight) + bias, (0, 1, 2),
        errors=(Error((zeros((2, 3)), zeros((4, 2)), zeros(4)), RuntimeError, ("(2, 3)", "(4, 2)")),
                Error((zeros((2, 3)), zeros((4, 3)), zeros(3)), RuntimeError, ("(4, 3)", "(3,)")))),
    "correlate": Sample(
        correlations(), correlated, (0, 1, 2),
        errors=(*(Error((zeros((4, 6, 3, 1)), zeros(shape)), RuntimeError, ("(4, 6, 3, 1)", str(shape)))
                  for shape in ((1, 3, 3, 3), (1, 2, 5, 3))),
                Error((zeros((4, 6, 3, 1)), zeros((1, 2, 3, 3)), None, 0), RuntimeError, ("0 apart",)),
                Error((zeros((4, 6, 3, 1)), zeros((4, 2, 3, 3)), zeros(3)), RuntimeError, ("(3,)",)))),
    "rows": Sample(
        rowings(), in_rows,
        adjoint=lambda y, x, *how: sliding.rows_back(y, x.shape, *how),
        errors=(Error((zeros((1, 2, 4, 5)), 6, 1, 1, ((0, 0), (0, 0))), RuntimeError, ("do not fit",)),)),

    # Shape
    "reshape": Sample(
        reshapings(), lambda x, shape: np.array(list(x.flat)).reshape(shape),
        adjoint=lambda y, x, shape: ops.reshape(y, x.shape),
        errors=(Error((zeros((2, 3)), (4, 2)), RuntimeError, ("(2, 3)", "(4,2)")),)),
    "permute": Sample(
        permutations(), lambda x, dims: np.einsum(x, range(x.ndim), [dim % x.ndim for dim in dims]),
        adjoint=lambda y, x, dims: ops.permute(y, inverse([dim % x.ndim for dim in dims])),
        errors=(Error((zeros((2, 3)), (0, 0)), RuntimeError, ("(2, 3)",)),
                Error((zeros((2, 3)), (0,)), RuntimeError, ("(2, 3)",)),
                Error((zeros((2, 3)), (0, 2)), IndexError, ("(2, 3)", "axis 2")))),
    "getitem": Sample(
        indexings(), lambda x, index: np.take(x, np.arange(x.size).reshape(x.shape)[index]),
        adjoint=lambda y, x, index: ops.scatter(y, index, x.shape),
        errors=(Error((zeros((2, 3)), 2), IndexError, ("(2, 3)", "index 2")),
                Error((zeros((2, 3)), (0, -4)), IndexError, ("(2, 3)", "index -4")),
                Error((zeros((2, 3)), np.array([0, 5])), IndexError, ("(2, 3)", "index 5")),
                Error((zeros((2, 3)), (0, 0, 0)), IndexError, ("(2, 3)", "too many")),
                Error((zeros((2, 3)), np.ones(3, bool)), IndexError, ("(2, 3)", "boolean")))),
    "scatter": Sample(
        scatterings(), scattered, adjoint=lambda y, x, index, shape: ops.getitem(y, index),
        errors=(Error((zeros(2), np.array([0, 3]), (3,)), IndexError, ("(2,)", "index 3")),)),
    "join": Sample(
        joinings(2), joined, (0, 1),
        errors=(Error((zeros((2, 3)), zeros((2, 4)), 0), RuntimeError, ("(2, 3)", "(2, 4)")),
                Error((zeros((2, 3)), zeros((2, 3)), 2), IndexError, ("(2, 3)",)))),
    "pad": Sample(
        paddings(), lambda x, widths, value: np.pad(x, widths, constant_values=value),
        adjoint=lambda y, x, widths, value:
            y[tuple(slice(low, low + n) for n, (low, _) in zip(x.shape, widths))]),
    "windows": Sample(
        slidings(), slid,
        adjoint=lambda y, x, dims, sizes, steps, gaps: sliding.fold(y, dims, steps, gaps, x.shape),
        errors=(Error((zeros((2, 3)), (1,), (4,), (1,), (1,)), RuntimeError, ("(2, 3)", "4")),
                Error((zeros((2, 3)), (0, 1), (1, 2), (1, 1), (1, 3)), RuntimeError, ("(2, 3)", "axis 1")),
                Error((zeros((2, 3)), (1,), (2,), (0,), (1,)), RuntimeError, ("(2, 3)", "0 apart")))),
    "fold": Sample(
        foldings(), folded,
        adjoint=lambda y, x, dims, steps, gaps, shape:
            sliding.windows(y, dims, x.shape[len(shape):], steps, gaps)),
}


# Compositions: they have no gradients of their own, but they have a meaning.

def picked(x, dim, index):
    out = np.zeros(index.shape)
    for place, chosen in np.ndenumerate(index):
        out[place] = x[tuple(chosen if axis == dim % x.ndim else i for axis, i in enumerate(place))]
    return out


def fit(row):
    """The same with `correction` between dim and keepdim, and at least two elements, for var and std."""
    x, dim, keepdim = row
    return np.concatenate([x, x + 0.1, x - 0.3], dim), dim, 1, keepdim


spreads = along_one().map(fit)


COMPOSED = {
    "sum_to": Sample(shrinkings(), summed_to),
    "logical_not": Sample(singles(ties=True), lambda x: ~x.astype(bool), wants=()),
    "square": Sample(singles(), lambda x: np.abs(x) ** 2),
    "reciprocal": Sample(singles(low=0.3), lambda x: np.exp(-np.log(x))),
    "clamp": Sample(
        clampings(), lambda x, low, high: np.minimum(
            np.maximum(x, -np.inf if low is None else low), np.inf if high is None else high), (0, 1, 2),
        kinks=(Kink((column(-1, 0, 1, 2, 3), 0.0, 2.0), column(5, 6, 7, 8, 9), (column(0, 6, 7, 8, 0),)),),
        errors=(Error((zeros(3), None, None), RuntimeError, ("min",)),)),
    "prod": Sample(
        along_one(), lambda x, dim, keepdim: np.prod(x, dim, keepdims=keepdim),
        kinks=(Kink((np.array([[2.0, 0, 3], [0, 0, 5], [2, 3, 4]]), 1), column(1, 1, 2),
                    (np.array([[0.0, 6, 0], [0, 0, 0], [24, 16, 12]]),)),)),
    "var": Sample(spreads, lambda x, dim, correction, keepdim: np.var(x, dim, ddof=1, keepdims=keepdim)),
    "std": Sample(
        spreads, lambda x, dim, correction, keepdim: np.std(x, dim, ddof=1, keepdims=keepdim),
        kinks=(Kink((np.array([[2.0, 2, 2]]), 1), column(5), (np.array([[0.0, 0, 0]]),)),)),
    "max": Sample(
        along_one(), lambda x, dim, keepdim: np.max(x, dim, keepdims=keepdim),
        call=lambda x, dim, keepdim=False: ops.max(x, dim, keepdim).values,
        kinks=(Kink((np.array([[1.0, 3, 3], [2, 2, 2]]), 1), column(6, 9),
                    (np.array([[0.0, 6, 0], [9, 0, 0]]),)),)),
    "min": Sample(
        along_one(), lambda x, dim, keepdim: np.min(x, dim, keepdims=keepdim),
        call=lambda x, dim, keepdim=False: ops.min(x, dim, keepdim).values,
        kinks=(Kink((np.array([[4.0, 3, 3], [2, 2, 2]]), 1), column(6, 9),
                    (np.array([[0.0, 6, 0], [9, 0, 0]]),)),)),
    "mm": Sample(matrices(batched=False), lambda x, y: np.einsum("nk,km->nm", x, y), (0, 1),
                 errors=(Error((zeros((2, 3)), zeros((4, 2))), RuntimeError, ("(2, 3)", "(4, 2)")),
                         Error((zeros((1, 2, 3)), zeros((3, 2))), RuntimeError, ("(1, 2, 3)",)))),
    "bmm": Sample(matrices(batched=True), lambda x, y: np.einsum("bnk,bkm->bnm", x, y), (0, 1),
                  errors=(Error((zeros((2, 2, 3)), zeros((1, 3, 2))), RuntimeError, ("(1, 3, 2)",)),)),
    "dot": Sample(vectors(same=True), lambda x, y: np.array(math.fsum(a * b for a, b in zip(x, y))), (0, 1),
                  errors=(Error((zeros(2), zeros(3)), RuntimeError, ("(2,)", "(3,)")),)),
    "outer": Sample(vectors(same=False), lambda x, y: np.einsum("i,j->ij", x, y), (0, 1),
                    errors=(Error((zeros((2, 1)), zeros(3)), RuntimeError, ("(2, 1)",)),)),
    "flatten": Sample(singles(), lambda x: np.array(list(x.flat))),
    "transpose": Sample(with_axes(2), np.swapaxes,
                        errors=(Error((zeros((2, 3)), 0, 2), IndexError, ("(2, 3)", "axis 2")),)),
    "squeeze": Sample(
        with_axes(), lambda x, dim: np.squeeze(x, dim) if x.shape[dim] == 1 else x,
        errors=(Error((zeros((2, 3)), 2), IndexError, ("(2, 3)", "axis 2")),)),
    "unsqueeze": Sample(with_axes(new=True), np.expand_dims,
                        errors=(Error((zeros((2, 3)), 3), IndexError, ("(2, 3)",)),)),
    "cat": Sample(joinings(3), lambda x, y, z, dim: np.concatenate([x, y, z], dim), (0, 1, 2),
                  call=lambda x, y, z, dim: ops.cat([x, y, z], dim)),
    "stack": Sample(joinings(3, new_axis=True), lambda x, y, z, dim: np.stack([x, y, z], dim), (0, 1, 2),
                    call=lambda x, y, z, dim: ops.stack([x, y, z], dim)),
    "split": Sample(
        splittings(), lambda x, size, dim: np.concatenate(
            np.split(x, range(size, x.shape[dim], size), dim)[::-1], dim),
        call=lambda x, size, dim: ops.cat(ops.split(x, size, dim)[::-1], dim)),
    "chunk": Sample(
        splittings(), lambda x, size, dim: np.concatenate(
            np.split(x, range(s := max(1, -(-x.shape[dim] // size)), x.shape[dim], s), dim)[::-1], dim),
        call=lambda x, size, dim: ops.cat(ops.chunk(x, size, dim)[::-1], dim)),
    "flip": Sample(with_axes(), np.flip,
                   errors=(Error((zeros((2, 3)), 2), IndexError, ("(2, 3)", "axis 2")),)),
    "unfold": Sample(
        unfoldings(), slid_along,
        errors=(Error((zeros((2, 3)), 2, 1, 1), IndexError, ("(2, 3)",)),
                Error((zeros((2, 3)), 1, 4, 1), RuntimeError, ("(2, 3)", "4")),
                Error((zeros((2, 3)), 1, 2, 0), RuntimeError, ("(2, 3)",)),
                Error((zeros((2, 3)), 1, 4, -1), RuntimeError, ("(2, 3)",)))),
    "gather": Sample(
        gatherings(), picked,
        errors=(Error((zeros((2, 3)), 0, np.array([[2]])), IndexError, ("(2, 3)", "2")),
                Error((zeros((2, 3)), 0, np.array([[-1]])), IndexError, ("(2, 3)", "-1")),
                Error((zeros((2, 3)), 0, np.array([0])), RuntimeError, ("(2, 3)",)))),
    "sqrt": Sample(singles(low=0.3), lambda x: np.exp(np.log(x) / 2)),
    "mean": Sample(reduction_cases(), averaged),
    "matmul": Sample(
        matmul_arrays(), lambda x, y: x @ y, (0, 1),
        errors=(Error((zeros((2, 3)), zeros((4, 2))), RuntimeError, ("(2, 3)", "(4, 2)")),
                Error((zeros(3), zeros(2)), RuntimeError, ("(3,)", "(2,)")),
                Error((zeros(()), zeros(2)), RuntimeError, ("()", "(2,)")))),
    "logsumexp": Sample(
        reduction_cases(none=False),
        lambda x, dim, keepdim: np.log(np.sum(np.exp(x), dim, keepdims=keepdim)),
        errors=(outside, twice),
        kinks=(Kink((np.array([[1e4, -1e4], [1, 1]]), 1, False), column(6, 8),
                    (np.array([[6.0, 0], [4, 4]]),)),)),
    "softmax": Sample(
        along_one().map(lambda drawn: drawn[:2]),
        lambda x, dim: np.exp(x) / np.sum(np.exp(x), dim, keepdims=True),
        kinks=(Kink((np.array([[1e4, -1e4], [1e4, 1e4]]), 1), np.array([[3.0, 5], [3, 5]]),
                    (np.array([[0.0, 0], [-0.5, 0.5]]),)),)),
}
