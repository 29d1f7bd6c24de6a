"""minigrad: a tiny tensor with reverse-mode differentiation, and the layers and optimiser to learn with.

The public names, a subset of PyTorch's under PyTorch's meanings. Read the source in this order: `ops` and
`sliding` (the calculus), `tensor` (the graph), `creation`, `nn.functional`, `nn.modules`, `optim`, `data`,
`plot`, `serialize`.
Importing this loads NumPy and nothing heavier.
"""

import sys as _sys

import numpy as _np

from minigrad import autograd, data, edge, nn, ops, optim
from minigrad.creation import (
    arange, eye, from_numpy, full, full_like, ones, ones_like, rand, rand_like, randint, randn, randn_like,
    tensor, zeros, zeros_like,
)
from minigrad.grad_mode import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from minigrad.gradcheck import check_vjp
from minigrad.memory import keep_memory
from minigrad.ops import (
    abs, add, all, amax, amin, any, argmax, argmin, bmm, broadcast_to, cat, chunk, clamp, cos, div, dot, eq,
    exp, flatten, flip, gather, ge, gt, le, log, log_softmax, logical_not, logsumexp, lt, matmul, max,
    maximum, mean, min, minimum, mm, mul, ne, neg, outer, permute, pow, prod, reciprocal, relu, reshape,
    sigmoid, sign,
    sin, softmax, split, sqrt, square, squeeze, stack, std, sub, sum, tanh, transpose, unsqueeze, var, where,
)
from minigrad.serialize import load, save
from minigrad.tensor import Tensor

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
    "autograd", "check_vjp", "enable_grad", "is_grad_enabled", "no_grad", "set_grad_enabled",
    "nn", "optim", "data", "save", "load",
]

keep_memory()

edge.watch_operations(ops.Op)
edge.watch(_sys.modules[__name__], "minigrad")
edge.watch(Tensor, "minigrad.Tensor")
edge.watch(nn, "minigrad.nn")
edge.watch(nn.Module, "minigrad.nn.Module")
edge.watch(nn.functional, "minigrad.nn.functional")
edge.watch(optim, "minigrad.optim")
edge.watch(optim.Optimizer, "minigrad.optim.Optimizer")
edge.watch(optim.lr_scheduler, "minigrad.optim.lr_scheduler")
edge.watch(optim.lr_scheduler.LRScheduler, "minigrad.optim.lr_scheduler.LRScheduler")
edge.watch(autograd, "minigrad.autograd")
