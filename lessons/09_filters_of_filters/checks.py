"""How the exercises of lesson 9 are checked, and what helps whoever is stuck."""

import numpy as np

from lessons.exercises import Mistake, Patch, exercise, numbers, numbers_by, solutions
from minigrad import nn
from minigrad.nn import functional as F
from minigrad.nn import modules

ours = solutions(__file__)


@exercise(
    hints=[
        "scores.argmax(axis=1) gives the place of the largest number in each row: the answers.",
        "answers == labels is an array of truths. In a mean, True counts as 1 and False as 0.",
        "Return np.mean(scores.argmax(axis=1) == labels).",
    ],
    mistakes=[
        Mistake("count-for-share",
                "It counts the pictures that are right. Wanted is their share: divide by how many there are.",
                lambda scores, labels: np.sum(scores.argmax(axis=1) == labels)),
        Mistake("wrong-share", "It gives the share of the mistakes. Wanted is the share of what is right.",
                lambda scores, labels: np.mean(scores.argmax(axis=1) != labels)),
        Mistake("percent", "It gives per cent. Wanted is a number from 0 to 1.",
                lambda scores, labels: 100 * np.mean(scores.argmax(axis=1) == labels)),
        Mistake("not-averaged",
                "It says of each picture whether it is right. Wanted is the share of those that are.",
                lambda scores, labels: scores.argmax(axis=1) == labels),
        Mistake("score-for-answer",
                "It compares the largest score with the label. It should be the *place* of that score.",
                lambda scores, labels: np.mean(scores.max(axis=1) == labels)),
        Mistake("smallest", "It takes the digit with the smallest score for the answer.",
                lambda scores, labels: np.mean(scores.argmin(axis=1) == labels)),
        Mistake("divided-by-digits",
                "It divides by the number of digits. It should be the number of pictures.",
                lambda scores, labels: np.sum(scores.argmax(axis=1) == labels) / scores.shape[1]),
    ],
)
def accuracy(judge, rng):
    judge(np.array([[0.5, 2.0], [1.0, -1.0], [0.0, 3.0]]), np.array([1, 1, 1]))
    for count in (4, 7, 20):
        scores = numbers(rng, count, 10)
        wrong = rng.random(count) < 0.4
        wrong[0], wrong[1] = True, False
        judge(scores, (scores.argmax(axis=1) + wrong * rng.integers(1, 10, count)) % 10)


@exercise(
    hints=[
        "One output of one picture: its row of weights times the picture's inputs, added up, plus its bias.",
        "A matrix product does that for all rows of the left and all *columns* of the right at once. In "
        "`weight` each output has a row. So it has to be transposed.",
        "Return x @ weight.T + bias.",
    ],
    mistakes=[
        Mistake("bias-forgotten", "The bias is missing.", lambda x, weight, bias: x @ weight.T),
        Mistake("transposed", "It gives (outputs, N). Wanted is (N, outputs), one row for each picture.",
                lambda x, weight, bias: (x @ weight.T + bias).T),
    ],
    place=lambda function: numbers_by(F, "linear", function),
)
def linear(judge, rng):
    for N, inputs, outputs in ((2, 3, 4), (4, 3, 2), (2, 5, 3), (3, 4, 6), (3, 2, 2)):
        judge(numbers(rng, N, inputs), numbers(rng, outputs, inputs), numbers(rng, outputs))
    judge(numbers(rng, 3, 4, dtype=np.float32), numbers(rng, 2, 4, dtype=np.float32),
          numbers(rng, 2, dtype=np.float32))


# ---- random numbers to start from

@exercise(
    hints=[
        "The largest number allowed is bound = 1 / np.sqrt(fan_in), the smallest is -bound.",
        "rng.uniform(low, high, shape) draws numbers between two bounds, all equally likely.",
        "NumPy draws float64. `.astype(np.float32)` makes float32 of it.",
        "bound = 1 / np.sqrt(fan_in); return rng.uniform(-bound, bound, shape).astype(np.float32).",
    ],
    place=lambda function: [Patch(modules, "_initial", lambda shape, fan_in, rng:
                                  modules.Parameter(function(shape, fan_in, rng)))],
)
def init_weights(judge, rng):
    for shape, fan_in in (((2, 4), 4), ((60, 40), 40), ((8, 10, 5, 5), 250), ((500,), 9)):
        weights = judge.ask(shape, fan_in, rng)
        if not judge.misses:
            expect_numbers(judge, weights, shape)
        if not judge.misses and weights.size > 100:
            expect_uniform(judge, weights, 1 / np.sqrt(fan_in), fan_in)
        if not judge.misses:
            another = judge.ask(shape, fan_in, rng.spawn(1)[0])
            judge.expect((another != weights).any(), "own-randomness",
                         "Another rng, the same numbers: draw from the rng that is given.")
            again = judge.ask(shape, fan_in, rng)
            judge.expect((again == weights).all(), "own-randomness",
                         "The same seed should give the same numbers: draw from the rng that is given.")


def expect_numbers(judge, weights, shape):
    judge.expect(isinstance(weights, np.ndarray), "wrong-type", "It should give an array.")
    if not judge.misses:
        judge.expect(weights.shape == shape, "wrong-shape",
                     f"It gives an array of the shape {weights.shape}, where {shape} is wanted.")
        judge.expect(weights.dtype.kind == "f", "wrong-dtype", "It should give numbers with fractions.")
        judge.expect(weights.dtype == np.float32, "wrong-dtype",
                     f"It gives {weights.dtype}. It should be float32: .astype(np.float32).")
        judge.expect(weights.min() < weights.max(), "all-alike",
                     "All numbers are alike. Then all filters would learn the same, and remain alike: they "
                     "have to be random.")


def expect_uniform(judge, weights, bound, fan_in):
    """Where most of the numbers lie says which mistake it was."""
    judge.expect(weights.min() < 0 < weights.max(), "one-sided",
                 "All numbers have the same sign. They should lie on both sides of 0.")
    largest = float(np.abs(weights).max())
    judge.expect(not np.isclose(largest, 1 / fan_in, rtol=0.05), "root-forgotten",
                 "The numbers reach up to 1/fan_in. It should be one divided by the root of fan_in.")
    judge.expect(largest <= bound * 1.0001 or np.abs(weights).mean() > bound, "not-uniform",
                 f"Some numbers lie beyond {bound:.3g}, though most do not. Are they normally distributed? "
                 "All numbers between the bounds should be equally likely.")
    judge.expect(largest <= bound * 1.0001, "too-large",
                 f"The largest number is {largest:.3g}. It should be at most 1/√{fan_in} = {bound:.3g}.")
    judge.expect(largest > 0.9 * bound, "too-small",
                 f"The largest number is {largest:.3g} only. They should go up to 1/√{fan_in} = {bound:.3g}.")
    quarters = np.histogram(weights, 4, (-bound, bound))[0] / weights.size
    judge.expect(quarters.min() > 0.15, "not-uniform",
                 "Some numbers are likelier than others. All between the bounds should be equally likely.")


# ---- a network, and how it learns

def add_one(x):
    return x + 1


def double(x):
    return 2 * x


def square(x):
    return x**2


def row_sums(x):
    return x.sum(axis=1)


def through_each_alone(layers, x):
    out = x
    for layer in layers:
        out = layer(x)
    return out


@exercise(
    hints=[
        "The first layer gets x: layers[0](x). The second one gets the result of that.",
        "Give the result the name x again: x = layer(x). Then the next layer gets it without more ado.",
        "for layer in layers: x = layer(x). After the loop, return x.",
    ],
    mistakes=[
        Mistake("each-gets-x",
                "Each layer gets the x from the beginning. It should get what the one before it gives.",
                through_each_alone),
        Mistake("unchanged", "It gives x as it was: what the layers give is dropped.", lambda layers, x: x),
        Mistake("reversed", "It goes through the layers from the last to the first.",
                lambda layers, x: ours.sequential(layers[::-1], x)),
        Mistake("first-only", "Only the first layer counts: a `return` inside of the loop ends it.",
                lambda layers, x: layers[0](x)),
        Mistake("one-left-out",
                "The last layer is left out.", lambda layers, x: ours.sequential(layers[:-1], x)),
        Mistake("one-left-out",
                "The first layer is left out.", lambda layers, x: ours.sequential(layers[1:], x)),
        Mistake("added-up", "It adds up what the layers give. They should follow one another.",
                lambda layers, x: sum(layer(x) for layer in layers)),
        Mistake("all-results", "It gives the results of all layers. Wanted is the last one.",
                lambda layers, x: [ours.sequential(layers[:i + 1], x) for i in range(len(layers))]),
    ],
    place=lambda function: [Patch(nn.Sequential, "forward", lambda network, x: function(list(network), x))],
)
def sequential(judge, rng):
    judge([add_one, double, square], numbers(rng, 3))
    judge([double, add_one, np.transpose, row_sums], numbers(rng, 2, 3))
    judge([square, add_one], numbers(rng, 2, 2))
    if not judge.misses:
        judge([], numbers(rng, 2))


@exercise(
    hints=[
        "There is a loop in a loop: over the passes, and over the minibatches of a pass.",
        "`for _ in range(passes):` makes so many passes. batches() has to be called in each of them, so that "
        "it deals anew.",
        "Begin with losses = [], once, before all loops. step returns a loss; losses.append puts it at the "
        "end.",
        "In the inner loop, `for images, labels in batches():`, write losses.append(step(images, labels)). "
        "After both loops, return losses.",
    ],
)
def train(judge, rng):
    for count, passes in ((3, 2), (2, 4), (4, 1)):
        watch_training(judge, rng, count, passes)


def watch_training(judge, rng, count, passes):
    """Have it train with a step and minibatches that write down what is done with them."""
    deals, steps, losses = [], [], []

    def batches():
        deals.append([(numbers(rng, 2, 3), rng.integers(0, 10, 2)) for _ in range(count)])
        return deals[-1]

    def step(images, labels):
        steps.append((images, labels))
        losses.append(round(float(rng.random()), 3))
        return losses[-1]

    answer = judge.ask(step, batches, passes)
    dealt = [batch for deal in deals for batch in deal]
    shapes = {(np.ndim(images), np.ndim(labels)) for images, labels in steps}
    wanted = count * passes
    story = f"With {count} minibatches in a pass, {passes} passes are {wanted} steps. "
    for holds, name, sentence in (
        (steps, "no-steps", "It makes no step: step(images, labels) should be called for each minibatch."),
        (shapes <= {(2, 1)}, "swapped", "It calls step(labels, images). The images come first."),
        (len(steps) != 2 * wanted or len(deals) != passes, "two-steps",
         "It makes two steps for each minibatch. Call step once, and keep what it returns."),
        (len(deals) == passes or len(steps) != wanted, "dealt-once",
         f"It calls batches() {len(deals)} times for {passes} passes. Each pass should be dealt anew: in its "
         f"own order."),
        (len(steps) != 1 or wanted == 1, "first-only",
         f"{story}It makes one: a `return` inside of the loop ends it."),
        (len(deals) >= passes or len(steps) != count, "one-pass",
         f"{story}It makes one pass only: is the `return` inside of the loop over the passes?"),
        (len(steps) == wanted, "wrong-count", f"{story}It makes {len(steps)}."),
        (all(one[0] is other[0] for one, other in zip(steps, dealt)), "wrong-order",
         "It should take the minibatches in the order in which they are dealt."),
        (isinstance(answer, list), "wrong-type", "It should give a list of losses."),
        (answer != losses[-count:] or passes == 1, "forgotten",
         "It gives the losses of the last pass only: `losses = []` belongs before both loops."),
        (answer == losses, "wrong-losses", "It should give what step returned, of every step, in order."),
    ):
        if not judge.misses:
            judge.expect(holds, name, sentence)
