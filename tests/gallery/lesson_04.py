"""Lesson 4: wrong scales, errors, decisions and counts."""

import numpy as np

from tests.gallery import wrong


def squares(prints, ideal):
    """The right sums of squared errors, for mistakes that are made elsewhere."""
    return ((prints - ideal) ** 2).sum(axis=(1, 2, 3))


# ---- normalise

@wrong("normalise", "brackets")
def without_brackets(numbers):
    return numbers - numbers.mean() / numbers.std()


@wrong("normalise", "wrong-n")
def n_minus_one(numbers):
    return (numbers - numbers.mean()) / numbers.std(ddof=1)


@wrong("normalise", "variance")
def by_the_variance(numbers):
    return (numbers - numbers.mean()) / ((numbers - numbers.mean()) ** 2).mean()


@wrong("normalise", "wrong-axis")
def each_filter_by_itself(numbers):
    mean, std = numbers.mean(axis=(1, 2), keepdims=True), numbers.std(axis=(1, 2), keepdims=True)
    return (numbers - mean) / std


@wrong("normalise", "input-changed")
def in_place(numbers):
    numbers -= numbers.mean()
    numbers /= numbers.std()
    return numbers


@wrong("normalise", "offset")
def scaled_only(numbers):
    return numbers / numbers.std()


@wrong("normalise", "range")
def from_zero_to_one(numbers):
    return (numbers - numbers.min()) / np.ptp(numbers)


# ---- the sum of squared errors

@wrong("error", "over-reduced")
def one_error_for_all(prints, ideal):
    return np.sum((prints - ideal) ** 2)


@wrong("error", "wrong-axis")
def added_up_over_pictures(prints, ideal):
    return ((prints - ideal) ** 2).sum(axis=0)


@wrong("error", "not-squared")
def differences_added_up(prints, ideal):
    return (prints - ideal).sum(axis=(1, 2, 3))


@wrong("error", "square-of-sum")
def squared_last(prints, ideal):
    return (prints - ideal).sum(axis=(1, 2, 3)) ** 2


@wrong("error", "not-reduced")
def squares_not_added_up(prints, ideal):
    return (prints - ideal) ** 2


@wrong("error", "mean-for-sum")
def mean_squares(prints, ideal):
    return ((prints - ideal) ** 2).mean(axis=(1, 2, 3))


@wrong("error", "over-reduced")
def prints_for_each(prints, ideal):
    return np.array([np.sum((prints - ideal) ** 2) for each in prints])


@wrong("error", "root")
def distance(prints, ideal):
    return np.array([np.linalg.norm(each - ideal) for each in prints])


@wrong("error", "wrong-type")
def a_list_of_errors(prints, ideal):
    return [((each - ideal) ** 2).sum() for each in prints]


# ---- decided

@wrong("is_it_an_eight", "swapped")
def the_farther_one(prints, ideal_eight, ideal_one):
    return squares(prints, ideal_eight) > squares(prints, ideal_one)


@wrong("is_it_an_eight", "raises")
def if_on_an_array(prints, ideal_eight, ideal_one):
    if squares(prints, ideal_eight) < squares(prints, ideal_one):
        return True
    return False


@wrong("is_it_an_eight", "labels-for-truths")
def digits_for_answers(prints, ideal_eight, ideal_one):
    return np.where(squares(prints, ideal_eight) < squares(prints, ideal_one), 8, 1)


@wrong("is_it_an_eight", "number-by-number")
def not_added_up(prints, ideal_eight, ideal_one):
    return (prints - ideal_eight) ** 2 < (prints - ideal_one) ** 2


@wrong("is_it_an_eight", "not-compared")
def the_smaller_error(prints, ideal_eight, ideal_one):
    return np.minimum(squares(prints, ideal_eight), squares(prints, ideal_one))


@wrong("is_it_an_eight", "over-reduced")
def one_answer_for_all(prints, ideal_eight, ideal_one):
    return np.sum((prints - ideal_eight) ** 2) < np.sum((prints - ideal_one) ** 2)


@wrong("is_it_an_eight", "all-alike")
def always_an_eight(prints, ideal_eight, ideal_one):
    return squares(prints, ideal_eight) > 0


# ---- counted

@wrong("classification_matrix", "transposed")
def truth_in_the_rows(are_eights, called_eights):
    return np.array([[np.sum(are_eights & called_eights), np.sum(are_eights & ~called_eights)],
                     [np.sum(~are_eights & called_eights), np.sum(~are_eights & ~called_eights)]])


@wrong("classification_matrix", "flipped")
def false_first(are_eights, called_eights):
    return np.array([[np.sum((called_eights == called) & (are_eights == are)) for are in (False, True)]
                     for called in (False, True)])


@wrong("classification_matrix", "raises")
def and_for_arrays(are_eights, called_eights):
    return np.array([[np.sum(are_eights and called_eights), 0], [0, 0]])


@wrong("classification_matrix", "shares-for-counts")
def means_for_sums(are_eights, called_eights):
    return np.array([[np.mean(called_eights & are_eights), np.mean(called_eights & ~are_eights)],
                     [np.mean(~called_eights & are_eights), np.mean(~called_eights & ~are_eights)]])


@wrong("classification_matrix", "wrong-type")
def lists(are_eights, called_eights):
    return [[np.sum(called_eights & are_eights), np.sum(called_eights & ~are_eights)],
            [np.sum(~called_eights & are_eights), np.sum(~called_eights & ~are_eights)]]


@wrong("classification_matrix", "wrong-dtype")
def zeros_without_int(are_eights, called_eights):
    matrix = np.zeros((2, 2))
    for eight, called in zip(are_eights, called_eights):
        matrix[0 if called else 1, 0 if eight else 1] += 1
    return matrix


@wrong("classification_matrix", "wrong-shape")
def four_in_a_row(are_eights, called_eights):
    return np.array([np.sum(called_eights & are_eights), np.sum(called_eights & ~are_eights),
                     np.sum(~called_eights & are_eights), np.sum(~called_eights & ~are_eights)])


@wrong("classification_matrix", "mistakes-alone")
def only_the_mistakes(are_eights, called_eights):
    return np.sum(are_eights != called_eights)


# ---- how sure

@wrong("lean", "sign")
def the_other_way_round(prints, ideal_eight, ideal_one):
    return squares(prints, ideal_eight) - squares(prints, ideal_one)


@wrong("lean", "absolute")
def only_how_far(prints, ideal_eight, ideal_one):
    return np.abs(squares(prints, ideal_one) - squares(prints, ideal_eight))


@wrong("lean", "truths-for-numbers")
def yes_or_no(prints, ideal_eight, ideal_one):
    return squares(prints, ideal_eight) < squares(prints, ideal_one)


@wrong("lean", "not-reduced")
def place_by_place(prints, ideal_eight, ideal_one):
    return (prints - ideal_one) ** 2 - (prints - ideal_eight) ** 2


# ---- weighed

@wrong("weighted_sum", "not-reduced")
def products_alone(prints, weights):
    return prints * weights


@wrong("weighted_sum", "over-reduced")
def everything_in_one(prints, weights):
    return np.sum(prints * weights)


@wrong("weighted_sum", "wrong-axis")
def pictures_added_up(prints, weights):
    return (prints * weights).sum(axis=0)


@wrong("weighted_sum", "weighted-mean")
def divided_by_the_weights(prints, weights):
    return (prints * weights).sum(axis=(1, 2, 3)) / weights.sum()


@wrong("weighted_sum", "truths-for-numbers")
def decided_at_once(prints, weights):
    return (prints * weights).sum(axis=(1, 2, 3)) > 0


@wrong("weighted_sum", "raises")
def a_matrix_product(prints, weights):
    return prints.reshape(len(prints), -1) @ weights
