"""A process that works for one framework, and waits for its turn.

Why a process for each: two frameworks in one process share the allocator, the threads and the caches, and
whoever is imported first decides for both. minigrad, for one, tells the allocator to keep memory, and
PyTorch in the same process gains from it. And only of a process can one say how much memory it took.

It reads lines of JSON and answers each with one. The first says what to call; if that returns a step, each
further line is a number of seconds to fill with steps.
"""

import importlib
import json
import os
import signal
import sys
import time
from pathlib import Path


def main():
    signal.signal(signal.SIGINT, signal.SIG_IGN)        # Ctrl-C is for the one who asks; then it ends too
    # The answers keep the way out to themselves: whatever a framework prints goes where errors go.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def answer(result):
        print(json.dumps({"result": result, "peak": peak_memory()}), file=answers, flush=True)

    task = json.loads(sys.stdin.readline())
    keep_to(task["cores"])
    module, name = task["call"].split(":")
    result = getattr(importlib.import_module(module), name)(**task["arguments"])
    if callable(result):
        answer("ready")
        for line in sys.stdin:
            answer(block(result, **json.loads(line)))
    else:
        answer(result)


def keep_to(cores):
    """Leave all processor cores but so many. The variables of OpenMP and the BLAS are set already, but not
    everybody reads them: JAX takes as many threads as the process may use cores."""
    if hasattr(os, "sched_setaffinity"):        # Linux only
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])


def block(step, seconds, at_least):
    """Steps until the time is up: how long each of them took, in seconds, and their losses."""
    times, losses, end = [], [], time.perf_counter() + seconds
    while len(times) < at_least or time.perf_counter() < end:
        start = time.perf_counter()
        losses.append(step())
        times.append(time.perf_counter() - start)
    return {"times": times, "losses": losses}


def peak_memory():
    """The most memory that this process ever held, in bytes; None where the system does not say.

    On Linux not from getrusage: that number is handed down to a new process by the one that started it.
    """
    status = Path("/proc/self/status")
    if status.exists():
        [line] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) * 1024
    try:
        import resource
    except ImportError:                         # Windows
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    main()
