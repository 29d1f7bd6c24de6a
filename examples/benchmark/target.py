"""From a cold process to 99 % of the MNIST test set, with a network and a schedule made for speed.

One program for minigrad and for PyTorch. It counts all that a user waits for: the import, the reading of the
files, the training, and the look at the test pictures.

The schedule is the shortest known to us that gets there with every seed, each training picture once: weights
that keep the size of what they are given (He et al., 2015), large steps after a start with small ones (Goyal
et al., 2017), smaller and smaller ones to the end, and answers that are never quite certain (label smoothing:
Szegedy et al., 2016). Without these a single pass is not enough: it reads about 0.1 % of the pictures less.
"""

import importlib
import json
import math
import sys

import numpy as np

from benchmark import peers
from benchmark.networks import BATCH, READER, first_weights, read_mnist

GOAL = 0.99
LEARNING_RATE, WARM_UP = 0.25, 0.15                 # the largest, reached after this share of the steps
WEIGHT_DECAY, LABEL_SMOOTHING = 8e-4, 0.1


def train(package, mnist, seed, most):
    """Train with the first `most` pictures, all if it is None: the share of the test pictures then read."""
    torch = importlib.import_module(package)
    images, labels = (array[:most] for array in read_mnist(mnist, "train"))
    test_images, test_labels = read_mnist(mnist, "t10k")
    rng = np.random.default_rng(seed)
    network = peers.build(torch, READER, he_weights(READER, rng))
    optimiser = torch.optim.SGD(network.parameters(), lr=LEARNING_RATE, momentum=0.9, nesterov=True,
                                weight_decay=WEIGHT_DECAY)
    steps = -(-len(images) // BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: up_and_down((step + 1) / steps))
    for x, y in shuffled(torch, images, labels, rng):
        # Bytes until they are needed: all pictures as floats would be 190 MB, to be written and read once.
        loss = torch.nn.functional.cross_entropy(network(x / 255), y, label_smoothing=LABEL_SMOOTHING)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return accuracy(torch, network, test_images, test_labels)


def he_weights(layers, rng):
    """First weights uniform in ±√(6/inputs), no bias: the size that ReLU keeps (He et al., 2015)."""
    return [math.sqrt(6) * w if w.ndim > 1 else np.zeros_like(w) for w in first_weights(layers, rng)]


def up_and_down(share):
    """The share of the largest learning rate when this share of the steps is done."""
    return min(1, share / WARM_UP) * (1 - share)


def shuffled(torch, images, labels, rng):
    """Minibatches in a new order, each framework's own way; the same rng gives both the same order."""
    if torch.__name__ == "minigrad":
        for x, y in torch.data.batches(images, labels, BATCH, rng=rng):
            yield torch.Tensor(x), torch.Tensor(y)
    else:
        images, labels = torch.from_numpy(images), torch.from_numpy(labels)
        order = torch.from_numpy(rng.permutation(len(labels)))
        for part in order.split(BATCH):
            yield images[part], labels[part]


def accuracy(torch, network, images, labels):
    with torch.no_grad():
        right = [network(x / 255).argmax(1).numpy() == y.numpy()
                 for x, y in peers.minibatches(torch, images, labels, 500)]
    return float(np.concatenate(right).mean())


if __name__ == "__main__":
    print(json.dumps(train(**json.loads(sys.argv[1]))))
