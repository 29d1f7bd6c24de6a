"""How a vjp behaves, whatever its numbers: whether it writes where it should read, changes its mind, forgets.

It asks the vjp several times and compares answers with answers. It measures nothing.
"""

from itertools import combinations
from typing import NamedTuple

import numpy as np

from minigrad.gradcheck.calls import WrongCount
from minigrad.gradcheck.report import Finding


class Answers(NamedTuple):
    """What a vjp said, and what there is to be said of that."""

    gradients: list             # for each cotangent, the gradients of all inputs; empty if they are of no use
    findings: list[Finding]
    shared: list[Finding] = []                  # gradients share memory
    offset: list[Finding] = []                  # it is not zero for a cotangent of zeros
    bent: list[Finding] = []                    # it is not linear in the cotangent
    error: Exception | None = None              # what the vjp raised


def ask(calls, cotangents, allow_shared=False) -> Answers:
    """Ask the vjp for its gradients, for each of two cotangents; and again, for 0, and for a mixture."""
    first, second = cotangents
    try:
        one, other, again, zero, mixed = (calls.backward(g, *calls.point)
                                          for g in (first, second, first, 0 * first, 2 * first - second))
    except WrongCount as error:
        sentence = f"The vjp must return a gradient, or None, for each of its inputs: {error}."
        return Answers([], [Finding("wrong-count", sentence)])
    except Exception as error:                          # whatever goes wrong in the code under test
        raised = Finding("raises", f"The vjp raised {type(error).__name__}: {error}")
        return Answers([], [raised], error=error)
    findings = writes(calls)
    if not same(one, again):
        return Answers([], [*findings, changed(one, again, zero)])
    findings += dtypes(one, calls.point, calls.arrays)
    return Answers([one, other], findings, [] if allow_shared else shared(one), offset(zero),
                   bent(one, other, mixed))


def writes(calls):
    """Findings for what the vjp wrote to."""
    return [Finding("cotangent-mutated" if what == "the cotangent" else "input-mutated",
                    f"The vjp writes to {what}, which others still need.",
                    f"{what} had changed after the call", "in-place operators (+=, *=, out=) in the vjp")
            for who, what in sorted(calls.written) if who == "vjp"]


def changed(one, again, zero):
    """The finding for a vjp that answers differently the second time."""
    unsteady = [(y, z) for x, y, z in zip(one, again, zero) if not close(x, y)]
    if all(y is not None and np.any(y) and close(y, z) for y, z in unsteady):
        return Finding("stale-gradient", "The gradients of earlier calls are still there: they pile up.",
                       "asked with a cotangent of zeros, it gave the answer before once more",
                       "where the gradient is set to zero")
    return Finding("not-deterministic", "The vjp answers differently when it is asked the same again.",
                   "two calls with one cotangent and the same inputs",
                   "random numbers, or what is kept between calls")


def dtypes(answer, point, given):
    """Findings for gradients of another dtype than their float64 inputs."""
    return [Finding("wrong-dtype", f"The gradient of input {i} is {x.dtype}; its input is {x0.dtype}.", "",
                    "conversions on the way, such as astype", i)
            for i, (x, x0, original) in enumerate(zip(answer, point, given))
            if x is not None and original.dtype == np.float64 and x.dtype != x0.dtype]


def shared(answer):
    """Findings for gradients that share memory with each other."""
    held = [(i, x) for i, x in enumerate(answer) if x is not None and x.size]
    return [Finding("shared-memory", f"The gradients of inputs {i} and {j} share memory: adding to one "
                    "changes the other.", "", "return a copy for one of them", j)
            for (i, x), (j, y) in combinations(held, 2)
            if np.may_share_memory(x, y) and np.shares_memory(x, y)]


def offset(zero):
    """Findings for a vjp that has an answer to a cotangent of zeros: every vjp is a matrix times that."""
    for i, x in enumerate(zero):
        numbers = [] if x is None else x[np.isfinite(x) & (x != 0)]     # 0 times infinity is another matter
        if len(numbers):
            return [Finding("not-linear", f"The gradient of input {i} is not zero for a cotangent of zeros.",
                            f"it is {numbers[0]:.6g} at one element",
                            "what is added to the gradient without being multiplied by the cotangent", i)]
    return []


def bent(one, other, mixed):
    """Findings for a vjp whose answer for 2g - h is not twice that for g less that for h."""
    for i, (x, y, both) in enumerate(zip(one, other, mixed)):
        if x is None or y is None or both is None or not x.shape == y.shape == both.shape:
            continue
        finite = np.isfinite(x) & np.isfinite(y)
        if not close(both[finite], 2 * x[finite] - y[finite]):
            return [Finding("not-linear", f"The gradient of input {i} is not linear in the cotangent.",
                            "the answer for 2g - h is not twice that for g less that for h",
                            "squares, magnitudes or signs of the cotangent", i)]
    return []


def same(answer, other):
    return all(close(x, y) for x, y in zip(answer, other))


def close(x, y):
    """Whether two gradients are the same but for rounding, in the shorter of their dtypes."""
    if x is None or y is None:
        return x is y
    if x.shape != y.shape:
        return False
    short = any(z.dtype == np.float32 or z.dtype == np.float16 for z in (x, y))
    scale = max(np.abs(z[np.isfinite(z)]).max(initial=0.0) for z in (x, y))
    return np.allclose(x, y, rtol=0.0, atol=(1e-4 if short else 1e-9) * scale, equal_nan=True)
