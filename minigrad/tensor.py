"""The graph: tensors that remember how they were made, and the walk back that gives every one its gradient.

A `Tensor` is an array and, where a gradient is wanted, a note of how it came about: the operation, its
arguments, and the arrays that the operation saw. Those notes are the graph. `backward` walks it from the
newest tensor to the oldest: reverse-mode differentiation (Linnainmaa, 1970). This file knows graphs, and not
one derivative.

Nobody's gradient goes wrong because numbers changed after they were used: a tensor never writes into its own
memory. A change in place gives it new memory, and the graphs that used the old keep the old.
"""

import functools
import itertools
import operator
import weakref
from heapq import heapify, heappop, heappush

import numpy as np

from minigrad import anomaly, ops, sliding
from minigrad.anomaly import refuse_first, users_place
from minigrad.dtypes import NUMBERS, as_pytorch, float32, single, supported
from minigrad.grad_mode import thread
from minigrad.indexing import flat, index_steps
from minigrad.printing import written

_clock = itertools.count(0, -1)         # stamps every tensor, counting down: what is newer has less


class Tensor:
    """An n-dimensional array of numbers, with a gradient where one is wanted.

    `data` is copied: an array or a tensor with its dtype; Python's numbers, and lists of them, as float32.
    Floating-point tensors can require a gradient; after `backward()` it is found in `.grad`, a tensor of the
    same shape and dtype. TypeError for dtypes other than float32, float64, integers and booleans.
    """

    _grad = None
    _requires_grad = False
    _node = None                    # how it came about: the operation, its arguments, a vjp for each of them
                                    # that wants a gradient, the array that it made, and what it saw
    _keeps_grad = False
    _base = _whole = None           # the tensor that this one is the `data` of, or a view of; held weakly
    _shared = False                 # whether the memory is a user's array, who may write to it at any time
    _place = "a place outside detect_anomaly"               # where it was computed; noted only inside
    __array_priority__ = 1000       # `array + tensor` is the tensor's business, not NumPy's

    def __init__(self, data, requires_grad=False):
        array = supported(np.array(data._data if isinstance(data, Tensor) else data))
        if not isinstance(data, (Tensor, np.ndarray, np.generic)):
            array = array.astype(float32)
        self._data = array if array.ndim else single(array)
        self._stamp = next(_clock)
        if requires_grad:
            self.requires_grad_()

    # --- The graph ------------------------------------------------------------------------------------------

    def _record(self, op, args):
        """Call `op` on the arrays behind `args`; note how the result came about if one wants a gradient."""
        values, wanted, part = [], 0, False
        for arg in args:                        # to be kept as they are now: users may write to their arrays
            if isinstance(arg, Tensor):
                data = arg._data
                if arg._shared:                 # of `x[index]` the part that is asked for is copied, below
                    part = part or op is ops.getitem and arg is args[0]
                    data = data if part else data.copy("K")
                values.append(data)
                if arg._requires_grad:
                    wanted += 1
            elif isinstance(arg, np.ndarray):
                values.append(np.array(arg))    # of np.matrix, too: its * is another
            else:                               # NumPy's single numbers count as Python's own
                values.append(arg.item() if isinstance(arg, np.generic) else arg)
        try:
            array = np.array(op.forward(*values)) if part else op.forward(*values)
        except (ValueError, TypeError, IndexError, OverflowError) as error:
            raise _explained(error, op, values) from None
        if array.dtype is not float32 and op is not ops.to:
            array = as_pytorch(array, op, values)
        out = _wrap(array)
        if array.base is not None:              # a view; of whom?
            link = self._whole or self._base
            out._whole = link if link and link() is not None else weakref.ref(self)
        if wanted and op.vjps and (array.dtype is float32 or array.dtype.kind == "f") and thread.recording:
            vjps = op.vjps if wanted == len(args) else [
                isinstance(arg, Tensor) and arg._requires_grad and vjp for arg, vjp in zip(args, op.vjps)]
            if vjps is op.vjps or any(vjps):
                out._requires_grad = True
                out._node = op, args, vjps, out._data, values
        if anomaly.watched:
            out._place = users_place()
            refuse_first(out, values, f"{op.name} made the first NaN or infinity, called at {out._place}")
        return out

    def backward(self, gradient=None, retain_graph=None, create_graph=False):
        """Add the gradient of this tensor to the `.grad` of every leaf that it was computed from.

        `gradient`, of this tensor's shape, is the weight of each of its elements; a single number needs none,
        its weight is 1. The graph is let go on the way, unless `retain_graph` is true. `create_graph` records
        the walk itself, so that a gradient can be differentiated again, and retains the graph. Raises
        RuntimeError where there is no gradient to compute, before any `.grad` has changed.
        """
        found = list(_walk([self], [gradient], retain_graph, create_graph))
        for tensor, g in _to_keep(found):
            tensor._grad = g if tensor._grad is None else tensor._grad + g

    def requires_grad_(self, requires_grad=True):
        """Ask for a gradient, or stop asking; returns the tensor. RuntimeError for integers and booleans."""
        if requires_grad and self.dtype.kind != "f":
            raise RuntimeError(f"only floating-point tensors can require a gradient, not {self.dtype}")
        if not requires_grad and self._node is not None:
            raise RuntimeError("requires_grad can be switched off only at a leaf; detach() cuts off a result")
        self._requires_grad = requires_grad
        return self

    requires_grad = property(lambda self: self._requires_grad, requires_grad_, doc="Is a gradient wanted?")

    def _keep_grad(self, gradient):
        given = gradient is None or isinstance(gradient, Tensor) and (gradient.shape, gradient.dtype)
        if given not in (True, (self.shape, self.dtype)):
            raise RuntimeError(f"grad: wanted None or {self.shape} of {self.dtype}; got {given or gradient}")
        self._grad = gradient

    grad = property(lambda self: self._grad, _keep_grad, doc="What `backward` has added up so far, or None.")

    def retain_grad(self):
        """Have `backward` fill in `.grad` of this tensor too, although it is not a leaf."""
        if not self.requires_grad:
            raise RuntimeError("retain_grad() of a tensor that does not require a gradient")
        self._keeps_grad = True

    is_leaf = property(lambda self: self._node is None, doc="Whether the walk back ends here.")

    def detach(self):
        """The same numbers, cut off from the graph. A change of them in place changes this tensor too."""
        alias = _wrap(self._data)
        alias._data, alias._base, alias._shared = self._data, weakref.ref(self), self._shared
        return alias

    def clone(self):
        """A copy that gradients pass through."""
        copy = ops.to(self, self.dtype)         # in memory it need not be one, as nobody writes there
        copy._whole = None
        return copy

    def _in_place(self, result):
        """`x += y`: a new tensor where operations are recorded, new numbers for this one alone elsewhere."""
        if result._requires_grad and self._requires_grad and self.is_leaf:
            raise RuntimeError("a leaf that requires a gradient cannot change in place while recording: "
                               "write x = x + y, or update parameters inside no_grad()")
        if result._requires_grad:
            return result
        tensor = self
        while tensor is not None:
            tensor.data, tensor = result, tensor._base and tensor._base()
        return self

    def _refuse_view(self):
        """RuntimeError if what is written here would be meant for a tensor that this is only a view of."""
        whole = self._whole and self._whole()
        if whole is not None and np.may_share_memory(self._data, whole._data):
            raise RuntimeError(f"this tensor of shape {self.shape} is a view of one of shape {whole.shape}, "
                               "which would not change with it, as it would in PyTorch: write x[0, 1] = v, "
                               "not x[0][1] = v, or clone() the view first")

    def __setitem__(self, index, value):
        """`x[index] = value`, where it need not be recorded; RuntimeError where it would have to be."""
        if thread.recording and (self._requires_grad or isinstance(value, Tensor) and value._requires_grad):
            raise RuntimeError("x[index] = value is not recorded: use where() or cat(), or no_grad()")
        self._refuse_view()
        changed = np.array(self._data)
        *before, last = index_steps(index)
        part = functools.reduce(operator.getitem, before, changed)
        part[last] = value._data if isinstance(value, Tensor) else value
        self._in_place(_wrap(changed))

    def zero_(self):
        """Every number to 0, in place."""
        self._refuse_view()
        return self._in_place(ops.to(ops.where(True, 0.0, self), self.dtype))

    # --- The numbers ----------------------------------------------------------------------------------------

    def _replace(self, value):
        """Other numbers of the same shape and kind. Graphs that used the old ones keep those."""
        lent = not isinstance(value, Tensor) or value._shared       # a user may write to it at any time
        array = np.array(value._data if isinstance(value, Tensor) else value) if lent else value._data
        if array.shape != self.shape or array.dtype.kind != self.dtype.kind:
            raise RuntimeError(f"data of shape {array.shape} and dtype {array.dtype} cannot replace data "
                               f"of shape {self.shape} and dtype {self.dtype}")
        if self._shared:
            self._data[...] = array
        else:
            self._data = _wrap(np.asarray(array, self.dtype))._data

    data = property(detach, _replace, doc="The numbers, to be replaced; graphs keep the old ones.")
    shape = property(lambda self: self._data.shape)
    ndim = property(lambda self: self._data.ndim)
    dtype = property(lambda self: self._data.dtype)
    T = property(lambda self: ops.permute(self, tuple(reversed(range(self.ndim)))))
    mT = property(lambda self: ops.transpose(self, -2, -1))

    def numpy(self):
        """The numbers as an array that shares their memory, to be read; `.numpy().copy()` can be written to.

        Only the array behind `from_numpy` comes back as it was, to be written to as well. RuntimeError for a
        tensor that requires a gradient: detach() it first.
        """
        if self._requires_grad:
            raise RuntimeError("numpy() of a tensor that requires a gradient: call tensor.detach().numpy()")
        if self._shared:
            return self._data
        view = np.asarray(self._data).view()
        view.flags.writeable = False
        return view

    def __getstate__(self):
        return {name: value for name, value in vars(self).items() if name not in ("_base", "_whole")}

    def __setstate__(self, state):
        vars(self).update(state, _stamp=next(_clock))       # a copy is another tensor, with its own turn

    def __array__(self, dtype=None, copy=None):
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    def __array_function__(self, function, types, args, kwargs):
        return function(*_arrays(args), **_arrays(kwargs))

    def item(self):
        """The one number in the tensor, as Python's own."""
        if self._data.size != 1:
            raise RuntimeError(f"a tensor of shape {self.shape} is not a single number")
        return self._data.item()

    def __len__(self):
        if self.ndim == 0:
            raise TypeError("len() of a 0-d tensor")
        return len(self._data)

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __repr__(self):
        return written(np.asarray(self._data), self._node and self._node[0].name, self._requires_grad)

    # fmt: off
    def size(self, dim=None): return self.shape if dim is None else self.shape[dim]
    def dim(self):            return self._data.ndim
    def numel(self):          return self._data.size
    def tolist(self):         return self._data.tolist()
    def __float__(self):      return float(self.item())
    def __int__(self):        return int(self.item())
    def __bool__(self):       return bool(self.item())
    def __index__(self):      return operator.index(self.item())
    def __format__(self, spec): return super().__format__(spec) if self.ndim else format(self.item(), spec)

    # --- The operations, as operators and as methods --------------------------------------------------------

    # Arithmetic is recorded at once, not by way of the operation's call: single numbers are that much faster.
    def __add__(self, other):      return self._record(ops.add, (self, other))
    def __sub__(self, other):      return self._record(ops.sub, (self, other))
    def __mul__(self, other):      return self._record(ops.mul, (self, other))
    def __truediv__(self, other):  return self._record(ops.div, (self, other))
    def __pow__(self, other):      return self._record(ops.pow, (self, other))
    def __matmul__(self, other):   return ops.matmul(self, other)
    __neg__, __abs__, __invert__ = ops.neg, ops.abs, ops.bitwise_not
    __gt__, __ge__, __lt__, __le__ = ops.gt, ops.ge, ops.lt, ops.le
    def __eq__(self, other):       return other is not None and ops.eq(self, other)
    def __ne__(self, other):       return other is None or ops.ne(self, other)
    def __radd__(self, other):     return self._record(ops.add, (other, self))
    def __rsub__(self, other):     return self._record(ops.sub, (other, self))
    def __rmul__(self, other):     return self._record(ops.mul, (other, self))
    def __rtruediv__(self, other): return self._record(ops.div, (other, self))
    def __rpow__(self, other):     return self._record(ops.pow, (other, self))
    def __rmatmul__(self, other):  return ops.matmul(other, self)
    __hash__ = object.__hash__     # tensors are told apart by identity, as keys too

    def __iadd__(self, other):     return self._in_place(self + other)
    def __isub__(self, other):     return self._in_place(self - other)
    def __imul__(self, other):     return self._in_place(self * other)
    def __itruediv__(self, other): return self._in_place(self / other)
    def __ipow__(self, other):     return self._in_place(self ** other)

    def __getitem__(self, index):   return functools.reduce(ops.getitem, index_steps(index), self)
    def reshape(self, *shape):      return ops.reshape(self, flat(shape))
    def view(self, *shape):         return ops.reshape(self, flat(shape))
    def expand(self, *shape):       return ops.broadcast_to(self, flat(shape))
    def broadcast_to(self, *shape): return ops.broadcast_to(self, flat(shape))
    def permute(self, *dims):       return ops.permute(self, flat(dims))
    def flip(self, *dims):          return ops.flip(self, flat(dims))
    def float(self):                return ops.to(self, np.float32)
    def double(self):               return ops.to(self, np.float64)
    def long(self):                 return ops.to(self, np.int64)
    def bool(self):                 return ops.to(self, np.bool_)
    def where(self, condition, other): return ops.where(condition, self, other)

    # An operation called as a method has the tensor for its first argument.
    add, sub, mul, div, pow, neg, abs = ops.add, ops.sub, ops.mul, ops.div, ops.pow, ops.neg, ops.abs
    exp, log, sqrt, square, sin, cos = ops.exp, ops.log, ops.sqrt, ops.square, ops.sin, ops.cos
    tanh, sigmoid, relu, sign, clamp = ops.tanh, ops.sigmoid, ops.relu, ops.sign, ops.clamp
    maximum, minimum, reciprocal, to = ops.maximum, ops.minimum, ops.reciprocal, ops.to
    eq, ne, gt, ge, lt, le, logical_not = ops.eq, ops.ne, ops.gt, ops.ge, ops.lt, ops.le, ops.logical_not
    sum, mean, prod, var, std, any, all = ops.sum, ops.mean, ops.prod, ops.var, ops.std, ops.any, ops.all
    max, min, amax, amin, argmax, argmin = ops.max, ops.min, ops.amax, ops.amin, ops.argmax, ops.argmin
    logsumexp, softmax, log_softmax = ops.logsumexp, ops.softmax, ops.log_softmax
    matmul, mm, bmm, dot, outer = ops.matmul, ops.mm, ops.bmm, ops.dot, ops.outer
    flatten, transpose, squeeze, unsqueeze = ops.flatten, ops.transpose, ops.squeeze, ops.unsqueeze
    split, chunk, gather, unfold = ops.split, ops.chunk, ops.gather, sliding.unfold
    # fmt: on


def _wrap(array):
    """A tensor around an array that nobody else will write to, without a copy."""
    tensor = object.__new__(Tensor)
    tensor._data = array if array.ndim > 0 or type(array) is np.float32 else single(array)
    tensor._stamp = next(_clock)
    return tensor


# --- The walk back ------------------------------------------------------------------------------------------

def _walk(outputs, weights, retain_graph=None, create_graph=False, wanted=()):
    """Walk from `outputs` to all that they were computed from, the newest first, and yield, with their
    gradients, the leaves, the tensors that keep theirs, and those whose stamps are `wanted`.

    A tensor is newer than everything it was made from. So when its turn comes, all that uses it has had its
    own, and its gradient is complete. Gradients are arrays here; with `create_graph` they are tensors, and
    the vjps that make them are recorded like any other operation.
    """
    retain_graph = create_graph if retain_graph is None else retain_graph
    arrived = {}                                # what each tensor still to come has been given, by its stamp
    for output, weight in zip(outputs, weights):
        g = _weight(output, weight, create_graph)
        arrived[output._stamp] = [output, arrived[output._stamp][1] + g if output._stamp in arrived else g]
    newest = list(arrived)
    heapify(newest)                             # a heap gives out the smallest first: that is the newest
    while newest:
        stamp = heappop(newest)
        tensor, g = arrived.pop(stamp)
        node = tensor._node
        if node is None or tensor._keeps_grad or stamp in wanted:
            yield tensor, g
        if node is None:                        # a leaf: nothing came before it
            continue
        op, args, vjps, out, values = node
        if values is None:
            raise RuntimeError(f"backward through {op.name} a second time: its graph was let go; "
                               "pass retain_graph=True the first time to keep it")
        seen = (g, *_unchanged(tensor)) if create_graph else (g, out, *values)
        for arg, vjp in zip(args, vjps):
            if not vjp:
                continue
            part, numbers, stamp = vjp(*seen), arg._data, arg._stamp
            if part.shape != numbers.shape:     # the argument was broadcast: undone here, for all operations
                part = ops.sum_to(part, numbers.shape)
            if part.dtype is not numbers.dtype:
                part = ops.to(part, numbers.dtype)
            if anomaly.watched:
                refuse_first(part, seen, f"the gradient of {op.name} made the first NaN or "
                             f"infinity of the walk back; it was called at {tensor._place}")
            before = arrived.get(stamp)
            if before:
                before[1] = before[1] + part
            else:                               # its first part: it has a turn to come
                arrived[stamp] = [arg, part]
                heappush(newest, stamp)
        if not retain_graph:
            tensor._node = op, (), (), None, None


def _weight(output, weight, create_graph):
    """The gradient that the walk starts from."""
    if not output.requires_grad:
        raise RuntimeError("backward of a tensor that was not computed from tensors that require a gradient")
    if weight is None and output.numel() == 1:
        weight = np.ones(output.shape, output.dtype)
    if getattr(weight, "shape", None) != output.shape:
        raise RuntimeError(f"backward of a tensor of shape {output.shape} needs a gradient of that shape, "
                           f"got {getattr(weight, 'shape', weight)}; only a single number needs none")
    if create_graph:
        return ops.to(weight if isinstance(weight, Tensor) else Tensor(weight), output.dtype)
    return _wrap(np.array(weight._data if isinstance(weight, Tensor) else weight, output.dtype))._data


def _unchanged(tensor):
    """What a vjp sees that is to be recorded: tensors where a gradient goes on, if they are unchanged."""
    op, args, _, out, values = tensor._node
    saved = out, *values
    seen = [now if isinstance(now, Tensor) and now._requires_grad else then
            for now, then in zip((tensor, *args), saved)]
    for now, then in zip(seen, saved):
        if now is not then and now._data is not then and not np.array_equal(now._data, then, equal_nan=True):
            raise RuntimeError(f"{op.name}: a tensor of shape {now.shape} was changed after its use, "
                               "so a gradient of its gradient is no longer possible")
    return seen


def _to_keep(found):
    """Gradients for users to keep, as tensors with memory of their own: no two ever share one."""
    given = {id(None)}                          # whose memory belongs to somebody by now
    for tensor, g in found:
        if isinstance(g, Tensor):
            yield tensor, g + 0.0
        else:
            owner = _owner(g)
            yield tensor, _wrap(np.array(g) if id(owner) in given else g)
            given.add(id(owner))


def _owner(array):
    """The array whose memory this one is: itself, or one that it is a transpose of; None if it is less."""
    whole = array.flags.forc and getattr(array.base, "size", None) == array.size
    return array if array.base is None else array.base if whole else None


def grad(outputs, inputs, grad_outputs=None, retain_graph=None, create_graph=False, allow_unused=False):
    """The gradients of `outputs`, added up, with respect to each of `inputs`, as a tuple; no `.grad` changes.

    `outputs` and `inputs` are tensors, or sequences of them; `grad_outputs` weighs the elements of each
    output, as in `Tensor.backward`. RuntimeError if the outputs do not depend on one of the inputs, unless
    `allow_unused`, which gives None for it.
    """
    outputs = (outputs,) if isinstance(outputs, Tensor) else tuple(outputs)
    inputs = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    single = grad_outputs is None or hasattr(grad_outputs, "shape")
    weights = [grad_outputs] * len(outputs) if single else list(grad_outputs)
    if len(weights) != len(outputs):
        raise RuntimeError(f"grad: {len(outputs)} outputs, but {len(weights)} grad_outputs")
    wanted = set(inputs)                        # by identity: tensors hash, and are found, as themselves
    walk = _walk(outputs, weights, retain_graph, create_graph, {tensor._stamp for tensor in inputs})
    found = dict(_to_keep((tensor, g) for tensor, g in walk if tensor in wanted))
    for position, tensor in enumerate(inputs):
        if tensor not in found and not allow_unused:
            raise RuntimeError(f"grad: the output was not computed from input {position}, {tensor.shape}")
    return tuple(found.get(tensor) for tensor in inputs)


# --- Helpers of `Tensor` ------------------------------------------------------------------------------------

def _explained(error, op, values):
    """NumPy's error, with the operation and the shapes it was given."""
    shapes = ", ".join(str(value.shape) for value in values if isinstance(value, NUMBERS))
    kind = next((kind for kind in (IndexError, TypeError) if isinstance(error, kind)), RuntimeError)
    call = f"{op.name} of {shapes}: "
    return kind(call + str(error).removeprefix(call))     # our own errors say it already


def _arrays(args):
    """Arguments for a NumPy function, with arrays for tensors."""
    if isinstance(args, dict):
        return {name: _arrays(arg) for name, arg in args.items()}
    if type(args) in (list, tuple):
        return type(args)(map(_arrays, args))
    return args.numpy() if isinstance(args, Tensor) else args
