"""Tensors as text, laid out as PyTorch does it."""

import numpy as np


def written(array, made_by, requires_grad):
    """A tensor: its numbers, its dtype unless it is the usual one, and the operation that made it, if it is
    in a graph. Where there are no numbers to show the shape, that comes in words.
    """
    notes = [numbers(array)]
    if array.size == 0 and array.shape != (0,):
        notes.append(f"size={array.shape}")
    if array.dtype not in (np.float32, np.int64, np.bool_):
        notes.append(f"dtype={array.dtype}")
    if made_by:
        notes.append(f"grad_fn=<{made_by}>")
    elif requires_grad:
        notes.append("requires_grad=True")
    return f"tensor({', '.join(notes)})"


def numbers(array):
    """The numbers of an array: four digits, one width for all, a dot behind whole fractions."""
    shown = array[np.isfinite(array)] if array.dtype.kind == "f" else array
    sizes = np.abs(shown[shown != 0]) if shown.dtype.kind != "b" else shown
    if array.dtype.kind != "f":
        write = str
    elif (shown == np.floor(shown)).all() and (sizes < 1e8).all():
        write = "{:.0f}.".format
    elif sizes.max() > 1e8 or sizes.min() < 1e-4 or sizes.max() / sizes.min() > 1000:
        write = "{:.4e}".format
    else:
        write = "{:.4f}".format

    def text(number):
        return write(number) if np.isfinite(number) else str(float(number))

    ends = np.concatenate([array.ravel()[:500], array.ravel()[-500:]])      # of a long array no more is shown
    width = max((len(text(number)) for number in ends), default=0) if array.ndim else 0
    return np.array2string(array, separator=", ", prefix="tensor(",
                           formatter={"all": lambda number: text(number).rjust(width)})
