"""Lesson 1: wrong crops, negatives, averages and counts."""

import numpy as np

from tests.gallery import wrong


@wrong("crop", "off-by-one")
def the_end_is_included(picture, top, left, height, width):
    return picture[top:top + height + 1, left:left + width + 1]


@wrong("crop", "ends-for-sizes")
def sizes_taken_for_ends(picture, top, left, height, width):
    return picture[top:height, left:width]


@wrong("crop", "swapped")
def columns_before_rows(picture, top, left, height, width):
    return picture[left:left + width, top:top + height]


@wrong("crop", "no-return")
def crop_without_return(picture, top, left, height, width):
    picture = picture[top:top + height, left:left + width]


@wrong("negative", "sign")
def minus(picture):
    return -picture


@wrong("negative", "input-changed")
def written_into_the_picture(picture):
    picture *= -1
    picture += 1
    return picture


@wrong("negative", "flipped")
def mirrored(picture):
    return picture[:, ::-1]


@wrong("negative", "rounded")
def black_and_white(picture):
    return (picture <= 0.5).astype(picture.dtype)


@wrong("average", "wrong-axis")
def average_over_pixels(pictures):
    return pictures.mean(axis=(1, 2))


@wrong("average", "wrong-axis")
def average_over_everything(pictures):
    return np.mean(pictures)


@wrong("average", "constant-factor")
def sum_of_pictures(pictures):
    return pictures.sum(axis=0)


@wrong("average", "constant-factor")
def divided_by_the_height(pictures):
    return pictures.sum(axis=0) / pictures.shape[1]


@wrong("average", "first-of-batch")
def return_in_the_loop(pictures):
    total = np.zeros_like(pictures[0])
    for picture in pictures:
        total += picture
        return total


@wrong("averages", "wrong-n")
def divided_by_all_pictures(pictures, labels):
    return np.array([pictures[labels == digit].sum(axis=0) / len(pictures) for digit in range(10)])


@wrong("averages", "off-by-one")
def nine_digits(pictures, labels):
    return np.array([pictures[labels == digit].mean(axis=0) for digit in range(9)])


@wrong("averages", "wrong-type")
def a_list(pictures, labels):
    return [pictures[labels == digit].mean(axis=0) for digit in range(10)]


@wrong("averages", "raises")
def no_array_of_truths(pictures, labels):
    return np.array([pictures[labels.index(digit)] for digit in range(10)])


@wrong("count_digits", "missing-zeros")
def bincount_alone(labels):
    return np.bincount(labels)


@wrong("count_digits", "shares-for-counts")
def shares(labels):
    return np.array([np.mean(labels == digit) for digit in range(10)])


@wrong("count_digits", "off-by-one")
def one_to_nine(labels):
    return np.array([np.sum(labels == digit) for digit in range(1, 10)])
