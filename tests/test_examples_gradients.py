"""The two programs that show the gradient check to a user: that they run, and the lines that matter.

    examples/own_op.py                  an operation of one's own
    examples/check_numpy_backward.py    a backward pass in plain NumPy, and one of PyTorch
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SURROUNDINGS = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "MPLBACKEND": "agg"}


def run(name, *arguments, folder):
    """The lines that an example prints. It must end well and complain of nothing."""
    done = subprocess.run([sys.executable, str(ROOT / "examples" / name), *arguments], cwd=folder,
                          env=SURROUNDINGS, capture_output=True, text=True, encoding="utf-8")
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_own_op_is_used_and_checked_and_two_mistakes_in_it_are_found(tmp_path):
    lines = run("own_op.py", folder=tmp_path)
    assert lines[0] == "softplus(1000) = 1000.0 and softplus(-1000) = 0.0"
    assert lines[2] == "w = (1.98, -1.04), b = 0.98; the counts were made with w = (2, -1), b = 1"
    for beta in (1.0, 3.0):
        assert f"beta = {beta}: gradcheck says right, gradgradcheck says right" in lines
    at_output, cut_off = (i for i, line in enumerate(lines) if line.startswith(("A mistake:", "Another:")))
    assert any(line.startswith("wrong-point: ") for line in lines[at_output:cut_off])
    assert lines[cut_off + 2] == "gradcheck says right"
    assert lines[cut_off + 3].endswith(": wrong")


def test_own_op_is_the_same_every_time(tmp_path):
    assert run("own_op.py", folder=tmp_path) == run("own_op.py", folder=tmp_path)


def test_check_numpy_backward_finds_the_mistake_and_draws_it(tmp_path):
    lines = run("check_numpy_backward.py", "--plot", "wrong.png", folder=tmp_path)
    assert lines[0] == "Two layers in NumPy: right"
    (where,) = (i for i, line in enumerate(lines) if line.startswith("Wrong: x, W1, b1 - "))
    assert any(line.startswith("wrong-point: ") for line in lines[where:])
    assert "The picture is wrong.png." in lines
    assert (tmp_path / "wrong.png").read_bytes().startswith(b"\x89PNG")


def test_check_numpy_backward_checks_a_function_of_pytorch_where_it_is_installed(tmp_path):
    lines = run("check_numpy_backward.py", folder=tmp_path)
    installed = importlib.util.find_spec("torch") is not None
    assert lines[-1] == ("A function of PyTorch, swish: right" if installed else
                         "PyTorch is not installed, so its part is left out.")


@pytest.mark.parametrize("name", ["own_op.py", "check_numpy_backward.py"])
def test_the_first_words_say_how_to_run_it(name):
    text = (ROOT / "examples" / name).read_text(encoding="utf-8")
    assert f"\n    python examples/{name}" in text.split('"""')[1]
