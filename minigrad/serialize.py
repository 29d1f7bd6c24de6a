"""Keeping: a network's numbers in a file, and back.

The file is NumPy's own .npz: one array for each name of a `state_dict`, readable without minigrad.
"""

import os
import zipfile
from pathlib import Path

import numpy as np

from minigrad.tensor import Tensor


def save(state, path):
    """Write a `state_dict` to `path` (.npz). A file that is there is replaced whole, or not at all.

    TypeError for anything but a dict.
    """
    if not isinstance(state, dict):
        raise TypeError("save: wanted a dict from names to tensors, as state_dict() gives it, "
                        f"got {type(state).__name__}")
    if "file" in state:
        raise ValueError('save: an entry cannot be called "file", a name that .npz keeps for itself')
    path = Path(path)
    unfinished = path.with_name(path.name + ".part")
    try:
        with open(unfinished, "wb") as file:
            np.savez(file, **{name: np.asarray(numbers) for name, numbers in state.items()})
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def load(path):
    """Read what `save` wrote: a dict from names to tensors. ValueError if it is no .npz file of arrays."""
    try:
        if not zipfile.is_zipfile(path) and Path(path).is_file():
            raise ValueError("an .npz file is a zip archive, this is none")
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as arrays:
            return {name: Tensor(arrays[name]) for name in arrays.files}
    except FileNotFoundError:
        raise
    except Exception as error:
        raise ValueError(f"{path} is not a file of saved weights (.npz): {error}") from error
