"""Which dtype a result has: from NumPy's rules to PyTorch's."""

import numpy as np

float32 = np.dtype(np.float32)
NUMBERS = np.ndarray, np.generic


def supported(array):
    """The array, if its dtype is one that tensors have."""
    whole = array.dtype.kind in "iub" and array.dtype.isnative
    if not whole and array.dtype not in (np.float32, np.float64):
        raise TypeError(f"minigrad's tensors are float32, float64, integers or booleans, not {array.dtype}")
    return array


def single(number):
    """A single number as a tensor keeps it: a fraction as NumPy's scalar, anything else as a 0-d array.

    Arithmetic takes a seventh of the time with a scalar. But integers, as scalars, would warn of overflow.
    """
    array = np.asarray(number)
    return array[()] if array.dtype.kind == "f" else array


def as_pytorch(out, op, values):
    """A result in the dtype that PyTorch gives it, where NumPy alone would widen.

    Only a float64 tensor makes float64; all other fractions are float32. And a 0-d tensor widens no array.
    """
    if out.dtype == np.float16:                           # NumPy's answer for the smallest integers
        return op.forward(*(v.astype(np.float32) if isinstance(v, NUMBERS) else v for v in values))
    if out.dtype.kind not in "iuf":
        return supported(out)
    kinds = "f" if out.dtype.kind == "f" else "iu"
    alike = [value for value in values if isinstance(value, NUMBERS) and value.dtype.kind in kinds]
    deciding = [value.dtype for value in alike if value.ndim > 0] or [value.dtype for value in alike]
    if kinds == "f":
        return supported(out.astype(np.result_type(float32, *deciding), copy=False))
    if not alike or out.dtype == np.uint64:               # made from booleans, or a sum of small integers
        return out.astype(np.int64)
    return out.astype(np.result_type(*deciding)) if len(deciding) < len(alike) else out
