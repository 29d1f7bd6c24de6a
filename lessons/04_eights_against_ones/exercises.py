"""Lesson 4: Eights against ones. Exercises.

A fingerprint is an array (F, H, W) of float64: what F filters found in H × W areas. N fingerprints are an
array (N, F, H, W). An ideal is an array (F, H, W), too. In the lesson F, H and W are 8, 4 and 4. Your
functions should work with other lengths, too: the checks begin with short ones, to be followed by pencil.
"""

import numpy as np


def normalise(numbers):
    """Move and scale numbers, so that their mean is 0 and their standard deviation 1.

    numbers: an array (F, H, W), not all of them equal. It stays as it was.
    Returns a new array (F, H, W). Mean and standard deviation are those of all the numbers together.

    [[[1, 3]]] has the mean 2 and the standard deviation 1. It becomes [[[-1, 1]]].
    """
    return (numbers - numbers.mean()) / numbers.std()


def error(prints, ideal):
    """The sum of squared errors between each of several fingerprints and an ideal.

    prints: an array (N, F, H, W), N fingerprints. ideal: an array (F, H, W).
    Returns an array (N,), one number for each fingerprint.

    The fingerprints [[[1, 2]]] and [[[4, 0]]] are at 1 + 4 = 5 and at 16 + 0 = 16 from the ideal [[[0, 0]]].
    """
    return ((prints - ideal) ** 2).sum(axis=(1, 2, 3))


def is_it_an_eight(prints, ideal_eight, ideal_one):
    """Decide for each picture, by its fingerprint: is it nearer to the ideal eight than to the ideal one?

    prints: an array (N, F, H, W). ideal_eight, ideal_one: arrays (F, H, W).
    Returns an array (N,) of truths (bool), True for an eight. `error` says how near a fingerprint is.

    With the errors 3, 9 to the ideal eight, and 7, 2 to the ideal one, the answer is [True, False].
    """
    return error(prints, ideal_eight) < error(prints, ideal_one)


def classification_matrix(are_eights, called_eights):
    """Count how often the program is right, and which mistakes it makes.

    are_eights: an array (N,) of truths, True where the picture is an eight; the others are ones.
    called_eights: an array (N,) of truths, True where the program says that it is an eight.
    Returns an array (2, 2) of integers:    [[eights called eights, ones called eights],
                                             [eights called ones,   ones called ones]].

    For are_eights    = [True, True,  True,  False, False]
    and called_eights = [True, False, False, True,  False] it is [[1, 1],
                                                                  [2, 1]].
    """
    return np.array([[np.sum(called_eights & are_eights), np.sum(called_eights & ~are_eights)],
                     [np.sum(~called_eights & are_eights), np.sum(~called_eights & ~are_eights)]])


def lean(prints, ideal_eight, ideal_one):
    """How sure is it? For each picture one number: above zero for an eight, below zero for a one.

    prints: an array (N, F, H, W). ideal_eight, ideal_one: arrays (F, H, W).
    Returns an array (N,): one error minus the other.

    With the errors 3, 9 to the ideal eight, and 7, 2 to the ideal one, it is [4, -7].
    """
    return error(prints, ideal_one) - error(prints, ideal_eight)


def weighted_sum(prints, weights):
    """Multiply each number of a fingerprint by its weight, and add up.

    prints: an array (N, F, H, W). weights: an array (F, H, W).
    Returns an array (N,), one number for each fingerprint.

    The fingerprint [[[1, 2]]] with the weights [[[3, -1]]]: 3 - 2 = 1. If both ideals are normalised, the
    weights ideal_eight - ideal_one give half of what `lean` gives. Try it. The lesson has the reason.
    """
    return (prints * weights).sum(axis=(1, 2, 3))
