"""How the exercises of lesson 2 are checked, and what helps whoever is stuck."""

import numpy as np

from lessons.exercises import Mistake, exercise, numbers, solutions

ours = solutions(__file__)


def sizes(rng, count):
    """Heights and widths of pictures, no square among them."""
    for _ in range(count):
        yield tuple(map(int, rng.choice([4, 5, 6, 7, 8, 9], 2, replace=False)))


def covered(picture, row, column):
    """The pixels that a filter lies on."""
    return picture[row:row + 3, column:column + 3]


@exercise(
    hints=[
        "Which pixels does the filter cover? Three rows from `row` on, and three columns from `column` on.",
        "These pixels are a crop of the picture: picture[row:row + 3, column:column + 3]. Two arrays of one "
        "shape are multiplied number by number with *.",
        "np.sum adds up all the numbers of an array: return np.sum(filter * the crop of the second hint).",
    ],
    mistakes=[
        Mistake("swapped", "`row` and `column` are exchanged: rows come first.",
                lambda picture, filter, row, column: ours.at_one_place(picture, filter, column, row)),
        Mistake("centred", "It lays the middle of the filter on (row, column), where its top left number "
                "should lie.",
                lambda picture, filter, row, column: ours.at_one_place(picture, filter, row - 1, column - 1)),
        Mistake("matrix-product", "It multiplies as matrices are multiplied, rows by columns (@ or np.dot). "
                "Here each pixel meets the one number that lies on it: *.",
                lambda picture, filter, *place: np.sum(filter @ covered(picture, *place))),
        Mistake("matrix-product", "It multiplies as matrices are multiplied, rows by columns (@ or np.dot). "
                "Here each pixel meets the one number that lies on it: *.",
                lambda picture, filter, *place: np.sum(covered(picture, *place) @ filter)),
        Mistake("matrix-product", "It multiplies as matrices are multiplied, rows by columns (@ or np.dot), "
                "and adds nothing up. Here each pixel meets the one number that lies on it, *, and then "
                "comes the sum.",
                lambda picture, filter, *place: filter @ covered(picture, *place)),
        Mistake("filter-left-out", "It adds up the pixels alone: the filter plays no part.",
                lambda picture, filter, *place: np.sum(covered(picture, *place))),
        Mistake("overwritten", "It gives the last of the nine products: each should be added to those before "
                "it, +=.",
                lambda picture, filter, *place: filter[2, 2] * covered(picture, *place)[2, 2]),
        Mistake("return-in-loop", "It gives the first of the nine products: should `return` stand farther to "
                "the left, after the loops?",
                lambda picture, filter, *place: filter[0, 0] * covered(picture, *place)[0, 0]),
        Mistake("flipped", "It lays the filter on the wrong way round, rotated by 180 degrees: its top left "
                "number belongs on picture[row, column].",
                lambda picture, filter, *place: np.sum(filter[::-1, ::-1] * covered(picture, *place))),
        Mistake("transposed", "It exchanges rows and columns of the filter: filter[i, j] belongs on "
                "picture[row + i, column + j].",
                lambda picture, filter, *place: np.sum(filter.T * covered(picture, *place))),
        Mistake("one-axis", "It adds up each column by itself: one number is wanted. (That is what Python's "
                "sum() does with an array. np.sum adds up all the numbers.)",
                lambda picture, filter, *place: (filter * covered(picture, *place)).sum(axis=0)),
        Mistake("one-axis", "It adds up each row by itself: one number is wanted.",
                lambda picture, filter, *place: (filter * covered(picture, *place)).sum(axis=1)),
    ],
)
def at_one_place(judge, rng):
    for height, width, row, column in ((5, 5, 1, 2), (7, 8, 3, 2), (9, 7, 4, 1), (3, 4, 0, 1)):
        judge(numbers(rng, height, width), numbers(rng, 3, 3), row, column)


def last_place_missing(picture, filter):
    result = ours.correlate(picture, filter)
    result[-1], result[:, -1] = 0, 0
    return result


def first_place_alone(picture, filter):
    result = np.zeros_like(ours.correlate(picture, filter))
    result[0, 0] = ours.at_one_place(picture, filter, 0, 0)
    return result


def first_row_alone(picture, filter):
    result = ours.correlate(picture, filter)
    result[1:] = 0
    return result


def last_product_alone(picture, filter):
    return filter[2, 2] * picture[2:, 2:]


def looking_back(picture, filter):
    """What picture[row - i, column - j] gives: a negative index counts from the end."""
    shifted = [filter[i, j] * np.roll(picture, (i, j), (0, 1)) for i in range(3) for j in range(3)]
    return sum(shifted)[:-2, :-2]


def wrapped_around(picture, filter):
    """What a result as large as the picture holds, if the far border is taken for what comes next."""
    return sum(filter[i, j] * np.roll(picture, (-i, -j), (0, 1)) for i in range(3) for j in range(3))


def zeros_left(picture, filter):
    return np.pad(ours.correlate(picture, filter), ((0, 2), (0, 2)))


def first_row_of_the_filter(picture, filter):
    width = picture.shape[1] - 2
    return sum(filter[0, j] * picture[:-2, j:j + width] for j in range(3))


def added_up_everywhere(picture, filter):
    result = ours.correlate(picture, filter)
    return np.full_like(result, result.sum())


OVERWRITTEN = Mistake("overwritten", "It keeps the last of the nine products and forgets the others: each "
                      "should be added to what is there already, +=.",
                      last_product_alone)
IN_THE_LOOP = [
    Mistake("return-in-loop", "It returns after the first place: should `return` stand farther to the left, "
            "after both loops?",
            first_place_alone),
    Mistake("return-in-loop", "It returns after the first row: should `return` stand farther to the left, "
            "after both loops?",
            first_row_alone),
]
AS_LARGE_AS_THE_PICTURE = [
    Mistake("not-shrunk", "The result is as large as the picture. The last two rows and columns are left at "
            "zero: there the filter would hang over.",
            zeros_left),
    Mistake("not-shrunk", "The result is as large as the picture: in the last two rows and columns the "
            "filter hangs over, and meets the pixels at the other end.",
            wrapped_around),
]
LOOKING_BACK = Mistake("looks-back", "It goes i rows up and j columns to the left of the place (row - i, "
                       "column - j): it should go down and to the right.",
                       looking_back)


@exercise(
    hints=[
        "First make room for the result: np.zeros((height - 2, width - 2)), where height, width = "
        "picture.shape.",
        "Two loops go through the places: `for row in range(height - 2)`, and in it `for column in "
        "range(width - 2)`.",
        "At each place, result[row, column] becomes what at_one_place gives for it.",
        "In the inner loop: result[row, column] = at_one_place(picture, filter, row, column). After both "
        "loops, as far to the left as the first `for`: return result.",
    ],
    mistakes=[
        Mistake("off-by-one", "The last row and the last column of the result are never filled: there are H "
                "- 2 places down and W - 2 across.",
                last_place_missing),
        OVERWRITTEN, *IN_THE_LOOP, *AS_LARGE_AS_THE_PICTURE, LOOKING_BACK,
    ],
)
def correlate_by_loops(judge, rng):
    judge(numbers(rng, 4, 5), numbers(rng, 3, 3))
    for height, width in sizes(rng, 4):
        judge(numbers(rng, height, width), numbers(rng, 3, 3))
    judge(numbers(rng, 3, 3), numbers(rng, 3, 3))


@exercise(
    hints=[
        "filter[0, 0] meets picture[:height - 2, :width - 2]. Which pixels does filter[1, 0] meet? Those one "
        "row farther down: rows 1 to height - 2, and so rows 1:height - 1.",
        "All nine slices have the same shape, (height - 2, width - 2). Begin with zeros of this shape, and "
        "add the nine shifted pictures, each times its number of the filter.",
        "Two loops, over i and j in range(3). The rows for filter[i, j] are i:i + height - 2. And the "
        "columns?",
        "In the loops: result += filter[i, j] * picture[i:i + height - 2, j:j + width - 2]. After them: "
        "return result.",
    ],
    mistakes=[
        OVERWRITTEN, *IN_THE_LOOP, *AS_LARGE_AS_THE_PICTURE, LOOKING_BACK,
        Mistake("return-in-loop", "It returns after the first of the nine products: should `return` stand "
                "farther to the left, after both loops?",
                lambda picture, filter: filter[0, 0] * picture[:-2, :-2]),
        Mistake("return-in-loop", "It returns after the first row of the filter: should `return` stand "
                "farther to the left, after both loops?",
                first_row_of_the_filter),
        Mistake("over-reduced", "It adds up over all places, and puts the same number everywhere: at each "
                "place nine products should be added up, and no more.",
                added_up_everywhere),
        Mistake("over-reduced", "It adds up over all places: at each place nine products should be added up, "
                "and no more.",
                lambda picture, filter: ours.correlate(picture, filter).sum()),
        Mistake("not-shifted", "It takes the same pixels for all nine numbers: for filter[i, j] the picture "
                "should be shifted, by i rows and j columns.",
                lambda picture, filter: filter.sum() * picture[:-2, :-2]),
    ],
)
def correlate(judge, rng):
    judge(numbers(rng, 4, 5), numbers(rng, 3, 3))
    for height, width in sizes(rng, 5):
        judge(numbers(rng, height, width), numbers(rng, 3, 3))
    judge(numbers(rng, 3, 3), numbers(rng, 3, 3))


@exercise(
    hints=[
        "Where do the corners go? The number at the top right comes to the top left, that at the top left to "
        "the bottom left.",
        "Two steps do it. Lesson 1 had both, or nearly: filter.T exchanges rows and columns, filter[::-1] "
        "turns upside down. What comes of one after the other? Does the order matter? Try it on paper.",
        "filter.T makes the last column the last row. It is wanted as the first.",
        "So exchange first, and turn upside down then: return filter.T[::-1].",
    ],
    mistakes=[
        Mistake("rotated", "It rotates clockwise: it should go the other way, counter-clockwise.",
                lambda filter: np.rot90(filter, -1)),
        Mistake("rotated", "It rotates by 180 degrees: it should be 90.", lambda filter: np.rot90(filter, 2)),
        Mistake("transposed", "It mirrors the filter at a diagonal. Lay your hand on the page and turn it: "
                "the last column should become the first row, read from top to bottom.",
                lambda filter: filter.T),
        Mistake("flipped", "It mirrors the filter at the diagonal that rises: the last column should become "
                "the first row, read from top to bottom.",
                lambda filter: filter[::-1, ::-1].T),
        Mistake("flipped", "It turns the filter upside down, and that is all.", lambda filter: filter[::-1]),
        Mistake("flipped", "It mirrors left and right, and that is all.", lambda filter: filter[:, ::-1]),
        Mistake("reshaped", "It has the right shape, but the numbers are still in the order in which they "
                "were read: reshape moves no number.",
                lambda filter: filter.reshape(filter.shape[::-1])),
    ],
)
def rotate(judge, rng):
    judge(numbers(rng, 2, 3))
    judge(numbers(rng, 3, 3))
    for height, width in sizes(rng, 3):
        judge(numbers(rng, height, width))


@exercise(
    hints=[
        "The lesson's bold claim: convolution is correlation with the filter rotated by 180 degrees.",
        "You have both: `correlate`, and `rotate`, which does 90 degrees. Twice 90 is 180.",
        "Return correlate(picture, ...), with rotate(rotate(filter)) for its filter.",
    ],
    mistakes=[
        Mistake("flipped", "It is the correlation: the filter is not rotated, and it should be, by 180 "
                "degrees.",
                lambda picture, filter: ours.correlate(picture, filter)),
        Mistake("rotated", "The filter is rotated by 90 degrees: it should be 180.",
                lambda picture, filter: ours.correlate(picture, np.rot90(filter))),
        Mistake("rotated", "The filter is rotated by 270 degrees: it should be 180.",
                lambda picture, filter: ours.correlate(picture, np.rot90(filter, 3))),
        Mistake("flipped", "It rotates the picture: it is the filter that should be rotated.",
                lambda picture, filter: ours.correlate(np.rot90(picture, 2), filter)),
        Mistake("flipped", "It rotates both, the picture and the filter: only the filter should be rotated.",
                lambda picture, filter: ours.convolve(np.rot90(picture, 2), filter)),
        Mistake("flipped", "It turns the filter upside down, and does not exchange left and right: rotating "
                "by 180 degrees does both.",
                lambda picture, filter: ours.correlate(picture, filter[::-1])),
        Mistake("flipped", "It exchanges left and right in the filter, and does not turn it upside down: "
                "rotating by 180 degrees does both.",
                lambda picture, filter: ours.correlate(picture, filter[:, ::-1])),
        Mistake("transposed", "It transposes the filter: it should be rotated by 180 degrees.",
                lambda picture, filter: ours.correlate(picture, filter.T)),
        Mistake("not-cropped", "It keeps all the stamps, two rows and columns more than the picture has: "
                "wanted are the places where the whole filter was in play, two less than the picture has.",
                lambda picture, filter: ours.convolve(np.pad(picture, 2), filter)),
        Mistake("not-cropped", "The result is as large as the picture: wanted are the places where the whole "
                "filter was in play, two less than the picture has.",
                lambda picture, filter: ours.convolve(np.pad(picture, 1), filter)),
    ],
)
def convolve(judge, rng):
    judge(numbers(rng, 3, 4), numbers(rng, 3, 3))
    for height, width in sizes(rng, 4):
        judge(numbers(rng, height, width), numbers(rng, 3, 3))
    dot = np.zeros((5, 5))
    dot[2, 2] = 1
    judge(dot, np.arange(1.0, 10.0).reshape(3, 3))


@exercise(
    hints=[
        "One picture and one filter you can do: `correlate`. Now every filter has to meet every picture.",
        "Two loops: for each picture, and for each filter, one result. Going through an array with `for` "
        "takes it apart along its first axis: `for picture in pictures`.",
        "The results of one picture are a list of F arrays: [correlate(picture, filter) for filter in "
        "filters]. What is wanted is a list of N such lists; np.array makes one array of it.",
        "Return np.array([[correlate(picture, filter) for filter in filters] for picture in pictures]).",
    ],
    mistakes=[
        Mistake("transposed", "Pictures and filters are exchanged: at [n, f] should stand what filter f says "
                "of picture n. The outer loop goes through the pictures.",
                lambda pictures, filters: ours.correlate_many(pictures, filters).swapaxes(0, 1)),
        Mistake("pairs", "It pairs them off, the first filter with the first picture, the second with the "
                "second: each filter should meet each picture.",
                lambda pictures, filters: np.array(list(map(ours.correlate, pictures, filters)))),
        Mistake("last-alone", "It keeps only what the last filter says.",
                lambda pictures, filters: ours.correlate_many(pictures, filters)[:, -1]),
        Mistake("last-alone", "It keeps only the results of the last picture.",
                lambda pictures, filters: ours.correlate_many(pictures, filters)[-1]),
        Mistake("first-of-batch", "It gives the results of the first picture alone.",
                lambda pictures, filters: ours.correlate_many(pictures, filters)[0]),
        Mistake("not-shrunk", "The results are as large as the pictures: two rows and two columns less are "
                "wanted.",
                lambda pictures, filters: np.pad(ours.correlate_many(pictures, filters),
                                                 ((0, 0), (0, 0), (0, 2), (0, 2)))),
    ],
)
def correlate_many(judge, rng):
    judge(numbers(rng, 3, 3, 4), numbers(rng, 2, 3, 3))
    for (height, width), (N, F) in zip(sizes(rng, 3), ((2, 3), (4, 2), (2, 5))):
        judge(numbers(rng, N, height, width), numbers(rng, F, 3, 3))
