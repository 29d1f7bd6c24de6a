"""Lesson 9: wrong layers, beginnings, networks and loops."""

import numpy as np

from tests.gallery import wrong


@wrong("accuracy", "count-for-share", "constant-factor")
def how_many_are_right(scores, labels):
    return np.sum(scores.argmax(axis=1) == labels)


@wrong("accuracy", "wrong-share")
def the_share_of_the_mistakes(scores, labels):
    return np.mean(scores.argmax(axis=1) != labels)


@wrong("accuracy", "raises")
def the_largest_of_each_column(scores, labels):
    return np.mean(scores.argmax(axis=0) == labels)


@wrong("accuracy", "score-for-answer")
def scores_compared_with_digits(scores, labels):
    return np.mean(scores.max(axis=1) == labels)


@wrong("accuracy", "percent")
def in_per_cent(scores, labels):
    return 100 * (scores.argmax(axis=1) == labels).mean()


@wrong("accuracy", "divided-by-digits")
def divided_by_ten(scores, labels):
    return (scores.argmax(axis=1) == labels).sum() / scores.shape[1]


@wrong("linear", "raises")
def not_transposed(x, weight, bias):
    return x @ weight + bias


@wrong("linear", "bias-forgotten")
def without_bias(x, weight, bias):
    return x @ weight.T


@wrong("linear", "raises", "transposed")
def weights_first(x, weight, bias):
    return weight @ x.T + bias


@wrong("linear", "transposed")
def pictures_along_the_columns(x, weight, bias):
    return weight @ x.T + bias[:, None]


@wrong("linear", "raises")
def number_by_number(x, weight, bias):
    return x * weight + bias


@wrong("linear", "wrong-type", "wrong-shape")
def a_list_of_rows(x, weight, bias):
    return [weight @ row + bias for row in x]


@wrong("init_weights", "wrong-dtype")
def float64(shape, fan_in, rng):
    bound = 1 / np.sqrt(fan_in)
    return rng.uniform(-bound, bound, shape)


@wrong("init_weights", "root-forgotten")
def without_the_root(shape, fan_in, rng):
    return rng.uniform(-1 / fan_in, 1 / fan_in, shape).astype(np.float32)


@wrong("init_weights", "too-large")
def from_minus_one_to_one(shape, fan_in, rng):
    return rng.uniform(-1, 1, shape).astype(np.float32)


@wrong("init_weights", "one-sided")
def from_zero_up(shape, fan_in, rng):
    return (rng.random(shape) / np.sqrt(fan_in)).astype(np.float32)


@wrong("init_weights", "all-alike")
def nothing_but_zeros(shape, fan_in, rng):
    return np.zeros(shape, np.float32)


@wrong("init_weights", "not-uniform")
def normally_distributed(shape, fan_in, rng):
    return rng.normal(0, 1 / np.sqrt(fan_in), shape).astype(np.float32)


@wrong("init_weights", "not-uniform")
def normally_distributed_and_narrower(shape, fan_in, rng):
    return rng.normal(0, 1 / np.sqrt(3 * fan_in), shape).astype(np.float32)


@wrong("init_weights", "own-randomness")
def numpy_s_hidden_generator(shape, fan_in, rng):
    bound = 1 / np.sqrt(fan_in)
    return np.random.uniform(-bound, bound, shape).astype(np.float32)


@wrong("init_weights", "own-randomness")
def always_the_same_seed(shape, fan_in, rng):
    bound = 1 / np.sqrt(fan_in)
    return np.random.default_rng(0).uniform(-bound, bound, shape).astype(np.float32)


@wrong("sequential", "each-gets-x")
def x_is_never_replaced(layers, x):
    for layer in layers:
        out = layer(x)
    return out


@wrong("sequential", "first-only")
def return_inside_of_the_loop(layers, x):
    for layer in layers:
        x = layer(x)
        return x


@wrong("sequential", "reversed")
def from_the_last_to_the_first(layers, x):
    for layer in reversed(layers):
        x = layer(x)
    return x


@wrong("sequential", "unchanged")
def results_are_dropped(layers, x):
    for layer in layers:
        layer(x)
    return x


@wrong("sequential", "no-return")
def without_return(layers, x):
    for layer in layers:
        x = layer(x)


@wrong("sequential", "raises")
def no_layers_no_answer(layers, x):
    out = layers[0](x)
    for layer in layers[1:]:
        out = layer(out)
    return out


@wrong("sequential", "one-left-out")
def the_first_is_skipped(layers, x):
    for layer in layers[1:]:
        x = layer(x)
    return x


@wrong("train", "dealt-once")
def the_same_order_in_each_pass(step, batches, passes):
    losses, dealt = [], batches()
    for _ in range(passes):
        for images, labels in dealt:
            losses.append(step(images, labels))
    return losses


@wrong("train", "forgotten")
def losses_of_the_last_pass(step, batches, passes):
    for _ in range(passes):
        losses = []
        for images, labels in batches():
            losses.append(step(images, labels))
    return losses


@wrong("train", "one-pass")
def return_after_the_first_pass(step, batches, passes):
    losses = []
    for _ in range(passes):
        for images, labels in batches():
            losses.append(step(images, labels))
        return losses


@wrong("train", "first-only")
def return_after_the_first_step(step, batches, passes):
    losses = []
    for _ in range(passes):
        for images, labels in batches():
            losses.append(step(images, labels))
            return losses


@wrong("train", "two-steps")
def a_step_to_move_and_a_step_to_know(step, batches, passes):
    losses = []
    for _ in range(passes):
        for images, labels in batches():
            step(images, labels)
            losses.append(step(images, labels))
    return losses


@wrong("train", "wrong-losses")
def one_loss_for_each_pass(step, batches, passes):
    losses = []
    for _ in range(passes):
        for images, labels in batches():
            loss = step(images, labels)
        losses.append(loss)
    return losses


@wrong("train", "swapped")
def labels_before_images(step, batches, passes):
    return [step(labels, images) for _ in range(passes) for images, labels in batches()]


@wrong("train", "raises")
def batches_not_called(step, batches, passes):
    return [step(images, labels) for _ in range(passes) for images, labels in batches]


@wrong("train", "wrong-count")
def one_pass_too_many(step, batches, passes):
    return [step(images, labels) for _ in range(passes + 1) for images, labels in batches()]
