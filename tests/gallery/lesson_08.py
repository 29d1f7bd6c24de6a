"""Lesson 8: wrong shares, surprises, handfuls and steps."""

import numpy as np

from tests.gallery import wrong


@wrong("softmax", "overflow")
def not_stable(scores):
    parts = np.exp(scores)
    return parts / parts.sum(axis=1, keepdims=True)


@wrong("softmax", "wrong-axis")
def shares_of_all_scores(scores):
    parts = np.exp(scores - scores.max())
    return parts / parts.sum()


@wrong("softmax", "wrong-axis")
def shares_of_columns(scores):
    parts = np.exp(scores - scores.max(axis=0))
    return parts / parts.sum(axis=0)


@wrong("softmax", "raises")
def keepdims_forgotten(scores):
    parts = np.exp(scores - scores.max(axis=1, keepdims=True))
    return parts / parts.sum(axis=1)


@wrong("softmax", "not-divided")
def e_to_the_power_alone(scores):
    return np.exp(scores - scores.max(axis=1, keepdims=True))


@wrong("softmax", "exp-forgotten")
def scores_divided_by_their_sum(scores):
    return scores / scores.sum(axis=1, keepdims=True)


@wrong("softmax", "input-changed")
def shifted_in_place(scores):
    scores -= scores.max(axis=1, keepdims=True)
    parts = np.exp(scores)
    return parts / parts.sum(axis=1, keepdims=True)


def shares_of(scores):
    parts = np.exp(scores - scores.max(axis=1, keepdims=True))
    return parts / parts.sum(axis=1, keepdims=True)


@wrong("cross_entropy", "overflow")
def logarithm_of_nothing(scores, labels):
    return -np.mean(np.log(shares_of(scores)[np.arange(len(labels)), labels]))


@wrong("cross_entropy", "sign")
def a_minus_forgotten(scores, labels):
    scores = scores - scores.max(axis=1, keepdims=True)
    return np.mean(scores[np.arange(len(labels)), labels] - np.log(np.exp(scores).sum(axis=1)))


@wrong("cross_entropy", "sum-for-mean", "constant-factor")
def surprises_added_up(scores, labels):
    scores = scores - scores.max(axis=1, keepdims=True)
    return np.sum(np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(len(labels)), labels])


@wrong("cross_entropy", "all-digits")
def surprise_at_all_digits(scores, labels):
    return -np.mean(np.log(shares_of(scores)))


@wrong("cross_entropy", "mean-before-log")
def logarithm_of_the_average(scores, labels):
    return -np.log(np.mean(shares_of(scores)[np.arange(len(labels)), labels]))


@wrong("cross_entropy", "wrong-base")
def in_bits(scores, labels):
    return -np.mean(np.log2(shares_of(scores)[np.arange(len(labels)), labels]))


@wrong("cross_entropy", "not-averaged", "not-reduced")
def one_surprise_each(scores, labels):
    scores = scores - scores.max(axis=1, keepdims=True)
    return np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(len(labels)), labels]


@wrong("cross_entropy", "all-columns")
def columns_for_every_picture(scores, labels):
    scores = scores - scores.max(axis=1, keepdims=True)
    return np.mean(np.log(np.exp(scores).sum(axis=1, keepdims=True)) - scores[:, labels])


@wrong("cross_entropy_vjp", "constant-factor")
def the_sum_over_all_pictures(g, scores, labels):
    return g * (shares_of(scores) - np.eye(scores.shape[1])[labels])


@wrong("cross_entropy_vjp", "sign")
def truth_minus_share(g, scores, labels):
    return g * (np.eye(scores.shape[1])[labels] - shares_of(scores)) / len(labels)


@wrong("cross_entropy_vjp", "cotangent-ignored")
def g_forgotten(g, scores, labels):
    return (shares_of(scores) - np.eye(scores.shape[1])[labels]) / len(labels)


@wrong("cross_entropy_vjp", "truth-forgotten")
def the_shares_alone(g, scores, labels):
    return g * shares_of(scores) / len(labels)


@wrong("cross_entropy_vjp", "softmax-forgotten")
def scores_minus_truth(g, scores, labels):
    return g * (scores - np.eye(scores.shape[1])[labels]) / len(labels)


@wrong("cross_entropy_vjp", "only-the-true-digit", "shared-quantity")
def only_the_score_of_the_true_digit(g, scores, labels):
    gradient = np.zeros_like(scores)
    rows = np.arange(len(labels))
    gradient[rows, labels] = g * (shares_of(scores)[rows, labels] - 1) / len(labels)
    return gradient


@wrong("cross_entropy_vjp", "constant-factor")
def divided_by_the_number_of_digits(g, scores, labels):
    return g * (shares_of(scores) - np.eye(scores.shape[1])[labels]) / scores.size


@wrong("minibatches", "not-shuffled")
def in_the_given_order(images, labels, size, rng):
    return [(images[i:i + size], labels[i:i + size]) for i in range(0, len(images), size)]


@wrong("minibatches", "torn-apart")
def two_orders(images, labels, size, rng):
    images, labels = images[rng.permutation(len(images))], labels[rng.permutation(len(images))]
    return [(images[i:i + size], labels[i:i + size]) for i in range(0, len(images), size)]


@wrong("minibatches", "torn-apart")
def only_pictures_shuffled(images, labels, size, rng):
    images = rng.permutation(images)
    return [(images[i:i + size], labels[i:i + size]) for i in range(0, len(images), size)]


@wrong("minibatches", "last-left-out")
def full_handfuls_only(images, labels, size, rng):
    order = rng.permutation(len(images))
    parts = [order[i * size:(i + 1) * size] for i in range(len(images) // size)]
    return [(images[part], labels[part]) for part in parts]


@wrong("minibatches", "repeated")
def drawn_with_putting_back(images, labels, size, rng):
    parts = [rng.integers(0, len(images), size) for _ in range(0, len(images), size)]
    return [(images[part], labels[part]) for part in parts]


@wrong("minibatches", "last-left-out", "repeated")
def return_after_the_first(images, labels, size, rng):
    order = rng.permutation(len(images))
    batches = []
    for start in range(0, len(order), size):
        part = order[start:start + size]
        batches.append((images[part], labels[part]))
        return batches


@wrong("minibatches", "input-changed")
def shuffled_in_place(images, labels, size, rng):
    order = rng.permutation(len(images))
    images[:], labels[:] = images[order], labels[order]
    return [(images[i:i + size], labels[i:i + size]) for i in range(0, len(images), size)]


@wrong("minibatches", "own-randomness")
def always_the_same_order(images, labels, size, rng):
    order = np.random.default_rng(0).permutation(len(images))
    parts = [order[start:start + size] for start in range(0, len(order), size)]
    return [(images[part], labels[part]) for part in parts]


@wrong("minibatches", "wrong-sizes")
def so_many_minibatches_not_so_large(images, labels, size, rng):
    parts = np.array_split(rng.permutation(len(images)), size)
    return [(images[part], labels[part]) for part in parts]


@wrong("minibatches", "swapped")
def labels_before_images(images, labels, size, rng):
    order = rng.permutation(len(images))
    parts = [order[start:start + size] for start in range(0, len(order), size)]
    return [(labels[part], images[part]) for part in parts]


@wrong("minibatches", "wrong-type")
def only_pictures(images, labels, size, rng):
    order = rng.permutation(len(images))
    return [images[order[start:start + size]] for start in range(0, len(order), size)]


@wrong("momentum_step", "sign")
def uphill(weights, gradient, velocity, rate, momentum):
    velocity = gradient + momentum * velocity
    return weights + rate * velocity, velocity


@wrong("momentum_step", "old-velocity")
def a_step_with_the_old_velocity(weights, gradient, velocity, rate, momentum):
    return weights - rate * velocity, gradient + momentum * velocity


@wrong("momentum_step", "averaged")
def a_running_mean(weights, gradient, velocity, rate, momentum):
    velocity = (1 - momentum) * gradient + momentum * velocity
    return weights - rate * velocity, velocity


@wrong("momentum_step", "rate-in-velocity")
def the_rate_at_the_wrong_place(weights, gradient, velocity, rate, momentum):
    velocity = rate * gradient + momentum * velocity
    return weights - velocity, velocity


@wrong("momentum_step", "wrong-order")
def velocity_first(weights, gradient, velocity, rate, momentum):
    velocity = gradient + momentum * velocity
    return velocity, weights - rate * velocity


@wrong("momentum_step", "input-changed")
def velocity_written_over(weights, gradient, velocity, rate, momentum):
    velocity *= momentum
    velocity += gradient
    return weights - rate * velocity, velocity


@wrong("momentum_step", "wrong-type", "wrong-count")
def weights_alone(weights, gradient, velocity, rate, momentum):
    return weights - rate * (gradient + momentum * velocity)


@wrong("momentum_step", "momentum-lost")
def the_gradient_alone_moves_it(weights, gradient, velocity, rate, momentum):
    velocity = gradient + momentum * velocity
    return weights - rate * gradient, velocity


@wrong("weight_decay", "sign")
def away_from_zero(gradient, weights, decay):
    return gradient - decay * weights


@wrong("weight_decay", "constant-factor")
def the_slope_of_the_square(gradient, weights, decay):
    return gradient + 2 * decay * weights


@wrong("weight_decay", "loss-for-slope")
def the_cost_itself(gradient, weights, decay):
    return gradient + decay / 2 * weights**2


@wrong("weight_decay", "input-changed")
def added_in_place(gradient, weights, decay):
    gradient += decay * weights
    return gradient


@wrong("weight_decay", "step-made")
def weights_shrunk(gradient, weights, decay):
    return (1 - decay) * weights


@wrong("weight_decay", "pull-only")
def the_pull_alone(gradient, weights, decay):
    return decay * weights
