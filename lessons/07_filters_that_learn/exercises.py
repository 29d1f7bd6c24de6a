"""Lesson 7: Filters that learn. Exercises.

N pictures with C channels are an array (N, C, H, W). F filters for them are an array (F, C, KH, KW): each has
KH × KW numbers for each channel. `g` is the gradient of the loss with respect to what a function gives, and
has its shape. A function `..._vjp` makes of it the gradient with respect to what the function takes.
"""

import numpy as np


def sigmoid(x):
    """Squeeze any number into the space between 0 and 1: 1 / (1 + e⁻ˣ).

    x: an array of any shape, of numbers of any size.
    Returns an array of the same shape and dtype. Nothing in it is NaN, even for x = -800 or x = 800.

    sigmoid of [-800.0, 0.0, 2.0] is [0.0, 0.5, 0.8808].
    """
    return 1 / (1 + np.exp(-x))


def sigmoid_vjp(g, x):
    """The way back through the sigmoid.

    x: an array, what the sigmoid was given. g: the gradient of the loss with respect to what it gave.
    Returns the gradient of the loss with respect to x, of the same shape.

    Let s be the sigmoid of x. The slope of the sigmoid at x is s · (1 - s): for x = 0 it is 0.5 · 0.5 = 0.25.
    So for g = [8.0] and x = [0.0], it returns [2.0].
    """
    s = sigmoid(x)
    return g * s * (1 - s)


def squared_error_vjp(g, sureness, truth):
    """The way back through the squared error, the mean of (sureness - truth)².

    sureness: an array (N,), how sure it is of an eight. truth: an array (N,), 1.0 is an eight, 0.0 a one.
    g: a number, the gradient of the loss with respect to the squared error. (Mostly that *is* the loss, and g
    is 1. But somebody might have multiplied it by 10 to get the loss.)
    Returns the gradient of the loss with respect to sureness, an array (N,).

    For g = 1.0, sureness [0.5, 0.8] and truth [1.0, 0.0], it is [-0.5, 0.8].
    """
    return g * 2 * (sureness - truth) / len(truth)


def sgd_step(numbers, gradient, rate):
    """One step downhill: each number against its slope, and the steeper, the further.

    numbers: an array of any shape, the filters, say. gradient: an array of the same shape, the slopes.
    rate: a number, the learning rate.
    Returns a new array of that shape. The old numbers stay as they were.

    From [3.0, 5.0] with the slopes [10.0, -2.0] and the rate 0.1, it goes to [2.0, 5.2].
    """
    return numbers - rate * gradient


def unfold(x, size, step):
    """All windows of `size` numbers along the last axis, each `step` further than the one before.

    x: an array (..., L). L is at least `size`. There may be any number of axes before the last one.
    Returns an array (..., windows, size) of the same dtype. A window that would not fit entirely is left out,
    so there are (L - size) // step + 1 of them.

    unfold of [1, 2, 3, 4] with size 2 and step 1 is [[1, 2],
                                                      [2, 3],
                                                      [3, 4]].
    """
    count = (x.shape[-1] - size) // step + 1
    return np.stack([x[..., i * step:i * step + size] for i in range(count)], axis=-2)


def windows_of(pictures, height, width):
    """All windows of the pictures: (N, C, H, W) -> (N, OH, OW, C, height, width).

    This function is given, and uses your `unfold` twice, across and down. windows_of(...)[n, r, c] is the
    piece of picture n whose upper left corner is in row r and column c, with all its channels.
    """
    across = unfold(pictures, width, 1)                         # (N, C, H, OW, width)
    down = unfold(np.moveaxis(across, 2, -1), height, 1)        # (N, C, OW, width, OH, height)
    return down.transpose(0, 4, 2, 1, 5, 3)


def conv2d(pictures, filters, bias):
    """Every filter meets every window: multiply, add up, and add the filter's bias.

    pictures: an array (N, C, H, W). filters: (F, C, KH, KW). bias: (F,), one number for each filter.
    Returns an array (N, F, OH, OW) of the same dtype, where OH = H - KH + 1 and OW = W - KW + 1. As ever in
    deep learning, the filters are not rotated, though it is called a convolution.

    No loop is needed: put each window's C·KH·KW numbers into one row, and each filter's into one row, too.
    Then a single matrix product multiplies and adds up everything that is to be multiplied and added up.

    The picture [[[[1, 2, 3]]]] with the filter [[[[1, 10]]]] and the bias [100] gives [[[[121, 132]]]].
    """
    windows = windows_of(pictures, *filters.shape[2:])          # (N, OH, OW, C, KH, KW)
    rows = windows.reshape(*windows.shape[:3], -1)              # (N, OH, OW, C·KH·KW)
    answers = rows @ filters.reshape(len(filters), -1).T + bias     # (N, OH, OW, F)
    return answers.transpose(0, 3, 1, 2)


def fold(windows, step, length):
    """The way back through `unfold`: windows put where they came from, and added up where they overlap.

    windows: an array (..., windows, size). They begin at 0, step, 2·step, and so on, and lie inside `length`.
    Returns an array (..., length) of the same dtype. Where no window lies it is 0.

    If windows overlap, a number stands in several of them. It then acts on the loss in several ways. What it
    does in all of them is to be added up: this is why fold is the vjp of unfold.

    fold of [[1, 2],
             [3, 4],
             [5, 6]] with step 1 and length 4 is [1, 2 + 3, 4 + 5, 6].
    """
    count, size = windows.shape[-2:]
    out = np.zeros((*windows.shape[:-2], length), windows.dtype)
    for i in range(count):
        out[..., i * step:i * step + size] += windows[..., i, :]
    return out


def max_pool_vjp(g, pictures, size):
    """The way back through max pooling, which keeps the largest number of each area of size × size.

    pictures: an array (N, C, H, W), what was pooled. H and W are multiples of `size`; areas do not overlap.
    g: an array (N, C, H // size, W // size), the gradient with respect to what pooling gave.
    Returns the gradient with respect to the pictures, (N, C, H, W).

    Who was the largest decides alone, so it gets all of the area's g; the others get 0. If several are
    equally large, they share it: two get half of g each. (The first may also have it all. Both is right.)

    For the picture [[[[1, 5, 2, 2],
                       [3, 4, 0, 1]]]], size 2 and g = [[[[10, 20]]]], it is [[[[0, 10, 10, 10],
                                                                              [0,  0,  0,  0]]]].
    """
    N, C, H, W = pictures.shape
    areas = pictures.reshape(N, C, H // size, size, W // size, size)
    largest = areas == areas.max(axis=(3, 5), keepdims=True)
    shares = largest / largest.sum(axis=(3, 5), keepdims=True)
    return (shares * g[:, :, :, None, :, None]).reshape(pictures.shape)
