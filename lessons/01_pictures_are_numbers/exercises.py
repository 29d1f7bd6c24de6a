"""Lesson 1: Pictures are numbers. Exercises.

A picture is an array (H, W) of numbers from 0, paper, to 1, ink: H rows and W columns. Rows are counted from
the top, columns from the left, both from 0.
"""

import numpy as np


def crop(picture, top, left, height, width):
    """A piece of a picture: `height` rows from row `top` on, `width` columns from column `left` on.

    picture: an array (H, W). The piece lies inside it.
    Returns an array (height, width) of the same dtype.

    Of the picture [[1, 2, 3],
                    [4, 5, 6]], crop(picture, 0, 1, 2, 2) is [[2, 3],
                                                             [5, 6]].
    """
    return picture[top:top + height, left:left + width]


def negative(picture):
    """What is paper becomes ink, and what is ink becomes paper.

    picture: an array (H, W) of numbers from 0 to 1.
    Returns a new array (H, W). The picture itself stays as it was.

    negative of [[0.0, 0.25, 1.0]] is [[1.0, 0.75, 0.0]].
    """
    return 1 - picture


def average(pictures):
    """The average of several pictures, pixel by pixel.

    pictures: an array (N, H, W), N pictures of one size.
    Returns an array (H, W).

    The average of [[[0, 1]],
                    [[1, 1]]], two pictures of one row and two columns, is [[0.5, 1]].
    """
    return pictures.mean(axis=0)


def averages(pictures, labels):
    """The average of all noughts, the average of all ones, and so on: for each digit one picture.

    pictures: an array (N, H, W). labels: N integers from 0 to 9, where labels[i] says what pictures[i] is.
    Each of the ten digits is there at least once.
    Returns an array (10, H, W): first the average nought, last the average nine.

    The example is the fifth picture of the lesson from its end: ten ghosts. `labels == 3` is an array of N
    truths, True where there is a three; `pictures[labels == 3]` is the array of all threes.
    """
    return np.array([average(pictures[labels == digit]) for digit in range(10)])


def count_digits(labels):
    """How often each digit is there.

    labels: an array (N,) of integers from 0 to 9.
    Returns an array (10,) of integers: how many noughts, how many ones, and so on.

    For the labels [2, 0, 2, 9] it is [1, 0, 2, 0, 0, 0, 0, 0, 0, 1].
    """
    return np.array([np.sum(labels == digit) for digit in range(10)])
