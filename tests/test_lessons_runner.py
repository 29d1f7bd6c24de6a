"""The machinery of the lessons, on small lessons made up here: the runner, and what a lesson works with."""

import ast
import importlib.metadata
import os
import shutil
import struct
import subprocess
import sys
import types
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from graphviz.backend import dot_command
from PIL import Image

import minigrad.data
from lessons import HERE, catalogue, drawing, kit
from lessons.__main__ import main

TITLES = {1: "Pictures are numbers", 2: "Nine numbers find an edge", 3: "A line that learns"}


def write_lesson(root, number, body=""):
    """A lesson whose body, between its first line and its last, is `body`; by default it says that it ran."""
    folder = root / f"{number:02}_lesson"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "lesson.py").write_text(f"""# %% [markdown]
# # Lesson {number}: {TITLES[number]}
#
# About {TITLES[number].lower()}, in a line.

# %%
import sys
import numpy as np
import matplotlib.pyplot as plt
from lessons import kit
lesson = kit.lesson({number})
{body or f"print('ran', {number})"}
lesson.end()
""", encoding="utf-8")


@pytest.fixture
def root(tmp_path, monkeypatch):
    """Three lessons, seen from an empty folder on a screen of 80 columns."""
    for number in TITLES:
        write_lesson(tmp_path / "course", number)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path / "course"


def write_idx(folder, damage=b""):
    """A folder of 24 training and 6 test pictures, of 28 by 28."""
    folder.mkdir()
    for part, count in [("train", 24), ("t10k", 6)]:
        images, labels = bytes(count * 28 * 28), bytes(count)
        (folder / f"{part}-images-idx3-ubyte").write_bytes(struct.pack(">4I", 0x803, count, 28, 28) + images)
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">2I", 0x801, count) + labels + damage)
    return folder


def ran(output):
    return [int(line.split()[1]) for line in output.splitlines() if line.startswith("ran")]


def in_a_process(root, *words, **env):
    """Run Python on `words` with a copy of the lessons' machinery beside the made-up lessons in `root`."""
    for module in HERE.glob("*.py"):
        shutil.copy(module, root)
    package = root.rename(root.with_name("lessons"))
    path = os.pathsep.join([str(package.parent), str(HERE.parent)])
    return subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            cwd=package.parent, env=os.environ | {"PYTHONPATH": path} | env)


# ---- the list

def test_the_list_names_each_lesson_and_what_it_is_about_within_80_columns(root, capsys):
    assert main([], root) == 0
    out = capsys.readouterr().out
    for title in TITLES.values():
        assert title in out
        assert f"About {title.lower()}, in a line." in out
    assert max(map(len, out.splitlines())) <= 80


def test_a_lesson_that_does_not_begin_with_its_heading_is_named(root, capsys):
    (root / "02_lesson" / "lesson.py").write_text("# %% [markdown]\n# # Lesson 3: Not its number\n# Line.\n")
    with pytest.raises(SystemExit, match="2"):
        main([], root)
    [line] = capsys.readouterr().err.splitlines()
    assert "02_lesson" in line and "'# # Lesson 2: '" in line


def test_every_lesson_of_the_lecture_begins_with_its_number_and_ends_with_its_end():
    for entry in catalogue().values():
        steps = [ast.unparse(step) for step in ast.parse(entry.script.read_text(encoding="utf-8")).body]
        assert f"lesson = kit.lesson({entry.number})" in steps, entry.name
        assert steps[-1] == "lesson.end()", entry.name


# ---- which lessons run

@pytest.mark.parametrize("words, numbers", [
    ("", [1, 2, 3]), ("2", [2]), ("2-3", [2, 3]), ("3 1", [1, 3]), ("1 2-3 2", [1, 2, 3]),
    ("--seed 5 3-3", [3]), ("1-2 --seed 5", [1, 2]),
])
def test_the_lessons_asked_for_run_once_each_in_the_lectures_order(root, capsys, words, numbers):
    assert main(["run", *words.split()], root) == 0
    assert ran(capsys.readouterr().out) == numbers


@pytest.mark.parametrize("words, told", [
    ("run 12", "there is no lesson 12; there are 1, 2, 3"),
    ("run 0-2", "there is no lesson 0"),
    ("run 1 3-2", "the range 3-2 is empty"),
    ("run four", "'four' is neither a lesson"),
    ("run --seed -1", "'-1' is not a whole number from 0 up"),
    ("run --sead 1", "unrecognized arguments: --sead"),
    ("walk", "invalid choice: 'walk'"),
    ("run --data nowhere", "nowhere: no such folder"),
    ("run --data ../broken", "train-labels-idx1-ubyte: oversized"),
    ("run --out ../file", "nothing can be written to ../file/01_lesson"),
    ("run --out " + "deep/" * 3 + "long" * 100, "File name too long"),
    ("run --out ../half", "nothing can be written to ../half/02_lesson"),
])
def test_what_cannot_be_had_is_told_in_one_line_before_anything_happens(root, capsys, words, told):
    write_idx(root.parent / "broken", damage=b"!")
    (root.parent / "file").write_text("")
    (root.parent / "half").mkdir()
    (root.parent / "half" / "02_lesson").write_text("a file where a folder should be")
    before = sorted(root.parent.rglob("*"))
    with pytest.raises(SystemExit, match="2"):
        main(words.split(), root)
    out, err = capsys.readouterr()
    assert out == ""
    [line] = err.splitlines()
    assert line.startswith("python -m lessons") and told in line
    assert sorted(root.parent.rglob("*")) == before


# ---- receipts and how a run ends

def test_receipts_come_at_once_and_again_in_a_table_with_time_and_memory(root, capsys):
    write_lesson(root, 1, "lesson.receipt('mistakes', promised='453', got='453', holds=True); print('after')")
    write_lesson(root, 3, "lesson.receipt('loss', promised='at most 0.03', got='0.02', holds=np.bool_(True))")
    assert main(["run"], root) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines.index("receipt: mistakes: 453, as promised (453)") + 1 == lines.index("after")
    rows = [line.split() for line in lines]
    assert ["1", "mistakes", "453", "453", "✓", "yes"] in rows
    assert ["3", "loss", "at", "most", "0.03", "0.02", "✓", "yes"] in rows
    assert [row[:3] for row in rows if row[:1] == ["Lesson"]] == [["Lesson", n, "took"] for n in "123"]
    assert "MiB" in lines[-1] or sys.platform == "win32"


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_however_long_the_receipts_are_the_table_shows_them_whole(root, capsys, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    write_lesson(root, 1, "lesson.receipt('wordy ' * 12 + 'z' * 50, 'promising ' * 8, 'coming ' * 8, True)")
    assert main(["run", "1"], root) == 0
    out = capsys.readouterr().out
    table = out[out.index("holds"):]
    counts = {"wordy": 12, "z": 50, "promising": 8, "coming": 8, "✓ yes": 1}
    assert {word: table.count(word) for word in counts} == counts
    assert max(map(len, table.splitlines())) <= columns


def test_a_receipt_that_does_not_hold_is_told_and_the_lessons_after_it_still_run(root, capsys):
    write_lesson(root, 1, "lesson.receipt('mistakes', promised=453, got=454, holds=False)")
    assert main(["run"], root) == 1
    out = capsys.readouterr().out
    assert ran(out) == [2, 3]
    assert "receipt: mistakes: 454, NOT as promised (453)" in out
    assert "✗ NO" in out
    assert "1 of 1 receipts do not hold." in out


def test_ctrl_c_stops_the_run_and_keeps_the_receipts(root, capsys):
    write_lesson(root, 1, "lesson.receipt('mistakes', promised='453', got='453', holds=True)")
    write_lesson(root, 2, "raise KeyboardInterrupt")
    assert main(["run"], root) == 130
    out, err = capsys.readouterr()
    assert "✓ yes" in out and ran(out) == []
    assert err == f"Stopped in lesson 2, {TITLES[2]}.\n"


def test_ctrl_c_before_the_first_lesson_stops_as_quietly(root, capsys, monkeypatch):
    def interrupt(folder):
        raise KeyboardInterrupt

    monkeypatch.setattr(minigrad.data, "mnist", interrupt)
    assert main(["run", "--data", "."], root) == 130
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("body, told", [
    ("assert 1 + 1 == 3, 'one and one'", "AssertionError: one and one"),
    ("sys.exit(0)", "SystemExit: 0"),
    ("(", "SyntaxError: '(' was never closed"),
])
def test_a_lesson_that_fails_ends_the_run_and_the_last_line_says_why(root, capsys, body, told):
    write_lesson(root, 1, "lesson.receipt('mistakes', promised='453', got='453', holds=True)")
    write_lesson(root, 2, body)
    assert main(["run"], root) == 1
    out, err = capsys.readouterr()
    assert "✓ yes" in out and ran(out) == []
    assert err.splitlines()[-1] == f"Lesson 2, {TITLES[2]}, failed: {told}"
    assert str(root / "02_lesson" / "lesson.py") in err
    assert "runpy" not in err  # the traceback begins in the lesson


def test_a_console_that_cannot_show_the_signs_gets_words(root):
    write_lesson(root, 1, "lesson.receipt('√ of 2', promised='√', got='1.4', holds=True)\n"
                          "lesson.receipt('π', promised='π', got='3', holds=False); print('√')")
    process = in_a_process(root, "-m", "lessons", "run", "1", PYTHONIOENCODING="cp1252")
    out, err = process.communicate()
    assert process.returncode == 1 and err == b""
    rows = [line.replace("|", " ").split() for line in out.decode("ascii").splitlines()]
    assert ["1", "?", "of", "2", "?", "1.4", "yes"] in rows
    assert ["1", "?", "?", "3", "NO"] in rows


def test_a_reader_who_leaves_early_causes_no_alarm(root):
    write_lesson(root, 1, "for i in range(100_000): print(i)")
    process = in_a_process(root, "-m", "lessons", "run", "1")
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait() == 1


# ---- a lesson by itself

def test_a_lesson_started_by_plain_python_takes_the_flags_and_ends_with_its_receipts(root):
    write_lesson(root, 2, "lesson.receipt('seed', '0', str(lesson.seed), holds=lesson.seed == 0)")
    process = in_a_process(root, "lessons/02_lesson/lesson.py", "--seed", "7", "--out", "kept")
    out, err = process.communicate()
    assert (process.returncode, err) == (1, b"")
    assert out.count(b"Lesson 2: Nine numbers find an edge") == 1
    assert "✗ NO" in out.decode()
    assert (root.parent / "kept" / "02_lesson").is_dir()


@pytest.mark.parametrize("words, status, told", [
    ("", 0, ""),
    ("--sead 7", 2, "python lesson.py: unrecognized arguments: --sead 7"),
    ("--data nowhere", 2, "python lesson.py: --data: nowhere: no such folder"),
])
def test_how_a_lesson_by_itself_ends(root, words, status, told):
    process = in_a_process(root, "lessons/01_lesson/lesson.py", *words.split())
    out, err = process.communicate()
    assert process.returncode == status
    assert ran(out.decode()) == ([1] if status == 0 else [])
    assert err.decode().startswith(told) and err.count(b"\n") == (status == 2)


def test_a_copy_of_a_lesson_runs_itself_and_not_the_lesson_it_was_copied_from(root):
    script = (root / "01_lesson" / "lesson.py").read_text()
    (root.parent / "mine.py").write_text(script.replace("'ran', 1", "'ran', 7"))
    out, err = in_a_process(root, "mine.py").communicate()
    assert (ran(out.decode()), err) == ([7], b"")


def test_in_a_notebook_a_lesson_reads_no_flags_shows_its_pictures_and_ends_quietly(root, monkeypatch):
    shown = []
    display = types.SimpleNamespace(Image=lambda filename: Path(filename), display=shown.append)
    monkeypatch.setitem(sys.modules, "ipykernel", types.ModuleType("ipykernel"))
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(version_info=(9, 0), display=display))
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    matplotlib.use("agg")  # as the notebook would have chosen a backend of its own
    monkeypatch.setattr(sys, "argv", ["kernel", "-f", "connection.json"])
    monkeypatch.setattr(kit, "session", None)
    monkeypatch.setattr(kit, "catalogue", lambda: catalogue(root))
    lesson = kit.lesson(1)
    lesson.figure(plt.figure(), "empty")
    lesson.receipt("mistakes", promised="453", got="454", holds=False)
    lesson.end()
    assert shown == [Path("pictures/01_lesson/empty.png")]
    assert plt.get_fignums() == []


# ---- lessons do not disturb each other

def test_each_lesson_has_an_rng_of_its_own_from_the_seed(root, capsys):
    for number in TITLES:
        write_lesson(root, number, "print('drawn', lesson.seed, lesson.rng.integers(10**9))")
    main(["run", "--seed", "3"], root)
    main(["run", "2"], root)
    drawn = [line for line in capsys.readouterr().out.splitlines() if line.startswith("drawn")]
    assert drawn == [f"drawn {seed} {np.random.default_rng(seed).integers(10**9)}" for seed in (3, 3, 3, 0)]


def test_figures_left_open_and_changed_settings_do_not_reach_the_next_lesson(root, capsys):
    write_lesson(root, 1, "plt.figure(); plt.rcParams.update({'font.size': 99, 'axes.grid': True})")
    write_lesson(root, 2, "print(plt.get_fignums(), plt.rcParams['font.size'], plt.rcParams['axes.grid'])")
    assert main(["run", "1-2"], root) == 0
    assert f"[] {float(drawing.STYLE['font.size'])} False" in capsys.readouterr().out


def test_data_is_loaded_once_for_all_lessons_and_none_can_change_it(root, capsys, monkeypatch):
    loads, load = [], minigrad.data.mnist
    monkeypatch.setattr(minigrad.data, "mnist", lambda folder: loads.append(folder) or load(folder))
    for number in TITLES:
        write_lesson(root, number, "train, valid, test = lesson.mnist()\n"
                                   "print(len(train.labels) + len(valid.labels), test.images.shape)")
    write_idx(root.parent / "data")
    assert main(["run", "--data", "../data"], root) == 0
    assert capsys.readouterr().out.count("24 (6, 1, 28, 28)") == 3
    assert loads == [Path("../data")]
    write_lesson(root, 1, "lesson.mnist()[0].images[0] = 1")
    assert main(["run", "1", "--data", "../data"], root) == 1
    assert "read-only" in capsys.readouterr().err


# ---- pictures

def test_a_figure_is_saved_closed_and_its_path_printed(root, capsys):
    write_lesson(root, 1, "lesson.figure(plt.subplots()[0], 'axes'); print(plt.get_fignums())")
    assert main(["run", "1", "--out", "kept"], root) == 0
    out = capsys.readouterr().out
    assert "picture: kept/01_lesson/axes.png" in out.replace("\\", "/") and "\n[]\n" in out
    assert Image.open("kept/01_lesson/axes.png").size == (7 * 150, 4.5 * 150)


def test_a_figure_that_cannot_be_drawn_leaves_the_one_before_and_no_half_of_a_file(root, capsys):
    write_lesson(root, 1, "lesson.figure(plt.figure(), 'figure')")
    main(["run", "1"], root)
    before = Path("pictures/01_lesson/figure.png").read_bytes()
    for error in "ValueError('no')", "KeyboardInterrupt":
        write_lesson(root, 1, f"""
class Halfway:
    def savefig(self, path):
        path.write_bytes(b"half a pict")
        raise {error}
lesson.figure(Halfway(), 'figure')""")
        assert main(["run", "1"], root) != 0
        assert [path.read_bytes() for path in Path("pictures/01_lesson").iterdir()] == [before]


def test_an_animation_is_saved_frame_by_frame_at_its_own_pace_and_closed(root, capsys):
    write_lesson(root, 1, """
from matplotlib.animation import FuncAnimation
fig, ax = plt.subplots(figsize=(2, 1))
line, = ax.plot([0, 1], [0, 1])
lesson.animation(FuncAnimation(fig, lambda i: line.set_ydata([0, i / 5]), frames=5, interval=200), "walk")
print(plt.get_fignums())""")
    assert main(["run", "1"], root) == 0
    assert "\n[]\n" in capsys.readouterr().out
    gif = Image.open("pictures/01_lesson/walk.gif")
    assert (gif.n_frames, gif.info["duration"]) == (5, 200)


def test_show_opens_each_picture_before_it_is_closed(root, monkeypatch):
    shown = []
    monkeypatch.setattr(drawing, "_windows_open", lambda: True)
    monkeypatch.setattr(plt, "show", lambda: shown.append(len(plt.get_fignums())))
    write_lesson(root, 1, "for name in 'ab': lesson.figure(plt.figure(), name)")
    assert main(["run", "1", "--show"], root) == 0
    assert shown == [1, 1]
    assert len(list(Path("pictures/01_lesson").iterdir())) == 2


def no_toolkit():
    raise ImportError("Cannot load backend 'TkAgg' which requires the 'tk' interactive framework")


@pytest.mark.parametrize("figure", [plt.figure, no_toolkit])
def test_show_without_a_screen_says_so_and_saves(root, capsys, monkeypatch, figure):
    matplotlib.use("agg")
    monkeypatch.setattr(plt, "figure", figure)
    monkeypatch.setattr(plt, "show", no_toolkit)
    write_lesson(root, 1, "from matplotlib.figure import Figure; lesson.figure(Figure(), 'figure')")
    assert main(["run", "1", "--show"], root) == 0
    assert capsys.readouterr().out.startswith("No window can be opened here")
    assert Path("pictures/01_lesson/figure.png").exists()


def test_a_progress_bar_in_a_pipe_is_one_plain_line_with_the_last_figures(root, capsys):
    write_lesson(root, 1, """
with lesson.progress("training", total=4) as bar:
    for step in range(4):
        bar.advance(loss=1 / (step + 1), accuracy=np.float32(0.97), epoch=2)""")
    assert main(["run", "1"], root) == 0
    out = capsys.readouterr().out
    [line] = [line for line in out.splitlines() if "training" in line]
    assert "4/4" in line and line.endswith("loss 0.250  accuracy 0.970  epoch 2")
    assert "\x1b" not in out and "\r" not in out


# ---- weights from lesson to lesson

def test_weights_are_handed_on_and_their_lesson_runs_first_when_there_are_none(root, capsys):
    write_lesson(root, 1, "print('ran', 1); weight = np.full((2, 3), lesson.seed)\n"
                          "lesson.save_weights({'0.weight': weight, '0.bias': np.zeros(2)})")
    write_lesson(root, 3, "print('ran', 3, {name: a.tolist() for name, a in lesson.weights(of=1).items()})")

    def lessons_that_run(*words):
        assert main(["run", *words], root) == 0
        return ran(capsys.readouterr().out)

    assert lessons_that_run("3") == [1, 3]
    assert lessons_that_run("3") == [3]
    assert lessons_that_run("3", "--seed", "5") == [1, 3]
    write_idx(root.parent / "data")
    assert lessons_that_run("3", "--data", "../data") == [1, 3]
    assert lessons_that_run("3") == [1, 3]  # those were made with other data
    main(["run", "3", "--seed", "5"], root)
    assert "{'0.weight': [[5, 5, 5], [5, 5, 5]], '0.bias': [0.0, 0.0]}" in capsys.readouterr().out


def test_a_lesson_that_saves_no_weights_is_named(root, capsys):
    write_lesson(root, 3, "lesson.weights(of=1)")
    assert main(["run", "3"], root) == 1
    assert "lesson 1 has run, and saved no weights" in capsys.readouterr().err.splitlines()[-1]


# ---- graphs, with what is there to draw them

GRAPH = "import graphviz; dot = graphviz.Digraph(); dot.edge('x', 'loss'); lesson.graph(dot, 'graph')"


@pytest.fixture
def no_dot(root, tmp_path, monkeypatch):
    """A lesson that draws a graph, on a system where no program to draw it is on the PATH."""
    write_lesson(root, 1, GRAPH)
    monkeypatch.setattr(dot_command, "DOT_BINARY", None)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return root


def write_program(path, says):
    """A program that answers what it is called with, as `dot` answers with a picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!{sys.executable}\nimport sys; sys.stdin.read(); print({says!r}, *sys.argv[1:])\n")
    path.chmod(0o755)


def pictures():
    return {path.name: path.read_text().strip() for path in Path("pictures/01_lesson").iterdir()}


def test_a_graph_is_drawn_by_the_dot_of_the_system(no_dot, tmp_path):
    write_program(tmp_path / "bin" / "dot", says="system")
    assert main(["run", "1"], no_dot) == 0
    assert pictures() == {"graph.svg": "system -Kdot -Tsvg", "graph.png": "system -Kdot -Tpng"}


def test_a_graph_is_drawn_by_graphviz_pure_if_that_is_installed(no_dot, tmp_path, monkeypatch):
    info = tmp_path / "site" / "graphviz_pure-0.2.2.dist-info"
    write_program(tmp_path / "scripts" / "graphviz-pure", says="pure")
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: graphviz-pure\nVersion: 0.2.2\n")
    (info / "RECORD").write_text("graphviz_pure-0.2.2.dist-info/METADATA,,\n../scripts/graphviz-pure,,\n")
    monkeypatch.syspath_prepend(tmp_path / "site")  # installed, and its program is in no folder of the PATH
    assert main(["run", "1"], no_dot) == 0
    assert pictures() == {"graph.svg": "pure -Kdot -Tsvg", "graph.png": "pure -Kdot -Tpng"}


def test_without_either_the_source_of_a_graph_is_saved_and_it_says_what_to_install(
        no_dot, capsys, monkeypatch):
    def files(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "files", files)
    assert main(["run", "1"], no_dot) == 0
    [(name, source)] = pictures().items()
    assert name == "graph.gv" and "x -> loss" in source
    [line] = [line for line in capsys.readouterr().out.splitlines() if "install" in line]
    assert "pip install graphviz-pure" in line
