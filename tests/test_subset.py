"""The edge: PyTorch's names are told from typing errors, and the table of what is here is whole and true."""

import ast
import copy
import functools
import inspect
import pickle
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import minigrad
from minigrad import autograd, nn, optim, subset, tensor
from minigrad.nn import functional as F

ROOT = Path(__file__).resolve().parent.parent
ROWS = list(subset.rows())
OWN = {                                     # what PyTorch does not have, on purpose
    "minigrad": {"data"},
    "minigrad.optim.Optimizer": {"check", "update"},                # for optimisers to define
    "minigrad.optim.lr_scheduler.LRScheduler": {"rates"},           # for schedules to define
}
OWN_ARGUMENTS = {"rng", "x", "y"}           # x and y: the calculus gives its operands by position
OTHERWISE = {                               # arguments that PyTorch calls otherwise, or does not name
    ("minigrad", "from_numpy"): {"array"},
    ("minigrad", "save"): {"state", "path"},
    ("minigrad", "load"): {"path"},
    ("minigrad.Tensor", "split"): {"split_size_or_sections"},       # as torch.split calls it
}


class Net(nn.Module):
    pass


sgd = optim.SGD([nn.Parameter(1.0)], lr=0.1)


def run(*arguments):
    command = [sys.executable, "-X", "utf8", "-W", "error", *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout


# --- What is missing ----------------------------------------------------------------------------------------

@pytest.mark.parametrize("owner, namespace, name", [
    (minigrad, "minigrad", "fft"),
    (minigrad, "minigrad", "einsum"),
    (tensor(1.0), "minigrad.Tensor", "cuda"),
    (nn.Parameter(1.0), "minigrad.Tensor", "is_sparse"),
    (nn, "minigrad.nn", "ConvTranspose2d"),
    (Net(), "minigrad.nn.Module", "register_forward_hook"),
    (F, "minigrad.nn.functional", "conv_transpose2d"),
    (optim, "minigrad.optim", "LBFGS"),
    (sgd, "minigrad.optim.Optimizer", "register_step_post_hook"),
    (optim.lr_scheduler, "minigrad.optim.lr_scheduler", "CyclicLR"),
    (optim.lr_scheduler.StepLR(sgd, 10), "minigrad.optim.lr_scheduler.LRScheduler", "get_lr"),
    (autograd, "minigrad.autograd", "forward_ad"),
])
def test_what_is_pytorchs_is_called_so(owner, namespace, name):
    with pytest.raises(AttributeError) as caught:
        getattr(owner, name)
    assert str(caught.value) == (f"{namespace} has no {name}: it is PyTorch's, and outside minigrad's subset "
                                 "(see python -m minigrad.subset)")
    assert not hasattr(owner, name)


@pytest.mark.parametrize("owner, message", [
    (minigrad, "module 'minigrad' has no attribute 'Conv2D'"),
    (tensor(1.0), "'Tensor' object has no attribute 'Conv2D'"),
    (nn.Parameter(1.0), "'Parameter' object has no attribute 'Conv2D'"),
    (nn, "module 'minigrad.nn' has no attribute 'Conv2D'"),
    (Net(), "'Net' object has no attribute 'Conv2D'"),
    (F, "module 'minigrad.nn.functional' has no attribute 'Conv2D'"),
    (optim, "module 'minigrad.optim' has no attribute 'Conv2D'"),
    (sgd, "'SGD' object has no attribute 'Conv2D'"),
    (optim.lr_scheduler.StepLR(sgd, 10), "'StepLR' object has no attribute 'Conv2D'"),
    (autograd, "module 'minigrad.autograd' has no attribute 'Conv2D'"),
])
def test_what_nobody_has_is_an_error_as_pythons_own(owner, message):
    with pytest.raises(AttributeError) as caught:
        owner.Conv2D                                                            # noqa: B018
    assert str(caught.value) == message
    assert caught.value.name == "Conv2D" and caught.value.obj is owner          # "Did you mean: 'Conv2d'?"


@pytest.mark.parametrize("owner", [minigrad, nn, F, optim, sgd, autograd, tensor(1.0), Net()])
@pytest.mark.parametrize("name", ["_repr_html_", "_ipython_display_", "__array_interface__", "__deepcopy__x"])
def test_names_with_an_underscore_are_answered_without_the_file(owner, name, monkeypatch):
    monkeypatch.setattr(subset, "pytorch_names", None)
    assert not hasattr(owner, name)
    assert getattr(owner, name, "nothing") == "nothing"


def test_copies_and_pickles_are_made_as_ever():
    x, layer = tensor([1.0, 2.0], requires_grad=True), nn.Linear(2, 3, rng=np.random.default_rng(0))
    for again in (copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))):
        assert again(x).tolist() == [1, 2] and again(x).requires_grad
        assert again(layer).weight.tolist() == layer.weight.tolist()


def test_importing_minigrad_leaves_the_table_alone():
    assert run("-c", "import sys, minigrad; print('minigrad.subset' in sys.modules)") == "False\n"


def test_pytorch_is_not_needed_to_say_what_is_pytorchs():
    script = ("import sys; sys.modules['torch'] = None\n"           # importing it is now an error
              "import minigrad\n"
              "try: minigrad.nn.LSTM\n"
              "except AttributeError as error: print(error)")
    assert run("-c", script).startswith("minigrad.nn has no LSTM: it is PyTorch's")


# --- The table ----------------------------------------------------------------------------------------------

def public(space):
    """The public names of a module or a class, found in another way than the table finds them."""
    if inspect.isclass(space):
        names = dir(space)
    elif hasattr(space, "__all__"):
        names = space.__all__
    else:
        statements = ast.parse(inspect.getsource(space)).body
        names = [node.name for node in statements if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return {name for name in names if name[0] != "_"}


def test_every_public_name_is_in_the_table_once():
    spaces = {name: pkgutil.resolve_name(name) for name in {row.namespace for row in ROWS}}
    expected = [(namespace, name) for namespace, space in spaces.items() for name in public(space)]
    assert sorted((row.namespace, row.name) for row in ROWS) == sorted(expected)


def test_no_module_that_pytorch_has_too_is_left_out_of_the_table():
    shared = {f"{row.namespace}.{row.name}" for row in ROWS
              if not row.own and inspect.ismodule(getattr(pkgutil.resolve_name(row.namespace), row.name))}
    assert shared | {"minigrad.Tensor", "minigrad.nn.Module"} <= {row.namespace for row in ROWS}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.namespace}.{row.name}")
def test_every_public_name_has_a_meaning(row):
    assert row.meaning, "a docstring is missing"


def test_what_is_minigrads_own_is_so_on_purpose():
    own = {(row.namespace, row.name) for row in ROWS if row.own}
    assert own == {(space, name) for space, names in OWN.items() for name in names}


def test_the_table_is_printed():
    printed = run("-m", "minigrad.subset")
    assert printed == subset.table() + "\n"
    lines = printed.splitlines()
    assert all(line.count(" | ") == 2 for line in lines if line[0:1] == "|")
    assert "| `nn.ReLU()` | max(x, 0), element by element. | `torch.nn.ReLU` |" in lines
    assert any(line.startswith("| `Tensor.backward(gradient=None, ") for line in lines)
    assert "`a + b`" in lines[-3] and "`a @ b`" in lines[-3]
    assert sum(line.startswith("| `") for line in lines) == len(ROWS)


# --- Against PyTorch ----------------------------------------------------------------------------------------

def test_the_file_of_names_is_what_pytorch_has(tmp_path, monkeypatch):
    pytest.importorskip("torch")
    shipped = subset.NAMES_FILE.read_text(encoding="utf-8")
    monkeypatch.setattr(subset, "NAMES_FILE", tmp_path / "names.txt")
    subset.refresh()
    assert subset.NAMES_FILE.read_text(encoding="utf-8") == shipped, "run python -m minigrad.subset --refresh"


@pytest.mark.parametrize("row", [row for row in ROWS if not row.own],
                         ids=lambda row: f"{row.namespace}.{row.name}")
def test_names_and_arguments_are_pytorchs(row):
    pytest.importorskip("torch")
    space = subset.as_pytorch(row.namespace)
    assert row.name in subset.installed_names(space)
    known = pytorch_arguments(space, row.name)
    if known:                                       # else there is nothing to be learnt from PyTorch
        ours = getattr(pkgutil.resolve_name(row.namespace), row.name)
        assert arguments(ours) - known <= OWN_ARGUMENTS | OTHERWISE.get((row.namespace, row.name), set())


def arguments(value):
    """The names of the arguments that can be named; none for what is not called or cannot be inspected."""
    try:
        parameters = inspect.signature(value).parameters.values()
    except (TypeError, ValueError):
        return set()
    return {parameter.name for parameter in parameters
            if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)}


def pytorch_arguments(space, name):
    """The same for PyTorch's, from its signature, its stubs, and the first line of its docstring together."""
    value = getattr(pkgutil.resolve_name(space), name, None)        # what is only declared has no value
    doc = re.match(rf"\s*{name}\(([^)]*)\)", getattr(value, "__doc__", None) or "")
    documented = {part.split("=")[0].strip("* ") for part in doc[1].split(",")} if doc else set()
    return arguments(value) | stubs().get((space == "torch.Tensor", name), set()) | documented


@functools.cache
def stubs():
    """(is it a method?, name) to the names of arguments in any form of the call, from PyTorch's own stubs."""
    import torch

    found = {}
    folder = Path(torch.__file__).parent / "_C"
    for file in ("_VariableFunctions.pyi", "_nn.pyi", "__init__.pyi"):
        for node in ast.walk(ast.parse((folder / file).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Module) or isinstance(node, ast.ClassDef) and node.name == "TensorBase":
                for form in node.body:
                    if isinstance(form, ast.FunctionDef):
                        named = [*form.args.posonlyargs, *form.args.args, *form.args.kwonlyargs]
                        key = isinstance(node, ast.ClassDef), form.name
                        found.setdefault(key, set()).update(argument.arg for argument in named)
    return found
