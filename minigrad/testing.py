"""Properties: strategies and an assertion for tests of gradients, with pytest and hypothesis. For your tests.

    from hypothesis import given
    from minigrad.testing import assert_gradients, broadcastable_arrays

    @given(broadcastable_arrays(2))
    def test_gradients_of_my_op(pair):
        assert_gradients(my_op, *pair)

A strategy says what a function may be fed; hypothesis tries a hundred inputs, those that people forget among
them, and shrinks what fails to the smallest shape that still does. The numbers inside have few digits and are
distinct: no two are close, so no maximum is a tie, and none is near 0 or any other kink that is named in
`away_from`. Kinks and ties are asked for, by `ties=True`.

What is drawn are NumPy arrays, which functions on arrays take as they are; `assert_gradients` makes tensors
of them where the function wants tensors. To check a convolution can take longer than the 200 ms that
hypothesis allows: say `@settings(deadline=None)`.

All strategies for arrays take these options, by name:
    dtype=float64       float32 too
    low=-3.0, high=3.0  all numbers are between them
    away_from=0.0       a number, or several: kinks that all numbers keep away from; () for none,
    margin=0.1          and how far
    ties=False          whole numbers instead, at most half as many different ones as places, so that some are
                        equal; 0 is not avoided

This file knows what gradients are tested with, and not one function that has any. It is the only one to
import hypothesis, and `import minigrad` does not load it.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minigrad.autograd import gradcheck
from minigrad.gradcheck import GradientError, check_vjp
from minigrad.tensor import Tensor

Shape = tuple[int, ...]

__all__ = [
    "assert_gradients",
    "arrays", "tensors", "array_groups", "broadcastable_arrays", "matmul_arrays",
    "reduction_cases", "conv2d_cases", "pool2d_cases", "Reduction", "Conv2d", "Pool2d",
    "shapes", "broadcastable_shapes", "matmul_shapes",
    "in_any_layout", "LAYOUTS", "distinct", "tied",
]


# --- Numbers ------------------------------------------------------------------------------------------------

def distinct(rng: np.random.Generator, *shapes: Shape, low=-3.0, high=3.0, away_from=0.0, margin=0.1):
    """A list of arrays of those shapes, with numbers of few digits in random order: no two of them are close,
    in one array or in two, and none is closer than `margin` to a number in `away_from`.

    What is left from `low` to `high`, with the surroundings of `away_from` cut out, is divided into cells of
    equal width, one for each number, which stays in the middle half of it. ValueError if nothing is left.
    """
    kinks = np.sort(np.ravel(away_from))
    starts = np.clip([low, *(kinks + margin)], low, high)
    ends = np.clip([*(kinks - margin), high], low, high)
    until = np.cumsum(np.maximum(ends - starts, 0))     # how much is left up to the end of each piece
    if until[-1] <= 0:
        raise ValueError(f"no numbers are left between {low} and {high} that are {margin} away from "
                         f"{', '.join(map(str, kinks))}")
    count = sum(map(math.prod, shapes))
    cell = until[-1] / max(count, 1)
    digits = math.ceil(2 - math.log10(cell))            # a hundredth of a cell, or finer
    places = np.round(cell * (rng.permutation(count) + rng.uniform(0.27, 0.73, count)), digits)
    numbers = places + (ends - until)[np.searchsorted(until, places, side="right")]
    return _parted(np.round(numbers, digits + 6), shapes)       # 1.23, not 1.2300000000000004


def tied(rng: np.random.Generator, *shapes: Shape, low=-3.0, high=3.0):
    """A list of arrays of those shapes, with whole numbers, at most half as many different ones as there are
    places: of two numbers or more, some are equal. ValueError if there is no whole number in `low` to `high`.
    """
    whole = np.arange(math.ceil(low), math.floor(high) + 1.0)
    if len(whole) == 0:
        raise ValueError(f"there is no whole number between {low} and {high}")
    count = sum(map(math.prod, shapes))
    chosen = rng.permutation(whole)[: max(count // 2, 1)]
    return _parted(rng.choice(chosen, count), shapes)


def _parted(numbers, shapes):
    """One row of numbers as arrays of those shapes."""
    ends = np.cumsum([math.prod(shape) for shape in shapes], dtype=int)
    return [part.reshape(shape) for part, shape in zip(np.split(numbers, ends), shapes)]


# --- Shapes -------------------------------------------------------------------------------------------------
# A side of 0 is worth a test, but not every second one: three times out of four, sides begin at 1.

def _least_sides(min_side):
    return st.sampled_from([max(min_side, 1)] * 3 + [min_side])


def shapes(*, min_dims: int = 0, max_dims: int = 3, min_side: int = 0, max_side: int = 3):
    """Shapes, as of `hypothesis.extra.numpy`; 0-d among them unless `min_dims=1`, and arrays of no numbers at
    all unless `min_side=1`.
    """
    return _least_sides(min_side).flatmap(lambda side: hnp.array_shapes(
        min_dims=min_dims, max_dims=max_dims, min_side=side, max_side=max_side))


@st.composite
def broadcastable_shapes(draw, count: int = 2, *, min_dims: int = 0, max_dims: int = 3, min_side: int = 0,
                         max_side: int = 3):
    """Tuples of `count` shapes that broadcast against each other: ((2, 1), (3,)). A side may always be 1.

    Each is a common shape without some axes in front and with some sides cut to 1, so that it shrinks well.
    """
    sides = {"min_dims": min_dims, "max_dims": max_dims, "min_side": min_side, "max_side": max_side}
    common = draw(shapes(**sides))
    starts = [len(common) - draw(st.integers(min_dims, len(common))) for _ in range(count)]
    return tuple(tuple(draw(st.sampled_from([1, n, n])) for n in common[start:]) for start in starts)


@st.composite
def matmul_shapes(draw, *, vectors: bool = True, max_batch_dims: int = 2, min_side: int = 0,
                  max_side: int = 3):
    """Pairs of shapes that `@` multiplies: matrices (n, k) and (k, m); with batch axes in front, which
    broadcast, on either of them or on both; and, if `vectors`, a vector (k,) on either side or on both.
    """
    side = draw(_least_sides(min_side))
    n, k, m = (draw(st.integers(side, max_side)) for _ in "nkm")
    batch, other = draw(broadcastable_shapes(max_dims=max_batch_dims, min_side=side, max_side=max(2, side)))
    left, right = (*batch, n, k), (*other, k, m)
    with_vectors = [((k,), (k,)), ((k,), right), (left, (k,))] if vectors else []
    return draw(st.sampled_from([*with_vectors, *3 * [(left, right)]]))


# --- Arrays -------------------------------------------------------------------------------------------------

@st.composite
def array_groups(draw, shapes, *, dtype=np.float64, ties: bool = False, **span):
    """Tuples of arrays, one for each of `shapes`, a sequence or a strategy for one: [(2, 3), (3,)].

    Numbers are distinct, or tied, across all arrays of a tuple: `maximum(x, y)` has no tie, or has one.
    """
    wanted = draw(shapes) if isinstance(shapes, st.SearchStrategy) else shapes
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return tuple(array.astype(dtype) for array in (tied if ties else distinct)(rng, *wanted, **span))


def arrays(shape=None, **numbers):
    """Arrays of a shape, or of a strategy for shapes; of any of `shapes()`, if there is none given."""
    shape = shapes() if shape is None else shape
    one = shape.map(lambda shape: [shape]) if isinstance(shape, st.SearchStrategy) else [shape]
    return array_groups(one, **numbers).map(lambda group: group[0])


def tensors(shape=None, *, requires_grad: bool = True, **numbers):
    """The same as tensors, which require a gradient unless `requires_grad` is false."""
    return arrays(shape, **numbers).map(lambda array: Tensor(array, requires_grad))


def broadcastable_arrays(count: int = 2, *, min_dims: int = 0, max_dims: int = 3, min_side: int = 0,
                         max_side: int = 3, **numbers):
    """Tuples of `count` arrays that broadcast against each other, in every direction."""
    sides = {"min_dims": min_dims, "max_dims": max_dims, "min_side": min_side, "max_side": max_side}
    return array_groups(broadcastable_shapes(count, **sides), **numbers)


def matmul_arrays(*, vectors: bool = True, max_batch_dims: int = 2, min_side: int = 0, max_side: int = 3,
                  **numbers):
    """Pairs of arrays that `@` multiplies, in all its cases; see `matmul_shapes`."""
    return array_groups(matmul_shapes(vectors=vectors, max_batch_dims=max_batch_dims, min_side=min_side,
                                      max_side=max_side), **numbers)


# --- Arrays with what else a function takes -----------------------------------------------------------------

class Reduction(NamedTuple):
    """What a sum or a maximum takes: `sum(*case)`."""

    input: np.ndarray
    dim: int | tuple[int, ...] | None
    keepdim: bool


class Conv2d(NamedTuple):
    """What a convolution takes: `conv2d(*case)`."""

    input: np.ndarray                           # (N, C, H, W)
    weight: np.ndarray                          # (F, C, KH, KW)
    bias: np.ndarray | None                     # (F,)
    stride: int | tuple[int, int]
    padding: int | tuple[int, int]
    dilation: int | tuple[int, int]


class Pool2d(NamedTuple):
    """What pooling takes: `max_pool2d(*case)`, or `avg_pool2d(*case[:4])`, which knows no dilation."""

    input: np.ndarray                           # (N, C, H, W)
    kernel_size: int | tuple[int, int]
    stride: int | tuple[int, int]
    padding: int | tuple[int, int]
    dilation: int | tuple[int, int]


@st.composite
def reduction_cases(draw, shape=None, *, none: bool = True, one: bool = True, several: bool = True,
                    empty: bool = False, **numbers):
    """A `Reduction`: over all axes (`none`: dim is None), over `one` axis, over `several`, as a tuple, each
    counted from the front or from the back; of any shape, or a strategy for shapes.

    Axes that are reduced have at least one element, unless `empty`: a sum of nothing is 0, a maximum of
    nothing is an error. Without `none`, `shape` must not be 0-d.
    """
    shape = shapes(min_dims=0 if none else 1) if shape is None else shape
    shape = draw(shape) if isinstance(shape, st.SearchStrategy) else shape
    axes = st.integers(-len(shape), len(shape) - 1)
    kinds: list[st.SearchStrategy] = [st.none()] if none else []
    if shape and one:
        kinds.append(axes)
    if shape and several:
        kinds.append(st.lists(axes, min_size=1, unique_by=lambda axis: axis % len(shape)).map(tuple))
    dim = draw(st.one_of(kinds))
    if not empty:
        reduced = range(len(shape)) if dim is None else np.atleast_1d(dim) % len(shape)
        shape = tuple(max(n, 1) if axis in reduced else n for axis, n in enumerate(shape))
    return Reduction(draw(arrays(shape, **numbers)), dim, draw(st.booleans()))


@st.composite
def conv2d_cases(draw, *, bias: bool = True, min_side: int = 0, max_side: int = 2, **numbers):
    """A `Conv2d` in which at least one window fits; stride, padding and dilation are numbers or pairs.

    `max_side` bounds N, C and F, and `min_side=1` has no batch of no pictures. Kernels are up to 3 × 3.
    """
    kernel = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    size, *options = draw(_windows(kernel, lambda size: 2))
    N = draw(st.integers(draw(_least_sides(min_side)), max_side))
    C, F = draw(st.integers(1, max_side)), draw(st.integers(1, max_side))
    shapes = [(N, C, *size), (F, C, *kernel), (F,)]
    input, weight, offset = draw(array_groups(shapes, **numbers))
    return Conv2d(input, weight, offset if bias and draw(st.booleans()) else None, *options)


@st.composite
def pool2d_cases(draw, *, min_side: int = 0, max_side: int = 2, **numbers):
    """A `Pool2d` in which at least one window fits and every one holds some of the picture.

    Kernel, stride, padding and dilation are numbers or pairs. `max_side` bounds N and C, and `min_side=1` has
    no batch of no pictures. `ties=True` for windows in which several are the largest.
    """
    kernel = draw(_numbers_or_pairs(1, 3))
    size, *options = draw(_windows(kernel, lambda size: size // 2))
    N = draw(st.integers(draw(_least_sides(min_side)), max_side))
    C = draw(st.integers(1, max_side))
    return Pool2d(draw(arrays((N, C, *size), **numbers)), kernel, *options)


@st.composite
def _windows(draw, kernel, most_padding):
    """(H, W), stride, padding, dilation, such that at least one window of the size `kernel` fits."""
    stride, dilation = draw(_numbers_or_pairs(1, 3)), draw(_numbers_or_pairs(1, 2))
    pads = tuple(draw(st.integers(0, most_padding(size))) for size in _pair(kernel))
    padding = draw(st.sampled_from([min(pads), pads]))
    needed = [max(gap, gap * (size - 1) + 1 - 2 * pad)
              for size, gap, pad in zip(_pair(kernel), _pair(dilation), _pair(padding))]
    return tuple(draw(st.integers(n, n + 2)) for n in needed), stride, padding, dilation


def _numbers_or_pairs(low, high):
    whole = st.integers(low, high)
    return whole | st.tuples(whole, whole)


def _pair(value):
    return (value, value) if isinstance(value, int) else value


# --- Layouts ------------------------------------------------------------------------------------------------

# The same numbers, laid out otherwise in memory.
LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "transposed": lambda x: x.T.copy().T,
    "first axis last": lambda x: np.moveaxis(np.moveaxis(x, 0, -1).copy(), -1, 0) if x.ndim else x,
    "every second number": lambda x: np.repeat(x, 2, -1)[..., ::2] if x.ndim else x,
    "backwards": lambda x: np.flip(np.flip(x).copy()),
    "read-only": lambda x: np.broadcast_to(x, x.shape),
}


@st.composite
def in_any_layout(draw, strategy):
    """What `strategy` draws, an array or a tuple with arrays in it, with each array laid out in memory as it
    was or in one of `LAYOUTS`. A test that fails reports which.
    """
    return _relaid(draw, draw(strategy))


def _relaid(draw, value):
    if isinstance(value, tuple):
        parts = [_relaid(draw, part) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    if not isinstance(value, np.ndarray):
        return value
    layout = draw(st.sampled_from([None, *LAYOUTS]))
    if layout is None:
        return value
    note(f"the array of shape {value.shape} is laid out in memory: {layout}")
    return LAYOUTS[layout](value)


# --- The assertion ------------------------------------------------------------------------------------------

def assert_gradients(f: Callable, *inputs: Any, vjp: Callable | None = None, order: int = 1,
                     rng: np.random.Generator | None = None) -> None:
    """Assert that the gradients of `f(*inputs)` are right: as given; and in float32, not contiguous.

    With `vjp`, `f` and `vjp` are functions of arrays, checked by `minigrad.check_vjp`: `vjp(g, *inputs)`
    gives a gradient for each array. Without, `f` is a function of tensors, checked by
    `minigrad.autograd.gradcheck`: arrays of floats among `inputs` become tensors that require a gradient, and
    `order=2` checks the gradients of the gradients too. Whatever else is among `inputs` (a stride, an axis)
    is handed on as it is.

    Raises GradientError, which is an AssertionError, and carries the report. A note says so where gradients
    are right as given, in float64, and wrong in float32 or where arrays are transposed and have gaps.
    """
    if vjp is not None and order != 1:
        raise ValueError("order=2 needs a function of tensors: a vjp on arrays has no gradient of its own")
    inputs = tuple(value.detach().numpy() if _is_tracked(value) else value for value in inputs)
    _check(f, vjp, inputs, order, rng)
    short = tuple(value.astype(np.float32) if _is_float(value) else value for value in inputs)
    try:
        _check(f, vjp, short, 1, rng, _scattered)
    except GradientError as error:
        error.add_note("As the inputs were given, all gradients are right. These are float32, and "
                       "not contiguous in memory.")
        raise


def _check(f, vjp, inputs, order, rng, relay=None):
    """One check. `relay` lays arrays out otherwise just before a call, as the check hands on copies."""
    if vjp is None:
        relay = relay or np.asarray
        tensors = [Tensor(relay(x), requires_grad=True) if _is_float(x) else x for x in inputs]
        gradcheck(f, tensors, order=order, rng=rng)
        return
    places = [i for i, value in enumerate(inputs) if isinstance(value, np.ndarray)]
    of_arrays = _of(f, inputs, places, relay)
    back = _of(vjp, (None, *inputs), [0, *(i + 1 for i in places)], relay)
    check_vjp(of_arrays, back, [inputs[i] for i in places], rng=rng)


def _of(function, inputs, places, relay):
    """`function` as one of the inputs at `places` alone, the others held as they are."""
    if relay is None and len(places) == len(inputs):
        return function

    def of_arrays(*arrays):
        values = list(inputs)
        for place, array in zip(places, arrays):
            values[place] = array if relay is None else relay(array)
        return function(*values)

    of_arrays.__name__ = getattr(function, "__name__", type(function).__name__)     # for the report
    return of_arrays


def _is_float(value):
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def _is_tracked(value):
    return isinstance(value, Tensor) and value.requires_grad


def _scattered(x):
    """The same numbers, transposed in memory, and with gaps between them. A tuple has them in each array."""
    if isinstance(x, tuple):
        return tuple(map(_scattered, x))
    return np.repeat(x.T, 2, -1)[..., ::2].T if x.ndim else x
