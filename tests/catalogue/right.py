"""Right gradients that a bad checker would reject: kinks, odd sizes, dtypes, memory, scales and forms.

The right gradient of every `Function` is one already; here are those that take more care to believe.
"""

import numpy as np                      # noqa: I001  (many names, a few lines)

from tests.catalogue.elementwise import (
    SLOPE, TIE, absolute, add, clamp, cube, exp, leaky_relu, log, maximum, multiply, reciprocal, relu,
    sigmoid, sine, square, square_root, subtract, tanh,
)
from tests.catalogue.entry import Function, beside, fixed, normal
from tests.catalogue.habits import equal_add
from tests.catalogue.images import TIED_PICTURE, largest, max_pool2d, max_pool_vjp, overlapping_max_pool2d
from tests.catalogue.matrices import dot, matmul
from tests.catalogue.networks import hinge, layer_norm, margins, mse
from tests.catalogue.places import concatenate, flip, pad, sort
from tests.catalogue.reductions import (
    deviation, log_softmax, logsumexp, norm, product, row_max, row_mean, softmax, total, variance,
)

# --- Kinks and ties: each has many right answers ------------------------------------------------------------

KINKS = "kinks and ties"
AT_ZERO = fixed([-1.5, 0.0, 0.5, 2.0])

for slope in (0.0, 0.5, 1.0):
    relu.right(KINKS, f"at 0, slope {slope}", lambda g, x, s=slope: g * np.heaviside(x, s), AT_ZERO)
for slope in (SLOPE, 0.4, 1.0):
    leaky_relu.right(KINKS, f"at 0, slope {slope}",
                     lambda g, x, s=slope: g * np.where(x == 0, s, np.where(x > 0, 1, SLOPE)), AT_ZERO)
for slope in (-1.0, 0.0, 0.3, 1.0):
    absolute.right(KINKS, f"at 0, slope {slope}",
                   lambda g, x, s=slope: g * np.where(x == 0, s, np.sign(x)), AT_ZERO)
for slope in (0.0, 0.5, 1.0):
    clamp.right(KINKS, f"at both edges, slope {slope}",
                lambda g, x, s=slope: g * np.where(abs(x) == 1, s, abs(x) < 1),
                fixed([-2.0, -1.0, 0.3, 1.0, 1.7]))
for share in (0.0, 0.3, 0.5, 1.0):
    maximum.right(KINKS, f"ties, {share} to the first",
                  lambda g, x, y, s=share: (g * np.heaviside(x - y, s), g * np.heaviside(y - x, 1 - s)), TIE)
for slope in (0.0, 0.5, 1.0):
    hinge.right(KINKS, f"at the margin, slope {slope}",
                lambda g, s, y, m=slope: (-g * y * np.heaviside(1 - y * s, m), None),
                fixed([1.0, -1.0, 0.3, 2.0], [1, -1, 1, 1]))
margins.right(KINKS, "at the margin, half",
              lambda g, a, b: (-g * np.heaviside(1 - a + b, 0.5), g * np.heaviside(1 - a + b, 0.5)),
              fixed([2.0, 0.5, -1.0], [1.0, 0.0, 1.0]))
for place, point in (("in the middle of", [0.0, 0.0, 0.0]), ("inside", [0.3, -0.5, 0.1]),
                     ("at the edge of", [0.0, 1.0, 0.0])):
    norm.right(KINKS, f"at 0, {place} the ball",
               lambda g, x, p=point: g[:, None] * [p, [0.6, 0.8, 0.0]],
               fixed([[0.0, 0.0, 0.0], [3.0, 4.0, 0.0]]))

TIED_ROWS = fixed([[3.0, 1.0, 3.0, 2.0], [0.5, 0.5, -1.0, 0.5], [4.0, 1.0, 2.0, 3.0]])


def shared_out(weigh):
    """The gradient of a maximum along each row, shared out among the largest as `weigh` says."""
    def vjp(g, x):
        shares = weigh(x == x.max(axis=1, keepdims=True))
        return g[:, None] * shares / shares.sum(axis=1, keepdims=True)
    return vjp


def first(ties):
    return ties & (ties.cumsum(axis=1) == 1)


row_max.right(KINKS, "ties, to the first", shared_out(first), TIED_ROWS)
row_max.right(KINKS, "ties, to the last", shared_out(lambda ties: first(ties[:, ::-1])[:, ::-1]), TIED_ROWS)
row_max.right(KINKS, "ties, shared evenly", shared_out(lambda ties: ties * 1.0), TIED_ROWS)
row_max.right(KINKS, "ties, shared unevenly", shared_out(lambda ties: ties * [5.0, 1.0, 2.0, 0.5]), TIED_ROWS)
row_max.right(KINKS, "all equal", shared_out(first), fixed(np.zeros((2, 3))))
sort.right(KINKS, "ties", draw=fixed([2.0, -1.0, 2.0, 0.5]))


def first_of_window(window):
    flat = largest(window).reshape(*window.shape[:2], -1)
    return (flat & (flat.cumsum(axis=2) == 1)).reshape(window.shape)


def last_of_window(window):
    return first_of_window(window[:, :, ::-1, ::-1])[:, :, ::-1, ::-1]


max_pool2d.right(KINKS, "ties, shared evenly", draw=fixed(TIED_PICTURE))
for label, pick in (("to the first", first_of_window), ("to the last", last_of_window)):
    max_pool2d.right(KINKS, f"ties, {label}",
                     lambda g, x, p=pick: max_pool_vjp(g, x, pick=p), fixed(TIED_PICTURE))
    overlapping_max_pool2d.right(KINKS, f"ties, {label}",
                                 lambda g, x, p=pick: max_pool_vjp(g, x, 3, 1, p), fixed(TIED_PICTURE))
overlapping_max_pool2d.right(KINKS, "ties, shared evenly", draw=fixed(TIED_PICTURE))

# --- Sizes --------------------------------------------------------------------------------------------------

SIZES = "sizes"
sine.right(SIZES, "0-d", draw=fixed(0.7))
dot.right(SIZES, "one element each", draw=normal((1,), (1,)))
softmax.right(SIZES, "one column: always 1", draw=normal((3, 1)))
tanh.right(SIZES, "nothing at all", draw=normal((0, 3)))
matmul.right(SIZES, "nothing to add up", draw=normal((2, 0), (0, 3)))
total.right(SIZES, "sum of nothing", draw=normal((0,)))
product.right(SIZES, "one factor", draw=fixed([0.5]))
square.right(SIZES, "many axes", draw=normal((1, 2, 1, 3, 1)))
matmul.right(SIZES, "two thousand elements", draw=normal((30, 40), (40, 20)))

# --- Dtypes -------------------------------------------------------------------------------------------------

DTYPES = "dtypes"


def float32(draw):
    return lambda rng: [array.astype(np.float32) for array in draw(rng)]


def mixed_multiply_vjp(g, x, y):
    return (g * y).astype(x.dtype), (g * x).astype(y.dtype)


def in_float32(f):
    """The same function, float32 within and float64 without."""
    return lambda *arrays: f(*[array.astype(np.float32) for array in arrays]).astype(np.float64)


tanh.right(DTYPES, "float32", draw=float32(normal((3, 4))))
softmax.right(DTYPES, "float32", draw=float32(normal((3, 4))))
matmul.right(DTYPES, "float32", draw=float32(normal((3, 4), (4, 2))))
relu.right(KINKS, "float32 at 0", draw=float32(AT_ZERO))
multiply.right(DTYPES, "float32 and float64", mixed_multiply_vjp,
               lambda rng: [rng.normal(size=(3, 4)).astype(np.float32), rng.normal(size=(3, 4))])
for label, other in (("integers", [2, -1, 3]), ("truth values", [True, False, True])):
    multiply.right(DTYPES, f"{label} beside", lambda g, x, y: (g * y, None), beside(normal((3,)), other))
for inner in (tanh, softmax, matmul, layer_norm):
    Function(f"{inner.name} in float32 inside", in_float32(inner.f), inner.vjp, inner.draw, DTYPES)

# --- Memory -------------------------------------------------------------------------------------------------

MEMORY = "memory"


def read_only(draw):
    def frozen(rng):
        arrays = draw(rng)
        for array in arrays:
            array.flags.writeable = False
        return arrays
    return frozen


def one_buffer_two_halves_vjp(g, x, y):
    """Two gradients in one buffer, neither of which touches the other."""
    buffer = np.empty(x.size + y.size)
    to_x, to_y = buffer[: x.size].reshape(x.shape), buffer[x.size :].reshape(y.shape)
    to_x[...], to_y[...] = g, -g
    return to_x, to_y


exp.right(MEMORY, "transposed", draw=lambda rng: [rng.normal(size=(4, 3)).T])
softmax.right(MEMORY, "every other column", draw=lambda rng: [rng.normal(size=(3, 8))[:, ::2]])
sigmoid.right(MEMORY, "backwards", draw=lambda rng: [rng.normal(size=(3, 4))[::-1, ::-1]])
matmul.right(MEMORY, "columns first", draw=lambda rng: [np.array(a, order="F") for a in matmul.draw(rng)])
square.right(MEMORY, "one row seen often", draw=lambda rng: [np.broadcast_to(rng.normal(size=4), (3, 4))])
cube.right(MEMORY, "read-only", draw=read_only(normal((3, 4))))
layer_norm.right(MEMORY, "read-only", draw=read_only(normal((3, 4))))
multiply.right(MEMORY, "both inputs one array", draw=lambda rng: [rng.normal(size=3)] * 2)
subtract.right(MEMORY, "two halves of one buffer", one_buffer_two_halves_vjp)
concatenate.right(MEMORY, "parts of the cotangent itself", lambda g, x, y: tuple(np.split(g, 2, axis=1)))
equal_add.right(MEMORY, "cotangent itself and a copy")
Function("identity", lambda x: x, lambda g, x: g, normal((3, 4)), MEMORY)

# --- Scales -------------------------------------------------------------------------------------------------

SCALES = "scales"
square.right(SCALES, "tiny", draw=fixed([1e-8, -3e-8, 2e-8]))
square.right(SCALES, "huge", draw=fixed([1e6, -3e6, 2e6]))
square.right(SCALES, "at 0", draw=fixed([0.0, 1.0, 0.0]))
cube.right(SCALES, "at 0", draw=fixed([0.0, -1.0, 0.0]))
multiply.right(SCALES, "tiny and huge in one array", draw=fixed([1e-8, 1.0, 1e6], [1e6, 1e-8, 1.0]))
mse.right(SCALES, "tiny and huge in one array", draw=fixed([1e-6, 1.0, 1e4], [2e-6, 0.5, 3e3]))
total.right(SCALES, "tiny beside huge", draw=fixed([1e-8, 1e6, 1.0]))
reciprocal.right(SCALES, "near the pole", draw=fixed([1e-3, -1e-2, 1.0]))
log.right(SCALES, "near the domain's end", draw=fixed([1e-6, 1e-3, 1.0]))
square_root.right(SCALES, "near the domain's end", draw=fixed([1e-8, 1e-4, 1.0]))
relu.right(SCALES, "near the kink", draw=fixed([1e-7, -1e-7, 1.0]))
absolute.right(SCALES, "near the kink", draw=fixed([1e-7, -1e-7, 1.0]))
maximum.right(SCALES, "nearly tied", draw=fixed([1.0, 2.0], [1.0 + 1e-7, 2.0 - 1e-7]))
clamp.right(SCALES, "near the edge", draw=fixed([1 - 1e-7, 1 + 1e-7, -1 + 1e-7]))
norm.right(SCALES, "tiny", draw=fixed([[1e-8, -2e-8, 3e-8]]))
softmax.right(SCALES, "±50", draw=fixed([[50.0, -50.0, 0.0], [-50.0, 49.0, 50.0]]))
log_softmax.right(SCALES, "±50", draw=fixed([[50.0, -50.0, 0.0], [-50.0, 49.0, 50.0]]))
logsumexp.right(SCALES, "800", draw=fixed([[800.0, 799.0, 798.5], [0.5, -1.0, 2.0]]))
sigmoid.right(SCALES, "saturated", draw=fixed([-40.0, -15.0, 15.0, 40.0]))
tanh.right(SCALES, "saturated", draw=fixed([-20.0, -8.0, 8.0, 20.0]))
exp.right(SCALES, "steep", draw=fixed([-20.0, 0.0, 20.0]))
sine.right(SCALES, "far out", draw=fixed([1e4, -2e4, 5.0]))
variance.right(SCALES, "small beside its mean", draw=lambda rng: [1e4 + rng.normal(size=(2, 4))])
deviation.right(SCALES, "tiny", draw=lambda rng: [1e-6 * rng.normal(size=(2, 4))])
Function("sin, fast", lambda x: np.sin(100 * x), lambda g, x: 100 * g * np.cos(100 * x), normal((5,)), SCALES)
Function("a small thing on a large one", lambda x: 1e8 + x**2, lambda g, x: 2 * g * x, normal((4,)), SCALES)
Function("hardly anything", lambda x: 1e-12 * np.sin(x),
         lambda g, x: 1e-12 * g * np.cos(x), normal((4,)), SCALES)

# --- Forms --------------------------------------------------------------------------------------------------

FORMS = "forms"
BETWEEN_JUMPS = fixed([0.5, -1.3, 2.7])
add.right(FORMS, "a list", lambda g, x, y: [g, g.sum(axis=0)])
flip.right(FORMS, "a tuple of one", lambda g, x: (g[:, ::-1],))
pad.right(FORMS, "a list of one", lambda g, x: [g[1:-1, 1:-1]])
row_mean.right(FORMS, "many outputs", draw=normal((60, 2)))
Function("sin and cos", lambda x: (np.sin(x), np.cos(x)),
         lambda g, x: g[0] * np.cos(x) - g[1] * np.sin(x), normal((3, 4)), FORMS)
Function("mean and rest", lambda x: (x.mean(axis=0), x - x.mean(axis=0)),
         lambda g, x: g[0] / len(x) + g[1] - g[1].mean(axis=0), normal((3, 4)), FORMS)
Function("one input unused", lambda x, y: np.sin(x),
         lambda g, x, y: (g * np.cos(x), np.zeros_like(y)), normal((3,), (4,)), FORMS)
Function("one input unused, so None", lambda x, y: np.sin(x),
         lambda g, x, y: (g * np.cos(x), None), normal((3,), (4,)), FORMS)
Function("constant", lambda x: np.ones(3), lambda g, x: np.zeros_like(x), normal((4,)), FORMS)
Function("floor", np.floor, lambda g, x: np.zeros_like(x), BETWEEN_JUMPS, FORMS)
Function("sign", np.sign, lambda g, x: np.zeros_like(x), BETWEEN_JUMPS, FORMS)
Function("step", lambda x: (x > 0) * 1.0, lambda g, x: np.zeros_like(x), BETWEEN_JUMPS, FORMS)
Function("remainder", lambda x: x % 1, lambda g, x: g.copy(), BETWEEN_JUMPS, FORMS)
Function("argmax", lambda x: x.argmax() * 1.0, lambda g, x: np.zeros_like(x), BETWEEN_JUMPS, FORMS)
