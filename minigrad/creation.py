"""Making tensors: from numbers, of one value, in steps, at random.

Names and defaults are PyTorch's: Python's fractions become float32, its integers int64; arrays keep their
dtype. Randomness comes from `rng`, a `numpy.random.Generator`; without one, from a fresh generator.
"""

import numpy as np

from minigrad.dtypes import supported
from minigrad.indexing import flat
from minigrad.tensor import Tensor, _wrap


def tensor(data, dtype=None, requires_grad=False):
    """A tensor with a copy of `data`: a number, nested lists, an array, a tensor."""
    array = np.array(data._data if isinstance(data, Tensor) else data, dtype)
    if dtype is None and array.dtype == np.float64 and not isinstance(data, (np.ndarray, np.generic, Tensor)):
        array = array.astype(np.float32)
    return Tensor(array, requires_grad)


def from_numpy(array):
    """A tensor that shares the memory of `array`: writing to the array changes the tensor, and the reverse.

    Operations see a copy, so gradients are those of the numbers at the time.
    """
    if not isinstance(array, np.ndarray):
        raise TypeError(f"from_numpy wants a NumPy array, got {type(array).__name__}")
    shared = _wrap(supported(array))
    shared._data, shared._shared = np.asarray(array), True
    return shared


def zeros(*size, dtype=np.float32, requires_grad=False):
    return Tensor(np.zeros(_lengths("zeros", size), dtype), requires_grad)


def ones(*size, dtype=np.float32, requires_grad=False):
    return Tensor(np.ones(_lengths("ones", size), dtype), requires_grad)


def full(size, fill_value, dtype=None, requires_grad=False):
    return Tensor(np.full(_lengths("full", [size]), tensor(fill_value, dtype)._data), requires_grad)


def eye(n, m=None, dtype=np.float32, requires_grad=False):
    """Ones on the diagonal of an (n, m) tensor of zeros; m is n unless given."""
    return Tensor(np.eye(n, m, dtype=dtype), requires_grad)


def arange(start=None, end=None, step=1, dtype=None, requires_grad=False):
    """The numbers from `start` on, `step` apart, up to but without `end`; a single argument is the end.

    RuntimeError if no number of steps leads from one to the other.
    """
    start, end = (0, start) if end is None else (start or 0, end)
    if end is None or step == 0 or (end - start) / step < 0:
        raise RuntimeError(f"arange: steps of {step} do not lead from {start} to {end}")
    numbers = np.arange(start, end, step)
    whole = numbers.dtype.kind in "iu"
    return Tensor(numbers.astype(dtype or (np.int64 if whole else np.float32)), requires_grad)


def rand(*size, rng=None, requires_grad=False):
    """Uniform on [0, 1), float32."""
    return Tensor(_generator(rng).random(_lengths("rand", size), np.float32), requires_grad)


def randn(*size, rng=None, requires_grad=False):
    """Standard normal, float32."""
    return Tensor(_generator(rng).standard_normal(_lengths("randn", size), np.float32), requires_grad)


def randint(low, high=None, size=None, *, rng=None):
    """Integers from `low` (0 if there is one bound only) up to but without `high`, int64."""
    if size is None:
        low, high, size = 0, low, high
    return Tensor(_generator(rng).integers(low, high, size))


def zeros_like(input, dtype=None, requires_grad=False):
    return zeros(input.shape, dtype=dtype or input.dtype, requires_grad=requires_grad)


def ones_like(input, dtype=None, requires_grad=False):
    return ones(input.shape, dtype=dtype or input.dtype, requires_grad=requires_grad)


def full_like(input, fill_value, dtype=None, requires_grad=False):
    return full(input.shape, fill_value, dtype or input.dtype, requires_grad)


def rand_like(input, *, rng=None, requires_grad=False):
    """Uniform on [0, 1), in the shape and dtype of `input`. TypeError for integers and booleans."""
    return Tensor(_generator(rng).random(input.shape, _float("rand_like", input)), requires_grad)


def randn_like(input, *, rng=None, requires_grad=False):
    """Standard normal, in the shape and dtype of `input`. TypeError for integers and booleans."""
    return Tensor(_generator(rng).standard_normal(input.shape, _float("randn_like", input)), requires_grad)


def _lengths(name, size):
    lengths = flat(size)
    if min(lengths, default=0) < 0:
        raise RuntimeError(f"{name}: wanted lengths of 0 or more, got {lengths}")
    return lengths


def _float(name, input):
    if input.dtype.kind != "f":
        raise TypeError(f"{name}: wanted a floating-point tensor, got {input.dtype}")
    return input.dtype


def _generator(rng):
    return np.random.default_rng() if rng is None else rng
