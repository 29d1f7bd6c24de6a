"""The command: which sections, on how many cores, how long; and the machine that all of it is true of."""

import argparse
import importlib.metadata
import json
import platform
import sys
from pathlib import Path

import numpy as np

import minigrad
from benchmark.conduct import WorkerFailed, all_cores
from benchmark.networks import NETWORKS, SCALARS
from benchmark.peers import PEERS, installed
from benchmark.sections import SECTIONS, console, disagreeing

CORES = {"all": [all_cores()], "one": [1], "both": sorted({all_cores(), 1}, reverse=True)}


def main(argv=None):
    """The exit status: 0; 1 if a framework fails, or has other losses than minigrad; 130 after Ctrl-C."""
    options = parse(argv)
    try:
        return run(options)
    except WorkerFailed as error:
        print(f"benchmark.py: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130


def run(options):
    """Measure, print, write; returns 1 if the losses of a peer are not those of minigrad, else 0."""
    found = {"machine": machine(options.peers)}
    for what, value in found["machine"].items():
        console.print(f"{what}: {value}")
    for name in [name for name in PEERS if name not in options.peers]:
        console.print(f"left out: {name}" + ("" if installed(name) else ", which is not installed"))
    console.print()
    for section in options.sections:
        found[section] = SECTIONS[section](options, found)
        if options.json:                        # after each section: a later one may fail
            options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if options.json:
        console.print(f"The numbers are in {options.json}; times in seconds, memory in bytes.")
    compared = [*found.get("networks", []), *found.get("growth", [])]
    return int(any(disagreeing(one["frameworks"]) for one in compared))


def parse(argv):
    about = "\n".join(f"  {name:12}{run.__doc__}" for name, run in SECTIONS.items())
    parser = argparse.ArgumentParser(
        prog="benchmark.py", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="minigrad beside other frameworks, all in turns, each in a process of its own.",
        epilog=f"sections:\n{about}")
    parser.error = lambda message: parser.exit(2, f"{parser.prog}: {message}\n")    # one line, no usage
    add = parser.add_argument
    add("sections", nargs="*", metavar="SECTION", help="what to measure (networks); they are listed below")
    add("--all", action="store_true", help="all sections")
    add("--networks", nargs="+", metavar="NAME", help=f"some of {', '.join([*NETWORKS, *SCALARS])} (all)")
    add("--peers", nargs="+", metavar="NAME", help=f"some of {', '.join(PEERS)} (those that are installed)")
    add("--cores", choices=CORES, default="both", help="how many cores each framework has (%(default)s); "
        "sections with one answer take the larger number")
    add("--rounds", type=int, default=7, metavar="N", help="turns of each framework (%(default)s)")
    add("--seconds", type=float, default=0.2, metavar="S", help="how long a turn is (%(default)s)")
    add("--seeds", type=int, default=3, metavar="N", help="ways to 99 %% of each framework (%(default)s)")
    add("--quick", action="store_true", help="as little as possible: does it run? The times mean nothing")
    add("--json", type=Path, metavar="FILE", help="write all numbers to a file, too")
    options = parser.parse_args(argv)
    try:
        complete(options)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    return options


def complete(options):
    """Fill in what was not asked for; ValueError or OSError where it makes no sense."""
    options.sections = chosen("section", [*SECTIONS] if options.all else options.sections or ["networks"],
                              SECTIONS)
    options.networks = chosen("network", options.networks or [*NETWORKS, *SCALARS], [*NETWORKS, *SCALARS])
    wanted = chosen("peer", options.peers or [name for name in PEERS if installed(name)], PEERS)
    missing = [name for name in wanted if not installed(name)]
    if missing:
        raise ValueError(f"{missing[0]} is not installed (its package is {PEERS[missing[0]].package})")
    options.peers = ["minigrad", *(name for name in wanted if name != "minigrad")]
    options.cores = CORES[options.cores]
    options.repeats = options.rounds
    if options.seeds < 1:
        raise ValueError(f"--seeds must be a whole number above 0, not {options.seeds}")
    if options.rounds < 1 or not options.seconds >= 0:
        raise ValueError("--rounds must be a whole number above 0, --seconds a number from 0 up, not "
                         f"{options.rounds} and {options.seconds}")
    if options.quick:
        options.rounds, options.repeats, options.seconds = 2, 1, 0.0
    if options.json:
        options.json.touch()                    # better now than after minutes of work


def chosen(what, names, known):
    """The names, each once, in the order of those that are known."""
    for name in names:
        if name not in known:
            raise ValueError(f"there is no {what} {name!r}; there are {', '.join(known)}")
    return [name for name in known if name in names]


def machine(peers):
    """What the numbers are true of."""
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    versions = {name: importlib.metadata.version(PEERS[name].package) for name in peers if name != "minigrad"}
    return {"processor": processor(), "cores": all_cores(), "system": platform.platform(),
            "Python": platform.python_version(), "NumPy": f"{np.__version__} with {blas['name']} "
            f"{blas.get('version', '')}".strip(), "minigrad": minigrad.__version__, **versions}


def processor():
    """The processor's name; Linux has it in a file, the others tell Python."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


if __name__ == "__main__":
    raise SystemExit(main())
