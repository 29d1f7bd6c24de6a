"""The calculus: every operation on arrays, with its derivatives right under it.

This file knows NumPy and nothing of graphs. Each operation is a plain NumPy function; below it stands one
vector-Jacobian product (vjp) for each of its array arguments. A vjp answers one question: if the loss changes
by `g` for a small change of the output `out`, by how much does it change for a small change of this argument?

    @op
    def mul(x, y):
        return x * y
    defvjp(mul, lambda g, out, x, y: g * y,        # ∂(x·y)/∂x = y
                lambda g, out, x, y: g * x)        # ∂(x·y)/∂y = x

A vjp is itself written in operations. So it runs on bare arrays, and it runs on tensors, where it is recorded
and can be differentiated again: that is all there is to gradients of gradients. Where an argument was
broadcast, its vjp returns a gradient of the broadcast shape; adding that up is done in one place, by the walk
in `tensor.py`.
"""

import builtins
import functools
import inspect
import math
from collections import namedtuple

import numpy as np

MaxResult = namedtuple("MaxResult", ["values", "indices"])
OPS: dict[str, "Op"] = {}     # every operation there is, by name: the tests walk this table


class Op:
    """An operation: its `forward` on NumPy arrays, and `vjps`, one for each argument that can have a
    gradient.

    Calling it with arrays computes. Calling it with something that has a method `_record` hands the call
    over: that is how tensors take part without this file knowing them.
    """

    def __init__(self, forward):
        self.forward, self.name, self.vjps = forward, forward.__name__, ()
        self.__doc__, self.__wrapped__ = forward.__doc__, forward
        self.parameters = list(inspect.signature(forward).parameters.values())
        self.arity = len(self.parameters)

    def __call__(self, *args, **named):
        if len(args) != self.arity:
            args = self._complete(args, named)
        for arg in args:
            if hasattr(arg, "_record"):
                return arg._record(self, args)
        return self.forward(*args)

    def _complete(self, args, named):
        """Arguments in order, with the named ones and the defaults filled in, so that a vjp sees them all."""
        bound = inspect.signature(self.forward).bind(*args, **named)
        bound.apply_defaults()
        return bound.args

    def __repr__(self):
        return f"<op {self.name}>"


def op(forward):
    """Declare a NumPy function as an operation. It has no gradient until `defvjp` gives it one."""
    OPS[forward.__name__] = Op(forward)
    return OPS[forward.__name__]


def defvjp(operation, *vjps):
    """Give an operation its vector-Jacobian products, one for each array argument; None is no gradient."""
    operation.vjps = vjps


# --- Elementwise: two arguments -----------------------------------------------------------------------------

@op
def add(x, y):
    return x + y
defvjp(add, lambda g, out, x, y: g,
            lambda g, out, x, y: g)

@op
def sub(x, y):
    return x - y
defvjp(sub, lambda g, out, x, y: g,
            lambda g, out, x, y: -g)

@op
def mul(x, y):
    return x * y
defvjp(mul, lambda g, out, x, y: g * y,
            lambda g, out, x, y: g * x)

@op
def div(x, y):
    return x / y
defvjp(div, lambda g, out, x, y: g / y,                       # ∂(x/y)/∂x = 1/y
            lambda g, out, x, y: -g * out / y)                # ∂(x/y)/∂y = -x/y²

@op
def pow(x, y):
    return x**y
defvjp(pow, lambda g, out, x, y: g * y * x ** (y - (y != 0)),            # ∂xʸ/∂x = y·xʸ⁻¹, and 0 for y = 0
            lambda g, out, x, y: g * out * log(where(x == 0, 1.0, x)))   # ∂xʸ/∂y = xʸ·ln x, and 0 at x = 0

@op
def maximum(x, y):
    return np.maximum(x, y)
defvjp(maximum, lambda g, out, x, y: g * (x > y) + 0.5 * g * (x == y),    # equal: half to each
                lambda g, out, x, y: g * (x < y) + 0.5 * g * (x == y))

@op
def minimum(x, y):
    return np.minimum(x, y)
defvjp(minimum, lambda g, out, x, y: g * (x < y) + 0.5 * g * (x == y),
                lambda g, out, x, y: g * (x > y) + 0.5 * g * (x == y))

@op
def where(condition, x, y):
    return np.where(condition, x, y)
defvjp(where, None,
              lambda g, out, condition, x, y: where(condition, g, 0.0),
              lambda g, out, condition, x, y: where(condition, 0.0, g))


# --- Elementwise: one argument ------------------------------------------------------------------------------

@op
def neg(x):
    return -x
defvjp(neg, lambda g, out, x: -g)

@op
def exp(x):
    return np.exp(x)
defvjp(exp, lambda g, out, x: g * out)                        # its own derivative

@op
def log(x):
    return np.log(x)
defvjp(log, lambda g, out, x: g / x)

@op
def tanh(x):
    return np.tanh(x)
defvjp(tanh, lambda g, out, x: g * (1 - out * out))

@op
def sigmoid(x):
    return 0.5 * np.tanh(0.5 * x) + 0.5                       # 1/(1 + e⁻ˣ), in the form that cannot overflow
defvjp(sigmoid, lambda g, out, x: g * out * (1 - out))

@op
def relu(x):
    return np.maximum(x, 0)
defvjp(relu, lambda g, out, x: g * (out > 0))                 # at the kink, x = 0, the slope is taken as 0

@op
def abs(x):
    return np.abs(x)
defvjp(abs, lambda g, out, x: g * sign(x))                    # at the kink, 0

@op
def to(x, dtype):
    return np.asarray(x, dtype)
defvjp(to, lambda g, out, x, dtype: to(g, x.dtype))


# --- Steps: flat everywhere, so they have no gradient -------------------------------------------------------

@op
def detach(x):
    return x                                                  # the same numbers, and no way back

@op
def sign(x):
    return np.sign(x)

@op
def eq(x, y):
    return x == y

@op
def ne(x, y):
    return x != y

@op
def gt(x, y):
    return x > y

@op
def ge(x, y):
    return x >= y

@op
def lt(x, y):
    return x < y

@op
def le(x, y):
    return x <= y

@op
def argmax(x, dim=None, keepdim=False):
    return np.argmax(x, dim, keepdims=keepdim)


# --- Sums and their transposes: what one repeats, the other adds up -----------------------------------------

@op
def sum(x, dim=None, keepdim=False):
    return np.sum(x, dim, keepdims=keepdim)
defvjp(sum, lambda g, out, x, dim, keepdim: broadcast_to(keep(g, x, dim), x.shape))

@op
def broadcast_to(x, shape):
    return np.broadcast_to(x, shape)
defvjp(broadcast_to, lambda g, out, x, shape: sum_to(g, x.shape))

@op
def sum_to(x, shape):
    """Add up `x` over the axes along which an array of `shape` would have to be repeated to look like it."""
    x = np.sum(x, tuple(range(x.ndim - len(shape))))
    return np.sum(x, tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True)
defvjp(sum_to, lambda g, out, x, shape: broadcast_to(g, x.shape))

def keep(g, x, dim):
    """A reduction's result with the reduced axes of `x` put back, at length 1."""
    dims = range(x.ndim) if dim is None else [d % x.ndim for d in ((dim,) if isinstance(dim, int) else dim)]
    return reshape(g, tuple(1 if i in dims else n for i, n in enumerate(x.shape)))


# --- The largest, and its smooth cousin ---------------------------------------------------------------------

@op
def amax(x, dim=None, keepdim=False):
    return np.max(x, dim, keepdims=keepdim)
defvjp(amax, lambda g, out, x, dim, keepdim: share(keep(g, x, dim), x == keep(out, x, dim), dim))

def share(g, hit, dim):
    return g * hit / sum(hit, dim, True)                      # a tie: the winners share the gradient evenly

@op
def max_along(x, dim):
    """The largest along one axis, as in the windows of max pooling: slice against slice, in memory order."""
    if x.shape[dim] == 0:
        raise IndexError(f"axis {dim} has no elements, so there is no largest one")
    return functools.reduce(np.maximum, np.moveaxis(x, dim, 0))
defvjp(max_along, lambda g, out, x, dim: keep(g, x, dim) * first_hit(x, out, dim))    # the first takes it all

@op
def first_hit(x, top, dim):
    """Where `x` first reaches `top` along `dim`: (..., L, ...) and (..., ...) -> booleans (..., L, ...)."""
    hits = np.empty_like(x, dtype=bool)
    hit, value, free = np.moveaxis(hits, dim, 0), np.moveaxis(x, dim, 0), np.True_
    for i in range(len(hit) - 1):
        hit[i] = (value[i] == top) & free
        free = free ^ hit[i]
    hit[-1] = free                                            # where nobody reached it yet, the last one does
    return hits

@op
def logsumexp(x, dim, keepdim=False):
    top = np.max(x, dim, keepdims=True)                       # shifted by the largest: no exp overflows
    out = np.log(np.sum(np.exp(x - top), dim, keepdims=True)) + top
    return out if keepdim else np.squeeze(out, dim)
defvjp(logsumexp, lambda g, out, x, dim, keepdim:             # its derivative is the softmax
                      keep(g, x, dim) * exp(x - keep(out, x, dim)))


# --- Products -----------------------------------------------------------------------------------------------

@op
def mm(x, y):
    """Matrix product: (..., n, k) @ (..., k, m) -> (..., n, m); leading axes are broadcast."""
    return np.matmul(x, y)
defvjp(mm, lambda g, out, x, y: mT(mm(y, mT(g))),             # g·yᵀ as (y·gᵀ)ᵀ: faster where m is huge
           lambda g, out, x, y: mm(mT(x), g))                 # (k, n) @ (n, m) -> (k, m)

def mT(x):
    return permute(x, (*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


# --- Shape: the same numbers elsewhere. Each is linear, and its vjp is its transpose ------------------------

@op
def reshape(x, shape):
    return np.reshape(x, shape)
defvjp(reshape, lambda g, out, x, shape: reshape(g, x.shape))

@op
def permute(x, dims):
    return np.transpose(x, dims)
defvjp(permute, lambda g, out, x, dims: permute(g, inverse(dims)))

def inverse(dims):
    return tuple(int(i) for i in np.argsort([dim % len(dims) for dim in dims]))

@op
def getitem(x, index):
    return x[index]
defvjp(getitem, lambda g, out, x, index: scatter(g, index, x.shape))

@op
def scatter(x, index, shape):
    """Zeros of `shape`, with `x` added at `index`; an element that is named twice gets both."""
    out = np.zeros(shape, x.dtype)
    np.add.at(out, index, x)
    return out
defvjp(scatter, lambda g, out, x, index, shape: getitem(g, index))

@op
def pad(x, widths, value=0.0):
    """A border of `value` around `x`: `widths` holds (before, after) for each axis."""
    out = np.full_like(x, value, shape=[low + n + high for n, (low, high) in zip(x.shape, widths)])
    out[inside(widths, out)] = x
    return out
defvjp(pad, lambda g, out, x, widths, value: getitem(g, inside(widths, g)))

def inside(widths, padded):
    return tuple(slice(low, n - high) for n, (low, high) in zip(padded.shape, widths))

@op
def unfold(x, dim, size, step):
    """All windows of `size` along `dim`, `step` apart: (..., L, ...) -> (..., windows, ..., size).

    Nothing is copied. The windows overlap in memory, so the result must only be read.
    """
    length, stride = x.shape[dim], x.strides[dim]
    if not (1 <= size <= length and step >= 1):
        raise ValueError(f"windows of {size}, {step} apart, do not fit axis {dim} of {length}")
    shape, strides = list(x.shape), list(x.strides)
    shape[dim], strides[dim] = (length - size) // step + 1, stride * step
    return np.lib.stride_tricks.as_strided(x, (*shape, size), (*strides, stride), writeable=False)
defvjp(unfold, lambda g, out, x, dim, size, step: fold(g, dim % x.ndim, step, x.shape[dim]))

@op
def fold(x, dim, step, length):
    """Windows put back, and added up where they overlap: (..., windows, ..., size) -> (..., length, ...)."""
    windows, size = x.shape[dim], x.shape[-1]
    shape = (*x.shape[:dim], length, *x.shape[dim + 1 : -1])
    if step == size and windows * size == length:             # side by side, no overlaps: nothing to add up
        return np.moveaxis(x, -1, dim + 1).reshape(shape)
    out = np.zeros_like(x[..., 0], shape=shape)
    target = np.moveaxis(out, dim, -1)
    source = np.moveaxis(x, dim, -2)
    for i in range(size):
        target[..., i : i + step * windows : step] += source[..., i]
    return out
defvjp(fold, lambda g, out, x, dim, step, length: unfold(g, dim, x.shape[-1], step))


# --- Composed: no gradients of their own --------------------------------------------------------------------

def sqrt(x):
    return pow(x, 0.5)

def mean(x, dim=None, keepdim=False):
    total = sum(x, dim, keepdim)
    return total / (math.prod(x.shape) // builtins.max(1, math.prod(total.shape)))

def max(x, dim=None, keepdim=False):
    """The largest element; with `dim`, a pair along it: the largest values, and where each is found first."""
    if dim is None:
        return amax(x)
    values = max_along(x, dim)
    return MaxResult(keep(values, x, dim) if keepdim else values, argmax(x, dim, keepdim))

def matmul(x, y):
    """Matrix product (..., n, k) @ (..., k, m). On the left a vector is a row, on the right a column."""
    if x.ndim == 0 or y.ndim == 0 or x.shape[-1] != y.shape[-2 if y.ndim > 1 else 0]:
        raise RuntimeError(f"matmul: shapes {x.shape} @ {y.shape}: the last length on the left must equal "
                           "the last but one on the right, as in (..., n, k) @ (..., k, m)")
    out = mm(x if x.ndim > 1 else reshape(x, (1, -1)), y if y.ndim > 1 else reshape(y, (-1, 1)))
    if x.ndim > 1 and y.ndim > 1:
        return out
    drop = [i for i, vector in ((-2, x.ndim == 1), (-1, y.ndim == 1)) if vector]
    return reshape(out, tuple(n for i, n in enumerate(out.shape, -out.ndim) if i not in drop))

def softmax(x, dim):
    return exp(log_softmax(x, dim))

def log_softmax(x, dim):
    x = x - detach(amax(x, dim, True))                        # near zero, where float32 has digits to spare
    return x - logsumexp(x, dim, True)
