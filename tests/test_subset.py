"""The edge: PyTorch's names are understood or refused, and the table of what is here is whole and true."""

import ast
import copy
import inspect
import pickle
import pkgutil
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
    "minigrad": {"check_vjp", "data"},
    "minigrad.autograd": {"GradientError"},
    "minigrad.optim.Optimizer": {"check", "update"},                # for optimisers to define
    "minigrad.optim.lr_scheduler.LRScheduler": {"rates"},           # for schedules to define
}
OWN_ARGUMENTS = {"rng", "order", "seconds"}


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


def test_what_tensors_lack_is_not_listed_among_what_they_have():
    x = tensor([[1.0]])
    listed = dir(x)
    assert {"sum", "grad", "shape", "__add__"} <= set(listed) and "cuda" not in listed
    assert [name for name in listed if not hasattr(x, name)] == []
    assert not hasattr(minigrad.Tensor, "cuda")
    x.names = "of the axes"                                                     # a user's own attribute
    assert x.names == "of the axes"


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


# --- Arguments that only PyTorch has ------------------------------------------------------------------------

x, pictures, kernels = (tensor(np.random.default_rng(0).standard_normal(shape))
                        for shape in [(3,), (1, 2, 5, 5), (3, 2, 2, 2)])


class Small(nn.Conv2d):
    def __init__(self, **named):
        super().__init__(1, 2, 3, **named)


@pytest.mark.parametrize("call, name, argument", [
    (lambda: F.conv2d(pictures, kernels, groups=2), "minigrad.nn.functional.conv2d", "groups"),
    (lambda: F.max_pool2d(pictures, 2, return_indices=True),
     "minigrad.nn.functional.max_pool2d", "return_indices"),
    (lambda: F.cross_entropy(x, 1, ignore_index=3), "minigrad.nn.functional.cross_entropy", "ignore_index"),
    (lambda: F.relu(x, inplace=True), "minigrad.nn.functional.relu", "inplace"),
    (lambda: minigrad.zeros(3, device="cuda"), "minigrad.zeros", "device"),
    (lambda: minigrad.randn(3, generator=None), "minigrad.randn", "generator"),
    (lambda: minigrad.mean(x, dtype=minigrad.float64), "minigrad.mean", "dtype"),
    (lambda: minigrad.sum(x, dtype=minigrad.float64), "minigrad.sum", "dtype"),
    (lambda: minigrad.sum(input=x, dtype=minigrad.float64), "minigrad.sum", "dtype"),
    (lambda: minigrad.std(x, unbiased=False), "minigrad.std", "unbiased"),
    (lambda: minigrad.max(x, other=x), "minigrad.max", "other"),
    (lambda: minigrad.add(x, x, alpha=2), "minigrad.add", "alpha"),
    (lambda: minigrad.add(x, other=x, alpha=2), "minigrad.add", "alpha"),
    (lambda: minigrad.exp(x, out=x), "minigrad.exp", "out"),
    (lambda: minigrad.load("weights.npz", map_location="cpu"), "minigrad.load", "map_location"),
    (lambda: x.sum(dtype=minigrad.float64), "minigrad.sum", "dtype"),
    (lambda: x.sub(x, alpha=2), "minigrad.sub", "alpha"),
    (lambda: x.mean(dtype=minigrad.float64), "minigrad.Tensor.mean", "dtype"),
    (lambda: x.view(dtype=minigrad.int64), "minigrad.Tensor.view", "dtype"),
    (lambda: x.to(device="cuda"), "minigrad.Tensor.to", "device"),
    (lambda: x.backward(inputs=[x]), "minigrad.Tensor.backward", "inputs"),
    (lambda: nn.Conv2d(1, 8, 3, groups=2), "minigrad.nn.Conv2d", "groups"),
    (lambda: nn.Linear(2, 3, device="cpu"), "minigrad.nn.Linear", "device"),
    (lambda: nn.ReLU(inplace=True), "minigrad.nn.ReLU", "inplace"),
    (lambda: nn.CrossEntropyLoss(weight=x), "minigrad.nn.CrossEntropyLoss", "weight"),
    (lambda: Small(groups=2), "minigrad.nn.Conv2d", "groups"),
    (lambda: Net().zero_grad(set_to_none=True), "minigrad.nn.Module.zero_grad", "set_to_none"),
    (lambda: Net().state_dict(prefix="net."), "minigrad.nn.Module.state_dict", "prefix"),
    (lambda: optim.SGD([nn.Parameter(1.0)], maximize=True), "minigrad.optim.SGD", "maximize"),
    (lambda: sgd.step(closure=None), "minigrad.optim.Optimizer.step", "closure"),
    (lambda: optim.lr_scheduler.StepLR(sgd, 10, last_epoch=3),
     "minigrad.optim.lr_scheduler.StepLR", "last_epoch"),
    (lambda: autograd.grad(x, x, is_grads_batched=True), "minigrad.autograd.grad", "is_grads_batched"),
    (lambda: autograd.detect_anomaly(check_nan=False), "minigrad.autograd.detect_anomaly", "check_nan"),
])
def test_an_argument_that_only_pytorch_has_is_called_so(call, name, argument):
    with pytest.raises(TypeError) as caught:
        call()
    assert str(caught.value) == (f"{name} has no argument {argument}: it is PyTorch's, and outside "
                                 "minigrad's subset (see python -m minigrad.subset)")


@pytest.mark.parametrize("call, message", [
    (lambda: F.conv2d(pictures, kernels, colour=2), "conv2d() got an unexpected keyword argument 'colour'"),
    (lambda: minigrad.zeros(3, colour=2), "zeros() got an unexpected keyword argument 'colour'"),
    (lambda: minigrad.exp(x, colour=2), "exp() got an unexpected keyword argument 'colour'"),
    (lambda: x.sum(colour=2), "sum() got an unexpected keyword argument 'colour'"),
    (lambda: x.mean(input=x), "mean() got an unexpected keyword argument 'input'"),
    (lambda: x.numel(colour=2), "Tensor.numel() got an unexpected keyword argument 'colour'"),
    (lambda: nn.Linear(2, 3, colour=2), "Linear.__init__() got an unexpected keyword argument 'colour'"),
    (lambda: nn.ReLU(colour=2), "ReLU.__init__() got an unexpected keyword argument 'colour'"),
    (lambda: nn.ReLU(2), "ReLU.__init__() takes 1 positional argument but 2 were given"),
    (lambda: Net(groups=2), "Net() takes no arguments"),
    (lambda: F.conv2d(pictures), "conv2d() missing 1 required positional argument: 'weight'"),
    (lambda: minigrad.add(x), "add() missing a required argument: 'y'"),
    (lambda: minigrad.add(x, x, x), "add() too many positional arguments"),
])
def test_other_arguments_are_errors_as_pythons_own(call, message):
    with pytest.raises(TypeError) as caught:
        call()
    assert str(caught.value) == message


@pytest.mark.parametrize("symbol, call", [
    ("%", lambda: x % 2), ("%", lambda: 7 % x), ("//", lambda: x // x), ("//", lambda: np.ones(3) // x),
    ("&", lambda: (x > 0) & (x < 1)), ("|", lambda: True | (x > 0)), ("^", lambda: x ^ x),
    ("<<", lambda: x << 1), (">>", lambda: x >> 1),
])
def test_an_operator_that_only_pytorch_has_is_called_so(symbol, call):
    with pytest.raises(TypeError) as caught:
        call()
    assert str(caught.value) == (f"minigrad.Tensor has no operator {symbol}: it is PyTorch's, and outside "
                                 "minigrad's subset (see python -m minigrad.subset)")


def test_errors_of_the_call_itself_come_through_as_they_are():
    with pytest.raises(RuntimeError, match="conv2d: wanted an input") as caught:
        F.conv2d(kernels, weight=x)
    assert caught.value.__context__ is None


class Scaled(nn.Module):
    def __init__(self, groups, device):
        super().__init__()
        self.groups, self.device = groups, device

    def forward(self, input, *, groups=1):
        return input * self.groups * groups


class Named:
    def __init__(self, *, called):
        self.called = called


class NamedModule(nn.Module, Named):
    def __init__(self, name):
        super().__init__(called=name)


def test_a_learners_own_classes_take_what_they_like():
    layer = Scaled(groups=2, device="abacus")
    assert layer.device == "abacus"
    assert layer(x, groups=3).tolist() == (x * 6).tolist()
    assert NamedModule("net").called == "net"               # the next class in line is reached


# --- Arguments that PyTorch calls otherwise -----------------------------------------------------------------

VALUES = {                                  # for arguments by their names in PyTorch
    "input": [[0.5, 2], [3, 4]], "tensor": [[0.5, 2], [3, 4]], "other": [[1.5, 2], [0.5, 3]],
    "mat2": [[1.5, 2], [0.5, 3]], "exponent": [[1.5, 2], [0.5, 3]],
    "condition": [[True, False], [False, True]], "index": [[1, 0]],
    "size": (3, 2, 2), "shape": (4,), "dim": 1, "dims": (1, 0), "dim0": 0, "dim1": 1,
    "chunks": 2, "split_size": 1, "split_size_or_sections": 1,
}
OTHER_VALUES = {                            # and where those do not fit
    "bmm": {"input": [[[0.5, 2], [3, 4]]], "mat2": [[[1.5, 2], [0.5, 3]]]},
    "dot": {"input": [0.5, 2], "tensor": [3.0, 4]},
    "outer": {"input": [0.5, 2], "vec2": [3.0, 4]},
    "logical_not": {"input": [True, False]},
    "view": {"size": (4,)},
}
BY_HAND = {"clamp", "rand", "randn", "from_numpy", "save", "load"}      # of these, a test below


def renamed(row):
    """{PyTorch's name: minigrad's}, where they differ; `self` left out, which nobody names."""
    value = getattr(pkgutil.resolve_name(row.namespace), row.name)
    parameters = inspect.signature(value).parameters if callable(value) else {}
    names = subset.renames(f"{row.namespace}.{row.name}", parameters)
    return {theirs: own for theirs, own in names.items() if theirs != "self"}


def required(row):
    """The names, in the table, of the arguments that must be given."""
    arguments = ast.parse(f"lambda {row.signature[1:-1]}: 0").body[0].value.args
    placed = arguments.args[: len(arguments.args) - len(arguments.defaults)]
    return [argument.arg for argument in [*placed, arguments.vararg] if argument]


def arguments_for(row, library):
    """The function or the bound method, and values for what must be given, by name."""
    values = {name: library.tensor(value) if isinstance(value, list) else value
              for name, value in (VALUES | OTHER_VALUES.get(row.name, {})).items()}
    owner = library if row.namespace == "minigrad" else values["input"]
    return getattr(owner, row.name), {name: values[name] for name in required(row)}


def same(one, other):
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return np.array_equal(np.asarray(one), np.asarray(other))


called_otherwise = pytest.mark.parametrize(
    "row", [row for row in ROWS if renamed(row) and row.name not in BY_HAND],
    ids=lambda row: f"{row.namespace}.{row.name}")


@called_otherwise
def test_pytorchs_names_of_arguments_are_understood(row):
    call, named = arguments_for(row, minigrad)
    assert renamed(row).keys() <= named.keys()
    assert same(call(**named), call(*named.values()))
    assert same(call(**dict(reversed(named.items()))), call(*named.values()))       # in any order


@called_otherwise
def test_they_are_understood_in_pytorch_too(row):
    torch = pytest.importorskip("torch")
    results = []
    for library in (minigrad, torch):
        call, named = arguments_for(row, library)
        results.append(call(**named))
    ours, theirs = results
    if isinstance(ours, tuple):
        assert all(np.allclose(*parts) for parts in zip(ours, theirs, strict=True))
    else:
        assert np.allclose(ours, theirs)


@called_otherwise
def test_an_argument_given_twice_is_an_error(row):
    call, named = arguments_for(row, minigrad)
    for theirs, own in renamed(row).items():
        place = list(named).index(theirs)
        with pytest.raises(TypeError, match=f"{row.name}.. got multiple values for argument '{theirs}'"):
            call(*list(named.values())[: place + 1], **{theirs: named[theirs]})
        if own not in ("size", "shape", "dims"):
            with pytest.raises(TypeError, match=f"multiple values for argument '{theirs}'"):
                call(**{own: named[theirs], theirs: named[theirs]})
            with pytest.raises(TypeError, match=f"multiple values for argument '{theirs}'"):
                call(**{theirs: named[theirs], own: named[theirs]})


def test_what_has_no_place_in_pytorch_takes_nobodys_place(monkeypatch):
    known = {"torch.f": ["input", "*", "alpha"], "torch.g": ["input", "dim", "other"]}
    monkeypatch.setattr(subset, "pytorch_arguments", lambda: known)
    assert subset.renames("minigrad.f", inspect.signature(lambda x, y: 0).parameters) == {"input": "x"}
    assert subset.renames("minigrad.g", inspect.signature(lambda x, y, *, z: 0).parameters) == {
        "input": "x", "dim": "y"}
    assert subset.renames("minigrad.g", inspect.signature(lambda dim, y: 0).parameters) == {}
    assert subset.renames("minigrad.nobodys", inspect.signature(lambda x: 0).parameters) == {}


def test_the_others_are_understood_too(tmp_path):
    array = np.ones(3)
    assert minigrad.clamp(input=tensor([1.0, 5.0]), max=2).tolist() == [1, 2]
    assert minigrad.rand(size=(2, 3)).shape == minigrad.randn(size=(2, 3)).shape == (2, 3)
    assert minigrad.from_numpy(ndarray=array).numpy() is array
    minigrad.save(obj={"w": x}, f=tmp_path / "w.npz")
    assert minigrad.load(f=tmp_path / "w.npz")["w"].tolist() == x.tolist()


def test_gradients_pass_through_arguments_by_name():
    a, b = tensor([1.0, 2.0], requires_grad=True), tensor([3.0, 4.0], requires_grad=True)
    minigrad.where(condition=tensor([True, False]), other=a * b, input=a).sum().backward()
    assert a.grad.tolist() == [1, 4] and b.grad.tolist() == [0, 2]


def test_functions_are_still_themselves():
    for call, name in [(F.relu, "relu"), (minigrad.mean, "mean"), (minigrad.zeros, "zeros"),
                       (minigrad.Tensor.mean, "mean"), (nn.Module.zero_grad, "zero_grad")]:
        assert call.__name__ == name
        assert pickle.loads(pickle.dumps(call)) is copy.deepcopy(call) is call
        assert inspect.getsource(call).lstrip().startswith(f"def {name}(")
    assert list(inspect.signature(F.linear).parameters) == ["input", "weight", "bias"]
    assert list(inspect.signature(nn.Linear).parameters) == ["in_features", "out_features", "bias", "rng"]
    assert F.relu.__doc__ == "The positive part: max(x, 0)."
    assert inspect.getsource(nn.Linear).startswith("class Linear(Module)")
    net = Net()
    net.activation = F.relu
    assert pickle.loads(pickle.dumps(net)).activation is copy.deepcopy(net).activation is F.relu


# --- The table ----------------------------------------------------------------------------------------------

def public(space):
    """The public names of a module or a class, found in another way than the table finds them."""
    if inspect.isclass(space):
        names = [name for name in dir(space) if hasattr(space, name)]
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
    assert "`a + b`" in lines[-3] and "`a @ b`" in lines[-3] and "`~a`" in lines[-3]
    assert "%" not in lines[-3] and "&" not in lines[-3]
    assert sum(line.startswith("| `") for line in lines) == len(ROWS)
    assert all(f"`{name}`" in lines[-1] for name in OWN_ARGUMENTS)


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
    space = subset.as_pytorch(row.namespace)
    assert row.name in subset.pytorch_names()[space]
    known = subset.pytorch_arguments().get(f"{space}.{row.name}")
    if known:                                       # else there is nothing to be learnt from PyTorch
        assert shown_arguments(row) <= {*known} | OWN_ARGUMENTS


def shown_arguments(row):
    """The arguments in a row of the table that can be named."""
    if not row.signature:
        return set()
    arguments = ast.parse(f"lambda {row.signature[1:-1]}: 0").body[0].value.args
    return {argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
