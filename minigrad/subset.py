"""The edge: what of PyTorch is here, in one table, and a plain word to whoever asks for the rest.

    python -m minigrad.subset               print the table: every public name, its arguments, what it is
    python -m minigrad.subset --refresh     write the names of the installed PyTorch to pytorch_names.txt

The table is read off the code, so it cannot be out of date. PyTorch's names are kept in a file beside this
one, so nobody needs PyTorch to be told that a name is PyTorch's. This file knows both libraries by name only:
it imports minigrad to describe it, PyTorch to write its names down, and neither to say what is missing.
"""

import argparse
import ast
import functools
import inspect
import operator
import pkgutil
import re
import sys
import textwrap
import types
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

NAMESPACES = (          # PyTorch calls them the same, with "torch" for "minigrad"
    "minigrad", "minigrad.Tensor", "minigrad.nn", "minigrad.nn.Module", "minigrad.nn.functional",
    "minigrad.optim", "minigrad.optim.Optimizer", "minigrad.optim.lr_scheduler",
    "minigrad.optim.lr_scheduler.LRScheduler", "minigrad.autograd",
)
NAMES_FILE = Path(__file__).with_name("pytorch_names.txt")


# --- What is missing ----------------------------------------------------------------------------------------

def missing(namespace: str, name: str, owner: object = None) -> AttributeError:
    """The error for a name that is not there: Python's own, or that PyTorch has it and minigrad does not.

    namespace: one of NAMESPACES. owner: the object that was asked, if that is not the module itself. The
    package asks for this error from `__getattr__`, which Python calls when it has looked everywhere else.
    """
    # Names with an underscore in front are Python's and NumPy's questions, asked often: no file is read then.
    if not name.startswith("_") and name in pytorch_names()[as_pytorch(namespace)]:
        return AttributeError(f"{namespace} has no {name}: it is PyTorch's, and outside minigrad's subset "
                              "(see python -m minigrad.subset)")
    asked = f"module {namespace!r}" if owner is None else f"{type(owner).__name__!r} object"
    return AttributeError(f"{asked} has no attribute {name!r}")


def as_pytorch(namespace: str) -> str:
    """The namespace as PyTorch calls it: "minigrad.nn" is "torch.nn"."""
    return namespace.replace("minigrad", "torch", 1)


# --- PyTorch's names ----------------------------------------------------------------------------------------

@functools.cache
def pytorch_names() -> dict[str, frozenset[str]]:
    """PyTorch's public names by namespace, from the file."""
    _, *parts = NAMES_FILE.read_text(encoding="utf-8").split("\n[")
    split = (part.partition("]\n") for part in parts)
    return {namespace: frozenset(names.split()) for namespace, _, names in split}


def installed_names(namespace: str) -> set[str]:
    """The public names of one of PyTorch's namespaces, "torch.nn" say, as installed here.

    Of a class, all, those that are only declared too. Of a module, the names in `__all__`, all that was made
    in PyTorch, and the modules inside it, imported or not; but not what it imports from elsewhere for its own
    use, such as `math`.
    """
    space = pkgutil.resolve_name(namespace)
    if isinstance(space, types.ModuleType):
        listed = getattr(space, "__all__", [])
        names = {name for name in dir(space) if name in listed or _home(getattr(space, name)) == "torch"}
        names.update(module.name for module in pkgutil.iter_modules(getattr(space, "__path__", [])))
    else:
        names = {*dir(space), *inspect.get_annotations(space)}
    return {name for name in names if not name.startswith("_")}


def _home(value: object) -> str:
    """The library that a value comes from."""
    if isinstance(value, types.ModuleType):
        return value.__name__.split(".")[0]
    return str(getattr(value, "__module__", None) or type(value).__module__).split(".")[0]


def refresh() -> None:
    """Write the names of the installed PyTorch to the file."""
    import torch

    text = f"PyTorch {torch.__version__.split('+')[0]}: written by `python -m minigrad.subset --refresh`\n"
    for namespace in map(as_pytorch, NAMESPACES):
        names = " ".join(sorted(installed_names(namespace)))
        text += f"\n[{namespace}]\n{textwrap.fill(names, 110, break_on_hyphens=False)}\n"
    NAMES_FILE.write_text(text, encoding="utf-8")


# --- minigrad's names ---------------------------------------------------------------------------------------

class Row(NamedTuple):
    """A public name of minigrad."""

    namespace: str
    name: str
    signature: str          # "(input, weight, bias=None)"; empty for what is not called
    meaning: str
    own: bool               # PyTorch has no such name


def rows() -> Iterator[Row]:
    """All public names, namespace by namespace, in the order in which the code has them."""
    for namespace in NAMESPACES:
        space = pkgutil.resolve_name(namespace)
        for name in public_names(space):
            value = getattr(space, name)
            own = name not in pytorch_names()[as_pytorch(namespace)]
            signature = _signature(value, method=isinstance(space, type))
            yield Row(namespace, name, signature, _meaning(value), own)


def public_names(space: type | types.ModuleType) -> list[str]:
    """Of a class, its own names and those it inherits; of a module, `__all__`, or what is defined in it."""
    if isinstance(space, type):
        names = dict.fromkeys(name for part in reversed(space.__mro__[:-1]) for name in vars(part))
    elif hasattr(space, "__all__"):
        return list(space.__all__)
    else:
        names = {name: None for name, value in vars(space).items()
                 if getattr(value, "__module__", None) == space.__name__}
    return [name for name in names if not name.startswith("_")]


def _signature(value, method):
    if not callable(value):
        return ""
    parameters = [parameter.replace(annotation=inspect.Parameter.empty)
                  for parameter in inspect.signature(value).parameters.values()]
    text = str(inspect.Signature(parameters[1:] if method else parameters))     # without self
    return re.sub(r"<class '(?:\w+\.)*(\w+)'>", r"\1", text)                   # dtype=float32


def _meaning(value):
    """The first sentence of the docstring; for one-liners that speak for themselves, what they return.

    For what is neither called nor documented, a constant or an attribute of a class, its value there.
    """
    value = value.fget if isinstance(value, property) else value
    if not callable(value) and not isinstance(value, types.ModuleType):
        return f"`{value!r}`"
    doc = inspect.getdoc(value)
    if doc:
        return re.split(r"(?<=\.)\s", " ".join(doc.split("\n\n")[0].split()))[0]
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(value)))):
        match node:
            case ast.FunctionDef(body=[ast.Return(value=ast.expr() as result)]) | ast.Lambda(body=result):
                return f"`{ast.unparse(result)}`"
            case ast.FunctionDef() | ast.ClassDef():
                return ""
    return ""


def operators() -> list[str]:
    """What can be written with tensors, "a + b" and the like, in the words of Python's module `operator`."""
    tensor = pkgutil.resolve_name("minigrad.Tensor")
    names = [name for name in vars(tensor) if name.startswith("__") and name in vars(operator)]
    docs = [str(vars(operator)[name].__doc__) for name in names]
    return [doc.removeprefix("Same as ").removesuffix(".") for doc in docs if doc.startswith("Same as ")]


# --- The table ----------------------------------------------------------------------------------------------

def table() -> str:
    """The subset, as a table in Markdown."""
    lines = ["| minigrad | what it is | in PyTorch |", "| --- | --- | --- |"]
    for row in rows():
        name = f"{row.namespace}.{row.name}"
        theirs = "no: minigrad's own" if row.own else f"`{as_pytorch(name)}`"
        cells = [f"`{name.removeprefix('minigrad.')}{row.signature}`", row.meaning, theirs]
        lines.append("| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |")
    written = ", ".join(f"`{text}`" for text in operators())
    return "\n".join([*lines, "", f"Operators on tensors: {written}.", "",
                      "The arguments are PyTorch's too, but for `rng`, which is minigrad's own."])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m minigrad.subset",
                                     description="Print the part of PyTorch that minigrad has, as a table.")
    parser.add_argument("--refresh", action="store_true", help=f"write {NAMES_FILE.name}; needs torch")
    if parser.parse_args().refresh:
        refresh()
    elif sys.stdout.isatty():
        from rich.console import Console
        from rich.markdown import Markdown

        Console().print(Markdown(table()))
    else:
        print(table())


if __name__ == "__main__":
    main()
