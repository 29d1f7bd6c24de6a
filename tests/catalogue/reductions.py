"""Functions that gather many numbers into few: sums, means, deviations, norms, maxima, softmax."""

import numpy as np

from tests.catalogue.entry import Function, distinct, fixed, normal, positive

# --- Sums and means -----------------------------------------------------------------------------------------

total = Function(
    "sum", lambda x: x.sum(),
    lambda g, x: g * np.ones_like(x), normal((3, 4)))
total.wrong("cotangent-ignored", "ones",
    lambda g, x: np.ones_like(x))

row_sum = Function(
    "sum over an axis", lambda x: x.sum(axis=1),
    lambda g, x: np.broadcast_to(g[:, None], x.shape), normal((4, 4)))
row_sum.wrong("wrong-axis", "spread along the other axis",
    lambda g, x: np.broadcast_to(g, x.shape))

row_mean = Function(
    "mean over an axis", lambda x: x.mean(axis=1),
    lambda g, x: np.broadcast_to(g[:, None] / x.shape[1], x.shape), normal((3, 4)))
row_mean.wrong("constant-factor", "not divided",
    lambda g, x: np.broadcast_to(g[:, None], x.shape))
row_mean.wrong("constant-factor", "divided by the size of all",
    lambda g, x: np.broadcast_to(g[:, None] / x.size, x.shape))
row_mean.wrong("wrong-shape", "not spread again",
    lambda g, x: g[:, None] / x.shape[1])

product = Function(
    "prod", lambda x: x.prod(),
    lambda g, x: g * x.prod() / x, positive((5,)))
product.wrong("extra-factor", "own factor left in",
    lambda g, x: g * x.prod() * np.ones_like(x))
product.wrong("nan", "divided by an input of 0",
    lambda g, x: g * x.prod() / x, fixed([1.5, 0.0, -2.0]))

cumulative_sum = Function(
    "cumsum", lambda x: np.cumsum(x),
    lambda g, x: np.cumsum(g[::-1])[::-1], normal((5,)))
cumulative_sum.wrong("wrong-order", "not turned back",
    lambda g, x: np.cumsum(g[::-1]))
# The matrix of cumsum is a triangle: transposing it, and flipping before and after, are one and the same.
cumulative_sum.wrong(("not-transposed", "wrong-order"), "from the left again",
    lambda g, x: np.cumsum(g))

# --- Deviations and norms -----------------------------------------------------------------------------------

def centred(x):
    return x - x.mean(axis=1, keepdims=True)


centring = Function(
    "centring", centred,
    lambda g, x: g - g.mean(axis=1, keepdims=True), normal((3, 4)))
centring.wrong("shared-quantity", "mean taken for a constant",
    lambda g, x: g.copy())

deviation = Function(
    "std", lambda x: x.std(axis=1),
    lambda g, x: (g / x.std(axis=1) / x.shape[1])[:, None] * centred(x), normal((3, 4)))
deviation.wrong("constant-factor", "n - 1 for n",
    lambda g, x: (g / x.std(axis=1) / (x.shape[1] - 1))[:, None] * centred(x))
deviation.wrong("extra-factor", "not divided by the deviation",
    lambda g, x: (g / x.shape[1])[:, None] * centred(x))

variance = Function(
    "var", lambda x: x.var(axis=1),
    lambda g, x: 2 * g[:, None] * centred(x) / x.shape[1], normal((3, 4)))
variance.wrong("constant-factor", "2 forgotten",
    lambda g, x: g[:, None] * centred(x) / x.shape[1])
variance.wrong("cotangent-ignored", "slope alone",
    lambda g, x: 2 * centred(x) / x.shape[1])

norm = Function(
    "norm", lambda x: np.sqrt((x**2).sum(axis=1)),
    lambda g, x: g[:, None] * x / np.sqrt((x**2).sum(axis=1, keepdims=True)), normal((3, 4)))
norm.wrong("extra-factor", "not divided by the norm",
    lambda g, x: g[:, None] * x)
norm.wrong("nan", "0 / 0",
    norm.vjp, fixed([[0.0, 0.0, 0.0], [3.0, 4.0, 0.0]]))


def normalise_vjp(g, x):
    length = np.linalg.norm(x, axis=1, keepdims=True)
    unit = x / length
    return (g - unit * (g * unit).sum(axis=1, keepdims=True)) / length


normalise = Function(
    "normalise", lambda x: x / np.linalg.norm(x, axis=1, keepdims=True), normalise_vjp, normal((3, 4)))
normalise.wrong("shared-quantity", "norm taken for a constant",
    lambda g, x: g / np.linalg.norm(x, axis=1, keepdims=True))

# --- Maxima -------------------------------------------------------------------------------------------------

def row_max_vjp(g, x):
    result = np.zeros_like(x)
    result[np.arange(len(x)), x.argmax(axis=1)] = g
    return result


def column_max_vjp(g, x):
    result = np.zeros_like(x)
    result[x.argmax(axis=0), np.arange(len(x))] = g
    return result


row_max = Function("max over an axis", lambda x: x.max(axis=1), row_max_vjp, distinct((4, 4)))
row_max.wrong("wrong-axis", "the largest of each column", column_max_vjp)
row_max.wrong("mask-inverted", "all but the largest",
    lambda g, x: g[:, None] * (x != x.max(axis=1, keepdims=True)))
row_max.wrong("wrong-at-kink", "every largest gets all",
    lambda g, x: g[:, None] * (x == x.max(axis=1, keepdims=True)),
    fixed([[3.0, 1.0, 3.0, 2.0], [0.5, 0.5, -1.0, 0.5], [4.0, 1.0, 2.0, 3.0]]))

# --- Softmax and its kin ------------------------------------------------------------------------------------

def softmax_of(x):
    powers = np.exp(x - x.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def softmax_vjp(g, x, axis=1):
    s = softmax_of(x)
    return s * (g - (g * s).sum(axis=axis, keepdims=True))


def diagonal_softmax_vjp(g, x):
    s = softmax_of(x)
    return g * s * (1 - s)


softmax = Function("softmax", softmax_of, softmax_vjp, normal((4, 4)))
softmax.wrong("shared-quantity", "sum taken for a constant",
    lambda g, x: g * softmax_of(x))
softmax.wrong("shared-quantity", "diagonal of the Jacobian alone", diagonal_softmax_vjp)
softmax.wrong("unknown", "sum of the cotangent for its mean",
    lambda g, x: softmax_of(x) * (g - g.sum(axis=1, keepdims=True)))
softmax.wrong("wrong-axis", "added up along the other axis",
    lambda g, x: softmax_vjp(g, x, axis=0))


def log_softmax_of(x):
    return x - logsumexp_of(x)[:, None]


def logsumexp_of(x):
    largest = x.max(axis=1)
    return largest + np.log(np.exp(x - largest[:, None]).sum(axis=1))


log_softmax = Function(
    "log_softmax", log_softmax_of,
    lambda g, x: g - softmax_of(x) * g.sum(axis=1, keepdims=True), normal((3, 4)))
log_softmax.wrong("shared-quantity", "sum taken for a constant",
    lambda g, x: g.copy())
log_softmax.wrong("shared-quantity", "diagonal of the Jacobian alone",
    lambda g, x: g - softmax_of(x) * g)
log_softmax.wrong("not-linear", "as if each row's cotangent added up to 1",
    lambda g, x: g - softmax_of(x))

logsumexp = Function(
    "logsumexp", logsumexp_of,
    lambda g, x: g[:, None] * softmax_of(x), normal((4, 4)))
logsumexp.wrong("wrong-axis", "softmax of the columns",
    lambda g, x: g[:, None] * softmax_of(x.T).T)
logsumexp.wrong("cotangent-ignored", "softmax alone",
    lambda g, x: softmax_of(x))
logsumexp.wrong("nan", "overflow that the forward avoids",
    lambda g, x: g[:, None] * np.exp(x) / np.exp(x).sum(axis=1, keepdims=True),
    fixed([[800.0, 799.0, 798.5], [0.5, -1.0, 2.0]]))
