"""The machinery of the exercises, on an exercise or two made up here: the judge, the runner, the workspace.

What the real exercises say of right and wrong answers is in `test_exercises.py`.
"""

import contextlib
import csv
import os
import subprocess
import sys
import threading
import types
from pathlib import Path

import numpy as np
import pytest

import lessons.exercises.sheets as sheets_module
from lessons import HERE
from lessons.__main__ import main
from lessons.exercises import Mistake, exercise, forward, numbers, numbers_by, runner, values, vjps
from lessons.exercises.judge import BROKEN, NOT_ATTEMPTED, RIGHT, WRONG, judge
from lessons.exercises.places import Patch, in_place
from lessons.exercises.runner import check_file
from lessons.exercises.sheets import sheets
from lessons.exercises.workspace import NOTES
from minigrad import Tensor, ops
from minigrad.nn import functional as F

LESSON = '''# %% [markdown]
# # Lesson {number}: {title}
#
# About it.
from lessons import kit
lesson = kit.lesson({number})
{body}
lesson.end()
'''

EXERCISES = '''"""Lesson 1: Numbers. Exercises."""

import numpy as np


def double(x):
    """Twice x.

    x: an array. Returns an array of its shape. double of [1, 2] is [2, 4].
    """
    return 2 * x


def given(x):
    """Already here."""
    return x


def quadruple(x):
    """Four times x, by doubling twice."""
    return double(double(x))


def relu_vjp(g, x):
    """The gradient of max(x, 0): g where x is above 0."""
    return g * (x > 0)
'''

CHECKS = '''from lessons.exercises import exercise, numbers, vjps
from minigrad import ops
import numpy as np

@exercise(hints=["Add it to itself.", "return x + x"], place=lambda function: [])
def double(judge, rng):
    for shape in ((2,), (2, 3)):
        judge(numbers(rng, *shape))

@exercise(hints=["Use double.", "Use it again.", "return double(double(x))"])
def quadruple(judge, rng):
    judge(numbers(rng, 3))

@exercise(hints=["x > 0", "return g * (x > 0)"], place=lambda function: vjps(ops.relu, function))
def relu_vjp(judge, rng):
    judge.gradient(lambda x: np.maximum(x, 0), numbers(rng, 2, 3))
'''

TRAINING = """
import numpy as np
from minigrad import Tensor
x = Tensor(np.array([-1.0, 2.0]), requires_grad=True)
x.relu().sum().backward()
lesson.receipt("share", promised="all", got=f"{x.grad.numpy().sum():.0f} of 1", holds=True)
"""


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A course of one lesson with exercises, and a lesson 9 that trains; we are in an empty folder."""
    return make_course(tmp_path, monkeypatch)


def make_course(tmp_path, monkeypatch):
    for number, title, body in ((1, "Numbers", ""), (9, "Training", TRAINING)):
        folder = tmp_path / "course" / f"{number:02}_lesson"
        folder.mkdir(parents=True)
        (folder / "lesson.py").write_text(LESSON.format(number=number, title=title, body=body))
    write_exercises(tmp_path / "course")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path / "course"


def write_exercises(course, exercises=EXERCISES, checks=CHECKS):
    """Our two files; what was read of others before is forgotten."""
    (course / "01_lesson" / "exercises.py").write_text(exercises)
    (course / "01_lesson" / "checks.py").write_text(checks)
    sheets_module.load.cache_clear()


def learners(**bodies):
    """The learner's file with bodies in place of ours; None leaves the placeholder."""
    text = EXERCISES
    for name, body in {"double": None, "quadruple": None, "relu_vjp": None, **bodies}.items():
        ours = {"double": "return 2 * x", "quadruple": "return double(double(x))",
                "relu_vjp": "return g * (x > 0)"}[name]
        text = text.replace(f"    {ours}\n", f"    {body or 'raise NotImplementedError  # your code here'}\n")
    return text


RIGHT_BODIES = {"double": "return x + x", "quadruple": "return double(double(x))",
                "relu_vjp": "return np.where(x > 0, g, 0)"}


def report_of(root, text, seconds=5.0):
    path = Path("01_lesson.py")
    path.write_text(text, encoding="utf-8")
    return check_file(sheets(root)[1], path, None, root, seconds)


def states(report):
    return {result.name: result.state for result in report.results}


# ---- the judge

@exercise(hints=["a", "b"])
def asked(judge, rng):
    judge(numbers(rng, 2, 3))
    judge(numbers(rng, 3, 3))
    judge(numbers(rng, 4, 2))


def ours(x):
    """Three times x."""
    return 3 * x


@pytest.mark.parametrize("name, function", [
    ("no-return", lambda x: None),
    ("input-changed", lambda x: x.__imul__(3)),
    ("raises", lambda x: x[10]),
    ("exits", lambda x: sys.exit()),
    ("wrong-type", lambda x: (3 * x).tolist()),
    ("wrong-dtype", lambda x: (3 * x).astype(np.float32)),
    ("wrong-dtype", lambda x: (3 * x).astype(int)),
    ("transposed", lambda x: 3 * x.T),
    ("flipped", lambda x: 3 * x[::-1]),
    ("off-by-one", lambda x: 3 * x[1:]),
    ("off-by-one", lambda x: 3 * x[:, :-1]),
    ("sign", lambda x: -3 * x),
    ("constant-factor", lambda x: 3 * x / len(x)),
    ("offset", lambda x: 3 * x + 1),
    ("wrong-order", lambda x: np.sort(3 * x, axis=None).reshape(x.shape)),
    ("wrong-shape", lambda x: 3 * x.ravel()),
    ("over-reduced", lambda x: 3 * x.sum(0)),
    ("overflow", lambda x: 3 * x / 0),
    ("zeros", lambda x: np.zeros_like(x)),
    ("unchanged", lambda x: x.copy()),
    ("unknown", lambda x: np.sin(x)),
])
def test_a_wrong_answer_gets_its_name(name, function):
    result = judge(asked, function, ours)
    assert (result.state, result.mistake) == (WRONG, name), result


@pytest.mark.parametrize("function, told", [
    (lambda x: x.sum(0), "a division by it is missing"),
    (lambda x: x.mean(0) / len(x), "too small, by the length of axis 0 of `x`"),
    (lambda x: x.sum(0) / (len(x) - 1), "by n - 1, where it should be n, which is the length of axis 0"),
    (lambda x: x.sum(0) / x.shape[1], "by the length of axis 1 of `x`, where it should be"),
    (lambda x: 2 * x.mean(0), "twice the right answer"),
    (lambda x: 0.3 * x.mean(0), "one and the same factor"),
])
def test_a_factor_is_told_with_its_origin(function, told):
    result = judge(asked, function, lambda x: x.mean(axis=0))
    assert result.mistake == "constant-factor" and told in result.sentence


def test_what_is_true_of_one_call_by_chance_is_not_believed():
    # For one call this is the answer transposed; for the others it is something else.
    for shape in ((2, 3), (3, 3), (4, 2)):
        result = judge(asked, lambda x, shape=shape: 3 * x.T if x.shape == shape else np.sin(x), ours)
        assert result.mistake == "unknown"


def test_a_mistake_of_the_exercises_own_is_asked_first_and_shown_on_the_smallest_call():
    @exercise(hints=["a", "b"], mistakes=[Mistake("plus", "It adds 3.", lambda x: x + 3)])
    def check(judge, rng):
        judge(numbers(rng, 4, 5))
        judge(np.array([[1.0, 2.0]]))

    result = judge(check, lambda x: x + 3, ours)
    assert (result.mistake, result.sentence) == ("plus", "It adds 3.")
    assert "x = (1 × 2, float64)\n[[1. 2.]]" in result.call
    assert (result.got, result.wanted) == ("(1 × 2, float64)\n[[4. 5.]]", "(1 × 2, float64)\n[[3. 6.]]")
    assert result.try_it == "check(np.array([[1.0, 2.0]]))"


def test_right_is_right_up_to_rounding_and_a_list_of_python_numbers_is_a_tuple():
    assert judge(asked, lambda x: x + x + x, ours).state == RIGHT
    assert values.same([1, 2.0], (np.int64(1), np.float32(2)))
    assert not values.same(1.0, 1)
    assert not values.same(np.zeros((1, 1)), np.zeros(1))
    assert values.same(np.array([np.nan, np.inf]), np.array([np.nan, np.inf]))


def test_properties_can_be_asked_for():
    @exercise(hints=["a", "b"])
    def check(judge, rng):
        answer = judge.ask([3, 1, 2])
        judge.expect(answer == sorted(answer or []), "unsorted", "It is not sorted.")

    assert judge(check, sorted, sorted).state == RIGHT
    assert judge(check, lambda x: list(x), sorted).mistake == "unsorted"
    assert judge(check, lambda x: None, sorted).mistake == "no-return"


def test_an_answer_that_a_check_stumbles_over_is_the_learners_mistake_and_not_the_checks():
    @exercise(hints=["a", "b"])
    def check(judge, rng):
        answer = judge.ask(np.arange(3.0))
        judge.expect(answer.shape == (3,), "wrong-shape", "It has the wrong shape.")

    assert judge(check, lambda x: "abc", ours).mistake == "wrong-type"
    assert judge(check, lambda x: None, ours).mistake == "no-return"

    @exercise(hints=["a", "b"])
    def broken_check(judge, rng):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        judge(broken_check, ours, ours)


def test_a_gradient_is_asked_by_nudging_and_gets_the_name_of_the_gradient_check():
    @exercise(hints=["a", "b"])
    def check(judge, rng):
        judge.gradient(np.matmul, numbers(rng, 2, 3), numbers(rng, 3, 2))

    def matmul_vjp(g, x, y):
        return g @ y.T, x.T @ g

    assert judge(check, matmul_vjp, matmul_vjp).state == RIGHT
    result = judge(check, lambda g, x, y: (-g @ y.T, x.T @ g), matmul_vjp)
    assert result.mistake == "sign" and "`x`" in result.sentence
    assert result.call.startswith("check(g, x, y)\ng = (2 × 2")
    assert judge(check, lambda g, x, y: None, matmul_vjp).mistake == "no-return"
    assert judge(check, lambda g, x, y: g @ y, matmul_vjp).mistake == "raises"


def test_a_literal_is_the_value():
    for value in (numbers(np.random.default_rng(0), 2, 3, dtype=np.float32), np.array([np.nan, -np.inf]),
                  [1, "a"], {"a": (1.5,)}, np.array([True]), np.array([[1, 2]])):
        again = eval(values.literal(value), {"np": np})
        assert values.same(again, value, tolerance=0)
    assert values.literal(np.zeros(100)) is None and values.literal(sorted) is None


# ---- a learner's file, in a process of its own

def test_each_exercise_has_its_state_and_says_which_function_ran(root):
    report = report_of(root, learners(double="return x + x", relu_vjp="return g * (x < 0)"))
    assert states(report) == {"double": RIGHT, "quadruple": NOT_ATTEMPTED, "relu_vjp": WRONG}
    assert report.results[0].where == "01_lesson.py:6"
    assert report.results[2].mistake == "mask-inverted"
    assert report.troubles == [] and report.notes == []


def test_a_syntax_error_in_one_function_leaves_the_others_checked(root):
    report = report_of(root, learners(**RIGHT_BODIES | {"quadruple": "return double((x)"}))
    assert states(report) == {"double": RIGHT, "quadruple": BROKEN, "relu_vjp": RIGHT}
    [trouble] = report.troubles
    assert trouble.line == 21 and trouble.sentence == "SyntaxError: '(' was never closed"


def test_statements_that_fail_are_named_and_the_rest_of_the_file_is_checked(root):
    text = learners(**RIGHT_BODIES).replace("import numpy as np", "import numpy as np\nimport not_installed")
    report = report_of(root, text + "\nprint(double(None))\nexit()\n")
    assert set(states(report).values()) == {RIGHT}
    assert [(trouble.line, trouble.sentence) for trouble in report.troubles] == [
        (4, "ModuleNotFoundError: No module named 'not_installed'"),
        (29, "TypeError: unsupported operand type(s) for +: 'NoneType' and 'NoneType'"),
        (30, "it calls exit()")]
    assert report.troubles[1].details.startswith("line 12, in double:  return x + x\nline 29")


@pytest.mark.parametrize("body, mistake, told", [
    ("while True: pass", "time-limit", "in line 11"),
    ("import os; os._exit(0)", "exits", "ended the process"),
    ("import sys; sys.exit()", "exits", "exit()"),
    ("print('loud' * 1000000); return x + x + x", "unknown", ""),
    ("return input()", "raises", "EOFError"),
    ("return double(x)", "raises", "RecursionError"),
])
def test_whatever_a_function_does_the_others_are_checked(root, body, mistake, told):
    text = learners(**RIGHT_BODIES | {"double": body, "quadruple": "return 4 * x"})
    report = report_of(root, text, seconds=2)
    assert states(report) == {"double": WRONG, "quadruple": RIGHT, "relu_vjp": RIGHT}
    assert report.results[0].mistake == (mistake if "print" not in body else "constant-factor")
    assert told in report.results[0].sentence
    assert len(report.results[0].printed) <= 2000


def test_an_endless_loop_outside_of_functions_is_left_out(root):
    text = learners(**RIGHT_BODIES).replace("import numpy as np", "import numpy as np\nwhile True:\n    pass")
    report = report_of(root, text, seconds=2)
    assert set(states(report).values()) == {RIGHT}
    [trouble] = report.troubles
    assert trouble.line == 4 and "endless loop" in trouble.sentence


def test_global_state_is_put_back_and_told(root):
    body = "np.random.seed(0); np.set_printoptions(precision=1); np.seterr(all='raise'); return x + x"
    later = "return 4 * x if np.get_printoptions()['precision'] == 8 else None"
    report = report_of(root, learners(**RIGHT_BODIES | {"double": body, "quadruple": later}))
    assert set(states(report).values()) == {RIGHT}
    [note] = report.notes
    assert note.startswith("`double` changes NumPy's print options and NumPy's global random numbers.")


@pytest.mark.parametrize("text", ["", "\0", "just words\n", "x = (\n"])
def test_a_file_without_its_functions_is_broken_and_says_so(root, text):
    report = report_of(root, text)
    assert set(states(report).values()) == {BROKEN}
    assert all(result.sentence for result in report.results)


def test_a_file_that_is_no_text_or_is_not_there_is_broken(root):
    report_of(root, "")
    Path("01_lesson.py").write_bytes(b"\xff\xfe\x00")
    for action in (lambda: None, Path("01_lesson.py").unlink):
        action()
        report = check_file(sheets(root)[1], Path("01_lesson.py"), None, root)
        assert report.troubles and set(states(report).values()) == {BROKEN}


@pytest.mark.parametrize("line, told", [
    ("from lessons.exercises import numbers as double", "lessons.exercises.values.numbers"),
    ("import functools; double = functools.partial(np.multiply, 2)", "partial"),
    ("double = np.abs", "numpy"),
    ("from minigrad.nn.functional import relu\ndef double(x):\n    return relu(2 * x)", "functional.relu"),
    ("def double(x):\n    from minigrad import ops\n    return ops.add(x, x)", "minigrad"),
    ("import minigrad as m\ndef helper(x):\n    return m.add(x, x)\ndef double(x):\n    return helper(x)",
     "minigrad"),
    ("import functools, minigrad\nf = functools.partial(minigrad.mul, 2)\ndef double(x):\n    return f(x)",
     "partial of"),
    ("def wrap(f):\n    return lambda x: f(x, x)\nimport minigrad\ndouble = wrap(minigrad.add)", "minigrad"),
])
def test_what_is_not_the_learners_own_is_refused(root, line, told):
    report = report_of(root, learners(relu_vjp=RIGHT_BODIES["relu_vjp"]) + "\n" + line + "\n")
    assert report.results[0].mistake == "not-yours" and told in report.results[0].sentence, report.results[0]
    assert report.results[2].state == RIGHT


def test_what_calls_a_wrong_exercise_is_told_to_begin_there(root):
    report = report_of(root, learners(double="return x * x", quadruple=RIGHT_BODIES["quadruple"]))
    assert report.results[1].sentence.startswith("It calls `double`, which is wrong: begin there.")
    report = report_of(root, learners(quadruple=RIGHT_BODIES["quadruple"]))
    assert report.results[1].mistake == "needs-another" and "`double`" in report.results[1].sentence


# ---- the workspace

def write(**bodies):
    Path("my-minigrad/01_lesson.py").write_text(learners(**bodies), encoding="utf-8")


def run(root, words, capsys):
    status = main(words.split(), root)
    return status, capsys.readouterr().out


def refused(root, words, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(words.split(), root)
    return capsys.readouterr().err


def test_start_gives_the_files_and_never_touches_what_was_written(root, capsys):
    status, out = run(root, "start", capsys)
    assert status == 0 and "01_lesson.py: 3 exercises" in out
    assert Path("my-minigrad/01_lesson.py").read_text() == learners()
    write(double="return 'mine'")
    before = Path("my-minigrad/01_lesson.py").read_text()
    status, out = run(root, "start", capsys)
    assert "nothing was changed" in out
    assert Path("my-minigrad/01_lesson.py").read_text() == before


@pytest.mark.parametrize("folder", [HERE, HERE / "mine", HERE.parent, HERE.parent / "minigrad" / "x",
                                    HERE.parent / "tests"])
def test_start_keeps_out_of_the_sources(root, capsys, folder):
    assert "own sources" in refused(root, f"start {folder}", capsys)
    assert not (folder / "01_lesson.py").exists()


def test_a_newer_set_is_merged_in_and_told(root, capsys):
    run(root, "start", capsys)
    write(double="return x + x")
    triple = 'def triple(x):\n    """Three times x."""\n    return 3 * x\n\n\n'
    newer = (EXERCISES.replace("Twice x.", "Two times x.").replace("The gradient of max", "Gradient of max")
             .replace("import numpy as np\n", "import math\n\nimport numpy as np\n")
             .replace("def given", f"{triple}def given"))
    check = '@exercise(hints=["a", "b"])\ndef triple(judge, rng):\n    judge(numbers(rng, 2))\n\n'
    checks = CHECKS.replace('@exercise(hints=["Use', f'{check}@exercise(hints=["Use')
    write_exercises(root, newer, checks)
    status, out = run(root, "check", capsys)
    assert "There are newer exercises" in out and "no `triple` in the file" in out
    status, out = run(root, "start", capsys)
    assert "new: import math, triple" in out
    assert "yours is kept: double" in out and "newer form: relu_vjp" in out
    text = Path("my-minigrad/01_lesson.py").read_text()
    assert "return x + x" in text and "Twice x." in text and "Gradient of max" in text
    assert text.index("import math") < text.index("import numpy") < text.index("def double") < text.index(
        "def triple") < text.index("def given")
    assert "nothing was changed" in run(root, "start", capsys)[1]
    status, out = run(root, "check", capsys)
    assert "newer" not in out and "1.triple" in out and "broken" not in out


def test_what_was_deleted_comes_back_and_spoiled_notes_do_no_harm(root, capsys):
    run(root, "start", capsys)
    run(root, "hint 1.double", capsys)
    Path("my-minigrad/01_lesson.py").write_text(learners(double="return x + x").split("def given")[0])
    Path("my-minigrad", NOTES).write_text("{")
    status, out = run(root, "check", capsys)
    assert "1.double                         right" in out and "cannot be read" in out and status == 1
    out = run(root, "start", capsys)[1]
    assert "new: given, quadruple, relu_vjp" in out and "begun anew" in out
    assert Path("my-minigrad/01_lesson.py").read_text().rstrip() == learners(double="return x + x").rstrip()
    Path("my-minigrad/01_lesson.py").unlink()
    assert "is not there" in run(root, "check", capsys)[1]
    run(root, "start", capsys)
    assert Path("my-minigrad/01_lesson.py").read_text() == learners()


def test_a_name_that_stands_for_something_else_is_left_alone_by_a_newer_set(root, capsys):
    run(root, "start", capsys)
    theirs = learners().replace("def double", "def twice") + "\ndouble = abs\n"
    Path("my-minigrad/01_lesson.py").write_text(theirs)
    write_exercises(root, EXERCISES.replace("Twice x.", "Two times x."))
    run(root, "start", capsys)
    text = Path("my-minigrad/01_lesson.py").read_text()
    assert "double = abs" in text and "def double" not in text


def test_a_file_with_a_syntax_error_gets_what_is_missing_at_its_end(root, capsys):
    run(root, "start", capsys)
    Path("my-minigrad/01_lesson.py").write_text("def double(x):\n    return (x\n")
    run(root, "start", capsys)
    text = Path("my-minigrad/01_lesson.py").read_text()
    assert text.startswith("def double(x):\n    return (x\n\n\ndef quadruple")


def test_every_command_works_from_the_workspace_and_from_outside(root, capsys, monkeypatch):
    run(root, "start", capsys)
    write(**RIGHT_BODIES)
    assert "3 of 3 right" in run(root, "check", capsys)[1]
    assert "3 of 3 right" in run(root, f"check --dir {Path('my-minigrad').resolve()}", capsys)[1]
    monkeypatch.chdir("my-minigrad")
    assert "3 of 3 right" in run(root, "check", capsys)[1]
    assert "nothing was changed" in run(root, "start", capsys)[1]
    monkeypatch.chdir("/")
    assert "`python -m lessons start` begins some" in refused(root, "check", capsys)


def test_check_says_what_is_wrong_and_how_to_try_it(root, capsys):
    run(root, "start", capsys)
    write(double="return 3 * x", quadruple="return [][1]")
    status, out = run(root, "check 1", capsys)
    assert status == 1
    for words in ("1.double                         wrong", "01_lesson.py:6", "constant-factor",
                  "called   double(x)", "gives ", "wanted ", "python -i 01_lesson.py", ">>> double(np.arr",
                  "IndexError: list index out of range", "line 21, in quadruple:  return [][1]",
                  "1.relu_vjp                       not attempted",
                  "0 of 3 right, 2 wrong, 1 not attempted."):
        assert words in out, out
    assert run(root, "check 1.relu_vjp", capsys)[0] == 0
    write(double="return x + x")
    assert run(root, "check", capsys)[0] == 0
    with open("my-minigrad/01_lesson.py", "a") as file:
        file.write("oh no(")
    status, out = run(root, "check", capsys)
    assert status == 1 and "SyntaxError" in out


@pytest.mark.parametrize("words, told", [
    ("check 2", "'2' is no lesson with exercises, 1"), ("check x.y", "'x.y' is no lesson"),
    ("check 1.nothing", "lesson 1 has no exercise 'nothing'; it has double, quadruple, relu_vjp"),
    ("solution 1", "which one of lesson 1? 1.double, 1.quadruple"),
    ("solution 1.double", "1.double is not attempted"), ("reset 1.double", "add --yes"),
    ("report nowhere", "no folder nowhere"), ("report . --csv nowhere/a.csv", "--csv: there is no folder"),
    ("train --data nowhere", "--data"),
])
def test_bad_words_are_told_in_a_line(root, capsys, words, told, monkeypatch):
    run(root, "start", capsys)
    monkeypatch.setattr(sys, "stdin", open(os.devnull))
    error = refused(root, words, capsys)
    assert told in error and error.count("\n") == 1


def test_hints_come_one_by_one_and_stay_counted(root, capsys):
    run(root, "start", capsys)
    assert "1.double, hint 1 of 2:\nAdd it to itself." in run(root, "hint", capsys)[1]
    assert "hint 2 of 2:\nAdd it to itself.\nreturn x + x" in run(root, "hint 1.double", capsys)[1]
    assert "--reveal" in run(root, "hint", capsys)[1]
    write(double="return x + x")
    assert "1.quadruple, hint 1 of 3" in run(root, "hint", capsys)[1]


def test_a_solution_is_shown_when_it_is_right_or_revealed_which_is_noted(root, capsys):
    run(root, "start", capsys)
    assert "return 2 * x" in run(root, "solution 1.double --reveal", capsys)[1]
    write(quadruple="return 4 * x", double="return x + x")
    assert "return double(double(x))" in run(root, "solution 1.quadruple", capsys)[1]
    run(root, "solution 1.quadruple --reveal", capsys)
    out = run(root, "progress", capsys)[1]
    [row] = [line for line in out.splitlines() if "Numbers" in line]
    assert "2/3" in row and row.split()[-1] == "double" and "quadruple" not in out


def test_reset_puts_one_placeholder_back(root, capsys):
    run(root, "start", capsys)
    write(double="return 1", quadruple="return 4 * x")
    run(root, "reset 1.double --yes", capsys)
    assert Path("my-minigrad/01_lesson.py").read_text() == learners(quadruple="return 4 * x")
    write(double="return (1", quadruple="return 4 * x")
    run(root, "reset 1.double --yes", capsys)
    assert Path("my-minigrad/01_lesson.py").read_text() == learners(quadruple="return 4 * x")


def test_reset_asks_and_takes_no_for_an_answer(root, capsys, monkeypatch):
    run(root, "start", capsys)
    write(double="return 1")
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    for answer, kept in (("n", True), ("", True), ("y", False)):
        monkeypatch.setattr("builtins.input", lambda question, answer=answer: answer)
        run(root, "reset 1.double", capsys)
        assert ("return 1" in Path("my-minigrad/01_lesson.py").read_text()) == kept


def test_watch_checks_on_every_save(root, capsys):
    run(root, "start", capsys)
    program = ("import sys; from pathlib import Path; from lessons.__main__ import main; "
               "sys.exit(main(['watch', '--seconds', '0.05'], Path(sys.argv[1])))")
    env = os.environ | {"PYTHONPATH": str(HERE.parent), "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}
    with subprocess.Popen([sys.executable, "-c", program, str(root)], stdout=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, text=True, encoding="utf-8", env=env) as watch:
        too_long = threading.Timer(60, watch.kill)
        too_long.start()
        try:
            assert "Ctrl-C" in read_until(watch, "Ctrl-C")
            write(double="return x + x")
            out = read_until(watch, "Ctrl-C")
            assert "1.double                         right" in out and "Next: 1.quadruple" in out
            write(double="return 3 * x")
            assert "constant-factor" in read_until(watch, "Ctrl-C")
        finally:
            too_long.cancel()
            watch.kill()


def read_until(process, words):
    lines = []
    for line in process.stdout:
        lines.append(line)
        if words in line:
            break
    return "".join(lines)


def test_the_keys_of_watch(root, capsys, monkeypatch):
    @contextlib.contextmanager
    def keys():
        pressed = iter(["", "h", "l", "x", "h", "q"])
        yield lambda: next(pressed)

    run(root, "start", capsys)
    monkeypatch.setattr("lessons.exercises.keys.keys", keys)
    status, out = run(root, "watch --seconds 0", capsys)
    assert status == 0
    assert out.index("1.double, hint 1 of 2") < out.index("Numbers") < out.index("1.double, hint 2 of 2")


def test_what_is_saved_while_watch_begins_is_not_missed(root, capsys, monkeypatch):
    def slow_check(*args):
        reports = list(runner.check_files(*args))
        write(double="return x + x")
        return reports

    @contextlib.contextmanager
    def keys():
        pressed = iter(["", "q"])
        yield lambda: next(pressed)

    run(root, "start", capsys)
    monkeypatch.setattr("lessons.exercises.commands.check_files", slow_check)
    monkeypatch.setattr("lessons.exercises.keys.keys", keys)
    assert "1.double                         right" in run(root, "watch --seconds 0", capsys)[1]


def test_report_is_a_row_for_each_workspace_and_a_csv_file_of_all(root, capsys):
    for folder, bodies in {"ann": RIGHT_BODIES, "bob": {"double": "while True: pass"},
                           "cas": {"double": "import os; os._exit(1)", "quadruple": "return -4 * x"}}.items():
        run(root, f"start {folder}", capsys)
        Path(folder, "01_lesson.py").write_text(learners(**bodies))
    run(root, "solution 1.double --reveal --dir bob", capsys)
    Path("empty").mkdir()
    status, out = run(root, "report ann bob cas empty --csv all.csv --limit 2", capsys)
    assert status == 0
    rows = {line.split()[0]: line for line in out.splitlines() if line.startswith((" ann", " bob", " cas"))}
    assert rows["ann"].split()[1:6] == ["3", "0", "0", "0", "0"]
    assert rows["bob"].split()[1:] == ["0", "1", "0", "2", "1", "1.double:", "time-limit"]
    assert rows["cas"].split()[1:] == ["0", "2", "0", "1", "0", "1.double:", "exits"]
    assert "1.quadruple: sign" in out and "1 of 1 files are missing" in out
    with open("all.csv", newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    assert len(table) == 12
    assert table[3] == {"workspace": "bob", "exercise": "1.double", "state": "wrong", "mistake": "time-limit",
                        "sentence": table[3]["sentence"], "hints": "0", "revealed": "yes"}


# ---- in place of ours

def test_patches_hold_inside_and_are_undone_whatever_happens():
    class Owner:
        value = 1
    with pytest.raises(ZeroDivisionError), in_place([Patch(Owner, "value", 2), Patch(Owner, "value", 3)]):
        assert Owner.value == 3
        raise ZeroDivisionError
    assert Owner.value == 1


def test_a_vjp_of_the_learners_is_called_once_and_gives_the_gradients():
    calls = []

    def matmul_vjp(g, x, y):
        calls.append(type(g))
        return g @ y.T, x.T @ g

    x, y = (numbers(np.random.default_rng(seed), *shape) for seed, shape in ((0, (2, 3)), (1, (3, 4))))
    found = []
    for patches in ([], vjps(ops.product, matmul_vjp)):
        a, b = Tensor(x, requires_grad=True), Tensor(y, requires_grad=True)
        with in_place(patches):
            ((a @ b) * (a @ b)).sum().backward()
        found.append((a.grad.numpy(), b.grad.numpy()))
    assert calls == [np.ndarray] * 2
    np.testing.assert_allclose(found[0][0], found[1][0])
    np.testing.assert_allclose(found[0][1], found[1][1])


def test_what_a_vjp_gave_for_one_call_is_not_taken_for_another_with_the_same_gradient():
    rng = np.random.default_rng(0)
    tensors = [Tensor(numbers(rng, 2, 2), requires_grad=True) for _ in range(4)]
    a, b, c, d = tensors
    products = vjps(ops.product, lambda g, x, y: (g @ y.T, x.T @ g))
    sums = vjps(ops.add, lambda g, x, y: (g, g))
    with in_place(products + sums):
        (a @ b + c @ d).sum().backward()
    for tensor, other in ((a, b), (c, d)):
        np.testing.assert_allclose(tensor.grad.numpy(), np.ones((2, 2)) @ other.detach().numpy().T)


def test_a_forward_of_the_learners_gives_the_numbers_and_keeps_our_gradient():
    rng = np.random.default_rng(0)
    pictures = Tensor(numbers(rng, 2, 1, 4, 4), requires_grad=True)
    filters = Tensor(numbers(rng, 3, 1, 2, 2), requires_grad=True)
    with in_place(numbers_by(F, "max_pool2d", lambda x, size, *others: 7 * np.ones((2, 1, 2, 2)))):
        out = F.max_pool2d(pictures, 2)
        assert (out.detach().numpy() == 7).all()
        out.sum().backward()
    assert pictures.grad.numpy().sum() == 8
    with in_place(forward(ops.exp, lambda x: 0 * x)):
        assert not filters.exp().detach().numpy().any()
    with in_place(numbers_by(F, "relu", lambda x: x[:1])), pytest.raises(RuntimeError, match="yours gives"):
        F.relu(filters)


@pytest.fixture
def no_pictures(monkeypatch):
    """10,000 test pictures that nobody has to load."""
    part = types.SimpleNamespace(labels=np.zeros(10_000))
    monkeypatch.setattr("lessons.exercises.commands.load_mnist", lambda folder: (part, part, part))


def test_train_puts_in_what_is_right_and_refuses_by_name_what_is_not(root, capsys, no_pictures):
    run(root, "start", capsys)
    write(**RIGHT_BODIES)
    status, out = run(root, "train", capsys)
    assert status == 0 and "1.relu_vjp               yours" in out
    assert "2 of 2 functions are yours; 1 of 1 on 10,000 digits." in out
    [row] = [line for line in out.splitlines() if line.startswith(" 1.relu_vjp")]
    assert row.split() == ["1.relu_vjp", "1"] and "none in this network" in out
    write(**RIGHT_BODIES | {"relu_vjp": "return -g * (x > 0)"})
    status, out = run(root, "train", capsys)
    assert "ours; yours is wrong: sign" in out and "1 of 2 functions are yours; 1 of 1" in out


def test_train_tells_what_fails_in_training_only(root, capsys, no_pictures):
    run(root, "start", capsys)
    write(relu_vjp="return g * (x > 0) if x.ndim == 2 else no_such_name")
    status, out = run(root, "train", capsys)
    assert status == 1 and "NameError: name 'no_such_name' is not defined" in out
    assert "line 26, in relu_vjp" in out
    assert ops.relu.vjps[0](1.0, 2.0, np.float64(2)) == 1
