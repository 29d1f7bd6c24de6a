"""The lecture, a folder a lesson. What a lesson is called stands in its `lesson.py`, which begins with

    # %% [markdown]
    # # Lesson 4: Eights against ones
    #
    # One line that says what it is about.

This file finds the lessons and reads those headings. It runs none of them.
"""

import re
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent

_HEADING = re.compile(r"# %% \[markdown\]\n# # Lesson (\d+): (.+)\n(?:#\s*\n)*# (.+)")


class BadInput(ValueError):
    """What was asked for cannot be had; the message says in one line what is wrong."""


class Entry(NamedTuple):
    """A lesson in the table of contents."""

    number: int
    title: str    # "Eights against ones"
    line: str     # what it is about, in one line
    name: str     # "04_eights_against_ones": its folder, and its folder of pictures
    script: Path


def catalogue(root: Path = HERE) -> dict[int, Entry]:
    """The lessons in the folder `root` by number, in order; BadInput if one does not begin as it should."""
    entries = [_read(script) for script in sorted(root.glob("[0-9][0-9]_*/lesson.py"))]
    return {entry.number: entry for entry in entries}


def _read(script: Path) -> Entry:
    name = script.parent.name
    heading = _HEADING.search(script.read_text(encoding="utf-8"))
    if not heading or int(heading[1]) != int(name[:2]):
        raise BadInput(f"{script}: its first Markdown cell should begin with '# # Lesson {int(name[:2])}: ', "
                       "a title, and below it '# ' and one line that says what the lesson is about")
    return Entry(int(heading[1]), heading[2].strip(), heading[3].strip(), name, script)
