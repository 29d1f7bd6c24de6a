"""The same calls in minigrad and in PyTorch, where it is installed: values, gradients, dtypes and errors."""

import operator

import numpy as np
import pytest

import minigrad
from minigrad.nn import functional as F
from tests.samples import COMPOSED, SAMPLES, distinct

torch = pytest.importorskip("torch")
torch.set_num_threads(1)

MINIGRAD, TORCH = (minigrad, F), (torch, torch.nn.functional)
GRAD = {minigrad: minigrad.autograd.grad, torch: torch.autograd.grad}


def in_both(call, arrays, seed=0):
    """[values, gradients] of `call(library, functional, *tensors)` in minigrad and in PyTorch."""
    results = []
    for library, functional in (MINIGRAD, TORCH):
        inputs = [library.from_numpy(array.copy()).requires_grad_() for array in arrays]
        out = call(library, functional, *inputs)
        weight = np.random.default_rng(seed).standard_normal(tuple(out.shape)).astype(arrays[0].dtype)
        out.backward(library.from_numpy(weight))
        results.append([out.detach().numpy(), *(tensor.grad.numpy() for tensor in inputs)])
    return results


def assert_agree(call, arrays, tolerance):
    ours, theirs = in_both(call, arrays)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance, strict=True)


# --- Values and gradients -----------------------------------------------------------------------------------

LOGITS, CLASSES = (4, 5), [3, 0, 4, 3]
CALLS = {                                                   # name: (the call, the shapes of its tensors)
    "relu": (lambda m, F, x: F.relu(x), [(3, 4)]),
    "abs": (lambda m, F, x: m.abs(x), [(3, 4)]),
    "exp": (lambda m, F, x: m.exp(x), [(3, 4)]),
    "log of abs": (lambda m, F, x: m.log(m.abs(x)), [(3, 4)]),
    "sqrt of abs": (lambda m, F, x: m.sqrt(m.abs(x)), [(3, 4)]),
    "tanh": (lambda m, F, x: m.tanh(x), [(3, 4)]),
    "sigmoid": (lambda m, F, x: m.sigmoid(x), [(3, 4)]),
    "cube": (lambda m, F, x: x**3, [(3, 4)]),
    "negative power": (lambda m, F, x: x**-2, [(3, 4)]),
    "power of a tensor": (lambda m, F, x, y: m.pow(m.abs(x), y), [(3, 4), (4,)]),
    "arithmetic": (lambda m, F, x, y: (x + y) * (x - y) / y - 2 / x, [(3, 1, 2), (4, 2)]),
    "maximum and minimum": (lambda m, F, x, y: m.maximum(x, y) * m.minimum(x, y), [(3, 4), (4,)]),
    "where": (lambda m, F, x, y: m.where(x > y, x * y, y), [(3, 4), (4,)]),
    "sum": (lambda m, F, x: m.sum(x, (0, 2), keepdim=True), [(2, 3, 4)]),
    "mean": (lambda m, F, x: m.mean(x, -1), [(2, 3, 4)]),
    "amax": (lambda m, F, x: m.amax(x, (0, -1)), [(2, 3, 4)]),
    "max": (lambda m, F, x: m.max(x), [(2, 3)]),
    "max along": (lambda m, F, x: x.max(1).values, [(2, 3, 4)]),
    "max along, as a function": (lambda m, F, x: m.max(x, 1)[0], [(2, 3, 4)]),
    "logsumexp": (lambda m, F, x: m.logsumexp(x, 1, keepdim=True), [(2, 3, 4)]),
    "softmax": (lambda m, F, x: F.softmax(x, 1), [(2, 3, 4)]),
    "log_softmax": (lambda m, F, x: F.log_softmax(x, -1), [(2, 3, 4)]),
    "matrices": (lambda m, F, x, y: x @ y, [(2, 3), (3, 4)]),
    "batches of matrices": (lambda m, F, x, y: m.matmul(x, y), [(2, 1, 2, 3), (4, 3, 2)]),
    "matrix and vector": (lambda m, F, x, y: x @ y, [(4, 2, 3), (3,)]),
    "vector and matrix": (lambda m, F, x, y: x @ y, [(3,), (4, 3, 2)]),
    "vectors": (lambda m, F, x, y: x @ y, [(3,), (3,)]),
    "reshape": (lambda m, F, x: m.reshape(x, (4, -1)), [(2, 3, 4)]),
    "permute": (lambda m, F, x: x.permute(-1, 0, 1), [(2, 3, 4)]),
    "transpose": (lambda m, F, x: x.transpose(0, -1).mT, [(2, 3, 4)]),
    "flatten": (lambda m, F, x: x.flatten(1), [(2, 3, 4)]),
    "expand": (lambda m, F, x: x.expand(3, 2, 4), [(2, 1)]),
    "unfold": (lambda m, F, x: x.unfold(-1, 3, 2), [(2, 8)]),
    "unfold an axis in the middle": (lambda m, F, x: x.unfold(1, 2, 1), [(2, 4, 3)]),
    "indexing": (lambda m, F, x: x[1:, None, ..., -1], [(3, 4, 5)]),
    "indexing by duplicates": (lambda m, F, x: x[m.tensor([0, 2, 0]), m.tensor([1, 1, 1])], [(3, 4)]),
    "a mask": (lambda m, F, x: x[x > 0], [(3, 4)]),
    "an integer, a slice, indices": (lambda m, F, x: x[1, :, m.tensor([1, 2])], [(2, 3, 4)]),
    "an integer, an ellipsis, indices": (lambda m, F, x: x[1, ..., m.tensor([3, 0])], [(2, 3, 4)]),
    "an integer, a new axis, indices": (lambda m, F, x: x[0, None, m.tensor([1, 2, 1])], [(2, 3, 4)]),
    "indices, a slice, an integer": (lambda m, F, x: x[:, m.tensor([2, 0]), 1:, -1], [(2, 3, 4, 2)]),
    "an integer tensor, a slice, a list": (lambda m, F, x: x[m.tensor(1), :, [1, 2]], [(2, 3, 4)]),
    "a mask of two axes, a slice, an integer": (
        lambda m, F, x: x[m.tensor([[True, False, True], [False, True, False]]), :, 1], [(2, 3, 4, 2)]),
    "an integer, a slice, a mask": (
        lambda m, F, x: x[0, :, m.tensor([True, False, True, True])], [(2, 3, 4)]),
    "sign": (lambda m, F, x: m.sign(x) * x + m.sign(x), [(3, 4)]),
    "broadcast_to, one by one": (lambda m, F, x: x.broadcast_to(3, 2, -1), [(2, 4)]),
    "broadcast_to, a function": (lambda m, F, x: m.broadcast_to(x, (2, -1, 4)), [(3, 1)]),
    "square": (lambda m, F, x: m.square(x), [(3, 4)]),
    "sum and mean of a number": (lambda m, F, x: x.sum(0) * x.mean(-1, keepdim=True), [()]),
    "prod of a number": (lambda m, F, x: x.prod(0) * x.prod(-1, keepdim=True) * x.prod(), [()]),
    "extremes of a number": (
        lambda m, F, x: x.max(0).values * x.min(-1, keepdim=True)[0] * x.amax(0) * x.amin((0,)), [()]),
    "shares of a number": (lambda m, F, x: x.logsumexp(0) + x.softmax(-1) + x.log_softmax(0), [()]),
    "shapes of a number": (
        lambda m, F, x: x.squeeze(0).transpose(0, -1).flip(0).gather(0, m.tensor(0)).flatten(), [()]),
    "linear": (lambda m, F, x, w, b: F.linear(x, w, b), [(4, 3), (5, 3), (5,)]),
    "linear on sequences": (lambda m, F, x, w: F.linear(x, w), [(2, 4, 3), (5, 3)]),
    "conv2d": (lambda m, F, x, w, b: F.conv2d(x, w, b), [(2, 3, 6, 7), (4, 3, 3, 2), (4,)]),
    "conv2d, strided": (
        lambda m, F, x, w: F.conv2d(x, w, stride=(2, 1), padding=1), [(2, 3, 6, 7), (4, 3, 3, 2)]),
    "conv2d, dilated": (
        lambda m, F, x, w: F.conv2d(x, w, dilation=(1, 3), padding=(0, 2)), [(2, 1, 6, 7), (2, 1, 3, 3)]),
    "max_pool2d": (lambda m, F, x: F.max_pool2d(x, 2), [(2, 3, 6, 7)]),
    "max_pool2d, overlapping": (lambda m, F, x: F.max_pool2d(x, 3, 1, 1), [(2, 3, 6, 7)]),
    "max_pool2d, rectangular": (lambda m, F, x: F.max_pool2d(x, (2, 3), (1, 2), (1, 0), 2), [(2, 3, 6, 7)]),
    "cross_entropy": (lambda m, F, x: F.cross_entropy(x, m.tensor(CLASSES)), [LOGITS]),
    "cross_entropy, summed": (
        lambda m, F, x: F.cross_entropy(x, m.tensor(CLASSES), reduction="sum"), [LOGITS]),
    "cross_entropy, one by one": (
        lambda m, F, x: F.cross_entropy(x, m.tensor(CLASSES), reduction="none"), [LOGITS]),
    "cross_entropy, smoothed": (
        lambda m, F, x: F.cross_entropy(x, m.tensor(CLASSES), label_smoothing=0.1), [LOGITS]),
    "cross_entropy of probabilities, smoothed and summed": (
        lambda m, F, x, y: F.cross_entropy(x, F.softmax(y, 1), reduction="sum", label_smoothing=0.1),
        [LOGITS, LOGITS]),
    "cross_entropy of pictures, smoothed, one by one": (
        lambda m, F, x: F.cross_entropy(x, m.tensor([[0, 1], [2, 2]]), reduction="none", label_smoothing=0.3),
        [(2, 3, 2)]),
    "cross_entropy of huge logits": (lambda m, F, x: F.cross_entropy(x * 4e3, m.tensor(CLASSES)), [LOGITS]),
    "cross_entropy of shifted logits": (
        lambda m, F, x: F.cross_entropy(x + 1e4, m.tensor(CLASSES)), [LOGITS]),
    "mse_loss": (lambda m, F, x, y: F.mse_loss(x, y), [(2, 3), (2, 3)]),
    "mse_loss, summed": (lambda m, F, x, y: F.mse_loss(x, y, reduction="sum"), [(2, 3), (2, 3)]),
}
every_call = pytest.mark.parametrize("call, shapes", CALLS.values(), ids=CALLS)


@every_call
def test_float64_agrees_to_the_last_digits(call, shapes):
    assert_agree(call, distinct(np.random.default_rng(0), *shapes), 1e-10)


@every_call
def test_float32_agrees(call, shapes):
    arrays = distinct(np.random.default_rng(0), *shapes)
    assert_agree(call, [array.astype(np.float32) for array in arrays], 1e-5)


POOLINGS = {
    "side by side": dict(kernel_size=2),
    "overlapping": dict(kernel_size=3, stride=1),
    "padded": dict(kernel_size=3, stride=2, padding=1),
    "dilated": dict(kernel_size=2, stride=1, dilation=2),
    "rectangular": dict(kernel_size=(3, 2), stride=(1, 2), padding=(1, 0)),
}


@pytest.mark.parametrize("options", POOLINGS.values(), ids=POOLINGS)
@pytest.mark.parametrize("seed", range(5))
def test_max_pool2d_breaks_ties_alike(options, seed):
    pictures = np.random.default_rng(seed).integers(0, 3, (2, 2, 6, 8)).astype(np.float64)
    assert_agree(lambda m, F, x: F.max_pool2d(x, **options), [pictures], 1e-12)


KINKS = [pytest.param(name, kink, id=f"{name}-{i}") for name, sample in (SAMPLES | COMPOSED).items()
         for i, kink in enumerate(sample.kinks)]


TORCHS = {"largest": lambda x: torch.nn.functional.max_pool2d(x, x.shape[-2:])[..., 0, 0]}    # other names


@pytest.mark.parametrize("name, kink", KINKS)
def test_the_table_of_kinks_is_pytorchs(name, kink):
    arrays = [arg for arg in kink.arguments if isinstance(arg, np.ndarray)]
    others = [arg for arg in kink.arguments[len(arrays):] if arg is not None and arg is not False]
    tracked = [torch.tensor(array, requires_grad=True) for array in arrays]
    out = (TORCHS.get(name) or getattr(torch, name))(*tracked, *others)
    out = out.values if hasattr(out, "values") and not isinstance(out, torch.Tensor) else out
    out.backward(torch.tensor(kink.weight).expand(out.shape))
    for theirs, expected in zip(tracked, kink.gradients, strict=True):
        np.testing.assert_allclose(theirs.grad.numpy(), expected, rtol=1e-9)


@every_call
def test_gradients_of_gradients_agree(call, shapes):
    arrays = distinct(np.random.default_rng(0), *shapes)
    results = []
    for library, functional in (MINIGRAD, TORCH):
        inputs = [library.from_numpy(array.copy()).requires_grad_() for array in arrays]
        out = call(library, functional, *inputs)
        slopes = GRAD[library]((out * out * out).sum(), inputs, create_graph=True)
        sum((slope * slope).sum() for slope in slopes).backward()
        results.append([tensor.grad.detach().numpy() for tensor in inputs])
    for ours, theirs in zip(*results):
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-8 * np.abs(theirs).max(), strict=True)


# --- dtypes -------------------------------------------------------------------------------------------------

OPERANDS = {
    "float32": lambda m: m.from_numpy(np.ones(2, np.float32)),
    "float64": lambda m: m.from_numpy(np.ones(2)),
    "int64": lambda m: m.from_numpy(np.ones(2, np.int64)),
    "int32": lambda m: m.from_numpy(np.ones(2, np.int32)),
    "uint8": lambda m: m.from_numpy(np.ones(2, np.uint8)),
    "bool": lambda m: m.from_numpy(np.ones(2, np.bool_)),
    "float32 0-d": lambda m: m.from_numpy(np.array(1, np.float32)),
    "float64 0-d": lambda m: m.from_numpy(np.array(1.0)),
    "int64 0-d": lambda m: m.from_numpy(np.array(1)),
    "Python float": lambda m: 1.0,
    "Python int": lambda m: 1,
    "Python bool": lambda m: True,
}


def dtype_name(tensor):
    return str(tensor.dtype).removeprefix("torch.")


def outcome(call):
    """The name of the result's dtype, or that there was an error."""
    try:
        return dtype_name(call())
    except (RuntimeError, TypeError):
        return "error"


@pytest.mark.parametrize("apply", [operator.add, operator.mul, operator.truediv, operator.pow, operator.gt])
@pytest.mark.parametrize("left", [name for name in OPERANDS if not name.startswith("Python")])
@pytest.mark.parametrize("right", OPERANDS)
def test_operators_give_the_same_dtype(apply, left, right):
    if apply is operator.pow and "bool" in left and "bool" in right:
        return                                              # in NumPy booleans have powers, in PyTorch none
    for first, second in ((OPERANDS[left], OPERANDS[right]), (OPERANDS[right], OPERANDS[left])):
        ours, theirs = [outcome(lambda: apply(first(m), second(m))) for m in (minigrad, torch)]  # noqa: B023
        assert ours == theirs


FUNCTIONS = {
    "exp": lambda m, x: m.exp(x), "log": lambda m, x: m.log(x), "sqrt": lambda m, x: m.sqrt(x),
    "tanh": lambda m, x: m.tanh(x), "sigmoid": lambda m, x: m.sigmoid(x), "sum": lambda m, x: m.sum(x),
    "sum along": lambda m, x: m.sum(x, 0), "amax": lambda m, x: m.amax(x, 0), "max": lambda m, x: x.max(),
    "argmax": lambda m, x: x.argmax(), "abs": lambda m, x: m.abs(x), "sign": lambda m, x: m.sign(x),
    "neg": lambda m, x: -x, "reshape": lambda m, x: x.reshape(2, 1), "getitem": lambda m, x: x[0],
    "logsumexp": lambda m, x: m.logsumexp(x, 0),
    "where": lambda m, x: m.where(x == x, x, 0),
}
def test_a_power_of_booleans_is_whole():
    for call in (lambda m, x: x**2, lambda m, x: 2**x, lambda m, x: m.square(x)):
        ours, theirs = [call(m, m.tensor([True, False])) for m in (minigrad, torch)]
        assert dtype_name(ours) == dtype_name(theirs) == "int64" and ours.tolist() == theirs.tolist()


@pytest.mark.parametrize("numbers", [[True, False], [0, 5, -3], np.array([0, 5], np.uint8)], ids=repr)
def test_the_tilde_is_bitwise(numbers):
    ours, theirs = [~m.tensor(numbers) for m in (minigrad, torch)]
    assert dtype_name(ours) == dtype_name(theirs) and ours.tolist() == theirs.tolist()


REFUSED_BY_ONE = {("abs", "bool"), ("argmax", "bool"), ("sign", "bool"), ("logsumexp", "bool")}


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("operand", ["float32", "float64", "int64", "int32", "uint8", "bool"])
def test_functions_give_the_same_dtype(function, operand):
    apply, make = FUNCTIONS[function], OPERANDS[operand]
    ours, theirs = [outcome(lambda: apply(m, make(m))) for m in (minigrad, torch)]  # noqa: B023
    assert ours == theirs or ((function, operand) in REFUSED_BY_ONE and "error" in (ours, theirs))


@pytest.mark.parametrize("data", [1.5, [1, 2.5], 3, [1, 2], True, [[True], [False]], np.array([1.0]),
                                  np.array([1], np.float32), np.float64(2.0)], ids=repr)
def test_tensor_gives_the_same_dtype_and_shape(data):
    ours, theirs = minigrad.tensor(data), torch.tensor(data)
    assert dtype_name(ours) == dtype_name(theirs) and ours.shape == tuple(theirs.shape)


@pytest.mark.parametrize("data", [[1, 2], [1.5, 2], [True], []], ids=repr)
def test_the_class_makes_float32_of_pythons_numbers(data):
    ours, theirs = minigrad.Tensor(data), torch.Tensor(data)
    assert dtype_name(ours) == dtype_name(theirs) == "float32" and ours.tolist() == theirs.tolist()


@pytest.mark.parametrize("make", [
    lambda m: m.rand_like(m.ones(3, dtype=m.float64)), lambda m: m.randn_like(m.ones(3)),
    lambda m: m.arange(end=3), lambda m: m.arange(1, end=4), lambda m: m.arange(4, 1, -1),
    lambda m: m.zeros(2, 0).logsumexp(1), lambda m: m.zeros(0, 3).logsumexp(0),
    lambda m: m.zeros(2, 0).log_softmax(0), lambda m: m.zeros(0).chunk(3)[2],
    lambda m: m.zeros(0).split(2)[0], lambda m: m.zeros(0).split(0)[0],
    lambda m: m.ones(1, 1).squeeze(()), lambda m: m.ones(2, 2).any(()), lambda m: m.ones(2, 2).all(()),
    lambda m: m.ones(2, 2).sum(()), lambda m: m.tensor([1, 2]).zero_(), lambda m: m.tensor([True]).zero_(),
    lambda m: m.tensor(2.5).argmax(0), lambda m: m.tensor(2.5).max(-1).indices,
])
def test_what_is_made_has_the_same_shape_and_dtype(make):
    ours, theirs = make(minigrad), make(torch)
    assert dtype_name(ours) == dtype_name(theirs) and ours.shape == tuple(theirs.shape)
    if "rand" not in make.__code__.co_names[0]:
        assert ours.tolist() == theirs.tolist()


def test_the_slope_of_logsumexp_is_the_same_at_infinity():
    for numbers in ([np.inf, 1.0], [-np.inf, 1.0], [-np.inf, 0.0, np.inf]):
        with np.errstate(invalid="ignore", divide="ignore"):
            assert_agree(lambda m, F, x: m.logsumexp(x, 0), [np.array(numbers)], 1e-12)


def test_numbers_are_formatted_alike():
    for library in (minigrad, torch):
        loss = library.tensor(2.34567, requires_grad=True)
        assert f"{loss:.3f}|{loss:10.2e}|{library.tensor(7):3d}" == "2.346|  2.35e+00|  7"
        assert f"{library.tensor(2.5)}" == "2.5"
        with pytest.raises(TypeError, match="Tensor.__format__"):
            f"{library.tensor([2.5]):.3f}"


def test_nothing_is_equal_to_none():
    for library in (minigrad, torch):
        x = library.tensor([1.0, 2.0])
        assert (x == None) is False and (x != None) is True                     # noqa: E711


# --- Errors and the graph -----------------------------------------------------------------------------------

MISTAKES = {
    "shapes that do not broadcast": lambda m, F: m.ones(2, 3) + m.ones(2),
    "matrices that do not fit": lambda m, F: m.ones(2, 3) @ m.ones(2, 3),
    "too small an array to reshape": lambda m, F: m.ones(2, 3).reshape(4, 2),
    "an axis too many": lambda m, F: m.ones(2, 3).sum(2),
    "an axis twice": lambda m, F: m.ones(2, 3).sum((0, 0)),
    "an axis twice, flipped": lambda m, F: m.ones(2, 3).flip(0, -2),
    "an axis twice, squeezed": lambda m, F: m.ones(1, 3).squeeze((0, 0)),
    "an axis twice, moved": lambda m, F: m.ones(2, 3).permute(0, 0),
    "an axis twice, of logsumexp": lambda m, F: m.ones(2, 3).logsumexp((1, -1)),
    "an axis twice, of var": lambda m, F: m.ones(2, 3).var((1, 1)),
    "an axis a number has not": lambda m, F: m.tensor(1.0).sum(1),
    "an axis by half": lambda m, F: m.ones(2, 3).squeeze(0.5),
    "axes to flatten backwards": lambda m, F: m.ones(2, 3).flatten(1, 0),
    "one tensor along no axis": lambda m, F: m.cat([m.ones(2)], 5),
    "a number to join": lambda m, F: m.cat([m.tensor(1.0)]),
    "a tensor for a list": lambda m, F: m.cat(m.ones(2, 3)),
    "a tensor for a list to stack": lambda m, F: m.stack(m.ones(2, 3)),
    "a new length left open": lambda m, F: m.ones(3).expand(-1, 3),
    "flip along nothing": lambda m, F: m.ones(3).flip(),
    "no shape": lambda m, F: m.ones(1).reshape(),
    "no size": lambda m, F: m.zeros(),
    "a negative size": lambda m, F: m.zeros(-1),
    "a negative size to fill": lambda m, F: m.full((2, -1), 1.0),
    "parts of no length": lambda m, F: m.ones(3).split(0),
    "parts of a negative length": lambda m, F: m.ones(3).split([4, -1]),
    "no parts": lambda m, F: m.ones(3).chunk(0),
    "parts of a number": lambda m, F: m.tensor(1.0).chunk(1),
    "parts of a given length of a number": lambda m, F: m.tensor(1.0).split(1),
    "steps of 0": lambda m, F: m.arange(1, 5, 0),
    "steps the wrong way": lambda m, F: m.arange(5, 1),
    "no end": lambda m, F: m.arange(),
    "softmax without an axis": lambda m, F: m.softmax(m.ones(2, 2), None),
    "softmax along two axes": lambda m, F: F.log_softmax(m.ones(2, 2), (0, 1)),
    "the tilde of fractions": lambda m, F: ~m.ones(2),
    "integers for fractions": lambda m, F: setattr(m.ones(2, requires_grad=True), "data", m.tensor([1, 2])),
    "random integers": lambda m, F: m.rand_like(m.tensor([1, 2])),
    "a pair for a bias": lambda m, F: F.conv2d(m.ones(1, 1, 5, 5), m.ones(2, 1, 3, 3), (1, 1)),
    "a function of NumPy's": lambda m, F: np.exp(m.ones(2, requires_grad=True)),
    "an index too large": lambda m, F: m.ones(2, 3)[2],
    "an index tensor too large": lambda m, F: m.ones(2, 3)[m.tensor([0, 2])],
    "the largest of nothing": lambda m, F: m.ones(0).max(),
    "the largest along nothing": lambda m, F: m.ones(2, 0).max(1),
    "a window too long": lambda m, F: m.ones(3).unfold(0, 4, 1),
    "a step of 0": lambda m, F: m.ones(3).unfold(0, 2, 0),
    "a step backwards": lambda m, F: m.ones(3).unfold(0, 4, -1),
    "backward without a gradient": lambda m, F: m.ones(2, requires_grad=True).exp().backward(),
    "backward with the wrong shape": lambda m, F: m.ones(2, requires_grad=True).exp().backward(m.ones(3)),
    "backward with nothing to differentiate": lambda m, F: m.ones(2).sum().backward(),
    "integers that want a gradient": lambda m, F: m.tensor([1], requires_grad=True),
    "numpy() of a tensor with a gradient": lambda m, F: m.ones(2, requires_grad=True).numpy(),
    "one number of two": lambda m, F: m.ones(2).item(),
    "a leaf changed in place": lambda m, F: m.ones(2, requires_grad=True).__iadd__(1),
    "a truth of two": lambda m, F: bool(m.ones(2)),
    "a kernel too large": lambda m, F: F.conv2d(m.ones(1, 1, 2, 2), m.ones(1, 1, 3, 3)),
    "other channels": lambda m, F: F.conv2d(m.ones(1, 2, 5, 5), m.ones(1, 1, 3, 3)),
    "padding above half a window": lambda m, F: F.max_pool2d(m.ones(1, 1, 4, 4), 2, padding=2),
    "a class too large": lambda m, F: F.cross_entropy(m.ones(2, 3), m.tensor([0, 3])),
    "a negative class": lambda m, F: F.cross_entropy(m.ones(2, 3), m.tensor([0, -1])),
    "a misspelt reduction": lambda m, F: F.mse_loss(m.ones(2), m.ones(2), reduction="avg"),
    "three strides": lambda m, F: F.conv2d(m.ones(1, 1, 5, 5), m.ones(1, 1, 3, 3), stride=(1, 1, 1)),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_in_both(mistake):
    for library, functional in (MINIGRAD, TORCH):
        with pytest.raises((RuntimeError, IndexError, ValueError, TypeError)):
            mistake(library, functional)


def used_twice(m, x):
    (x * x + x).sum().backward()


def two_backwards(m, x):
    (x * 2).sum().backward()
    (x * 3).sum().backward()


def detached(m, x):
    (x.detach() * x).sum().backward()


def changed_through_data(m, x):
    y = (x * 3).sum()
    x.data = x.data * 5
    y.backward()


def asked_for_after_forward(m, x):
    constant = m.ones(2)
    y = (x * constant).sum()
    constant.requires_grad_()
    y.backward()
    if constant.grad is not None:
        x.grad = constant.grad


def switched_off_and_on(m, x):
    m.set_grad_enabled(False)
    constant = x * 100
    m.set_grad_enabled(True)
    (x * constant).sum().backward()


def switched_for_a_stretch(m, x):
    with m.set_grad_enabled(False):
        with m.set_grad_enabled(True):
            y = x * 3
        constant = x * 100

    @m.set_grad_enabled(False)
    def tenfold():
        return x * 10

    (y * constant + tenfold() * tenfold() + x).sum().backward()


def made_and_not_entered(m, x):
    m.no_grad()
    (x * x).sum().backward()


def of_signs_alone(m, x):
    m.sign(x).sum().backward()


def squared_in_place(m, x):
    with m.no_grad():
        same = x
        x **= 2
    assert same is x
    (x * x).sum().backward()


def losses_added_up(m, x):
    total = m.zeros(())
    total += x[0] * x[1]
    total += x[1] * 3
    total.backward()


def a_leaf_stepped_by_hand(m, x):
    for _ in range(3):
        (x * x).sum().backward()
        with m.no_grad():
            x -= 0.1 * x.grad
        x.grad.zero_()
    (x * x).sum().backward()


def zeroed_through_data(m, x):
    (x * x).sum().backward()
    x.grad.data.zero_()


PROGRAMS = [used_twice, two_backwards, detached, changed_through_data, asked_for_after_forward,
            losses_added_up, a_leaf_stepped_by_hand, zeroed_through_data, switched_off_and_on,
            switched_for_a_stretch, made_and_not_entered, of_signs_alone, squared_in_place]


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_small_program_leaves_the_same_gradient(program):
    gradients = []
    for library in (minigrad, torch):
        x = library.tensor([2.0, 5.0], requires_grad=True)
        program(library, x)
        gradients.append(x.grad.tolist())
    assert gradients[0] == pytest.approx(gradients[1])


# --- Training -----------------------------------------------------------------------------------------------

def network(m, generator):
    rng = {"rng": generator} if m is minigrad else {}
    return m.nn.Sequential(
        m.nn.Conv2d(1, 4, 3, padding=1, **rng), m.nn.ReLU(), m.nn.MaxPool2d(2),
        m.nn.Conv2d(4, 6, (3, 2), **rng), m.nn.ReLU(), m.nn.Flatten(), m.nn.Linear(36, 5, **rng))


def losses(m, F, optimiser, state, images, labels, steps=100):
    """A training script inside the subset: the same lines for both."""
    model = network(m, np.random.default_rng(0))
    model.load_state_dict({name: m.tensor(numbers) for name, numbers in state.items()})
    optimiser = m.optim.SGD(model.parameters(), **optimiser)
    found = []
    for step in range(steps):
        batch = slice(step % 4 * 16, step % 4 * 16 + 16)
        loss = F.cross_entropy(model(m.tensor(images[batch])), m.tensor(labels[batch]))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        found.append(loss.item())
    return found


@pytest.mark.parametrize("optimiser", [
    dict(lr=0.1),
    dict(lr=0.05, weight_decay=0.01),
    dict(lr=0.02, momentum=0.9),
    dict(lr=0.02, momentum=0.9, weight_decay=0.01, nesterov=True),
], ids=lambda optimiser: ", ".join(optimiser))
def test_a_training_script_gives_the_same_losses(optimiser):
    rng = np.random.default_rng(0)
    images, labels = rng.standard_normal((64, 1, 8, 8)).astype(np.float32), rng.integers(0, 5, 64)
    state = {name: numbers.numpy() for name, numbers in network(minigrad, rng).state_dict().items()}
    ours = losses(*MINIGRAD, optimiser, state, images, labels)
    theirs = losses(*TORCH, optimiser, state, images, labels)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5)
    assert ours[-1] < ours[0]


@pytest.mark.parametrize("make", [
    lambda m, rng: m.nn.Linear(300, 200, **rng),
    lambda m, rng: m.nn.Conv2d(6, 300, 3, **rng),
], ids=["Linear", "Conv2d"])
def test_layers_start_from_the_same_distribution(make):
    torch.manual_seed(0)
    ours, theirs = make(minigrad, {"rng": np.random.default_rng(0)}), make(torch, {})
    for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert mine.shape == tuple(other.shape)
        mine, other = mine.detach().numpy(), other.detach().numpy()
        assert mine.dtype == other.dtype
        assert np.abs(mine).max() == pytest.approx(np.abs(other).max(), rel=0.1)
        assert mine.std() == pytest.approx(other.std(), rel=0.15)


# --- Layers, optimisers and schedules -----------------------------------------------------------------------

LAYER_CALLS = {                                             # name: (the call, the shapes of its tensors)
    "conv2d, same": (
        lambda m, F, x, w, b: F.conv2d(x, w, b, padding="same"), [(2, 3, 6, 7), (4, 3, 4, 3), (4,)]),
    "conv2d, same and dilated": (
        lambda m, F, x, w: F.conv2d(x, w, padding="same", dilation=(3, 1)), [(2, 1, 6, 7), (2, 1, 2, 4)]),
    "conv2d, valid": (
        lambda m, F, x, w: F.conv2d(x, w, stride=2, padding="valid"), [(2, 1, 6, 7), (2, 1, 2, 3)]),
    "avg_pool2d": (lambda m, F, x: F.avg_pool2d(x, 2), [(2, 3, 6, 7)]),
    "avg_pool2d, overlapping": (lambda m, F, x: F.avg_pool2d(x, (3, 4), (2, 1), (1, 2)), [(2, 3, 6, 7)]),
    "avg_pool2d, not counting": (
        lambda m, F, x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False), [(2, 3, 6, 7)]),
    "pad": (lambda m, F, x: F.pad(x, (1, 2, 0, 3), value=2.5), [(2, 3, 4)]),
    "unfold": (lambda m, F, x: F.unfold(x, (2, 3), (2, 1), (1, 0), (1, 2)), [(2, 3, 6, 7)]),
    "fold": (lambda m, F, x: F.fold(x, (6, 7), (2, 3), (2, 1), (1, 0), (1, 2)), [(2, 18, 18)]),
    "batch_norm": (lambda m, F, x, w, b: F.batch_norm(x, None, None, w, b, True), [(4, 3, 2, 5), (3,), (3,)]),
    "batch_norm, used": (
        lambda m, F, x, w, b: F.batch_norm(x, w.detach() * 0 + 0.3, b.detach() * 0 + 2, w, b, eps=0.1),
        [(4, 3, 2, 5), (3,), (3,)]),
    "dropout, used": (lambda m, F, x: F.dropout(x, 0.7, training=False), [(3, 4)]),
    "dropout of all": (lambda m, F, x: F.dropout(x, 1.0), [(3, 4)]),
    "nll_loss": (lambda m, F, x: F.nll_loss(F.log_softmax(x, 1), m.tensor(CLASSES)), [LOGITS]),
    "nll_loss of pictures": (
        lambda m, F, x: F.nll_loss(x, m.tensor([[0, 2], [1, 1]]), reduction="sum"), [(2, 3, 2)]),
    "cross_entropy of one": (lambda m, F, x: F.cross_entropy(x, m.tensor(2)), [(4,)]),
    "cross_entropy of pictures": (
        lambda m, F, x: F.cross_entropy(x, m.tensor([[0, 2], [1, 1]])), [(2, 3, 2)]),
    "cross_entropy of probabilities": (
        lambda m, F, x, y: F.cross_entropy(x, F.softmax(y, 1)), [(2, 3, 2), (2, 3, 2)]),
    "cross_entropy of probabilities, one by one": (
        lambda m, F, x, y: F.cross_entropy(x, y, reduction="none"), [LOGITS, LOGITS]),
    "cross_entropy of one's probabilities": (lambda m, F, x, y: F.cross_entropy(x, y), [(4,), (4,)]),
    "mse_loss, one by one": (lambda m, F, x, y: F.mse_loss(x, y, reduction="none"), [(2, 3), (2, 3)]),
}


@pytest.mark.parametrize("call, shapes", LAYER_CALLS.values(), ids=LAYER_CALLS)
def test_layers_agree_to_the_second_derivative(call, shapes):
    arrays = distinct(np.random.default_rng(0), *shapes)
    assert_agree(call, arrays, 1e-10)
    assert_agree(call, [array.astype(np.float32) for array in arrays], 2e-5)
    test_gradients_of_gradients_agree(call, shapes)


def both(make):
    return [make(library) for library in (minigrad, torch)]


def test_batch_norm_keeps_the_same_estimates():
    rng = np.random.default_rng(0)
    for options in ({}, {"momentum": 0.5}, {"momentum": None}):
        layers = both(lambda m: m.nn.BatchNorm2d(3, **options))  # noqa: B023
        for _ in range(4):
            pictures = (rng.standard_normal((4, 3, 2, 5)) * 3 + 1).astype(np.float32)
            results = [layer(m.from_numpy(pictures)).detach().numpy()
                       for m, layer in zip((minigrad, torch), layers)]
            np.testing.assert_allclose(*results, rtol=1e-4, atol=1e-5)
        states = [layer.state_dict() for layer in layers]
        assert list(states[0]) == list(states[1])
        for name in states[0]:
            ours, theirs = states[0][name].numpy(), states[1][name].numpy()
            np.testing.assert_allclose(ours, theirs, rtol=1e-5, strict=True)
        results = [layer.eval()(m.from_numpy(pictures)).detach().numpy()
                   for m, layer in zip((minigrad, torch), layers)]
        np.testing.assert_allclose(*results, rtol=1e-4, atol=1e-5)


def test_a_network_has_the_same_names():
    def make(m):
        nn, shared = m.nn, m.nn.Linear(2, 2)
        return nn.Sequential(nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)), shared, nn.ReLU(), shared)

    for names in (
        lambda model: list(model.state_dict()),
        lambda model: [name for name, _ in model.named_parameters()],
        lambda model: [name for name, _ in model.named_buffers()],
        lambda model: [name for name, _ in model.named_modules()],
        lambda model: [name for name, _ in model.named_children()],
        lambda model: list(model[1:].state_dict()),
        lambda model: [type(module).__name__ for module in model.modules()],
    ):
        ours, theirs = [names(model) for model in both(make)]
        assert ours == theirs


@pytest.mark.parametrize("make", [
    lambda nn: nn.Conv2d(1, 2, 3), lambda nn: nn.Conv2d(1, 2, (2, 3), 2, "valid", bias=False),
    lambda nn: nn.Conv2d(1, 2, 3, padding=1, dilation=2), lambda nn: nn.Linear(3, 2, bias=False),
    lambda nn: nn.AvgPool2d(2), lambda nn: nn.Flatten(), lambda nn: nn.Softmax(dim=1),
    lambda nn: nn.LogSoftmax(1), lambda nn: nn.ReLU(), lambda nn: nn.Identity(), lambda nn: nn.MSELoss(),
    lambda nn: nn.Sequential(nn.Tanh(), nn.Sequential(nn.Sigmoid())),
])
def test_modules_print_alike(make):
    assert repr(make(minigrad.nn)) == repr(make(torch.nn))


LAYER_MISTAKES = {
    "same with a stride": lambda m, F: F.conv2d(m.ones(1, 1, 5, 5), m.ones(1, 1, 3, 3), None, 2, "same"),
    "a misspelt padding of a layer": lambda m, F: m.nn.Conv2d(1, 1, 3, padding="sane"),
    "same with a stride, in a layer": lambda m, F: m.nn.Conv2d(1, 1, 3, 2, padding="same"),
    "a misspelt padding": lambda m, F: F.conv2d(m.ones(1, 1, 5, 5), m.ones(1, 1, 3, 3), padding="sane"),
    "another bias": lambda m, F: F.conv2d(m.ones(1, 1, 5, 5), m.ones(1, 1, 3, 3), m.ones(2)),
    "too much padding": lambda m, F: F.avg_pool2d(m.ones(1, 1, 5, 5), 2, padding=2),
    "an odd pad": lambda m, F: F.pad(m.ones(2, 3), (1, 2, 3)),
    "a pad of too many axes": lambda m, F: F.pad(m.ones(3), (1, 1, 1, 1)),
    "columns that do not fold": lambda m, F: F.fold(m.ones(1, 8, 11), (4, 5), 2),
    "a probability above 1": lambda m, F: F.dropout(m.ones(3), 1.5),
    "a layer's probability below 0": lambda m, F: m.nn.Dropout(-0.1),
    "dropout of integers": lambda m, F: F.dropout(m.tensor([1, 2])),
    "one number a channel": lambda m, F: m.nn.BatchNorm2d(2)(m.ones(1, 2, 1, 1)),
    "rows for pictures": lambda m, F: m.nn.BatchNorm2d(2)(m.ones(4, 2)),
    "no estimates": lambda m, F: F.batch_norm(m.ones(4, 2), None, None),
    "fewer probabilities": lambda m, F: F.cross_entropy(m.ones(2, 3), m.ones(2, 2)),
    "fewer classes": lambda m, F: F.cross_entropy(m.ones(2, 3), m.tensor([1])),
    "a class too large": lambda m, F: F.nll_loss(m.ones(2, 3), m.tensor([0, 3])),
    "a missing entry": lambda m, F: m.nn.Linear(1, 2).load_state_dict({"weight": m.ones(2, 1)}),
    "another shape": lambda m, F: m.nn.Linear(1, 2).load_state_dict({"weight": m.ones(1, 2)}, strict=False),
    "a name with a dot": lambda m, F: m.nn.Linear(1, 2).add_module("a.b", m.nn.ReLU()),
    "a name that is taken": lambda m, F: m.nn.Linear(1, 2).register_buffer("weight", m.ones(1)),
    "no module": lambda m, F: m.nn.Sequential(F.relu),
    "training that is no boolean": lambda m, F: m.nn.ReLU().train("yes"),
    "nothing to optimise": lambda m, F: m.optim.Adam([]),
    "a result to optimise": lambda m, F: m.optim.SGD([m.ones(2, requires_grad=True) * 2], lr=0.1),
    "a negative rate": lambda m, F: m.optim.Adam([m.ones(2, requires_grad=True)], lr=-1),
    "a beta of 1": lambda m, F: m.optim.Adam([m.ones(2, requires_grad=True)], betas=(1.0, 0.9)),
    "a tensor in two groups": lambda m, F: m.optim.SGD([{"params": [x]} for x in [m.ones(2)] * 2], lr=0.1),
}


@pytest.mark.parametrize("mistake", LAYER_MISTAKES.values(), ids=LAYER_MISTAKES)
def test_a_mistake_with_a_layer_is_one_in_both(mistake):
    for library, functional in (MINIGRAD, TORCH):
        with pytest.raises((RuntimeError, IndexError, ValueError, TypeError, KeyError)):
            mistake(library, functional)


def deep_network(m, rng):
    nn, options = m.nn, {"rng": rng} if m is minigrad else {}
    return nn.Sequential(
        nn.Conv2d(1, 4, 4, padding="same", bias=False, **options), nn.BatchNorm2d(4), nn.ReLU(),
        nn.AvgPool2d(2), nn.Flatten(), nn.Linear(64, 8, **options), nn.Tanh(), nn.Linear(8, 5, **options))


def trained(m, optimiser, schedule, state, images, labels, steps=100):
    """The losses and learning rates of a training script inside the subset: the same lines for both."""
    model = deep_network(m, np.random.default_rng(0))
    model.load_state_dict({name: m.tensor(numbers) for name, numbers in state.items()})
    optimiser = optimiser(m.optim, model)
    schedule = schedule(m.optim.lr_scheduler, optimiser)
    judge, found = m.nn.CrossEntropyLoss(), []
    for step in range(steps):
        batch = slice(step % 4 * 16, step % 4 * 16 + 16)
        loss = judge(model(m.tensor(images[batch])), m.tensor(labels[batch]))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        found.append((loss.item(), *schedule.get_last_lr()))
    return np.array(found)


OPTIMISERS = {
    "SGD": lambda optim, model: optim.SGD(model.parameters(), lr=0.1),
    "SGD, dampened": lambda optim, model: optim.SGD(model.parameters(), 0.05, 0.9, 0.5, 0.01),
    "SGD, Nesterov": lambda optim, model: optim.SGD(model.parameters(), 0.02, 0.9, nesterov=True),
    "SGD in groups": lambda optim, model: optim.SGD(
        [{"params": model[0].parameters()}, {"params": model[1:].parameters(), "lr": 0.02}], lr=0.1,
        momentum=0.5),
    "Adam": lambda optim, model: optim.Adam(model.parameters()),
    "Adam with all": lambda optim, model: optim.Adam(model.parameters(), 0.002, (0.8, 0.99), 1e-3, 0.01),
}
SCHEDULES = {
    "LambdaLR": lambda schedulers, optimiser: schedulers.LambdaLR(optimiser, lambda step: 1 - step / 100),
    "StepLR": lambda schedulers, optimiser: schedulers.StepLR(optimiser, 30, gamma=0.5),
    "CosineAnnealingLR": lambda schedulers, optimiser: schedulers.CosineAnnealingLR(optimiser, 60, 1e-4),
}


@pytest.mark.parametrize("optimiser", OPTIMISERS.values(), ids=OPTIMISERS)
@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
def test_deep_training_gives_the_same_losses_and_rates(optimiser, schedule):
    rng = np.random.default_rng(0)
    images, labels = rng.standard_normal((64, 1, 8, 8)).astype(np.float32), rng.integers(0, 5, 64)
    state = {name: numbers.numpy() for name, numbers in deep_network(minigrad, rng).state_dict().items()}
    ours = trained(minigrad, optimiser, schedule, state, images, labels)
    theirs = trained(torch, optimiser, schedule, state, images, labels)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5)
    assert ours[-1, 0] < ours[0, 0]
