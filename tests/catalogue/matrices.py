"""Products of matrices and vectors, and what goes wrong with them: transposes above all."""

import numpy as np

from tests.catalogue.entry import Function, normal

matmul = Function(
    "matmul", lambda a, b: a @ b,
    lambda g, a, b: (g @ b.T, a.T @ g), normal((4, 4), (4, 4)))
matmul.wrong("not-transposed", "b as it is",
    lambda g, a, b: (g @ b, a.T @ g))
matmul.wrong("not-transposed", "a as it is",
    lambda g, a, b: (g @ b.T, a @ g))
matmul.wrong("not-transposed", "answer transposed",
    lambda g, a, b: (b @ g.T, a.T @ g))
matmul.wrong("inputs-swapped", "answers in the other order",
    lambda g, a, b: (a.T @ g, g @ b.T))
matmul.wrong("raises", "shapes do not fit",
    lambda g, a, b: (g @ b, a.T @ g), normal((3, 4), (4, 5)))

matvec = Function(
    "matrix times vector", lambda a, x: a @ x,
    lambda g, a, x: (np.outer(g, x), a.T @ g), normal((4, 4), (4,)))
matvec.wrong("not-transposed", "matrix as it is",
    lambda g, a, x: (np.outer(g, x), a @ g))
matvec.wrong("not-transposed", "outer product the other way round",
    lambda g, a, x: (np.outer(x, g), a.T @ g))

batched_matmul = Function(                              # (B, N, K) @ (B, K, M)
    "batched matmul", lambda a, b: a @ b,
    lambda g, a, b: (g @ b.swapaxes(1, 2), a.swapaxes(1, 2) @ g), normal((3, 3, 3), (3, 3, 3)))
batched_matmul.wrong("not-transposed", ".T turns round all three axes",
    lambda g, a, b: (g @ b.T, a.T @ g))

shared_matmul = Function(                               # (B, N, K) @ (K, M)
    "batch times matrix", lambda a, b: a @ b,
    lambda g, a, b: (g @ b.T, (a.swapaxes(1, 2) @ g).sum(axis=0)), normal((2, 3, 4), (4, 5)))
shared_matmul.wrong("missing-broadcast-sum", "batch not added up",
    lambda g, a, b: (g @ b.T, a.swapaxes(1, 2) @ g))
shared_matmul.wrong("first-of-batch", "first of the batch",
    lambda g, a, b: (g @ b.T, a[0].T @ g[0]))

linear = Function(                                      # (N, I), (O, I), (O,) -> (N, O)
    "linear", lambda x, w, b: x @ w.T + b,
    lambda g, x, w, b: (g @ w, g.T @ x, g.sum(axis=0)), normal((5, 4), (3, 4), (3,)))
linear.wrong("missing-broadcast-sum", "bias not added up",
    lambda g, x, w, b: (g @ w, g.T @ x, g))
linear.wrong("wrong-axis", "bias added up along the outputs",
    lambda g, x, w, b: (g @ w, g.T @ x, g.sum(axis=1)), normal((4, 3), (4, 3), (4,)))
linear.wrong("not-transposed", "weight's gradient lies on its side",
    lambda g, x, w, b: (g @ w, x.T @ g, g.sum(axis=0)))
linear.wrong("constant-factor", "weight's gradient a mean of the batch",
    lambda g, x, w, b: (g @ w, g.T @ x / len(x), g.sum(axis=0)))
linear.wrong("first-of-batch", "bias sees the first of the batch",
    lambda g, x, w, b: (g @ w, g.T @ x, g[0]))
linear.wrong("first-of-batch", "weight sees the first of the batch",
    lambda g, x, w, b: (g @ w, np.outer(g[0], x[0]), g.sum(axis=0)))
linear.wrong("cotangent-ignored", "bias counts the batch",
    lambda g, x, w, b: (g @ w, g.T @ x, np.full_like(b, len(x))))
linear.wrong("none", "bias forgotten",
    lambda g, x, w, b: (g @ w, g.T @ x, None))
linear.wrong("wrong-count", "bias left out",
    lambda g, x, w, b: (g @ w, g.T @ x))
linear.wrong("zero", "input cut off",
    lambda g, x, w, b: (np.zeros_like(x), g.T @ x, g.sum(axis=0)))

dot = Function(
    "dot", lambda x, y: x @ y,
    lambda g, x, y: (g * y, g * x), normal((5,), (5,)))
dot.wrong("inputs-swapped", "each its own",
    lambda g, x, y: (g * x, g * y))
dot.wrong("wrong-count", "bare array for two inputs",
    lambda g, x, y: g * y)

outer = Function(
    "outer", lambda x, y: np.outer(x, y),
    lambda g, x, y: (g @ y, g.T @ x), normal((4,), (4,)))
outer.wrong("not-transposed", "cotangent as it is",
    lambda g, x, y: (g @ y, g @ x))
outer.wrong("inputs-swapped", "answers in the other order",
    lambda g, x, y: (g.T @ x, g @ y))

quadratic_form = Function(
    "quadratic form", lambda x, a: x @ a @ x,
    lambda g, x, a: (g * (a @ x + a.T @ x), g * np.outer(x, x)), normal((4,), (4, 4)))
quadratic_form.wrong("overwritten", "one of two x's",
    lambda g, x, a: (g * (a @ x), g * np.outer(x, x)))

trace_of_product = Function(
    "trace of a product", lambda a, b: np.trace(a @ b),
    lambda g, a, b: (g * b.T, g * a.T), normal((3, 3), (3, 3)))
trace_of_product.wrong("not-transposed", "b as it is",
    lambda g, a, b: (g * b, g * a.T))


def well_conditioned(rng):
    return [3 * np.eye(3) + rng.normal(size=(3, 3))]


def inverse_vjp(g, a):
    inverse_of_a = np.linalg.inv(a)
    return -inverse_of_a.T @ g @ inverse_of_a.T


def untransposed_inverse_vjp(g, a):
    inverse_of_a = np.linalg.inv(a)
    return -inverse_of_a @ g @ inverse_of_a


inverse = Function("inverse", np.linalg.inv, inverse_vjp, well_conditioned)
inverse.wrong("not-transposed", "inverse as it is", untransposed_inverse_vjp)
inverse.wrong("sign", "minus forgotten",
    lambda g, a: -inverse_vjp(g, a))


def cosine(x, y):
    return x @ y / np.linalg.norm(x) / np.linalg.norm(y)


def cosine_vjp(g, x, y):
    length_x, length_y, out = np.linalg.norm(x), np.linalg.norm(y), cosine(x, y)
    return (g * (y / length_y - out * x / length_x) / length_x,
            g * (x / length_x - out * y / length_y) / length_y)


cosine_similarity = Function("cosine similarity", cosine, cosine_vjp, normal((5,), (5,)))
cosine_similarity.wrong("shared-quantity", "norms taken for constants",
    lambda g, x, y: (g * y / np.linalg.norm(x) / np.linalg.norm(y),
                     g * x / np.linalg.norm(x) / np.linalg.norm(y)))
