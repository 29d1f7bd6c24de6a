"""Lesson 2: filters laid on wrongly, and turned the wrong way."""

import numpy as np

from tests.gallery import wrong


def correlated(picture, filter):
    """The right correlation, for mistakes that are made elsewhere."""
    height, width = picture.shape
    return sum(filter[i, j] * picture[i:i + height - 2, j:j + width - 2] for i in range(3) for j in range(3))


# ---- one place

@wrong("at_one_place", "not-reduced")
def products_not_added_up(picture, filter, row, column):
    return filter * picture[row:row + 3, column:column + 3]


@wrong("at_one_place", "swapped")
def columns_first(picture, filter, row, column):
    return np.sum(filter * picture[column:column + 3, row:row + 3])


@wrong("at_one_place", "raises")
def two_rows_of_three(picture, filter, row, column):
    return np.sum(filter * picture[row:row + 2, column:column + 2])


@wrong("at_one_place", "matrix-product")
def a_matrix_product(picture, filter, row, column):
    return np.sum(filter @ picture[row:row + 3, column:column + 3])


@wrong("at_one_place", "one-axis")
def the_sum_of_python(picture, filter, row, column):
    return sum(filter * picture[row:row + 3, column:column + 3])


@wrong("at_one_place", "constant-factor")
def a_mean(picture, filter, row, column):
    return np.mean(filter * picture[row:row + 3, column:column + 3])


@wrong("at_one_place", "overwritten")
def loops_without_a_plus(picture, filter, row, column):
    for i in range(3):
        for j in range(3):
            result = filter[i, j] * picture[row + i, column + j]
    return result


@wrong("at_one_place", "transposed")
def i_for_j(picture, filter, row, column):
    return sum(filter[j, i] * picture[row + i, column + j] for i in range(3) for j in range(3))


@wrong("at_one_place", "no-return")
def printed_only(picture, filter, row, column):
    print(np.sum(filter * picture[row:row + 3, column:column + 3]))


# ---- by loops

@wrong("correlate_by_loops", "off-by-one")
def stops_one_place_early(picture, filter):
    height, width = picture.shape
    result = np.zeros((height - 2, width - 2))
    for row in range(height - 3):
        for column in range(width - 3):
            result[row, column] = np.sum(filter * picture[row:row + 3, column:column + 3])
    return result


@wrong("correlate_by_loops", "off-by-one")
def room_for_one_less(picture, filter):
    return correlated(picture, filter)[:-1, :-1]


@wrong("correlate_by_loops", "overwritten")
def assigned_and_not_added(picture, filter):
    height, width = picture.shape
    result = np.zeros((height - 2, width - 2))
    for row in range(height - 2):
        for column in range(width - 2):
            for i in range(3):
                for j in range(3):
                    result[row, column] = filter[i, j] * picture[row + i, column + j]
    return result


@wrong("correlate_by_loops", "looks-back")
def minus_for_plus(picture, filter):
    height, width = picture.shape
    result = np.zeros((height - 2, width - 2))
    for row in range(height - 2):
        for column in range(width - 2):
            for i in range(3):
                for j in range(3):
                    result[row, column] += filter[i, j] * picture[row - i, column - j]
    return result


@wrong("correlate_by_loops", "not-shrunk")
def room_for_every_pixel(picture, filter):
    height, width = picture.shape
    result = np.zeros((height, width))
    for row in range(height - 2):
        for column in range(width - 2):
            result[row, column] = np.sum(filter * picture[row:row + 3, column:column + 3])
    return result


@wrong("correlate_by_loops", "raises")
def over_the_edge(picture, filter):
    height, width = picture.shape
    result = np.zeros((height - 2, width - 2))
    for row in range(height):
        for column in range(width):
            for i in range(3):
                for j in range(3):
                    result[row, column] += filter[i, j] * picture[row + i, column + j]
    return result


@wrong("correlate_by_loops", "return-in-loop")
def return_in_the_outer_loop(picture, filter):
    height, width = picture.shape
    result = np.zeros((height - 2, width - 2))
    for row in range(height - 2):
        for column in range(width - 2):
            result[row, column] = np.sum(filter * picture[row:row + 3, column:column + 3])
        return result


@wrong("correlate_by_loops", "wrong-dtype")
def room_for_integers(picture, filter):
    result = np.zeros((picture.shape[0] - 2, picture.shape[1] - 2), int)
    result[:] = correlated(picture, filter)
    return result


# ---- by slices

@wrong("correlate", "transposed")
def i_and_j_exchanged(picture, filter):
    return correlated(picture, filter.T)


@wrong("correlate", "flipped")
def convolved_by_mistake(picture, filter):
    return correlated(picture, filter[::-1, ::-1])


@wrong("correlate", "overwritten")
def no_plus(picture, filter):
    height, width = picture.shape
    for i in range(3):
        for j in range(3):
            result = filter[i, j] * picture[i:i + height - 2, j:j + width - 2]
    return result


@wrong("correlate", "raises")
def ends_that_stay(picture, filter):
    height, width = picture.shape
    result = np.zeros((height - 2, width - 2))
    for i in range(3):
        for j in range(3):
            result += filter[i, j] * picture[i:height - 2, j:width - 2]
    return result


@wrong("correlate", "not-shrunk")
def rolled(picture, filter):
    return sum(filter[i, j] * np.roll(picture, (-i, -j), axis=(0, 1)) for i in range(3) for j in range(3))


@wrong("correlate", "over-reduced")
def one_sum_for_all(picture, filter):
    height, width = picture.shape
    result = np.zeros((height - 2, width - 2))
    for i in range(3):
        for j in range(3):
            result += np.sum(filter[i, j] * picture[i:i + height - 2, j:j + width - 2])
    return result


@wrong("correlate", "return-in-loop")
def return_too_far_to_the_right(picture, filter):
    height, width = picture.shape
    result = np.zeros((height - 2, width - 2))
    for i in range(3):
        for j in range(3):
            result += filter[i, j] * picture[i:i + height - 2, j:j + width - 2]
        return result


@wrong("correlate", "input-changed")
def multiplied_in_place(picture, filter):
    height, width = picture.shape
    result = np.zeros((height - 2, width - 2))
    for i in range(3):
        for j in range(3):
            window = picture[i:i + height - 2, j:j + width - 2]
            window *= filter[i, j]
            result += window
    return result


# ---- rotated

@wrong("rotate", "rotated")
def clockwise(filter):
    return filter[::-1].T


@wrong("rotate", "rotated")
def half_a_turn(filter):
    return filter[::-1, ::-1]


@wrong("rotate", "transposed")
def transposed_alone(filter):
    return filter.T


@wrong("rotate", "flipped")
def mirrored(filter):
    return filter[:, ::-1]


@wrong("rotate", "reshaped")
def reshaped_alone(filter):
    return filter.reshape(filter.shape[1], filter.shape[0])


@wrong("rotate", "raises")
def three_by_three_only(filter):
    result = np.zeros((3, 3))
    for i in range(3):
        for j in range(3):
            result[2 - j, i] = filter[i, j]
    return result


# ---- convolved

@wrong("convolve", "flipped")
def correlated_only(picture, filter):
    return correlated(picture, filter)


@wrong("convolve", "rotated")
def rotated_once(picture, filter):
    return correlated(picture, np.rot90(filter))


@wrong("convolve", "flipped")
def the_picture_rotated(picture, filter):
    return correlated(np.rot90(picture, 2), filter)


@wrong("convolve", "flipped")
def upside_down_only(picture, filter):
    return correlated(picture, filter[::-1])


@wrong("convolve", "not-cropped")
def all_stamps(picture, filter):
    height, width = picture.shape
    stamped = np.zeros((height + 2, width + 2))
    for i in range(3):
        for j in range(3):
            stamped[i:i + height, j:j + width] += filter[i, j] * picture
    return stamped


@wrong("convolve", "not-cropped")
def cropped_by_one(picture, filter):
    return all_stamps(picture, filter)[1:-1, 1:-1]


@wrong("convolve", "no-return")
def forgot_return(picture, filter):
    correlated(picture, filter[::-1, ::-1])


# ---- many

@wrong("correlate_many", "transposed")
def filters_before_pictures(pictures, filters):
    return np.array([[correlated(picture, filter) for picture in pictures] for filter in filters])


@wrong("correlate_many", "wrong-shape")
def one_long_list(pictures, filters):
    return np.array([correlated(picture, filter) for picture in pictures for filter in filters])


@wrong("correlate_many", "pairs")
def paired_off(pictures, filters):
    return np.array([correlated(picture, filter) for picture, filter in zip(pictures, filters)])


@wrong("correlate_many", "wrong-type")
def lists_of_lists(pictures, filters):
    return [[correlated(picture, filter) for filter in filters] for picture in pictures]


@wrong("correlate_many", "last-alone")
def overwritten_by_the_last_filter(pictures, filters):
    N, height, width = pictures.shape
    result = np.zeros((N, height - 2, width - 2))
    for filter in filters:
        for n, picture in enumerate(pictures):
            result[n] = correlated(picture, filter)
    return result


@wrong("correlate_many", "over-reduced")
def filters_added_up(pictures, filters):
    return np.array([sum(correlated(picture, filter) for filter in filters) for picture in pictures])
