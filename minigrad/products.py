"""Matrix products of whole stacks, each cut to the size that a processor's core is best at.

Pictures and their filters make matrices that are low, wide and many. OpenBLAS, which does the products for
NumPy, takes small matrices as they lie in memory. Larger ones it rearranges first, and shares out among the
cores: worth its while for square ones, but it doubles the time of low and wide ones. So those are cut.
"""

import math

import numpy as np

from minigrad.memory import empty

SIMD = np.show_config(mode="dicts").get("SIMD Extensions", {}).get("found", [])     # of this processor
# Multiplications up to which OpenBLAS takes matrices as they are. It can with AVX-512 only; other processors
# are best off with parts of twice the size.
SMALL = 1_000_000 if {"AVX512_SKX", "X86_V4"} & {*SIMD} else 2_000_000
FEW = 1_200             # the same in numbers of the result, where both lie lengthwise: along what is added up
PARTS = 8               # what would have to be cut into more is large enough to be rearranged


def matmul(x, y, out=None):
    """x @ y of stacks of matrices: (..., n, k) @ (..., k, m) -> (..., n, m); leading axes are broadcast."""
    n, k, m = x.shape[-2], x.shape[-1], y.shape[-1]
    lengthwise = x.strides[-1] < x.strides[-2] and y.strides[-1] > y.strides[-2]
    parts = math.ceil(max(n * k * m / SMALL, lengthwise * n * m / FEW))
    if out is None and not x.ndim == y.ndim == 2:
        out = empty((*np.broadcast_shapes(x.shape[:-2], y.shape[:-2]), n, m), np.result_type(x, y))
    if x.ndim == y.ndim == 2 or not 1 < parts <= PARTS:
        return np.matmul(x, y, out=out)
    left, right, result = (x, y, out) if n <= m else (y.mT, x.mT, out.mT)       # the longer side is cut
    width = math.ceil(max(n, m) / parts)
    for start in range(0, max(n, m), width):
        part = ..., slice(start, start + width)
        np.matmul(left, right[part], out=result[part])
    return out
