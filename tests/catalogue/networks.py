"""Losses, normalisations and small networks: a backward pass of several steps, and one of them wrong."""

import numpy as np

from tests.catalogue.elementwise import sigmoid_of
from tests.catalogue.entry import Function, beside, distinct, fixed, normal
from tests.catalogue.reductions import centred, log_softmax_of, softmax_of, softmax_vjp

# --- Losses -------------------------------------------------------------------------------------------------

mse = Function(
    "mse", lambda y, t: ((y - t) ** 2).mean(),
    lambda g, y, t: (2 * g * (y - t) / y.size, -2 * g * (y - t) / y.size), normal((3, 4), (3, 4)))
mse.wrong("constant-factor", "sum for mean",
    lambda g, y, t: (2 * g * (y - t), -2 * g * (y - t)))
mse.wrong("cotangent-ignored", "taken for the last node of all",
    lambda g, y, t: (2 * (y - t) / y.size, -2 * (y - t) / y.size))
mse.wrong("sign", "target as the prediction",
    lambda g, y, t: (2 * g * (y - t) / y.size, 2 * g * (y - t) / y.size))
mse.wrong("none", "target taken for a constant",
    lambda g, y, t: (2 * g * (y - t) / y.size, None))


def cross_entropy_of(x, labels):
    return -log_softmax_of(x)[np.arange(len(x)), labels].mean()


def one_hot(x, labels):
    return np.eye(x.shape[1])[labels]


LABELS = [2, 0, 1, 2]
cross_entropy = Function(
    "cross_entropy", cross_entropy_of,
    lambda g, x, labels: (g * (softmax_of(x) - one_hot(x, labels)) / len(x), None),
    beside(normal((4, 4)), LABELS))
cross_entropy.wrong("constant-factor", "not divided by the batch",
    lambda g, x, labels: (g * (softmax_of(x) - one_hot(x, labels)), None))
cross_entropy.wrong("cotangent-ignored", "taken for the last node of all",
    lambda g, x, labels: ((softmax_of(x) - one_hot(x, labels)) / len(x), None))
cross_entropy.wrong("sign", "target minus probability",
    lambda g, x, labels: (g * (one_hot(x, labels) - softmax_of(x)) / len(x), None))
cross_entropy.wrong("shared-quantity", "the right class alone",
    lambda g, x, labels: (g * (softmax_of(x) - 1) * one_hot(x, labels) / len(x), None))
cross_entropy.wrong("wrong-axis", "softmax of the columns",
    lambda g, x, labels: (g * (softmax_of(x.T).T - one_hot(x, labels)) / len(x), None))

bce_with_logits = Function(
    "bce with logits", lambda x, t: np.logaddexp(0, x) - t * x,
    lambda g, x, t: (g * (sigmoid_of(x) - t), None), beside(normal((5,)), [0, 1, 1, 0, 1]))
bce_with_logits.wrong("wrong-point", "logit for probability",
    lambda g, x, t: (g * (x - t), None))

hinge = Function(
    "hinge", lambda s, y: np.maximum(0, 1 - y * s),
    lambda g, s, y: (-g * y * (y * s < 1), None), beside(distinct((4,)), [1, -1, 1, -1]))
hinge.wrong("sign", "minus forgotten",
    lambda g, s, y: (g * y * (y * s < 1), None))
hinge.wrong("mask-inverted", "those far enough away",
    lambda g, s, y: (-g * y * (y * s > 1), None))

# --- Normalisations -----------------------------------------------------------------------------------------

EPS = 1e-5


def layer_norm_of(x):
    return centred(x) / np.sqrt(x.var(axis=1, keepdims=True) + EPS)


def layer_norm_vjp(g, x):
    out, deviation = layer_norm_of(x), np.sqrt(x.var(axis=1, keepdims=True) + EPS)
    return (g - g.mean(axis=1, keepdims=True) - out * (g * out).mean(axis=1, keepdims=True)) / deviation


layer_norm = Function("layer norm", layer_norm_of, layer_norm_vjp, normal((3, 5)))
layer_norm.wrong("shared-quantity", "mean and deviation taken for constants",
    lambda g, x: g / np.sqrt(x.var(axis=1, keepdims=True) + EPS))
layer_norm.wrong("shared-quantity", "deviation taken for a constant",
    lambda g, x: centred(g) / np.sqrt(x.var(axis=1, keepdims=True) + EPS))


def batch_norm_of(x, gamma, beta):                      # (N, C), (C,), (C,)
    return layer_norm_of(x.T).T * gamma + beta


def batch_norm_vjp(g, x, gamma, beta):
    return layer_norm_vjp((g * gamma).T, x.T).T, (g * layer_norm_of(x.T).T).sum(axis=0), g.sum(axis=0)


def constant_batch_norm_vjp(g, x, gamma, beta):
    _, to_gamma, to_beta = batch_norm_vjp(g, x, gamma, beta)
    return g * gamma / np.sqrt(x.var(axis=0) + EPS), to_gamma, to_beta


def unsummed_batch_norm_vjp(g, x, gamma, beta):
    to_x, _, to_beta = batch_norm_vjp(g, x, gamma, beta)
    return to_x, g * layer_norm_of(x.T).T, to_beta


def sideways_batch_norm_vjp(g, x, gamma, beta):
    to_x, _, to_beta = batch_norm_vjp(g, x, gamma, beta)
    return to_x, (g * layer_norm_of(x.T).T).sum(axis=1), to_beta


batch_norm = Function("batch norm", batch_norm_of, batch_norm_vjp, normal((4, 4), (4,), (4,)))
batch_norm.wrong("shared-quantity", "statistics taken for constants", constant_batch_norm_vjp)
batch_norm.wrong("missing-broadcast-sum", "gamma not added up", unsummed_batch_norm_vjp)
batch_norm.wrong("wrong-axis", "gamma added up along the channels", sideways_batch_norm_vjp)

# --- Small networks -----------------------------------------------------------------------------------------

residual = Function(
    "residual block", lambda x, w: x + np.maximum(x @ w, 0),
    lambda g, x, w: (g + (g * (x @ w > 0)) @ w.T, x.T @ (g * (x @ w > 0))), normal((3, 4), (4, 4)))
residual.wrong("overwritten", "short cut lost",
    lambda g, x, w: ((g * (x @ w > 0)) @ w.T, x.T @ (g * (x @ w > 0))))


def mlp_of(x, w1, b1, w2):
    return np.tanh(x @ w1 + b1) @ w2


def mlp_vjp(g, x, w1, b1, w2):
    hidden = np.tanh(x @ w1 + b1)
    to_hidden = g @ w2.T * (1 - hidden**2)
    return to_hidden @ w1.T, x.T @ to_hidden, to_hidden.sum(axis=0), hidden.T @ g


def one_layer_frozen_vjp(g, x, w1, b1, w2):
    to_x, _, to_b1, to_w2 = mlp_vjp(g, x, w1, b1, w2)
    return to_x, np.zeros_like(w1), to_b1, to_w2


def unsummed_mlp_vjp(g, x, w1, b1, w2):
    to_x, to_w1, _, to_w2 = mlp_vjp(g, x, w1, b1, w2)
    return to_x, to_w1, g @ w2.T * (1 - np.tanh(x @ w1 + b1) ** 2), to_w2


mlp = Function("two layers", mlp_of, mlp_vjp, normal((5, 3), (3, 4), (4,), (4, 2)))
mlp.wrong("zero", "first layer frozen", one_layer_frozen_vjp)
mlp.wrong("missing-broadcast-sum", "hidden bias not added up", unsummed_mlp_vjp)


def recurrent_of(x, w):
    return np.tanh(np.tanh(x @ w) @ w)


def recurrent_vjp(g, x, w):
    first, second = np.tanh(x @ w), recurrent_of(x, w)
    to_second = g * (1 - second**2)
    to_first = to_second @ w.T * (1 - first**2)
    return to_first @ w.T, first.T @ to_second + x.T @ to_first


def last_step_vjp(g, x, w):
    first, second = np.tanh(x @ w), recurrent_of(x, w)
    return recurrent_vjp(g, x, w)[0], first.T @ (g * (1 - second**2))


recurrent = Function("two recurrent steps", recurrent_of, recurrent_vjp, normal((2, 3), (3, 3)))
recurrent.wrong("overwritten", "weights of the last step alone", last_step_vjp)

scores = Function(                                      # (T, D), (T, D) -> (T, T)
    "attention scores", lambda q, k: q @ k.T / np.sqrt(q.shape[1]),
    lambda g, q, k: (g @ k / np.sqrt(q.shape[1]), g.T @ q / np.sqrt(q.shape[1])), normal((3, 4), (3, 4)))
scores.wrong("constant-factor", "1/√d forgotten",
    lambda g, q, k: (g @ k, g.T @ q))
scores.wrong("not-transposed", "keys see the scores untransposed",
    lambda g, q, k: (g @ k / np.sqrt(q.shape[1]), g @ q / np.sqrt(q.shape[1])))


def attention_vjp(g, q, k, v, through_softmax=softmax_vjp):
    to_scores = through_softmax(g @ v.T, q @ k.T)
    return to_scores @ k, to_scores.T @ q, softmax_of(q @ k.T).T @ g


attention = Function(
    "attention", lambda q, k, v: softmax_of(q @ k.T) @ v, attention_vjp, normal((3, 2), (3, 2), (3, 4)))
attention.wrong("shared-quantity", "softmax without its sum",
    lambda g, q, k, v: attention_vjp(g, q, k, v, lambda to_weights, x: to_weights * softmax_of(x)))
attention.wrong("cotangent-ignored", "values see the weights alone",
    lambda g, q, k, v: (*attention_vjp(g, q, k, v)[:2], softmax_of(q @ k.T).T @ np.ones_like(g)))

KEEP = 0.8
dropout = Function(
    "dropout", lambda x, mask: x * mask / KEEP,
    lambda g, x, mask: (g * mask / KEEP, None), beside(normal((6,)), [True, True, False, True, False, True]))
dropout.wrong("mask-inverted", "those that were dropped",
    lambda g, x, mask: (g * ~mask / KEEP, None))
dropout.wrong("constant-factor", "not scaled up",
    lambda g, x, mask: (g * mask, None))

margins = Function(                                     # two losses of one pair of scores
    "hinge of a pair", lambda a, b: np.maximum(0, 1 - a + b),
    lambda g, a, b: (-g * (a - b < 1), g * (a - b < 1)), distinct((5,), (5,)))
margins.wrong("wrong-at-kink", "twice at the margin",
    lambda g, a, b: (-g * np.heaviside(1 - a + b, 2.0), g * np.heaviside(1 - a + b, 2.0)),
    fixed([2.0, 0.5, -1.0], [1.0, 0.0, 1.0]))
