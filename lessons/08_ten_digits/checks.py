"""How the exercises of lesson 8 are checked, and what helps whoever is stuck."""

import numpy as np

from lessons.exercises import Mistake, Patch, exercise, numbers, numbers_by, read_only, solutions
from minigrad import Tensor, data, ops, optim
from minigrad.nn import functional as F

ours = solutions(__file__)


# ---- scores, shares, surprise

@exercise(
    hints=[
        "np.exp(scores) makes all of them positive. A row's sum is .sum(axis=1): one number for each row.",
        "To divide each row by its own sum, the sums must be a column, (N, 1): .sum(axis=1, keepdims=True).",
        "exp(1000) is infinity to the computer. exp of 0 and less is harmless. So take away the largest "
        "score of each row first: no score is above 0 then, and the shares are the same.",
        "parts = np.exp(scores - scores.max(axis=1, keepdims=True)); return parts / parts.sum(axis=1, "
        "keepdims=True).",
    ],
    mistakes=[
        Mistake("wrong-axis",
                "It divides by the sum over everything. The shares of each row should add up to 1.",
                lambda scores: np.exp(scores) / np.exp(scores).sum()),
        Mistake("wrong-axis",
                "It divides by the sums of the columns. The shares of each row should add up to 1.",
                lambda scores: np.exp(scores) / np.exp(scores).sum(axis=0)),
        Mistake("not-divided", "Its rows do not add up to 1: divide by the sum.", np.exp),
        Mistake("not-divided", "Its rows do not add up to 1: divide by the sum.",
                lambda scores: np.exp(scores - scores.max(axis=1, keepdims=True))),
        Mistake("exp-forgotten",
                "It divides the scores themselves by their sum. First e to the power of each.",
                lambda scores: scores / scores.sum(axis=1, keepdims=True)),
        Mistake("hard",
                "It gives everything to the largest score. Softmax shares: the others get something, too.",
                lambda scores: (scores == scores.max(axis=1, keepdims=True)).astype(scores.dtype)),
    ],
    place=lambda function: numbers_by(Tensor, "softmax", lambda scores, dim: function(scores)),
)
def softmax(judge, rng):
    for shape in ((2, 3), (1, 4), (5, 2), (3, 6)):
        judge(numbers(rng, *shape))
    judge(numbers(rng, 2, 4, dtype=np.float32))
    if not judge.misses:                            # once the rest is right: is it so for large numbers, too?
        judge(np.array([[1000.0, 999.0, 0.0], [2.0, 1.0, 0.0]]))
        judge(np.array([[-1000.0, -1001.0], [1.0, 0.0]]))


def log_shares(scores):
    scores = scores - scores.max(axis=1, keepdims=True)
    return scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))


def surprises(scores, labels):
    return -log_shares(scores)[np.arange(len(labels)), labels]


@exercise(
    hints=[
        "The surprise at one picture is -ln p, and p = e^(score of the true digit) / (sum of all e^score). "
        "So it is ln(sum of all e^score) - (score of the true digit).",
        "scores[np.arange(N), labels] picks the true digit's score from each row: places (0, labels[0]), (1, "
        "labels[1]) and so on.",
        "Take the largest score of each row from the whole row before anything else. That changes no share, "
        "and no exp overflows.",
        "scores = scores - scores.max(axis=1, keepdims=True); true = scores[np.arange(len(labels)), labels]; "
        "return np.mean(np.log(np.exp(scores).sum(axis=1)) - true).",
    ],
    mistakes=[
        Mistake("sign", "It is minus the surprise: ln of a share is negative, -ln positive.",
                lambda scores, labels: -np.mean(surprises(scores, labels))),
        Mistake("sum-for-mean", "It adds up the surprises of all pictures. Wanted is their average.",
                lambda scores, labels: np.sum(surprises(scores, labels))),
        Mistake("not-averaged", "It gives the surprise at each picture. Wanted is their average.", surprises),
        Mistake("log-forgotten", "It averages the shares of the true digits. The surprise is -ln of each.",
                lambda scores, labels: np.mean(np.exp(-surprises(scores, labels)))),
        Mistake("mean-before-log",
                "It takes the logarithm of the average share. Wanted is the average of the logarithms.",
                lambda scores, labels: -np.log(np.mean(np.exp(-surprises(scores, labels))))),
        Mistake("all-digits",
                "The surprise at all K digits is in it. Only the share of the true digit counts.",
                lambda scores, labels: -np.mean(log_shares(scores))),
        Mistake("all-columns",
                "scores[:, labels] takes N columns of every row. To take one number of each row, its rows "
                "must be counted, too: scores[np.arange(N), labels].",
                lambda scores, labels: -np.mean(log_shares(scores)[:, labels])),
        Mistake("wrong-base", "It takes the logarithm to the base 2. Wanted is the natural one, np.log.",
                lambda scores, labels: np.mean(surprises(scores, labels)) / np.log(2)),
        Mistake("softmax-forgotten",
                "It takes the scores for logarithms of shares. They are not yet: ln of the sum of all "
                "e^score is missing.",
                lambda scores, labels: -np.mean(scores[np.arange(len(labels)), labels])),
    ],
    place=lambda function: numbers_by(F, "cross_entropy", function),
)
def cross_entropy(judge, rng):
    for N, K in ((2, 3), (4, 2), (3, 5)):
        judge(numbers(rng, N, K), rng.integers(0, K, N))
    judge(np.array([[1.0, 2.0, 0.0]]), np.array([1]))
    judge(numbers(rng, 3, 4, dtype=np.float32), np.array([3, 0, 3]))
    if not judge.misses:
        judge(np.array([[1000.0, 0.0], [0.0, 1.0]]), np.array([1, 1]))


def way_back_of_cross_entropy(function):
    """The cross-entropy as a single operation, with the learner's vjp. What it computes stays as it is."""
    whole = F.cross_entropy

    @ops.Op
    def cross_entropy(scores, labels):
        return np.asarray(whole(scores, labels), scores.dtype)

    ops.defvjp(cross_entropy, lambda g, out, scores, labels: function(g, scores, labels), None)
    return [Patch(F, "cross_entropy", cross_entropy)]


def places_of_truth(scores, labels):
    return np.eye(scores.shape[1])[labels]


@exercise(
    hints=[
        "The shares are softmax(scores). You have that function.",
        "The truth is an array (N, K) with a 1 in each row, at the place of the true digit. The rows of "
        "np.eye(K) hold a 1 each, at all places: np.eye(K)[labels] picks for each picture the row that it "
        "needs.",
        "Shares minus truth, times g, divided by the number of pictures.",
        "Return g * (softmax(scores) - np.eye(scores.shape[1])[labels]) / len(labels).",
    ],
    mistakes=[
        Mistake("sign", "It is the truth minus the share. It should be the share minus the truth.",
                lambda g, scores, labels: -ours.cross_entropy_vjp(g, scores, labels)),
        Mistake("softmax-forgotten", "It takes the truth from the scores. Take it from their shares.",
                lambda g, scores, labels: g * (scores - places_of_truth(scores, labels)) / len(labels)),
        Mistake("truth-forgotten", "It gives the shares alone. The truth has to be taken away from them.",
                lambda g, scores, labels: g * ours.softmax(scores) / len(labels)),
        Mistake("only-the-true-digit",
                "Only the score of the true digit has a slope. The other scores act on the surprise, too: "
                "they take away shares.",
                lambda g, scores, labels: ours.cross_entropy_vjp(g, scores, labels)
                * places_of_truth(scores, labels)),
    ],
    place=way_back_of_cross_entropy,
)
def cross_entropy_vjp(judge, rng):
    for N, K in ((2, 3), (3, 2), (4, 5)):
        judge.gradient(ours.cross_entropy, numbers(rng, N, K), extra=(rng.integers(0, K, N),))


# ---- minibatches

def batches_of_minigrad(function):
    """Where an rng is given. The batch goes last in memory, as `data.batches` has it: that is faster."""
    in_order = data.batches

    def batches(images, labels, batch_size, *, rng=None):
        if rng is None:
            return in_order(images, labels, batch_size)
        return ((data._batch_last(x), y) for x, y in function(images, labels, batch_size, rng))

    return [Patch(data, "batches", batches)]


@exercise(
    hints=[
        "Draw one order for the pictures and the labels: order = rng.permutation(len(images)).",
        "The first minibatch is order[0:size], the next order[size:2 * size], and so on. A slice that "
        "reaches beyond the end is no error: it is just shorter.",
        "images[part] takes the pictures with the numbers in `part`, labels[part] their labels.",
        "order = rng.permutation(len(images)). For each start in range(0, len(order), size): part = "
        "order[start:start + size], and the minibatch is (images[part], labels[part]). Collect them in a "
        "list, or `yield` each.",
    ],
    place=batches_of_minigrad,
)
def minibatches(judge, rng):
    for count, size, shape in ((5, 2, ()), (12, 4, (2,)), (23, 5, (2, 3)), (40, 7, (1, 2, 2))):
        labels = rng.permutation(count)             # no two alike, so that they tell which picture it is
        images = numbers(rng, count, *shape, low=0, high=1)
        expect_minibatches(judge, images, labels, size, rng)


def expect_minibatches(judge, images, labels, size, rng):
    found = judge.ask(images, labels, size, rng)
    judge.expect(isinstance(found, list | tuple) and all(map(is_pair, found)), "wrong-type",
                 "It should give a list of pairs, (images, labels), of arrays of one length.")
    if not judge.misses:
        judge.expect(all(y.ndim == 1 and y.dtype.kind == "i" for _, y in found), "swapped",
                     "The second of each pair should be the labels, an array (size,) of integers.")
    if not judge.misses:
        expect_all_of_them(judge, images, labels, size, found)
    if not judge.misses and len(labels) > 10:
        order = np.concatenate([y for _, y in found])
        judge.expect((order != labels).any(), "not-shuffled",
                     "The order is the one that the pictures had. It should be random: rng.permutation.")
        again = judge.ask(images, labels, size, rng.spawn(1)[0])
        judge.expect((order != np.concatenate([y for _, y in again])).any(), "own-randomness",
                     "Another rng, the same order: draw it from the rng that is given.")


def is_pair(batch):
    return (isinstance(batch, list | tuple) and len(batch) == 2
            and all(isinstance(part, np.ndarray) for part in batch) and len(batch[0]) == len(batch[1]))


def expect_all_of_them(judge, images, labels, size, found):
    """Sizes, then whether nothing is missing or comes twice, then whether pictures have their own labels."""
    count, lengths = len(labels), [len(y) for _, y in found]
    dealt = np.concatenate([labels[:0], *(y for _, y in found)])
    judge.expect(len(dealt) >= count or len(set(dealt)) < len(dealt), "last-left-out",
                 f"Of {count} pictures it deals out {len(dealt)}. All should come, those that are left over "
                 "as a last, smaller minibatch.")
    judge.expect(len(set(dealt)) == len(dealt), "repeated",
                 "Some pictures come more than once. Each should come exactly once: draw one order of all "
                 "pictures, and deal it out.")
    judge.expect(lengths == [size] * (count // size) + [count % size] * (count % size > 0), "wrong-sizes",
                 f"The minibatches have the sizes {lengths}. All but the last should have {size}.")
    judge.expect(all(x.shape[1:] == images.shape[1:] for x, _ in found), "wrong-shape",
                 "The pictures have lost their shape.")
    if not judge.misses:
        own = {label: image for image, label in zip(images, labels)}
        together = [np.array_equal(image, own.get(label)) for x, y in found for image, label in zip(x, y)]
        judge.expect(all(together), "torn-apart",
                     "Pictures and labels do not belong together any more. Put both into the same order.")


# ---- steps

def velocity_of_minigrad(function):
    """The learner's velocity in `optim.SGD`, which then, with Nesterov's trick, looks ahead along it."""
    whole_update = optim.SGD.update

    def update(self, weights, gradient, group, state):
        rate, momentum = group["lr"], group["momentum"]
        decayed = gradient + group["weight_decay"] * weights
        last = state.get("momentum_buffer", 0.0 * gradient)
        _, velocity = function(*map(read_only, (weights, decayed, last)), rate, momentum)
        state["momentum_buffer"] = velocity
        direction = decayed + momentum * velocity if group["nesterov"] else velocity
        return whole_update(self, weights, direction, {**group, "momentum": 0, "weight_decay": 0}, state)

    return [Patch(optim.SGD, "update", update)]


@exercise(
    hints=[
        "First the new velocity, then the step with it.",
        "Of the last velocity the share `momentum` is kept. The new gradient is added in full.",
        "`velocity *= ...` or `weights -= ...` would write into arrays that were lent. Compute new ones.",
        "velocity = gradient + momentum * velocity; return weights - rate * velocity, velocity.",
    ],
    mistakes=[
        Mistake("sign",
                "The ball rolls uphill: the velocity is to be taken from the weights, times the rate.",
                lambda weights, gradient, velocity, rate, momentum:
                (weights + rate * (gradient + momentum * velocity), gradient + momentum * velocity)),
        Mistake("old-velocity", "The weights take a step with the old velocity. First compute the new one.",
                lambda weights, gradient, velocity, rate, momentum:
                (weights - rate * velocity, gradient + momentum * velocity)),
        Mistake("momentum-lost",
                "The weights take a step with the gradient alone. It should be the new velocity.",
                lambda weights, gradient, velocity, rate, momentum:
                (weights - rate * gradient, gradient + momentum * velocity)),
        Mistake("rate-twice",
                "The rate is in the velocity, and again in the step. It belongs into the step only.",
                lambda weights, gradient, velocity, rate, momentum:
                (weights - rate * (rate * gradient + momentum * velocity),
                 rate * gradient + momentum * velocity)),
        Mistake("rate-in-velocity",
                "The rate is in the velocity. The gradient should be added in full; the rate belongs into "
                "the step.",
                lambda weights, gradient, velocity, rate, momentum:
                (weights - (rate * gradient + momentum * velocity), rate * gradient + momentum * velocity)),
        Mistake("averaged", "It adds only a share of the gradient, 1 - momentum. It should be added in full.",
                lambda weights, gradient, velocity, rate, momentum:
                (weights - rate * ((1 - momentum) * gradient + momentum * velocity),
                 (1 - momentum) * gradient + momentum * velocity)),
        Mistake("whole-velocity",
                "It keeps all of the last velocity. Only the share `momentum` of it should be kept.",
                lambda weights, gradient, velocity, rate, momentum:
                (weights - rate * (gradient + velocity), gradient + velocity)),
        Mistake("old-velocity",
                "The velocity that it gives back is the old one. The next step needs the new one.",
                lambda weights, gradient, velocity, rate, momentum:
                (weights - rate * (gradient + momentum * velocity), velocity)),
    ],
    place=velocity_of_minigrad,
)
def momentum_step(judge, rng):
    for shape, rate, momentum in (((2,), 0.1, 0.5), ((2, 3), 0.05, 0.9), ((3, 1, 2), 2.0, 0.25)):
        judge(numbers(rng, *shape), numbers(rng, *shape), numbers(rng, *shape), rate, momentum)


def decay_of_minigrad(function):
    """The learner's decay comes first in `optim.SGD`; all that follows stays as it is."""
    whole_update = optim.SGD.update

    def update(self, weights, gradient, group, state):
        decayed = function(read_only(gradient), read_only(weights), group["weight_decay"])
        return whole_update(self, weights, decayed, {**group, "weight_decay": 0}, state)

    return [Patch(optim.SGD, "update", update)]


@exercise(
    hints=[
        "The slope of decay/2 · w² is decay · w, for each weight.",
        "It is added to the gradient. The step, which comes later, goes against the gradient: so it pulls "
        "the weights towards 0.",
        "Return gradient + decay * weights.",
    ],
    mistakes=[
        Mistake("sign", "It pushes the weights away from 0: a step goes *against* the gradient.",
                lambda gradient, weights, decay: gradient - decay * weights),
        Mistake("swapped",
                "It adds a share of the gradient to the weights. It should be the other way round.",
                lambda gradient, weights, decay: weights + decay * gradient),
        Mistake("pull-only", "It gives the pull alone. It should be added to the gradient.",
                lambda gradient, weights, decay: decay * weights),
        Mistake("loss-for-slope",
                "It adds what the weights cost, decay/2 · w². It should be the slope of that.",
                lambda gradient, weights, decay: gradient + decay / 2 * weights**2),
        Mistake("constant-factor",
                "The pull is half, or twice, what it should be: the slope of decay/2 · w² is decay · w.",
                lambda gradient, weights, decay: gradient + 2 * decay * weights),
        Mistake("constant-factor",
                "The pull is half, or twice, what it should be: the slope of decay/2 · w² is decay · w.",
                lambda gradient, weights, decay: gradient + decay / 2 * weights),
        Mistake("sign-of-weights", "It pulls on all weights alike. The larger a weight, the harder the pull.",
                lambda gradient, weights, decay: gradient + decay * np.sign(weights)),
        Mistake("step-made",
                "It gives weights, as after a step. Wanted is the gradient that the step will need.",
                lambda gradient, weights, decay: weights - decay * weights),
    ],
    place=decay_of_minigrad,
)
def weight_decay(judge, rng):
    for shape, decay in (((3,), 0.1), ((2, 3), 0.5), ((3, 1, 2), 0.01)):
        judge(numbers(rng, *shape), numbers(rng, *shape), decay)
    judge(numbers(rng, 4, dtype=np.float32), numbers(rng, 4, dtype=np.float32), 0.25)
