"""How the exercises of lesson 1 are checked, and what helps whoever is stuck."""

import numpy as np

from lessons.exercises import Mistake, exercise, numbers


@exercise(
    hints=[
        "A slice of an array has two parts, one for the rows, one for the columns: picture[rows, columns].",
        "A slice 2:5 takes 2, 3 and 4: it begins at its first number, and ends before its second.",
        "The rows begin at `top`. There are to be `height` of them. So before which row do they end?",
        "The rows are top:top + height. Do the same with `left` and `width` for the columns, and return "
        "picture[rows, columns].",
    ],
    mistakes=[
        Mistake("ends-for-sizes", "It ends at row `height` and column `width`: these say how many there are, "
                "not where they end.",
                lambda picture, top, left, height, width: picture[top:height, left:width]),
        Mistake("swapped", "`top` and `left` are exchanged: rows come first.",
                lambda picture, top, left, height, width: picture[left:left + height, top:top + width]),
        Mistake("swapped", "Rows and columns are exchanged: rows come first.",
                lambda picture, top, left, height, width: picture[left:left + width, top:top + height]),
    ],
)
def crop(judge, rng):
    judge(numbers(rng, 4, 6, low=0, high=1), 1, 2, 2, 3)
    for _ in range(6):
        height, width = rng.integers(5, 9, 2)
        top, left = (int(rng.integers(1, 4)) for _ in range(2))
        judge(numbers(rng, height, width, low=0, high=1), top, left,
              int(rng.integers(1, height - top + 1)), int(rng.integers(1, width - left + 1)))
    judge(numbers(rng, 3, 5, low=0, high=1, dtype=np.float32), 0, 0, 3, 5)


@exercise(
    hints=[
        "0 has to become 1, and 1 has to become 0. What about 0.25?",
        "What is done to an array is done to each of its numbers: `picture + 1` adds 1 to all of them.",
        "Subtract: the more ink there was, the less there will be. Return 1 - picture.",
    ],
    mistakes=[
        Mistake("sign", "It turns the sign: ink would be -1. It should be 0.", lambda picture: -picture),
        Mistake("rounded", "It knows full ink and bare paper only. What lies between is lost.",
                lambda picture: np.where(picture > 0.5, 0.0, 1.0).astype(picture.dtype)),
    ],
)
def negative(judge, rng):
    judge(np.array([[0.0, 0.25, 1.0]]))
    for shape in ((2, 3), (4, 2), (5, 5)):
        judge(numbers(rng, *shape, low=0, high=1))
    judge(numbers(rng, 3, 4, low=0, high=1, dtype=np.float32))


@exercise(
    hints=[
        "The N pictures lie along the first axis of the array, axis 0.",
        "`pictures.sum(axis=0)` adds up all pictures, pixel by pixel: (N, H, W) -> (H, W).",
        "An average is the sum divided by how many there are, `len(pictures)`. NumPy has a name for both "
        "steps in one: return pictures.mean(axis=0).",
    ],
    mistakes=[
        Mistake("wrong-axis", "It averages over the pixels of each picture. The pictures lie along axis 0.",
                lambda pictures: pictures.mean(axis=(1, 2))),
        Mistake("wrong-axis", "It averages over all there is: a number comes out, where a picture is wanted.",
                lambda pictures: pictures.mean()),
        Mistake("wrong-axis", "It averages over the rows, axis 1. The pictures lie along axis 0.",
                lambda pictures: pictures.mean(axis=1)),
        Mistake("wrong-axis", "It averages over the columns, axis 2. The pictures lie along axis 0.",
                lambda pictures: pictures.mean(axis=2)),
        Mistake("first-of-batch", "It gives the first picture alone.", lambda pictures: pictures[0]),
    ],
)
def average(judge, rng):
    for shape in ((2, 1, 3), (3, 2, 4), (5, 4, 3), (7, 2, 6)):
        judge(numbers(rng, *shape, low=0, high=1))
    judge(numbers(rng, 4, 3, 2, low=0, high=1, dtype=np.float32))


@exercise(
    hints=[
        "Do it for one digit first: all threes are pictures[labels == 3].",
        "You have a function for the average of some pictures: `average`. Use it once for each digit.",
        "Go through the digits with `for digit in range(10)`, and put each average into a list.",
        "np.array makes one array of a list of ten pictures: "
        "return np.array([average(pictures[labels == digit]) for digit in range(10)]).",
    ],
    mistakes=[
        Mistake("off-by-one", "It begins with the ones: the first picture should be the average nought.",
                lambda pictures, labels: np.array([pictures[labels == digit].mean(axis=0)
                                                   for digit in range(1, 10)])),
        Mistake("wrong-n", "It divides by the number of all pictures, not of those of the digit.",
                lambda pictures, labels: np.array([pictures[labels == digit].sum(axis=0) / len(pictures)
                                                   for digit in range(10)])),
        Mistake("sum-for-mean", "It adds up the pictures of a digit, and does not divide by their number.",
                lambda pictures, labels: np.array([pictures[labels == digit].sum(axis=0)
                                                   for digit in range(10)])),
    ],
)
def averages(judge, rng):
    for extra, shape in ((2, (1, 2)), (9, (2, 3)), (25, (3, 2))):
        labels = rng.permutation([*range(10), *rng.integers(0, 10, extra)])
        judge(numbers(rng, len(labels), *shape, low=0, high=1), labels)


@exercise(
    hints=[
        "`labels == 3` is an array of truths. In a sum, True counts as 1 and False as 0.",
        "So np.sum(labels == 3) is how many threes there are.",
        "Do that for every digit from 0 to 9: np.array([np.sum(labels == digit) for digit in range(10)]).",
    ],
    mistakes=[
        Mistake("missing-zeros", "What is not there at all is left out. It should be counted, too: 0 times.",
                lambda labels: np.unique(labels, return_counts=True)[1]),
        Mistake("missing-zeros", "It ends with the largest digit that is there. The others should be "
                "counted, too: 0 times.", lambda labels: np.bincount(labels)),
        Mistake("shares-for-counts", "It gives shares, that add up to 1. Wanted are counts.",
                lambda labels: np.array([np.mean(labels == digit) for digit in range(10)])),
    ],
)
def count_digits(judge, rng):
    judge(np.array([2, 0, 2, 8]))
    for count in (5, 12, 40):
        judge(rng.integers(0, 9, count))
