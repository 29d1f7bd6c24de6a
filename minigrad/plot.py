"""Pictures: images, filters, curves, and the graph of a computation drawn.

Every function returns what it drew, a matplotlib `Figure` or a graphviz `Digraph`, and shows or saves
nothing.
"""

import math

import numpy as np

from minigrad.tensor import Tensor

INK = "gray_r"              # pictures of digits: dark ink on white paper
SIGNED = "RdBu_r"           # numbers with a sign: blue below zero, white at zero, red above


def images(pictures, titles=None, *, columns=None, size=1.0, cmap=INK, limits=None, numbers=None):
    """Pictures in a grid. Returns a matplotlib Figure; its `axes` are the pictures, row by row.

    pictures: arrays or tensors (H, W) or (1, H, W), or one array (N, H, W) or (N, 1, H, W). titles: one line
    of text above each; columns: how many stand side by side (default: up to ten); size: inches across each;
    limits: the numbers drawn as white and as black (default: each picture's own range); numbers: how to write
    each pixel's number into it, a format such as ".2f" (default: not at all).
    """
    from matplotlib import pyplot as plt

    pictures = [np.asarray(one.detach() if isinstance(one, Tensor) else one) for one in pictures]
    pictures = [picture.reshape(picture.shape[-2:]) for picture in pictures]
    columns = columns or min(len(pictures), 10)
    rows = math.ceil(len(pictures) / columns)
    height = size * max(picture.shape[0] / picture.shape[1] for picture in pictures)
    height += 0.25 if titles is not None else 0.0
    figure, axes = plt.subplots(rows, columns, figsize=(columns * size + 0.2, rows * height + 0.1),
                                squeeze=False, layout="constrained")
    low, high = limits or (None, None)
    for axis in axes.flat[len(pictures):]:
        axis.remove()
    for i, (axis, picture) in enumerate(zip(axes.flat, pictures)):
        drawn = axis.imshow(picture, cmap=cmap, vmin=low, vmax=high, interpolation="nearest")
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set(visible=True, color="0.8", linewidth=0.6)      # white paper, on a white page
        if titles is not None:
            axis.set_title(str(titles[i]), fontsize=9)
        if numbers is not None:
            _write_numbers(axis, drawn, picture, numbers, fontsize=min(12.0, 24 * size / max(picture.shape)))
    return figure


def _write_numbers(axis, drawn, picture, spec, fontsize):
    for (row, column), number in np.ndenumerate(picture):
        red, green, blue, _ = drawn.cmap(drawn.norm(number))
        brightness = 0.3 * red + 0.6 * green + 0.1 * blue                 # as the eye weighs the three
        ink = "black" if brightness > 0.5 else "white"
        axis.text(column, row, format(number, spec), color=ink, fontsize=fontsize, ha="center", va="center")


def filters(weights, titles=None, *, columns=None, size=1.0, numbers=None):
    """Filters, or anything with a sign, in a grid on one common scale around zero: blue negative, red
    positive.

    weights, numbers and the rest: as for `images`. Returns a matplotlib Figure.
    """
    weights = [np.asarray(weight.detach() if isinstance(weight, Tensor) else weight) for weight in weights]
    largest = max(float(np.abs(weight).max()) for weight in weights) or 1.0
    limits = (-largest, largest)
    return images(weights, titles, columns=columns, size=size, cmap=SIGNED, limits=limits, numbers=numbers)


def graph(output, names=None):
    """The computation behind a tensor, drawn: boxes are tensors, ovals are operations, arrows run from cause
    to effect.

    names: a dict from tensors to the names to write on them, as in {w: "w", loss: "loss"}.
    Returns a `graphviz.Digraph`; call it before `backward`, which lets the graph go.
    """
    import graphviz

    names = names or {}
    dot = graphviz.Digraph(graph_attr={"rankdir": "LR"}, node_attr={"fontname": "Helvetica"})
    drawn, waiting = set(), [output]
    while waiting:
        tensor = waiting.pop()
        if tensor in drawn:
            continue
        drawn.add(tensor)
        node = str(-tensor._stamp)
        dot.node(node, _label(tensor, names.get(tensor)), shape="box", style="filled",
                 fillcolor="#fff3d6" if tensor._node is None and tensor.requires_grad else "white")
        if tensor._node is not None:
            dot.node(node + "op", tensor._node[0].name, shape="oval", style="filled", fillcolor="#dce9f5")
            dot.edge(node + "op", node)
            for arg in tensor._node[1]:
                if isinstance(arg, Tensor):
                    dot.edge(str(-arg._stamp), node + "op")
                    waiting.append(arg)
    return dot


def _label(tensor, name):
    """What is written on a tensor: its name, and its shape or, for a single number, value and gradient."""
    if tensor.numel() != 1:
        return f"{name or ''} {tensor.shape}".strip()
    value = f"{tensor.item():.4g}" if name is None else f"{name} = {tensor.item():.4g}"
    return value if tensor.grad is None else f"{value}\ngrad {tensor.grad.item():.4g}"
