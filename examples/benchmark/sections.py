"""The questions, one function each: measure, print, and return what goes into the file.

A section takes the options of the command and the results of the sections before it.
"""

import argparse
import contextlib
import io
import json
import math
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmark import networks, target
from benchmark.conduct import WorkerFailed, all_cores, compare, once, spread, surroundings
from benchmark.limit import work
from benchmark.networks import BATCH, NETWORKS, SCALARS
from benchmark.peers import PEERS
from minigrad.data import SHIPPED_MNIST

console = Console(highlight=False, markup=False)
PICTURES = 20 * BATCH       # so many different ones, in minibatches that come again and again


# ---- the networks, each framework beside minigrad

def measure(layers, options, cores, batch=BATCH):
    """Compare all peers that have these layers; see `conduct.compare` for what comes back."""
    able = [name for name in options.peers
            if PEERS[name].network and {kind for kind, *_ in layers} <= {*PEERS[name].kinds}]
    with tempfile.TemporaryDirectory() as folder:
        start = str(Path(folder, "start.npz"))
        networks.save_start(start, layers, SHIPPED_MNIST, batch * max(2, PICTURES // batch))
        tasks = {name: (f"benchmark.peers:{PEERS[name].network}",
                        {"package": PEERS[name].package, "layers": layers, "start": start, "batch": batch})
                 for name in able}
        return compare(tasks, cores, options.rounds, options.seconds)


def measure_scalars(shape, options, cores):
    tasks = {name: (f"benchmark.peers:{PEERS[name].scalars}",
                    {"package": PEERS[name].package, "shape": shape})
             for name in options.peers if PEERS[name].scalars and (shape == () or name != "micrograd")}
    return compare(tasks, cores, options.rounds, options.seconds)


def run_networks(options, results):
    """A step of each network, in each framework."""
    found = []
    for cores in options.cores:
        table = new_table(f"A training step, {cores_in_words(cores)}; batch {BATCH}, float32",
                          "network", "framework", "ms", "quartiles", "ratio", "quartiles", "MiB", "ratio")
        for name in options.networks:
            if name in SCALARS:
                measured = measure_scalars(SCALARS[name], options, cores)
            else:
                measured = measure(NETWORKS[name], options, cores)
            found.append({"network": name, "cores": cores, "frameworks": measured})
            add_comparison(table, name, measured)
        console.print(table)
    console.print("ratio: minigrad's time, or peak memory, divided by the framework's; below 1 minigrad is "
                  "ahead. scalars: 4,000 operations a step.")
    for one in found:
        for name in disagreeing(one["frameworks"]):
            console.print(f"{one['network']}: the losses of {name} are not those of minigrad", style="red")
    return found


def disagreeing(measured):
    return [name for name, figures in measured.items() if not figures["agrees"]]


def add_comparison(table, network, measured):
    memory = measured["minigrad"]["peak"]
    for name, figures in measured.items():
        compared = name != "minigrad"
        table.add_row(network, name, milliseconds(figures["median"]),
                      "–".join(map(milliseconds, figures["quartiles"])),
                      f"{figures['ratio']['median']:.2f}" if compared else "",
                      "–".join(f"{q:.2f}" for q in figures["ratio"]["quartiles"]) if compared else "",
                      mebibytes(figures["peak"]),
                      f"{memory / figures['peak']:.2f}" if compared and memory else "",
                      style="" if figures["agrees"] else "red", end_section=name == list(measured)[-1])
        network = ""


# ---- how it grows

def run_growth(options, results):
    """A step with more pictures, and with more layers."""
    cores, found = options.cores[0], []
    batches, depths = ([16, 32], [1, 2]) if options.quick else ([16, 64, 256, 1024], [1, 2, 4, 8, 16])
    cases = [("lesson, batch", batch, NETWORKS["lesson"], batch) for batch in batches]
    cases += [("8→8 convolutions", depth, networks.deep(depth), BATCH) for depth in depths]
    table = new_table(f"How a step grows, {cores_in_words(cores)}", "", "", "framework", "ms", "MiB", "ratio")
    for what, size, layers, batch in cases:
        measured = measure(layers, options, cores, batch)
        found.append({"what": what, "size": size, "cores": cores, "frameworks": measured})
        for name, figures in measured.items():
            table.add_row(what, str(size), name, milliseconds(figures["median"]), mebibytes(figures["peak"]),
                          f"{figures['ratio']['median']:.2f}" if name != "minigrad" else "")
    console.print(table)
    return found


# ---- each operation beside bare NumPy

def run_operations(options, results):
    """The cost of each operation, forward and backward, beside the same NumPy call bare."""
    cores, sizes = options.cores[0], [4] if options.quick else [4, 256]
    rounds, seconds = (2, 1e-5) if options.quick else (7, 2e-3)
    found = []
    for n in sizes:
        costs = once("benchmark.operations:costs", cores, n=n, rounds=rounds, seconds=seconds)["result"]
        table = new_table(f"Operations on {n}×{n}, µs a call, {cores_in_words(cores)}",
                          "operation", "NumPy", "forward", "its vjps in NumPy", "backward")
        for name, *times in costs:
            table.add_row(name, *("" if t is None else f"{1e6 * t:.2f}" for t in times))
        console.print(table)
        found += [{"operation": name, "n": n, "numpy": bare, "forward": forward,
                   "numpy_vjps": vjps, "backward": backward}
                  for name, bare, forward, vjps, backward in costs]
    return found


# ---- start-up

def run_startup(options, results):
    """How long `import` takes, from the start of a process to its end."""
    modules = ["numpy", *(PEERS[name].package for name in options.peers)]
    times = {module: [] for module in modules}
    for i in range(options.repeats + 1):
        for module in modules:
            taken = process([sys.executable, "-c", f"import {module}"], all_cores())[0]
            if i > 0:               # the first time the files come from the disk, and are compiled
                times[module].append(taken)
    table = new_table("Start-up", "import", "s", "over NumPy's")
    found = {}
    for module in modules:
        over = spread([taken - bare for taken, bare in zip(times[module], times["numpy"])])
        found[module] = {**spread(times[module]), "over_numpy": over}
        table.add_row(module, f"{found[module]['median']:.3f}", f"{over['median']:.3f}")
    console.print(table)
    return found


def process(command, cores):
    """Run a program to its end: (seconds, what it printed). WorkerFailed if it does not end well."""
    start = time.perf_counter()
    done = subprocess.run(command, env=surroundings(cores), capture_output=True, encoding="utf-8")
    if done.returncode:
        raise WorkerFailed(f"{command}: {done.stderr}")
    return time.perf_counter() - start, done.stdout


# ---- the lecture

def lecture(words):
    """Run lessons in this process; returns the seconds that it took."""
    from lessons.__main__ import main

    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as said:
        if main(["run", *words, "--out", folder]):
            raise RuntimeError(f"the lecture failed:\n{said.getvalue()}")
    return time.perf_counter() - start


def run_lecture(options, results):
    """Time and memory of the whole lecture."""
    words = ["1"] if options.quick else []
    reply = once("benchmark.sections:lecture", options.cores[0], words=words)
    found = {"lessons": words or "all", "seconds": reply["result"], "peak": reply["peak"]}
    console.print(f"The lecture (lessons: {' '.join(words) or 'all'}): {found['seconds']:.1f} s, "
                  f"{mebibytes(found['peak'])} MiB at the most\n")
    return found


# ---- 99 %

def run_target(options, results):
    """Seconds from a cold process to 99 % of the test pictures, minigrad and PyTorch."""
    able = [name for name in ("minigrad", "PyTorch") if name in options.peers]
    seeds, most, goal = (1, 3_840, 0.8) if options.quick else (options.seeds, None, target.GOAL)
    found = {name: [] for name in able}
    for seed in range(seeds):
        for name in able:
            task = {"package": PEERS[name].package, "mnist": str(SHIPPED_MNIST), "seed": seed, "most": most}
            command = [sys.executable, "-m", "benchmark.target", json.dumps(task)]
            taken, said = process(command, options.cores[0])
            found[name].append({"seconds": taken, "share": json.loads(said)})
    table = new_table(f"From a cold process to {goal:.0%} of the test pictures, "
                      f"{cores_in_words(options.cores[0])}", "seed", "framework", "s", "reads")
    for seed in range(seeds):
        for name in able:
            run = found[name][seed]
            reached = "" if run["share"] >= goal else "  not reached"
            table.add_row(str(seed), name, f"{run['seconds']:.1f}", f"{run['share']:.2%}{reached}")
    console.print(table)
    if len(able) == 2:
        ratio = statistics.median(x["seconds"] / y["seconds"] for x, y in zip(*found.values()))
        console.print(f"minigrad takes {ratio:.2f} of PyTorch's time, in the median of the seeds.")
    return {"goal": goal, "runs": found}


# ---- the limit

def run_limit(options, results):
    """How far each framework is from what the machine can do."""
    if "networks" not in results:
        names = [name for name in options.networks if name in NETWORKS]
        few = argparse.Namespace(**vars(options) | {"networks": names})
        results["networks"] = run_networks(few, results)
    steps = [step for step in results["networks"] if step["network"] in NETWORKS]
    rounds, size, megabytes = (2, 64, 1) if options.quick else (20, 1024, 64)
    found = []
    for cores in options.cores:
        rate = once("benchmark.limit:rates", cores, rounds=rounds, size=size, megabytes=megabytes)["result"]
        table = new_table(f"The limit, {cores_in_words(cores)}: {rate['operations'] / 1e9:.0f} GFLOP/s in a "
                          f"matrix product, {rate['bytes'] / 1e9:.1f} GB/s in a copy",
                          "network", "MFLOP", "MB", "limit, ms", "framework", "ms", "times limit")
        for step in [step for step in steps if step["cores"] == cores]:
            operations, moved = work(NETWORKS[step["network"]], BATCH)
            limit = operations / rate["operations"] + moved / rate["bytes"]
            distances = {name: figures["median"] / limit for name, figures in step["frameworks"].items()}
            found.append({"network": step["network"], "cores": cores, "rates": rate, "operations": operations,
                          "bytes": moved, "limit": limit, "distances": distances})
            for name, distance in distances.items():
                table.add_row(step["network"], f"{operations / 1e6:.1f}", f"{moved / 1e6:.1f}",
                              milliseconds(limit), name, milliseconds(distance * limit), f"{distance:.1f}")
        console.print(table)
    return found


# ---- printing

def new_table(title, *columns):
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        words = column in ("network", "framework", "operation", "import", "quartiles", "reads", "")
        table.add_column(column, justify="left" if words else "right")
    return table


def cores_in_words(cores):
    return "1 core" if cores == 1 else f"{cores} cores"


def milliseconds(seconds):
    """Three digits that count."""
    number = 1000 * seconds
    return f"{number:.{max(0, 2 - math.floor(math.log10(number)))}f}"


def mebibytes(size):
    return "" if size is None else f"{size / 2**20:.0f}"


SECTIONS = {"networks": run_networks, "operations": run_operations, "growth": run_growth,
            "startup": run_startup, "lecture": run_lecture, "target": run_target, "limit": run_limit}
