"""Memory: kept from step to step, lined up with the processor's cache, and gone through part by part.

Each training step frees what the step before it used, and asks for the same sizes again. The C library of
most Linux systems (glibc) returns large freed blocks to the kernel at once, and the kernel then has to clear
every page anew when it is touched: up to two thirds of the time of a step. So `import minigrad` tells glibc
to keep them. Nothing else changes, and on other systems nothing happens at all.

Set the environment variable MINIGRAD_KEEP_MEMORY=0 to leave the allocator alone.
"""

import ctypes
import math
import os
import sys

import numpy as np

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3     # glibc's names, from malloc.h
LINE = 64                                       # bytes that move between memory and cache together
CACHED = 2**16                                  # numbers that, with all that belongs to them, fit the cache


def keep_memory():
    """Have glibc keep freed memory for the next step. Returns whether it agreed; others do not."""
    if os.environ.get("MINIGRAD_KEEP_MEMORY") == "0" or not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    most = 2**31 - 1
    return bool(mallopt(M_MMAP_THRESHOLD, 2**30)) and bool(mallopt(M_TRIM_THRESHOLD, most))


def empty(shape, dtype):
    """An array of `shape` and `dtype`, an `np.dtype`, that begins where a line of the cache begins.

    What is in it is anything, as in `np.empty`. NumPy's own arrays begin at any multiple of 16 bytes.
    Processors take up to 64 at once, and then every other read or more touches two lines: for large arrays
    that can double the time.
    """
    size = math.prod(shape) * dtype.itemsize
    memory = np.empty(size + LINE, np.uint8)
    start = -ctypes.addressof(ctypes.c_char.from_buffer(memory)) % LINE
    return np.ndarray(shape, dtype, memory, start)


def parts(array):
    """Where to find its numbers part by part: indices that cut the axis that is outermost in memory.

    To go through all of a large array, and then through it again, is to fetch it from memory twice. Who does
    all that is to be done with one part, before the next, finds it in the cache.
    """
    if array.size <= CACHED:
        return [...]
    strides = [abs(stride) * (n > 1) for n, stride in zip(array.shape, array.strides)]
    axis = strides.index(max(strides))
    width = max(1, CACHED * array.shape[axis] // array.size)
    return [(slice(None),) * axis + (slice(start, start + width),)
            for start in range(0, array.shape[axis], width)]
