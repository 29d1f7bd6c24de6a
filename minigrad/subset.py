"""The edge: what of PyTorch is here, in one table, and a plain word to whoever asks for the rest.

    python -m minigrad.subset               print the table: every public name, its arguments, what it is
    python -m minigrad.subset --refresh     write the names of the installed PyTorch to pytorch_names.txt

The table is read off the code, so it cannot be out of date. PyTorch's names are kept in a file beside this
one, with the arguments of what minigrad has too, so nobody needs PyTorch to be told that a name is PyTorch's.
This file knows both libraries by name only: it imports minigrad to describe it, PyTorch to write its names
down, and neither to say what is missing. `edge` is where it is asked.
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
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from minigrad.pytorch import NAMES_FILE, as_pytorch, pytorch_arguments, pytorch_names

NAMESPACES = (          # PyTorch calls them the same, with "torch" for "minigrad"
    "minigrad", "minigrad.Tensor", "minigrad.nn", "minigrad.nn.Module", "minigrad.nn.functional",
    "minigrad.optim", "minigrad.optim.Optimizer", "minigrad.optim.lr_scheduler",
    "minigrad.optim.lr_scheduler.LRScheduler", "minigrad.autograd",
)
OUTSIDE = "it is PyTorch's, and outside minigrad's subset (see python -m minigrad.subset)"


# --- What is missing ----------------------------------------------------------------------------------------

def missing(namespace: str, name: str, owner: object = None) -> AttributeError:
    """The error for a name that is not there: Python's own, or that PyTorch has it and minigrad does not.

    namespace: one of NAMESPACES. owner: the object that was asked, if that is not the module itself. The
    package asks for this error from `__getattr__`, which Python calls when it has looked everywhere else.
    """
    # Names with an underscore in front are Python's and NumPy's questions, asked often: no file is read then.
    if not name.startswith("_") and name in pytorch_names()[as_pytorch(namespace)]:
        return AttributeError(f"{namespace} has no {name}: {OUTSIDE}")
    asked = f"module {namespace!r}" if owner is None else f"{type(owner).__name__!r} object"
    return AttributeError(f"{asked} has no attribute {name!r}")


def fitted(call: Callable, names: Sequence[str], args: tuple, named: dict) -> tuple[tuple, dict]:
    """The arguments of a call as minigrad's own: those with PyTorch's names are put where they belong.

    names: what is called, "minigrad.add" say; of several, the first that PyTorch has too. TypeError for an
    argument that PyTorch has and minigrad has not. One that nobody has is left for Python to complain of.
    """
    name = next((name for name in names if as_pytorch(name) in pytorch_arguments()), names[0])
    parameters = inspect.signature(call).parameters
    renamed, theirs = renames(name, parameters), pytorch_arguments().get(as_pytorch(name), [])
    fitting = {}
    for keyword, value in named.items():
        own = renamed.get(keyword, keyword)
        if keyword not in renamed:
            if keyword in theirs and keyword not in parameters:
                raise TypeError(f"{name} has no argument {keyword}: {OUTSIDE}")
            fitting[keyword] = value
        elif len(args) > list(parameters).index(own) or own != keyword and own in named:
            raise TypeError(f"{name}() got multiple values for argument {keyword!r}")
        elif parameters[own].kind is inspect.Parameter.VAR_POSITIONAL:
            args = (*args, value)                       # zeros(size=(2, 3)) is zeros((2, 3))
        else:
            fitting[own] = value
    return args, fitting


def renames(name: str, parameters: Mapping[str, inspect.Parameter]) -> dict[str, str]:
    """PyTorch's names for parameters of minigrad's that are called otherwise: {"input": "x", "other": "y"}.

    The two are the same if they stand in the same place, and neither library uses the other's name.
    """
    theirs = pytorch_arguments().get(as_pytorch(name), [])
    placed = theirs[: theirs.index("*")] if "*" in theirs else theirs
    ours = [own for own in parameters.values() if own.kind is not own.KEYWORD_ONLY]
    return {their: own.name for their, own in zip(placed, ours)
            if own.kind is own.VAR_POSITIONAL or their not in parameters and own.name not in theirs}


# --- PyTorch's names ----------------------------------------------------------------------------------------

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


Form = tuple[list[str], list[str]]      # of a form of a call, the arguments with a place, and those without


def installed_arguments(namespace: str, name: str) -> list[str]:
    """The arguments of a function, a method or a class of the PyTorch that is installed here.

    The order is that of the longest form of the call; "*" parts the rest, as in `pytorch_arguments`. The list
    is empty where nothing is to be found out.
    """
    value = getattr(pkgutil.resolve_name(namespace), name, None)        # what is only declared has no value
    forms = _signed(value) or _documented(value) or _stubs().get((namespace == "torch.Tensor", name), [])
    placed = max((placed for placed, _ in reversed(forms)), key=len, default=[])
    every = dict.fromkeys(argument for form in forms for part in form for argument in part)
    rest = [argument for argument in every if argument not in placed]
    return ["self"] * isinstance(value, type) + placed + ["*"] * bool(rest) + rest


def _signed(value: object) -> list[Form]:
    """The one form of what is written in Python, unless it takes anything, as (*args, **kwargs)."""
    try:
        parameters = inspect.signature(value).parameters.values()       # type: ignore[arg-type]
    except (TypeError, ValueError):
        return []
    placed = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    rest = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
    return [(placed, rest)] if placed or rest else []


def _documented(value: object) -> list[Form]:
    """The form in the first line of the docstring, for the functions that do take anything."""
    if not isinstance(value, types.FunctionType):
        return []
    first = re.match(r"\s*(\w+\(.*\))", value.__doc__ or "")
    return [_declared(ast.parse(f"def {first[1]}: ...").body[0].args)] if first else []     # type: ignore


@functools.cache
def _stubs() -> dict[tuple[bool, str], list[Form]]:
    """All forms of what is written in C, from PyTorch's stubs, by (is it a method of tensors?, name)."""
    import torch

    found: dict[tuple[bool, str], list[Form]] = {}
    folder = Path(torch.__file__).parent / "_C"
    for file in ("_VariableFunctions.pyi", "_nn.pyi", "__init__.pyi"):
        tree = ast.parse((folder / file).read_text(encoding="utf-8"))
        classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
        methods = [node for part in classes if part.name == "TensorBase" for node in part.body]
        for call in tree.body + methods:
            if isinstance(call, ast.FunctionDef):
                method, form = call in methods, _declared(call.args)
                if method or "self" not in form[0]:                 # functions of a `self` are old forms
                    found.setdefault((method, call.name), []).append(form)
    found[True, "requires_grad_"] = [(["self", "requires_grad"], [])]       # the stub says mode, and is wrong
    return found


def _declared(arguments: ast.arguments) -> Form:
    any_number = [arguments.vararg] if arguments.vararg else []
    placed = [*arguments.posonlyargs, *arguments.args, *any_number]
    return [argument.arg for argument in placed], [argument.arg for argument in arguments.kwonlyargs]


def refresh() -> None:
    """Write the names of the installed PyTorch to the file, and the arguments of what minigrad has too."""
    import torch

    text = f"PyTorch {torch.__version__.split('+')[0]}: written by `python -m minigrad.subset --refresh`\n"
    for namespace in NAMESPACES:
        theirs = as_pytorch(namespace)
        names = installed_names(theirs)
        text += f"\n[{theirs}]\n{textwrap.fill(' '.join(sorted(names)), 110, break_on_hyphens=False)}\n"
        for name in sorted(names.intersection(public_names(pkgutil.resolve_name(namespace)))):
            arguments = ", ".join(installed_arguments(theirs, name))
            if arguments not in ("", "self"):
                text += f"{name}({arguments})\n"
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
            words = _words(f"{namespace}.{name}", value)
            signature = _signature(value, words, method=isinstance(space, type))
            yield Row(namespace, name, signature, _in_words(words, _meaning(value)), own)


def public_names(space: type | types.ModuleType) -> list[str]:
    """Of a class, its own names and those it inherits; of a module, `__all__`, or what is defined in it.

    A name that is only there to be refused is none.
    """
    if isinstance(space, type):
        names = dict.fromkeys(name for part in reversed(space.__mro__[:-1]) for name in vars(part))
    elif hasattr(space, "__all__"):
        return list(space.__all__)
    else:
        names = {name: None for name, value in vars(space).items()
                 if getattr(value, "__module__", None) == space.__name__}
    return [name for name in names if not name.startswith("_") and hasattr(space, name)]


def _words(name, value):
    """PyTorch's words for what minigrad calls otherwise: {"x": "input", "y": "other"}."""
    renamed = renames(name, inspect.signature(value).parameters) if callable(value) else {}
    return {own: their for their, own in renamed.items()}


def _in_words(words, text):
    """A text whose `code` has those words."""
    def put(code):
        return re.sub(r"(?<!\.)\b\w+", lambda word: words.get(word[0], word[0]), code[0])
    return re.sub(r"`[^`]*`", put, text)


def _signature(value, words, method):
    if not callable(value):
        return ""
    parameters = [parameter.replace(name=words.get(name, name), annotation=parameter.empty)
                  for name, parameter in inspect.signature(value).parameters.items()]
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
    names = [name for name, value in vars(tensor).items() if name.startswith("__") and name in vars(operator)
             and getattr(value, "__module__", None) != "minigrad.edge"]                 # that is a refusal
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
                      "The arguments are PyTorch's too, but for these, which are minigrad's own: `rng`, and "
                      "`order` and `seconds` in the checks of gradients."])


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
