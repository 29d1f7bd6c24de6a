"""How lessons look on a terminal: headings, bars, receipts, tables. On a pipe: the same as plain text.

Knows rich, and what a terminal can show. Does not know where the words come from.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, NoReturn

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from lessons import Entry


class _Console(Console):
    def on_broken_pipe(self) -> NoReturn:
        raise  # the runner knows what to do; rich would exit here and now


console = _Console(highlight=False, markup=False, emoji=False, force_jupyter=False)


class Receipt(NamedTuple):
    """A promise, and what came of it."""

    lesson: int
    what: str
    promised: str
    got: str
    holds: bool


def say(text: str, style: str = "") -> None:
    """Print a line, which a terminal wraps between words and a pipe does not wrap."""
    console.print(Text(text, style), soft_wrap=not console.is_terminal)


def say_path(what: str, path: Path) -> None:
    """Print where something was saved, on one line, however long: it is there to be copied."""
    console.print(f"{what}: {path}", soft_wrap=True)


def print_heading(entry: Entry) -> None:
    console.print()
    console.rule(Text(f"Lesson {entry.number}: {entry.title}", "bold"))
    say(entry.line, "italic")


def print_receipt(receipt: Receipt) -> None:
    verdict, style = ("as promised", "green") if receipt.holds else ("NOT as promised", "bold red")
    say(f"receipt: {receipt.what}: {receipt.got}, {verdict} ({receipt.promised})", style)


def print_lessons(entries: Iterable[Entry]) -> None:
    table = Table("", "lesson", "what it is about", box=SIMPLE_HEAD, pad_edge=False)
    table.columns[1].no_wrap = True
    for entry in entries:
        table.add_row(str(entry.number), Text(entry.title, "bold"), entry.line)
    console.print(table)


def print_receipts(receipts: Iterable[Receipt]) -> None:
    table = Table("lesson", "receipt", "promised", "came out", "holds", box=SIMPLE_HEAD, pad_edge=False)
    for column in table.columns[2:4]:
        column.max_width = console.width // 5  # most of the room is for the receipts, which are sentences
    for column in table.columns[1:4]:
        column.overflow = "fold"  # a long word goes on in the next line, where rich would cut it off
    table.columns[-1].no_wrap = True
    for lesson, what, promised, got, holds in receipts:
        table.add_row(str(lesson), what, promised, got, _verdict(holds))
    console.print(table)


def _verdict(holds: bool) -> Text:
    sign, word, style = ("✓", "yes", "green") if holds else ("✗", "NO", "bold red")
    try:
        sign.encode(console.encoding)
    except UnicodeEncodeError:
        return Text(word, style)
    return Text(f"{sign} {word}", style)


class Bar:
    """A progress bar, and beside it the figures that were last handed to `advance`."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def advance(self, steps: int = 1, **figures: float) -> None:
        """Go `steps` on; `advance(loss=0.31, epoch=2)` shows the two as "loss 0.310  epoch 2"."""
        words = (f"{name} {figure:,}" if isinstance(figure, int) else f"{name} {figure:.3f}"
                 for name, figure in figures.items())
        self._progress.update(self._task, advance=steps, figures="  ".join(words))


@contextmanager
def progress_bar(what: str, total: int) -> Iterator[Bar]:
    """A bar from 0 to `total`, redrawn as it goes; where there is no terminal, its last state alone."""
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=16), MofNCompleteColumn(),
               TimeElapsedColumn(), TextColumn("{task.fields[figures]}"))
    with Progress(*columns, console=console) as progress:
        yield Bar(progress, progress.add_task(what, total=total, figures=""))
