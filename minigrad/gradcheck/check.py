"""The check: ask a backward pass for gradients, measure them, and say right, wrong, or cannot tell.

    report = check_vjp(np.sin, lambda g, x: g * np.cos(x), [x])

It knows functions of arrays, and neither tensors nor graphs.
"""

import numpy as np

from minigrad.gradcheck.calls import Calls
from minigrad.gradcheck.compare import Compared
from minigrad.gradcheck.conduct import ask
from minigrad.gradcheck.measure import Measured, Patience
from minigrad.gradcheck.numeric import Nudged
from minigrad.gradcheck.repeat import arguments, line_that_repeats, name_of
from minigrad.gradcheck.report import CANNOT_TELL, RIGHT, WRONG, Finding, GradientError, Report

LOOKS = 1000                # at the function, at the least, for a diagnosis
COTANGENTS = 2              # random ones; each gradient is compared for every one of them


def check_vjp(f, vjp, arrays, *, atol=None, rtol=None, raise_exception=True, rng=None, seconds=5.0,
              allow_shared=False, repeatable=True):
    """Check the gradients that `vjp` gives for `f` against derivatives measured by nudging.

    f: takes the arrays, returns an array, or a tuple of them. vjp(g, *arrays): the vector-Jacobian product.
    `g` is a cotangent of the output's shape and dtype, a tuple of them for several outputs; the answer has
    for each input an array of its shape and dtype, or None where there is no gradient. arrays: the point at
    which to check, a sequence of arrays, or one array. Those of floating-point numbers are judged, those of
    integers and booleans handed on. Everything is measured in float64.

    Cotangents are random, from `rng` (default: seeded with 0). The tolerance is the error bar of what was
    measured, unless `atol` or `rtol` make it wider: |analytic - numeric| ≤ atol + rtol·|numeric|. At a kink
    every subgradient is right. Every element is measured if that takes no longer than `seconds`, else a
    sample of them and some random directions; None takes the time that it needs. Two gradients that share
    memory are a mistake unless `allow_shared`. A failure is told with a line of Python that repeats it, if
    `repeatable`.

    Returns a `Report`. Raises `GradientError`, which carries it, unless the verdict is "right" or
    `raise_exception` is false; TypeError if no array has floating-point numbers. What `f` raises comes
    through.
    """
    arrays = list(arrays) if isinstance(arrays, tuple | list) else [arrays]
    rng = np.random.default_rng(0) if rng is None else rng
    patience, calls = Patience(seconds), Calls(f, vjp, arrays)
    report, error = _report(calls, rng, atol, rtol, patience, allow_shared)
    if report.verdict == WRONG and repeatable and patience.left() > 0.8 * patience.seconds:
        options = {"atol": atol, "rtol": rtol, "allow_shared": allow_shared}

        def check(again):
            return check_vjp(f, vjp, again, raise_exception=False, repeatable=False, **options)

        line = f"minigrad.check_vjp({name_of(f, 'f')}, {name_of(vjp, 'vjp')}, {{}}{arguments(options)})"
        report.repeat = line_that_repeats(report.name, check, line, calls.arrays)
    if raise_exception and not report:
        raise GradientError(report) from error
    return report


def _report(calls, rng, atol, rtol, patience, allow_shared):
    """The report, and what the vjp raised, if it did."""
    report = Report(calls.name, CANNOT_TELL, shapes=calls.in_words(), reason=nothing_to_go_by(calls))
    if report.reason:
        return report, None
    cotangents = calls.cotangents(COTANGENTS, rng)
    answers = ask(calls, cotangents, allow_shared)
    report.findings += answers.findings
    if answers.gradients:
        measured = Measured(Nudged(calls.forward, calls.point, rng), cotangents, patience, rng, calls.name)
        compared = Compared(measured, claimed(answers.gradients, calls), atol, rtol)
        report.findings += judge(compared, calls, answers, patience, rng) + answers.shared
        report.comparisons = list(compared.comparisons())
        report.looked_at, report.method = measured.looked_at, measured.nudged.method
        if not report.findings:
            report.findings = in_given_dtypes(calls, cotangents[0], compared)
            report.reason = "; ".join(sorted(compared.doubts()))
    report.verdict = WRONG if report.findings else CANNOT_TELL if report.reason else RIGHT
    return report, answers.error


def nothing_to_go_by(calls):
    """Why nothing can be said of the gradients of this function at this point; "" if something can."""
    out = calls.out.reshape(-1)
    if not np.all(np.isfinite(out)):
        k = int(np.flatnonzero(~np.isfinite(out))[0])
        return f"{calls.name} is {out[k]} here, at output element {k}"
    if calls.written:
        return f"{calls.name} itself writes to {sorted(calls.written)[0][1]}, which it should only read"
    if not np.allclose(calls.again(), calls.out, rtol=1e-9, atol=1e-12):
        return f"{calls.name} itself answers differently the second time: draw its random numbers beforehand"
    return ""


def claimed(gradients, calls):
    """{input: (cotangents, elements)} of those that have their input's shape; None counts as zeros."""
    rows = {}
    for i in calls.inputs:
        answers = [np.zeros(calls.point[i].shape) if answer[i] is None else answer[i] for answer in gradients]
        if all(x.shape == calls.point[i].shape and x.dtype.kind in "fciub" for x in answers):
            rows[i] = np.array([np.real(x).astype(np.float64).reshape(-1) for x in answers])
    return rows


def judge(compared, calls, answers, patience, rng):
    """Findings on the numbers: compare, measure again where they disagree, and have the mistakes named."""
    def claim(k):
        one_hot = (np.arange(calls.out.size) == k).astype(np.float64)
        return {i: rows[0] for i, rows in claimed([calls.backward(one_hot, *calls.point)], calls).items()}

    at_kinks = compared.judge_kinks(claim, rng, patience)
    compared.measure_again(patience)
    at_kinks += compared.judge_kinks(claim, rng, patience)
    wrong = [i for i in calls.inputs if i not in compared.claimed or compared.wrong(i).any()]
    findings = none_or_nan(compared, answers, wrong)
    unnamed = [i for i in wrong if i not in {finding.input for finding in findings}]
    if unnamed:
        findings += named(calls, unnamed, answers, patience, rng)
    findings += [finding for finding in at_kinks if finding.input not in wrong]
    if not findings and compared.projections_wrong():
        findings.append(Finding("unknown", "The elements that were measured are right, but not all others: "
                                "along a line on which all of them move, the slope is another."))
    return findings or (answers.offset + answers.bent)[:1]


def named(calls, wrong, answers, patience, rng):
    """The mistakes in wrong gradients, by name; or what the vjp does to its cotangent, if that says more."""
    from minigrad.gradcheck.diagnosis import diagnose  # long, and seldom needed: loaded when it is

    if calls.seconds * LOOKS > patience.left():
        return [Finding("unknown", f"The gradient of input {i} is wrong. To find out why would take longer "
                        f"than the {patience.seconds:g} seconds of this check.", "", "the option seconds", i)
                for i in wrong]
    seconds = min(patience.left() / len(wrong), 2.0)
    findings = diagnose(calls.forward, calls.backward, calls.point, wrong, rng, seconds=seconds)
    names = {finding.name for finding in findings}
    if "cotangent-ignored" not in names and answers.offset:
        return answers.offset + findings
    return (answers.bent if names == {"unknown"} else []) + findings


def none_or_nan(compared, answers, wrong):
    """Findings for gradients that are missing, or are no numbers."""
    findings = []
    for i in wrong:
        if answers.gradients[0][i] is None:
            findings.append(Finding("none", f"The vjp gives None for input {i}, which has a gradient.", "",
                                    "what the vjp returns for this input", i))
        elif i in compared.claimed and not np.all(np.isfinite(compared.claimed[i])):
            count = np.count_nonzero(~np.isfinite(compared.claimed[i][0]))
            sentence = f"The gradient of input {i} has NaN or infinity where the function has a slope."
            findings.append(Finding("nan", sentence, f"{count} elements",
                                    "divisions by 0, logarithms of 0, exp of large numbers", i))
    return findings


def in_given_dtypes(calls, g, compared):
    """Findings from asking once more with float32 inputs as they are, where that is what was given."""
    short = [i for i in calls.inputs if calls.arrays[i].dtype != np.float64]
    if not short:
        return []
    try:
        answer = calls.backward_as_given(g)
    except Exception as error:                          # whatever goes wrong in the code under test
        return [Finding("raises", f"With the inputs in their own dtypes, the vjp raised "
                        f"{type(error).__name__}: {error}")]
    findings = []
    for i in short:
        x, dtype = answer[i], calls.arrays[i].dtype
        if x is None:
            continue
        rough = 1e-2 * (compared.measured.weight[i][0] + np.abs(compared.claimed[i][0]).max(initial=0.0))
        if x.shape != calls.arrays[i].shape:
            findings.append(Finding("wrong-shape", f"In {dtype}, the gradient of input {i} has the shape "
                                    f"{x.shape}; its input has {calls.arrays[i].shape}.", input=i))
        elif x.dtype != dtype:
            findings.append(Finding("wrong-dtype", f"The gradient of input {i} is {x.dtype}; its input is "
                                    f"{dtype}.", "", "constants of float64, and conversions on the way", i))
        elif not np.all(np.isfinite(x)):
            findings.append(Finding("nan", f"In {dtype}, the gradient of input {i} has NaN or infinity.", "",
                                    "numbers too large or too small for the dtype", i))
        elif np.any(np.abs(x.reshape(-1) - compared.claimed[i][0]) > np.nan_to_num(rough, nan=np.inf)):
            findings.append(Finding("unknown", f"In {dtype}, the gradient of input {i} is another than in "
                                    "float64.", "", "differences of numbers that are nearly equal", i))
    return findings
