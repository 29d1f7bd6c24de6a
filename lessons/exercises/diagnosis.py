"""Which mistake is it? Found by looking at a wrong answer beside the right one.

A rule asks one question: is the wrong answer the right one transposed, shifted, times n? Or is it the right
answer to another question: with two arguments exchanged, or one of them turned round? What the rules say of
one call can be chance. So the judge asks several times, and believes what is said every time.

A check may add `Mistake`s of its own. They are asked first, for they know the exercise; the rules do not.
"""

import inspect
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from lessons.exercises.values import close, is_array, is_number, same


class Finding(NamedTuple):
    """A mistake by its name, which is short and stable, and a sentence for the learner."""

    name: str
    sentence: str


NO_RETURN = Finding("no-return", "It gives None: is there a `return`, in every branch?")


class Mistake(NamedTuple):
    """A mistake that people make in one exercise: what the function then gives for the same arguments."""

    name: str
    sentence: str
    answer: Callable[..., Any]


def findings(got: Any, wanted: Any, args: Sequence[Any], solution: Callable[..., Any],
             mistakes: Sequence[Mistake] = ()) -> list[Finding]:
    """All that can be said about the wrong answer `got`, the most telling first."""
    names = list(inspect.signature(solution).parameters)[:len(args)]
    return list(_findings(got, wanted, dict(zip(names, args)), solution, mistakes))


def _findings(got: Any, wanted: Any, args: Mapping[str, Any], solution: Callable[..., Any],
              mistakes: Sequence[Mistake] = ()) -> Iterator[Finding]:
    if got is None:
        yield NO_RETURN
        return
    yield from known_mistakes(got, args.values(), mistakes)
    if isinstance(wanted, tuple | list) and isinstance(got, tuple | list):
        yield from _of_several(got, wanted, args, solution)
    elif not _is_numeric(wanted) or not _is_numeric(got):
        yield from _of_kinds(got, wanted)
    else:
        yield from _of_numbers(np.asarray(got), np.asarray(wanted), args)
        if np.ndim(wanted) > 0:
            yield from _of_another_question(got, args, solution)
        yield from _of_truths(np.asarray(got), np.asarray(wanted))
        yield from _of_shapes(np.asarray(got), np.asarray(wanted))


def known_mistakes(got: Any, args: Iterable[Any], mistakes: Sequence[Mistake]) -> list[Finding]:
    """Those mistakes of the exercise's own that give just this answer."""
    args = list(args)
    return [Finding(mistake.name, mistake.sentence) for mistake in mistakes
            if same(got, _answer(mistake.answer, args))]


def _answer(function: Callable[..., Any], args: Iterable[Any]) -> Any:
    """What a function gives, or None where it has no answer to that question."""
    try:
        with np.errstate(all="ignore"):
            return function(*args)
    except (ValueError, IndexError, TypeError, ZeroDivisionError, AttributeError, KeyError):
        return None


def _is_numeric(value: Any) -> bool:
    return is_array(value) and np.asarray(value).dtype.kind in "fiub"


# ---- kinds

def _of_kinds(got: Any, wanted: Any) -> Iterator[Finding]:
    if is_array(wanted) and isinstance(got, list | tuple):
        yield Finding("wrong-type", f"It gives a {type(got).__name__}, where an array is wanted: np.array "
                      "makes one.")
    elif type(got) is not type(wanted):
        yield Finding("wrong-type", f"It gives a {type(got).__name__}; wanted: {_kind(wanted)}.")


def _kind(value: Any) -> str:
    if isinstance(value, np.ndarray) and value.ndim > 0:
        return "an array"
    return "a number" if is_number(value) else f"a {type(value).__name__}"


def _of_several(got: Sequence[Any], wanted: Sequence[Any], args: Mapping[str, Any],
                solution: Callable[..., Any]) -> Iterator[Finding]:
    """Where several values are wanted: how many, in which order, and what is wrong with one of them."""
    if len(got) != len(wanted):
        yield Finding("wrong-count", f"It gives {len(got)} values, where {len(wanted)} are wanted.")
        return
    if any(same(got, other) for other in itertools.permutations(wanted) if len(wanted) <= 4):
        yield Finding("wrong-order", "The right values, in the wrong order.")
    for i, (one, other) in enumerate(zip(got, wanted)):
        if not same(one, other):
            for finding in _findings(one, other, args, lambda *args: solution(*args)[i]):   # noqa: B023
                yield Finding(finding.name, f"Value {i} of the {len(wanted)}: {finding.sentence}")
            return


# ---- numbers beside numbers

def _of_numbers(got: np.ndarray, wanted: np.ndarray, args: Mapping[str, Any]) -> Iterator[Finding]:
    if np.isfinite(wanted).all() and not np.isfinite(got).all():
        yield Finding("overflow", "There is NaN or infinity in it, where the right answer is finite: an exp "
                      "of something large, a log of 0 or a division by 0.")
        return
    if got.shape == wanted.shape:
        yield from _of_dtypes(got, wanted)
        if got.dtype != bool and wanted.dtype != bool:
            yield from _of_scale(got.astype(np.float64), wanted.astype(np.float64), args)
        yield from _of_places(got, wanted)
    else:
        yield from _of_axes(got, wanted)


def _of_dtypes(got: np.ndarray, wanted: np.ndarray) -> Iterator[Finding]:
    if close(got, wanted):
        yield Finding("wrong-dtype", f"The numbers are right, their dtype is not: {got.dtype}, where "
                      f"{wanted.dtype} is wanted.")
    elif wanted.dtype.kind == "f" and (got == np.trunc(got)).all() and (np.abs(got - wanted) < 1).all():
        yield Finding("wrong-dtype", "The fractions are lost: somewhere the numbers were put into an array "
                      "of integers.")


def _of_scale(got: np.ndarray, wanted: np.ndarray, args: Mapping[str, Any]) -> Iterator[Finding]:
    if not got.any():
        yield Finding("zeros", "It gives nothing but zeros: is the result ever filled in?")
        return
    for name, arg in args.items():
        if _is_numeric(arg) and np.ndim(arg) > 0:
            yield from _of_arguments(got, np.asarray(arg), name)
    if close(got, -wanted):
        yield Finding("sign", "It is minus the right answer.")
        return
    where = np.abs(wanted) > 1e-9 * max(np.abs(wanted).max(initial=0), 1e-9)
    if not where.any():
        return
    ratio = float(np.median(got[where] / wanted[where]))
    if ratio != 0 and close(got, ratio * wanted):
        origins = list(_origins(ratio, args))
        yield from (Finding("constant-factor", origin) for origin in origins)
        if got.size > 1 or origins:
            yield Finding("constant-factor", "It is the right answer times one and the same factor.")
    elif got.size > 1 and close(got - wanted, np.full(got.shape, (got - wanted).mean())):
        yield Finding("offset", "One and the same number has been added to the right answer everywhere.")


def _of_truths(got: np.ndarray, wanted: np.ndarray) -> Iterator[Finding]:
    if got.dtype != bool or wanted.dtype != bool:
        return
    if got.shape == wanted.shape and (got == ~wanted).all():
        yield Finding("inverted", "It says True where it should say False, and the other way round.")
    elif got.all() or not got.any():
        yield Finding("all-alike", f"It says {bool(got.all())}, whatever it is asked.")


def _of_arguments(got: np.ndarray, arg: np.ndarray, name: str) -> Iterator[Finding]:
    """Nothing was done but to hand an argument back, or to turn it round."""
    if close(got, arg):
        yield Finding("unchanged", f"It gives `{name}` as it was.")
    elif close(got, arg.T):
        yield Finding("transposed", f"It gives `{name}` transposed, and that is all.")
    for axis in range(arg.ndim):
        if arg.shape[axis] > 1 and close(got, np.flip(arg, axis)):
            yield Finding("flipped", f"It gives `{name}` back to front along axis {axis}, and that is all.")


def _origins(ratio: float, args: Mapping[str, Any]) -> Iterator[str]:
    """Where a factor may come from: counts that can be seen in the arguments, and small numbers."""
    counts = dict(_counts(args))
    for words, n in counts.items():
        if n > 1 and np.isclose(ratio, n):
            yield f"It is too large, by {words}: a division by it is missing (a sum for a mean?)."
        if n > 1 and np.isclose(ratio, 1 / n):
            yield f"It is too small, by {words}: divided by it once too often (a mean for a sum?)."
        for power, root in ((1, ""), (2, "Under a root: ")):
            if n > 1 and np.isclose(ratio**power, n / (n - 1)):
                yield f"{root}Divided by n - 1, where it should be n, which is {words}."
            if n > 1 and np.isclose(ratio**power, (n - 1) / n):
                yield f"{root}Divided by n, which is {words}, where it should be n - 1."
    for (words, n), (others, m) in itertools.permutations(counts.items(), 2):
        if n != m and min(n, m) > 1 and np.isclose(ratio, n / m):
            yield f"Divided by the wrong n: by {others}, where it should be {words}."
    for factor, words in ((2, "twice"), (0.5, "half"), (-2, "minus twice"), (-0.5, "minus half"), (4, "four "
                          "times"), (0.25, "a quarter of"), (3, "three times"), (1 / 3, "a third of")):
        if np.isclose(ratio, factor):
            yield f"It is {words} the right answer."


def _counts(args: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    for name, arg in args.items():
        if isinstance(arg, np.ndarray) and arg.ndim > 0:
            if arg.ndim > 1:
                yield from ((f"the length of axis {axis} of `{name}`", n) for axis, n in enumerate(arg.shape))
            yield f"the number of elements of `{name}`", arg.size
        elif isinstance(arg, tuple | list):
            yield f"the length of `{name}`", len(arg)
        elif isinstance(arg, int) and arg > 1:
            yield f"`{name}`", arg


def _of_places(got: np.ndarray, wanted: np.ndarray) -> Iterator[Finding]:
    """The right numbers in the wrong places."""
    for axes in itertools.permutations(range(wanted.ndim)):
        if axes != tuple(range(wanted.ndim)) and close(got, wanted.transpose(axes)):
            yield Finding("transposed", "The right numbers, with the axes exchanged: transposed.")
            break
    for count in range(1, wanted.ndim + 1):
        for axes in itertools.combinations(range(wanted.ndim), count):
            if close(got, np.flip(wanted, axes)):
                yield Finding("flipped", f"The right numbers, back to front along {_axes(axes)}.")
                return
    yield from _of_shifts(got, wanted)
    inside = (slice(1, -1),) * wanted.ndim
    if min(wanted.shape, default=0) > 2 and close(got[inside], wanted[inside]):
        yield Finding("border", "Inside it is right, at the border it is not.")
    if wanted.ndim > 0 and close(np.sort(got, axis=None), np.sort(wanted, axis=None)):
        yield Finding("wrong-order", "The right numbers, in the wrong places.")


def _of_shifts(got: np.ndarray, wanted: np.ndarray) -> Iterator[Finding]:
    for axis, n in enumerate(wanted.shape):
        if n < 3:
            continue
        ahead, behind = _part(wanted, axis, 1, n), _part(wanted, axis, 0, n - 1)
        if close(_part(got, axis, 0, n - 1), ahead) or close(_part(got, axis, 1, n), behind):
            yield Finding("off-by-one", f"The right numbers, shifted by one along axis {axis}.")


def _part(array: np.ndarray, axis: int, start: int, end: int) -> np.ndarray:
    return array[(slice(None),) * axis + (slice(start, end),)]


def _axes(axes: Sequence[int]) -> str:
    return f"axis {axes[0]}" if len(axes) == 1 else "the axes " + " and ".join(map(str, axes))


# ---- shapes that differ

def _of_axes(got: np.ndarray, wanted: np.ndarray) -> Iterator[Finding]:
    """What can be said about the numbers, though they come in the wrong shape."""
    for axes in itertools.permutations(range(wanted.ndim)):
        if close(got, wanted.transpose(axes)):
            yield Finding("transposed", "The right numbers, with the axes exchanged: transposed.")
            return
    if got.size == wanted.size and close(got.ravel(), wanted.ravel()):
        yield Finding("wrong-shape", f"The right numbers, in the wrong shape: {got.shape}, where "
                      f"{wanted.shape} is wanted.")
        return
    for reduce, words in ((np.sum, "added up"), (np.mean, "averaged")):
        for count in range(1, got.ndim + 1):
            for axes in itertools.combinations(range(got.ndim), count):
                if any(close(reduce(got, axes, keepdims=keep), wanted) for keep in (False, True)):
                    yield Finding("not-reduced", f"The answer is not yet {words} over {_axes(axes)}.")
                    return
        for count in range(1, wanted.ndim + 1):
            for axes in itertools.combinations(range(wanted.ndim), count):
                if any(close(got, reduce(wanted, axes, keepdims=keep)) for keep in (False, True)):
                    yield Finding("over-reduced", f"The answer is {words} over {_axes(axes)}, which should "
                                  "have stayed.")
                    return
    if got.ndim == wanted.ndim and max(map(abs, np.subtract(got.shape, wanted.shape)), default=0) == 1:
        yield from _of_lengths(got, wanted)


def _of_lengths(got: np.ndarray, wanted: np.ndarray) -> Iterator[Finding]:
    """One longer or one shorter along some axes: at which end?"""
    longer = [axis for axis in range(got.ndim) if got.shape[axis] > wanted.shape[axis]]
    shorter = [axis for axis in range(got.ndim) if got.shape[axis] < wanted.shape[axis]]
    both = tuple(map(min, got.shape, wanted.shape))
    lengths = " and ".join([f"one too long along {_axes(longer)}"] * bool(longer)
                           + [f"one too short along {_axes(shorter)}"] * bool(shorter))
    first, last = tuple(slice(0, n) for n in both), tuple(slice(-n, None) for n in both)
    if close(got[first], wanted[first]):
        yield Finding("off-by-one", f"It is {lengths}, at the end; the rest is right.")
    elif close(got[last], wanted[last]):
        yield Finding("off-by-one", f"It is {lengths}, at the start; the rest is right.")
    else:
        yield Finding("off-by-one", f"It is {lengths}: {got.shape}, where {wanted.shape} is wanted.")


def _of_shapes(got: np.ndarray, wanted: np.ndarray) -> Iterator[Finding]:
    if got.shape != wanted.shape:
        yield Finding("wrong-shape", f"Its shape is {got.shape}, where {wanted.shape} is wanted.")


# ---- the right answer to another question

def _of_another_question(got: Any, args: Mapping[str, Any],
                         solution: Callable[..., Any]) -> Iterator[Finding]:
    """Our own function on other arguments: if that gives the wrong answer, we know what was asked."""
    for finding, others in _other_questions(list(args), list(args.values())):
        if close(got, _numbers_or_none(_answer(solution, others))):
            yield finding


def _numbers_or_none(answer: Any) -> Any:
    return answer if _is_numeric(answer) else np.zeros((0, 0, 0))


def _other_questions(names: Sequence[str], args: Sequence[Any]) -> Iterator[tuple[Finding, list[Any]]]:
    for i, j in itertools.combinations(range(len(args)), 2):
        swapped = list(args)
        swapped[i], swapped[j] = args[j], args[i]
        yield Finding("swapped", f"It is the answer for `{names[i]}` and `{names[j]}` exchanged."), swapped
    for i, arg in enumerate(args):
        if not isinstance(arg, np.ndarray) or arg.dtype.kind not in "fiu":
            continue
        for finding, other in _turned(arg, names[i]):
            yield finding, [*args[:i], other, *args[i + 1:]]


def _turned(arg: np.ndarray, name: str) -> Iterator[tuple[Finding, np.ndarray]]:
    if arg.ndim >= 2:
        last = (arg.ndim - 2, arg.ndim - 1)
        yield Finding("transposed", f"It is the answer for `{name}` transposed."), np.swapaxes(arg, *last)
        yield (Finding("flipped", f"It is the answer for `{name}` rotated by 180 degrees: rotated where it "
                       "should not be, or not rotated where it should."), np.flip(arg, last))
        for turns, words in ((1, "by 90 degrees"), (-1, "by 90 degrees clockwise")):
            finding = Finding("rotated", f"It is the answer for `{name}` rotated {words}.")
            yield finding, np.rot90(arg, turns, last)
    for axis in range(arg.ndim):
        words = f"It is the answer for `{name}` back to front along axis {axis}."
        yield Finding("flipped", words), np.flip(arg, axis)
    if arg.dtype.kind == "f":
        yield Finding("sign", f"It is the answer for minus `{name}`."), -arg
