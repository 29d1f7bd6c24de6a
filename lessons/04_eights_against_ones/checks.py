"""How the exercises of lesson 4 are checked, and what helps whoever is stuck."""

import numpy as np

from lessons.exercises import Mistake, exercise, numbers, solutions

ours = solutions(__file__)

SHAPES = ((3, 2, 1, 2), (4, 2, 3, 2), (2, 3, 2, 4), (5, 8, 4, 4))       # of several fingerprints (N, F, H, W)


@exercise(
    hints=[
        "Two steps, and NumPy has a name for what each needs: numbers.mean() and numbers.std().",
        "First the mean is to become 0: subtract the mean that they have. Then the standard deviation is to "
        "become 1: divide by the one that they have.",
        "Subtract before you divide: brackets. Return (numbers - numbers.mean()) / numbers.std().",
    ],
    mistakes=[
        Mistake("brackets", "It divides the mean alone: a division comes before a subtraction, unless there "
                "are brackets.",
                lambda numbers: numbers - numbers.mean() / numbers.std()),
        Mistake("offset", "The mean is not subtracted: it only divides.",
                lambda numbers: numbers / numbers.std()),
        Mistake("not-scaled", "It subtracts the mean, and does not divide by the standard deviation.",
                lambda numbers: numbers - numbers.mean()),
        Mistake("variance", "It divides by the variance: the standard deviation is its root.",
                lambda numbers: (numbers - numbers.mean()) / numbers.var()),
        Mistake("wrong-n", "The standard deviation is not that of np.std: it divides by n - 1 in place of n.",
                lambda numbers: (numbers - numbers.mean()) / numbers.std(ddof=1)),
        Mistake("length-for-deviation", "It divides by the length, the root of the sum of squares: the "
                "standard deviation is the root of their mean.",
                lambda numbers: (numbers - numbers.mean()) / np.linalg.norm(numbers - numbers.mean())),
        Mistake("range", "It stretches the numbers from 0 to 1. Wanted are the mean 0 and the standard "
                "deviation 1.",
                lambda numbers: (numbers - numbers.min()) / (numbers.max() - numbers.min())),
        Mistake("wrong-axis", "It normalises along the first axis only: one mean and one standard deviation "
                "are wanted, those of all the numbers.",
                lambda numbers: (numbers - numbers.mean(axis=0)) / numbers.std(axis=0)),
        Mistake("wrong-axis", "It normalises what each filter says by itself: one mean and one standard "
                "deviation are wanted, those of all the numbers.",
                lambda numbers: (numbers - numbers.mean(axis=(1, 2), keepdims=True))
                / numbers.std(axis=(1, 2), keepdims=True)),
        Mistake("swapped", "Mean and standard deviation are exchanged: subtract the mean, divide by the "
                "standard deviation.",
                lambda numbers: (numbers - numbers.std()) / numbers.mean()),
    ],
)
def normalise(judge, rng):
    for shape in ((2, 1, 3), (3, 2, 2), (2, 4, 3), (8, 4, 4)):
        judge(numbers(rng, *shape, low=0, high=3))


@exercise(
    hints=[
        "Three steps: subtract, square, add up. Broadcasting takes `ideal` from each of the N fingerprints: "
        "prints - ideal is (N, F, H, W).",
        "The sum is to leave one number for each picture. So the axes to add up along are all but the first "
        "one.",
        "array.sum(axis=(1, 2, 3)) adds up along three axes at once: (N, F, H, W) -> (N,).",
        "Return ((prints - ideal) ** 2).sum(axis=(1, 2, 3)).",
    ],
    mistakes=[
        Mistake("not-squared", "It adds up the differences as they are, and those above zero and below zero "
                "cancel: square them first.",
                lambda prints, ideal: (prints - ideal).sum(axis=(1, 2, 3))),
        Mistake("square-of-sum", "It adds up first and squares then: squares first.",
                lambda prints, ideal: (prints - ideal).sum(axis=(1, 2, 3)) ** 2),
        Mistake("absolute", "It adds up the sizes of the differences: their squares are wanted.",
                lambda prints, ideal: np.abs(prints - ideal).sum(axis=(1, 2, 3))),
        Mistake("root", "It takes the root at the end: that is the distance. The error is the sum of squares "
                "itself.",
                lambda prints, ideal: np.sqrt(((prints - ideal) ** 2).sum(axis=(1, 2, 3)))),
        Mistake("mean-for-sum", "It averages the squares: add them up.",
                lambda prints, ideal: ((prints - ideal) ** 2).mean(axis=(1, 2, 3))),
        Mistake("over-reduced", "It adds up over the pictures, too: each picture has an error of its own.",
                lambda prints, ideal: ((prints - ideal) ** 2).sum()),
        Mistake("over-reduced", "It adds up the squares of all pictures, and gives that sum for each: does "
                "it use `prints`, where it should use the one picture whose turn it is?",
                lambda prints, ideal: np.full(len(prints), ((prints - ideal) ** 2).sum())),
        Mistake("wrong-axis", "It adds up along the first axis, over the pictures: that axis should stay, "
                "and the other three go.",
                lambda prints, ideal: ((prints - ideal) ** 2).sum(axis=0)),
        Mistake("wrong-axis", "It adds up along the last axis only: one number for each picture is wanted.",
                lambda prints, ideal: ((prints - ideal) ** 2).sum(axis=-1)),
        Mistake("difference-of-squares", "It squares first and subtracts then: subtract first, then square "
                "the difference.",
                lambda prints, ideal: (prints ** 2 - ideal ** 2).sum(axis=(1, 2, 3))),
        Mistake("ideal-left-out", "It adds up the squares of the fingerprints: the ideal plays no part.",
                lambda prints, ideal: (prints ** 2).sum(axis=(1, 2, 3))),
        Mistake("first-of-batch", "It gives the error of the first picture alone.",
                lambda prints, ideal: ((prints[0] - ideal) ** 2).sum()),
    ],
)
def error(judge, rng):
    for shape in SHAPES:
        judge(numbers(rng, *shape, low=0, high=3), numbers(rng, *shape[1:]))


def sums(prints):
    return prints.sum(axis=(1, 2, 3))


def asked(rng):
    """Fingerprints, an ideal eight and an ideal one: some near to the one, some to the other."""
    for shape in SHAPES:
        eight, one = (ours.normalise(numbers(rng, *shape[1:])).round(2) for _ in range(2))
        nearer = rng.permutation(np.arange(shape[0]) % 2 == 0)[:, np.newaxis, np.newaxis, np.newaxis]
        prints = np.where(nearer, eight, one) + numbers(rng, *shape, low=-0.3, high=0.5)
        yield prints.round(2), eight, one


@exercise(
    hints=[
        "You have a function for the error. You need two of them: to the ideal eight, and to the ideal one.",
        "A small error means near. Which of the two has to be the smaller one, if it is to be an eight?",
        "Comparing two arrays gives an array of truths, one for each picture. No `if` is needed: return "
        "error(prints, ideal_eight) < error(prints, ideal_one).",
    ],
    mistakes=[
        Mistake("swapped", "It says the opposite: the nearer ideal has the smaller error.",
                lambda prints, eight, one: ours.error(prints, eight) > ours.error(prints, one)),
        Mistake("labels-for-truths", "It gives the digits 8 and 1: asked is whether it is an eight, True or "
                "False.",
                lambda prints, eight, one: np.where(ours.is_it_an_eight(prints, eight, one), 8, 1)),
        Mistake("numbers-for-truths", "It gives 1 and 0: what a comparison gives, True and False, is wanted.",
                lambda prints, eight, one: ours.is_it_an_eight(prints, eight, one).astype(int)),
        Mistake("numbers-for-truths", "It gives 1.0 and 0.0: what a comparison gives, True and False, is "
                "wanted.",
                lambda prints, eight, one: ours.is_it_an_eight(prints, eight, one).astype(float)),
        Mistake("not-compared", "It gives how far apart the two errors are: compare them.",
                lambda prints, eight, one: ours.error(prints, one) - ours.error(prints, eight)),
        Mistake("not-compared", "It gives how far apart the two errors are: compare them.",
                lambda prints, eight, one: ours.error(prints, eight) - ours.error(prints, one)),
        Mistake("not-compared", "It gives the smaller one of the two errors: asked is which of them is "
                "smaller.",
                lambda prints, eight, one: np.minimum(ours.error(prints, eight), ours.error(prints, one))),
        Mistake("all-alike", "It calls every picture an eight.",
                lambda prints, eight, one: np.ones(len(prints), bool)),
        Mistake("all-alike", "It calls every picture a one.",
                lambda prints, eight, one: np.zeros(len(prints), bool)),
        Mistake("number-by-number", "It compares number by number: first add up the squares of each picture, "
                "then compare the two sums.",
                lambda prints, eight, one: (prints - eight) ** 2 < (prints - one) ** 2),
        Mistake("over-reduced", "It decides once for all pictures together: each is decided by itself.",
                lambda prints, eight, one: ours.error(prints, eight).sum() < ours.error(prints, one).sum()),
        Mistake("not-squared", "It compares sums of differences that were not squared: those above zero and "
                "below zero cancel.",
                lambda prints, eight, one: sums(prints - eight) < sums(prints - one)),
    ],
)
def is_it_an_eight(judge, rng):
    for question in asked(rng):
        judge(*question)


counted = ours.classification_matrix


@exercise(
    hints=[
        "With `are_eights & called_eights` you have an array that is True where both are: an eight that was "
        "called an eight. np.sum counts the True in it.",
        "~called_eights turns each truth round: True where it was not called an eight. (`and`, `or` and "
        "`not` do not work on arrays: &, | and ~ do.)",
        "First row, called eights: called_eights & are_eights, then called_eights & ~are_eights. Second row: "
        "the same two with ~called_eights.",
        "Return np.array([[a, b], [c, d]]), where a is np.sum(called_eights & are_eights), and b, c and d "
        "are the sums of the other three of hint 3.",
    ],
    mistakes=[
        Mistake("transposed", "Rows and columns are exchanged: a row is what the program says, a column what "
                "is true.",
                lambda are, called: counted(are, called).T),
        Mistake("flipped", "It begins with the ones: the first row is `called an eight`, the first column "
                "`is an eight`.",
                lambda are, called: counted(are, called)[::-1, ::-1]),
        Mistake("flipped", "The two rows are exchanged: first comes what is called an eight.",
                lambda are, called: counted(are, called)[::-1]),
        Mistake("flipped", "The two columns are exchanged: first comes what is an eight.",
                lambda are, called: counted(are, called)[:, ::-1]),
        Mistake("shares-for-counts", "It gives shares of all pictures: counts are wanted.",
                lambda are, called: counted(are, called) / len(are)),
        Mistake("shares-for-counts", "It gives shares of the eights and shares of the ones: counts are "
                "wanted.",
                lambda are, called: counted(are, called) / counted(are, called).sum(axis=0)),
        Mistake("shares-for-counts", "It gives a share of all pictures, how many are right: four counts are "
                "wanted.",
                lambda are, called: np.mean(are == called)),
        Mistake("wrong-dtype", "The counts are right, but they are float64: integers are wanted. "
                "np.zeros((2, 2), int) makes room for integers.",
                lambda are, called: counted(are, called).astype(float)),
        Mistake("mistakes-alone", "It counts the mistakes: four counts are wanted, that say which mistakes.",
                lambda are, called: np.sum(are != called)),
        Mistake("wrong-shape", "The four counts are right, but they stand in one row: two rows of two are "
                "wanted.",
                lambda are, called: counted(are, called).ravel()),
        Mistake("counted-alone", "It counts the two arrays each by itself: what is wanted is how often they "
                "go together, so & before the sum.",
                lambda are, called: np.array([[are.sum(), (~are).sum()], [called.sum(), (~called).sum()]])),
        Mistake("counted-alone", "It counts the two arrays each by itself: what is wanted is how often they "
                "go together, so & before the sum.",
                lambda are, called: np.array([[called.sum(), (~called).sum()], [are.sum(), (~are).sum()]])),
        Mistake("or-for-and", "It counts where one or the other holds, |. Both should, &.",
                lambda are, called: np.array([[(called | are).sum(), (called | ~are).sum()],
                                              [(~called | are).sum(), (~called | ~are).sum()]])),
    ],
)
def classification_matrix(judge, rng):
    for counts in ((1, 1, 2, 1), (4, 3, 1, 2), (2, 0, 5, 6), (12, 3, 7, 9), (3, 5, 0, 4)):
        pairs = [(True, True), (False, True), (True, False), (False, False)]    # is an eight, is called one
        drawn = rng.permutation(np.repeat(pairs, counts, axis=0))
        judge(drawn[:, 0].copy(), drawn[:, 1].copy())


@exercise(
    hints=[
        "Two errors again, as in is_it_an_eight. This time they are not compared but subtracted.",
        "It has to be above zero for an eight. An eight is far from the ideal one, and near to the ideal "
        "eight: which error is the larger?",
        "The error to the ideal one is larger then, so subtract from that: return error(prints, ideal_one) - "
        "error(prints, ideal_eight).",
    ],
    mistakes=[
        Mistake("sign", "It is below zero for eights: subtract the other way round.",
                lambda prints, eight, one: ours.error(prints, eight) - ours.error(prints, one)),
        Mistake("absolute", "It has lost its sign, which says on which side a picture is.",
                lambda prints, eight, one: np.abs(ours.lean(prints, eight, one))),
        Mistake("truths-for-numbers", "It says whether it is an eight, True or False: wanted is how sure "
                "it is.",
                lambda prints, eight, one: ours.is_it_an_eight(prints, eight, one)),
        Mistake("root", "It takes roots before it subtracts: the errors are the sums of squares themselves.",
                lambda prints, eight, one: (np.sqrt(ours.error(prints, one))
                                            - np.sqrt(ours.error(prints, eight)))),
        Mistake("ideals-compared", "It is the error between the two ideals: that of each picture is wanted, "
                "to the one and to the other.",
                lambda prints, eight, one: ((one - eight) ** 2).sum()),
        Mistake("divided", "It divides one error by the other: subtract.",
                lambda prints, eight, one: ours.error(prints, one) / ours.error(prints, eight)),
        Mistake("divided", "It divides one error by the other: subtract.",
                lambda prints, eight, one: ours.error(prints, eight) / ours.error(prints, one)),
    ],
)
def lean(judge, rng):
    for question in asked(rng):
        judge(*question)


@exercise(
    hints=[
        "Each number of a fingerprint times its weight: broadcasting does that for all N at once, prints * "
        "weights.",
        "Then add up, as in `error`: all axes go but the first.",
        "Return (prints * weights).sum(axis=(1, 2, 3)).",
    ],
    mistakes=[
        Mistake("over-reduced", "It adds up over the pictures, too: each picture has a weighted sum of its "
                "own.",
                lambda prints, weights: (prints * weights).sum()),
        Mistake("wrong-axis", "It adds up along the first axis, over the pictures: that axis should stay, "
                "and the other three go.",
                lambda prints, weights: (prints * weights).sum(axis=0)),
        Mistake("weighted-mean", "It divides by the sum of the weights: the sum alone is wanted.",
                lambda prints, weights: (prints * weights).sum(axis=(1, 2, 3)) / weights.sum()),
        Mistake("mean-for-sum", "It averages the products: add them up.",
                lambda prints, weights: (prints * weights).mean(axis=(1, 2, 3))),
        Mistake("error-for-sum", "It is the sum of squared errors: multiply, and do not subtract and square.",
                lambda prints, weights: ours.error(prints, weights)),
        Mistake("sums-multiplied", "It adds up first, and multiplies the two sums: multiply number by "
                "number, then add up.",
                lambda prints, weights: prints.sum(axis=(1, 2, 3)) * weights.sum()),
        Mistake("truths-for-numbers", "It says whether the sum is above zero: the sum itself is wanted.",
                lambda prints, weights: (prints * weights).sum(axis=(1, 2, 3)) > 0),
        Mistake("first-of-batch", "It gives the sum of the first picture alone.",
                lambda prints, weights: (prints[0] * weights).sum()),
    ],
)
def weighted_sum(judge, rng):
    for shape in SHAPES:
        judge(numbers(rng, *shape, low=0, high=3), numbers(rng, *shape[1:]))
