"""Descent: every variant of SGD against its formula, written out a step at a time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigrad import Tensor, optim, tensor
from tests.samples import distinct, seeds


def written_out(w, gradients, lr, momentum, weight_decay, nesterov):
    """The weights after each step. v₁ = g₁, vₜ = momentum·vₜ₋₁ + gₜ, where g has weight_decay·w added."""
    path, v = [], None
    for g in gradients:
        g = g + weight_decay * w
        v = g if v is None else momentum * v + g
        w = w - lr * (g + momentum * v if nesterov else v)
        path.append(w)
    return path


@given(seed=seeds, lr=st.floats(0, 2), momentum=st.just(0) | st.floats(0.05, 0.99),
       weight_decay=st.just(0) | st.floats(0.001, 0.5), nesterov=st.booleans())
def test_sgd_is_its_formula(seed, lr, momentum, weight_decay, nesterov):
    nesterov = nesterov and momentum > 0
    rng = np.random.default_rng(seed)
    start = distinct(rng, (2, 3), (), (4,))
    gradients = [rng.standard_normal((5, *array.shape)) for array in start]
    parameters = [Tensor(array.copy(), requires_grad=True) for array in start]
    optimiser = optim.SGD(iter(parameters), lr, momentum, weight_decay, nesterov)
    paths = [written_out(*pair, lr, momentum, weight_decay, nesterov) for pair in zip(start, gradients)]
    for step in range(5):
        for parameter, gradient in zip(parameters, gradients):
            parameter.grad = Tensor(gradient[step])
        optimiser.step()
        for parameter, path in zip(parameters, paths):
            np.testing.assert_allclose(parameter.detach().numpy(), path[step], 1e-9, 1e-12, strict=True)


def weight(*numbers, dtype=np.float32):
    return Tensor(np.array(numbers, dtype), requires_grad=True)


def test_momentum_carries_on_downhill():
    w = weight(0.0)
    optimiser = optim.SGD([w], lr=1.0, momentum=0.5)
    for expected in (-1, -2.5, -4.25):
        w.grad = tensor([1.0])
        optimiser.step()
        assert w.item() == expected


def test_a_line_is_fitted():
    rng = np.random.default_rng(0)
    x = tensor(rng.random(30))
    y, a, b = 3 * x + 8, weight(-1.0, dtype=np.float64), weight(1.0, dtype=np.float64)
    optimiser = optim.SGD([a, b], lr=0.1, momentum=0.9)
    for _ in range(300):
        optimiser.zero_grad()
        ((a * x + b - y) * (a * x + b - y)).mean().backward()
        optimiser.step()
    assert a.item() == pytest.approx(3, abs=1e-3) and b.item() == pytest.approx(8, abs=1e-3)


def test_zero_grad_forgets():
    w = weight(1.0)
    w.grad = tensor([1.0])
    optimiser = optim.SGD([w], lr=1.0)
    optimiser.zero_grad()
    assert w.grad is None


def test_a_parameter_without_a_gradient_stays():
    still, moving = weight(1.0), weight(1.0)
    optimiser = optim.SGD([still, moving], lr=0.5, momentum=0.9, weight_decay=0.1)
    moving.grad = tensor([1.0])
    optimiser.step()
    assert still.item() == 1 and moving.item() == pytest.approx(1 - 0.5 * 1.1)


def test_the_learning_rate_can_be_changed_between_steps():
    w = weight(1.0)
    optimiser = optim.SGD([w], lr=0.5)
    for lr in (0.5, np.float64(0.25), 0.0):
        optimiser.lr = lr
        w.grad = tensor([1.0])
        optimiser.step()
    assert w.tolist() == [0.25] and w.dtype == np.float32


def test_a_step_leaves_gradients_alone_and_takes_none_of_them():
    w = weight(1.0, 2.0)
    optimiser = optim.SGD([w], lr=0.5, momentum=0.5)
    w.grad = tensor([1.0, 1.0])
    optimiser.step()
    assert w.grad.tolist() == [1, 1] and w.is_leaf and w.requires_grad
    w.grad.numpy()[:] = 0                                   # the velocity is not made of this array
    optimiser.step()
    assert w.tolist() == [0.25, 1.25]


@pytest.mark.parametrize("make, words", {
    "nothing": (lambda w: optim.SGD([]), "no parameters"),
    "an exhausted generator": (lambda w: optim.SGD(x for x in ()), "no parameters"),
    "a result": (lambda w: optim.SGD([w * 2]), "leaf tensors"),
    "an array": (lambda w: optim.SGD([np.zeros(2)]), "leaf tensors"),
    "lr": (lambda w: optim.SGD([w], lr=-0.1), "-0.1"),
    "momentum": (lambda w: optim.SGD([w], momentum=-0.5), "-0.5"),
    "weight_decay": (lambda w: optim.SGD([w], weight_decay=-1), "-1"),
    "nesterov": (lambda w: optim.SGD([w], nesterov=True), "momentum"),
}.values())
def test_numbers_that_make_no_sense_are_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make(weight(1.0, 2.0))
