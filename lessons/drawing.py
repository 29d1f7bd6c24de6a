"""How the lessons draw: one style for all figures, with or without a screen; graphs with the program at hand.

Knows matplotlib and graphviz, which are loaded when they are needed. Does not know what is drawn.
"""

import importlib.metadata
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lessons import terminal

if TYPE_CHECKING:
    from graphviz import Digraph

STYLE = {
    "figure.figsize": (7, 4.5), "savefig.dpi": 150, "figure.constrained_layout.use": True,
    "figure.constrained_layout.w_pad": 0.1, "figure.constrained_layout.h_pad": 0.1,  # inches
    "font.size": 12, "axes.titlesize": 12, "axes.spines.top": False, "axes.spines.right": False,
    "lines.linewidth": 2, "legend.frameon": False, "image.cmap": "gray", "image.interpolation": "nearest",
    # The colours of Okabe and Ito (2008), which colour-blind readers can tell apart.
    "axes.prop_cycle": "cycler(color=['0072B2', 'D55E00', '009E73', 'CC79A7', 'E69F00', '56B4E9', '000000'])",
}


def use_style() -> None:
    """Draw as all lessons do, whatever the one before has changed."""
    import matplotlib.pyplot as plt

    plt.style.use(["default", STYLE])


def in_notebook() -> bool:
    return "ipykernel" in sys.modules


def choose_backend(show: bool) -> bool:
    """Have matplotlib draw in windows, if that is wanted and there is a screen, or in memory; tells which."""
    import matplotlib

    windows = show and _windows_open()
    if windows:
        terminal.say("Each picture is shown in a window: close it to go on.")
    elif show:
        terminal.say("No window can be opened here (no screen, or no toolkit such as tkinter): "
                     "pictures are saved, not shown.")
    if not windows and not in_notebook():
        matplotlib.use("agg")
    return windows


def _windows_open() -> bool:
    """Whether matplotlib can open a window. It finds out when it makes a figure, so make one."""
    import matplotlib.pyplot as plt

    try:
        figure = plt.figure()
    except ImportError:  # a toolkit was asked for by name and finds no screen
        return False
    toolkit = figure.canvas.required_interactive_framework
    plt.close(figure)
    return toolkit is not None


def show_file(path: Path) -> None:
    """Show a PNG file in a window."""
    import matplotlib.pyplot as plt

    plt.imshow(plt.imread(path))
    plt.axis("off")
    plt.show()
    plt.close()


def render(dot: "Digraph") -> dict[str, bytes]:
    """What to save of a graph, by suffix: svg and png, or gv, its source, where nothing can draw it."""
    from graphviz.backend import dot_command

    program = _dot_program()
    if program is None:
        terminal.say("Nothing here draws graphs: this one's source is saved. To see it drawn: "
                     "pip install graphviz-pure (or install Graphviz).")
        return {"gv": dot.source.encode()}
    dot_command.DOT_BINARY = program
    sharp = dot.copy()
    sharp.attr(dpi="150")
    # Quiet: both programs warn of letters such as ∂, whose width they guess. A failure still raises.
    return {"svg": dot.pipe(format="svg", quiet=True), "png": sharp.pipe(format="png", quiet=True)}


def _dot_program() -> Path | None:
    """The `dot` of the system, or else the program in the package graphviz-pure, be it on the PATH or not."""
    if found := shutil.which("dot"):
        return Path(found)
    try:
        files = importlib.metadata.files("graphviz-pure") or []
    except importlib.metadata.PackageNotFoundError:
        return None
    return next((Path(file.locate()).resolve() for file in files if file.stem == "graphviz-pure"), None)
