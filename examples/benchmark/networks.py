"""What is measured: the networks, their first weights and their pictures, in plain NumPy.

A network is a list of layers, each a name and its sizes. Nobody's framework is named here, and none is
imported: a peer that shares its process with minigrad would not be out of the box any more.
"""

import gzip
import math
from pathlib import Path

import numpy as np

BATCH, LEARNING_RATE, MOMENTUM = 64, 0.01, 0.9
PICTURE = (1, 28, 28)

# ("conv", channels in, filters, size, padding), ("pool", size), ("linear", numbers in, numbers out)
NETWORKS = {
    "lesson": [("conv", 1, 8, 3, 1), ("relu",), ("pool", 2),
               ("conv", 8, 16, 3, 1), ("relu",), ("pool", 2), ("flatten",),
               ("linear", 784, 10)],
    "lenet": [("conv", 1, 6, 5, 2), ("relu",), ("pool", 2),
              ("conv", 6, 16, 5, 0), ("relu",), ("pool", 2), ("flatten",),
              ("linear", 400, 120), ("relu",), ("linear", 120, 84), ("relu",), ("linear", 84, 10)],
    "wide": [("conv", 1, 32, 3, 0), ("relu",), ("conv", 32, 64, 3, 0), ("relu",), ("pool", 2), ("flatten",),
             ("linear", 9216, 128), ("relu",), ("linear", 128, 10)],
    "mlp": [("flatten",), ("linear", 784, 256), ("relu",), ("linear", 256, 128), ("relu",),
            ("linear", 128, 10)],
}
# 2,000 times x = x * a + c, and back: nothing but the cost of an operation. Here are the shapes of x.
SCALARS = {"scalars": (), "scalars-4x4": (4, 4)}
SCALAR_STEPS, SCALAR_A, SCALAR_C = 2_000, 0.999, 0.002

# A network that reads 99 % of the test pictures when it has seen each training picture once.
READER = [("conv", 1, 12, 5, 0), ("relu",), ("pool", 3), ("conv", 12, 48, 3, 0), ("relu",), ("pool", 2),
          ("flatten",), ("linear", 432, 128), ("relu",), ("linear", 128, 10)]


def deep(depth):
    """A network with `depth` convolutions of one size, 8→8 3×3 on 14×14, after the first."""
    return [("conv", 1, 8, 3, 1), ("relu",), ("pool", 2), *[("conv", 8, 8, 3, 1), ("relu",)] * depth,
            ("flatten",), ("linear", 8 * 14 * 14, 10)]


def weight_shape(kind, *sizes):
    """The shape of a layer's weight, outputs first, or None for a layer that has none."""
    if kind == "conv":
        inputs, filters, size, _ = sizes
        return filters, inputs, size, size
    return (sizes[1], sizes[0]) if kind == "linear" else None


def shape_after(shape, kind, *sizes):
    """The shape of one example after a layer, from the shape before it."""
    if kind == "conv":
        _, filters, size, padding = sizes
        return filters, shape[1] + 2 * padding - size + 1, shape[2] + 2 * padding - size + 1
    if kind == "pool":
        return shape[0], shape[1] // sizes[0], shape[2] // sizes[0]
    return {"relu": shape, "flatten": (math.prod(shape),), "linear": sizes[-1:]}[kind]


def first_weights(layers, rng):
    """Weight and bias of each layer that has them, in order: uniform in ±1/√(inputs), PyTorch's default."""
    weights = []
    for shape in filter(None, (weight_shape(*layer) for layer in layers)):
        bound = 1 / math.sqrt(math.prod(shape[1:]))
        weights += [rng.uniform(-bound, bound, size).astype(np.float32) for size in (shape, shape[:1])]
    return weights


def read_mnist(folder, part):
    """Pictures (N, 1, 28, 28), bytes, and labels (N,) of the part "train" or "t10k" of MNIST's files.

    Plain gzip and NumPy: the peers' processes must not import minigrad, which changes how memory is kept.
    """
    images, labels = (gzip.decompress(Path(folder, f"{part}-{kind}-ubyte.gz").read_bytes())
                      for kind in ("images-idx3", "labels-idx1"))
    # A bytearray, as PyTorch warns of memory that cannot be written to.
    pixels = np.frombuffer(bytearray(images), np.uint8, offset=16).reshape(-1, *PICTURE)
    digits = np.frombuffer(labels, np.uint8, offset=8)
    return pixels, digits.astype(np.int64)


def save_start(path, layers, mnist, count):
    """Write down where everybody starts from: first weights, and `count` training pictures, from 0 to 1."""
    pixels, labels = (array[:count] for array in read_mnist(mnist, "train"))
    images = np.divide(pixels, 255, dtype=np.float32)
    weights = first_weights(layers, np.random.default_rng(0))
    np.savez(path, images=images, labels=labels, **{f"weight{i:03}": w for i, w in enumerate(weights)})


def load_start(path):
    """(weights, images, labels) of a file that `save_start` wrote."""
    with np.load(path) as start:
        weights = [start[name] for name in sorted(start.files) if name.startswith("weight")]
        return weights, start["images"], start["labels"]
