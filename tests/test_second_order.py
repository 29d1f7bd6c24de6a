"""Gradients of gradients, through whole networks."""

import numpy as np

from minigrad import Tensor, autograd, nn
from minigrad.nn import functional as F


def network_loss(parameters, pictures, labels):
    """conv → relu → max_pool → linear → cross_entropy, in float64."""
    filters, bias, weight = parameters
    hidden = F.max_pool2d(F.relu(F.conv2d(pictures, filters, bias, padding=1)), 2)
    return F.cross_entropy(F.linear(hidden.flatten(1), weight), labels)


def test_a_hessian_vector_product_through_a_network_agrees_with_nudging_the_gradient():
    rng = np.random.default_rng(0)
    shapes = [(3, 2, 3, 3), (3,), (4, 3 * 3 * 2)]
    start = [rng.standard_normal(shape) for shape in shapes]
    direction = [rng.standard_normal(shape) for shape in shapes]
    pictures, labels = Tensor(rng.standard_normal((5, 2, 6, 4))), rng.integers(0, 4, 5)

    def gradient(at):
        parameters = [Tensor(array, requires_grad=True) for array in at]
        loss = network_loss(parameters, pictures, labels)
        return parameters, autograd.grad(loss, parameters, create_graph=True)

    parameters, gradients = gradient(start)
    along = sum((g * Tensor(v)).sum() for g, v in zip(gradients, direction))
    product = autograd.grad(along, parameters)

    step = 1e-5
    _, ahead = gradient([array + step * v for array, v in zip(start, direction)])
    _, behind = gradient([array - step * v for array, v in zip(start, direction)])
    for found, plus, minus in zip(product, ahead, behind, strict=True):
        nudged = (plus.detach().numpy() - minus.detach().numpy()) / (2 * step)
        assert np.abs(nudged).max() > 1e-3
        np.testing.assert_allclose(found.numpy(), nudged, rtol=1e-5, atol=1e-7)


def test_a_gradient_penalty_trains():
    """The loss contains a gradient; its own gradient is that of the whole."""
    rng = np.random.default_rng(1)
    layer = nn.Linear(3, 1, rng=rng)
    x = Tensor(rng.standard_normal((4, 3)).astype(np.float32), requires_grad=True)
    (slope,) = autograd.grad(layer(x).tanh().sum(), x, create_graph=True)
    ((slope**2).sum()).backward()

    W, b = layer.weight.detach().numpy().astype(float), layer.bias.detach().numpy().astype(float)

    def penalty(W):
        inner = np.tanh(x.detach().numpy().astype(float) @ W.T + b)
        return (((1 - inner**2) @ W) ** 2).sum()

    for j in range(3):
        step = np.zeros_like(W)
        step[0, j] = 1e-6
        nudged = (penalty(W + step) - penalty(W - step)) / 2e-6
        np.testing.assert_allclose(layer.weight.grad.numpy()[0, j], nudged, rtol=1e-3)
