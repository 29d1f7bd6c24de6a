"""The same catalogue, put to PyTorch's `torch.autograd.gradcheck` with its default arguments, in float64.

Each function and its vjp become a `torch.autograd.Function` that calls NumPy on the tensors' own memory.
Arrays of floats are handed over as float64 that require gradients, whatever they were, as gradcheck asks.
"""

import warnings

import numpy as np
import torch

ACCEPTED, REJECTED = "accepted", "rejected"
MENDED = "put right: PyTorch itself adds up over broadcast axes, and converts to the input's dtype"
OF_FORM = {"missing-broadcast-sum", "wrong-shape", "wrong-dtype"}       # if it accepts one, it was put right


def judge(entry):
    """ACCEPTED, REJECTED, or why the entry cannot be put to it."""
    function, inputs = as_function(entry).apply, tensors_of(entry)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            torch.autograd.gradcheck(function, inputs)
        except Exception:               # a mismatch, or whatever the vjp raised: either way the user is told
            return REJECTED
    return MENDED if OF_FORM & {*entry.expected} else ACCEPTED


def as_function(entry):
    vjp = entry.make_vjp()

    class Wrapped(torch.autograd.Function):
        @staticmethod
        def forward(ctx, *inputs):
            ctx.save_for_backward(*inputs)
            out = entry.f(*map(to_numpy, inputs))
            return tuple(map(to_torch, out)) if isinstance(out, tuple) else to_torch(out)

        @staticmethod
        @torch.autograd.function.once_differentiable
        def backward(ctx, *cotangents):
            parts = tuple(map(to_numpy, cotangents))
            answers = vjp(parts if len(parts) > 1 else parts[0], *map(to_numpy, ctx.saved_tensors))
            return tuple(map(to_torch, answers)) if isinstance(answers, (tuple, list)) else to_torch(answers)

    return Wrapped


def tensors_of(entry):
    return [new_tensor(array) if array.dtype.kind == "f" else torch.tensor(array) for array in entry.arrays()]


def new_tensor(array):
    """Laid out as PyTorch would itself: gradcheck refuses NumPy's strides of an array without elements."""
    return torch.empty(array.shape, dtype=torch.float64).copy_(to_torch(array)).requires_grad_()


def to_numpy(tensor):
    return tensor.detach().numpy()


def to_torch(array):
    return None if array is None else torch.tensor(np.array(array))     # a copy, as no stride may be negative
