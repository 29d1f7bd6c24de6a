"""Lesson 10: wrong fields, favourites and stamps."""

import numpy as np

from tests.gallery import wrong


@wrong("receptive_field", "own-step")
def steps_before_sizes(layers):
    field, stride = 1, 1
    for size, step in layers:
        stride *= step
        field += (size - 1) * stride
    return field, stride


@wrong("receptive_field", "steps-ignored")
def sizes_alone(layers):
    field, stride = 1, 1
    for size, step in layers:
        field += size - 1
        stride *= step
    return field, stride


@wrong("receptive_field", "off-by-one")
def size_for_size_minus_one(layers):
    field, stride = 1, 1
    for size, step in layers:
        field += size * stride
        stride *= step
    return field, stride


@wrong("receptive_field", "last-step-only")
def the_step_of_the_last_layer(layers):
    field, stride, step = 1, 1, 1
    for size, step in layers:
        field += (size - 1) * stride
        stride *= step
    return field, step


@wrong("receptive_field", "wrong-type")
def the_size_alone(layers):
    field, stride = 1, 1
    for size, step in layers:
        field += (size - 1) * stride
        stride *= step
    return field


@wrong("receptive_field", "sizes-multiplied")
def sizes_of_sizes(layers):
    field, stride = 1, 1
    for size, step in layers:
        field *= size
        stride *= step
    return field, stride


@wrong("strongest", "swapped", "wrong-order")
def columns_before_rows(answers):
    flat = answers.reshape(*answers.shape[:2], -1)
    rows, columns = np.unravel_index(flat.argmax(axis=2), answers.shape[2:])
    return flat.max(axis=2), columns, rows


@wrong("strongest", "height-for-width")
def divided_by_the_height(answers):
    flat = answers.reshape(*answers.shape[:2], -1)
    places = flat.argmax(axis=2)
    return flat.max(axis=2), places // answers.shape[2], places % answers.shape[2]


@wrong("strongest", "place-not-taken-apart", "wrong-count")
def scores_and_places(answers):
    flat = answers.reshape(*answers.shape[:2], -1)
    return flat.max(axis=2), flat.argmax(axis=2)


@wrong("strongest", "all-filters-together")
def one_for_each_picture(answers):
    flat = answers.reshape(len(answers), -1)
    _, rows, columns = np.unravel_index(flat.argmax(axis=1), answers.shape[1:])
    return flat.max(axis=1), rows, columns


@wrong("strongest", "ties")
def the_last_of_equals(answers):
    flat = answers.reshape(*answers.shape[:2], -1)
    places = flat.shape[2] - 1 - flat[:, :, ::-1].argmax(axis=2)
    rows, columns = np.unravel_index(places, answers.shape[2:])
    return flat.max(axis=2), rows, columns


@wrong("nine_best", "weakest")
def upwards(scores):
    best = np.argsort(scores)[:9]
    return best[scores[best] > 0]


@wrong("nine_best", "weakest")
def the_last_nine_upwards(scores):
    best = np.argsort(scores, kind="stable")[-9:]
    return best[scores[best] > 0]


@wrong("nine_best", "ties")
def turned_round(scores):
    best = np.argsort(scores, kind="stable")[::-1][:9]
    return best[scores[best] > 0]


@wrong("nine_best", "dead")
def with_dead_answers(scores):
    return np.argsort(-scores, kind="stable")[:9]


@wrong("nine_best", "scores-for-places")
def the_scores_themselves(scores):
    best = np.sort(scores)[::-1][:9]
    return best[best > 0]


@wrong("nine_best", "off-by-one")
def ten_of_them(scores):
    best = np.argsort(-scores, kind="stable")[:10]
    return best[scores[best] > 0]


def best_of(scores):
    best = np.argsort(-scores, kind="stable")[:9]
    return best[scores[best] > 0]


@wrong("nine_best_patches", "step-forgotten")
def cut_at_the_answer_s_place(images, scores, rows, columns, size, step):
    return np.array([images[i, rows[i]:rows[i] + size, columns[i]:columns[i] + size]
                     for i in best_of(scores)])


@wrong("nine_best_patches", "wrong-places")
def places_of_the_first_nine(images, scores, rows, columns, size, step):
    return np.array([images[i, step * row:step * row + size, step * column:step * column + size]
                     for i, row, column in zip(best_of(scores), rows, columns)])


@wrong("nine_best_patches", "swapped", "raises")
def columns_for_rows(images, scores, rows, columns, size, step):
    rows, columns = step * columns, step * rows
    return np.array([images[i, rows[i]:rows[i] + size, columns[i]:columns[i] + size]
                     for i in best_of(scores)])


@wrong("nine_best_patches", "not-sorted")
def a_patch_of_each_picture(images, scores, rows, columns, size, step):
    return np.array([image[step * row:step * row + size, step * column:step * column + size]
                     for image, row, column in zip(images, rows, columns)])


@wrong("nine_best_patches", "wrong-type")
def a_list_of_patches(images, scores, rows, columns, size, step):
    return [images[i, step * rows[i]:step * rows[i] + size, step * columns[i]:step * columns[i] + size]
            for i in best_of(scores)]


@wrong("nine_best_patches", "ends-for-sizes", "raises")
def sizes_taken_for_ends(images, scores, rows, columns, size, step):
    return np.array([images[i, step * rows[i]:size, step * columns[i]:size] for i in best_of(scores)])


@wrong("stamps", "overwritten")
def the_later_covers_the_earlier(g, filters):
    F, OH, OW = g.shape
    K = filters.shape[1]
    picture = np.zeros((OH + K - 1, OW + K - 1))
    for f, r, c in np.ndindex(F, OH, OW):
        picture[r:r + K, c:c + K] = g[f, r, c] * filters[f]
    return picture


@wrong("stamps", "raises", "off-by-one")
def a_picture_too_small(g, filters):
    F, OH, OW = g.shape
    K = filters.shape[1]
    picture = np.zeros((OH, OW))
    for f, r, c in np.ndindex(F, OH, OW):
        picture[r:r + K, c:c + K] += g[f, r, c] * filters[f]
    return picture


@wrong("stamps", "flipped")
def rotated_stamps(g, filters):
    F, OH, OW = g.shape
    K = filters.shape[1]
    picture = np.zeros((OH + K - 1, OW + K - 1))
    for f, r, c in np.ndindex(F, OH, OW):
        picture[r:r + K, c:c + K] += g[f, r, c] * filters[f, ::-1, ::-1]
    return picture


@wrong("stamps", "stamps-for-filters")
def all_equally_strong(g, filters):
    F, OH, OW = g.shape
    K = filters.shape[1]
    picture = np.zeros((OH + K - 1, OW + K - 1))
    for f, r, c in np.ndindex(F, OH, OW):
        picture[r:r + K, c:c + K] += filters[f]
    return picture


@wrong("stamps", "first-filter")
def return_in_the_loop(g, filters):
    F, OH, OW = g.shape
    K = filters.shape[1]
    picture = np.zeros((OH + K - 1, OW + K - 1))
    for f in range(F):
        for r in range(OH):
            for c in range(OW):
                picture[r:r + K, c:c + K] += g[f, r, c] * filters[f]
        return picture


def stamped(g, filters):
    F, OH, OW = g.shape
    K = filters.shape[1]
    picture = np.zeros((OH + K - 1, OW + K - 1))
    for f, r, c in np.ndindex(F, OH, OW):
        picture[r:r + K, c:c + K] += g[f, r, c] * filters[f]
    return picture


def answers_to(picture, filters):
    windows = np.lib.stride_tricks.sliding_window_view(picture, filters.shape[1:])
    return np.maximum(np.einsum("rcij,fij->frc", windows, filters), 0)


@wrong("project_back", "deconvnet")
def as_zeiler_and_fergus_did(g, picture, filters):
    return stamped(np.maximum(g, 0), filters)


@wrong("project_back", "relu-forgotten")
def without_the_relu(g, picture, filters):
    return stamped(g, filters)


@wrong("project_back", "kernel-not-rotated", "wrong-order")
def stamps_turned_round(g, picture, filters):
    return stamped(g * (answers_to(picture, filters) > 0), filters[:, ::-1, ::-1])


@wrong("project_back", "mask-inverted")
def where_nothing_came_through(g, picture, filters):
    return stamped(g * (answers_to(picture, filters) <= 0), filters)


@wrong("project_back", "answers-for-truths")
def weighed_by_the_answers(g, picture, filters):
    return stamped(g * answers_to(picture, filters), filters)


@wrong("project_back", "cotangent-ignored")
def all_answers_alike(g, picture, filters):
    return stamped(1.0 * (answers_to(picture, filters) > 0), filters)
