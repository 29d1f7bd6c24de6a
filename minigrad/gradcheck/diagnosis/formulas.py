"""Mistakes of the formula: the wrong mask, the derivative at the wrong point, a factor too many."""

import itertools

import numpy as np

from minigrad.gradcheck.diagnosis.evidence import replaced
from minigrad.gradcheck.diagnosis.rule import mistake
from minigrad.gradcheck.diagnosis.words import number, polynomial

# --- Masks --------------------------------------------------------------------------------------------------

MASK = ("mask-inverted", "The mask in the gradient of input {i} is inverted.",
        "the comparison that makes the mask, or argmin for argmax")


@mistake(*MASK)
def mask_inverted(case):
    """Nonzero exactly where it should be zero."""
    if np.shape(case.first.got) != case.x.shape or not case.x.size:
        return None
    known = [np.isfinite(t.right) for t in case.trials]
    right, got = (np.concatenate([(np.abs(g) > t.slack)[k] for g, t, k in zip(gradients, case.trials, known)])
                  for gradients in zip(*((t.right, t.got) for t in case.trials)))
    moved_only = all(t.complete and t.agrees(np.sort(t.right, None), np.sort(t.got, None))
                     for t in case.trials)
    if np.array_equal(got, ~right) and min(right.sum(), got.sum()) > 1 and not moved_only:
        return "nonzero exactly where the measured gradient is zero"


@mistake(*MASK)
def smallest_for_largest(case):
    """The slopes of two pieces exchanged, or the smallest chosen for the largest."""
    if np.shape(case.first.got) == case.x.shape and all(_chooses(J) for J in case.right_jacobians.values()):
        if case.right_jacobians and case.explained_elsewhere(
                lambda t: (replaced(t.arrays, t.i, -t.x), t.g, lambda d: d)):
            return "right if the input had the other sign: large and small in each other's place"


def _chooses(J):
    """Whether a function is made of straight pieces: only few slopes, and it is no mere permutation."""
    slopes = np.unique(np.abs(J).round(6))
    permutes = np.all(np.count_nonzero(J, axis=0) == 1) and np.sum(slopes > 0) == 1
    return len(slopes) <= 3 and not permutes


# --- The wrong point ----------------------------------------------------------------------------------------

WHICH = "which of the two the formula is meant for: exp' = y, tanh' = 1 - y^2, but sin' = cos x, log' = 1 / x"


@mistake("wrong-point", "The gradient of input {i} has the input in its formula in the place of the output.",
         WHICH)
def input_for_output(case):
    """1 - x^2 for 1 - y^2: called with y in the place of x, the vjp is right."""
    if has_formula(case) and case.x.size and all(_is_right_at_output(t) for t in case.trials):
        return "called with y in the place of x, the vjp gives the right gradient at x"


@mistake("wrong-point", "The gradient of input {i} has the output in its formula in the place of the input.",
         WHICH)
def output_for_input(case):
    """cos(y) for cos(x): what it gives at x would be right at y."""
    if not has_formula(case):
        return None
    if case.is_elementwise:
        found = case.explained(_at_output, case)
    else:
        found = case.explained_elsewhere(lambda t: (replaced(t.arrays, t.i, t.y), t.g, lambda d: d))
    return "the answer at x is the measured gradient at y = f(x)" if found else None


def has_formula(case):
    """Whether x or y could stand in the formula: their shape is one, and the answer is not just g."""
    return case.x.shape == case.y.shape and not case.explained(lambda t: t.g)


def _is_right_at_output(t):
    point = t.point.at_output(t.i)
    answers = point.answer(t.g) if point else None
    return bool(answers) and t.agrees(t.right, np.asarray(answers[t.i]))


def _at_output(t, case):
    """g f'(y), wherever f is defined there."""
    point = t.point.at_output(t.i)
    return t.g * np.diag(point.jacobian(t.i, case.columns)[0]).reshape(t.x.shape) if point else None


@mistake("wrong-point", "The local derivative of input {i} is {theirs}, where it should be {right}.",
         "the formula of the local derivative: what it is made of, and of the input or the output")
def wrong_polynomial(case):
    """Part of the formula, or the formula in x for y: y for y - y^2, 1 - y for 1 - y^2."""
    found = _wrong_formulas(case)
    if found:
        (theirs, their_name), (right, name) = found
        if _divides(theirs, right) if their_name == name else np.array_equal(theirs, right):
            return _told(found)


@mistake("sign", "The local derivative of input {i} is {theirs}, where it should be {right}.",
         "the sign of a term in the formula of the local derivative")
def wrong_sign_in_polynomial(case):
    """1 + y^2 for 1 - y^2."""
    found = _wrong_formulas(case)
    if found and found[0][1] == found[1][1] and np.array_equal(*(np.abs(c) for c, _ in found)):
        return _told(found)


def local_formulas(case):
    """The vjp's local derivative and the measured one, as (coefficients, "x" or "y") of polynomials."""
    if not case.is_elementwise or case.local.shape[1] < 8:
        return None
    x, y, right, theirs = case.local
    found = []
    for part in (theirs, right):
        fits = [(c, name) for name, t in (("y", y), ("x", x)) if (c := _fitted(t, part)) is not None]
        found += fits[:1]
    return found if len(found) == 2 else None


def _wrong_formulas(case):
    """Those, where the vjp's is no constant, and the right one no mere power: for powers see extra_factor."""
    found = local_formulas(case)
    return found if found and found[0][0][1:].any() and np.count_nonzero(found[1][0]) > 1 else None


def _told(formulas):
    theirs, right = (polynomial(*formula) for formula in formulas)
    return f"a formula of {', '.join(sorted({name for _, name in formulas}))} that fits in all trials", {
        "theirs": theirs, "right": right}


def _fitted(t, values):
    """Coefficients of 1, t, t^2, if they are round numbers and fit exactly."""
    basis = t[:, np.newaxis] ** np.arange(3)
    if np.linalg.matrix_rank(basis, tol=1e-6 * np.abs(basis).max()) < 3:
        return None
    rounded = (12 * np.linalg.lstsq(basis, values, rcond=None)[0]).round() / 12
    fits = np.abs(basis @ rounded - values) <= 1e-6 * np.abs(values).max()
    return rounded if np.all(fits) and rounded.any() else None


def _divides(divisor, whole):
    """Whether a polynomial is the other times something."""
    a, b = (np.trim_zeros(c, "b")[::-1] for c in (whole, divisor))
    return len(b) <= len(a) and bool(np.all(np.abs(np.polydiv(a, b)[1]) < 1e-4))


@mistake("wrong-point", "The gradient of input {i} has the function itself in the place of its derivative.",
         "the local derivative: only exp is its own")
def function_for_derivative(case):
    """The function's value where its derivative should be."""
    if case.is_elementwise and any(case.explained(lambda t, s: s * t.g * t.y, s) for s in (1, -1)):
        return "the answer is g * y"


# --- A factor that varies -----------------------------------------------------------------------------------

FACTOR = ("extra-factor", "The gradient of input {i} is right but for a factor: {factor}.",
          "the powers in the formula: one factor too many, too few, or a product for a quotient")


@mistake(*FACTOR)
def extra_factor(case):
    """A power of x, y, another input or the cotangent too many or too few."""
    names, variables, right, theirs = _entries(case)
    for powers, words in _monomials(names) if right.size >= 3 else ():
        factor = np.prod([_power(v, p) for v, p in zip(variables, powers) if p], axis=0)
        ratio = theirs / (right * factor)
        constant = np.median(ratio)
        if constant == 0 or not np.all(np.abs(ratio - constant) <= 2e-5 * abs(constant)):
            continue
        if right.size >= 8 or any(abs(abs(constant) - c) < 1e-4 * c for c in (1, 2, 0.5)):
            times = "" if abs(abs(constant) - 1) < 1e-4 else f"{number(abs(constant))} "
            by = f"{'-' if constant < 0 else ''}{times}{words}"
            legend = f", with x = input {case.i} and y the output" if len(case.arrays) > 1 else ""
            return f"answer / right = {by} in {right.size} places{legend}", {"factor": by}
    return None


@mistake(*FACTOR)
def polynomial_factor(case):
    """A factor that is a polynomial of x or y, or one over that."""
    names, variables, right, theirs = _entries(case)
    for name, variable in zip(names[:2], variables) if right.size >= 8 else ():
        for ratio, start in ((theirs / right, ""), (right / theirs, "1 / ")):
            if np.isfinite(ratio).all() and (c := _fitted(variable, ratio)) is not None:
                factor = f"{start}({polynomial(c, name)})"
                return f"answer / right = {factor} in {right.size} places", {"factor": factor}
    return None


@mistake("extra-factor", "The gradient of input {i} should have the function's derivative as a factor, once.",
         "the factor f'(x) of the chain rule")
def derivative_left_out(case):
    """The cotangent, passed on as it came; or the derivative upside down, or twice."""
    if case.is_elementwise and case.local.shape[1] >= 6 and case.local[2].all():
        for words, power in (("g", 0), ("g / f'(x)", -1), ("g f'(x)^2", 2)):
            if any(case.explained(lambda t, p, s: s * t.g * (t.right / t.g) ** p, power, s) for s in (1, -1)):
                return f"the answer is {words}"


def _power(x, p):
    """x^p, and for fractions of the magnitude alone."""
    return np.sign(x) ** (p % 2) * np.abs(x) ** p


def _monomials(names):
    """(exponents, words), the simple ones first: x, 1/x, x^2, ..., x y, x / y, ..."""
    singles = [(p,) for p in (1, -1, 2, -2, 0.5, -0.5, 3, -3)]
    pairs = list(itertools.product((1, -1, 2, -2), repeat=2))
    for count, choices in ((1, singles), (2, pairs)):
        for which in itertools.combinations(range(len(names)), count):
            for choice in choices:
                powers = np.zeros(len(names))
                powers[list(which)] = choice
                words = (names[k] if p == 1 else f"{names[k]}^{number(p)}" for k, p in zip(which, choice))
                yield powers, " ".join(words)


def _entries(case, most=400):
    """Names and values of all that could be the factor, the right numbers and the vjp's: (places,) each.

    They are elements of the Jacobians, x and y being those the element belongs to; where the vjp is not
    linear, elements of the gradients, and the cotangent is one of the factors.
    """
    names, columns = [], []
    for point, J, A in case.clean_jacobians:
        outputs, elements = np.nonzero(J)
        if np.any(A[J == 0]):
            return [], [], np.empty(0), np.empty(0)
        names, values = _factors(case, point, outputs, elements)
        columns.append(np.stack([*values, J[outputs, elements], A[outputs, elements]]))
    if not columns and case.x.shape == case.y.shape:
        for t in case.trials:
            every = np.flatnonzero(np.isfinite(t.right) & (np.abs(t.right) > t.slack))
            names, values = _factors(case, t.point, every, every)
            names, values = [*names, "g"], [*values, t.g.reshape(-1)[every]]
            columns.append(np.stack([*values, t.right.reshape(-1)[every], t.got.reshape(-1)[every]]))
    table = np.concatenate(columns, axis=1) if columns else np.empty((2, 0))
    table = table[:, np.linspace(0, table.shape[1] - 1, min(most, table.shape[1])).astype(int)]
    return names, table[:-2], table[-2], table[-1]


def _factors(case, point, outputs, elements):
    """Names and values of x, y and the other inputs that belong to each pair of an output and an element."""
    names, values = ["x", "y"], [point.arrays[case.i].reshape(-1)[elements], point.y.reshape(-1)[outputs]]
    for j, other in enumerate(point.arrays):
        if j == case.i or other.dtype.kind not in "fiu":
            continue
        if other.shape == case.x.shape != case.y.shape:
            found = other.reshape(-1)[elements]
        elif _fits(other.shape, case.y.shape):
            found = np.broadcast_to(other, case.y.shape).reshape(-1)[outputs]
        else:
            continue
        names, values = [*names, f"(input {j})", f"log(input {j})"], [*values, found, np.log(found)]
    return names, values


def _fits(shape, wanted):
    try:
        return np.broadcast_shapes(shape, wanted) == wanted
    except ValueError:
        return False
