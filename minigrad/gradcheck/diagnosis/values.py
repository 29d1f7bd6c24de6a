"""Mistakes in the numbers: none, the wrong sign, a constant factor, another input's, without the cotangent.

The places are right. This file knows no axes.
"""

import numpy as np

from minigrad.gradcheck.diagnosis.evidence import Trial
from minigrad.gradcheck.diagnosis.rule import mistake
from minigrad.gradcheck.diagnosis.words import number, origins


@mistake("zero", "The gradient of input {i} is nothing but zeros.",
         "an array made by zeros_like that is never filled, or a gradient computed and not returned")
def zero(case):
    """Nothing but zeros."""
    if case.explained(lambda t: np.zeros_like(t.x)) and not any(t.got.any() for t in case.trials):
        return f"largest element measured: {np.nanmax(np.abs(case.first.right)):.4g}"


@mistake("cotangent-ignored", "The gradient of input {i} does not depend on the cotangent.",
         "the first argument of the vjp: the chain rule multiplies the local derivative by g")
def cotangent_ignored(case):
    """The same gradient whatever the cotangent: never multiplied with it, as if it were ones."""
    here = [t for t in case.trials if t.point is case.first.point]
    if len(here) < 2 or not case.is_wrong or not all(here[0].agrees(t.got, here[0].got) for t in here[1:]):
        return None
    like_ones = all(t.agrees(_for_ones(t)) for t in case.trials)
    return f"{len(here)} random cotangents give the same numbers" + (
        ": the right ones for a cotangent of ones" if like_ones else "")


def _for_ones(t):
    return Trial(t.point, np.ones_like(t.g), t.answers, t.i, t.columns_of).right


# --- Sign and factor ----------------------------------------------------------------------------------------


@mistake("sign", "The gradient of input {i} has the wrong sign.",
         "the sign in the formula: of a difference's second operand, a cosine's or a reciprocal's derivative")
def sign(case):
    """Minus the right gradient."""
    if case.explained(lambda t: -t.right):
        return "every element is minus the measured one"


@mistake("sign", "Some elements of the gradient of input {i} have the wrong sign.",
         "the sign of the local derivative: |x| has the derivative sign(x)")
def sign_of_some(case):
    """The right sizes with wrong signs, at some elements."""
    if sum(t.x.size for t in case.trials) < 8 or not case.explained(_with_signs_of_answer):
        return None
    for words, side in (("where the input is negative", -1), ("where the input is positive", 1)):
        if case.explained(lambda t, side: np.where(np.sign(t.x) == side, -t.right, t.right), side):
            return f"all sizes are right, the sign is wrong {words}"
    return "all sizes are right"


def _with_signs_of_answer(t):
    return np.abs(t.right) * np.where(t.got < 0, -1, 1)


@mistake("constant-factor", "The gradient of input {i} is {factor} times the right one.",
         "a mean's 1/n, the exponent of a power, a number of elements: counted twice, or not at all")
def constant_factor(case):
    """One number by which all of it is multiplied."""
    ratios = np.concatenate([_ratios(t) for t in case.trials])
    factor = np.median(ratios) if ratios.size else 0.0
    if not np.isfinite(factor) or factor == 0 or not case.explained(lambda t: factor * t.right):
        return None
    found = origins(case, factor)
    if case.x.size <= 2 and not found:
        return None                                     # so few numbers always have some factor
    why = "; or ".join(found) or "no size of these arrays explains it"
    return f"the same factor for all elements in {len(case.trials)} trials; {why}", {"factor": number(factor)}


def _ratios(t):
    """answer / right, of the elements that are not small."""
    size = np.nan_to_num(np.abs(t.right))
    large = size > size.max(initial=0.0) / 100
    return t.got[large] / t.right[large]


# --- Another input's ----------------------------------------------------------------------------------------

SWAPPED = ("inputs-swapped", "The gradient of input {i} is that of input {j}.",
           "the order in which the vjp returns gradients, and which operand it multiplies by: the other one")


@mistake(*SWAPPED)
def inputs_exchanged(case):
    """This input's gradient is another's, and the other's this one's."""
    for j in _inputs_of_that_shape(case):
        if case.explained(_right_of, j) and _is_right_of(case, j, case.i):
            return f"and the gradient of input {j} is that of input {case.i}", {"j": j}


@mistake(*SWAPPED)
def other_inputs_shape(case):
    """Another input's gradient, as its shape shows."""
    if np.shape(case.first.got) != case.x.shape:
        return gradient_of_another_input.evidence(case)


@mistake(*SWAPPED)
def gradient_of_another_input(case):
    """This input's gradient is another's."""
    for j in _inputs_of_that_shape(case):
        if case.explained(_right_of, j):
            return f"equal to the measured gradient of input {j} in every trial", {"j": j}


def _right_of(t, j):
    return t.right_of(j)[0]


def _inputs_of_that_shape(case):
    shape = np.shape(case.first.got)
    return [j for j, x in enumerate(case.arrays) if j != case.i and x.dtype.kind == "f" and x.shape == shape]


def _is_right_of(case, j, i):
    """Whether the answer for input j is the right gradient of input i."""
    return all(t.answers[j] is not None and t.agrees(_right_of(t, i), np.asarray(t.answers[j]))
               for t in case.trials)
