"""A learner's file checked in a process of its own, where it can loop, exit, print and break what it likes.

`check_file` starts this very module as a process. That runs the file and its checks, and writes what it
finds, a line of JSON each, to its standard output. What the learner prints goes elsewhere. A watch in the
process ends it if one function takes too long; then another process goes on with the rest. This file does not
know what is right and what is wrong.
"""

import contextlib
import dataclasses
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lessons import HERE
from lessons.exercises.judge import BROKEN, WRONG, Result, judge, message
from lessons.exercises.learner import ATTEMPTED, LearnersFile, Trouble, run_file
from lessons.exercises.sheets import Sheet, sheets

SECONDS = 5.0               # for one function and its check: ours take a tenth of a second
STARTING = 20.0             # for Python and NumPy to come up, on a slow machine


@dataclass
class FileReport:
    """What came of one file: a result for each exercise, and what is wrong with the file itself."""

    sheet: Sheet
    path: Path
    results: list[Result] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def check_files(wanted: Sequence[tuple[Sheet, Path, Sequence[str]]], root: Path = HERE,
                seconds: float = SECONDS) -> Iterator[FileReport]:
    """Check several files, some at a time: (sheet, path, names of exercises). Reports come in their order."""
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        yield from pool.map(lambda each: check_file(each[0], each[1], each[2], root, seconds), wanted)


def check_file(sheet: Sheet, path: Path, names: Sequence[str] | None = None, root: Path = HERE,
               seconds: float = SECONDS) -> FileReport:
    """Check the exercises `names`, by default all, in a learner's file, whatever that does meanwhile."""
    names = list(sheet.exercises if names is None else names)
    report = FileReport(sheet, path)
    if not path.is_file():
        missing = f"{path.name} is not there: `python -m lessons start` puts it back"
        report.troubles.append(Trouble(0, missing))
        report.results = [Result(sheet.number, name, BROKEN, "missing", missing) for name in names]
        return report
    found: dict[str, Result] = {}
    endless: list[Trouble] = []
    while True:
        left = [name for name in names if name not in found]
        order = {"root": str(root), "lesson": sheet.number, "path": str(path.resolve()), "names": left,
                 "skip": [trouble.line for trouble in endless], "seconds": seconds}
        heard = _heard(order, STARTING + seconds * (len(left) + 1))
        found |= {each["result"]["name"]: Result(**each["result"]) for each in heard if "result" in each}
        report.troubles = endless + [Trouble(*each["trouble"]) for each in heard if "trouble" in each]
        notes = [each["note"] for each in heard if "note" in each]
        report.notes += [note for note in notes if note not in report.notes]
        if heard and "end" in heard[-1]:
            break
        begun = [each["begun"] for each in heard if "begun" in each]
        late = [each["late"] for each in heard if "late" in each]
        if not begun:
            reason = heard[-1].get("stderr", "Python takes too long to start")
            raise RuntimeError(f"{path.name} cannot be checked: {reason}")
        told = "It ended the process that it ran in, or kept it busy beyond its time."
        if late:
            told = f"It takes longer than {seconds:g} s{late[0]}: an endless loop?"
        if isinstance(begun[-1], int):
            endless.append(Trouble(begun[-1], told))
        else:
            name = begun[-1]
            found[name] = Result(sheet.number, name, WRONG, "time-limit" if late else "exits", told)
    report.results = [found[name] for name in names]
    return report


def _heard(order: dict[str, Any], seconds: float) -> list[dict[str, Any]]:
    """All that a process says about a file until it ends, or is ended after `seconds`."""
    path = os.pathsep.join(filter(None, [str(HERE.parent), os.environ.get("PYTHONPATH")]))
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen([sys.executable, "-P", "-m", __name__, json.dumps(order)],
                                   stdin=subprocess.DEVNULL, stdout=out, stderr=errors,
                                   cwd=Path(order["path"]).parent,
                                   env=os.environ | {"PYTHONPATH": path, "PYTHONUTF8": "1"})
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            pass
        finally:
            process.kill()
            process.wait()
        out.seek(0)
        errors.seek(0)
        heard = [json.loads(line) for line in out.read().decode().splitlines() if line.endswith("}")]
        return heard or [{"stderr": errors.read().decode(errors="replace").strip()[-2000:]}]


# ---- in the process

def main(order: dict[str, Any]) -> None:
    path = Path(order["path"])
    sheet = sheets(Path(order["root"]))[order["lesson"]]
    voice = _Voice(order["seconds"], order["path"])
    sys.path.append(str(path.parent))               # the learner's own modules, after everybody else's
    with _as_it_was(voice, "The file"):
        file = run_file(path, order["skip"], voice.begin)
    for trouble in file.troubles:
        voice.say(trouble=trouble)
    wrong: set[str] = set()
    for name in order["names"]:
        voice.begin(name)
        with _as_it_was(voice, f"`{name}`"):
            result = check_function(file, sheet, name)
        if result.state == WRONG:
            if guilty := sorted(wrong & file.called(name)):
                result.sentence = f"It calls `{guilty[0]}`, which is wrong: begin there. {result.sentence}"
            wrong.add(name)
        voice.say(result=dataclasses.asdict(result))
    voice.say(end=True)
    os._exit(0)                                     # whatever threads the file may have left behind


def check_function(file: LearnersFile, sheet: Sheet, name: str) -> Result:
    """The result of one exercise, after the file has run."""
    state = file.state(name)
    if state == BROKEN:
        sentence = ("The text of the function is no Python: see above." if name in file.broken else
                    f"There is no `{name}` in the file: `python -m lessons start` puts it back.")
        return Result(sheet.number, name, BROKEN, "no-python" if name in file.broken else "missing", sentence)
    if state != ATTEMPTED:
        return Result(sheet.number, name, state)
    if refusal := file.refusal(name):
        return Result(sheet.number, name, WRONG, "not-yours", f"{refusal}.")
    try:
        result = judge(sheet.exercises[name], file.function(name), getattr(sheet.solutions, name))
    except Exception as error:                      # perhaps the file has changed what the check relies on
        sentence = f"The check itself failed, before it came to a verdict: {message(error)}"
        return Result(sheet.number, name, BROKEN, "check-failed", sentence)
    result.where = file.where(name)
    return result


class _Voice:
    """Says what is found, a line of JSON each, and keeps watch over the time."""

    def __init__(self, seconds: float, path: str) -> None:
        self._out = os.fdopen(os.dup(1), "w", encoding="utf-8")
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        self._seconds, self._path, self._lock = seconds, path, threading.Lock()
        self._deadline = time.monotonic() + STARTING
        self._learner = threading.get_ident()
        threading.Thread(target=self._watch, daemon=True).start()

    def say(self, **words: Any) -> None:
        with self._lock:
            self._out.write(json.dumps(words) + "\n")
            self._out.flush()

    def begin(self, what: int | str) -> None:
        """A statement of the file, by its line, or the check of an exercise begins, and so does its time."""
        self.say(begun=what)
        self._deadline = time.monotonic() + self._seconds

    def _watch(self) -> None:
        while (left := self._deadline - time.monotonic()) > 0:
            time.sleep(min(left, 0.1))                  # the deadline moves
        self.say(late=self._line())
        os._exit(1)

    def _line(self) -> str:
        """The line of the learner's file that is being run."""
        frame = sys._current_frames().get(self._learner)
        while frame and frame.f_code.co_filename != self._path:
            frame = frame.f_back
        return f", in line {frame.f_lineno}" if frame else ""


@contextlib.contextmanager
def _as_it_was(voice: _Voice, who: str) -> Iterator[None]:
    """What is the whole process's, and was changed in between, is put back, and told."""
    options, errors = np.get_printoptions(), np.geterr()
    seed, ours = np.random.get_state(), random.getstate()
    yield
    changed = [words for words, differ in (
        ("NumPy's print options", np.get_printoptions() != options),
        ("how NumPy treats floating-point errors", np.geterr() != errors),
        ("NumPy's global random numbers", str(np.random.get_state()) != str(seed)),
        ("Python's global random numbers", random.getstate() != ours)) if differ]
    if changed:
        voice.say(note=f"{who} changes {' and '.join(changed)}. It does no harm here: all is put back.")
    np.set_printoptions(**options)
    np.seterr(**errors)
    np.random.set_state(seed)
    random.setstate(ours)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
