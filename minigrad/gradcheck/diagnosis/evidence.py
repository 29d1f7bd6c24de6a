"""What the rules may ask: the right gradients and the answers of a backward pass, at several points.

Nothing is measured before a rule asks for it. This file knows no mistake.

A *point* is a list of arrays, the inputs of the function. A *trial* is a point and a cotangent. A *case* is
one input whose gradient is wrong, with all its trials: a rule says what the answers would be if a certain
mistake had been made, and the case says whether they are that, in every trial.
"""

import time
from functools import cached_property

import numpy as np

from minigrad.gradcheck.numeric import is_float, jacobian, typical_sizes

SAME = 1e-5                 # numbers that differ by less, relatively, are the same: float32 has no more
ENTRIES = 1_000_000         # the largest Jacobian to be measured, in numbers
FEW = 48                    # elements that are moved where the Jacobian is too large
STEP = 2.0**-10             # along a line, in units of what is moved
ROWS = 2000                 # the most calls of the vjp for one Jacobian of its own


class Point:
    """Arrays, and what the function and its vjp do there."""

    def __init__(self, f, vjp, arrays):
        self.f, self.vjp, self.arrays = f, vjp, arrays
        self.y = np.asarray(f(*arrays), np.float64)
        self._jacobians, self._answers, self._at_output = {}, None, {}

    def jacobian(self, i, columns=None):
        """∂y/∂(input i), measured, and its error bar: (y.size, x.size); NaN where not measured.

        `columns` are the elements to move, all of them if None.
        """
        if i not in self._jacobians:
            self._jacobians[i] = _measured(self.f, self.arrays, i, columns)
        return self._jacobians[i]

    def analytic(self, i):
        """The Jacobian that the vjp believes in, a call for each output: (y.size, x.size), or None."""
        if self._answers is None:
            self._answers = [self.answer(g) for g in np.eye(self.y.size).reshape(-1, *self.y.shape)]
        rows = [answers and usable(answers[i], self.arrays[i].shape) for answers in self._answers]
        if not rows or any(row is None for row in rows):
            return None
        return np.array(rows).reshape(self.y.size, self.arrays[i].size)

    def answer(self, g):
        """The vjp's answers to the cotangent g, or None where it is not defined."""
        return attempt(self.vjp, g, *self.arrays)

    def at_output(self, i):
        """The point with y in the place of input i, or None if the function is not defined there."""
        if i not in self._at_output:
            self._at_output[i] = attempt(Point, self.f, self.vjp, replaced(self.arrays, i, self.y))
        return self._at_output[i]

    def slope(self, i, direction):
        """How y changes as input i moves along `direction`, and the error bar: two arrays of y's shape."""
        at = [
            self.f(*replaced(self.arrays, i, self.arrays[i] + t * direction))
            for t in (STEP, -STEP, STEP / 2, -STEP / 2)
        ]
        long, short = (at[0] - at[1]) / (2 * STEP), (at[2] - at[3]) / STEP
        return (4 * short - long) / 3, np.abs(short - long) / 3 + np.finfo(float).eps * np.abs(self.y) / STEP


class Trial:
    """One point and one cotangent: what input i's gradient should be there, and what the vjp says it is."""

    def __init__(self, point, g, answers, i, columns_of):
        self.point, self.g, self.answers, self.i, self.columns_of = point, g, answers, i, columns_of
        self.arrays, self.x, self.y = point.arrays, point.arrays[i], point.y
        self.got = None if answers[i] is None else np.asarray(answers[i])

    def right_of(self, i):
        """The right gradient of input i, NaN where not measured, and the largest of its errors."""
        x, columns = self.arrays[i], self.columns_of(i)
        if x.size * self.y.size > ENTRIES:
            J, bar = _measured(self._weighed, self.arrays, i, columns)
            weights = np.ones(1)
        else:
            J, bar = self.point.jacobian(i, columns)
            weights = self.g.reshape(-1)
        size = np.abs(weights)
        error = size @ np.where(np.isfinite(bar), bar, 0.0) + 1e-8 * (size @ np.abs(np.nan_to_num(J)))
        return (weights @ J).reshape(x.shape), error.max(initial=0.0)

    def _weighed(self, *arrays):
        return np.sum(self.g * self.point.f(*arrays)).reshape(1)

    @cached_property
    def _measured(self):
        return self.right_of(self.i)

    right = property(lambda self: self._measured[0])
    slack = property(lambda self: 4 * self._measured[1])  # what is not larger than this may be nothing

    @cached_property
    def wrong(self):
        """Which elements of the answer are not the right ones: booleans."""
        size = np.maximum(np.abs(self.got), np.abs(self.right))
        return np.isfinite(self.right) & ~(np.abs(self.got - self.right) <= SAME * size + self.slack)

    @cached_property
    def complete(self):
        """Whether every element of the right gradient was measured."""
        return bool(np.isfinite(self.right).all())

    def agrees(self, wanted, got=None):
        """Whether an answer (this trial's, if not given) is `wanted`, wherever both are known."""
        got = self.got if got is None else got
        if wanted is None or wanted.shape != got.shape:
            return False
        known = np.isfinite(wanted) & np.isfinite(got)
        gap = np.abs(got - wanted)[known]
        size = np.maximum(np.abs(got), np.abs(wanted))[known]
        return bool(known.any() and np.all(gap <= SAME * size + self.slack))


class Case:
    """One input whose gradient is wrong, and all that is known about it."""

    def __init__(self, measured, i):
        self.measured, self.i = measured, i
        self.arrays, self.x, self.y = measured.arrays, measured.arrays[i], measured.points[0].y
        self.columns = measured.columns(i)
        self.trials = [Trial(point, g, answers, i, measured.columns) for point, g, answers in measured.probes]
        for trial in self.trials:
            if trial.got is not None and trial.got.shape == self.x.shape:
                trial.got = trial.got.astype(np.float64, copy=False)

    @property
    def can_be_told(self):
        """Whether there are answers at all: arrays of numbers, all of the same shape."""
        got = [trial.got for trial in self.trials]
        numbers = [x for x in got if x is not None and x.dtype.kind in "fiub"]
        return bool(got) and len(numbers) == len(got) and len({x.shape for x in got}) == 1

    @property
    def first(self):
        return self.trials[0]

    @cached_property
    def fuzz(self):
        """How much, relatively, equal numbers of a Jacobian may differ: more if the function is noisy."""
        bars = [point.jacobian(self.i, self.columns)[1] for point in self.measured.points]
        noise = max(np.max(bar, where=np.isfinite(bar), initial=0.0) for bar in bars)
        largest = min(np.abs(J).max(initial=0.0) for J in self.right_jacobians.values())
        return min(max(1e-6, 20 * noise / max(largest, 1e-300)), 0.02)

    def explained(self, hypothesis, *args):
        """Whether the answer is `hypothesis(trial, *args)` in every trial, also where it is wrong."""
        answers = []
        for trial in self.trials:
            answers.append(hypothesis(trial, *args))
            if not trial.agrees(answers[-1]):
                return False
        return any(np.isfinite(answer[wrong]).any() for answer, wrong in zip(answers, self._wrong_elements))

    @cached_property
    def _wrong_elements(self):
        """An index for each trial: booleans, or all of an answer of the wrong shape."""
        return [trial.wrong if trial.got.shape == trial.x.shape else ... for trial in self.trials]

    @cached_property
    def is_wrong(self):
        return not all(trial.agrees(trial.right) for trial in self.trials)

    def explained_elsewhere(self, move, *args):
        """Whether the answer is a right gradient, but of another point or cotangent.

        `move(trial, *args)` gives arrays, a cotangent, and a function that brings an array of x's shape there
        to the places where it belongs here (identity, if nothing moves). Told along random directions: a few
        calls each.
        """
        rng, telling = np.random.default_rng(0), False
        for trial in self.trials:
            moved = attempt(move, trial, *args)
            point = moved and attempt(Point, trial.point.f, trial.point.vjp, moved[0])
            if not point or point.y.shape != moved[1].shape:
                return False
            sizes = typical_sizes(point.arrays[self.i])
            direction = rng.standard_normal(sizes.shape) * sizes
            here = moved[2](direction)
            if here.shape != self.x.shape:
                return False
            have = np.sum(trial.got * here)
            slack = SAME * np.sqrt(np.sum((trial.got * here) ** 2))
            wanted, bar = _along(point, self.i, direction, moved[1])
            right, right_bar = _along(trial.point, self.i, here, trial.g)
            if not abs(wanted - have) <= slack + 4 * bar:
                return False
            telling = telling or abs(right - have) > 20 * (slack + bar + right_bar)
        return telling

    # --- Jacobians ------------------------------------------------------------------------------------------

    @cached_property
    def _jacobians(self):
        """(point, measured, analytic) for each point; empty if too large, unknown, or not linear in g."""
        if self.x.size * self.y.size > ENTRIES or self.y.size > ROWS or not self.x.size * self.y.size:
            return []
        found = [
            (point, point.jacobian(self.i, self.columns)[0], point.analytic(self.i))
            for point in self.measured.points
        ]
        if any(theirs is None or not np.isfinite(theirs).all() for _, _, theirs in found):
            return []
        theirs = {id(point): theirs for point, _, theirs in found}
        linear = all(
            trial.agrees((trial.g.reshape(-1) @ theirs[id(trial.point)]).reshape(self.x.shape))
            for trial in self.trials
        )
        return found if linear else []

    @cached_property
    def right_jacobians(self):
        """Each point's measured Jacobian, by id, with 0 for what is unknown or noise; {} if too large."""
        if self.x.size * self.y.size > ENTRIES or not self.x.size * self.y.size:
            return {}
        return {id(point): _clean(*point.jacobian(self.i, self.columns)) for point in self.measured.points}

    @cached_property
    def clean_jacobians(self):
        """(point, measured, analytic) for each point, with 0 in both for what is unknown or noise.

        Empty if they are too large, or the vjp is not linear in the cotangent.
        """
        return [
            (point, self.right_jacobians[id(point)], np.where(np.isfinite(J), _clean(A, 0 * A), 0.0))
            for point, J, A in self._jacobians
        ]

    @cached_property
    def is_elementwise(self):
        """Whether each output depends on the element of x in its own place, and on no other."""
        if self.x.shape != self.y.shape or not self.right_jacobians:
            return False
        return all(J.any() and not np.any(J - np.diag(np.diag(J))) for J in self.right_jacobians.values())

    @cached_property
    def local(self):
        """For a function of each element: arrays x, y, the right factor and the vjp's, over all trials."""
        rows = [
            np.concatenate([np.ravel(part(trial)) for trial in self.trials])
            for part in (lambda t: t.x, lambda t: t.y, lambda t: t.right / t.g, lambda t: t.got / t.g)
        ]
        return np.array(rows)[:, np.isfinite(rows).all(axis=0)]


class Measured:
    """The points and cotangents of one diagnosis, the same for all inputs."""

    def __init__(self, f, vjp, arrays, rng, seconds):
        here = Point(f, vjp, arrays)
        self._call, self._seconds = _time_of(f, arrays), seconds
        self.arrays = arrays
        wanted = 3 if sum(x.size for x in arrays if is_float(x)) >= 6 else 8  # few elements: more points
        self.points = [here, *(near for _ in range(wanted - 1) if (near := _jittered(here, rng)))]
        self.probes = []
        for point in [here, here, here, *self.points[1:]]:
            g = np.asarray(rng.standard_normal(point.y.shape))
            answers = point.answer(g)
            if answers:
                self.probes.append((point, g, answers))

    def columns(self, i):
        """The elements of input i that are moved: None if all, else as many as time allows, evenly spread."""
        size = self.arrays[i].size
        if size * self.points[0].y.size > ENTRIES:
            affordable = FEW
        else:
            affordable = int(min(2000, max(16, self._seconds / (len(self.points) * 8 * self._call))))
        return None if size <= affordable else np.linspace(0, size - 1, affordable).round().astype(int)


def _time_of(f, arrays):
    """The seconds that a call takes: the shorter of two, as the first may have something to prepare."""
    times = [time.perf_counter()]
    for _ in range(2):
        f(*arrays)
        times.append(time.perf_counter())
    return max(np.diff(times).min(), 1e-6)


def attempt(call, *args):
    """What a function says, or None: elsewhere it may be outside its domain, and raise anything."""
    try:
        with np.errstate(all="ignore"):
            return call(*args)
    except Exception:
        return None


def usable(answer, shape):
    """An answer as an array of numbers of the given shape, or None."""
    if answer is None or np.shape(answer) != shape:
        return None
    return np.asarray(answer, np.float64)


def replaced(arrays, i, x):
    """The same arrays, but for number i."""
    return [*arrays[:i], x, *arrays[i + 1 :]]


def _measured(f, arrays, i, columns):
    """A Jacobian of which only some columns are measured; the others are NaN."""
    if columns is None:
        return jacobian(f, arrays, i)

    def of_some(*some):
        x = arrays[i].copy()
        x.flat[columns] = some[0]
        return f(*replaced(arrays, i, x))

    J, bar = jacobian(of_some, [arrays[i].flat[columns]], 0)
    whole = np.full((2, len(J), arrays[i].size), np.nan)
    whole[:, :, columns] = J, bar
    return whole[0], whole[1]


def _jittered(point, rng):
    """A point nearby where the function is finite, too; None if there is none."""
    for size in (0.1, 0.03, 0.01, 0.001):
        arrays = [_moved(x, size, rng) if is_float(x) else x for x in point.arrays]
        near = attempt(Point, point.f, point.vjp, arrays)
        if near and near.y.shape == point.y.shape and np.isfinite(near.y).all():
            return near
    return None


def _moved(x, size, rng):
    return np.asarray(
        x + size * (np.abs(x) * rng.uniform(-1, 1, x.shape) + 0.3 * rng.uniform(-1, 1, x.shape))
    )


def _along(point, i, direction, g):
    slope, bar = point.slope(i, direction)
    return np.sum(g * slope), np.sum(np.abs(g) * bar)


def _clean(J, bar):
    known = np.isfinite(J)
    floor = 4 * np.where(known, bar, 0.0) + 1e-9 * np.max(np.abs(J), where=known, initial=0.0)
    return np.where(known & (np.abs(J) > floor), J, 0.0)
