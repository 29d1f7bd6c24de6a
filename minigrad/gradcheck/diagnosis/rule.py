"""What a rule is: the name of a mistake, the words for it, and a function that tells what gives it away."""

from collections.abc import Callable
from typing import NamedTuple

from minigrad.gradcheck.report import Finding


class Rule(NamedTuple):
    """Called with a case, it gives a Finding, or None if the case is another."""

    name: str
    sentence: str               # with {i} for the number of the input
    look_at: str
    evidence: Callable          # case -> what gave it away; or that, and values for the sentence; or None

    def __call__(self, case):
        told = self.evidence(case)
        if not told:
            return None
        evidence, values = told if isinstance(told, tuple) else (told, {})
        return Finding(self.name, self.sentence.format(i=case.i, **values), evidence, self.look_at, case.i)


def mistake(name, sentence, look_at):
    """Make a rule of the function that tells the evidence."""
    return lambda evidence: Rule(name, sentence, look_at, evidence)
