"""`python -m lessons` lists the lessons; `run` runs them and adds up what they promised.

The other commands are those of the exercises: `start`, `check`, `watch`, and so on. Here are their words and
flags; what they do is in `lessons/exercises/commands.py`, which is loaded when one of them is called.

What can be wrong with a command is found out before the first lesson starts, and is said in one line.
"""

import argparse
import io
import os
import re
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import NoReturn

from lessons import HERE, BadInput, Entry, catalogue, terminal


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, where argparse would print the usage, too."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {' '.join(message.split())}\n")


def main(argv: list[str] | None = None, root: Path = HERE) -> int:
    """Carry out a command on the lessons in the folder `root`; returns the exit status."""
    parser = Parser(prog="python -m lessons", description="The lecture, lesson by lesson. Alone: a list.")
    parser.set_defaults(command=list_lessons)
    commands = parser.add_subparsers(title="commands", metavar="command")
    about = "run all lessons, or some, and hold what comes out against what was promised"
    run = commands.add_parser("run", parents=[run_flags()], help=about, description=about)
    run.set_defaults(command=run_lessons)
    run.add_argument("lessons", nargs="*", metavar="N", help="a lesson, 4, or several, 5-7; none means all")
    add_exercises(commands, root)
    return carry_out(parser, argv, root)


def run_alone(number: int, script: Path) -> int:
    """Run a lesson that was started as `python lesson.py`, with the flags of `run`."""
    def command(args: argparse.Namespace, lessons: dict[int, Entry]) -> int:
        [entry] = choose([str(number)], lessons)
        return run([entry._replace(script=script)], lessons, args)

    about = f"Lesson {number} of the lecture."
    parser = Parser(prog=f"python {script.name}", parents=[run_flags()], description=about)
    parser.set_defaults(command=command)
    return carry_out(parser)


def carry_out(parser: Parser, argv: list[str] | None = None, root: Path = HERE) -> int:
    """Parse the words and do what they ask for; the ways to end that are no fault of a lesson are here."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # where √ cannot be shown there is a ?, and it goes on
    args = parser.parse_args(argv)
    try:
        return args.command(args, catalogue(root))
    except BadInput as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever was reading, such as head, has left: there is nobody to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


# ---- the commands

def list_lessons(args: argparse.Namespace, lessons: dict[int, Entry]) -> int:
    terminal.print_lessons(lessons.values())
    terminal.say("python -m lessons run      all of them (run 4, run 5-7: some; run --help: more)")
    terminal.say("python -m lessons start    exercises: a folder of your own (--help: the rest)")
    return 0


def run_lessons(args: argparse.Namespace, lessons: dict[int, Entry]) -> int:
    return run(choose(args.lessons, lessons), lessons, args)


def run_flags() -> Parser:
    flags = Parser(add_help=False)
    flags.add_argument("--show", action="store_true", help="show each picture in a window, too")
    flags.add_argument("--seed", type=_seed, default=0, metavar="N", help="seed of the random numbers (0)")
    flags.add_argument("--data", type=Path, metavar="DIR", help="a folder of IDX files in place of MNIST")
    flags.add_argument("--out", type=Path, default=Path("pictures"), metavar="DIR",
                       help="where pictures and weights are kept (pictures)")
    return flags


def add_exercises(commands: "argparse._SubParsersAction[Parser]", root: Path) -> None:
    """The commands of the exercises, in the order in which a learner meets them."""
    def command(name: str, about: str, *parents: Parser) -> Parser:
        def carry_out(args: argparse.Namespace, lessons: dict[int, Entry]) -> int:
            from lessons.exercises import commands
            return getattr(commands, name)(args, root)

        parser = commands.add_parser(name, parents=parents, help=about, description=about)
        parser.set_defaults(command=carry_out)
        return parser

    where = Parser(add_help=False)
    where.add_argument("--dir", type=Path, metavar="DIR",
                       help="the folder of your exercises (this one, if it is one, else my-minigrad)")
    limit = Parser(add_help=False)
    limit.add_argument("--limit", type=float, default=5.0, metavar="S",
                       help="seconds that one function may take (5)")
    one = Parser(add_help=False)
    one.add_argument("exercise", metavar="N.name", help="an exercise, such as 1.crop")

    start = command("start", "exercises: begin a folder of your own, or add to it what is new")
    start.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="where (this folder, if it "
                       "holds exercises, else my-minigrad)")
    check = command("check", "exercises: say for each whether it is right, and if not, why", where, limit)
    check.add_argument("exercise", nargs="?", default="", metavar="N", help="a lesson's, 4, or one, 4.error")
    watch = command("watch", "exercises: check on every save", where)
    watch.add_argument("--seconds", type=float, default=0.3, metavar="S", help="how often to look (0.3)")
    hint = command("hint", "exercises: the next hint", where)
    hint.add_argument("exercise", nargs="?", default="", metavar="N.name",
                      help="for which one (the first that is not right)")
    solution = command("solution", "exercises: our solution, once yours is right", where, one)
    solution.add_argument("--reveal", action="store_true", help="show it anyway; progress will tell")
    reset = command("reset", "exercises: put one placeholder back", where, one)
    reset.add_argument("--yes", action="store_true", help="do not ask first")
    command("progress", "exercises: what is right so far", where)
    train = command("train", "exercises: train lesson 9's network with your functions in minigrad", where)
    train.add_argument("--seed", type=_seed, default=0, metavar="N", help="seed of the random numbers (0)")
    train.add_argument("--data", type=Path, metavar="DIR", help="a folder of IDX files in place of MNIST")
    report = command("report", "exercises: for teachers, how far several folders have come", limit)
    report.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="the folders of the learners")
    report.add_argument("--csv", type=Path, metavar="FILE", help="write all of it as a table, too")


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 up")
    return int(text)


def choose(wanted: list[str], lessons: dict[int, Entry]) -> list[Entry]:
    """The lessons that words such as "4" and "5-7" name: each once, in the lecture's order. No words: all."""
    numbers = {number for word in wanted for number in _numbers(word)} if wanted else lessons.keys()
    if unknown := sorted(numbers - lessons.keys()):
        raise BadInput(f"there is no lesson {unknown[0]}; there are {', '.join(map(str, lessons))}")
    return [lessons[number] for number in sorted(numbers)]


def _numbers(word: str) -> range:
    found = re.fullmatch(r"(\d+)(?:-(\d+))?", word)
    if not found:
        raise BadInput(f"{word!r} is neither a lesson, such as 4, nor a range of lessons, such as 5-7")
    first, last = int(found[1]), int(found[2] or found[1])
    if last < first:
        raise BadInput(f"the range {word} is empty; {last}-{first} is not")
    return range(first, last + 1)


# ---- running

def run(chosen: list[Entry], lessons: dict[int, Entry], args: argparse.Namespace) -> int:
    """Run the chosen lessons: 0 if all receipts hold, 1 if not or if a lesson fails, 130 after Ctrl-C."""
    from lessons import kit  # NumPy comes with it, which a list can do without

    kit.check_data(args.data)
    make_folders([args.out / entry.name for entry in chosen])
    start, status, last_words = time.perf_counter(), 0, ""
    session = kit.open_session(kit.Session(lessons, args.data, args.out, args.seed, args.show))
    try:
        for entry in chosen:
            kit.play(entry)
    except KeyboardInterrupt:
        status, last_words = 130, f"Stopped in lesson {entry.number}, {entry.title}."
    except BrokenPipeError:
        raise
    except (Exception, SystemExit) as error:
        print_traceback(error, entry.script)
        what = traceback.format_exception_only(error)[-1].strip()
        status, last_words = 1, f"Lesson {entry.number}, {entry.title}, failed: {what}"
    finally:
        kit.session = None
    if session.receipts:
        terminal.print_receipts(session.receipts)
    terminal.say(f"{time.perf_counter() - start:.1f} s{_peak_memory()}")
    if broken := sum(not receipt.holds for receipt in session.receipts):
        status = status or 1
        terminal.say(f"{broken} of {len(session.receipts)} receipts do not hold.", "bold red")
    if last_words:
        print(last_words, file=sys.stderr)
    return status


def make_folders(folders: list[Path]) -> None:
    """Make folders that can be written to. If one cannot be had, those made so far are taken away again."""
    made: list[Path] = []
    try:
        for folder in folders:
            for part in [*reversed(folder.parents), folder]:
                if not part.exists():
                    part.mkdir()
                    made.append(part)
            tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        for part in reversed(made):
            part.rmdir()
        raise BadInput(f"--out: nothing can be written to {folder}: {error.strerror}") from error


def print_traceback(error: BaseException, script: Path) -> None:
    """Print the traceback from the lesson's own script on: the way there through the runner helps nobody."""
    steps = error.__traceback__
    while steps and steps.tb_frame.f_code.co_filename != str(script):
        steps = steps.tb_next
    sys.stdout.flush()  # what the lesson had printed comes first
    traceback.print_exception(type(error), error, steps)


def _peak_memory() -> str:
    try:
        import resource
    except ImportError:  # Windows
        return ""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return f", {peak / (2**20 if sys.platform == 'darwin' else 2**10):,.0f} MiB of memory at the most"


if __name__ == "__main__":
    sys.exit(main())
