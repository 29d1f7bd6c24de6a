"""One step of each framework, written as its own users would write it, and out of the box.

A function here sets everything up and returns `step`: a function without arguments that does one training
step and returns the loss as a Python number. Asking for that number is part of the step for everybody:
where work is only queued, as in JAX, the number makes it happen. Each function imports its framework itself,
so that a process holds one framework and no other.

The minibatches are cut before the clock starts, and lie in memory as each framework's own loader lays them.
"""

import importlib
import importlib.util
import itertools
import sys
from typing import NamedTuple

import numpy as np

from benchmark.networks import LEARNING_RATE, MOMENTUM, SCALAR_A, SCALAR_C, SCALAR_STEPS, load_start


class Peer(NamedTuple):
    """A framework: the package to import, and the names of the functions below that build its steps."""

    package: str
    network: str | None
    scalars: str | None
    kinds: tuple[str, ...]      # the layers that it has: a network with others is not for it


ALL_LAYERS = ("conv", "pool", "relu", "flatten", "linear")
PEERS = {
    "minigrad": Peer("minigrad", "pytorch_network", "pytorch_scalars", ALL_LAYERS),
    "PyTorch": Peer("torch", "pytorch_network", "pytorch_scalars", ALL_LAYERS),
    "JAX": Peer("jax", "jax_network", None, ALL_LAYERS),
    "tinygrad": Peer("tinygrad", "tinygrad_network", None, ALL_LAYERS),     # its CPU device needs clang
    "autograd": Peer("autograd", "autograd_network", "autograd_scalars", ("relu", "flatten", "linear")),
    "micrograd": Peer("micrograd", None, "micrograd_scalars", ()),
}


def installed(peer):
    return importlib.util.find_spec(PEERS[peer].package) is not None


# ---- minigrad and PyTorch: the same text, as minigrad's names are a subset of PyTorch's

def build(torch, layers, weights):
    """The network, an nn.Sequential of `torch` (PyTorch or minigrad), with these weights."""
    nn = torch.nn
    parts = {"conv": lambda inputs, filters, size, padding: nn.Conv2d(inputs, filters, size, padding=padding),
             "pool": nn.MaxPool2d, "relu": nn.ReLU, "flatten": nn.Flatten, "linear": nn.Linear}
    network = nn.Sequential(*(parts[kind](*sizes) for kind, *sizes in layers))
    names = network.state_dict()
    network.load_state_dict({name: torch.from_numpy(weight) for name, weight in zip(names, weights)})
    return network


def minibatches(torch, images, labels, size):
    """Minibatches as tensors, in the memory order that the framework's own way to cut them gives."""
    if torch.__name__ == "minigrad":
        return [(torch.Tensor(x), torch.Tensor(y)) for x, y in torch.data.batches(images, labels, size)]
    images, labels = torch.from_numpy(images), torch.from_numpy(labels)
    return list(zip(images.split(size), labels.split(size)))


def pytorch_network(package, layers, start, batch):
    torch = importlib.import_module(package)
    weights, images, labels = load_start(start)
    network = build(torch, layers, weights)
    batches = itertools.cycle(minibatches(torch, images, labels, batch))
    optimiser = torch.optim.SGD(network.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM)

    def step():
        images, labels = next(batches)
        loss = torch.nn.functional.cross_entropy(network(images), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        return loss.item()
    return step


def pytorch_scalars(package, shape):
    torch = importlib.import_module(package)

    def step():
        start, a, c = (torch.tensor(np.full(shape, value, np.float32), requires_grad=True)
                       for value in (1.0, SCALAR_A, SCALAR_C))
        x = start
        for _ in range(SCALAR_STEPS):
            x = x * a + c
        x.sum().backward()
        return a.grad.sum().item()      # a number that is right only if the way there and back were
    return step


# ---- JAX: a compiled function from (weights, momenta, minibatch) to the next ones

def jax_network(package, layers, start, batch):
    import jax
    from jax import lax
    from jax import numpy as jnp

    def scores(weights, x):
        weights = iter(weights)
        for kind, *sizes in layers:
            if kind == "conv":
                border = [(sizes[3], sizes[3])] * 2
                x = lax.conv_general_dilated(x, next(weights), (1, 1), border)
                x = x + next(weights)[:, None, None]
            elif kind == "pool":
                window = (1, 1, sizes[0], sizes[0])
                x = lax.reduce_window(x, -jnp.inf, lax.max, window, window, "VALID")
            elif kind == "linear":
                x = x @ next(weights).T + next(weights)
            else:
                x = jax.nn.relu(x) if kind == "relu" else x.reshape(len(x), -1)
        return x

    def surprise(weights, x, labels):
        return -jnp.mean(jax.nn.log_softmax(scores(weights, x))[jnp.arange(len(labels)), labels])

    @jax.jit
    def update(weights, momenta, x, labels):
        loss, slopes = jax.value_and_grad(surprise)(weights, x, labels)
        momenta = [MOMENTUM * m + g for m, g in zip(momenta, slopes)]
        return [w - LEARNING_RATE * m for w, m in zip(weights, momenta)], momenta, loss

    weights, images, labels = load_start(start)
    weights = [jnp.asarray(weight) for weight in weights]
    momenta = [jnp.zeros_like(weight) for weight in weights]
    batches = itertools.cycle([(jnp.asarray(images[i : i + batch]), jnp.asarray(labels[i : i + batch]))
                               for i in range(0, len(images), batch)])

    def step():
        nonlocal weights, momenta
        weights, momenta, loss = update(weights, momenta, *next(batches))
        return loss.item()
    return step


# ---- tinygrad: what is asked for is noted down, compiled as a whole, and from the third step on replayed

def tinygrad_network(package, layers, start, batch):
    import tinygrad
    from tinygrad import Tensor, TinyJit

    def scores(weights, x):
        weights = iter(weights)
        for kind, *sizes in layers:
            if kind == "conv":
                x = x.conv2d(next(weights), next(weights), padding=sizes[3])
            elif kind == "pool":
                x = x.max_pool2d((sizes[0], sizes[0]))
            elif kind == "linear":
                x = x.linear(next(weights).T, next(weights))
            else:
                x = x.relu() if kind == "relu" else x.flatten(1)
        return x

    weights, images, labels = load_start(start)
    weights = [Tensor(weight) for weight in weights]
    optimiser = tinygrad.nn.optim.SGD(weights, lr=LEARNING_RATE, momentum=MOMENTUM)

    @TinyJit
    def update(x, labels):
        optimiser.zero_grad()
        loss = scores(weights, x).sparse_categorical_crossentropy(labels)
        loss.backward()
        return loss.realize(*optimiser.schedule_step())

    batches = itertools.cycle([[Tensor(array[i : i + batch]).realize() for array in (images, labels)]
                               for i in range(0, len(images), batch)])

    def step():
        with tinygrad.Context(TRAINING=1):
            return update(*next(batches)).item()
    return step


# ---- autograd: NumPy's own names, and a gradient of any function of them; it has no convolutions

def autograd_network(package, layers, start, batch):
    import autograd
    from autograd import numpy as anp

    def surprise(weights, x, labels):
        weights = iter(weights)
        for kind, *_ in layers:
            if kind == "linear":
                x = anp.dot(x, next(weights).T) + next(weights)
            else:
                x = anp.maximum(x, 0) if kind == "relu" else x.reshape(len(x), -1)
        x = x - anp.max(x, axis=1, keepdims=True)
        logs = x - anp.log(anp.sum(anp.exp(x), axis=1, keepdims=True))
        return -anp.mean(logs[np.arange(len(labels)), labels])

    weights, images, labels = load_start(start)
    momenta = [np.zeros_like(weight) for weight in weights]
    batches = itertools.cycle([(images[i : i + batch], labels[i : i + batch])
                               for i in range(0, len(images), batch)])
    slopes = autograd.value_and_grad(surprise)

    def step():
        loss, gradients = slopes(weights, *next(batches))
        for weight, momentum, gradient in zip(weights, momenta, gradients):
            momentum *= MOMENTUM
            momentum += gradient
            weight -= LEARNING_RATE * momentum
        return loss.item()
    return step


def autograd_scalars(package, shape):
    import autograd
    from autograd import numpy as anp

    def chain(start, a, c):
        x = start
        for _ in range(SCALAR_STEPS):
            x = x * a + c
        return anp.sum(x)
    slopes = autograd.grad(chain, (0, 1, 2))

    def step():
        _, of_a, _ = slopes(*(np.full(shape, value, np.float32) for value in (1.0, SCALAR_A, SCALAR_C)))
        return float(np.sum(of_a))
    return step


# ---- micrograd: single Python numbers only

def micrograd_scalars(package, shape):
    from micrograd.engine import Value
    sys.setrecursionlimit(10 * SCALAR_STEPS)    # its walk over the graph calls itself, once for each node

    def step():
        start, a, c = (Value(value) for value in (1.0, SCALAR_A, SCALAR_C))
        x = start
        for _ in range(SCALAR_STEPS):
            x = x * a + c
        x.backward()
        return a.grad
    return step
