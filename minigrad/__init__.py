"""minigrad: a tiny tensor with reverse-mode differentiation, and the layers and optimiser to learn with.

The public names, a subset of PyTorch's under PyTorch's meanings. Read the source in this order: `ops` (the
calculus), `tensor` (the graph), `nn.functional`, `nn.modules`, `optim`, `data`, `plot`, `serialize`.
Importing this loads NumPy and nothing heavier.
"""

from minigrad import data, nn, optim
from minigrad.memory import keep_memory
from minigrad.ops import (
    abs, amax, argmax, exp, log, log_softmax, logsumexp, matmul, max, maximum, mean, minimum, pow, relu,
    reshape, sigmoid, sign, softmax, sqrt, sum, tanh, where,
)
from minigrad.serialize import load, save
from minigrad.tensor import Tensor, from_numpy, grad, no_grad, ones, rand, randn, tensor, zeros

__version__ = "0.1.0"

__all__ = [
    "Tensor", "tensor", "from_numpy", "zeros", "ones", "rand", "randn",
    "abs", "amax", "argmax", "exp", "log", "log_softmax", "logsumexp", "matmul", "max", "maximum", "mean",
    "minimum", "pow", "relu", "reshape", "sigmoid", "sign", "softmax", "sqrt", "sum", "tanh", "where",
    "grad", "no_grad", "nn", "optim", "data", "save", "load",
]

keep_memory()
