"""Mistakes of place: the right numbers, or the right sums, along the wrong axes or in the wrong order.

This file knows axes and no derivative.
"""

import itertools
from math import prod

import numpy as np

from minigrad.gradcheck.diagnosis.evidence import Point, attempt, replaced
from minigrad.gradcheck.diagnosis.rows import coupled_axes, numbers_shared
from minigrad.gradcheck.diagnosis.rule import mistake
from minigrad.gradcheck.diagnosis.words import axes, listed, subsets

# --- The wrong shape ----------------------------------------------------------------------------------------


@mistake("missing-broadcast-sum",
         "The gradient of input {i} is not added up over {axes}, along which the input was repeated.",
         "a sum over those axes: an element used several times gets the sum of all its gradients")
def not_summed(case):
    """The cotangent's shape: not added up over the axes along which the input was repeated."""
    got = np.shape(case.first.got)
    for some in subsets(range(len(got))) if prod(got) > case.x.size else ():
        if _right_once(case, lambda got, some: got.sum(axis=some), some):
            return f"shape {got}, wanted {case.x.shape}; summed it is right", {"axes": axes(some)}


NOT_TRANSPOSED = (
    "not-transposed",
    "The gradient of input {i} has the right numbers, but something in it should be transposed, or not be.",
    "the matrix product that makes it: for y = x @ w they are g @ w.T and x.T @ g, in this order")


@mistake(*NOT_TRANSPOSED)
def shape_not_transposed(case):
    """The right gradient, but for the order of the last two axes, which shows in its shape."""
    got = np.shape(case.first.got)
    if got == case.x.shape or len(got) < 2:
        return None
    if _right_once(case, lambda got: got.swapaxes(-1, -2), shaped=True):
        return f"shape {got}, wanted {case.x.shape}; with the last two axes exchanged it is right"


@mistake("wrong-order", "The gradient of input {i} has its axes in the wrong order.",
         "the permutation: a gradient goes back by the inverse one, np.argsort(permutation)")
def axes_permuted(case):
    """The right gradient, but for a permutation of its axes, which shows in its shape."""
    got = np.shape(case.first.got)
    for order in itertools.permutations(range(len(got))) if got != case.x.shape else ():
        if _right_once(case, lambda got, order: got.transpose(order), order, shaped=True):
            return f"shape {got}, wanted {case.x.shape}; transposed by {order} it is right"


@mistake("wrong-shape", "The gradient of input {i} has shape {got}, and the input {wanted}.",
         "a reshape, a sum with or without keepdims, or an axis dropped: a gradient has its input's shape")
def wrong_shape(case):
    """Not the input's shape."""
    got, wanted = np.shape(case.first.got), case.x.shape
    if got == wanted:
        return None
    words = f"{got} for {wanted}"
    if _right_once(case, np.ravel):
        words += "; the numbers are right, in the order of reading"
    elif _right_once(case, lambda got: np.broadcast_to(got, wanted)):
        words += "; the numbers are right, to be repeated along the axes that are missing"
    return words, {"got": got, "wanted": wanted}


def _right_once(case, change, *args, shaped=False):
    """Whether the answer is right once it is changed, and (if not `shaped`) put into the input's shape."""
    for t in case.trials:
        changed = attempt(change, t.got, *args)
        if changed is None or changed.size != t.x.size or not t.x.size:
            return False
        if not t.agrees(t.right, changed if shaped else changed.reshape(t.x.shape)):
            return False
    return True


# --- Axes ---------------------------------------------------------------------------------------------------


@mistake("wrong-axis", "The gradient of input {i} is summed over the wrong axes.",
         "the axis of the sum: the axes along which the input was repeated, and no others")
def summed_over_wrong_axis(case):
    """Each output depends on one element, but its contribution went to another."""
    if not case.y.ndim or case.x.size == case.y.size or not case.right_jacobians:
        return None
    if any(np.count_nonzero(J, axis=1).max(initial=0) > 1 for J in case.right_jacobians.values()):
        return None
    for some in subsets(range(case.y.ndim)):
        if case.explained(_summed, case, some):
            return f"equal to what each output contributes, summed over {axes(some)}"


def _summed(t, case, some):
    total = (t.g * case.right_jacobians[id(t.point)].sum(axis=1).reshape(t.y.shape)).sum(axis=some)
    return np.broadcast_to(total, t.got.shape) if total.size == 1 else attempt(total.reshape, t.got.shape)


@mistake("wrong-axis", "The gradient of input {i} is spread along the wrong axis.",
         "the axis, in expand_dims or keepdims, along which the cotangent is repeated")
def spread_along_wrong_axis(case):
    """A reduction whose gradient goes back along an axis that it did not run over."""
    ways = _ways_to_reduce(case.x.shape, case.y.shape)
    if len(ways) < 2 or not case.clean_jacobians:
        return None
    right = [some for some in ways if all(_runs_over(case, some, J) for _, J, _ in case.clean_jacobians)]
    theirs = [some for some in ways if all(_runs_over(case, some, A) for _, _, A in case.clean_jacobians)]
    if not right or not theirs or set(right) & set(theirs):
        return None
    (a, *_), (b, *_) = right[0], theirs[0]
    if case.explained(lambda t: t.right.swapaxes(a, b)) and not _is_constant(case.clean_jacobians[0][1]):
        return None                                     # no reduction, but an operand that is not transposed
    return f"the function runs over {axes(right[0])}, its gradient over {axes(theirs[0])}"


def _ways_to_reduce(shape, reduced):
    """All sets of axes without which `shape` is `reduced`."""
    return [some for some in subsets(range(len(shape)))
            if tuple(n for axis, n in enumerate(shape) if axis not in some) == reduced]


def _runs_over(case, some, J):
    """Whether each output depends on nothing but the elements in its own place, along all axes but `some`."""
    at = np.indices(case.x.shape)
    kept = [at[axis].reshape(-1) for axis in range(case.x.ndim) if axis not in some]
    own = np.ravel_multi_index(kept, case.y.shape) if kept else np.zeros(case.x.size, int)
    return J.any() and not J[own != np.arange(case.y.size)[:, np.newaxis]].any()


def _is_constant(J):
    sizes = np.abs(J[J != 0])
    return bool(sizes.size) and np.ptp(sizes) <= 1e-5 * sizes.max()


OTHER_AXIS = ("wrong-axis", "The gradient of input {i} is taken along the wrong axis.",
              "the axis of the sum, mean or maximum in the vjp: the same as in the function")


@mistake(*OTHER_AXIS)
def taken_along_other_axis(case):
    """The right gradient for a function that runs along another axis; or its weights, in a reduction."""
    for a, b in itertools.combinations(range(case.x.ndim), 2):
        if case.explained_elsewhere(_exchanged, a, b) or (
                case.y.size < case.x.size and case.columns is None and case.clean_jacobians
                and all(_has_weights_of_exchanged(case, *them, a, b) for them in case.clean_jacobians)):
            return f"right if axes {a} and {b} were exchanged"


def _exchanged(t, a, b):
    return replaced(t.arrays, t.i, t.x.swapaxes(a, b)), t.g.swapaxes(a, b), lambda x: x.swapaxes(a, b)


def _has_weights_of_exchanged(case, point, J, A, a, b):
    """Whether each element goes into one output, with the weight it would have if two axes were exchanged."""
    x = point.arrays[case.i].swapaxes(a, b)
    there = attempt(Point, point.f, point.vjp, replaced(point.arrays, case.i, x))
    if not there or not there.y.size or np.any(A[J == 0]):
        return False
    other = np.nan_to_num(there.jacobian(case.i)[0])
    if any(np.any(np.count_nonzero(M, axis=0) > 1) for M in (J, other)):
        return False
    wanted, theirs = other.sum(axis=0).reshape(x.shape).swapaxes(a, b).reshape(-1), A.sum(axis=0)
    return np.allclose(theirs, wanted, rtol=1e-5, atol=1e-8 * np.abs(wanted).max()) and not np.allclose(
        theirs, J.sum(axis=0), rtol=1e-4)


@mistake(*OTHER_AXIS)
def coupled_along_wrong_axis(case):
    """Elements of one row share a sum or a maximum; in the gradient, those of another row do."""
    if case.x.shape != case.y.shape or not case.clean_jacobians:
        return None
    right = set.union(*(coupled_axes(case, J) for _, J, _ in case.clean_jacobians))
    theirs = set.union(*(coupled_axes(case, A) for _, _, A in case.clean_jacobians))
    if not right or not theirs or right == theirs:
        return None
    if right < theirs or theirs < right:                # axes too many, or too few: of a shared sum, at least
        wanted = min(numbers_shared(case, J, right) for _, J, _ in case.clean_jacobians)
        if not max(numbers_shared(case, A, theirs) for _, _, A in case.clean_jacobians) <= wanted <= 2:
            return None
    return f"an output depends on elements along {axes(right)}, its gradient on those along {axes(theirs)}"


# --- Transposes ---------------------------------------------------------------------------------------------


@mistake(*NOT_TRANSPOSED)
def result_not_transposed(case):
    """The right gradient, transposed."""
    if _is_square(case.x) and case.explained(lambda t: t.right.swapaxes(-1, -2)):
        return "with the last two axes exchanged, it is right in every trial"


@mistake(*NOT_TRANSPOSED)
def jacobian_not_transposed(case):
    """J g for J^T g."""
    if case.explained(_forward, case):
        return "equal to J @ g, where the right one is J.T @ g, with J = d(output)/d(input)"


@mistake(*NOT_TRANSPOSED)
def operand_not_transposed(case):
    """An operand, the cotangent or the result is transposed, or should have been: or two of them, or all."""
    for result, cotangent, operand in _transposes(case):
        if case.explained_elsewhere(_with_transposes, result, cotangent, operand):
            what = [words for words, there in (("the result", result), ("the cotangent", cotangent), (
                f"input {operand}", operand is not None)) if there]
            swapped = "; that is, if the factors changed places" if len(what) == 3 else ""
            return f"right if {listed(what)} {'is' if len(what) == 1 else 'are'} transposed{swapped}"


def _transposes(case):
    """What may be transposed: (result, cotangent, the number of an operand or None)."""
    square = [j for j, x in enumerate(case.arrays) if _is_square(x) and x.dtype.kind == "f"]
    for result in (False, True) if _is_square(case.x) else (False,):
        for cotangent in (False, True) if _is_square(case.y) else (False,):
            for operand in (None, *square):
                along_other_axis = len(square) == 1 and cotangent and result != (operand == case.i)
                if (result or cotangent or operand is not None) and not along_other_axis:
                    yield result, cotangent, operand


def _is_square(x):
    return x.ndim >= 2 and x.shape[-1] == x.shape[-2] > 1


def _forward(t, case):
    if case.x.size != case.y.size or not case.right_jacobians:
        return None
    return (case.right_jacobians[id(t.point)] @ t.g.reshape(-1)).reshape(t.x.shape)


def _with_transposes(t, result, cotangent, operand):
    def transposed(x, wanted):
        return x.swapaxes(-1, -2) if wanted else x
    arrays = [transposed(x, j == operand) for j, x in enumerate(t.arrays)]
    return arrays, transposed(t.g, cotangent), lambda x: transposed(x, result != (operand == t.i))


@mistake("kernel-not-rotated", "The gradient of input {i} uses the kernel, input {j}, the wrong way round.",
         "the correlation that makes it goes back with the kernel turned by 180 degrees: both axes reversed")
def kernel_not_rotated(case):
    """Right for a flipped kernel."""
    for j, kernel in enumerate(case.arrays) if not case.is_elementwise else ():
        if j != case.i and kernel.dtype.kind == "f" and kernel.size > 1:
            for some in reversed(list(subsets(axis for axis, n in enumerate(kernel.shape) if n > 1))):
                if len(some) <= 3 and case.explained_elsewhere(_with_flipped, j, some):
                    return f"right for a kernel that is flipped along {axes(some)}", {"j": j}


def _with_flipped(t, j, some):
    return replaced(t.arrays, j, np.flip(t.arrays[j], some)), t.g, lambda x: x


# --- Order --------------------------------------------------------------------------------------------------


@mistake("wrong-order", "The gradient of input {i} has the right numbers in the wrong places.",
         "a reshape, permutation, flip or shift: the gradient goes back by the inverse one (np.argsort of a "
         "permutation, roll by minus the shift)")
def wrong_order(case):
    """The right numbers in the wrong places."""
    if case.x.size < 2 or not all(t.complete for t in case.trials) or not case.explained(_in_order_of_answer):
        return None
    for words, change in _arrangements(case.x.shape):
        if case.explained(lambda t, change: change(t.right), change):
            return words
    for words, change in _arrangements_of_g(case.x.shape):
        if case.x.size == case.y.size and case.explained(lambda t, change: change(t.g), change):
            return words
    if case.explained(_forward, case):
        return "the permutation is done once more, where it should be undone"
    return "sorted, both are the same"


def _in_order_of_answer(t):
    """The right numbers, put where the answer's are by size."""
    ordered = np.empty(t.x.size)
    ordered[np.argsort(t.got, axis=None)] = np.sort(t.right, axis=None)
    return ordered.reshape(t.x.shape)


def _arrangements(shape):
    """(words, how to get there from the right gradient)."""
    for some in subsets(range(len(shape))):
        yield f"flipped along {axes(some)}", lambda x, some=some: np.flip(x, some)
    for order in itertools.permutations(range(len(shape))):
        if tuple(shape[axis] for axis in order) == shape:
            yield f"its axes permuted to {order}", lambda x, order=order: x.transpose(order)
    for axis, n in enumerate(shape):
        for shift in range(-min(n // 2, 10), min(n // 2, 10) + 1):
            yield f"rolled by {shift} along axis {axis}", lambda x, s=shift, axis=axis: np.roll(x, s, axis)
    yield "laid out by columns instead of rows", lambda x: x.reshape(-1).reshape(shape, order="F")
    yield "read by columns instead of rows", lambda x: x.reshape(-1, order="F").reshape(shape)


def _arrangements_of_g(shape):
    yield "the cotangent as it is, in the input's shape", lambda g: g.reshape(shape)
    yield "the cotangent transposed", lambda g: g.T.reshape(shape)
    yield "the cotangent laid out by columns", lambda g: g.reshape(-1).reshape(shape, order="F")
    yield "the cotangent transposed, laid out by columns", lambda g: g.T.reshape(-1).reshape(shape, order="F")


@mistake("wrong-order", "The gradient of input {i} is made of the right factors in the wrong places.",
         "the order in which an operand or the cotangent is read: a slice's offset, a flip, reshape, indices")
def factors_in_wrong_order(case):
    """The right factors, but an operand or the cotangent is shuffled."""
    if min(case.x.size, case.y.size) > 1 and case.clean_jacobians and all(
            _same_numbers(J, A) for _, J, A in case.clean_jacobians):
        return "its Jacobian holds the same numbers as the measured one, in other places"


def _same_numbers(J, A):
    """Whether two Jacobians hold the same numbers; ones and zeros alone do not tell much."""
    same = np.allclose(np.sort(J, axis=None), np.sort(A, axis=None), rtol=1e-5, atol=1e-7 * np.abs(J).max())
    as_many = any(np.array_equal(np.count_nonzero(J, axis=k), np.count_nonzero(A, axis=k)) for k in (0, 1))
    return same and (as_many or not _is_constant(J))
