"""The phrases of the language: layers as functions, composed of operations. Not one derivative is written
here.

Names, arguments and defaults are those of `torch.nn.functional`. Inputs are tensors; plain arrays pass too,
as constants. Axes are named once, for the whole file: N pictures in a batch, C channels in, F filters
(channels out), H × W pixels in, OH × OW pixels out, KH × KW the kernel.
"""

import math

import numpy as np

from minigrad import ops


def relu(input):
    """The positive part: max(x, 0)."""
    return ops.relu(input)


def linear(input, weight, bias=None):
    """A weighted sum for each output: (..., in) and weight (out, in), bias (out,) -> (..., out)."""
    if input.ndim == 0 or weight.ndim != 2 or input.shape[-1] != weight.shape[1]:
        raise RuntimeError(f"linear: wanted an input (..., in) and a weight (out, in), "
                           f"got {input.shape} and {weight.shape}")
    if input.ndim == 2:
        # (W·xᵀ)ᵀ, so that the batch is last in memory, as conv2d has it. A transpose is a view and costs
        # nothing.
        out = ops.mT(ops.mm(weight, ops.mT(input)))
    else:
        out = ops.matmul(input, ops.mT(weight))
    return out if bias is None else out + bias


def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1):
    """Slide filters over pictures: (N, C, H, W) and weight (F, C, KH, KW), bias (F,) -> (N, F, OH, OW).

    What deep learning calls convolution is correlation: the filter is not rotated. `stride`, `padding`
    (zeros) and `dilation` are a number or a pair (down, across); OH = (H + 2·padding - dilation·(KH - 1) - 1)
    // stride + 1.

    Every window becomes a column, every filter a row, and one matrix product lets all windows meet all
    filters (im2col: Chellapilla, Puri and Simard, 2006).
    """
    if input.ndim != 4 or weight.ndim != 4 or input.shape[1] != weight.shape[1]:
        raise RuntimeError("conv2d: wanted an input (N, C, H, W) and a weight (F, C, KH, KW) with one C, "
                           f"got {input.shape} and {weight.shape}")
    F, C, KH, KW = weight.shape
    down, across = _plan("conv2d", input, (KH, KW), stride, padding, dilation)
    windows = _slide(_slide(_padded(input, padding), 2, *down), 3, *across)   # (N, C, OH, OW, KH, KW), a view
    N, _, OH, OW, _, _ = windows.shape
    # The batch goes last: each row of `columns` is then made of long runs of memory, so the copy that
    # `reshape` makes here, the only one, is cheap, and the way back to (N, F, OH, OW) is a view.
    columns = ops.reshape(ops.permute(windows, (1, 4, 5, 2, 3, 0)), (C * KH * KW, OH * OW * N))
    out = ops.mm(ops.reshape(weight, (F, C * KH * KW)), columns)
    if bias is not None:
        out = out + ops.reshape(bias, (F, 1))
    return ops.permute(ops.reshape(out, (F, OH, OW, N)), (3, 0, 1, 2))


def max_pool2d(input, kernel_size, stride=None, padding=0, dilation=1):
    """The largest number in each window: (N, C, H, W) -> (N, C, OH, OW). `stride` is `kernel_size` unless
    given.

    Padding counts as minus infinity. Of several that are equally large, the first in reading order has the
    gradient.
    """
    if input.ndim != 4:
        raise RuntimeError(f"max_pool2d: wanted an input (N, C, H, W), got {input.shape}")
    stride = kernel_size if stride is None else stride
    if any(2 * border > size for border, size in zip(_pair(padding), _pair(kernel_size))):
        raise RuntimeError(f"max_pool2d: padding {padding} is more than half of the kernel {kernel_size}")
    down, across = _plan("max_pool2d", input, _pair(kernel_size), stride, padding, dilation)
    # Every window in two steps: the largest of each of its rows, then the largest of those.
    rows = ops.max_along(_slide(_padded(input, padding, -math.inf), 3, *across), -1)
    return ops.max_along(_slide(rows, 2, *down), -1)


def softmax(input, dim):
    """Numbers into shares: exp(x) / Σ exp(x), positive, with the sum 1 along `dim`."""
    return ops.softmax(input, dim)


def log_softmax(input, dim):
    """The logarithm of the softmax, without the detour through an exp that would overflow."""
    return ops.log_softmax(input, dim)


def cross_entropy(input, target, reduction="mean"):
    """The surprise at the right answers: -log softmax(input)[target], for logits (N, C) and classes (N,),
    integers.

    In nats: 0 for certain and right, ln C for guessing. `reduction` is "mean", "sum", or "none", which
    returns (N,).
    """
    target = np.asarray(target)
    if input.ndim != 2 or target.shape != input.shape[:1] or target.dtype.kind not in "iu":
        raise RuntimeError(f"cross_entropy: wanted logits (N, C) and classes (N,) as integers, "
                           f"got {input.shape} and {target.shape} of {target.dtype}")
    N, C = input.shape
    if N > 0 and not (0 <= target.min() and target.max() < C):
        raise IndexError(f"cross_entropy: targets from {target.min()} to {target.max()} for {C} classes")
    surprise = -ops.getitem(log_softmax(input, 1), (np.arange(N), target))
    return _reduced("cross_entropy", surprise, reduction)


def mse_loss(input, target, reduction="mean"):
    """Squared error: (input - target)², of equal shapes. `reduction` is "mean", "sum" or "none"."""
    if input.shape != target.shape:
        raise RuntimeError(f"mse_loss: wanted two equal shapes, got {input.shape} and {target.shape}")
    error = input - target
    return _reduced("mse_loss", error * error, reduction)


# --- What the layers share ----------------------------------------------------------------------------------

def _reduced(name, losses, reduction):
    reductions = {"mean": ops.mean, "sum": ops.sum, "none": lambda losses: losses}
    if reduction not in reductions:
        raise ValueError(f'{name}: reduction is "mean", "sum" or "none", not {reduction!r}')
    return reductions[reduction](losses)


def _pair(value):
    """A number for both directions, or a pair (down, across), as a pair."""
    pair = (value, value) if isinstance(value, int) else tuple(value)
    if len(pair) != 2:
        raise RuntimeError(f"wanted a number or a pair (down, across), got {value}")
    return pair


def _plan(name, input, kernel, stride, padding, dilation):
    """(size, stride, dilation) of the windows down and across, once it is sure that they fit the picture."""
    steps = list(zip(kernel, _pair(stride), _pair(dilation)))
    for axis, ((size, step, gap), border) in enumerate(zip(steps, _pair(padding)), start=2):
        if min(size, step, gap) < 1 or border < 0:
            raise RuntimeError(f"{name}: kernel, stride and dilation must be at least 1, padding at least 0; "
                               f"got {kernel}, {stride}, {dilation} and {padding}")
        if gap * (size - 1) + 1 > input.shape[axis] + 2 * border:
            raise RuntimeError(f"{name}: a kernel of {kernel} with dilation {dilation} does not fit pictures "
                               f"of {tuple(input.shape[2:])} with padding {padding}")
    return steps


def _padded(input, padding, value=0.0):
    down, across = _pair(padding)
    if down == across == 0:
        return input
    return ops.pad(input, ((0, 0), (0, 0), (down, down), (across, across)), value)


def _slide(input, dim, size, stride, dilation):
    """All windows along one axis, without a copy: (..., L, ...) -> (..., windows, ..., size)."""
    windows = ops.unfold(input, dim, dilation * (size - 1) + 1, stride)
    return windows if dilation == 1 else ops.getitem(windows, (..., slice(None, None, dilation)))
