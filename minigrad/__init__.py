"""minigrad: a tiny tensor with reverse-mode differentiation, and the layers and optimiser to learn with.

The public names, a subset of PyTorch's under PyTorch's meanings. Read the source in this order: `ops` (the
calculus), `tensor` (the graph), `creation`, `nn.functional`, `nn.modules`, `optim`, `data`, `plot`,
`serialize`.
Importing this loads NumPy and nothing heavier.
"""

import sys as _sys

import numpy as _np

from minigrad import autograd, data, nn, optim
from minigrad.creation import (
    arange, eye, from_numpy, full, full_like, ones, ones_like, rand, rand_like, randint, randn, randn_like,
    tensor, zeros, zeros_like,
)
from minigrad.memory import keep_memory
from minigrad.ops import (
    abs, add, all, amax, amin, any, argmax, argmin, bmm, broadcast_to, cat, chunk, clamp, cos, div, dot, eq,
    exp, flatten, flip, gather, ge, gt, le, log, log_softmax, logical_not, logsumexp, lt, matmul, max,
    maximum, mean, min, minimum, mm, mul, ne, neg, outer, permute, pow, prod, reciprocal, relu, reshape,
    sigmoid, sign,
    sin, softmax, split, sqrt, square, squeeze, stack, std, sub, sum, tanh, transpose, unsqueeze, var, where,
)
from minigrad.serialize import load, save
from minigrad.tensor import Tensor, enable_grad, is_grad_enabled, no_grad, set_grad_enabled

__version__ = "0.1.0"

float32, float64, uint8, int32, int64, bool = map(_np.dtype, ("f4", "f8", "u1", "i4", "i8", "?"))

__all__ = [
    "Tensor", "tensor", "from_numpy", "zeros", "ones", "full", "eye", "arange", "rand", "randn", "randint",
    "zeros_like", "ones_like", "full_like", "rand_like", "randn_like",
    "float32", "float64", "uint8", "int32", "int64", "bool",
    "abs", "add", "clamp", "cos", "div", "eq", "exp", "ge", "gt", "le", "log", "logical_not", "lt", "maximum",
    "minimum", "mul", "ne", "neg", "pow", "reciprocal", "relu", "sigmoid", "sign", "sin", "sqrt", "square",
    "sub", "tanh", "where",
    "all", "amax", "amin", "any", "argmax", "argmin", "log_softmax", "logsumexp", "max", "mean", "min",
    "prod", "softmax", "std", "sum", "var",
    "bmm", "dot", "matmul", "mm", "outer",
    "broadcast_to", "cat", "chunk", "flatten", "flip", "gather", "permute", "reshape", "split", "squeeze",
    "stack", "transpose", "unsqueeze",
    "autograd", "enable_grad", "is_grad_enabled", "no_grad", "set_grad_enabled",
    "nn", "optim", "data", "save", "load",
]

keep_memory()


def _answer_for(space, namespace):
    """Have a module or a class say, of a name that it does not have, whether PyTorch has it."""
    def __getattr__(*asked):                    # (name) if a module is asked, (self, name) if an object is
        from minigrad.subset import missing     # not before it is needed: the import stays light

        *owner, name = asked
        raise missing(namespace, name, *owner)

    space.__getattr__ = __getattr__


_answer_for(_sys.modules[__name__], "minigrad")
_answer_for(Tensor, "minigrad.Tensor")
_answer_for(nn, "minigrad.nn")
_answer_for(nn.Module, "minigrad.nn.Module")
_answer_for(nn.functional, "minigrad.nn.functional")
_answer_for(optim, "minigrad.optim")
_answer_for(optim.Optimizer, "minigrad.optim.Optimizer")
_answer_for(optim.lr_scheduler, "minigrad.optim.lr_scheduler")
_answer_for(optim.lr_scheduler.LRScheduler, "minigrad.optim.lr_scheduler.LRScheduler")
_answer_for(autograd, "minigrad.autograd")
