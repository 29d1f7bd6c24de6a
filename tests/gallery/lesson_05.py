"""Lesson 5: wrong losses, slopes, steps and learning rates."""

import numpy as np

from tests.gallery import wrong


def slopes(a, b, x, y):
    error = a * x + b - y
    return np.mean(2 * error * x), np.mean(2 * error)


@wrong("loss", "sum-for-mean")
def sum_of_squares(a, b, x, y):
    return np.sum((a * x + b - y) ** 2)


@wrong("loss", "not-squared")
def mean_of_errors(a, b, x, y):
    return np.mean(a * x + b - y)


@wrong("loss", "not-squared")
def mean_without_signs(a, b, x, y):
    return np.abs(a * x + b - y).mean()


@wrong("loss", "root")
def average_loss(a, b, x, y):
    return np.sqrt(np.mean((a * x + b - y) ** 2))


@wrong("loss", "mean-too-early")
def square_of_the_mean(a, b, x, y):
    return np.mean(a * x + b - y) ** 2


@wrong("loss", "not-reduced")
def a_loss_for_each_point(a, b, x, y):
    return (a * x + b - y) ** 2


@wrong("loss", "no-return")
def loss_without_return(a, b, x, y):
    np.mean((a * x + b - y) ** 2)


@wrong("loss", "input-changed")
def truth_turned_into_errors(a, b, x, y):
    y -= a * x + b
    return np.mean(y**2)


@wrong("loss", "sign")
def a_smaller_loss_is_better(a, b, x, y):
    return -np.mean((a * x + b - y) ** 2)


@wrong("slope_by_nudging", "not-divided")
def change_alone(f, x, nudge):
    return f(x + nudge) - f(x)


@wrong("slope_by_nudging", "brackets")
def change_without_brackets(f, x, nudge):
    return f(x + nudge) - f(x) / nudge


@wrong("slope_by_nudging", "nudge-ignored")
def the_nudge_of_the_lesson(f, x, nudge):
    nudge = 0.01
    return (f(x + nudge) - f(x)) / nudge


@wrong("slope_by_nudging", "sign")
def before_minus_after(f, x, nudge):
    return (f(x) - f(x + nudge)) / nudge


@wrong("slope_by_nudging", "output-nudged")
def what_comes_out_is_nudged(f, x, nudge):
    return (f(x) + nudge - f(x)) / nudge


@wrong("slope_by_nudging", "raises")
def a_function_is_no_number(f, x, nudge):
    return (f + nudge - f) / nudge


@wrong("slope_both_ways", "constant-factor")
def only_one_nudge_apart(f, x, nudge):
    return (f(x + nudge) - f(x - nudge)) / nudge


@wrong("slope_both_ways", "brackets")
def half_times_the_nudge(f, x, nudge):
    return (f(x + nudge) - f(x - nudge)) / 2 * nudge


@wrong("slope_both_ways", "one-way")
def up_only(f, x, nudge):
    return (f(x + nudge) - f(x)) / nudge


@wrong("slope_both_ways", "sum-for-difference")
def mean_of_both(f, x, nudge):
    return (f(x + nudge) + f(x - nudge)) / (2 * nudge)


@wrong("slope_both_ways", "sign")
def below_minus_above(f, x, nudge):
    return (f(x - nudge) - f(x + nudge)) / (2 * nudge)


@wrong("derivatives", "sum-for-mean")
def sums_of_slopes(a, b, x, y):
    error = a * x + b - y
    return np.sum(2 * error * x), np.sum(2 * error)


@wrong("derivatives", "constant-factor")
def without_the_2(a, b, x, y):
    error = a * x + b - y
    return np.mean(error * x), np.mean(error)


@wrong("derivatives", "missing-x")
def without_the_x(a, b, x, y):
    error = a * x + b - y
    return np.mean(2 * error), np.mean(2 * error)


@wrong("derivatives", "wrong-order")
def b_before_a(a, b, x, y):
    error = a * x + b - y
    return np.mean(2 * error), np.mean(2 * error * x)


@wrong("derivatives", "sign")
def truth_minus_prediction(a, b, x, y):
    error = y - (a * x + b)
    return np.mean(2 * error * x), np.mean(2 * error)


@wrong("derivatives", "not-reduced")
def slopes_of_each_point(a, b, x, y):
    error = a * x + b - y
    return 2 * error * x, 2 * error


@wrong("derivatives", "mean-too-early")
def means_multiplied(a, b, x, y):
    error = np.mean(a * x + b - y)
    return 2 * error * x.mean(), 2 * error


@wrong("derivatives", "wrong-type")
def slope_in_b_alone(a, b, x, y):
    return np.mean(2 * (a * x + b - y))


@wrong("update", "uphill")
def slopes_added(a, b, x, y, learning_rate):
    slope_a, slope_b = slopes(a, b, x, y)
    return a + learning_rate * slope_a, b + learning_rate * slope_b


@wrong("update", "one-after-the-other")
def a_moves_first(a, b, x, y, learning_rate):
    a -= learning_rate * slopes(a, b, x, y)[0]
    b -= learning_rate * slopes(a, b, x, y)[1]
    return a, b


@wrong("update", "rate-ignored")
def whole_slope(a, b, x, y, learning_rate):
    slope_a, slope_b = slopes(a, b, x, y)
    return a - slope_a, b - slope_b


@wrong("update", "step-alone")
def steps_alone(a, b, x, y, learning_rate):
    slope_a, slope_b = slopes(a, b, x, y)
    return learning_rate * slope_a, learning_rate * slope_b


@wrong("update", "wrong-order")
def new_b_before_new_a(a, b, x, y, learning_rate):
    slope_a, slope_b = slopes(a, b, x, y)
    return b - learning_rate * slope_b, a - learning_rate * slope_a


@wrong("update", "no-return")
def assigned_and_lost(a, b, x, y, learning_rate):
    slope_a, slope_b = slopes(a, b, x, y)
    a -= learning_rate * slope_a
    b -= learning_rate * slope_b


@wrong("descend", "first-update-only")
def return_in_the_loop(a, b, x, y, learning_rate, steps):
    for _ in range(steps):
        slope_a, slope_b = slopes(a, b, x, y)
        a, b = a - learning_rate * slope_a, b - learning_rate * slope_b
        return a, b
    return a, b


@wrong("descend", "off-by-one")
def from_one_to_steps(a, b, x, y, learning_rate, steps):
    for _ in range(1, steps):
        slope_a, slope_b = slopes(a, b, x, y)
        a, b = a - learning_rate * slope_a, b - learning_rate * slope_b
    return a, b


@wrong("descend", "off-by-one")
def one_too_many(a, b, x, y, learning_rate, steps):
    for _ in range(steps + 1):
        slope_a, slope_b = slopes(a, b, x, y)
        a, b = a - learning_rate * slope_a, b - learning_rate * slope_b
    return a, b


@wrong("descend", "first-update-only")
def always_from_the_first_guess(a, b, x, y, learning_rate, steps):
    new_a, new_b = a, b
    for _ in range(steps):
        slope_a, slope_b = slopes(a, b, x, y)
        new_a, new_b = a - learning_rate * slope_a, b - learning_rate * slope_b
    return new_a, new_b


@wrong("descend", "unchanged")
def updates_thrown_away(a, b, x, y, learning_rate, steps):
    for _ in range(steps):
        slopes(a, b, x, y)
    return a, b


@wrong("choose_learning_rates", "not-too-small", "not-good")
def those_of_the_lesson():
    return 0.001, 0.3, 1.05


@wrong("choose_learning_rates", "flipped")
def large_before_small():
    return 0.1, 0.01, 0.00001


@wrong("choose_learning_rates", "not-good")
def a_careful_one():
    return 0.00001, 0.0001, 0.1


@wrong("choose_learning_rates", "not-too-large")
def a_good_one_for_a_large_one():
    return 0.00001, 0.01, 0.03


@wrong("choose_learning_rates", "not-positive")
def a_negative_one():
    return -0.1, 0.01, 0.1


@wrong("choose_learning_rates", "wrong-count")
def the_best_alone():
    return 0.01


@wrong("choose_learning_rates", "not-too-small")
def none_at_all():
    return 1e-20, 0.01, 0.1
