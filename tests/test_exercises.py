"""Every exercise: what is given, our solution, and a gallery of wrong answers that must be told apart."""

import contextlib
import functools

import numpy as np
import pytest

from lessons.__main__ import main
from lessons.exercises.judge import NOT_ATTEMPTED, RIGHT, WRONG, judge
from lessons.exercises.learner import run_file
from lessons.exercises.places import in_place
from lessons.exercises.sheets import emptied, sheets, with_function
from minigrad import Tensor, data, nn, no_grad, optim
from minigrad.nn import functional as F
from tests.gallery import GALLERY

SHEETS = sheets()
EXERCISES = [exercise for sheet in SHEETS.values() for exercise in sheet.exercises.values()]
each_exercise = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.key)
each_sheet = pytest.mark.parametrize("sheet", SHEETS.values(), ids=lambda sheet: sheet.file)


@functools.cache
def checked(exercise, function):
    return judge(exercise, function, getattr(SHEETS[exercise.lesson].solutions, exercise.name))


def test_there_are_forty_exercises_or_more_in_lessons_1_to_10():
    assert list(SHEETS) == list(range(1, 11))
    assert len(EXERCISES) >= 40


# ---- what is given

@each_sheet
def test_the_learners_file_is_ours_with_placeholders_and_nothing_in_it_is_attempted(sheet, tmp_path):
    path = tmp_path / sheet.file
    path.write_text(sheet.template(), encoding="utf-8")
    file = run_file(path)
    assert file.troubles == []
    assert [file.state(name) for name in sheet.exercises] == [NOT_ATTEMPTED] * len(sheet.exercises)
    assert max(map(len, sheet.template().splitlines())) <= 110


@each_sheet
def test_checks_come_in_the_order_of_the_exercises(sheet):
    names = [name for name in vars(sheet.solutions) if name in sheet.exercises]
    assert names == list(sheet.exercises)


@each_exercise
def test_hints_are_there_and_only_the_last_shows_what_is_returned(exercise):
    assert 2 <= len(exercise.hints) <= 4
    assert len(set(exercise.hints)) == len(exercise.hints)
    returned = SHEETS[exercise.lesson].solution(exercise.name).strip().splitlines()[-1].strip()
    for hint in exercise.hints[:-1]:
        assert returned not in hint


# ---- what is right

@each_exercise
def test_our_solution_is_right(exercise):
    result = checked(exercise, getattr(SHEETS[exercise.lesson].solutions, exercise.name))
    assert result.state == RIGHT, f"{result.sentence}\n{result.call}\n{result.got}\n{result.wanted}"


@each_exercise
def test_a_check_needs_nothing_from_later_exercises(exercise, tmp_path):
    sheet = SHEETS[exercise.lesson]
    text, names = sheet.source, list(sheet.exercises)
    for later in names[names.index(exercise.name) + 1:]:
        text = with_function(text, later, emptied(sheet.solution(later)))
    path = tmp_path / sheet.file
    path.write_text(text, encoding="utf-8")
    file = run_file(path)
    assert checked(exercise, file.function(exercise.name)).state == RIGHT


def test_a_broken_file_makes_the_whole_check_red_and_the_others_are_still_checked(tmp_path, capsys):
    for sheet in SHEETS.values():
        (tmp_path / sheet.file).write_text(sheet.source, encoding="utf-8")
    assert main(["check", "--dir", str(tmp_path)]) == 0
    assert f"{len(EXERCISES)} of {len(EXERCISES)} right." in capsys.readouterr().out
    (tmp_path / SHEETS[3].file).write_text("import numpy as np\n\nthis is no Python\n", encoding="utf-8")
    assert main(["check", "--dir", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert f"{SHEETS[3].file}, line 3: SyntaxError" in out
    others = len(EXERCISES) - len(SHEETS[3].exercises)
    assert f"{others} of {len(EXERCISES)} right, {len(SHEETS[3].exercises)} broken." in out


# ---- what is wrong

@pytest.mark.parametrize("answer", GALLERY, ids=str)
def test_a_wrong_answer_is_rejected_and_shown(answer):
    result = checked(SHEETS[answer.lesson].exercises[answer.exercise], answer.function)
    assert result.state == WRONG
    assert result.sentence and result.call


@each_exercise
def test_there_are_three_wrong_answers_or_more(exercise):
    assert sum((each.lesson, each.exercise) == (exercise.lesson, exercise.name) for each in GALLERY) >= 3


@each_sheet
def test_at_least_85_percent_of_the_wrong_answers_get_the_right_name(sheet, capsys):
    answers = [each for each in GALLERY if each.lesson == sheet.number]
    named = {each: checked(sheet.exercises[each.exercise], each.function).mistake for each in answers}
    missed = [f"{each}: {name}, not {' or '.join(each.names)}"
              for each, name in named.items() if name not in each.names]
    with capsys.disabled():
        print(f"\nlesson {sheet.number}: {len(answers) - len(missed)} of {len(answers)} wrong answers named",
              *missed, sep="\n    ")
    assert len(missed) <= 0.15 * len(answers)


# ---- what goes into minigrad

PLACED = [exercise for exercise in EXERCISES if exercise.place]


def trained(seed=0):
    """All numbers of a network as in lesson 9, after three steps on random pictures."""
    rng = np.random.default_rng(seed)
    network = nn.Sequential(nn.Conv2d(1, 2, 3, rng=rng), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
                            nn.Linear(18, 5, rng=rng), nn.ReLU(), nn.Linear(5, 10, rng=rng))
    optimiser = optim.SGD(network.parameters(), lr=0.05, momentum=0.9, nesterov=True, weight_decay=1e-2)
    images, labels = rng.random((11, 1, 8, 8), np.float32), rng.integers(0, 10, 11)
    for x, y in data.batches(images, labels, 4, rng=rng):
        loss = F.cross_entropy(network(Tensor(x)), y)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with no_grad():
        shares = network(Tensor(images)).softmax(1).numpy()
    return np.concatenate([shares.ravel(), *(p.detach().numpy().ravel() for p in network.parameters())])


@pytest.mark.parametrize("exercise", PLACED, ids=lambda exercise: exercise.key)
def test_a_function_in_its_place_is_called_and_trains_as_ours_does(exercise):
    solution, calls = getattr(SHEETS[exercise.lesson].solutions, exercise.name), []

    @functools.wraps(solution)
    def function(*args):
        calls.append(args)
        return solution(*args)

    as_ever = trained()
    with in_place(exercise.place(function)):
        np.testing.assert_allclose(trained(), as_ever, rtol=1e-4, atol=1e-5)
    assert calls
    np.testing.assert_array_equal(trained(), as_ever)


@pytest.mark.parametrize("name", ["unfold", "fold"])
def test_windows_of_the_learner_slide_in_steps_and_with_gaps(name):
    rng = np.random.default_rng(0)
    pictures, filters, weight = (rng.standard_normal(n) for n in ((2, 3, 9, 8), (4, 3, 3, 2), (2, 4, 3, 3)))

    def gradients():
        inputs = [Tensor(pictures, requires_grad=True), Tensor(filters, requires_grad=True)]
        F.conv2d(*inputs, stride=(2, 3), padding=(0, 1), dilation=(2, 2)).backward(weight)
        return [each.grad.numpy() for each in inputs]

    as_ever, solution = gradients(), getattr(SHEETS[7].solutions, name)
    with in_place(SHEETS[7].exercises[name].place(solution)):
        for found, expected in zip(gradients(), as_ever, strict=True):
            np.testing.assert_allclose(found, expected, atol=1e-12)


def test_all_functions_together_train_as_ours_do():
    as_ever = trained()
    with contextlib.ExitStack() as stack:
        for exercise in PLACED:
            solution = getattr(SHEETS[exercise.lesson].solutions, exercise.name)
            stack.enter_context(in_place(exercise.place(solution)))
        np.testing.assert_allclose(trained(), as_ever, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(trained(), as_ever)
