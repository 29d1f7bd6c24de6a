"""Functions of each number by itself: arithmetic with broadcasting, powers, activations, and kinks."""

import numpy as np

from tests.catalogue.entry import Function, beside, distinct, fixed, normal, positive

# --- Arithmetic ---------------------------------------------------------------------------------------------

add = Function(
    "add", lambda x, y: x + y,
    lambda g, x, y: (g, g.sum(axis=0)), normal((3, 4), (4,)))
add.wrong("missing-broadcast-sum", "row not added up",
    lambda g, x, y: (g, g.copy()))
add.wrong("missing-broadcast-sum", "column not added up",
    lambda g, x, y: (g, g.copy()), normal((3, 4), (3, 1)))
add.wrong("wrong-axis", "row added up along itself",
    lambda g, x, y: (g, g.sum(axis=1)), normal((4, 4), (4,)))
add.wrong("wrong-shape", "keepdims forgotten",
    lambda g, x, y: (g, g.sum(axis=1)), normal((3, 4), (3, 1)))
add.wrong("constant-factor", "mean for sum",
    lambda g, x, y: (g, g.mean(axis=0)))

subtract = Function(
    "subtract", lambda x, y: x - y,
    lambda g, x, y: (g, -g), normal((3, 4), (3, 4)))
subtract.wrong("sign", "minus forgotten",
    lambda g, x, y: (g, g.copy()))

multiply = Function(
    "multiply", lambda x, y: x * y,
    lambda g, x, y: (g * y, g * x), normal((3, 4), (3, 4)))
multiply.wrong("inputs-swapped", "each other's factor mistaken for its own",
    lambda g, x, y: (g * x, g * y))
multiply.wrong("cotangent-ignored", "factors alone",
    lambda g, x, y: (y.copy(), x.copy()))

scale = Function(
    "scale", lambda x, gamma: x * gamma,
    lambda g, x, gamma: (g * gamma, (g * x).sum(axis=0)), normal((3, 4), (4,)))
scale.wrong("missing-broadcast-sum", "scale not added up",
    lambda g, x, gamma: (g * gamma, g * x))
scale.wrong("extra-factor", "input left out",
    lambda g, x, gamma: (g, (g * x).sum(axis=0)))

divide = Function(
    "divide", lambda x, y: x / y,
    lambda g, x, y: (g / y, -g * x / y**2), positive((3, 4), (3, 4)))
divide.wrong("sign", "minus forgotten",
    lambda g, x, y: (g / y, g * x / y**2))
divide.wrong("extra-factor", "denominator not squared",
    lambda g, x, y: (g / y, -g * x / y))
divide.wrong("extra-factor", "numerator forgotten",
    lambda g, x, y: (g / y, -g / y**2))

# --- Powers and exponentials --------------------------------------------------------------------------------

square = Function(
    "square", lambda x: x**2,
    lambda g, x: 2 * g * x, normal((3, 4)))
square.wrong("constant-factor", "2 forgotten",
    lambda g, x: g * x)

cube = Function(
    "cube", lambda x: x**3,
    lambda g, x: 3 * g * x**2, normal((3, 4)))
cube.wrong("extra-factor", "exponent not lowered",
    lambda g, x: 3 * g * x**3)
cube.wrong("constant-factor", "exponent not brought down",
    lambda g, x: g * x**2)

reciprocal = Function(
    "reciprocal", lambda x: 1 / x,
    lambda g, x: -g / x**2, positive((3, 4)))
reciprocal.wrong("sign", "minus forgotten",
    lambda g, x: g / x**2)
reciprocal.wrong("extra-factor", "not squared",
    lambda g, x: -g / x)

power = Function(
    "power", lambda x, p: x**p,
    lambda g, x, p: (g * p * x ** (p - 1), g * x**p * np.log(x)), positive((3, 4), (3, 4)))
power.wrong("zero", "exponent taken for a constant",
    lambda g, x, p: (g * p * x ** (p - 1), np.zeros_like(p)))

square_root = Function(
    "sqrt", np.sqrt,
    lambda g, x: g / (2 * np.sqrt(x)), positive((3, 4)))
square_root.wrong("extra-factor", "multiplied by the root",
    lambda g, x: g * np.sqrt(x) / 2)
square_root.wrong("constant-factor", "half forgotten",
    lambda g, x: g / np.sqrt(x))

exp = Function(
    "exp", np.exp,
    lambda g, x: g * np.exp(x), normal((3, 4)))
exp.wrong("wrong-point", "at the output",
    lambda g, x: g * np.exp(np.exp(x)))

log = Function(
    "log", np.log,
    lambda g, x: g / x, positive((3, 4)))
log.wrong("wrong-point", "at the output",
    lambda g, x: g / np.log(x))
log.wrong("cotangent-ignored", "slope alone",
    lambda g, x: 1 / x)

sine = Function(
    "sin", np.sin,
    lambda g, x: g * np.cos(x), normal((3, 4)))
sine.wrong("wrong-point", "at the output",
    lambda g, x: g * np.cos(np.sin(x)))

# --- Smooth activations -------------------------------------------------------------------------------------

def sigmoid_of(x):
    return 1 / (1 + np.exp(-x))


def sigmoid_vjp(g, x):
    s = sigmoid_of(x)
    return g * s * (1 - s)


sigmoid = Function("sigmoid", sigmoid_of, sigmoid_vjp, normal((3, 4)))
sigmoid.wrong("wrong-point", "at the input",
    lambda g, x: g * x * (1 - x))
sigmoid.wrong("wrong-point", "value for slope",
    lambda g, x: g * sigmoid_of(x))

tanh = Function(
    "tanh", np.tanh,
    lambda g, x: g * (1 - np.tanh(x) ** 2), normal((3, 4)))
tanh.wrong("wrong-point", "output not squared",
    lambda g, x: g * (1 - np.tanh(x)))
tanh.wrong("wrong-point", "at the input",
    lambda g, x: g * (1 - x**2))

softplus = Function(
    "softplus", lambda x: np.logaddexp(x, 0),
    lambda g, x: g * sigmoid_of(x), normal((3, 4)))
softplus.wrong("wrong-point", "at the output",
    lambda g, x: g * sigmoid_of(np.logaddexp(x, 0)))


def silu_vjp(g, x):
    s = sigmoid_of(x)
    return g * s + g * x * s * (1 - s)


silu = Function("silu", lambda x: x * sigmoid_of(x), silu_vjp, normal((3, 4)))
silu.wrong("overwritten", "gate's share lost",
    lambda g, x: g * sigmoid_of(x))

# --- With kinks ---------------------------------------------------------------------------------------------

relu = Function(
    "relu", lambda x: np.maximum(x, 0),
    lambda g, x: g * (x > 0), distinct((3, 4)))
relu.wrong("mask-inverted", "the other side",
    lambda g, x: g * (x <= 0))
relu.wrong("not-linear", "mask of the cotangent",
    lambda g, x: g * (g > 0) * (x > 0))
relu.wrong("unknown", "mask forgotten",
    lambda g, x: g.copy())
relu.wrong("wrong-at-kink", "2 at 0",
    lambda g, x: g * np.heaviside(x, 2.0), fixed([-1.5, 0.0, 0.5, 2.0]))

SLOPE = 0.1
leaky_relu = Function(
    "leaky relu", lambda x: np.where(x > 0, x, SLOPE * x),
    lambda g, x: g * np.where(x > 0, 1, SLOPE), distinct((3, 4)))
leaky_relu.wrong("mask-inverted", "slopes exchanged",
    lambda g, x: g * np.where(x > 0, SLOPE, 1))
leaky_relu.wrong("wrong-at-kink", "both slopes at 0",
    lambda g, x: g * (x >= 0) + SLOPE * g * (x <= 0), fixed([-1.0, 0.0, 1.0]))

absolute = Function(
    "abs", np.abs,
    lambda g, x: g * np.sign(x), distinct((3, 4)))
absolute.wrong("extra-factor", "not divided by the size",
    lambda g, x: g * x)
absolute.wrong("nan", "0 / 0",
    lambda g, x: g * x / np.abs(x), fixed([-1.0, 0.0, 2.0]))

clamp = Function(
    "clamp", lambda x: np.clip(x, -1, 1),
    lambda g, x: g * ((x > -1) & (x < 1)), distinct((3, 4)))
clamp.wrong("mask-inverted", "outside for inside",
    lambda g, x: g * ((x < -1) | (x > 1)))
clamp.wrong("raises", "a < x < b of an array",
    lambda g, x: g * (-1 < x < 1))

maximum = Function(
    "maximum", np.maximum,
    lambda g, x, y: (g * (x >= y), g * (x < y)), distinct((3, 4), (3, 4)))
TIE = fixed([1.0, 2.0, 3.0, -1.0], [1.0, 0.0, 4.0, -1.0])
maximum.wrong("wrong-at-kink", "both at a tie",
    lambda g, x, y: (g * (x >= y), g * (y >= x)), TIE)
maximum.wrong("wrong-at-kink", "neither at a tie",
    lambda g, x, y: (g * (x > y), g * (y > x)), TIE)

# The answers are exchanged, and so is the mask: these are two descriptions of the same arrays.
where = Function(
    "where", lambda x, y, c: np.where(c, x, y),
    lambda g, x, y, c: (np.where(c, g, 0), np.where(c, 0, g), None),
    beside(normal((2, 3), (2, 3)), [[True, False, True], [False, False, True]]))
where.wrong(("mask-inverted", "inputs-swapped"), "the other one",
    lambda g, x, y, c: (np.where(c, 0, g), np.where(c, g, 0), None))
