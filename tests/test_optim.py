"""Descent: every variant of SGD and Adam against its formula, written out a step at a time; schedules."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigrad import Tensor, from_numpy, memory, optim, tensor
from tests.samples import distinct, seeds


def sgd_written_out(w, gradients, lr, momentum, dampening, weight_decay, nesterov):
    """The weights after each step. v₁ = g₁, vₜ = momentum·vₜ₋₁ + (1 - dampening)·gₜ, where g has
    weight_decay·w added. Without momentum nothing is dampened."""
    path, v, dampening = [], None, dampening if momentum > 0 else 0
    for g in gradients:
        g = g + weight_decay * w
        v = g if v is None else momentum * v + (1 - dampening) * g
        w = w - lr * (g + momentum * v if nesterov else v)
        path.append(w)
    return path


@given(seed=seeds, lr=st.floats(0, 2), momentum=st.just(0) | st.floats(0.05, 0.99),
       dampening=st.just(0) | st.floats(0.05, 0.99), weight_decay=st.just(0) | st.floats(0.001, 0.5),
       nesterov=st.booleans())
def test_sgd_is_its_formula(seed, lr, momentum, dampening, weight_decay, nesterov):
    options = lr, momentum, dampening, weight_decay, nesterov and momentum > 0 and dampening == 0
    assert_steps_are(sgd_written_out, lambda params: optim.SGD(params, *options), options, seed)


@given(seed=seeds, lr=st.floats(0, 2), beta1=st.floats(0, 0.99), beta2=st.floats(0, 0.999),
       eps=st.sampled_from([1e-8, 0.1]), weight_decay=st.just(0) | st.floats(0.001, 0.5))
def test_adam_is_its_formula(seed, lr, beta1, beta2, eps, weight_decay):
    options = lr, (beta1, beta2), eps, weight_decay
    assert_steps_are(adam_written_out, lambda params: optim.Adam(params, *options), options, seed)


def adam_written_out(w, gradients, lr, betas, eps, weight_decay):
    """Algorithm 1 of the paper; here the means are weighed out over all gradients so far."""
    path, seen = [], []
    for g in gradients:
        seen.append(g + weight_decay * w)
        means = []
        for beta, power in zip(betas, (1, 2)):
            shares = np.array([(1 - beta) * beta ** age for age in reversed(range(len(seen)))])
            means.append(sum(share * g**power for share, g in zip(shares, seen)) / shares.sum())
        w = w - lr * means[0] / (np.sqrt(means[1]) + eps)
        path.append(w)
    return path


def assert_steps_are(written_out, make, options, seed):
    rng = np.random.default_rng(seed)
    start = distinct(rng, (2, 3), (), (4,))
    gradients = [rng.standard_normal((5, *array.shape)) for array in start]
    parameters = [Tensor(array.copy(), requires_grad=True) for array in start]
    optimiser = make(iter(parameters))
    paths = [written_out(*pair, *options) for pair in zip(start, gradients)]
    for step in range(5):
        for parameter, gradient in zip(parameters, gradients):
            parameter.grad = Tensor(gradient[step])
        optimiser.step()
        for parameter, path in zip(parameters, paths):
            np.testing.assert_allclose(parameter.detach().numpy(), path[step], 1e-9, 1e-12, strict=True)


@pytest.mark.parametrize("options", [(0.1, 0.9), (0.1, 0.9, 0, 0.01, True), (0.1, 0.5, 0.5)])
def test_what_is_moved_part_by_part_moves_as_a_whole_would(options, monkeypatch):
    monkeypatch.setattr(memory, "CACHED", 4)                # parameters have up to 6 numbers
    options = (*options, *(0, 0, False)[len(options) - 2:])
    assert_steps_are(sgd_written_out, lambda params: optim.SGD(params, *options), options, seed=0)


@pytest.mark.parametrize("make", [
    lambda params: optim.SGD(params, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    lambda params: optim.Adam(params, lr=0.1, weight_decay=0.01)], ids=["SGD", "Adam"])
def test_weights_take_the_memory_order_of_their_gradient_and_the_same_numbers(make):
    rng, moved = np.random.default_rng(0), []
    start, gradients = rng.standard_normal((3, 4, 5)), rng.standard_normal((3, 3, 4, 5))
    for dims in ((0, 1, 2), (2, 0, 1)):
        weights = Tensor(start, requires_grad=True)
        optimiser = make([weights])
        for gradient in gradients:
            ordered = np.ascontiguousarray(gradient.transpose(dims)).transpose(np.argsort(dims))
            weights.grad = from_numpy(ordered)
            optimiser.step()
        assert weights.detach().numpy().strides == ordered.strides
        moved.append(weights.tolist())
    assert moved[0] == moved[1] != start.tolist()


def test_steps_write_to_nobody_elses_array():
    w = Tensor(np.ones(3, np.float32), requires_grad=True)
    before, gradient = w.detach().numpy(), tensor([1.0, 2.0, 3.0])
    optimiser = optim.SGD([w], lr=1.0, momentum=0.5)
    w.grad = gradient
    optimiser.step()
    saved = optimiser.state_dict()
    other = optim.SGD([w], lr=1.0, momentum=0.5)
    other.load_state_dict(saved)
    for one in (optimiser, other):
        one.step()
    assert before.tolist() == [1, 1, 1] and gradient.tolist() == [1, 2, 3]
    assert saved["state"][0]["momentum_buffer"].tolist() == [1, 2, 3]


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
        optimiser.param_groups[0]["lr"] = lr
        w.grad = tensor([1.0])
        optimiser.step()
    assert w.tolist() == [0.25] and w.dtype == np.float32


def test_a_step_leaves_gradients_alone_and_takes_none_of_them():
    w = weight(1.0, 2.0)
    optimiser = optim.SGD([w], lr=0.5, momentum=0.5)
    array = np.ones(2, np.float32)
    w.grad = from_numpy(array)
    optimiser.step()
    assert w.grad.tolist() == [1, 1] and w.is_leaf and w.requires_grad
    array[:] = 0                                            # the velocity is not made of this array
    optimiser.step()
    assert w.tolist() == [0.25, 1.25]


def test_the_first_step_of_adam_is_lr_whatever_the_gradient():
    w = weight(1.0, 1.0, 1.0)
    w.grad = tensor([1000.0, -1e-3, 0.0])
    optim.Adam([w], lr=0.25).step()
    assert w.tolist() == pytest.approx([0.75, 1.25, 1], rel=1e-4)


# --- Groups -------------------------------------------------------------------------------------------------

def test_groups_have_options_of_their_own():
    a, b, c = weight(1.0), weight(1.0), weight(1.0)
    optimiser = optim.SGD([{"params": [a]}, {"params": b, "lr": 0.25, "weight_decay": 2.0}], lr=0.5)
    optimiser.add_param_group({"params": [c], "lr": 0.125})
    assert [group["lr"] for group in optimiser.param_groups] == [0.5, 0.25, 0.125]
    assert optimiser.defaults["lr"] == 0.5 and optimiser.param_groups[1]["params"] == [b]
    for parameter in (a, b, c):
        parameter.grad = tensor([1.0])
    optimiser.step()
    assert [parameter.item() for parameter in (a, b, c)] == [0.5, 0.25, 0.875]
    optimiser.zero_grad()
    assert a.grad is b.grad is c.grad is None


# --- state_dict ---------------------------------------------------------------------------------------------

OPTIMISERS = [
    lambda params: optim.SGD(params, lr=0.1, momentum=0.9, weight_decay=0.1),
    lambda params: optim.Adam(params, lr=0.1),
]


def walked(w, optimiser, steps):
    for _ in range(steps):
        optimiser.zero_grad()
        (w * w * w).sum().backward()
        optimiser.step()
    return w.tolist()


@pytest.mark.parametrize("make", OPTIMISERS)
def test_training_goes_on_from_a_state_dict_as_if_never_interrupted(make):
    w = weight(1.0, 2.0)
    optimiser = make([w])
    walked(w, optimiser, 3)
    optimiser.param_groups[0]["lr"] = 0.05
    state, kept = optimiser.state_dict(), weight(*w.tolist())
    expected = walked(w, optimiser, 3)                      # does not touch the state that was taken out
    other = make([kept])
    other.load_state_dict(state)
    assert walked(kept, other, 3) == expected
    again = make([weight(1.0, 2.0)])
    again.load_state_dict(state)                            # nor does training on from it
    assert again.state_dict()["state"].keys() == {0}
    assert again.param_groups[0]["params"][0].tolist() == [1, 2]


@pytest.mark.parametrize("make", OPTIMISERS)
def test_the_state_of_other_parameters_is_refused_and_nothing_is_loaded(make):
    one, two, other = make([weight(1.0)]), make([weight(1.0), weight(2.0)]), make([weight(1.0, 2.0)])
    for optimiser in (one, two, other):
        walked(optimiser.param_groups[0]["params"][0], optimiser, 1)
        before = repr(one.state_dict())
        if optimiser is not one:
            with pytest.raises(ValueError, match="wanted"):
                one.load_state_dict(optimiser.state_dict())
            assert repr(one.state_dict()) == before


# --- Schedules ----------------------------------------------------------------------------------------------

def rates(make, steps=6, lrs=(0.5, 2.0)):
    """The learning rates of two groups at the start and after each step."""
    optimiser = optim.SGD([{"params": [weight(1.0)], "lr": lr} for lr in lrs], lr=9.0)
    schedule = make(optimiser)
    found = [schedule.get_last_lr()]
    for _ in range(steps):
        optimiser.step()
        schedule.step()
        found.append([group["lr"] for group in optimiser.param_groups])
        assert found[-1] == schedule.get_last_lr()
    return np.array(found)


STARTS = np.array([[0.5, 2.0]])


def test_lambda_lr_multiplies_the_rate_at_the_start():
    shares = 1 - np.arange(7)[:, None] / 6
    found = rates(lambda optimiser: optim.lr_scheduler.LambdaLR(optimiser, lambda step: 1 - step / 6))
    np.testing.assert_allclose(found, STARTS * shares, atol=1e-15)
    functions = [lambda step: 1 / (step + 1), lambda step: 0.5**step]
    found = rates(lambda optimiser: optim.lr_scheduler.LambdaLR(optimiser, functions))
    expected = [[0.5 / (step + 1), 2 * 0.5**step] for step in range(7)]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_step_lr_falls_every_few_steps():
    found = rates(lambda optimiser: optim.lr_scheduler.StepLR(optimiser, 2, gamma=0.5))
    np.testing.assert_allclose(found, STARTS * np.array([1, 1, 0.5, 0.5, 0.25, 0.25, 0.125])[:, None])


def test_cosine_annealing_goes_down_half_a_wave_and_up_again():
    found = rates(lambda optimiser: optim.lr_scheduler.CosineAnnealingLR(optimiser, 4, eta_min=0.1))
    shares = [(1 + math.cos(math.pi * step / 4)) / 2 for step in range(7)]
    np.testing.assert_allclose(found, 0.1 + (STARTS - 0.1) * np.array(shares)[:, None], rtol=1e-12)
    assert found[4].tolist() == [0.1, 0.1] and (found[5] > 0.1).all()


@pytest.mark.parametrize("make", [
    lambda optimiser: optim.lr_scheduler.LambdaLR(optimiser, lambda step: 1 / (step + 1)),
    lambda optimiser: optim.lr_scheduler.StepLR(optimiser, 2),
    lambda optimiser: optim.lr_scheduler.CosineAnnealingLR(optimiser, 5),
])
def test_a_schedule_goes_on_from_its_state_dict(make):
    def go(optimiser, schedule):
        schedule.step()
        return optimiser.param_groups[0]["lr"]

    first = optim.SGD([weight(1.0)], lr=0.5)
    schedule = make(first)
    for _ in range(3):
        schedule.step()
    second = optim.SGD([weight(1.0)], lr=7.0)
    other = make(second)
    second.load_state_dict(first.state_dict())
    other.load_state_dict(schedule.state_dict())
    assert [go(first, schedule) for _ in range(4)] == [go(second, other) for _ in range(4)]


# --- Mistakes -----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("make, kind, words", {
    "nothing": (lambda w: optim.SGD([]), ValueError, "SGD: no parameters"),
    "an exhausted generator": (lambda w: optim.Adam(x for x in ()), ValueError, "Adam: no parameters"),
    "a result": (lambda w: optim.SGD([w * 2]), ValueError, "leaf tensors"),
    "an array": (lambda w: optim.SGD([np.zeros(2)]), TypeError, "ndarray"),
    "a tensor by itself": (lambda w: optim.SGD(w), TypeError, "iterable"),
    "one twice": (lambda w: optim.SGD([w, w]), ValueError, "twice"),
    "one in two groups": (lambda w: optim.Adam([{"params": [w]}, {"params": w}]), ValueError, "twice"),
    "lr": (lambda w: optim.SGD([w], lr=-0.1), ValueError, "-0.1"),
    "lr that is not a number": (lambda w: optim.SGD([w], lr=math.nan), ValueError, "nan"),
    "lr of a group": (lambda w: optim.SGD([{"params": [w], "lr": -0.1}]), ValueError, "-0.1"),
    "momentum": (lambda w: optim.SGD([w], momentum=-0.5), ValueError, "-0.5"),
    "weight_decay": (lambda w: optim.SGD([w], weight_decay=-1), ValueError, "-1"),
    "nesterov": (lambda w: optim.SGD([w], nesterov=True), ValueError, "momentum"),
    "nesterov, dampened": (
        lambda w: optim.SGD([w], momentum=0.9, dampening=0.1, nesterov=True), ValueError, "dampening"),
    "lr of Adam": (lambda w: optim.Adam([w], -1), ValueError, "lr"),
    "a beta": (lambda w: optim.Adam([w], betas=(0.9, 1.0)), ValueError, r"\(0.9, 1.0\)"),
    "one beta": (lambda w: optim.Adam([w], betas=(0.9,)), ValueError, r"\(0.9,\)"),
    "eps": (lambda w: optim.Adam([w], eps=-1e-8), ValueError, "eps"),
    "too few functions": (
        lambda w: optim.lr_scheduler.LambdaLR(optim.SGD([w]), [abs, abs]), ValueError, "2 functions for 1"),
    "steps of none": (lambda w: optim.lr_scheduler.StepLR(optim.SGD([w]), 0), ValueError, "step_size"),
    "a wave of none": (
        lambda w: optim.lr_scheduler.CosineAnnealingLR(optim.SGD([w]), 0), ValueError, "T_max"),
}.values())
def test_what_makes_no_sense_is_refused(make, kind, words):
    with pytest.raises(kind, match=words):
        make(weight(1.0, 2.0))


def test_an_option_set_on_the_optimiser_itself_is_refused_and_not_ignored():
    optimiser = optim.SGD([Tensor(np.ones(2), requires_grad=True)], lr=0.1)
    with pytest.raises(AttributeError, match=r'param_groups\[0\]\["lr"\] = 0.5'):
        optimiser.lr = 0.5
    optimiser.param_groups[0]["lr"] = 0.5
    assert optimiser.param_groups[0]["lr"] == 0.5
