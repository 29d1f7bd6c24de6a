"""Lesson 2: Nine numbers find an edge. Exercises.

A picture is an array (H, W) of float64, a filter an array (3, 3) of float64. A filter is at the place (row,
column) of a picture if its top left number lies on picture[row, column]. It fits into H - 2 places down and
W - 2 across.
"""

import numpy as np


def at_one_place(picture, filter, row, column):
    """Lay a filter on a picture at one place, multiply each pixel by the number on it, and add up.

    picture: an array (H, W). filter: an array (3, 3). row, column: where its top left number lies. All of the
    filter lies inside the picture.
    Returns one number.

    With the filter `top` of the lesson and the picture [[0, 0, 0, 1],
                                                         [0, 0, 1, 1],
                                                         [0, 1, 1, 1]],
    at row 0 and column 1, it is 0 + 1 + 1, the middle row, minus 0 + 0 + 1, the row above it: 1.
    """
    return np.sum(filter * picture[row:row + 3, column:column + 3])


def correlate_by_loops(picture, filter):
    """Lay a filter on every place of a picture: what does it say at each?

    picture: an array (H, W). filter: an array (3, 3).
    Returns an array (H - 2, W - 2) of float64: at [row, column] what it says at the place (row, column). Use
    `at_one_place` if you like.

    With `top` and the picture above, 3 × 4, there are 1 × 2 places: the result is [[1, 1]].
    """
    height, width = picture.shape
    result = np.zeros((height - 2, width - 2))
    for row in range(height - 2):
        for column in range(width - 2):
            result[row, column] = at_one_place(picture, filter, row, column)
    return result


def correlate(picture, filter):
    """The same without a loop over places: take one number of the filter, and do it for all places at once.

    picture: an array (H, W). filter: an array (3, 3).
    Returns an array (H - 2, W - 2) of float64, as `correlate_by_loops` does.

    The number filter[0, 0] meets the pixels picture[:H - 2, :W - 2], one at each place; filter[0, 1] meets
    those one column farther to the right.
    """
    height, width = picture.shape
    result = np.zeros((height - 2, width - 2))
    for i in range(3):
        for j in range(3):
            result += filter[i, j] * picture[i:i + height - 2, j:j + width - 2]
    return result


def rotate(filter):
    """Rotate a filter by 90 degrees, counter-clockwise. Do it without np.rot90.

    filter: an array (H, W); it may have more rows than columns, or fewer.
    Returns an array (W, H) with the same numbers. The last column has become the first row.

    rotate of [[1, 2, 3],
               [4, 5, 6]] is [[3, 6],
                              [2, 5],
                              [1, 4]].
    """
    return filter.T[::-1]


def convolve(picture, filter):
    """The convolution of a picture with a filter, by means of `correlate` and `rotate`.

    picture: an array (H, W). filter: an array (3, 3).
    Returns an array (H - 2, W - 2) of float64: the places where all of the filter lies inside the picture.

    The picture of a single dot in the middle, 5 × 5, convolved with [[1, 2, 3],
                                                                     [4, 5, 6],
                                                                     [7, 8, 9]], is that filter, as it is.
    """
    return correlate(picture, rotate(rotate(filter)))


def correlate_many(pictures, filters):
    """Lay many filters on many pictures.

    pictures: an array (N, H, W), N pictures of one size. filters: an array (F, 3, 3), F filters.
    Returns an array (N, F, H - 2, W - 2) of float64: at [n, f] what filter f says of picture n.

    Of 20 pictures, 28 × 28, and 8 filters: 20 × 8 results, 26 × 26 each.
    """
    return np.array([[correlate(picture, filter) for filter in filters] for picture in pictures])
