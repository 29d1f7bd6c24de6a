"""An operation of your own, without a change to minigrad: softplus, a smooth relu; declared, used, doubted.

    python examples/own_op.py

It shows, in this order:
1. An operation is a NumPy function under `@op`. Right below it, `defvjp` gives it one vector-Jacobian product
   (vjp) for each array argument: from `g`, the gradient of the output, it makes that argument's.
2. From then on it works on tensors as any other does. Here the rates of a Poisson regression come from it.
3. `gradcheck` compares the gradient with one found by nudging every number; `gradgradcheck` does so with the
   gradient of the gradient.
4. A vjp with a mistake in it, and what the check says; and another that only the second check finds.
"""

import functools

import numpy as np

from minigrad import ops, optim, tensor
from minigrad.autograd import gradcheck, gradgradcheck
from minigrad.ops import Op, defvjp, op

# ---- 1. declare

# On paper softplus is log(1 + exp(βx))/β. In numbers exp(1000) is infinity, and `logaddexp` gets around it.
# A vjp is handed g, the output, and all arguments, whether it needs them or not. It is written in minigrad's
# operations, not in NumPy's: so it works on tensors too, is recorded there, and can be differentiated again.
# There is no second vjp, as `beta` is a plain number and has no gradient.

@op
def softplus(x, beta=1.0):
    """log(1 + exp(beta·x)) / beta: a relu without the kink, for numbers of any size."""
    return np.logaddexp(0, beta * x) / beta
defvjp(softplus, lambda g, out, x, beta: g * ops.sigmoid(beta * x))         # its slope: the sigmoid of beta·x


# ---- 2. use

def fit_rates(steps=200):
    """Poisson regression, counts whose rate is softplus(x·w + b): w, b, and the loss of every step."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((1000, 2))
    counts = tensor(rng.poisson(softplus(x @ [2.0, -1.0] + 1.0)))           # on arrays: a NumPy function
    w = tensor(np.zeros(2), requires_grad=True)
    b = tensor(np.zeros(1), requires_grad=True)
    descent = optim.SGD([w, b], lr=0.3, momentum=0.9)
    losses = []
    for _ in range(steps):
        rates = softplus(tensor(x) @ w + b)                                 # on tensors: recorded
        loss = (rates - counts * rates.log()).mean()                        # -log probability + constant
        descent.zero_grad()
        loss.backward()
        descent.step()
        losses.append(loss.item())
    return w, b, losses


# ---- 3 and 4. doubt

def inputs():
    """Numbers for a check: on both sides of 0, and in float64, where nudging is exact to many digits."""
    return [tensor(np.array([[-2.5, -1.0, 0.3], [0.7, 1.5, 2.9]]), requires_grad=True)]


def softplus_with(vjp):
    """The same function, with another vjp."""
    other = Op(softplus.forward)
    defvjp(other, vjp)
    return other


def main():
    print("softplus(1000) =", softplus(1000.0), "and softplus(-1000) =", softplus(-1000.0))

    w, b, losses = fit_rates()
    print(f"Poisson regression: the loss fell from {losses[0]:.3f} to {losses[-1]:.3f}")
    print(f"w = ({w[0].item():.2f}, {w[1].item():.2f}), b = {b[0].item():.2f}; "
          "the counts were made with w = (2, -1), b = 1")

    for beta in (1.0, 3.0):
        function = functools.partial(softplus, beta=beta)
        print(f"beta = {beta}: gradcheck says {gradcheck(function, inputs()).verdict}, "
              f"gradgradcheck says {gradgradcheck(function, inputs()).verdict}")

    print("\nA mistake: the slope is taken at the output, not at the input.\n")
    at_output = softplus_with(lambda g, out, x, beta: g * ops.sigmoid(beta * out))
    print(gradcheck(at_output, inputs(), raise_exception=False))

    print("\nAnother: the slope is right, but cut off from x, so it cannot be differentiated again.\n")
    cut_off = softplus_with(lambda g, out, x, beta: g * ops.sigmoid(beta * ops.detach(x)))
    print("gradcheck says", gradcheck(cut_off, inputs()).verdict)
    print(gradgradcheck(cut_off, inputs(), raise_exception=False))


if __name__ == "__main__":
    main()
