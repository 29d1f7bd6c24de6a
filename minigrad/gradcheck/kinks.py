"""Right at a kink: which gradients may be given where there is no derivative.

At a kink or a tie a function has several slopes, and a backward pass may answer with any one of the gradients
that the function has close by, or with any mean of them, and with nothing else: Clarke's generalised gradient
(1975). For relu at 0 that is any number from 0 to 1; for the larger of two equal numbers, any two shares that
add up to 1.
"""

import itertools

import numpy as np

NEAR = 2.0**-12             # how far from the point "close by" is, in units of each element's size
MANY = 16                   # elements that are looked at together, at most; of more, a random sample


def is_subgradient(nudged, output, places, claimed, rng) -> bool:
    """Whether `claimed` may be the gradient of one output with respect to elements at which it has a kink.

    places: the elements as pairs (input, element in reading order); claimed: one number for each.
    """
    claimed = np.asarray(claimed, np.float64)
    if len(places) > MANY:
        chosen = rng.choice(len(places), MANY, replace=False)
        places, claimed = [places[p] for p in chosen], claimed[chosen]
    look = Neighbourhood(nudged, output, places)
    return all(_within(look.gradients(group, claimed[group], rng), claimed[group]) for group in look.groups())


class Neighbourhood:
    """One output, near the point, as a function of a few elements: their moves, in units of their sizes."""

    def __init__(self, nudged, output, places):
        self.nudged, self.output, self.places = nudged, output, places
        self.sizes = np.array([nudged.sizes[i].flat[j] for i, j in places])
        self.start = np.array([nudged.arrays[i].flat[j] for i, j in places])

    def __call__(self, moves):
        self._put(self.start + moves * self.sizes)
        out = self.nudged.look(moved=True)[self.output]
        self._put(self.start)
        return out

    def _put(self, numbers):
        for (i, j), number in zip(self.places, numbers):
            self.nudged.arrays[i].flat[j] = number

    def groups(self):
        """The elements sorted into groups that share a kink: what one of them does depends on the others.

        Where two elements have nothing to do with each other, moving both does what moving each does, added.
        """
        count = len(self.places)
        unit = NEAR * np.eye(count)
        here = self(np.zeros(count))
        alone = {(p, sign): self(sign * unit[p]) - here for p in range(count) for sign in (1, -1)}
        label = np.arange(count)
        for p, q in itertools.combinations(range(count), 2):
            if label[p] != label[q] and any(
                    abs(self(s * unit[p] + t * unit[q]) - here - alone[p, s] - alone[q, t])
                    > 1e-3 * max(abs(alone[p, s]), abs(alone[q, t]))
                    for s in (1, -1) for t in (1, -1)):
                label[label == label[q]] = label[p]
        return [np.flatnonzero(label == name) for name in np.unique(label)]

    def gradients(self, group, claimed, rng):
        """Gradients close by, (some, group).

        Each element of the group is raised and lowered, all are at random; and then the way that the claimed
        gradient itself points, where a convex function has the gradient that is nearest to it.
        """
        size = len(group)
        corners = [*np.eye(size), *-np.eye(size), np.ones(size), -np.ones(size)]
        wobble = [corner + 0.2 * rng.uniform(-1, 1, size) for corner in corners]
        anywhere = rng.uniform(-1, 1, (2 * size * (size > 1), size))
        uphill = claimed / (np.abs(claimed).max() or 1.0)
        moves = [*wobble, *anywhere, uphill, -uphill]
        return np.array([self._gradient(group, NEAR * move) for move in moves])

    def _gradient(self, group, moves):
        """The gradient there, by steps so short that no kink is crossed; NaN if there is another kink."""
        there, step = np.zeros(len(self.places)), NEAR / 64
        there[group] = moves
        here = self(there)
        units = [step * (np.arange(len(there)) == p) for p in group]
        after = np.array([self(there + unit) - here for unit in units])
        before = np.array([here - self(there - unit) for unit in units])
        noise = 16 * self.nudged.noise[self.output]
        smooth = np.abs(after - before).max() <= 0.1 * np.abs(after + before).max() + noise
        return (after + before) / (2 * step * self.sizes[group]) if smooth else np.full(len(group), np.nan)


def _within(points, claimed):
    """Whether `claimed` (d,) is a weighted mean of the rows of `points` (n, d), but for a thousandth."""
    points = points[np.all(np.isfinite(points), axis=1)]
    scale = np.abs(points).max(initial=0.0) or 1.0
    if not len(points) or not np.all(np.isfinite(claimed)):
        return False
    # Weights that are positive, and add up to 1: the last row, which counts a lot.
    system = np.vstack([points.T / scale, np.full(len(points), 1e3)])
    target = np.append(claimed / scale, 1e3)
    weights = _nonnegative_least_squares(system, target)
    return bool(np.abs(points.T @ weights - claimed).max() <= 1e-3 * scale)


def _nonnegative_least_squares(A, b):
    """The x ≥ 0 that brings A·x nearest to b: the active-set method of Lawson and Hanson (1974)."""
    x, used = np.zeros(A.shape[1]), np.zeros(A.shape[1], bool)
    for _ in range(3 * A.shape[1]):
        pull = A.T @ (b - A @ x)
        if used.all() or pull[~used].max() <= 1e-9 * np.abs(b).max():
            break
        used[np.where(used, -np.inf, pull).argmax()] = True
        while True:
            best = np.zeros_like(x)
            best[used] = np.linalg.lstsq(A[:, used], b, rcond=None)[0]
            if np.all(best[used] > 0):
                break
            back = used & (best <= 0)                   # go as far as nothing is negative, and drop what is 0
            share = np.min(x[back] / (x[back] - best[back]))
            x = x + share * (best - x)
            used &= x > 1e-12
        x = best
    return x
