"""Mistakes of omission: of several ways in which an element counts, some are missing.

Its other uses, the rest of the batch, or what it does to a mean or a sum that all its neighbours share.
"""

import numpy as np

from minigrad.gradcheck.diagnosis.evidence import attempt, replaced
from minigrad.gradcheck.diagnosis.rows import (
    blocks,
    coupled_axes,
    in_plane,
    is_rank_one_beside_diagonal,
    numbers_shared,
    parallel,
    rank,
)
from minigrad.gradcheck.diagnosis.rule import mistake
from minigrad.gradcheck.diagnosis.words import axes, number, polynomial, subsets

# --- Batches ------------------------------------------------------------------------------------------------


@mistake("first-of-batch", "The gradient of input {i} knows only the first of the batch.",
         "an index [0] on the way, or a loop over the batch that returns in its first round")
def first_of_batch(case):
    """Only the first of the batch counts, or stands for all."""
    if case.y.ndim and len(case.y) > 1:
        if case.explained(_for_cotangent, case, lambda g: np.where(_is_first(g), g, 0.0)):
            return "only outputs with index 0 along axis 0 count"
        if case.explained(_for_cotangent, case, lambda g: np.broadcast_to(g[:1], g.shape)):
            return "right if the cotangent were g[0] for all of the batch"
    if case.x.ndim and len(case.x) > 1:
        if case.explained(lambda t: np.where(_is_first(t.x), t.right, 0.0)):
            return "right at index 0 along axis 0, and zero elsewhere"
        if case.x.size > 2 and case.explained(lambda t: np.broadcast_to(t.right[:1], t.x.shape)):
            return "everywhere the gradient of index 0 along axis 0"
    for j, x in enumerate(case.arrays) if not case.is_elementwise else ():
        if j != case.i and x.ndim > 1 and len(x) > 1 and x.dtype.kind == "f":
            if case.explained_elsewhere(_with_first_for_all, j):
                return f"right if all of input {j} were like its index 0"


def _is_first(x):
    return (np.arange(len(x)) == 0).reshape(-1, *[1] * (x.ndim - 1))


def _for_cotangent(t, case, change):
    if not case.right_jacobians:
        return None
    found = (change(t.g).reshape(-1) @ case.right_jacobians[id(t.point)]).reshape(t.x.shape)
    return np.where(np.isfinite(t.right), found, np.nan)


def _with_first_for_all(t, j):
    x = t.arrays[j]
    return replaced(t.arrays, j, np.repeat(x[:1], len(x), 0)), t.g, lambda d: d


# --- Several outputs ----------------------------------------------------------------------------------------


@mistake("overwritten", "Elements of input {i} are used several times, and only one use counts.",
         "an assignment where it should be added: = for +=, grad[k] = ... for np.add.at(grad, k, ...)")
def overwritten(case):
    """Each element goes into several outputs, and only one counts: written over instead of added up."""
    for some in subsets(range(case.y.ndim)) if case.clean_jacobians else ():
        which = {_one_of_several(case, some, J, A) for _, J, A in case.clean_jacobians}
        if None not in which:
            told = which.pop() if len(which) == 1 else "one"
            return f"along {axes(some)} of the output, the {told} use of an element is all that counts"


def _one_of_several(case, some, J, A):
    """Which use of each element is all that counts: its "first", "last", some "one", or None if it is not so.

    A use is all outputs that share an index along the axes `some`.
    """
    size = np.abs(J)
    there = np.abs(A - J) <= 10 * case.fuzz * size + case.fuzz / 10 * size.max()
    kept, lost = (J != 0) & there & (A != 0), (J != 0) & (A == 0)
    if np.any(kept | lost != (J != 0)) or np.any(A[J == 0]) or not kept.any() or not lost.any():
        return None
    used, kept, lost = (_by_use(case, some, mask) for mask in (J != 0, kept, lost))
    uses, keeps = used.sum(axis=0), kept.sum(axis=0)
    several = (uses > 1) & (keeps == 1)
    one_each = np.all(keeps[uses == 1] == 1) and np.all(keeps <= 1) and not np.any(kept & lost)
    if not one_each or not np.any(several) or 2 * np.sum(several) < np.sum(uses > 1):
        return None
    position, used = kept[:, several].argmax(axis=0), used[:, several]
    last = len(used) - 1 - used[::-1].argmax(axis=0)
    if np.all(position == last):
        return "last"
    return "first" if np.all(position == used.argmax(axis=0)) else "one"


def _by_use(case, some, mask):
    """Whether any output of a use is in the mask: (uses, elements)."""
    others = tuple(axis for axis in range(case.y.ndim) if axis not in some)
    return mask.reshape(*case.y.shape, case.x.size).any(axis=others).reshape(-1, case.x.size)


@mistake("overwritten", "Elements of input {i} are used several times, and count once.",
         "indices that occur twice: grad[k] += ... adds once for each, np.add.at(grad, k, ...) every time")
def counted_once(case):
    """Elements that are used n times have 1/n of their gradient."""
    if not case.clean_jacobians:
        return None
    uses = [_times_too_small(J, A) for _, J, A in case.clean_jacobians]
    if any(times is None or np.any(times != uses[0]) for times in uses):
        return None
    if uses[0].max() > 1 and np.any(uses[0] == 1):
        return f"{np.sum(uses[0] > 1)} elements have a half, a third or the like of their gradient"


def _times_too_small(J, A):
    """The whole number by which each element's gradient is too small, (elements,); None if there is none."""
    theirs = np.abs(A).sum(axis=0)
    times = np.where(theirs > 0, np.abs(J).sum(axis=0) / np.where(theirs > 0, theirs, 1), 0).round()
    return times if np.allclose(A * times, J, rtol=1e-5, atol=1e-9 * np.abs(J).max(initial=0.0)) else None


# --- Several uses in one function ---------------------------------------------------------------------------

ONE_USE = ("overwritten", "Input {i} is used more than once, and the gradient of a use is missing.",
           "all the places where the input is used: their gradients are added up")


@mistake(*ONE_USE)
def skip_left_out(case):
    """x + f(x) without the x, or without the f(x)."""
    if case.x.shape == case.y.shape and case.explained(lambda t: t.right - t.g):
        return "what is missing is the cotangent itself: the way straight through"
    if case.x.shape == case.y.shape and not case.is_elementwise and case.explained(lambda t: t.g):
        return "the gradient is the cotangent itself: only the way straight through is there"


@mistake(*ONE_USE)
def term_left_out(case):
    """u(x) v(x) or u(x) + v(x), without the gradient of u or of v, where it can be told."""
    if not case.is_elementwise or case.local.shape[1] < 6:
        return None
    x, y, right, theirs = case.local
    missing, size = right - theirs, np.abs(right).max()
    for part, words in ((theirs, "the gradient is"), (missing, "the missing part is")):
        if (times := _constant(part, y / x, size)) in (1, 2, 3):
            return f"{words} {number(times)} g y / x: one half of the product rule"
    if (times := _constant(missing, y, size)) in (1, -1, 2, 0.5):
        return f"the missing part is {number(times)} g y"
    for power in (1, 2):
        if (times := _constant(missing, x**power, size)) is not None and 12 * times == round(12 * times):
            return f"the missing part is g times {polynomial([0] * power + [times], 'x')}"
    return None


def _constant(part, whole, size):
    """part / whole, if it is one number (a twelfth, if it is near one); None if part is nothing."""
    ratio = part / whole
    middle = np.median(ratio)
    if np.abs(part).max() < 1e-4 * size or not np.all(np.abs(ratio - middle) <= 1e-5 * abs(middle) + 1e-9):
        return None
    rounded = round(middle * 12) / 12
    return rounded if abs(rounded - middle) <= 1e-5 * abs(middle) else middle


@mistake(*ONE_USE)
def counted_by_degree(case):
    """x used d times in a product, and fewer of them counted.

    A part of y that is of degree d in x has <its gradient, x> = d <g, part> (Euler's theorem on homogeneous
    functions), and each use of x gives one of these d.
    """
    parts = {id(point): attempt(_parts_by_degree, point, case.i) for point in case.measured.points}
    if any(part is None for part in parts.values()):
        return None
    degrees = [d for d in (1, 2, 3) if any(np.abs(part[d]).max() > 1e-6 for part in parts.values())]
    if not degrees or degrees == [1] or len(case.trials) <= len(degrees):
        return None
    by_part = np.array([[np.sum(t.g * parts[id(t.point)][d]) for d in degrees] for t in case.trials])
    counted, size = (np.array([np.sum(f(t.got * t.x)) for t in case.trials]) for f in (np.asarray, np.abs))
    times = np.linalg.lstsq(by_part, counted, rcond=None)[0].round()
    if np.any(np.abs(by_part @ times - counted) > 1e-6 * size) or not times.any():
        return None
    if np.any(times < 0) or np.any(times > degrees) or np.all(times == degrees):
        return None
    return "; ".join(f"of {d} factors of a product, {n:.0f} counted" for d, n in zip(degrees, times))


def _parts_by_degree(point, i):
    """y as a sum of parts of degree 0 to 3 in input i: (4, *y.shape); an error if it is none."""
    scales = np.array([0.0, 0.5, 1.0, 1.5, -1.0, 2.0])
    at = np.array([point.f(*replaced(point.arrays, i, s * point.arrays[i])) for s in scales]).reshape(6, -1)
    powers = scales[:, np.newaxis] ** np.arange(4)
    parts = np.linalg.solve(powers[:4], at[:4])
    if not np.all(np.abs(powers[4:] @ parts - at[4:]) <= 1e-9 * np.abs(at).max()):
        raise ValueError("not a polynomial of degree 3")
    return parts.reshape(4, *point.y.shape)


# --- Shared quantities --------------------------------------------------------------------------------------

SHARED = ("shared-quantity",
          "The gradient of input {i} takes for a constant what all along {axes} share and change: {what}.",
          "the path through that quantity: its own gradient, summed over all outputs that use it")


@mistake(*SHARED)
def shared_quantity(case):
    """A mean, maximum, sum or norm taken for a constant: elements of a row know nothing of each other."""
    if case.x.shape != case.y.shape or not case.clean_jacobians:
        return None
    coupled = coupled_axes(case, case.clean_jacobians[0][1])
    if not coupled or any(coupled_axes(case, A) for _, _, A in case.clean_jacobians):
        return None
    for _, J, A in case.clean_jacobians:
        rows = zip(blocks(case, J, coupled), blocks(case, A, coupled))
        if not all(_differ_in_shared(*row, case.fuzz) for row in rows):
            return None
    return ("in this gradient an element counts in its own output only, measured it counts in all along "
            f"{axes(coupled)}", {"axes": axes(coupled), "what": _what_is_shared(case, coupled)})


def _differ_in_shared(J, A, fuzz):
    """Whether in one row only one or two numbers that all its elements share make the difference."""
    n = len(J)
    if n >= 3 and rank(A - J, fuzz) <= min(2, n - 2):
        return True
    own_place_is_right = np.all(J != 0) and np.allclose(np.diag(A), np.diag(J), rtol=10 * fuzz)
    return own_place_is_right and (is_rank_one_beside_diagonal(J, fuzz) or (
        n >= 6 and rank(J[: n // 2, n // 2 :], fuzz) <= 2))


def _what_is_shared(case, coupled):
    """Told by how it changes with each element: the direction of what is missing."""
    point, J, A = case.clean_jacobians[0]
    missing = blocks(case, A - J, coupled)
    x = blocks(case, np.diag(point.arrays[case.i].reshape(-1)), coupled).sum(axis=1)
    directions = np.linalg.svd(missing)[2][:, 0]
    for what, direction in _directions(x):
        if rank(missing[0], case.fuzz) == 1 and parallel(directions, direction, case.fuzz):
            return what
    return "a sum, mean, norm or maximum"


def _directions(x):
    """(the shared number, its derivative along each row of x)."""
    yield "their mean or sum", np.ones_like(x)
    yield "their maximum", x == x.max(axis=1, keepdims=True)
    yield "their minimum", x == x.min(axis=1, keepdims=True)
    yield "their norm", x
    yield "their variance", x - x.mean(axis=1, keepdims=True)
    yield "the sum of their exponentials", np.exp(x - x.max(axis=1, keepdims=True))


@mistake(*SHARED)
def shared_quantity_by_balance(case):
    """The same, told by a balance: some functions are not changed by a constant added to a row, or a factor.

    If f(x + c) = f(x), the gradient sums to 0 along the row; if f(c x) = f(x), the gradient times x does. An
    answer that does not, and misses a multiple of one known direction in each row, has left out how that
    quantity moves.
    """
    if not all(t.complete for t in case.trials):
        return None
    for some in subsets(range(case.x.ndim)):
        x, right, got = (np.concatenate([_rows(part, some) for part in parts]) for parts in zip(
            *((t.x, t.right, t.got) for t in case.trials)))
        missing = right - got
        if x.shape[1] < 4 or np.any(np.abs(missing).max(axis=1) < 1e-4 * np.abs(right).max(axis=1)):
            continue
        for direction, words in ((np.ones_like(x), "adding a constant to"), (x, "multiplying")):
            if _balances(right, direction) and not _balances(got, direction):
                what = next((what for what, d in _directions(x) if parallel(missing, d)), "")
                what = what or ("their mean and their norm" if in_plane(missing, x) else "")
                if what:
                    evidence = f"{words} all along {axes(some)} leaves y as it is: the balance is lost"
                    return evidence, {"axes": axes(some), "what": what}
    return None


def _rows(x, some):
    """An array as rows that hold the elements along the axes `some`."""
    last = range(-len(some), 0)
    return np.moveaxis(x, some, last).reshape(-1, np.prod([x.shape[axis] for axis in some]))


def _balances(gradient, direction):
    terms = gradient * direction
    return bool(np.all(np.abs(terms.sum(axis=1)) <= 1e-6 * np.abs(terms).sum(axis=1)))


SCALED = ("In the gradient of input {i}, the part through what all along {axes} share has a factor {factor}.",
          "the sign and the factor of the sum in the vjp")


@mistake("sign", *SCALED)
def shared_part_negative(case):
    """Right in its own place, but the part through the shared quantity has the wrong sign."""
    found = _factor_of_shared_part(case)
    return found if found and found[1]["factor"] == "-1" else None


@mistake("constant-factor", *SCALED)
def shared_part_scaled(case):
    """Right in its own place, but the part through the shared quantity has a factor."""
    return _factor_of_shared_part(case)


def _factor_of_shared_part(case):
    if case.x.shape != case.y.shape or not case.clean_jacobians:
        return None
    coupled = coupled_axes(case, case.clean_jacobians[0][1])
    if not coupled or any(numbers_shared(case, J, coupled) > 2 for _, J, _ in case.clean_jacobians):
        return None
    ratios = []
    for _, J, A in case.clean_jacobians:
        beside = ~np.eye(len(J), dtype=bool)
        if np.any(A[beside & (J == 0)]) or any(rank(b, case.fuzz) > 2 for b in blocks(case, A - J, coupled)):
            return None
        ratios.append(A[beside & (J != 0)] / J[beside & (J != 0)])
    ratios = np.concatenate(ratios)
    factor = np.median(ratios)
    if factor == 0 or abs(factor - 1) < 1e-4 or np.ptp(ratios) > 100 * case.fuzz * abs(factor):
        return None
    return "each element's effect on the outputs of the others has that factor", {
        "axes": axes(coupled), "factor": number(factor)}
