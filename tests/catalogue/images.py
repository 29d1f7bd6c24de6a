"""Convolution and pooling, forward by windows and backward by loops, as one writes them in an exercise.

Axes: N pictures, C channels, F filters, H, W rows and columns, KH, KW those of the kernel.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tests.catalogue.entry import Function, distinct, fixed, normal


def windows(x, height, width, stride=1):
    """(N, C, H, W) -> (N, C, OH, OW, KH, KW)"""
    return sliding_window_view(x, (height, width), axis=(2, 3))[:, :, ::stride, ::stride]


def padded(x, width):
    return np.pad(x, ((0, 0), (0, 0), (width, width), (width, width)))


def places(g, kernel, stride):
    """For each output its row, its column, and the window of the input that it saw."""
    height, width = kernel
    for i, j in np.ndindex(g.shape[2:]):
        yield i, j, np.s_[:, :, i * stride : i * stride + height, j * stride : j * stride + width]


# --- Convolution --------------------------------------------------------------------------------------------

def convolve(x, w, b, stride=1):
    return np.einsum("nchwkl,fckl->nfhw", windows(x, *w.shape[2:], stride), w) + b[:, None, None]


def input_gradient(g, x, w, stride=1):
    result = np.zeros_like(x)
    for i, j, window in places(g, w.shape[2:], stride):
        result[window] += np.einsum("nf,fckl->nckl", g[:, :, i, j], w)
    return result


def assigned_input_gradient(g, x, w, stride=1):
    result = np.zeros_like(x)
    for i, j, window in places(g, w.shape[2:], stride):
        result[window] = np.einsum("nf,fckl->nckl", g[:, :, i, j], w)
    return result


def weight_gradient(g, x, w, stride=1):
    result = np.zeros_like(w)
    for i, j, window in places(g, w.shape[2:], stride):
        result += np.einsum("nf,nckl->fckl", g[:, :, i, j], x[window])
    return result


def bias_gradient(g):
    return g.sum(axis=(0, 2, 3))


def full_convolution(g, w):
    """The input's gradient in one line, for a square kernel and stride 1; the kernel comes in rotated."""
    return np.einsum("nfhwkl,fckl->nchw", windows(padded(g, w.shape[2] - 1), *w.shape[2:]), w)


conv2d = Function(
    "conv2d", convolve,
    lambda g, x, w, b: (input_gradient(g, x, w), weight_gradient(g, x, w), bias_gradient(g)),
    normal((2, 2, 5, 5), (3, 2, 3, 3), (3,)))
conv2d.wrong("kernel-not-rotated", "kernel as it is",
    lambda g, x, w, b: (full_convolution(g, w), weight_gradient(g, x, w), bias_gradient(g)))
conv2d.wrong("overwritten", "windows assigned",
    lambda g, x, w, b: (assigned_input_gradient(g, x, w), weight_gradient(g, x, w), bias_gradient(g)))
conv2d.wrong("first-of-batch", "filters see the first picture",
    lambda g, x, w, b: (input_gradient(g, x, w), weight_gradient(g[:1], x[:1], w), bias_gradient(g)))
conv2d.wrong("missing-broadcast-sum", "bias not added up over the batch",
    lambda g, x, w, b: (input_gradient(g, x, w), weight_gradient(g, x, w), g.sum(axis=(2, 3))))
conv2d.wrong("constant-factor", "bias a mean of the places",
    lambda g, x, w, b: (input_gradient(g, x, w), weight_gradient(g, x, w), g.mean(axis=(2, 3)).sum(axis=0)))

square_conv2d = Function(                               # as many filters as channels
    "conv2d, C = F", convolve,
    lambda g, x, w, b: (full_convolution(g, w[:, :, ::-1, ::-1]), weight_gradient(g, x, w), bias_gradient(g)),
    normal((1, 3, 4, 4), (3, 3, 3, 3), (3,)))
square_conv2d.wrong("not-transposed", "filters and channels not exchanged",
    lambda g, x, w, b: (full_convolution(g, w.swapaxes(0, 1)[:, :, ::-1, ::-1]),
                        weight_gradient(g, x, w), bias_gradient(g)))

strided_conv2d = Function(
    "conv2d, stride 2", lambda x, w, b: convolve(x, w, b, stride=2),
    lambda g, x, w, b: (input_gradient(g, x, w, 2), weight_gradient(g, x, w, 2), bias_gradient(g)),
    normal((2, 1, 5, 5), (2, 1, 3, 3), (2,)))
strided_conv2d.wrong("overwritten", "windows assigned",
    lambda g, x, w, b: (assigned_input_gradient(g, x, w, 2), weight_gradient(g, x, w, 2), bias_gradient(g)))

padded_conv2d = Function(
    "conv2d, padding 1", lambda x, w, b: convolve(padded(x, 1), w, b),
    lambda g, x, w, b: (input_gradient(g, padded(x, 1), w)[:, :, 1:-1, 1:-1],
                        weight_gradient(g, padded(x, 1), w), bias_gradient(g)),
    normal((2, 2, 4, 4), (2, 2, 3, 3), (2,)))
padded_conv2d.wrong("wrong-shape", "padding not cropped",
    lambda g, x, w, b: (input_gradient(g, padded(x, 1), w),
                        weight_gradient(g, padded(x, 1), w), bias_gradient(g)))
padded_conv2d.wrong("kernel-not-rotated", "kernel as it is",
    lambda g, x, w, b: (full_convolution(g, w)[:, :, 1:-1, 1:-1],
                        weight_gradient(g, padded(x, 1), w), bias_gradient(g)))

conv1d = Function(                                      # correlation, as in all of deep learning
    "conv1d", lambda x, w: np.correlate(x, w, "valid"),
    lambda g, x, w: (np.correlate(g, w[::-1], "full"), np.correlate(x, g, "valid")), normal((7,), (3,)))
conv1d.wrong("kernel-not-rotated", "kernel as it is",
    lambda g, x, w: (np.correlate(g, w, "full"), np.correlate(x, g, "valid")))
conv1d.wrong("wrong-order", "kernel's gradient turned round",
    lambda g, x, w: (np.correlate(g, w[::-1], "full"), np.correlate(x, g, "valid")[::-1]))

# --- Pooling ------------------------------------------------------------------------------------------------

def max_pool(x, size=2, stride=2):
    return windows(x, size, size, stride).max(axis=(4, 5))


def largest(window):
    return window == window.max(axis=(2, 3), keepdims=True)


def share_evenly(window):
    return largest(window) / largest(window).sum(axis=(2, 3), keepdims=True)


def max_pool_vjp(g, x, size=2, stride=2, pick=share_evenly):
    """`pick` shares out each output among its window: (N, C, KH, KW) -> the share of each number."""
    result = np.zeros_like(x)
    for i, j, window in places(g, (size, size), stride):
        result[window] += g[:, :, i, j, None, None] * pick(x[window])
    return result


def assigned_max_pool_vjp(g, x, size=2, stride=2):
    result = np.zeros_like(x)
    for i, j, window in places(g, (size, size), stride):
        result[window] = g[:, :, i, j, None, None] * largest(x[window])
    return result


max_pool2d = Function("max_pool2d", max_pool, max_pool_vjp, distinct((2, 2, 4, 4)))
max_pool2d.wrong("mask-inverted", "all but the largest",
    lambda g, x: max_pool_vjp(g, x, pick=lambda window: ~largest(window)))
max_pool2d.wrong("unknown", "all of the window, as if it were a sum",
    lambda g, x: max_pool_vjp(g, x, pick=np.ones_like))
TIED_PICTURE = [[[[1.0, 1.0, 0.0, 5.0],
                  [0.5, 0.2, 4.0, 3.0],
                  [2.0, 2.0, -1.0, -1.0],
                  [1.0, 2.0, -3.0, -2.0]]]]
max_pool2d.wrong("wrong-at-kink", "every largest gets all",
    lambda g, x: max_pool_vjp(g, x, pick=largest), fixed(TIED_PICTURE))

overlapping_max_pool2d = Function(
    "max_pool2d, overlapping", lambda x: max_pool(x, 3, 1),
    lambda g, x: max_pool_vjp(g, x, 3, 1), distinct((1, 2, 5, 5)))
overlapping_max_pool2d.wrong("overwritten", "windows assigned",
    lambda g, x: assigned_max_pool_vjp(g, x, 3, 1))


def avg_pool_vjp(g, x, size=2, stride=2, divisor=4):
    result = np.zeros_like(x)
    for i, j, window in places(g, (size, size), stride):
        result[window] += g[:, :, i, j, None, None] / divisor
    return result


avg_pool2d = Function(
    "avg_pool2d", lambda x: windows(x, 2, 2, 2).mean(axis=(4, 5)), avg_pool_vjp, normal((2, 2, 4, 4)))
avg_pool2d.wrong("constant-factor", "not divided",
    lambda g, x: avg_pool_vjp(g, x, divisor=1))
avg_pool2d.wrong("constant-factor", "divided by the side of the kernel",
    lambda g, x: avg_pool_vjp(g, x, divisor=2))
