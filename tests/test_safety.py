"""No silent wrong answer: numbers that change under a graph, numbers that stop being numbers."""

import re
import threading

import numpy as np
import pytest

from minigrad import Tensor, autograd, from_numpy, nn, no_grad, ops, optim, tensor
from minigrad.nn import functional as F

W = np.array([[0.5, -1.0], [2.0, 0.25]])


def write_through_data(x, array):
    x.data = tensor(np.full(x.shape, 7.0))


def write_into_data(x, array):
    x.data.zero_()


def write_through_numpy(x, array):
    array[...] = 7.0


def step_of_an_optimiser(x, array):
    x.grad = Tensor(np.ones(x.shape))
    optim.SGD([x], lr=5.0).step()
    x.grad = None


def in_place_operators(x, array):
    with no_grad():
        x *= 3
        x += 1


def write_one_element(x, array):
    with no_grad():
        x[0] = 9.0


CHANGES = [write_through_data, write_into_data, write_through_numpy, step_of_an_optimiser, in_place_operators,
           write_one_element]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("f, slope", [
    (lambda x: x * x, lambda x: 2 * x),
    (lambda x: x.exp(), np.exp),
    (lambda x: x @ tensor(W), lambda x: np.full((3, 2), W.sum(1))),
    (lambda x: (x.reshape(6) * x.T.flatten().reshape(2, 3).T.reshape(6)), lambda x: 2 * x),
], ids=["square", "exp", "matmul", "views"])
def test_a_change_after_forward_leaves_the_gradient_of_the_forward_that_ran(change, f, slope):
    array = np.array([[1.0, 2.0], [-0.5, 3.0], [0.25, -1.0]])
    before = array.copy()
    x = from_numpy(array).requires_grad_()
    y = f(x)
    change(x, array)
    y.backward(np.ones(y.shape))
    np.testing.assert_allclose(x.grad.numpy(), slope(before), rtol=1e-12)
    assert not np.array_equal(x.detach().numpy(), before), "the change did not happen"


@pytest.mark.parametrize("change", CHANGES)
def test_a_constant_that_changes_after_forward_does_not_matter_either(change):
    array = np.array([[1.0, 2.0], [-0.5, 3.0]])
    before, constant = array.copy(), from_numpy(array)
    x = tensor(np.ones((2, 2)), requires_grad=True)
    y = x * constant
    change(constant, array)
    y.backward(np.ones((2, 2)))
    np.testing.assert_array_equal(x.grad.numpy(), before)


def as_it_is(array):
    return array


CONSTANTS = {
    "factor": (lambda x, c: x * c, np.array([[2.0, 3, 4], [5, 6, 7]])),
    "left": (lambda x, c: c - c * x, np.array([[2.0, 3, 4], [5, 6, 7]])),
    "exponent": (lambda x, c: x**c, np.array([[2.0, 3, 4], [5, 6, 7]])),
    "matrix": (lambda x, c: x @ c, np.array([[2.0, 3], [4, 5], [6, 7]])),
    "condition": (lambda x, c: ops.where(c, x, 0.0), np.array([[True, False, True], [False, True, True]])),
    "bounds": (lambda x, c: x.clamp(min=c), np.array([[0.0, 9, 0], [9, 0, 9]])),
    "places": (lambda x, c: x[c], np.array([1, 1, 0])),
    "places beside a slice": (lambda x, c: x[:, c], np.array([1, 1, 0])),
    "places beside an integer": (lambda x, c: x[1, c], np.array([1, 1, 0])),
    "mask": (lambda x, c: x[c], np.array([[True, False, True], [False, True, True]])),
    "gather": (lambda x, c: x.gather(1, c), np.array([[1, 1, 0], [2, 2, 2]])),
    "classes of cross_entropy": (F.cross_entropy, np.array([1, 2])),
    "shares for cross_entropy": (F.cross_entropy, np.array([[0.5, 0.5, 0], [0.2, 0.3, 0.5]])),
    "classes of nll_loss": (F.nll_loss, np.array([1, 2])),
    "target of mse_loss": (F.mse_loss, np.array([[2.0, 3, 4], [5, 6, 7]])),
    "filters": (lambda x, c: F.conv2d(x.reshape(1, 1, 2, 3), c), np.array([[[[2.0, 3], [4, 5]]]])),
    "scales of batch_norm": (lambda x, c: F.batch_norm(x, None, None, c, training=True),
                             np.array([2.0, 3, 4])),
}


@pytest.mark.parametrize("lend", [as_it_is, from_numpy])
@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("name", CONSTANTS)
def test_a_constant_array_that_is_written_to_after_forward_does_not_matter(name, create_graph, lend):
    """Neither to the gradient nor to the gradient of the gradient: an epoch's order may be shuffled again."""
    f, constant = CONSTANTS[name]
    numbers = np.array([[0.3, 1.2, 2.5], [1.7, 0.4, 0.9]])

    def slopes(array, change):
        x = tensor(numbers, requires_grad=True)
        y = f(x, lend(array))
        weight = np.random.default_rng(0).standard_normal(y.shape)
        change(array)
        first, = autograd.grad(y, x, weight, create_graph=create_graph)
        if not create_graph:
            return [first.numpy()]
        weight = np.random.default_rng(1).standard_normal(first.shape)
        second, = autograd.grad((first * weight).sum() + 0 * x.sum(), x)
        return [first.detach().numpy(), second.numpy()]

    untouched = slopes(constant.copy(), lambda array: None)
    written = slopes(constant.copy(), lambda array: array.fill(0))
    for one, other in zip(untouched, written):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("kind", [np.matrix, np.ma.array])
@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_arrays_with_rules_of_their_own_are_plain_arrays_here(kind):
    numbers = np.array([[1.0, 2.0], [3.0, 4.0]])
    for array in (kind(numbers), from_numpy(kind(numbers)), tensor(kind(numbers))):
        x = tensor(numbers + 1, requires_grad=True)
        y = x * array
        y.backward(np.ones((2, 2)))
        assert (y.tolist(), x.grad.tolist()) == ([[2, 6], [12, 20]], [[1, 2], [3, 4]])


def test_an_array_handed_out_cannot_be_written_to():
    x = tensor([1.0, 2.0], requires_grad=True)
    y = x * x
    for handed_out in (x.detach().numpy(), y.detach().numpy(), np.asarray(y.detach()), x.data.numpy()):
        with pytest.raises(ValueError, match="read-only"):
            handed_out[0] = 100.0
    y.sum().backward()
    assert x.grad.tolist() == [2, 4]


def test_an_array_handed_in_may_be_written_to_again():
    array = np.array([1.0, 2.0])
    x = Tensor(array, requires_grad=True)
    y = x * x
    array[:] = 50
    y.sum().backward()
    assert x.grad.tolist() == [2, 4] and x.tolist() == [1, 2]


def test_no_grad_in_another_thread_does_not_switch_off_this_one():
    x, inside, done = tensor([1.0, 2.0], requires_grad=True), threading.Event(), threading.Event()

    def evaluate():
        with no_grad():
            inside.set()
            done.wait(60)

    thread = threading.Thread(target=evaluate)
    thread.start()
    assert inside.wait(60)
    y = (x * x).sum()
    done.set()
    thread.join()
    y.backward()
    assert x.grad.tolist() == [2, 4]


def test_from_numpy_shares_in_both_directions():
    array = np.array([1.0, 2.0])
    x = from_numpy(array)
    array[0] = 5
    assert x.tolist() == [5, 2] and x.numpy() is array
    x += 1
    assert array.tolist() == [6, 3]


def test_a_part_of_a_shared_array_is_what_it_was_when_it_was_taken():
    array, places = np.arange(6.0).reshape(3, 2), np.array([0, 0, 2])
    x, index = from_numpy(array).requires_grad_(), from_numpy(places)
    parts = [x[1:], x[index], x[2, 1], *x.split(2), x.T[1], x[...]]
    before = [part.tolist() for part in parts]
    array[:], places[:] = 50, 1
    assert [part.tolist() for part in parts] == before
    (parts[1] * parts[1]).sum().backward()
    assert x.grad.tolist() == [[0, 4], [0, 0], [8, 10]]


def test_gradient_of_a_gradient_through_changed_numbers_is_refused():
    x = tensor([1.0, 2.0], requires_grad=True)
    y = (x**3).sum()
    x.data = tensor([5.0, 5.0])
    with pytest.raises(RuntimeError, match="changed"):
        autograd.grad(y, x, create_graph=True)


def test_elements_are_written_where_they_are_read():
    """Indices beside an integer: PyTorch takes the integer first, NumPy would not."""
    x, numbers = tensor(np.zeros((2, 3, 4))), np.arange(6.0).reshape(3, 2)
    x[1, :, tensor([3, 0])] = numbers
    assert x[1, :, tensor([3, 0])].tolist() == numbers.tolist()
    assert x.numpy()[1][:, [3, 0]].tolist() == numbers.tolist() and x.sum().item() == 15


def test_a_gradient_is_assigned_only_to_a_tensor_like_it():
    x = tensor([1.0, 2.0], requires_grad=True)
    x.grad = tensor([3.0, 4.0])
    for other in (5.0, np.ones(2, np.float32), tensor([3.0]), tensor(np.ones(2)), tensor([[3.0, 4.0]])):
        with pytest.raises(RuntimeError, match=re.escape("grad: wanted None or (2,) of float32; got")):
            x.grad = other
    assert x.grad.tolist() == [3, 4]
    x.grad = None
    assert x.grad is None


VIEWS = {
    "row": lambda x: x[0],
    "part": lambda x: x[:, 1:],
    "row of a part": lambda x: x[:, 1:][0],
    "transpose": lambda x: x.T,
    "view": lambda x: x.view(-1),
    "flatten": lambda x: x.flatten(),
    "row of a row": lambda x: x.view(1, 2, 3)[0][1],
    "unsqueeze": lambda x: x.unsqueeze(0),
    "data": lambda x: x.data[0],
    "detach": lambda x: x.detach().view(-1),
    "iteration": lambda x: next(iter(x)),
    "split": lambda x: x.split(1)[1],
    "same dtype": lambda x: x[0].float(),
}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("write", [lambda x: x.__setitem__(0, 5.0), Tensor.zero_], ids=["setitem", "zero_"])
def test_a_write_to_a_view_is_refused_as_it_would_be_lost(view, write):
    x = Tensor(np.arange(1.0, 7, dtype=np.float32).reshape(2, 3))
    with pytest.raises(RuntimeError, match=re.escape("is a view of one of shape (2, 3)")):
        write(VIEWS[view](x))
    assert x.tolist() == [[1, 2, 3], [4, 5, 6]]


@pytest.mark.parametrize("view", VIEWS)
def test_what_is_nobody_elses_may_be_written_to(view):
    x = Tensor(np.arange(1.0, 7, dtype=np.float32).reshape(2, 3))
    for part in (VIEWS[view](x).clone(), VIEWS[view](x + 0)):
        part[0] = 5.0
        assert part.sum() != part.zero_().sum() == 0
    x[:, 1:] += 1
    x.data[0, 0] = 9
    assert x.tolist() == [[9, 3, 4], [4, 6, 7]]


def test_an_element_that_is_written_while_recording_is_refused():
    x = tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(RuntimeError, match="not recorded"):
        (x * 2)[0] = 1.0
    free = tensor([1.0, 2.0])
    with pytest.raises(RuntimeError, match="not recorded"):
        free[0] = x[1]
    free[tensor([False, True])] = 9
    free[0] += 1
    assert free.tolist() == [2, 9] and x.tolist() == [1, 2]


# --- The first NaN, the first infinity ----------------------------------------------------------------------

def line_of(words):
    """The number of the line in this file that ends with these words."""
    lines = open(__file__, encoding="utf-8").read().split("\n")
    return next(i for i, line in enumerate(lines, 1) if line.endswith(words))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_anomaly_names_the_operation_and_the_line_that_made_the_first_nan():
    x = tensor([1.0, -1.0], requires_grad=True)
    with autograd.detect_anomaly():
        y = x * 2
        with pytest.raises(RuntimeError, match=rf"log made .*test_safety.py:{line_of('# the culprit')}\b"):
            y.log()  # the culprit
    assert not np.isfinite(x.log().detach().numpy()).all()      # outside, it is allowed


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_anomaly_names_the_operation_whose_gradient_made_the_first_infinity():
    x = tensor([4.0, 0.0], requires_grad=True)
    with autograd.detect_anomaly():
        root = x.sqrt()  # where the slope at 0 is infinite
        loss = (root * 3).sum()
        with pytest.raises(RuntimeError, match=rf"gradient of pow .*:{line_of('at 0 is infinite')}\b"):
            loss.backward()
    assert x.grad is None


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_anomaly_finds_it_in_single_numbers(dtype):
    x = Tensor(np.array(0, dtype), requires_grad=True)
    with autograd.detect_anomaly():
        with pytest.raises(RuntimeError, match="div made the first NaN"):
            x / x
        with pytest.raises(RuntimeError, match="gradient of pow made the first NaN or infinity"):
            x.sqrt().backward()
    with autograd.detect_anomaly():                         # an infinity that goes in may come out
        (Tensor(np.array(np.inf, dtype)) * 2).exp()


def test_anomaly_leaves_alone_what_others_made():
    with autograd.detect_anomaly():
        x = tensor([np.inf, 1.0], requires_grad=True)
        (x * 2).exp()
        F.max_pool2d(tensor(np.ones((1, 1, 2, 2), np.float32)), 2, padding=1)
        masked = ops.where(tensor([True, False]), 0.0, tensor([1.0, 2.0], requires_grad=True))
        masked.sum().backward()


def test_anomaly_finds_it_deep_in_a_network():
    rng = np.random.default_rng(0)
    network = nn.Sequential(nn.Conv2d(1, 2, 3, rng=rng), nn.ReLU(), nn.Flatten(), nn.Linear(8, 3, rng=rng))
    network[3].weight.data = tensor(np.full((3, 8), 3e38, np.float32))
    pictures = tensor(np.full((1, 1, 4, 4), 3e38, np.float32))
    with autograd.detect_anomaly(), np.errstate(all="ignore"):
        with pytest.raises(RuntimeError, match=re.escape("made the first NaN or infinity") + ".*test_safety"):
            network(pictures)


# --- Large numbers ------------------------------------------------------------------------------------------

@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("f", [
    lambda x: x.softmax(1), lambda x: x.log_softmax(1), lambda x: x.logsumexp(1), lambda x: x.sigmoid(),
    lambda x: x.tanh(), lambda x: F.cross_entropy(x, np.array([0, 1, 2])),
], ids=["softmax", "log_softmax", "logsumexp", "sigmoid", "tanh", "cross_entropy"])
def test_ten_thousand_is_no_large_number(f):
    numbers = np.array([[1e4, -1e4, 0.0], [-1e4, -1e4, 1e4], [0.5, 1e4, 1e4]])
    results = {}
    for dtype in (np.float32, np.float64):
        x = Tensor(numbers.astype(dtype), requires_grad=True)
        y = f(x)
        y.backward(np.linspace(1, 2, y.numel()).reshape(y.shape))
        assert np.isfinite(y.detach().numpy()).all() and np.isfinite(x.grad.numpy()).all()
        results[dtype] = y.detach().numpy(), x.grad.numpy()
    for single, double in zip(results[np.float32], results[np.float64]):
        np.testing.assert_allclose(single, double, rtol=1e-6, atol=1e-6)


@pytest.mark.filterwarnings("error")
def test_logsumexp_of_nothing_but_minus_infinity_has_the_gradient_zero():
    x = Tensor(np.array([[-np.inf, -np.inf], [1.0, -np.inf]]), requires_grad=True)
    y = x.logsumexp(1)
    y.backward(np.array([2.0, 3.0]))
    assert y.tolist() == [-np.inf, 1.0]
    assert x.grad.tolist() == [[0, 0], [3, 0]]
