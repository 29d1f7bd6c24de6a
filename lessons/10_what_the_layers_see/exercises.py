"""Lesson 10: What the layers see. Exercises.

The answers of F filters to N pictures are an array (N, F, H, W), as they come out of the ReLU: none is
negative. Rows are counted from the top, columns from the left, both from 0.
"""

import numpy as np


def receptive_field(layers):
    """How many pixels does a filter see across, and how many does it move at a time?

    layers: a list of pairs (size, step), from the picture upwards: a layer looks at `size` × `size` numbers
    of the one below, and moves over it by `step`. A filter of 5 × 5 is (5, 1), pooling over 2 × 2 is (2, 2).
    Returns a pair of integers, in pixels of the picture: size and step of the last layer. No layers: (1, 1).

    [(5, 1)] gives (5, 1). Pooling on top, [(5, 1), (2, 2)]: two filters side by side see 6 pixels, so (6, 2).
    Now 5 of these, each two pixels from the last: [(5, 1), (2, 2), (5, 1)] gives (14, 2), as in the lesson.
    """
    field, stride = 1, 1
    for size, step in layers:
        field += (size - 1) * stride
        stride *= step
    return field, stride


def strongest(answers):
    """Each filter's strongest answer in each picture, and where it is.

    answers: an array (N, F, H, W).
    Returns three arrays (N, F): the scores, of the same dtype, their rows, and their columns, both integers.
    Of several that are equally strong, take the first in reading order.

    np.argmax finds the place along one axis only. So run H and W together first: then there is one place from
    0 to H·W - 1, to be taken apart again.

    One filter's answers to one picture, [[[[0, 3, 0],
                                            [0, 0, 9]]]], have the largest at place 5: it gives [[9]], [[1]]
    and [[2]].
    """
    flat = answers.reshape(*answers.shape[:2], -1)
    rows, columns = np.unravel_index(flat.argmax(axis=2), answers.shape[2:])
    return flat.max(axis=2), rows, columns


def nine_best(scores):
    """Which nine pictures excite a filter most?

    scores: an array (N,), one filter's strongest answer in each of N pictures. None is negative.
    Returns an array of integers, the numbers of the pictures, the strongest first. Of two that are equally
    strong, the one that comes first in `scores` is first. Where the filter does not answer at all, the score
    is 0: such pictures are left out. So there may be less than nine, and none at all for a dead filter.

    nine_best of [0.5, 0.0, 2.0, 1.0, 2.0] is [2, 4, 3, 0].
    """
    best = np.argsort(-scores, kind="stable")[:9]
    return best[scores[best] > 0]


def nine_best_patches(images, scores, rows, columns, size, step):
    """The pieces of pictures that excite a filter most, cut out.

    images: an array (N, H, W), N pictures. scores, rows, columns: three arrays (N,), the filter's strongest
    answer in each picture, and the row and column of its answers where it gave it. With the answer at row r
    and column c it sees size × size pixels; the first row of these is step · r, the first column step · c.
    Returns an array (9, size, size), the strongest first. (There may be less than nine, but there are some.)

    For the one picture [[1, 2, 3],
                         [4, 5, 6]] with the score 1.0, row 0, column 1, size 2 and step 1, it is [[[2, 3],
                                                                                               [5, 6]]].
    """
    patches = []
    for i in nine_best(scores):
        top, left = step * rows[i], step * columns[i]
        patches.append(images[i, top:top + size, left:left + size])
    return np.array(patches)


def stamps(g, filters):
    """Every answer leaves its filter on the picture as a stamp, as strong as its g.

    g: an array (F, OH, OW), one number for each filter at each place.
    filters: an array (F, K, K), F filters of K × K.
    Returns an array (OH + K - 1, OW + K - 1). The stamp for g[f, r, c] is g[f, r, c] · filters[f], and its
    upper left corner lies at row r and column c. Where stamps overlap, they add up.

    For g = [[[1, 10]]] and the filter [[[1, 2],
                                        [3, 4]]], it is [[1, 12, 20],
                                                         [3, 34, 40]].
    """
    F, OH, OW = g.shape
    K = filters.shape[1]
    picture = np.zeros((OH + K - 1, OW + K - 1))
    for f in range(F):
        for r in range(OH):
            for c in range(OW):
                picture[r:r + K, c:c + K] += g[f, r, c] * filters[f]
    return picture


def answers_to(picture, filters):
    """What F filters answer to a picture, after the ReLU: (H, W) and (F, K, K) -> (F, OH, OW).

    This function is given: correlation, and then negative numbers become 0.
    """
    windows = np.lib.stride_tricks.sliding_window_view(picture, filters.shape[1:])      # (OH, OW, K, K)
    return np.maximum(np.einsum("rcij,fij->frc", windows, filters), 0)


def project_back(g, picture, filters):
    """What in the picture excites the filters? The way back from their answers to the pixels.

    picture: an array (H, W). filters: an array (F, K, K). Their answers are answers_to(picture, filters), of
    the shape (F, OH, OW). g: an array of that shape, the gradient with respect to these answers. (To ask
    about a single answer, g is 1 there, and 0 elsewhere.)
    Returns the gradient with respect to the picture, (H, W).

    First back through the ReLU: where it let nothing through on the way up, nothing comes back. Then through
    the filters: what is left of g leaves its stamps.

    To the picture [[1, -2, 3]] the filter [[[2]]] answers [[[2, 0, 6]]]. For g = [[[5, 5, 5]]] it is
    [[10, 0, 10]].
    """
    passed = answers_to(picture, filters) > 0
    return stamps(g * passed, filters)
