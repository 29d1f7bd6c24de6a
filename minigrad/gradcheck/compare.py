"""Claimed against measured: which elements are wrong, at kinks too, and of which nothing can be said.

It knows numbers and error bars. It does not know what mistake may be behind them.
"""

from collections import defaultdict

import numpy as np

from minigrad.gradcheck.kinks import is_subgradient
from minigrad.gradcheck.measure import watched
from minigrad.gradcheck.report import Comparison, Finding

ROUNDING = 1e-8             # of the sum's terms: what rounding in the backward pass may come to
BLURRED = 0.02              # an error bar of more than that share of the largest slope says nothing
AGAIN = 5                   # elements that look wrong are measured once more, with all steps; this many first


class Compared:
    """Gradients as claimed, (cotangents, elements) for each input, against those measured."""

    def __init__(self, measured, claimed, atol=None, rtol=None):
        self.measured, self.claimed = measured, claimed
        self.smooth = {i: x.copy() for i, x in claimed.items()}     # without what is claimed at kinks
        self.atol, self.rtol = atol, rtol
        self.judged = set()                                         # the elements whose kinks have been

    def wrong(self, i):
        """Booleans: the gradient of input `i` is not within the error bar."""
        numeric, weight = self.measured.numeric[i], self.measured.weight[i]
        tolerance = self.measured.bar[i] + self._rounding(i) * weight + 1e-12 * largest(weight)
        if self.atol is not None or self.rtol is not None:
            tolerance = np.fmax(tolerance, (self.atol or 0.0) + (self.rtol or 0.0) * np.abs(numeric))
        return ~np.isnan(numeric) & ~(np.abs(self.smooth[i] - numeric) <= tolerance)

    def _rounding(self, i):
        """More where all numbers are float32's: the backward pass then had no more digits."""
        with np.errstate(over="ignore", invalid="ignore"):
            return 1e-5 if np.array_equal(self.claimed[i], self.claimed[i].astype(np.float32)) else ROUNDING

    def measure_again(self, patience):
        """Measure with all steps what seems wrong: the worst, and the rest if that changes something."""
        for i in self.claimed:
            off = np.nan_to_num(np.abs(self.smooth[i] - self.measured.numeric[i])).max(axis=0, initial=0.0)
            suspects = np.flatnonzero(self.wrong(i).any(axis=0))
            suspects = suspects[np.argsort(-off[suspects], kind="stable")]
            for some in (suspects[:AGAIN], suspects[AGAIN:]):
                end = patience.left() / 2 + 10 * self.measured.cost           # all steps are ten times three
                for j in watched(some, "measuring again"):
                    if patience.left() >= end:
                        self.measured.add(i, int(j), self.measured.nudged.surely(i, int(j)))
                if self.wrong(i)[:, some].any(axis=0).all():
                    break                                             # they are wrong, whoever measures

    def judge_kinks(self, claim, rng, patience):
        """Findings for what is claimed at kinks, where any subgradient is right.

        `claim(k)` is the gradient that is claimed for one output alone, {input: (elements,)}. Half of the
        time that is left goes into this; what is not judged then is counted as not looked at.
        """
        places = {place: kinks for place, kinks in self.measured.kinks.items()
                  if place not in self.judged and place[0] in self.claimed}
        outputs = defaultdict(list)
        for place, kinks in places.items():
            for k in kinks:
                outputs[k].append(place)
        wrong, unjudged, end = defaultdict(list), set(), patience.left() / 2
        for k in watched(rng.permutation(sorted(outputs)).tolist(), "judging kinks"):
            if patience.left() < end:
                unjudged.update(outputs[k])
                continue
            row = claim(k)
            claimed = [row[i][j] for i, j in outputs[k]]
            for (i, j), number in zip(outputs[k], claimed):
                self.smooth[i][:, j] -= self.measured.cotangents[:, k] * number
            if not self._may_be(k, outputs[k], claimed, rng):
                for i in {i for i, _ in outputs[k]}:
                    wrong[i].append((k, outputs[k], claimed))
        for i, j in unjudged:
            self.measured.numeric[i][:, j] = np.nan
        if unjudged:
            self.measured.looked_at += f", less {len(unjudged):,} with kinks that there was no time for"
        self.judged |= places.keys()
        return [self._kink_finding(i, cases) for i, cases in wrong.items()]

    def _may_be(self, k, places, claimed, rng):
        """Whether the claimed numbers may be the gradient of output `k` at these elements, its kinks."""
        if len(places) > 1:
            return is_subgradient(self.measured.nudged, k, places, claimed, rng)
        low, high = sorted(self.measured.kinks[places[0]][k])
        slack = 1e-3 * max(abs(low), abs(high))
        return low - slack <= claimed[0] <= high + slack

    def _kink_finding(self, i, cases):
        k, places, claimed = cases[0]
        shown = []
        for place, number in zip(places[:4], claimed):
            before, after = self.measured.kinks[place][k]
            before, after = (0.0 if abs(x) < 1e-6 * abs(after - before) else x for x in (before, after))
            shown.append(f"{self._element(*place)} has the slopes {before:.4g} before and {after:.4g} after, "
                         f"and the answer {number:.4g}")
        if len(places) == 1:
            sentence = f"At a kink, the gradient of input {i} is none that the function has close by."
        else:
            sentence = (f"At a tie, the gradient of input {i} is none that the function has close by, nor a "
                        "mean of such: those who tie share one gradient.")
        return Finding("wrong-at-kink", sentence, f"for output element {k}, {'; '.join(shown)}",
                       "what the backward pass does with numbers that are equal, or at the border", i)

    def _element(self, i, j):
        shape = self.measured.nudged.arrays[i].shape
        return f"input {i}{[int(n) for n in np.unravel_index(j, shape)] if shape else ''}"

    def doubts(self):
        """Why there are elements of which nothing can be said: a set of reasons, empty if there are none."""
        numeric = [self.measured.numeric[i] for i in self.claimed if self.measured.numeric[i].size]
        nothing = numeric and np.all(np.isnan(np.hstack(numeric)))
        reasons = {"no time to judge a single element"} if nothing and not self.measured.troubles else set()
        for (i, j), trouble in self.measured.troubles.items():
            reasons.add(f"{trouble} at {self._element(i, j)}")
        for i in self.claimed:
            size, nudged = self.measured.nudged.sizes[i].reshape(-1), self.measured.nudged
            outputs = np.abs(self.measured.cotangents) @ np.abs(nudged.out)
            steep = max(largest(self.measured.weight[i] * size), 1e-4 * largest(outputs))
            blurred = self.measured.bar[i] * size > BLURRED * steep
            blurred &= np.isfinite(self.measured.numeric[i])
            if blurred.any():
                j = int(np.flatnonzero(blurred.any(axis=0))[0])
                reasons.add(f"a function too noisy, or too bent, for its slope to be measured at "
                            f"{self._element(i, j)}")
        return reasons

    def projections_wrong(self):
        """Whether the claimed gradients disagree with a slope along a line on which all elements move."""
        for direction, slope, bar in self.measured.projections:
            parts = [self.claimed[i] * direction[i].reshape(-1) for i in self.claimed]
            claimed = sum(part.sum(axis=1) for part in parts)
            size = sum(np.abs(part).sum(axis=1) for part in parts)
            way = sum(np.abs(direction[i]).sum() for i in self.claimed)
            allowed = bar + max(1e-5, self.rtol or 0.0) * size + (self.atol or 0.0) * way
            if np.any(~(np.abs(claimed - slope) <= allowed)):
                return True
        return False

    def comparisons(self):
        """For the first cotangent, all numbers in the shapes of the inputs."""
        for i in self.claimed:
            shape = self.measured.nudged.arrays[i].shape
            kinked = [j for i2, j in self.measured.kinks if i2 == i]
            numeric = self.measured.numeric[i][0].copy()
            numeric[kinked] = np.nan
            parts = (self.claimed[i][0], numeric, self.measured.bar[i][0], self.wrong(i)[0])
            yield Comparison(i, *(part.reshape(shape) for part in parts))


def largest(x):
    return np.nanmax(x, initial=0.0) if x.size else 0.0
