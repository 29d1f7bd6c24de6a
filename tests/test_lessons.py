"""Every lesson runs to its end on a small part of MNIST. What they promise is for the whole data."""

import gzip
import re
import struct
import subprocess
import sys

import numpy as np
import pytest

from lessons import catalogue
from minigrad import data


def write_idx(path, array):
    with gzip.open(path, "wb") as file:
        file.write(struct.pack(f">HBB{array.ndim}I", 0, 0x08, array.ndim, *array.shape) + array.tobytes())


@pytest.fixture(scope="module")
def small_mnist(tmp_path_factory):
    """The first 2,400 pictures to learn from and 500 to be judged by, as a folder of IDX files."""
    folder = tmp_path_factory.mktemp("mnist")
    for name, count in (("train", 2400), ("t10k", 500)):
        for kind in ("images-idx3", "labels-idx1"):
            file = f"{name}-{kind}-ubyte.gz"
            write_idx(folder / file, data.read_idx(data.SHIPPED_MNIST / file)[:count].astype(np.uint8))
    return folder


def test_every_lesson_runs_to_its_end_on_a_small_part_of_the_data(small_mnist, tmp_path):
    out = tmp_path / "pictures"
    command = [sys.executable, "-m", "lessons", "run", "--data", str(small_mnist), "--out", str(out)]
    run = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", cwd=tmp_path)
    # Status 1: figures of the whole data cannot hold on a part of it. A lesson that fails shows a traceback.
    assert run.returncode == 1, run.stderr
    assert "Traceback" not in run.stdout + run.stderr
    finished = [int(number) for number in re.findall(r"^Lesson (\d+) took", run.stdout, re.MULTILINE)]
    assert finished == list(range(1, 12)), run.stdout[-2000:]
    for lesson in catalogue().values():
        pictures = list((out / lesson.name).glob("*.*"))
        assert pictures and all(picture.stat().st_size > 0 for picture in pictures)
        assert "receipt: " in run.stdout


@pytest.mark.parametrize("entry", catalogue().values(), ids=lambda entry: entry.name)
def test_every_lesson_reads_as_a_text_and_says_what_was_learned_and_what_was_not(entry):
    source = entry.script.read_text(encoding="utf-8")
    cells = re.split(r"^# %%", source, flags=re.MULTILINE)[1:]
    headings = re.findall(r"^# ## (.+)$", source, re.MULTILINE)
    exercises = ["Now you"] if entry.script.with_name("exercises.py").exists() else []
    assert headings[-3 - len(exercises):] == [
        "What we learned", "What we left out", *exercises, "What comes next"]
    assert sum(cell.startswith(" [markdown]") for cell in cells) >= 5
    assert source.rstrip().endswith("lesson.end()")
    for cell in cells:
        if cell.startswith(" [markdown]"):
            prose = [line for line in cell.split("\n")[1:] if line]
            assert all(line.startswith("#") for line in prose), f"code in a Markdown cell: {prose}"
