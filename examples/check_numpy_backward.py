"""A backward pass written by hand, in plain NumPy, checked. Of minigrad, this uses `check_vjp` alone.

    python examples/check_numpy_backward.py                     check it, with a mistake in it too
    python examples/check_numpy_backward.py --plot wrong.png    and draw which gradients that makes wrong

`check_vjp(f, vjp, arrays)` wants two functions. `f(*arrays)` is the forward pass. `vjp(g, *arrays)` is the
backward pass: from `g`, the gradient of what `f` returns, it makes one gradient for each array. Code written
for training often begins at the loss with g = 1, and knows no `g`. Give it one, and multiply by it where the
chain of gradients begins: numbers that are all 1 hide many a mistake.

At the end, where PyTorch is installed, a `torch.autograd.Function` is checked the same way: in
whatever framework a function is written, to the check it is a function on arrays.
"""

import argparse
import functools

import numpy as np

from minigrad import check_vjp

# ---- A network of two layers: N examples of D numbers each, H hidden numbers, K classes

ARGUMENTS = ["x", "labels", "W1", "b1", "W2", "b2"]


def forward(x, labels, W1, b1, W2, b2):
    """The loss of each example, (N,): -log of the probability that the network gives to its label."""
    hidden = np.tanh(x @ W1 + b1)                                   # (N, D) @ (D, H) -> (N, H)
    logits = hidden @ W2 + b2                                       # (N, H) @ (H, K) -> (N, K)
    return -np.log(softmax(logits)[np.arange(len(x)), labels])


def softmax(logits):
    parts = np.exp(logits - logits.max(1, keepdims=True))
    return parts / parts.sum(1, keepdims=True)


def slope_of_tanh(y):
    """tanh'(x), from y = tanh(x)."""
    return 1 - y**2


def wrong_slope_of_tanh(y):
    return 1 - y


def backward(g, x, labels, W1, b1, W2, b2, slope=slope_of_tanh):
    """A gradient for each argument of `forward`; None for the labels, which have none. `g` is (N,)."""
    hidden = np.tanh(x @ W1 + b1)
    at_logits = softmax(hidden @ W2 + b2)
    at_logits[np.arange(len(x)), labels] -= 1                       # of -log and softmax together
    at_logits *= g[:, None]
    at_sums = at_logits @ W2.T * slope(hidden)
    return (at_sums @ W1.T, None,
            x.T @ at_sums, at_sums.sum(0),
            hidden.T @ at_logits, at_logits.sum(0))


def example(N=5, D=4, H=3, K=3):
    """Arguments for `forward`, small, random, and in float64."""
    rng = np.random.default_rng(0)
    return [rng.standard_normal((N, D)), rng.integers(0, K, N),
            rng.standard_normal((D, H)), rng.standard_normal(H),
            rng.standard_normal((H, K)), rng.standard_normal(K)]


# ---- A function of PyTorch

def check_pytorch():
    """Check swish, x·σ(x), as a `torch.autograd.Function`; say so if PyTorch is not there."""
    try:
        import torch
    except ImportError:
        print("PyTorch is not installed, so its part is left out.")
        return

    class Swish(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * torch.sigmoid(x)

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            share = torch.sigmoid(x)
            return g * (share + x * share * (1 - share))

    def f(x):
        return Swish.apply(torch.tensor(x)).numpy()

    def vjp(g, x):
        x = torch.tensor(x, requires_grad=True)
        (gradient,) = torch.autograd.grad(Swish.apply(x), x, torch.tensor(g))
        return gradient.numpy()

    x = np.random.default_rng(0).uniform(-3, 3, (2, 3))
    print("A function of PyTorch, swish:", check_vjp(f, vjp, [x]).verdict)


# ---- The program

def main():
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--plot", metavar="FILE", help="draw what is wrong, as .png, .pdf or .svg")
    plot = arguments.parse_args().plot

    arrays = example()
    print("Two layers in NumPy:", check_vjp(forward, backward, arrays).verdict)

    print("\nThe same with a mistake in the slope of tanh:\n")
    mistaken = functools.partial(backward, slope=wrong_slope_of_tanh)
    report = check_vjp(forward, mistaken, arrays, raise_exception=False)
    print(report)
    if plot:
        report.plot().savefig(plot)
        print(f"\nThe picture is {plot}.")

    # In a whole network a mistake is mixed with all that follows it, and may have no name left. But which
    # gradients are wrong says where to look; and the part there, checked alone, is small enough for a name.
    wrong = {finding.input for finding in report.findings}
    print("\nWrong:", ", ".join(name for i, name in enumerate(ARGUMENTS) if i in wrong),
          "- they all come after the tanh on the way back, W2 and b2 before it. So the tanh alone:\n")
    x = np.array([-2.0, -1.0, 0.5, 1.5])
    print(check_vjp(np.tanh, lambda g, x: g * wrong_slope_of_tanh(np.tanh(x)), [x], raise_exception=False))

    print()
    check_pytorch()


if __name__ == "__main__":
    main()
