"""Lesson 5: A line that learns. Exercises.

A line is y = a·x + b: the slope a says how steep it is, the intercept b where it starts. `x` and `y` are
arrays (N,): N points, the same N in both. All of a, b, losses, nudges and learning rates are single numbers.
"""

import numpy as np

# Ten points for the last exercise. They lie on the line of the lesson, and further apart than its points.
X = np.arange(10.0)
Y = 3 * X + 8


def line(a, b, x):
    """The predictions of a line: given, there is nothing to do here."""
    return a * x + b


def loss(a, b, x, y):
    """How bad is a guess? The mean squared error of the line.

    a, b: the guess, two numbers. x, y: arrays (N,), the points. The error of a point is the prediction minus
    the truth; the prediction is line(a, b, x), the truth is y.
    Returns one number.

    For a = 2, b = 0 and the points x = [1.0, 2.0], y = [3.0, 3.0] the errors are -1 and 1, and the loss is
    1.0.
    """
    return np.mean((line(a, b, x) - y) ** 2)


def slope_by_nudging(f, x, nudge):
    """How fast does f change at x? Nudge x up, and see.

    f: a function of one number, that gives a number. x: where, a number. nudge: how far, a number above 0.
    Returns the slope: the change of f for each unit that was added to x.

    For f(x) = x², x = 3 and a nudge of 0.5, f grows from 9 to 12.25, and the slope is 3.25 / 0.5 = 6.5.
    """
    return (f(x + nudge) - f(x)) / nudge


def slope_both_ways(f, x, nudge):
    """The central difference: nudge x up and down, and take the slope between the two.

    f, x, nudge: as in slope_by_nudging. f(x) itself is not needed.
    Returns the slope, a number.

    For f(x) = x², x = 3 and a nudge of 0.5, f is 12.25 above and 6.25 below, and the slope is 6 / 1 = 6.
    Nothing is wrong with that one, though the nudge is large.
    """
    return (f(x + nudge) - f(x - nudge)) / (2 * nudge)


def derivatives(a, b, x, y):
    """The slopes of the loss by rule: how fast it changes with a, and how fast with b.

    a, b: the guess. x, y: arrays (N,), the points. The lesson found both rules, for one point of error e:
    the slope of e² in a is 2·e·x, and its slope in b is 2·e. The loss is the mean over the points.
    Returns two numbers in a tuple: first the slope in a, then the slope in b.

    For a = 2, b = 0 and the points x = [1.0, 2.0], y = [3.0, 3.0] the errors are -1 and 1.
    2·e·x is -2 and 4, and 2·e is -2 and 2. So the slopes are (1.0, 0.0).
    """
    error = line(a, b, x) - y
    return np.mean(2 * error * x), np.mean(2 * error)


def update(a, b, x, y, learning_rate):
    """One step downhill, for both a and b at once.

    a, b: the guess. x, y: arrays (N,), the points. learning_rate: how long a step is for a slope of 1.
    Returns two numbers in a tuple, the new a and the new b.

    For a = 2, b = 0, x = [1.0, 2.0], y = [3.0, 3.0] and a learning rate of 0.1 the slopes are 1 and 0, so it
    is (1.9, 0.0).
    """
    slope_a, slope_b = derivatives(a, b, x, y)
    return a - learning_rate * slope_a, b - learning_rate * slope_b


def descend(a, b, x, y, learning_rate, steps):
    """Gradient descent: many updates, one after the other.

    a, b: the first guess. x, y: arrays (N,), the points. steps: how many updates, an integer from 0.
    Returns two numbers in a tuple, a and b after the last update.

    For a = 2, b = 0, x = [1.0, 2.0], y = [3.0, 3.0], a learning rate of 0.1 and 2 steps it is (1.9, 0.0)
    after the first step, and (1.85, 0.03) after the second.
    """
    for _ in range(steps):
        a, b = update(a, b, x, y, learning_rate)
    return a, b


def choose_learning_rates():
    """Find three learning rates for the points X and Y above: too small, good, and too large.

    All are numbers above 0. The first guess is a = -1, b = 1, and there are 100 updates:
        too small: the loss falls, but more than half of it is left;
        good:      not even a hundredth of the loss is left;
        too large: the loss is larger than it was at first.
    Returns three numbers in a tuple, in this order.

    Those of the lesson will not do, for its points lie closer together. Try with `descend` and `loss`.
    """
    return 0.00001, 0.02, 0.1
