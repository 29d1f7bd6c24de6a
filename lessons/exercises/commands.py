"""The commands of the exercises. `lessons/__main__.py` has their words; each gives an exit status.

0 is well, 1 says that something the learner wrote is wrong, and BadInput is raised for what cannot be done.
"""

import argparse
import csv
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from lessons import BadInput
from lessons.exercises import words
from lessons.exercises.judge import BROKEN, NOT_ATTEMPTED, RIGHT, WRONG, Result
from lessons.exercises.runner import FileReport, check_file, check_files
from lessons.exercises.sheets import Exercise, Sheet, sheets
from lessons.exercises.workspace import NOTES, Workspace, find, opened
from lessons.exercises.workspace import start as begin
from lessons.kit import check_data, load_mnist
from lessons.terminal import console, say


def start(args: argparse.Namespace, root: Path) -> int:
    workspace, done = begin(args.folder, sheets(root))
    console.print(f"exercises: {workspace.folder.resolve()}", soft_wrap=True)
    for line in done:
        console.print(f"    {line}", soft_wrap=True)
    if not done:
        say("    up to date, and nothing was changed")
    say(f"Open {next(iter(workspace.sheets.values())).file} in your editor, and see how it goes with")
    say("    python -m lessons watch      after each save (check: once)")
    return 0


def check(args: argparse.Namespace, root: Path) -> int:
    workspace = _workspace(args, root)
    reports = []
    for report in check_files(_chosen(args.exercise, workspace), root, args.limit):
        words.print_report(report, short=not args.exercise)
        reports.append(report)
    results = [result for report in reports for result in report.results]
    words.print_totals(results)
    if not args.exercise:
        words.print_next(*_current_of(reports), workspace)
    _tell_if_older(workspace)
    troubled = any(report.troubles for report in reports)
    return int(troubled or any(result.state in (WRONG, BROKEN) for result in results))


def hint(args: argparse.Namespace, root: Path) -> int:
    workspace = _workspace(args, root)
    _, exercise = _one(args.exercise, workspace) if args.exercise else _current(workspace, root)
    give_hint(workspace, exercise)
    return 0


def give_hint(workspace: Workspace, exercise: Exercise) -> None:
    """The next hint, and once all are given, the last again."""
    number = min(workspace.hints.get(exercise.key, 0) + 1, len(exercise.hints))
    workspace.hints[exercise.key] = number
    workspace.save()
    words.print_hint(exercise, number)
    if number == len(exercise.hints):
        say(f"That is the last. `python -m lessons solution {exercise.key} --reveal` shows ours.", "dim")


def solution(args: argparse.Namespace, root: Path) -> int:
    workspace = _workspace(args, root)
    sheet, exercise = _one(args.exercise, workspace)
    if not args.reveal:
        result = _result(sheet, exercise, workspace, root)
        if result.state != RIGHT:
            raise BadInput(f"{exercise.key} is {result.state}. Ours is shown once yours is right, or with "
                           "--reveal, which `progress` will tell")
    elif exercise.key not in workspace.revealed:
        if _result(sheet, exercise, workspace, root).state != RIGHT:
            workspace.revealed.append(exercise.key)
            workspace.save()
    words.print_solution(exercise, sheet)
    return 0


def _result(sheet: Sheet, exercise: Exercise, workspace: Workspace, root: Path) -> Result:
    return check_file(sheet, workspace.path(sheet), [exercise.name], root).results[0]


def reset(args: argparse.Namespace, root: Path) -> int:
    workspace = _workspace(args, root)
    sheet, exercise = _one(args.exercise, workspace)
    if not args.yes:
        if not sys.stdin.isatty():
            raise BadInput("reset asks first, and nobody is there to answer: add --yes")
        answer = input(f"Put the placeholder of {exercise.key} back? What you wrote there is lost. (y/n) ")
        if answer.strip().lower() not in ("y", "yes"):
            say("Nothing was changed.")
            return 1
    workspace.reset(sheet, exercise)
    say(f"{exercise.key} is as it was given.")
    return 0


def progress(args: argparse.Namespace, root: Path) -> int:
    workspace = _workspace(args, root)
    reports = list(check_files(_chosen("", workspace), root))
    words.print_progress(reports, workspace)
    words.print_totals([result for report in reports for result in report.results])
    _tell_if_older(workspace)
    return 0


def train(args: argparse.Namespace, root: Path) -> int:
    from lessons.exercises import training

    check_data(args.data)
    workspace = _workspace(args, root)
    reports = list(check_files(_chosen("", workspace), root))
    parts = training.gather(reports)
    words.print_parts(parts)
    session = training.new_session(root, args.data, workspace.folder / "pictures", args.seed)
    try:
        accuracy = training.train(parts.own, session)
    except Exception as error:
        fault = training.whose_fault(error, parts.own)
        if fault is None:
            raise
        words.print_fault(*fault)
        return 1
    words.print_trained(parts, accuracy, len(load_mnist(args.data)[2].labels))
    return 0


def report(args: argparse.Namespace, root: Path) -> int:
    """For teachers: each workspace a row; in the CSV file, each exercise of each workspace."""
    known = sheets(root)
    rows, details = [], []
    for folder in args.folders:
        if not folder.is_dir():
            raise BadInput(f"there is no folder {folder}")
    if args.csv and not args.csv.absolute().parent.is_dir():
        raise BadInput(f"--csv: there is no folder {args.csv.absolute().parent}")
    for folder in args.folders:
        workspace = opened(folder, known)
        checked = check_files(_chosen("", workspace), root, args.limit)
        results = [result for report in checked for result in report.results]
        rows.append(_row(folder, results, workspace))
        details += [{"workspace": str(folder), "exercise": result.key, "state": result.state,
                     "mistake": result.mistake, "sentence": result.sentence,
                     "hints": workspace.hints.get(result.key, 0),
                     "revealed": "yes" if result.key in workspace.revealed else "no"} for result in results]
    words.print_many(rows)
    if args.csv:
        try:
            with open(args.csv, "w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, list(details[0]))
                writer.writeheader()
                writer.writerows(details)
        except OSError as error:
            raise BadInput(f"--csv: {args.csv}: {error.strerror}") from error
        console.print(f"table: {args.csv}", soft_wrap=True)
    return 0


def _row(folder: Path, results: Sequence[Result], workspace: Workspace) -> dict[str, object]:
    counts = {state: sum(result.state == state for result in results)
              for state in (RIGHT, WRONG, BROKEN, NOT_ATTEMPTED)}
    missing = [sheet.file for sheet in workspace.sheets.values() if not workspace.path(sheet).is_file()]
    mistakes = [f"{result.key}: {result.mistake}" for result in results
                if result.state in (WRONG, BROKEN) and result.mistake != "missing"]
    if missing:
        mistakes.append(f"{len(missing)} of {len(workspace.sheets)} files are missing")
    revealed = sum(result.key in workspace.revealed for result in results)
    return {"workspace": folder, **counts, "revealed": revealed, "mistakes": "\n".join(mistakes)}


# ---- watching

def watch(args: argparse.Namespace, root: Path) -> int:
    """Check what was saved, each time, until q or Ctrl-C."""
    from lessons.exercises.keys import keys

    workspace = _workspace(args, root)
    seen = _times(workspace)                    # before the check: what is saved meanwhile is checked again
    reports = {report.sheet.number: report for report in check_files(_chosen("", workspace), root)}
    _print_place(reports, workspace)
    with keys() as pressed:
        while True:
            if (key := pressed()) == "q":
                return 0
            if key == "h":
                sheet, exercise = _current_of(list(reports.values()))
                if exercise:
                    give_hint(workspace, exercise)
            if key == "l":
                words.print_progress(reports.values(), workspace)
            now = _times(workspace)
            for number in [number for number in now if now[number] != seen[number]]:
                sheet = workspace.sheets[number]
                reports[number] = check_file(sheet, workspace.path(sheet), None, root)
                console.rule(f"{sheet.file}, {time.strftime('%H:%M:%S')}")
                words.print_report(_without_untouched(reports[number]))
                _print_place(reports, workspace)
            seen = now
            time.sleep(args.seconds)


def _times(workspace: Workspace) -> dict[int, float | None]:
    """When each file was last written; None for one that is not there."""
    times: dict[int, float | None] = {}
    for number, sheet in workspace.sheets.items():
        path = workspace.path(sheet)
        times[number] = path.stat().st_mtime_ns if path.exists() else None
    return times


def _without_untouched(report: FileReport) -> FileReport:
    done = [result for result in report.results if result.state != NOT_ATTEMPTED]
    return FileReport(report.sheet, report.path, done, report.troubles, report.notes)


def _print_place(reports: dict[int, FileReport], workspace: Workspace) -> None:
    words.print_totals([result for report in reports.values() for result in report.results])
    words.print_next(*_current_of(list(reports.values())), workspace)
    keys = "keys: h the next hint, l the list, q quit" if sys.stdin.isatty() else "Ctrl-C ends it"
    say(f"      {keys}", "dim")


# ---- which exercises?

def _workspace(args: argparse.Namespace, root: Path) -> Workspace:
    return find(args.dir, sheets(root))


def _chosen(word: str, workspace: Workspace) -> list[tuple[Sheet, Path, list[str]]]:
    """The exercises that a word names: "" all, "4" a lesson's, "4.error" one."""
    if not word:
        return [(sheet, workspace.path(sheet), list(sheet.exercises)) for sheet in workspace.sheets.values()]
    number, dot, name = word.partition(".")
    sheet = workspace.sheets.get(int(number)) if number.isdecimal() else None
    if sheet is None:
        raise BadInput(f"{word!r} is no lesson with exercises, {', '.join(map(str, workspace.sheets))}, "
                       "and none of them, such as 1.crop")
    if dot and name not in sheet.exercises:
        raise BadInput(f"lesson {number} has no exercise {name!r}; it has {', '.join(sheet.exercises)}")
    return [(sheet, workspace.path(sheet), [name] if dot else list(sheet.exercises))]


def _one(word: str, workspace: Workspace) -> tuple[Sheet, Exercise]:
    [(sheet, _, names)] = _chosen(word, workspace)
    if "." not in word:
        raise BadInput(f"which one of lesson {word}? {', '.join(f'{word}.{name}' for name in names)}")
    return sheet, sheet.exercises[names[0]]


def _current(workspace: Workspace, root: Path) -> tuple[Sheet, Exercise]:
    """The first exercise that is not right yet."""
    for sheet, path, names in _chosen("", workspace):
        found = _current_of([check_file(sheet, path, names, root)])
        if found[1]:
            return found[0], found[1]               # type: ignore[return-value]
    raise BadInput("all exercises are right; name one, such as 1.crop, to see its hints")


def _current_of(reports: Sequence[FileReport]) -> tuple[Sheet | None, Exercise | None]:
    for report in reports:
        for result in report.results:
            if result.state != RIGHT:
                return report.sheet, report.sheet.exercises[result.name]
    return None, None


def _tell_if_older(workspace: Workspace) -> None:
    if workspace.lost:
        say(f"{NOTES} cannot be read: `python -m lessons start` begins it anew.", "yellow")
    elif workspace.is_older():
        say("There are newer exercises: `python -m lessons start` adds them, and keeps what you wrote.",
            "yellow")
