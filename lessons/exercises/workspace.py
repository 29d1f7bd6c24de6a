"""The learner's folder: begun, found, brought up to date, and never overwritten.

It holds a file of exercises for each lesson, and a small hidden file with what cannot be seen in those: which
hints were given, which solutions were shown, and which tasks were handed out. All else is derived from the
files, each time. This file runs no code of the learner's.
"""

import ast
import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import minigrad
from lessons import HERE, BadInput
from lessons.exercises.learner import function_blocks
from lessons.exercises.sheets import Exercise, Sheet, function_text, with_function

DEFAULT = Path("my-minigrad")
NOTES = ".minigrad-exercises.json"


@dataclass
class Workspace:
    """A folder of exercises. `hints`: how many were given; `revealed`: whose solution was shown early.

    `given` holds a fingerprint of each task as it was handed out, by "1.crop".
    """

    folder: Path
    sheets: dict[int, Sheet]
    hints: dict[str, int] = field(default_factory=dict)
    revealed: list[str] = field(default_factory=list)
    given: dict[str, str] = field(default_factory=dict)
    lost: bool = False          # whether the hidden file was there and could not be read

    def path(self, sheet: Sheet) -> Path:
        return self.folder / sheet.file

    def save(self) -> None:
        """Keep the notes. BadInput where nothing can be written."""
        notes = {"hints": self.hints, "revealed": self.revealed, "given": self.given}
        _write(self.folder / NOTES, json.dumps(notes, indent=1) + "\n")

    def is_older(self) -> bool:
        """Whether there are tasks that this workspace was not given in their present form."""
        return any(self.given.get(exercise.key) != fingerprint(sheet.given(exercise.name))
                   for sheet in self.sheets.values() for exercise in sheet.exercises.values())

    def reset(self, sheet: Sheet, exercise: Exercise) -> None:
        """Put the placeholder of one exercise back. BadInput where the file has no such function."""
        path, given = self.path(sheet), sheet.given(exercise.name)
        source = _read(path)
        _write(path, _with_block(source, exercise.name, given, path))
        self.given[exercise.key] = fingerprint(given)
        self.save()


def fingerprint(text: str) -> str:
    return hashlib.sha256(text.strip().encode()).hexdigest()[:16]


# ---- finding one

def find(folder: Path | None, sheets: dict[int, Sheet]) -> Workspace:
    """The workspace in `folder`; without one, the current folder if it is a workspace, else ./my-minigrad."""
    if folder is None:
        folder = Path() if _is_workspace(Path(), sheets) else DEFAULT
    if not _is_workspace(folder, sheets):
        raise BadInput(f"no exercises in {folder.absolute()}: `python -m lessons start` begins some")
    return opened(folder, sheets)


def _is_workspace(folder: Path, sheets: dict[int, Sheet]) -> bool:
    return (folder / NOTES).is_file() or any((folder / sheet.file).is_file() for sheet in sheets.values())


def opened(folder: Path, sheets: dict[int, Sheet]) -> Workspace:
    """A workspace with its notes; where these are missing or spoiled, without."""
    workspace = Workspace(folder, sheets)
    try:
        notes = json.loads((folder / NOTES).read_text(encoding="utf-8"))
        workspace.hints = {str(key): int(count) for key, count in notes["hints"].items()}
        workspace.revealed = [str(key) for key in notes["revealed"]]
        workspace.given = {str(key): str(value) for key, value in notes["given"].items()}
    except FileNotFoundError:
        pass
    except (ValueError, KeyError, TypeError, AttributeError, OSError):
        workspace.lost = True
    return workspace


# ---- beginning one, and bringing it up to date

def start(folder: Path | None, sheets: dict[int, Sheet]) -> tuple[Workspace, list[str]]:
    """Begin a workspace, or bring one up to date; what was done, a line for each file.

    What the learner wrote is never touched. BadInput where no workspace may be, or none can be written.
    """
    if folder is None:
        folder = Path() if _is_workspace(Path(), sheets) else DEFAULT
    _refuse_sources(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"{folder} cannot be made: {error.strerror}") from error
    workspace = opened(folder, sheets)
    done = [words for sheet in sheets.values() for words in _bring_up_to_date(workspace, sheet)]
    workspace.save()
    if workspace.lost:
        done.append(f"{NOTES}: could not be read, and is begun anew: hints count from the first again")
    return workspace, done


def _refuse_sources(folder: Path) -> None:
    """No exercises among our own sources: neither in the repository's folders, nor loose beside them."""
    folder, home = folder.resolve(), HERE.parent.resolve()
    ours = [HERE.resolve(), Path(minigrad.__file__).parent.resolve(), home / "tests", home / "examples"]
    if folder == home or any(folder.is_relative_to(each) for each in ours):
        raise BadInput(f"{folder} belongs to minigrad's own sources; choose a folder of your own, such as "
                       f"{DEFAULT}")


def _bring_up_to_date(workspace: Workspace, sheet: Sheet) -> Iterator[str]:
    path, template = workspace.path(sheet), sheet.template()
    if not path.exists():
        _write(path, template)
        yield f"{sheet.file}: {len(sheet.exercises)} exercises"
    else:
        source = _read(path)
        merged, added, renewed, kept = merge(source, sheet, workspace.given)
        if merged != source:
            _write(path, merged)
        if added:
            yield f"{sheet.file}: new: {', '.join(added)}"
        if renewed:
            yield f"{sheet.file}: not begun, and now in a newer form: {', '.join(renewed)}"
        if kept:
            yield (f"{sheet.file}: there is a newer form, and yours is kept: {', '.join(kept)}. "
                   f"`python -m lessons reset {sheet.number}.{kept[0]}` gives you the new one")
    for name, exercise in sheet.exercises.items():
        workspace.given[exercise.key] = fingerprint(sheet.given(name))


class Merged(NamedTuple):
    """A learner's file with what is new, and the names of what was added, renewed, and kept as it was."""

    text: str
    added: list[str]
    renewed: list[str]
    kept: list[str]


def merge(source: str, sheet: Sheet, given: dict[str, str]) -> Merged:
    """Bring a learner's file up to date: what it lacks is added, a task that was not begun is renewed."""
    added: list[str] = []
    renewed: list[str] = []
    kept: list[str] = []
    try:
        for name, exercise in sheet.exercises.items():
            new, old = fingerprint(sheet.given(name)), given.get(exercise.key)
            if old in (None, new) or not re.search(rf"^def\s+{name}\b", source, re.MULTILINE):
                continue
            if fingerprint(function_text(source, name)) == old:
                source = with_function(source, name, sheet.given(name))
                renewed.append(name)
            else:
                kept.append(name)
        place = 0                                   # the line after which what is missing goes
        for name, text, imported in _parts(sheet.template()):
            if name in _names(source):
                place = max(place, _names(source)[name]) if not imported else _names(source)[name]
            else:
                source, place = _inserted(source, place, text if imported else f"\n\n{text}")
                added.append(name)
    except (SyntaxError, ValueError):               # the file is no Python yet: what it lacks goes to its end
        for name in sheet.exercises:
            if not re.search(rf"^def\s+{name}\b", source, re.MULTILINE):
                source = f"{source.rstrip()}\n\n\n{sheet.given(name)}"
                added.append(name)
    return Merged(source, added, renewed, kept)


def _parts(template: str) -> Iterator[tuple[str, str, bool]]:
    """Imports, functions and constants of a template, in order: name, text, and whether it is an import."""
    lines = template.splitlines(keepends=True)
    for node in ast.parse(template).body:
        for name in _called(node):
            text = "".join(lines[node.lineno - 1:node.end_lineno])
            yield name, text, isinstance(node, ast.Import | ast.ImportFrom)


def _called(node: ast.stmt) -> list[str]:
    """What a statement at the top level goes by: the name it defines, or an import's own words."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [ast.unparse(node)]
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return [node.targets[0].id]
    return []


def _names(source: str) -> dict[str, int]:
    """Where each thing at the top level of a source ends, by its name."""
    return {name: node.end_lineno or 0 for node in ast.parse(source).body for name in _called(node)}


def _inserted(source: str, place: int, text: str) -> tuple[str, int]:
    """The source with a text after line `place` (0: after the docstring), and where that text ends."""
    lines = source.splitlines(keepends=True)
    body = ast.parse(source).body
    if place == 0 and body and ast.get_docstring(ast.parse(source)) is not None:
        place, text = body[0].end_lineno or 0, f"\n{text}"
    if lines and place and not lines[place - 1].endswith("\n"):
        lines[place - 1] += "\n"
    return "".join([*lines[:place], text, *lines[place:]]), place + text.count("\n")


# ---- texts

def _with_block(source: str, name: str, given: str, path: Path) -> str:
    """The source with the function's text replaced, also where it is no Python."""
    try:
        return with_function(source, name, given)
    except (SyntaxError, ValueError):
        lines = source.splitlines(keepends=True)
        for start, end, found in function_blocks(lines):
            if found == name:
                return "".join([*lines[:start], given, "\n\n", *lines[end:]])
    except KeyError:
        pass
    raise BadInput(f"there is no `{name}` in {path.name}: `python -m lessons start` puts it back")


def _write(path: Path, text: str) -> None:
    """Write a file whole, or leave what was there. BadInput where that cannot be done."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is no text in UTF-8") from error
