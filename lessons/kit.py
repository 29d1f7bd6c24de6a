"""What a lesson works with: data, an rng, progress bars, receipts, a place to keep pictures and weights.

    from lessons import kit
    lesson = kit.lesson(4)      # its first line, after the imports
    ...
    lesson.end()                # its last

Lessons run in a session, which holds the settings and gathers the receipts. The runner opens one for the
lessons it is to run. A script that plain `python` has started is handed to the runner: there is one way to
run a lesson. In a notebook, where a person runs the cells, the session has the default settings.

This file knows nothing of what the lessons teach.
"""

import functools
import os
import runpy
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lessons import BadInput, Entry, catalogue, drawing, terminal

if TYPE_CHECKING:
    from graphviz import Digraph
    from matplotlib.animation import FuncAnimation
    from matplotlib.figure import Figure

    from minigrad.data import Dataset

_DATA_KEY = "made with the data in"  # kept beside the arrays in a file of weights


@dataclass
class Session:
    """What the lessons of one process share. `data` is a folder of IDX files, None the MNIST we ship."""

    lessons: dict[int, Entry]
    data: Path | None = None
    out: Path = Path("pictures")
    seed: int = 0
    show: bool = False
    receipts: list[terminal.Receipt] = field(default_factory=list)


session: Session | None = None


def open_session(new: Session) -> Session:
    """Make `new` the session in which `lesson` works; `show` is put out where no window can be opened."""
    global session
    new.show = drawing.choose_backend(new.show)
    session = new
    return new


def play(entry: Entry) -> None:
    """Run a lesson's script in this process, and say how long it took."""
    start = time.perf_counter()
    runpy.run_path(str(entry.script), run_name="__main__")
    terminal.say(f"Lesson {entry.number} took {time.perf_counter() - start:.1f} s.")


def lesson(number: int) -> "Lesson":
    """Begin a lesson: print its heading, and give it what it works with."""
    script = getattr(sys.modules["__main__"], "__file__", None)
    if session is None and script and not drawing.in_notebook():
        from lessons.__main__ import run_alone
        sys.exit(run_alone(number, Path(script)))
    return Lesson(number, session or open_session(Session(catalogue())))


class Lesson:
    """What one lesson works with. `rng` is its own: a seed gives it the same numbers, whatever ran before."""

    def __init__(self, number: int, session: Session) -> None:
        import matplotlib.pyplot as plt

        self.number = number
        self.seed = session.seed
        self.rng = np.random.default_rng(session.seed)
        self._session = session
        self._folder = session.out / session.lessons[number].name
        self._folder.mkdir(parents=True, exist_ok=True)
        drawing.use_style()
        self._figures_before = plt.get_fignums()
        terminal.print_heading(session.lessons[number])

    def mnist(self) -> "tuple[Dataset, Dataset, Dataset]":
        """Training, validation and test data, each (images, labels), as `minigrad.data.mnist`; read-only."""
        return load_mnist(self._session.data)

    def progress(self, what: str, total: int) -> AbstractContextManager[terminal.Bar]:
        """A progress bar: `with lesson.progress("training", total=9) as bar: bar.advance(loss=0.31)`."""
        return terminal.progress_bar(what, total)

    def receipt(self, what: str, promised: object, got: object, holds: bool) -> None:
        """Hold what came out against what was promised. The runner gathers the receipts into a table."""
        receipt = terminal.Receipt(self.number, what, str(promised), str(got), bool(holds))
        self._session.receipts.append(receipt)
        terminal.print_receipt(receipt)

    def end(self) -> None:
        """Close the figures that the lesson left open."""
        import matplotlib.pyplot as plt

        for number in set(plt.get_fignums()) - set(self._figures_before):
            plt.close(number)

    # ---- pictures

    def figure(self, fig: "Figure", name: str) -> None:
        """Save a figure as name.png in the lesson's folder, show it if that is wanted, and close it."""
        import matplotlib.pyplot as plt

        with self._picture(f"{name}.png") as part:
            fig.savefig(part)
        if self._session.show:
            plt.show()
        plt.close(fig)

    def animation(self, animation: "FuncAnimation", name: str) -> None:
        """Save an animation as name.gif, at the pace of its `interval`; show it if that is wanted."""
        import matplotlib.pyplot as plt

        with self._picture(f"{name}.gif") as part:
            animation.save(part, writer="pillow", dpi=100)
        if self._session.show:
            plt.show()
        plt.close(animation._fig)  # type: ignore[attr-defined]  # its figure has no public name

    def graph(self, dot: "Digraph", name: str) -> None:
        """Draw a graph as name.svg and name.png; where nothing can draw it, save its source as name.gv."""
        for suffix, content in drawing.render(dot).items():
            with self._picture(f"{name}.{suffix}") as part:
                part.write_bytes(content)
            if self._session.show and suffix == "png":
                drawing.show_file(self._folder / f"{name}.png")

    @contextmanager
    def _picture(self, file: str) -> Iterator[Path]:
        path = self._folder / file
        with _replacing(path) as part:
            yield part
        terminal.say_path("picture", path)
        if drawing.in_notebook() and path.suffix in (".png", ".gif"):
            from IPython.display import Image, display
            display(Image(filename=str(path)))

    # ---- weights

    def save_weights(self, state: Mapping[str, ArrayLike]) -> None:
        """Keep the `state_dict()` of a network for the lessons that build on this one."""
        path = self._weights_path(self.number)
        arrays: dict[str, Any] = {name: np.asarray(value) for name, value in state.items()}
        arrays[_DATA_KEY] = self._data_name()
        with _replacing(path) as part:
            np.savez(part, **arrays)
        terminal.say_path("weights", path)

    def weights(self, of: int) -> dict[str, NDArray[Any]]:
        """The weights that lesson `of` saved for this seed and data. Where it has not, it is run first."""
        arrays = self._saved_weights(of)
        if arrays is None:
            terminal.say(f"No weights of lesson {of} yet for seed {self.seed} and this data: it runs first.")
            play(self._session.lessons[of])
            arrays = self._saved_weights(of)
        assert arrays is not None, f"lesson {of} has run, and saved no weights"
        return arrays

    def _saved_weights(self, of: int) -> dict[str, NDArray[Any]] | None:
        path = self._weights_path(of)
        if not path.exists():
            return None
        with np.load(path) as file:
            arrays = dict(file)
        return arrays if str(arrays.pop(_DATA_KEY)) == self._data_name() else None

    def _weights_path(self, number: int) -> Path:
        return self._session.out / self._session.lessons[number].name / f"weights-seed{self.seed}.npz"

    def _data_name(self) -> str:
        return str(self._session.data.resolve()) if self._session.data else "minigrad"


@functools.cache
def load_mnist(folder: Path | None) -> "tuple[Dataset, Dataset, Dataset]":
    """`minigrad.data.mnist(folder)`, loaded once, and read-only: no lesson can spoil it for the next."""
    from minigrad import data

    parts = data.mnist(folder)
    for part in parts:
        part.images.setflags(write=False)
        part.labels.setflags(write=False)
    return parts


def check_data(folder: Path | None) -> None:
    """Load the data folder that was asked for, if any, for the lessons to find; BadInput if it fails."""
    try:
        if folder is not None:
            load_mnist(folder)
    except (OSError, ValueError) as error:
        raise BadInput(f"--data: {error}") from error


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A name beside `path` to write to. The file becomes `path` when it is whole, and is deleted if not."""
    part = path.with_name(f".{os.getpid()}-{path.name}")  # same suffix: writers choose the format by it
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
