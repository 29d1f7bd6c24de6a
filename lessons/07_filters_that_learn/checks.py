"""How the exercises of lesson 7 are checked, and what helps whoever is stuck."""

import numpy as np

from lessons.exercises import Mistake, Patch, exercise, forward, numbers, numbers_by, read_only, solutions
from minigrad import nn, ops, optim, sliding
from minigrad.nn import functional as F

ours = solutions(__file__)


# ---- one number each

@exercise(
    hints=[
        "e to the power of each number of an array: np.exp.",
        "e⁻ˣ is np.exp(-x). It is huge where x is far below zero. 1 divided by something huge is 0: no harm "
        "done.",
        "Add 1 to e⁻ˣ, and divide 1 by that: return 1 / (1 + np.exp(-x)).",
    ],
    mistakes=[
        Mistake("sign",
                "It falls where it should rise: the exponent is -x, not x.", lambda x: 1 / (1 + np.exp(x))),
        Mistake("overflow",
                "eˣ / (1 + eˣ) is the sigmoid, too, but for large x it is infinity divided by infinity. "
                "Divide numerator and denominator by eˣ first.", lambda x: np.exp(x) / (1 + np.exp(x))),
        Mistake("another-function", "It is tanh, from -1 to 1. Wanted is the sigmoid, from 0 to 1.", np.tanh),
        Mistake("brackets", "It adds 1 after dividing. The 1 belongs below the line: brackets.",
                lambda x: 1 / 1 + np.exp(-x)),
    ],
)
def sigmoid(judge, rng):
    for shape in ((4,), (2, 3), (3, 2, 2)):
        judge(numbers(rng, *shape, low=-4, high=4))
    judge(np.array([-800.0, 0.0, 800.0]))
    judge(numbers(rng, 5, dtype=np.float32))


@exercise(
    hints=[
        "You have the sigmoid already. Call it once, and keep what it gives.",
        "The slope at each number is s · (1 - s). A small change of x by d changes s by the slope times d.",
        "The chain rule: what a change of s does to the loss, g, times what a change of x does to s.",
        "Let s = sigmoid(x), and return g * s * (1 - s).",
    ],
    mistakes=[
        Mistake("wrong-point", "It puts x into s · (1 - s). It should be the sigmoid of x.",
                lambda g, x: g * x * (1 - x)),
        Mistake("another-function", "1 - s² is the slope of tanh. The slope of the sigmoid is s · (1 - s).",
                lambda g, x: g * (1 - ours.sigmoid(x) ** 2)),
    ],
)
def sigmoid_vjp(judge, rng):
    for shape in ((3,), (2, 3), (2, 1, 4)):
        judge.gradient(ours.sigmoid, numbers(rng, *shape, low=-3, high=3))


def squared_error(sureness, truth):
    return np.mean((sureness - truth) ** 2)


@exercise(
    hints=[
        "One picture first: the slope of (s - t)² is 2 · (s - t), as in lesson 5.",
        "It is a mean: each of the N pictures acts on it only with the Nth part. N is len(truth).",
        "The chain rule: multiply by g.",
        "Return g * 2 * (sureness - truth) / len(truth).",
    ],
)
def squared_error_vjp(judge, rng):
    for count in (3, 5, 7):
        truth = rng.integers(0, 2, count).astype(np.float64)
        judge.gradient(squared_error, numbers(rng, count, low=0.02, high=0.98), extra=(truth,))


# ---- the update

def last_line_of_sgd(function):
    """minigrad finds the direction, and the learner's function takes the step."""
    def update(self, weights, gradient, group, state):
        first = self.begin(gradient, group, state)
        direction = self.direction(weights, gradient, group, state, first=first)
        return function(read_only(weights), read_only(direction), group["lr"])

    return [Patch(optim.SGD, "update", update)]


@exercise(
    hints=[
        "It is the update of lesson 5, for a whole array of numbers at once.",
        "Where the slope is positive, more makes the loss larger. So take something away there.",
        "What is taken away is the rate times the slope. `numbers -= ...` would write into the array that "
        "was lent.",
        "Return numbers - rate * gradient.",
    ],
    mistakes=[
        Mistake("sign", "It walks uphill: the gradient points to where the loss grows. Go the other way.",
                lambda numbers, gradient, rate: numbers + rate * gradient),
        Mistake("rate-forgotten", "It takes the whole gradient for the step. Multiply by the rate.",
                lambda numbers, gradient, rate: numbers - gradient),
        Mistake("step-only", "It gives the step, not where the step leads to.",
                lambda numbers, gradient, rate: rate * gradient),
        Mistake("step-only", "It gives the step, not where the step leads to.",
                lambda numbers, gradient, rate: -rate * gradient),
        Mistake("rate-divides", "It divides by the rate. A larger rate should make a larger step.",
                lambda numbers, gradient, rate: numbers - gradient / rate),
        Mistake("sign-of-gradient",
                "It looks at the gradient's sign only. The steeper, the further it should go.",
                lambda numbers, gradient, rate: numbers - rate * np.sign(gradient)),
    ],
    place=last_line_of_sgd,
)
def sgd_step(judge, rng):
    for shape, rate in (((3,), 0.1), ((2, 3), 0.25), ((4, 1, 2), 2.0)):
        judge(numbers(rng, *shape), numbers(rng, *shape), rate)
    judge(numbers(rng, 2, 2, dtype=np.float32), numbers(rng, 2, 2, dtype=np.float32), 0.05)


# ---- windows

def windows_of_minigrad(function):
    """minigrad's windows lie along several axes, and leave out what is between every `gap`-th number.

    The learner's lie along the last axis. So they are taken along one axis after the other.
    """
    def windows(x, dims, sizes, steps, gaps):
        for dim, size, step, gap in zip(dims, sizes, steps, gaps):
            found = function(np.moveaxis(x, dim, -1), gap * (size - 1) + 1, step)
            x = np.moveaxis(found[..., ::gap], -2, dim)
        return x

    return forward(sliding.windows, windows)


@exercise(
    hints=[
        "How many windows are there? The first begins at 0. The last begins at L - size at the latest.",
        "Window i begins at i · step: x[..., i * step:i * step + size]. The dots stand for all axes before "
        "the last.",
        "Collect the windows in a list. Then np.stack makes one array of it, with a new axis. Which one? The "
        "windows are counted by the last axis but one.",
        "With count = (x.shape[-1] - size) // step + 1, return np.stack([x[..., i * step:i * step + size] "
        "for i in range(count)], axis=-2).",
    ],
    mistakes=[
        Mistake("step-forgotten", "Its windows are 1 apart, whatever `step` is.",
                lambda x, size, step: np.lib.stride_tricks.sliding_window_view(x, size, axis=-1)),
        Mistake("side-by-side", "Its windows lie side by side: `size` apart, where it should be `step`.",
                lambda x, size, step: ours.unfold(x, size, size)),
        Mistake("off-by-one", "The last window is missing: how many places are there to begin at?",
                lambda x, size, step: ours.unfold(x, size, step)[..., :-1, :]),
        Mistake("wrong-axis",
                "The windows are counted along the first axis: np.stack puts its new axis there, unless told "
                "otherwise. It should be the last but one.",
                lambda x, size, step: np.moveaxis(ours.unfold(x, size, step), -2, 0)),
    ],
    place=windows_of_minigrad,
)
def unfold(judge, rng):
    judge(numbers(rng, 5), 3, 1)
    for shape, size, step in (((7,), 3, 2), ((2, 8), 3, 2), ((3, 2, 6), 2, 3), ((2, 4), 4, 1),
                              ((2, 9), 4, 2)):
        judge(numbers(rng, *shape), size, step)
    judge(numbers(rng, 3, 5, dtype=np.float32), 2, 1)


def reshaped_for_transposed(pictures, filters, bias):
    answers = ours.conv2d(pictures, filters, bias)
    return answers.transpose(0, 2, 3, 1).reshape(answers.shape)


def filters_of_minigrad(function):
    """A frame of paper, and a bias where there is none, are no part of the exercise: they are added here."""
    def conv2d(pictures, filters, bias, stride, padding, dilation):
        high, wide = F._pair(padding)
        pictures = np.pad(pictures, ((0, 0), (0, 0), (high, high), (wide, wide)))
        return function(pictures, filters, np.zeros(len(filters), filters.dtype) if bias is None else bias)

    return numbers_by(F, "conv2d", conv2d)


@exercise(
    hints=[
        "windows_of(pictures, KH, KW) has the shape (N, OH, OW, C, KH, KW). With "
        "windows.reshape(*windows.shape[:3], -1), each window becomes one row, of C·KH·KW numbers.",
        "filters.reshape(F, -1) makes rows of the filters, in the same order. All rows of the one times all "
        "rows of the other: rows @ filters.T, once the filters are rows.",
        "The product has the shape (N, OH, OW, F). Now the F biases fit: add them, before you move the axes.",
        "windows = windows_of(pictures, *filters.shape[2:]); rows = windows.reshape(*windows.shape[:3], -1); "
        "answers = rows @ filters.reshape(len(filters), -1).T + bias; return answers.transpose(0, 3, 1, 2).",
    ],
    mistakes=[
        Mistake("bias-forgotten", "The bias is missing.",
                lambda pictures, filters, bias: ours.conv2d(pictures, filters, 0 * bias)),
        Mistake("wrong-axis",
                "The filters are along the last axis, (N, OH, OW, F). Wanted is (N, F, OH, OW).",
                lambda pictures, filters, bias: ours.conv2d(pictures, filters, bias).transpose(0, 2, 3, 1)),
        Mistake("wrong-order",
                "The shape is right, but reshape does not exchange axes: it reads the numbers in order and "
                "fills the new shape with them. Use transpose.",
                reshaped_for_transposed),
        Mistake("flipped", "The filters are rotated by 180 degrees. Here they are laid on as they are.",
                lambda pictures, filters, bias: ours.conv2d(pictures, filters[:, :, ::-1, ::-1], bias)),
        Mistake("first-channel", "Only the first channel counts. All channels are to be added up.",
                lambda pictures, filters, bias: ours.conv2d(pictures[:, :1], filters[:, :1], bias)),
    ],
    place=filters_of_minigrad,
)
def conv2d(judge, rng):
    for (N, C, H, W), (count, KH, KW) in (((1, 1, 3, 4), (2, 2, 2)), ((2, 3, 5, 4), (4, 2, 3)),
                                          ((3, 2, 4, 6), (5, 3, 2)), ((2, 4, 3, 3), (3, 1, 1))):
        judge(numbers(rng, N, C, H, W), numbers(rng, count, C, KH, KW), numbers(rng, count))
    judge(numbers(rng, 1, 2, 4, 3, dtype=np.float32), numbers(rng, 3, 2, 2, 2, dtype=np.float32),
          numbers(rng, 3, dtype=np.float32))


def fold_of_minigrad(function):
    """The same backwards: the last axis first, and zeros for what was left out."""
    def fold(x, dims, steps, gaps, shape):
        for dim, step, gap in reversed(list(zip(dims, steps, gaps))):
            spread = np.zeros((*x.shape[:-1], gap * (x.shape[-1] - 1) + 1), x.dtype)
            spread[..., ::gap] = x
            x = np.moveaxis(function(np.moveaxis(spread, dim, -2), step, shape[dim]), -1, dim)
        return x

    return forward(sliding.fold, fold)


def put_back_without_adding(windows, step, length):
    out = np.zeros((*windows.shape[:-2], length), windows.dtype)
    for i in range(windows.shape[-2]):
        out[..., i * step:i * step + windows.shape[-1]] = windows[..., i, :]
    return out


@exercise(
    hints=[
        "Start with zeros of shape (..., length): np.zeros((*windows.shape[:-2], length), windows.dtype).",
        "Window i belongs to the places i * step to i * step + size, the end left out: as in `unfold`.",
        "Where windows overlap, they add up: `out[...] += ...`, not `=`.",
        "count, size = windows.shape[-2:]; out = np.zeros((*windows.shape[:-2], length), windows.dtype); for "
        "each i in range(count): out[..., i * step:i * step + size] += windows[..., i, :]; return out.",
    ],
    mistakes=[
        Mistake("overwritten",
                "Where windows overlap, the later one overwrites the earlier one. They should add up.",
                put_back_without_adding),
        Mistake("step-forgotten", "It puts the windows 1 apart, whatever `step` is.",
                lambda windows, step, length: ours.fold(windows, 1, length)),
        Mistake("side-by-side", "It puts the windows side by side: `size` apart, where it should be `step`.",
                lambda windows, step, length: ours.fold(windows, windows.shape[-1], length)),
        Mistake("mean-for-sum", "Where windows overlap, it takes their mean. They should add up.",
                lambda windows, step, length: ours.fold(windows, step, length)
                / np.maximum(ours.fold(np.ones_like(windows), step, length), 1)),
        Mistake("last-left-out", "The last window is left out.",
                lambda windows, step, length: ours.fold(windows[..., :-1, :], step, length)),
    ],
    place=fold_of_minigrad,
)
def fold(judge, rng):
    judge(numbers(rng, 3, 3), 1, 5)
    for shape, step, length in (((4, 3), 2, 9), ((2, 3, 3), 2, 8), ((2, 3, 2, 2), 3, 7), ((2, 2, 4), 1, 5)):
        judge(numbers(rng, *shape), step, length)
    judge(numbers(rng, 2, 3, 2, dtype=np.float32), 1, 4)


# ---- pooling

def pooled(pictures, size):
    """The largest of each area of size × size, (N, C, H, W) -> (N, C, H // size, W // size)."""
    N, C, H, W = pictures.shape
    return pictures.reshape(N, C, H // size, size, W // size, size).max(axis=(3, 5))


def way_back_of_pooling(function):
    """Pooling as a single operation, with the learner's vjp. What it computes stays as it is."""
    @ops.Op
    def pool(pictures, size):
        return F.max_pool2d(pictures, size)

    ops.defvjp(pool, lambda g, out, pictures, size: function(g, pictures, size))
    return [Patch(nn.MaxPool2d, "forward", lambda layer, pictures: pool(pictures, layer.kernel_size))]


@exercise(
    hints=[
        "With pictures.reshape(N, C, H // size, size, W // size, size), each area has two axes of its own, 3 "
        "and 5.",
        "The largest of each area: areas.max(axis=(3, 5), keepdims=True). Where is a number equal to its "
        "area's largest? That is an array of truths, and in a product True counts as 1 and False as 0.",
        "g has to fit the axes of the areas: g[:, :, :, None, :, None] has length 1 at the axes 3 and 5. Two "
        "that are equally large must not both get all of g: divide by how many there are in the area.",
        "areas = pictures.reshape(N, C, H // size, size, W // size, size), where N, C, H, W = "
        "pictures.shape; largest = areas == areas.max(axis=(3, 5), keepdims=True); shares = largest / "
        "largest.sum(axis=(3, 5), keepdims=True); return (shares * g[:, :, :, None, :, "
        "None]).reshape(pictures.shape).",
    ],
    mistakes=[
        Mistake("whole-area",
                "It gives g to all numbers of an area. Only the largest decides what pooling gives.",
                lambda g, pictures, size: g.repeat(size, axis=2).repeat(size, axis=3)),
        Mistake("mean-for-max",
                "It shares g among all numbers of an area: that is the way back through a mean. "
                "Only the largest decides what pooling gives.",
                lambda g, pictures, size: g.repeat(size, axis=2).repeat(size, axis=3) / size**2),
    ],
    place=way_back_of_pooling,
)
def max_pool_vjp(judge, rng):
    for shape, size in (((1, 1, 2, 4), 2), ((2, 1, 2, 4), 2), ((1, 2, 3, 3), 3), ((1, 1, 4, 2), 2)):
        judge.gradient(pooled, numbers(rng, *shape), extra=(size,))
    judge.gradient(pooled, np.array([[[[1.0, 1.0, 0.0, 2.0], [0.0, 1.0, 2.0, -1.0]]]]), extra=(2,))
