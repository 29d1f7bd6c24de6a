"""The graph: tensors that remember how they were made, and the walk back that gives every one its gradient.

A `Tensor` is an array and, where a gradient is wanted, a note of how it came about: the operation, its
arguments, and the arrays that the operation saw. Those notes are the graph. `backward` walks it from the
newest tensor to the oldest: reverse-mode differentiation (Linnainmaa, 1970). This file knows graphs, and not
one derivative.
"""

import contextlib
import heapq
import itertools
import math

import numpy as np

from minigrad import ops

_float32 = np.dtype(np.float32)
_recording = True               # False inside `no_grad`
_clock = itertools.count()      # stamps every tensor: what was computed is newer than what it came from


class Tensor:
    """An n-dimensional array of numbers, with a gradient where one is wanted.

    Wraps the NumPy array `data` without copying it (`minigrad.tensor` copies). Only floating-point tensors
    can require a gradient; after `backward()` it is found in `.grad`, a tensor of the same shape and dtype.
    """

    grad = None
    _requires_grad = False
    _op = _args = None              # how it came about: the operation and its arguments,
    _vjps = _saved = None           # a vjp for each that wants a gradient, and the arrays that it will need
    _keeps_grad = False
    _base = None                    # the tensor that this one is the `data` of
    __array_ufunc__ = None          # `array + tensor` is the tensor's business, not NumPy's

    def __init__(self, data, requires_grad=False):
        self._data = data if type(data) is np.ndarray else np.asarray(data)
        self._stamp = next(_clock)
        if requires_grad:
            self.requires_grad_()

    # --- The graph ------------------------------------------------------------------------------------------

    def _record(self, op, args):
        """Call `op` on the arrays behind `args`; note how the result came about if one wants a gradient."""
        values = [arg._data if isinstance(arg, Tensor) else _constant(arg) for arg in args]
        try:
            out = op.forward(*values)
        except (ValueError, TypeError, IndexError) as error:
            raise _explained(error, op, values) from None
        if out.dtype != _float32 and op is not ops.to:
            out = _as_pytorch(out, values)
        out = Tensor(out)
        if _recording and out.dtype.kind == "f":
            vjps = [vjp if isinstance(arg, Tensor) and arg._requires_grad else None
                    for arg, vjp in zip(args, op.vjps)]
            if any(vjps):
                out._requires_grad = True
                out._op, out._vjps, out._args, out._saved = op, vjps, args, (out._data, *values)
        return out

    def backward(self, gradient=None, retain_graph=None, create_graph=False):
        """Add the gradient of this tensor to the `.grad` of every leaf that it was computed from.

        `gradient`, of this tensor's shape, is the weight of each of its elements; a single number needs none,
        its weight is 1. The graph is let go on the way, unless `retain_graph` is true. `create_graph` records
        the walk itself, so that a gradient can be differentiated again, and retains the graph. Raises
        RuntimeError where there is no gradient to compute, before any `.grad` has changed.
        """
        found = [(tensor, g) for tensor, g in _walk(self, gradient, retain_graph, create_graph)
                 if tensor._op is None or tensor._keeps_grad]
        for tensor, g in found:
            tensor.grad = _own(g) if tensor.grad is None else tensor.grad + g

    @property
    def requires_grad(self):
        """Whether `backward` should find a gradient here, or has to come through."""
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, requires_grad):
        self.requires_grad_(requires_grad)

    def requires_grad_(self, requires_grad=True):
        """Ask for a gradient, or stop asking; returns the tensor. RuntimeError for integers and booleans."""
        if requires_grad and self.dtype.kind != "f":
            raise RuntimeError(f"only floating-point tensors can require a gradient, not {self.dtype}")
        if not requires_grad and self._op is not None:
            raise RuntimeError("requires_grad can be switched off only at a leaf; detach() cuts off a result")
        self._requires_grad = requires_grad
        return self

    def retain_grad(self):
        """Have `backward` fill in `.grad` of this tensor too, although it is not a leaf."""
        if not self.requires_grad:
            raise RuntimeError("retain_grad() of a tensor that does not require a gradient")
        self._keeps_grad = True

    @property
    def is_leaf(self):
        """True where the walk back ends: the tensor was not computed from tensors that require a gradient."""
        return self._op is None

    def detach(self):
        """The same numbers, cut off from the graph. A change of them in place changes this tensor too."""
        alias = Tensor(self._data)
        alias._base = self
        return alias

    def _in_place(self, result):
        """`x += y`: a new tensor where operations are recorded, new numbers for this one elsewhere.

        Either way a graph that used the old numbers keeps them, so its gradient stays right.
        """
        if result.requires_grad and self.requires_grad and self.is_leaf:
            raise RuntimeError("a leaf that requires a gradient cannot change in place while recording: "
                               "write x = x + y, or update parameters inside no_grad()")
        if result.requires_grad:
            return result
        tensor = self
        while tensor is not None:
            tensor.data, tensor = result, tensor._base
        return self

    # --- The numbers ----------------------------------------------------------------------------------------

    @property
    def data(self):
        """The numbers, as by `detach`. Assigning replaces them; graphs that used the old ones keep those."""
        return self.detach()

    @data.setter
    def data(self, value):
        array = value._data if isinstance(value, Tensor) else np.asarray(value)
        if array.shape != self.shape or not np.can_cast(array.dtype, self.dtype, "same_kind"):
            raise RuntimeError(f"data of shape {array.shape} and dtype {array.dtype} cannot replace data "
                               f"of shape {self.shape} and dtype {self.dtype}")
        self._data = np.asarray(array, self.dtype)

    @property
    def shape(self):
        return self._data.shape

    @property
    def ndim(self):
        return self._data.ndim

    @property
    def dtype(self):
        return self._data.dtype

    def size(self, dim=None):
        return self.shape if dim is None else self.shape[dim]

    def numel(self):
        return self._data.size

    def numpy(self):
        """The array itself, not a copy. RuntimeError if the tensor requires a gradient: detach() it first."""
        if self.requires_grad:
            raise RuntimeError("numpy() of a tensor that requires a gradient: call tensor.detach().numpy()")
        return self._data

    def __array__(self, dtype=None, copy=None):
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    def item(self):
        """The one number in the tensor, as Python's own."""
        if self._data.size != 1:
            raise RuntimeError(f"a tensor of shape {self.shape} is not a single number")
        return self._data.item()

    def tolist(self):
        return self._data.tolist()

    def __len__(self):
        if self.ndim == 0:
            raise TypeError("len() of a 0-d tensor")
        return len(self._data)

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __repr__(self):
        numbers = np.array2string(self._data, separator=", ", precision=4, prefix="tensor(")
        notes = "" if self.dtype in (np.float32, np.int64, np.bool_) else f", dtype={self.dtype}"
        if self._op is not None:
            notes += f", grad_fn=<{self._op.name}>"
        elif self.requires_grad:
            notes += ", requires_grad=True"
        return f"tensor({numbers}{notes})"

    # fmt: off
    def __float__(self): return float(self.item())
    def __int__(self):   return int(self.item())
    def __bool__(self):  return bool(self.item())

    # --- The operations, as operators and as methods --------------------------------------------------------

    def __add__(self, other):      return ops.add(self, other)
    def __radd__(self, other):     return ops.add(other, self)
    def __sub__(self, other):      return ops.sub(self, other)
    def __rsub__(self, other):     return ops.sub(other, self)
    def __mul__(self, other):      return ops.mul(self, other)
    def __rmul__(self, other):     return ops.mul(other, self)
    def __truediv__(self, other):  return ops.div(self, other)
    def __rtruediv__(self, other): return ops.div(other, self)
    def __pow__(self, other):      return ops.pow(self, other)
    def __rpow__(self, other):     return ops.pow(other, self)
    def __matmul__(self, other):   return ops.matmul(self, other)
    def __rmatmul__(self, other):  return ops.matmul(other, self)
    def __neg__(self):             return ops.neg(self)
    def __abs__(self):             return ops.abs(self)
    def __eq__(self, other):       return ops.eq(self, other)
    def __ne__(self, other):       return ops.ne(self, other)
    def __gt__(self, other):       return ops.gt(self, other)
    def __ge__(self, other):       return ops.ge(self, other)
    def __lt__(self, other):       return ops.lt(self, other)
    def __le__(self, other):       return ops.le(self, other)
    __hash__ = object.__hash__     # tensors are told apart by identity, as keys too

    def __iadd__(self, other):     return self._in_place(self + other)
    def __isub__(self, other):     return self._in_place(self - other)
    def __imul__(self, other):     return self._in_place(self * other)
    def __itruediv__(self, other): return self._in_place(self / other)
    def zero_(self):               return self._in_place(ops.where(True, 0.0, self))

    def abs(self):     return ops.abs(self)
    def exp(self):     return ops.exp(self)
    def log(self):     return ops.log(self)
    def sqrt(self):    return ops.sqrt(self)
    def tanh(self):    return ops.tanh(self)
    def sigmoid(self): return ops.sigmoid(self)
    def relu(self):    return ops.relu(self)

    def sum(self, dim=None, keepdim=False):    return ops.sum(self, dim, keepdim)
    def mean(self, dim=None, keepdim=False):   return ops.mean(self, dim, keepdim)
    def max(self, dim=None, keepdim=False):    return ops.max(self, dim, keepdim)
    def amax(self, dim=None, keepdim=False):   return ops.amax(self, dim, keepdim)
    def argmax(self, dim=None, keepdim=False): return ops.argmax(self, dim, keepdim)
    def logsumexp(self, dim, keepdim=False):   return ops.logsumexp(self, dim, keepdim)
    def softmax(self, dim):                    return ops.softmax(self, dim)
    def log_softmax(self, dim):                return ops.log_softmax(self, dim)
    def matmul(self, other):                   return ops.matmul(self, other)

    def reshape(self, *shape):        return ops.reshape(self, _flat(shape))
    def permute(self, *dims):         return ops.permute(self, _flat(dims))
    def expand(self, *shape):         return ops.broadcast_to(self, _flat(shape))
    def unfold(self, dim, size, step): return ops.unfold(self, dim, size, step)
    def __getitem__(self, index):     return ops.getitem(self, index)
    # fmt: on

    def flatten(self, start_dim=0, end_dim=-1):
        """The axes from `start_dim` to `end_dim`, both included, run together into one."""
        start, end = start_dim % max(self.ndim, 1), end_dim % max(self.ndim, 1)
        merged = math.prod(self.shape[start : end + 1])
        return self.reshape(*self.shape[:start], merged, *self.shape[end + 1 :])

    def transpose(self, dim0, dim1):
        """Two axes exchanged."""
        dims = list(range(self.ndim))
        dims[dim0], dims[dim1] = dims[dim1], dims[dim0]
        return ops.permute(self, tuple(dims))

    @property
    def T(self):
        return ops.permute(self, tuple(reversed(range(self.ndim))))

    @property
    def mT(self):
        return ops.mT(self)


# --- The walk back ------------------------------------------------------------------------------------------

def _walk(output, weight, retain_graph, create_graph):
    """Yield every tensor that `output` was computed from, with its gradient, the newest first.

    A tensor is newer than everything it was made from. So when its turn comes, all that uses it has had its
    own, and its gradient is complete. Gradients are arrays here; with `create_graph` they are tensors, and
    the vjps that make them are recorded like any other operation.
    """
    gradients = {output: _weight(output, weight, create_graph)}
    newest = [(-output._stamp, output)]         # a heap: the largest stamp comes out first
    while newest:
        _, tensor = heapq.heappop(newest)
        g = gradients.pop(tensor)
        yield tensor, g
        if tensor._op is None:
            continue
        if tensor._saved is None:
            raise RuntimeError(f"backward through {tensor._op.name} again, but its graph was let go; "
                               "pass retain_graph=True the first time to keep it")
        saved = _unchanged(tensor) if create_graph else tensor._saved
        for arg, vjp in zip(tensor._args, tensor._vjps):
            if vjp is None:
                continue
            part = vjp(g, *saved)
            if part.shape != arg.shape:         # the argument was broadcast: undone here, for all operations
                part = ops.sum_to(part, arg.shape)
            if part.dtype != arg.dtype:
                part = ops.to(part, arg.dtype)
            if arg in gradients:
                gradients[arg] = gradients[arg] + part
            else:
                gradients[arg] = part
                heapq.heappush(newest, (-arg._stamp, arg))
        if not (retain_graph or create_graph):
            tensor._args = tensor._vjps = tensor._saved = None


def _weight(output, weight, create_graph):
    """The gradient that the walk starts from."""
    if not output.requires_grad:
        raise RuntimeError("backward of a tensor that was not computed from tensors that require a gradient")
    if weight is None:
        if output.numel() != 1:
            raise RuntimeError(f"backward of a tensor of shape {output.shape} needs a gradient of its shape; "
                               "it may be left out for a single number only")
        weight = np.ones(output.shape, output.dtype)
    if tuple(weight.shape) != output.shape:
        raise RuntimeError(f"backward of a tensor of shape {output.shape} needs a gradient of that shape, "
                           f"got {tuple(weight.shape)}")
    if create_graph:
        return weight if isinstance(weight, Tensor) else Tensor(weight)
    return np.asarray(weight._data if isinstance(weight, Tensor) else weight, output.dtype)


def _unchanged(tensor):
    """Output and arguments as tensors, for a vjp that is to be recorded. They must be what it saw."""
    seen = (tensor, *tensor._args)
    for now, then in zip(seen, tensor._saved):
        if isinstance(now, Tensor) and now._data is not then:
            raise RuntimeError(f"{tensor._op.name}: a tensor of shape {now.shape} changed after it was used, "
                               "so a gradient of its gradient is no longer possible")
    return seen


def _own(g):
    """A gradient with memory of its own, for a user to keep: no two tensors ever share one."""
    return g + 0.0 if isinstance(g, Tensor) else Tensor(np.array(g))


def grad(output, inputs, grad_outputs=None, retain_graph=None, create_graph=False):
    """The gradients of `output` with respect to each of `inputs`, as a tuple; no `.grad` is touched.

    `grad_outputs` is the weight of each element of `output`, as in `Tensor.backward`.
    Raises RuntimeError if `output` does not depend on one of the inputs.
    """
    inputs = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    wanted = set(inputs)                        # by identity: tensors hash, and are found, as themselves
    walk = _walk(output, grad_outputs, retain_graph, create_graph)
    found = {tensor: g for tensor, g in walk if tensor in wanted}
    for position, tensor in enumerate(inputs):
        if tensor not in found:
            raise RuntimeError(f"grad: the output was not computed from input {position}, {tensor.shape}")
    return tuple(_own(found[tensor]) for tensor in inputs)


@contextlib.contextmanager
def no_grad():
    """Where no graph is built: a context, `with no_grad():`, or a decorator, `@no_grad()`."""
    global _recording
    before, _recording = _recording, False
    try:
        yield
    finally:
        _recording = before


# --- Helpers of `_record` -----------------------------------------------------------------------------------

def _constant(arg):
    """NumPy's single numbers count as Python's own, which take on the dtype of the tensor they meet."""
    return arg.item() if isinstance(arg, np.generic) else arg


def _as_pytorch(out, values):
    """A result in the dtype that PyTorch gives it, where NumPy alone would widen.

    Only a float64 tensor makes float64, and a 0-d one widens no array; all other fractions are float32.
    """
    if out.dtype.kind == "u" and out.dtype.itemsize == 8:
        return out.astype(np.int64)                       # a sum of small unsigned integers
    if out.dtype.kind != "f":
        return out
    floats = [value for value in values if isinstance(value, np.ndarray) and value.dtype.kind == "f"]
    deciding = [value for value in floats if value.ndim > 0] or floats
    wide = any(value.dtype == np.float64 for value in deciding)
    return out.astype(np.float64 if wide else np.float32, copy=False)


def _explained(error, op, values):
    """NumPy's error, with the operation and the shapes it was given."""
    shapes = ", ".join(str(value.shape) for value in values if isinstance(value, np.ndarray))
    kind = next((kind for kind in (IndexError, TypeError) if isinstance(error, kind)), RuntimeError)
    return kind(f"{op.name} of {shapes}: {error}")


def _flat(sizes):
    """Sizes given one by one, f(2, 3), or as one sequence, f((2, 3))."""
    return tuple(sizes[0]) if len(sizes) == 1 and not isinstance(sizes[0], int) else sizes


# --- Making tensors -----------------------------------------------------------------------------------------

def tensor(data, dtype=None, requires_grad=False):
    """A tensor with a copy of `data`: a number, nested lists, an array. Python's floats become float32."""
    array = np.array(data._data if isinstance(data, Tensor) else data, dtype)
    if dtype is None and array.dtype == np.float64 and not isinstance(data, (np.ndarray, np.generic, Tensor)):
        array = array.astype(np.float32)
    return Tensor(array, requires_grad)


def from_numpy(array):
    """A tensor that shares the memory of `array`."""
    if not isinstance(array, np.ndarray):
        raise TypeError(f"from_numpy wants a NumPy array, got {type(array).__name__}")
    return Tensor(array)


def zeros(*shape, dtype=np.float32, requires_grad=False):
    return Tensor(np.zeros(_flat(shape), dtype), requires_grad)


def ones(*shape, dtype=np.float32, requires_grad=False):
    return Tensor(np.ones(_flat(shape), dtype), requires_grad)


def rand(*shape, rng, requires_grad=False):
    """Uniform on [0, 1), float32, from the `numpy.random.Generator` `rng`."""
    return Tensor(rng.random(_flat(shape), np.float32), requires_grad)


def randn(*shape, rng, requires_grad=False):
    """Standard normal, float32, from the `numpy.random.Generator` `rng`."""
    return Tensor(rng.standard_normal(_flat(shape), np.float32), requires_grad)
