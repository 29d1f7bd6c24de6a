"""The graph: who gets a gradient and when, what is an error, and to which forward pass a gradient belongs."""

import copy
import gc
import operator
import pickle
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad
from minigrad import Tensor, check_vjp, from_numpy, no_grad, ops, tensor, zeros
from minigrad.autograd import grad, gradcheck
from tests.samples import seeds


def leaf(*numbers, dtype=np.float64):
    return Tensor(np.array(numbers, dtype), requires_grad=True)


def number(value, dtype=np.float64):
    return Tensor(np.array(value, dtype), requires_grad=True)


# --- Gradients add up ---------------------------------------------------------------------------------------

def test_a_tensor_used_twice_gets_both_gradients():
    x = leaf(2.0, -3.0)
    (x * x + x).backward(np.array([1.0, 10.0]))
    assert x.grad.tolist() == [5, -50]


def test_a_diamond_is_walked_once_from_the_top():
    x = number(2.0)
    base = x * 3
    left, right = base * base, base * 5
    (left * right).backward()                               # (3x)² · 15x = 135x³
    assert x.grad.item() == 135 * 3 * 2**2


@given(seed=seeds, steps=st.integers(1, 12))
def test_any_graph_of_shared_parts_has_the_nudged_gradient(seed, steps):
    """Random graphs: each step combines two tensors picked from all there are."""
    rng = np.random.default_rng(seed)
    start = [rng.uniform(0.5, 1.0, shape) for shape in [(2, 3), (3,), (2, 1)]]
    combine = {"+": operator.add, "-": operator.sub,
               "*": lambda x, y: x * y * 0.5, "~": lambda x, y: ops.tanh(x - y)}
    plan = [(rng.choice(list(combine)), *rng.integers(0, 3 + step, 2)) for step in range(steps)]
    weight = rng.standard_normal((2, 3))

    def run(*made):
        made = list(made)
        for name, first, second in plan:
            made.append(combine[name](made[first], made[second] * 1.1))
        return ops.sum(made[-1] * weight + made[0] * 0 + made[1] * 0 + made[2] * 0)

    def backward(g, *arrays):
        inputs = [Tensor(array, requires_grad=True) for array in arrays]
        run(*inputs).backward(g)
        return [x.grad.numpy() for x in inputs]

    check_vjp(lambda *arrays: run(*map(Tensor, arrays)).numpy(), backward, start)


def test_backward_adds_to_what_is_there():
    x = leaf(1.0, 2.0)
    for _ in range(3):
        (x * x).backward(np.array([1.0, 1.0]))
    assert x.grad.tolist() == [6, 12]
    x.grad = None
    (x * 7).backward(np.array([1.0, -1.0]))
    assert x.grad.tolist() == [7, -7]


def test_broadcasting_is_added_up_again():
    x, y = Tensor(np.ones((2, 1, 3)), requires_grad=True), Tensor(np.ones((4, 1)), requires_grad=True)
    weight = np.arange(24.0).reshape(2, 4, 3)
    (x * y).backward(weight)
    np.testing.assert_array_equal(x.grad.numpy(), weight.sum(1, keepdims=True))
    np.testing.assert_array_equal(y.grad.numpy(), weight.sum((0, 2))[:, None])


# --- Who gets a gradient ------------------------------------------------------------------------------------

def test_only_leaves_that_ask_get_a_gradient():
    x, constant = leaf(1.0, 2.0), tensor([3.0, 4.0])
    y = x * constant
    z = y.exp().sum()
    z.backward()
    assert x.is_leaf and constant.is_leaf and not y.is_leaf and not z.is_leaf
    assert y.requires_grad and not constant.requires_grad
    assert x.grad is not None and constant.grad is None and y.grad is None and z.grad is None


def test_retain_grad_keeps_the_gradient_of_a_result():
    x = leaf(1.0, 2.0)
    y = x * 3
    y.retain_grad()
    (y * y).backward(np.array([1.0, 10.0]))
    assert y.grad.tolist() == [6, 120] and x.grad.tolist() == [18, 360]
    with pytest.raises(RuntimeError, match="retain_grad"):
        tensor([1.0]).retain_grad()


def test_detach_cuts_the_graph():
    x = leaf(2.0, 3.0)
    y = x * x
    cut = y.detach()
    assert not cut.requires_grad and cut.is_leaf and np.shares_memory(cut.numpy(), y.detach().numpy())
    (cut * x).backward(np.array([1.0, 10.0]))
    assert x.grad.tolist() == [4, 90]


def test_no_grad_as_context_and_as_decorator():
    x = leaf(1.0)

    @no_grad()
    def double(x):
        return x * 2

    with no_grad():
        inside = x * 2
        with no_grad():
            pass
        nested = x * 2
    for silent in (inside, nested, double(x), double(x)):
        assert not silent.requires_grad and silent.is_leaf
    assert (x * 2).requires_grad
    with pytest.raises(KeyError), no_grad():
        raise KeyError
    assert (x * 2).requires_grad, "recording goes on after an error inside no_grad"


def test_requires_grad_can_be_switched():
    x = tensor([1.0, 2.0])
    assert x.requires_grad_() is x and x.requires_grad
    y = x * 2
    with pytest.raises(RuntimeError, match="detach"):
        y.requires_grad_(False)
    assert not x.requires_grad_(False).requires_grad
    assert not (x * 2).requires_grad


@pytest.mark.parametrize("numbers", [[1, 2], [True, False]])
def test_integers_and_booleans_take_no_gradient(numbers):
    kind = str(tensor(numbers).dtype)
    with pytest.raises(RuntimeError, match=kind):
        tensor(numbers, requires_grad=True)
    with pytest.raises(RuntimeError, match=kind):
        Tensor(np.array(numbers), requires_grad=True)
    with pytest.raises(RuntimeError, match=kind):
        tensor(numbers).requires_grad_()
    with pytest.raises(RuntimeError):
        tensor(numbers).requires_grad = True


def test_what_asks_for_a_gradient_is_settled_when_an_operation_runs():
    """As in PyTorch: y = x · w was computed with a constant x, and stays so."""
    x, w = tensor([2.0]), leaf(3.0, dtype=np.float32)
    y = x * w
    x.requires_grad_()
    y.backward()
    assert x.grad is None and w.grad.tolist() == [2]


# --- Errors, before anything has changed --------------------------------------------------------------------

def test_a_second_backward_names_the_fix():
    x = number(3.0)
    y = x * x
    y.backward()
    with pytest.raises(RuntimeError, match="mul.*retain_graph=True"):
        y.backward()
    assert x.grad.item() == 6
    y = x * x
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.item() == 18


def test_a_graph_let_go_halfway_is_an_error_before_any_grad_has_changed():
    x = number(3.0)
    shared = x * x
    z = number(2.0)                                         # newer than `shared`, so the walk meets it first
    shared.exp().backward()
    first, x.grad = x.grad, None
    with pytest.raises(RuntimeError, match="mul.*retain_graph=True"):
        (shared * z + z * 5).backward()
    assert first is not None and x.grad is None and z.grad is None


@pytest.mark.parametrize("gradient, words", [
    (None, "(2, 3)"),
    (np.ones((3, 2)), "(3, 2)"),
    (np.ones(3), "(3,)"),
    (np.ones(()), "()"),
    (tensor([[1.0, 2.0, 3.0]]), "(1, 3)"),
])
def test_a_gradient_of_the_wrong_shape_is_an_error(gradient, words):
    x = Tensor(np.ones((2, 3)), requires_grad=True)
    y = x * 2
    with pytest.raises(RuntimeError) as caught:
        y.backward(gradient)
    assert "(2, 3)" in str(caught.value) and words in str(caught.value)
    with pytest.raises(RuntimeError):
        grad(y, x, gradient)
    assert x.grad is None
    y.backward(np.ones((2, 3)))                             # and nothing was lost
    assert x.grad.tolist() == [[2, 2, 2], [2, 2, 2]]


def test_one_element_of_any_shape_needs_no_gradient():
    x = Tensor(np.full((1, 1), 3.0), requires_grad=True)
    (x * x).backward()
    assert x.grad.tolist() == [[6]]


def test_backward_without_anything_to_differentiate_is_an_error():
    with pytest.raises(RuntimeError, match="require a gradient"):
        tensor(1.0).backward()
    with pytest.raises(RuntimeError, match="require a gradient"):
        grad(tensor(1.0) * 2, number(1.0))


def test_errors_name_the_operation_and_the_shapes():
    with pytest.raises(RuntimeError, match=r"add of \(2, 3\), \(4,\)"):
        tensor(np.zeros((2, 3))) + tensor(np.zeros(4))
    with pytest.raises(RuntimeError, match=r"matmul: wanted .* got \(2, 3\) and \(2, 3\)"):
        tensor(np.zeros((2, 3))) @ tensor(np.zeros((2, 3)))
    with pytest.raises(IndexError, match=r"getitem of \(2, 3\).*index 5"):
        tensor(np.zeros((2, 3)))[5]
    with pytest.raises(TypeError, match=r"sub of \(2,\)"):
        tensor([1.0, 2.0]) - None


NAMED = {                                                   # a call, and words of its error
    "flip": (lambda x: x.flip(0, 0), "(2, 3)"), "squeeze": (lambda x: x.squeeze((1, -1)), "(2, 3)"),
    "mean": (lambda x: x.mean((0, -2)), "(2, 3)"),
    "flatten": (lambda x: x.flatten(1, 0), "(2, 3) and 1 and 0"),
    "cat": (lambda x: ops.cat([x], 5), "(2, 3)"), "stack": (lambda x: ops.stack(x), "list"),
    "split": (lambda x: x.split(0), "(2, 3) and 0"), "chunk": (lambda x: x.chunk(0), "(2, 3) and 0"),
    "broadcast_to": (lambda x: x.expand(-1, 2, 3), "(2, 3)"),
    "zeros": (lambda x: zeros(2, -1), "(2, -1)"),
    "arange": (lambda x: minigrad.arange(1, 5, 0), "steps of 0"),
    "to": (lambda x: x.to("cpu"), "devices"), "whole numbers": (lambda x: x.view(np.float32), "float32"),
    "numpy()": (lambda x: np.exp(x.requires_grad_()), "detach()"),
    "uint8": (lambda x: x[tensor(np.array([0, 1], np.uint8))], "mask"),
}


@pytest.mark.parametrize("name", NAMED)
def test_a_mistake_is_called_by_its_name(name):
    call, words = NAMED[name]
    with pytest.raises((RuntimeError, TypeError, IndexError)) as caught:
        call(tensor(np.zeros((2, 3))))
    assert name in str(caught.value) and words in str(caught.value)
    assert str(caught.value).count(f"{name} of") <= 1


# --- A gradient has one owner -------------------------------------------------------------------------------

@pytest.mark.parametrize("create_graph", [False, True])
def test_two_tensors_never_share_a_gradient(create_graph):
    x, y, z = (leaf(1.0, 2.0) for _ in range(3))
    middle = x + y
    middle.retain_grad()
    weight = np.array([1.0, 10.0])
    (middle + z.reshape(2, 1).reshape(2)).backward(weight, create_graph=create_graph)
    gradients = [tensor.grad for tensor in (x, y, z, middle)]
    assert len({id(gradient) for gradient in gradients}) == 4
    memories = [gradient.detach().numpy() for gradient in gradients] + [weight]
    for i, memory in enumerate(memories):
        assert not any(np.shares_memory(memory, other) for other in memories[:i])


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_given_gradient_is_never_written_to_and_never_kept(create_graph):
    for weight in (np.array([1.0, 10.0]), tensor(np.array([1.0, 10.0]))):
        x = leaf(1.0, 2.0)
        y = x + x
        for _ in range(2):
            y.backward(weight, retain_graph=True, create_graph=create_graph)
            x.backward(weight, create_graph=create_graph)
        np.testing.assert_array_equal(np.asarray(weight), [1, 10])
        assert x.grad.tolist() == [6, 60]
        assert not np.shares_memory(x.grad.detach().numpy(), np.asarray(weight))


@pytest.mark.parametrize("create_graph", [False, True])
def test_transposes_and_parts_of_one_gradient_are_no_ones_but_one_tensors(create_graph):
    x, y, z = (Tensor(np.zeros((2, 3)), requires_grad=True) for _ in range(3))
    row, weight = leaf(0.0, 0.0, 0.0), np.arange(12.0).reshape(2, 6) + 1
    ops.cat([x + y.T.T + row, z], 1).backward(weight, create_graph=create_graph)
    gradients = [tensor.grad.detach().numpy() for tensor in (x, y, z, row)]
    left, right = weight[:, :3], weight[:, 3:]
    for found, expected in zip(gradients, (left, left, right, left.sum(0)), strict=True):
        np.testing.assert_array_equal(found, expected)
    for i, memory in enumerate(gradients):
        assert not any(np.shares_memory(memory, other) for other in [*gradients[:i], weight])


@pytest.mark.parametrize("view", [lambda x: x, lambda x: x.T, lambda x: x.reshape(6)],
                         ids=["as it is", "transposed", "reshaped"])
def test_a_gradient_that_nobody_else_has_is_handed_over_and_not_copied(view):
    x, made = Tensor(np.ones((2, 3)), requires_grad=True), []
    double = ops.Op(lambda x: 2 * x)
    ops.defvjp(double, lambda g, out, x: made.append(2 * g) or made[0])
    double(view(x)).sum().backward()
    assert np.shares_memory(x.grad.numpy(), made[0]) and x.grad.tolist() == [[2] * 3] * 2


def test_a_gradient_keeps_no_more_memory_than_its_own():
    x, more, same = leaf(1.0, 2.0), Tensor(np.ones(1_000)), leaf(1.0, 2.0)
    (ops.cat([x, more]).sum() + same.sum()).backward()
    for each in (x, same):
        array = each.grad.numpy().base                        # a view of it is what users see
        assert array.base is None and array.strides == (8,)


def test_grad_gives_each_input_an_array_of_its_own():
    x, y = leaf(1.0, 2.0), leaf(1.0, 2.0)
    first, second = grad(x + y, [x, y], np.ones(2))
    assert not np.shares_memory(first.numpy(), second.numpy())


# --- grad ---------------------------------------------------------------------------------------------------

def test_grad_leaves_grad_alone():
    x, y = number(2.0), number(5.0)
    dx, dy = grad(x * x * y, [x, y])
    assert (dx.item(), dy.item()) == (20, 4)
    assert x.grad is None and y.grad is None
    only, = grad(x * y, x)
    assert only.item() == 5


def test_grad_reaches_results_in_the_middle():
    x = number(2.0)
    middle = x * x
    by_middle, by_x = grad(middle * middle, (middle, x))
    assert (by_middle.item(), by_x.item()) == (8, 32)


def test_grad_says_which_input_was_not_used():
    x, y = number(2.0), leaf(1.0, 2.0, 3.0)
    with pytest.raises(RuntimeError, match=r"input 1.*\(3,\)"):
        grad(x * x, (x, y))


def test_gradients_of_gradients_of_gradients():
    x = number(2.0)
    y = x**4
    for expected in (32, 48, 48, 24):
        y, = grad(y, x, create_graph=True)
        assert y.item() == pytest.approx(expected)


def test_gradients_of_gradients_are_the_nudged_ones():
    rng = np.random.default_rng(0)
    x, weights = rng.standard_normal(4), rng.standard_normal((3, 4))

    def loss(x):
        return ops.sum(ops.log_softmax(ops.tanh(weights @ x), 0) * np.array([1.0, -2.0, 0.5]))

    gradcheck(loss, Tensor(x, requires_grad=True), order=2)


def test_backward_with_create_graph_gives_gradients_that_can_be_differentiated():
    x = number(3.0)
    (x * x * x).backward(create_graph=True)
    slope, x.grad = x.grad, None
    assert slope.item() == 27
    slope.backward()
    assert x.grad.item() == 18


# --- The gradient of the forward pass that ran --------------------------------------------------------------

def through_data(x):
    x.data = np.array([100.0, 100.0])


def through_data_in_place(x):
    x.data += 100.0


def in_place_under_no_grad(x):
    with no_grad():
        x -= 5.0
        x *= 3.0


def zeroed_under_no_grad(x):
    with no_grad():
        x.zero_()


def by_an_optimiser(x):
    x.grad = tensor(np.ones(2))
    minigrad.optim.SGD([x], lr=10.0).step()
    x.grad = None


CHANGES = [through_data, through_data_in_place, in_place_under_no_grad, zeroed_under_no_grad, by_an_optimiser]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("function", [
    lambda x: x * x, lambda x: x.exp(), lambda x: 1 / x, lambda x: ops.maximum(x, 1.5),
    lambda x: x.reshape(1, 2) @ x, lambda x: ops.logsumexp(x, 0), lambda x: x[np.array([0, 1, 1])] * x[0],
])
def test_a_change_after_forward_leaves_the_gradient_as_it_was(change, function):
    untouched, changed = leaf(1.0, 2.0), leaf(1.0, 2.0)
    expected = function(untouched)
    weight = np.random.default_rng(0).standard_normal(expected.shape)
    expected.backward(weight)
    result = function(changed)
    before = result.tolist()
    change(changed)
    assert changed.tolist() != [1, 2] and result.tolist() == before
    result.backward(weight)
    assert changed.grad.tolist() == untouched.grad.tolist()


def test_a_changed_result_leaves_the_gradient_as_it_was():
    x = leaf(1.0, 2.0)
    y = x.exp()
    z = y * y
    y.data = np.zeros(2)
    z.backward(np.array([1.0, 10.0]))
    np.testing.assert_allclose(x.grad.numpy(), [2 * np.exp(2), 20 * np.exp(4)])


def test_a_gradient_of_a_gradient_is_refused_after_a_change():
    x = leaf(1.0, 2.0)
    y = (x * x).sum()
    x.data = np.array([3.0, 4.0])
    with pytest.raises(RuntimeError, match="mul.*change"):
        grad(y, x, create_graph=True)


def test_a_leaf_cannot_be_changed_in_place_while_recording():
    for change in (operator.iadd, operator.isub, operator.imul, operator.itruediv):
        x = leaf(1.0, 2.0)
        with pytest.raises(RuntimeError, match="in place"):
            change(x, 2.0)
        assert x.tolist() == [1, 2] and x.is_leaf
    with pytest.raises(RuntimeError, match="in place"):
        x.zero_()


def test_in_place_operators_keep_the_tensor_and_its_dtype():
    x = tensor([1.0, 2.0])
    same = x
    x += 1
    x *= np.float64(3)
    x -= tensor([1.0, 0.0])
    x /= 2
    assert x is same and x.dtype == np.float32 and x.tolist() == [2.5, 4.5]
    with pytest.raises(RuntimeError):
        x += np.ones((2, 2), np.float32)
    count = tensor([1, 2])
    with pytest.raises(RuntimeError):
        count += 0.5
    assert x.tolist() == [2.5, 4.5] and count.tolist() == [1, 2]


def test_losses_can_be_added_up_in_place():
    x = leaf(1.0, 2.0, 3.0)
    total = zeros(())
    total += (x * x).sum()
    assert total.item() == 14
    total.backward()
    assert x.grad.tolist() == [2, 4, 6]


@pytest.mark.parametrize("start", [lambda: 0.0, lambda: zeros(())])
def test_losses_can_be_added_up_in_a_loop(start):
    x, total = leaf(1.0, 2.0, 3.0), start()
    for i in range(3):
        total += x[i] * x[i]
    total.backward()
    assert x.grad.tolist() == [2, 4, 6]


def test_adding_to_a_tensor_in_place_does_not_reach_back_into_what_used_it():
    w, v, total = number(2.0), number(3.0), zeros(())
    y = total * w + w
    total += v                                              # y was computed from the zero, not from v
    y.backward()
    assert w.grad.item() == 1 and v.grad is None


def test_gradients_can_be_zeroed_in_place():
    x = leaf(1.0, 2.0)
    (x * x).backward(np.ones(2))
    x.grad.zero_()
    assert x.grad.tolist() == [0, 0]
    (x * 3).backward(np.ones(2))
    assert x.grad.tolist() == [3, 3]


def test_gradients_can_be_zeroed_through_data():
    """`w.grad.data.zero_()`, as many a tutorial has it: to do nothing, silently, would be a wrong answer."""
    x = leaf(1.0, 2.0)
    (x * x).backward(np.ones(2))
    x.grad.data.zero_()
    assert x.grad.tolist() == [0, 0]


def test_data_from_a_users_array_is_copied_so_that_writing_to_it_harms_no_gradient():
    array = np.array([3.0, 4.0])
    for lent in (array, from_numpy(array), from_numpy(array).detach()):
        array[:] = 3, 4
        x = leaf(1.0, 2.0)
        x.data = lent
        y = x * x
        array[:] = 100
        y.backward(np.array([1.0, 10.0]))
        assert x.tolist() == [3, 4] and x.grad.tolist() == [6, 80]


def test_data_refuses_numbers_that_do_not_fit():
    x = tensor([1.0, 2.0])
    for misfit in (np.zeros(3), np.zeros((1, 2)), np.array([1j, 2j])):
        with pytest.raises(RuntimeError, match="cannot replace"):
            x.data = misfit
    with pytest.raises(RuntimeError, match="cannot replace"):
        tensor([1, 2]).data = np.array([0.5, 0.5])
    with pytest.raises(RuntimeError, match="cannot replace"):
        x.data = tensor([3, 4])
    x.data = np.array([3.0, 4.0])
    assert x.dtype == np.float32 and x.tolist() == [3, 4]


# --- Numbers: dtypes and operators --------------------------------------------------------------------------

OPERATORS = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]


@pytest.mark.parametrize("apply", OPERATORS)
@pytest.mark.parametrize("other", [2, 2.0, np.float64(2.0), np.float32(2.0), np.int64(2), True,
                                   tensor(np.array(2.0)), tensor(2), tensor([2, 2]), np.array([2, 2])],
                         ids=lambda other: f"{type(other).__name__}-{getattr(other, 'dtype', '')}")
def test_float32_stays_float32(apply, other):
    x = leaf(1.0, 2.0, dtype=np.float32)
    for result in (apply(x, other), apply(other, x)):
        assert result.dtype == np.float32
        result.backward(np.ones(2))
        assert x.grad.dtype == np.float32


@pytest.mark.parametrize("apply", OPERATORS)
@pytest.mark.parametrize("other", [2, 2.0, np.float64(2.0), np.float32(2.0), tensor([2.0, 3.0]),
                                   tensor([2, 3])],
                         ids=lambda other: f"{type(other).__name__}-{getattr(other, 'dtype', '')}")
def test_float64_stays_float64(apply, other):
    x = leaf(1.0, 2.0)
    for result in (apply(x, other), apply(other, x)):
        assert result.dtype == np.float64


def test_a_gradient_has_the_dtype_of_its_tensor_where_dtypes_mix():
    x, y = leaf(1.0, 2.0, dtype=np.float32), leaf(3.0, 4.0)
    out = x * y
    assert out.dtype == np.float64
    out.backward(np.ones(2, np.float32))
    assert x.grad.dtype == np.float32 and y.grad.dtype == np.float64


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.uint8, np.bool_])
def test_integers_become_float32_where_the_result_is_a_fraction(dtype):
    x = Tensor(np.array([1, 1], dtype))
    results = [x / x, x / 2, x * 0.5, x.exp(), x.log(), x.sqrt(), x.tanh(), x.sigmoid()]
    assert [result.dtype for result in results] == [np.float32] * len(results)


def test_functions_of_small_integers_are_right():
    """NumPy would compute these in float16, or wrap around below zero."""
    numbers = np.array([0, 3, 12], np.uint8)
    x, exact = Tensor(numbers), numbers.astype(np.float64)
    shares = np.exp(exact) / np.exp(exact).sum()
    pairs = [
        (x.exp(), np.exp(exact)), ((x + 1).log(), np.log(exact + 1)), (x.sqrt(), np.sqrt(exact)),
        (x.tanh(), np.tanh(exact)), (x.sigmoid(), 1 / (1 + np.exp(-exact))),
        (x.logsumexp(0), np.log(np.exp(exact).sum())), (x.softmax(0), shares),
        (x / 255, exact / 255),
    ]
    for result, expected in pairs:
        np.testing.assert_allclose(result.numpy(), expected, rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.uint8, np.bool_])
def test_sums_of_integers_are_int64(dtype):
    total = Tensor(np.array([1, 1], dtype)).sum()
    assert total.dtype == np.int64 and total.item() == 2


def test_integers_stay_integers():
    x = tensor([1, 2])
    for result in (x + x, x * 3, x - 1, x**2, -x, x.sum(), x.argmax(), x.max(), x.reshape(2, 1), x[0]):
        assert result.dtype == np.int64
    for result in (x == 1, x != x, x < 2, x >= x, x > 1, x <= 0):
        assert result.dtype == np.bool_


def test_python_floats_become_float32_and_arrays_keep_their_dtype():
    assert tensor(1.5).dtype == tensor([1.5, 2]).dtype == np.float32
    assert tensor([1, 2]).dtype == np.int64 and tensor(True).dtype == np.bool_
    for dtype in (np.float64, np.float32, np.int32, np.uint8):
        assert tensor(np.zeros(2, dtype)).dtype == Tensor(np.zeros(2, dtype)).dtype == dtype
    assert tensor([1, 2], dtype=np.float64).dtype == np.float64
    for made in (Tensor(2), Tensor([1, 2]), Tensor([[0.5]]), minigrad.nn.Parameter(1.0)):
        assert made.dtype == np.float32
    assert Tensor(np.float64(2)).dtype == np.float64 and Tensor(tensor(2)).dtype == np.int64


TOO_WIDE = [np.complex64, np.complex128, *({np.dtype(np.longdouble)} - {np.dtype(np.float64)})]
NOT_OURS = [np.float16, np.dtype("f4").newbyteorder(), np.dtype("i4").newbyteorder(), *TOO_WIDE]


@pytest.mark.parametrize("dtype", NOT_OURS, ids=str)
def test_other_dtypes_are_refused(dtype):
    array = np.ones(2, dtype)
    for make in (Tensor, tensor, from_numpy):
        with pytest.raises(TypeError, match="float32, float64, integers or booleans, not"):
            make(array)


@pytest.mark.parametrize("dtype", TOO_WIDE, ids=str)
def test_a_constant_does_not_widen_a_tensor_to_another_dtype(dtype):
    for apply in (operator.add, operator.mul, operator.truediv):
        with pytest.raises(TypeError, match="float32, float64, integers or booleans, not"):
            apply(tensor([1.0, 2.0]), np.ones(2, dtype))


COMPARISONS = [operator.eq, operator.ne, operator.gt, operator.ge, operator.lt, operator.le]


@pytest.mark.parametrize("apply", OPERATORS + COMPARISONS)
@pytest.mark.parametrize("other", [np.array([[1, 2.5], [3, 2]]), np.float64(2.0), 2.0, 3, np.array(2.0)],
                         ids=["array", "NumPy number", "float", "int", "0-d array"])
def test_operators_work_from_both_sides(apply, other):
    numbers = np.array([2.0, 2.5])
    x = Tensor(numbers, requires_grad=True)
    from_left, from_right = (apply(x, other), apply(numbers, other)), (apply(other, x), apply(other, numbers))
    for result, expected in (from_left, from_right):
        assert type(result) is Tensor
        np.testing.assert_array_equal(result.detach().numpy(), expected, strict=True)


def test_an_array_on_the_left_is_differentiated_through():
    x = leaf(2.0, 3.0)
    array = np.array([[1.0, 2.0], [3.0, 4.0]])
    slopes = [(array + x, 1), (array - x, -1), (array * x, array), (array / x, -array / np.array([4.0, 9.0]))]
    for made, slope in slopes:
        assert type(made) is Tensor and made.shape == (2, 2)
        gradient, = grad(made, x, np.ones((2, 2)))
        np.testing.assert_allclose(gradient.numpy(), (slope * np.ones((2, 2))).sum(0))
    gradient, = grad(array @ x, x, np.array([1.0, 10.0]))
    assert gradient.tolist() == [31, 42]


def test_abs_and_negation_are_operators_too():
    assert abs(tensor([-1.0, 2.0])).tolist() == [1, 2] and (-tensor([-1.0, 2.0])).tolist() == [1, -2]


# --- Methods ------------------------------------------------------------------------------------------------

def cube():
    return Tensor(np.random.default_rng(0).standard_normal((2, 3, 4)), requires_grad=True)


METHODS = {
    "sum": (lambda x: x.sum(1, keepdim=True), lambda a: a.sum(1, keepdims=True)),
    "sum over two": (lambda x: x.sum(dim=(0, -1)), lambda a: a.sum((0, 2))),
    "mean": (lambda x: x.mean(-1), lambda a: a.mean(2)),
    "mean of all": (lambda x: x.mean(), lambda a: a.mean()),
    "amax": (lambda x: x.amax((0, 2), keepdim=True), lambda a: a.max((0, 2), keepdims=True)),
    "max": (lambda x: x.max(), lambda a: a.max()),
    "max along an axis": (lambda x: x.max(1)[0], lambda a: a.max(1)),
    "logsumexp": (lambda x: x.logsumexp(2), lambda a: np.log(np.exp(a).sum(2))),
    "softmax": (lambda x: x.softmax(0), lambda a: np.exp(a) / np.exp(a).sum(0)),
    "log_softmax": (lambda x: x.log_softmax(-1), lambda a: a - np.log(np.exp(a).sum(2, keepdims=True))),
    "exp and log": (lambda x: x.exp().log(), lambda a: a),
    "sqrt": (lambda x: (x * x).sqrt(), lambda a: np.abs(a)),
    "tanh, sigmoid, relu, abs": (lambda x: x.tanh() + x.sigmoid() + x.relu() + x.abs(),
                                 lambda a: np.tanh(a) + 1 / (1 + np.exp(-a)) + np.maximum(a, 0) + np.abs(a)),
    "reshape": (lambda x: x.reshape(4, -1), lambda a: a.reshape(4, 6)),
    "reshape to a tuple": (lambda x: x.reshape((6, 4)), lambda a: a.reshape(6, 4)),
    "flatten": (lambda x: x.flatten(), lambda a: a.ravel()),
    "flatten the last two": (lambda x: x.flatten(1), lambda a: a.reshape(2, 12)),
    "flatten the first two": (lambda x: x.flatten(0, 1), lambda a: a.reshape(6, 4)),
    "flatten a number": (lambda x: x[0, 0, 0].flatten(), lambda a: a[0, 0, :1]),
    "permute": (lambda x: x.permute(2, 0, 1), lambda a: np.einsum("abc->cab", a)),
    "permute by a tuple": (lambda x: x.permute((1, 2, 0)), lambda a: np.einsum("abc->bca", a)),
    "permute from the back": (lambda x: x.permute(-1, -3, -2), lambda a: np.einsum("abc->cab", a)),
    "transpose": (lambda x: x.transpose(0, -1), lambda a: a.swapaxes(0, 2)),
    "mT": (lambda x: x.mT, lambda a: a.swapaxes(1, 2)),
    "T": (lambda x: x[0].T, lambda a: a[0].T),
    "expand": (lambda x: x[:, :1].expand(2, 5, 4), lambda a: np.repeat(a[:, :1], 5, 1)),
    "unfold": (lambda x: x.unfold(-1, 2, 1), lambda a: np.stack([a[..., :3], a[..., 1:]], -1)),
    "matmul": (lambda x: x.matmul(x.mT), lambda a: np.einsum("nik,njk->nij", a, a)),
    "an index from a tensor": (lambda x: x[tensor([1, 0, 1])], lambda a: a[[1, 0, 1]]),
    "two of them": (lambda x: x[tensor([1, 0, 1]), :, tensor([0, 0, 3])],
                    lambda a: a[[1, 0, 1], :, [0, 0, 3]]),
    "a mask from a tensor": (lambda x: x[x > 0], lambda a: a[a > 0]),
    "iteration": (lambda x: sum(row * i for i, row in enumerate(x)), lambda a: a[1]),
}


@pytest.mark.parametrize("apply, reference", METHODS.values(), ids=METHODS)
def test_methods(apply, reference):
    x = cube()
    result = apply(x)
    np.testing.assert_allclose(result.detach().numpy(), reference(x.detach().numpy()), rtol=1e-12, atol=1e-12)
    check_vjp(reference, lambda g, a: grad(apply(x), x, g)[0].numpy(), [x.detach().numpy()])


def test_max_along_an_axis_gives_values_and_the_first_indices():
    result = tensor([[1.0, 3.0, 3.0], [2.0, 2.0, 0.0]]).max(1)
    assert result.values.tolist() == [3, 2] and result.indices.tolist() == [1, 0]
    assert tensor([1.0, 4.0]).max(0).values.item() == 4


def test_max_of_a_vector_has_a_gradient():
    x = leaf(1.0, 4.0, 4.0)
    values, indices = x.max(0)
    values.backward()
    assert x.grad.tolist() == [0, 1, 0] and indices.item() == 1


# --- In the hand --------------------------------------------------------------------------------------------

@pytest.mark.parametrize("made, text", [
    (lambda: tensor([1.0, 2.5]), "tensor([1.0000, 2.5000])"),
    (lambda: tensor(3), "tensor(3)"),
    (lambda: tensor([True]), "tensor([True])"),
    (lambda: tensor(np.array([1.0])), "tensor([1.], dtype=float64)"),
    (lambda: leaf(1.0, dtype=np.float32), "tensor([1.], requires_grad=True)"),
    (lambda: leaf(1.0, dtype=np.float32) * 2, "tensor([2.], grad_fn=<mul>)"),
    (lambda: tensor([[1, 2], [3, 4]]), "tensor([[1, 2],\n        [3, 4]])"),
])
def test_repr_shows_the_numbers_and_where_they_come_from(made, text):
    assert repr(made()) == text


def test_sizes():
    x = tensor(np.zeros((2, 3), np.float32))
    assert x.shape == (2, 3) == x.size() and x.size(-1) == 3
    assert x.ndim == 2 and x.numel() == 6 and len(x) == 2
    with pytest.raises(TypeError, match="0-d"):
        len(tensor(1.0))
    with pytest.raises(TypeError):
        iter(tensor(1.0))


def test_one_element_is_a_number():
    for x in (tensor(2.5), tensor([[2.5]])):
        assert x.item() == float(x) == 2.5 and int(x) == 2 and bool(x)
    assert not tensor(0.0) and type(tensor(1).item()) is int
    for convert in (Tensor.item, float, int, bool):
        with pytest.raises(RuntimeError, match=r"\(2,\)"):
            convert(tensor([1.0, 2.0]))


def test_numpy_of_a_tensor():
    array = np.array([1.0, 2.0])
    x = from_numpy(array)
    assert x.numpy() is array and np.asarray(x) is array
    assert np.array(x) is not array and np.asarray(x, np.float32).dtype == np.float32
    assert tensor(array).numpy() is not array and not np.shares_memory(tensor(x).numpy(), array)
    with pytest.raises(RuntimeError, match=r"detach\(\)"):
        x.requires_grad_().numpy()
    with pytest.raises(RuntimeError, match=r"detach\(\)"):
        np.asarray(x)
    with pytest.raises(TypeError, match="list"):
        from_numpy([1.0])


SINGLE = [np.float32, np.float64, np.int64, np.int32, np.uint8, np.bool_]
single = pytest.mark.parametrize("dtype", SINGLE, ids=lambda dtype: dtype.__name__)


@single
def test_a_single_number_is_an_array_like_any_other_to_numpy(dtype):
    for x in (Tensor(np.array(1, dtype)), Tensor(dtype(1)), Tensor(np.array([1, 0], dtype))[0]):
        array = x.numpy()
        assert type(array) is np.ndarray and array.shape == () and array.dtype == dtype
        assert not array.flags.writeable and np.array(x).flags.writeable
        assert (x.shape, x.ndim, x.dtype, x.numel(), x.item()) == ((), 0, dtype, 1, 1)
        assert np.asarray(x, np.float64).dtype == np.float64 and type(x.item()) is type(dtype(1).item())


@single
def test_a_single_number_changes_in_place_and_all_who_share_it_see_it(dtype):
    x = Tensor(np.array(1, dtype))
    same, alias = x, x.detach()
    x *= dtype(0)
    assert same is x and (x.item(), alias.item(), x.dtype) == (0, 1, dtype)
    alias = x.detach()
    alias[...] = 1
    assert (x.item(), alias.item()) == (1, 1)
    x.data = dtype(0)
    x.data = Tensor(np.array(1, dtype))
    assert (x.item(), x.dtype, x.numpy().dtype) == (1, dtype, dtype)
    copied, cloned = copy.deepcopy(x), pickle.loads(pickle.dumps(x))
    x.zero_()
    assert (x.item(), copied.item(), cloned.item(), copied.dtype, cloned.dtype) == (0, 1, 1, dtype, dtype)


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_tensor_and_its_copy_have_gradients_of_their_own(again):
    x = Tensor(np.array([2.0, 3.0]), requires_grad=True)
    other = again(x)
    (x * x * other).sum().backward()
    assert x.grad.tolist() == [8, 18] and other.grad.tolist() == [4, 9]


@single
def test_a_single_number_of_from_numpy_shares_its_memory(dtype):
    array = np.array(0, dtype)
    x = from_numpy(array)
    array[...] = 1
    assert x.item() == 1 and np.shares_memory(x.numpy(), array)
    x[...] = 0
    assert array == 0
    for alias in (x.detach(), x.data, x.detach().detach()):
        array[...] = 1
        assert alias.item() == 1 and np.shares_memory(alias.numpy(), array)
        alias[...] = 0
        assert array == 0 == x.item()
    y = x + x                                               # what was computed is nobody else's
    array[...] = 1
    assert y.item() == 0


def test_a_single_number_that_a_graph_has_used_may_change():
    array = np.array(3.0)
    shared, own = from_numpy(array).requires_grad_(), number(3.0)
    for x in (shared, own):
        y = x * x
        x.data = 100.0
        y.backward()
        assert (x.grad.item(), x.grad.dtype, x.item()) == (6, np.float64, 100)
        x.grad += 1
        x.grad.zero_()
        assert x.grad.item() == 0
    assert array == 100


def test_a_single_number_comes_back_from_a_file_and_into_a_module(tmp_path):
    module = minigrad.nn.Module()
    module.scale = minigrad.nn.Parameter(np.array(2.5, np.float32))
    module.register_buffer("count", Tensor(np.array(3)))
    minigrad.save(module.state_dict(), tmp_path / "numbers.npz")
    state = minigrad.load(tmp_path / "numbers.npz")
    with no_grad():
        module.scale *= 0
        module.count += 1
    module.load_state_dict(state)
    assert (module.scale.item(), module.scale.dtype, module.scale.shape) == (2.5, np.float32, ())
    assert (module.count.item(), module.count.dtype) == (3, np.int64)


def test_tensors_are_told_apart_by_identity():
    x, y = tensor([1.0]), tensor([1.0])
    assert {x: "x", y: "y"}[y] == "y" and len({x, y, x}) == 2


def test_creation():
    assert zeros(2, 3).shape == zeros((2, 3)).shape == (2, 3) and zeros(()).shape == ()
    assert minigrad.ones(2, dtype=np.float64, requires_grad=True).tolist() == [1, 1]
    assert minigrad.ones(2).dtype == zeros(2).dtype == np.float32
    for make in (minigrad.rand, minigrad.randn):
        drawn = [make(500, rng=np.random.default_rng(seed)) for seed in (3, 3, 4)]
        assert drawn[0].dtype == np.float32 and drawn[0].shape == (500,)
        assert drawn[0].tolist() == drawn[1].tolist() != drawn[2].tolist()
    rng = np.random.default_rng(0)
    uniform, normal = minigrad.rand(10_000, rng=rng).numpy(), minigrad.randn(10_000, rng=rng).numpy()
    assert 0 <= uniform.min() and uniform.max() < 1 and abs(uniform.mean() - 0.5) < 0.02
    assert abs(normal.mean()) < 0.05 and abs(normal.std() - 1) < 0.05


# --- Depth and memory ---------------------------------------------------------------------------------------

def test_a_chain_of_200_000_operations():
    x = number(1.0)
    y = x
    for _ in range(100_000):
        y = (y + 1e-5) * 1.0
    assert y.item() == pytest.approx(2)
    y.backward()
    assert x.grad.item() == 1
    for _ in range(200_000):
        y = -y                                              # this one is freed without ever being walked
    del y


def test_sixty_doublings_take_sixty_steps():
    x = number(1.0)
    y = x
    for _ in range(60):
        y = y + y
    y.backward()
    assert x.grad.item() == 2.0**60


@pytest.fixture
def no_cycle_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def some_loss(x, watched):
    """A loss, with weak references to all results on the way."""
    hidden = (x.reshape(2, 3) @ np.ones((3, 4))).relu()
    parts = [hidden, hidden.max(1).values, hidden.logsumexp(0), hidden[:, 1:], hidden.mean()]
    loss = sum(part.sum() for part in parts)
    watched += [weakref.ref(part) for part in [*parts, loss]]
    return loss


@pytest.mark.parametrize("use", [
    lambda loss, x: None,
    lambda loss, x: loss.backward(),
    lambda loss, x: loss.backward(retain_graph=True),
    lambda loss, x: grad(loss, x),
    lambda loss, x: grad(loss, x, create_graph=True)[0].sum().item(),
], ids=["forward", "backward", "backward and keep", "grad", "grad of a grad"])
def test_a_dropped_loss_frees_its_graph_at_once(no_cycle_collector, use):
    x, watched = leaf(*range(6)), []
    loss = some_loss(x, watched)
    use(loss, x)
    del loss
    assert len(watched) == 6 and all(ref() is None for ref in watched)


@pytest.mark.parametrize("keep", [lambda loss: loss.detach(), lambda loss: loss.data,
                                  lambda loss: loss.detach().numpy()], ids=["detach", "data", "numpy"])
def test_numbers_that_are_kept_do_not_keep_the_graph(no_cycle_collector, keep):
    x, watched = leaf(*range(6)), []
    loss = some_loss(x, watched)
    kept = keep(loss)
    value = loss.item()
    del loss
    assert kept.item() == value and all(ref() is None for ref in watched)


def test_backward_lets_the_graph_go_on_the_way(no_cycle_collector):
    x, watched = leaf(*range(6)), []
    loss = some_loss(x, watched)
    loss.backward()
    assert [ref() for ref in watched] == [None] * 5 + [loss]


def test_an_error_leaves_nothing_behind(no_cycle_collector):
    x = leaf(1.0, 2.0)
    y = x * 2
    watched = weakref.ref(y)
    try:
        y + np.zeros(3)
    except RuntimeError:
        pass
    del y
    assert watched() is None
