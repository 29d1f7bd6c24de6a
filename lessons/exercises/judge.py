"""Calls the learner's function, holds what comes out against ours, and gives the verdict.

A check asks its questions through a `Judge`. Whatever the function does, return too little, change its
arguments, raise, exit, the judge notes it and words are found for it. This file does not know where the
function came from, nor how the verdict is shown.
"""

import contextlib
import inspect
import io
import linecache
import re
import traceback
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, NoReturn

import numpy as np

from lessons.exercises.diagnosis import NO_RETURN, Finding, findings, known_mistakes
from lessons.exercises.sheets import Exercise
from lessons.exercises.values import copied, is_array, literal, numbers, same, size, text, unchanged
from minigrad import check_vjp

UNKNOWN = Finding("unknown", "No rule knows why. Work it out for this one call, step by step.")
NOT_ATTEMPTED, WRONG, RIGHT, BROKEN = "not attempted", "wrong", "right", "broken"


@dataclass
class Result:
    """What came of one exercise. All of it is text, to be handed from process to process."""

    lesson: int
    name: str
    state: str
    mistake: str = ""       # its short name: "off-by-one"
    sentence: str = ""      # the same for the learner
    call: str = ""          # what was called with what
    got: str = ""
    wanted: str = ""
    details: str = ""       # what else is known: evidence, or the lines that led to an error
    try_it: str = ""        # the call as Python, where it is short enough
    where: str = ""         # file and line of the function that ran
    printed: str = ""       # what it printed meanwhile

    @property
    def key(self) -> str:
        return f"{self.lesson}.{self.name}"


class Miss(NamedTuple):
    """A call that went wrong, and what can be said about it: surely, or perhaps by chance."""

    findings: list[Finding]
    args: Sequence[Any]
    got: str = ""
    wanted: str = ""
    details: str = ""
    sure: bool = True


class _Stop(BaseException):
    """The function cannot go on, so neither can its check. No `except Exception` on the way may catch it."""


@dataclass
class Judge:
    """What a check asks the learner's function with.

        judge(x, 3)                         the answer must be that of our solution
        answer = judge.ask(x, 3)            an answer, where several are right:
        judge.expect(answer > 0, "sign", "It gives a step uphill.")
        judge.gradient(np.exp, x)           the function is a vjp: it must agree with nudging
    """

    exercise: Exercise
    function: Callable[..., Any]
    solution: Callable[..., Any]
    misses: list[Miss] = field(default_factory=list)
    asked: Sequence[Any] = ()
    answered: Any = None

    # ---- what a check can ask

    def __call__(self, *args: Any, tolerance: float | None = None) -> None:
        """Ask, and hold the answer against our solution's: shapes, dtypes, and numbers but for rounding.

        `tolerance` is a share of the largest number: 1e-6 for float64 and 1e-4 for float32 unless given.
        """
        before = len(self.misses)
        got, wanted = self.ask(*args), self._ours(args)
        if len(self.misses) == before and not same(got, wanted, tolerance):
            found = findings(got, wanted, args, self._ours_of, self.exercise.mistakes)
            self.misses.append(Miss(found, args, text(got), text(wanted), _where_apart(got, wanted),
                                    sure=found[:1] == [NO_RETURN]))

    def ask(self, *args: Any) -> Any:
        """The learner's answer. The function gets copies; that it changes them is a mistake by itself."""
        lent = copied(args)
        self.asked = args
        self.answered = self._called(self.function, lent)
        for name, after, before in zip(self._names(args), lent, args):
            if not unchanged(after, before):
                finding = Finding("input-changed", f"It changes `{name}`, which is only lent to it: whoever "
                                  "called it may still need that. Work on a copy.")
                self.misses.append(Miss([finding], args, text(self.answered), text(self._ours(args)),
                                        f"Afterwards, {_named(name, after)}"))
                break
        return copied(self.answered)

    def expect(self, holds: Any, mistake: str, sentence: str) -> None:
        """The last answer must make `holds` true; if not, this is the mistake, in a word and a sentence."""
        if not holds:
            finding = NO_RETURN if self.answered is None else Finding(mistake, sentence)
            self.misses.append(Miss([finding], self.asked, text(self.answered)))

    def puzzled(self, error: Exception) -> None:
        """The last answer is of a kind that the check has stumbled over."""
        finding = NO_RETURN if self.answered is None else Finding(
            "wrong-type", f"The check can do nothing with what it gives: {message(error)}")
        self.misses.append(Miss([finding], self.asked, text(self.answered)))

    def gradient(self, f: Callable[..., Any], *arrays: Any, extra: Sequence[Any] = ()) -> None:
        """The function must be a vjp of `f`: function(g, *arrays, *extra) for f(*arrays, *extra).

        It gives one array for each of `arrays`, which are float64, in a tuple (or the array, if it is one).
        Random numbers are drawn for g, the gradient of f's result, and nudging decides: see
        `minigrad.check_vjp`, whose names and sentences a wrong gradient gets, if it is none of the exercise's
        own mistakes.
        """
        def forward(*arrays: Any) -> Any:
            return f(*arrays, *extra)

        args = (numbers(np.random.default_rng(1), *np.shape(forward(*arrays))), *arrays, *extra)
        got, wanted = self._called(self.function, copied(args)), self._ours(args)
        if got is None:
            self.misses.append(Miss([NO_RETURN], args, text(got), text(wanted)))
            return

        def vjp(g: Any, *arrays: Any) -> Any:
            return self._called(self.function, (g, *arrays, *extra))

        report = check_vjp(forward, vjp, arrays, raise_exception=False, allow_shared=True, repeatable=False)
        assert report.verdict != "cannot tell", f"{self.exercise.name} cannot be checked: {report.reason}"
        if report.verdict == "wrong":
            found = known_mistakes(got, args, self.exercise.mistakes)
            found += [Finding(each.name, self._with_names(each.sentence)) for each in report.findings]
            evidence = self._with_names(report.findings[0].evidence)    # where to look, the hints say
            self.misses.append(Miss(found, args, text(got), text(wanted), evidence))

    def _with_names(self, words: str) -> str:
        """The words of a gradient check, which counts its inputs, with the names of our arguments."""
        cotangent, *names = inspect.signature(self.solution).parameters
        words = re.sub(r"\binput (\d)\b", lambda found: f"`{names[int(found[1])]}`", words)
        words = words.replace("a cotangent of zeros", f"`{cotangent}` = 0")
        return words.replace("the cotangent", f"`{cotangent}`")

    # ---- calling

    def _called(self, function: Callable[..., Any], args: Sequence[Any]) -> Any:
        try:
            with np.errstate(all="ignore"):
                answer = function(*args)
                return list(answer) if inspect.isgenerator(answer) else answer
        except (KeyboardInterrupt, _Stop):
            raise
        except BaseException as error:
            self._stop(error, args)

    def _stop(self, error: BaseException, args: Sequence[Any]) -> NoReturn:
        steps = own_steps(error, self.function.__code__.co_filename)
        inner = steps[-1].name if steps else self.exercise.name
        if isinstance(error, NotImplementedError) and inner != self.exercise.name:
            finding = Finding("needs-another", f"It calls `{inner}`, which is not done yet.")
        elif isinstance(error, NotImplementedError):
            finding = Finding("placeholder-left", "It comes to the placeholder, `raise NotImplementedError`: "
                              "delete that line.")
        elif isinstance(error, SystemExit):
            finding = Finding("exits", "It ends the program: no function should call exit().")
        else:
            finding = Finding("raises", message(error))
        self.misses.append(Miss([finding], args, details="\n".join(told_steps(steps))))
        raise _Stop

    def _ours(self, args: Sequence[Any]) -> Any:
        return self._ours_of(*copied(args))

    @property
    def _ours_of(self) -> Callable[..., Any]:
        def answer(*args: Any) -> Any:
            found = self.solution(*args)
            return list(found) if inspect.isgenerator(found) else found
        answer.__signature__ = inspect.signature(self.solution)     # type: ignore[attr-defined]
        return answer

    def _names(self, args: Sequence[Any]) -> list[str]:
        return list(inspect.signature(self.solution).parameters)[:len(args)]

    # ---- the verdict

    def verdict(self) -> Result:
        result = Result(self.exercise.lesson, self.exercise.name, RIGHT)
        if not self.misses:
            return result
        finding = believed(self.misses)
        shown = min((miss for miss in self.misses if finding in miss.findings), default=self.misses[0],
                    key=lambda miss: size(list(miss.args)))
        names = self._names(shown.args)
        result.state, result.mistake, result.sentence = WRONG, finding.name, finding.sentence
        result.call = "\n".join([f"{self.exercise.name}({', '.join(names)})",
                                 *(_named(name, arg) for name, arg in zip(names, shown.args))])
        result.got, result.wanted, result.details = shown.got, shown.wanted, shown.details
        literals = [literal(arg) for arg in shown.args]
        if None not in literals:
            result.try_it = f"{self.exercise.name}({', '.join(map(str, literals))})"
        return result


def judge(exercise: Exercise, function: Callable[..., Any], solution: Callable[..., Any]) -> Result:
    """Check one function, in this process."""
    asking = Judge(exercise, function, solution)
    printed = _Limited()
    with contextlib.redirect_stdout(printed), contextlib.suppress(_Stop), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exercise.check(asking, np.random.default_rng(0))
        except Exception as error:
            if not asking.asked:
                raise
            asking.puzzled(error)
    result = asking.verdict()
    result.printed = printed.getvalue()
    return result


class _Limited(io.StringIO):
    """Keeps the first 2,000 characters of what is printed."""

    def write(self, words: str) -> int:
        return super().write(words[:max(0, 2000 - self.tell())])


def believed(misses: Sequence[Miss]) -> Finding:
    """What the learner is told. What comes first counts most, and what is said of one call only least."""
    sure = [miss.findings[0] for miss in misses if miss.sure and miss.findings]
    sure = [finding for finding in sure if finding.name != "unknown"] or sure
    guesses = [miss.findings for miss in misses if not miss.sure]
    if sure and misses[0].sure or not guesses:
        return sure[0] if sure else UNKNOWN
    return _common(guesses) or (sure[0] if sure else UNKNOWN)


def _common(guesses: Sequence[list[Finding]]) -> Finding | None:
    """The first finding of the first call that is also one of all the others, at least by its name."""
    first, *others = guesses
    for finding in first:
        if all(finding in other for other in others):
            return finding
    for finding in first:
        if all(finding.name in [each.name for each in other] for other in others):
            return finding
    return None


def _where_apart(got: Any, wanted: Any) -> str:
    """How much of an array is right, and where it is not for the first time."""
    if not (is_array(got) and is_array(wanted) and np.shape(got) == np.shape(wanted) and np.ndim(got) > 0):
        return ""
    with np.errstate(all="ignore"):
        scale = np.abs(wanted).max() if np.size(wanted) else 0
        apart = ~np.isclose(got, wanted, rtol=0, atol=1e-5 * scale, equal_nan=True)
    if not 0 < apart.sum() < apart.size:
        return ""
    place = ", ".join(map(str, np.argwhere(apart)[0]))
    right = apart.size - apart.sum()
    return f"{right} of {apart.size} numbers are right; the first wrong one is at [{place}]."


def _named(name: str, value: Any) -> str:
    return f"{name} = {text(value)}"


# ---- errors of the learner's

def own_steps(error: BaseException, file: str) -> list[traceback.FrameSummary]:
    """The steps of a traceback that are in the learner's own file, outermost first."""
    linecache.checkcache(file)
    return [step for step in traceback.extract_tb(error.__traceback__) if step.filename == file]


def message(error: BaseException) -> str:
    """What a traceback ends with, whole: "IndexError: index 5 is out of bounds for axis 0 with size 5"."""
    if isinstance(error, SyntaxError):              # the line, and a mark below it, are told elsewhere
        return f"{type(error).__name__}: {error.msg}"
    return "".join(traceback.format_exception_only(error)).strip()


def told_steps(steps: Sequence[traceback.FrameSummary]) -> list[str]:
    """The steps, the last one first; of a long recursion the last few."""
    lines = [f"line {step.lineno}, in {step.name}:  {step.line}" for step in reversed(steps)]
    return lines if len(lines) <= 6 else [*lines[:5], f"... and {len(lines) - 5} more"]
