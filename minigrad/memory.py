"""Keeping memory: ask the allocator not to hand freed arrays back to the system.

Each training step frees what the step before it used, and asks for the same sizes again. The C library of
most Linux systems (glibc) returns large freed blocks to the kernel at once, and the kernel then has to clear
every page anew when it is touched: up to two thirds of the time of a step. So `import minigrad` tells glibc
to keep them. Nothing else changes, and on other systems nothing happens at all.

Set the environment variable MINIGRAD_KEEP_MEMORY=0 to leave the allocator alone.
"""

import ctypes
import os
import sys

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3     # glibc's names, from malloc.h


def keep_memory():
    """Have glibc keep freed memory for the next step. Returns whether it agreed; others do not."""
    if os.environ.get("MINIGRAD_KEEP_MEMORY") == "0" or not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    most = 2**31 - 1
    return bool(mallopt(M_MMAP_THRESHOLD, 2**30)) and bool(mallopt(M_TRIM_THRESHOLD, most))
