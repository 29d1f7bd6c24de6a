"""The limit: how fast a step could be if nothing but the arithmetic and the memory took time.

Counted from the shapes, and divided by two rates that NumPy reaches on this machine. It is a yardstick, no
law: what stays in the caches moves faster than the copy that is measured here, so a small network may come
closer than one would think. A framework's own copies, im2col for one, are not counted: they are what a
better framework saves.
"""

import math
import time

import numpy as np

from benchmark.networks import PICTURE, shape_after, weight_shape

FLOAT = 4                           # bytes


def work(layers, batch):
    """(floating-point operations, bytes moved) of a training step."""
    operations = moved = 0
    shape, is_picture = PICTURE, True
    for layer in layers:
        after, weight = shape_after(shape, *layer), weight_shape(*layer)
        size, size_after = batch * math.prod(shape), batch * math.prod(after)
        if weight:
            # Each number that comes out is a sum of products, one for each weight of its filter; that again
            # for the gradient of the weights, and again for that of the input, which pictures do not need.
            products = size_after * math.prod(weight[1:])
            operations += 2 * products * (2 if is_picture else 3)
            # The weight is read forward, and backward where the input has a gradient; its own gradient is
            # written, and read by the update, which reads and writes the momentum and the weight.
            moved += FLOAT * (math.prod(weight) + weight[0]) * (7 if is_picture else 8)
        if layer[0] != "flatten":                   # the same numbers in the same places
            # Forward the input is read and the output written; backward the gradient of the output and the
            # input are read, and the gradient of the input is written, unless nobody wants it.
            moved += FLOAT * (2 * size_after + (2 if is_picture else 3) * size)
            is_picture = False
        shape = after
    return operations, moved


def rates(rounds, size, megabytes):
    """What the machine can do: operations a second in a matrix product, bytes a second in a copy.

    The best of several, not the median: a limit asks what is possible. A copy reads and writes each byte.
    NumPy copies on one core, however many there are.
    """
    x, y = np.random.default_rng(0).random((2, size, size), np.float32)
    source = np.ones(megabytes * 2**20 // FLOAT, np.float32)
    target = np.ones_like(source)
    product = min(seconds(lambda: np.matmul(x, y)) for _ in range(rounds))
    copy = min(seconds(lambda: np.copyto(target, source)) for _ in range(rounds))
    return {"operations": 2 * size**3 / product, "bytes": 2 * source.nbytes / copy}


def seconds(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
