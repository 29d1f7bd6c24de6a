"""What came of a check: a verdict, what was found, and the words and the picture that say it.

This file measures nothing. It puts the most important line last, where a traceback ends.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

RIGHT, WRONG, CANNOT_TELL = "right", "wrong", "cannot tell"


class Finding(NamedTuple):
    """One mistake, by its name."""

    name: str                   # short and stable: "not-transposed"
    sentence: str               # "The gradient of input 1 has the right numbers, but transposed."
    evidence: str = ""          # what gave it away
    look_at: str = ""           # where the mistake will be found
    input: int | None = None    # which input's gradient it is, where it is one's


class Comparison(NamedTuple):
    """One input's gradient for one cotangent, claimed and measured: arrays of the input's shape."""

    input: int
    analytic: np.ndarray
    numeric: np.ndarray         # NaN where it was not measured, or has no one value (a kink)
    bar: np.ndarray             # the error bar of the numeric
    wrong: np.ndarray           # booleans


@dataclass
class Report:
    """The outcome of a check. It counts as true if the verdict is "right".

    `findings` are the mistakes, the most telling first; `reason` says why the verdict is "cannot tell";
    `looked_at` says which elements were measured, and `method` how; `comparisons` holds the numbers.
    """

    function: str
    verdict: str
    findings: list[Finding] = field(default_factory=list)
    reason: str = ""
    shapes: str = ""
    looked_at: str = ""
    method: str = ""
    comparisons: list[Comparison] = field(default_factory=list)
    repeat: str = ""

    def __bool__(self):
        return self.verdict == RIGHT

    @property
    def names(self):
        """The short names of all mistakes found."""
        return [finding.name for finding in self.findings]

    @property
    def name(self):
        """The short name of the most telling mistake, or None."""
        return self.findings[0].name if self.findings else None

    def worst(self, input):
        """A line on the element of an input's gradient that is farthest off; "" if there is no such."""
        for compared in self.comparisons:
            wrong = compared.wrong & np.isfinite(compared.numeric)
            if compared.input == input and wrong.any():
                off = np.nan_to_num(np.abs(compared.analytic - compared.numeric), nan=np.inf)
                place = np.unravel_index(np.where(wrong, off, -1.0).argmax(), off.shape)
                where = f"[{', '.join(map(str, place))}]" if place else "it"
                count = np.isfinite(compared.numeric).sum()
                return (f"input {input}: {wrong.sum()} of {count} elements wrong; the worst, {where}: "
                        f"analytic {compared.analytic[place]:.6g}, "
                        f"numeric {compared.numeric[place]:.6g} ± {compared.bar[place]:.1g}")
        return ""

    def __str__(self):
        lines = [f"gradient check of {self.function}: {self.verdict}"]
        lines += [f"  {self.shapes}"] * bool(self.shapes)
        lines += [f"  measured: {self.looked_at}; {self.method}"] * bool(self.looked_at)
        for finding in reversed(self.findings):
            lines += [f"  also {finding.name}: {finding.sentence}"] * (finding is not self.findings[0])
        if self.findings:
            first = self.findings[0]
            worst = self.worst(first.input)
            lines += [f"  {worst}"] * bool(worst)
            lines += [f"  what gave it away: {first.evidence}"] * bool(first.evidence)
            lines += [f"  look at: {first.look_at}"] * bool(first.look_at)
            lines += [f"  repeat: {self.repeat}"] * bool(self.repeat)
            lines += [f"{first.name}: {first.sentence}"]
        elif self.reason:
            lines += [f"cannot tell: {self.reason}"]
        return "\n".join(lines)

    def plot(self):
        """The gradients as pictures: analytic, numeric, difference; a row for each input. Returns a Figure.

        Blue is negative, white is 0, red is positive, on one scale for a row; what was not measured, and
        kinks, are grey. The matrices of an array with more than two axes stand side by side.
        """
        from matplotlib import pyplot as plt

        rows = [compared for compared in self.comparisons if compared.analytic.size]
        if not rows:
            raise ValueError(f"there is nothing to draw: {str(self).splitlines()[-1]}")
        figure, axes = plt.subplots(len(rows), 3, figsize=(7.5, 2.4 * len(rows)), squeeze=False,
                                    layout="constrained")
        for compared, row in zip(rows, axes):
            pictures = [compared.analytic, compared.numeric, compared.analytic - compared.numeric]
            limit = max(np.abs(x[np.isfinite(x)]).max(initial=0.0) for x in pictures) or 1.0
            scale = {"cmap": "RdBu_r", "vmin": -limit, "vmax": limit, "interpolation": "nearest"}
            for axis, x in zip(row, pictures):
                drawn = axis.imshow(_sheet(x), **scale)
                axis.set(xticks=[], yticks=[], facecolor="0.7")
            row[0].set_ylabel(f"input {compared.input}\n{compared.analytic.shape}", fontsize=8)
            figure.colorbar(drawn, ax=row, shrink=0.8)
        for axis, title in zip(axes[0], ("analytic", "numeric", "analytic - numeric")):
            axis.set_title(title, fontsize=9)
        figure.suptitle(f"{self.function}: {self.name or self.verdict}", fontsize=10)
        return figure


def _sheet(x):
    """An array as one matrix: of (..., C, H, W), C matrices side by side, the rest below, grey between."""
    if x.ndim < 3:
        return x.reshape(-1, max(x.shape[-1:], default=1))
    x = np.pad(x.reshape(-1, *x.shape[-3:]), ((0, 0), (0, 0), (0, 1), (0, 1)), constant_values=np.nan)
    N, C, H, W = x.shape
    return x.transpose(0, 2, 1, 3).reshape(N * H, C * W)[:-1, :-1]


class GradientError(AssertionError):
    """A gradient that is wrong, or that could not be judged; the `report` says more."""

    def __init__(self, report):
        super().__init__(str(report))
        self.report = report
