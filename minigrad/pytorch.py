"""PyTorch's public names, from the file beside this one: nobody needs PyTorch to be told that a name is its.

The file also has the arguments of what minigrad has too. `python -m minigrad.subset --refresh` writes it.
"""

import functools
from collections.abc import Iterator
from pathlib import Path

NAMES_FILE = Path(__file__).with_name("pytorch_names.txt")


def as_pytorch(namespace: str) -> str:
    """The namespace as PyTorch calls it: "minigrad.nn" is "torch.nn"."""
    return namespace.replace("minigrad", "torch", 1)


@functools.cache
def pytorch_names() -> dict[str, frozenset[str]]:
    """PyTorch's public names by namespace, from the file."""
    return {namespace: frozenset(name for line in lines if "(" not in line for name in line.split())
            for namespace, lines in _sections()}


@functools.cache
def pytorch_arguments() -> dict[str, list[str]]:
    """The arguments of what PyTorch and minigrad both have, by its full name, from the file.

    {"torch.sum": ["input", "dim", "keepdim", "*", "dtype", "out"], ...}: up to "*" in order; after it those
    that are only given by name, or belong to another form of the call.
    """
    calls = [(namespace, *line.rstrip(")").split("("))
             for namespace, lines in _sections() for line in lines if "(" in line]
    return {f"{namespace}.{name}": arguments.split(", ") for namespace, name, arguments in calls}


def _sections() -> Iterator[tuple[str, list[str]]]:
    """(namespace, lines) of each part of the file: lines of names, and lines such as "neg(input, *, out)"."""
    _, *parts = NAMES_FILE.read_text(encoding="utf-8").split("\n[")
    for part in parts:
        namespace, *lines = part.splitlines()
        yield namespace.rstrip("]"), lines
