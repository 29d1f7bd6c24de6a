"""Lesson 9 once more, with the learner's functions in minigrad in place of ours.

Only functions that are right come in, and their calls are counted: what is said to be the learner's own has
done the work. This file runs the learner's code in its own process, after it has been checked in another.
"""

import contextlib
import functools
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lessons import HERE, catalogue, kit
from lessons.exercises.judge import NOT_ATTEMPTED, RIGHT, message, own_steps, told_steps
from lessons.exercises.learner import LearnersFile, run_file
from lessons.exercises.places import Patch, in_place
from lessons.exercises.runner import FileReport
from lessons.exercises.sheets import Exercise

TRAINED = 9                                     # the lesson whose network is trained


@dataclass
class Own:
    """A function of the learner's that has a place in minigrad, and how often it was called there."""

    exercise: Exercise
    file: LearnersFile
    calls: int = 0

    def patches(self) -> list[Patch]:
        """What goes into minigrad; and in the learner's file, others of its functions may call this one."""
        ours = self.file.function(self.exercise.name)

        @functools.wraps(ours)
        def counted(*args: Any, **named: Any) -> Any:
            self.calls += 1
            return ours(*args, **named)

        assert self.exercise.place
        return [Patch(self.file.module, self.exercise.name, counted), *self.exercise.place(counted)]


@dataclass
class Parts:
    """The exercises with a place in minigrad: those that come in, and those that do not, with a reason."""

    own: list[Own]
    ours: list[tuple[Exercise, str]]

    @property
    def total(self) -> int:
        return len(self.own) + len(self.ours)


def gather(reports: Sequence[FileReport]) -> Parts:
    """Sort the exercises by what the checks said of them, and fetch the functions that are right."""
    parts = Parts([], [])
    for report in reports:
        placed = [result for result in report.results if report.sheet.exercises[result.name].place]
        right = [result for result in placed if result.state == RIGHT]
        sys.path.append(str(report.path.parent.resolve()))      # as in the check
        # What was trouble in the check would be trouble here: those statements are left out.
        file = run_file(report.path, {trouble.line for trouble in report.troubles}) if right else None
        for result in placed:
            exercise = report.sheet.exercises[result.name]
            if file and result.state == RIGHT:
                parts.own.append(Own(exercise, file))
            elif result.state == NOT_ATTEMPTED:
                parts.ours.append((exercise, result.state))
            else:
                parts.ours.append((exercise, f"{result.state}: {result.mistake}"))
    return parts


def train(own: Sequence[Own], session: kit.Session) -> str:
    """Run lesson 9 with these functions in place; the share of test digits read correctly, as it tells it.

    They come in one by one, so that each finds the others before it in place and can be put around them.
    """
    kit.open_session(session)
    try:
        with contextlib.ExitStack() as stack:
            for each in own:
                stack.enter_context(in_place(each.patches()))
            kit.play(session.lessons[TRAINED])
    finally:
        kit.session = None
    return session.receipts[0].got


def new_session(root: Path, data: Path | None, out: Path, seed: int) -> kit.Session:
    lessons = catalogue(root)
    return kit.Session(lessons if TRAINED in lessons else catalogue(HERE), data, out, seed)


def whose_fault(error: BaseException, own: Sequence[Own]) -> tuple[Exercise, str] | None:
    """The exercise whose function raised, and what a learner has to know; None if none did."""
    for each in own:
        steps = own_steps(error, str(each.file.path))
        if each.exercise.name in [step.name for step in steps]:
            return each.exercise, "\n".join([message(error), *told_steps(steps)])
    return None
