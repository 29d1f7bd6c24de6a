"""Lesson 3: Eight filters and a fingerprint. Exercises.

A picture is an array (H, W), a filter an array (3, 3), both of float64 unless something else is said. N is
the number of pictures, F the number of filters, C how many kinds of edges were looked for in each picture.
"""

import numpy as np


def correlate(picture, filter):
    """Given, from lesson 2: what a filter says at every place of a picture, (H, W) -> (H - 2, W - 2)."""
    height, width = picture.shape
    return sum(filter[i, j] * picture[i:i + height - 2, j:j + width - 2] for i in range(3) for j in range(3))


def eight_filters(first, second):
    """Make eight filters of two, by rotation.

    first, second: two arrays (3, 3).
    Returns an array (8, 3, 3): `first` rotated 0, 1, 2 and 3 times by 90 degrees, counter-clockwise, then
    `second` likewise. np.rot90(filter, n) rotates n times.

    Of `top` and `diagonal`, these are the eight filters of the lesson, in its order.
    """
    return np.array([np.rot90(filter, n) for filter in (first, second) for n in range(4)])


def pad_picture(picture, padding):
    """Lay a frame of paper, of zeros, around a picture.

    picture: an array (H, W). padding: how many pixels wide the frame is on each of the four sides, 1 or more.
    Returns a new array (H + 2 padding, W + 2 padding).

    With the padding 1, [[5, 6]] becomes [[0, 0, 0, 0],
                                          [0, 5, 6, 0],
                                          [0, 0, 0, 0]].
    np.pad does it in one call. Do it without, once.
    """
    height, width = picture.shape
    padded = np.zeros((height + 2 * padding, width + 2 * padding))
    padded[padding:padding + height, padding:padding + width] = picture
    return padded


def max_pool(picture, size):
    """Divide a picture into areas of size × size pixels, and keep the largest number of each.

    picture: an array (H, W); H and W are multiples of `size`. Its numbers may be negative.
    Returns an array (H / size, W / size).

    With the size 2, [[1, 2, 0, 0],
                      [3, 0, 0, 4]] becomes [[3, 4]].
    """
    rows, columns = picture.shape[0] // size, picture.shape[1] // size
    result = np.zeros((rows, columns))
    for row in range(rows):
        for column in range(columns):
            area = picture[row * size:(row + 1) * size, column * size:(column + 1) * size]
            result[row, column] = area.max()
    return result


def max_pool_many(pictures, size):
    """The same for many pictures at once, without a loop.

    pictures: an array (N, C, H, W) of float32 or float64; H and W are multiples of `size`.
    Returns an array (N, C, H / size, W / size) of the same dtype.

    From (100, 8, 28, 28) with the size 7 it comes to (100, 8, 4, 4). In the end a network of yours will call
    this function at every step of its training, and there loops would take too long.
    """
    N, C, H, W = pictures.shape
    return pictures.reshape(N, C, H // size, size, W // size, size).max(axis=(3, 5))


def fingerprint(picture, filters, size):
    """How strong each kind of edge is in each part of a picture: pad, correlate, pool.

    picture: an array (H, W); H and W are multiples of `size`. filters: an array (F, 3, 3), F filters.
    size: the areas have size × size pixels.
    Returns an array (F, H / size, W / size). The frame around the picture is one pixel wide.

    Of a picture 28 × 28, with the eight filters and the size 7: 8 × 4 × 4 = 128 numbers.
    """
    padded = pad_picture(picture, 1)
    return np.array([max_pool(correlate(padded, filter), size) for filter in filters])


def change(before, after):
    """How much pictures have changed: the length of after - before, as a share of the length of before.

    before, after: two arrays of one shape (N, H, W), or of N fingerprints (N, F, H, W).
    Returns one number, the mean of the N shares. The length of a picture: square all its numbers, add them
    up, and take the root.

    The pictures [[3, 4]] and [[1, 0]] become [[3, 4]] and [[0, 0]]. The first has not changed, the second has
    gone altogether. So the shares are 0 and 1, and their mean is 0.5.
    """
    before, after = before.reshape(len(before), -1), after.reshape(len(after), -1)
    return (np.linalg.norm(after - before, axis=1) / np.linalg.norm(before, axis=1)).mean()
