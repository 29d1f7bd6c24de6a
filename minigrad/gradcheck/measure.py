"""All derivatives that a check needs, weighed by its cotangents: which elements to measure, and measuring.

It knows functions and how long they take. It does not know what was claimed.
"""

import math
import sys
import time

import numpy as np

PROJECTIONS = 4             # random lines on which all elements move, where only some are measured one by one


class Patience:
    """How much time is left of the `seconds` that a check may take; without end if that is None."""

    def __init__(self, seconds):
        self.seconds = math.inf if seconds is None else seconds
        self.start = time.perf_counter()

    def left(self):
        return self.seconds - (time.perf_counter() - self.start)


class Measured:
    """The gradients Σₖ gₖ ∂outₖ/∂xⱼ for some cotangents g, (cotangents, outputs), for all elements xⱼ.

    For each input i: `numeric[i]`, (cotangents, elements), NaN where it was not measured or there is no
    slope; `bar[i]`, its error bar; `weight[i]`, the same sum without signs, which bounds what rounding does.
    Outputs with a kink at an element are left out of its sums; `kinks` has them.
    """

    def __init__(self, nudged, cotangents, patience, rng, name):
        self.nudged, self.cotangents = nudged, cotangents
        self.inputs = [i for i, size in enumerate(nudged.sizes) if size is not None]
        empty = {i: np.full((len(cotangents), nudged.arrays[i].size), np.nan) for i in self.inputs}
        self.numeric, self.bar, self.weight = ({i: x.copy() for i, x in empty.items()} for _ in range(3))
        self.kinks = {}                 # (input, element): {output: (slope before, slope after)}
        self.troubles = {}              # (input, element): why there is no slope
        self.projections = []           # (direction, slopes, error bars)
        places = [(i, j) for i in self.inputs for j in range(nudged.arrays[i].size)]
        chosen = self._affordable(places, patience, rng)
        self.looked_at = f"all {len(places):,} elements"
        if len(chosen) < len(places):
            self.looked_at = (f"{len(chosen):,} of {len(places):,} elements, and {PROJECTIONS} random "
                              f"directions of all (more in more than {patience.seconds:g} seconds)")
            self._project(rng)
        for i, j in watched(chosen, f"measuring {name}"):
            self.add(i, j, nudged.slopes(i, j))

    def _affordable(self, places, patience, rng):
        """All elements, or as many at random as can be measured in half of the time that is left."""
        start = time.perf_counter()
        for i, j in places[:2]:
            self.nudged.slopes(i, j)
        self.cost = (time.perf_counter() - start) / 2                  # seconds for an element
        if len(places) * self.cost <= patience.left() / 2:
            return places
        count = max(1, int(patience.left() / 2 / self.cost))
        return [places[p] for p in np.sort(rng.choice(len(places), min(count, len(places)), replace=False))]

    def add(self, i, j, found):
        """Take in the slopes of all outputs for element `j` of input `i`."""
        G = np.abs(self.cotangents)
        kinked = np.flatnonzero(found.jump)
        value, bar = (np.where(found.jump == 0, x, 0.0) for x in (found.value, found.bar))
        self.numeric[i][:, j] = self.cotangents @ value
        self.bar[i][:, j] = G @ bar
        self.weight[i][:, j] = G @ (np.abs(found.value) + np.abs(found.jump))
        self.kinks.pop((i, j), None)
        self.troubles.pop((i, j), None)
        if len(kinked):
            before, after = found.value - found.jump / 2, found.value + found.jump / 2
            self.kinks[i, j] = {int(k): (before[k], after[k]) for k in kinked}
        if found.trouble:
            self.troubles[i, j] = found.trouble

    def _project(self, rng):
        for _ in range(PROJECTIONS):
            direction = self.nudged.random_direction(rng)
            found = self.nudged.slopes_along(direction)
            if not found.trouble and not np.any(found.jump):
                self.projections.append((direction, self.cotangents @ found.value,
                                         np.abs(self.cotangents) @ found.bar))


def watched(things, what):
    """The things one by one; on a terminal with a bar, from the moment when it has taken two seconds."""
    things, start, bar = list(things), time.perf_counter(), None
    try:
        for done, thing in enumerate(things):
            yield thing
            if bar is None and sys.stderr.isatty() and time.perf_counter() - start > 2:
                from rich.console import Console
                from rich.progress import Progress

                bar = Progress(console=Console(stderr=True), transient=True)
                bar.start()
                task = bar.add_task(what, total=len(things))
            if bar is not None:
                bar.update(task, completed=done + 1)
    finally:
        if bar is not None:
            bar.stop()
