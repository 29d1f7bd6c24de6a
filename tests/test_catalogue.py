"""The tester tested: every planted mistake rejected and named, no right gradient rejected; and the planting.

The second half trusts no checker. It holds each entry against plain central differences, or, at a kink,
against the gradients all around it, and looks for itself whether an array was written to.
"""

from functools import cache

import numpy as np
import pytest

import minigrad
from tests.catalogue import MISTAKES, RIGHT, UNCERTAIN
from tests.catalogue import __main__ as command
from tests.catalogue.right import DTYPES, KINKS

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")      # 0 / 0 is what some of them are about


def each(entries):
    return pytest.mark.parametrize("entry", entries, ids=lambda entry: entry.name)


# --- The check ----------------------------------------------------------------------------------------------

@cache
def report_on(entry):
    return minigrad.check_vjp(entry.f, entry.make_vjp(), entry.arrays(), raise_exception=False)


@each(MISTAKES)
def test_every_mistake_is_rejected(entry):
    report = report_on(entry)
    assert report.verdict == "wrong", str(report)


def test_nine_mistakes_in_ten_are_named_as_expected(capsys):
    misnamed = [entry for entry in MISTAKES if report_on(entry).name not in entry.expected]
    with capsys.disabled():
        print(f"\nof {len(MISTAKES)} mistakes {len(MISTAKES) - len(misnamed)} are named as expected")
        for entry in misnamed:
            print(f"  {entry.name}: {report_on(entry).name}, expected {' or '.join(entry.expected)}")
    assert len(misnamed) <= 0.1 * len(MISTAKES)


@each(RIGHT)
def test_no_right_gradient_is_rejected(entry):
    report = report_on(entry)
    assert report.verdict == "right", str(report)


@each(UNCERTAIN)
def test_where_nobody_can_tell_the_check_says_so(entry):
    report = report_on(entry)
    assert report.verdict == "cannot tell" and report.reason, str(report)


def test_the_catalogue_is_as_large_as_promised():
    entries = [*MISTAKES, *RIGHT, *UNCERTAIN]
    assert len({entry.name for entry in entries}) == len(entries)
    assert len(MISTAKES) >= 80 and len(RIGHT) >= 60
    assert len({entry.function for entry in MISTAKES}) >= 30


def test_the_table_counts_what_was_caught_and_named(monkeypatch, capsys):
    monkeypatch.setattr(command, "MISTAKES", MISTAKES[:3])
    monkeypatch.setattr(command, "RIGHT", RIGHT[:2])
    monkeypatch.setattr(command, "UNCERTAIN", UNCERTAIN[:1])
    monkeypatch.setattr(command, "pytorch", None)
    monkeypatch.setattr("sys.argv", ["catalogue", "--markdown", "--all"])
    command.main()
    printed = capsys.readouterr().out
    named = sum(report_on(entry).name in entry.expected for entry in MISTAKES[:3])
    assert f"| **all** | 3 | 3 | {named} | - |" in printed
    assert "| **all** | 2 | 2 | - |" in printed and "| 1 | 1 | 0 | 0 | - |" in printed
    assert all(f"| {entry.name} |" in printed for entry in [*MISTAKES[:3], *RIGHT[:2], *UNCERTAIN[:1]])


def test_the_table_in_the_documentation_is_what_comes_out():
    def outcome(entry):
        return command.Outcome(entry, report_on(entry).verdict, report_on(entry).name, "")

    documented = [[cell.strip() for cell in line.split("|")[1:-1]]
                  for line in minigrad.gradcheck.__doc__.splitlines() if line.startswith("|")]
    for summary, entries in ((command.summary_of_mistakes, MISTAKES), (command.summary_of_right, RIGHT)):
        _, _, rows = summary([outcome(entry) for entry in entries])
        for row in rows:
            assert row[:-1] in [line[: len(row) - 1] for line in documented]      # PyTorch's column apart


# --- The entries themselves: by central differences ---------------------------------------------------------

def outputs_of(f, arrays):
    results = f(*arrays)
    return [np.asarray(result) for result in (results if isinstance(results, tuple) else (results,))]


def is_float(array):
    return array.dtype.kind == "f"


def cotangent_for(entry, seed=0):
    """Random numbers of either sign, none of them near 0, in the form in which the vjp wants them."""
    rng = np.random.default_rng(seed)
    parts = [np.array(rng.choice([-1, 1], out.shape) * rng.uniform(1, 2, out.shape), out.dtype)
             for out in outputs_of(entry.f, entry.arrays())]
    return tuple(parts) if isinstance(entry.f(*entry.arrays()), tuple) else parts[0]


def answers_of(entry, vjp, g, arrays):
    """What the vjp gives, as a list, one for each input; it gets memory of its own to spoil."""
    own = tuple(part.copy() for part in g) if isinstance(g, tuple) else g.copy()
    answers = vjp(own, *arrays)
    return list(answers) if isinstance(answers, (tuple, list)) else [answers]


def central_difference(f, g, arrays, which, place, step):
    """The slope of <g, f> along one element. Differences come first: no large output drowns a small one."""
    nudged = [array.astype(np.float64) if is_float(array) else array for array in arrays]
    above, below = nudged[which].copy(), nudged[which].copy()
    above[place] += step
    below[place] -= step
    width = above[place] - below[place]                 # what is left of 2·step beside a large number
    ups, downs = (outputs_of(f, [*nudged[:which], x, *nudged[which + 1 :]]) for x in (above, below))
    parts = g if isinstance(g, tuple) else (g,)
    rise = sum(np.sum(part * (up - down)) for part, up, down in zip(parts, ups, downs))
    return rise / width if width else np.nan


STEPS = (1e-5, 1e-3, 1e-7, 1e-2, 1e-1, 1e-9, 1e-11, 10)    # no step suits all: some inputs are 1e-8, some 1e6


def is_confirmed(f, g, arrays, answers, rtol=1e-3, atol=1e-15):
    """Whether every element of every answer is the central difference of one of the steps."""
    if len(answers) != len(arrays):
        return False
    for which, (array, answer) in enumerate(zip(arrays, answers)):
        if not is_float(array):
            if answer is not None:
                return False
            continue
        answer = np.zeros(array.shape) if answer is None else np.asarray(answer)
        if answer.shape != array.shape or answer.dtype != array.dtype:
            return False
        for place in np.ndindex(array.shape):
            slopes = (central_difference(f, g, arrays, which, place, step) for step in STEPS)
            if not any(abs(slope - answer[place]) <= atol + rtol * abs(slope) for slope in slopes):
                return False
    return True


@each([entry for entry in RIGHT if entry.kind != KINKS])
def test_right_gradients_are_right(entry):
    g, arrays = cotangent_for(entry), entry.arrays()
    answers = answers_of(entry, entry.make_vjp(), g, arrays)
    assert is_confirmed(entry.f, g, arrays, answers, atol=1e-3 if entry.kind == DTYPES else 1e-15)


BY_HABIT = {"stale-gradient", "cotangent-mutated", "input-mutated", "shared-memory", "not-deterministic",
            "raises"}


@each([entry for entry in MISTAKES if not {*entry.expected} & {*BY_HABIT, "wrong-at-kink"}])
def test_mistakes_are_mistakes(entry):
    g, arrays = cotangent_for(entry), entry.arrays()
    assert not is_confirmed(entry.f, g, arrays, answers_of(entry, entry.make_vjp(), g, arrays))


# --- At kinks: by the gradients all around ------------------------------------------------------------------

def sticks_out(entry, count=200, radius=1e-3, margin=0.05):
    """How far, at a kink, the answers lie outside the convex hull of the gradients nearby; ≤ 0 is inside.

    A point lies in a hull if it sticks out in no direction. That the hull is what is right: Clarke (1975).
    """
    rng, g, arrays = np.random.default_rng(1), cotangent_for(entry), entry.arrays()
    wanted = [i for i, array in enumerate(arrays) if is_float(array)]
    answers = answers_of(entry, entry.make_vjp(), g, arrays)
    answer = np.concatenate([np.ravel(answers[i]) for i in wanted])
    around = np.empty((count, answer.size))
    for row in around:
        near = [array + radius * rng.normal(size=array.shape) if is_float(array) else array
                for array in arrays]
        row[:] = [central_difference(entry.f, g, near, i, place, 1e-7)
                  for i in wanted for place in np.ndindex(arrays[i].shape)]
    directions = rng.normal(size=(2000, answer.size))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return (directions @ answer - (directions @ around.T).max(axis=1)).max() - margin


@each([entry for entry in RIGHT if entry.kind == KINKS])
def test_right_gradients_at_kinks_are_right(entry):
    assert sticks_out(entry) <= 0


@each([entry for entry in MISTAKES if "wrong-at-kink" in entry.expected])
def test_mistakes_at_kinks_are_mistakes(entry):
    assert sticks_out(entry) > 0


# --- Habits: by looking -------------------------------------------------------------------------------------

def is_same(some, others):
    return all(np.array_equal(one, other) for one, other in zip(some, others) if one is not None)


def with_name(name):
    return each([entry for entry in MISTAKES if name in entry.expected])


@with_name("stale-gradient")
def test_stale_gradients_pile_up(entry):
    vjp, g, arrays = entry.make_vjp(), cotangent_for(entry), entry.arrays()
    first = [np.copy(answer) for answer in answers_of(entry, vjp, g, arrays) if answer is not None]
    assert not is_same(first, answers_of(entry, vjp, g, arrays))
    assert is_same(first, answers_of(entry, entry.make_vjp(), g, arrays))


@with_name("not-deterministic")
def test_chance_answers_differently_each_time(entry):
    vjp, g, arrays = entry.make_vjp(), cotangent_for(entry), entry.arrays()
    assert not is_same(answers_of(entry, vjp, g, arrays), answers_of(entry, vjp, g, arrays))


@with_name("cotangent-mutated")
def test_cotangents_are_written_to(entry):
    g = cotangent_for(entry)
    entry.make_vjp()(g, *entry.arrays())
    assert not is_same([g], [cotangent_for(entry)])


@with_name("input-mutated")
def test_inputs_are_written_to(entry):
    arrays = entry.arrays()
    entry.make_vjp()(cotangent_for(entry), *arrays)
    assert not is_same(arrays, entry.arrays())


@with_name("shared-memory")
def test_memory_is_shared(entry):
    one, other = entry.make_vjp()(cotangent_for(entry), *entry.arrays())
    assert np.shares_memory(one, other)


@with_name("raises")
def test_errors_are_raised(entry):
    with pytest.raises((ValueError, NameError)):
        entry.make_vjp()(cotangent_for(entry), *entry.arrays())
