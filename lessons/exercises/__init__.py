"""The exercises: functions of minigrad that the learner writes, and checks that say what is wrong with them.

A lesson's folder holds two files for its exercises:

    exercises.py    our solutions, written as the learner's file would look; theirs is made from it
    checks.py       for each exercise a check, its hints, and its place in minigrad

Here is the machinery, in reading order:

    sheets.py       what is given: the learner's file, cut out of ours
    values.py       arrays compared, and arrays as text
    diagnosis.py    which mistake is it? by looking at the answer alone
    judge.py        calls the learner's function, holds the answer against ours, and gives the verdict
    learner.py      a learner's file, run one statement after the other, whatever is in it
    runner.py       one file checked in a process of its own, with a time limit
    workspace.py    the learner's folder: begun, brought up to date, never overwritten
    places.py       the learner's functions put into minigrad in place of ours
    training.py     lesson 9 with the learner's functions in place
    keys.py         single keys, for `watch`
    words.py        what is said about it all
    commands.py     start, check, watch, hint, solution, reset, progress, train, report

What a `checks.py` needs is imported from here.
"""

from lessons.exercises.diagnosis import Mistake
from lessons.exercises.judge import Judge
from lessons.exercises.places import Patch, forward, in_steps, numbers_by, read_only, vjps
from lessons.exercises.sheets import Exercise, exercise, solutions
from lessons.exercises.values import numbers

__all__ = ["Exercise", "Judge", "Mistake", "Patch", "exercise", "forward", "in_steps", "numbers",
           "numbers_by", "read_only", "solutions", "vjps"]
