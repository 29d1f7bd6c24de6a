"""Who runs when, and what is made of the times.

This file knows processes and numbers, and nothing of networks.
"""

import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
COMPARED = 10       # so many first losses are held against each other
TOLERANCE = 1e-3    # of the loss. In float32 the order of a sum shows in the seventh digit, and that grows
PAUSE = 0.05        # seconds. Threads that wait for more work spin for a while: not in the next one's time


def all_cores():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def surroundings(cores):
    """The environment of a process that shall use so many cores. Libraries read it once, as they load.

    Bytecode may be kept, whatever holds outside: the peers' came with their packages.
    """
    path = os.pathsep.join([str(Path(__file__).parent.parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    return os.environ | {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": ""} | dict.fromkeys(
        THREAD_VARIABLES, str(cores))


class WorkerFailed(RuntimeError):
    """A process ended before it had answered; what it said of that stands in the error output."""


class Worker:
    """A process that runs benchmark/worker.py. `call` is what it is to call first, "module:function"."""

    def __init__(self, call, cores, **arguments):
        self.call = call
        self.process = subprocess.Popen([sys.executable, "-m", "benchmark.worker"], env=surroundings(cores),
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")
        self.send(call=call, cores=cores, arguments=arguments)

    def send(self, **message):
        print(json.dumps(message), file=self.process.stdin, flush=True)

    def answer(self):
        """What it answers, {"result": ..., "peak": bytes}; WorkerFailed if it ended instead."""
        line = self.process.stdout.readline()
        if not line:
            raise WorkerFailed(f"{self.call}: the process ended with status {self.process.wait()}")
        return json.loads(line)

    def ask(self, seconds, at_least=1):
        """Let it do steps for so long, `at_least` so many."""
        self.send(seconds=seconds, at_least=at_least)
        return self.answer()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.stdin.close()              # no more questions: it ends by itself
        if error != (None, None, None):
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def once(call, cores, **arguments):
    """Call a function in a process of its own; returns {"result": ..., "peak": bytes}."""
    with Worker(call, cores, **arguments) as worker:
        return worker.answer()


def compare(tasks, cores, rounds, seconds):
    """Let several take turns. `tasks` holds (call, arguments) for each name, ours first.

    Why turns: a machine is not the same machine a minute later. Within a round everybody meets the same
    one, so the ratio of a round is worth more than the ratio of two averages. Each round begins with
    another one, as the first might have it easier, or harder.
    """
    with contextlib.ExitStack() as stack:
        workers = {name: stack.enter_context(Worker(call, cores, **arguments))
                   for name, (call, arguments) in tasks.items()}
        for worker in workers.values():
            worker.answer()
        # The first steps are not timed: memory is touched for the first time, and JAX compiles.
        first = {name: worker.ask(seconds, COMPARED)["result"]["losses"][:COMPARED]
                 for name, worker in workers.items()}
        turns, peaks, names = {name: [] for name in workers}, {}, list(workers)
        for i in range(rounds):
            for name in names[i % len(names):] + names[:i % len(names)]:
                time.sleep(PAUSE)
                reply = workers[name].ask(seconds, 2)
                turns[name].append(reply["result"]["times"])
                peaks[name] = reply["peak"]
    ours = names[0]
    return {name: {**spread([t for times in turns[name] for t in times]),
                   "peak": peaks[name], "losses": first[name], "agrees": agree(first[ours], first[name]),
                   "ratio": ratio(turns[ours], turns[name])} for name in names}


def agree(ours, theirs):
    """Whether two runs went the same way: the same losses, one by one."""
    return all(abs(x - y) <= TOLERANCE * abs(y) for x, y in zip(ours, theirs, strict=True))


def ratio(ours, theirs):
    """Our time divided by theirs, in the middle of the rounds, and its spread from round to round."""
    return spread([statistics.median(x) / statistics.median(y) for x, y in zip(ours, theirs)])


def spread(numbers):
    """The median and the quartiles.

    Why medians: what disturbs a measurement makes it longer, never shorter, and sometimes much longer. That
    pulls a mean up, and hardly moves the middle. The quartiles say how far the middle can be trusted: half
    of all measurements lie between them.
    """
    low, middle, high = statistics.quantiles(numbers, n=4, method="inclusive") if len(numbers) > 1 \
        else numbers * 3
    return {"median": middle, "quartiles": [low, high], "count": len(numbers)}
