"""Derivatives by nudging: move one number a little, and see what moves. Each comes with an error bar.

This file knows no calculus, so it can judge one. What it knows is how finite differences go wrong: with steps
too long the function bends, with steps too short its digits run out, and at a kink there are two slopes. So a
slope is measured with several steps, and told as value ± bar.

Sources: extrapolation to the step 0, Richardson (1911); the noise of a function, Moré and Wild (2011); the
complex step, Squire and Trapp (1998).
"""

import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

EPS = float(np.finfo(np.float64).eps)
THREE = 0.5 ** np.arange(6.0, 9.0)      # steps, in units of what is moved, that do for most functions
LADDER = 0.5 ** np.arange(2.0, 32.0)    # all the steps there are, for where those leave a doubt
TINY = 2.0**-100                        # a complex step: nothing is subtracted, so no digits run out

Line = Callable[[float], np.ndarray]    # where on a line, in units of what is moved -> the outputs there


class Slopes(NamedTuple):
    """The slopes of all outputs along one line: arrays (outputs,)."""

    value: np.ndarray       # at a kink, the mean of both sides; NaN where there is no slope at all
    bar: np.ndarray         # the error bar: value ± bar
    jump: np.ndarray        # at a kink, the slope ahead of it less the slope behind it; else 0
    trouble: str = ""       # why there is no slope: DOMAIN, JUMP, VERTICAL

    def divided_by(self, size):
        """In the units of an input, when what was moved by 1 was `size` of it."""
        return Slopes(self.value / size, self.bar / size, self.jump / size, self.trouble)

    def without(self, troubles):
        """Less what is no slope: `troubles` says for each reason at which outputs."""
        lost = np.any(list(troubles.values()), axis=0)
        return Slopes(np.where(lost, np.nan, self.value), np.where(lost, np.inf, self.bar),
                      np.where(lost, 0.0, self.jump),
                      next((why for why, where in troubles.items() if where.any()), ""))


def smooth(value, bar) -> Slopes:
    """Slopes without a kink."""
    return Slopes(value, bar, np.zeros_like(value))


UNIT = "exact, by unit steps, as the function is straight"           # how slopes are measured
COMPLEX = "exact, by complex steps"
DIFFERENCES = "by central differences, extrapolated"

DOMAIN = "a step out of the function's domain"
JUMP = "a jump of the function"
VERTICAL = "a slope beyond all bounds"


class Nudged:
    """A function around one point. It moves there, looks at all outputs, and comes back.

    `f` takes arrays, and returns an array of float64. `arrays` is the point; those of floating-point numbers
    can be moved, each element by its own `size`.
    """

    def __init__(self, f, arrays, rng):
        self.f = f
        self.arrays = [np.array(x, np.float64, order="K") if is_float(x) else x for x in arrays]
        self.sizes = [typical_sizes(x) if is_float(x) else None for x in arrays]
        self.out = self.look()
        self.noise = self._noise(rng)
        self.method = DIFFERENCES
        self._choose_method(rng)

    def look(self, *, moved=False):
        """All outputs at the point, or near it: (outputs,). A ValueError near it means: not defined there."""
        try:
            with np.errstate(all="ignore"):
                out = np.array(self.f(*self.arrays), np.float64).reshape(-1)
        except (ArithmeticError, ValueError):
            if not moved:
                raise
            return np.full(self.out.shape, np.nan)
        return out if not moved or out.shape == self.out.shape else np.full(self.out.shape, np.nan)

    # --- Lines through the point ----------------------------------------------------------------------------

    def element(self, i, j) -> Line:
        """The line along which element `j` of input `i`, counted in reading order, moves alone."""
        array, size = self.arrays[i], self.sizes[i].flat[j]
        start = array.flat[j]

        def line(t):
            array.flat[j] = start + t * size
            out = self.look(moved=True)
            array.flat[j] = start
            return out

        return line

    def along(self, direction) -> Line:
        """The line along which all elements move: `direction` holds an array, or None, for each input."""
        start = [x.copy() if is_float(x) else None for x in self.arrays]

        def line(t):
            self._move(start, t, direction)
            out = self.look(moved=True)
            self._move(start, 0.0, direction)
            return out

        return line

    def _move(self, start, t, direction):
        for x, x0, d in zip(self.arrays, start, direction):
            if d is not None:
                x[...] = x0 + t * d

    def random_direction(self, rng):
        """Every element forward or backward, by its own size."""
        return [None if size is None else size * rng.choice([-1.0, 1.0], size.shape) for size in self.sizes]

    # --- Slopes ---------------------------------------------------------------------------------------------

    def slopes(self, i, j) -> Slopes:
        """∂out/∂x for element `j` of input `i`: the quick way, and by all steps where that leaves a doubt."""
        line = self.element(i, j)
        return (self._quick(line, i, j) or self.settled(line)).divided_by(self.sizes[i].flat[j])

    def surely(self, i, j) -> Slopes:
        """The same, by all steps at once."""
        return self.settled(self.element(i, j)).divided_by(self.sizes[i].flat[j])

    def slopes_along(self, direction) -> Slopes:
        """The slopes along a line on which all elements move."""
        line = self.along(direction)
        return self._three_steps(line) or self.settled(line)

    def _quick(self, line, i, j):
        if self.method == COMPLEX and (value := self._complex_step(i, j)) is not None:
            return smooth(value, 16 * (EPS * np.abs(value) + self.noise * (value != 0)))
        return self._unit_step(line) if self.method == UNIT else self._three_steps(line)

    def _three_steps(self, line):
        """The slopes from three steps; None if they leave a doubt: a kink, a wide error bar, no number."""
        [value], [bar], [jump], [jump_bar] = self._windows(*self._looks(line, THREE), THREE)
        largest = np.abs(value).max(initial=0.0)
        sure = np.isfinite(value) & (np.abs(jump) <= 0.01 * largest + jump_bar / 4) & (bar <= 1e-6 * largest)
        return smooth(value, bar) if np.all(sure) else None

    def settled(self, line) -> Slopes:
        """The slopes along a line, from whichever of all the steps gives the smallest error bar.

        Longer steps are believed only where no shorter ones contradict them. A kink is where the slopes
        ahead and behind differ, however short the step; if shorter steps do not see it, though they would,
        it lies beside the point.
        """
        ahead, behind = self._looks(line, LADDER)
        value, bar, jump, jump_bar = self._windows(ahead, behind, LADDER)
        bar[:-1] = np.maximum(bar[:-1], np.abs(value[:-1] - value[1:]))
        usable = np.isfinite(bar) & np.isfinite(jump_bar) & uncontradicted(value, 2 * bar)
        kinked = usable & (np.abs(jump) > 8 * jump_bar)
        largest = np.abs(np.where(kinked, jump, 0.0)).max(axis=0)
        is_even = usable & ~kinked & ((jump_bar < 0.1 * largest) | (largest == 0))
        is_smooth = is_even.any(axis=0)
        wanted = np.where(is_smooth, is_even, kinked)
        best = np.where(wanted, bar, np.inf).argmin(axis=0), np.arange(self.out.size)
        gap = np.maximum(np.abs(ahead - self.out), np.abs(behind - self.out))
        return Slopes(value[best], bar[best], np.where(is_smooth, 0.0, jump[best])).without(
            {JUMP: self._jumps(gap), DOMAIN: ~wanted.any(axis=0), VERTICAL: self._is_vertical(gap)})

    def _jumps(self, gap):
        """Which outputs go as far in the shortest step as in the longest, or nearly."""
        return (gap[-1] > 1e-3 * gap.max(axis=0)) & (gap[-1] > 1e3 * self.noise)

    def _is_vertical(self, gap):
        """Which outputs go more than half as far in half a step, again and again: their slopes grow."""
        share = gap[-8:] / np.where(gap[-9:-1] > 0, gap[-9:-1], np.inf)
        return np.all((share > 0.6) & (share < 0.9), axis=0)

    def _looks(self, line, steps):
        """All outputs after each step ahead, and after each step behind: twice (steps, outputs)."""
        return (np.array([line(way * t) for t in steps]) for way in (1, -1))

    def _windows(self, ahead, behind, steps):
        """Slopes, jumps of the slope, and the error bars of both, from every three steps in a row.

        The error of a central difference is c·h² + d·h⁴ + ...; differences with h and h/2 are weighed such
        that the h² cancels, two of those such that the h⁴ does. What the last weighing changed is the bar,
        and rounding: of the outputs, and of the way gone.
        """
        h = steps[:, np.newaxis]
        central = (ahead - behind) / (2 * h)
        once = (4 * central[1:] - central[:-1]) / 3
        twice = (16 * once[1:] - once[:-1]) / 15
        bend = (ahead - 2 * self.out + behind) / h                  # the slope ahead less the slope behind
        jump = 2 * bend[1:] - bend[:-1]
        moved = np.any((ahead != self.out) | (behind != self.out), axis=0)
        noise = np.where(moved, self.noise / h[2:], EPS * np.abs(self.out) / h[0])
        noise += EPS * np.abs(twice) / h[2:]
        return (twice, np.abs(twice - once[1:]) + 4 * noise,
                jump[1:], np.abs(jump[1:] - jump[:-1]) + 16 * noise)

    # --- Exact ways, where the function allows them ---------------------------------------------------------

    def _choose_method(self, rng):
        """Try the exact ways along random lines, on which all elements move; keep the first that is right."""
        directions = [self.random_direction(rng) for _ in range(3)]
        lines = [self.along(direction) for direction in directions]
        if all(self._is_straight(line) for line in lines):
            self.method = UNIT
            return
        for line, direction in zip(lines, directions):
            exact = self._complex_look([None if d is None else TINY * d for d in direction])
            if exact is None:
                return
            [value], [bar], [jump], [jump_bar] = self._windows(*self._looks(line, THREE), THREE)
            largest = np.abs(value).max(initial=0.0)
            agree = np.abs(exact / TINY - value) <= bar + 16 * self.noise + 1e-9 * np.abs(value)
            if not np.all(agree & (np.abs(jump) <= 8 * jump_bar) & (bar <= 1e-3 * largest)):
                return
        self.method = COMPLEX

    def _is_straight(self, line):
        """Whether steps of several lengths give one slope; for one length, a staircase looks straight too."""
        found = [(t, self._unit_step(lambda s, t=t: line(s * t))) for t in (1.0, 0.3, 0.01)]
        if any(slopes is None for _, slopes in found):
            return False
        (_, long), *shorter = found
        return all(np.all(np.abs(long.value - short.value / t) <= long.bar + short.bar / t)
                   for t, short in shorter)

    def _unit_step(self, line):
        """The slope of a straight line, by a step as long as the number is large; None if it is bent."""
        after, before = line(1.0), line(-1.0)
        noise = 16 * (self.noise + EPS * np.maximum(np.abs(after), np.abs(before)))
        straight = np.isfinite(noise) & (np.abs(after - 2 * self.out + before) <= noise)
        if not np.all(straight):
            return None
        moved = (after != self.out) | (before != self.out)
        return smooth((after - before) / 2, noise * moved)

    def _complex_step(self, i, j):
        step = np.zeros_like(self.arrays[i])
        step.flat[j] = TINY * self.sizes[i].flat[j]
        exact = self._complex_look([step if k == i else None for k in range(len(self.arrays))])
        return None if exact is None else exact / TINY

    def _complex_look(self, imaginary):
        """The imaginary part of the outputs, (outputs,); None if the function cannot do complex numbers."""
        arrays = [x if step is None else x + 1j * step for x, step in zip(self.arrays, imaginary)]
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("error")          # numbers that lose their imaginary part are a warning
                out = np.asarray(self.f(*arrays))
        except Exception:                               # whatever a function says that knows no such numbers
            return None
        return out.imag.reshape(-1) if out.dtype.kind == "c" and out.size == self.out.size else None

    # --- Noise ----------------------------------------------------------------------------------------------

    def _noise(self, rng):
        """How much of each output is rounding: (outputs,).

        On a short piece of a line a smooth function is a polynomial, and its fourth differences are nothing.
        What is left of them is noise. One piece starts before the point and one behind it: a kink lies on
        one of them at the most. Numbers that are all float32's were rounded to those.
        """
        line, points = self.along(self.random_direction(rng)), 1e-6 * np.arange(1, 8)
        pieces = [np.array([line(sign * t) for t in points]) for sign in (1, -1)]
        fourth = [np.diff(piece, 4, axis=0) for piece in pieces]
        left = [np.sqrt(np.mean(differences**2, axis=0) / 70) for differences in fourth]    # 70 = 8! / (4!)²
        with np.errstate(over="ignore"):
            short = np.all([piece == piece.astype(np.float32) for piece in pieces], axis=(0, 1))
        moving = np.any([piece != piece[0] for piece in pieces], axis=(0, 1))
        rounding = np.where(short & moving, 2.0**-24, EPS / 2) * np.abs(self.out)
        return np.maximum(3 * np.nan_to_num(np.fmin(*left), nan=0.0), rounding)



def uncontradicted(value, bar):
    """Which of the intervals value ± bar, in rows, have something in common with each one below them."""
    held = np.ones(value.shape, bool)
    low, high = np.full(value.shape[1], -np.inf), np.full(value.shape[1], np.inf)
    for row in reversed(range(len(value))):
        below, above = value[row] - bar[row], value[row] + bar[row]
        held[row] = ~((below > high) | (above < low))
        low, high = np.fmax(low, below), np.fmin(high, above)
    return held


def is_float(x):
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def typical_sizes(x):
    """How far each element can well be moved: by its magnitude, unless that is 0, or far below the usual."""
    x = np.abs(np.asarray(x, np.float64))
    usual = np.median(x[x > 0]) if np.any(x > 0) else 1.0
    return np.where(x == 0, usual / 8, np.maximum(x, usual / 1024))


def jacobian(f, arrays, i, rng=None):
    """∂out/∂x for all elements of input `i`: value and error bar, both (outputs, elements) in float64.

    NaN where there is no slope, or two of them.
    """
    nudged = Nudged(f, arrays, rng or np.random.default_rng(0))
    columns = [nudged.slopes(i, j) for j in range(nudged.arrays[i].size)]
    shape = (nudged.out.size, len(columns))
    value, bar, jump = (np.array([column[part] for column in columns]).T.reshape(shape) for part in range(3))
    return np.where(jump == 0, value, np.nan), bar
