"""Lesson 3: wrong filters, frames, poolings and fingerprints."""

import numpy as np

from tests.gallery import wrong


def correlated(picture, filter):
    """The right correlation, for mistakes that are made elsewhere."""
    height, width = picture.shape
    return sum(filter[i, j] * picture[i:i + height - 2, j:j + width - 2] for i in range(3) for j in range(3))


def pooled(picture, size):
    """The right pooling, likewise. What is left over at the ends is left out."""
    rows, columns = picture.shape[0] // size, picture.shape[1] // size
    return np.array([[picture[row * size:(row + 1) * size, column * size:(column + 1) * size].max()
                      for column in range(columns)] for row in range(rows)])


# ---- eight filters

@wrong("eight_filters", "wrong-order")
def in_turns(first, second):
    return np.array([np.rot90(filter, n) for n in range(4) for filter in (first, second)])


@wrong("eight_filters", "off-by-one")
def from_one_to_four(first, second):
    return np.array([np.rot90(filter, n) for filter in (first, second) for n in range(1, 5)])


@wrong("eight_filters", "off-by-one")
def three_of_each(first, second):
    return np.array([np.rot90(filter, n) for filter in (first, second) for n in range(3)])


@wrong("eight_filters", "wrong-type")
def only_a_list(first, second):
    return [np.rot90(filter, n) for filter in (first, second) for n in range(4)]


@wrong("eight_filters", "wrong-shape")
def stacked_row_under_row(first, second):
    return np.vstack([np.rot90(filter, n) for filter in (first, second) for n in range(4)])


@wrong("eight_filters", "same-again")
def n_forgotten(first, second):
    return np.array([np.rot90(filter) for filter in (first, second) for n in range(4)])


@wrong("eight_filters", "rotated")
def turned_clockwise(first, second):
    return np.array([np.rot90(filter, -n) for filter in (first, second) for n in range(4)])


# ---- a frame of paper

@wrong("pad_picture", "one-side")
def room_for_one_side(picture, padding):
    height, width = picture.shape
    padded = np.zeros((height + padding, width + padding))
    padded[padding:, padding:] = picture
    return padded


@wrong("pad_picture", "off-centre")
def laid_at_the_top_left(picture, padding):
    height, width = picture.shape
    padded = np.zeros((height + 2 * padding, width + 2 * padding))
    padded[:height, :width] = picture
    return padded


@wrong("pad_picture", "input-changed")
def painted_over(picture, padding):
    picture[:padding], picture[-padding:] = 0, 0
    picture[:, :padding], picture[:, -padding:] = 0, 0
    return picture


@wrong("pad_picture", "zeros")
def assigned_to_a_name(picture, padding):
    height, width = picture.shape
    padded = np.zeros((height + 2 * padding, width + 2 * padding))
    inside = padded[padding:padding + height, padding:padding + width]
    inside = picture                                        # noqa: F841
    return padded


@wrong("pad_picture", "raises")
def sizes_for_ends(picture, padding):
    height, width = picture.shape
    padded = np.zeros((height + 2 * padding, width + 2 * padding))
    padded[padding:height, padding:width] = picture
    return padded


@wrong("pad_picture", "not-white")
def a_frame_of_ink(picture, padding):
    height, width = picture.shape
    padded = np.ones((height + 2 * padding, width + 2 * padding))
    padded[padding:-padding, padding:-padding] = picture
    return padded


@wrong("pad_picture", "always-one")
def one_whatever_is_said(picture, padding):
    return np.pad(picture, 1)


# ---- max pooling

@wrong("max_pool", "starts-at-zero")
def largest_begins_at_zero(picture, size):
    result = np.zeros((picture.shape[0] // size, picture.shape[1] // size))
    for row in range(picture.shape[0]):
        for column in range(picture.shape[1]):
            largest = result[row // size, column // size]
            result[row // size, column // size] = max(largest, picture[row, column])
    return result


@wrong("max_pool", "mean-for-max")
def average_pooling(picture, size):
    rows, columns = picture.shape[0] // size, picture.shape[1] // size
    return picture.reshape(rows, size, columns, size).mean(axis=(1, 3))


@wrong("max_pool", "overlapping")
def areas_at_every_pixel(picture, size):
    height, width = picture.shape
    rows, columns = range(height - size + 1), range(width - size + 1)
    return np.array([[picture[row:row + size, column:column + size].max() for column in columns]
                     for row in rows])


@wrong("max_pool", "overlapping")
def row_for_row_times_size(picture, size):
    rows, columns = picture.shape[0] // size, picture.shape[1] // size
    return np.array([[picture[row:row + size, column:column + size].max() for column in range(columns)]
                     for row in range(rows)])


@wrong("max_pool", "off-by-one")
def end_before_the_end(picture, size):
    rows, columns = picture.shape[0] // size, picture.shape[1] // size
    result = np.zeros((rows, columns))
    for row in range(rows):
        for column in range(columns):
            top, left = row * size, column * size
            result[row, column] = picture[top:top + size - 1, left:left + size - 1].max()
    return result


@wrong("max_pool", "sizes-for-counts")
def size_by_size_areas(picture, size):
    height, width = picture.shape[0] // size, picture.shape[1] // size
    return np.array([[picture[row * height:(row + 1) * height, column * width:(column + 1) * width].max()
                      for column in range(size)] for row in range(size)])


@wrong("max_pool", "raises")
def a_slash_for_two(picture, size):
    rows, columns = picture.shape[0] / size, picture.shape[1] / size
    return np.zeros((rows, columns))


@wrong("max_pool", "last-alone")
def largest_of_the_last_area(picture, size):
    for row in range(picture.shape[0] // size):
        for column in range(picture.shape[1] // size):
            result = picture[row * size:(row + 1) * size, column * size:(column + 1) * size].max()
    return result


@wrong("max_pool", "transposed")
def row_and_column_exchanged(picture, size):
    rows, columns = picture.shape[0] // size, picture.shape[1] // size
    result = np.zeros((columns, rows))
    for row in range(rows):
        for column in range(columns):
            area = picture[row * size:(row + 1) * size, column * size:(column + 1) * size]
            result[column, row] = area.max()
    return result


# ---- many at once

@wrong("max_pool_many", "wrong-axis")
def along_the_areas(pictures, size):
    N, C, H, W = pictures.shape
    return pictures.reshape(N, C, H // size, size, W // size, size).max(axis=(2, 4))


@wrong("max_pool_many", "wrong-axis")
def the_last_two_axes(pictures, size):
    N, C, H, W = pictures.shape
    return pictures.reshape(N, C, H // size, size, W // size, size).max(axis=(-2, -1))


@wrong("max_pool_many", "reshaped")
def runs_for_areas(pictures, size):
    N, C, H, W = pictures.shape
    return pictures.reshape(N, C, H // size, W // size, size, size).max(axis=(4, 5))


@wrong("max_pool_many", "reshaped")
def size_first(pictures, size):
    N, C, H, W = pictures.shape
    return pictures.reshape(N, C, size, H // size, size, W // size).max(axis=(2, 4))


@wrong("max_pool_many", "wrong-dtype")
def loops_into_zeros(pictures, size):
    N, C, H, W = pictures.shape
    result = np.zeros((N, C, H // size, W // size))
    for n in range(N):
        for c in range(C):
            result[n, c] = pooled(pictures[n, c], size)
    return result


@wrong("max_pool_many", "first-alone")
def first_kind_of_edge_alone(pictures, size):
    return np.array([pooled(picture, size) for picture in pictures[:, 0]], pictures.dtype)


# ---- fingerprints

@wrong("fingerprint", "not-padded")
def without_a_frame(picture, filters, size):
    return np.array([pooled(correlated(picture, filter), size) for filter in filters])


@wrong("fingerprint", "padded-late")
def frame_after_the_filters(picture, filters, size):
    return np.array([pooled(np.pad(correlated(picture, filter), 1), size) for filter in filters])


@wrong("fingerprint", "not-pooled")
def all_the_edges(picture, filters, size):
    return np.array([correlated(np.pad(picture, 1), filter) for filter in filters])


@wrong("fingerprint", "pooled-first")
def pooled_before(picture, filters, size):
    small = np.pad(pooled(picture, size), 1)
    return np.array([correlated(small, filter) for filter in filters])


@wrong("fingerprint", "flipped")
def convolved(picture, filters, size):
    padded = np.pad(picture, 1)
    return np.array([pooled(correlated(padded, filter[::-1, ::-1]), size) for filter in filters])


@wrong("fingerprint", "clipped")
def nothing_below_zero(picture, filters, size):
    padded = np.pad(picture, 1)
    return np.array([pooled(np.maximum(correlated(padded, filter), 0), size) for filter in filters])


@wrong("fingerprint", "wrong-type")
def a_list_of_eight(picture, filters, size):
    padded = np.pad(picture, 1)
    return [pooled(correlated(padded, filter), size) for filter in filters]


@wrong("fingerprint", "first-alone")
def returned_in_the_loop(picture, filters, size):
    padded = np.pad(picture, 1)
    for filter in filters:
        return pooled(correlated(padded, filter), size)


# ---- how much has changed

@wrong("change", "wrong-axis")
def all_pictures_as_one(before, after):
    return np.linalg.norm((after - before).ravel()) / np.linalg.norm(before.ravel())


@wrong("change", "not-reduced")
def every_share(before, after):
    before, after = before.reshape(len(before), -1), after.reshape(len(after), -1)
    return np.linalg.norm(after - before, axis=1) / np.linalg.norm(before, axis=1)


@wrong("change", "wrong-share")
def share_of_what_came_out(before, after):
    before, after = before.reshape(len(before), -1), after.reshape(len(after), -1)
    return (np.linalg.norm(after - before, axis=1) / np.linalg.norm(after, axis=1)).mean()


@wrong("change", "root-missing")
def squares_without_a_root(before, after):
    before, after = before.reshape(len(before), -1), after.reshape(len(after), -1)
    return (((after - before) ** 2).sum(axis=1) / (before ** 2).sum(axis=1)).mean()


@wrong("change", "wrong-axis")
def not_laid_out_in_a_row(before, after):
    return np.mean(np.linalg.norm(after - before, axis=1) / np.linalg.norm(before, axis=1))


@wrong("change", "pixel-by-pixel")
def share_of_each_pixel(before, after):
    return np.mean(np.abs(after - before) / np.abs(before))


@wrong("change", "absolute")
def absolute_differences(before, after):
    before, after = before.reshape(len(before), -1), after.reshape(len(after), -1)
    return (np.abs(after - before).sum(axis=1) / np.abs(before).sum(axis=1)).mean()


@wrong("change", "lengths-subtracted")
def difference_of_lengths(before, after):
    before, after = before.reshape(len(before), -1), after.reshape(len(after), -1)
    there, here = np.linalg.norm(after, axis=1), np.linalg.norm(before, axis=1)
    return ((there - here) / here).mean()
