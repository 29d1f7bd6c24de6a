"""How the exercises of lesson 10 are checked, and what helps whoever is stuck."""

import numpy as np

from lessons.exercises import Mistake, exercise, numbers, solutions

ours = solutions(__file__)


# ---- how much a filter sees

def fields(layers, add, multiply):
    """The receptive field by another rule: what each layer adds to the field, and makes of the stride."""
    field, stride = 1, 1
    for size, step in layers:
        field, stride = field + add(size, step, stride), multiply(stride, step)
    return field, stride


@exercise(
    hints=[
        "Begin with a single pixel: it sees 1, and moves by 1. Then go from layer to layer.",
        "A layer that looks at `size` numbers of the one below: the first of them sees what it saw before. "
        "Each of the other size - 1 lies further to the right, by as much as the layer *below* moves at a "
        "time.",
        "After that, the moves: where the layer below moves by 2 pixels, and this one by 3 of those, it is 6 "
        "pixels.",
        "For each (size, step): field += (size - 1) * stride, and then stride *= step. Both begin at 1.",
    ],
    mistakes=[
        Mistake("own-step",
                "A layer's size counts in moves of the layer below. Its own step comes after that.",
                lambda layers: fields(layers, lambda size, step, stride: (size - 1) * stride * step,
                                      lambda stride, step: stride * step)),
        Mistake("steps-ignored",
                "The steps below are left out: after pooling over 2 × 2, numbers side by side are two pixels "
                "apart.", lambda layers: fields(layers, lambda size, step, stride: size - 1,
                                                       lambda stride, step: stride * step)),
        Mistake("off-by-one",
                "`size` numbers side by side are size - 1 moves apart, from the first to the last.",
                lambda layers: fields(layers, lambda size, step, stride: size * stride,
                                      lambda stride, step: stride * step)),
        Mistake("sizes-multiplied",
                "Sizes do not multiply: what two filters side by side see overlaps. Count how far the last "
                "lies from the first.",
                lambda layers: (int(np.prod([size for size, _ in layers])), ours.receptive_field(layers)[1])),
        Mistake("steps-added", "Steps of steps multiply: 3 steps of 2 pixels are 6, not 5.",
                lambda layers: fields(layers, lambda size, step, stride: (size - 1) * stride,
                                      lambda stride, step: stride + step)),
        Mistake("last-step-only",
                "It gives the step of the last layer, in numbers of the layer below. Wanted are pixels of "
                "the picture.", lambda layers: (ours.receptive_field(layers)[0], layers[-1][1])),
        Mistake("reversed", "It goes from the last layer down to the picture. Begin with the picture.",
                lambda layers: ours.receptive_field(layers[::-1])),
    ],
)
def receptive_field(judge, rng):
    judge([(3, 2), (2, 2), (4, 3)])
    judge([(5, 1), (2, 2), (5, 1)])
    for count in (2, 3, 4):
        judge([(int(rng.integers(2, 8)), int(rng.integers(2, 4))) for _ in range(count)])
    if not judge.misses:
        judge([])


# ---- favourites

def places(answers):
    return answers.reshape(*answers.shape[:2], -1).argmax(axis=2)


def last_of_equals(answers):
    scores, rows, columns = ours.strongest(answers[:, :, ::-1, ::-1])
    return scores, answers.shape[2] - 1 - rows, answers.shape[3] - 1 - columns


def strongest_of_all_filters(answers):
    flat = answers.reshape(len(answers), -1)
    _, rows, columns = np.unravel_index(flat.argmax(axis=1), answers.shape[1:])
    return flat.max(axis=1), rows, columns


@exercise(
    hints=[
        "flat = answers.reshape(N, F, H * W): now one axis holds all places of a picture, in reading order.",
        "flat.max(axis=2) are the scores, flat.argmax(axis=2) the places, from 0 to H·W - 1.",
        "A place p is in row p // W, column p % W. np.unravel_index(places, (H, W)) gives both at once.",
        "flat = answers.reshape(*answers.shape[:2], -1); rows, columns = "
        "np.unravel_index(flat.argmax(axis=2), answers.shape[2:]); return flat.max(axis=2), rows, columns.",
    ],
    mistakes=[
        Mistake("swapped", "Rows and columns are exchanged: scores, rows, columns.",
                lambda answers: tuple(ours.strongest(answers)[i] for i in (0, 2, 1))),
        Mistake("height-for-width", "It divides by the height. A row is as long as the picture is *wide*.",
                lambda answers: (answers.max(axis=(2, 3)), places(answers) // answers.shape[2],
                                 places(answers) % answers.shape[2])),
        Mistake("two-maxima",
                "The row and the column are not of one and the same place: it takes the largest along each "
                "axis by itself.",
                lambda answers: (answers.max(axis=(2, 3)), answers.max(axis=3).argmax(axis=2),
                                 answers.argmax(axis=3).max(axis=2))),
        Mistake("ties",
                "Of several that are equally strong, it takes the last. It should be the first in reading "
                "order.", last_of_equals),
        Mistake("all-filters-together",
                "It takes the strongest of all filters. Wanted is one for each filter: do not run the "
                "filters' axis together with the others.", strongest_of_all_filters),
        Mistake("place-not-taken-apart",
                "It gives the place, counted in reading order. Wanted are row and column.",
                lambda answers: (answers.max(axis=(2, 3)), places(answers))),
    ],
)
def strongest(judge, rng):
    for N, F, H, W in ((1, 2, 2, 3), (2, 3, 4, 2), (3, 2, 3, 5), (4, 3, 5, 4)):
        judge(numbers(rng, N, F, H, W, low=0, high=3))
    judge(numbers(rng, 2, 2, 3, 4, low=0, high=3, dtype=np.float32))
    if not judge.misses:                        # once the rest is right: what if several are equally strong?
        judge(np.array([[[[0.0, 2.0, 0.0], [2.0, 0.0, 2.0]], [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]]]))


@exercise(
    hints=[
        "np.argsort(scores) gives the numbers of the pictures, the weakest first. Of -scores, the strongest "
        "first.",
        'With kind="stable", those that are equally strong stay in the order in which they were.',
        "[:9] takes the first nine, or all if there are less. Now leave out those whose score is 0: "
        "best[truths] keeps the numbers for which an array of truths says True.",
        'best = np.argsort(-scores, kind="stable")[:9]; return best[scores[best] > 0].',
    ],
    mistakes=[
        Mistake("weakest", "It begins with the weakest. np.argsort goes upwards.",
                lambda scores: np.argsort(scores, kind="stable")[:9]),
        Mistake("weakest",
                "It begins with the weakest that excites the filter at all. Begin with the strongest.",
                lambda scores: np.argsort(scores, kind="stable")[np.sort(scores) > 0][:9]),
        Mistake("weakest", "The nine are right. But the strongest should come first.",
                lambda scores: ours.nine_best(scores)[::-1]),
        Mistake("ties",
                "Of two that are equally strong, the later one comes first. Turning an order round turns "
                "these round, too.",
                lambda scores: np.array([i for i in np.argsort(scores, kind="stable")[::-1][:9]
                                                        if scores[i] > 0], int)),
        Mistake("scores-for-places",
                "It gives the scores. Wanted are the numbers of the pictures that have them.",
                lambda scores: scores[ours.nine_best(scores)]),
        Mistake("dead",
                "Pictures with the score 0 are among them. The filter does not answer to these at all.",
                lambda scores: np.argsort(-scores, kind="stable")[:9]),
        Mistake("dead",
                "Pictures with the score 0 are among them. The filter does not answer to these at all.",
                lambda scores: np.argsort(scores, kind="stable")[::-1][:9]),
        Mistake("more-than-nine", "It gives all pictures that excite the filter. Wanted are nine at most.",
                lambda scores: np.argsort(-scores, kind="stable")[:np.sum(scores > 0)]),
        Mistake("off-by-one", "It gives ten. Wanted are nine.",
                lambda scores: np.argsort(-scores, kind="stable")[:min(10, np.sum(scores > 0))]),
        Mistake("off-by-one", "It gives eight. Wanted are nine.", lambda scores: ours.nine_best(scores)[:8]),
    ],
)
def nine_best(judge, rng):
    for count in (12, 20, 15):
        judge(numbers(rng, count, low=0.01, high=2))
    judge(numbers(rng, 11, low=0.01, high=2, dtype=np.float32))
    if not judge.misses:
        judge(np.array([0.5, 0.0, 2.0, 1.0, 0.0]))
        judge(np.zeros(4))
    if not judge.misses:
        judge(np.array([0.5, 2.0, 1.0, 2.0]))
        judge(np.repeat(numbers(rng, 7, low=0.01, high=2), 2)[rng.permutation(14)])


def cut_out(images, chosen, tops, lefts, size):
    return np.array([images[i, top:top + size, left:left + size]
                     for i, top, left in zip(chosen, tops, lefts)])


@exercise(
    hints=[
        "`for i in nine_best(scores):` goes through the pictures, the strongest first.",
        "The patch of picture i begins in row step * rows[i] and column step * columns[i]. It is cut out as "
        "in lesson 1: size rows and size columns from there on.",
        "Put the patches into a list. np.array makes one array of it.",
        "patches = []. For each i in nine_best(scores): top, left = step * rows[i], step * columns[i], and "
        "append images[i, top:top + size, left:left + size]. After the loop, return np.array(patches).",
    ],
    mistakes=[
        Mistake("step-forgotten",
                "It cuts at the row and column of the answer. In the picture that is `step` times as far.",
                lambda images, scores, rows, columns, size, step:
                ours.nine_best_patches(images, scores, rows, columns, size, 1)),
        Mistake("swapped", "Rows and columns are exchanged: rows come first.",
                lambda images, scores, rows, columns, size, step:
                ours.nine_best_patches(images, scores, columns, rows, size, step)),
        Mistake("centre-for-corner",
                "The patch has its *centre* at that row and column. It should be the upper left corner.",
                lambda images, scores, rows, columns, size, step:
                cut_out(images, ours.nine_best(scores), step * rows[ours.nine_best(scores)] - size // 2,
                        step * columns[ours.nine_best(scores)] - size // 2, size)),
        Mistake("wrong-places",
                "The rows and columns are those of the first nine pictures, the pictures the nine best: "
                "rows[i] belongs to images[i].",
                lambda images, scores, rows, columns, size, step:
                cut_out(images, ours.nine_best(scores), step * rows, step * columns, size)),
        Mistake("wrong-pictures", "It cuts out of the first nine pictures. They should be the nine best.",
                lambda images, scores, rows, columns, size, step:
                cut_out(images, range(len(ours.nine_best(scores))), step * rows[ours.nine_best(scores)],
                        step * columns[ours.nine_best(scores)], size)),
        Mistake("not-sorted",
                "It cuts a patch out of each picture, in the order of the pictures. Wanted are the nine that "
                "excite the filter most.", lambda images, scores, rows, columns, size, step:
                cut_out(images, range(len(images)), step * rows, step * columns, size)),
    ],
)
def nine_best_patches(judge, rng):
    for count, H, W, size, step in ((2, 3, 4, 2, 1), (11, 8, 9, 2, 2), (14, 9, 7, 3, 2), (5, 9, 10, 4, 3)):
        high, wide = (H - size) // step + 1, (W - size) // step + 1
        rows, columns = rng.integers(min(1, high - 1), high, count), rng.integers(0, wide, count)
        judge(numbers(rng, count, H, W, low=0, high=1), numbers(rng, count, low=0.01, high=2), rows, columns,
              size, step)
    scores = numbers(rng, 4, low=0.01, high=2, dtype=np.float32)
    scores[1] = 0
    judge(numbers(rng, 4, 3, 5, low=0, high=1, dtype=np.float32), scores, np.array([0, 1, 1, 0]),
          np.array([2, 0, 3, 1]), 2, 1)


# ---- back to the pixels

def overwriting_stamps(g, filters):
    F, OH, OW = g.shape
    K = filters.shape[1]
    picture = np.zeros((OH + K - 1, OW + K - 1))
    for f, r, c in np.ndindex(F, OH, OW):
        picture[r:r + K, c:c + K] = g[f, r, c] * filters[f]
    return picture


@exercise(
    hints=[
        "Begin with a picture of zeros, of the shape (OH + K - 1, OW + K - 1).",
        "Three loops: over the filters, the rows and the columns of g.",
        "The stamp for g[f, r, c] covers the rows r to r + K and the columns c to c + K, the ends left out: "
        "picture[r:r + K, c:c + K].",
        "picture = np.zeros((OH + K - 1, OW + K - 1)), where F, OH, OW = g.shape and K = filters.shape[1]. "
        "In the innermost loop: picture[r:r + K, c:c + K] += g[f, r, c] * filters[f]. After the loops, "
        "return picture.",
    ],
    mistakes=[
        Mistake("overwritten",
                "The later stamp covers the earlier one. Where they overlap, they should add up.",
                overwriting_stamps),
        Mistake("stamps-for-filters", "All stamps are equally strong. Each should be as strong as its g.",
                lambda g, filters: ours.stamps(np.ones_like(g), filters)),
        Mistake("first-filter", "Only the first filter leaves stamps.",
                lambda g, filters: ours.stamps(g[:1], filters[:1])),
        Mistake("flipped", "The filters are rotated by 180 degrees. A stamp is the filter as it is.",
                lambda g, filters: ours.stamps(g, filters[:, ::-1, ::-1])),
    ],
)
def stamps(judge, rng):
    for F, OH, OW, K in ((1, 1, 2, 2), (2, 3, 4, 2), (3, 2, 4, 3), (2, 4, 2, 3)):
        judge(numbers(rng, F, OH, OW), numbers(rng, F, K, K))


@exercise(
    hints=[
        "`answers_to` is given: what came out of the ReLU. Where that is 0, nothing was let through.",
        "answers_to(picture, filters) > 0 is an array of truths, of the shape of g. In a product, True "
        "counts as 1 and False as 0.",
        "What is left of g goes through the filters: that is your function `stamps`.",
        "Return stamps(g * (answers_to(picture, filters) > 0), filters).",
    ],
    mistakes=[
        Mistake("deconvnet",
                "It drops what is negative on the way *back*. That is Zeiler's and Fergus's deconvnet. For "
                "the gradient, what counts is whether the answer was positive on the way up.",
                lambda g, picture, filters: ours.stamps(np.maximum(g, 0), filters)),
        Mistake("relu-forgotten",
                "It goes back through the filters, and not through the ReLU: where the answer was 0, nothing "
                "comes back.", lambda g, picture, filters: ours.stamps(g, filters)),
        Mistake("answers-for-truths",
                "It multiplies g by the answers. The ReLU lets g through as it is, or not at all.",
                lambda g, picture, filters: ours.stamps(g * ours.answers_to(picture, filters), filters)),
        Mistake("mask-inverted", "It lets g through where the answer was 0, and stops it where it was not.",
                lambda g, picture, filters:
                ours.stamps(g * (ours.answers_to(picture, filters) <= 0), filters)),
        Mistake("kernel-not-rotated", "The stamps are rotated by 180 degrees.",
                lambda g, picture, filters: ours.stamps(g * (ours.answers_to(picture, filters) > 0),
                                                        filters[:, ::-1, ::-1])),
    ],
)
def project_back(judge, rng):
    for (H, W), F, K in (((3, 4), 1, 2), ((4, 3), 2, 2), ((4, 5), 2, 3)):
        judge.gradient(ours.answers_to, numbers(rng, H, W), extra=(numbers(rng, F, K, K),))
