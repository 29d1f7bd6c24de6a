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
import inspect
import math
import operator
from collections import namedtuple
from types import MethodType

import numpy as np

from minigrad import products


class Op:
    """An operation: its `forward` on NumPy arrays, and `vjps`, one for each argument that can have a
    gradient.

    Calling it with arrays computes. Calling it with something that has a method `_record` hands the call
    over: that is how tensors take part without this file knowing them.
    """

    def __init__(self, forward):
        self.forward, self.name, self.vjps = forward, forward.__name__, ()
        self.__name__, self.__doc__, self.__wrapped__ = forward.__name__, forward.__doc__, forward
        self.signature = inspect.signature(forward)
        self.arity, self.defaults = len(self.signature.parameters), forward.__defaults__ or ()

    def __call__(self, *args, **named):
        if named or len(args) != self.arity:
            args = self._complete(args, named)
        for arg in args:
            if hasattr(arg, "_record"):
                return arg._record(self, args)
        return self.forward(*args)

    def _complete(self, args, named):
        """Arguments in order, with the named ones and the defaults filled in, so that a vjp sees them all."""
        missing = self.arity - len(args)
        if not named and 0 < missing <= len(self.defaults):
            return args + self.defaults[-missing:]            # the usual case, without the slow `bind`
        bound = self.signature.bind(*args, **named)
        bound.apply_defaults()
        return bound.args

    def __get__(self, tensor, owner=None):
        """As a method: `tensor.exp()` is `exp(tensor)`."""
        return self if tensor is None else MethodType(self, tensor)

    def __repr__(self):
        return f"<op {self.name}>"


def op(forward):
    """Declare a NumPy function as an operation. It has no gradient until `defvjp` gives it one."""
    return Op(forward)


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
def sin(x):
    return np.sin(x)
defvjp(sin, lambda g, out, x: g * cos(x))

@op
def cos(x):
    return np.cos(x)
defvjp(cos, lambda g, out, x: -g * sin(x))

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
    return x.clip(0, np.inf) if x.dtype.kind == "f" else np.maximum(x, 0)    # the same; clip is faster
defvjp(relu, lambda g, out, x: g * (out > 0))                 # at the kink, x = 0, the slope is taken as 0

@op
def abs(x):
    return np.abs(x)
defvjp(abs, lambda g, out, x: g * sign(x))                    # at the kink, 0

@op
def sign(x):
    return np.sign(x)
defvjp(sign, lambda g, out, x: where(True, 0.0, g))           # flat, but for the step at 0

@op
def to(x, dtype):
    """The same numbers in another dtype."""
    if isinstance(dtype, str):
        raise TypeError(f"wanted a dtype, got {dtype!r}; devices are PyTorch's, not in minigrad's subset")
    return np.asarray(x, dtype)
defvjp(to, lambda g, out, x, dtype: to(g, x.dtype))


# --- Steps: flat everywhere, so they have no gradient -------------------------------------------------------

@op
def detach(x):
    return x                                                  # the same numbers, and no way back

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
def bitwise_not(x):
    return np.invert(x)

@op
def any(x, dim=None, keepdim=False):
    return np.any(x, axes(x, dim, "any"), keepdims=keepdim)

@op
def all(x, dim=None, keepdim=False):
    return np.all(x, axes(x, dim, "all"), keepdims=keepdim)

@op
def argmax(x, dim=None, keepdim=False):
    return np.argmax(x, dim, keepdims=keepdim)

@op
def argmin(x, dim=None, keepdim=False):
    return np.argmin(x, dim, keepdims=keepdim)


# --- Sums and their transposes: what one repeats, the other adds up -----------------------------------------

def axis(x, dim, name, new=0):
    """An axis counted from the front. Of a single number, which has none, the first may be asked for."""
    dim, count = operator.index(dim), builtins.max(x.ndim + new, 1)
    if not -count <= dim < count:
        raise IndexError(f"{name} of {x.shape}: there is no axis {dim}")
    return dim % count

def axes(x, dim, name):
    """One axis or several, each counted from the front; None stands for all of them."""
    if dim is None:
        return tuple(range(x.ndim))
    dims = (dim,) if isinstance(dim, int) or not np.iterable(dim) else tuple(dim)
    counted = tuple([axis(x, d, name) for d in dims])
    if len(set(counted)) < len(counted):
        raise RuntimeError(f"{name} of {x.shape}: duplicate axis in {dims}")
    return counted if x.ndim > 0 else ()

def reduced(x, dim, name):
    """The axes that a reduction takes together: those of `dim`, or all of them if it names none."""
    return axes(x, dim, name) or tuple(range(x.ndim))

def keep(g, x, dim):
    """A reduction's result with the reduced axes of `x` put back, at length 1."""
    gone = reduced(x, dim, "keep")
    return reshape(g, tuple(1 if i in gone else n for i, n in enumerate(x.shape)))

@op
def sum(x, dim=None, keepdim=False):
    return x.sum(reduced(x, dim, "sum"), keepdims=keepdim)
defvjp(sum, lambda g, out, x, dim, keepdim: broadcast_to(keep(g, x, dim), x.shape))

@op
def broadcast_to(x, shape):
    """As if repeated to `shape`: axes of length 1 stretch, new ones come in front; -1 keeps a length."""
    lengths = (-1,) * (len(shape) - x.ndim) + x.shape
    return np.broadcast_to(x, tuple(n if wish == -1 else wish for wish, n in zip(shape, lengths)))
defvjp(broadcast_to, lambda g, out, x, shape: sum_to(g, x.shape))

def sum_to(x, shape):
    """Add up `x` over the axes along which an array of `shape` would have to be repeated to look like it."""
    new = x.ndim - len(shape)
    repeated = tuple(i for i in range(x.ndim) if i < new or shape[i - new] == 1)
    return reshape(sum(x, repeated), shape) if repeated else x


# --- The largest --------------------------------------------------------------------------------------------

@op
def amax(x, dim=None, keepdim=False):
    return np.max(x, reduced(x, dim, "amax"), keepdims=keepdim)
defvjp(amax, lambda g, out, x, dim, keepdim: share(keep(g, x, dim), x == keep(out, x, dim), dim))

@op
def amin(x, dim=None, keepdim=False):
    return np.min(x, reduced(x, dim, "amin"), keepdims=keepdim)
defvjp(amin, lambda g, out, x, dim, keepdim: share(keep(g, x, dim), x == keep(out, x, dim), dim))

def share(g, hit, dim):
    return g * hit / sum(hit, dim, True)                      # a tie: the winners share the gradient evenly

@op
def shift(x, dim):
    """What to take off before exp: the largest along `dim`, so that nothing overflows; but no infinity."""
    x = x if x.dtype.kind == "f" else x.astype(np.float32)
    top = x.max(reduced(x, dim, "shift"), keepdims=True, initial=-np.inf)
    return np.where(np.isfinite(top), top, 0)

@op
def log_softmax(x, dim):
    """The logarithm of the softmax, the shares exp(x) / Σ exp(x) along `dim`: finite for x of any size."""
    dims = reduced(x, axis(x, dim, "log_softmax"), "log_softmax")
    x = x - shift.forward(x, dims)                            # near zero, where float32 has digits to spare
    return x - np.log(np.exp(x).sum(dims, keepdims=True))
defvjp(log_softmax, lambda g, out, x, dim: g - exp(out) * sum(g, dim, True))  # ∂outᵢ/∂xⱼ = δᵢⱼ - shareⱼ


# --- Products -----------------------------------------------------------------------------------------------

@op
def product(x, y):
    """Matrix product: (..., n, k) @ (..., k, m) -> (..., n, m); leading axes are broadcast."""
    return products.matmul(x, y)
defvjp(product, lambda g, out, x, y: product(g, mT(y)),       # (n, m) @ (m, k) -> (n, k)
                lambda g, out, x, y: product(mT(x), g))       # (k, n) @ (n, m) -> (k, m)

def mT(x):
    return permute(x, (1, 0) if x.ndim == 2 else (*range(x.ndim - 2), -1, -2))

@op
def linear(x, weight, bias=None):
    """A layer, x·weightᵀ + bias: (N, in), (out, in) and (out,) -> (N, out)."""
    # As (weight·xᵀ)ᵀ it has N last in memory, as convolutions do. In the gradient of the weight, which has no
    # N, the longer side comes first, and that is `in`: on two cores OpenBLAS is nearly twice as fast so.
    out = products.matmul(weight, x.T)
    return (out if bias is None else out + bias[:, None]).T
defvjp(linear, lambda g, out, x, weight, bias: mT(product(mT(weight), mT(g))),     # (in, out) @ (out, N)
               lambda g, out, x, weight, bias: mT(product(mT(x), g)),              # (in, N) @ (N, out)
               lambda g, out, x, weight, bias: sum(g, 0))


# --- Shape: the same numbers elsewhere. Each is linear, and its vjp is its transpose ------------------------

@op
def reshape(x, shape):
    return x.reshape(shape)
defvjp(reshape, lambda g, out, x, shape: reshape(g, x.shape))

@op
def permute(x, dims):
    return x.transpose(dims)
defvjp(permute, lambda g, out, x, dims: permute(g, inverse(dims)))

def inverse(dims):
    places = [dim % len(dims) for dim in dims]
    return tuple(map(places.index, range(len(places))))

@op
def getitem(x, index):
    return x[index]
defvjp(getitem, lambda g, out, x, index: scatter(g, index, x.shape))

@op
def scatter(x, index, shape):
    """Zeros of `shape`, with `x` added at `index`; an element that is named twice gets both."""
    out = np.zeros(shape, x.dtype)
    parts = index if isinstance(index, tuple) else (index,)
    if builtins.all(part is None or part is ... or isinstance(part, (int, slice)) for part in parts):
        out[index] = x                                        # nothing can be named twice: far faster
    else:
        np.add.at(out, index, x)
    return out
defvjp(scatter, lambda g, out, x, index, shape: getitem(g, index))

@op
def join(x, y, dim):
    return np.concatenate([x, y], dim)
defvjp(join, lambda g, out, x, y, dim: part(g, dim, 0, x.shape[dim]),
             lambda g, out, x, y, dim: part(g, dim, x.shape[dim], out.shape[dim]))

def part(x, dim, start, end):
    """The elements from `start` to `end`, `end` left out, along one axis."""
    return getitem(x, (slice(None),) * (dim % x.ndim) + (slice(start, end),))

@op
def pad(x, widths, value=0.0):
    """A border of `value` around `x`: `widths` holds (before, after) for each axis."""
    if not builtins.any(map(builtins.any, widths)):
        return x
    shape = [low + n + high for n, (low, high) in zip(x.shape, widths)]
    out = np.empty_like(x, shape=shape)
    for dim, (low, high) in enumerate(widths):
        before = (slice(None),) * dim
        out[(*before, slice(0, low))] = out[(*before, slice(shape[dim] - high, None))] = value
    out[inside(widths, out.shape)] = x
    return out
defvjp(pad, lambda g, out, x, widths, value: getitem(g, inside(widths, g.shape)))

def inside(widths, shape):
    return tuple(slice(low, n - high) for n, (low, high) in zip(shape, widths))

# --- Composed: no gradients of their own --------------------------------------------------------------------

Extreme = namedtuple("Extreme", ["values", "indices"])

def wanted(fits, name, what, *given):
    """Unless that `fits`, a RuntimeError that says what the function `name` wanted, and what it was given."""
    if not fits:
        got = " and ".join(str(x if isinstance(x, np.dtype) else getattr(x, "shape", x)) for x in given)
        raise RuntimeError(f"{name}: wanted {what}, got {got}")

def sqrt(x):
    return pow(x, 0.5)

def square(x):
    return pow(x, 2)

def reciprocal(x):
    return 1 / x

def logical_not(x):
    return x == 0

def clamp(x, min=None, max=None):
    """Every number kept from `min` to `max`. The slope is 1 between them and at both, and 0 outside."""
    if min is None and max is None:
        raise RuntimeError("clamp: wanted min, max, or both")
    x = x if min is None else where(x < min, min, x)
    return x if max is None else where(x > max, max, x)

# Reductions

def mean(x, dim=None, keepdim=False):
    """The mean, over all axes, one, or several. RuntimeError for integers and booleans."""
    wanted(x.dtype.kind == "f", "mean", "a floating-point tensor", x.dtype)
    dims = reduced(x, dim, "mean")
    return sum(x, dims, keepdim) / math.prod(x.shape[d] for d in dims)

def var(x, dim=None, correction=1, keepdim=False):
    """The variance: squares divided by n - `correction`, where 1 makes it unbiased (Bessel)."""
    dims = reduced(x, dim, "var")
    apart = x - mean(x, dims, True)
    n = math.prod(x.shape[d] for d in dims)
    return sum(apart * apart, dims, keepdim) / builtins.max(n - correction, 0)

def std(x, dim=None, correction=1, keepdim=False):
    """The standard deviation: the square root of the variance."""
    spread = var(x, dim, correction, keepdim)
    return where(spread == 0, 0.0, sqrt(where(spread == 0, 1.0, spread)))     # without spread the slope is 0

def prod(x, dim=None, keepdim=False):
    """The product, by halves: one half times the other, until one number is left. Zeros do no harm."""
    x = x if x.dtype.kind == "f" else to(x, np.int64)
    dims = reduced(x, dim, "prod")
    for d in dims:
        x = x if x.shape[d] > 0 else sum(x, d, True) + 1      # of no numbers at all it is 1
        while (n := x.shape[d]) > 1:
            halves = part(x, d, 0, n // 2) * part(x, d, n // 2, n // 2 * 2)
            x = join(halves, part(x, d, n - 1, n), d) if n % 2 else halves
    return x if keepdim else squeeze(x, dims)

def max(x, dim=None, keepdim=False):
    """The largest element; with `dim`, a pair along it: the largest values, and where each comes first."""
    return amax(x) if dim is None else extreme(x, dim, keepdim, argmax(x, dim, True))

def min(x, dim=None, keepdim=False):
    """The smallest element; with `dim`, a pair along it: the smallest values, and where each comes first."""
    return amin(x) if dim is None else extreme(x, dim, keepdim, argmin(x, dim, True))

def extreme(x, dim, keepdim, indices):
    values = gather(x, dim, indices)
    return Extreme(values, indices) if keepdim else Extreme(squeeze(values, dim), squeeze(indices, dim))

def logsumexp(x, dim, keepdim=False):
    """log Σ exp(x) along `dim`, for numbers of any size: a smooth maximum, with the softmax for gradient."""
    dims = reduced(x, dim, "logsumexp")
    top = shift(x, dims)
    whole = sum(exp(x - top), dims, True)
    nothing = whole == 0                                      # then the log is -∞, and its slope would be NaN
    out = log(whole + nothing) + where(nothing, -math.inf, top)
    return out if keepdim else squeeze(out, dims)

def softmax(x, dim):
    """Numbers into shares, positive and of sum 1 along `dim`: exp(x) / Σ exp(x)."""
    return exp(log_softmax(x, dim))

# Products

def matmul(x, y):
    """Matrix product (..., n, k) @ (..., k, m). On the left a vector is a row, on the right a column."""
    wanted(x.ndim and y.ndim and x.shape[-1] == y.shape[-2 if y.ndim > 1 else 0], "matmul",
           "(..., n, k) and (..., k, m), or (k,) for one or both", x, y)
    out = product(x if x.ndim > 1 else unsqueeze(x, 0), y if y.ndim > 1 else unsqueeze(y, 1))
    out = out if x.ndim > 1 else squeeze(out, -2)
    return out if y.ndim > 1 else squeeze(out, -1)

def mm(x, y):
    """The product of two matrices: (n, k) @ (k, m) -> (n, m)."""
    wanted(x.ndim == y.ndim == 2 and x.shape[1] == y.shape[0], "mm", "(n, k) and (k, m)", x, y)
    return product(x, y)

def bmm(x, y):
    """The products of two batches of matrices: (b, n, k) @ (b, k, m) -> (b, n, m)."""
    fits = x.ndim == y.ndim == 3 and (x.shape[0], x.shape[2]) == y.shape[:2]
    wanted(fits, "bmm", "(b, n, k) and (b, k, m)", x, y)
    return product(x, y)

def dot(x, y):
    """The sum of the products of two vectors: (k,), (k,) -> ()."""
    wanted(x.ndim == y.ndim == 1 and x.shape == y.shape, "dot", "(k,) and (k,)", x, y)
    return sum(x * y)

def outer(x, y):
    """Every element of one vector times every element of another: (n,), (m,) -> (n, m)."""
    wanted(x.ndim == y.ndim == 1, "outer", "(n,) and (m,)", x, y)
    return unsqueeze(x, 1) * y

# Shape

def flatten(x, start_dim=0, end_dim=-1):
    """The axes from `start_dim` to `end_dim`, both included, run together into one."""
    start, end = axis(x, start_dim, "flatten"), axis(x, end_dim, "flatten")
    wanted(start <= end, "flatten", "an end_dim that does not come before start_dim", x, start_dim, end_dim)
    return reshape(x, (*x.shape[:start], math.prod(x.shape[start : end + 1]), *x.shape[end + 1 :]))

def transpose(x, dim0, dim1):
    """Two axes exchanged."""
    i, j = axis(x, dim0, "transpose"), axis(x, dim1, "transpose")
    return permute(x, tuple({i: j, j: i}.get(d, d) for d in range(x.ndim)))

def squeeze(x, dim=None):
    """Without axes of length 1: all of them, or those in `dim` (which stay if they are longer)."""
    dims = axes(x, dim, "squeeze")
    return reshape(x, tuple(n for i, n in enumerate(x.shape) if n != 1 or i not in dims))

def unsqueeze(x, dim):
    """A new axis of length 1, at place `dim`."""
    dim = axis(x, dim, "unsqueeze", new=1)
    return reshape(x, (*x.shape[:dim], 1, *x.shape[dim:]))

def length(x, dim, name):
    """How long an axis is, where there must be one."""
    wanted(x.ndim > 0, name, "at least one axis", x)
    return x.shape[axis(x, dim, name)]

def cat(tensors, dim=0):
    """Tensors one after the other along an axis that they all have; their other lengths must agree."""
    wanted(isinstance(tensors, (list, tuple)) and tensors, "cat", "a list of at least one tensor", tensors)
    if half := len(tensors) // 2:
        return join(cat(tensors[:half], dim), cat(tensors[half:], dim), dim)
    length(tensors[0], dim, "cat")                            # is there such an axis?
    return tensors[0]

def stack(tensors, dim=0):
    """Tensors of one shape side by side along a new axis."""
    wanted(isinstance(tensors, (list, tuple)) and tensors, "stack", "a list of at least one tensor", tensors)
    return cat([unsqueeze(x, dim) for x in tensors], dim)

def split(x, split_size_or_sections, dim=0):
    """A tuple of parts along an axis: of one length, the last perhaps shorter, or of given lengths."""
    whole, sizes = length(x, dim, "split"), split_size_or_sections
    if isinstance(sizes, int):
        starts = range(0, whole, builtins.max(sizes, 1))
        sizes = [builtins.min(sizes, whole - start) for start in starts] or [0]
    fits = builtins.sum(sizes) == whole and builtins.min(sizes, default=0) >= 0
    wanted(fits, "split", "lengths that add up to the axis", x, split_size_or_sections)
    starts = [builtins.sum(sizes[:i]) for i in range(len(sizes))]
    return tuple(part(x, dim, start, start + size) for start, size in zip(starts, sizes))

def chunk(x, chunks, dim=0):
    """A tuple of at most `chunks` parts of one length along an axis; the last may be shorter."""
    whole = length(x, dim, "chunk")
    wanted(chunks > 0, "chunk", "at least one part", x, chunks)
    return split(x, math.ceil(whole / chunks) or [0] * chunks, dim)

def flip(x, dims):
    """The order along the axes `dims` reversed."""
    dims = axes(x, dims, "flip")
    return getitem(x, tuple(slice(None, None, -1 if i in dims else 1) for i in range(x.ndim)))

def gather(x, dim, index):
    """Along `dim`, the element that `index` names for each place: out[i, j] = x[index[i, j], j] for dim 0."""
    index = np.array(index)                                   # a copy: users may write to theirs
    wanted(index.ndim == x.ndim and index.dtype.kind in "iu", "gather",
           "an index of integers, with as many axes", x, index, index.dtype)
    dim = axis(x, dim, "gather")
    if x.ndim == 0:
        return reshape(gather(reshape(x, (1,)), 0, index.reshape(1)), ())
    if index.size and not 0 <= index.min() <= index.max() < x.shape[dim]:
        raise IndexError(f"gather of {x.shape}: index from {index.min()} to {index.max()} for axis {dim}")
    places = list(np.ix_(*(range(n) for n in index.shape)))
    places[dim] = index
    return getitem(x, tuple(places))


# Every operation by name, those of sliding.py too: the tests walk this table.
OPS = {name: value for name, value in globals().items() if isinstance(value, Op)}
