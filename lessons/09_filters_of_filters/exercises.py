"""Lesson 9: Filters of filters. Exercises.

Here the network is put together, filled with random numbers, and made to learn. A layer is a function: it
takes an array and gives one, with the N pictures of a minibatch along axis 0. `rng` is a NumPy generator,
such as np.random.default_rng(0) makes.
"""

import numpy as np


def accuracy(scores, labels):
    """The share of the pictures that are read correctly.

    scores: an array (N, 10), ten scores for each picture; the largest one is the answer. labels: an array
    (N,) of integers from 0 to 9, the truth.
    Returns a number from 0 to 1.

    With the scores [[0.1, 2.0], [0.3, 0.2], [1.0, 4.0]] (two digits only) the answers are 1, 0 and 1. If the
    labels are [1, 1, 1], two of three are right: 0.6667.
    """
    return np.mean(scores.argmax(axis=1) == labels)


def linear(x, weight, bias):
    """An ordinary layer: each of its outputs is a weighted sum of all its inputs, plus a bias.

    x: an array (N, inputs). weight: an array (outputs, inputs), one row of weights for each output.
    bias: an array (outputs,).
    Returns an array (N, outputs) of the same dtype.

    With x = [[1, 2, 3]], the weight [[1, 1, 1], [0, 0, 2]] and the bias [10, 20], it is [[16, 26]].
    """
    return x @ weight.T + bias


def init_weights(shape, fan_in, rng):
    """Random numbers to start from: any number from -1/√fan_in to 1/√fan_in, all equally likely.

    shape: a tuple, the shape of the array. fan_in: how many inputs each output adds up, 1 or more. The more
    they are, the smaller the weights have to be, so that the sums are neither huge nor tiny.
    rng: a NumPy generator; draw from it, so that the same seed gives the same network. One method of it is
    rng.uniform(low, high, shape).
    Returns an array of this shape, float32.

    For fan_in = 25, the numbers lie between -0.2 and 0.2.
    """
    bound = 1 / np.sqrt(fan_in)
    return rng.uniform(-bound, bound, shape).astype(np.float32)


def sequential(layers, x):
    """Layers in a row: the first gets x, each other one gets what the one before it gives.

    layers: a list of functions, each with one argument. x: an array.
    Returns what the last layer gives. If there are no layers, it is x.

    With [add_one, double] and x = [1, 5], it is [4, 12].
    """
    for layer in layers:
        x = layer(x)
    return x


def train(step, batches, passes):
    """The training loop: so many passes over all pictures, one step downhill for each minibatch.

    step: a function. step(images, labels) makes one step downhill, and returns the loss before it, a number.
    batches: a function. batches() deals out all pictures anew, in another order each time; `for images,
    labels in batches():` goes through one pass.
    passes: how many passes to make.
    Returns a list of all losses, in the order of the steps.

    If there are 3 minibatches in a pass, two passes are 6 steps, and give a list of 6 losses.
    """
    losses = []
    for _ in range(passes):
        for images, labels in batches():
            losses.append(step(images, labels))
    return losses
