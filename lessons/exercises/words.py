"""What is said about exercises on a terminal: results, hints, solutions, tables. Decides nothing."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from lessons.exercises.judge import BROKEN, NOT_ATTEMPTED, RIGHT, WRONG, Result
from lessons.exercises.runner import FileReport
from lessons.exercises.sheets import Exercise, Sheet
from lessons.exercises.training import Parts
from lessons.exercises.workspace import Workspace
from lessons.terminal import console, say

STYLES = {RIGHT: "green", WRONG: "bold red", BROKEN: "bold red", NOT_ATTEMPTED: "dim"}
MARKS = {RIGHT: ("✓", "+"), WRONG: ("✗", "x"), BROKEN: ("!", "!"), NOT_ATTEMPTED: ("·", ".")}


def print_report(report: FileReport, short: bool = False) -> None:
    """A file: first what is wrong with it as a whole, then exercise by exercise.

    `short`: a line is enough for a file in which nothing was attempted.
    """
    for trouble in report.troubles:
        place = f", line {trouble.line}" if trouble.line else ""
        say(f"{report.path.name}{place}: {trouble.sentence}", "bold red")
        _print_block("", trouble.details)
    for note in report.notes:
        say(f"{report.path.name}: {note}", "yellow")
    if short and all(result.state == NOT_ATTEMPTED for result in report.results):
        entry = report.sheet.entry
        say(f"{entry.number}. {entry.title}: none of {len(report.results)} attempted", "dim")
        return
    for result in report.results:
        print_result(result, report.path.name)


def print_result(result: Result, file: str) -> None:
    console.print(Text.assemble(f"{result.key:<32} ", (f"{result.state:<15}", STYLES[result.state]),
                                (result.where, "dim")), soft_wrap=True)
    if result.state in (RIGHT, NOT_ATTEMPTED):
        return
    say(textwrap.indent(f"{result.sentence}  [{result.mistake}]", "    "))
    _print_block("called", result.call)
    _print_block("gives", result.got)
    _print_block("wanted", result.wanted)
    _print_block("more", result.details)
    _print_block("printed", result.printed)
    if result.try_it:
        _print_block("try it", f"python -i {file}\n>>> {result.try_it}")


def _print_block(title: str, text: str) -> None:
    """A title, and beside it some lines, as they are."""
    if text:
        first, *others = text.rstrip().split("\n")
        lines = [f"    {title:<8} {first}", *(f"{'':13}{line}" for line in others)]
        console.print(Text("\n".join(lines)), soft_wrap=True)


def print_totals(results: Sequence[Result]) -> None:
    counts = {state: sum(result.state == state for result in results) for state in STYLES}
    others = ", ".join(f"{count} {state}" for state, count in counts.items() if state != RIGHT and count)
    say(f"{counts[RIGHT]} of {len(results)} right{', ' + others if others else ''}.", "bold")


def print_next(sheet: Sheet | None, exercise: Exercise | None, workspace: Workspace) -> None:
    """Where to go on."""
    if exercise is None or sheet is None:
        say("All exercises are right. `python -m lessons train` trains a network with them.", "bold green")
        return
    say(f"Next: {exercise.key}: {sheet.task(exercise.name)}")
    console.print(f"      {workspace.path(sheet)}", soft_wrap=True)
    say("      `python -m lessons hint` if you are stuck.")


def print_hint(exercise: Exercise, number: int) -> None:
    """The hints so far, the newest last: a later one builds on those before it."""
    say(f"{exercise.key}, hint {number} of {len(exercise.hints)}:", "bold")
    for hint in exercise.hints[: number - 1]:
        say(hint, "dim")
    say(exercise.hints[number - 1])


def print_solution(exercise: Exercise, sheet: Sheet) -> None:
    say(f"Our solution of {exercise.key}:", "bold")
    console.print(Text(sheet.solution(exercise.name).rstrip()), soft_wrap=True)


def print_progress(reports: Iterable[FileReport], workspace: Workspace) -> None:
    """A row for each lesson, a mark for each exercise."""
    table = Table("", "lesson", "exercises", "right", "hints", "revealed", box=SIMPLE_HEAD, pad_edge=False,
                  collapse_padding=True)
    for column in (table.columns[0], *table.columns[2:5]):
        column.no_wrap = True
    table.columns[5].min_width, table.columns[5].overflow = len("revealed"), "fold"
    for report in reports:
        sheet, results = report.sheet, report.results
        keys = [result.key for result in results]
        right = sum(result.state == RIGHT for result in results)
        marks = Text("").join(Text(mark(result.state), STYLES[result.state]) for result in results)
        hints = sum(workspace.hints.get(key, 0) for key in keys)
        revealed = [key.split(".")[1] for key in keys if key in workspace.revealed]
        table.add_row(str(sheet.number), sheet.entry.title, marks, f"{right}/{len(results)}",
                      str(hints or ""), "\n".join(revealed))
    console.print(table)
    say("  ".join(f"{mark(state)} {state}" for state in MARKS), "dim")


def mark(state: str) -> str:
    sign, plain = MARKS[state]
    try:
        sign.encode(console.encoding)
    except UnicodeEncodeError:
        return plain
    return sign


def print_parts(parts: Parts) -> None:
    """Whose functions will train."""
    say(f"{len(parts.own)} of {parts.total} functions in minigrad will be yours:", "bold")
    for each in parts.own:
        say(f"    {each.exercise.key:<24} yours", "green")
    for exercise, reason in parts.ours:
        if reason != NOT_ATTEMPTED:
            say(f"    {exercise.key:<24} ours; yours is {reason}", "bold red")
    if left := sum(reason == NOT_ATTEMPTED for _, reason in parts.ours):
        say(f"    and {left} that you have not begun: ours", "dim")


def print_trained(parts: Parts, accuracy: str, pictures: int) -> None:
    """What came of it, and which functions did the work."""
    table = Table("your function", "calls in training", box=SIMPLE_HEAD, pad_edge=False)
    for each in parts.own:
        table.add_row(each.exercise.key, f"{each.calls:,}" if each.calls else "none in this network")
    if parts.own:
        console.print(table)
    say(f"{len(parts.own)} of {parts.total} functions are yours; {accuracy} on {pictures:,} digits.", "bold")


def print_fault(exercise: Exercise, error: str) -> None:
    say(f"{exercise.key} is right in its check, and failed in training. Ours would go on; yours raised:",
        "bold red")
    _print_block("", error)


def print_many(rows: Sequence[Mapping[str, object]]) -> None:
    """The table for teachers: a row for each workspace."""
    table = Table("workspace", "right", "wrong", "broken", "not attempted", "revealed", "mistakes",
                  box=SIMPLE_HEAD, pad_edge=False)
    table.columns[0].overflow = table.columns[-1].overflow = "fold"
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    console.print(table)
