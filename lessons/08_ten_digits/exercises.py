"""Lesson 8: Ten digits. Exercises.

Scores are an array (N, K): K scores for each of N pictures, one for each digit. `labels` is an array (N,) of
integers: labels[i] says which of the K digits picture i shows. `rng` is a NumPy generator, such as
np.random.default_rng(0) makes.
"""

import numpy as np


def softmax(scores):
    """Scores into shares: e to the power of each score, divided by the sum of these in its row.

    scores: an array (N, K) of numbers of any size.
    Returns an array (N, K) of the same dtype. Each row adds up to 1. Nothing in it is NaN, even where a score
    is 1000: if you take the same number away from all scores of a row, the shares stay as they are.

    softmax of [[0.0, 0.0], [1000.0, 0.0]] is [[0.5, 0.5], [1.0, 0.0]].
    """
    parts = np.exp(scores - scores.max(axis=1, keepdims=True))
    return parts / parts.sum(axis=1, keepdims=True)


def cross_entropy(scores, labels):
    """How surprised it is by the true digits: the average of -ln p, where p is the share of the true digit.

    scores: an array (N, K). labels: an array (N,) of integers from 0 to K - 1.
    Returns a number. It is finite, even where the true digit's score is 1000 below the largest one, and its
    share is so small that it is 0 to the computer. With ln(a / b) = ln a - ln b, no share is ever needed.

    Two scores that are equal have a share of 1/2 each. So for [[0.0, 0.0]] and [1], it is ln 2 = 0.6931.
    """
    scores = scores - scores.max(axis=1, keepdims=True)
    true = scores[np.arange(len(labels)), labels]
    return np.mean(np.log(np.exp(scores).sum(axis=1)) - true)


def cross_entropy_vjp(g, scores, labels):
    """The way back through the cross-entropy: how much does each score act on it?

    scores: an array (N, K). labels: an array (N,) of integers from 0 to K - 1.
    g: a number, the gradient of the loss with respect to the cross-entropy. (Mostly that *is* the loss, and g
    is 1. But somebody might have multiplied it by 10 to get the loss.)
    Returns the gradient of the loss with respect to the scores, an array (N, K).

    It is the share, minus the truth: 1 for the true digit and 0 for all others. But the cross-entropy is an
    average over N pictures, so each of them acts on it only with the Nth part.

    For g = 1.0, [[0.0, 0.0], [0.0, 0.0]] and [1, 0], it is [[0.25, -0.25], [-0.25, 0.25]].
    """
    truth = np.eye(scores.shape[1])[labels]
    return g * (softmax(scores) - truth) / len(labels)


def minibatches(images, labels, size, rng):
    """Deal out all pictures in handfuls of `size`, in an order that chance decides.

    images: an array (N, ...), N pictures of any shape. labels: an array (N,). rng: a NumPy generator;
    rng.permutation(N) gives the numbers from 0 to N - 1 in a random order, another one each time.
    Returns a list of pairs (images, labels), arrays (size, ...) and (size,). (Or yields one after the other.)
    Every picture comes exactly once, with its own label. The last minibatch may be smaller.

    Of 5 pictures with size 2, it makes three minibatches: of 2, of 2 and of 1.
    """
    order = rng.permutation(len(images))
    parts = [order[start:start + size] for start in range(0, len(order), size)]
    return [(images[part], labels[part]) for part in parts]


def momentum_step(weights, gradient, velocity, rate, momentum):
    """One step of a ball that rolls: the new gradient, plus a share of the last velocity.

    weights, gradient, velocity: three arrays of one shape. `velocity` is the one of the last step, or zeros
    at the start. rate: the learning rate. momentum: the share that is kept, mostly 0.9.
    Returns a pair, the new weights and the new velocity. The weights go downhill by `rate` times the new
    velocity. None of the three arrays is changed.

    From the weights [1.0] with the gradient [2.0], the velocity [10.0], the rate 0.1 and the momentum 0.5,
    the new velocity is [2.0 + 0.5 · 10.0] = [7.0], and the new weights are [1.0 - 0.1 · 7.0] = [0.3].
    """
    velocity = gradient + momentum * velocity
    return weights - rate * velocity, velocity


def weight_decay(gradient, weights, decay):
    """The gradient, with a pull towards zero on every weight.

    Large weights are a sign of learning by heart. So we make them cost something: the loss gets decay/2 · w²
    more for every weight w. Its slope is decay · w more. This function adds that to the gradient.

    gradient, weights: two arrays of one shape. decay: a small number, such as 0.0001.
    Returns a new array of that shape. The gradient and the weights stay as they were.

    For the gradient [1.0, 1.0], the weights [5.0, -5.0] and the decay 0.1, it is [1.5, 0.5].
    """
    return gradient + decay * weights
