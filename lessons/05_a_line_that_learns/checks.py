"""How the exercises of lesson 5 are checked, and what helps whoever is stuck."""

import math

import numpy as np

from lessons.exercises import Mistake, exercise, numbers, solutions

ours = solutions(__file__)


def points(rng, count):
    """A guess, and some points: a, b, x, y."""
    a, b = numbers(rng, 2, low=-3, high=3).tolist()
    return a, b, numbers(rng, count), numbers(rng, count, low=-5, high=5)


@exercise(
    hints=[
        "Go step by step: the predictions, the errors, their squares, the mean. Each of the first three is "
        "an array (N,), and the last is a number.",
        "The errors of all points at once are line(a, b, x) - y. `** 2` squares each number of an array.",
        "np.mean makes one number of an array: return np.mean((line(a, b, x) - y) ** 2).",
    ],
    mistakes=[
        Mistake("sum-for-mean", "It adds up the squares. The mean is wanted: divide by how many points there "
                "are.", lambda a, b, x, y: np.sum((a * x + b - y) ** 2)),
        Mistake("not-squared", "It takes the mean of the errors themselves, where too high and too low "
                "cancel. Square each error first.", lambda a, b, x, y: np.mean(a * x + b - y)),
        Mistake("not-squared", "It takes the mean of the errors without their sign. Wanted are their "
                "squares.", lambda a, b, x, y: np.mean(np.abs(a * x + b - y))),
        Mistake("root", "It takes the root at the end. That is the average loss of the lesson, not the loss.",
                lambda a, b, x, y: np.sqrt(np.mean((a * x + b - y) ** 2))),
        Mistake("mean-too-early", "It takes the mean first, and squares that. Then too high and too low "
                "cancel: square first.", lambda a, b, x, y: np.mean(a * x + b - y) ** 2),
        Mistake("not-reduced", "It gives one square for each point. The loss is one number, their mean.",
                lambda a, b, x, y: (a * x + b - y) ** 2),
        Mistake("half", "It takes half of the mean. Some books do so; the lesson does not.",
                lambda a, b, x, y: np.mean((a * x + b - y) ** 2) / 2),
    ],
)
def loss(judge, rng):
    for count in (3, 5, 8):
        judge(*points(rng, count))


def square(x):
    return x * x


def cube(x):
    return x * x * x


def wave(x):
    return math.sin(x)


@exercise(
    hints=[
        "What is f before, and what is it after x was nudged? The difference is the change of f.",
        "Before: f(x). After: f(x + nudge). For the slope, divide the change by what was added to x.",
        "Return (f(x + nudge) - f(x)) / nudge. The brackets are needed: without them only f(x) is divided.",
    ],
    mistakes=[
        Mistake("not-divided", "It gives the change of f. For the slope, divide that by the nudge.",
                lambda f, x, nudge: f(x + nudge) - f(x)),
        Mistake("brackets", "Only f(x) is divided by the nudge, not the whole change: brackets are missing.",
                lambda f, x, nudge: f(x + nudge) - f(x) / nudge),
        Mistake("nudge-ignored", "It nudges by 0.01, whatever it is asked for. Use `nudge`.",
                lambda f, x, nudge: (f(x + 0.01) - f(x)) / 0.01),
        Mistake("nudged-down", "It nudges x down. Nudge it up.",
                lambda f, x, nudge: (f(x) - f(x - nudge)) / nudge),
        Mistake("both-ways", "It nudges both ways. That is the next exercise; here, nudge up only.",
                lambda f, x, nudge: (f(x + nudge) - f(x - nudge)) / (2 * nudge)),
        Mistake("output-nudged", "It adds the nudge to f(x), to what comes out. Nudge x, what goes in.",
                lambda f, x, nudge: ((f(x) + nudge) - f(x)) / nudge),
        Mistake("sign", "It is minus the slope: take after minus before.",
                lambda f, x, nudge: (f(x) - f(x + nudge)) / nudge),
    ],
)
def slope_by_nudging(judge, rng):
    for f, x, nudge in ((square, 3.0, 0.5), (cube, -1.5, 0.25), (cube, 0.75, 0.1), (wave, 2.0, 0.125)):
        judge(f, x, nudge)


@exercise(
    hints=[
        "Two nudges: f(x + nudge) above, f(x - nudge) below. The change is the one minus the other.",
        "How far is it from x - nudge to x + nudge? Divide by that.",
        "It is twice the nudge: return (f(x + nudge) - f(x - nudge)) / (2 * nudge).",
    ],
    mistakes=[
        Mistake("constant-factor", "It is twice the slope: from x - nudge to x + nudge it is two nudges, not "
                "one.", lambda f, x, nudge: (f(x + nudge) - f(x - nudge)) / nudge),
        Mistake("brackets", "It divides by 2 and then multiplies by the nudge: / 2 * nudge is (/ 2) * nudge. "
                "Brackets are missing.", lambda f, x, nudge: (f(x + nudge) - f(x - nudge)) / 2 * nudge),
        Mistake("not-divided", "It gives the change of f. For the slope, divide that by how far apart the "
                "two places are.", lambda f, x, nudge: f(x + nudge) - f(x - nudge)),
        Mistake("one-way", "It nudges up only. Nudge down as well.",
                lambda f, x, nudge: (f(x + nudge) - f(x)) / nudge),
        Mistake("one-way", "It is half of the slope up. Nudge down as well: f(x) itself is not needed.",
                lambda f, x, nudge: (f(x + nudge) - f(x)) / (2 * nudge)),
        Mistake("sum-for-difference", "It adds the two. The change is their difference.",
                lambda f, x, nudge: (f(x + nudge) + f(x - nudge)) / (2 * nudge)),
        Mistake("sign", "It is minus the slope: take above minus below.",
                lambda f, x, nudge: (f(x - nudge) - f(x + nudge)) / (2 * nudge)),
    ],
)
def slope_both_ways(judge, rng):
    for f, x, nudge in ((square, 3.0, 0.25), (cube, -1.5, 0.25), (cube, 0.75, 0.1), (wave, 2.0, 0.125)):
        judge(f, x, nudge)


def rules(reduce, in_a, in_b):
    """The slopes of a loss: `reduce`d over the points from what one point of error e has."""
    return lambda a, b, x, y: (reduce(in_a(a * x + b - y, x)), reduce(in_b(a * x + b - y, x)))


@exercise(
    hints=[
        "Compute the errors of all points first, in a variable: line(a, b, x) - y.",
        "For the slope in a, each point contributes 2·e·x, and for the slope in b, 2·e.",
        "The loss is a mean, so its slopes are means: np.mean(2 * error) is the slope in b.",
        "With error = line(a, b, x) - y, return np.mean(2 * error * x), np.mean(2 * error).",
    ],
    mistakes=[
        Mistake("sum-for-mean", "It adds up over the points. The loss is the mean over them, and so are its "
                "slopes.", rules(np.sum, lambda e, x: 2 * e * x, lambda e, x: 2 * e)),
        Mistake("constant-factor", "It is half of the right answer: the 2 of 2·e is missing.",
                rules(np.mean, lambda e, x: e * x, lambda e, x: e)),
        Mistake("missing-x", "The slope in a lacks its x: a nudge of a moves the prediction x times as far.",
                rules(np.mean, lambda e, x: 2 * e, lambda e, x: 2 * e)),
        Mistake("squared", "It multiplies by the squared error. The rule has the error itself: 2·e.",
                rules(np.mean, lambda e, x: 2 * e**2 * x, lambda e, x: 2 * e**2)),
        Mistake("mean-too-early", "It takes the means of the errors and of x, and multiplies those. Multiply "
                "point by point, then take the mean.",
                lambda a, b, x, y: (2 * np.mean(a * x + b - y) * np.mean(x), 2 * np.mean(a * x + b - y))),
        Mistake("not-reduced", "It gives one slope for each point. The slopes of the loss are their means.",
                rules(lambda slopes: slopes, lambda e, x: 2 * e * x, lambda e, x: 2 * e)),
        Mistake("sign", "It is minus the right answer: the error is the prediction minus the truth, not the "
                "other way round.", rules(np.mean, lambda e, x: -2 * e * x, lambda e, x: -2 * e)),
    ],
)
def derivatives(judge, rng):
    for count in (3, 5, 8):
        judge(*points(rng, count))


def one_after_the_other(a, b, x, y, learning_rate):
    a = a - learning_rate * ours.derivatives(a, b, x, y)[0]
    return a, b - learning_rate * ours.derivatives(a, b, x, y)[1]


def stepped(step):
    """An update by mistake: `step` says what is added to a number, given its slope and the learning rate."""
    return lambda a, b, x, y, learning_rate: tuple(
        value + step(slope, learning_rate) for value, slope in zip((a, b), ours.derivatives(a, b, x, y)))


@exercise(
    hints=[
        "`derivatives` gives both slopes. Which way is downhill, if the slope is positive? And if it is "
        "negative?",
        "The slope points uphill, so subtract: the new a is a - learning_rate * slope_a.",
        "Take both slopes first, slope_a, slope_b = derivatives(a, b, x, y); then return "
        "a - learning_rate * slope_a, b - learning_rate * slope_b.",
    ],
    mistakes=[
        Mistake("uphill", "It steps uphill: the slope points uphill, so subtract.",
                stepped(lambda slope, rate: rate * slope)),
        Mistake("one-after-the-other", "The slope in b is taken after a has moved already. Both slopes "
                "belong to the old a and b: take them first.", one_after_the_other),
        Mistake("rate-ignored", "It subtracts the whole slope, without the learning rate.",
                stepped(lambda slope, rate: -slope)),
        Mistake("fixed-rate", "Its learning rate is 0.01, whatever it is asked for. Use `learning_rate`.",
                stepped(lambda slope, rate: -0.01 * slope)),
        Mistake("divided", "It divides the slope by the learning rate. Multiply.",
                stepped(lambda slope, rate: -slope / rate)),
        Mistake("step-alone", "It gives the steps. Wanted are the new a and b: the old ones minus the steps.",
                lambda a, b, x, y, rate: tuple(rate * slope for slope in ours.derivatives(a, b, x, y))),
        Mistake("step-alone", "It gives the steps. Wanted are the new a and b: the old ones, and the steps "
                "added.",
                lambda a, b, x, y, rate: tuple(-rate * slope for slope in ours.derivatives(a, b, x, y))),
        Mistake("loss-for-slope", "It multiplies the learning rate by the loss. Multiply it by the slope.",
                lambda a, b, x, y, rate: tuple(value - rate * ours.loss(a, b, x, y) for value in (a, b))),
    ],
)
def update(judge, rng):
    for count, learning_rate in ((3, 0.1), (5, 0.25), (8, 0.05)):
        judge(*points(rng, count), learning_rate)


def descended(count):
    """Descent by mistake: `count` says how many updates there are, given how many there should be."""
    return lambda a, b, x, y, rate, steps: ours.descend(a, b, x, y, rate, count(steps))


@exercise(
    hints=[
        "One update is `update(a, b, x, y, learning_rate)`. It gives a new a and a new b, for the next one "
        "to start from.",
        "Repeat something n times with `for _ in range(n):`. Put the new numbers into the old names: a, b = "
        "update(...).",
        "The loop is `for _ in range(steps): a, b = update(a, b, x, y, learning_rate)`. After it, not in it, "
        "return a, b.",
    ],
    mistakes=[
        Mistake("first-update-only", "It comes no further than the first update: does the `return` stand in "
                "the loop, or does every update start from the first guess?",
                descended(lambda steps: min(steps, 1))),
        Mistake("off-by-one", "It makes one update too few.", descended(lambda steps: steps - 1)),
        Mistake("off-by-one", "It makes one update too many.", descended(lambda steps: steps + 1)),
        Mistake("unchanged", "It gives the first guess back: what `update` gives must be put into a and b.",
                descended(lambda steps: 0)),
    ],
)
def descend(judge, rng):
    for count, learning_rate, steps in ((2, 0.1, 3), (5, 0.05, 12), (4, 0.1, 30), (3, 0.1, 1), (3, 0.1, 0)):
        judge(*points(rng, count), learning_rate, steps)


def left_over(learning_rate):
    """What is left of the loss after 100 updates, as a share of what there was: 1 is all of it."""
    with np.errstate(all="ignore"):
        a, b = ours.descend(-1.0, 1.0, ours.X, ours.Y, learning_rate, 100)
        return ours.loss(a, b, ours.X, ours.Y) / ours.loss(-1.0, 1.0, ours.X, ours.Y)


def told(verdict, rate, left, wanted):
    """What happens with a learning rate, and what should happen."""
    became = "is NaN" if np.isnan(left) else f"is {left:.3g} times what it was"
    return f"Your `{verdict}` is {rate:g}: after 100 updates the loss {became}. It should be {wanted}."


def complaint(rates):
    """What is wrong with three learning rates, a name and a sentence; or None."""
    if not isinstance(rates, tuple | list | np.ndarray) or np.shape(rates) != (3,):
        return "wrong-count", "Three numbers are wanted: too small, good, too large."
    if not all(isinstance(rate, int | float | np.number) for rate in rates):
        return "wrong-type", "It should give three numbers."
    if not min(rates) > 0:
        return "not-positive", "A learning rate is above 0: below it goes uphill, and at 0 nowhere."
    if rates[0] > rates[1] > rates[2]:
        return "flipped", "The right order is: too small, good, too large."
    small, good, large = map(left_over, rates)
    if not 0.5 < small < 1:
        return "not-too-small", told("too small", rates[0], small, "more than 0.5 times, and less than 1")
    if not good < 0.01:
        return "not-good", told("good", rates[1], good, "less than 0.01 times")
    if large <= 1:
        return "not-too-large", told("too large", rates[2], large, "more than 1 times, or NaN")
    return None


@exercise(
    hints=[
        "Try one: `descend(-1.0, 1.0, X, Y, 0.01, 100)` gives a and b. What is their loss? And what was it "
        "at first?",
        "Make a table, like the one near the end of the lesson: for rate in (0.0001, 0.001, 0.01, 0.1, 1): "
        "... print the loss after 100 updates.",
        "The loss is 757 at first. Too small is one with more than 378.5 left, good one with less than 7.57, "
        "and too large one with more than 757.",
        "About 0.01 is good. A thousandth of it is too small, and ten times as much is too large: return "
        "0.00001, 0.01, 0.1.",
    ],
)
def choose_learning_rates(judge, rng):
    found = complaint(judge.ask())
    judge.expect(found is None, *(found or ("", "")))
