"""Values: random ones to ask with, whether two are the same, and how they look on paper.

A value is what a function takes or gives: an array, a number, a string, None, or a tuple, list or dict of
values. This file knows nothing of exercises.
"""

import copy
from typing import Any

import numpy as np


def numbers(rng: np.random.Generator, *shape: int, low: float = -2.0, high: float = 2.0,
            dtype: Any = np.float64) -> np.ndarray:
    """Random numbers from `low` to `high` with two decimals, no two alike: short to print, told apart.

    Where there are not enough with two decimals for an array of `shape`, they have three, or more.
    """
    unit = 100
    while (high - low) * unit < 2 * np.prod(shape):
        unit *= 10
    between = np.arange(np.ceil(low * unit), np.floor(high * unit) + 1)
    return (rng.choice(between, shape, replace=False) / unit).astype(dtype)


def copied(value: Any) -> Any:
    """The value with memory of its own. Functions and modules stay what they are."""
    return copy.deepcopy(value)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.generic) or isinstance(value, np.ndarray) and value.ndim == 0


def is_array(value: Any) -> bool:
    """Whether it is an array, or a single number, which counts as one of no axes."""
    return isinstance(value, np.ndarray) or is_number(value)


def same(got: Any, wanted: Any, tolerance: float | None = None) -> bool:
    """Whether both are the same: kinds, shapes, dtypes, and numbers but for rounding.

    `tolerance` is a share of the largest number wanted: 1e-4 for float32 and 1e-6 for float64 unless given.
    Lists pass for tuples. A number of Python is as good as one of NumPy. Integers are integers of any size.
    """
    if is_array(wanted):
        return is_array(got) and same_dtype(got, wanted) and close(got, wanted, tolerance)
    if isinstance(wanted, tuple | list):
        return (isinstance(got, tuple | list) and len(got) == len(wanted)
                and all(same(one, other, tolerance) for one, other in zip(got, wanted)))
    if isinstance(wanted, dict):
        return (isinstance(got, dict) and got.keys() == wanted.keys()
                and all(same(got[key], wanted[key], tolerance) for key in wanted))
    return bool(got is wanted or type(got) is type(wanted) and got == wanted)


def same_dtype(got: Any, wanted: Any) -> bool:
    got_dtype, wanted_dtype = np.asarray(got).dtype, np.asarray(wanted).dtype
    if isinstance(wanted, np.ndarray) and wanted.ndim > 0 and wanted_dtype.kind == "f":
        return got_dtype == wanted_dtype
    return got_dtype.kind.replace("u", "i") == wanted_dtype.kind.replace("u", "i")


def close(got: Any, wanted: Any, tolerance: float | None = None) -> bool:
    """Whether shapes and numbers are the same, but for rounding."""
    got, wanted = np.asarray(got), np.asarray(wanted)
    if got.shape != wanted.shape:
        return False
    if got.dtype.kind not in "fiub" or wanted.dtype.kind not in "fiub":
        return bool(np.array_equal(got, wanted))
    if tolerance is None:
        tolerance = 1e-4 if np.float32 in (got.dtype, wanted.dtype) else 1e-6
    finite = np.abs(wanted[np.isfinite(wanted)], dtype=np.float64)
    scale = finite.max() if finite.size else 0.0
    with np.errstate(all="ignore"):
        return bool(np.allclose(got.astype(np.float64), wanted.astype(np.float64), rtol=0,
                                atol=tolerance * scale + 1e-12, equal_nan=True))


def unchanged(after: Any, before: Any) -> bool:
    """Whether a value is what it was, to the last bit."""
    if isinstance(before, np.ndarray):
        return (after.shape == before.shape and after.dtype == before.dtype
                and np.array_equal(after, before, equal_nan=before.dtype.kind == "f"))
    if isinstance(before, tuple | list):
        return len(after) == len(before) and all(map(unchanged, after, before))
    if isinstance(before, dict):
        return list(after) == list(before) and all(unchanged(after[key], before[key]) for key in before)
    return True                                     # numbers and strings cannot change; others we cannot see


def size(value: Any) -> int:
    """How many numbers, names and the like there are in it: what is small is shown first."""
    if isinstance(value, dict):
        return sum(map(size, value.values())) + len(value)
    if isinstance(value, tuple | list):
        return sum(map(size, value)) + 1
    return int(np.size(value)) if is_array(value) else 1


# ---- on paper

def text(value: Any) -> str:
    """A value as a person wants to see it; of large arrays the corners only."""
    if isinstance(value, np.ndarray) and value.ndim > 0:
        kind = f"{' × '.join(map(str, value.shape))}, {value.dtype}"
        return f"{_array(value)}   ({kind})" if value.ndim == 1 else f"({kind})\n{_array(value)}"
    if isinstance(value, np.ndarray | np.generic):
        return text(value.item())
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, tuple | list):
        if any(map(_has_lines, value)):
            return "\n".join(f"value {i}: {text(part)}" for i, part in enumerate(value))
        inside = ", ".join(map(text, value))
        return f"[{inside}]" if isinstance(value, list) else f"({inside}{',' * (len(value) == 1)})"
    if isinstance(value, dict) and any(map(_has_lines, value.values())):
        return "\n".join(f"{key!r}: {text(part)}" for key, part in value.items())
    if callable(value):
        return getattr(value, "__name__", repr(value))
    return _shortened(repr(value))


def _has_lines(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.ndim > 0


def _array(array: np.ndarray) -> str:
    # All the options there are: the learner may have set others.
    return np.array2string(array, max_line_width=88, precision=4, suppress_small=True, threshold=80,
                           edgeitems=3, floatmode="maxprec", sign="-", formatter={})


def _shortened(words: str, longest: int = 400) -> str:
    return words if len(words) <= longest else words[:longest] + " ..."


def literal(value: Any) -> str | None:
    """A value in Python, where `np` is NumPy; None where it is too large, or cannot be written so."""
    if isinstance(value, np.ndarray):
        if value.size > 64:
            return None
        kind = "" if value.dtype in (np.float64, np.int64, np.bool_) else f", np.{value.dtype}"
        if value.dtype == np.float32:               # 0.1, where .tolist() would say 0.10000000149011612
            value = np.array([float(str(number)) for number in value.flat]).reshape(value.shape)
        return f"np.array({_plain(value.tolist())}{kind})"
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, tuple | list):
        parts = [literal(part) for part in value]
        if None in parts:
            return None
        inside = ", ".join(map(str, parts))
        return f"[{inside}]" if isinstance(value, list) else f"({inside}{',' * (len(parts) == 1)})"
    if isinstance(value, dict):
        parts = [literal(part) for part in value.values()]
        return None if None in parts else "{" + ", ".join(f"{k!r}: {v}" for k, v in zip(value, parts)) + "}"
    return _plain(value) if value is None or isinstance(value, str | int | float) else None


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_plain, value)) + "]"
    if isinstance(value, float) and not np.isfinite(value):
        return f"np.{value}".replace("np.-", "-np.")
    return repr(value)
