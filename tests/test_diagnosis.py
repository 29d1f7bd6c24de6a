"""Is the mistake named? Backward passes with a planted mistake each, and some that no rule may claim."""

import numpy as np
import pytest

from minigrad.gradcheck.diagnosis import RULES, diagnose


def draw(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


def positive(*shape, seed=0):
    return np.abs(draw(*shape, seed=seed)) + 0.5


def names(f, vjp, arrays, inputs):
    return [finding.name for finding in findings(f, vjp, arrays, inputs)]


def findings(f, vjp, arrays, inputs=(0,)):
    def answers(g, *arrays):
        given = vjp(g.copy(), *(x.copy() for x in arrays))
        given = given if isinstance(given, tuple) else (given,)
        return [x if x is None else np.asarray(x) for x in given]
    arrays = [np.asarray(x) for x in arrays]
    rng = np.random.default_rng(1)
    return diagnose(lambda *a: np.asarray(f(*a), np.float64), answers, arrays, list(inputs), rng)


# --- Functions to be wrong about ----------------------------------------------------------------------------


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def log_softmax(x):
    return np.log(softmax(x))


def standardise(x, axis):
    return (x - x.mean(axis=axis, keepdims=True)) / x.std(axis=axis, keepdims=True)


def correlate(x, w):
    """(N, C, H, W), (F, C, KH, KW) -> (N, F, H - KH + 1, W - KW + 1)."""
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))
    return np.einsum("nchwij,fcij->nfhw", windows, w)


def windows_of(g, x, w):
    """Each window of x, as slices, with its gradient (N, C, KH, KW)."""
    _, _, KH, KW = w.shape
    for i in range(g.shape[2]):
        for j in range(g.shape[3]):
            yield (slice(None), slice(None), slice(i, i + KH), slice(j, j + KW)), np.einsum(
                "nf,fcij->ncij", g[:, :, i, j], w)


def correlate_written_over(g, x, w):
    dx = np.zeros_like(x)
    for where, part in windows_of(g, x, w):
        dx[where] = part
    return dx, None


def correlate_kernel_as_it_is(g, x, w):
    KH, KW = w.shape[2:]
    padded = np.pad(g, [(0, 0), (0, 0), (KH - 1, KH - 1), (KW - 1, KW - 1)])
    return correlate(padded, w.swapaxes(0, 1)), None


def correlate_weights_first(g, x, w):
    return None, correlate(x[:1].swapaxes(0, 1), g[:1].swapaxes(0, 1)).swapaxes(0, 1)


def filtered(x, k):
    return np.array([x[i : i + len(k)] @ k for i in range(len(x) - len(k) + 1)])


def pooled(x, how):
    N, C, H, W = x.shape
    return how(x.reshape(N, C, H // 2, 2, W // 2, 2), axis=(3, 5))


def spread(g):
    return g.repeat(2, axis=2).repeat(2, axis=3)


def looked_up_last(g, table, k):
    d = np.zeros_like(table)
    d[k] = g
    return d, None


def added_once(g, table, k):
    d = np.zeros_like(table)
    d[k] += g / len(k)
    return d, None


def binary_cross_entropy(p):
    return -np.mean(LABELS % 2 * np.log(p) + (1 - LABELS % 2) * np.log(1 - p))


def one_hot_of(x, where, g):
    return g[:, np.newaxis] * (np.arange(x.shape[1]) == where(x, axis=1)[:, np.newaxis])


def cross_entropy(x, k):
    return -log_softmax(x)[np.arange(len(k)), k].mean()


def normalised(x):
    return x / np.sqrt(np.sum(x**2, axis=1, keepdims=True))


K = np.array([0, 2, 2, 1, 0, 2])
LABELS = np.array([0, 2, 1, 3])
PERMUTATION = np.array([2, 0, 3, 1, 4])
A, B = draw(3, 3), draw(3, 3, seed=1)
IMAGES, KERNELS = draw(2, 2, 5, 4), draw(3, 2, 3, 2)

# (the name, f, vjp, arrays, inputs): the vjp is wrong for these inputs, with this mistake
MISTAKES = [
    ("zero", np.exp, lambda g, x: np.zeros_like(x), [draw(4)], [0]),
    ("zero", lambda x, w: x @ w, lambda g, x, w: (g @ w.T, w * 0), [draw(2, 3), draw(3, 4)], [1]),

    ("sign", np.cos, lambda g, x: g * np.sin(x), [draw(2, 3)], [0]),
    ("sign", np.subtract, lambda g, x, y: (g, g), [draw(4), draw(4, seed=1)], [1]),
    ("sign", np.reciprocal, lambda g, x: g / x**2, [positive(3)], [0]),
    ("sign", np.abs, lambda g, x: g, [draw(3, 4)], [0]),
    ("sign", softmax, lambda g, x: softmax(x) * (g + np.sum(g * softmax(x), -1, keepdims=True)),
     [draw(3, 5)], [0]),
    ("sign", np.tanh, lambda g, x: g * (1 + np.tanh(x) ** 2), [draw(3, 4)], [0]),
    ("sign", np.cos, lambda g, x: g * np.sin(x), [np.array(0.7)], [0]),

    ("constant-factor", np.square, lambda g, x: g * x, [draw(3)], [0]),
    ("constant-factor", np.square, lambda g, x: g * x, [np.array(1.5)], [0]),
    ("constant-factor", lambda x: x.mean(1), lambda g, x: np.repeat(g[:, None], 5, 1), [draw(4, 5)], [0]),
    ("constant-factor", lambda x: x.mean(), lambda g, x: np.full_like(x, g / 5), [draw(4, 5)], [0]),
    ("constant-factor", lambda x: pooled(x, np.mean), lambda g, x: spread(g), [draw(2, 2, 4, 6)], [0]),
    ("constant-factor", cross_entropy, lambda g, x, k: (g * (softmax(x) - np.eye(5)[k]), None),
     [draw(4, 5), LABELS], [0]),
    ("constant-factor", lambda x: x.var(ddof=1), lambda g, x: g * 2 * (x - x.mean()) / x.size, [draw(7)],
     [0]),
    ("constant-factor", softmax, lambda g, x: softmax(x) * (g - 2 * np.sum(g * softmax(x), 1, keepdims=True)),
     [draw(3, 5)], [0]),
    ("constant-factor", np.log2, lambda g, x: g / x, [positive(6)], [0]),

    ("cotangent-ignored", np.exp, lambda g, x: np.exp(x), [draw(3, 2)], [0]),
    ("cotangent-ignored", lambda x, w: x @ w, lambda g, x, w: (np.ones_like(g) @ w.T, x.T @ g),
     [draw(2, 3), draw(3, 4)],
     [0]),
    ("cotangent-ignored", lambda x: np.sum(x**2), lambda g, x: 2 * x, [draw(4)], [0]),

    ("inputs-swapped", np.multiply, lambda g, x, y: (g * x, g * y), [draw(3), draw(3, seed=1)], [0, 1]),
    ("inputs-swapped", np.multiply, lambda g, x, y: (g * y, g * y), [draw(3, 2), draw(3, 2, seed=1)], [1]),
    ("inputs-swapped", lambda x, y: x @ y, lambda g, x, y: (x.T @ g, g @ y.T), [A, B], [0, 1]),
    ("inputs-swapped", lambda x, y: np.concatenate([x, y]), lambda g, x, y: (g[3:], g[:3]), [A, B], [0, 1]),
    ("inputs-swapped", lambda x, w: x @ w, lambda g, x, w: (x.T @ g, g @ w.T), [draw(2, 3), draw(3, 4)],
     [0, 1]),
    ("inputs-swapped", lambda x, w: x @ w, lambda g, x, w: (x.T @ g, None), [draw(2, 3), draw(3, 4)], [0]),

    ("missing-broadcast-sum", np.add, lambda g, x, b: (g, g), [draw(4, 3), draw(3)], [1]),
    ("missing-broadcast-sum", np.multiply, lambda g, x, y: (g * y, g * x), [draw(4, 1), draw(1, 3)], [0, 1]),
    ("missing-broadcast-sum", np.multiply, lambda g, x, y: (g * y, g * x), [draw(2, 3), np.array(0.3)], [1]),
    ("missing-broadcast-sum", lambda x, b: x + b[:, None, None], lambda g, x, b: (g, g.sum(0)),
     [IMAGES, draw(2)], [1]),
    ("missing-broadcast-sum", lambda x, w: x @ w, lambda g, x, w: (g @ w.swapaxes(1, 2), None),
     [draw(2, 3), draw(4, 3, 5)], [0]),

    ("wrong-axis", np.add, lambda g, x, b: (g, g.sum(1)), [A, draw(3)], [1]),
    ("wrong-axis", np.multiply, lambda g, x, b: (g * b, (g * x).sum(1)), [A, draw(3)], [1]),
    ("wrong-axis", np.add, lambda g, x, b: (g, g.sum(1)), [draw(4, 3), draw(3)], [1]),
    ("wrong-axis", np.add, lambda g, x, b: (g, np.full(3, g.sum())), [draw(4, 3), draw(3)], [1]),
    ("wrong-axis", lambda x: x.sum(1), lambda g, x: np.broadcast_to(g, x.shape), [A], [0]),
    ("wrong-axis", lambda x: x.max(1), lambda g, x: g[None] * (x == x.max(1, keepdims=True)), [draw(5, 5)],
     [0]),
    ("wrong-axis", softmax, lambda g, x: softmax(x) * (g - (g * softmax(x)).sum(0)), [draw(4, 5)], [0]),
    ("wrong-axis", softmax, lambda g, x: softmax(x) * (g - (g * softmax(x)).sum()), [draw(4, 5)], [0]),
    ("wrong-axis", lambda x: x - x.mean(1, keepdims=True), lambda g, x: g - g.mean(0), [draw(3, 4)], [0]),
    ("wrong-axis", lambda x: np.log(np.sum(np.exp(x), 1)), lambda g, x: g[:, None] * softmax(x, 0),
     [draw(4, 5)], [0]),
    ("wrong-axis", lambda x: np.cumsum(x, 1), lambda g, x: g[::-1].cumsum(0)[::-1], [draw(3, 4)], [0]),

    ("not-transposed", lambda x, w: x @ w, lambda g, x, w: (g @ w, x.T @ g), [draw(4, 3), A], [0]),
    ("not-transposed", lambda x, w: x @ w, lambda g, x, w: (g @ w.T, x @ g), [A, draw(3, 4)], [1]),
    ("not-transposed", lambda x, w: x @ w, lambda g, x, w: (g @ w.T, g.T @ x), [draw(5, 3), draw(3, 4)], [1]),
    ("not-transposed", lambda x, w: x @ w, lambda g, x, w: (g @ w.T, g.T @ x), [draw(5, 3), A], [1]),
    ("not-transposed", lambda x, w: x @ w, lambda g, x, w: (g.T @ w.T, x.T @ g), [A, B], [0]),
    ("not-transposed", lambda x, w: x @ w, lambda g, x, w: (g @ w, None),
     [draw(2, 3, 3), draw(2, 3, 3, seed=1)], [0]),
    ("not-transposed", lambda x: x.T, lambda g, x: g, [A], [0]),
    ("not-transposed", np.cumsum, lambda g, x: np.cumsum(g), [draw(6)], [0]),
    ("not-transposed", lambda x: x @ B[0], lambda g, x: np.outer(B[0], g), [A], [0]),
    ("not-transposed", np.linalg.inv, lambda g, x: -np.linalg.inv(x) @ g @ np.linalg.inv(x),
     [A + 3 * np.eye(3)], [0]),
    ("not-transposed", np.linalg.solve, lambda g, a, b: (None, np.linalg.solve(a, g)),
     [A + 3 * np.eye(3), draw(3)], [1]),
    ("not-transposed", np.linalg.det, lambda g, x: g * np.linalg.det(x) * np.linalg.inv(x), [A], [0]),

    ("overwritten", lambda t, k: t[k], looked_up_last, [draw(4, 2), K], [0]),
    ("overwritten", lambda t, k: t[k], looked_up_last, [draw(4), K], [0]),
    ("overwritten", lambda t, k: t[k].mean(0), added_once, [draw(4, 2), K], [0]),
    ("overwritten", correlate, correlate_written_over, [IMAGES, KERNELS], [0]),
    ("overwritten", np.add, lambda g, x, b: (g, g[-1]), [draw(4, 3), draw(3)], [1]),
    ("overwritten", lambda x: np.concatenate([x, 2 * x]), lambda g, x: g[:4], [draw(4, 2)], [0]),
    ("overwritten", lambda x: x @ x.T, lambda g, x: g @ x, [draw(4, 3)], [0]),
    ("overwritten", lambda x: x @ x, lambda g, x: x.T @ g, [A], [0]),
    ("overwritten", lambda x: x * sigmoid(x), lambda g, x: g * sigmoid(x), [draw(3, 3)], [0]),
    ("overwritten", lambda x: x * np.log(x), lambda g, x: g, [positive(5)], [0]),
    ("overwritten", lambda x: x + np.tanh(x @ A), lambda g, x: g * (1 - np.tanh(x @ A) ** 2) @ A.T,
     [draw(2, 3)], [0]),
    ("overwritten", lambda x, a: x @ a @ x, lambda g, x, a: (g * (a @ x), g * np.outer(x, x)),
     [draw(3), A], [0]),

    ("wrong-order", lambda x: np.roll(x, 1), lambda g, x: np.roll(g, 1), [draw(5)], [0]),
    ("wrong-order", lambda x: x[::-1], lambda g, x: g, [draw(4, 2)], [0]),
    ("wrong-order", lambda x: x[PERMUTATION], lambda g, x: g[PERMUTATION], [draw(5, 2)], [0]),
    ("wrong-order", lambda x: x.T, lambda g, x: g.reshape(x.shape), [draw(2, 3)], [0]),
    ("wrong-order", lambda x: x.reshape(3, 4), lambda g, x: g.T.reshape(x.shape), [draw(2, 6)], [0]),
    ("wrong-order", lambda x: x.transpose(1, 2, 0), lambda g, x: g.transpose(1, 2, 0), [draw(3, 3, 3)], [0]),
    ("wrong-order", lambda x: x.transpose(1, 2, 0), lambda g, x: g.transpose(1, 2, 0), [draw(2, 3, 4)], [0]),
    ("wrong-order", lambda x: np.pad(x, 1), lambda g, x: g[:-2], [draw(5)], [0]),
    ("wrong-order", lambda x: np.sort(x), lambda g, x: g, [draw(6)], [0]),
    ("wrong-order", np.multiply, lambda g, x, y: (g * y[::-1], g * x), [draw(5), draw(5, seed=1)], [0]),

    ("wrong-point", np.tanh, lambda g, x: g * (1 - x**2), [draw(3, 4)], [0]),
    ("wrong-point", np.tanh, lambda g, x: g * (1 - np.tanh(x)), [draw(3, 4)], [0]),
    ("wrong-point", sigmoid, lambda g, x: g * sigmoid(x), [draw(3, 4)], [0]),
    ("wrong-point", sigmoid, lambda g, x: g * x * (1 - x), [draw(3, 4)], [0]),
    ("wrong-point", sigmoid, lambda g, x: g * sigmoid(sigmoid(x)) * (1 - sigmoid(sigmoid(x))), [draw(5)],
     [0]),
    ("wrong-point", np.exp, lambda g, x: g * x, [draw(4)], [0]),
    ("wrong-point", np.exp, lambda g, x: g * np.exp(np.exp(x)), [draw(4)], [0]),
    ("wrong-point", np.sin, lambda g, x: g * np.cos(np.sin(x)), [draw(4)], [0]),
    ("wrong-point", np.sqrt, lambda g, x: g / (2 * x), [positive(4)], [0]),
    ("wrong-point", np.sin, lambda g, x: g * np.sin(x), [draw(4)], [0]),

    ("mask-inverted", lambda x: np.maximum(x, 0), lambda g, x: g * (x < 0), [draw(3, 4)], [0]),
    ("mask-inverted", lambda x: np.where(x > 0, x, x / 10), lambda g, x: g * np.where(x < 0, 1, 0.1),
     [draw(8)], [0]),
    ("mask-inverted", np.maximum, lambda g, x, y: (g * (x < y), g * (x < y)), [draw(8), draw(8, seed=1)],
     [0]),
    ("mask-inverted", np.maximum, lambda g, x, y: (g * (x < y), g * (x > y)), [draw(8), draw(8, seed=1)],
     [0, 1]),
    ("mask-inverted", lambda x: x.max(1), lambda g, x: one_hot_of(x, np.argmin, g), [draw(4, 5)], [0]),
    ("mask-inverted", lambda x: np.clip(x, -0.6, 0.6), lambda g, x: g * (np.abs(x) > 0.6), [draw(9)], [0]),

    ("kernel-not-rotated", correlate, correlate_kernel_as_it_is, [IMAGES, KERNELS], [0]),
    ("kernel-not-rotated", filtered, lambda g, x, k: (np.convolve(g, k[::-1]), None), [draw(9), draw(3)],
     [0]),

    ("first-of-batch", np.add, lambda g, x, b: (g, g[0]), [draw(4, 3), draw(3)], [1]),
    ("first-of-batch", correlate, correlate_weights_first, [IMAGES, KERNELS], [1]),
    ("first-of-batch", lambda x, w: x @ w, lambda g, x, w: (g @ w.T, np.outer(x[0], g[0])),
     [draw(4, 3), draw(3, 2)],
     [1]),
    ("first-of-batch", np.tanh, lambda g, x: g * (1 - np.tanh(x) ** 2) * np.eye(3)[0][:, None],
     [draw(3, 4)], [0]),
    ("first-of-batch", lambda x, w: x @ w, lambda g, x, w: (g[:1] @ w.T + 0 * x, x.T @ g),
     [draw(4, 3), draw(3, 2)], [0]),

    ("shared-quantity", softmax, lambda g, x: g * softmax(x), [draw(3, 4)], [0]),
    ("shared-quantity", softmax, lambda g, x: g * softmax(x) * (1 - softmax(x)), [draw(3, 4)], [0]),
    ("shared-quantity", log_softmax, lambda g, x: g, [draw(3, 4)], [0]),
    ("shared-quantity", lambda x: x - x.mean(), lambda g, x: g, [draw(5)], [0]),
    ("shared-quantity", lambda x: x - x.max(1, keepdims=True), lambda g, x: g, [draw(3, 5)], [0]),
    ("shared-quantity", lambda x: x / x.sum(), lambda g, x: g / x.sum(), [positive(6)], [0]),
    ("shared-quantity", normalised, lambda g, x: g / np.sqrt(np.sum(x**2, 1, keepdims=True)), [draw(3, 5)],
     [0]),
    ("shared-quantity", lambda x: standardise(x, 1), lambda g, x: g / x.std(1, keepdims=True),
     [draw(3, 6)], [0]),
    ("shared-quantity", lambda x: standardise(x, (0, 2, 3)), lambda g, x: g / x.std((0, 2, 3), keepdims=True),
     [draw(2, 3, 2, 2)], [0]),
    ("shared-quantity", lambda x: standardise(x, 0), lambda g, x: (g - standardise(x, 0) * np.mean(
        g * standardise(x, 0), 0)) / x.std(0), [draw(7, 2)], [0]),
    ("shared-quantity", lambda x: x * x.mean(), lambda g, x: g * x.mean(), [draw(6)], [0]),
    ("shared-quantity", cross_entropy, lambda g, x, k: (-g * np.eye(5)[k] / 4, None), [draw(4, 5), LABELS],
     [0]),

    ("extra-factor", np.divide, lambda g, x, y: (g / y, -g * x / y), [draw(3, 2), positive(3, 2)], [1]),
    ("extra-factor", lambda x: x**3, lambda g, x: g * 3 * x, [draw(5)], [0]),
    ("extra-factor", lambda x: x**3, lambda g, x: g * 3 * x**3, [np.array(1.2)], [0]),
    ("extra-factor", np.log, lambda g, x: g * x, [positive(4)], [0]),
    ("extra-factor", np.exp, lambda g, x: g, [draw(4)], [0]),
    ("extra-factor", lambda x: np.sqrt(np.sum(x**2, 1)), lambda g, x: g[:, None] * x, [draw(3, 4)], [0]),
    ("extra-factor", lambda x, y: x * y, lambda g, x, y: (g, g * x), [draw(4, 3), draw(3)], [0]),
    ("extra-factor", np.power, lambda g, x, y: (g * x ** (y - 1), None), [positive(4), draw(4)], [0]),
    ("extra-factor", binary_cross_entropy, lambda g, p: g * (p - LABELS % 2) / 4, [sigmoid(draw(4))], [0]),
    ("extra-factor", np.sin, lambda g, x: g, [draw(5)], [0]),
    ("extra-factor", np.prod, lambda g, x: np.full(4, g * np.prod(x)), [draw(4)], [0]),

    ("wrong-shape", lambda x: 2 * x, lambda g, x: 2 * g.reshape(-1), [draw(2, 3)], [0]),
    ("wrong-shape", lambda x: np.sum(x), lambda g, x: g, [draw(2, 3)], [0]),
    ("wrong-shape", lambda x: 2 * x, lambda g, x: np.zeros((0, 2)), [np.zeros((0, 3))], [0]),
    ("wrong-shape", np.tanh, lambda g, x: g[:1] ** 2, [draw(3)], [0]),
]


@pytest.mark.parametrize("name, f, vjp, arrays, inputs", MISTAKES, ids=[name for name, *_ in MISTAKES])
def test_the_mistake_is_named(name, f, vjp, arrays, inputs):
    assert names(f, vjp, arrays, inputs) == [name] * len(inputs)


def test_every_name_of_a_rule_is_tried():
    assert {rule.name for rule in RULES} == {mistake[0] for mistake in MISTAKES}


# --- No rule may claim what it does not understand ----------------------------------------------------------


def wobble(n, x):
    return np.sin(7 * np.arange(n) + 3 * np.sum(x) + 0.5)


def one_element_wrong(g, J, x):
    right = g @ J
    right[x.size // 2] *= 1.7 + 0.1 * np.sin(x.sum())
    return right


NEAR_MISSES = {
    "a factor for each element": lambda g, J, x: g @ J * (1 + 0.3 * wobble(x.size, x)),
    "a factor for each output": lambda g, J, x: g * (1 + 0.3 * wobble(g.size, x)) @ J,
    "one element": one_element_wrong,
    "something added": lambda g, J, x: g @ J + 0.1 * g.mean() * np.cos(3 * x.reshape(-1) + wobble(x.size, x)),
    "neighbours mixed": lambda g, J, x: g @ J + 0.2 * np.roll(g @ J, 1) + 0.1 * (g @ J)[::-1],
    "a third of the entries gone": lambda g, J, x: g @ (J * (np.random.default_rng(3).random(J.shape) > 0.3)),
}
RIGHT = {       # f and its Jacobian, for arrays (4, 3)
    "tanh": (np.tanh, lambda x: np.diag(1 - np.tanh(x.reshape(-1)) ** 2)),
    "matmul": (lambda x: x @ A, lambda x: np.kron(np.eye(len(x)), A.T)),
    "softmax": (softmax, lambda x: sum(np.kron(np.diag(np.arange(len(x)) == n), np.diag(y) - np.outer(y, y))
                                       for n, y in enumerate(softmax(x)))),
    "gather": (lambda x: x[K], lambda x: np.kron(np.eye(len(x))[K], np.eye(3))),
    "squares": (lambda x: np.sum(x**2, 1), lambda x: np.kron(np.eye(len(x)), np.ones(3)) * 2 * x.reshape(-1)),
}


@pytest.mark.parametrize("wrong", NEAR_MISSES)
@pytest.mark.parametrize("f", RIGHT)
def test_what_is_not_understood_is_called_unknown(f, wrong):
    forward, jacobian = RIGHT[f]
    def vjp(g, x):
        return NEAR_MISSES[wrong](g.reshape(-1), jacobian(x), x).reshape(x.shape)
    [finding] = findings(forward, vjp, [draw(4, 3)])
    assert finding.name == "unknown" and "of 12 elements are wrong" in finding.evidence


@pytest.mark.parametrize("f, vjp, x", [
    (np.sin, lambda g, x: g * np.cos(x) * 1.234, np.array(0.7)),        # one number always has some factor
    (np.sin, lambda g, x: g * np.cos(x) * 1.234, draw(1, 1)),
    (lambda x: np.maximum(x, 0), lambda g, x: g, draw(3, 4)),           # no mask is not the inverted mask
    (lambda x: x @ A, lambda g, x: g @ B, draw(4, 3)),                  # another matrix is no transpose
    (softmax, lambda g, x: g * softmax(x) * np.cos(x), draw(3, 5)),
    (np.tanh, lambda g, x: g * (1 - 0.7 * np.tanh(x) ** 2), draw(3, 4)),
    (lambda x: filtered(x, A[0]), lambda g, x: np.convolve(g, A[1]), draw(8)),
])
def test_nothing_is_read_into_few_numbers_or_other_numbers(f, vjp, x):
    assert names(f, vjp, [x], [0]) == ["unknown"]


# --- What is said -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("f, vjp, arrays, said", [
    (lambda x: x.mean(1), lambda g, x: g[:, None] + 0 * x, [draw(4, 5)],
     "5 = the length of axis 1 of input 0"),
    (lambda x: x.mean(), lambda g, x: g / 5 + 0 * x, [draw(4, 5)], "4 = the length of axis 0 of input 0"),
    (lambda x: pooled(x, np.mean), lambda g, x: spread(g), [draw(1, 3, 10, 6)],
     "4 = the elements of the input for each"),
    (lambda x: x.var(ddof=1), lambda g, x: 2 * g * (x - x.mean()) / 7, [draw(7)], "n/(n - 1) for n = 7"),
    (np.square, lambda g, x: g * x, [draw(5)], "the exponent of a square"),
    (np.cos, lambda g, x: g * np.sin(x), [draw(5)], "every element is minus"),
    (np.abs, lambda g, x: g, [draw(9)], "where the input is negative"),
    (lambda t, k: t[k], looked_up_last, [draw(4, 2), K], "the last use"),
    (softmax, lambda g, x: g * softmax(x), [draw(3, 4)], "sum of their exponentials"),
    (lambda x: x - x.max(1, keepdims=True), lambda g, x: g, [draw(3, 5)], "maximum"),
    (lambda x: x - x.mean(), lambda g, x: g, [draw(5)], "mean"),
    (np.tanh, lambda g, x: g * (1 - np.tanh(x)), [draw(5)], "1 - y, where it should be 1 - y^2"),
    (lambda x: np.roll(x, 1), lambda g, x: np.roll(g, 1), [draw(5)], "rolled by 2"),
    (lambda x, y: x / y, lambda g, x, y: (g * y, None), [draw(4), positive(4)], "(input 1)^2"),
    (np.add, lambda g, x, b: (g.sum(), g), [draw(4, 3), draw(3)], "shape ()"),
    (lambda x: np.maximum(x, 0), lambda g, x: g, [draw(3, 4)], "they should be zero, and are not"),
    (lambda x: 2 * x, lambda g, x: 2 * g * (np.arange(4) != 2)[:, None], [draw(4, 3)],
     "index 2 along axis 0"),
    (np.tanh, lambda g, x: g * (2 - np.tanh(x)), [draw(5)], "2 - y, measured 1 - y^2"),
])
def test_the_finding_says_what_gave_it_away(f, vjp, arrays, said):
    [finding] = findings(f, vjp, arrays)
    assert said in finding.sentence + finding.evidence
    assert finding.look_at and "{" not in finding.sentence and finding.input == 0


def test_one_finding_for_each_wrong_input_in_their_order():
    def vjp(g, x, y, z):
        return g * y, -g * x, 0 * g
    found = findings(lambda x, y, z: x * y + z, vjp, [A, B, A + B], (2, 1))
    assert [(finding.input, finding.name) for finding in found] == [(2, "zero"), (1, "sign")]


# --- Far from the usual -------------------------------------------------------------------------------------


def test_large_inputs_are_sampled():
    x = draw(300, 300)
    assert names(np.exp, lambda g, x: g * x, [x], [0]) == ["wrong-point"]
    assert names(lambda x: x.mean(), lambda g, x: g + 0 * x, [x], [0]) == ["constant-factor"]
    assert names(lambda x: np.maximum(x, 0), lambda g, x: g * (x < 0), [x], [0]) == ["mask-inverted"]


def test_functions_that_compute_in_float32():
    def f(x):
        return softmax(x.astype(np.float32))
    def minus(g, x):
        return -f(x) * (g - np.sum(g * f(x), 1, keepdims=True)).astype(np.float32)
    assert names(f, lambda g, x: (g * f(x)).astype(np.float32), [draw(3, 4)], [0]) == ["shared-quantity"]
    assert names(f, minus, [draw(3, 4)], [0]) == ["sign"]


def test_a_vjp_that_only_works_once_is_unknown_and_raises_nothing():
    def vjp(g, x):
        raise ValueError("no more")
    assert names(np.exp, vjp, [draw(3)], [0]) == ["unknown"]


def test_integers_beside_the_input_stay_as_they_are():
    x, n = positive(4), np.array([2, 3, 4, 1])
    def without_n(g, x, n):
        return g * x ** (n - 1.0), None
    assert names(lambda x, n: x**n, without_n, [x, n], [0]) == ["extra-factor"]


def test_the_same_generator_gives_the_same_findings():
    def found():
        return diagnose(np.tanh, lambda g, x: [g * np.cos(x)], [draw(4)], [0], np.random.default_rng(3))
    assert found() == found()
