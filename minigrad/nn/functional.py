"""The phrases of the language: layers as functions, composed of operations. Not one derivative is written
here.

Names, arguments and defaults are those of `torch.nn.functional`; what comes after an argument that minigrad
leaves out must be given by name. Inputs are tensors; plain arrays pass too, as constants. Axes are named
once, for the whole file: N pictures in a batch, C channels in (or classes), F filters (channels out), H × W
pixels in, OH × OW pixels out, KH × KW the kernel.
"""

import math

import numpy as np

from minigrad import grad_mode, ops, sliding

MANY = 256              # pictures that go through a layer together, where no graph is built

_PICTURES = "an input (N, C, H, W) (for a picture alone, unsqueeze(0) makes it)"


def relu(input):
    """The positive part: max(x, 0)."""
    return ops.relu(input)


def linear(input, weight, bias=None):
    """A weighted sum for each output: (..., in) and weight (out, in), bias (out,) -> (..., out)."""
    ops.wanted(input.ndim > 0 and weight.ndim == 2 and input.shape[-1] == weight.shape[1],
               "linear", "an input (..., in) and a weight (out, in)", input, weight)
    if input.ndim == 2 and (bias is None or getattr(bias, "ndim", 0) == 1):
        return ops.linear(input, weight, bias)
    out = ops.matmul(input, ops.mT(weight))
    return out if bias is None else out + bias


# --- Windows that slide over pictures -----------------------------------------------------------------------

def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1):
    """Slide filters over pictures: (N, C, H, W) and weight (F, C, KH, KW), bias (F,) -> (N, F, OH, OW).

    What deep learning calls convolution is correlation: the filter is not rotated. `stride`, `padding`
    (zeros) and `dilation` are a number or a pair (down, across); OH = (H + 2·padding - dilation·(KH - 1) - 1)
    // stride + 1. The padding "valid" is none. "same" is what keeps OH × OW at H × W; where that is odd,
    the bottom and the right get one more. It wants the stride 1.

    Every window becomes a column, every filter a row, and a matrix product lets all windows meet all filters
    (im2col: Chellapilla, Puri and Simard, 2006).
    """
    ops.wanted(input.ndim == weight.ndim == 4 and input.shape[1] == weight.shape[1],
               "conv2d", f"{_PICTURES} and a weight (F, C, KH, KW) with the same C", input, weight)
    ops.wanted(bias is None or getattr(bias, "shape", None) == weight.shape[:1],
               "conv2d", "a bias (F,), one for each filter of the weight (F, C, KH, KW)", bias, weight)
    kernel = weight.shape[2:]
    padding = _borders(padding, kernel, stride, dilation)
    _, steps, gaps, borders = _plan("conv2d", input.shape, kernel, stride, padding, dilation)
    recorded = grad_mode.is_grad_enabled() and any(
        getattr(part, "requires_grad", False) for part in (input, weight, bias))
    if len(input) > MANY and not recorded:
        # The rows below are several times the size of the pictures. No graph keeps them: so lot by lot.
        lots = ops.split(input, MANY)
        return ops.cat([conv2d(lot, weight, bias, stride, padding, dilation) for lot in lots])
    rows = sliding.rows(input, kernel[1], steps[1], gaps[1], borders)
    return sliding.correlate(rows, weight, bias, steps[0], gaps[0])


def max_pool2d(input, kernel_size, stride=None, padding=0, dilation=1):
    """The largest number in each window: (N, C, H, W) -> (N, C, OH, OW). `stride` is `kernel_size` unless
    given.

    Padding counts as minus infinity. Of several that are equally large, the first in reading order has the
    gradient.
    """
    return sliding.largest(_pooled("max_pool2d", input, kernel_size, stride, padding, dilation, -math.inf))


def avg_pool2d(input, kernel_size, stride=None, padding=0, *, count_include_pad=True):
    """The mean of each window: (N, C, H, W) -> (N, C, OH, OW). `stride` is `kernel_size` unless given.

    Padding is zeros. They count in the mean, unless `count_include_pad` is false.
    """
    def sums(pictures):
        return ops.sum(_pooled("avg_pool2d", pictures, kernel_size, stride, padding), (-2, -1))

    ones = np.ones((1, 1, *input.shape[2:]), input.dtype)
    return sums(input) / (math.prod(_pair(kernel_size)) if count_include_pad else sums(ones))


def pad(input, pad, mode="constant", value=None):
    """A border of `value`, 0 unless given. `pad` starts at the last axis: (left, right, top, bottom, ...)."""
    if mode != "constant":
        raise NotImplementedError(f'pad: minigrad has the mode "constant" only, not {mode!r}')
    ops.wanted(len(pad) % 2 == 0 and len(pad) <= 2 * input.ndim and min(pad, default=0) >= 0, "pad",
               "(before, after) for the last axis, for the one before, and so on, none negative", pad, input)
    widths = list(zip(pad[::2], pad[1::2])) + [(0, 0)] * (input.ndim - len(pad) // 2)
    return ops.pad(input, tuple(reversed(widths)), 0.0 if value is None else value)


def unfold(input, kernel_size, dilation=1, padding=0, stride=1):
    """The windows that conv2d meets, as columns in reading order: (N, C, H, W) -> (N, C·KH·KW, OH·OW)."""
    windows = _windows("unfold", input, kernel_size, stride, padding, dilation)
    N, C, OH, OW, KH, KW = windows.shape
    return ops.reshape(ops.permute(windows, (0, 1, 4, 5, 2, 3)), (N, C * KH * KW, OH * OW))


def fold(input, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """The transpose of `unfold`: columns put back as windows, and added up where these overlap.

    (N, C·KH·KW, OH·OW) -> (N, C, *output_size), where OH × OW windows fit pictures of `output_size`, (H, W).
    """
    (H, W), (KH, KW), (high, wide) = map(_pair, (output_size, kernel_size, padding))
    plan = _plan("fold", (1, 1, H, W), kernel_size, stride, padding, dilation)
    OH, OW = _counts((H + 2 * high, W + 2 * wide), *plan[:3])
    ops.wanted(input.ndim == 3 and input.shape[1] % (KH * KW) == 0 and input.shape[2] == OH * OW,
               "fold", f"an input (N, C·{KH}·{KW}, {OH}·{OW}) to make pictures of {(H, W)}", input)
    N, C = input.shape[0], input.shape[1] // (KH * KW)
    windows = ops.permute(ops.reshape(input, (N, C, KH, KW, OH, OW)), (0, 1, 4, 5, 2, 3))
    pictures = sliding.fold(windows, (2, 3), *plan[1:3], (N, C, H + 2 * high, W + 2 * wide))
    return ops.getitem(pictures, (..., slice(high, high + H), slice(wide, wide + W)))


# --- What helps learning ------------------------------------------------------------------------------------

def batch_norm(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1,
               eps=1e-5):
    """Each channel to the mean 0 and the variance 1, times `weight`, plus `bias`: (N, C, ...), the same out.

    In training, mean and (biased) variance are those of the batch; `running_mean` and `running_var`, tensors
    (C,) or None, move towards them in place, by the share `momentum`, with the unbiased variance. Otherwise
    the running ones are used. `weight` and `bias` are (C,) or None. Ioffe and Szegedy, 2015.
    """
    others = [part for part in (running_mean, running_var, weight, bias) if part is not None]
    ops.wanted(input.ndim > 1 and all(part.shape == input.shape[1:2] for part in others),
               "batch_norm", "an input (N, C, ...), and all others (C,)", input, *others)
    along = (0, *range(2, input.ndim))
    channels = (1, -1) + (1,) * (input.ndim - 2)            # how (C,) meets (N, C, ...)
    count = math.prod(input.shape[i] for i in along)
    if training:
        if count < 2:
            raise ValueError(f"batch_norm: {input.shape} has {count} for each channel, training needs 2")
        mean = ops.mean(input, along, True)
        centred = input - mean
        variance = ops.mean(centred * centred, along, True)
        for running, batch in ((running_mean, mean), (running_var, variance * (count / (count - 1)))):
            if running is not None:
                running.data = (1 - momentum) * running + momentum * ops.reshape(batch, running.shape)
    elif running_mean is None or running_var is None:
        raise RuntimeError("batch_norm: outside of training it needs running_mean and running_var")
    else:
        centred = input - ops.reshape(running_mean, channels)
        variance = ops.reshape(running_var, channels)
    scale = (variance + eps) ** -0.5
    out = centred * (scale if weight is None else scale * ops.reshape(weight, channels))
    return out if bias is None else out + ops.reshape(bias, channels)


def dropout(input, p=0.5, training=True, *, rng=None):
    """In training, each number is set to 0 with the probability `p`, and the others grow by 1/(1 - p).

    Outside of training, the input itself. `rng` is a `numpy.random.Generator`, a fresh one unless given.
    Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, 2014.
    """
    if not 0 <= p <= 1:
        raise ValueError(f"dropout: p is a probability from 0 to 1, got {p}")
    ops.wanted(input.dtype.kind == "f", "dropout", "a floating-point input", input.dtype)
    if not training or p == 0:
        return input
    kept = np.random.default_rng(rng).random(input.shape) >= p
    return input * (kept / (1 - p) if p < 1 else kept).astype(input.dtype)


# --- From scores to a loss ----------------------------------------------------------------------------------

def softmax(input, dim):
    """Numbers into shares: exp(x) / Σ exp(x), positive, with the sum 1 along `dim`."""
    return ops.softmax(input, dim)


def log_softmax(input, dim):
    """The logarithm of the softmax, without the detour through an exp that would overflow."""
    return ops.log_softmax(input, dim)


def mse_loss(input, target, *, reduction="mean"):
    """Squared error: (input - target)², of equal shapes. `reduction` is "mean", "sum" or "none"."""
    ops.wanted(input.shape == target.shape, "mse_loss", "two equal shapes", input, target)
    error = input - target
    return _reduced("mse_loss", error * error, reduction)


def nll_loss(input, target, *, reduction="mean"):
    """The surprise at the right answers, from log-probabilities: -input[target].

    `input` is (N, C), `target` classes (N,), integers; or (N, C, d1, ...) and (N, d1, ...); or (C,) and ().
    `reduction` is "mean", "sum", or "none", which returns the shape of `target`.
    """
    return _reduced("nll_loss", _surprise("nll_loss", input, target), reduction)


def cross_entropy(input, target, *, reduction="mean", label_smoothing=0.0):
    """The surprise at the right answers, from any scores (logits): -log softmax(input)[target].

    In nats: 0 for certain and right, ln C for guessing. Shapes and `reduction` are those of `nll_loss`.
    Where the answer is itself uncertain, `target` holds a probability for each class, as floating-point
    numbers in the shape of `input`, and the surprise is -Σ target · log softmax(input).

    `label_smoothing` is a share of each answer, from 0 to 1, that is spread over all classes evenly. Then a
    network gains nothing by becoming ever surer (Szegedy, Vanhoucke, Ioffe, Shlens and Wojna, 2016).
    """
    if not 0 <= label_smoothing <= 1:
        raise RuntimeError(f"cross_entropy: label_smoothing is a share from 0 to 1, got {label_smoothing}")
    target = target if hasattr(target, "dtype") else np.asarray(target)
    axis = _class_axis(input)
    logs = log_softmax(input, axis)
    if target.dtype.kind == "f":
        ops.wanted(target.shape == input.shape, "cross_entropy",
                   "classes as integers, or probabilities like the scores", input, target, target.dtype)
        losses = -ops.sum(logs * target, axis)
    else:
        losses = _surprise("cross_entropy", logs, target)
    if label_smoothing > 0:
        spread = float(label_smoothing)                       # NumPy's float64 would widen float32 arrays
        losses = (1 - spread) * losses - spread * ops.mean(logs, axis)
    return _reduced("cross_entropy", losses, reduction)


def _class_axis(input):
    return 0 if input.ndim < 2 else 1


def _surprise(name, logs, target):
    target, axis = np.array(target), _class_axis(logs)        # a copy: users may write to theirs
    fits = logs.ndim > 0 and target.shape == logs.shape[:axis] + logs.shape[axis + 1 :]
    ops.wanted(fits and target.dtype.kind in "iu", name,
               "scores (N, C, ...) and classes (N, ...) as integers", logs, target, target.dtype)
    C = logs.shape[axis]
    if target.size > 0 and not (0 <= target.min() and target.max() < C):
        raise IndexError(f"{name}: targets from {target.min()} to {target.max()} for {C} classes (to leave "
                         "some out, with PyTorch's ignore_index, say -100, is outside minigrad's subset)")
    places = np.indices(target.shape, sparse=True) if target.ndim != 1 else [np.arange(len(target))]
    return -ops.getitem(logs, (*places[:axis], target, *places[axis:]))


def _reduced(name, losses, reduction):
    reductions = {"mean": ops.mean, "sum": ops.sum, "none": lambda losses: losses}
    if reduction not in reductions:
        raise ValueError(f'{name}: reduction is "mean", "sum" or "none", not {reduction!r}')
    return reductions[reduction](losses)


# --- What the windows share ---------------------------------------------------------------------------------

def _pair(value):
    """A number for both directions, or a pair (down, across), as a pair."""
    if isinstance(value, int) or not np.iterable(value):
        return value, value
    pair = tuple(value)
    ops.wanted(len(pair) == 2, "a size for pictures", "a number or a pair (down, across)", value)
    return pair


def _borders(padding, kernel, stride, dilation):
    """The padding of conv2d in numbers, also where it is "valid" or "same": for each direction, or a pair."""
    if not isinstance(padding, str):
        return padding
    ops.wanted(padding == "valid" or padding == "same" and _pair(stride) == (1, 1), "conv2d",
               'padding in numbers, or "valid", or "same" with the stride 1', repr(padding), stride)
    total = [gap * (size - 1) * (padding == "same") for size, gap in zip(kernel, _pair(dilation))]
    return [(n // 2, n - n // 2) for n in total]


def _plan(name, shape, kernel, stride, padding, dilation):
    """How windows slide over pictures of this shape, once it is sure that they fit: pairs (down, across).

    The kernel, stride, dilation, and the borders ((top, bottom), (left, right)).
    """
    ops.wanted(len(shape) == 4, name, _PICTURES, shape)
    steps = _pair(kernel), _pair(stride), _pair(dilation)
    borders = tuple(_pair(border) for border in _pair(padding))
    ops.wanted(min(map(min, steps)) > 0 and min(map(min, borders)) >= 0, name,
               "kernel, stride and dilation above 0, padding of 0 or more", kernel, stride, dilation, padding)
    if min(_counts([n + sum(border) for n, border in zip(shape[2:], borders)], *steps)) < 1:
        raise RuntimeError(f"{name}: a kernel of {kernel} with dilation {dilation} does not fit pictures "
                           f"of {tuple(shape[2:])} with padding {padding}")
    return *steps, borders


def _counts(lengths, kernel, stride, dilation):
    """How many windows fit, for each direction."""
    return [(n - gap * (size - 1) - 1) // step + 1
            for n, size, step, gap in zip(lengths, kernel, stride, dilation)]


def _windows(name, input, kernel, stride, padding, dilation, value=0.0):
    """All windows of the padded pictures: (N, C, H, W) -> (N, C, OH, OW, KH, KW), a view."""
    *plan, borders = _plan(name, input.shape, kernel, stride, padding, dilation)
    padded = ops.pad(input, ((0, 0), (0, 0), *borders), value) if any(map(any, borders)) else input
    return sliding.windows(padded, (2, 3), *plan)


def _pooled(name, input, kernel_size, stride, padding, dilation=1, value=0.0):
    """The windows of a pooling, which lie side by side unless a stride is given."""
    fits = all(2 * border <= size for border, size in zip(_pair(padding), _pair(kernel_size)))
    ops.wanted(fits, name, "padding of at most half the kernel", padding, kernel_size)
    stride = kernel_size if stride is None else stride
    return _windows(name, input, kernel_size, stride, padding, dilation, value)
