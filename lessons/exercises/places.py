"""The learner's functions in minigrad, in place of ours: what is put where, and put back afterwards.

An exercise whose function minigrad can use says so in its `checks.py`: `place` takes the function and gives a
list of `Patch`es. minigrad calls its operations with arrays, and a first-order walk back calls the vjps with
arrays too; so a function of arrays can stand in for either. This file knows minigrad, and no exercise.
"""

import contextlib
import functools
import inspect
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from minigrad import Tensor, ops
from minigrad.ops import Op

Function = Callable[..., Any]


class Patch(NamedTuple):
    """`value` is to stand for `owner.name`: a function of a module, a method of a class, an op's vjps."""

    owner: Any
    name: str
    value: Any


def forward(operation: Op, function: Function) -> list[Patch]:
    """The learner's function computes an operation: function(*arrays), with all arguments the op has."""
    return [Patch(operation, "forward", function)]


def in_steps(*patches: Patch) -> list[Patch]:
    """The patches, and with them two things in steps that minigrad, for speed, does at once.

    A linear layer and the log-softmax are operations of their own, with vjps of their own. The learner has
    written those of the steps that they consist of, and these are what the walk back has to meet.
    """
    def linear(x: Any, weight: Any, bias: Any = None) -> Any:
        out = ops.mT(ops.matmul(weight, ops.mT(x)))
        return out if bias is None else out + bias

    def log_softmax(x: Any, dim: int) -> Any:
        x = x - ops.shift(x, dim)
        return x - ops.log(ops.sum(ops.exp(x), dim, True))

    return [Patch(ops, "linear", linear), Patch(ops, "log_softmax", log_softmax), *patches]


def vjps(operation: Op, function: Function) -> list[Patch]:
    """The learner's function is the vjp of an operation: function(g, *arguments) gives a gradient for each.

    minigrad asks for the gradients one by one. The function gives all at once, so it is called for the first
    that is wanted, and what it gave is kept for the others: those of the same call of the operation.
    """
    last: list[Any] = [(), ()]                  # what was asked last, and what the function gave

    def gradient(i: int) -> Function:
        def vjp(*asked: Any) -> Any:
            if len(asked) != len(last[0]) or any(one is not other for one, other in zip(asked, last[0])):
                g, _, *args = asked
                found = function(g, *args)
                last[:] = [asked, found if isinstance(found, tuple | list) else (found,)]
            return last[1][i]
        return vjp

    return in_steps(Patch(operation, "vjps", tuple(gradient(i) if vjp else None
                                                   for i, vjp in enumerate(operation.vjps))))


def numbers_by(owner: Any, name: str, function: Function) -> list[Patch]:
    """The learner's function computes what `owner.name` does, and the gradient remains ours.

    `function` is called with all the arguments that ours has, tensors as arrays, but without those that can
    only be given by name. Its result takes the place of our numbers, and must have the same shape. Both are
    computed, so this costs our time, too.
    """
    ours = getattr(owner, name)

    @functools.wraps(ours)
    def both(*args: Any, **named: Any) -> Any:
        out = ours(*args, **named)
        whole = inspect.signature(ours).bind(*args, **named)
        whole.apply_defaults()
        numbers = function(*map(_array, whole.args))
        if not isinstance(out, Tensor):
            return numbers
        if np.shape(numbers) != out.shape:
            raise RuntimeError(f"{name}: yours gives {np.shape(numbers)}, where {out.shape} is wanted")
        out._data = Tensor(np.asarray(numbers, out.dtype))._data
        if out._node is not None:
            *how, _, seen = out._node
            out._node = *how, out._data, seen
        return out

    return [Patch(owner, name, both)]


def read_only(array: Any) -> Any:
    """The same numbers, for a function that should not write to them."""
    view = np.asarray(array).view()
    view.flags.writeable = False
    return view


def _array(value: Any) -> Any:
    return value.detach().numpy() if isinstance(value, Tensor) else value


@contextlib.contextmanager
def in_place(patches: Iterable[Patch]) -> Iterator[None]:
    """Where the patches hold. Afterwards all is as it was, whatever happened meanwhile."""
    with contextlib.ExitStack() as undo:
        for owner, name, value in patches:
            undo.callback(setattr, owner, name, getattr(owner, name))
            setattr(owner, name, value)
        yield
