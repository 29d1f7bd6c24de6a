"""What can be said of a wrong gradient that no rule explains: which elements are wrong, and how far off."""

import numpy as np

from minigrad.gradcheck.diagnosis.formulas import local_formulas
from minigrad.gradcheck.diagnosis.words import axes, polynomial
from minigrad.gradcheck.report import Finding


def unknown(case):
    """An unknown pattern, described in one line."""
    t = case.first
    facts = [f"{np.count_nonzero(t.wrong)} of {t.x.size} elements are wrong"]
    facts += [*_where(t.wrong), *_by_how_much(case, t.wrong)]
    return Finding("unknown", f"The gradient of input {case.i} is wrong, in an unknown pattern.",
                   "; ".join(facts), "the elements that are wrong: what have they in common?", case.i)


def _where(wrong):
    """Whether the wrong elements fill whole rows, the border, or the diagonal."""
    if wrong.all() or not wrong.any():
        return
    for axis in range(wrong.ndim):
        rest = tuple(a for a in range(wrong.ndim) if a != axis)
        some, every = wrong.any(axis=rest), wrong.all(axis=rest)
        if np.array_equal(some, every) and rest:
            which = ", ".join(map(str, np.flatnonzero(some)[:8]))
            yield f"exactly those with index {which} along {axes([axis])}"
            return
    border = np.ones(wrong.shape, bool)
    border[tuple(slice(1, -1) for _ in wrong.shape)] = False
    if np.array_equal(wrong, border):
        yield "exactly those at the border"
    elif wrong.ndim == 2 and wrong.shape[0] == wrong.shape[1]:
        if np.array_equal(wrong, np.eye(len(wrong), dtype=bool)):
            yield "exactly those on the diagonal"
        elif not np.diag(wrong).any():
            yield "none of them on the diagonal"


def _by_how_much(case, wrong):
    t = case.first
    if formulas := local_formulas(case):
        (theirs, their_name), (right, name) = formulas
        yield f"the local derivative is {polynomial(theirs, their_name)}, measured {polynomial(right, name)}"
        return
    if not wrong.any():
        return
    if np.all(t.got[wrong] == 0):
        yield "they are zero, and should not be"
        return
    if np.all(np.abs(t.right[wrong]) <= t.slack):
        yield "they should be zero, and are not"
        return
    if case.x.shape == case.y.shape and case.explained(lambda t: t.g):
        yield "the answer is the cotangent itself, without the function's derivative"
        return
    ratios = (t.got / t.right)[wrong & (np.abs(t.right) > t.slack)]
    if ratios.size:
        yield f"answer / right is between {ratios.min():.3g} and {ratios.max():.3g}"
