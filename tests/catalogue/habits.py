"""Habits that spoil any backward pass: writing in place, remembering, sharing memory, chance, clipping."""

import numpy as np

from tests.catalogue.elementwise import exp, multiply, relu, sigmoid, sigmoid_of, square, subtract, tanh
from tests.catalogue.entry import Function, normal
from tests.catalogue.images import conv1d
from tests.catalogue.matrices import linear, matmul
from tests.catalogue.networks import KEEP, dropout, mlp, mlp_vjp, mse
from tests.catalogue.places import embedding
from tests.catalogue.reductions import centring, logsumexp, row_mean, softmax, softmax_of, total

# --- Memory from call to call -------------------------------------------------------------------------------

class AccumulatingLinear:
    """A layer that adds to its parameters' gradients, and is never told to start afresh."""

    def __init__(self):
        self.to_w, self.to_b = 0.0, 0.0

    def __call__(self, g, x, w, b):
        self.to_w = self.to_w + g.T @ x
        self.to_b = self.to_b + g.sum(axis=0)
        return g @ w, self.to_w, self.to_b


class AccumulatingTable:
    def __init__(self):
        self.to_table = None

    def __call__(self, g, table, words):
        if self.to_table is None:
            self.to_table = np.zeros_like(table)
        np.add.at(self.to_table, words, g)
        return self.to_table.copy(), None


class AccumulatingSum:
    def __init__(self):
        self.gradient = 0.0

    def __call__(self, g, x):
        self.gradient += g
        return self.gradient * np.ones_like(x)


linear.wrong_with_memory("stale-gradient", "parameters' gradients pile up", AccumulatingLinear)
embedding.wrong_with_memory("stale-gradient", "table's gradients pile up", AccumulatingTable)
total.wrong_with_memory("stale-gradient", "gradients pile up", AccumulatingSum)

# --- Writing where others read ------------------------------------------------------------------------------

def relu_in_place_vjp(g, x):
    g[x <= 0] = 0
    return g


def dropout_in_place_vjp(g, x, mask):
    g *= mask
    g /= KEEP
    return g, None


def softmax_in_place_vjp(g, x):
    s = softmax_of(x)
    g -= (g * s).sum(axis=1, keepdims=True)
    return s * g


def logsumexp_in_place_vjp(g, x):
    x -= x.max(axis=1, keepdims=True)
    powers = np.exp(x)
    return g[:, None] * powers / powers.sum(axis=1, keepdims=True)


def centring_in_place_vjp(g, x):
    x -= x.mean(axis=1, keepdims=True)
    return g - g.mean(axis=1, keepdims=True)


def exp_in_place_vjp(g, x):
    np.exp(x, out=x)
    return g * x


relu.wrong("cotangent-mutated", "masked in place", relu_in_place_vjp)
dropout.wrong("cotangent-mutated", "scaled in place", dropout_in_place_vjp)
softmax.wrong("cotangent-mutated", "centred in place", softmax_in_place_vjp)
logsumexp.wrong("input-mutated", "shifted in place", logsumexp_in_place_vjp)
centring.wrong("input-mutated", "centred in place", centring_in_place_vjp)
exp.wrong("input-mutated", "result in the input's memory", exp_in_place_vjp)

# --- One memory for two gradients ---------------------------------------------------------------------------

equal_add = Function(
    "add, equal shapes", lambda x, y: x + y,
    lambda g, x, y: (g, g.copy()), normal((3, 4), (3, 4)))
equal_add.wrong("shared-memory", "one array for both",
    lambda g, x, y: (g, g))


def one_buffer_vjp(g, x, y):
    buffer = np.empty_like(g)
    to_x = np.multiply(g, y, out=buffer)
    to_y = np.multiply(g, x, out=buffer)
    return to_x, to_y


def negated_in_place_vjp(g, x, y):
    to_x = g.copy()
    to_y = np.negative(to_x, out=to_x)
    return to_x, to_y


multiply.wrong("shared-memory", "one buffer for both", one_buffer_vjp)
subtract.wrong("shared-memory", "negated in place", negated_in_place_vjp)

# --- Chance -------------------------------------------------------------------------------------------------

class RedrawnDropout:
    def __init__(self):
        self.rng = np.random.default_rng(1)

    def __call__(self, g, x, mask):
        return g * (self.rng.random(x.shape) < KEEP) / KEEP, None


class NoisyMse:
    def __init__(self):
        self.rng = np.random.default_rng(2)

    def __call__(self, g, y, t):
        to_y, to_t = mse.vjp(g, y, t)
        return to_y + 0.01 * self.rng.normal(size=y.shape), to_t


class SampledMatmul:
    """An estimate of aᵀg from a random half of the rows: right on average."""

    def __init__(self):
        self.rng = np.random.default_rng(3)

    def __call__(self, g, a, b):
        rows = self.rng.choice(len(a), len(a) // 2, replace=False)
        return g @ b.T, 2 * a[rows].T @ g[rows]


dropout.wrong_with_memory("not-deterministic", "mask drawn again", RedrawnDropout)
mse.wrong_with_memory("not-deterministic", "noise added", NoisyMse)
matmul.wrong_with_memory("not-deterministic", "half of the rows, drawn at random", SampledMatmul)

# --- More than the derivative -------------------------------------------------------------------------------

def decayed_mlp_vjp(g, x, w1, b1, w2):
    to_x, to_w1, to_b1, to_w2 = mlp_vjp(g, x, w1, b1, w2)
    return to_x, to_w1 + 0.01 * w1, to_b1, to_w2 + 0.01 * w2


tanh.wrong("not-linear", "clipped",
    lambda g, x: np.clip(g * (1 - np.tanh(x) ** 2), -0.1, 0.1))
square.wrong("not-linear", "scaled to length 1",
    lambda g, x: 2 * g * x / (np.linalg.norm(2 * g * x) + 1e-12))
mlp.wrong("not-linear", "weight decay added", decayed_mlp_vjp)

# --- What is handed back ------------------------------------------------------------------------------------

def complex_conv1d_vjp(g, x, w):
    spectrum = np.fft.fft(g, len(x)) * np.fft.fft(w, len(x))
    return np.fft.ifft(spectrum), np.correlate(x, g, "valid")


def unreturned_vjp(g, x):
    g * np.cos(x)


def misspelt_vjp(g, x):
    return grad * np.ones_like(x)                       # noqa: F821


conv1d.wrong("wrong-dtype", "complex, by way of the Fourier transform", complex_conv1d_vjp)
matmul.wrong("wrong-dtype", "rounded to float32",
    lambda g, a, b: ((g @ b.T).astype(np.float32), (a.T @ g).astype(np.float32)))
row_mean.wrong("wrong-dtype", "rounded to float16",
    lambda g, x: np.broadcast_to(g[:, None] / x.shape[1], x.shape).astype(np.float16))
sigmoid.wrong("nan", "overflow that the forward avoids",
    lambda g, x: g * np.exp(x) / (1 + np.exp(x)) ** 2, lambda rng: [np.array([-1.0, 0.5, 800.0])])
Function("cos", np.cos, lambda g, x: -g * np.sin(x), normal((3, 4))).wrong(
    "none", "return forgotten", unreturned_vjp)
total.wrong("raises", "name misspelt", misspelt_vjp)
sigmoid.wrong("wrong-count", "value handed back too",
    lambda g, x: (g * sigmoid_of(x) * (1 - sigmoid_of(x)), sigmoid_of(x)))
