"""How the exercises of lesson 3 are checked, and what helps whoever is stuck."""

import numpy as np

from lessons.exercises import Mistake, exercise, numbers, numbers_by, solutions
from minigrad.nn import functional as F

ours = solutions(__file__)


@exercise(
    hints=[
        "Rotated not at all, once, twice, three times: np.rot90(first, n) for n in range(4). Then the same "
        "for `second`.",
        "Put the eight into a list, in that order; np.array makes one array of eight filters of one shape.",
        "Return np.array([...]), and in it first the four np.rot90(first, n), then the four np.rot90(second, "
        "n). In one go: [np.rot90(filter, n) for filter in (first, second) for n in range(4)].",
    ],
    mistakes=[
        Mistake("wrong-order", "They come in turns, one from each: first all four from `first` are wanted, "
                "then all four from `second`.",
                lambda first, second: ours.eight_filters(first, second)[[0, 4, 1, 5, 2, 6, 3, 7]]),
        Mistake("off-by-one", "It begins with the filters rotated once: the first of each four should be the "
                "filter as it is.",
                lambda first, second: ours.eight_filters(first, second)[[1, 2, 3, 0, 5, 6, 7, 4]]),
        Mistake("off-by-one", "It leaves out the filters as they are, rotated 0 times.",
                lambda first, second: ours.eight_filters(first, second)[[1, 2, 3, 5, 6, 7]]),
        Mistake("off-by-one", "One rotation of each filter is missing: 0, 1, 2 and 3 times 90 degrees are "
                "four.",
                lambda first, second: ours.eight_filters(first, second)[[0, 1, 2, 4, 5, 6]]),
        Mistake("rotated", "It rotates clockwise: the other way is wanted, as np.rot90 goes.",
                lambda first, second: ours.eight_filters(first, second)[[0, 3, 2, 1, 4, 7, 6, 5]]),
        Mistake("same-again", "It gives the same rotation again and again: how many times depends on n, "
                "np.rot90(filter, n).",
                lambda first, second: np.repeat([np.rot90(first), np.rot90(second)], 4, axis=0)),
        Mistake("same-again", "It gives each filter four times, as it is: rotate it n times.",
                lambda first, second: np.repeat([first, second], 4, axis=0)),
        Mistake("first-alone", "It gives the four from `first` alone.",
                lambda first, second: ours.eight_filters(first, second)[:4]),
        Mistake("second-alone", "It gives the four from `second` alone: are those from `first` overwritten?",
                lambda first, second: ours.eight_filters(first, second)[4:]),
    ],
)
def eight_filters(judge, rng):
    for _ in range(4):
        judge(numbers(rng, 3, 3), numbers(rng, 3, 3))


def beside(picture, before, after):
    """Zeros on two sides only."""
    return np.pad(picture, ((before, after), (before, after)))


def border_made_white(picture, padding):
    framed = np.zeros_like(picture)
    inside = (slice(padding, -padding),) * 2
    framed[inside] = picture[inside]
    return framed


@exercise(
    hints=[
        "How large is the result? There are `padding` rows above the picture and `padding` rows below it, "
        "and likewise columns.",
        "Begin with zeros: np.zeros((height + 2 * padding, width + 2 * padding)). Then lay the picture on "
        "them.",
        "In the result the picture's first row is row `padding`. It has `height` rows. So these are the rows "
        "padding:padding + height. And the columns?",
        "The slice can stand on the left of an =: result[padding:padding + height, padding:padding + width] "
        "= picture. Then return the result.",
    ],
    mistakes=[
        Mistake("one-side", "There is a frame on the right and at the bottom only: the picture should lie in "
                "the middle.",
                lambda picture, padding: beside(picture, 0, padding)),
        Mistake("one-side", "There is a frame on the left and at the top only: it should go all the way "
                "round.",
                lambda picture, padding: beside(picture, padding, 0)),
        Mistake("off-centre", "The size is right, but the picture lies at the top left: it should lie in the "
                "middle.",
                lambda picture, padding: beside(picture, 0, 2 * padding)),
        Mistake("off-centre", "The size is right, but the picture lies at the bottom right: it should lie in "
                "the middle.",
                lambda picture, padding: beside(picture, 2 * padding, 0)),
        Mistake("too-wide", "The frame is twice as wide as it should be: `padding` is the width on each "
                "side.",
                lambda picture, padding: np.pad(picture, 2 * padding)),
        Mistake("not-white", "The frame is of ones, and that is ink: it should be paper, zeros.",
                lambda picture, padding: np.pad(picture, padding, constant_values=1)),
        Mistake("not-white", "The frame repeats the outermost pixels of the picture: it should be paper, "
                "zeros.",
                lambda picture, padding: np.pad(picture, padding, mode="edge")),
        Mistake("drawn-inside", "The frame covers the outermost pixels of the picture: it should lie around "
                "it, and make it larger.",
                border_made_white),
        Mistake("one-axis", "There is paper above and below, and none on the left and right.",
                lambda picture, padding: np.pad(picture, ((padding, padding), (0, 0)))),
        Mistake("one-axis", "There is paper on the left and right, and none above and below.",
                lambda picture, padding: np.pad(picture, ((0, 0), (padding, padding)))),
        Mistake("unchanged", "It gives the picture as it was, without a frame.",
                lambda picture, padding: picture),
        Mistake("always-one", "The frame is one pixel wide, whatever `padding` says.",
                lambda picture, padding: np.pad(picture, 1)),
    ],
)
def pad_picture(judge, rng):
    judge(numbers(rng, 2, 3, low=0, high=1), 1)
    for height, width, padding in ((4, 3, 2), (3, 5, 1), (7, 8, 3), (1, 6, 2)):
        judge(numbers(rng, height, width, low=-1, high=1), padding)


def areas(picture, size):
    """The areas of a picture: (H / size, W / size, size, size)."""
    rows, columns = picture.shape[0] // size, picture.shape[1] // size
    return picture.reshape(rows, size, columns, size).swapaxes(1, 2)


def windows_of(picture, shape):
    return np.lib.stride_tricks.sliding_window_view(picture, shape)


def as_many_areas_as_size(picture, size):
    height, width = picture.shape[0] // size, picture.shape[1] // size
    return picture.reshape(size, height, size, width).max(axis=(1, 3))


def areas_one_pixel_apart(picture, size):
    rows, columns = picture.shape[0] // size, picture.shape[1] // size
    return windows_of(picture, (size, size)).max(axis=(2, 3))[:rows, :columns]


def one_row_and_column_less(picture, size):
    return areas(picture, size)[:, :, :-1, :-1].max(axis=(2, 3)) if size > 1 else None


def rows_for_areas(picture, size):
    """What comes of reshaping (H, W) as if an area were a run of numbers."""
    rows, columns = picture.shape[0] // size, picture.shape[1] // size
    return picture.reshape(rows, columns, size, size).max(axis=(2, 3))


@exercise(
    hints=[
        "How many areas are there? picture.shape[0] // size down, and picture.shape[1] // size across. That "
        "is the shape of the result.",
        "The area at [0, 0] has the rows 0:size, the next one down size:2 * size. Which rows has the area "
        "number `row`?",
        "It is picture[row * size:(row + 1) * size, column * size:(column + 1) * size]. Its largest number "
        "is that array's .max().",
        "Make room with np.zeros((rows, columns)). For each row and each column, result[row, column] becomes "
        "the .max() of the area of hint 3. After both loops, return result.",
    ],
    mistakes=[
        Mistake("starts-at-zero", "Where all numbers of an area are negative it gives 0: does the search for "
                "the largest begin at 0? The largest of -3 and -1 is -1.",
                lambda picture, size: np.maximum(ours.max_pool(picture, size), 0)),
        Mistake("mean-for-max", "It gives the mean of each area: the largest number is wanted.",
                lambda picture, size: areas(picture, size).mean(axis=(2, 3))),
        Mistake("sum-for-max", "It adds up each area: the largest number is wanted.",
                lambda picture, size: areas(picture, size).sum(axis=(2, 3))),
        Mistake("min-for-max", "It gives the smallest number of each area: the largest is wanted.",
                lambda picture, size: areas(picture, size).min(axis=(2, 3))),
        Mistake("absolute", "It looks for what is farthest from zero, and takes -3 for larger than 2.",
                lambda picture, size: np.abs(areas(picture, size)).max(axis=(2, 3))),
        Mistake("top-left-alone", "It gives the first number of each area: the largest is wanted.",
                lambda picture, size: picture[::size, ::size]),
        Mistake("overlapping", "The areas overlap, each begins one pixel after the other: they should lie "
                "side by side, and begin every `size` pixels.",
                lambda picture, size: windows_of(picture, (size, size)).max(axis=(2, 3))),
        Mistake("overlapping", "The areas begin one pixel after the other, at `row` and not at row * size: "
                "they should lie side by side.",
                areas_one_pixel_apart),
        Mistake("sizes-for-counts", "It cuts the picture into size × size areas: each area should be size × "
                "size pixels.",
                as_many_areas_as_size),
        Mistake("off-by-one", "It leaves out the last row and the last column of each area: a slice ends "
                "before its second number.",
                one_row_and_column_less),
        Mistake("reshaped", "It takes `size` times `size` numbers in reading order for an area. An area is "
                "`size` pixels high and `size` pixels wide.",
                rows_for_areas),
        Mistake("one-axis", "It keeps the largest number of each group of rows, in every column: the columns "
                "should come together, too.",
                lambda picture, size: picture.reshape(-1, size, picture.shape[1]).max(axis=1)),
        Mistake("one-axis", "It keeps the largest number of each group of columns, in every row: the rows "
                "should come together, too.",
                lambda picture, size: picture.reshape(len(picture), -1, size).max(axis=2)),
        Mistake("over-reduced", "It gives the largest number of the whole picture: one from each area is "
                "wanted.",
                lambda picture, size: picture.max()),
        Mistake("last-alone", "It gives the largest number of the last area alone.",
                lambda picture, size: areas(picture, size)[-1, -1].max()),
    ],
)
def max_pool(judge, rng):
    judge(numbers(rng, 2, 4), 2)
    for rows, columns, size in ((2, 3, 2), (3, 2, 3), (2, 4, 3), (1, 2, 4), (4, 3, 2)):
        judge(numbers(rng, rows * size, columns * size), size)
    judge(numbers(rng, 4, 6, low=-2, high=-0.5), 2)


def many(pool):
    """A wrong pooling of one picture, for many."""
    def pool_many(pictures, size):
        return np.array([[pool(picture, size) for picture in channels] for channels in pictures])
    return pool_many


def cut(pictures, size):
    """Each axis cut in two, (areas, size): (N, C, H / size, size, W / size, size)."""
    N, C, height, width = pictures.shape
    return pictures.reshape(N, C, height // size, size, width // size, size)


def cut_the_other_way(pictures, size):
    N, C, height, width = pictures.shape
    return pictures.reshape(N, C, size, height // size, size, width // size)


def cut_in_reading_order(pictures, size):
    N, C, height, width = pictures.shape
    return pictures.reshape(N, C, height // size, width // size, size, size)


@exercise(
    hints=[
        "An axis of length 28 can be cut in two, of 4 and 7: reshape does it, and moves no number. Which of "
        "the two says in which area a pixel is, which one where in that area?",
        "Rows and columns both: pictures.reshape(N, C, H // size, size, W // size, size). It has six axes "
        "now, and pixel [row, column] is at [row // size, row % size, column // size, column % size].",
        "The largest number along several axes: .max(axis=(..., ...)). Of the six, numbered from 0, which "
        "two go through the pixels of one area?",
        "N, C, H, W = pictures.shape; then return pictures.reshape(N, C, H // size, size, W // size, size)"
        ".max(axis=(3, 5)).",
    ],
    mistakes=[
        Mistake("wrong-axis", "It takes the largest along the axes that count the areas, 2 and 4: it should "
                "be along those inside an area.",
                lambda pictures, size: cut(pictures, size).max(axis=(2, 4))),
        Mistake("wrong-axis", "It goes along 4 and 5, the two axes that the columns were cut into: one of "
                "the rows' two is wanted, and one of the columns' two, those inside an area.",
                lambda pictures, size: cut(pictures, size).max(axis=(4, 5))),
        Mistake("reshaped", "It takes `size` times `size` numbers in reading order for an area. Cut each "
                "axis in two: the `size` of the rows must stand next to the rows.",
                lambda pictures, size: cut_in_reading_order(pictures, size).max(axis=(4, 5))),
        Mistake("reshaped", "It cuts each axis in two, but the wrong way round, (size, H // size): that "
                "makes areas of pixels that lie far apart.",
                lambda pictures, size: cut_the_other_way(pictures, size).max(axis=(2, 4))),
        Mistake("sizes-for-counts", "It cuts each picture into size × size areas: each area should be size × "
                "size pixels.",
                many(as_many_areas_as_size)),
        Mistake("mean-for-max", "It gives the mean of each area: the largest number is wanted.",
                many(lambda picture, size: areas(picture, size).mean(axis=(2, 3)))),
        Mistake("over-reduced", "It takes the largest over all the pictures, too: each should be pooled by "
                "itself.",
                lambda pictures, size: ours.max_pool_many(pictures, size).max(axis=0)),
        Mistake("over-reduced", "It takes the largest over all C kinds of edges, too: each should be pooled "
                "by itself.",
                lambda pictures, size: ours.max_pool_many(pictures, size).max(axis=1)),
        Mistake("first-alone", "It pools the first of the C kinds of edges alone: all of them are wanted.",
                lambda pictures, size: ours.max_pool_many(pictures, size)[:, 0]),
        Mistake("first-alone", "It pools the first of the N pictures alone: all of them are wanted.",
                lambda pictures, size: ours.max_pool_many(pictures, size)[0]),
    ],
    place=lambda function: numbers_by(F, "max_pool2d", lambda pictures, size, *_: function(pictures, size)),
)
def max_pool_many(judge, rng):
    judge(numbers(rng, 1, 2, 2, 4), 2)
    for N, C, rows, columns, size in ((2, 1, 3, 2, 2), (2, 3, 2, 4, 3), (3, 2, 1, 2, 4), (1, 4, 4, 3, 2)):
        judge(numbers(rng, N, C, rows * size, columns * size), size)
    judge(numbers(rng, 2, 3, 2, 4, low=-2, high=-0.5), 2)
    judge(numbers(rng, 3, 2, 4, 2, dtype=np.float32), 2)


def other_print(pool, before=1, after=0):
    """A fingerprint with another pooling, or with other paddings, before the filters and after them."""
    def fingerprint(picture, filters, size):
        padded = np.pad(picture, before)
        found = [np.pad(ours.correlate(padded, filter), after) for filter in filters]
        return np.array([pool(each, size) for each in found])
    return fingerprint


def pooled_without_a_rest(picture, size):
    rows, columns = picture.shape[0] // size, picture.shape[1] // size
    return ours.max_pool(picture[:rows * size, :columns * size], size)


@exercise(
    hints=[
        "Three steps, and you have all three: `pad_picture`, `correlate`, `max_pool`. In which order?",
        "Pad the picture once, by 1. Without padding, correlate would leave H - 2 rows, and these do not "
        "divide into areas as the H rows do.",
        "For one filter it is max_pool(correlate(padded, filter), size). Do that for each of the filters; "
        "np.array makes one array of the results.",
        "padded = pad_picture(picture, 1); then return np.array([...]), and in the list hint 3, `for filter "
        "in filters`.",
    ],
    mistakes=[
        Mistake("not-padded", "The picture has no frame of paper: the areas do not lie where they should, or "
                "there are fewer of them.",
                other_print(pooled_without_a_rest, before=0)),
        Mistake("padded-late", "It lays the frame around what the filters found: it should be laid around "
                "the picture, before the filters look at it.",
                other_print(ours.max_pool, before=0, after=1)),
        Mistake("too-wide", "The frame of paper is too wide: one pixel makes up for what correlate takes "
                "away.",
                other_print(pooled_without_a_rest, before=2)),
        Mistake("not-pooled", "It gives all that the filters found: max pooling is missing.",
                other_print(lambda found, size: found)),
        Mistake("pooled-first", "It pools the picture, and then looks for edges in what is left: first the "
                "edges, then the pooling.",
                lambda picture, filters, size: other_print(lambda found, size: found)(
                    ours.max_pool(picture, size), filters, size)),
        Mistake("clipped", "It puts 0 for what is below zero. Max pooling alone is asked for; it lets a "
                "negative number pass where there is nothing larger.",
                other_print(lambda found, size: ours.max_pool(np.maximum(found, 0), size))),
        Mistake("absolute", "It takes edges of the other sign, the blue, for as strong as the red. Leave the "
                "blue to the filter that finds it red.",
                other_print(lambda found, size: ours.max_pool(np.abs(found), size))),
        Mistake("mean-for-max", "It gives the mean of each area: the largest number is wanted.",
                other_print(lambda found, size: areas(found, size).mean(axis=(2, 3)))),
        Mistake("last-alone", "It keeps only what the last filter found.",
                lambda picture, filters, size: ours.fingerprint(picture, filters, size)[-1]),
        Mistake("first-alone", "It gives only what the first filter found: does `return` stand in the loop?",
                lambda picture, filters, size: ours.fingerprint(picture, filters, size)[0]),
        Mistake("over-reduced", "It keeps the largest of all filters: each filter speaks for itself.",
                lambda picture, filters, size: ours.fingerprint(picture, filters, size).max(axis=0)),
        Mistake("over-reduced", "It adds up what the filters say: each filter speaks for itself.",
                lambda picture, filters, size: ours.fingerprint(picture, filters, size).sum(axis=0)),
    ],
)
def fingerprint(judge, rng):
    judge(numbers(rng, 4, 4, low=0, high=1), numbers(rng, 2, 3, 3), 2)
    for rows, columns, count, size in ((2, 3, 3, 3), (3, 2, 4, 2), (2, 4, 3, 4)):
        judge(numbers(rng, rows * size, columns * size, low=0, high=1), numbers(rng, count, 3, 3), size)
    judge(numbers(rng, 14, 14, low=0, high=1), numbers(rng, 8, 3, 3), 7)


def lengths(arrays):
    return np.sqrt((arrays ** 2).reshape(len(arrays), -1).sum(axis=1))


def columns(arrays):
    return np.linalg.norm(arrays, axis=1)


def sizes(arrays):
    return np.abs(arrays).reshape(len(arrays), -1).sum(axis=1)


@exercise(
    hints=[
        "The length of a picture, of all its numbers as one arrow: square them, add them up, take the root.",
        "Each of the N pictures has a length of its own: add up over all axes but the first. "
        "array.reshape(len(array), -1) lays each picture out in a row; then .sum(axis=1) adds up the rows.",
        "np.linalg.norm(rows, axis=1) is the length of each row. You need it twice: for after - before, and "
        "for before. Divide N lengths by N lengths, and average last.",
        "before, after = before.reshape(len(before), -1), after.reshape(len(after), -1); then return "
        "(np.linalg.norm(after - before, axis=1) / np.linalg.norm(before, axis=1)).mean().",
    ],
    mistakes=[
        Mistake("not-reduced", "It gives the share of each picture: at the end, average them.",
                lambda before, after: lengths(after - before) / lengths(before)),
        Mistake("sum-for-mean", "It adds up the shares of the N pictures: their mean is wanted.",
                lambda before, after: (lengths(after - before) / lengths(before)).sum()),
        Mistake("averaged-too-early", "It averages the lengths first, and divides then: divide for each "
                "picture, and average the shares.",
                lambda before, after: lengths(after - before).mean() / lengths(before).mean()),
        Mistake("wrong-axis", "It takes all N pictures for one long one: each has a length of its own, and a "
                "share of its own.",
                lambda before, after: np.sqrt(np.sum((after - before) ** 2) / np.sum(before ** 2))),
        Mistake("wrong-axis", "It measures each column of each picture by itself (axis=1 of an array of "
                "three axes goes down the columns): lay each picture out in a row first.",
                lambda before, after: (columns(after - before) / columns(before)).mean()),
        Mistake("pixel-by-pixel", "It takes the share of each pixel, and averages these: first comes the "
                "length of a picture, then the share.",
                lambda before, after: np.abs((after - before) / before).mean()),
        Mistake("percent", "It is in percent: a share is wanted, 0.5 for a half.",
                lambda before, after: 100 * ours.change(before, after)),
        Mistake("wrong-share", "It divides by the length of `after`: the share is of what was there before.",
                lambda before, after: (lengths(after - before) / lengths(after)).mean()),
        Mistake("not-divided", "It gives how much has changed, not what share that is: divide by the length "
                "of `before`.",
                lambda before, after: lengths(after - before).mean()),
        Mistake("root-missing", "The lengths are squared: the root of the sum of squares is missing.",
                lambda before, after: ((lengths(after - before) / lengths(before)) ** 2).mean()),
        Mistake("absolute", "It adds up the sizes of the numbers. A length is the root of the sum of "
                "squares.",
                lambda before, after: (sizes(after - before) / sizes(before)).mean()),
        Mistake("lengths-subtracted", "It subtracts the lengths: first subtract the pictures, then take the "
                "length of the difference.",
                lambda before, after: ((lengths(after) - lengths(before)) / lengths(before)).mean()),
        Mistake("lengths-subtracted", "It subtracts the lengths: first subtract the pictures, then take the "
                "length of the difference.",
                lambda before, after: (np.abs(lengths(after) - lengths(before)) / lengths(before)).mean()),
    ],
)
def change(judge, rng):
    for shape in ((2, 1, 3), (3, 2, 4), (4, 3, 2), (2, 3, 2, 4)):
        judge(numbers(rng, *shape, low=0.05, high=1), numbers(rng, *shape, low=0.05, high=1))
