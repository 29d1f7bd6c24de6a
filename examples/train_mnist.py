"""Train a network on MNIST, score it on the test pictures, keep its weights: a program to start from.

    python examples/train_mnist.py                          train; the defaults get 99.4 % of the test right
    python examples/train_mnist.py --evaluate mnist.npz     score the weights that it saved

One random generator, made from --seed, draws the first weights, the order of the pictures and how they are
distorted: a seed gives the same network again. In a run the test pictures choose nothing, they are scored.
"""

import argparse
import math
import sys
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

import minigrad
from minigrad import Tensor, data, nn, no_grad, optim
from minigrad.nn import functional as F

# From pictures (N, 1, 28, 28) to logits (N, 10). A comment tells the shape after its line. Pooling stands
# before the ReLU: the largest number remains the largest, and the ReLU has a quarter of the work.
NETWORKS = {
    "mlp": lambda rng: nn.Sequential(
        nn.Flatten(), nn.Linear(784, 128, rng=rng), nn.ReLU(), nn.Linear(128, 10, rng=rng)),
    "lesson": lambda rng: nn.Sequential(
        nn.Conv2d(1, 8, 5, rng=rng), nn.MaxPool2d(2), nn.ReLU(),                        # (N, 8, 12, 12)
        nn.Conv2d(8, 16, 5, rng=rng), nn.MaxPool2d(2), nn.ReLU(), nn.Flatten(),         # (N, 16·4·4)
        nn.Linear(256, 64, rng=rng), nn.ReLU(), nn.Linear(64, 10, rng=rng)),
    "lenet": lambda rng: nn.Sequential(     # LeNet-5 (LeCun et al., 1998), with today's ReLU and max pooling
        nn.Conv2d(1, 6, 5, padding=2, rng=rng), nn.MaxPool2d(2), nn.ReLU(),             # (N, 6, 14, 14)
        nn.Conv2d(6, 16, 5, rng=rng), nn.MaxPool2d(2), nn.ReLU(), nn.Flatten(),         # (N, 16·5·5)
        nn.Linear(400, 120, rng=rng), nn.ReLU(), nn.Linear(120, 84, rng=rng), nn.ReLU(),
        nn.Linear(84, 10, rng=rng)),
    "deep": lambda rng: nn.Sequential(
        nn.Conv2d(1, 16, 5, rng=rng), nn.MaxPool2d(2), nn.ReLU(),                       # (N, 16, 12, 12)
        nn.Conv2d(16, 32, 3, rng=rng), nn.ReLU(),                                       # (N, 32, 10, 10)
        nn.Conv2d(32, 64, 3, rng=rng), nn.MaxPool2d(2), nn.ReLU(), nn.Flatten(),        # (N, 64·4·4)
        nn.Linear(1024, 64, rng=rng), nn.ReLU(), nn.Linear(64, 10, rng=rng)),
}
# What part of the learning rate is left when a share of all steps is done.
SCHEDULES = {"linear": lambda done: 1 - done, "constant": lambda done: 1.0,
             "cosine": lambda done: 0.5 + 0.5 * math.cos(math.pi * done)}
WARM_UP, MOMENTUM, WEIGHT_DECAY = 0.1, 0.9, 5e-4
COLUMNS = BarColumn(20), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.fields[figures]}")
console = Console(highlight=False, markup=False, soft_wrap=True)


# ---- training

def distort(images, rng):
    """The pictures of a minibatch, (N, 1, 28, 28), turned, stretched, slanted and shifted a little.

    An affine map, random for each minibatch, says for every pixel where in the original to look: somewhere
    between four pixels, from which it is interpolated (bilinear). Beyond the border, the border counts.
    """
    side, middle = images.shape[-1], (images.shape[-1] - 1) / 2
    places = np.indices((side, side)).reshape(2, -1) - middle                   # (2, 784): rows and columns
    matrix, shift = np.eye(2) + rng.uniform(-0.1, 0.1, (2, 2)), rng.uniform(-2, 2, (2, 1))
    source = np.clip(matrix @ places + shift + middle, 0, side - 1.001)
    corner = source.astype(int)                                                 # the pixel above, on the left
    down, across = (source - corner).astype(np.float32)[:, :, np.newaxis]       # how far from there: (784, 1)
    pixels = images.transpose(1, 2, 3, 0).reshape(side * side, -1)              # (784, N), as in memory
    at = corner[0] * side + corner[1]
    upper = (1 - across) * pixels[at] + across * pixels[at + 1]
    lower = (1 - across) * pixels[at + side] + across * pixels[at + side + 1]
    return ((1 - down) * upper + down * lower).reshape(1, side, side, -1).transpose(3, 0, 1, 2)


def schedule_of(name, optimiser, steps):
    """The learning rate over all steps: up during the warm-up, and down as the schedule of that name says."""
    def share(step):
        done = (step + 1) / (steps + 1)
        return min(1.0, done / WARM_UP) * SCHEDULES[name](done)
    return optim.lr_scheduler.LambdaLR(optimiser, share)


def learn(network, optimiser, schedule, images, labels):
    """One step of descent. Returns [loss, accuracy] on the minibatch as they were before the step."""
    logits = network(Tensor(images))
    loss = F.cross_entropy(logits, labels)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    schedule.step()
    return np.array([loss.item(), np.mean(logits.argmax(1).numpy() == labels)])


@np.errstate(all="ignore")                      # where numbers overflow, the loss says so
def train(network, train_set, test_set, args, rng):
    """Teach the network for `args.epochs`; save the weights and print the figures of each of them."""
    optimiser = optim.SGD(network.parameters(), args.lr, MOMENTUM, weight_decay=WEIGHT_DECAY, nesterov=True)
    steps = args.epochs * math.ceil(len(train_set.labels) / args.batch_size)
    schedule = schedule_of(args.schedule, optimiser, steps)
    with Progress(*COLUMNS, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=steps, figures="")
        for epoch in range(args.epochs):
            start, total = time.perf_counter(), 0.0
            for i, (images, labels) in enumerate(data.batches(*train_set, args.batch_size, rng=rng), 1):
                images = images if args.plain else distort(images, rng)
                total += learn(network, optimiser, schedule, images, labels)
                loss, accuracy = total / i
                if not math.isfinite(loss):
                    sys.exit(f"The loss is {loss} in epoch {epoch + 1}: try a --lr below {args.lr}")
                figures = f"epoch {epoch + 1}/{args.epochs}  loss {loss:.4f}  training {accuracy:7.2%}"
                bar.update(task, advance=1, figures=figures)
            minigrad.save(network.state_dict(), args.save)
            accuracy, [rate] = evaluate(network, test_set), schedule.get_last_lr()
            console.print(f"{figures}  test {accuracy:7.2%}  learning rate {rate:.5f}  "
                          f"{time.perf_counter() - start:.1f} s")


def evaluate(network, dataset):
    """The share of the pictures in which the network sees what their labels say."""
    with no_grad():
        right = [network(Tensor(images)).argmax(1).numpy() == labels
                 for images, labels in data.batches(*dataset, 500)]
    return np.concatenate(right).mean()


# ---- files: what is wrong with one is a ValueError or OSError that names it

def load_data(folder):
    """The training and the test set, if they are what the networks are made for."""
    sets = data.load(folder)
    for images, labels in sets:
        if images.shape[2:] != (28, 28) or labels.max() > 9:
            raise ValueError(f"{folder}: wanted pictures of 28x28 with labels up to 9, got "
                             f"{images.shape[2]}x{images.shape[3]} with labels up to {labels.max()}")
    return sets


def load_network(path):
    """A network with saved weights, and its name: of those that there are, the one that the weights fit."""
    state = minigrad.load(path)
    for name, build in NETWORKS.items():
        network = build(np.random.default_rng())
        own = network.state_dict()
        if own.keys() == state.keys() and all(own[key].shape == state[key].shape for key in own):
            network.load_state_dict(state)
            return network, name
    raise ValueError(f"{path}: these weights fit none of the networks {', '.join(NETWORKS)}")


def check_writable(path):
    """Find out before the training, not after it, whether weights can be saved at `path`."""
    if path.is_dir():
        raise ValueError(f"{path} is a folder; wanted the name of a file, such as {path / 'mnist.npz'}")
    trial = path.with_name(path.name + ".part")
    trial.touch()
    trial.unlink()


# ---- the command

def main():
    parser = argparse.ArgumentParser(description="Train a network on MNIST, score it, and keep its weights.")
    parser.error = lambda message: parser.exit(2, f"{parser.prog}: {message}\n")    # one line, no usage
    add = parser.add_argument
    add("--network", choices=NETWORKS, default="deep", help="which one to train (%(default)s)")
    add("--epochs", type=int, default=8, metavar="N", help="passes over the training pictures (%(default)s)")
    add("--batch-size", type=int, default=64, metavar="N", help="pictures to a step (%(default)s)")
    add("--lr", type=float, default=0.05, metavar="X", help="learning rate after the warm-up (%(default)s)")
    add("--schedule", choices=SCHEDULES, default="linear", help="how it falls from there (%(default)s)")
    add("--plain", action="store_true", help="learn from the pictures as they are, not from distorted ones")
    add("--seed", type=int, default=0, metavar="N", help="where all random numbers come from (%(default)s)")
    add("--data", type=Path, metavar="DIR", help="folder of IDX files (the MNIST that ships with minigrad)")
    add("--save", type=Path, default="mnist.npz", metavar="FILE", help="where the weights go (%(default)s)")
    add("--evaluate", type=Path, metavar="FILE", help="do not train, score these weights")
    args = parser.parse_args()
    for option, value in ("--epochs", args.epochs), ("--batch-size", args.batch_size), ("--lr", args.lr):
        if not 0 < value < math.inf:
            parser.error(f"{option} must be a number above 0, not {value}")
    if args.seed < 0:
        parser.error(f"--seed must be a whole number from 0 up, not {args.seed}")
    try:
        train_set, test_set = load_data(args.data)
        if args.evaluate:
            network, name = load_network(args.evaluate)
        else:
            check_writable(args.save)
    except (OSError, ValueError) as error:
        parser.error(error)
    if not args.evaluate:
        rng, name = np.random.default_rng(args.seed), args.network
        network = NETWORKS[name](rng)
        train(network, train_set, test_set, args, rng)
    console.print(f"{args.evaluate or args.save}: network {name}, {evaluate(network, test_set):.2%} of "
                  f"{len(test_set.labels):,} test pictures")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print("Stopped. Each epoch that was finished has saved its weights.", file=sys.stderr)
        sys.exit(130)
